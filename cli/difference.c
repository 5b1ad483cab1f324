/* What makes one text out of another, line by line, as diff -u has it. What is the same at the beginning and at the end is set
 * aside; of what is left between, the longest common sequence stays, where that is not too much to look for. Otherwise lines find
 * their partners by walking along both texts; where they do not, the result is longer, and still true. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/text.h"
#include "cordon.h"

#define CONTEXT 3u
#define CELLS_MOST (4u << 20) /* 16 MiB, for a moment */

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

static void keep_lines(struct walk *w, size_t from, size_t to)
{
        for (; from < to; from++)
                w->edits[w->count++] = (struct edit){' ', w->was[from]};
}

static void walk_along(struct walk *w, size_t i, size_t j, size_t was_end, size_t now_end)
{
        while (i < was_end || j < now_end) {
                bool was = i < was_end, now = j < now_end;
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

/* lengths[i][j]: of the longest common sequence of what begins with these lines. False: there are too many of them. */
static bool keep_longest(struct walk *w, size_t first, size_t was_end, size_t now_end)
{
        size_t rows = was_end - first, columns = now_end - first + 1, i, j;
        uint32_t *lengths = rows < CELLS_MOST / columns ? calloc((rows + 1) * columns, sizeof(*lengths)) : NULL;

        if (!lengths)
                return false;
        for (i = rows; i-- > 0;)
                for (j = columns - 1; j-- > 0;) {
                        uint32_t *here = &lengths[i * columns + j], below = here[columns], beside = here[1];
                        *here = same(&w->was[first + i], &w->now[first + j]) ? here[columns + 1] + 1
                                : below > beside                             ? below
                                                                             : beside;
                }
        for (i = j = 0; i < rows || j + 1 < columns;) {
                const uint32_t *here = &lengths[i * columns + j];
                bool was = i < rows, now = j + 1 < columns;
                if (was && now && same(&w->was[first + i], &w->now[first + j])) {
                        w->edits[w->count++] = (struct edit){' ', w->was[first + i++]};
                        j++;
                } else if (was && (!now || here[columns] >= here[1])) {
                        w->edits[w->count++] = (struct edit){'-', w->was[first + i++]};
                } else {
                        w->edits[w->count++] = (struct edit){'+', w->now[first + j++]};
                }
        }
        free(lengths);
        return true;
}

static void find_edits(struct walk *w)
{
        size_t first = 0, was_end = w->was_count, now_end = w->now_count;

        while (first < was_end && first < now_end && same(&w->was[first], &w->now[first]))
                first++;
        while (was_end > first && now_end > first && same(&w->was[was_end - 1], &w->now[now_end - 1])) {
                was_end--;
                now_end--;
        }
        keep_lines(w, 0, first);
        if (!keep_longest(w, first, was_end, now_end))
                walk_along(w, first, first, was_end, now_end);
        keep_lines(w, was_end, w->was_count);
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

void put_difference(const char *name, const char *what, const char *was, size_t was_length, const char *now, size_t now_length)
{
        struct walk w = {0};

        w.was = cut(was, was_length, &w.was_count);
        w.now = cut(now, now_length, &w.now_count);
        w.edits = calloc(w.was_count + w.now_count + 1, sizeof(*w.edits));
        for (int side = 0; side < 2; side++) {
                fputs(side ? "+++ " : "--- ", stdout);
                put_escaped(name, strlen(name));
                printf("%s\n", side ? what : "");
        }
        if (w.was && w.now && w.edits) {
                find_edits(&w);
                put_hunks(&w);
        }
        free(w.edits);
        free(w.now);
        free(w.was);
}
