/* Opening inside the view, and nowhere else. Every path that a child names is resolved by openat2 from the view's root with
 * RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS, so that whatever goes wrong above, the kernel bounds it by the view. */
#ifndef BROKER_VIEW_H
#define BROKER_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct policy;

struct view {
        int root;  /* O_PATH, of the sandbox's root */
        int proc;  /* O_PATH, our own /proc */
        int self;  /* O_PATH, our own /proc/self/fd */
        int nowhere; /* O_PATH, an empty directory that is not in the view; negative where the plan has no masks */
        const struct policy *hosted; /* where the root is the host's own, what the sandbox's policy is; else NULL */
        pid_t keeper; /* pid 1, as we number it */
};

/* Opens a path that must be canonical: any symlink on the way is -ELOOP. */
int view_open(const struct view *v, const char *path, uint64_t flags, uint64_t mode);
/* Makes a file in a pinned directory, which must not be there yet. */
int view_make(int directory, const char *name, uint64_t flags, uint64_t mode);
/* Pins what the path leads to, symlinks followed (the last one only if `follow`). -ELOOP for magic links too. */
int view_pin(const struct view *v, const char *path, bool follow);
/* As openat2 from a pinned directory, with the caller's own RESOLVE_ wishes; pins. */
int view_pin_scoped(int directory, const char *path, uint64_t resolve, bool follow);
/* The canonical path of what a descriptor refers to, as the view names it. -ENOENT for what was removed or has no path. */
int view_path_of(const struct view *v, int fd, char *out, size_t size);
/* True for a file of a proc file system that is not the view's own: it came along in a tree of the host (a chroot with
 * its /proc mounted), and would show us, who stand outside, the host's processes. On doubt, true. */
bool view_is_foreign_proc(const struct view *v, int fd);
/* True for what is the view's own skeleton: nothing is there but what leads to what is granted. */
bool view_is_skeleton(const struct view *v, int fd);
/* True where both lie in the same mount. On doubt, false. */
bool view_same_mount(int a, int b);
/* Opens the object behind a descriptor of ours anew. */
int view_reopen(const struct view *v, int fd, int flags);

#endif
