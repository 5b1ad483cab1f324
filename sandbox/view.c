/* The view: the mount tree that the sandbox has as its root, built beside the host's and then entered.
 *
 *   host's "/"  <─ masks (a tmpfs with what VIEW_MASK shows)  <─ the view's root (a tmpfs, or the plan's own "/")
 *
 * Both are mounted over the copy of the host's root in our own mount namespace: names that start with "/" still lead to the
 * host, and everything relative to the descriptor of the view's root leads into the view. pivot_root turns that around, and
 * what is under the view goes away with the host's tree.
 *
 * Mount points are made as they are needed in what is ours (the skeleton, a tmpfs, a hollow). Inside a tree of the
 * host they must exist; they are found without following any symlink and without leaving the view. */
#include <limits.h>
#include <string.h>

#include "base/fd.h"
#include "base/within.h"
#include "sandbox/landlock.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

#define SKELETON_FLAGS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define FOLLOW_NOTHING (RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* Relative to the view's root; "" for the root itself. */
static const char *relative(const char *path)
{
        return path + 1;
}

/* ---- new file systems ----------------------------------------------------------------------------------------------- */

struct mount_option {
        const char *key, *value; /* value NULL: a flag */
};

/* A detached mount of a new file system; options with an empty value are left out. */
static int mount_new(const char *type, const struct mount_option *options, size_t count, uint64_t flags)
{
        cleanup_fd int context = SYS_CALL(fsopen, type, FSOPEN_CLOEXEC);
        int result = context < 0 ? context : 0;

        for (size_t i = 0; i < count && result == 0; i++) {
                const char *value = options[i].value;
                if (value && !*value)
                        continue;
                result = SYS_CALL(fsconfig, context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, options[i].key,
                                  value, 0);
        }
        if (result == 0)
                result = SYS_CALL(fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
        return result < 0 ? result : SYS_CALL(fsmount, context, FSMOUNT_CLOEXEC, (unsigned)flags);
}

static int mount_skeleton(const char *mode)
{
        const struct mount_option options[] = {{"mode", mode}};
        return mount_new("tmpfs", options, 1, SKELETON_FLAGS);
}

static int mount_tmpfs(const struct view_step *step)
{
        const struct mount_option options[] = {{"mode", "1777"}, {"size", step->size}, {"nr_inodes", step->inodes}};
        return mount_new("tmpfs", options, 3, tree_flags(step->mount));
}

/* Pid 1 is a copy of the host process. What it is made undumpable for, its command line would still tell: so
 * processes that may not be traced are not shown at all. */
static int mount_proc(struct setup *s, const struct view_step *step)
{
        const struct mount_option options[] = {{"hidepid", "ptraceable"}, {"subset", "pid"}};
        s->stage = STAGE_PROC;
        return mount_new("proc", options, step->mount->proc_mode == PROC_SELF ? 2 : 1, tree_flags(step->mount));
}

/* ---- mount points --------------------------------------------------------------------------------------------------- */

/* The directory that `path` lies in, made where it is not there, and its last component. No symlink is followed: one in the
 * skeleton would lead to the host as long as "/" is still the host's. */
static int parent_of(int root, const char *path, const char **last)
{
        char name[PATH_MAX];
        size_t length = strnlen(path, sizeof(name));
        int at = SYS_CALL(fcntl, root, F_DUPFD_CLOEXEC, 0);

        if (length == sizeof(name)) {
                fd_close(at);
                return -ENAMETOOLONG;
        }
        memcpy(name, path, length + 1);
        *last = path;
        for (char *start = name, *slash; at >= 0 && (slash = strchr(start, '/')); start = slash + 1) {
                *slash = '\0';
                int next = sys_open_path(at, start, O_DIRECTORY, FOLLOW_NOTHING);
                if (next == -ENOENT) {
                        next = SYS_CALL(mkdirat, at, start, 0755);
                        if (next == 0 || next == -EEXIST)
                                next = sys_open_path(at, start, O_DIRECTORY, FOLLOW_NOTHING);
                }
                fd_close(at);
                at = next;
                *last = path + (slash + 1 - name);
        }
        return at;
}

static int make_one(int directory, const char *name, const struct plan_mount *m)
{
        if (m->kind == VIEW_SYMLINK)
                return SYS_CALL(symlinkat, m->source, directory, name);
        if (m->directory)
                return SYS_CALL(mkdirat, directory, name, 0755);
        return SYS_CALL(mknodat, directory, name, S_IFREG | 0444, 0);
}

/* Makes the place of a step in what is ours; in a tree of the host it is there. */
static int make_point(int root, const struct plan_mount *m)
{
        const char *last;

        if (!*relative(m->path) || m->on_host)
                return 0;
        cleanup_fd int directory = parent_of(root, relative(m->path), &last);
        int result = directory < 0 ? directory : make_one(directory, last, m);
        return result == -EEXIST && m->kind != VIEW_SYMLINK ? 0 : result;
}

static int attach(int root, int tree, const struct plan_mount *m)
{
        cleanup_fd int point = sys_open_path(root, relative(m->path), 0, FOLLOW_NOTHING);
        return point < 0 ? point : sys_move_mount(tree, point, "");
}

/* ---- masks ---------------------------------------------------------------------------------------------------------- */

static bool wants_masks(const struct setup *s)
{
        for (size_t i = 0; i < s->step_count; i++)
                if (s->steps[i].mount->kind == VIEW_MASK)
                        return true;
        return false;
}

/* An empty file and an empty directory that nobody may open. */
static int mount_masks(void)
{
        cleanup_fd int masks = mount_skeleton("0700");

        if (masks < 0)
                return masks;
        int result = SYS_CALL(mknodat, masks, "file", S_IFREG, 0);
        if (result == 0)
                result = SYS_CALL(mkdirat, masks, "dir", 0);
        if (result == 0)
                result = sys_move_mount(masks, AT_FDCWD, "/");
        return result < 0 ? result : fd_take(&masks);
}

static int clone_mask(int masks, bool directory)
{
        const struct mount_attr attr = {.attr_set = SKELETON_FLAGS | MOUNT_ATTR_RDONLY};
        int tree = SYS_CALL(open_tree, masks, directory ? "dir" : "file", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

        if (tree < 0)
                return tree;
        int result = sys_mount_setattr(tree, 0, &attr);
        if (result < 0) {
                fd_close(tree);
                return result;
        }
        return tree;
}

/* ---- steps ---------------------------------------------------------------------------------------------------------- */

static int open_source(struct setup *s, struct view_step *step)
{
        if (s->root)
                return step->skipped ? -ENOENT : fd_take(&step->tree);
        s->detail = step->mount->source;
        int tree = tree_open(step->mount);
        if ((tree == -ENOENT || tree == -EACCES || tree == -ENOTDIR) && step->mount->optional)
                step->skipped = true;
        return tree;
}

/* The detached mount of a step, or -errno. */
static int make_tree(struct setup *s, struct view_step *step, int masks)
{
        switch (step->mount->kind) {
        case VIEW_BIND:
        case VIEW_DEVICE:
                return open_source(s, step);
        case VIEW_TMPFS:
                return mount_tmpfs(step);
        case VIEW_PROC:
                return mount_proc(s, step);
        case VIEW_MASK:
                return clone_mask(masks, step->mount->directory);
        case VIEW_HOLLOW:
                return mount_skeleton("0555");
        case VIEW_DIR:
        case VIEW_SYMLINK:
                break;
        }
        return -EINVAL;
}

/* What an optional tree would have contained need not be taken away when the tree itself is not there. */
static bool under_skipped(const struct setup *s, const char *path)
{
        for (size_t i = 0; i < s->step_count; i++)
                if (s->steps[i].skipped && path_within(path, s->steps[i].mount->path))
                        return true;
        return false;
}

/* A directory of the skeleton needs a rule of its own only when the plan grants something on it. */
static int step_plain(struct setup *s, struct view_step *step)
{
        int result = make_point(s->view, step->mount);

        if (result < 0 || step->rights == 0 || step->mount->kind != VIEW_DIR)
                return result;
        cleanup_fd int dir = *relative(step->mount->path)
                                     ? sys_open_path(s->view, relative(step->mount->path), O_DIRECTORY, FOLLOW_NOTHING)
                                     : SYS_CALL(fcntl, s->view, F_DUPFD_CLOEXEC, 0);
        return dir < 0 ? dir : landlock_allow(s->ruleset, s->landlock_abi, dir, step->rights);
}

static int step_mount(struct setup *s, struct view_step *step, int masks)
{
        const struct plan_mount *m = step->mount;
        cleanup_fd int tree = make_tree(s, step, masks);

        if (tree < 0)
                return step->skipped ? 0 : tree;
        s->detail = m->path;
        int result = make_point(s->view, m);
        if (result == 0)
                result = attach(s->view, tree, m);
        if (result == -ENOENT && m->on_host && under_skipped(s, m->path))
                return 0;
        if (result == 0)
                result = landlock_allow(s->ruleset, s->landlock_abi, tree, step->rights);
        if (result == 0 && m->kind == VIEW_HOLLOW)
                step->tree = fd_take(&tree); /* needed again, once its mount points are made */
        return result;
}

static int run_step(struct setup *s, struct view_step *step, int masks)
{
        s->stage = STAGE_MOUNTS;
        s->detail = step->mount->path;
        if (step->mount->kind == VIEW_DIR || step->mount->kind == VIEW_SYMLINK)
                return step_plain(s, step);
        return step_mount(s, step, masks);
}

/* Where the plan's first mount is "/" itself, that is the root; else it is a skeleton of our own. Returns how many steps
 * that took, or -errno. */
static int make_root(struct setup *s, int masks)
{
        struct view_step *first = s->step_count > 0 ? &s->steps[0] : NULL;
        bool own = !first || strcmp(first->mount->path, "/") != 0 || first->mount->kind == VIEW_DIR;

        s->detail = "/";
        s->view = own ? mount_skeleton("0755") : make_tree(s, first, masks);
        if (s->view < 0)
                return s->view;
        int result = sys_move_mount(s->view, AT_FDCWD, "/");
        if (result == 0 && !own)
                result = landlock_allow(s->ruleset, s->landlock_abi, s->view, first->rights);
        return result < 0 ? result : !own;
}

/* What was ours to make mount points in is closed for writing. */
static int seal(struct setup *s, bool skeleton)
{
        const struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
        int result = skeleton ? sys_mount_setattr(s->view, 0, &attr) : 0;

        for (size_t i = 0; i < s->step_count && result == 0; i++) {
                struct view_step *step = &s->steps[i];
                if (step->mount->kind != VIEW_HOLLOW || step->tree < 0)
                        continue;
                s->detail = step->mount->path;
                result = sys_mount_setattr(step->tree, 0, &attr);
                step->tree = fd_close(step->tree);
        }
        return result;
}

int view_build(struct setup *s)
{
        cleanup_fd int masks = FD_NONE;

        s->umask = (mode_t)SYS_CALL(umask, 0);
        if (wants_masks(s)) {
                s->detail = "masks";
                masks = mount_masks();
                if (masks < 0)
                        return masks;
        }
        int first = make_root(s, masks);
        if (first < 0)
                return first;
        for (size_t i = (size_t)first; i < s->step_count; i++) {
                int result = run_step(s, &s->steps[i], masks);
                if (result < 0)
                        return result;
        }
        SYS_CALL(umask, s->umask);
        return seal(s, first == 0);
}

/* True where something is mounted over our root: "/" itself means the root whatever lies on it, "/.." steps on top. */
static int covered(void)
{
        struct statx root, top;
        int result = SYS_CALL(statx, AT_FDCWD, "/", 0, STATX_MNT_ID, &root);

        if (result == 0)
                result = SYS_CALL(statx, AT_FDCWD, "/..", 0, STATX_MNT_ID, &top);
        if (result == 0 && !(root.stx_mask & top.stx_mask & STATX_MNT_ID))
                result = -EOPNOTSUPP;
        return result < 0 ? result : root.stx_mnt_id != top.stx_mnt_id;
}

/* pivot_root puts the host's tree over our new root, with the masks on top of it. It is looked at, not counted, when the
 * last of them is gone. */
static int drop_host(void)
{
        for (int left = 4; left > 0; left--) {
                int result = covered();
                if (result <= 0)
                        return result;
                result = SYS_CALL(umount2, ".", SYS_MNT_DETACH);
                if (result < 0)
                        return result;
        }
        return -EBUSY;
}

int view_enter(struct setup *s)
{
        s->detail = "pivot_root";
        int result = SYS_CALL(fchdir, s->view);
        if (result == 0)
                result = SYS_CALL(pivot_root, ".", ".");
        if (result < 0)
                return result;
        s->detail = "the host's tree";
        result = drop_host();
        if (result == 0)
                result = SYS_CALL(chdir, "/");
        s->view = fd_close(s->view);
        return result;
}
