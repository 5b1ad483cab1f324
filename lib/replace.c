/* Changes while a child runs. The kernel holds it by what was there when it began; so a policy can only take the place of
 * another where all of that stays as it is, and the broker's verdicts alone differ. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "lib/child.h"
#include "lib/host.h"
#include "lib/policy.h"
#include "lib/plan_same.h"

static void keep_first(void *ctx, const cordon_diag *d)
{
        if (d->severity == CORDON_ERROR)
                error_set(ctx, EINVAL, "%s:%u: %s", d->file, d->line, d->message);
}

static int plan_for(struct plan *plan, cordon_policy *policy, unsigned lacks, cordon_error *err)
{
        struct host_memory memory;
        struct policy_host host = host_real(&memory);
        cordon_error first = {0};

        host.lacks = lacks;
        int r = plan_compile(plan, policy_of(policy), &host, keep_first, &first);
        return r < 0 ? error_set(err, -r, "%s", first.code ? first.text : error_text(-r)) : 0;
}

static int compare(const struct plan *now, const struct plan *then, cordon_error *err)
{
        struct plan_obstacle o = {0};
        int r = plan_same(now, then, &o);

        if (r < 0)
                return error_set(err, -r, "%s", error_text(-r));
        if (r == 0)
                return 0;
        if (o.at.file && o.at.line)
                return error_set(err, EINVAL, "%s:%u: this would change %s; that is settled when a sandbox begins", o.at.file,
                                 o.at.line, o.what);
        return error_set(err, EINVAL, "this would change %s; that is settled when a sandbox begins", o.what);
}

static int can_change(const cordon_child *c, cordon_error *err)
{
        if (!c->server || c->state >= CHILD_EXITING)
                return error_set(err, ESRCH, "the sandbox has ended");
        return 0;
}

int cordon_policy_replace(cordon_child *c, cordon_policy *policy, cordon_error *err)
{
        struct plan now, then;
        int r = can_change(c, err);

        if (r == 0)
                r = plan_for(&now, c->policy, c->lacks, err);
        if (r < 0)
                return r;
        r = plan_for(&then, policy, c->lacks, err);
        if (r == 0) {
                r = compare(&now, &then, err);
                plan_free(&then);
        }
        plan_free(&now);
        if (r == 0)
                r = server_replace(c->server, policy_shared(policy));
        return r < 0 ? error_set(err, -r, "%s", error_text(-r)) : 0;
}

/* Only rules about paths, and what they grant; `never` and its like have nothing to do in what is to be allowed. */
static int check_grant(const struct policy *p, cordon_error *err)
{
        size_t count;
        const struct rule *rules = policy_rules(p, &count);
        unsigned granting = 0;

        for (size_t i = 0; i < count; i++) {
                if (rules[i].implied)
                        continue;
                if (rules[i].class != CLASS_GRANT || rules[i].content || rules[i].source || rules[i].overlay || rules[i].scratch)
                        return error_set(err, EINVAL, "a grant is a rule that grants something at a path, as `read PATH`");
                granting++;
        }
        return granting ? 0 : error_set(err, EINVAL, "there is nothing in this grant");
}

/* What one line says, as a policy with nothing else in it. */
static int load_grant(cordon_policy **out, const char *rule, cordon_error *err)
{
        char text[8192];

        if (strchr(rule, '\n') || strlen(rule) > sizeof(text) - 64)
                return error_set(err, EINVAL, "a grant is one line");
        int length = snprintf(text, sizeof(text), "cordon 1\ntmp none\nproc none\ndev none\n%s\n", rule);
        const cordon_policy_text one = {.name = "(grant)", .text = text, .length = (size_t)length};
        static const char *const no_files[] = {NULL};
        const cordon_policy_options options = {.size = sizeof(options), .files = no_files, .texts = &one, .text_count = 1};
        int r = cordon_policy_load(out, &options, err);
        return r < 0 ? r : check_grant(policy_of(*out), err);
}

int cordon_grant(cordon_child *c, const char *rule, uint64_t seconds, cordon_error *err)
{
        cordon_policy *policy = NULL;
        int r = can_change(c, err);

        if (r < 0)
                return r;
        if (c->lacks & LACK_USERNS)
                return error_set(err, ENOTSUP, "without namespaces nothing can be granted later: there is no view to bound it");
        r = load_grant(&policy, rule, err);
        if (r == 0) {
                r = server_grant(c->server, policy_shared(policy), seconds ? child_now() + seconds * 1000000000u : 0);
                if (r < 0)
                        error_set(err, -r, "%s", r == -ENOSPC ? "there are as many grants as there can be" : error_text(-r));
        }
        cordon_policy_unref(policy);
        return r;
}

int cordon_revoke(cordon_child *c, const char *rule, cordon_error *err)
{
        cordon_policy *policy = NULL;
        int r = can_change(c, err);

        if (r == 0 && rule)
                r = load_grant(&policy, rule, err); /* so that it is spelt as grants are */
        if (r == 0) {
                r = server_revoke(c->server, policy ? policy_shared(policy) : NULL);
                if (r < 0)
                        error_set(err, -r, "%s", r == -ENOENT ? "there is no such grant" : error_text(-r));
        }
        cordon_policy_unref(policy);
        return r;
}
