/* The host as a policy sees it: policy_host over the real file system. */
#ifndef LIB_HOST_H
#define LIB_HOST_H

#include <limits.h>

#include "policy/policy.h"

/* A directory that was found to be one, and all above it, while a policy or a plan is made. It is to last no longer than that:
 * who made its name a link meanwhile is found out when the tree is opened, which follows none. */
struct host_memory {
        char directory[PATH_MAX];
};

/* `memory` lives as long as what is returned, and belongs to one thread at a time. NULL: every path is walked from "/" on. */
struct policy_host host_real(struct host_memory *memory);

#endif
