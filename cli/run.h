/* What `cordon run` is made of. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/ask.h"
#include "cli/options.h"
#include "cli/cli.h"
#include "cordon.h"

struct json_object;

/* ---- passing.c: descriptors that were named on the command line ------------------------------------------------- */

struct passing {
        int status, sync, block, audit; /* -1: none */
        cordon_child_fd *fds;
        size_t count;
};
#define PASSING_NONE {.status = -1, .sync = -1, .block = -1, .audit = -1}

/* Before anything else is opened: what is not open now was not handed over. False: it was said what is wrong. */
bool passing_open(struct passing *out, const struct settings *settings);
void passing_free(struct passing *p);

/* ---- status.c: events as JSON lines ------------------------------------------------------------------------------ */

struct status {
        int fd; /* -1: nobody wants to know */
        const char *name;
        bool started;
        char *waiting; /* lines that the reader has had no room for */
        size_t length;
};

/* The sandbox is there, and the program waits for --block-fd. */
void status_ready(struct status *s, const cordon_child *child);
/* After every step of the child: says once that the program runs. */
void status_step(void *status, const cordon_child *child);
/* The last line. `end` is NULL where there was no sandbox; `exit_code` is what cordon exits with. */
void status_end(struct status *s, const cordon_child *child, const cordon_exit *end, int exit_code, const char *error);

/* ---- run.c ---------------------------------------------------------------------------------------------------------- */

struct run {
        const struct settings *settings;
        char program[PATH_MAX];
        const char *name; /* of the program, for messages */
        char *chdir;
        const char **changes; /* to the environment */
        struct passing passing;
        struct status status;
        cordon_policy *policy;
        cordon_broker *broker;
        cordon_child *child;
        int audit;
        char kept[PATH_MAX]; /* where changes in overlays are kept, or "" */
        cordon_exit end;
        struct accepted accepted;
        struct asks *asks;
        bool ended; /* `end` says how */
        char error[512]; /* what was said of what failed; "" where nothing did, or it was said elsewhere */
};

/* ---- rehearse.c: --dry-run ------------------------------------------------------------------------------------------ */

/* Shows what would be started; returns the exit status. */
int run_rehearse(struct run *run, const cordon_child_options *options);

#endif
