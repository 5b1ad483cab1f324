/* One request type, whichever transport it came by. A request is a copy: nothing in it can change under our hands. */
#ifndef BROKER_REQUEST_H
#define BROKER_REQUEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum transport { TRANSPORT_NOTIFY, TRANSPORT_CHANNEL };

struct request {
        enum transport transport;
        uint64_t id;    /* the notification's cookie, or the client's number */
        pid_t tid;      /* the caller's thread (channel: process), as we number it */
        int dirfd;      /* the caller's number, or AT_FDCWD */
        uint64_t flags; /* of open(2), already as open_how understands them */
        uint64_t mode;
        uint64_t resolve; /* RESOLVE_*, from openat2 */
        size_t length;    /* of path */
        char path[PATH_MAX];
};

/* What becomes of it. `fd` is owned by the answer until it is delivered; with `deferred`, somebody else delivers. */
struct answer {
        int fd;
        int error; /* a positive errno, or 0 */
        bool deferred;
};

#endif
