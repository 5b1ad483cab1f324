/* Opens about which a person decides: from the question to the descriptor. */
#ifndef BROKER_ASKED_H
#define BROKER_ASKED_H

#include <fcntl.h>

#include "broker/server.h"

struct question;

struct asked {
        const char *path; /* canonical */
        size_t length;
        unsigned want;
        int flags;   /* of the open: without O_CREAT */
        bool file;   /* it is one; set by asked_open() */
        bool make;   /* a new file is to be made there */
        mode_t mode; /* of that */
};

/* -EAGAIN of asked_answered() means a lease that the caller waits for, as an open does. */
static inline bool asked_may_wait(const struct asked *what)
{
        return !what->make && !(what->flags & O_NONBLOCK);
}

/* `v` says that a person decides, under the request's edition. `pin` is an O_PATH of the object, or of the directory that a file
 * is to be made in; taken. A descriptor, or -errno; with out->deferred the waiter answers. */
int asked_open(struct server *s, const struct request *r, struct asked *what, const struct verdict *v, int pin,
               struct answer *out);

/* The same once there is an answer, an enum cordon_ask_end. `pin` is borrowed. The request's edition may be a later one. What is
 * opened without waiting comes out; -EAGAIN: there is a lease on it. */
int asked_answered(struct server *s, const struct request *r, const struct asked *what, int end, int pin);

#endif
