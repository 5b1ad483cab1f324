/* Opens that cannot be finished yet: a FIFO whose other end nobody has opened, a file under a lease. No thread is ever blocked
 * in open(2): the kernel tells by inotify that somebody opened the FIFO, and a slow tick is the safety net. */
#ifndef BROKER_WAITER_H
#define BROKER_WAITER_H

#include "broker/request.h"

struct server;
struct waiter;

enum { WAITER_MOST = 64 };

struct waiter *waiter_new(struct server *s); /* NULL: out of memory or threads; the thread itself starts when needed */
struct waiter *waiter_free(struct waiter *w); /* stops the thread; drops what still waits */

enum wait_kind {
        WAIT_FIFO_WRITER, /* `fd` is a non-blocking read end: done as soon as there is, or was, a writer */
        WAIT_FIFO_READER, /* `fd` pins the FIFO: done as soon as a non-blocking open for writing succeeds */
        WAIT_LEASE,       /* `fd` pins the file: done as soon as a non-blocking open succeeds */
};

/* Takes `fd`, on failure too. `flags`: what the caller asked for, without O_NONBLOCK. -EAGAIN: too many wait already. */
int waiter_add(struct waiter *w, const struct request *r, enum wait_kind kind, int fd, int flags);

#endif
