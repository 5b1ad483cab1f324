/* Options as a table. A command is a row {name, summary, …, options, fn}; an option is a row too, and is parsed,
 * checked, suggested and explained from that one row. What was given ends up in a `struct settings`. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* One of several options whose order counts. */
struct given {
        const char *name;  /* of the option; NULL ends the list */
        const char *value; /* NULL: it takes none */
};

struct settings {
        const char **policies; /* NULL-terminated, as are defines and words */
        const char **defines;
        const char *audit, *audit_fd;
        bool quiet, verbose, channel, json, seccomp;
        bool write, check, diff; /* fmt */
        bool strict; /* check */
        bool list_changes, apply, discard; /* run, changes */
        const char *keep;
        bool stats;  /* run */
        const char **accepts; /* run */
        const char **words;   /* what is left: run's PROGRAM [ARGUMENT]..., or the policies of check and explain */
        const char **program; /* explain: what came after "--"; NULL where nothing did */
        struct given *rules;  /* --ro, --rw, --exec, --tmpfs */
        struct given *changes; /* run: --setenv, --unsetenv, --clearenv */
        const char **passed;  /* run: of --pass-fd */
        const char *name, *chdir, *status_fd, *sync_fd, *block_fd; /* run */
        bool dry_run;
        const char *ask_save, *ask_timeout; /* run */
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST, OPTION_ORDERED, OPTION_HELP, OPTION_VERSION };

struct option_row {
        char letter;       /* 0: the long form only */
        const char *name;  /* NULL ends the table */
        const char *value; /* what the help calls its value; NULL: takes none */
        enum option_kind kind;
        size_t offset; /* of the field in struct settings */
        const char *help;
};

/* A heading in the help, before the row of that name. */
struct option_group {
        const char *first; /* NULL ends the list */
        const char *title;
};

enum words_kind {
        WORDS_PROGRAM, /* options end at the first word: the rest is the program's */
        WORDS_SPLIT,   /* options anywhere before "--", a program after it */
        WORDS_PLAIN,   /* options anywhere */
};

struct command {
        const char *name;
        const char *summary; /* what it does, in one sentence without its full stop */
        const char *usage;
        const char *about;
        const struct option_row *options;
        const struct option_group *groups; /* NULL: none */
        const char *examples;
        const char *exits;
        enum words_kind words;
        int misused; /* the exit status where the command line makes no sense */
        int (*fn)(const struct settings *settings);
};

extern const struct command commands[];
extern const size_t command_count;

enum parsed { PARSED_RUN, PARSED_DONE, PARSED_MISUSED };

/* argv[0] is the command's name. PARSED_DONE: help or version was wanted and has been printed. Settings must be
 * freed in every case. */
enum parsed options_parse(const struct command *command, int argc, char **argv, struct settings *out);
void settings_free(struct settings *settings);

void command_help(const struct command *command);
void version_print(void);

/* The one of `count` names, `stride` bytes apart, that `word` was probably meant to be; NULL where none is near. */
const char *nearest(const char *word, const char *const *names, size_t stride, size_t count);

#endif
