/* cordon_policy_explain: what a policy says, then the plan that a launch would use, made with the real host, then what this host
 * can do. A policy that no sandbox can be started with is explained as far as it goes: where the plan would stand, it says
 * what is in the way. */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/listing.h"
#include "cordon.h"
#include "lib/host.h"
#include "lib/policy.h"
#include "policy/describe.h"
#include "sandbox/sandbox.h"

#define SCHEMA 1 /* of the JSON: grows when a key changes its meaning or goes away, not when one is added */

/* ---- what is in the way ----------------------------------------------------------------------------------------- */

struct refusals {
        struct listing *l;
        unsigned count;
};

/* People get it as they know it from `cordon check`. */
static void show_diag(struct listing *l, const cordon_diag *diag)
{
        size_t size = cordon_diag_format(diag, NULL, 0);
        char *text = malloc(size + 1);

        if (text && size > 0) {
                cordon_diag_format(diag, text, size + 1);
                text[size - 1] = '\0'; /* its newline */
                listing_remark(l, text);
        }
        l->bad = l->bad || !text;
        free(text);
}

static void refuse(void *ctx, const cordon_diag *diag)
{
        struct refusals *r = ctx;
        struct listing *l = r->l;

        r->count += diag->severity == CORDON_ERROR;
        listing_row(l);
        listing_text(l, "message", LISTING_HIDDEN, diag->message);
        listing_text(l, "hint", LISTING_HIDDEN, diag->hint);
        listing_place(l, "at", LISTING_HIDDEN, NULL, diag->file, diag->line);
        if (diag->column > 0) {
                listing_number(l, "column", LISTING_HIDDEN, diag->column, NULL);
                listing_number(l, "width", LISTING_HIDDEN, diag->width, NULL);
        }
        listing_text(l, "source", LISTING_HIDDEN, diag->source);
        show_diag(l, diag);
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static void explain_policy(struct listing *l, const struct policy *p)
{
        static void (*const sections[])(struct listing *, const struct policy *) = {
                describe_sources,   describe_variables,   describe_rules,       describe_world,
                describe_endpoints, describe_descriptors, describe_environment, sandbox_describe_limits,
        };

        listing_whole_number(l, "schema", SCHEMA);
        listing_whole_text(l, "cordon", CORDON_VERSION);
        for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
                sections[i](l, p);
}

static void explain_plan(struct listing *l, const struct plan *plan)
{
        static void (*const sections[])(struct listing *, const struct plan *) = {
                sandbox_describe_requirements, sandbox_describe_lacks,    sandbox_describe_view,
                describe_brokered,             sandbox_describe_landlock, describe_syscalls,
                describe_notes,
        };

        for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
                sections[i](l, plan);
}

static int result_of(int planned, int listed, unsigned refused, cordon_error *err)
{
        if (listed < 0)
                return error_set(err, -listed, "cannot explain this policy: %s", error_text(-listed));
        if (planned < 0 && refused > 0)
                return error_set(err, EINVAL, "no sandbox can be started with this policy: %u %s", refused,
                                 refused == 1 ? "line stands in the way" : "lines stand in the way");
        if (planned < 0)
                return error_set(err, -planned, "cannot make a plan of this policy: %s", error_text(-planned));
        return 0;
}

int cordon_policy_explain(const cordon_policy *policy, const char *const *accept, uint64_t flags, cordon_write_fn *write,
                          void *ctx, cordon_error *err)
{
        struct host_memory memory;
        struct policy_host host = host_real(&memory);
        struct listing l;
        struct refusals refusals = {.l = &l};
        struct plan plan;

        if (flags & ~(uint64_t)CORDON_EXPLAIN_JSON)
                return error_set(err, ENOTSUP, "cordon_policy_explain: unknown flags");
        int accepted = sandbox_accept(accept, &host.lacks, err);
        if (accepted < 0)
                return accepted;
        listing_begin(&l, (flags & CORDON_EXPLAIN_JSON) != 0, write, ctx);
        explain_policy(&l, policy_of(policy));
        listing_section(&l, "refusals", "Refused: no sandbox can be started with this policy", NULL);
        int planned = plan_compile(&plan, policy_of(policy), &host, refuse, &refusals);
        listing_whole_flag(&l, "startable", planned == 0);
        if (planned == 0) {
                explain_plan(&l, &plan);
                plan_free(&plan);
        } else {
                describe_requirements(&l, policy_of(policy)); /* whether they are met is a question of the plan's trees, too */
        }
        sandbox_describe_host(&l);
        int listed = listing_end(&l);
        return result_of(planned, listed, refusals.count, err);
}
