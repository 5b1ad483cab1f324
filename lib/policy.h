/* cordon_policy from inside the library. */
#ifndef LIB_POLICY_H
#define LIB_POLICY_H

#include "cordon.h"
#include "policy/policy.h"

const struct policy *policy_of(const cordon_policy *p);

#endif
