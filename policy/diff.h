/* What two policies grant, compared; see cordon_policy_diff(). */
#ifndef POLICY_DIFF_H
#define POLICY_DIFF_H

#include "policy/policy.h"

/* How many differences there were; -E2BIG, -ENOMEM. */
int policy_diff(const struct policy *a, const struct policy *b, cordon_difference_fn *fn, void *ctx);
/* The same of all but paths. */
int policy_diff_world(const struct policy *a, const struct policy *b, cordon_difference_fn *fn, void *ctx);

#endif
