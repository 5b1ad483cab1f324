/* What a path would lead to inside a view that has not been built: the plan's mounts, the symlinks in them, and what the host
 * has where a mount shows the host. So that `why` can say what happens without a sandbox. */
#ifndef POLICY_LOOK_H
#define POLICY_LOOK_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "policy/plan.h"

struct look {
        char path[PATH_MAX]; /* where it leads: canonical, as the view names it */
        mode_t mode;         /* of what is there; 0: nothing is */
        int error;           /* why it cannot be reached (a positive errno), as the kernel says; ENOENT where mode is 0 */
        bool parent_missing; /* more than the last component is missing */
        bool through_link;   /* the text is not what it leads to: symlinks or ".." were on the way */
        bool unknown;        /* inside /proc, which nobody can know beforehand */
        const struct plan_mount *mount; /* the innermost around it */
        unsigned rights;     /* Landlock's ACCESS_*: of all mounts around it, since these add up */
};

/* `path` is absolute. With `follow`, a symlink as the last component is followed as well. */
void plan_look(const struct plan *plan, const struct policy_host *host, const char *path, bool follow, struct look *out);

#endif
