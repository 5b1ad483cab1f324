/* File rules: verbs, then paths, then perhaps a reason. Each path of each line becomes one rule per pattern. */
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

struct adding {
        struct compile *c;
        struct rule rule;
        struct place at;
};

static int add_pattern(void *ctx, const struct pattern *pattern)
{
        struct adding *a = ctx;
        bool grants = a->rule.class == CLASS_GRANT || a->rule.class == CLASS_ASK;
        if (pattern->floating && grants)
                return report(a->c, &a->at, "begin it with a directory: $CWD/**/…",
                              "a pattern that begins with a wildcard can only restrict");
        if (pattern->literal && !strcmp(pattern->text, "/") && (a->rule.access & (ACCESS_WRITE | ACCESS_CREATE)))
                return report(a->c, &a->at, "name a directory below it", "'%s' cannot be given for the whole system",
                              a->rule.verb);
        if (!pattern->literal && a->rule.overlay)
                return report(a->c, &a->at, "name the directory that holds them", "'overlay' takes directories, not patterns");
        return rule_add(a->c, &a->rule, &a->at, pattern);
}

/* Said once. */
static int too_many(struct compile *c, const struct place *at)
{
        bool said = c->rules_refused;
        c->rules_refused = true;
        return said ? 1 : report(c, at, "name directories instead of what is in them", "too many rules (%u at most)", RULES_MAX);
}

int rule_add(struct compile *c, const struct rule *rule, const struct place *at, const struct pattern *pattern)
{
        if (c->rules.count >= RULES_MAX)
                return too_many(c, at);
        struct pending *p = arena_alloc(c->arena, sizeof(*p));
        struct pending **slot = p ? vector_push(&c->rules, sizeof(*slot)) : NULL;
        if (!slot)
                return -ENOMEM;
        *slot = p;
        p->rule = *rule;
        p->rule.pattern = pattern->text;
        p->rule.prefix = pattern->prefix;
        p->rule.asked = pattern->literal ? pattern->asked : NULL;
        p->rule.literal = pattern->literal;
        p->rule.floating = pattern->floating;
        p->rule.exact = pattern->literal || pattern->components[pattern->count - 1].kind == COMPONENT_EXACT;
        p->rule.column = at->line ? at->column : 0;
        p->rule.width = at->line ? at->width : 0;
        p->at = *at;
        p->components = pattern->components;
        p->count = pattern->count;
        return 0;
}

/* One tree is either the host's own or a copy of it, and nobody can be asked how much of one to make. */
static int overlay_check(struct compile *c, struct source *s, struct line *l, size_t count, struct rule *rule)
{
        for (size_t i = 0; i < count; i++)
                rule->overlay = rule->overlay || !strcmp(l->words[i].text, "overlay");
        for (size_t i = 0; i < count && rule->overlay; i++) {
                struct place at = place_word(s, l, &l->words[i]);
                const char *name = l->words[i].text;
                if (!strcmp(name, "ask") || !strcmp(name, "write") || !strcmp(name, "create"))
                        return report(c, &at, "write: overlay PATH, or with exec: overlay exec PATH",
                                      "'%s' cannot stand beside 'overlay', which lets a copy be changed", name);
        }
        return 0;
}

/* Joins the verbs that the line begins with. `*first`: the first word that is none. */
static int verbs_join(struct compile *c, struct source *s, struct line *l, struct rule *rule, size_t *first)
{
        struct buf names = {0};
        size_t i;
        int r = 0;
        rule->class = l->verb->class;
        for (i = 0; i < l->count && r == 0; i++) {
                const struct verb *v = verb_find(l->words[i].text);
                struct place at = place_word(s, l, &l->words[i]);
                if (!v || (i > 0 && l->words[i].marks[0] != MARK_PLAIN))
                        break;
                bool leads = l->verb->data || l->verb->class == CLASS_ASK; /* ask read write PATH */
                if (i > 0 && !(v->data && leads))
                        r = report(c, &at, "only list, read, create, write, exec, unix and overlay stand side by side",
                                   "'%s' cannot stand beside '%s'", v->name, l->verb->name);
                rule->access |= v->access;
                buf_printf(&names, "%s%s", i ? " " : "", v->name);
        }
        *first = i;
        if (r == 0 && rule->class == CLASS_ASK && !rule->access) {
                struct place at = place_word(s, l, &l->words[0]);
                r = report(c, &at, "write: ask read PATH", "'ask' needs a verb: what is it that may be asked for?");
        }
        if (r == 0)
                r = overlay_check(c, s, l, i, rule);
        if (r == 0 && !(rule->verb = names.bad ? NULL : arena_copy(c->arena, names.data, names.length)))
                r = -ENOMEM;
        buf_free(&names);
        return r;
}

/* Takes `because "…"` off the end. `*end`: behind the last path. */
static int reason_take(struct compile *c, struct source *s, struct line *l, struct rule *rule, size_t *end)
{
        *end = l->count;
        for (size_t i = 1; i < l->count; i++) {
                if (strcmp(l->words[i].text, "because") != 0 || l->words[i].marks[0] != MARK_PLAIN)
                        continue;
                struct place at = place_word(s, l, &l->words[i]);
                if (i + 2 == l->count && l->words[i + 1].length > 0) {
                        rule->because = l->words[i + 1].text;
                        *end = i;
                        return 0;
                }
                if (i + 2 < l->count)
                        at = place_word(s, l, &l->words[i + 2]);
                return report(c, &at, "write it in quotes, at the end: because \"…\"",
                              i + 2 < l->count ? "a reason is one quoted text, and the last"
                                               : "'because' needs a reason");
        }
        return 0;
}

static int rule_word(struct compile *c, struct source *s, struct line *l, const struct word *w, struct rule *rule)
{
        struct adding a = {.c = c, .at = place_word(s, l, w)};
        struct expanded e = {0};
        rule->text = arena_printf(c->arena, "%s %.*s", rule->verb, (int)w->width, l->text + w->column - 1);
        if (!rule->text)
                return -ENOMEM;
        a.rule = *rule;
        int r = expand(c, s, l, w, 0, &e);
        if (r == 0)
                r = glob_patterns(c, &a.at, &e, add_pattern, &a);
        expanded_free(&e);
        return r;
}

/* read SOURCE as PATH: the rule is about PATH, and literal. */
static int remapped_rule(struct compile *c, const struct line *l, struct rule *rule)
{
        const struct remapped *known = l->remapped;
        const struct pattern pattern = {.literal = true, .text = known->remap.path, .prefix = known->remap.path,
                                        .asked = known->asked};
        rule->text = arena_printf(c->arena, "%s %.*s", rule->verb, (int)known->at.width, l->text + known->at.column - 1);
        rule->source = known->remap.source;
        return rule->text ? rule_add(c, rule, &known->at, &pattern) : -ENOMEM;
}

int run_rule(struct compile *c, struct source *s, struct line *l)
{
        struct rule rule = {.origin = {s->name, l->number}, .use_depth = s->depth, .first = s->first};
        size_t first = 0, end = 0;
        int r = verbs_join(c, s, l, &rule, &first);
        if (r == 0)
                r = reason_take(c, s, l, &rule, &end);
        if (r != 0)
                return r;
        if (first >= end) {
                struct place at = place_word(s, l, &l->words[first - 1]);
                return report(c, &at, "write what it is about: read /usr/share", "'%s' needs a path", rule.verb);
        }
        if (l->remapped)
                return remapped_rule(c, l, &rule);
        for (size_t i = first; i < end && !c->rules_refused; i++) {
                if (rule_word(c, s, l, &l->words[i], &rule) == -ENOMEM)
                        return -ENOMEM;
        }
        return 0;
}

/* unix datagram PATH: the word is no path, which all begin with '/', '~', '$' or '*'. */
int run_unix(struct compile *c, struct source *s, struct line *l)
{
        struct world *w = &c->policy->world;
        if (l->count < 2 || strcmp(l->words[1].text, "datagram") != 0 || l->words[1].marks[0] != MARK_PLAIN)
                return run_rule(c, s, l);
        if (!w->datagrams)
                w->datagrams_at = (struct origin){s->name, l->number};
        w->datagrams = true;
        if (l->count == 2)
                return 0;
        /* Places in lines are kept: the line that is left lives as long. */
        struct line *rest = arena_alloc(c->arena, sizeof(*rest));
        struct word *words = arena_alloc(c->arena, l->count * sizeof(*words));
        if (!rest || !words)
                return -ENOMEM;
        words[0] = l->words[0];
        memcpy(words + 1, l->words + 2, (l->count - 2) * sizeof(*words));
        *rest = *l;
        rest->words = words;
        rest->count--;
        return run_rule(c, s, rest);
}

/* ---- expect ------------------------------------------------------------------------------------------------------- */

static int expect_words(struct compile *c, struct source *s, struct line *l, struct expectation *e)
{
        struct place at = place_line(s, l);
        if (l->count < 4)
                return report(c, &at, "write: expect allow read /etc/hosts",
                              "'expect' needs allow or deny, an access, and what it is about");
        at = place_word(s, l, &l->words[1]);
        e->allow = !strcmp(l->words[1].text, "allow");
        if (!e->allow && strcmp(l->words[1].text, "deny") != 0)
                return report(c, &at, "write: expect allow …, or expect deny …", "'%s' is neither allow nor deny",
                              l->words[1].text);
        at = place_word(s, l, &l->words[2]);
        e->op = l->words[2].text;
        e->access = access_from_name(e->op);
        if (e->access || !strcmp(e->op, "connect") || !strcmp(e->op, "bind"))
                return 0;
        return report(c, &at, "it is one of list, read, create, write, exec, unix, connect, bind",
                      "'%s' is nothing that can be asked", e->op);
}

/* What one claim is about: a path, or an endpoint. */
static int expect_subject(struct compile *c, struct source *s, struct line *l, const struct word *w, struct expectation *e)
{
        char host[256];
        unsigned port;
        if (e->access)
                return expand_path(c, s, l, w, &e->path, &e->asked);
        int r = expand_value(c, s, l, w, 0, false, &e->path);
        struct place at = place_word(s, l, w);
        e->asked = e->path;
        if (r == 0 && !endpoint_split(e->path, host, &port))
                r = report(c, &at, "write HOST:PORT, as in example.org:443 or [::1]:80", "'%s' is no endpoint", e->path);
        return r;
}

int run_expect(struct compile *c, struct source *s, struct line *l)
{
        struct expectation claim = {.origin = {s->name, l->number}, .source = l->text};
        int r = expect_words(c, s, l, &claim);
        for (size_t i = 3; r == 0 && i < l->count; i++) {
                r = expect_subject(c, s, l, &l->words[i], &claim);
                if (r != 0 || s->depth > 0) /* a used file's claims hold for it alone: the user's lines may change them */
                        continue;
                struct expectation *e = vector_push(&c->expects, sizeof(*e));
                if (!e)
                        return -ENOMEM;
                *e = claim;
                struct place at = place_line(s, l);
                if (l->count > 4)
                        at = place_word(s, l, &l->words[i]);
                e->column = at.column;
                e->width = at.width;
        }
        return r;
}
