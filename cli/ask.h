/* Asking the person at the terminal about what `ask` rules leave to them. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "cli/options.h"
#include "cordon.h"

/* ---- prompt.c: the terminal ----------------------------------------------------------------------------------------- */

enum { PROMPT_LINE_MOST = 64 };

struct prompt {
        int tty; /* of our own; -1: not open */
        bool changed;
        struct termios before, ours;
        char line[PROMPT_LINE_MOST];
        size_t length;
        bool too_long;
};

/* Gets the terminal ready for a question: what was typed before is thrown away, and typing is shown. NULL, or why nobody can be
 * asked. */
const char *prompt_begin(struct prompt *p);
/* Whether we may still read from it. */
bool prompt_is_ours(const struct prompt *p);
void prompt_write(struct prompt *p, const char *text);
/* A line that was typed, without its end; "" with `*more`: not yet. NULL: end of file, or it is gone. */
const char *prompt_read(struct prompt *p, bool *more);
/* Leaves it as it was. */
void prompt_end(struct prompt *p);

/* ---- save.c --------------------------------------------------------------------------------------------------------- */

/* Appends a rule to a policy file, which is made where it does not exist; all of it or nothing. A line that is there already is
 * not added again. 0 or a negative errno. */
int rule_save(const char *file, const char *rule);

/* ---- ask.c ---------------------------------------------------------------------------------------------------------- */

struct asks;

/* False: the options make no sense, and that was said. `*out` is NULL where nobody is to be asked. */
bool asks_new(struct asks **out, const struct settings *settings);
void asks_free(struct asks *a); /* takes NULL */
/* The options by which the child brings its questions. */
void asks_options(struct asks *a, cordon_child_options *options);

/* What to poll; its descriptor is negative while no question is shown. */
struct pollfd asks_poll(const struct asks *a);
void asks_input(struct asks *a, cordon_child *child);
/* Before cordon stops, as a job of a shell, and when it goes on. */
void asks_pause(struct asks *a);
void asks_resume(struct asks *a, cordon_child *child);

/* Why nobody could be asked, the last time that it was so. */
const char *asks_nobody(const struct asks *a);

#endif
