/* Trees of the host as detached mounts, with the view's flags already on them. The same code runs in the parent, where only
 * it can reach or map what the plan names (root), and in the child (everybody else). */
#ifndef SANDBOX_TREE_H
#define SANDBOX_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/plan.h"

/* For what is ours, and holds nothing to be run. */
#define SKELETON_FLAGS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* A detached mount of a new file system; options with an empty value are left out. Async-signal-safe, as all that makes or
 * opens trees. */
struct tree_option {
        const char *key, *value; /* value NULL: a flag */
};
int tree_new(const char *type, const struct tree_option *options, size_t count, uint64_t flags);
/* A tmpfs of our own, with this mode. */
int tree_skeleton(const char *mode);

/* MOUNT_ATTR_* for a mount of the plan. */
uint64_t tree_flags(const struct plan_mount *mount);

/* A detached copy of the mount's source, private, with its flags; or -errno. Async-signal-safe. */
int tree_open(const struct plan_mount *mount);

/* The same for many that follow each other: the directory of the source before is kept open. */
struct tree_near {
        const char *path; /* its first `length` bytes; fd < 0: none */
        size_t length;
        int fd;
        bool refused; /* the kernel cannot */
};
#define TREE_NEAR_NONE {.fd = -1}
int tree_open_near(struct tree_near *near, const struct plan_mount *mount);
void tree_near_close(struct tree_near *near);

/* Shows the owner of the tree's top as `uid`/`gid` and back, by means of a user namespace that was made for that pair and is
 * kept in `cache`. 0; 1: the file system cannot, and the tree stays as it is; -errno. Parent only. */
struct tree_map {
        uid_t uid;
        gid_t gid;
        int userns;
};
struct tree_maps {
        struct tree_map *maps;
        size_t count;
};
int tree_map_owner(int tree, uid_t uid, gid_t gid, struct tree_maps *cache);
void tree_maps_free(struct tree_maps *cache);

#endif
