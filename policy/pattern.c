/* Matching one component: a scan with a single point to come back to, since a later `*` makes an earlier one needless. */
#include "policy/pattern.h"

size_t pattern_character(const char *text, size_t length, uint32_t *point)
{
        const unsigned char *s = (const unsigned char *)text;
        size_t size = s[0] < 0xc2 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 1;
        *point = s[0];
        if (size == 1 || size > length) {
                *point += s[0] < 0x80 ? 0 : PATTERN_BYTES; /* a stray byte equals nothing but itself */
                return 1;
        }
        uint32_t value = s[0] & (0xffu >> (size + 1));
        for (size_t i = 1; i < size; i++) {
                if ((s[i] & 0xc0) != 0x80) {
                        *point += PATTERN_BYTES;
                        return 1;
                }
                value = value << 6 | (s[i] & 0x3f);
        }
        *point = value;
        return size;
}

size_t pattern_class(const char *pattern, size_t length, uint32_t point, bool *hit)
{
        size_t at = 1;
        bool negated = at < length && pattern[at] == '!', found = false;
        at += negated;
        for (size_t first = at; at < length && (pattern[at] != ']' || at == first);) {
                uint32_t low, high;
                at += pattern_character(pattern + at, length - at, &low);
                high = low;
                if (at + 1 < length && pattern[at] == '-' && pattern[at + 1] != ']') {
                        at++;
                        at += pattern_character(pattern + at, length - at, &high);
                }
                found = found || (low <= point && point <= high);
        }
        *hit = at < length && found != negated;
        return at < length ? at + 1 : length;
}

/* Matches one pattern item (not `*`) against one character; 0 where it does not match, else the item's length. */
static size_t item_match(const char *pattern, size_t length, const char *name, size_t name_length, size_t *eaten)
{
        uint32_t wanted, point;
        *eaten = pattern_character(name, name_length, &point);
        if (pattern[0] == '?')
                return 1;
        if (pattern[0] == '[') {
                bool hit;
                size_t size = pattern_class(pattern, length, point, &hit);
                return hit ? size : 0;
        }
        size_t size = pattern_character(pattern, length, &wanted);
        return wanted == point ? size : 0;
}

/* Most names end otherwise than the pattern does. What is compared here are ASCII characters that stand for themselves: one
 * in a class has a `]` behind it, and a class without its end matches nothing. */
static bool ends_alike(const char *pattern, size_t length, const char *name, size_t name_length)
{
        for (; length > 0; length--, name_length--) {
                const char last = pattern[length - 1];
                if (last == '*' || last == '?' || last == ']' || (unsigned char)last >= 0x80)
                        return true;
                if (name_length == 0 || name[name_length - 1] != last)
                        return false;
        }
        return name_length == 0;
}

bool component_match(const char *pattern, size_t length, const char *name, size_t name_length)
{
        if (!ends_alike(pattern, length, name, name_length))
                return false;
        size_t p = 0, n = 0, star = SIZE_MAX, from = 0;
        while (n < name_length) {
                size_t eaten = 1, step = 0;
                if (p < length && pattern[p] == '*') {
                        star = ++p;
                        from = n;
                        continue;
                }
                if (p < length)
                        step = item_match(pattern + p, length - p, name + n, name_length - n, &eaten);
                if (step > 0) {
                        p += step;
                        n += eaten;
                } else if (star != SIZE_MAX) {
                        uint32_t skipped;
                        from += pattern_character(name + from, name_length - from, &skipped);
                        p = star;
                        n = from;
                } else {
                        return false;
                }
        }
        while (p < length && pattern[p] == '*')
                p++;
        return p == length;
}
