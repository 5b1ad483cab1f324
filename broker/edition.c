#include "broker/edition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* It comes after lines that keep out of it what is in every policy. */
const char *grant_text(const struct policy *grant)
{
        size_t count;
        const struct rule *rules = policy_rules(grant, &count);

        for (size_t i = 0; i < count; i++)
                if (!rules[i].implied)
                        return rules[i].text;
        return "";
}

static bool is_revoked(const struct edition_change *c, const struct grant *g)
{
        return c->step == EDITION_REVOKE && (!c->revoked || strcmp(grant_text(c->revoked), grant_text(g->policy)) == 0);
}

struct edition *edition_new(const struct edition *before, const struct edition_change *change)
{
        struct edition *e = calloc(1, sizeof(*e));
        unsigned revoked = 0;
        int error = 0;
        if (!e)
                return NULL;
        atomic_init(&e->references, 1);
        e->number = before ? before->number + 1 : 1;
        e->policy = policy_ref(change->step == EDITION_REPLACE ? change->policy : before->policy);
        for (unsigned i = 0; before && i < before->count; i++) {
                const struct grant *g = &before->grants[i];
                bool goes = is_revoked(change, g);
                revoked += goes && !is_over(g);
                if (!goes && !is_over(g))
                        add(e, g);
        }
        if (change->step == EDITION_REVOKE && revoked == 0)
                error = ENOENT;
        else if (change->step == EDITION_GRANT && e->count == GRANTS_MOST)
                error = ENOSPC;
        else if (change->step == EDITION_GRANT)
                add(e, change->grant);
        if (!error)
                return e;
        edition_unref(e);
        errno = error;
        return NULL;
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
