/* All paths there are, as far as one or two policies tell them apart. A path is followed by the evaluator's own walk,
 * component by component, for all policies at once. Two paths that lead to equal walks (the same active nodes, the same
 * rule that counts) are one: whatever comes after, the policies will judge them alike. Of the names that can come next,
 * one of each class is taken, see names.h. So every verdict that any path can have is met, and each is met with a path
 * that has it. */
#ifndef POLICY_EXPLORE_H
#define POLICY_EXPLORE_H

#include "policy/walk.h"

#define EXPLORE_POLICIES 2u

struct explore;

struct explore_exit;

/* One step, to a path that is new or equal to one that was met before. */
struct explored {
        struct explore *explore;
        const struct walk *at[EXPLORE_POLICIES]; /* of these, what walk_judge() asks for is filled in */
        const struct walk *before[EXPLORE_POLICIES]; /* NULL at the root */
        const char *name;                            /* the last component; "" at the root */
        size_t length;
        bool fresh;  /* nothing equal was met before */
        bool inside; /* within the scope */
        uint32_t state;
        const struct explore_exit *exit; /* NULL at the root */
};

/* Stops where it returns something else than 0. */
typedef int explore_fn(void *ctx, const struct explored *step);

/* What is to be looked at: the paths that a rule matches, and all below them. */
struct explore_scope {
        unsigned policy; /* whose rule it is */
        const struct rule *rule;
};

/* The policies are borrowed. */
int explore_new(struct explore **out, const struct policy *const *policies, unsigned count);
struct explore *explore_free(struct explore *e);
/* `scope` NULL: all paths. `fresh_only`: steps that are not fresh may be left out. What is outside of the scope may be
 * met, too. Returns what `fn` did; -E2BIG where the policies are too complicated to be followed, -ENOMEM. */
int explore_run(struct explore *e, const struct explore_scope *scope, bool fresh_only, explore_fn *fn, void *ctx);

/* The path that was walked. Returns its length, as snprintf(3) does. */
size_t explore_path(const struct explored *step, char *out, size_t size);
/* True where this step went to where the rule's pattern ends. */
bool explore_reached(const struct explored *step, unsigned policy, const struct rule *rule);
/* Calls `fn` for each node to which this step went. */
void explore_nodes(const struct explored *step, unsigned policy, void (*fn)(void *ctx, const struct node *node), void *ctx);

#endif
