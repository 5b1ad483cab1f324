/* The host as a policy sees it: policy_host over the real file system. */
#ifndef LIB_HOST_H
#define LIB_HOST_H

#include "policy/policy.h"

/* Needs no memory of its own and no freeing; can be used from several threads at once. */
struct policy_host host_real(void);

#endif
