/* Landlock: what the kernel lets the sandbox do by itself with what is in the view. A second fence: the view's mount
 * flags say the same more coarsely, and the rights of a tree inside a tree can only add up here, never shrink. */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/plan.h"

#define LANDLOCK_ABI_REFER 2    /* before it, nothing moves from one directory to another */
#define LANDLOCK_ABI_TRUNCATE 3 /* before it, truncate(2) of an existing file cannot be refused */
#define LANDLOCK_ABI_IOCTL 5    /* before it, ioctl(2) on devices cannot be refused */
#define LANDLOCK_ABI_SCOPE 6    /* signals and abstract sockets stay inside */

int landlock_abi(void);     /* 0: the kernel has none */
int landlock_version(void); /* the same, or why there is none: -EOPNOTSUPP where it is switched off, -ENOSYS, … */

/* The rights for a mask of ACCESS_*, before what the ABI at hand does not know is taken off. */
uint64_t landlock_rights(unsigned access, bool directory, bool device);
/* The same for a mount of the view; 0: it gets no rule. Where all opens are brokered, what is to be read needs none. */
uint64_t landlock_rights_of(const struct plan *plan, const struct plan_mount *mount);
/* What the ABI knows, and a ruleset therefore handles. */
uint64_t landlock_handled(unsigned abi);
/* The rights one by one, by their names in the kernel's documentation; NULL: there are no more. */
const char *landlock_right(size_t index, uint64_t *right);

/* Async-signal-safe, as all that the child calls. */
int landlock_create(unsigned abi);
int landlock_create_scope(void); /* signals and abstract sockets alone; LANDLOCK_ABI_SCOPE */
int landlock_allow(int ruleset, unsigned abi, int path_fd, uint64_t rights);
int landlock_enforce(int ruleset);

#endif
