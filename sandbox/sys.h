/* System calls as this room uses them: raw, so that none is a cancellation point or takes a lock of libc, and with the
 * result in one value: negative errno, or what the call gives. The header of the kernel is used instead of
 * <sys/mount.h>, since the two cannot be included together everywhere. */
#ifndef SANDBOX_SYS_H
#define SANDBOX_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static inline int sys_result(long result)
{
        return result < 0 ? -errno : (int)result;
}

#define SYS_CALL(name, ...) sys_result(syscall(SYS_##name, ##__VA_ARGS__))

static inline int sys_open_path(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
        struct open_how how = {.flags = O_PATH | O_CLOEXEC | flags, .resolve = resolve};
        return SYS_CALL(openat2, dir, path, &how, sizeof(how));
}

static inline int sys_close_range(unsigned first, unsigned last)
{
        return first > last ? 0 : SYS_CALL(close_range, first, last, 0u);
}

/* For a process that waits until somebody kills it: it goes with its parent, also where that was gone before it could say so.
 * Both are in one pid namespace. */
static inline _Noreturn void sys_wait_to_be_killed(pid_t parent)
{
        SYS_CALL(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        while (SYS_CALL(getppid) == parent)
                SYS_CALL(ppoll, NULL, 0u, NULL, NULL, (size_t)0);
        for (;;)
                SYS_CALL(exit_group, 0);
}

/* ---- the mount API ------------------------------------------------------------------------------------------- */

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#define SYS_MNT_DETACH 2

/* A detached, recursive copy of what `fd` refers to. */
static inline int sys_clone_tree(int fd)
{
        return SYS_CALL(open_tree, fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
}

#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467 /* Linux 6.15; the number is the same everywhere */
#endif

/* The two in one, of one name in a directory, which is not followed. -ENOSYS on older kernels. */
static inline int sys_clone_child(int dir, const char *name, const struct mount_attr *attr)
{
        unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
        return SYS_CALL(open_tree_attr, dir, name, flags, attr, sizeof(*attr));
}

static inline int sys_mount_setattr(int fd, unsigned flags, const struct mount_attr *attr)
{
        return SYS_CALL(mount_setattr, fd, "", AT_EMPTY_PATH | flags, attr, sizeof(*attr));
}

static inline int sys_move_mount(int tree, int dir, const char *path)
{
        unsigned to = *path ? 0 : MOVE_MOUNT_T_EMPTY_PATH;
        return SYS_CALL(move_mount, tree, "", dir, path, MOVE_MOUNT_F_EMPTY_PATH | to);
}

#endif
