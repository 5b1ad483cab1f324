/* cordon_policy_explain: the plan that a launch would use, made with the real host, in words; then what this host can
 * do. A policy that this version refuses is not described: what is refused, and where, is the answer then. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cordon.h"
#include "lib/host.h"
#include "lib/policy.h"
#include "policy/plan.h"
#include "sandbox/sandbox.h"

struct findings {
        cordon_write_fn *write;
        void *ctx;
        unsigned count;
};

static void show(void *ctx, const cordon_diag *diag)
{
        struct findings *f = ctx;
        size_t size = cordon_diag_format(diag, NULL, 0) + 1;
        char *text = malloc(size);

        f->count += diag->severity == CORDON_ERROR;
        if (text) {
                cordon_diag_format(diag, text, size);
                f->write(f->ctx, text, size - 1);
        }
        free(text);
}

int cordon_policy_explain(const cordon_policy *policy, cordon_write_fn *write, void *ctx, cordon_error *err)
{
        struct findings findings = {.write = write, .ctx = ctx};
        struct policy_host host = host_real();
        struct plan plan;
        int r = plan_compile(&plan, policy_of(policy), &host, show, &findings);

        if (r < 0 && findings.count > 0)
                return error_set(err, -r, "no sandbox can be started with this policy: %u %s", findings.count,
                                 findings.count == 1 ? "line stands in the way" : "lines stand in the way");
        if (r < 0)
                return error_set(err, -r, "cannot make a plan of this policy: %s", error_text(-r));
        plan_describe(&plan, write, ctx);
        plan_free(&plan);
        write(ctx, "\nThis host\n", strlen("\nThis host\n"));
        sandbox_describe_host(write, ctx);
        return 0;
}
