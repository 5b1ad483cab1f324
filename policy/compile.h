/* The state of one compilation; private to this room.
 *
 *   load.c    files to sources: reading, UTF-8, `use`, breadth first, so that a source's depth is its smallest
 *   find.c    names to files and bundles, and what to say where there is none
 *   lex.c     a line to words: decoded text with a mark on each byte that says how literal it is
 *   vars.c    variables: built-in, param, let; resolved when asked for, so that order does not matter
 *   params.c  where they come from: param and let lines, -D
 *   git.c     $GIT_DIR and its like
 *   verbs.c   the table of verbs. They are carried out by rules.c, virtual.c, world.c, identity.c, inherit.c, network.c,
 *             require.c, limits.c, env.c and calls.c
 *   call_tests.c  the tests of arguments in `syscalls` lines, for calls.c
 *   glob.c    an expanded word to patterns: braces, components, the canonical prefix
 *   format.c  a text in its canonical layout: of all this it needs the words only
 *   shown.c, shown_lines.c   what the view shows elsewhere than the host has it, and its own symlinks: known before any rule
 *   nevers.c  what is closed for good stays so where it is shown elsewhere
 *   kept.c    what is remembered of files and variables, for whoever explains the policy
 *   place.c   where in these files something is said
 *   compile.c everything to a struct policy: duplicates, the trie, the defaults
 *
 * Functions return 0, 1 where the text is wrong (and was reported), or -ENOMEM. */
#ifndef POLICY_COMPILE_H
#define POLICY_COMPILE_H

#include "base/buf.h"
#include "policy/compiled.h"

#define REPORTS_MAX 100u
#define FINDINGS_MAX 1000u /* with the notes */
#define SOURCES_MAX 256u
#define RULES_MAX 250000u /* braces make many of few words */
#define WORD_MAX 65536u

/* How literal a byte of a word is. */
enum mark {
        MARK_PLAIN,   /* `$`, `~` and wildcards mean what they mean */
        MARK_QUOTED,  /* in quotes: `$` still does */
        MARK_LITERAL, /* escaped, or from a variable */
};

struct word {
        const char *text; /* decoded, terminated */
        const unsigned char *marks;
        size_t length;
        unsigned column, width; /* as written */
};

struct line {
        const char *text; /* as written, terminated */
        unsigned number;
        bool bad; /* reported already: nothing more is said about it */
        const struct verb *verb;
        struct word *words;
        size_t count;
        const struct remapped *remapped; /* of a rule with `as`, once it is known; NULL where it has none */
};

struct place { /* what the caret points at; line NULL: the whole file */
        const struct source *source;
        const struct line *line;
        unsigned column, width;
};

/* `read SOURCE as PATH`: what is known of it before all rules are. */
struct remapped {
        struct remap remap;
        const char *asked; /* the path as expanded */
        struct place at;   /* from the one path to the other */
};

enum variable_state { VARIABLE_NEW, VARIABLE_BUSY, VARIABLE_READY, VARIABLE_FAILED };

struct variable { /* a `param` or `let` line of one source */
        const char *name;
        struct line *line;
        const struct word *word;
        size_t value_at; /* where the value begins in the word; 0: none is given */
        bool param;
        enum variable_state state;
        bool relative_ok; /* the value came by -D: a relative path counts from $CWD */
        const char *value;
        bool used; /* some word asks for it */
};

struct source {
        const char *name;     /* for messages */
        const char *read_as;  /* for policy_host */
        const char *identity; /* equal for the same file */
        const char *here;     /* $HERE, or NULL (bundles) */
        const char *text;     /* lines, each terminated */
        struct line *lines;
        size_t line_count;
        struct variable *variables; /* sorted by name */
        size_t variable_count;
        unsigned depth, index;
        bool bundle, first;
        const struct policy_git *git; /* what $GIT_DIR and its like are here, once somebody has asked */
        const struct source *parent; /* who used it first, and where */
        struct place parent_at;
        bool blamed; /* the note which line used it was given */
};

struct use_edge { /* `from` uses `to`, there */
        unsigned from, to;
        const struct line *line;
        const struct word *word;
};

struct finding { /* kept until all are known, and can be sorted */
        unsigned source, line, column;
        size_t order;
        cordon_diag diag;
};

struct pending { /* a rule before the trie is made */
        struct rule rule;
        struct place at;
        struct component *components; /* for patterns; literal rules are split when needed */
        size_t count;
};

/* A growing array; made with vector_push(). */
struct vector {
        void *items;
        size_t count, room;
};

struct setting { /* who said last what a world line decides */
        bool set;
        unsigned depth;
        const struct source *source;
        unsigned line;
};

enum setting_id {
        SET_NET,
        SET_PROC,
        SET_AUDIT,
        SET_TMP,
        SET_DEV,
        SET_CWD,
        SET_CAPS,
        SET_USER,
        SET_HOSTNAME,
        SET_LIMITS, /* in the order of the table in limits.c */
        SET_LIMITS_COUNT = 12,
        SET_COUNT = SET_LIMITS + SET_LIMITS_COUNT,
};

struct define { /* -D NAME=VALUE */
        const char *name, *value, *text;
        size_t index; /* among those given */
        bool used;
};

struct env_entry {
        struct env_rule rule;
        struct place at;
        unsigned depth;
};

struct syscall_entry {
        struct syscall_rule rule;
        struct place at;
};

struct fd_entry {
        struct fd_rule rule;
        struct place at;
        unsigned depth;
};

struct compile {
        const struct policy_request *request;
        struct policy *policy;
        struct arena *arena; /* the policy's */
        unsigned errors, warnings;
        unsigned nesting; /* of variables being resolved */
        struct vector findings; /* struct finding */
        int read_error; /* the errno of a user's file that could not be read */
        const char *home, *cwd, *program, *uid;
        struct vector sources, uses; /* struct source *, struct use_edge */
        struct vector rules;         /* struct pending * */
        struct vector aliases;       /* struct alias */
        struct vector remaps, links; /* struct remap and struct alias, of lines */
        struct vector expects;       /* struct expectation */
        struct vector defines;       /* struct define */
        struct vector env;           /* struct env_entry */
        struct vector syscalls;      /* struct syscall_entry */
        struct vector nets;          /* struct net_rule */
        struct vector fds;           /* struct fd_entry */
        struct vector requirements;  /* struct requirement */
        struct setting settings[SET_COUNT];
        const char *texts[SET_COUNT]; /* the line as written, for implied rules */
        unsigned devices;             /* bits into device_names */
        bool tmp_exec;
        bool rules_refused; /* there were too many, and it was said */
        size_t content_length; /* of all `file` lines */
};

/* One verb of the language. */
struct verb {
        const char *name;
        int (*run)(struct compile *c, struct source *s, struct line *l);
        unsigned access;
        enum verb_class class;
        bool data; /* can stand with others on a line */
};

/* ---- report.c ------------------------------------------------------------------------------------------------- */

/* Returns 1. `hint` may be NULL, and must live as long as the arena. */
int report(struct compile *c, const struct place *at, const char *hint, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
void report_warning(struct compile *c, const struct place *at, const char *hint, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* A warning that has a name; see cordon_diag.id. */
void report_lint(struct compile *c, const char *id, const struct place *at, const char *hint, const char *format, ...)
        __attribute__((format(printf, 5, 6)));
void reports_deliver(struct compile *c);
int finding_by_place(const void *a, const void *b); /* for qsort: in the order of files, lines and columns */
struct place place_word(const struct source *s, const struct line *l, const struct word *w);
/* The part of a word that begins with its decoded byte `at` and is `length` bytes long. */
struct place place_part(const struct source *s, const struct line *l, const struct word *w, size_t at, size_t length);
struct place place_line(const struct source *s, const struct line *l);
struct place place_file(const struct source *s);

/* ---- nearest.c ------------------------------------------------------------------------------------------------ */

/* Finds among the names offered the one nearest to what was written, if any is near enough. */
struct nearest {
        const char *wanted, *best;
        size_t distance;
        unsigned offered;
};
struct nearest nearest_begin(const struct compile *c, const char *wanted);
void nearest_offer(struct nearest *n, const char *name);
bool nearest_done(const struct nearest *n); /* offering more is of no use */
/* "did you mean 'x'?" in the arena, or NULL. `sigil` stands before the name. */
const char *nearest_hint(struct compile *c, const struct nearest *n, const char *sigil);

/* ---- vector.c ------------------------------------------------------------------------------------------------- */

void *vector_push(struct vector *v, size_t size); /* zeroed; NULL without memory */
void vector_free(struct vector *v);

/* ---- lex.c, text.c -------------------------------------------------------------------------------------------- */

int lex_line(struct compile *c, const struct source *s, struct line *l);
/* Checks that the text is text and cuts it into lines. */
int text_split(struct compile *c, struct source *s, char *text, size_t length);

/* ---- vars.c --------------------------------------------------------------------------------------------------- */

struct expanded {
        struct buf text;  /* may hold any byte but NUL */
        struct buf marks; /* MARK_PLAIN or MARK_LITERAL for each */
        bool relative_ok; /* begins with a -D value: a relative path counts from $CWD */
        bool too_long;    /* and it was said */
        bool empty_first; /* begins with a variable that is empty: "$OUT/x" must not become "/x" */
};
void expanded_free(struct expanded *e);
/* Expands `word` from its decoded byte `from` on. */
int expand(struct compile *c, struct source *s, struct line *l, const struct word *word, size_t from,
           struct expanded *out);
/* For a word that is to be a path: refuses an empty one, and puts $CWD before a relative -D value. */
int expanded_absolute(struct compile *c, const struct place *at, struct expanded *e);
/* The same, as one literal string in the arena. `wildcards`: may stand there and mean nothing. */
int expand_value(struct compile *c, struct source *s, struct line *l, const struct word *word, size_t from,
                 bool wildcards, const char **out);
/* The same for a single absolute path, canonical. `asked` may be NULL. */
int expand_path(struct compile *c, struct source *s, struct line *l, const struct word *word, const char **out,
                const char **asked);
struct variable *variable_find(struct source *s, const char *name, size_t length);
int variable_resolve(struct compile *c, struct source *s, struct variable *v);
bool variable_builtin(const char *name, size_t length);
const char *builtin_name(size_t index); /* NULL: there are no more */
/* 0; 1: there is no such name; -ENODATA: there is, and it has no value here; -ENOMEM. */
int builtin_value(struct compile *c, struct source *s, const char *name, size_t length, const char **out);
bool name_valid(const char *name, size_t length);

/* ---- params.c ------------------------------------------------------------------------------------------------- */

struct define *define_find(struct compile *c, const char *name);
int variables_collect(struct compile *c, struct source *s);
int variables_resolve(struct compile *c, struct source *s);
int defines_collect(struct compile *c);
void defines_check(struct compile *c);

/* ---- git.c ------------------------------------------------------------------------------------------------------ */

/* The value of $GIT_DIR, $GIT_COMMON_DIR or $GIT_FILE for the work tree that the file's param REPO names. -ENODATA
 * where it has none. */
int git_value(struct compile *c, struct source *s, const char *name, const char **out);

/* ---- find.c ----------------------------------------------------------------------------------------------------- */

/* Says why `name` could not be read. `at`: the `use` line's word, NULL for the user's own files. Returns 1 or -ENOMEM. */
int find_failed(struct compile *c, const struct place *at, const char *name, const struct policy_found *found, int error);

/* ---- glob.c --------------------------------------------------------------------------------------------------- */

struct pattern {
        const char *text, *prefix, *asked;
        bool literal, floating;
        struct component *components;
        size_t count;
};
/* Calls `add` for each pattern of an expanded word. */
int glob_patterns(struct compile *c, const struct place *at, struct expanded *word,
                  int (*add)(void *ctx, const struct pattern *pattern), void *ctx);
/* The canonical form of a literal path; remembers the symlinks on the way. NULL: reported (not where `at` is NULL), or no
 * memory (*error). */
const char *path_canonical(struct compile *c, const struct place *at, const char *path, int *error);
/* A pattern as text that reads back as itself, made of its components. NULL: no memory. */
const char *pattern_spell(struct compile *c, const struct pattern *p);
/* Cuts a canonical path into exact components, which point into it, and says how many they are. `out` may be NULL. */
size_t path_components(const char *path, struct component *out);

/* ---- shown_lines.c, nevers.c --------------------------------------------------------------------------------------- */

int shown_collect(struct compile *c);
/* The whole line that an origin names. */
struct place place_origin(struct compile *c, const struct origin *at);
int nevers_carry(struct compile *c);

/* ---- call_tests.c -------------------------------------------------------------------------------------------------- */

bool test_begins(const struct word *w);
/* Reads the tests that begin at the line's word `*at` and fills the rule's; `*at` gets what stands behind them. */
int tests_read(struct compile *c, const struct source *s, struct line *l, size_t *at, struct syscall_rule *rule);

/* ---- load.c, verbs.c, and those that carry verbs out ------------------------------------------------------------- */

int load_all(struct compile *c);
int load_use(struct compile *c, struct source *s, struct line *l);
int uses_check(struct compile *c);
const struct verb *verb_find(const char *name);
int verb_missing(struct compile *c, const struct source *s, struct line *l);
int line_run(struct compile *c, struct source *s, struct line *l);

int run_rule(struct compile *c, struct source *s, struct line *l);
int run_unix(struct compile *c, struct source *s, struct line *l);
int run_expect(struct compile *c, struct source *s, struct line *l);
int run_net(struct compile *c, struct source *s, struct line *l);
int run_proc(struct compile *c, struct source *s, struct line *l);
int run_audit(struct compile *c, struct source *s, struct line *l);
int run_tmp(struct compile *c, struct source *s, struct line *l);
int run_dev(struct compile *c, struct source *s, struct line *l);
int run_cwd(struct compile *c, struct source *s, struct line *l);
int run_env(struct compile *c, struct source *s, struct line *l);
int run_limit(struct compile *c, struct source *s, struct line *l);
int run_syscalls(struct compile *c, struct source *s, struct line *l);
int run_file(struct compile *c, struct source *s, struct line *l);
int run_caps(struct compile *c, struct source *s, struct line *l);
int run_user(struct compile *c, struct source *s, struct line *l);
int run_hostname(struct compile *c, struct source *s, struct line *l);
int run_fd(struct compile *c, struct source *s, struct line *l);
int run_endpoint(struct compile *c, struct source *s, struct line *l);
int run_require(struct compile *c, struct source *s, struct line *l);
int run_nothing(struct compile *c, struct source *s, struct line *l); /* carried out elsewhere */

int rule_add(struct compile *c, const struct rule *rule, const struct place *at, const struct pattern *pattern);
int rules_finish(struct compile *c);
int world_finish(struct compile *c);
int env_finish(struct compile *c);
int calls_finish(struct compile *c);
int fds_finish(struct compile *c);
int nets_finish(struct compile *c);
int requirements_finish(struct compile *c);
int kept_finish(struct compile *c);
/* A copy of a vector's items in the arena; NULL: out of memory. */
void *vector_keep(struct compile *c, const struct vector *v, size_t size);
int size_parse(const char *text, uint64_t *bytes); /* "64M"; 0 or -EINVAL */

/* What a world line may do, given who spoke before. */
enum setting_claim {
        CLAIM_TAKE,     /* nobody who counts as much has spoken */
        CLAIM_STRICTER, /* another file of the same rank has: take it only where it is stricter */
        CLAIM_IGNORE,   /* a file that counts more has */
        CLAIM_WRONG,    /* this file has, on another line: reported */
};
/* For what has one value: takes it where it counts. Two values of one rank are an error, unless they are the same. */
bool setting_take(struct compile *c, enum setting_id id, const struct place *at, const char *what, bool same_value,
                  struct origin *origin);
enum setting_claim setting_claim(struct compile *c, enum setting_id id, const struct place *at, const char *what);

#endif
