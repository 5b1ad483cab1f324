/* The bundles, as text, compiled in from policy/bundles/. */
#ifndef POLICY_BUNDLES_H
#define POLICY_BUNDLES_H

#include <stddef.h>

struct bundle {
        const char *name; /* "base" */
        const char *text;
};

extern const struct bundle bundles[]; /* ends with a NULL name */

#endif
