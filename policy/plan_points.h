/* The paths that a view is made of, in the order in which it is made; private to this room. */
#ifndef POLICY_PLAN_POINTS_H
#define POLICY_PLAN_POINTS_H

#include "policy/plan_build.h"

/* At one path, the kind that comes first wins. */
enum point_kind { POINT_PROC, POINT_DEV, POINT_TMP, POINT_DEVICE, POINT_LINK, POINT_RULE, POINT_ALIAS };

struct point {
        const char *path;
        enum point_kind kind;
        const char *target;      /* of links */
        const struct rule *rule; /* POINT_RULE: one of those with this path */
        mode_t mode;
};

struct points {
        struct point *items; /* malloc'ed */
        size_t count, room;
};

/* False: no memory. */
bool points_make(struct points *out, struct planner *p);

#endif
