/* "did you mean …?": the edit distance that counts two swapped neighbours as one slip, since that is how people type, and a
 * letter in the other case as none. */
#include <string.h>

#include "policy/compile.h"

#define NAME_MAX_COMPARED 40
#define OFFERS_MAX 2000u /* a policy with more variables is none that a person misspelt one in */

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

static char lower(char c)
{
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool alike(char a, char b)
{
        return lower(a) == lower(b);
}

static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
        size_t rows[3][NAME_MAX_COMPARED + 1];
        size_t *before = rows[0], *last = rows[1], *now = rows[2];
        for (size_t j = 0; j <= m; j++)
                last[j] = j;
        for (size_t i = 1; i <= n; i++) {
                now[0] = i;
                for (size_t j = 1; j <= m; j++) {
                        now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !alike(a[i - 1], b[j - 1]));
                        if (i > 1 && j > 1 && alike(a[i - 1], b[j - 2]) && alike(a[i - 2], b[j - 1]))
                                now[j] = least(now[j], before[j - 2] + 1);
                }
                size_t *oldest = before;
                before = last;
                last = now;
                now = oldest;
        }
        return last[m];
}

/* Where nothing is reported any more, nothing is looked for. */
struct nearest nearest_begin(const struct compile *c, const char *wanted)
{
        return (struct nearest){.wanted = c->errors < REPORTS_MAX ? wanted : ""};
}

bool nearest_done(const struct nearest *n)
{
        return !*n->wanted || n->offered >= OFFERS_MAX;
}

void nearest_offer(struct nearest *n, const char *name)
{
        if (nearest_done(n))
                return;
        n->offered++;
        size_t wanted = strlen(n->wanted), length = strlen(name);
        if (wanted > NAME_MAX_COMPARED || length > NAME_MAX_COMPARED)
                return;
        size_t d = distance(n->wanted, wanted, name, length);
        size_t most = least(wanted, length) <= 4 ? 1 : least(wanted, length) <= 8 ? 2 : 3;
        if (wanted >= 3 && wanted < length && strncmp(n->wanted, name, wanted) == 0)
                d = 1; /* cut short */
        if (d <= most && d < least(wanted, length) && (!n->best || d < n->distance)) {
                n->best = name;
                n->distance = d;
        }
}

const char *nearest_hint(struct compile *c, const struct nearest *n, const char *sigil)
{
        return n->best ? arena_printf(c->arena, "did you mean '%s%s'?", sigil, n->best) : NULL;
}
