/* Where variables come from: the `param` and `let` lines of a file, and -D on the command line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

static int by_name(const void *a, const void *b)
{
        const struct variable *x = a, *y = b;
        int order = strcmp(x->name, y->name);
        return order ? order : x->line->number < y->line->number ? -1 : x->line->number > y->line->number;
}

static int variable_add(struct compile *c, struct source *s, struct line *l, bool param)
{
        struct place at = place_line(s, l);
        if (l->count != 2)
                return report(c, &at, param ? "write: param NAME, or param NAME=DEFAULT" : "write: let NAME=VALUE",
                              "'%s' takes one word", l->words[0].text);
        const struct word *w = &l->words[1];
        const char *equals = memchr(w->text, '=', w->length);
        size_t length = equals ? (size_t)(equals - w->text) : w->length;
        at = place_part(s, l, w, 0, length ? length : 1);
        if (!name_valid(w->text, length))
                return report(c, &at, "letters, digits and '_', not beginning with a digit", "this is no name");
        if (!equals && !param)
                return report(c, &at, "write: let NAME=VALUE", "this 'let' gives no value");
        if (variable_builtin(w->text, length))
                return report(c, &at, "choose another name", "'%.*s' is built in", (int)length, w->text);
        struct variable *v = &s->variables[s->variable_count];
        *v = (struct variable){.name = arena_copy(c->arena, w->text, length), .line = l, .word = w, .param = param,
                               .value_at = equals ? length + 1 : 0};
        s->variable_count++;
        return v->name ? 0 : -ENOMEM;
}

static int variables_unique(struct compile *c, struct source *s)
{
        size_t kept = 0;
        if (s->variable_count > 0)
                qsort(s->variables, s->variable_count, sizeof(*s->variables), by_name);
        for (size_t i = 0; i < s->variable_count; i++) {
                struct variable *v = &s->variables[i], *first = kept ? &s->variables[kept - 1] : NULL;
                if (first && !strcmp(first->name, v->name)) {
                        struct place at = place_part(s, v->line, v->word, 0, strlen(v->name));
                        report(c, &at, "choose another name", "'%s' is already defined on line %u", v->name, first->line->number);
                } else {
                        s->variables[kept++] = *v;
                }
        }
        s->variable_count = kept;
        return 0;
}

int variables_collect(struct compile *c, struct source *s)
{
        size_t most = 0;
        for (size_t i = 0; i < s->line_count; i++)
                most += s->lines[i].count > 0 && s->lines[i].verb && s->lines[i].verb->run == run_nothing;
        s->variables = arena_alloc(c->arena, (most + 1) * sizeof(*s->variables));
        if (!s->variables)
                return -ENOMEM;
        for (size_t i = 0; i < s->line_count; i++) {
                struct line *l = &s->lines[i];
                bool param = l->verb && !strcmp(l->verb->name, "param");
                if (l->bad || !l->verb || (!param && strcmp(l->verb->name, "let") != 0))
                        continue;
                if (variable_add(c, s, l, param) == -ENOMEM)
                        return -ENOMEM;
        }
        return variables_unique(c, s);
}

/* Also those that nothing uses: a mistake in them is one. */
int variables_resolve(struct compile *c, struct source *s)
{
        for (size_t i = 0; i < s->variable_count; i++) {
                if (variable_resolve(c, s, &s->variables[i]) == -ENOMEM)
                        return -ENOMEM;
        }
        return 0;
}

int defines_collect(struct compile *c)
{
        const char *const *given = c->request->defines;
        for (size_t i = 0; given && given[i]; i++) {
                const char *equals = strchr(given[i], '=');
                size_t length = equals ? (size_t)(equals - given[i]) : 0;
                const char *name = arena_copy(c->arena, given[i], length);
                const char *value = equals ? arena_copy(c->arena, equals + 1, strlen(equals + 1)) : "";
                if (equals && (!strcmp(value, "~") || !strncmp(value, "~/", 2)) && c->home)
                        value = arena_printf(c->arena, "%s%s", c->home, value + 1);
                if (!name || !value)
                        return -ENOMEM;
                if (!name_valid(name, length) || define_find(c, name)) {
                        report(c, &(struct place){0}, "write -D NAME=VALUE, once for each name",
                               define_find(c, name) ? "'%s': this name was given before" : "'%s' is not NAME=VALUE",
                               given[i]);
                        continue;
                }
                struct define *d = vector_push(&c->defines, sizeof(*d));
                if (!d)
                        return -ENOMEM;
                *d = (struct define){.name = name, .value = value, .text = given[i], .index = i};
        }
        return 0;
}

static const char *params_listed(struct compile *c)
{
        struct source **sources = c->sources.items;
        struct buf list = {0};
        for (size_t i = 0; i < c->sources.count; i++) {
                for (size_t j = 0; j < sources[i]->variable_count && list.length < 400; j++) {
                        const struct variable *v = &sources[i]->variables[j];
                        if (v->param)
                                buf_printf(&list, "%s%s", list.length ? ", " : "the params are ", v->name);
                }
        }
        const char *text = list.length ? arena_copy(c->arena, list.data, list.length) : "the policy has no params";
        buf_free(&list);
        return text;
}

void defines_check(struct compile *c)
{
        const struct define *d = c->defines.items;
        if (c->read_error)
                return; /* which params there are is not known */
        for (size_t i = 0; i < c->defines.count; i++) {
                if (c->request->used)
                        c->request->used[d[i].index] = d[i].used;
                else if (!d[i].used)
                        report(c, &(struct place){0}, params_listed(c), "no param is called '%s'", d[i].name);
        }
}
