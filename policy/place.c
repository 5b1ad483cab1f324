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

void policy_place(const struct policy *p, const struct rule *rule, const struct origin *at, cordon_diag *diag)
{
        const struct source *s = source_of(p, at->file);
        const struct line *l = s && at->line > 0 && at->line <= s->line_count ? &s->lines[at->line - 1] : NULL;

        diag->file = at->file ? at->file : "(default)";
        diag->line = at->line;
        diag->width = 1;
        if (!l)
                return;
        struct place place = place_line(s, l);
        bool word = rule && !rule->implied && rule->column > 0;
        diag->column = word ? rule->column : place.column;
        diag->width = word ? rule->width : place.width;
        diag->width = diag->width ? diag->width : 1;
        diag->source = l->text;
}
