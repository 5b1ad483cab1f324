/* cordon.h: the one public header of libcordon.
 *
 * Three objects:
 *   cordon_policy   what a sandbox may do. Immutable once loaded, reference counted, shareable between threads.
 *   cordon_broker   an event-loop citizen that owns children. One pollable descriptor; use it from one thread at a time.
 *   cordon_child    one sandbox and all of its processes. Belongs to its broker.
 *
 * Conventions that hold for every call:
 *   - A function that can fail returns 0 or a negative errno, and fills `err` when it is not NULL.
 *   - The library never exits, prints, installs signal handlers, changes the signal mask of its caller, or keeps
 *     global state, but for cordon_client_install_sigsys(), which is called for that. It can be used in a threaded
 *     program: between clone and exec only async-signal-safe calls run.
 *   - Option structs begin with `size`; set it to sizeof of the struct and zero the rest. Zero means "the default".
 *     Options and the strings they point to are borrowed for the call only.
 *   - Strings that come out belong to the object they came from and live as long as it does.
 *   - Descriptors made by the library are close-on-exec.
 *   - Within one soname (libcordon.so.1) nothing goes and no constant changes. Structs that begin with `size`, and those
 *     that only the library makes, may get longer at their end.
 *   - No call is async-signal-safe except the cordon_client_* family.
 *
 * Linux 5.14 or newer (SECCOMP_ADDFD_FLAG_SEND). */
#ifndef CORDON_H
#define CORDON_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stat;

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CORDON_API __attribute__((visibility("default")))
#else
#define CORDON_API
#endif

#define CORDON_VERSION "0.1.0"
CORDON_API const char *cordon_version(void);

/* ---- errors ------------------------------------------------------------------------------------------------- */

/* What went wrong, in words for a person. `text` is one line, escaped for a terminal, without a final newline. */
typedef struct cordon_error {
        int code; /* a positive errno, 0 while nothing failed */
        char text[508];
} cordon_error;

/* ---- policies ----------------------------------------------------------------------------------------------- */

typedef struct cordon_policy cordon_policy;

enum cordon_severity { CORDON_ERROR = 1, CORDON_WARNING = 2, CORDON_NOTE = 3 };

/* One finding about a policy file. Lines and columns count from 1; columns and widths count bytes. */
typedef struct cordon_diag {
        int severity;        /* enum cordon_severity */
        const char *file;    /* as the user named it, "@bundle", or where in the search path it is */
        unsigned line;       /* 0: the finding is about the whole file */
        unsigned column;
        unsigned width;      /* how many bytes the caret underlines, at least 1 */
        const char *message; /* "unknown verb 'wirte'" */
        const char *hint;    /* "did you mean 'write'?", or NULL */
        const char *source;  /* the text of the line without its newline, or NULL */
        const char *id;      /* the stable name of a warning, "missing-path"; cordon(1) lists them. NULL: it has none */
} cordon_diag;

typedef void cordon_diag_fn(void *ctx, const cordon_diag *diag);

/* Writes `diag` as people know it from compilers: message, id of a warning in brackets, source line, caret with hint.
 * Output is escaped for a terminal and ends with a newline. Returns the length it needs, as snprintf(3) does. */
CORDON_API size_t cordon_diag_format(const cordon_diag *diag, char *buf, size_t size);

enum {
        /* Where this text and a file have a rule for the same path, that of the text counts, and not the stricter one. (A
         * rule that reaches deeper still counts more, wherever it stands, and so does `never`.) */
        CORDON_TEXT_FIRST = 1u << 0,
};

/* A policy that is in memory. */
typedef struct cordon_policy_text {
        const char *name; /* in messages, such as "(command line)"; no file of that name is looked at. There is no $HERE.
                           * Not "(default)", and nothing that begins with '@' */
        const char *text; /* as a file would have it, beginning with "cordon 1" */
        size_t length;
        unsigned flags;   /* CORDON_TEXT_* */
} cordon_policy_text;

typedef struct cordon_policy_options {
        size_t size;
        const char *const *files;   /* NULL-terminated; "@bundle", a path with a slash in it, or a name for `search`.
                                     * NULL or empty: the default policy; but where it is empty and there are `texts`, these
                                     * alone */
        const char *const *defines; /* NULL-terminated "NAME=VALUE", or NULL */
        const char *program;        /* what $PROG stands for: an absolute path; NULL: a placeholder (for checking) */
        const char *cwd;            /* $CWD; NULL: getcwd(3) */
        const char *home;           /* $HOME and ~; NULL: HOME, else what /etc/passwd has, else "/nonexistent" */
        cordon_diag_fn *diag;       /* gets every finding, errors and warnings; may be NULL */
        void *diag_ctx;
        /* Directories in which names without a slash are looked for, in this order, as NAME and as NAME.policy; ends with
         * NULL. NULL: XDG_CONFIG_HOME/cordon (home/.config/cordon where that is not set), /etc/cordon, and the share
         * directory that was chosen when the library was built. The current directory is never among them by itself. What
         * others than root and the user could have changed is refused: see cordon(1). */
        const char *const *search;
        unsigned char *used; /* NULL: a define that no param takes is an error. Else room for a byte for each define: it
                              * becomes 1 where some param takes it, and it is no error if none does */
        const cordon_policy_text *texts; /* policies in memory, which hold together with the files as these among each other */
        size_t text_count;
} cordon_policy_options;

/* Loads and compiles. Every error of every file reaches `diag` before the call returns.
 * -EINVAL: the policy has errors. -ENOENT, -EACCES, -EISDIR, -EFBIG, …: a file could not be read; -EPERM: one in the
 * search path is not to be trusted (also a diag). */
CORDON_API int cordon_policy_load(cordon_policy **out, const cordon_policy_options *options, cordon_error *err);
CORDON_API cordon_policy *cordon_policy_ref(cordon_policy *policy);   /* returns its argument */
CORDON_API cordon_policy *cordon_policy_unref(cordon_policy *policy); /* takes NULL; returns NULL */

/* Runs the policy's own `expect` lines with the evaluator that enforces. Failures reach `diag` as errors.
 * Returns how many failed, and through `total` how many there are. */
CORDON_API int cordon_policy_expect(const cordon_policy *policy, cordon_diag_fn *diag, void *diag_ctx, unsigned *total);

/* What there is to name in `files` and to `use`: the bundles, and the policy files of the search path. Raw bytes: escape
 * before printing. */
typedef struct cordon_source {
        const char *name;      /* what to write: "@git", "agent"; for a path, that */
        const char *path;      /* of the file; NULL: a bundle, compiled into the library */
        const char *summary;   /* the comment on its first line; "" where there is none */
        const char *text;      /* all of it, not terminated; NULL where it was not read */
        size_t length;
        const char *objection; /* why this one is not what the name stands for, or is refused; NULL: it can be used */
} cordon_source;

typedef void cordon_source_fn(void *ctx, const cordon_source *source);

/* Calls `fn` for each bundle, by name, and then for each policy file in each directory of the search path: every file that
 * is called NAME.policy or begins with `cordon`. Of the options only `search` and `home` are used; NULL: the defaults. What a
 * source points to lives for the call of `fn` only. Reads files, keeps nothing; any thread may call it. 0, -EINVAL for options
 * that make no sense, or -ENOMEM. A directory that does not exist or can't be read has nothing in it. */
CORDON_API int cordon_source_list(const cordon_policy_options *options, cordon_source_fn *fn, void *ctx, cordon_error *err);

/* Calls `fn` once, with what loading `name` would load. Its text is not looked at: it may have errors. Where there is none,
 * the options' `diag` gets the finding that cordon_policy_load() has for this name, and the call returns its error: -EINVAL for
 * a bundle, -ENOENT, -EACCES, -EPERM and others for a file. */
CORDON_API int cordon_source_find(const char *name, const cordon_policy_options *options, cordon_source_fn *fn, void *ctx,
                                  cordon_error *err);

/* Looks for what is no error and probably not meant: rules that never count, wide grants, what no sandbox can be
 * started with. Each finding reaches `diag` as a warning with an `id`, sorted by file, line and column; it lives for that
 * call of `diag` only. Asks the file system what exists, and looks at PATH in the environment. Any thread may call it.
 * Returns how many warnings there were, or -ENOMEM. A note, which does not count, says where a policy has too many
 * patterns to be followed in all of its paths. */
CORDON_API int cordon_policy_lint(const cordon_policy *policy, cordon_diag_fn *diag, void *diag_ctx, cordon_error *err);

/* One difference between two policies, A and B. Strings are raw bytes; they live for the call that brings them. */
typedef struct cordon_difference {
        int sign;            /* 1: B grants what A does not; -1: A grants what B does not; 0: they differ otherwise */
        const char *kind;    /* "path"; else the line that says it: "net", "connect", "env", "limit", "syscalls", … */
        const char *ops;     /* "path": the operations, separated by blanks: list read create write exec unix;
                              * "content": what the host has there, where the other policy has something made up;
                              * "ask:read" and the like: after a person was asked. Else NULL */
        const char *subject; /* "path": a pattern as in policies, which stands for all below, too; else what it is about */
        int alone;           /* "path": not 0 where `subject` is meant by itself, without what lies below */
        const char *const *within;       /* NULL-terminated, as are the next two, and never NULL. If there are any: only
                                          * in the trees of these patterns */
        const char *const *except;       /* not in the trees of these, where they reach deeper: other rules count there */
        const char *const *except_alone; /* nor on these paths, by themselves */
        const char *example; /* "path": one that the evaluator was asked about, for both; else NULL */
        const char *value_a; /* of other kinds: what A says, where that is a value; or NULL */
        const char *value_b;
        const char *file_a;  /* the line that decides in A; NULL: none does, or several do */
        unsigned line_a;     /* 0: it is implied, or the default */
        const char *rule_a;  /* its text, or NULL */
        const char *file_b;  /* the same in B */
        unsigned line_b;
        const char *rule_b;
} cordon_difference;

typedef void cordon_difference_fn(void *ctx, const cordon_difference *difference);

/* Compares what two policies grant, not how they are written. Exact: where the evaluator's answers to an access on a
 * path differ, some difference covers that path and operation, and where they agree none does. `fn` gets them sorted.
 * Reads no file. Any thread may call it. Returns how many there were; -E2BIG where the policies have too many patterns
 * to be followed in all of their paths; -ENOMEM. */
CORDON_API int cordon_policy_diff(const cordon_policy *a, const cordon_policy *b, cordon_difference_fn *fn, void *ctx,
                                  cordon_error *err);

/* Takes a part of a text; not terminated. */
typedef void cordon_write_fn(void *ctx, const char *text, size_t length);

enum {
        CORDON_EXPLAIN_JSON = 1u << 0, /* one JSON object instead of sections for people; cordon(1) has its keys */
};

/* What the policy means on this host: its files, variables and rules, then the plan that a launch would carry out (the view,
 * what is brokered and why, Landlock, system calls), then what this kernel lacks. Nothing is started, and nothing changed.
 * `write` is called many times, with parts of the text in their order; the text is UTF-8, safe for a terminal, and ends with
 * a newline. `flags`: CORDON_EXPLAIN_*. `accept`: as in cordon_child_options; what this kernel lacks of it is done without in the
 * plan, too. NULL: nothing.
 *
 * -EINVAL: no sandbox can be started with this policy here. It is explained all the same: instead of the plan stands what is
 * in the way, as in diagnostics. Or a name in `accept` is none: then, as with -ENOTSUP (a flag is not known), nothing was
 * written. -ENOMEM: what was written is not complete. May be called from several threads at once. */
CORDON_API int cordon_policy_explain(const cordon_policy *policy, const char *const *accept, uint64_t flags,
                                     cordon_write_fn *write, void *ctx, cordon_error *err);

/* The system call filter of the same plan, as a readable table: each call with its number, what becomes of it (allowed, an
 * errno, asked of the broker, killed, logged), under which tests of its arguments, and which line of the policy or which
 * fixed table says so. `write` gets UTF-8 text in one or more pieces, escaped for a terminal.
 * -EINVAL: this version cannot enforce the policy; each line that stands in the way has been written. -ENOENT: the policy grants
 * writing to what does not exist, likewise. -ENOMEM. Any number of threads may call it for one policy. */
CORDON_API int cordon_policy_seccomp(const cordon_policy *policy, const char *const *accept, cordon_write_fn *write, void *ctx,
                                     cordon_error *err);

/* One rule that has something to say about a path or an endpoint. */
typedef struct cordon_why_rule {
        const char *file;    /* where it stands: as the user named the file, "@bundle", or "(default)" */
        unsigned line;       /* 0: nobody wrote it */
        const char *text;    /* "deny $REPO/.env" */
        const char *because; /* its reason, or NULL */
        const char *lost;    /* why it does not decide, "it reaches less deep, …"; NULL: it decides */
} cordon_why_rule;

/* What happens when a program tries something, and why. */
typedef struct cordon_why {
        const char *op;      /* as it was asked */
        const char *target;  /* as it was asked */
        const char *reached; /* the canonical path in the sandbox, which the rules are about; an endpoint as it is */
        int allowed;         /* 1: the policy does not stand in the way. `error` may still say that nothing is there */
        int ask;             /* 1: not allowed by itself; an `ask` rule says that a person may allow it */
        int error;           /* the errno that the program gets; 0: none, as far as the files of this host tell */
        const char *note;    /* something to know beside it, or NULL */
        const char *change;  /* the line that would change the answer, or NULL where no single line can */
        const cordon_why_rule *rules; /* all that match; the one that decides comes first, the nearest losers next */
        size_t rule_count;            /* 0: no rule covers it */
        const char *on_host; /* where on the host that is, where the sandbox has it at another place (`read A as B`); else NULL */
} cordon_why;

typedef void cordon_why_fn(void *ctx, const cordon_why *why);

/* Asks the evaluator that enforces. `op`: list, read, create, write, exec, unix, connect or bind; `target`: an absolute path as
 * the program would name it, or for the last two "host:port". The answer counts for a sandbox started now: symlinks and missing
 * files are those of this host at this moment. `fn` is called once, before this returns; what it is given lives as long as the
 * call.
 * -EINVAL: no such op, or a target that is none. -ENOMEM. Can be called from several threads at once. */
CORDON_API int cordon_policy_why(const cordon_policy *policy, const char *op, const char *target, cordon_why_fn *fn, void *ctx,
                                 cordon_error *err);
/* Lays the text of a policy out in the canonical way (cordon-policy(5), "LAYOUT"). Words, their order and comments stay, so
 * what the policy means does. Formatting what was formatted changes nothing. The text need not be a correct policy: it is
 * enough that it can be cut into words. `write` gets all of the result in one call, and is not called where this one fails;
 * the length is 0 for a text of blanks alone. `name` is for findings, which reach `diag` before the call returns; `diag` may
 * be NULL. -EINVAL: it is not UTF-8, or has a NUL, a control character, a stray backslash, a quote that is never closed, or
 * an escape that is not known. -EFBIG: no policy may be as long (4 MiB). Can be called from several threads at once. */
CORDON_API int cordon_policy_format(const char *name, const char *text, size_t length, cordon_write_fn *write, void *ctx,
                                    cordon_diag_fn *diag, void *diag_ctx, cordon_error *err);

/* Writes `text` as a policy has to spell it to mean just that: in quotes, with escapes, where it needs them. For paths that go
 * into a cordon_policy_text. Always terminates; returns the length it needs, as snprintf(3) does; 0: out of memory. */
CORDON_API size_t cordon_policy_quote(const char *text, char *buf, size_t size);

/* The words that a line of a policy can begin with in this version, for editors and completion: the name with this number,
 * from 0 on, or NULL behind the last. Static strings, in no order that is promised. */
CORDON_API const char *cordon_policy_verb(size_t index);

/* ---- system calls ------------------------------------------------------------------------------------------- */

/* What `syscalls` lines can be about. These answer from constant tables: nothing is to be freed, all strings live as long as the
 * library, and any number of threads may ask. */

enum cordon_syscall_fate {
        CORDON_SYSCALL_FREE = 0,    /* the policy decides */
        CORDON_SYSCALL_REFUSED = 1, /* refused in every sandbox; a policy may only choose how */
        CORDON_SYSCALL_NEEDED = 2,  /* allowed in every sandbox: no program could be started without */
        CORDON_SYSCALL_PARTLY = 3,  /* the same with certain arguments; tests can take away the others */
};

typedef struct cordon_syscall {
        const char *name;
        int number;         /* -1: this architecture has no such call */
        const char *group;  /* the plain group that it is in: each call is in exactly one of those */
        int fate;           /* enum cordon_syscall_fate */
        const char *reason; /* of the fate, in words; NULL where the policy decides */
} cordon_syscall;

typedef void cordon_syscall_group_fn(void *ctx, const char *name, const char *text);
typedef void cordon_syscall_fn(void *ctx, const cordon_syscall *call);

/* Calls `fn` (may be NULL) for each group, "@basic" first, with what it is in one line; only for those that `call` is in, where
 * that is not NULL. Returns how many. -ENOENT: there is no such call. */
CORDON_API int cordon_syscall_groups(const char *call, cordon_syscall_group_fn *fn, void *ctx);
/* Calls `fn` (may be NULL) for each call in "@group", also in the groups that it is made of; each call once. What `fn` gets is
 * valid during the call. Returns how many. -ENOENT: there is no such group. */
CORDON_API int cordon_syscall_group_calls(const char *group, cordon_syscall_fn *fn, void *ctx);
/* Fills `out`. -ENOENT: there is no such call. -EINVAL: an argument is NULL. */
CORDON_API int cordon_syscall_find(const char *name, cordon_syscall *out);

/* ---- the host ------------------------------------------------------------------------------------------------- */

enum cordon_feature_state {
        CORDON_FEATURE_OK = 1,
        CORDON_FEATURE_MISSING = 2,
};

enum cordon_feature_need {
        CORDON_NEED_NOT = 0,  /* the policy does not need it */
        CORDON_NEED_WISH = 1, /* without it a sandbox is started, and what `lost` says is lost */
        CORDON_NEED_MUST = 2, /* without it none is, unless what `lost` says is accepted under the name in `accept` */
};

/* One feature of the kernel that cordon uses, and what this host makes of it. */
typedef struct cordon_feature {
        const char *id;     /* "userns"; does not change from version to version */
        const char *group;  /* what it belongs to, for people: "Namespaces and mounts" */
        const char *name;   /* what it is */
        int state;          /* enum cordon_feature_state */
        const char *found;  /* what was found, in words: "ABI 6", "Operation not permitted (EPERM)" */
        const char *used;   /* what it is used for */
        const char *lost;   /* what is lost without it */
        const char *remedy; /* how to get it here; may have several lines. NULL: it is there, or nothing is known to help */
        const char *accept; /* the name of doing without, for cordon_child_options.accept; NULL: that cannot be */
        int need;           /* enum cordon_feature_need */
        const char *needs;  /* the id of another that is missing, and that this one needs; NULL: none */
} cordon_feature;

typedef void cordon_feature_fn(void *ctx, const cordon_feature *feature);

/* Tries each feature, as this user and in this place, and calls `fn` for it, those of a group one after the other. What
 * `fn` gets is valid during the call. `policy` says what is needed; NULL: all of it is, as some policy needs it. Processes
 * are started for a moment, and nothing stays of them; some ten milliseconds. Returns how many features are missing that
 * are needed. -EINVAL, -ENOENT: no sandbox can be started with this policy, whatever the kernel has
 * (cordon_policy_explain() gives the reasons). -ENOMEM. Any number of threads may ask at once. */
CORDON_API int cordon_host_features(const cordon_policy *policy, cordon_feature_fn *fn, void *ctx, cordon_error *err);

/* ---- the broker --------------------------------------------------------------------------------------------- */

typedef struct cordon_broker cordon_broker;
typedef struct cordon_child cordon_child;

CORDON_API int cordon_broker_new(cordon_broker **out, cordon_error *err);
/* Kills and reaps every child that is left, then frees. Takes NULL; returns NULL. */
CORDON_API cordon_broker *cordon_broker_free(cordon_broker *broker);
/* Readable when dispatch has something to do. Owned by the broker; do not close, do not read. */
CORDON_API int cordon_broker_fd(const cordon_broker *broker);
/* Milliseconds until dispatch must be called even if the fd stays silent (limits of children); -1: never. */
CORDON_API int cordon_broker_next_timeout(const cordon_broker *broker);
/* Handles what is ready, and does not block. */
CORDON_API int cordon_broker_dispatch(cordon_broker *broker);

/* ---- children ----------------------------------------------------------------------------------------------- */

enum {
        /* The program gets a channel of its own as descriptor 3, named by CORDON_CHANNEL=3 in its environment, and can use
         * the cordon_client_* calls. A policy that says `fd keep 3` is refused then. A function has it as descriptor 3. */
        CORDON_CHILD_CHANNEL = 1u << 0,
        /* The environment begins empty: neither `envp` nor the policy's `env` lines count, only `env`. */
        CORDON_CHILD_CLEAR_ENV = 1u << 1,
        /* The sandbox is made, but the program not started before cordon_child_release(). */
        CORDON_CHILD_HOLD = 1u << 2,
        /* The sandbox ends with the process also where its pid 1 is stopped then, as when the whole process group was: without
         * this, only once it goes on. For a thread that lives as long as the process: at that thread's end, what is stopped
         * in the sandbox goes on. */
        CORDON_CHILD_ENDS_STOPPED = 1u << 3,
        /* Audit records go to the local syslog (/dev/log, which is journald's where there is one), and not to `audit_fd`. */
        CORDON_CHILD_AUDIT_SYSLOG = 1u << 4,
};

enum {
        /* The program gets the file open for reading alone. Where the caller has it open for writing, it is opened again, at
         * the same offset, which is then the program's own. -EACCES for what cannot be opened so, or could be opened for
         * writing again from inside: all but regular files, and files in memory that are not sealed against writing. */
        CORDON_FD_READONLY = 1u << 0,
};

/* A descriptor that the program gets. No directories, and no datagram sockets of the AF_UNIX family. */
typedef struct cordon_child_fd {
        int source; /* the caller's; borrowed for the call. It may be close-on-exec */
        int target; /* the program's: from 3 to 1023, and none that the policy keeps or the channel has */
        unsigned flags; /* CORDON_FD_* */
} cordon_child_fd;

/* How a question about an `ask` rule can end. The first five are what cordon_ask_answer() takes. */
enum cordon_ask_end {
        CORDON_ASK_ONCE = 1,        /* allowed, this once */
        CORDON_ASK_RUN = 2,         /* allowed, and so is the same operation on the same path as long as the child runs */
        CORDON_ASK_REFUSED = 3,     /* refused, this once */
        CORDON_ASK_REFUSED_RUN = 4, /* refused, and nobody is asked again by the same rule as long as the child runs */
        CORDON_ASK_NOBODY = 5,      /* nobody could be asked just now: refused, this once */
        CORDON_ASK_UNHEARD = 6,     /* the child has no `ask` */
        CORDON_ASK_LATE = 7,        /* nobody answered in time */
        CORDON_ASK_MANY = 8,        /* there are as many questions as can wait (16 for each child) */
        CORDON_ASK_CHANGED = 9,     /* it was allowed, but what was asked about is not at this path any more */
        CORDON_ASK_NEVER = 10,      /* nobody is asked about this: what is no open of a file or directory */
        CORDON_ASK_GONE = 11,       /* whoever wanted it is gone, or was interrupted */
};

/* A question. All of it lives for the call that brings it; strings are raw bytes, chosen by the sandbox in part: escape them. */
typedef struct cordon_ask {
        uint64_t id;         /* for cordon_ask_answer(); never used again by this child */
        const char *op;      /* "list", "read", "create", "write": "write" may mean reading as well */
        const char *path;    /* canonical path in the view */
        const char *on_host; /* where on the host that is, where the view shows it at another place; else NULL */
        pid_t pid;           /* of the process, as the sandbox numbers it; 0: it is gone */
        pid_t host_pid;
        const char *comm;    /* the name of its thread, which it can choose */
        const char *program; /* the file that it executes, as the view names it; "" where that cannot be learnt */
        const char *file;    /* the rule that says that a person decides */
        unsigned line;
        const char *rule;
        const char *because; /* its reason, or NULL */
        const char *always;  /* the least line that, in a policy beside this one, allows just this without a question; NULL: there
                              * is none, as for directories and for what is to be made */
        uint64_t until;      /* when it ends by itself; CLOCK_MONOTONIC, nanoseconds */
} cordon_ask;

/* Gets each question once, from cordon_broker_dispatch(). The open waits, and nothing else does: other requests are served
 * meanwhile. The same open by several processes is one question. May answer at once, or let that be done later; may not free
 * the child. */
typedef void cordon_ask_fn(void *ctx, cordon_child *child, const cordon_ask *ask);
/* A question that was brought has ended without an answer: CORDON_ASK_LATE or CORDON_ASK_GONE. From cordon_broker_dispatch(). */
typedef void cordon_ask_over_fn(void *ctx, cordon_child *child, uint64_t id, int end);

typedef struct cordon_child_options {
        size_t size;
        const char *program;      /* absolute path, as the child will see it; NULL: `function` */
        const char *const *argv;  /* NULL-terminated, argv[0] included; NULL: just the program */
        const char *const *envp;  /* what the policy's `env` lines choose from; NULL: the caller's environment */
        const char *name;         /* for messages and audit records; NULL: the program's last component, or "function" */
        const int *stdio;         /* three descriptors, borrowed; NULL: 0, 1 and 2 of the caller. No directories, and no
                                   * datagram sockets of the AF_UNIX family. With a `limit output` the program has pipes
                                   * instead of the last two, and threads of the library write to those */
        uint64_t flags;           /* CORDON_CHILD_* */
        int audit_fd;             /* JSON lines (cordon-audit(5)) are appended here; borrowed for the call; <= 0: none. A reader
                                   * that does not keep up loses records, and holds up nothing */
        const char *cwd;          /* where the program starts: absolute, in the sandbox, and it must be there. NULL: what the
                                   * policy's `cwd` line says; else the caller's, where the sandbox has it, or "/" */
        const char *const *env;   /* NULL-terminated, or NULL: changes to what the policy chose, in this order. "NAME=VALUE"
                                   * sets, "NAME" takes away. The policy is not asked: it is about what a program can reach,
                                   * and not about what it is told */
        const cordon_child_fd *fds; /* descriptors beside those that the policy keeps */
        size_t fd_count;
        /* A directory in which what is changed in the policy's `overlay` trees is kept, for cordon_changes_list() and its
         * like. It must be empty, the caller's own, open to nobody else, none that the program may write to, and on a file
         * system with extended attributes of users that is no overlay itself. NULL: it is held in memory, and gone with the
         * sandbox. */
        const char *changes;
        const char *const *accept; /* NULL-terminated: the names of what may be missing, as cordon_host_features() has
                                    * them ("no-landlock"); NULL: nothing may. What is there is used all the same */
        /* Instead of a program (which is NULL then): a function of the caller's that is called with `argument` in the sandbox, in
         * a copy of the caller's memory, as after fork(2) and without an execve(2). What it returns, modulo 256, is the exit
         * status; it ends the process without atexit(3) handlers and without flushing. It finds what a program would: the view,
         * the descriptors, no handler of a signal. Its opens are vetted like anybody's. The environment is the caller's.
         *
         * Whatever the caller's process has in memory, the function can read. In a process with threads it may call only what is
         * async-signal-safe (signal-safety(7)), the cordon_client_* family among it: another thread may hold any lock,
         * malloc(3)'s too, and no pthread_atfork(3) handler is run. So a host with secrets or threads starts a process without
         * them first, and sandboxes from there. */
        int (*function)(void *argument);
        void *argument;
        /* For `ask` rules. NULL: whatever they are about is refused. */
        cordon_ask_fn *ask;
        cordon_ask_over_fn *ask_over; /* may be NULL */
        void *ask_ctx;
        unsigned ask_timeout_ms; /* how long a question waits for its answer; 0: 60000 */
} cordon_child_options;

/* Starts a sandbox. What can be checked before clone is checked here; whatever fails later is an exit with reason
 * CORDON_EXIT_SETUP. The policy is kept by reference.
 *
 * A line `fd keep N` of the policy hands over the caller's own descriptor N under that number: it must be open without
 * FD_CLOEXEC, as for execve(2). Look after it: between the loading and the spawning nobody else in the process may get that
 * number.
 *
 * -EINVAL: the policy or the options ask for what cannot be. -EBADF, -EISDIR, -EACCES: a descriptor that the program is to have
 * is not open, is a directory, or is of another kind or open for something else than the policy says. -EOPNOTSUPP: this
 * kernel lacks what is needed and `accept` does not name, or a `require` line is not met. -ENOENT: a `write`, `create` or
 * `exec` rule names what does not exist. -EPERM, -ENOSPC, …: no namespaces can be made. In each case `err` says which line,
 * descriptor or feature it was. */
CORDON_API int cordon_child_spawn(cordon_child **out, cordon_broker *broker, cordon_policy *policy,
                                  const cordon_child_options *options, cordon_error *err);

/* Everything that cordon_child_spawn() does but the start: what would be run, or the same error. */
typedef struct cordon_preview {
        const char *program;     /* NULL: a function */
        const char *const *argv; /* NULL-terminated, as is the next */
        const char *const *envp;
        const char *cwd;            /* where it would start, if that is there */
        const cordon_child_fd *fds; /* 0, 1 and 2 left out; those that the policy keeps included. Ascending by target */
        size_t fd_count;
        const char *const *notes;   /* NULL-terminated: what the plan has to say, "FILE:LINE: …" */
        const char *limit_note;     /* as cordon_child_note() */
        const char *cgroup;         /* where it would have a control group of its own; NULL: it would have none */
        const char *controllers;    /* those that hold limits there, "memory, pids"; or "" */
} cordon_preview;

typedef void cordon_preview_fn(void *ctx, const cordon_preview *preview);

/* Calls `fn` once where a sandbox would be started; what it gets lives for that call only. Nothing is made that outlasts the
 * call. Needs no broker. Errors as cordon_child_spawn(). Any thread may call it. */
CORDON_API int cordon_child_preview(cordon_policy *policy, const cordon_child_options *options, cordon_preview_fn *fn,
                                    void *ctx, cordon_error *err);

enum cordon_child_phase {
        CORDON_CHILD_STARTING = 1, /* the sandbox is being set up */
        CORDON_CHILD_HELD = 2,     /* it is, and waits for cordon_child_release() */
        CORDON_CHILD_RUNNING = 3,  /* the program runs */
        CORDON_CHILD_ENDING = 4,   /* the program has ended, or never ran; what is left of the sandbox is being ended */
        CORDON_CHILD_ENDED = 5,    /* all of it is gone: cordon_child_exit() answers */
};

/* How far it is; it changes in cordon_broker_dispatch() only, and may pass over a phase that was short. */
CORDON_API int cordon_child_phase(const cordon_child *child);
/* Pid of the program as the caller sees it, once it was executed; stays what it was after the end. 0: it was not (yet). For
 * display, as is that of pid 1: the number may be another process's by now. */
CORDON_API pid_t cordon_child_program(const cordon_child *child);
/* Lets a program start that was held. May be called as soon as the child is there. The time of `limit time` begins now.
 * -EINVAL: it is not held, or was released before. -ESRCH: the sandbox is gone. */
CORDON_API int cordon_child_release(cordon_child *child);

/* The names of what was accepted and is missing, so that the sandbox does without: that with this number, from 0 on, or NULL
 * behind the last. Static strings. */
CORDON_API const char *cordon_child_degraded(const cordon_child *child, size_t index);

/* Sends a signal to the program (through pid 1 of the sandbox). -ESRCH once it has exited. */
CORDON_API int cordon_child_signal(cordon_child *child, int signal);
/* For a host with a terminal, that gets a signal from it (si_code > 0): SIGINT, SIGQUIT, SIGHUP, SIGTSTP, SIGWINCH. Where the
 * policy lets the program keep the terminal (`dev tty`), the program is in the caller's process group and has got it as well:
 * then this does nothing. Else the program has a session of its own, without a terminal; SIGTSTP stops all of it, until
 * SIGCONT comes by cordon_child_signal(), and the rest is sent to the program's process group.
 * 0, or -ESRCH once it has exited. */
CORDON_API int cordon_child_terminal_signal(cordon_child *child, int signal);
/* The signal that has stopped the program since this was last asked, if it is stopped still; else 0. A host that is a job of a
 * shell stops itself then, by the same signal: so the shell sees what it would without a sandbox. */
CORDON_API int cordon_child_stopped(cordon_child *child);
/* Pid of the sandbox's pid 1 as the caller sees it. It is nobody else's before cordon_broker_dispatch() has found that all of
 * the sandbox is gone; from then on, with CORDON_CHILD_ENDED at the latest, this is 0. For display: to kill(2) a 0 is the
 * caller's own process group; cordon_child_signal() cannot hit anybody else. */
CORDON_API pid_t cordon_child_pid(const cordon_child *child);

enum cordon_exit_reason {
        CORDON_EXIT_CODE = 1,   /* the program exited; `status` is its exit code */
        CORDON_EXIT_SIGNAL = 2, /* a signal ended it; `status` is the signal's number. Where `error` is set, cordon killed it
                             * since the sandbox's pid 1 failed */
        CORDON_EXIT_TIME = 3,   /* `limit time` was over */
        CORDON_EXIT_SETUP = 4,  /* the sandbox could not be set up; nothing of the program ran. See `error` */
        CORDON_EXIT_EXEC = 5,   /* execve failed; `error.code` is its errno */
        CORDON_EXIT_OOM = 6,    /* the kernel ended it since the sandbox had used up `limit memory`; `status` is SIGKILL */
        CORDON_EXIT_CPU = 7,    /* `limit cpu` was over */
        CORDON_EXIT_OUTPUT = 8, /* it wrote more than `limit output` */
};

typedef struct cordon_exit {
        int reason; /* enum cordon_exit_reason */
        int status;
        cordon_error error;
        uint64_t wall_ns;  /* from spawn to the end */
        uint64_t cpu_ns;   /* user and system time of all processes of the sandbox that were waited for */
        uint64_t requests; /* brokered operations */
        uint64_t denied;

        /* What was used. All of it is 0 where pid 1 could not report, as when it was killed from outside. */
        uint64_t user_ns, system_ns; /* the parts of cpu_ns */
        uint64_t memory_peak; /* bytes: with a cgroup the most that all of the sandbox had at a time; else the most that any one
                               * process had resident, which is never less than what the caller's process has */
        uint64_t opens;       /* brokered opens: a part of requests */
        uint64_t processes;   /* processes and threads that were started in all; 0: this kernel does not tell */
        uint64_t bytes_read;  /* what read and write calls moved, of files, pipes, terminals and sockets alike, for the */
        uint64_t bytes_written; /* processes that were waited for. Both are 0 where this kernel does not tell */
        uint64_t output;      /* bytes that went to standard output and error; counted where there is a `limit output` only */
        uint64_t oom_kills;   /* processes that the kernel ended for `limit memory`, with a cgroup; the program may live on */
        int together;         /* CORDON_TOGETHER_*: which figures a cgroup gave, and so are of all of the sandbox */
} cordon_exit;

enum {
        CORDON_TOGETHER_CPU = 1 << 0,    /* cpu_ns and its parts */
        CORDON_TOGETHER_MEMORY = 1 << 1, /* memory_peak */
};

/* Which limits of the policy hold less on this host than they say, and why, in one line: "`limit memory` holds for each process
 * by itself, …". NULL: all hold. As old as the child. */
CORDON_API const char *cordon_child_note(const cordon_child *child);

/* 0 and fills `out` once all of the sandbox is gone; -EAGAIN before. */
CORDON_API int cordon_child_exit(const cordon_child *child, cordon_exit *out);

/* One distinct denial: the same operation on the same path counts once. */
typedef struct cordon_denial {
        const char *op;      /* "read", "write", "create", "list", "exec", "unix"; "syscall" */
        const char *path;    /* canonical path in the view; raw bytes, escape before printing. For "syscall" the call, in words */
        uint64_t count;
        pid_t pid;           /* of the first, as the sandbox numbers it */
        const char *comm;    /* of the first; raw bytes */
        int error;           /* the errno the program got */
        const char *file;    /* the rule that denied, or NULL: no rule covers it. "(every sandbox)": no policy can allow it */
        unsigned line;
        const char *rule;    /* the text of that rule, or NULL */
        const char *because; /* its reason, or NULL */
        const char *allow;   /* a policy line that would allow it; NULL where none can, or where a rule forbids it on purpose */
        int ask;             /* not 0: the rule lets a person decide (`ask`); how that ended, an enum cordon_ask_end */
        const char *on_host; /* where on the host that is, where the view shows it at another place (`read A as B`); else NULL */
} cordon_denial;

typedef void cordon_denial_fn(void *ctx, const cordon_denial *denial);

/* Calls `fn` for each distinct denial, oldest first. Returns how many there were; `*dropped` gets how many more
 * were not kept, since the list is bounded. */
CORDON_API unsigned cordon_child_denials(const cordon_child *child, cordon_denial_fn *fn, void *ctx, uint64_t *dropped);

/* Exchanges the policy of a child that runs. What the kernel holds it by was settled when it began: the view, the system call
 * filter, Landlock, and all lines that are not about paths, but `audit`. So `policy` must be one under which the same would have
 * been set up on this host, and the broker's verdicts alone differ, as where a `deny` or an `ask` by pattern inside a tree that
 * is shown is added or taken away: `cordon explain` shows both plans. Requests that begin after this has returned are served
 * under the new policy, each under one as a whole; opens that wait are vetted again when they can go on, those that a person has
 * been asked about too. What is open stays open. A reference is taken. -EINVAL: it would need another sandbox; nothing has
 * changed, and `err` names the line. -ESRCH: the child has ended. -ENOMEM. From the thread that dispatches. */
CORDON_API int cordon_policy_replace(cordon_child *child, cordon_policy *policy, cordon_error *err);

/* Allows what one line says, as `read /data/x`, beside what the policy allows, for `seconds`; 0: as long as the child runs. It
 * beats any rule but `never`. Only opens and the like that the broker is asked about, of what the view shows, can be granted;
 * what has been opened by then stays open. Time is that of CLOCK_MONOTONIC. -EINVAL: not a line that grants something at a path.
 * -ENOTSUP: the child runs without namespaces. -ENOSPC: there are 64 already.
 * -ESRCH, -ENOMEM. From the thread that dispatches. */
CORDON_API int cordon_grant(cordon_child *child, const char *rule, uint64_t seconds, cordon_error *err);

/* Takes back the grants that were made by this very line, or all of them where `rule` is NULL, as if their time were over: what
 * has been opened by then stays open, what still waits is vetted again. -ENOENT: there is none. -ESRCH, -ENOMEM. From the thread
 * that dispatches. */
CORDON_API int cordon_revoke(cordon_child *child, const char *rule, cordon_error *err);

/* Answers a question: `end` is one of the first five of enum cordon_ask_end. What is opened is the object that was asked about,
 * under the policy that counts by then: where that refuses, or the path leads to something else by now, the answer grants
 * nothing. 0; -ESRCH: there is no such question any more; -EINVAL: no such answer. Any thread may call it, as long as the child
 * is not freed meanwhile. Does not block. */
CORDON_API int cordon_ask_answer(cordon_child *child, uint64_t id, int end);

/* Waits until the records of a child that has ended are written, for a second at most. Returns how many were lost since
 * nobody took them in time, or the log was at its limit; 0 too while the child has not ended. cordon_child_free() waits in the
 * same way. */
CORDON_API uint64_t cordon_child_audit_lost(const cordon_child *child);

/* Kills what is left, waits for it, frees. Takes NULL; returns NULL. */
CORDON_API cordon_child *cordon_child_free(cordon_child *child);

/* ---- what a program changed in overlays ------------------------------------------------------------------------------- */

enum cordon_change_kind {
        CORDON_CHANGE_ADDED = 1,
        CORDON_CHANGE_MODIFIED = 2, /* other content; of a link, another target */
        CORDON_CHANGE_REMOVED = 3,  /* of a directory: with all that is below, which is not told of by itself */
        CORDON_CHANGE_REPLACED = 4, /* by something of another type */
        CORDON_CHANGE_METADATA = 5, /* the content is the same; see `parts` */
};

enum { /* What differs, where both are of one type. */
        CORDON_CHANGE_CONTENT = 1u << 0,
        CORDON_CHANGE_MODE = 1u << 1,
        CORDON_CHANGE_ATTRIBUTES = 1u << 2, /* extended ones, of users */
        CORDON_CHANGE_TIME = 1u << 3,       /* when it was modified; not looked at for directories */
};

/* One difference between what the program left and what the host has now. Strings are raw bytes; they live for the call that
 * brings them. */
typedef struct cordon_change {
        int kind;             /* enum cordon_change_kind */
        unsigned parts;       /* CORDON_CHANGE_CONTENT and its like */
        const char *path;     /* on the host */
        const char *kept;     /* where the program's is kept; NULL: removed */
        mode_t mode;          /* st_mode; 0: removed */
        mode_t mode_before;   /* the host's; 0: there is none */
        uint64_t size;        /* of files */
        uint64_t size_before;
        const char *target;   /* where a link leads; else NULL */
        int outside;          /* not 0: the link's text leads out of the tree */
        int applied;          /* not 0: the host has it now */
        const char *refused;  /* why it is not, or cannot be; or NULL */
} cordon_change;

typedef void cordon_change_fn(void *ctx, const cordon_change *change);

typedef struct cordon_changes_options {
        size_t size;
        const cordon_policy *policy; /* nothing is applied that it does not let be written; NULL: it is not asked again */
} cordon_changes_options;

/* Calls `fn` for each difference, directories before what is in them, names sorted. `directory` is one that was a child's
 * `changes`; `options` may be NULL. A difference has `refused` set where it could not be applied: a FIFO, a socket or a device;
 * what the policy does not allow; what was changed on the host since the run began. Changes nothing. Any thread may call it.
 * Returns how many there were. -ENODATA: the policy had no `overlay`. -ENOENT: nothing is kept there. -EPERM: the directory is
 * not the caller's alone. */
CORDON_API int cordon_changes_list(const char *directory, const cordon_changes_options *options, cordon_change_fn *fn, void *ctx,
                                   cordon_error *err);

/* The same, and brings each over to the host, before `fn` gets it. A file comes with its mode, time and attributes, as a whole or
 * not at all; what it replaces gives it its owner, and the top of the tree does for what is new. No setuid or setgid bit comes
 * over, and no link is followed. What fails is told of in `refused`, and the others go on. It can be called again. Returns how
 * many were refused, where new FIFOs and sockets do not count; 0: all is on the disk, and what was kept can be discarded.
 * -EBUSY: the sandbox is still there. */
CORDON_API int cordon_changes_apply(const char *directory, const cordon_changes_options *options, cordon_change_fn *fn, void *ctx,
                                    cordon_error *err);

/* Removes what is kept, and the directory. -EBUSY: the sandbox is still there. */
CORDON_API int cordon_changes_discard(const char *directory, cordon_error *err);

/* ---- data that is not copied -------------------------------------------------------------------------------------------- */

/* Memory that is handed over as a descriptor. It is filled, sealed, and read in place from then on by whoever has it: nobody
 * can write to it any more, cut it or lengthen it (F_SEAL_WRITE, _SHRINK and _GROW of fcntl(2), which the kernel keeps), so
 * what was checked stays true, and reading it faults on nobody's wish. Both sides of a sandbox can use these calls; a program
 * that does not link the library does the same with memfd_create(2) and fcntl(2).
 *
 * A buffer belongs to one thread at a time. No call changes anything but its arguments. */
typedef struct cordon_buffer cordon_buffer;

/* Makes one of `size` bytes, all 0, that can be written to. `name` is for /proc alone; NULL: "cordon". It is close-on-exec,
 * and cannot be executed where the kernel knows of that (6.3). Until it is sealed, fork(2) leaves it out of the new process's
 * memory, where its descriptor stays. -EFBIG, -ENOMEM, -EMFILE, -ENFILE. */
CORDON_API int cordon_buffer_new(cordon_buffer **out, const char *name, size_t size, cordon_error *err);
/* Cuts it to `length` bytes and seals it. What cordon_buffer_data() gave before is gone, also where this fails. -EINVAL: it
 * is not as long, or sealed. -EBUSY: somebody has it mapped for writing, or is writing to it all the time. -ENOMEM: it is
 * sealed, and there was no room to map it. */
CORDON_API int cordon_buffer_seal(cordon_buffer *buffer, size_t length, cordon_error *err);
/* Takes what somebody else has sealed, after looking at the seals and then at the length. `fd` is borrowed for the call.
 * `most` is what the caller is ready to have in memory: where nothing was ever written, pages are made as they are read.
 * -EPERM: one of the seals is missing. -EFBIG: it is longer than `most`. -EINVAL: it is no file in memory, or one of huge
 * pages, which reading may fault on. -EBADF, -ENOMEM, -EMFILE. */
CORDON_API int cordon_buffer_open(cordon_buffer **out, int fd, size_t most, cordon_error *err);
/* Over a connected AF_UNIX socket of the type SOCK_SEQPACKET or SOCK_STREAM: one byte, and the descriptor. The buffer stays
 * the caller's. -EINVAL: it is not sealed. -EAGAIN: the socket does not block, and is full. -EPIPE, without a signal: the
 * other side is gone. */
CORDON_API int cordon_buffer_send(const cordon_buffer *buffer, int socket, cordon_error *err);
/* Its counterpart, as cordon_buffer_open(). Waits, unless the socket does not block: -EAGAIN. -EPIPE: the other side is gone.
 * -EBADMSG: something else came; its descriptors have been closed. */
CORDON_API int cordon_buffer_receive(cordon_buffer **out, int socket, size_t most, cordon_error *err);

/* Where it is in memory: to be written to until it is sealed, to be read afterwards, where writing to it is a SIGSEGV. NULL where
 * the length is 0. */
CORDON_API void *cordon_buffer_data(const cordon_buffer *buffer);
CORDON_API size_t cordon_buffer_size(const cordon_buffer *buffer);
/* The buffer's own, as for cordon_child_fd: a program that gets it before it is sealed can fill it, map it and seal it. */
CORDON_API int cordon_buffer_fd(const cordon_buffer *buffer);
/* Takes NULL; returns NULL. Other descriptors and mappings stay. */
CORDON_API cordon_buffer *cordon_buffer_free(cordon_buffer *buffer);

/* ---- for programs inside a sandbox -------------------------------------------------------------------------- */

/* A program that has a channel (CORDON_CHILD_CHANNEL) can ask the broker for what it may not, or cannot, do itself. All of
 * this is async-signal-safe, takes no lock, allocates nothing and keeps errno. Threads can ask at once with one client, and
 * so can a signal handler that has interrupted a request of its own thread. A request has its answer from the very
 * functions that answer the calls of programs that know nothing of a channel, with the same errno. It needs about 12 KiB of
 * stack. */

/* The channel's descriptor in this process, from CORDON_CHANNEL; -ENOENT where there is none. */
CORDON_API int cordon_client_channel(void);

enum { CORDON_CLIENT_LINES = 16 };

/* The caller's memory, and nothing in it is for him. It holds a few descriptors (close-on-exec) on which requests travel,
 * one for each that was ever under way at once, 16 at most; what comes on top costs twice the time. They must not be closed
 * but by cordon_client_done(); who has closed all descriptors begins anew. After a fork the child can go on with its copy,
 * at that higher cost, or begin anew. A thread that is cancelled, or leaves a handler by siglongjmp, in the middle of a
 * request leaves one behind. */
typedef struct cordon_client {
        int channel, owner;
        unsigned lines[CORDON_CLIENT_LINES];
} cordon_client;

/* `channel` is borrowed, and must stay open. Any number of clients can share it, in any number of processes. */
CORDON_API void cordon_client_init(cordon_client *client, int channel);
/* Closes what the client holds. No request may be under way. */
CORDON_API void cordon_client_done(cordon_client *client);

/* Each does what a call of Linux does: open(2), openat(2), fstatat(2), faccessat2(2), readlinkat(2), mkdirat(2), unlinkat(2),
 * renameat2(2). It takes the same flags and returns the same, or a negative errno. Paths are absolute, or relative to a
 * descriptor of this process or, with AT_FDCWD, to its working directory (for a thread with a table or a directory of its
 * own, those of the main thread). Opens can be O_PATH. Signals do not end a request. Beside what the call itself can say:
 *   -EPIPE   the broker is gone, or has ended the channel since something sent nonsense on it
 *   -EMFILE  also where there is no descriptor to return: none is left for the request to travel on
 *   -EAGAIN  too much waits already, or too many descriptors are on their way */
CORDON_API int cordon_client_open(cordon_client *client, const char *path, int flags, mode_t mode);
CORDON_API int cordon_client_openat(cordon_client *client, int dirfd, const char *path, int flags, mode_t mode);
CORDON_API int cordon_client_stat(cordon_client *client, int dirfd, const char *path, struct stat *st, int flags);
CORDON_API int cordon_client_access(cordon_client *client, int dirfd, const char *path, int mode, int flags);
CORDON_API ssize_t cordon_client_readlink(cordon_client *client, int dirfd, const char *path, char *text, size_t size);
CORDON_API int cordon_client_mkdir(cordon_client *client, int dirfd, const char *path, mode_t mode);
CORDON_API int cordon_client_unlink(cordon_client *client, int dirfd, const char *path, int flags);
CORDON_API int cordon_client_rename(cordon_client *client, int from_dirfd, const char *from, int to_dirfd, const char *to,
                                    unsigned flags);

/* For code that knows nothing of the channel, in a process that was forked and executes no other program. The first
 * installs a handler for SIGSYS (the one signal that this library handles, and the one thing that it remembers, and only by
 * this call); the second puts the whole process under a filter that makes the kernel raise it for open, creat, openat,
 * openat2, stat, lstat, newfstatat, statx, access, faccessat, faccessat2, readlink, readlinkat, mkdir, mkdirat, unlink,
 * unlinkat, rmdir, rename, renameat and renameat2. The handler asks the broker, and the call returns what it has answered.
 * It runs on the stack of whoever makes the call. open and openat with O_PATH are left alone. No filter can be taken away
 * again, and a program that is executed has no handler: its first such call kills it. A fork inherits both; see above.
 * 0 or -errno. -ENOSYS: not on this architecture (x86-64 and aarch64). The second fails with -EACCES where no_new_privs is
 * not set (it is in every sandbox), and with -EBUSY where a thread has a filter that the others do not have. */
CORDON_API int cordon_client_install_sigsys(int channel);
CORDON_API int cordon_client_trap_calls(void);

/* ---- small things that every front end needs ------------------------------------------------------------------ */

/* Copies `text` with control characters, escapes and invalid UTF-8 as \xNN, so that it can go to a terminal.
 * Always terminates; returns the length it needs, as snprintf(3) does. */
CORDON_API size_t cordon_escape(const char *text, char *buf, size_t size);

#ifdef __cplusplus
}
#endif
#endif
