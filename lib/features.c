/* What the kernel has, what of it a policy needs (the plan knows), and what a child does without. */
#include <errno.h>

#include "base/error.h"
#include "cordon.h"
#include "lib/child.h"
#include "lib/host.h"
#include "lib/policy.h"
#include "sandbox/sandbox.h"

/* The first refusal, with its place. */
static void keep_first(void *ctx, const cordon_diag *d)
{
        if (d->severity == CORDON_ERROR)
                error_set(ctx, EINVAL, "%s:%u: %s", d->file, d->line, d->message);
}

int cordon_host_features(const cordon_policy *policy, cordon_feature_fn *fn, void *ctx, cordon_error *err)
{
        struct host_memory memory;
        struct policy_host host = host_real(&memory);
        cordon_error first = {0};
        struct plan plan;

        if (!policy)
                return sandbox_features(NULL, fn, ctx);
        int r = plan_compile(&plan, policy_of(policy), &host, keep_first, &first);
        if (r < 0)
                return error_set(err, -r, "no sandbox can be started with this policy: %s",
                                 first.code ? first.text : error_text(-r));
        r = sandbox_features(&plan, fn, ctx);
        plan_free(&plan);
        return r;
}

const char *cordon_child_degraded(const cordon_child *c, size_t index)
{
        return sandbox_lack(c->lacks, index);
}
