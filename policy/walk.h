/* The walk of the one evaluator, for those who take it step by step: a set of active nodes, and the best rule so far.
 * Copying a struct walk makes no second walk: it points into itself. */
#ifndef POLICY_WALK_H
#define POLICY_WALK_H

#include "policy/compiled.h"

/* The best rule so far. Depth only grows during a walk. */
struct best {
        const struct rule *rule;
        unsigned depth;
        bool exact; /* its last component is a name, not a wildcard */
};

struct walk {
        const struct trie *trie;
        const struct rule *without; /* not considered, but at the root */
        bool literal_only;
        unsigned depth;
        unsigned count, next_count;
        uint32_t sets[2][TRIE_WIDTH_MAX];
        uint32_t *now, *next;
        uint32_t literal; /* the node of the path itself, by exact names only, or TRIE_NONE */
        struct best normal, never;
        bool overflow;
};

void walk_begin(struct walk *w, const struct trie *trie, bool literal_only);
/* One component further. */
void walk_step(struct walk *w, const char *name, size_t length);
/* What policy_eval() says of the path that has been walked. */
struct verdict walk_judge(const struct walk *w, unsigned want);

#endif
