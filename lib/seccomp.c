/* cordon_policy_seccomp: the filter of the plan that a launch would use, made with the real host, as a table. A policy that no
 * sandbox can be started with has none: what is in the way is written instead. */
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
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

static int make_plan(struct plan *plan, const cordon_policy *policy, const char *const *accept, struct findings *findings,
                     cordon_error *err)
{
        struct host_memory memory;
        struct policy_host host = host_real(&memory);
        int r = sandbox_accept(accept, &host.lacks, err);

        if (r < 0)
                return r;
        r = plan_compile(plan, policy_of(policy), &host, show, findings);
        if (r < 0 && findings->count > 0)
                return error_set(err, -r, "no sandbox can be started with this policy: %u %s", findings->count,
                                 findings->count == 1 ? "line stands in the way" : "lines stand in the way");
        if (r < 0)
                return error_set(err, -r, "cannot make a plan of this policy: %s", error_text(-r));
        return 0;
}

/* A filter that was made at build time has no rules to be shown: the same is made once more. */
int cordon_policy_seccomp(const cordon_policy *policy, const char *const *accept, cordon_write_fn *write, void *ctx,
                          cordon_error *err)
{
        struct findings findings = {.write = write, .ctx = ctx};
        cleanup_buf struct buf text = {0};
        struct filter filter = {0};
        struct plan plan;
        int r = make_plan(&plan, policy, accept, &findings, err);

        if (r < 0)
                return r;
        r = filter_compile(&filter, &plan.wish);
        if (r == 0)
                filter_describe(&filter, &text);
        filter_free(&filter);
        plan_free(&plan);
        if (r == 0 && (text.bad || !text.data))
                r = -ENOMEM;
        if (r < 0)
                return error_set(err, -r, "cannot describe the filter: %s", error_text(-r));
        write(ctx, text.data, text.length);
        return 0;
}
