/* The canonical layout of a policy: one that two authors would not argue about, and that keeps their comments.
 *
 * Only blanks, empty lines and quotes that change nothing are touched; words, their order and the comments stay, so the
 * meaning does. Nothing is asked of the verbs but which of them declare, and `expect` and `because`: a file of a later
 * version, or with a misspelt verb, is laid out like any other. What cannot be cut into words is reported, and then there
 * is no text at all.
 *
 * Lines are laid out by blocks, which empty lines separate. In a block
 *   - verbs of up to five letters are padded to the longest of these; what declares (param, use, …) is not;
 *   - two or more `expect` lines have columns for allow or deny, and for the access;
 *   - `because` begins at a stop; a comment behind a line begins at one column for all lines that leave room for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"
#include "policy/format.h"

#define PADDED_MOST 5u    /* longer words stand as they are */
#define REASON_FIRST 21u  /* columns count from 0 here */
#define REASON_STEP 4u
#define REASON_GAP 3u
#define COMMENT_FIRST 28u
#define COMMENT_STEP 4u
#define COMMENT_LAST 60u
#define COMMENT_GAP 2u

struct block { /* lines[from, to), and what they have in common */
        const struct line *lines;
        size_t from, to;
        size_t verb, claim, access; /* widths that words are padded to; 0: not at all */
        size_t comment;
};

static size_t most(size_t a, size_t b)
{
        return a > b ? a : b;
}

/* The first of first, first + step, … that is not before `at`. */
static size_t stop(size_t at, size_t first, size_t step)
{
        return at <= first ? first : first + (at - first + step - 1) / step * step;
}

/* How many characters; their widths on a terminal are the editor's business. */
static size_t columns(const char *text, size_t length)
{
        size_t count = 0;
        for (size_t i = 0; i < length; i++)
                count += ((unsigned char)text[i] & 0xc0) != 0x80;
        return count;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static const char *raw(const struct line *l, size_t i)
{
        return l->text + l->words[i].column - 1;
}

static bool is(const struct line *l, size_t i, const char *text)
{
        return i < l->count && !strcmp(l->words[i].text, text);
}

/* Small letters alone may be a word of the language, now or later: there, quotes tell a name from it. */
static bool may_be_keyword(const struct word *w)
{
        return w->text[strspn(w->text, "abcdefghijklmnopqrstuvwxyz?")] == '\0';
}

/* Whether the word would be another one without its quotes. Its text holds what they enclose, decoded. */
static bool quotes_needed(const struct line *l, size_t i)
{
        const struct word *w = &l->words[i];
        if (w->length == 0 || (i > 0 && may_be_keyword(w)) || memchr(raw(l, i), '\\', w->width))
                return true;
        for (size_t at = 0; at < w->length; at++) {
                if (w->text[at] <= ' ' || w->text[at] > '~') /* also what is no ASCII: it may look like a blank */
                        return true;
                if (strchr("*?[]{}~#@", w->text[at]))
                        return true;
        }
        return false;
}

/* A reason is one word at the end, behind `because`. It is prose, and has its quotes in any case. */
static bool is_reason(const struct line *l, size_t i)
{
        return i >= 2 && i + 1 == l->count && is(l, i - 1, "because") && l->words[i - 1].marks[0] == MARK_PLAIN;
}

static void put_word(struct buf *out, const struct line *l, size_t i)
{
        const struct word *w = &l->words[i];
        bool quoted = memchr(raw(l, i), '"', w->width) != NULL;
        if (is_reason(l, i) && !quoted)
                buf_str(out, "\"");
        if (quoted && !is_reason(l, i) && !quotes_needed(l, i))
                buf_add(out, w->text, w->length);
        else
                buf_add(out, raw(l, i), w->width);
        if (is_reason(l, i) && !quoted)
                buf_str(out, "\"");
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static bool declares(const struct line *l)
{
        static const char *const names[] = {"cordon", "param", "let", "use", "use?"};
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
                if (is(l, 0, names[i]))
                        return true;
        }
        return false;
}

static bool claims(const struct line *l)
{
        return l->count > 3 && is(l, 0, "expect");
}

static void put_blanks(struct buf *out, size_t count)
{
        while (count-- > 0)
                buf_str(out, " ");
}

/* How many blanks stand before word `i`, where `at` columns are written, `before` of them by the word before. */
static size_t gap(const struct block *b, const struct line *l, size_t i, size_t at, size_t before)
{
        size_t padded = i == 1 && !declares(l) ? b->verb : 0;
        if (claims(l) && i > 1)
                padded = i == 2 ? b->claim : i == 3 ? b->access : 0;
        if (is_reason(l, i + 1))
                return stop(at + REASON_GAP, REASON_FIRST, REASON_STEP) - at;
        return 1 + (padded > before ? padded - before : 0);
}

/* Returns how many columns the line takes. */
static size_t put_line(struct buf *out, const struct block *b, const struct line *l)
{
        size_t at = 0, before = 0;
        for (size_t i = 0; i < l->count && !out->bad; i++) {
                size_t blanks = i > 0 ? gap(b, l, i, at, before) : 0, start = out->length + blanks;
                put_blanks(out, blanks);
                put_word(out, l, i);
                before = out->bad ? 0 : columns(out->data + start, out->length - start);
                at += blanks + before;
        }
        return at;
}

/* The comment of a line, without what is blank at its end; NULL where there is none. */
static const char *comment_of(const struct line *l, size_t *length)
{
        const struct word *last = l->count > 0 ? &l->words[l->count - 1] : NULL;
        const char *text = l->text + (last ? last->column - 1 + last->width : 0);
        text += strspn(text, " \t");
        *length = strlen(text);
        while (*length > 0 && strchr(" \t\r", text[*length - 1]))
                --*length;
        return *length > 0 ? text : NULL;
}

static void put_comment(struct buf *out, const struct block *b, size_t at, const char *text, size_t length)
{
        if (at > 0)
                put_blanks(out, b->comment >= at + COMMENT_GAP ? b->comment - at : COMMENT_GAP);
        buf_add(out, text, length);
}

/* ---- blocks ----------------------------------------------------------------------------------------------------- */

static bool is_empty(const struct line *l)
{
        size_t length;
        return l->count == 0 && !comment_of(l, &length);
}

static void widen(size_t *width, const struct line *l, size_t i)
{
        struct buf word cleanup_buf = {0};
        put_word(&word, l, i);
        size_t size = word.data ? columns(word.data, word.length) : 0;
        if (size <= PADDED_MOST)
                *width = most(*width, size);
}

/* Finds what the lines of a block have in common; scratch memory that lacks shows when the lines are written. */
static void measure(struct block *b)
{
        size_t count = 0, ignored;
        for (size_t i = b->from; i < b->to; i++) {
                if (b->lines[i].count > 0 && !declares(&b->lines[i]))
                        widen(&b->verb, &b->lines[i], 0);
                count += claims(&b->lines[i]);
        }
        for (size_t i = b->from; i < b->to && count > 1; i++) {
                if (claims(&b->lines[i]))
                        widen(&b->access, &b->lines[i], 2);
        }
        b->claim = count > 1 ? strlen("allow") : 0;
        b->comment = COMMENT_FIRST;
        for (size_t i = b->from; i < b->to; i++) {
                struct buf line cleanup_buf = {0};
                if (b->lines[i].count == 0 || !comment_of(&b->lines[i], &ignored))
                        continue;
                size_t needs = put_line(&line, b, &b->lines[i]) + COMMENT_GAP;
                if (needs <= COMMENT_LAST)
                        b->comment = most(b->comment, stop(needs, COMMENT_FIRST, COMMENT_STEP));
        }
}

static void put_block(struct buf *out, struct block *b)
{
        const char *first = b->lines[b->from].text;
        measure(b);
        if (out->length > 0 || !strncmp(first + strspn(first, " \t"), "\xef\xbb\xbf", 3)) /* at the start it would be gone */
                buf_str(out, "\n");
        for (size_t i = b->from; i < b->to && !out->bad; i++) {
                size_t length = 0, at = put_line(out, b, &b->lines[i]);
                const char *comment = comment_of(&b->lines[i], &length);
                if (comment)
                        put_comment(out, b, at, comment, length);
                buf_str(out, "\n");
        }
}

static void put_lines(struct buf *out, const struct source *s)
{
        struct block b = {.lines = s->lines};
        for (size_t i = 0; i < s->line_count; i = b.to) {
                b = (struct block){.lines = s->lines, .from = i, .to = i};
                while (b.to < s->line_count && !is_empty(&s->lines[b.to]))
                        b.to++;
                if (b.to > i)
                        put_block(out, &b);
                else
                        b.to++;
        }
}

/* ---- a text ----------------------------------------------------------------------------------------------------- */

static int cut(struct compile *c, struct source *s, const char *text, size_t length)
{
        char *copy = arena_copy(c->arena, text, length);
        int r = copy ? text_split(c, s, copy, length) : -ENOMEM;
        for (size_t i = 0; i < s->line_count && r != -ENOMEM; i++) {
                if (lex_line(c, s, &s->lines[i]) == -ENOMEM)
                        r = -ENOMEM;
        }
        return r;
}

int policy_format(struct buf *out, const char *name, const char *text, size_t length, cordon_diag_fn *diag, void *diag_ctx)
{
        struct arena arena = {0};
        struct policy_request request = {.diag = diag, .diag_ctx = diag_ctx};
        struct compile c = {.request = &request, .arena = &arena};
        struct source s = {.name = name};
        int r = length > POLICY_TEXT_MOST ? -EFBIG : length > 0 ? cut(&c, &s, text, length) : 0;
        if (r >= 0)
                reports_deliver(&c);
        if (r >= 0 && c.errors > 0)
                r = -EINVAL;
        if (r == 0)
                put_lines(out, &s);
        if (r == 0 && out->bad)
                r = -ENOMEM;
        vector_free(&c.findings);
        arena_free(&arena);
        return r;
}
