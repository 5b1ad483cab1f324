/* What a struct policy is made of; private to this room. */
#ifndef POLICY_COMPILED_H
#define POLICY_COMPILED_H

#include <stdatomic.h>

#include "policy/arena.h"
#include "policy/policy.h"
#include "policy/shown.h"
#include "policy/trie.h"

/* One `expect` line's claim about one path. */
struct expectation {
        bool allow;
        unsigned access;               /* 0: it is about an endpoint */
        const char *op, *path, *asked; /* canonical, and as expanded; of an endpoint both are what was written */
        const char *source;            /* the text of its line */
        struct origin origin;
        unsigned column, width;
};

struct source;
struct use_edge;

struct policy {
        atomic_uint references;
        struct arena arena;
        struct world world;
        struct trie trie;
        struct rule *rules;
        size_t rule_count;
        struct alias *aliases;
        size_t alias_count;
        struct expectation *expects;
        size_t expect_count;
        const char *home; /* canonical, or NULL */
        struct policy_source *sources;
        size_t source_count;
        struct policy_variable *variables;
        size_t variable_count;
        const char *cwd;  /* or NULL */
        uid_t uid;
        struct source **files; /* what it was made from, for messages and for what is said about the text; see compile.h */
        size_t file_count;
        struct use_edge *uses;
        size_t use_count;
        struct shown shown;
};

/* Where two rules reach equally deep: positive where `a` wins, negative where `b` does, 0 where they are the same. */
int rule_compare(const struct rule *a, const struct rule *b);

/* The names of devices that `dev` can bring, NULL-terminated. */
extern const char *const device_names[];

/* A literal path as a policy would write it: with ~ for `home`, which may be NULL, and in quotes where it needs them. */
struct buf;
void policy_put_path(struct buf *out, const char *home, const char *path);

/* As policy_eval(), and as if `extra` (a literal rule on exactly this path) were one more rule; `literal_only` leaves out
 * every pattern, which is what the kernel does when a file is executed; `without` is
 * passed over, as if it had not been written (but for what it hides: a rule with the same pattern). */
struct eval_options {
        const struct rule *extra, *without;
        bool literal_only;
};
struct verdict policy_eval_with(const struct policy *p, const char *path, size_t length, unsigned want,
                                const struct eval_options *options);

#endif
