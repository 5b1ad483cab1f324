/* What counts at one moment: a policy, and grants beside it that a person or a program has added. A request is served under one
 * edition from its beginning to its end, whatever comes after it meanwhile; the next request gets the newest. What a verdict
 * points to lives as long as the edition is held.
 *
 * A grant is a small policy of its own. It can allow what the policy refuses, but for what a `never` refuses; and nothing that
 * the view does not show, or shows read-only, can be reached by it. */
#ifndef BROKER_EDITION_H
#define BROKER_EDITION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"

enum { GRANTS_MOST = 64 };

struct grant {
        struct policy *policy; /* a reference */
        uint64_t until;        /* CLOCK_MONOTONIC, nanoseconds; 0: as long as the sandbox */
};

struct edition {
        atomic_uint references;
        uint64_t number; /* counted from 1 */
        struct policy *policy; /* a reference */
        unsigned count;
        struct grant grants[GRANTS_MOST];
};

/* The line that a grant is made by. */
const char *grant_text(const struct policy *grant);

/* One step from an edition to the next. */
struct edition_change {
        enum edition_step { EDITION_REPLACE, EDITION_GRANT, EDITION_REVOKE } step;
        struct policy *policy;     /* REPLACE: the new one */
        const struct grant *grant; /* GRANT */
        const struct policy *revoked; /* REVOKE: grants with the same line; NULL: all */
};

/* `before` may be NULL with REPLACE. Grants that have expired are not taken along. NULL with errno: ENOMEM; ENOSPC: too many
 * grants; ENOENT: there is none to be revoked. */
struct edition *edition_new(const struct edition *before, const struct edition_change *change);
struct edition *edition_ref(struct edition *e);
void edition_unref(struct edition *e);

/* Whether a directory can move from one path to the other without one verdict below it changing. */
bool edition_same_below(const struct edition *e, const char *from, const char *to);

struct verdict edition_eval(const struct edition *e, const char *path, size_t length, unsigned want);

#endif
