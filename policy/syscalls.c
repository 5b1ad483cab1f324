/* System calls by name and by group.
 *
 * The model. Every call that this version knows is in exactly one of the plain groups; the others are made of groups.
 * What is named as in systemd.exec(5) holds what it holds there, but for calls that this kernel or architecture lacks;
 * where plain groups are smaller than one would make them, they were split for that. So the tables here are also the
 * answer to "does cordon know this call?", on which the filter relies: a known call that a policy leaves out is refused
 * with EPERM, one that nobody here has heard of does not exist (ENOSYS). A name that this architecture lacks is
 * skipped. */
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
        /* ---- made of groups: cordon's own ---- */
        {"@basic", "what a tool that runs alone needs: start, memory, threads, files, time",
         MEMBERS("@close", "@read-write", "@io-event", "@copy", "@io-control", "@pipe", "@sync", "@map", "@memory",
                 "@memlock", "@pkey", "@start", "@identity", "@lock", "@time", "@random", "@file-open", "@file-info",
                 "@file-names", "@file-change", "@file-handle", "@working-directory", "@descriptor", "@chown", "@fork",
                 "@session", "@limits", "@send-signal", "@signal", "@process-times", "@timers", "@system-info")},
        {"@default", "@basic, and what programs that work together need; used where a policy allows nothing by itself "
                     "(systemd's @default is @systemd-default here)",
         MEMBERS("@basic", "@network-io", "@ipc-objects", "@linux-aio", "@watch", "@scheduling", "@setuid", "@capset",
                 "@sandbox", "@pidfd")},

        /* ---- made of groups: the names that systemd's SystemCallFilter= knows; some of those are plain, below ---- */
        {"@aio", "asynchronous input and output (of it, io_uring is refused)", MEMBERS("@linux-aio", "@io-uring")},
        {"@basic-io", "reading, writing, closing and copying descriptors", MEMBERS("@close", "@read-write")},
        {"@file-system", "opening files, names, metadata, mapping; what they reach is the view's business",
         MEMBERS("@close", "@map", "@file-open", "@file-info", "@file-names", "@file-change", "@working-directory",
                 "@descriptor", "@watch")},
        {"@ipc", "pipes, queues, semaphores, shared memory (of it, other processes' memory is refused)",
         MEMBERS("@pipe", "@ipc-objects", "@process-memory")},
        {"@known", "every call that cordon knows; the refused ones stay refused",
         MEMBERS("@system-service", "@default", "@privileged", "@mount", "@debug", "@obsolete", "@cpu-emulation",
                 "@mount-info", "@secret-memory", "@kernel-other")},
        {"@mount", "changing the mount tree", MEMBERS("@mount-tree", "@root-change")},
        {"@obsolete", "calls that no program uses any more", MEMBERS("@unimplemented", "@old-info")},
        {"@privileged", "what needs capabilities (a sandbox has none)",
         MEMBERS("@chown", "@clock", "@module", "@raw-io", "@reboot", "@swap", "@root-change", "@admin", "@setuid-user",
                 "@capset")},
        {"@process", "starting, waiting for and signalling processes (of it, namespaces are refused)",
         MEMBERS("@fork", "@send-signal", "@pidfd", "@process-times", "@namespace")},
        {"@resources", "scheduling, priority, limits, placing memory",
         MEMBERS("@limits", "@scheduling", "@numa")},
        {"@setuid", "changing to ids that one has already", MEMBERS("@setuid-user", "@setgid")},
        {"@system-service", "what a common service needs",
         MEMBERS("@aio", "@basic-io", "@chown", "@systemd-default", "@file-system", "@io-event", "@ipc", "@keyring",
                 "@memlock", "@network-io", "@process", "@resources", "@setuid", "@signal", "@sync", "@timer", "@copy",
                 "@io-control", "@memory", "@file-handle", "@session", "@system-info", "@capset", "@introspection")},
        {"@systemd-default", "what systemd calls @default: what hardly any program can start without",
         MEMBERS("@map", "@start", "@identity", "@lock", "@time", "@random")},
        {"@timer", "timers, and the time that processes took", MEMBERS("@timers", "@process-times")},

        /* ---- plain: in @basic ---- */
        {"@close", "closing a descriptor", MEMBERS("close")},
        {"@read-write", "reading, writing and passing on what is open",
         MEMBERS("read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2",
                 "lseek", "close_range", "dup", "dup2", "dup3")},
        {"@io-event", "waiting for descriptors",
         MEMBERS("poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
                 "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2")},
        {"@copy", "copying within the kernel, and advice about it",
         MEMBERS("sendfile", "copy_file_range", "splice", "tee", "vmsplice", "fadvise64", "readahead", "cachestat")},
        {"@io-control", "asking and setting devices and terminals; locks on files", MEMBERS("ioctl", "flock")},
        {"@pipe", "pipes, and files that are in memory only", MEMBERS("pipe", "pipe2", "memfd_create")},
        {"@sync", "writing to storage what is held in memory",
         MEMBERS("fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "sync_file_range2", "msync")},
        {"@map", "mapping memory and files", MEMBERS("mmap", "munmap")},
        {"@memory", "arranging memory that is mapped",
         MEMBERS("mremap", "madvise", "mincore", "remap_file_pages", "mseal", "map_shadow_stack", "get_mempolicy")},
        {"@memlock", "keeping memory from being swapped out",
         MEMBERS("mlock", "mlock2", "mlockall", "munlock", "munlockall")},
        {"@pkey", "protection keys", MEMBERS("pkey_alloc", "pkey_free", "pkey_mprotect")},
        {"@start", "what a program's start and end, and those of its threads, cannot do without",
         MEMBERS("execve", "exit", "exit_group", "brk", "mprotect", "set_tid_address", "set_thread_area",
                 "get_thread_area", "rseq", "getrlimit", "prlimit64", "sched_yield", "sched_getaffinity",
                 "riscv_flush_icache", "rt_sigreturn", "pause", "restart_syscall")},
        {"@identity", "asking who one is",
         MEMBERS("getpid", "getppid", "gettid", "getpgid", "getpgrp", "getsid", "getuid", "geteuid", "getgid",
                 "getegid", "getresuid", "getresgid", "getgroups")},
        {"@lock", "locks between threads",
         MEMBERS("futex", "futex_waitv", "futex_wake", "futex_wait", "futex_requeue", "set_robust_list",
                 "get_robust_list", "membarrier")},
        {"@time", "reading clocks, sleeping",
         MEMBERS("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time")},
        {"@random", "random numbers", MEMBERS("getrandom")},
        {"@file-open", "opening files by name", MEMBERS("open", "openat", "openat2", "creat")},
        {"@file-info", "asking about files, listing directories",
         MEMBERS("access", "faccessat", "faccessat2", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs",
                 "fstatfs", "getdents", "getdents64", "readlink", "readlinkat", "getxattr", "lgetxattr", "fgetxattr",
                 "getxattrat", "listxattr", "llistxattr", "flistxattr", "listxattrat", "file_getattr")},
        {"@file-names", "making, moving and removing names",
         MEMBERS("mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat",
                 "symlink", "symlinkat", "mknod", "mknodat")},
        {"@file-change", "size, mode, times and attributes of files",
         MEMBERS("truncate", "ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes",
                 "futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr",
                 "lremovexattr", "fremovexattr", "removexattrat", "file_setattr")},
        {"@file-handle", "the mask for modes of new files; naming a file by its handle",
         MEMBERS("umask", "name_to_handle_at")},
        {"@working-directory", "the working directory", MEMBERS("getcwd", "chdir", "fchdir")},
        {"@descriptor", "flags, locks and copies of descriptors", MEMBERS("fcntl")},
        {"@chown", "owners of files", MEMBERS("chown", "fchown", "lchown", "fchownat")},
        {"@fork", "starting processes and threads, waiting for them, settings of one's own",
         MEMBERS("fork", "vfork", "clone", "clone3", "execveat", "wait4", "waitid", "prctl", "arch_prctl", "getrusage",
                 "capget", "unshare")},
        {"@session", "sessions, process groups, the personality", MEMBERS("setpgid", "setsid", "personality")},
        {"@limits", "setting limits of one's own", MEMBERS("setrlimit")},
        {"@send-signal", "sending signals", MEMBERS("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")},
        {"@signal", "handling signals",
         MEMBERS("rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "sigaltstack",
                 "signalfd", "signalfd4")},
        {"@process-times", "the time that processes took", MEMBERS("times")},
        {"@timers", "timers",
         MEMBERS("alarm", "getitimer", "setitimer", "timer_create", "timer_settime", "timer_gettime",
                 "timer_getoverrun", "timer_delete", "timerfd_create", "timerfd_settime", "timerfd_gettime")},
        {"@system-info", "asking about the system, and how one is scheduled",
         MEMBERS("uname", "sysinfo", "getcpu", "getpriority", "ioprio_get", "sched_getparam", "sched_getscheduler",
                 "sched_getattr", "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval")},

        /* ---- plain: in @default ---- */
        {"@network-io", "sockets, as far as `net` allows them",
         MEMBERS("socket", "socketpair", "bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername",
                 "getsockopt", "setsockopt", "shutdown", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg",
                 "recvmmsg")},
        {"@ipc-objects", "System V and POSIX queues, semaphores and shared memory",
         MEMBERS("shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd",
                 "msgrcv", "msgctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify",
                 "mq_getsetattr")},
        {"@linux-aio", "the older asynchronous input and output",
         MEMBERS("io_setup", "io_destroy", "io_submit", "io_cancel", "io_getevents", "io_pgetevents")},
        {"@watch", "watching directories for changes",
         MEMBERS("inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch")},
        {"@scheduling", "one's own scheduling and priority",
         MEMBERS("sched_setaffinity", "sched_setparam", "sched_setscheduler", "sched_setattr", "setpriority",
                 "ioprio_set")},
        {"@setuid-user", "changing to user ids and groups that one has already",
         MEMBERS("setuid", "setreuid", "setresuid", "setgroups")},
        {"@setgid", "changing to group ids that one has already", MEMBERS("setgid", "setregid", "setresgid")},
        {"@capset", "giving up capabilities; the ids that files are reached with",
         MEMBERS("capset", "setfsuid", "setfsgid")},
        {"@sandbox", "giving up more rights",
         MEMBERS("seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")},
        {"@pidfd", "processes by descriptor", MEMBERS("pidfd_open", "pidfd_send_signal")},

        /* ---- plain: a policy has to name it ---- */
        {"@numa", "placing memory on nodes",
         MEMBERS("mbind", "set_mempolicy", "set_mempolicy_home_node", "migrate_pages", "move_pages")},
        {"@mount-info", "asking about the mount tree by its own calls", MEMBERS("statmount", "listmount")},
        {"@old-info", "asking about file systems in an old way", MEMBERS("sysfs", "ustat")},
        {"@cpu-emulation", "segments of the processor's older modes: a way into little-tested kernel code",
         MEMBERS("modify_ldt")},
        {"@secret-memory", "memory that the kernel itself does not map", MEMBERS("memfd_secret")},

        /* ---- plain: refused in every policy ---- */
        {"@debug", "watching and controlling other processes",
         MEMBERS("ptrace", "pidfd_getfd", "perf_event_open", "lookup_dcookie")},
        {"@process-memory", "reaching into other processes' memory",
         MEMBERS("process_vm_readv", "process_vm_writev", "process_madvise")},
        {"@introspection", "comparing processes; page faults answered by a program", MEMBERS("kcmp", "userfaultfd")},
        {"@io-uring", "a second entry to most calls", MEMBERS("io_uring_setup", "io_uring_enter", "io_uring_register")},
        {"@namespace", "other namespaces", MEMBERS("setns")},
        {"@mount-tree", "mounting and unmounting",
         MEMBERS("mount", "umount2", "open_tree", "open_tree_attr", "move_mount", "fsopen", "fsconfig", "fsmount",
                 "fspick", "mount_setattr")},
        {"@root-change", "another root directory", MEMBERS("pivot_root", "chroot")},
        {"@keyring", "keys held by the kernel", MEMBERS("add_key", "request_key", "keyctl")},
        {"@module", "loading and removing kernel modules", MEMBERS("init_module", "finit_module", "delete_module")},
        {"@reboot", "stopping the machine, starting another kernel",
         MEMBERS("reboot", "kexec_load", "kexec_file_load")},
        {"@swap", "swap devices", MEMBERS("swapon", "swapoff")},
        {"@admin", "running the machine, and programming its kernel",
         MEMBERS("acct", "bpf", "quotactl", "quotactl_fd", "vhangup", "sethostname", "setdomainname", "fanotify_init",
                 "fanotify_mark", "open_by_handle_at", "nfsservctl")},
        {"@clock", "setting the clock", MEMBERS("settimeofday", "clock_settime", "adjtimex", "clock_adjtime")},
        {"@raw-io", "ports of the machine", MEMBERS("iopl", "ioperm")},
        {"@kernel-other", "the kernel's log, security modules and probes; taking a dying process's memory",
         MEMBERS("syslog", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules", "uretprobe", "uprobe",
                 "process_mrelease")},
        {"@unimplemented", "calls that kernels of today do not have",
         MEMBERS("uselib", "_sysctl", "getpmsg", "putpmsg", "afs_syscall", "tuxcall", "security", "epoll_ctl_old",
                 "epoll_wait_old", "vserver", "create_module", "query_module", "get_kernel_syms")},
};
_Static_assert(sizeof(groups) / sizeof(groups[0]) < SYSCALL_GROUPS_MAX, "a set of groups has a bit for each");

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

static const struct group *group_find(const char *name)
{
        for (size_t i = 0; i < COUNT(groups); i++)
                if (strcmp(groups[i].name, name) == 0)
                        return &groups[i];
        return NULL;
}

const char *const *syscall_group(const char *name)
{
        const struct group *g = group_find(name);
        return g ? g->members : NULL;
}

static void mark(const struct group *g, struct group_set *set)
{
        size_t index = (size_t)(g - groups);

        if (set->has[index])
                return;
        set->has[index] = true;
        for (const char *const *m = g->members; *m && **m == '@'; m++)
                mark(group_find(*m), set);
}

void syscall_group_open(const char *name, struct group_set *set)
{
        const struct group *g = group_find(name);
        if (g)
                mark(g, set);
}

void syscall_plain_groups(syscall_plain_fn *fn, void *ctx)
{
        for (size_t i = 0; i < COUNT(groups); i++)
                if (groups[i].members[0][0] != '@')
                        fn(ctx, i, groups[i].name, groups[i].members);
}

void syscall_groups(void (*fn)(void *ctx, const char *name, const char *text), void *ctx)
{
        for (size_t i = 0; i < COUNT(groups); i++)
                fn(ctx, groups[i].name, groups[i].text);
}

size_t syscall_plain_group(const char *call)
{
        for (size_t i = 0; i < COUNT(groups); i++)
                for (const char *const *m = groups[i].members; *m && **m != '@'; m++)
                        if (strcmp(*m, call) == 0)
                                return i;
        return SYSCALL_GROUPS_MAX - 1;
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

const char *syscall_name(int number)
{
        for (size_t g = 0; g < COUNT(groups) && number >= 0; g++)
                for (const char *const *m = groups[g].members; *m; m++)
                        if (**m != '@' && syscall_number(*m) == number)
                                return *m;
        return NULL;
}
