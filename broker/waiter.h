/* What cannot be finished yet: opening a FIFO whose other end nobody has opened, or a file under a lease; connecting to a peer
 * that is slow to answer. No thread is ever blocked in open(2) or connect(2): the kernel tells by inotify that somebody opened
 * the FIFO, and by poll that the peer has answered, and a slow tick is the safety net. */
#ifndef BROKER_WAITER_H
#define BROKER_WAITER_H

#include "broker/request.h"

struct server;
struct waiter;

struct asked;
struct connection;
struct outgoing;
struct question;

/* Opens, connections and messages, and of these messages, that may wait at once. */
enum { WAITER_MOST = 64, WAITER_PEERS_MOST = 256, WAITER_SENDS_MOST = 64 };

struct waiter *waiter_new(struct server *s); /* NULL: out of memory or threads; the thread itself starts when needed */
struct waiter *waiter_free(struct waiter *w); /* stops the thread; drops what still waits */

enum wait_kind {
        WAIT_FIFO_WRITER, /* `fd` is a non-blocking read end: done as soon as there is, or was, a writer */
        WAIT_FIFO_READER, /* `fd` pins the FIFO: done as soon as a non-blocking open for writing succeeds */
        WAIT_LEASE,       /* `fd` pins the file: done as soon as a non-blocking open succeeds */
        WAIT_PEER,        /* a socket is being connected; only by waiter_connect() */
        WAIT_ANSWER, /* `fd` pins what a person was asked about; only by waiter_ask() */
        WAIT_ROOM,        /* a message is to be sent; only by waiter_send() */
};

/* Takes `fd`, on failure too. `flags`: what the caller asked for, without O_NONBLOCK. -EAGAIN: too many wait already. */
int waiter_add(struct waiter *w, const struct request *r, enum wait_kind kind, int fd, int flags);
/* Takes `pin` and one's part in the question, on failure too. -EAGAIN as above. */
int waiter_ask(struct waiter *w, const struct request *r, struct question *q, int pin, const struct asked *what);
/* Takes what the connection holds, on failure too. -EAGAIN as above. */
int waiter_connect(struct waiter *w, const struct request *r, const struct connection *c);
/* The same for a message, which was malloced. */
int waiter_send(struct waiter *w, const struct request *r, struct outgoing *message);

#endif
