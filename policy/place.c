/* Where something is said: from a rule or the line of an origin back to the text that it was read from. */
#include <string.h>

#include "policy/compile.h"

static const struct source *source_of(const struct policy *p, const char *file)
{
        for (size_t i = 0; file && i < p->file_count; i++) {
                if (p->files[i]->name == file || !strcmp(p->files[i]->name, file))
                        return p->files[i];
        }
        return NULL;
}

/* The word that is written just so, or NULL. */
static const struct word *word_find(const struct line *l, const char *text)
{
        size_t length = text ? strlen(text) : 0;
        for (size_t i = 0; i < l->count && length > 0; i++) {
                const struct word *w = &l->words[i];
                if (w->width == length && !memcmp(l->text + w->column - 1, text, length))
                        return w;
        }
        return NULL;
}

void policy_place(const struct policy *p, const struct rule *rule, const char *word, const struct origin *at,
                  cordon_diag *diag)
{
        const struct source *s = source_of(p, at->file);
        const struct line *l = s && at->line > 0 && at->line <= s->line_count ? &s->lines[at->line - 1] : NULL;

        diag->file = at->file ? at->file : "(default)";
        diag->line = at->line;
        diag->width = 1;
        if (!l)
                return;
        struct place place = place_line(s, l);
        const struct word *found = word_find(l, word);
        bool own = rule && !rule->implied && rule->column > 0;
        diag->column = own ? rule->column : found ? found->column : place.column;
        diag->width = own ? rule->width : found ? found->width : place.width;
        diag->width = diag->width ? diag->width : 1;
        diag->source = l->text;
}
