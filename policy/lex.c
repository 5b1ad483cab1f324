/* A line to words. Quotes make what is in them literal but for `$`; a backslash means something only in quotes, so that
 * a Windows path or a shell habit is an error and not a different path. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

static bool blank(char c)
{
        return c == ' ' || c == '\t';
}

static bool control(char c)
{
        return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static int wrong(struct compile *c, const struct source *s, struct line *l, size_t at, size_t width, const char *hint,
                 const char *message)
{
        struct place place = {.source = s, .line = l, .column = (unsigned)at + 1, .width = (unsigned)width};
        l->bad = true;
        return report(c, &place, hint, "%s", message);
}

/* Where the word that begins at `at` ends. Also checks its quotes and characters. */
static int word_end(struct compile *c, const struct source *s, struct line *l, size_t at, size_t *end)
{
        const char *text = l->text;
        size_t quote = 0, i;
        bool quoted = false;
        for (i = at; text[i] && (quoted || !blank(text[i])); i++) {
                if (control(text[i]))
                        return wrong(c, s, l, i, 1, "in quotes, write it as \\xNN", "there is a control character here");
                if (text[i] == '"') {
                        quoted = !quoted;
                        quote = i;
                } else if (text[i] == '\\' && !quoted) {
                        return wrong(c, s, l, i, 1, "put the word in quotes: \"…\"",
                                     "a backslash means something in quotes only");
                } else if (text[i] == '\\' && text[i + 1]) {
                        i++;
                }
        }
        if (quoted)
                return wrong(c, s, l, quote, 1, "add a closing '\"'", "this quote is never closed");
        *end = i;
        return 0;
}

static int hex(char c)
{
        return isdigit((unsigned char)c)    ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

/* Decodes the escape at text[at] == '\\'. Returns its length, 0 where it is none. */
static size_t escape(const char *text, char *out)
{
        static const char from[] = "\"\\nt$", to[] = "\"\\\n\t$";
        const char *found = text[1] ? strchr(from, text[1]) : NULL;
        if (found) {
                *out = to[found - from];
                return 2;
        }
        if (text[1] != 'x' || hex(text[2]) < 0 || hex(text[3]) < 0)
                return 0;
        *out = (char)(hex(text[2]) << 4 | hex(text[3]));
        return *out ? 4 : 0;
}

static int decode(struct compile *c, const struct source *s, struct line *l, size_t at, size_t end, struct word *out)
{
        const char *text = l->text;
        size_t n = 0;
        bool quoted = false;
        char *decoded = arena_copy(c->arena, text + at, end - at);
        unsigned char *marks = (unsigned char *)arena_copy(c->arena, text + at, end - at);
        if (!decoded || !marks)
                return -ENOMEM;
        for (size_t i = at; i < end;) {
                size_t size = 1;
                if (text[i] == '"') {
                        quoted = !quoted;
                        i++;
                        continue;
                }
                decoded[n] = text[i];
                marks[n] = quoted ? MARK_QUOTED : MARK_PLAIN;
                if (quoted && text[i] == '\\') {
                        size = escape(text + i, &decoded[n]);
                        if (size == 0)
                                return wrong(c, s, l, i, 2, "there are \\\" \\\\ \\$ \\n \\t and \\xNN (not \\x00)",
                                             "this escape is not known");
                        marks[n] = MARK_LITERAL;
                }
                i += size;
                n++;
        }
        decoded[n] = '\0';
        *out = (struct word){.text = decoded, .marks = marks, .length = n, .column = (unsigned)at + 1,
                             .width = (unsigned)(end - at)};
        return 0;
}

static size_t count_words(const char *text)
{
        size_t count = 0;
        if (text[strspn(text, " \t")] == '#')
                return 0;
        for (size_t i = 0; text[i]; i++)
                count += !blank(text[i]) && (i == 0 || blank(text[i - 1]));
        return count;
}

int lex_line(struct compile *c, const struct source *s, struct line *l)
{
        size_t at = 0, most = count_words(l->text);
        if (most == 0)
                return 0;
        l->words = arena_alloc(c->arena, most * sizeof(*l->words));
        if (!l->words)
                return -ENOMEM;
        for (;;) {
                size_t end = 0;
                while (blank(l->text[at]))
                        at++;
                if (!l->text[at] || l->text[at] == '#')
                        return 0;
                int r = word_end(c, s, l, at, &end);
                if (r == 0 && end - at > WORD_MAX)
                        r = wrong(c, s, l, at, 1, "65536 bytes are the most", "this word is too long");
                if (r == 0)
                        r = decode(c, s, l, at, end, &l->words[l->count]);
                if (r != 0)
                        return r;
                l->count++;
                at = end;
        }
}
