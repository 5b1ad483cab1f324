/* From registers to requests, for all that is brokered but opens. */
#ifndef BROKER_CALLS_H
#define BROKER_CALLS_H

#include <fcntl.h>
#include <linux/fs.h>

#include "broker/request.h"

/* Flags that a call takes, and those that readlinkat has without saying so. */
enum {
        CALLS_OBJECT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
        CALLS_STAT_FLAGS = CALLS_OBJECT_FLAGS | AT_NO_AUTOMOUNT,
        CALLS_STATX_FLAGS = CALLS_STAT_FLAGS | AT_STATX_SYNC_TYPE,
        CALLS_ACCESS_FLAGS = CALLS_OBJECT_FLAGS | AT_EACCESS,
        CALLS_RENAME_FLAGS = RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT,
        CALLS_READLINK_IMPLIED = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
};

/* Fills in what the call `number` asks for; r->tid is set. Strings and structures are copied from the caller's memory, once.
 * 0; -ENOSYS for calls that are not known here, -EFAULT, -ENAMETOOLONG, -EINVAL, -ESRCH. */
int calls_decode(struct request *r, int number, const uint64_t *args);

/* What a path of no length means, with the request's flags: its descriptor, or the working directory. 0 or -ENOENT. */
int calls_empty_path(struct request *r);

/* Reads an address of the caller's into the request: `address_error`, or `address`, its length, and `path` where it is one (which
 * need not be terminated). */
void calls_read_address(struct request *r, uint64_t address, int length);

#endif
