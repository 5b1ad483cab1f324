/* The state of an exploration; private to explore.c, which goes, explore_spots.c, which knows the
 * ways, and explore_names.c, which names them. */
#ifndef POLICY_EXPLORE_BUILD_H
#define POLICY_EXPLORE_BUILD_H

#include "policy/compile.h"
#include "policy/explore.h"
#include "policy/names.h"

#define EXPLORE_NOBODY UINT32_MAX
#define EXPLORE_STATES_MAX (1u << 20)
#define EXPLORE_ALL_MAX (1u << 22) /* of all runs together: a few rules can need millions each */

/* Where walks can stand, whatever rule counted on the way: the active nodes (sorted, in explore.ids) and the literal
 * one. What comes after depends on the way in so far only as the rule that counts goes on counting where no other is
 * reached. So each spot is left once, and for all who come by. */
struct spot {
        uint32_t ids[EXPLORE_POLICIES], counts[EXPLORE_POLICIES], literals[EXPLORE_POLICIES];
        struct explore_exit *exits;
        /* Where the exits begin by which exactly these policies reach a rule that counts, so that it makes no difference there
         * what counted before; the last is their number. */
        uint32_t groups[(1u << EXPLORE_POLICIES) + 1];
        bool left;
};

/* One name that can come next, and where it leads. */
struct explore_exit {
        const char *name;
        size_t length;
        const struct rule *normal[EXPLORE_POLICIES], *never[EXPLORE_POLICIES]; /* the best of those reached, or NULL */
        uint32_t nodes[EXPLORE_POLICIES], node_counts[EXPLORE_POLICIES];       /* reached, in explore.reached */
        uint32_t spots[1u << EXPLORE_POLICIES]; /* for each set of policies that are not followed below a `never` */
};

/* A spot, and the rules that count there. */
struct state {
        const struct rule *normal[EXPLORE_POLICIES], *never[EXPLORE_POLICIES];
        uint32_t spot, parent, exit, depth; /* `exit`: of the parent's spot */
        bool inside;
};

struct states {
        struct vector all; /* struct state */
        uint32_t *slots, mask;
};

/* What the trie itself does not need to know: a node's exact children as a list, and where a rule ends. */
struct index {
        uint32_t *first, *next, *node_of_rule;
};

/* The answer of names_partition() for one set of patterns: the same one is asked for again and again. */
struct known {
        uint64_t key;
        struct names_text *patterns, *avoid, *names;
        size_t pattern_count, avoid_count, name_count;
};

struct explore {
        size_t made; /* states, in all runs */
        const struct policy *policies[EXPLORE_POLICIES];
        struct index indexes[EXPLORE_POLICIES];
        unsigned count;
        struct arena arena;
        struct vector known;        /* struct known */
        struct vector spots;        /* struct spot; kept for all runs, as are the next three */
        struct vector ids, reached; /* uint32_t */
        uint32_t *spot_slots, spot_mask;
        struct states states, done; /* of this run; `done`: exits taken, see gone_before() */
        bool fresh_only;
        struct vector exact, wild, avoid, next; /* struct names_text: for the state that is left */
        const struct explore_scope *scope;
        uint8_t *chain; /* per node of the scope's policy: leads to the end of its rule */
        uint32_t target;
        struct walk from[EXPLORE_POLICIES], to[EXPLORE_POLICIES];
        explore_fn *fn;
        void *ctx;
};

static inline uint64_t explore_mix(uint64_t h, uint64_t value)
{
        h = (h ^ value) * 0x9e3779b97f4a7c15u;
        return h ^ h >> 31;
}

static inline struct spot *explore_spot_at(const struct explore *e, uint32_t index)
{
        return (struct spot *)e->spots.items + index;
}

/* The spot where the walks in e->to stand, but for the policies in `cut`: they stand nowhere any more. */
int explore_spot(struct explore *e, unsigned cut, uint32_t *index);
/* Finds out where a spot's exits lead. */
int explore_leave(struct explore *e, uint32_t index);
/* Makes room in a table of numbers + 1 for one more than `count`. `*anew`: it is empty, and all have to be put in
 * again. */
int explore_table_grow(uint32_t **slots, uint32_t *mask, size_t count, bool *anew);
/* Fills e->next with one of each class of names that can come next, from where the walks in e->from stand. -E2BIG,
 * -ENOMEM. */
int explore_names(struct explore *e);

#endif
