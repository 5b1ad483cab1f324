/* What a view shows that is none of the host's lies in one tmpfs of the view's own: a file and a directory that nobody may
 * open, an empty file and an empty directory that may be read, and the virtual files. Each place in the view gets a clone of
 * one of them, read-only, so it is one and the same inode for stat, open, exec and mmap. The tmpfs itself goes away with
 * the host's tree, and what nobody has a clone of with it. */
#include <string.h>

#include "base/fd.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

static const struct thing {
        enum plan_mount_kind kind;
        bool directory;
        const char *name;
        mode_t mode;
} things[] = {
        {VIEW_MASK, false, "closed-file", 0},
        {VIEW_MASK, true, "closed-dir", 0},
        {VIEW_EMPTY, false, "empty-file", 0444},
        {VIEW_EMPTY, true, "empty-dir", 0555},
};
#define THINGS (sizeof(things) / sizeof(things[0]))

static bool is_ours(const struct plan_mount *m)
{
        return m->kind == VIEW_MASK || m->kind == VIEW_EMPTY || (m->kind == VIEW_FILE && !m->plain);
}

static int make_thing(int stock, const struct thing *t)
{
        return t->directory ? SYS_CALL(mkdirat, stock, t->name, t->mode)
                            : SYS_CALL(mknodat, stock, t->name, S_IFREG | t->mode, 0);
}

int stock_file(int directory, const char *name, const struct plan_mount *m)
{
        cleanup_fd int fd = SYS_CALL(openat, directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

        for (uint64_t done = 0; fd >= 0 && done < m->size;) {
                long written = syscall(SYS_write, fd, m->content + done, (size_t)(m->size - done));
                if (written <= 0)
                        return written < 0 ? -errno : -EIO;
                done += (uint64_t)written;
        }
        return fd < 0 ? fd : fd_take(&fd);
}

static int make_file(int stock, const struct view_step *step)
{
        int fd = stock_file(stock, step->name, step->mount);
        fd_close(fd);
        return fd < 0 ? fd : 0;
}

static int fill(const struct setup *s, int stock)
{
        int result = 0;

        for (size_t i = 0; i < THINGS && result == 0; i++)
                result = make_thing(stock, &things[i]);
        for (size_t i = 0; i < s->step_count && result == 0; i++)
                if (s->steps[i].mount->kind == VIEW_FILE && !s->steps[i].mount->plain)
                        result = make_file(stock, &s->steps[i]);
        return result;
}

int stock_make(const struct setup *s)
{
        bool wanted = false;

        for (size_t i = 0; i < s->step_count; i++)
                wanted = wanted || is_ours(s->steps[i].mount);
        if (!wanted)
                return FD_NONE;
        cleanup_fd int stock = tree_skeleton("0700");
        if (stock < 0)
                return stock;
        const struct mount_attr attr = {.attr_set = SKELETON_FLAGS | MOUNT_ATTR_RDONLY};
        int result = fill(s, stock);
        if (result == 0) /* its clones have these flags from the start */
                result = sys_mount_setattr(stock, 0, &attr);
        if (result == 0)
                result = sys_move_mount(stock, AT_FDCWD, "/");
        return result < 0 ? result : fd_take(&stock);
}

static const char *name_of(const struct view_step *step)
{
        for (size_t i = 0; i < THINGS; i++)
                if (things[i].kind == step->mount->kind && things[i].directory == step->mount->directory)
                        return things[i].name;
        return step->name;
}

int stock_take(int stock, const struct view_step *step)
{
        return SYS_CALL(open_tree, stock, name_of(step), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/* It is handed out by the broker, so it must not lead anywhere: nothing else is in that file system, and it is mounted nowhere.
 * It is not the top, whose path would read "/". */
int stock_nowhere(void)
{
        const struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
        cleanup_fd int tree = tree_skeleton("0555");

        if (tree < 0)
                return tree;
        int result = SYS_CALL(mkdirat, tree, "masked", 0555);
        if (result == 0)
                result = sys_mount_setattr(tree, 0, &attr);
        return result < 0 ? result : sys_open_path(tree, "masked", O_DIRECTORY, RESOLVE_NO_SYMLINKS);
}
