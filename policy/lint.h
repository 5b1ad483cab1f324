/* What a policy probably does not mean; see cordon_policy_lint(). */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include "policy/policy.h"

struct lint_request {
        const struct policy_host *host;
        const char *path; /* where programs are looked for, separated by colons; or NULL */
        cordon_diag_fn *diag;
        void *diag_ctx;
};

/* How many warnings there were, or -ENOMEM. */
int policy_lint(const struct policy *p, const struct lint_request *request);

#endif
