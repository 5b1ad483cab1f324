/* What the client's calls and its SIGSYS handler share. Async-signal-safe, all of it. */
#ifndef LIB_CLIENT_H
#define LIB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/channel.h"
#include "cordon.h"

/* One request. */
struct client_ask {
        enum channel_operation operation;
        int dirfd, other_dirfd;
        uint64_t flags, number, resolve;
        const char *path, *other; /* of a rename, `other` is the new one */
        void *data;               /* where the answer's data go, as far as there is room */
        size_t room;
        bool whole; /* the data fill the room, or the answer is no answer */
};

/* The descriptor of an open, close-on-exec if its flags say so; the length of the data; or 0. Else -errno, as the call
 * itself, which includes -EFAULT for what cannot be read or written. -EPIPE: the broker is gone. Keeps errno. */
int client_ask(cordon_client *c, const struct client_ask *ask);

/* Copies what may not be there: 0 or -EFAULT. */
int client_copy(void *to, const void *from, size_t size);

#endif
