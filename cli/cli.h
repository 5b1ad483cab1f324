/* What the commands share: how they talk, how they find and load things, and with what they exit. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <limits.h>
#include <stdbool.h>

#include "cli/options.h"
#include "cordon.h"

enum { /* `run`: apart from these, the program's own status, or 128 + the signal that ended it */
        STATUS_TIME = 124,
        STATUS_CORDON = 125, /* cordon itself failed */
        STATUS_CANNOT_EXECUTE = 126,
        STATUS_NOT_FOUND = 127,
        STATUS_SIGNAL = 128,
};
enum { /* the commands that only look at policies */
        CHECK_FINE = 0,
        CHECK_ERRORS = 1, /* the policy has errors, or does not do what it expects of itself */
        CHECK_FAILED = 2, /* the question could not be asked: usage, unreadable files */
};
enum { /* `diff`, as diff(1) does */
        DIFF_SAME = 0,
        DIFF_DIFFERENT = 1,
        DIFF_FAILED = 2,
};
enum { /* `doctor` */
        DOCTOR_FINE = 0,
        DOCTOR_LOST = 1,       /* something is lost, or has to be accepted */
        DOCTOR_IMPOSSIBLE = 2, /* no sandbox can be started; or the question could not be asked */
};

enum { /* `changes` */
        CHANGES_DONE = 0,
        CHANGES_REFUSED = 1, /* some could not be applied */
        CHANGES_FAILED = 2,
};

/* One line on stderr, "cordon: …". The whole of it is escaped, so any name can be a part. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line that belongs to the one before it. */
void say_below(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One line on stdout, likewise escaped. For commands whose answer it is, never for `run`. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether what goes there may have colour. */
bool colour_on(int fd);

/* Finds `name` as a shell would: on the host, or, with a policy, in what it shows. 0 and the absolute path, or -errno. */
int program_look(const char *name, const cordon_policy *policy, char out[PATH_MAX]);
/* Says that it was not found, and why; the exit status for that. */
int program_missing(const char *name, int error);

/* Loads policies and prints what there is to say about them on stderr. 0, or a negative errno that has been
 * explained. */
int policy_open(cordon_policy **out, const char *const *files, const struct settings *settings, const char *program);
/* The same for the program `name`, which is found on the host, or where these policies show it. 0, with its path in `program`; an
 * exit status of `run` where there is none; or a negative errno where it is the policies. All of it has been said. */
int policy_open_for(cordon_policy **out, const char *const *files, const struct settings *settings, const char *name,
                    char program[PATH_MAX]);
/* The same with options of one's own; their `diag` is not used. */
int policy_open_as(cordon_policy **out, const cordon_policy_options *options);
/* For cordon_policy_expect(). */
void diag_print(void *ctx, const cordon_diag *diag);

struct asks; /* ask.h */

/* Serves the child until it is gone, and passes signals on. 0, or a negative errno. */
struct watch {
        void (*step)(void *ctx, const cordon_child *child); /* after each thing that happened */
        void *step_ctx;
        void (*reload)(void *ctx); /* on a SIGHUP of kill(2); NULL: the program gets that, too */
        void *reload_ctx;
        struct asks *asks; /* NULL: nobody is asked */
};
int child_watch(cordon_broker *broker, cordon_child *child, cordon_exit *out, const struct watch *watch);
/* Serves it until it is held and `fd` has something to read, of which a byte is taken, or has ended; then releases it. A signal
 * ends cordon meanwhile. 0, also where the child is gone; or a negative errno. */
int child_hold(cordon_broker *broker, cordon_child *child, int fd, void (*held)(void *ctx, const cordon_child *child), void *ctx);
/* For the very end: where the terminal's SIGINT has ended the program, it ends cordon as well. Shells go on with a script whose
 * command was interrupted and exits all the same. */
void die_as_interrupted(void);

/* The names of all --accept options, one by one. False: no memory. Free in every case. */
struct accepted {
        const char **names; /* NULL-terminated */
        char *text;
};
bool accept_parse(struct accepted *out, const char *const *lists);
void accept_free(struct accepted *accepted);
/* Which of them are in force. */
void accept_tell(const cordon_child *child);

/* What the person at the terminal should know at the end of a run. */
void report_denials(const cordon_child *child, const cordon_policy *policy, const struct settings *settings,
                    const struct asks *asks);
/* Where `program` was not executed: what of it, its interpreter or its loader the policy does not let be executed. */
void refused_program(const cordon_policy *policy, const char *program);
/* The same for what the program was to start, as far as its exit status tells. */
void refused_inside(const struct settings *settings, int status);
void report_stats(const cordon_child *child, const cordon_exit *end);

int run_main(const struct settings *settings);
int check_main(const struct settings *settings);
int diff_main(const struct settings *settings);
int explain_main(const struct settings *settings);
int why_main(const struct settings *settings);
int fmt_main(const struct settings *settings);
int show_main(const struct settings *settings);
int syscalls_main(const struct settings *settings);
int changes_main(const struct settings *settings);
int doctor_main(const struct settings *settings);

#endif
