/* Is it text? A policy is UTF-8 without NUL; a line ends with LF or CRLF. One clear finding about what is none. */
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

/* The length of the UTF-8 sequence at `s`, 0 where there is none. */
static size_t sequence(const unsigned char *s, size_t left)
{
        size_t size = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
        if (size == 0 || size > left)
                return 0;
        for (size_t i = 1; i < size; i++) {
                if ((s[i] & 0xc0) != 0x80)
                        return 0;
        }
        bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
        bool outside = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
        return overlong || outside ? 0 : size;
}

/* Where the first byte is that is not text, or `length`. */
static size_t bad_byte(const char *text, size_t length)
{
        size_t at = 0;
        while (at < length) {
                size_t size = text[at] == '\0' ? 0 : sequence((const unsigned char *)text + at, length - at);
                if (size == 0)
                        return at;
                at += size;
        }
        return at;
}

static int complain(struct compile *c, const struct source *s, const char *text, size_t length, size_t at)
{
        size_t start = at, end = at;
        struct line line = {.number = 1};
        for (size_t i = 0; i < at; i++)
                line.number += text[i] == '\n';
        while (start > 0 && text[start - 1] != '\n')
                start--;
        while (end < length && text[end] != '\n' && text[end] != '\0' && end - start < 200)
                end++;
        line.text = arena_copy(c->arena, text + start, end > start ? end - start : 0);
        if (!line.text)
                return -ENOMEM;
        struct place place = {.source = s, .line = &line, .column = (unsigned)(at - start) + 1, .width = 1};
        if (text[at] == '\0')
                return report(c, &(struct place){.source = s}, "a policy is UTF-8 text",
                              "this is a binary file: line %u has a NUL byte", line.number);
        return report(c, &place, "a policy is UTF-8 text", "the byte 0x%02x is not UTF-8", (unsigned char)text[at]);
}

int text_split(struct compile *c, struct source *s, char *text, size_t length)
{
        size_t bad = bad_byte(text, length), count = 0;
        if (bad < length)
                return complain(c, s, text, length, bad);
        if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark says nothing here */
                text += 3;
                length -= 3;
        }
        for (size_t i = 0; i < length; i++)
                count += text[i] == '\n';
        s->lines = arena_alloc(c->arena, (count + 1) * sizeof(*s->lines));
        if (!s->lines)
                return -ENOMEM;
        for (size_t at = 0; at < length;) {
                char *end = memchr(text + at, '\n', length - at);
                size_t stop = end ? (size_t)(end - text) : length;
                size_t next = stop + 1;
                text[stop] = '\0';
                if (stop > at && text[stop - 1] == '\r')
                        text[stop - 1] = '\0';
                s->lines[s->line_count] = (struct line){.text = text + at, .number = (unsigned)s->line_count + 1};
                s->line_count++;
                at = next;
        }
        return 0;
}
