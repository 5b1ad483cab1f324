/* "did you mean": the optimal string alignment distance, so that two swapped letters count as one mistake. */
#include <string.h>

#include "cli/options.h"

enum { LONGEST = 31 };

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

static size_t distance(const char *a, const char *b)
{
        size_t n = strlen(a), m = strlen(b);
        size_t d[LONGEST + 1][LONGEST + 1];

        if (n > LONGEST || m > LONGEST)
                return LONGEST;
        for (size_t i = 0; i <= n; i++)
                d[i][0] = i;
        for (size_t j = 0; j <= m; j++)
                d[0][j] = j;
        for (size_t i = 1; i <= n; i++) {
                for (size_t j = 1; j <= m; j++) {
                        d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1);
                        d[i][j] = least(d[i][j], d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
                }
        }
        return d[n][m];
}

const char *nearest(const char *word, const char *const *names, size_t stride, size_t count)
{
        const char *best = NULL;
        size_t length = strlen(word), best_distance = length < 4 ? 2 : length / 3 + 2; /* "wirte" may be two off, "cat" but one */

        for (size_t i = 0; i < count; i++) {
                const char *name = *(const char *const *)((const char *)names + i * stride);
                size_t d = distance(word, name);
                if (d < best_distance && d < strlen(name)) {
                        best = name;
                        best_distance = d;
                }
        }
        return best;
}
