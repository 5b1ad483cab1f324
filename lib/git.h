/* Where git keeps its files, for policy_host. */
#ifndef LIB_GIT_H
#define LIB_GIT_H

#include "policy/policy.h"

/* See policy_host.git: 0, or -EPERM where what is there is not followed, and why. `repo` is canonical. */
int git_directories(void *ctx, const char *repo, struct policy_git *out);

#endif
