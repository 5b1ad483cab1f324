/* Counting what a program writes to standard output and error: pipes, and for each a thread that passes on what comes, up to a
 * limit for both. Only where a policy has a `limit output`; else the program has the caller's descriptors themselves. */
#ifndef LIB_OUTPUT_H
#define LIB_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cordon.h"

struct output;

/* `stdio` is the caller's; `theirs` gets what the program is to have, borrowed until output_given(). 0 or -errno with `err`
 * set. */
int output_start(struct output **out, const int stdio[3], uint64_t limit, int theirs[3], cordon_error *err);
/* The program has its own copies, and these ids. */
void output_given(struct output *o, uid_t uid, gid_t gid);

/* Readable when there is news: more than the limit was written, or all has been passed on. output_news() takes it. */
int output_fd(const struct output *o);
void output_news(struct output *o);
bool output_over(const struct output *o);
bool output_done(const struct output *o);   /* nothing comes any more, and all was passed on */
uint64_t output_bytes(const struct output *o); /* that were passed on */

/* What has not been passed on is lost. Takes NULL; returns NULL. */
struct output *output_free(struct output *o);

#endif
