/* cordon_policy_why(): the room's answer, in words. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "lib/host.h"
#include "lib/policy.h"
#include "policy/rivals.h"
#include "policy/why.h"

#define OPERATIONS "list, read, create, write, exec, unix, connect and bind"

struct answer {
        cordon_why public;
        cordon_why_rule *rules;
        char (*losses)[64]; /* the words for each rule */
        char change[2 * PATH_MAX];
        char on_host[PATH_MAX];
};

static const char *loss_words(const struct rival *winner, const struct rival *r, char out[64])
{
        static const char *const fixed[] = {
                [LOSS_NEVER] = "a never beats it",
                [LOSS_WILDCARD] = "it ends in a wildcard, not in a name",
                [LOSS_FILE] = "it stands in a file that is used, and so counts less",
                [LOSS_IMPLIED] = "it is implied by a line of another kind",
                [LOSS_STRICTER] = "it reaches as deep, and is less strict",
                [LOSS_SAME] = "it says the same",
                [LOSS_FIRST] = "what is said outside of the files counts more",
        };
        if (r->loss == LOSS_NONE)
                return NULL;
        if (r->loss != LOSS_DEPTH)
                return fixed[r->loss];
        snprintf(out, 64, "it reaches less deep, %u components of the path, not %u", r->depth, winner->depth);
        return out;
}

static int put_rivals(struct answer *a, const struct rival *rivals, size_t count)
{
        a->rules = calloc(count + 1, sizeof(*a->rules));
        a->losses = calloc(count + 1, sizeof(*a->losses));
        if (!a->rules || !a->losses)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                const struct rule *rule = rivals[i].rule;
                a->rules[i] = (cordon_why_rule){
                        .file = rule->origin.file,
                        .line = rule->origin.line,
                        .text = rule->text,
                        .because = rule->because,
                        .lost = loss_words(&rivals[0], &rivals[i], a->losses[i]),
                };
        }
        a->public.rules = a->rules;
        a->public.rule_count = count;
        return 0;
}

static void free_answer(struct answer *a)
{
        free(a->rules);
        free(a->losses);
}

/* ---- paths ------------------------------------------------------------------------------------------------------------ */

/* What is allowed can be denied, and perhaps the other way round. */
static const char *change_line(const struct policy *p, const struct why *why, char *out, size_t size)
{
        const char *path = why->look.path;
        unsigned want = why->access;
        int r = why->allow ? policy_suggest_denial(p, path, out, size) : policy_suggest(p, path, want, out, size);
        return r == 0 ? out : NULL;
}

static const char *place_note(const struct plan *plan, const struct why *why)
{
        if (why->note)
                return why->note;
        if (!plan)
                return "no sandbox can be started with this policy as it is (see cordon explain): this is what its rules say";
        if (why->look.unknown && why->look.mount && why->look.mount->kind == VIEW_PTS)
                return "which terminals there are when the program runs can't be known here";
        if (why->look.unknown)
                return "what is in /proc when the program runs can't be known here";
        if (why->look.mount && why->look.mount->kind == VIEW_TMPFS)
                return "this is in the sandbox's own directory, which is empty when the program starts";
        if (why->allow && why->error == ENOENT)
                return "nothing is there";
        return NULL;
}

static int ask_path(const struct policy *p, const char *op, const char *target, cordon_why_fn *fn, void *ctx)
{
        struct host_memory memory;
        struct policy_host host = host_real(&memory);
        struct rival *rivals = NULL;
        struct why *why = malloc(sizeof(*why)); /* a path or two of PATH_MAX */
        struct answer *a = calloc(1, sizeof(*a));
        struct plan plan;
        size_t count = 0;
        int planned = plan_compile(&plan, p, &host, NULL, NULL);
        int r = !why || !a || planned == -ENOMEM ? -ENOMEM : 0;
        if (r == 0) {
                policy_why(p, planned == 0 ? &plan : NULL, &host, op, target, why);
                r = policy_rivals(p, why->look.path, &rivals, &count);
        }
        if (r == 0)
                r = put_rivals(a, rivals, count);
        if (r == 0) {
                a->public.op = op;
                a->public.target = target;
                a->public.reached = why->look.path;
                a->public.allowed = why->allow;
                a->public.ask = why->verdict.ask;
                a->public.error = why->error;
                a->public.note = place_note(planned == 0 ? &plan : NULL, why);
                const char *source = policy_on_host(p, why->look.path, false, a->on_host);
                a->public.on_host = source == why->look.path ? NULL : source;
                a->public.change = change_line(p, why, a->change, sizeof(a->change));
                fn(ctx, &a->public);
        }
        if (a)
                free_answer(a);
        free(a);
        free(why);
        free(rivals);
        if (planned == 0)
                plan_free(&plan);
        return r;
}

/* ---- endpoints ---------------------------------------------------------------------------------------------------------- */

static int ask_endpoint(const struct policy *p, const char *op, const char *target, cordon_why_fn *fn, void *ctx)
{
        char host[256], change[512];
        unsigned port;
        if (!endpoint_split(target, host, &port))
                return -EINVAL;
        struct net_verdict v = policy_net_eval(p, strcmp(op, "bind") ? NET_CONNECT : NET_BIND, host, port);
        const struct world *w = policy_world(p);
        static const char *const nets[] = {[NET_NONE] = "net none", [NET_LOOPBACK] = "net loopback", [NET_HOST] = "net host"};
        cordon_why_rule rule = {.file = w->net_at.file, .line = w->net_at.line, .text = nets[w->net]};
        if (v.rule)
                rule = (cordon_why_rule){.file = v.rule->origin.file, .line = v.rule->origin.line, .text = v.rule->text};
        snprintf(change, sizeof(change), "%s %s", op, target);
        cordon_why answer = {
                .op = op,
                .target = target,
                .reached = target,
                .allowed = v.allow,
                .error = v.allow ? 0 : EACCES,
                .note = v.allow ? "a name is compared as it is written, and not looked up"
                                : "this version starts no program with connect and bind lines: it has net loopback and net host",
                .change = v.allow ? NULL : change,
                .rules = &rule,
                .rule_count = 1,
        };
        fn(ctx, &answer);
        return 0;
}

int cordon_policy_why(const cordon_policy *policy, const char *op, const char *target, cordon_why_fn *fn, void *ctx,
                      cordon_error *err)
{
        const struct policy *p = policy_of(policy);
        int r;
        if (!strcmp(op, "connect") || !strcmp(op, "bind")) {
                r = ask_endpoint(p, op, target, fn, ctx);
                return r < 0 ? error_set(err, -r, "'%s' is no endpoint: write HOST:PORT, as in example.org:443", target) : 0;
        }
        if (!why_access(op))
                return error_set(err, EINVAL, "'%s' is nothing that can be asked: there are " OPERATIONS, op);
        if (target[0] != '/' || strlen(target) >= PATH_MAX)
                return error_set(err, EINVAL, "'%s' is no absolute path", target);
        r = ask_path(p, op, target, fn, ctx);
        return r < 0 ? error_set(err, -r, "out of memory") : 0;
}
