/* Control groups, version 2: where a sandbox can have one of its own, and that one.
 *
 * A leaf is made beside or below the caller's own cgroup, by whoever may: nobody is asked and nothing is moved. pid 1 is cloned
 * into it. It is made for limits that hold for all processes together, and removed when all of them are dead. What a killed
 * broker left behind is removed by the next launch in the same place: who lives holds a lock on its leaf. */
#ifndef SANDBOX_CGROUP_H
#define SANDBOX_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

enum { /* controllers */
        CGROUP_MEMORY = 1u << 0,
        CGROUP_PIDS = 1u << 1,
        CGROUP_CPU = 1u << 2,
        CGROUP_IO = 1u << 3,
        CGROUP_ALL = (1u << 4) - 1,
};

/* Where a leaf could be made, and what it would have. Nothing is changed in finding out. */
struct cgroup_place {
        char path[PATH_MAX]; /* of the directory to be; empty: nowhere */
        unsigned enabled;    /* controllers that whatever is made there has */
        unsigned possible;   /* those, and the ones that can probably be switched on */
        char why[320];       /* why it is not all that was wanted; a part of a sentence */
};

/* `top` is put before /sys/fs/cgroup ("" but for tests); `self` is the text of /proc/self/cgroup. */
void cgroup_find_in(const char *top, const char *self, unsigned wanted, struct cgroup_place *out);
void cgroup_find(unsigned wanted, struct cgroup_place *out);

/* Which controllers these limits want; and whether they gain by a cgroup at all, be it one without controllers. */
unsigned cgroup_wanted(const struct limits *l);
bool cgroup_useful(const struct limits *l);
/* "memory, pids" */
const char *cgroup_names(unsigned controllers, char *out, size_t size);

/* ---- leaf.c ------------------------------------------------------------------------------------------------------- */

struct cgroup_leaf {
        int dir, parent; /* FD_NONE: there is none */
        char name[48];
        unsigned controllers; /* that hold what the limits say */
};
#define CGROUP_NO_LEAF {.dir = FD_NONE, .parent = FD_NONE}

/* Makes one and sets its limits. Controllers that could not be switched on are missing in `out->controllers`, and then
 * `place->why` says why. 0, or -errno with `place->why` set. */
int leaf_make(struct cgroup_leaf *out, struct cgroup_place *place, const struct limits *l);
/* The directory that it was made in. False: there is none. */
bool leaf_place(const struct cgroup_leaf *leaf, char out[PATH_MAX]);
/* Kills what is in it, whichever pid namespace that is in. */
void leaf_kill(const struct cgroup_leaf *leaf);
/* Removes it; takes one that does not exist. All processes must be dead. */
void leaf_remove(struct cgroup_leaf *leaf);

struct cgroup_account { /* 0: not known */
        uint64_t user_ns, system_ns, memory_peak, oom_kills;
};
void leaf_account(const struct cgroup_leaf *leaf, struct cgroup_account *out);

#endif
