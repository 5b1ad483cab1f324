/* Who asks, for records: a short memory of the last callers. What never changes about a process is looked up once; that it is
 * still the same process is known by its /proc directory, which is kept open and dies with it. */
#ifndef BROKER_FACES_H
#define BROKER_FACES_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

struct faces;

struct face {
        pid_t inside, outside; /* the process, as the sandbox and as we number it; 0: gone */
        char comm[16];
        char program[PATH_MAX]; /* the path of what it executes, as the view names it; "" where that cannot be learnt */
};

struct faces *faces_new(void); /* NULL: out of memory */
struct faces *faces_free(struct faces *f);

/* `proc` is our /proc, `now` in nanoseconds. Any thread may call it. */
void faces_look(struct faces *f, int proc, pid_t tid, uint64_t now, struct face *out);

#endif
