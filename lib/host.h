/* The host as a policy sees it: policy_host over the real file system. */
#ifndef LIB_HOST_H
#define LIB_HOST_H

#include <limits.h>

#include "policy/policy.h"

/* Directories that were found to be such, and all above them, while a policy or a plan is made. They are to last no longer than
 * that: who made one's name a link meanwhile is found out when the tree is opened, which follows none. */
#define HOST_DIRECTORIES 4

struct host_memory {
        unsigned next; /* the oldest */
        char directories[HOST_DIRECTORIES][PATH_MAX];
};

/* `memory` lives as long as what is returned, and belongs to one thread at a time. NULL: every path is walked from "/" on. */
struct policy_host host_real(struct host_memory *memory);

#endif
