/* As the kernel declares its calls: int, unsigned, pid_t, uid_t, umode_t and the like. What isn't here, or marked '.', is as wide
 * as the register, or a pointer. */
#include "policy/arguments.h"

#include <string.h>

static const struct {
        const char *call, *kinds;
} calls[] = {
        {"read", "i"}, {"write", "i"}, {"readv", "i"}, {"writev", "i"}, {"preadv", "i"}, {"pwritev", "i"},
        {"preadv2", "i....i"}, {"pwritev2", "i....i"}, {"pread64", "i"}, {"pwrite64", "i"}, {"lseek", "i.i"},
        {"close", "i"}, {"close_range", "iii"}, {"dup", "i"}, {"dup2", "ii"}, {"dup3", "iii"}, {"pipe2", ".i"},
        {"fcntl", "ii"}, {"ioctl", "ii"}, {"flock", "ii"}, {"sendfile", "ii"}, {"copy_file_range", "i.i..i"},
        {"splice", "i.i..i"}, {"tee", "ii.i"}, {"vmsplice", "i..i"}, {"fsync", "i"}, {"fdatasync", "i"},
        {"syncfs", "i"}, {"sync_file_range", "i..i"}, {"fadvise64", "i..i"}, {"readahead", "i"}, {"fallocate", "ii"},
        {"ftruncate", "i"}, {"cachestat", "i..i"}, {"poll", ".ii"}, {"ppoll", ".i"}, {"select", "i"},
        {"pselect6", "i"}, {"epoll_create", "i"}, {"epoll_create1", "i"}, {"epoll_ctl", "iii"},
        {"epoll_wait", "i.ii"}, {"epoll_pwait", "i.ii"}, {"epoll_pwait2", "i.i"}, {"eventfd", "i"},
        {"eventfd2", "ii"}, {"open", ".ii"}, {"openat", "i.ii"}, {"openat2", "i"}, {"creat", ".i"}, {"access", ".i"},
        {"faccessat", "i.i"}, {"faccessat2", "i.ii"}, {"fstat", "i"}, {"newfstatat", "i..i"}, {"statx", "i.ii"},
        {"fstatfs", "i"}, {"getdents", "i.i"}, {"getdents64", "i.i"}, {"fchdir", "i"}, {"readlink", "..i"},
        {"readlinkat", "i..i"}, {"mkdir", ".i"}, {"mkdirat", "i.i"}, {"unlinkat", "i.i"}, {"renameat", "i.i"},
        {"renameat2", "i.i.i"}, {"linkat", "i.i.i"}, {"symlinkat", ".i"}, {"mknod", ".ii"}, {"mknodat", "i.ii"},
        {"umask", "i"}, {"chmod", ".i"}, {"fchmod", "ii"}, {"fchmodat", "i.i"}, {"fchmodat2", "i.ii"},
        {"chown", ".ii"}, {"fchown", "iii"}, {"lchown", ".ii"}, {"fchownat", "i.iii"}, {"futimesat", "i"},
        {"utimensat", "i..i"}, {"fgetxattr", "i"}, {"flistxattr", "i"}, {"fremovexattr", "i"}, {"setxattr", "....i"},
        {"lsetxattr", "....i"}, {"fsetxattr", "i...i"}, {"setxattrat", "i.i"}, {"getxattrat", "i.i"},
        {"listxattrat", "i.i"}, {"removexattrat", "i.i"}, {"name_to_handle_at", "i...i"}, {"mmap", "....i"},
        {"madvise", "..i"}, {"msync", "..i"}, {"mlock2", "..i"}, {"mlockall", "i"}, {"memfd_create", ".i"},
        {"pkey_free", "i"}, {"pkey_mprotect", "...i"}, {"execveat", "i...i"}, {"exit", "i"}, {"exit_group", "i"},
        {"wait4", "i.i"}, {"waitid", "ii.i"}, {"clone", "i"}, {"getpgid", "i"}, {"setpgid", "ii"}, {"getsid", "i"},
        {"prctl", "i"},
        {"arch_prctl", "i"}, {"getrlimit", "i"}, {"setrlimit", "i"}, {"prlimit64", "ii"}, {"getrusage", "i"},
        {"personality", "i"}, {"sched_getaffinity", "ii"}, {"sched_setaffinity", "ii"}, {"sched_getparam", "i"},
        {"sched_setparam", "i"}, {"sched_getscheduler", "i"}, {"sched_setscheduler", "ii"},
        {"sched_getattr", "i.ii"}, {"sched_setattr", "i.i"}, {"sched_get_priority_max", "i"},
        {"sched_get_priority_min", "i"}, {"sched_rr_get_interval", "i"}, {"getpriority", "ii"},
        {"setpriority", "iii"}, {"ioprio_get", "ii"}, {"ioprio_set", "iii"}, {"rt_sigaction", "i"},
        {"rt_sigprocmask", "i"}, {"rt_sigqueueinfo", "ii"}, {"rt_tgsigqueueinfo", "iii"}, {"signalfd", "i"},
        {"signalfd4", "i..i"}, {"kill", "ii"}, {"tkill", "ii"}, {"tgkill", "iii"}, {"pidfd_open", "ii"},
        {"pidfd_send_signal", "ii.i"}, {"futex", ".ii..i"}, {"futex_waitv", ".ii.i"}, {"membarrier", "iii"},
        {"clock_gettime", "i"}, {"clock_getres", "i"}, {"clock_nanosleep", "ii"}, {"alarm", "i"}, {"getitimer", "i"},
        {"setitimer", "i"}, {"timer_create", "i"}, {"timer_settime", "ii"}, {"timer_gettime", "i"},
        {"timer_getoverrun", "i"}, {"timer_delete", "i"}, {"timerfd_create", "ii"}, {"timerfd_settime", "ii"},
        {"timerfd_gettime", "i"}, {"getrandom", "..i"}, {"getgroups", "i"}, {"setgroups", "i"}, {"setuid", "i"},
        {"setgid", "i"}, {"setreuid", "ii"}, {"setregid", "ii"}, {"setresuid", "iii"}, {"setresgid", "iii"},
        {"setfsuid", "i"}, {"setfsgid", "i"}, {"seccomp", "ii"}, {"landlock_create_ruleset", "..i"},
        {"landlock_add_rule", "ii.i"}, {"landlock_restrict_self", "ii"}, {"socket", "iii"}, {"socketpair", "iii"},
        {"bind", "i.i"}, {"connect", "i.i"}, {"listen", "ii"}, {"accept", "i"}, {"accept4", "i..i"},
        {"getsockname", "i"}, {"getpeername", "i"}, {"getsockopt", "iii"}, {"setsockopt", "iii.i"},
        {"shutdown", "ii"}, {"sendto", "i..i.i"}, {"recvfrom", "i..i"}, {"sendmsg", "i.i"}, {"recvmsg", "i.i"},
        {"sendmmsg", "i.ii"}, {"recvmmsg", "i.ii"}, {"shmget", "i.i"}, {"shmat", "i.i"}, {"shmctl", "ii"},
        {"semget", "iii"}, {"semop", "i.i"}, {"semtimedop", "i.i"}, {"semctl", "iii"}, {"msgget", "ii"},
        {"msgsnd", "i..i"}, {"msgrcv", "i...i"}, {"msgctl", "ii"}, {"mq_open", ".ii"}, {"mq_timedsend", "i..i"},
        {"mq_timedreceive", "i"}, {"mq_notify", "i"}, {"mq_getsetattr", "i"}, {"io_setup", "i"},
        {"inotify_init1", "i"}, {"inotify_add_watch", "i.i"}, {"inotify_rm_watch", "ii"}, {"mbind", ".....i"},
        {"set_mempolicy", "i"}, {"modify_ldt", "i"}, {"memfd_secret", "i"}, {"process_vm_readv", "i"},
        {"process_vm_writev", "i"}, {"setns", "ii"},
};

bool argument_is_int(const char *call, unsigned arg)
{
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
                if (strcmp(calls[i].call, call) == 0)
                        return arg < strlen(calls[i].kinds) && calls[i].kinds[arg] == 'i';
        return false;
}
