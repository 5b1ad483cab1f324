/* cordon_policy_lint: the real host, and the PATH of the environment. */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "cordon.h"
#include "lib/host.h"
#include "lib/policy.h"
#include "policy/lint.h"

int cordon_policy_lint(const cordon_policy *policy, cordon_diag_fn *diag, void *diag_ctx, cordon_error *err)
{
        struct host_memory memory;
        struct policy_host host = host_real(&memory);
        struct lint_request request = {.host = &host, .path = getenv("PATH"), .diag = diag, .diag_ctx = diag_ctx};
        int r = policy_lint(policy_of(policy), &request);

        return r < 0 ? error_set(err, -r, "cannot look at the policy: %s", error_text(-r)) : r;
}
