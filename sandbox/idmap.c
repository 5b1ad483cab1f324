/* A user namespace comes into being with a process, and needs one until a descriptor holds it. So a helper is cloned that
 * shares our memory (no copy to pay for), runs on a stack of its own, does nothing but wait, and is killed as soon as its
 * namespace is mapped and opened. It runs no signal handler (all signals are blocked by our caller), touches nothing, and
 * dies with the thread that made it. */
#include "sandbox/idmap.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "sandbox/sys.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static _Noreturn int wait_to_be_killed(void *parent)
{
        sys_wait_to_be_killed(*(const pid_t *)parent);
}

int idmap_write(pid_t pid, const char *file, const char *text)
{
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
        cleanup_fd int fd = SYS_CALL(openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return fd;
        int written = SYS_CALL(write, fd, text, strlen(text));
        return written < 0 ? written : 0;
}

static int map_and_open(pid_t pid, const char *uids, const char *gids)
{
        char path[64];
        int result = idmap_write(pid, "uid_map", uids);

        if (result == 0)
                result = idmap_write(pid, "gid_map", gids);
        if (result < 0)
                return result;
        snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
        return SYS_CALL(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

int idmap_userns(uid_t uid_stored, uid_t uid_seen, gid_t gid_stored, gid_t gid_seen)
{
        _Alignas(16) char stack[4096];
        char uids[48], gids[48];
        int pidfd = FD_NONE;
        pid_t self = getpid();
        siginfo_t info;

        snprintf(uids, sizeof(uids), "%u %u 1", uid_stored, uid_seen);
        snprintf(gids, sizeof(gids), "%u %u 1", gid_stored, gid_seen);
        pid_t pid = clone(wait_to_be_killed, stack + sizeof(stack), CLONE_VM | CLONE_NEWUSER | CLONE_PIDFD, &self, &pidfd);
        if (pid < 0)
                return -errno;
        int userns = map_and_open(pid, uids, gids);
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        while (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | __WALL, NULL) < 0 && errno == EINTR)
                ;
        fd_close(pidfd);
        return userns;
}
