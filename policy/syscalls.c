/* System calls by name and by group.
 *
 * The model. Every call that this version knows is in exactly one of the plain groups; @basic and @default are made
 * of plain groups. So the tables here are also the answer to "does cordon know this call?", on which the filter
 * relies: a known call that a policy leaves out is refused with EPERM, one that nobody here has heard of does not
 * exist (ENOSYS). A name that this architecture lacks is skipped. */
#include "policy/syscalls.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

struct group {
        const char *name, *text;
        const char *const *members; /* NULL-terminated */
};

#define MEMBERS(...)                                                                                                   \
        (const char *const[])                                                                                          \
        {                                                                                                              \
                __VA_ARGS__, NULL                                                                                      \
        }

static const struct group groups[] = {
        {"@basic", "what a tool that runs alone needs: start, memory, threads, files, time",
         MEMBERS("@io", "@io-event", "@file-system", "@memory", "@process", "@signal", "@sync", "@timer", "@identity",
                 "@system-info")},
        {"@default", "@basic, and what programs that work together need; used where a policy says nothing",
         MEMBERS("@basic", "@network-io", "@ipc", "@aio", "@watch", "@resources", "@setuid", "@sandbox", "@pidfd")},

        {"@io", "reading, writing and passing on what is open",
         MEMBERS("read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2",
                 "lseek", "close", "close_range", "dup", "dup2", "dup3", "pipe", "pipe2", "fcntl", "ioctl", "flock",
                 "sendfile", "copy_file_range", "splice", "tee", "vmsplice", "fsync", "fdatasync", "sync", "syncfs",
                 "sync_file_range", "sync_file_range2", "fadvise64", "readahead", "fallocate", "ftruncate",
                 "cachestat")},
        {"@io-event", "waiting for descriptors",
         MEMBERS("poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
                 "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2")},
        {"@file-system", "opening files, names, metadata; what they reach is the view's business",
         MEMBERS("open", "openat", "openat2", "creat", "access", "faccessat", "faccessat2", "stat", "fstat", "lstat",
                 "newfstatat", "statx", "statfs", "fstatfs", "getdents", "getdents64", "getcwd", "chdir", "fchdir",
                 "readlink", "readlinkat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat",
                 "renameat2", "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat", "truncate", "umask",
                 "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes",
                 "futimesat", "utimensat", "getxattr", "lgetxattr", "fgetxattr", "getxattrat", "listxattr",
                 "llistxattr", "flistxattr", "listxattrat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat",
                 "removexattr", "lremovexattr", "fremovexattr", "removexattrat", "name_to_handle_at", "file_getattr",
                 "file_setattr")},
        {"@memory", "mapping and protecting memory",
         MEMBERS("mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "msync", "mincore", "mlock", "mlock2",
                 "mlockall", "munlock", "munlockall", "memfd_create", "pkey_alloc", "pkey_free", "pkey_mprotect",
                 "remap_file_pages", "mseal", "map_shadow_stack", "get_mempolicy")},
        {"@process", "programs, processes and threads",
         MEMBERS("execve", "execveat", "fork", "vfork", "clone", "clone3", "exit", "exit_group", "wait4", "waitid",
                 "getpid", "getppid", "gettid", "getpgid", "getpgrp", "setpgid", "getsid", "setsid", "prctl",
                 "arch_prctl", "set_tid_address", "set_thread_area", "get_thread_area", "rseq", "getrlimit",
                 "setrlimit", "prlimit64", "getrusage", "getcpu", "personality", "sched_yield", "sched_getaffinity",
                 "sched_getparam", "sched_getscheduler", "sched_getattr", "sched_get_priority_max",
                 "sched_get_priority_min", "sched_rr_get_interval", "getpriority", "riscv_flush_icache")},
        {"@signal", "sending and handling signals",
         MEMBERS("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait",
                 "rt_sigqueueinfo", "rt_tgsigqueueinfo", "sigaltstack", "signalfd", "signalfd4", "kill", "tkill",
                 "tgkill", "pause", "restart_syscall")},
        {"@sync", "locks between threads",
         MEMBERS("futex", "futex_waitv", "futex_wake", "futex_wait", "futex_requeue", "set_robust_list",
                 "get_robust_list", "membarrier")},
        {"@timer", "reading clocks, sleeping, timers",
         MEMBERS("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times",
                 "alarm", "getitimer", "setitimer", "timer_create", "timer_settime", "timer_gettime",
                 "timer_getoverrun", "timer_delete", "timerfd_create", "timerfd_settime", "timerfd_gettime")},
        {"@identity", "asking who one is",
         MEMBERS("getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "capget")},
        {"@system-info", "asking about the system, and random numbers", MEMBERS("uname", "sysinfo", "getrandom")},

        {"@network-io", "sockets, as far as `net` allows them",
         MEMBERS("socket", "socketpair", "bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername",
                 "getsockopt", "setsockopt", "shutdown", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg",
                 "recvmmsg")},
        {"@ipc", "System V and POSIX queues, semaphores and shared memory",
         MEMBERS("shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd",
                 "msgrcv", "msgctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify",
                 "mq_getsetattr")},
        {"@aio", "kernel asynchronous input and output",
         MEMBERS("io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents", "io_pgetevents")},
        {"@watch", "watching directories for changes",
         MEMBERS("inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch")},
        {"@resources", "one's own scheduling and priority",
         MEMBERS("sched_setaffinity", "sched_setparam", "sched_setscheduler", "sched_setattr", "setpriority",
                 "ioprio_get", "ioprio_set")},
        {"@setuid", "changing to ids that one has already; giving up capabilities",
         MEMBERS("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid",
                 "setgroups", "capset")},
        {"@sandbox", "giving up more rights",
         MEMBERS("seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")},
        {"@pidfd", "processes by descriptor", MEMBERS("pidfd_open", "pidfd_send_signal")},

        /* What follows is in no other group: a policy has to name it, and most of it is refused even so. */
        {"@numa", "placing memory on nodes",
         MEMBERS("mbind", "set_mempolicy", "set_mempolicy_home_node", "migrate_pages", "move_pages")},
        {"@other-processes", "reaching into other processes",
         MEMBERS("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease",
                 "pidfd_getfd", "kcmp", "perf_event_open")},
        {"@io-uring", "a second entry to most calls", MEMBERS("io_uring_setup", "io_uring_enter", "io_uring_register")},
        {"@namespace", "new and other namespaces", MEMBERS("unshare", "setns")},
        {"@mount", "changing the mount tree",
         MEMBERS("mount", "umount2", "pivot_root", "chroot", "open_tree", "open_tree_attr", "move_mount", "fsopen",
                 "fsconfig", "fsmount", "fspick", "mount_setattr")},
        {"@mount-info", "asking about the mount tree by its own calls",
         MEMBERS("statmount", "listmount", "sysfs", "ustat")},
        {"@keyring", "keys held by the kernel", MEMBERS("add_key", "request_key", "keyctl")},
        {"@kernel", "programming, replacing or extending the kernel",
         MEMBERS("bpf", "userfaultfd", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
                 "create_module", "query_module", "get_kernel_syms", "uretprobe", "uprobe")},
        {"@admin", "running the machine",
         MEMBERS("swapon", "swapoff", "reboot", "acct", "quotactl", "quotactl_fd", "syslog", "vhangup", "sethostname",
                 "setdomainname", "fanotify_init", "fanotify_mark", "open_by_handle_at", "lookup_dcookie", "nfsservctl",
                 "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules")},
        {"@clock", "setting the clock", MEMBERS("settimeofday", "clock_settime", "adjtimex", "clock_adjtime")},
        {"@raw-io", "ports of the machine", MEMBERS("iopl", "ioperm")},
        {"@rare", "seldom needed, and each a way into little-tested kernel code",
         MEMBERS("modify_ldt", "memfd_secret")},
        {"@obsolete", "calls that no program uses any more",
         MEMBERS("uselib", "_sysctl", "getpmsg", "putpmsg", "afs_syscall", "tuxcall", "security", "epoll_ctl_old",
                 "epoll_wait_old", "vserver")},
};

/* Calls younger than libseccomp releases in use. Since Linux 5.1 a new call has the same number everywhere. */
static const struct {
        const char *name;
        int number;
} young[] = {
        {"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
        {"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
        {"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
        {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
        {"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
        {"removexattrat", 466},     {"open_tree_attr", 467},   {"file_getattr", 468},
        {"file_setattr", 469},
#ifdef __x86_64__
        {"uretprobe", 335},         {"uprobe", 336},
#endif
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *const *syscall_group(const char *name)
{
        for (size_t i = 0; i < COUNT(groups); i++)
                if (strcmp(groups[i].name, name) == 0)
                        return groups[i].members;
        return NULL;
}

void syscall_groups(void (*fn)(void *ctx, const char *name, const char *text), void *ctx)
{
        for (size_t i = 0; i < COUNT(groups); i++)
                fn(ctx, groups[i].name, groups[i].text);
}

int syscall_number(const char *name)
{
        int number = seccomp_syscall_resolve_name(name); /* negative for pseudo calls and unknown names */
        if (number >= 0)
                return number;
        for (size_t i = 0; i < COUNT(young); i++)
                if (strcmp(young[i].name, name) == 0)
                        return young[i].number;
        return -1;
}

void syscall_names(void (*fn)(void *ctx, const char *name), void *ctx)
{
        for (size_t g = 0; g < COUNT(groups); g++)
                for (const char *const *m = groups[g].members; *m; m++)
                        if (**m != '@')
                                fn(ctx, *m);
}

const char *syscall_name(int number)
{
        for (size_t g = 0; g < COUNT(groups) && number >= 0; g++)
                for (const char *const *m = groups[g].members; *m; m++)
                        if (**m != '@' && syscall_number(*m) == number)
                                return *m;
        return NULL;
}
