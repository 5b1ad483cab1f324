/* A policy: the text a person writes, compiled to pure data.
 *
 * The model. A file is lines; a line is a verb and its words. File rules (read, write, deny, …) become `rule`s that are
 * kept in a trie by path component; world rules (tmp, dev, proc, net, limit, …) become fields of `struct world`. After
 * policy_compile() nothing changes any more: the object is shared between threads without locks.
 *
 * This room touches no process and no file. What it must know of the world it asks `struct policy_host`, which the
 * library implements with real files and the tests with made-up ones. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cordon.h"

#define POLICY_TEXT_MOST (4u << 20) /* bytes: no file of a policy may be longer */

/* ---- what can be asked ---------------------------------------------------------------------------------------- */

/* Accesses, as a mask. A verb grants some; an operation wants some; allowed means wanted ⊆ granted. */
enum {
        ACCESS_LIST = 1u << 0,   /* names and metadata; opening a directory; O_PATH */
        ACCESS_READ = 1u << 1,   /* the content of files */
        ACCESS_CREATE = 1u << 2, /* new names */
        ACCESS_WRITE = 1u << 3,  /* existing content and metadata, renaming, removing */
        ACCESS_EXEC = 1u << 4,   /* execve, executable mappings */
        ACCESS_UNIX = 1u << 5,   /* connecting or sending to a socket that was not made in the sandbox */
};
/* What can be done with files. */
#define ACCESS_ALL (ACCESS_LIST | ACCESS_READ | ACCESS_CREATE | ACCESS_WRITE | ACCESS_EXEC)

/* ---- rules ---------------------------------------------------------------------------------------------------- */

/* Ordered from the most lenient to the strictest: where all else is equal, the larger wins. */
enum verb_class {
        CLASS_GRANT,
        CLASS_ASK,  /* a person decides; `access` says about what */
        CLASS_MASK, /* an empty file or directory in its place, which may be read */
        CLASS_DENY,
        CLASS_HIDE,
        CLASS_NEVER
};

struct origin {
        const char *file; /* as named by the user, or "@bundle", or "(default)" */
        unsigned line;    /* 0: implied, not written by anybody */
};

struct rule {
        struct origin origin;
        unsigned column, width; /* of the word in its line; 0: implied, see policy_place() */
        enum verb_class class;
        unsigned access;     /* ACCESS_*, 0 for deny, hide and never */
        unsigned use_depth;  /* 0: the user's own file; the smaller wins over the larger */
        bool first;          /* from a CORDON_TEXT_FIRST: wins over a file of the same depth */
        bool literal;        /* the pattern has no wildcard */
        bool exact;          /* the last component is a name, not a wildcard */
        bool floating;       /* the pattern begins with a wildcard component */
        const char *verb;    /* "read", or "write exec" */
        const char *pattern; /* expanded and canonical; for literal rules the path itself, else what is no wildcard is
                              * written so ("[*]"), and a final ** as "*" */
        const char *prefix;  /* the literal directory (or, for literal rules, the path) that the pattern starts with */
        const char *asked;   /* for literal rules, the path as expanded, before symlinks were resolved */
        const char *text;    /* the rule as written, for messages: "deny $REPO/.env" */
        const char *because; /* or NULL */
        const char *content; /* of a `file`: what is there instead of anything of the host's; may hold NULs. Or NULL */
        size_t content_length;
        bool implied;        /* comes from a world rule (tmp, dev, proc): `text` is that line */
        bool scratch;        /* of a `tmp PATH`: an empty directory in memory is there, and nothing of the host's */
        uint64_t scratch_size;
        const char *source;  /* of `read SOURCE as PATH`: where on the host that is which is shown there; canonical. Or NULL */
        bool overlay;        /* what is written is not written to the host, see plan_mount */
};

/* A symlink of the host that a rule's path went through: the view makes it again. */
struct alias {
        const char *path;   /* "/bin" */
        const char *target; /* "usr/bin", as readlink gave it */
        bool own;           /* of a `symlink` line: the view's own, and none of the host's */
        struct origin origin; /* of `own` */
};

/* A place of the view that shows another place of the host's. */
struct remap {
        const char *path, *source; /* both canonical */
        struct origin origin;
};

/* ---- the world ------------------------------------------------------------------------------------------------ */

enum net_mode { NET_NONE, NET_LOOPBACK, NET_HOST };
enum proc_mode { PROC_OWN, PROC_SELF, PROC_NONE };
enum audit_mode { AUDIT_DENIED, AUDIT_NONE, AUDIT_ALL };

struct limits { /* 0: no limit was given */
        uint64_t time_ms, cpu_s, memory, procs, files, fsize;
        struct origin time_at, cpu_at, memory_at, procs_at, files_at, fsize_at;
        uint64_t grace_ms; /* see limit_grace_ms() */
        uint64_t swap;     /* without it, and with `memory`: none */
        uint64_t cpus_m;   /* thousandths of a processor */
        uint64_t io_read, io_write; /* bytes in a second, for each disk */
        uint64_t output;
        struct origin grace_at, swap_at, cpus_at, io_read_at, io_write_at, output_at;
};

/* Between SIGTERM and SIGKILL, when a limit is over. */
static inline uint64_t limit_grace_ms(const struct limits *l)
{
        return l->grace_ms ? l->grace_ms : 2000;
}

struct env_rule {
        enum { ENV_KEEP, ENV_SET, ENV_CLEAR } kind;
        const char *name;  /* a name or glob ("LC_*"); NULL for clear */
        const char *value; /* for set */
        struct origin origin;
};

/* One endpoint of a `connect` or `bind` line. */
enum net_op { NET_CONNECT, NET_BIND };
struct net_rule {
        enum net_op op;
        int family;       /* AF_INET, AF_INET6; AF_UNSPEC: `name` counts */
        const char *name; /* lower case; may begin with "*."; "*" is any name or address */
        unsigned char address[16];
        unsigned prefix;               /* how many bits of it count */
        unsigned first_port, last_port;
        const char *text;              /* the rule as written: "connect example.org:443" */
        struct origin origin;
};

/* A descriptor that the program inherits under the same number. */
struct fd_rule {
        int number;
        unsigned access; /* ACCESS_READ, ACCESS_WRITE: what it must be opened for and no more; 0: as it is */
        struct origin origin;
};

enum user_mode {
        USER_DEFAULT, /* an ordinary user: own; root: an id without privileges */
        USER_OWN,     /* the caller's own id, root's too */
        USER_ROOT,    /* the default id, seen as 0 inside */
        USER_ID,      /* the default id, seen as uid and gid inside */
};

/* What a `require` line wants of the host; without it nothing is started. */
enum feature { FEATURE_KERNEL, FEATURE_LANDLOCK, FEATURE_USERNS, FEATURE_CGROUP, FEATURE_IDMAP, FEATURE_OVERLAY };
struct requirement {
        enum feature feature;
        unsigned major, minor; /* of a kernel; Landlock's ABI is in `major`, 0: any */
        const char *text;      /* "landlock 6" */
        struct origin origin;
};

/* What a `syscalls` line says of the calls that it names; the stricter is the larger. */
enum call_action { CALL_ALLOW, CALL_LOG, CALL_DENY, CALL_KILL };

/* A test of one argument of a call, as it is in the register. Numbers are unsigned. */
enum call_compare { COMPARE_EQUAL, COMPARE_AT_LEAST, COMPARE_ABOVE };
struct call_test {
        unsigned arg;
        uint64_t mask; /* holds where (argument & mask) compares so with the value, or with one of `more` */
        enum call_compare compare;
        bool negated; /* and where it does not instead */
        uint64_t value;
        const uint64_t *more; /* for `in` */
        size_t more_count;
        const char *text; /* "arg1:32 in TCGETS TIOCGWINSZ" */
};
#define CALL_TESTS_MAX 6u

struct syscall_rule {
        enum call_action action;
        const char *name;              /* "openat" or "@basic"; checked to exist when parsed */
        unsigned error;                /* of CALL_DENY: an errno, or 0 where the line names none */
        unsigned use_depth;            /* 0: the user's own file */
        const struct call_test *tests; /* all must hold; none: whatever the arguments. Never for a group */
        size_t test_count;
        const char *text; /* the line as written */
        struct origin origin;
};

struct world {
        enum net_mode net;
        enum proc_mode proc;
        enum audit_mode audit;
        bool tmp;
        uint64_t tmp_size;
        struct origin net_at, proc_at, audit_at, tmp_at, dev_at, cwd_at; /* line 0: the default */
        struct origin caps_at, user_at, hostname_at;
        uint64_t caps; /* a bit for each capability that is kept */
        enum user_mode user;
        uid_t uid; /* for USER_ID */
        gid_t gid;
        const char *hostname; /* or NULL: "sandbox" */
        bool datagrams; /* `unix datagram` */
        struct origin datagrams_at;
        const char *const *devices; /* names below /dev; NULL-terminated */
        const char *cwd;            /* or NULL: the caller's, where the view has it */
        struct limits limits;
        const struct env_rule *env; /* complete: defaults where no line says what is kept; keeps, then sets; no ENV_CLEAR */
        size_t env_count;
        bool env_given; /* some file says what is kept */
        const struct syscall_rule *syscalls;
        size_t syscall_count;
        const struct net_rule *nets;
        size_t net_count;
        const struct fd_rule *fds; /* ascending */
        size_t fd_count;
        const struct requirement *requirements;
        size_t requirement_count;
};

/* What a host may lack, where whoever starts the sandbox accepts that. */
enum lack {
        LACK_LANDLOCK = 1u << 0, /* the broker decides all opens and changes of names instead */
        LACK_NOTIFY = 1u << 1,   /* nothing can be brokered: only what view and Landlock enforce exactly is started */
        LACK_PROC = 1u << 2,     /* /proc is an empty directory */
        LACK_NETNS = 1u << 3,    /* the network is the host's, and the filter keeps the program from it */
        LACK_HOSTNAME = 1u << 4, /* the host's name is seen */
        LACK_USERNS = 1u << 5,   /* no namespaces at all: the view is the host's own tree, see policy/plan_hosted.c */
};

/* ---- the host, as far as a policy must know it ---------------------------------------------------------------- */

#define FOUND_WHY 512

/* A file `.git` names directories, and they name others: whoever could write in the work tree chose these names. So
 * they are followed only where all of them agree, as `git worktree add` leaves them, and no link is among them. */
struct policy_git {
        char dir[PATH_MAX];    /* this work tree's own: REPO/.git, or COMMON/worktrees/NAME */
        char common[PATH_MAX]; /* what all work trees share */
        char file[PATH_MAX];   /* the file that says which they are, there or not: REPO/.git, or DIR/commondir */
        char why[FOUND_WHY];   /* what is wrong, where it was not followed; `dir` and `common` mean nothing then */
};

struct policy_host {
        void *ctx;
        /* Whole content of the policy file `name`, malloc'ed, not terminated. 0 or -errno (-EISDIR, -EFBIG, …).
         * `identity` gets something equal for the same file however it is named ("dev:ino"), to see include loops. */
        int (*read_file)(void *ctx, const char *name, char **data, size_t *length, char identity[64]);
        /* The text of "@name" compiled into the library, or NULL. */
        const char *(*bundle)(void *ctx, const char *name);
        /* Resolves `path`'s longest existing prefix; `out` (PATH_MAX) gets the canonical path with the rest appended
         * as it is. For each symlink met, calls `link`. `*mode` gets st_mode of the whole, 0 where it does not exist. */
        int (*canonical)(void *ctx, const char *path, char *out, mode_t *mode,
                         void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx);
        /* As read_file, for a file of the search path, which nobody but root and this user may be able to change, nor the
         * directories on the way: -EPERM, and why not in words. NULL where there is no search path. */
        int (*read_trusted)(void *ctx, const char *name, char **data, size_t *length, char identity[64],
                            char why[FOUND_WHY]);
        /* The name of the bundle with that number, counted from 0; NULL behind the last. */
        const char *(*bundle_name)(void *ctx, size_t index);
        /* Where git keeps what belongs to the work tree `repo`, an absolute path; see struct policy_git. NULL: in
         * `repo`/.git. */
        int (*git)(void *ctx, const char *repo, struct policy_git *out);
        unsigned lacks; /* enum lack: a plan is made that does without */
};

/* ---- finding one ---------------------------------------------------------------------------------------------- */

/* A policy file or a bundle, before anything is made of it. */
struct policy_found {
        char path[PATH_MAX];  /* of a file; "" for a bundle */
        char identity[64];    /* equal for the same file or bundle */
        const char *text;     /* not terminated */
        size_t length;
        char *data;           /* what has to be freed, or NULL */
        char why[FOUND_WHY];  /* for -EPERM */
};

/* "@name" is a bundle, what has a slash in it is a file. Any other name is looked for, as it is and with ".policy" behind
 * it, in the directories of `search`, which ends with NULL; the first that is there counts. Where `search` is NULL the
 * name is a file. 0, -ENOENT where there is none, -EPERM where it is not to be trusted, or what reading it gave. */
int policy_find(const struct policy_host *host, const char *const *search, const char *name, struct policy_found *out);
void policy_found_free(struct policy_found *found);

#define STANDARD_NAME "(default)" /* what counts where no file is given: the bundle, under a name that says why */

/* Whether a file of this name is the user's, and comes with no program. */
bool file_is_users(const char *file);

/* What a policy says of itself: the comment on its first line, cut to `size`; "" where there is none. */
void policy_summary(const char *text, size_t length, char *out, size_t size);

/* ---- making one ----------------------------------------------------------------------------------------------- */

struct policy;

struct policy_request {
        const char *const *files; /* NULL, or empty without texts: the default policy */
        const struct cordon_policy_text *texts;
        size_t text_count;
        const char *const *defines;
        unsigned char *used; /* see cordon_policy_options */
        const char *program, *cwd, *home;
        const char *const *search; /* where names without a slash are looked for; see policy_find() */
        const char *base; /* the directory that relative names in `files` count from, for $HERE; NULL: cwd */
        uid_t uid;
        const struct policy_host *host;
        cordon_diag_fn *diag;
        void *diag_ctx;
};

/* -EINVAL where there were errors, all of them reported. -ENOMEM. */
int policy_compile(struct policy **out, const struct policy_request *request);
struct policy *policy_ref(struct policy *p);
struct policy *policy_unref(struct policy *p);

const struct world *policy_world(const struct policy *p);
const struct rule *policy_rules(const struct policy *p, size_t *count); /* sorted by pattern; implied ones included */
const struct alias *policy_aliases(const struct policy *p, size_t *count);
const struct alias *policy_links(const struct policy *p, size_t *count); /* those of `symlink` lines, sorted by path */
const struct remap *policy_remaps(const struct policy *p, size_t *count); /* sorted by path, each of which is there once */
/* What is shown at this very path, or NULL. */
const struct remap *policy_remap(const struct policy *p, const char *path);
/* Where on the host that is which the view shows at a canonical path: the path itself, or, in a tree that is shown elsewhere
 * than it lies, what is made in `out`. With `around`, as if nothing were shown at the very path. NULL: it would be too long. */
const char *policy_on_host(const struct policy *p, const char *path, bool around, char out[PATH_MAX]);
/* As policy_host's canonical(), for a path of the view. */
int policy_canonical(const struct policy *p, const struct policy_host *host, const char *path, char out[PATH_MAX],
                     mode_t *mode, void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx);

/* A file that the policy is made of, or a bundle. */
struct policy_source {
        const char *name;      /* as in an origin */
        unsigned depth;        /* 0: asked for by the user; else by how many `use` lines it is away from that */
        bool bundle;           /* compiled into the library */
        struct origin used_at; /* the first `use` line that leads to it; file NULL at depth 0 */
};

/* What a `$NAME` stands for: built in, or a `param` or `let` line. */
struct policy_variable {
        enum { VARIABLE_BUILTIN, VARIABLE_PARAM, VARIABLE_LET } kind;
        const char *name;
        const char *value;    /* NULL: it has none here; of $PROG: it is known when a program is run */
        bool defined;         /* a param whose value was given with -D */
        struct origin origin; /* the line; of $HERE the file alone; else file NULL */
};

/* In the order in which they were read. */
const struct policy_source *policy_sources(const struct policy *p, size_t *count);
/* The built-in ones first, then those of each source, by name. */
const struct policy_variable *policy_variables(const struct policy *p, size_t *count);
/* Fills in where a finding is: file, line, column, width and the text of that line, as far as they are known. `rule` may be
 * NULL: then it is the whole line of `at`. What is filled in lives as long as the policy. */
void policy_place(const struct policy *p, const struct rule *rule, const char *word, const struct origin *at,
                  cordon_diag *diag);

/* ---- asking it: the one evaluator ------------------------------------------------------------------------------ */

struct verdict {
        bool allow;
        int error;               /* 0, EACCES or ENOENT */
        unsigned access;         /* all that the winning rule grants here */
        const struct rule *rule; /* the winner, or NULL: no rule covers the path */
        bool ask;                /* not allowed by itself: a person may allow it */
        bool ancestor;           /* no rule, but a granted path lies below: the directory may be listed, else EACCES */
};

/* Pure, allocation-free, thread-safe. `path` is absolute and canonical: no ".", "..", "//", no trailing slash but for
 * "/" itself; anything else is denied. Cost grows with the components of the path, not with the number of rules.
 *
 * The rule that reaches deepest into the path wins:
 *  1. a `never` that matches beats everything;
 *  2. else the rule whose pattern consumes the most components of the path; at the same depth one whose last component
 *     is exact beats a wildcard; then the smaller use_depth; then `first`; then the stricter class; then the fewer accesses;
 *  3. no match: ENOENT, unless `ancestor` and the wish is ACCESS_LIST. A match that grants less: EACCES, hide: ENOENT. */
struct verdict policy_eval(const struct policy *p, const char *path, size_t length, unsigned want);

/* The same for an endpoint. `host` is a name, or an address as text; a name is never looked up, so a rule about addresses does
 * not cover it. `rule` is NULL where `net` alone decided. */
struct net_verdict {
        bool allow;
        const struct net_rule *rule;
};
struct net_verdict policy_net_eval(const struct policy *p, enum net_op op, const char *host, unsigned port);
/* Takes "host:port", "[v6]:port" apart. False where it is none. `host` needs room for 256 bytes. */
bool endpoint_split(const char *text, char host[256], unsigned *port);

/* True where a rule (literal or not) could apply strictly below `path`, e.g. an exception inside a tree. */
bool policy_has_below(const struct policy *p, const char *path);

/* True where the same rules could apply below both paths: a tree that is moved from the one to the other takes every
 * verdict along. In doubt, false. */
bool policy_same_below(const struct policy *p, const char *from, const char *to);

/* Where it is false: a rule that could apply below one of the paths and not below the other. NULL where none can be named. */
const struct rule *policy_differs_below(const struct policy *p, const char *from, const char *to);

/* True where a rule speaks of something below `path` and spells out the last name of `path` itself, as `deny /a/b/.env` does
 * for "/a/b": whatever stood in for that directory would take the rule's place away from under it. `*rule` gets one such
 * rule. In doubt true, with NULL. */
bool policy_named_below(const struct policy *p, const char *path, const struct rule **rule);

/* ---- its own tests --------------------------------------------------------------------------------------------- */

/* Runs the `expect` lines; see cordon_policy_expect(). */
int policy_expect(const struct policy *p, cordon_diag_fn *diag, void *diag_ctx, unsigned *total);

/* The access that an operation's name ("read", "write", …) stands for; 0 where there is none such. */
unsigned access_from_name(const char *name);
/* The name of the first access in the mask that says most: write, create, exec, read, list. */
const char *access_name(unsigned access);

/* The name of the verb with this number that this version carries out; NULL behind the last. */
const char *policy_verb(size_t index);

/* The line that would allow `want` on `path` ("read ~/.ssh/id_rsa"), or -ENOENT where a `never` forbids any.
 * Uses ~ for $HOME, quotes where the language needs it. */
int policy_suggest(const struct policy *p, const char *path, unsigned want, char *buf, size_t size);
/* The least line about this path alone that, in a policy beside this one, would allow it. -ENOENT: none would. */
int policy_suggest_beside(const struct policy *p, const char *path, unsigned want, char *buf, size_t size);
/* The line that would deny it. */
int policy_suggest_denial(const struct policy *p, const char *path, char *buf, size_t size);
/* See cordon_policy_quote(). */
size_t policy_quote(const char *text, char *buf, size_t size);

#endif
