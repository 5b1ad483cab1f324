/* What is written and not used. A used file is not looked at: it may be there for several that use it. */
#include <string.h>

#include "policy/lint_build.h"

void lint_variables(struct lint *l)
{
        for (size_t i = 0; i < l->p->file_count; i++) {
                const struct source *s = l->p->files[i];
                for (size_t j = 0; s->depth == 0 && j < s->variable_count; j++) {
                        const struct variable *v = &s->variables[j];
                        struct place at = place_part(s, v->line, v->word, 0, strlen(v->name));
                        if (v->used)
                                continue;
                        const char *hint = arena_printf(&l->arena, "leave it out, or use it: $%s", v->name);
                        l->no_memory = l->no_memory || !hint;
                        lint_place(l, "unused-variable", &at, hint, "nothing uses the %s '%s'", v->param ? "param" : "let",
                                   v->name);
                }
        }
}

void lint_uses(struct lint *l)
{
        const struct use_edge *edges = l->p->uses;
        for (size_t i = 0; i < l->p->use_count; i++) {
                const struct source *s = l->p->files[edges[i].from];
                size_t first = 0;
                while (edges[first].from != edges[i].from || edges[first].to != edges[i].to)
                        first++;
                struct place at = place_word(s, edges[i].line, edges[i].word);
                if (s->depth == 0 && first < i)
                        lint_place(l, "duplicate-use", &at, "leave it out", "'%s' is used on line %u already",
                                   l->p->files[edges[i].to]->name, edges[first].line->number);
        }
}
