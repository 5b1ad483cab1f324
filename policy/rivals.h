/* Every rule that matches a path, one by one and without the trie: which of them wins, and why each of the others lost. The
 * evaluator needs none of this; a test holds the two against each other. */
#ifndef POLICY_RIVALS_H
#define POLICY_RIVALS_H

#include <stddef.h>

#include "policy/policy.h"

enum loss {
        LOSS_NONE,     /* the winner */
        LOSS_NEVER,    /* a `never` matches */
        LOSS_DEPTH,    /* another one reaches deeper into the path */
        LOSS_WILDCARD, /* another one ends in a name, this one in a wildcard */
        LOSS_FILE,     /* another one stands in a file that counts more */
        LOSS_IMPLIED,  /* a written rule beats one that a world line implies */
        LOSS_STRICTER, /* another one is stricter */
        LOSS_SAME,     /* another one says the same */
        LOSS_FIRST,    /* another one is from a text that counts more than files do */
};

struct rival {
        const struct rule *rule;
        unsigned depth; /* components of the path that its pattern takes up */
        enum loss loss;
};

/* An array for the caller to free, the winner first, then those that came nearest. 0, or -ENOMEM. */
int policy_rivals(const struct policy *p, const char *path, struct rival **out, size_t *count);

#endif
