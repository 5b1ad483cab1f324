/* What the host has at one place and the sandbox shows at another. Rules are about places in the sandbox, so what a rule says
 * of the one place it does not say of the other; people forget that. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/within.h"
#include "policy/lint_build.h"

const char *lint_place_of(const struct lint *l, const char *host, size_t index, char out[PATH_MAX])
{
        const struct shown *s = &l->p->shown;
        const char *own = shown_source(s, host, false, out);
        if (own == host && index-- == 0)
                return host;
        for (size_t i = 0; i < s->remap_count; i++) {
                const struct remap *m = &s->remaps[i];
                if (!path_within(host, m->source) || index-- > 0)
                        continue;
                int length = snprintf(out, PATH_MAX, "%s%s", m->path, host + strlen(m->source));
                return length > 0 && length < PATH_MAX ? out : "";
        }
        return NULL;
}

static bool allows(const struct lint *l, const char *path, unsigned want)
{
        return policy_eval(l->p, path, strlen(path), want).allow;
}

/* A place other than the rule's own where the same thing of the host's can be had so, or NULL. */
static const char *elsewhere(const struct lint *l, const struct rule *rule, unsigned want, char out[PATH_MAX])
{
        const char *source = rule->source ? rule->source : rule->pattern, *place;
        for (size_t i = 0; (place = lint_place_of(l, source, i, out)); i++)
                if (strcmp(place, rule->pattern) != 0 && allows(l, place, want))
                        return place;
        return NULL;
}

static void written_and_run(struct lint *l, const struct rule *rule)
{
        char out[PATH_MAX];
        bool runs = (rule->access & ACCESS_EXEC) != 0;
        const char *place = elsewhere(l, rule, runs ? ACCESS_WRITE : ACCESS_EXEC, out);
        if (place && !lint_said(l, "writable-exec", rule))
                lint_rule(l, "writable-exec", rule, "give two directories, or say why: because \"…\"",
                          "what is written to %s can be run from %s", runs ? place : rule->pattern,
                          runs ? rule->pattern : place);
}

/* `rule` shows, and `strict` takes away at the place where the host has it. */
static bool opens(const struct lint *l, const struct rule *rule, const struct rule *strict)
{
        char path[PATH_MAX];
        if (!strict->literal || strict->implied || strict->class < CLASS_MASK || strict->class == CLASS_NEVER ||
            !path_within(strict->pattern, rule->source))
                return false;
        int length = snprintf(path, sizeof(path), "%s%s", rule->pattern, strict->pattern + strlen(rule->source));
        return length > 0 && length < PATH_MAX && lint_granter(l, path, ACCESS_READ) == rule;
}

static void opened(struct lint *l, const struct rule *rule)
{
        const struct rule *first = NULL;
        unsigned more = 0;
        for (size_t i = 0; i < l->p->rule_count; i++) {
                if (!opens(l, rule, &l->p->rules[i]))
                        continue;
                more += first != NULL;
                first = first ? first : &l->p->rules[i];
        }
        if (!first)
                return;
        const char *and_more = more ? arena_printf(&l->arena, " and %u more", more) : "";
        const char *hint = arena_printf(&l->arena, "rules are about places in the sandbox: %s %s%s", first->verb, rule->pattern,
                                        first->pattern + strlen(rule->source));
        lint_rule(l, "shown-elsewhere", rule, hint, "`%s` shows what %s closes only where it is%s", rule->text,
                  lint_name(l, first), and_more ? and_more : "");
}

void lint_elsewhere(struct lint *l)
{
        for (size_t i = 0; i < l->p->rule_count && l->p->shown.remap_count > 0; i++) {
                const struct rule *rule = &l->p->rules[i];
                if (!lint_own(rule) || rule->class != CLASS_GRANT || rule->because || !rule->literal)
                        continue;
                if ((rule->access & ACCESS_EXEC) || (rule->source && (rule->access & ACCESS_WRITE)))
                        written_and_run(l, rule);
                if (rule->source)
                        opened(l, rule);
        }
}
