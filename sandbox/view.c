/* The view: the mount tree that the sandbox has as its root, built beside the host's and then entered.
 *
 *   host's "/"  <─ stock (a tmpfs with what is none of the host's)  <─ the view's root (a tmpfs, or the plan's own "/")
 *
 * Where there are overlays, what they are made of lies in one more between stock and root. All are mounted over the copy of
 * the host's root in our own mount namespace: names that start with "/" still lead to the host, and everything relative to
 * the descriptor of the view's root leads into the view. pivot_root turns that around, and what is under the view goes away
 * with the host's tree.
 *
 * Mount points are made as they are needed in what is ours (the skeleton, a tmpfs, a hollow). Inside a tree of the
 * host they must exist; they are found without following any symlink and without leaving the view. */
#include <limits.h>
#include <string.h>

#include "base/fd.h"
#include "base/within.h"
#include "sandbox/landlock.h"
#include "sandbox/overlay.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

#define FOLLOW_NOTHING (RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* Relative to the view's root; "" for the root itself. */
static const char *relative(const char *path)
{
        return path + 1;
}

/* ---- new file systems ----------------------------------------------------------------------------------------------- */

static int mount_tmpfs(const struct view_step *step)
{
        bool scratch = step->mount->rule && step->mount->rule->scratch; /* where one expects a directory of one's own */
        const struct tree_option options[] = {{"mode", scratch ? "0755" : "1777"},
                                              {"size", step->size},
                                              {"nr_inodes", step->inodes}};
        return tree_new("tmpfs", options, 3, tree_flags(step->mount));
}

/* An instance of its own: its terminals are not the host's, whatever number they have. Their group is the program's, since
 * the host's `tty` has no number in the sandbox. */
static int mount_pts(const struct view_step *step)
{
        static const struct tree_option options[] = {{"newinstance", NULL}, {"ptmxmode", "0666"},
                                                     {"mode", "0620"}, {"max", "512"}};
        return tree_new("devpts", options, sizeof(options) / sizeof(options[0]), tree_flags(step->mount));
}

/* Pid 1 is a copy of the host process. What it is made undumpable for, its command line would still tell: so
 * processes that may not be traced are not shown at all. */
static int mount_proc(struct setup *s, const struct view_step *step)
{
        const struct tree_option options[] = {{"hidepid", "ptraceable"}, {"subset", "pid"}};
        s->stage = STAGE_PROC;
        return tree_new("proc", options, step->mount->proc_mode == PROC_SELF ? 2 : 1, tree_flags(step->mount));
}

/* ---- mount points --------------------------------------------------------------------------------------------------- */

/* The directory at `path`, made where it is not there. No symlink is followed: one in the skeleton would lead to the host as
 * long as "/" is still the host's. */
static int make_way(int root, const char *path, size_t length)
{
        char name[PATH_MAX];
        int at = SYS_CALL(fcntl, root, F_DUPFD_CLOEXEC, 0);

        if (length >= sizeof(name)) {
                fd_close(at);
                return -ENAMETOOLONG;
        }
        memcpy(name, path, length);
        name[length] = '\0';
        for (char *start = name, *slash = name; at >= 0 && slash; start = slash + 1) {
                slash = strchr(start, '/');
                if (slash)
                        *slash = '\0';
                int next = sys_open_path(at, start, O_DIRECTORY, FOLLOW_NOTHING);
                if (next == -ENOENT) {
                        next = SYS_CALL(mkdirat, at, start, 0755);
                        if (next == 0 || next == -EEXIST)
                                next = sys_open_path(at, start, O_DIRECTORY, FOLLOW_NOTHING);
                }
                fd_close(at);
                at = next;
        }
        return at;
}

static int open_directory(int root, const char *path, size_t length, bool make)
{
        char name[PATH_MAX];

        if (length >= sizeof(name))
                return -ENAMETOOLONG;
        memcpy(name, path, length);
        name[length] = '\0';
        int found = sys_open_path(root, name, O_DIRECTORY, FOLLOW_NOTHING);
        return found == -ENOENT && make ? make_way(root, path, length) : found;
}

/* The directory that a step's place lies in, and the name there. The steps of one directory follow each other, and nothing is
 * mounted on it meanwhile: it stays open until another one is asked for. In what is ours it is made. */
static int parent_of(struct setup *s, const struct plan_mount *m, const char **name)
{
        struct open_parent *p = &s->parent;
        const char *path = relative(m->path), *slash = strrchr(path, '/');
        size_t length = slash ? (size_t)(slash - path) : 0;

        *name = slash ? slash + 1 : path;
        if (length == 0)
                return s->view;
        if (p->fd >= 0 && p->length == length && memcmp(p->path, path, length) == 0)
                return p->fd;
        fd_close(p->fd);
        *p = (struct open_parent){.path = path, .length = length, .fd = open_directory(s->view, path, length, !m->on_host)};
        return p->fd;
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
static int make_point(struct setup *s, const struct plan_mount *m)
{
        const char *name;

        if (!*relative(m->path) || m->on_host)
                return 0;
        int directory = parent_of(s, m, &name);
        int result = directory < 0 ? directory : make_one(directory, name, m);
        return result == -EEXIST && m->kind != VIEW_SYMLINK ? 0 : result;
}

/* In what is ours the name is what make_point() made; in a tree of the host it may be a symlink by now. */
static int attach(struct setup *s, int tree, const struct plan_mount *m)
{
        const char *name;
        int directory = parent_of(s, m, &name);

        if (directory < 0 || !m->on_host)
                return directory < 0 ? directory : sys_move_mount(tree, directory, name);
        cleanup_fd int point = sys_open_path(directory, name, 0, FOLLOW_NOTHING);
        return point < 0 ? point : sys_move_mount(tree, point, "");
}

/* ---- steps ---------------------------------------------------------------------------------------------------------- */

/* A part of an overlay, with flags of its own: all that is there so far is ours, and no flag of it is locked. */
static int open_part(const struct setup *s, const struct plan_mount *m)
{
        const uint64_t flags = tree_flags(m);
        const struct mount_attr attr = {.attr_set = flags, .attr_clr = MOUNT_ATTR_NOEXEC & ~flags};
        cleanup_fd int source = sys_open_path(s->view, relative(m->path), 0, FOLLOW_NOTHING);
        cleanup_fd int tree = source < 0 ? source : sys_clone_tree(source);
        int result = tree < 0 ? tree : sys_mount_setattr(tree, AT_RECURSIVE, &attr);

        return result < 0 ? result : fd_take(&tree);
}

static int open_source(struct setup *s, struct view_step *step)
{
        if (step->mount->of_view)
                return open_part(s, step->mount);
        if (s->root)
                return step->skipped ? -ENOENT : fd_take(&step->tree);
        s->detail = step->mount->source;
        int tree = tree_open_near(&s->near, step->mount);
        if ((tree == -ENOENT || tree == -EACCES || tree == -ENOTDIR) && step->mount->optional)
                step->skipped = true;
        return tree;
}

static int open_overlay(struct setup *s, struct view_step *step)
{
        cleanup_fd int lower = open_source(s, step);
        return lower < 0 ? lower : overlay_mount(s, step, lower);
}

/* The detached mount of a step, or -errno. */
static int make_tree(struct setup *s, struct view_step *step, int stock)
{
        switch (step->mount->kind) {
        case VIEW_BIND:
                return step->mount->overlay ? open_overlay(s, step) : open_source(s, step);
        case VIEW_DEVICE:
                return open_source(s, step);
        case VIEW_TMPFS:
                return mount_tmpfs(step);
        case VIEW_PROC:
                return mount_proc(s, step);
        case VIEW_PTS:
                return mount_pts(step);
        case VIEW_QUEUES:
                return tree_new("mqueue", NULL, 0, tree_flags(step->mount));
        case VIEW_MASK:
        case VIEW_EMPTY:
        case VIEW_FILE:
                return stock_take(stock, step);
        case VIEW_HOLLOW:
                return tree_skeleton("0555");
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
        int result = make_point(s, step->mount);

        if (result < 0 || step->rights == 0 || step->mount->kind != VIEW_DIR)
                return result;
        cleanup_fd int dir = *relative(step->mount->path)
                                     ? sys_open_path(s->view, relative(step->mount->path), O_DIRECTORY, FOLLOW_NOTHING)
                                     : SYS_CALL(fcntl, s->view, F_DUPFD_CLOEXEC, 0);
        return dir < 0 ? dir : landlock_allow(s->ruleset, s->landlock_abi, dir, step->rights);
}

/* A file of our own in a directory of our own, which is closed for writing later: it needs no mount. */
static int step_file(struct setup *s, struct view_step *step)
{
        const char *name;
        int directory = parent_of(s, step->mount, &name);
        cleanup_fd int file = directory < 0 ? directory : stock_file(directory, name, step->mount);
        return file < 0 ? file : landlock_allow(s->ruleset, s->landlock_abi, file, step->rights);
}

static int step_mount(struct setup *s, struct view_step *step, int stock)
{
        const struct plan_mount *m = step->mount;
        cleanup_fd int tree = make_tree(s, step, stock);

        if (tree < 0)
                return step->skipped ? 0 : tree;
        s->detail = m->path;
        int result = make_point(s, m);
        if (result == 0)
                result = attach(s, tree, m);
        if (result == -ENOENT && m->on_host && (m->optional || under_skipped(s, m->path)))
                return 0;
        if (result == 0)
                result = landlock_allow(s->ruleset, s->landlock_abi, tree, step->rights);
        if (result == 0 && m->kind == VIEW_HOLLOW)
                step->tree = fd_take(&tree); /* needed again, once its mount points are made */
        return result;
}

static int run_step(struct setup *s, struct view_step *step, int stock)
{
        s->stage = STAGE_MOUNTS;
        s->detail = step->mount->path;
        if (step->mount->kind == VIEW_DIR || step->mount->kind == VIEW_SYMLINK)
                return step_plain(s, step);
        if (step->mount->plain)
                return step_file(s, step);
        return step_mount(s, step, stock);
}

/* Where the plan's first mount is "/" itself, that is the root; else it is a skeleton of our own. Returns how many steps
 * that took, or -errno. */
static int make_root(struct setup *s, int stock)
{
        struct view_step *first = s->step_count > 0 ? &s->steps[0] : NULL;
        bool own = !first || strcmp(first->mount->path, "/") != 0 || first->mount->kind == VIEW_DIR;

        s->detail = "/";
        s->view = own ? tree_skeleton("0755") : make_tree(s, first, stock);
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
        if (s->plan->hosted)
                return hosted_view(s);
        s->umask = (mode_t)SYS_CALL(umask, 0);
        s->detail = "what is none of the host's";
        cleanup_fd int stock = stock_make(s);
        if (stock < 0 && stock != FD_NONE)
                return stock;
        int result = overlays_begin(s);
        if (result < 0)
                return result;
        int first = make_root(s, stock);
        if (first < 0)
                return first;
        for (size_t i = (size_t)first; i < s->step_count; i++) {
                result = run_step(s, &s->steps[i], stock);
                if (result < 0)
                        return result;
        }
        sources_open(s);
        s->layers = fd_close(s->layers);
        s->parent.fd = fd_close(s->parent.fd);
        tree_near_close(&s->near);
        result = seal(s, first == 0);
        if (result == 0 && s->plan->empties) {
                s->detail = "the empty directory";
                s->nowhere = stock_nowhere();
                result = s->nowhere < 0 ? s->nowhere : 0;
        }
        SYS_CALL(umask, s->umask);
        return result;
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

/* pivot_root puts the host's tree over our new root, with the stock on top of it. It is looked at, not counted, when the
 * last of them is gone. */
static int drop_host(void)
{
        for (int left = 5; left > 0; left--) {
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
        if (s->plan->hosted)
                return 0;
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
