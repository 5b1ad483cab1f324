/* The wire of the channel, for both of its ends. The channel itself carries one question only, for a line; each answer to it is a
 * line, a socket of the broker's making, and it does not matter which of those that ask gets which. A line carries requests, one
 * after the other: the next may be sent once the answer to the last has been taken. So threads, processes and signal handlers
 * can all use one channel without knowing of each other. The broker takes idle lines back where it has too many: what was sent on
 * one that ends without an answer has not been done, and is asked again on another.
 *
 * A datagram is a request or an answer; integers are little-endian. No descriptor ever travels from the program to the broker.
 *
 *   request   u32 version, u32 operation, u64 id, u32 dirfd, u32 other dirfd, u64 flags, u64 number, u64 resolve,
 *             u32 length, path, u32 length, other path; both without their NUL
 *   answer    u64 id, u32 errno, u32 length, data; with one descriptor, or none
 *
 * dirfd is a number of the sender's, or AT_FDCWD; who the sender is, the kernel says (SCM_PIDFD, SCM_CREDENTIALS). What the other
 * fields are for depends on the operation; where one is for nothing, it is 0 or empty. */
#ifndef BROKER_CHANNEL_H
#define BROKER_CHANNEL_H

#include <limits.h>
#include <stdint.h>

enum { CHANNEL_VERSION = 2 };

enum channel_operation {
        CHANNEL_LINE = 1, /* on the channel, and nothing else there: the answer has a line */
        CHANNEL_OPEN,     /* flags, number: mode; as open(2) takes them. The answer has the descriptor */
        CHANNEL_OPEN2,    /* the same, and resolve, as openat2(2) takes them */
        CHANNEL_STAT,     /* flags: AT_. The answer's data are what newfstatat(2) writes on this architecture */
        CHANNEL_STATX,    /* flags: AT_, number: mask. The same of statx(2) */
        CHANNEL_ACCESS,   /* flags: AT_, number: mode */
        CHANNEL_READLINK, /* number: how much is wanted. Data: the text */
        CHANNEL_MKDIR,    /* number: mode */
        CHANNEL_REMOVE,   /* flags: 0 or AT_REMOVEDIR */
        CHANNEL_RENAME,   /* flags: of renameat2(2); with the other path */
        CHANNEL_OPERATIONS
};

/* The flags that an operation other than an open takes. With others it is -EINVAL before anything else is looked at. */
uint32_t channel_known_flags(enum channel_operation operation);

enum {
        CHANNEL_HEAD = 4 + 4 + 8 + 4 + 4 + 8 + 8 + 8,
        CHANNEL_REQUEST_MOST = CHANNEL_HEAD + 4 + PATH_MAX + 4 + PATH_MAX,
        CHANNEL_ANSWER_HEAD = 8 + 4 + 4,
        CHANNEL_DATA_MOST = PATH_MAX,
};

#endif
