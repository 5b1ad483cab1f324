/* One request type, whichever transport it came by. A request is a copy: nothing in it can change under our hands. */
#ifndef BROKER_REQUEST_H
#define BROKER_REQUEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct edition;

enum transport { TRANSPORT_NOTIFY, TRANSPORT_CHANNEL };

/* All but an open answer with an errno or a number. */
enum operation {
        OPERATION_OPEN,
        OPERATION_MKDIR,   /* number[0]: mode */
        OPERATION_MKNOD,   /* number[0]: mode */
        OPERATION_SYMLINK, /* other: its text */
        OPERATION_LINK,    /* other: the new name */
        OPERATION_RENAME,  /* the same */
        OPERATION_REMOVE,
        OPERATION_TRUNCATE,      /* number[0]: length */
        OPERATION_MODE,          /* number[0]: mode */
        OPERATION_OWNER,         /* number: user, group */
        OPERATION_TIMES,         /* times */
        OPERATION_SET_ATTRIBUTE, /* other: its name; number: address and size of the value, flags of setxattr(2) */
        OPERATION_REMOVE_ATTRIBUTE,
        OPERATION_STAT,          /* number[0]: where to */
        OPERATION_STATX,         /* number: mask, where to */
        OPERATION_STATFS,        /* number[0]: where to */
        OPERATION_ACCESS,        /* number[0]: mode */
        OPERATION_READLINK,      /* number: where to, room */
        OPERATION_GET_ATTRIBUTE, /* other: its name; number: where to, room */
        OPERATION_LIST_ATTRIBUTES, /* number: where to, room */
        OPERATION_WATCH,         /* number: inotify descriptor of the caller, mask */
        OPERATION_CONNECT,       /* number[0]: the caller's descriptor; the address, and where it is a path of the view, `path` */
        OPERATION_BIND,          /* the same */
        OPERATION_SEND,          /* the same; number: descriptor, address and length of the data */
        OPERATION_SEND_MESSAGE,  /* number: descriptor, address of a struct msghdr */
        OPERATION_SEND_MESSAGES, /* number: descriptor, address of struct mmsghdr, how many */
        OPERATIONS
};

struct request {
        enum transport transport;
        enum operation operation;
        struct edition *edition; /* what it is served under; held by whoever serves it */
        uint64_t received; /* when; CLOCK_MONOTONIC, nanoseconds */
        uint64_t id;    /* the notification's cookie, or the client's number */
        pid_t tid;      /* the caller's thread (channel: process), as we number it */
        int process;    /* channel: a pidfd of it, the server's */
        int line;       /* channel: where the answer goes; the server's, or of what waits its own */
        int dirfd;      /* the caller's number, or AT_FDCWD */
        uint64_t flags; /* open: of open(2), already as open_how understands them; else AT_ and RENAME_ flags */
        uint64_t mode;
        uint64_t resolve; /* RESOLVE_*, from openat2 */
        size_t length;    /* of path */
        char path[PATH_MAX];

        /* From here on for what is no open; not set otherwise. */
        bool by_descriptor; /* `dirfd` itself is meant, there is no path */
        uint64_t number[3];
        struct timespec times[2];
        int other_dirfd;
        char other[PATH_MAX];
        int address_error; /* of what follows: the kernel looks at the descriptor first */
        unsigned address_length;
        unsigned char address[128]; /* as copied, of any family */
};

/* What becomes of it. `fd` is owned by the answer until it is delivered; with `deferred`, somebody else delivers. */
struct answer {
        int fd;
        int error; /* a positive errno, or 0 */
        bool done; /* it has worked, and there is no descriptor to hand over, but `value` to return */
        int value;
        unsigned char *data; /* where an answer that has data has to carry them, room for them; else NULL */
        size_t room, length;
        bool deferred;
};

#endif
