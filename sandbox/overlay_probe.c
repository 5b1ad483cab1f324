/* Whether this user can have overlays: one is made, of two directories in memory, in namespaces as a sandbox has them. */
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/overlay.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

static int write_text(const char *path, const char *text)
{
        cleanup_fd int fd = SYS_CALL(openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
        int result = fd < 0 ? fd : SYS_CALL(write, fd, text, strlen(text));
        return result < 0 ? result : 0;
}

/* Files that are made need an owner that the new namespace knows. */
static int map_self(const char *uids, const char *gids)
{
        int result = write_text("/proc/self/setgroups", "deny");

        if (result == 0)
                result = write_text("/proc/self/uid_map", uids);
        return result == 0 ? write_text("/proc/self/gid_map", gids) : result;
}

static int try_overlay(void)
{
        const struct tree_option options[] = {
                {"userxattr", NULL}, {"index", "off"}, {"lowerdir", "lower"}, {"upperdir", "upper"}, {"workdir", "work"},
        };
        cleanup_fd int layers = tree_skeleton("0700");
        int result = layers < 0 ? layers : sys_move_mount(layers, AT_FDCWD, "/");

        for (size_t i = 2; i < 5 && result == 0; i++)
                result = SYS_CALL(mkdirat, layers, options[i].value, 0700);
        if (result == 0)
                result = SYS_CALL(fchdir, layers);
        if (result == 0)
                result = SYS_CALL(setxattr, "upper", "user.cordon", "", (size_t)0, 0);
        if (result == -EOPNOTSUPP)
                return -ENOTSUP;
        cleanup_fd int overlay = result < 0 ? result : tree_new("overlay", options, 5, SKELETON_FLAGS);
        return overlay < 0 ? overlay : 0;
}

int probe_overlay(void)
{
        struct clone_args args = {.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_CLEAR_SIGHAND};
        char uids[48], gids[48];
        sigset_t all, mask;
        int status = 0;

        snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
        snprintf(gids, sizeof(gids), "0 %u 1", getegid());
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &mask);
        int pid = SYS_CALL(clone3, &args, sizeof(args));
        if (pid == 0) {
                int result = map_self(uids, gids);
                result = result == 0 ? try_overlay() : result;
                for (;;)
                        SYS_CALL(exit_group, -result);
        }
        while (pid > 0 && waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
                ;
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
        return pid < 0 ? pid : WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

const char *probe_overlay_text(int error)
{
        switch (error) {
        case ENODEV:
                return "the kernel has no overlayfs (CONFIG_OVERLAY_FS; `modprobe overlay`)";
        case ENOTSUP:
                return "memory has no extended attributes of users (before Linux 6.6): only changes that are kept on disk "
                       "(--changes) can be had";
        case EPERM:
        case EINVAL:
                return "this kernel does not let ordinary users mount them (Linux 5.11 or newer does)";
        default:
                return error_text(error);
        }
}
