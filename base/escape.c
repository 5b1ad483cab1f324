/* Nothing that a sandbox chose reaches a terminal raw: control bytes, escapes and broken UTF-8 become \xNN. The C1
 * controls (U+0080 to U+009F) and the bidirectional overrides are valid UTF-8 and still able to deceive, so they too. */
#include "cordon.h"

#include <stdbool.h>
#include <string.h>

/* The length of the valid UTF-8 sequence at `s`, or 0. */
static size_t sequence(const unsigned char *s, uint32_t *point)
{
        static const struct {
                unsigned char mask, lead;
                uint32_t least;
        } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

        for (size_t extra = 0; extra < 4; extra++) {
                if ((s[0] & forms[extra].mask) != forms[extra].lead)
                        continue;
                uint32_t value = s[0] & (uint32_t)(unsigned char)~forms[extra].mask;
                for (size_t i = 1; i <= extra; i++) {
                        if ((s[i] & 0xc0) != 0x80)
                                return 0;
                        value = value << 6 | (s[i] & 0x3f);
                }
                if (value < forms[extra].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
                        return 0;
                *point = value;
                return extra + 1;
        }
        return 0;
}

static bool harmless(uint32_t point)
{
        if (point < 0x20 || (point >= 0x7f && point < 0xa0))
                return false;
        return !(point >= 0x202a && point <= 0x202e) && !(point >= 0x2066 && point <= 0x2069) &&
               point != 0x200e && point != 0x200f && point != 0x2028 && point != 0x2029;
}

size_t cordon_escape(const char *text, char *buf, size_t size)
{
        static const char hex[] = "0123456789abcdef";
        const unsigned char *s = (const unsigned char *)text;
        size_t at = 0, fits = 0;
        bool full = false;

        while (*s) {
                uint32_t point = 0;
                size_t length = sequence(s, &point);
                bool plain = length > 0 && harmless(point);
                size_t step = length > 0 ? length : 1;
                size_t needs = plain ? step : 4 * step;
                full = full || at + needs >= size; /* once cut, cut: no gap, and never in the middle of a sequence */
                if (!full) {
                        for (size_t i = 0; i < step; i++) {
                                if (plain)
                                        buf[at + i] = (char)s[i];
                                else
                                        memcpy(buf + at + 4 * i, (char[]){'\\', 'x', hex[s[i] >> 4], hex[s[i] & 15]}, 4);
                        }
                        fits = at + needs;
                }
                at += needs;
                s += step;
        }
        if (size > 0)
                buf[fits] = '\0';
        return at;
}
