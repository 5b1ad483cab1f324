/* What is closed for good stays so where it is shown elsewhere. All other rules are about places in the view; a `never` is a
 * promise about the thing itself, so for each place that shows what one is about there is one more, which says the same there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/within.h"
#include "policy/compile.h"
#include "policy/pattern.h"

struct carried {
        struct compile *c;
        const struct pending *never;
        const struct remap *to;
};

static int closed(const struct carried *x)
{
        const struct rule *never = &x->never->rule;
        struct place at = place_origin(x->c, &x->to->origin);
        return report(x->c, &at, "nothing reopens what is below a `never`", "`%s` (%s:%u) closes %s, wherever it is shown",
                      never->text, never->origin.file, never->origin.line, x->to->source);
}

static int add(const struct carried *x, const struct pattern *pattern)
{
        struct rule rule = x->never->rule;
        struct place nowhere = {0};
        rule.implied = true;
        return rule_add(x->c, &rule, &nowhere, pattern); /* it is told with the line that it repeats */
}

/* One about a path. */
static int carry_literal(const struct carried *x)
{
        const char *path = x->never->rule.pattern;
        struct pattern pattern = {.literal = true};
        if (path_within(x->to->source, path))
                return closed(x);
        if (!path_within(path, x->to->source))
                return 0;
        pattern.text = arena_printf(x->c->arena, "%s%s", x->to->path, path + strlen(x->to->source));
        pattern.prefix = pattern.asked = pattern.text;
        return pattern.text ? add(x, &pattern) : -ENOMEM;
}

/* The rest of a pattern, from its component `from` on, below the place in the view. */
static int carry_rest(const struct carried *x, const char *between, size_t from)
{
        const struct pending *never = x->never;
        struct pattern pattern = {.floating = false};
        pattern.prefix = pattern.asked = arena_printf(x->c->arena, "%s%s", x->to->path, between);
        if (!pattern.prefix)
                return -ENOMEM;
        size_t count = path_components(pattern.prefix, NULL), rest = never->count - from;
        pattern.count = count + rest;
        pattern.components = arena_alloc(x->c->arena, pattern.count * sizeof(*pattern.components));
        if (!pattern.components)
                return -ENOMEM;
        path_components(pattern.prefix, pattern.components);
        memcpy(pattern.components + count, never->components + from, rest * sizeof(*pattern.components));
        pattern.literal = false;
        pattern.text = pattern_spell(x->c, &pattern);
        return pattern.text ? add(x, &pattern) : -ENOMEM;
}

static bool matches(const struct component *pattern, const struct component *name)
{
        return pattern->kind == COMPONENT_ANY ||
               (pattern->kind == COMPONENT_EXACT ? pattern->length == name->length &&
                                                           !memcmp(pattern->text, name->text, name->length)
                                                 : component_match(pattern->text + 1, pattern->length - 1, name->text,
                                                                   name->length));
}

/* What is left of the pattern behind the source's path, in each way in which it can have come so far: a bit for each
 * component that comes next. The bit behind the last stands for the source itself, or what it lies in. */
static uint64_t left_of(const struct pending *never, size_t prefix, const struct component *names, size_t count)
{
        uint64_t states = 1;
        size_t tail = never->count - prefix;
        for (size_t n = prefix; n <= count; n++) {
                uint64_t next = 0;
                for (size_t i = 0; i < tail; i++) {
                        const struct component *part = &never->components[prefix + i];
                        if (!(states >> i & 1))
                                continue;
                        if (part->kind == COMPONENT_ANY) /* it may also stand for nothing */
                                states |= UINT64_C(1) << (i + 1);
                        if (n < count && matches(part, &names[n]))
                                next |= UINT64_C(1) << (part->kind == COMPONENT_ANY ? i : i + 1);
                }
                if (states >> tail & 1)
                        return states;
                states = n < count ? next : states;
        }
        return states;
}

#define COMPONENTS_MAX 2048 /* a path of PATH_MAX bytes has no more */

/* One whose first wildcard comes before or at the source's last component. */
static int carry_pattern(const struct carried *x, struct component *scratch)
{
        const struct pending *never = x->never;
        size_t prefix = path_components(never->rule.prefix, NULL), tail = never->count - prefix;
        size_t count = path_components(x->to->source, NULL);
        path_components(x->to->source, scratch);
        uint64_t states = left_of(never, prefix, scratch, count);
        if (states >> tail & 1)
                return closed(x);
        for (size_t i = 0; i < tail; i++) {
                bool same = i > 0 && (states >> (i - 1) & 1) && never->components[prefix + i - 1].kind == COMPONENT_ANY;
                if (!(states >> i & 1) || same)
                        continue;
                if (i == 0 && never->rule.floating && never->components[0].kind == COMPONENT_ANY)
                        continue; /* it matches there by itself */
                int r = carry_rest(x, "", prefix + i);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int carry(const struct carried *x, struct component *scratch)
{
        const struct rule *never = &x->never->rule;
        if (never->literal)
                return carry_literal(x);
        if (path_within(never->prefix, x->to->source))
                return carry_rest(x, never->prefix + strlen(x->to->source), path_components(never->prefix, NULL));
        return path_within(x->to->source, never->prefix) ? carry_pattern(x, scratch) : 0;
}

int nevers_carry(struct compile *c)
{
        const struct shown *s = &c->policy->shown;
        size_t count = c->rules.count;
        struct component *scratch = s->remap_count > 0 ? calloc(COMPONENTS_MAX, sizeof(*scratch)) : NULL;
        int r = s->remap_count > 0 && !scratch ? -ENOMEM : 0;
        for (size_t i = 0; i < count && r != -ENOMEM && s->remap_count > 0; i++) {
                struct carried x = {.c = c, .never = ((struct pending **)c->rules.items)[i]};
                for (size_t j = 0; j < s->remap_count && r != -ENOMEM && x.never->rule.class == CLASS_NEVER; j++) {
                        x.to = &s->remaps[j];
                        r = carry(&x, scratch);
                }
        }
        free(scratch);
        return r == -ENOMEM ? r : 0;
}
