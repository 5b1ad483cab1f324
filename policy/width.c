/* How wide can a walk over the trie get? Each step takes, from one active node, at most one exact child and all of its
 * wildcard children; a `**` node stays active once reached, and starts its children anew at every step. From the leaves
 * up this gives, for each node, an upper bound on the nodes (with children) that can be active at once because of it:
 *
 *   not below a `**`   the largest exact child + all wildcard children + its `**`
 *   a `**`             itself, and for each depth below it what a single start can have active there, plus nested ones
 *
 * The bound is what lets policy_eval() use a fixed array and never drop a state. */
#include "policy/trie.h"

#include <errno.h>
#include <stdlib.h>

#define DEPTHS (TRIE_WILD_DEPTH_MAX + 1)

struct bound {
        unsigned exact, wild, any; /* of the children: the largest, the sum, the `**` child's */
        unsigned nested;           /* all `**` nodes below, for nodes that are themselves below one */
        uint32_t vectors;          /* index + 1 into struct vectors; 0: not below a `**` and none itself */
};

/* What one start of a node can have active, by depth below it. */
struct vectors {
        uint16_t exact[DEPTHS], wild[DEPTHS];
};

static unsigned add(unsigned a, unsigned b)
{
        return a + b > UINT16_MAX ? UINT16_MAX : a + b;
}

static unsigned largest(unsigned a, unsigned b)
{
        return a > b ? a : b;
}

static void pass_up(struct vectors *to, const struct vectors *from, const struct node *n)
{
        for (unsigned depth = 0; depth < DEPTHS; depth++) {
                unsigned value = depth == 0 ? n->inner : add(from->exact[depth - 1], from->wild[depth - 1]);
                if (n->name.kind == COMPONENT_WILD)
                        to->wild[depth] = (uint16_t)add(to->wild[depth], value);
                else
                        to->exact[depth] = (uint16_t)largest(to->exact[depth], value);
        }
}

static void settle_any(struct bound *b, struct bound *parent, const struct vectors *v)
{
        unsigned total = add(1, b->nested);
        for (unsigned depth = 0; depth < DEPTHS; depth++)
                total = add(total, add(v->exact[depth], v->wild[depth]));
        if (parent->vectors)
                parent->nested = add(parent->nested, total);
        else
                parent->any = add(parent->any, total);
}

static unsigned settle_plain(const struct bound *b, const struct node *n)
{
        return add(largest(n->inner, add(b->exact, b->wild)), b->any);
}

static void settle(const struct trie *t, struct bound *bounds, struct vectors *vectors, uint32_t i)
{
        const struct node *n = &t->nodes[i];
        struct bound *b = &bounds[i], *parent = &bounds[n->parent];
        if (n->name.kind == COMPONENT_ANY) {
                settle_any(b, parent, &vectors[b->vectors - 1]);
        } else if (b->vectors) {
                pass_up(&vectors[parent->vectors - 1], &vectors[b->vectors - 1], n);
                parent->nested = add(parent->nested, b->nested);
        } else if (n->name.kind == COMPONENT_WILD) {
                parent->wild = add(parent->wild, settle_plain(b, n));
        } else {
                parent->exact = largest(parent->exact, settle_plain(b, n));
        }
}

int trie_width(const struct trie *t, unsigned *width)
{
        uint32_t count = 0;
        struct bound *bounds = calloc(t->count, sizeof(*bounds));
        for (uint32_t i = 1; bounds && i < t->count; i++) { /* parents come before their children */
                if (t->nodes[i].name.kind == COMPONENT_ANY || bounds[t->nodes[i].parent].vectors)
                        bounds[i].vectors = ++count;
        }
        struct vectors *vectors = calloc((size_t)count + 1, sizeof(*vectors));
        if (!bounds || !vectors) {
                free(bounds);
                free(vectors);
                return -ENOMEM;
        }
        for (uint32_t i = t->count - 1; i > 0; i--)
                settle(t, bounds, vectors, i);
        *width = settle_plain(&bounds[TRIE_ROOT], &t->nodes[TRIE_ROOT]);
        free(bounds);
        free(vectors);
        return 0;
}
