/* The walk from points to mounts: its state, and what its files need of each other.
 *
 *   plan_view.c    the order, the root, and the points of rules
 *   plan_stack.c   what has been mounted around the point at hand, and the way to it
 *   plan_world.c   what is none of the host's: /proc, /dev, /tmp, symlinks, masks, virtual files
 *   plan_asked.c   what a person is asked about
 *   plan_shown.c   what is the host's and shown at another place than it has there */
#ifndef POLICY_PLAN_WALK_H
#define POLICY_PLAN_WALK_H

#include "policy/plan_points.h"

struct level { /* a directory or mount around the point at hand */
        const char *path;
        size_t length; /* 0 for "/" */
        enum plan_mount_kind kind;
        unsigned access;
        unsigned rights; /* Landlock's: its own and those of everything around, which Landlock adds up */
        bool writable, executable;
        bool by_pattern; /* see struct plan_mount */
        bool overlay;    /* what is in it is that of an overlay, and none of the host's */
};

struct view_walk {
        struct planner *p;
        const struct point *points;
        size_t count;
        struct level *levels;
        size_t depth;
};
/* ---- plan_stack.c ---------------------------------------------------------------------------------------------- */

struct level *view_top(struct view_walk *w);
/* Leaves on the stack what `path` lies in. */
void view_leave_to(struct view_walk *w, const char *path);
void view_add(struct view_walk *w, const struct plan_mount *mount);
/* What the mounts and directories around offer a mount point: a tree of the host has it already. */
bool view_on_host(struct view_walk *w);
/* Nothing can be mounted in there, and nothing is to be. */
bool view_is_closed(struct view_walk *w);
/* The directories between the top of the stack and `path`. In our own read-only places they are plain. Where the program
 * can rename, each is a mount point: in a tree of the host bound onto itself, in a private tmpfs a hollow. */
void view_make_way(struct view_walk *w, const char *path, const struct rule *rule);
/* True where something below the point will be there. */
bool view_granted_below(struct view_walk *w, size_t index);

/* ---- plan_world.c ---------------------------------------------------------------------------------------------- */

void view_walk_own(struct view_walk *w, const struct point *point, size_t index, const struct verdict *verdict);
/* /proc, /dev and /tmp, unless a rule takes them away. */
void view_walk_special(struct view_walk *w, const struct point *point, size_t index);
void view_walk_device(struct view_walk *w, const struct point *point, size_t index);
/* A tree of the host has its own symlinks, or none. */
void view_walk_link(struct view_walk *w, const struct point *point);

/* ---- plan_shown.c ---------------------------------------------------------------------------------------------- */

/* What the host has at the very place where something else of it is shown: st_mode, 0 where nothing is. */
mode_t view_mode_around(struct view_walk *w, const char *path);
/* Whether there can be a mount point, or a link, at the point. False: there cannot, and it was refused. */
bool view_remap_fits(struct view_walk *w, const struct point *point, const struct rule *rule);
bool view_link_fits(struct view_walk *w, const struct point *point);

/* ---- plan_asked.c ---------------------------------------------------------------------------------------------- */

void view_walk_asked(struct view_walk *w, const struct point *point, const struct rule *rule);
/* Its path does not exist. */
void view_missing_asked(struct view_walk *w, const struct rule *rule);

/* ---- plan_view.c ----------------------------------------------------------------------------------------------- */

void view_walk_rule(struct view_walk *w, const struct point *point, size_t index);
/* For what is mounted over something: see there. */
void view_guard_name(struct view_walk *w, const struct rule *rule);
void view_walk_denied(struct view_walk *w, const struct point *point, size_t index, const struct rule *rule);

#endif
