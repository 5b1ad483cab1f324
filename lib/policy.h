/* cordon_policy from inside the library. */
#ifndef LIB_POLICY_H
#define LIB_POLICY_H

#include "cordon.h"
#include "policy/policy.h"

/* Passes findings on, and keeps the first error for the caller's cordon_error. */
struct listener {
        cordon_diag_fn *diag; /* may be NULL */
        void *ctx;
        cordon_error first;
};
void policy_listen(void *listener, const cordon_diag *diag); /* a cordon_diag_fn */

const struct policy *policy_of(const cordon_policy *p);
struct policy *policy_shared(const cordon_policy *p); /* for whoever takes a reference */

/* The options of an older or newer program, or none, as those of this header. 0 or -EINVAL. */
int policy_options_read(cordon_policy_options *out, const cordon_policy_options *given, cordon_error *err);

#endif
