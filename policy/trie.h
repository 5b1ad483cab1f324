/* The rules as a trie by path component, made once and then only read.
 *
 * Children with an exact name are found through one hash table for the whole trie, keyed by (parent, name). Children
 * that are wildcards hang in a list. A `**` is a node of its own: once reached it stays active, whatever comes. */
#ifndef POLICY_TRIE_H
#define POLICY_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rule;

enum component_kind { COMPONENT_EXACT, COMPONENT_WILD, COMPONENT_ANY };

struct component {
        const char *text; /* exact: the name itself; wild: a slash, then what component_match() reads */
        uint32_t length;
        enum component_kind kind;
};

/* How many nodes that have children can be active at once. trie_width() is checked against it when a policy is made, so
 * that a walk never has to drop one. */
#define TRIE_WIDTH_MAX 128u
/* How many components a pattern may have from its first wildcard on. */
#define TRIE_WILD_DEPTH_MAX 32u

#define TRIE_ROOT 0u
#define TRIE_NONE UINT32_MAX

struct node {
        struct component name;
        uint32_t parent;
        uint32_t any;       /* the `**` child, or TRIE_NONE */
        uint32_t wild;      /* first wildcard child, or TRIE_NONE */
        uint32_t next_wild; /* the next among its siblings */
        bool inner;         /* has exact or wildcard children */
        bool above_grant;   /* a literal node with a granted path strictly below */
        const struct rule *rule;  /* the best of those that end here */
        const struct rule *never; /* the best `never` that ends here */
};

struct trie {
        struct node *nodes;
        uint32_t count, room;
        uint32_t *slots; /* a node, or 0 where empty (the root is nobody's child) */
        uint32_t slot_mask, used;
};

int trie_init(struct trie *t);
void trie_free(struct trie *t);
/* The node where the components lead, made where it does not exist yet. Strings are kept by pointer. -ENOMEM. */
int trie_insert(struct trie *t, const struct component *components, size_t count, uint32_t *out);
uint32_t trie_exact(const struct trie *t, uint32_t parent, const char *name, size_t length); /* or TRIE_NONE */
/* An upper bound of how many nodes with children a single path can have active at once. -ENOMEM. */
int trie_width(const struct trie *t, unsigned *width);

#endif
