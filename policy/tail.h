/* A pattern by itself, without the trie: what follows its literal prefix, and how far a path has used it up. For questions that
 * are asked about one rule at a time. */
#ifndef POLICY_TAIL_H
#define POLICY_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "policy/trie.h"

/* The components of a pattern from its first wildcard on: there are few, see TRIE_WILD_DEPTH_MAX. */
struct tail {
        const char *text[TRIE_WILD_DEPTH_MAX];
        size_t length[TRIE_WILD_DEPTH_MAX];
        unsigned count;
};

/* The next component of a path or pattern, `at` being anywhere before it; NULL: there is none. */
const char *tail_component(const char *at, size_t *length);

/* What follows the literal prefix. False where it is longer than any pattern may be. */
bool tail_of(struct tail *tail, const struct rule *rule);

/* Where one can be in it, as bits: bit i says that the components before i are used up. tail_begin() is before the first
 * component of the path below the prefix. Nothing is left to match where tail_done(). */
uint64_t tail_begin(const struct tail *tail);
uint64_t tail_step(const struct tail *tail, uint64_t states, const char *name, size_t length);
bool tail_done(const struct tail *tail, uint64_t states);
/* Something of the pattern is left that a longer path could match. */
bool tail_open(const struct tail *tail, uint64_t states);

/* True where a pattern matches some path strictly below `tree`, or could: in doubt, true. */
bool tail_matches_below(const struct rule *rule, const char *tree);

#endif
