/* From registers to requests, for all that is brokered but opens. */
#ifndef BROKER_CALLS_H
#define BROKER_CALLS_H

#include <linux/types.h>

#include "broker/request.h"

/* Fills in what the call `number` asks for; r->tid is set. Strings and structures are copied from the caller's memory, once.
 * 0; -ENOSYS for calls that are not known here, -EFAULT, -ENAMETOOLONG, -EINVAL, -ESRCH. */
int calls_decode(struct request *r, int number, const __u64 *args);

/* Reads an address of the caller's into the request: `address_error`, or `address`, its length, and `path` where it is one (which
 * need not be terminated). */
void calls_read_address(struct request *r, uint64_t address, int length);

#endif
