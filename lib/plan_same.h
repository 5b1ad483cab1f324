/* Whether one policy can take the place of another in a sandbox that runs. */
#ifndef LIB_PLAN_SAME_H
#define LIB_PLAN_SAME_H

#include "policy/plan.h"

struct plan_obstacle {
        struct origin at; /* the line that needs it; file NULL: none is known */
        const char *what; /* what cannot change in a sandbox that runs */
};

/* 0 where all that is carried out when a sandbox begins (the view, the filter, Landlock, the rest of the world) is the same for
 * both, so that they differ in verdicts of the broker alone. 1, with the first thing that is not. -ENOMEM. */
int plan_same(const struct plan *a, const struct plan *b, struct plan_obstacle *out);

#endif
