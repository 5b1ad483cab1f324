/* What happens when a program tries something, and why: the verdict of the evaluator, and what the layers make of it that this
 * plan has the operation go through. */
#ifndef POLICY_WHY_H
#define POLICY_WHY_H

#include "policy/look.h"

struct why {
        struct look look;       /* where the path leads */
        unsigned access;        /* ACCESS_* that the verdict is about */
        struct verdict verdict; /* of the rules, on look.path */
        bool allow;             /* the policy does not stand in the way; the host still may, see `error` */
        int error;              /* the errno that the program gets, as far as the plan and the host's files tell; 0: none */
        const char *note;       /* what a person should know beside it, or NULL */
};

/* The access that an operation is about, 0 where there is no such operation on paths. */
unsigned why_access(const char *op);

/* `plan` NULL: there can be no sandbox with this policy, and the rules alone are asked. `path` is absolute. */
void policy_why(const struct policy *p, const struct plan *plan, const struct policy_host *host, const char *op,
                const char *path, struct why *out);

#endif
