/* What a new layout changes, line by line, as diff -u has it. The layout keeps the order of lines and takes only empty ones
 * away, so lines find their partners by walking along both texts; where they do not, the result is longer, and still true. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/text.h"
#include "cordon.h"

#define CONTEXT 3u

struct piece {
        const char *text;
        size_t length; /* with the line break, which the last line may lack */
};

struct edit {
        char kind; /* ' ', '-' or '+' */
        struct piece line;
};

struct walk {
        struct piece *was, *now;
        size_t was_count, now_count;
        struct edit *edits;
        size_t count;
};

/* ---- showing ---------------------------------------------------------------------------------------------------- */

static void put_escaped(const char *text, size_t length)
{
        char *copy = strndup(text, length);
        size_t size = copy ? cordon_escape(copy, NULL, 0) + 1 : 0;
        char *safe = copy ? malloc(size) : NULL;

        if (safe) {
                cordon_escape(copy, safe, size);
                fputs(safe, stdout);
        }
        free(safe);
        free(copy);
}

void put_text(const char *text, size_t length)
{
        if (!isatty(STDOUT_FILENO)) {
                fwrite(text, 1, length, stdout);
                return;
        }
        for (size_t at = 0; at < length; at++) {
                size_t part = 0;
                while (at + part < length && text[at + part] != '\n' && text[at + part] != '\t')
                        part++;
                put_escaped(text + at, part);
                at += part;
                if (at < length)
                        putchar(text[at]);
        }
}

static void put_edit(const struct edit *e)
{
        putchar(e->kind);
        put_text(e->line.text, e->line.length);
        if (e->line.length == 0 || e->line.text[e->line.length - 1] != '\n')
                fputs("\n\\ No newline at end of file\n", stdout);
}

/* ---- finding ---------------------------------------------------------------------------------------------------- */

static struct piece *cut(const char *text, size_t length, size_t *count)
{
        size_t most = 1;

        for (size_t i = 0; i < length; i++)
                most += text[i] == '\n';
        struct piece *pieces = calloc(most, sizeof(*pieces));
        *count = 0;
        for (size_t at = 0; pieces && at < length;) {
                const char *end = memchr(text + at, '\n', length - at);
                size_t size = end ? (size_t)(end - text) + 1 - at : length - at;
                pieces[(*count)++] = (struct piece){text + at, size};
                at += size;
        }
        return pieces;
}

static bool same(const struct piece *a, const struct piece *b)
{
        return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool blank(const struct piece *p)
{
        for (size_t i = 0; i < p->length; i++) {
                if (!strchr(" \t\r\n", p->text[i]))
                        return false;
        }
        return true;
}

static void walk_along(struct walk *w)
{
        size_t i = 0, j = 0;

        while (i < w->was_count || j < w->now_count) {
                bool was = i < w->was_count, now = j < w->now_count;
                if (was && now && same(&w->was[i], &w->now[j])) {
                        w->edits[w->count++] = (struct edit){' ', w->was[i++]};
                        j++;
                        continue;
                }
                bool lone_was = was && (!now || blank(&w->was[i])), lone_now = now && (!was || blank(&w->now[j]));
                if (lone_was || !lone_now)
                        w->edits[w->count++] = (struct edit){'-', w->was[i++]};
                if (lone_now || !lone_was)
                        w->edits[w->count++] = (struct edit){'+', w->now[j++]};
        }
}

/* Shows edits[from, to); `was` and `now` are the numbers of the lines before it. */
static void put_hunk(const struct walk *w, size_t from, size_t to, size_t was, size_t now)
{
        size_t taken = 0, given = 0;

        for (size_t i = from; i < to; i++) {
                taken += w->edits[i].kind != '+';
                given += w->edits[i].kind != '-';
        }
        printf("@@ -%zu,%zu +%zu,%zu @@\n", was + (taken > 0), taken, now + (given > 0), given);
        for (size_t i = from; i < to; i++)
                put_edit(&w->edits[i]);
}

static void put_hunks(const struct walk *w)
{
        size_t was = 0, now = 0, counted = 0;

        for (size_t i = 0; i < w->count; i++) {
                if (w->edits[i].kind == ' ')
                        continue;
                size_t from = i > counted + CONTEXT ? i - CONTEXT : counted, to = i + 1, quiet = 0;
                for (size_t k = i + 1; k < w->count && quiet <= 2 * CONTEXT; k++) {
                        quiet = w->edits[k].kind == ' ' ? quiet + 1 : 0;
                        to = quiet <= CONTEXT ? k + 1 : to;
                }
                for (; counted < from; counted++) { /* all of them are unchanged */
                        was++;
                        now++;
                }
                put_hunk(w, from, to, was, now);
                for (; counted < to; counted++) {
                        was += w->edits[counted].kind != '+';
                        now += w->edits[counted].kind != '-';
                }
                i = to - 1;
        }
}

void put_difference(const char *name, const char *was, size_t was_length, const char *now, size_t now_length)
{
        struct walk w = {0};

        w.was = cut(was, was_length, &w.was_count);
        w.now = cut(now, now_length, &w.now_count);
        w.edits = calloc(w.was_count + w.now_count + 1, sizeof(*w.edits));
        for (int side = 0; side < 2; side++) {
                fputs(side ? "+++ " : "--- ", stdout);
                put_escaped(name, strlen(name));
                fputs(side ? " (formatted)\n" : "\n", stdout);
        }
        if (w.was && w.now && w.edits) {
                walk_along(&w);
                put_hunks(&w);
        }
        free(w.edits);
        free(w.now);
        free(w.was);
}
