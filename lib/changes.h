/* What overlays keep of what a program changed, as sandbox/overlay.h lays it out, compared with the trees of the host as they
 * are now, and brought over to them.
 *
 *   changes.c          the kept directory: made for a launch, opened again, thrown away; what programs call
 *   changes_walk.c     from layers to changes, one after the other
 *   changes_compare.c  what differs between two files
 *   changes_check.c    what stands in the way of a change
 *   changes_apply.c    bringing one over
 *
 * What lies in a layer was written by a program that nobody trusts. Nothing in it is followed: each directory is opened from the
 * one above, by a single name, without links; what is no file, directory or link is never opened. */
#ifndef LIB_CHANGES_H
#define LIB_CHANGES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "cordon.h"
#include "policy/policy.h"

#define CHANGES_DEPTH_MOST 200 /* directories in one another: two descriptors are open for each */
#define CHANGES_VALUE_MOST 65536 /* the kernel's own bound on an extended attribute, and on all of their names */

struct changes {
        const struct policy *policy; /* or NULL */
        bool apply;
        struct timespec start; /* of the run: what is changed later on the host is somebody else's */
        cordon_change_fn *fn;
        void *ctx;
        uid_t owner; /* of the tree's top, and so of what is new in it */
        gid_t group;
        dev_t device; /* of the tree: nothing that is mounted in it is looked at */
        char path[PATH_MAX];  /* of the host; grows and shrinks with the walk */
        char kept[PATH_MAX];  /* the same in the layer */
        size_t tree_length;   /* of the tree's own path */
        char seen[PATH_MAX];  /* the tree, as the sandbox had it: what the policy speaks of */
        unsigned depth, blocked;
        unsigned found, refused;
        char *names, *value, *other; /* CHANGES_VALUE_MOST each */
};

/* One difference, and where it is. */
struct difference {
        cordon_change change;
        int upper, lower; /* the directories; lower FD_NONE where the host has none */
        const char *name;
        struct stat is, was; /* mode 0: not there */
        char target[PATH_MAX], why[256];
};

/* ---- changes_walk.c -------------------------------------------------------------------------------------------------- */

/* All differences of one overlay. 0 or -errno: what fails for a single file is told of that file. */
int changes_walk(struct changes *c, int upper, int lower);
/* The names in a directory, sorted; malloc'ed, each malloc'ed. */
struct names {
        char **items;
        size_t count;
};
int names_read(int directory, struct names *out);
void names_free(struct names *names);
/* Opens a directory by its only name: no link, nothing that is mounted there. */
int directory_in(int directory, const char *name);

/* ---- changes_compare.c ----------------------------------------------------------------------------------------------- */

/* CORDON_CHANGE_*: what differs; both are there and of one type. */
unsigned changes_compare(struct changes *c, struct difference *d);
/* Extended attributes of users, without the kernel's own. 0 or -errno. */
int attributes_copy(struct changes *c, int from, int to);

/* ---- changes_check.c ------------------------------------------------------------------------------------------------- */

/* Why it can't be brought over: put into d->why, true. */
bool changes_hindered(struct changes *c, struct difference *d);

/* ---- changes_apply.c ------------------------------------------------------------------------------------------------- */

/* 0 or -errno. A new directory is made for its owner only; changes_finish() is for when all in it is done. */
int changes_apply(struct changes *c, struct difference *d);
int changes_finish(struct changes *c, struct difference *d);
/* Removes whatever is there, with all that is below. `force`: directories that may not be read, too. */
int tree_remove(int directory, const char *name, bool force);

/* ---- changes.c ------------------------------------------------------------------------------------------------------- */

/* For a launch: checks the directory, and holds it until the descriptor is closed. `canonical`: PATH_MAX. */
int changes_begin(const char *directory, const struct policy *policy, char *canonical, int *lock, cordon_error *err);

#endif
