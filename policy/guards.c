/* The tables that no policy can change, each line with its reason. They are written in the words of the policy language:
 * `cordon explain --seccomp` shows them as they stand here.
 *
 * Arguments are what is in the registers. What a pointer leads to can be changed after it was looked at, so no
 * decision rests on it: clone3 and openat2, whose flags lie in memory, do not exist for the program (clone and
 * openat do), unless the broker serves them from its own copy. The kernel takes an int from the low 32 bits: tests
 * on ints look at those. */
#include "policy/guards.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/ioprio.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef TIOCLINUX
#define TIOCLINUX 0x541c
#endif

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- whole calls ----------------------------------------------------------------------------------------------- */

static const struct refused_group refused[] = {
        {"@debug", EPERM, "reaches into other processes"},
        {"@process-memory", EPERM, "reaches into other processes"},
        {"@introspection", EPERM, "reaches into other processes, or stops the kernel in the middle of its work"},
        {"@namespace", EPERM, "in new namespaces a program has capabilities"},
        {"@mount-tree", EPERM, "goes round the view"},
        {"@root-change", EPERM, "goes round the view"},
        {"@module", EPERM, "changes the kernel"},
        {"@reboot", EPERM, "stops the machine"},
        {"@swap", EPERM, "is the machine's business"},
        {"@admin", EPERM, "is the machine's business"},
        {"@kernel-other", EPERM, "tells of the kernel, or reaches into other processes"},
        {"@clock", EPERM, "is the machine's business"},
        {"@raw-io", EPERM, "goes round the kernel"},
        {"@keyring", ENOSYS, "keys are shared with processes outside"},
        {"@io-uring", ENOSYS, "goes round this filter and the broker"},
        {"@unimplemented", ENOSYS, "no kernel of today has it"},
};

static const struct needed_call needed[] = {
        {"execve", "starts the program"},
        {"execveat", "starts the program"},
        {"clone", "starts the program"},
        {"clone3", "starts the program; answered with ENOSYS, but not with an error that libc does not expect"},
        {"fork", "starts the program"},
        {"vfork", "starts the program"},
        {"exit", "ends it"},
        {"exit_group", "ends it"},
        {"wait4", "pid 1 reaps"},
        {"waitid", "pid 1 reaps"},
        {"kill", "pid 1 passes signals on"},
        {"tgkill", "abort and raise"},
        {"rt_sigaction", "pid 1 gives handlers back before the program starts"},
        {"rt_sigprocmask", "pid 1 gives the signal mask back before the program starts"},
        {"rt_sigreturn", "the end of every signal handler"},
        {"rt_sigtimedwait", "pid 1 waits for signals"},
        {"restart_syscall", "the kernel's own, after a stop"},
        {"ppoll", "pid 1 waits"},
        {"poll", "pid 1 waits"},
        {"read", "pid 1 reads signals and requests"},
        {"write", "pid 1 reports"},
        {"sendmsg", "pid 1 hands over the notify descriptor and reports"},
        {"recvmsg", "pid 1 hears from the broker"},
        {"sendto", "pid 1 reports"},
        {"recvfrom", "pid 1 hears from the broker"},
        {"close", "the closed descriptor table"},
        {"close_range", "the closed descriptor table"},
        {"dup2", "the closed descriptor table"},
        {"dup3", "the closed descriptor table"},
        {"fcntl", "the closed descriptor table"},
        {"ioctl", "the terminal's foreground group"},
        {"setpgid", "job control"},
        {"getpgid", "job control"},
        {"getpid", "pid 1 checks who it is"},
        {"getppid", "pid 1 checks that its parent lives"},
        {"gettid", "libc after fork"},
        {"set_robust_list", "libc after fork"},
        {"rseq", "libc after fork"},
        {"prctl", "names, dumpability, death signals"},
        {"chdir", "the program's working directory"},
        {"prlimit64", "limits that must not hold for pid 1"},
        {"setrlimit", "limits that must not hold for pid 1"},
        {"getrusage", "pid 1 reports the processor time"},
        {"landlock_restrict_self", "without namespaces, keeps the program from pid 1"},
        {"clock_gettime", "pid 1 reports the processor time"},
};

/* Calls whose absence libc or programs know how to live with, where EPERM would be taken for the answer. */
static const char *const falls_back[] = {
        "clone3",       "openat2",    "statx",        "faccessat2",    "fchmodat2",  "close_range",
        "rseq",         "membarrier", "epoll_pwait2", "pidfd_open",    "renameat2",  "copy_file_range",
        "getrandom",    "execveat",   "memfd_create", "futex_waitv",   "preadv2",    "pwritev2",
        "cachestat",    "mseal",      "file_getattr", "getxattrat",    "setxattrat", "landlock_create_ruleset",
        "memfd_secret", "statmount",  "listmount",    "inotify_init1", "set_mempolicy",
};

/* ---- arguments ------------------------------------------------------------------------------------------------- */

#define REFUSE(name, when, error, reason, ...) {name, when, FILTER_ERRNO, error, reason, {__VA_ARGS__}, false}
#define ALLOW(name, when, reason, ...) {name, when, FILTER_ALLOW, 0, reason, {__VA_ARGS__}, false}
#define NATIVE(name, when, reason, ...) {name, when, FILTER_ALLOW, 0, reason, {__VA_ARGS__}, true}

/* The low 32 bits of an argument, where it is an int; in words as a policy has them. */
#define TEST(arg, mask, differs, value, text) {arg, mask, COMPARE_EQUAL, differs, value, NULL, 0, text}
#define IS(arg, value) TEST(arg, UINT32_MAX, false, value, "arg" #arg ":32 == " #value)
#define IS_NOT(arg, value) TEST(arg, UINT32_MAX, true, value, "arg" #arg ":32 != " #value)
#define ANY_OF(arg, bits) TEST(arg, bits, true, 0, "arg" #arg ":32 & " #bits " != 0")
#define FIELD_IS(arg, bits, value) TEST(arg, bits, false, value, "arg" #arg ":32 & " #bits " == " #value)
#define FIELD_IS_NOT(arg, bits, value) TEST(arg, bits, true, value, "arg" #arg ":32 & " #bits " != " #value)
#define NOT_NULL(arg) TEST(arg, UINT64_MAX, true, 0, "arg" #arg " != 0")
#define NULL_IS(arg) TEST(arg, UINT64_MAX, false, 0, "arg" #arg " == 0")
/* What is no single word of C, spelt for people. */
#define ANY_OF_THESE(arg, bits, text) TEST(arg, bits, true, 0, "arg" #arg ":32 & " text " != 0")
#define NEW_NAMESPACES                                                                                                 \
        ANY_OF_THESE(0,                                                                                                \
                     CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |      \
                             CLONE_NEWNET,                                                                             \
                     "CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET")
/* All 64 bits: unshare takes a long. */
#define OWN_THINGS 0xfffffffffffbf9ff
_Static_assert(OWN_THINGS == ~(uint64_t)(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM), "as the text says");
#define NOT_BUT(arg, others) TEST(arg, others, true, 0, "arg" #arg " & " #others " != 0")
#define SET_ID(arg) ANY_OF_THESE(arg, S_ISUID | S_ISGID, "S_ISUID|S_ISGID")
/* 020000 is set in S_IFCHR and S_IFBLK, not in S_IFREG, S_IFIFO, S_IFSOCK. */
#define SET_ID_OR_DEVICE(arg) ANY_OF_THESE(arg, S_ISUID | S_ISGID | 0020000, "S_ISUID|S_ISGID|020000")
#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)
_Static_assert(TMPFILE_BIT == 020000000, "as the text says");
#define CREATES(arg) ANY_OF_THESE(arg, O_CREAT | TMPFILE_BIT, "O_CREAT|020000000")
#define KIND_IS(arg, kind) TEST(arg, 0xf, false, kind, "arg" #arg ":32 & 0xf == " #kind)
#define KIND_IS_NOT(arg, kind) TEST(arg, 0xf, true, kind, "arg" #arg ":32 & 0xf != " #kind)

/* Where an ioctl's number has the driver. */
#define DRIVER_IS(arg, value) TEST(arg, 0xff00, false, value, "arg" #arg ":32 & 0xff00 == " #value)

#define MODE "no bits that make a program run as somebody else, and no devices"
#define PAIRS "of sockets with names, only pairs that can send to no other name"
#define LOCAL "is connected to one peer, and that by a call that the broker serves"
#define MESSAGES "the broker serves each message that can have an address"
#define UNSEEN "does what the broker has to see"
#define OTHERS "without namespaces, the pid can be that of a process outside"
#define SHARED "without namespaces, the host's own are meant"
#define NO_NET "net none"
#define TCP_UDP "TCP, UDP and ICMP, as far as `net` goes"

/* In order, for each name: the first that holds decides; where none does, the call is allowed (or brokered). */
static const struct guard guards[] = {
        REFUSE("clone", ALWAYS, EPERM, "in new namespaces a program has capabilities", NEW_NAMESPACES),
        /* What only makes a process, or a thread, have something for itself is harmless. */
        REFUSE("unshare", ALWAYS, EPERM, "in new namespaces a program has capabilities", NOT_BUT(0, 0xfffffffffffbf9ff)),
        REFUSE("clone3", ALWAYS, ENOSYS, "its flags are in memory; clone does the same"),

        REFUSE("ioctl", ALWAYS, EPERM, "types into the caller's terminal", IS(1, TIOCSTI)),
        REFUSE("ioctl", ALWAYS, EPERM, "pastes into the caller's terminal", IS(1, TIOCLINUX)),
        REFUSE("ioctl", ALWAYS, EPERM, "loads line disciplines", IS(1, TIOCSETD)),
        REFUSE("ioctl", ALWAYS, EPERM, "takes the console's output", IS(1, TIOCCONS)),
        REFUSE("ioctl", ALWAYS, EPERM, "locks the caller out of its terminal", IS(1, TIOCEXCL)),

        ALLOW("personality", ALWAYS, "the usual one", IS(0, 0)),
        ALLOW("personality", ALWAYS, "asks", IS(0, 0xffffffff)),
        ALLOW("personality", ALWAYS, "for debuggers", IS(0, ADDR_NO_RANDOMIZE)),
        REFUSE("personality", ALWAYS, EPERM, "others weaken the program, and lead into little-tested kernel code"),

        /* The process group is shared with the caller's processes outside, and no namespace stands between: one's own only. */
        REFUSE("setpriority", ALWAYS, EPERM, "a process group can have members outside", IS_NOT(0, PRIO_PROCESS)),
        REFUSE("ioprio_set", ALWAYS, EPERM, "a process group can have members outside", IS_NOT(0, IOPRIO_WHO_PROCESS)),

        /* Where the host's processes are not out of sight, ids name them as well. Landlock keeps signals and ptrace(2) from them,
         * and knows nothing of these; what a pid of 0 stands for, oneself, is left. */
        REFUSE("prlimit64", HOSTED, EPERM, OTHERS, IS_NOT(0, 0)),
        REFUSE("sched_setaffinity", HOSTED, EPERM, OTHERS, IS_NOT(0, 0)),
        REFUSE("sched_setscheduler", HOSTED, EPERM, OTHERS, IS_NOT(0, 0)),
        REFUSE("sched_setparam", HOSTED, EPERM, OTHERS, IS_NOT(0, 0)),
        REFUSE("sched_setattr", HOSTED, EPERM, OTHERS, IS_NOT(0, 0)),
        REFUSE("setpriority", HOSTED, EPERM, OTHERS, IS_NOT(1, 0)),
        REFUSE("ioprio_set", HOSTED, EPERM, OTHERS, IS_NOT(1, 0)),
        REFUSE("shmget", HOSTED, ENOSYS, SHARED),
        REFUSE("shmat", HOSTED, ENOSYS, SHARED),
        REFUSE("shmctl", HOSTED, ENOSYS, SHARED),
        REFUSE("semget", HOSTED, ENOSYS, SHARED),
        REFUSE("semop", HOSTED, ENOSYS, SHARED),
        REFUSE("semtimedop", HOSTED, ENOSYS, SHARED),
        REFUSE("semctl", HOSTED, ENOSYS, SHARED),
        REFUSE("msgget", HOSTED, ENOSYS, SHARED),
        REFUSE("msgsnd", HOSTED, ENOSYS, SHARED),
        REFUSE("msgrcv", HOSTED, ENOSYS, SHARED),
        REFUSE("msgctl", HOSTED, ENOSYS, SHARED),
        REFUSE("mq_open", HOSTED, ENOSYS, SHARED),
        REFUSE("mq_unlink", HOSTED, ENOSYS, SHARED),
        REFUSE("ioctl", HOSTED, ENOTTY, "without namespaces, a pidfd tells of processes outside", DRIVER_IS(1, 0xff00)),

        /* Filters may be added, they only take away. A second listener in the chain the kernel refuses with EBUSY
         * itself; said here, it holds for sandboxes without a broker as well. */
        REFUSE("seccomp", ALWAYS, EBUSY, "there is one broker", IS(0, SECCOMP_SET_MODE_FILTER),
               ANY_OF(1, SECCOMP_FILTER_FLAG_NEW_LISTENER)),

        /* The mode of an open counts only where it creates. */
        REFUSE("chmod", ALWAYS, EPERM, MODE, SET_ID(1)),
        REFUSE("fchmod", ALWAYS, EPERM, MODE, SET_ID(1)),
        REFUSE("fchmodat", ALWAYS, EPERM, MODE, SET_ID(2)),
        REFUSE("fchmodat2", ALWAYS, EPERM, MODE, SET_ID(2)),
        REFUSE("mknod", ALWAYS, EPERM, MODE, SET_ID_OR_DEVICE(1)),
        REFUSE("mknodat", ALWAYS, EPERM, MODE, SET_ID_OR_DEVICE(2)),
        /* O_PATH gives no access to content, only a place: no more than stat does, so it is native where that is, and a
         * descriptor that could not be handed over anyway (ADDFD takes none such). To open what it names is a request. */
        NATIVE("open", NATIVE_METADATA, "a place, no content", FIELD_IS(1, O_PATH, O_PATH)),
        NATIVE("openat", NATIVE_METADATA, "a place, no content", FIELD_IS(2, O_PATH, O_PATH)),
        REFUSE("creat", NOT_BROKERED, EPERM, MODE, SET_ID(1)),
        REFUSE("open", NOT_BROKERED, EPERM, MODE, CREATES(1), SET_ID(2)),
        REFUSE("openat", NOT_BROKERED, EPERM, MODE, CREATES(2), SET_ID(3)),
        REFUSE("openat2", NOT_BROKERED, ENOSYS, "its flags are in memory; openat does the same"),

        /* Their files lie on a file system that is mounted only where a policy says so; Landlock would refuse them otherwise, and
         * nobody be told. */
        REFUSE("mq_open", NO_QUEUES, EACCES, "queues come by `dev mqueue`"),

        /* What would do natively what the broker has to see. Callers fall back to what it serves; flags of inodes, which anybody
         * who has a file open for reading can set where he owns it, have nothing to fall back to. */
        REFUSE("setxattrat", NAMES, ENOSYS, UNSEEN),
        REFUSE("removexattrat", NAMES, ENOSYS, UNSEEN),
        REFUSE("file_setattr", NAMES, ENOSYS, UNSEEN),
        REFUSE("getxattrat", METADATA, ENOSYS, UNSEEN),
        REFUSE("listxattrat", METADATA, ENOSYS, UNSEEN),
        REFUSE("file_getattr", METADATA, ENOSYS, UNSEEN),
        REFUSE("name_to_handle_at", METADATA, EOPNOTSUPP, UNSEEN),
        REFUSE("ioctl", NAMES, EPERM, UNSEEN, IS(1, FS_IOC_SETFLAGS)),
        REFUSE("ioctl", NAMES, EPERM, UNSEEN, IS(1, FS_IOC_FSSETXATTR)),
        REFUSE("ioctl", NAMES, EPERM, UNSEEN, IS(1, FS_IOC_ENABLE_VERITY)),

        /* Snapshots and subvolumes of btrfs are trees with new names, made by whoever has a directory open; they leave what is
         * mounted over a file behind. Sharing content between open files is all that is left of these. */
        ALLOW("ioctl", ALWAYS, "shares content between open files", IS(1, FICLONE)),
        ALLOW("ioctl", ALWAYS, "shares content between open files", IS(1, FICLONERANGE)),
        ALLOW("ioctl", ALWAYS, "shares content between open files", IS(1, FIDEDUPERANGE)),
        REFUSE("ioctl", ALWAYS, ENOTTY, "snapshots of btrfs are trees with new names", DRIVER_IS(1, 0x9400)),

        /* No mount and no Landlock rule covers a socket's path. AF_UNIX sockets of the kinds that can have one peer only get it
         * by connect, and a name by bind, which the broker serves; where it does not, there are pairs alone. A datagram
         * socket (SOCK_RAW means the same there) can be told a path with every message, in memory, where no filter can see
         * it: there are none, but where the broker serves every message. */
        ALLOW("socketpair", MESSAGES_SERVED, MESSAGES, IS(0, AF_UNIX), KIND_IS(1, SOCK_DGRAM)),
        ALLOW("socket", MESSAGES_SERVED, MESSAGES, IS(0, AF_UNIX), KIND_IS(1, SOCK_DGRAM)),
        NATIVE("sendto", MESSAGES_SERVED, "goes where the socket is connected to", NULL_IS(4)),
        ALLOW("socketpair", ALWAYS, PAIRS, IS(0, AF_UNIX), KIND_IS(1, SOCK_STREAM)),
        ALLOW("socketpair", ALWAYS, PAIRS, IS(0, AF_UNIX), KIND_IS(1, SOCK_SEQPACKET)),
        REFUSE("socketpair", ALWAYS, EACCES, PAIRS),
        ALLOW("socket", SOCKETS_SERVED, LOCAL, IS(0, AF_UNIX), KIND_IS(1, SOCK_STREAM)),
        ALLOW("socket", SOCKETS_SERVED, LOCAL, IS(0, AF_UNIX), KIND_IS(1, SOCK_SEQPACKET)),
        REFUSE("socket", NET_IS_SOME, EACCES, PAIRS, IS(0, AF_UNIX)),
        REFUSE("socket", NET_IS_NONE, EACCES, NO_NET),
        REFUSE("connect", NO_NET_NOR_SOCKETS, EACCES, NO_NET),
        REFUSE("bind", NO_NET_NOR_SOCKETS, EACCES, NO_NET), /* one of a pair can take an abstract name away from others */
        REFUSE("sendto", NO_NET_NOR_MESSAGES, EACCES, NO_NET, NOT_NULL(4)),
        ALLOW("socket", NET_IS_SOME, "getifaddrs and getaddrinfo ask for routes", IS(0, AF_NETLINK), IS(2, 0)),
        REFUSE("socket", NET_IS_SOME, EAFNOSUPPORT, TCP_UDP, IS_NOT(0, AF_INET), IS_NOT(0, AF_INET6)),
        REFUSE("socket", NET_IS_SOME, EPERM, TCP_UDP, KIND_IS_NOT(1, SOCK_STREAM), KIND_IS_NOT(1, SOCK_DGRAM)),
        ALLOW("socket", NET_IS_SOME, TCP_UDP, IS(2, 0)),
        ALLOW("socket", NET_IS_SOME, TCP_UDP, IS(2, IPPROTO_TCP)),
        ALLOW("socket", NET_IS_SOME, TCP_UDP, IS(2, IPPROTO_UDP)),
        ALLOW("socket", NET_IS_SOME, TCP_UDP, IS(2, IPPROTO_MPTCP)),
        ALLOW("socket", NET_IS_SOME, TCP_UDP, IS(2, IPPROTO_ICMP)),
        ALLOW("socket", NET_IS_SOME, TCP_UDP, IS(2, IPPROTO_ICMPV6)),
        REFUSE("socket", NET_IS_SOME, EPROTONOSUPPORT, TCP_UDP),
};
_Static_assert(COUNT(guards) <= GUARDS_MAX, "the filter has room for them");

/* Of needed calls, what pid 1 and the program's start need: where one is in this table, tests can take away the rest. */
static const struct needed_part parts[] = {
        {"ioctl", {IS(1, TIOCSPGRP)}},
        {"fcntl", {IS(1, F_SETFD)}},
        {"fcntl", {IS(1, F_DUPFD_CLOEXEC)}},
        {"prctl", {IS(0, PR_SET_NAME)}},
        {"prctl", {IS(0, PR_SET_DUMPABLE)}},
        {"prctl", {IS(0, PR_SET_PDEATHSIG)}},
        {"clone",
         {TEST(0, UINT32_MAX, false, CLONE_VM | CLONE_VFORK | SIGCHLD, "arg0:32 == CLONE_VM|CLONE_VFORK|SIGCHLD")}},
};

/* ---- outside --------------------------------------------------------------------------------------------------- */

const struct guard *guard_tables(size_t *count)
{
        *count = COUNT(guards);
        return guards;
}

const struct needed_part *needed_parts(size_t *count)
{
        *count = COUNT(parts);
        return parts;
}

const struct needed_call *needed_calls(size_t *count)
{
        *count = COUNT(needed);
        return needed;
}

const struct refused_group *refused_groups(size_t *count)
{
        *count = COUNT(refused);
        return refused;
}

const char *const *calls_that_fall_back(size_t *count)
{
        *count = COUNT(falls_back);
        return falls_back;
}

/* ---- fates ------------------------------------------------------------------------------------------------------- */

static const struct refused_group *refused_with(const char *plain)
{
        for (size_t i = 0; i < COUNT(refused); i++)
                if (strcmp(refused[i].group, plain) == 0)
                        return &refused[i];
        return NULL;
}

/* Something of a group, where all that it is made of is refused. */
static const struct refused_group *group_refused(const char *name)
{
        const char *const *m = syscall_group(name);
        const struct refused_group *found = refused_with(name);

        if (!m || **m != '@')
                return found;
        for (; *m; m++) {
                found = group_refused(*m);
                if (!found)
                        return NULL;
        }
        return found;
}

static const struct refused_group *call_refused(const char *name)
{
        for (size_t i = 0; i < COUNT(refused); i++)
                for (const char *const *m = syscall_group(refused[i].group); *m; m++)
                        if (strcmp(*m, name) == 0)
                                return &refused[i];
        return NULL;
}

enum syscall_fate syscall_fate(const char *name, const char **reason)
{
        const struct refused_group *r = *name == '@' ? group_refused(name) : call_refused(name);
        const char *why = r ? r->reason : NULL;
        enum syscall_fate fate = r ? SYSCALL_REFUSED : SYSCALL_FREE;

        for (size_t i = 0; !r && i < COUNT(needed); i++)
                if (strcmp(needed[i].name, name) == 0) {
                        fate = SYSCALL_NEEDED;
                        why = needed[i].reason;
                }
        for (size_t i = 0; i < COUNT(parts); i++)
                if (strcmp(parts[i].name, name) == 0)
                        fate = SYSCALL_PARTLY;
        if (reason)
                *reason = why;
        return fate;
}
