/* cordon_policy_diff: a comparison reads nothing but the two policies. */
#include <errno.h>

#include "base/error.h"
#include "cordon.h"
#include "lib/policy.h"
#include "policy/diff.h"

int cordon_policy_diff(const cordon_policy *a, const cordon_policy *b, cordon_difference_fn *fn, void *ctx, cordon_error *err)
{
        int r = policy_diff(policy_of(a), policy_of(b), fn, ctx);

        if (r == -E2BIG)
                return error_set(err, E2BIG, "these policies have too many patterns that can match one path: they cannot be "
                                             "compared exactly");
        if (r < 0)
                return error_set(err, -r, "cannot compare the policies: %s", error_text(-r));
        return r;
}
