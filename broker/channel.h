/* The wire of the channel, for both of its ends. A datagram is a request or a reply; integers are little-endian.
 *
 *   request   u32 version, u32 operation, u64 id, u64 flags, u64 mode, u32 length, path without its NUL
 *   reply     u64 id, u32 errno; with one descriptor where errno is 0
 *
 * Relative paths start at the sender's working directory; who the sender is, the kernel says (SCM_CREDENTIALS). */
#ifndef BROKER_CHANNEL_H
#define BROKER_CHANNEL_H

#include <limits.h>

enum { CHANNEL_VERSION = 1, CHANNEL_OPEN = 1 };
enum { CHANNEL_REQUEST_MOST = 4 + 4 + 8 + 8 + 8 + 4 + PATH_MAX, CHANNEL_REPLY_SIZE = 12 };

#endif
