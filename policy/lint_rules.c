/* Rules that never count, and rules that change nothing. Both are claims about all paths, so all of them are followed:
 * a rule that counts for none of them is shadowed; one without which the same would be granted, wherever it counts, is
 * redundant. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/explore.h"
#include "policy/lint_build.h"

/* What is learned of one rule on the way. */
struct seen {
        bool counts, needed;
        const struct rule *beaten_by; /* where it matched and another counted */
        const struct rule *same;      /* what would grant as much without it */
};

struct shadows {
        struct lint *l;
        struct seen *seen;                  /* of each rule */
        const struct explored *step;
        const struct rule *others;          /* the best that was reached in this step, but for the one that counts */
        bool others_exact;
};

static struct seen *seen_of(struct shadows *s, const struct rule *rule)
{
        return &s->seen[rule - s->l->p->rules];
}

/* A rule of this node was reached, and does not count here. */
static void node_met(void *ctx, const struct node *n)
{
        struct shadows *s = ctx;
        const struct walk *w = s->step->at[0];
        const struct rule *counts = w->never.rule ? w->never.rule : w->normal.rule;
        if (!n->rule || n->rule == counts)
                return;
        if (!seen_of(s, n->rule)->beaten_by)
                seen_of(s, n->rule)->beaten_by = counts;
        bool exact = n->name.kind == COMPONENT_EXACT;
        if (!s->others || (exact && !s->others_exact) || (exact == s->others_exact && rule_compare(n->rule, s->others) > 0)) {
                s->others = n->rule;
                s->others_exact = exact;
        }
}

static bool grants_same(const struct rule *a, const struct rule *b)
{
        return a && b && a->class == CLASS_GRANT && b->class == CLASS_GRANT && a->access == b->access && !a->content &&
               !b->content && !a->scratch && !b->scratch && !a->source && !b->source && a->implied == b->implied &&
               a->overlay == b->overlay;
}

static int step_met(void *ctx, const struct explored *step)
{
        struct shadows *s = ctx;
        const struct walk *w = step->at[0], *before = step->before[0];
        const struct rule *counts = w->never.rule ? w->never.rule : w->normal.rule;
        s->step = step;
        s->others = NULL;
        explore_nodes(step, 0, node_met, s);
        if (!counts || !explore_reached(step, 0, counts))
                return 0;
        struct seen *seen = seen_of(s, counts);
        const struct rule *otherwise = s->others ? s->others : before ? before->normal.rule : NULL;
        seen->counts = true;
        if (otherwise == counts || !grants_same(counts, otherwise))
                seen->needed = true;
        else if (!seen->same)
                seen->same = otherwise;
        return 0;
}

/* Who counts where this rule would. Of several with one pattern only the best is met on the way. */
static const struct rule *winner(struct shadows *s, const struct rule *rule)
{
        const struct policy *p = s->l->p;
        if (rule->literal)
                return policy_eval(p, rule->pattern, strlen(rule->pattern), ACCESS_READ).rule;
        if (seen_of(s, rule)->beaten_by)
                return seen_of(s, rule)->beaten_by;
        const struct rule *best = policy_eval(p, rule->prefix, strlen(rule->prefix), ACCESS_READ).rule;
        if (best && best->class == CLASS_NEVER)
                return best;
        best = rule;
        for (size_t i = 0; i < p->rule_count; i++) {
                const struct rule *r = &p->rules[i];
                if (r->literal == rule->literal && !strcmp(r->pattern, rule->pattern) &&
                    (r->class == CLASS_NEVER || rule_compare(r, best) > 0))
                        best = r;
        }
        return best == rule ? NULL : best;
}

/* The same thing said again in another file is no mistake: each file may be used by itself. */
static void shadowed_tell(struct shadows *s, const struct rule *rule)
{
        struct lint *l = s->l;
        const struct rule *by = winner(s, rule);
        if (by == rule || (rule->class != CLASS_GRANT && by && by->access == 0 && !lint_own(by)))
                return;
        if (by && by->class == rule->class && by->access == rule->access && !strcmp(by->pattern, rule->pattern))
                return; /* said twice: that was told when the policy was read */
        if (by && by->class == CLASS_NEVER)
                lint_rule(l, "shadowed-rule", rule, "nothing reopens what is below a `never`", "`%s` never counts: %s closes it",
                          rule->text, lint_name(l, by));
        else if (by)
                lint_rule(l, "shadowed-rule", rule, "leave one of them out", "`%s` never counts: %s always does instead",
                          rule->text, lint_name(l, by));
        else
                lint_rule(l, "shadowed-rule", rule, "leave it out", "`%s` never counts: rules that reach deeper, or a `never`, "
                          "take all of it", rule->text);
}

/* What depends on a variable or on where a link leads is different elsewhere. */
static bool fixed(const struct rule *rule)
{
        return !strchr(rule->text, '$') && (!rule->asked || !strcmp(rule->asked, rule->pattern));
}

static void rules_tell(struct shadows *s)
{
        const struct policy *p = s->l->p;
        for (size_t i = 0; i < p->rule_count; i++) {
                const struct rule *rule = &p->rules[i];
                const struct seen *seen = &s->seen[i];
                if (!lint_own(rule))
                        continue;
                if (!seen->counts)
                        shadowed_tell(s, rule);
                else if (!seen->needed && seen->same && lint_user(rule) && fixed(rule) && !rule->because)
                        lint_rule(s->l, "redundant-rule", rule, "leave it out", "`%s` grants what %s grants already", rule->text,
                                  lint_name(s->l, seen->same));
        }
}

/* Where there are too many patterns to follow, nothing is said, and that is said. */
void lint_shadows(struct lint *l)
{
        struct shadows s = {.l = l, .seen = calloc(l->p->rule_count + 1, sizeof(*s.seen))};
        struct explore *e = NULL;
        int r = s.seen ? explore_new(&e, &l->p, 1) : -ENOMEM;
        if (r == 0)
                r = explore_run(e, NULL, false, step_met, &s);
        if (r == 0)
                rules_tell(&s);
        else if (r == -E2BIG && l->p->file_count > 0)
                lint_too_big(l);
        l->no_memory = l->no_memory || r == -ENOMEM;
        explore_free(e);
        free(s.seen);
}
