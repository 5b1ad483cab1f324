/* Where policies that are named without a slash are looked for. */
#ifndef LIB_SEARCH_H
#define LIB_SEARCH_H

#include <limits.h>

#include "cordon.h"

struct search_path {
        char config[PATH_MAX];
        const char *standard[4];
        const char *const *directories; /* ends with NULL */
        char passwd[4096];
        const char *home; /* what ~ means, by the same options */
};

/* Fills in what the options leave open. Refers to the options and to itself: neither may move. */
void search_path_init(struct search_path *out, const cordon_policy_options *options);

#endif
