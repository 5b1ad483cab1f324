/* env: a list that the lines of all files add to. What comes out says everything: where no line says what is kept it
 * begins with the default set, and whoever carries it out need not know of defaults, of `clear`, or of who used whom. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

static const char *const standard[] = {"PATH", "HOME", "USER",      "LOGNAME", "SHELL",   "LANG",
                                       "LANGUAGE", "LC_*", "TERM", "COLORTERM", "TZ", "COLUMNS", "LINES"};

#define ENTRIES_MAX 1000u /* of all files: environ has a limit too, and entries are compared with each other */

static int env_add(struct compile *c, struct source *s, struct line *l, const struct word *w, struct env_rule rule)
{
        struct place at = place_word(s, l, w);
        if (c->env.count == ENTRIES_MAX)
                return report(c, &at, "name several by a pattern: LC_*", "too many names of environment variables (%u at most)",
                              ENTRIES_MAX);
        struct env_entry *e = vector_push(&c->env, sizeof(*e));
        if (!e)
                return -ENOMEM;
        *e = (struct env_entry){.rule = rule, .at = at, .depth = s->depth};
        e->rule.origin = (struct origin){s->name, l->number};
        return 0;
}

static int env_keep(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        int r = 0;
        if (l->count < 3)
                return report(c, &at, "write: env keep PATH LANG LC_*", "'env keep' needs names");
        for (size_t i = 2; i < l->count; i++) {
                const struct word *w = &l->words[i];
                at = place_word(s, l, w);
                bool valid = w->length > 0;
                for (size_t j = 0; j < w->length; j++)
                        valid = valid && (isalnum((unsigned char)w->text[j]) || strchr("_*?", w->text[j]));
                if (!valid || isdigit((unsigned char)w->text[0]))
                        report(c, &at, strchr(w->text, '=') ? "to give a value: env set NAME=VALUE"
                                       : w->text[0] == '$' ? "write the name without the '$'"
                                                              : "letters, digits, '_', '*' and '?', not a digit first",
                               "'%s' is no name of an environment variable", w->text);
                else if ((r = env_add(c, s, l, w, (struct env_rule){.kind = ENV_KEEP, .name = w->text})) != 0)
                        return r; /* the next would be one too many as well */
        }
        return 0;
}

static int env_set(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        if (l->count < 3)
                return report(c, &at, "write: env set NAME=VALUE", "'env set' needs a name and a value");
        for (size_t i = 2; i < l->count; i++) {
                const struct word *w = &l->words[i];
                const char *equals = strchr(w->text, '='), *value = NULL;
                size_t length = equals ? (size_t)(equals - w->text) : 0;
                at = place_word(s, l, w);
                if (!name_valid(w->text, length)) {
                        report(c, &at, "write: env set NAME=VALUE", "'%s' is not NAME=VALUE", w->text);
                        continue;
                }
                const char *name = arena_copy(c->arena, w->text, length);
                int r = name ? expand_value(c, s, l, w, length + 1, true, &value) : -ENOMEM;
                if (r == 0)
                        r = env_add(c, s, l, w, (struct env_rule){.kind = ENV_SET, .name = name, .value = value});
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

int run_env(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        bool sets = l->count >= 2 && !strcmp(l->words[1].text, "set"); /* a value says nothing of what is kept */
        c->policy->world.env_given |= !sets;
        if (l->count >= 2 && !strcmp(l->words[1].text, "keep"))
                return env_keep(c, s, l);
        if (sets)
                return env_set(c, s, l);
        if (l->count == 2 && !strcmp(l->words[1].text, "clear"))
                return env_add(c, s, l, &l->words[1], (struct env_rule){.kind = ENV_CLEAR});
        return report(c, &at, "write: env keep NAME…, env set NAME=VALUE, or env clear",
                      "'env' is keep, set or clear");
}

/* ---- putting them together ---------------------------------------------------------------------------------------- */

/* The smallest depth at which `env clear` was said. */
static unsigned cleared_at(const struct compile *c)
{
        const struct env_entry *e = c->env.items;
        unsigned depth = UINT32_MAX;
        for (size_t i = 0; i < c->env.count; i++) {
                if (e[i].rule.kind == ENV_CLEAR && e[i].depth < depth)
                        depth = e[i].depth;
        }
        return depth;
}

/* Whether another line says more about the variable that `e` sets; two different values of one rank are an error. */
static bool overruled(struct compile *c, const struct env_entry *e)
{
        const struct env_entry *all = c->env.items;
        for (const struct env_entry *o = all; o < all + c->env.count; o++) {
                if (o == e || !o->rule.name || strcmp(o->rule.name, e->rule.name) != 0)
                        continue;
                if (o->depth < e->depth)
                        return true;
                if (o->depth > e->depth || o->rule.kind != ENV_SET || o > e)
                        continue;
                if (strcmp(o->rule.value, e->rule.value) != 0)
                        report(c, &e->at, "say it once", "'%s' is already set to another value at %s:%u", e->rule.name,
                               o->rule.origin.file, o->rule.origin.line);
                return true;
        }
        return false;
}

int env_finish(struct compile *c)
{
        struct world *w = &c->policy->world;
        const struct env_entry *e = c->env.items;
        const size_t defaults = sizeof(standard) / sizeof(*standard);
        unsigned cleared = cleared_at(c);
        struct env_rule *out = arena_alloc(c->arena, (c->env.count + defaults) * sizeof(*out));
        if (!out)
                return -ENOMEM;
        w->env = out;
        for (size_t i = 0; !w->env_given && i < defaults; i++)
                out[w->env_count++] = (struct env_rule){.kind = ENV_KEEP, .name = standard[i], .origin = {"(default)", 0}};
        for (int set = 0; set < 2; set++) { /* keeps first: what is set comes last, and counts */
                for (size_t i = 0; i < c->env.count; i++) {
                        if (e[i].depth > cleared || e[i].rule.kind != (set ? ENV_SET : ENV_KEEP))
                                continue;
                        if (!set || !overruled(c, &e[i]))
                                out[w->env_count++] = e[i].rule;
                }
        }
        return 0;
}
