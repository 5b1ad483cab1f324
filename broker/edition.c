#include "broker/edition.h"

#include <errno.h>
#include <stdlib.h>

#include "broker/server.h"

static bool is_over(const struct grant *g)
{
        return g->until && server_now() >= g->until;
}

static void add(struct edition *e, const struct grant *g)
{
        e->grants[e->count] = *g;
        policy_ref(g->policy);
        e->count++;
}

struct edition *edition_new(const struct edition *before, struct policy *policy, const struct grant *grant)
{
        struct edition *e = calloc(1, sizeof(*e));
        if (!e)
                return NULL;
        atomic_init(&e->references, 1);
        e->number = before ? before->number + 1 : 1;
        e->policy = policy_ref(policy);
        for (unsigned i = 0; before && i < before->count; i++) {
                if (!is_over(&before->grants[i]))
                        add(e, &before->grants[i]);
        }
        if (grant && grant->policy && e->count == GRANTS_MOST) {
                edition_unref(e);
                errno = ENOSPC;
                return NULL;
        }
        if (grant && grant->policy)
                add(e, grant);
        return e;
}

struct edition *edition_ref(struct edition *e)
{
        atomic_fetch_add_explicit(&e->references, 1, memory_order_relaxed);
        return e;
}

void edition_unref(struct edition *e)
{
        if (!e || atomic_fetch_sub_explicit(&e->references, 1, memory_order_acq_rel) != 1)
                return;
        for (unsigned i = 0; i < e->count; i++)
                policy_unref(e->grants[i].policy);
        policy_unref(e->policy);
        free(e);
}

struct verdict edition_eval(const struct edition *e, const char *path, size_t length, unsigned want)
{
        struct verdict v = policy_eval(e->policy, path, length, want);

        if (v.allow || (v.rule && v.rule->class == CLASS_NEVER))
                return v;
        for (unsigned i = e->count; i-- > 0;) {
                struct verdict more = policy_eval(e->grants[i].policy, path, length, want);
                if (more.allow && more.rule && !more.rule->implied && !is_over(&e->grants[i]))
                        return more;
        }
        return v;
}

bool edition_same_below(const struct edition *e, const char *from, const char *to)
{
        for (unsigned i = 0; i < e->count; i++) {
                if (!policy_same_below(e->grants[i].policy, from, to))
                        return false;
        }
        return policy_same_below(e->policy, from, to);
}
