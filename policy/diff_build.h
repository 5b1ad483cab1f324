/* The state of one comparison; private to this room.
 *
 *   diff.c         the order of things; differences on their way out
 *   diff_paths.c   paths, by exploring both policies at once
 *   diff_closed.c  what one of them keeps closed in /proc
 *   diff_world.c   what the other lines decide
 *   diff_limits.c  limits
 *   diff_net.c     endpoints
 *   diff_shown.c   what is shown at another place, and symlinks
 *
 * Side 0 is A, side 1 is B. Functions return 0, -E2BIG or -ENOMEM. */
#ifndef POLICY_DIFF_BUILD_H
#define POLICY_DIFF_BUILD_H

#include "policy/compile.h"
#include "policy/diff.h"

struct differ {
        const struct policy *p[2];
        struct arena arena;
        struct vector found; /* cordon_difference */
};

/* Keeps it. Strings and lists must live as long as the arena or the policies. */
int diff_add(struct differ *d, const cordon_difference *difference);
/* A literal path as a policy would write it, in the arena. */
const char *diff_path(struct differ *d, const char *path);
/* Lists, in the making: patterns that are there already are not added again. NULL is lack of memory. */
int diff_list_add(struct vector *list, const char *text);
const char *const *diff_list_keep(struct differ *d, const struct vector *list);
void diff_origin(cordon_difference *out, unsigned side, const struct origin *at, const char *text);

/* One setting in both policies; where the texts are the same there is no difference. A text of NULL is lack of memory. */
int diff_value(struct differ *d, const char *kind, const char *subject, int sign, const char *const texts[2],
               const struct origin *const at[2]);
const char *diff_size(struct differ *d, uint64_t bytes); /* "512M" */
static inline int diff_sign(uint64_t a, uint64_t b) /* where more is granted by the larger one */
{
        return b > a ? 1 : b < a ? -1 : 0;
}

int diff_paths(struct differ *d);
int diff_closed(struct differ *d);
int diff_limits(struct differ *d, const struct limits *a, const struct limits *b);
int diff_world(struct differ *d);
int diff_nets(struct differ *d);
int diff_shown(struct differ *d);

#endif
