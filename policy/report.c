/* Findings on their way to whoever asked for them. They are kept until the end and told in the order of the files' lines,
 * not in that of our passes. At most REPORTS_MAX errors: what follows more is noise. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

int finding_by_place(const void *a, const void *b)
{
        const struct finding *x = a, *y = b;
        if (x->source != y->source)
                return x->source < y->source ? -1 : 1;
        if (x->line != y->line)
                return x->line < y->line ? -1 : 1;
        if (x->column != y->column)
                return x->column < y->column ? -1 : 1;
        return x->order < y->order ? -1 : x->order > y->order;
}

/* Keeps one finding. A note (`of`) is sorted as what it belongs to. */
static void keep(struct compile *c, int severity, const char *id, const struct place *at, const char *hint,
                 const char *message, const struct place *of)
{
        if (!c->request->diag || c->findings.count >= FINDINGS_MAX)
                return;
        struct finding *f = vector_push(&c->findings, sizeof(*f));
        if (!f)
                return;
        *f = (struct finding){
                .source = of->source ? of->source->index : UINT32_MAX,
                .line = of->line ? of->line->number : 0,
                .column = of->line ? of->column : 0,
                .order = c->findings.count,
                .diag = {
                        .severity = severity,
                        .file = at->source ? at->source->name : "-D",
                        .line = at->line ? at->line->number : 0,
                        .column = at->line ? at->column : 0,
                        .width = at->line && at->width ? at->width : 1,
                        .message = arena_copy(c->arena, message, strlen(message)),
                        .hint = hint,
                        .source = at->line ? at->line->text : NULL,
                        .id = id,
                },
        };
        if (!f->diag.message)
                f->diag.message = "out of memory";
}

void reports_deliver(struct compile *c)
{
        struct finding *f = c->findings.items;
        if (c->findings.count > 0)
                qsort(f, c->findings.count, sizeof(*f), finding_by_place);
        for (size_t i = 0; i < c->findings.count; i++)
                c->request->diag(c->request->diag_ctx, &f[i].diag);
        if (c->errors < REPORTS_MAX || !c->request->diag)
                return;
        cordon_diag last = {.severity = CORDON_NOTE, .width = 1, .message = "too many errors; the rest is not shown"};
        last.file = f && c->findings.count > 0 ? f[c->findings.count - 1].diag.file : "-D";
        c->request->diag(c->request->diag_ctx, &last);
}

/* For the first finding in a used file: the chain of lines that brought it in. */
static void blame(struct compile *c, const struct place *of)
{
        for (const struct source *s = of->source; s && s->parent && !s->blamed; s = s->parent) {
                ((struct source *)s)->blamed = true;
                keep(c, CORDON_NOTE, NULL, &s->parent_at, NULL, "it is used here", of);
        }
}

__attribute__((format(printf, 6, 0))) static void report_va(struct compile *c, int severity, const char *id,
                                                            const struct place *at, const char *hint, const char *format,
                                                            va_list args)
{
        char message[1024]; /* a longer message is a longer name in it: cut, it still says what is wrong */
        vsnprintf(message, sizeof(message), format, args);
        keep(c, severity, id, at, hint, message, at);
        blame(c, at);
}

int report(struct compile *c, const struct place *at, const char *hint, const char *format, ...)
{
        va_list args;
        if (++c->errors <= REPORTS_MAX) {
                va_start(args, format);
                report_va(c, CORDON_ERROR, NULL, at, hint, format, args);
                va_end(args);
        }
        return 1;
}

void report_warning(struct compile *c, const struct place *at, const char *hint, const char *format, ...)
{
        va_list args;
        if (++c->warnings > REPORTS_MAX)
                return;
        va_start(args, format);
        report_va(c, CORDON_WARNING, NULL, at, hint, format, args);
        va_end(args);
}

void report_lint(struct compile *c, const char *id, const struct place *at, const char *hint, const char *format, ...)
{
        va_list args;
        if (++c->warnings > REPORTS_MAX)
                return;
        va_start(args, format);
        report_va(c, CORDON_WARNING, id, at, hint, format, args);
        va_end(args);
}

struct place place_word(const struct source *s, const struct line *l, const struct word *w)
{
        return (struct place){.source = s, .line = l, .column = w->column, .width = w->width};
}

/* How many bytes of the text as written make the next decoded one; quotes that only open or close belong to it. */
static size_t written(const char *raw, bool *quoted)
{
        size_t size = 0;
        while (raw[size] == '"') {
                *quoted = !*quoted;
                size++;
        }
        if (*quoted && raw[size] == '\\')
                return size + (raw[size + 1] == 'x' ? 4 : 2);
        return size + 1;
}

struct place place_part(const struct source *s, const struct line *l, const struct word *w, size_t at, size_t length)
{
        const char *raw = l->text + w->column - 1;
        size_t from = 0, to;
        bool quoted = false;
        for (size_t i = 0; i < at; i++)
                from += written(raw + from, &quoted);
        while (raw[from] == '"' && length > 0 && from + 1 < w->width) {
                quoted = !quoted;
                from++;
        }
        to = from;
        for (size_t i = 0; i < length; i++)
                to += written(raw + to, &quoted);
        return (struct place){
                .source = s, .line = l, .column = w->column + (unsigned)from, .width = (unsigned)(to - from)};
}

struct place place_line(const struct source *s, const struct line *l)
{
        size_t blank = strspn(l->text, " \t"), length = strlen(l->text);
        if (l->count > 0) {
                const struct word *last = &l->words[l->count - 1];
                length = last->column + last->width - 1;
        }
        if (length < blank)
                length = blank;
        return (struct place){.source = s, .line = l, .column = (unsigned)blank + 1, .width = (unsigned)(length - blank)};
}

struct place place_file(const struct source *s)
{
        return (struct place){.source = s};
}
