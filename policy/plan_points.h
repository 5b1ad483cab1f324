/* The paths that a view is made of, in the order in which it is made; private to this room. */
#ifndef POLICY_PLAN_POINTS_H
#define POLICY_PLAN_POINTS_H

#include "policy/plan_build.h"

/* At one path, the kind that comes first wins. */
enum point_kind {
        POINT_PROC,
        POINT_DEV,
        POINT_TMP,
        POINT_DEVICE,
        POINT_LINK,
        POINT_PATTERN, /* the directory before a pattern's first wildcard, where the pattern grants more than that has */
        POINT_RULE,
        POINT_ALIAS
};

struct point {
        const char *path;
        enum point_kind kind;
        const char *target;      /* of links */
        const struct alias *own; /* POINT_LINK: of a `symlink` line; or NULL */
        const struct rule *rule; /* POINT_RULE: one of those with this path; POINT_PATTERN: the one with the pattern */
        mode_t mode;
};

struct points {
        struct point *items; /* malloc'ed */
        size_t count, room;
};

/* What `dev` brings that is no device of the host's, but a file system of the sandbox's own. */
#define DEVICE_PTS "/dev/pts"
#define DEVICE_SHM "/dev/shm"
#define DEVICE_QUEUES "/dev/mqueue"
bool device_is_own(const char *path);

/* False: no memory. */
bool points_make(struct points *out, struct planner *p);
/* How many components the deepest of them has. */
size_t points_depth(const struct points *points);

/* True for a pattern that grants more than the directory before its first wildcard has: to list it, or to write to it. */
bool planner_needs_tree(const struct planner *p, const struct rule *rule);
/* A pattern that lets something be written strictly below a directory, or NULL. */
const struct rule *planner_writer_below(const struct planner *p, const struct point *directory);
/* The mount for the patterns that begin at a POINT_PATTERN, but for `on_host` and `optional`, which depend on what is around.
 * False where none is needed. */
bool plan_pattern(struct planner *p, const struct point *points, size_t count, size_t index, struct plan_mount *out);

/* ---- plan_own.c -------------------------------------------------------------------------------------------------- */

bool rule_masks(const struct rule *rule);
/* True where the rule is a `file` or `tmp` line about this very path. Both take NULL. */
bool rule_makes(const struct rule *rule, const char *path);

/* Completes the mount for a point whose rule masks, or makes a file. `around` is the mount that it lies in, `granted_below`
 * tells whether something in it is to be seen. False: it cannot be, and was refused. */
bool plan_own(struct planner *p, const struct point *point, const char *around, bool granted_below, struct plan_mount *out);

#endif
