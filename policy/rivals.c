#include "policy/rivals.h"

#include <errno.h>
#include <stdlib.h>

#include "base/within.h"
#include "policy/compiled.h"
#include "policy/tail.h"

static unsigned components(const char *path)
{
        unsigned count = 0;
        size_t length;
        for (const char *at = path; (at = tail_component(at, &length)); at += length)
                count++;
        return count;
}

/* How many components of the path the pattern can take up at most; -1: it does not match. */
static int reach(const struct rule *rule, const char *path)
{
        struct tail tail;
        size_t length;
        int depth, deepest = -1;

        if (!path_within(path, rule->prefix))
                return -1;
        depth = (int)components(rule->prefix);
        if (rule->literal)
                return depth;
        if (!tail_of(&tail, rule))
                return -1;
        uint64_t states = tail_begin(&tail);
        const char *at = path + (rule->prefix[1] ? strlen(rule->prefix) : 0);
        for (; (at = tail_component(at, &length)); at += length) {
                states = tail_step(&tail, states, at, length);
                depth++;
                if (tail_done(&tail, states))
                        deepest = depth;
        }
        return deepest;
}

/* Positive where `a` wins over `b`. */
static int compare(const struct rival *a, const struct rival *b)
{
        bool never_a = a->rule->class == CLASS_NEVER, never_b = b->rule->class == CLASS_NEVER;
        if (never_a != never_b)
                return never_a ? 1 : -1;
        if (a->depth != b->depth)
                return a->depth > b->depth ? 1 : -1;
        if (a->rule->exact != b->rule->exact)
                return a->rule->exact ? 1 : -1;
        return rule_compare(a->rule, b->rule);
}

static int best_first(const void *a, const void *b)
{
        return compare(b, a);
}

/* The first of the comparisons that decided. */
static enum loss loss_of(const struct rival *winner, const struct rival *loser)
{
        const struct rule *w = winner->rule, *l = loser->rule;
        if ((w->class == CLASS_NEVER) != (l->class == CLASS_NEVER))
                return LOSS_NEVER;
        if (winner->depth != loser->depth)
                return LOSS_DEPTH;
        if (w->exact != l->exact)
                return LOSS_WILDCARD;
        if (w->use_depth != l->use_depth)
                return LOSS_FILE;
        if (w->first != l->first)
                return LOSS_FIRST;
        if (w->implied != l->implied)
                return LOSS_IMPLIED;
        return w->class != l->class || w->access != l->access || w->overlay != l->overlay ? LOSS_STRICTER : LOSS_SAME;
}

int policy_rivals(const struct policy *p, const char *path, struct rival **out, size_t *count)
{
        struct rival *all = calloc(p->rule_count + 1, sizeof(*all));
        *out = all;
        *count = 0;
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < p->rule_count; i++) {
                int depth = reach(&p->rules[i], path);
                if (depth >= 0)
                        all[(*count)++] = (struct rival){.rule = &p->rules[i], .depth = (unsigned)depth};
        }
        if (*count > 0)
                qsort(all, *count, sizeof(*all), best_first);
        for (size_t i = 1; i < *count; i++)
                all[i].loss = loss_of(&all[0], &all[i]);
        return 0;
}
