/* A policy's own tests: each claim is put to the evaluator that enforces. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/compiled.h"

static void explain(const struct expectation *e, const struct verdict *v, char *buf, size_t size)
{
        const struct rule *rule = v->rule;
        if (rule && rule->origin.line)
                snprintf(buf, size, "%s:%u says: %s", rule->origin.file, rule->origin.line, rule->text);
        else if (rule)
                snprintf(buf, size, "by default: %s", rule->text);
        else if (v->ancestor)
                snprintf(buf, size, "something below it is granted, so it can be listed, and no more");
        else
                snprintf(buf, size, "no rule covers %s", e->path);
}

/* execve is never brokered: a pattern inside a tree that may be executed does not stop it. */
static bool pattern_alone_stops(const struct policy *p, const struct expectation *e, const struct verdict *v)
{
        struct eval_options literal = {.literal_only = true};
        return e->access == ACCESS_EXEC && !v->allow && v->rule && !v->rule->literal &&
               policy_eval_with(p, e->path, strlen(e->path), e->access, &literal).allow;
}

static void complain(const struct expectation *e, const char *message, const char *hint, cordon_diag_fn *diag, void *ctx)
{
        cordon_diag d = {
                .severity = CORDON_ERROR,
                .file = e->origin.file,
                .line = e->origin.line,
                .column = e->column,
                .width = e->width,
                .message = message,
                .hint = hint,
                .source = e->source,
        };
        if (diag)
                diag(ctx, &d);
}

/* A claim about an endpoint. */
static bool endpoint_holds(const struct policy *p, const struct expectation *e, cordon_diag_fn *diag, void *ctx)
{
        char host[256], message[512], hint[512];
        unsigned port = 0;
        bool split = endpoint_split(e->path, host, &port); /* it was checked when the line was read */
        enum net_op op = strcmp(e->op, "bind") ? NET_CONNECT : NET_BIND;
        struct net_verdict v = split ? policy_net_eval(p, op, host, port) : (struct net_verdict){0};
        if (v.allow == e->allow)
                return true;
        snprintf(message, sizeof(message), "%s to %s is %s", e->op, e->asked, v.allow ? "allowed" : "denied");
        if (v.rule)
                snprintf(hint, sizeof(hint), "%s:%u says: %s", v.rule->origin.file, v.rule->origin.line, v.rule->text);
        else
                snprintf(hint, sizeof(hint), v.allow ? "the network of `net` covers it" : "no rule covers it");
        complain(e, message, hint, diag, ctx);
        return false;
}

static bool holds(const struct policy *p, const struct expectation *e, cordon_diag_fn *diag, void *ctx)
{
        if (!e->access)
                return endpoint_holds(p, e, diag, ctx);
        char message[512], hint[512];
        struct verdict v = policy_eval(p, e->path, strlen(e->path), e->access);
        bool leaks = pattern_alone_stops(p, e, &v);
        if (v.allow == e->allow && !(leaks && !e->allow))
                return true;
        if (leaks)
                snprintf(message, sizeof(message), "%s of %s is not stopped by a pattern, only by a literal path", e->op,
                         e->asked);
        else
                snprintf(message, sizeof(message), "%s of %s is %s", e->op, e->asked,
                         v.allow              ? "allowed"
                         : v.ask             ? "denied unless a person allows it"
                         : v.error == ENOENT ? "denied: it does not exist there"
                                             : "denied");
        explain(e, &v, hint, sizeof(hint));
        complain(e, message, hint, diag, ctx);
        return false;
}

int policy_expect(const struct policy *p, cordon_diag_fn *diag, void *diag_ctx, unsigned *total)
{
        int failed = 0;
        for (size_t i = 0; i < p->expect_count; i++)
                failed += !holds(p, &p->expects[i], diag, diag_ctx);
        if (total)
                *total = (unsigned)p->expect_count;
        return failed;
}
