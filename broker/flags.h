/* What the flags of an open mean: what they need of a policy, and which the kernel would take. (What transports ask about them is
 * in server.h.) */
#ifndef BROKER_FLAGS_H
#define BROKER_FLAGS_H

#include "broker/request.h"

/* ACCESS_*, on what exists. */
unsigned flags_want(uint64_t flags);
/* With `mode` and `resolve`, as openat2(2) judges them. */
bool flags_well_formed(const struct request *r);

#endif
