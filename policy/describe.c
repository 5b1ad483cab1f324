/* The policy itself: which files it is made of, what their variables stand for, and every rule with the place it comes from. */
#include "policy/describe.h"

#include <string.h>

#include "policy/compiled.h"

void describe_at(struct listing *l, int column, const struct origin *at)
{
        listing_place(l, "at", column, NULL, at->file, at->line);
}

void describe_access(struct listing *l, const char *key, int column, unsigned access)
{
        static const unsigned all[] = {ACCESS_LIST, ACCESS_READ, ACCESS_CREATE, ACCESS_WRITE, ACCESS_EXEC, ACCESS_UNIX};

        listing_list(l, key, column);
        for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
                if (access & all[i])
                        listing_item(l, access_name(all[i]));
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

void describe_sources(struct listing *l, const struct policy *p)
{
        size_t count;
        const struct policy_source *sources = policy_sources(p, &count);

        listing_section(l, "sources", "Policy files, in the order in which they were read", NULL);
        for (size_t i = 0; i < count; i++) {
                const struct policy_source *s = &sources[i];
                listing_row(l);
                listing_text(l, "name", DESCRIBE_FIRST, s->name);
                listing_number(l, "depth", LISTING_HIDDEN, s->depth, NULL);
                listing_flag(l, "bundle", LISTING_HIDDEN, s->bundle, NULL);
                if (s->depth == 0)
                        listing_text(l, NULL, DESCRIBE_PLACE - 16, !strcmp(s->name, STANDARD_NAME) ? "built in" : "asked for");
                else
                        listing_number(l, NULL, DESCRIBE_PLACE - 16, s->depth, s->depth == 1 ? " step away" : " steps away");
                listing_place(l, "used_at", DESCRIBE_PLACE, "used in", s->used_at.file, s->used_at.line);
        }
}

/* ---- variables -------------------------------------------------------------------------------------------------- */

static const char *variable_kind(const struct policy_variable *v)
{
        switch (v->kind) {
        case VARIABLE_PARAM:
                return "param";
        case VARIABLE_LET:
                return "let";
        case VARIABLE_BUILTIN:
                break;
        }
        return "builtin";
}

void describe_variables(struct listing *l, const struct policy *p)
{
        size_t count;
        const struct policy_variable *variables = policy_variables(p, &count);

        listing_section(l, "variables", "Variables", NULL);
        for (size_t i = 0; i < count; i++) {
                const struct policy_variable *v = &variables[i];
                bool program = v->kind == VARIABLE_BUILTIN && strcmp(v->name, "PROG") == 0;
                listing_row(l);
                listing_text(l, NULL, DESCRIBE_FIRST, "$");
                listing_text(l, "name", LISTING_ADJOINING, v->name);
                listing_text(l, "value", DESCRIBE_SECOND + 8, v->value);
                if (!v->value)
                        listing_text(l, NULL, DESCRIBE_SECOND + 8,
                                     program ? "(the program, when there is one)" : "(has no value here)");
                listing_text(l, "kind", DESCRIBE_PLACE, variable_kind(v));
                describe_at(l, DESCRIBE_PLACE + 10, &v->origin);
                listing_flag(l, "defined", LISTING_NEXT, v->defined, "given with -D");
        }
}

/* ---- rules ------------------------------------------------------------------------------------------------------ */

/* The rules of one pattern stand side by side, as they are sorted. */
struct group {
        const struct rule *first, *end;
        const struct rule *best; /* what ends at the same place in the trie: one of them wins wherever it matches */
};

static bool same_pattern(const struct rule *a, const struct rule *b)
{
        return a->literal == b->literal && strcmp(a->pattern, b->pattern) == 0;
}

static bool beats(const struct rule *a, const struct rule *b)
{
        if ((a->class == CLASS_NEVER) != (b->class == CLASS_NEVER))
                return a->class == CLASS_NEVER;
        return rule_compare(a, b) > 0;
}

static struct group group_of(const struct rule *rule, const struct rule *end)
{
        struct group g = {.first = rule, .end = rule + 1, .best = rule};

        for (; g.end < end && same_pattern(rule, g.end); g.end++)
                if (beats(g.end, g.best))
                        g.best = g.end;
        return g;
}

/* The rule that is in the way of this one wherever it matches, or NULL. A literal rule that loses on its own path loses to a
 * rule that reaches as deep there, and so on everything below as well; a pattern loses for certain to the same pattern, and
 * to a `never` on a directory above. */
static const struct rule *shadow_of(const struct policy *p, const struct rule *rule, const struct group *g)
{
        const struct rule *winner = policy_eval(p, rule->prefix, strlen(rule->prefix), ACCESS_LIST).rule;
        bool never = winner && winner->class == CLASS_NEVER;

        if (rule->literal || (never && rule->class != CLASS_NEVER))
                return winner != rule ? winner : NULL;
        return g->best != rule ? g->best : NULL;
}

static void describe_rule(struct listing *l, const struct policy *p, const struct rule *rule, const struct group *g)
{
        const struct rule *shadow = shadow_of(p, rule, g);
        bool renamed = rule->asked && strcmp(rule->asked, rule->pattern) != 0;

        listing_row(l);
        listing_text(l, "verb", DESCRIBE_FIRST, rule->verb);
        listing_text(l, "path", DESCRIBE_SECOND, rule->pattern);
        listing_flag(l, "pattern", LISTING_HIDDEN, !rule->literal, NULL);
        describe_access(l, "access", LISTING_HIDDEN, rule->access);
        describe_at(l, DESCRIBE_PLACE, &rule->origin);
        listing_text(l, "text", LISTING_HIDDEN, rule->text);
        listing_flag(l, "implied", LISTING_NEXT, rule->implied, "implied by");
        listing_text(l, NULL, LISTING_CLOSE, rule->implied ? rule->text : NULL);
        listing_quoted(l, "asked", LISTING_NEXT, "written", renamed ? rule->asked : NULL);
        listing_quoted(l, "source", LISTING_NEXT, "shows", rule->source);
        if (rule->content || rule->scratch)
                listing_number(l, "bytes", LISTING_NEXT, rule->scratch ? rule->scratch_size : rule->content_length, " bytes");
        listing_quoted(l, "because", LISTING_NEXT, "because", rule->because);
        if (shadow)
                listing_place(l, "shadowed_by", LISTING_NEXT, "shadowed by", shadow->origin.file, shadow->origin.line);
}

void describe_rules(struct listing *l, const struct policy *p)
{
        size_t count;
        const struct rule *rules = policy_rules(p, &count), *end = rules + count;

        listing_section(l, "rules", "Rules: the one that reaches deepest into a path counts", "none: nothing can be reached");
        for (const struct rule *rule = rules; rule < end;) {
                struct group g = group_of(rule, end);
                for (; rule < g.end; rule++)
                        describe_rule(l, p, rule, &g);
        }
}
