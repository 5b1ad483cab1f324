/* All names there are, as far as some patterns tell them apart. Names that match the same ones of the patterns are one
 * class; each class that has a name is given by one. So a finite number of names stands for all, and what holds for
 * these holds for every name. */
#ifndef POLICY_NAMES_H
#define POLICY_NAMES_H

#include <stddef.h>

struct names_text {
        const char *text;
        size_t length;
};

typedef int names_fn(void *ctx, const char *name, size_t length);

/* Calls `fn` with one name of each class of names that component_match() tells apart by `patterns`. Names that are
 * among `avoid` are left out, as are "." and "..". Stops where `fn` returns something else than 0, and returns that.
 * -E2BIG: there are too many classes to be told. -ENOMEM. */
int names_partition(const struct names_text *patterns, size_t count, const struct names_text *avoid, size_t avoid_count,
                    names_fn *fn, void *ctx);

#endif
