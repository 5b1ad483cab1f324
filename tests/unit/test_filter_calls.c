/* What matters about the filter, written down call by call, each allowed one with a denied one beside it; and then the
 * kernel is asked. */
#include "tests/unit/bpf_simulator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/filter_wishes.h"

#define OK SECCOMP_RET_ALLOW
#define ASK SECCOMP_RET_USER_NOTIF
#define ERR(code) (SECCOMP_RET_ERRNO | (code))

struct expectation {
        const char *call;
        uint64_t args[6];
        uint32_t verdict;
};

static void expect_all(const char *wish, const struct expectation *table, size_t count)
{
        size_t w = 0;
        while (strcmp(wishes[w].name, wish) != 0)
                assert_true(++w < COUNT(wishes));
        struct filter filter = compile(&wishes[w]);

        for (size_t i = 0; i < count; i++) {
                struct seccomp_data data = {.nr = syscall_number(table[i].call), .arch = seccomp_arch_native()};
                if (data.nr < 0) /* another architecture's */
                        continue;
                memcpy(data.args, table[i].args, sizeof(data.args));
                uint32_t verdict = bpf_simulate(&filter.program, &data);
                if (verdict != table[i].verdict)
                        fail_msg("%s, line %zu: %s is %#x, not %#x", wish, i, table[i].call, verdict, table[i].verdict);
        }
        filter_free(&filter);
}

static const struct expectation default_calls[] = {
        {"read", {0}, OK},
        {"mmap", {0, 4096, PROT_READ | PROT_EXEC}, OK},
        {"execve", {0}, OK},
        {"futex", {0}, OK},
        {"ptrace", {0}, ERR(EPERM)},
        {"process_vm_readv", {0}, ERR(EPERM)},
        {"pidfd_open", {0}, OK},
        {"pidfd_getfd", {0}, ERR(EPERM)},
        {"io_setup", {0}, OK},
        {"io_uring_setup", {0}, ERR(ENOSYS)},
        {"io_uring_enter", {0}, ERR(ENOSYS)},
        {"unshare", {0}, OK},
        {"unshare", {CLONE_FS}, OK},
        {"unshare", {CLONE_FS | CLONE_FILES | CLONE_SYSVSEM}, OK},
        {"unshare", {CLONE_FILES | CLONE_NEWUSER}, ERR(EPERM)},
        {"unshare", {CLONE_NEWNS}, ERR(EPERM)},
        {"unshare", {0x80}, ERR(EPERM)}, /* CLONE_NEWTIME */
        {"unshare", {HIGH}, ERR(EPERM)},
        {"unshare", {CLONE_THREAD}, ERR(EPERM)},
        {"setns", {0}, ERR(EPERM)},
        {"mount", {0}, ERR(EPERM)},
        {"open_tree", {0}, ERR(EPERM)},
        {"open_tree_attr", {0}, ERR(EPERM)},
        {"fsmount", {0}, ERR(EPERM)},
        {"chroot", {0}, ERR(EPERM)},
        {"chdir", {0}, OK},
        {"name_to_handle_at", {0}, OK},
        {"open_by_handle_at", {0}, ERR(EPERM)},
        {"bpf", {0}, ERR(EPERM)},
        {"userfaultfd", {0}, ERR(EPERM)},
        {"keyctl", {0}, ERR(ENOSYS)},
        {"perf_event_open", {0}, ERR(EPERM)},
        {"clock_gettime", {0}, OK},
        {"clock_settime", {0}, ERR(EPERM)},
        {"inotify_add_watch", {0}, OK},
        {"fanotify_init", {0}, ERR(EPERM)},
        {"landlock_restrict_self", {0}, OK},
        {"mbind", {0}, ERR(EPERM)},
        {"memfd_secret", {0}, ERR(ENOSYS)},
        {"uselib", {0}, ERR(ENOSYS)},

        {"clone", {CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_SETTLS}, OK},
        {"clone", {CLONE_NEWUSER | 17}, ERR(EPERM)},
        {"clone", {HIGH | CLONE_NEWNS}, ERR(EPERM)},
        {"clone", {CLONE_NEWPID | CLONE_NEWNET}, ERR(EPERM)},
        {"clone3", {0}, ERR(ENOSYS)},
        {"vfork", {0}, OK},

        {"ioctl", {0, TCGETS}, OK},
        {"ioctl", {0, TIOCGWINSZ}, OK},
        {"ioctl", {0, TIOCSTI}, ERR(EPERM)},
        {"ioctl", {0, HIGH | TIOCSTI}, ERR(EPERM)},
        {"ioctl", {0, 0xffffffff00000000 | TIOCSTI}, ERR(EPERM)},
        {"ioctl", {0, 0x541c}, ERR(EPERM)},
        {"ioctl", {0, TIOCSETD}, ERR(EPERM)},
        {"ioctl", {0, FICLONE}, OK},
        {"ioctl", {0, FICLONERANGE}, OK},
        {"ioctl", {0, FIDEDUPERANGE}, OK},
        {"ioctl", {0, 0x50009401}, ERR(ENOTTY)}, /* BTRFS_IOC_SNAP_CREATE */
        {"ioctl", {0, 0x50009418}, ERR(ENOTTY)}, /* BTRFS_IOC_SUBVOL_CREATE_V2 */
        {"ioctl", {0, HIGH | 0x50009401}, ERR(ENOTTY)},
        {"ioctl", {3, FS_IOC_SETFLAGS}, OK},

        {"setpriority", {PRIO_PROCESS, 0, 5}, OK},
        {"setpriority", {PRIO_PGRP, 0, 5}, ERR(EPERM)}, /* the caller's group */
        {"setpriority", {PRIO_USER, 0, 5}, ERR(EPERM)},
        {"ioprio_set", {1, 0, 0}, OK},
        {"ioprio_set", {2, 0, 0}, ERR(EPERM)},
        {"personality", {0}, OK},
        {"personality", {0xffffffff}, OK},
        {"personality", {UINT64_MAX}, OK},
        {"personality", {ADDR_NO_RANDOMIZE}, OK},
        {"personality", {READ_IMPLIES_EXEC}, ERR(EPERM)},
        {"personality", {PER_LINUX32}, ERR(EPERM)},

        {"seccomp", {1, 0}, OK},
        {"seccomp", {1, SECCOMP_FILTER_FLAG_NEW_LISTENER}, ERR(EBUSY)},
        {"seccomp", {2, 0}, OK},

        {"chmod", {0, 0755}, OK},
        {"chmod", {0, 01777}, OK},
        {"chmod", {0, 04755}, ERR(EPERM)},
        {"fchmod", {0, 02755}, ERR(EPERM)},
        {"fchmod", {0, HIGH | 06000}, ERR(EPERM)},
        {"fchmodat", {0, 0, 0644}, OK},
        {"fchmodat", {0, 0, 04644}, ERR(EPERM)},
        {"fchmodat2", {0, 0, 04644}, ERR(EPERM)},
        {"mknod", {0, S_IFREG | 0644}, OK},
        {"mknod", {0, S_IFIFO | 0644}, OK},
        {"mknod", {0, S_IFREG | 04755}, ERR(EPERM)},
        {"mknod", {0, S_IFCHR | 0644}, ERR(EPERM)},
        {"mknodat", {0, 0, S_IFBLK | 0644}, ERR(EPERM)},
        {"utimensat", {0, 1}, OK},
        {"setxattr", {0}, OK},

        {"open", {0, O_RDONLY, 0xdead6777}, OK}, /* not looked at by the kernel either */
        {"open", {0, O_CREAT | O_WRONLY, 0666}, OK},
        {"open", {0, O_CREAT | O_WRONLY, 04755}, ERR(EPERM)},
        {"openat", {0, 0, O_CREAT | O_EXCL, 02600}, ERR(EPERM)},
        {"openat", {0, 0, O_TMPFILE | O_RDWR, 04700}, ERR(EPERM)},
        {"openat", {0, 0, O_DIRECTORY, 04700}, OK},
        {"openat2", {0}, ERR(ENOSYS)},
        {"creat", {0, 0644}, OK},
        {"creat", {0, 04755}, ERR(EPERM)},
};

static void test_default_calls(void **state)
{
        (void)state;
        expect_all("default", default_calls, COUNT(default_calls));
}

static void test_brokered_opens(void **state)
{
        static const struct expectation table[] = {
                {"open", {0}, ASK},
                {"openat", {0}, ASK},
                {"openat2", {0}, ASK},
                {"creat", {0}, ASK},
                {"openat", {0, 0, O_CREAT, 04755}, ASK}, /* the broker refuses it, and says so */
                {"stat", {0}, OK},
                {"execve", {0}, OK},
                {"openat", {UINT64_MAX, UINT64_MAX, UINT64_MAX & ~(uint64_t)O_PATH}, ASK},
                {"openat", {0, 0, O_PATH}, OK}, /* a place, no content; the kernel drops every other flag beside it */
                {"openat", {0, 0, O_PATH | O_RDWR | O_CREAT}, OK},
                {"open", {0, O_PATH | O_DIRECTORY}, OK},
                {"sendmsg", {0}, OK},
                {"close", {0}, OK},
                {"open_by_handle_at", {0}, ERR(EPERM)},
        };
        static const struct expectation denied[] = {
                {"open", {0}, ERR(EPERM)},
                {"creat", {0}, ERR(EPERM)},
                {"openat", {0}, ASK},
                {"stat", {0}, ERR(EPERM)},
                {"chmod", {0}, ERR(EPERM)},
                {"wait4", {0}, OK},
                {"inotify_init1", {0}, ERR(ENOSYS)},
                {"inotify_add_watch", {0}, ERR(EPERM)}, /* a part of @file-system */
                {"mmap", {0}, ERR(EPERM)},
                {"epoll_create1", {0}, OK},
                {"statx", {0}, ERR(ENOSYS)},
                {"execve", {0}, OK},
                {"read", {0}, OK},
        };
        (void)state;
        expect_all("default, brokered", table, COUNT(table));
        expect_all("less", denied, COUNT(denied));
}

static void test_sockets(void **state)
{
        static const struct expectation none[] = {
                {"socket", {AF_UNIX, SOCK_STREAM}, ERR(EACCES)},
                {"socket", {AF_INET, SOCK_STREAM}, ERR(EACCES)},
                {"connect", {3, 1, 16}, ERR(EACCES)},
                {"sendto", {3, 1, 1, 0, 0, 0}, OK},
                {"sendto", {3, 1, 1, 0, 1, 16}, ERR(EACCES)},
                {"sendto", {3, 1, 1, 0, HIGH, 16}, ERR(EACCES)},
                {"socketpair", {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC}, OK},
                {"socketpair", {AF_UNIX, SOCK_SEQPACKET}, OK},
                {"socketpair", {AF_UNIX, SOCK_DGRAM}, ERR(EACCES)},
                {"socketpair", {AF_UNIX, SOCK_RAW}, ERR(EACCES)},
                {"socketpair", {HIGH | AF_UNIX, HIGH | SOCK_DGRAM}, ERR(EACCES)},
                {"socketpair", {AF_TIPC, SOCK_STREAM}, ERR(EACCES)},
                {"recvmsg", {0}, OK},
        };
        static const struct expectation host[] = {
                {"socket", {AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0}, OK},
                {"socket", {AF_INET6, SOCK_DGRAM, IPPROTO_UDP}, OK},
                {"socket", {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}, OK},
                {"socket", {HIGH | AF_INET, SOCK_STREAM, IPPROTO_TCP}, OK},
                {"socket", {AF_INET, SOCK_RAW, 0}, ERR(EPERM)},
                {"socket", {AF_INET, SOCK_SEQPACKET, 0}, ERR(EPERM)},
                {"socket", {AF_INET, SOCK_STREAM, IPPROTO_SCTP}, ERR(EPROTONOSUPPORT)},
                {"socket", {AF_UNIX, SOCK_STREAM, 0}, ERR(EACCES)},
                {"socket", {HIGH | AF_UNIX, SOCK_STREAM, 0}, ERR(EACCES)},
                {"socket", {AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0}, OK},
                {"socket", {AF_NETLINK, SOCK_RAW, 12}, ERR(EAFNOSUPPORT)}, /* NETLINK_NETFILTER */
                {"socket", {AF_VSOCK, SOCK_STREAM, 0}, ERR(EAFNOSUPPORT)},
                {"socket", {AF_PACKET, SOCK_DGRAM, 0}, ERR(EAFNOSUPPORT)},
                {"socket", {AF_ALG, SOCK_SEQPACKET, 0}, ERR(EAFNOSUPPORT)},
                {"connect", {3, 1, 16}, OK},
                {"sendto", {3, 1, 1, 0, 1, 16}, OK},
        };
        static const struct expectation basic_only[] = {
                {"socket", {AF_INET, SOCK_STREAM, 0}, ERR(EPERM)},
                {"socketpair", {AF_UNIX, 1}, ERR(EPERM)},
                {"connect", {0}, ERR(EPERM)},
                {"recvmsg", {0}, OK},
                {"shmget", {0}, ERR(EPERM)},
                {"clone", {CLONE_VM}, OK},
                {"mprotect", {0}, OK},
                {"setuid", {0}, ERR(EPERM)},
                {"getuid", {0}, OK},
        };
        (void)state;
        expect_all("default", none, COUNT(none));
        expect_all("default, host net", host, COUNT(host));
        expect_all("default, loopback", host, COUNT(host));
        expect_all("basic, brokered", basic_only, COUNT(basic_only));
}

/* Where the broker serves what gives a socket a name or a peer. */
static void test_served_sockets(void **state)
{
        static const struct expectation served[] = {
                {"connect", {3, 1, 16}, ASK},
                {"bind", {3, 1, 16}, ASK},
                {"socket", {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC}, OK},
                {"socket", {HIGH | AF_UNIX, HIGH | SOCK_SEQPACKET}, OK},
                {"socket", {AF_UNIX, SOCK_DGRAM}, ERR(EACCES)},
                {"socket", {AF_UNIX, SOCK_RAW | SOCK_NONBLOCK}, ERR(EACCES)},
                {"socketpair", {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC}, OK},
                {"socketpair", {AF_UNIX, SOCK_SEQPACKET}, OK},
                {"socketpair", {HIGH | AF_UNIX, HIGH | SOCK_DGRAM}, ERR(EACCES)},
                {"socketpair", {AF_UNIX, SOCK_RAW}, ERR(EACCES)},
                {"socketpair", {AF_TIPC, SOCK_STREAM}, ERR(EACCES)},
                {"listen", {3}, OK},
                {"accept4", {3}, OK},
                {"sendmsg", {3}, OK},
        };
        static const struct expectation served_none[] = {
                {"socket", {AF_UNIX, SOCK_RDM}, ERR(EACCES)},
                {"socket", {AF_INET, SOCK_STREAM}, ERR(EACCES)},
                {"sendto", {3, 1, 1, 0, 1, 16}, ERR(EACCES)},
        };
        static const struct expectation served_host[] = {
                {"socket", {AF_UNIX, SOCK_RDM}, ERR(EACCES)},
                {"socket", {AF_INET, SOCK_STREAM}, OK},
                {"socket", {AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0}, OK},
                {"socket", {AF_VSOCK, SOCK_STREAM, 0}, ERR(EAFNOSUPPORT)},
                {"sendto", {3, 1, 1, 0, 1, 16}, OK},
        };
        (void)state;
        expect_all("sockets", served, COUNT(served));
        expect_all("sockets", served_none, COUNT(served_none));
        expect_all("sockets, host net", served, COUNT(served));
        expect_all("sockets, host net", served_host, COUNT(served_host));
}

/* Datagrams are there only where nothing that can have an address is native. */
static void test_served_messages(void **state)
{
        static const struct expectation served[] = {
                {"sendmsg", {3}, ASK},
                {"sendmmsg", {3}, ASK},
                {"sendto", {3, 1, 1, 0, 0, 0}, OK},
                {"sendto", {3, 1, 1, 0, 0, 16}, OK},
                {"sendto", {3, 1, 1, 0, 1, 16}, ASK},
                {"sendto", {3, 1, 1, 0, HIGH, 16}, ASK},
                {"socket", {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC}, OK},
                {"socketpair", {HIGH | AF_UNIX, HIGH | SOCK_DGRAM}, OK},
                {"socket", {AF_UNIX, SOCK_STREAM}, OK},
                {"socket", {AF_UNIX, SOCK_RAW}, ERR(EACCES)},
                {"socketpair", {AF_UNIX, SOCK_RAW}, ERR(EACCES)},
                {"connect", {3, 1, 16}, ASK},
        };
        static const struct expectation none[] = {
                {"socket", {AF_INET, SOCK_DGRAM}, ERR(EACCES)},
        };
        static const struct expectation alone[] = {
                {"socket", {AF_UNIX, SOCK_DGRAM}, ERR(EACCES)},
                {"socketpair", {AF_UNIX, SOCK_DGRAM}, ERR(EACCES)},
                {"sendto", {3, 1, 1, 0, 1, 16}, ERR(EACCES)},
        };
        (void)state;
        expect_all("messages", served, COUNT(served));
        expect_all("messages", none, COUNT(none));
        expect_all("messages, host net", served, COUNT(served));
        expect_all("messages alone", alone, COUNT(alone));
}

/* What is left native must not do what is brokered. */
static void test_names(void **state)
{
        static const struct expectation table[] = {
                {"chmod", {0, 0644}, ASK},
                {"chmod", {0, 04755}, ERR(EPERM)},
                {"fchmod", {0, 0644}, ASK},
                {"fchmod", {0, 02755}, ERR(EPERM)},
                {"fchmodat2", {0}, ASK},
                {"mknodat", {0, 0, S_IFIFO | 0644}, ASK},
                {"mknodat", {0, 0, S_IFCHR | 0644}, ERR(EPERM)},
                {"utimensat", {3, 0}, ASK},
                {"utimensat", {3, 1}, ASK},
                {"setxattr", {0}, ASK},
                {"setxattrat", {0}, ERR(ENOSYS)},
                {"removexattrat", {0}, ERR(ENOSYS)},
                {"getxattr", {0}, OK},
                {"file_setattr", {0}, ERR(ENOSYS)},
                {"ioctl", {3, FS_IOC_SETFLAGS}, ERR(EPERM)},
                {"ioctl", {3, HIGH | FS_IOC_SETFLAGS}, ERR(EPERM)},
                {"ioctl", {3, FS_IOC_GETFLAGS}, OK},
                {"ioctl", {3, FS_IOC_FSSETXATTR}, ERR(EPERM)},
                {"ioctl", {3, FS_IOC_ENABLE_VERITY}, ERR(EPERM)},
        };
        (void)state;
        expect_all("names", table, COUNT(table));
}

static void test_metadata(void **state)
{
        static const struct expectation table[] = {
                {"newfstatat", {0}, ASK},
                {"statx", {0}, ASK},
                {"fstat", {0}, OK},
                {"openat", {0, 0, O_PATH}, ASK}, /* a place is as good as a stat */
                {"open", {0, O_PATH | O_NOFOLLOW}, ASK},
                {"getxattrat", {0}, ERR(ENOSYS)},
                {"listxattrat", {0}, ERR(ENOSYS)},
                {"file_getattr", {0}, ERR(ENOSYS)},
                {"name_to_handle_at", {0}, ERR(EOPNOTSUPP)},
        };
        (void)state;
        expect_all("metadata", table, COUNT(table));
}

static void test_no_policy_allows_what_goes_round_the_broker(void **state)
{
        static const struct expectation table[] = {
                {"unshare", {CLONE_NEWNS}, ERR(EPERM)}, {"ptrace", {0}, ERR(EPERM)}, {"bpf", {0}, ERR(EPERM)},
                {"mount", {0}, ERR(EPERM)},   {"setns", {0}, ERR(EPERM)},  {"io_uring_setup", {0}, ERR(ENOSYS)},
                {"keyctl", {0}, ERR(ENOSYS)}, {"iopl", {0}, ERR(EPERM)},   {"mbind", {0}, OK},
                {"clone3", {0}, ERR(ENOSYS)}, {"reboot", {0}, ERR(EPERM)}, {"clone", {CLONE_NEWUSER}, ERR(EPERM)},
        };
        (void)state;
        expect_all("everything", table, COUNT(table));
        assert_int_equal(syscall_fate("setns", NULL), SYSCALL_REFUSED);
        assert_int_equal(syscall_fate("@mount", NULL), SYSCALL_REFUSED);
        assert_int_equal(syscall_fate("execve", NULL), SYSCALL_NEEDED);
        assert_int_equal(syscall_fate("socket", NULL), SYSCALL_FREE);
        assert_int_equal(syscall_fate("@default", NULL), SYSCALL_FREE);
}

/* Deny beats allow among equals, and order does not matter. */
static void test_rule_order_never_matters(void **state)
{
        struct syscall_rule turned[COUNT(less)];
        struct filter a, b;
        (void)state;

        for (size_t i = 0; i < COUNT(less); i++)
                turned[i] = less[COUNT(less) - 1 - i];
        assert_int_equal(filter_compile(&a, &(struct filter_wish){RULES(less)}), 0);
        assert_int_equal(filter_compile(&b, &(struct filter_wish){RULES(turned)}), 0);
        assert_int_equal(a.program.len, b.program.len);
        assert_memory_equal(a.program.filter, b.program.filter, a.program.len * sizeof(*a.program.filter));
        filter_free(&a);
        filter_free(&b);
}

/* ---- the kernel is asked --------------------------------------------------------------------------------------- */

static void load_or_die(const struct filter *filter)
{
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter->program) < 0)
                _exit(99);
}

static bool refuses(long result, int error)
{
        return result == -1 && errno == error;
}

/* The number of the first thing that was not as it should be; 0: all were. */
static int try_calls(void)
{
        int fds[2], memory = memfd_create("t", MFD_CLOEXEC);
        long page = sysconf(_SC_PAGESIZE);
        pid_t pid;

        if (memory < 0 || getpid() <= 0)
                return 1;
        if (fchmod(memory, 0640) < 0 || !refuses(fchmod(memory, 04755), EPERM))
                return 2;
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 || !refuses(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), EACCES))
                return 3;
        if (!refuses(socket(AF_UNIX, SOCK_STREAM, 0), EACCES) || !refuses(socket(AF_INET, SOCK_STREAM, 0), EACCES))
                return 4;
        if (unshare(CLONE_FS | CLONE_FILES) < 0 || !refuses(unshare(CLONE_NEWUSER | CLONE_FS), EPERM) ||
            !refuses(syscall(SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0, 0), EPERM))
                return 5;
        pid = fork();
        if (pid == 0)
                _exit(7);
        int status;
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
                return 6;
        if (!refuses(syscall(SYS_clone3, NULL, 0), ENOSYS) || !refuses(syscall(9999), ENOSYS))
                return 7;
        if (!refuses(ioctl(0, TIOCSTI, "x"), EPERM) || !refuses(syscall(SYS_ioctl, 0, HIGH | TIOCSTI, "x"), EPERM))
                return 8;
        if (personality(0xffffffff) < 0 || !refuses(personality(READ_IMPLIES_EXEC), EPERM))
                return 9;
        if (!refuses(syscall(SYS_mount, 0, 0, 0, 0, 0), EPERM) || !refuses(syscall(SYS_ptrace, 0, 0, 0, 0), EPERM))
                return 10;
        if (mmap(NULL, (size_t)page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
                return 11;
        if (!refuses(syscall(X32 | SYS_getpid), ENOSYS))
                return 12;
        return 0;
}

static int in_child(const struct filter *filter, int (*fn)(void))
{
        int status;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                if (filter)
                        load_or_die(filter);
                _exit(fn());
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return status;
}

static void test_the_kernel_agrees(void **state)
{
        struct filter filter = compile(&wishes[0]);
        (void)state;
        assert_int_equal(in_child(&filter, try_calls), 0);
        assert_int_not_equal(in_child(NULL, try_calls), 0); /* without the filter it is not so */
        filter_free(&filter);
}

#ifdef __x86_64__
static int enter_by_i386(void)
{
        long result = 20; /* getpid there; writev here */
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "rcx", "r8", "r9", "r10", "r11");
        return 3;
}

static void test_the_other_entry_kills(void **state)
{
        struct filter filter = compile(&wishes[0]);
        (void)state;
        int status = in_child(&filter, enter_by_i386);
        assert_true(WIFSIGNALED(status));
        /* SIGSEGV: a kernel without that entry */
        assert_true(WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV);
        filter_free(&filter);
}
#endif

int main(void)
{
        static const struct CMUnitTest tests[] = {
                counted_test(test_default_calls),
                counted_test(test_brokered_opens),
                counted_test(test_sockets),
                counted_test(test_served_sockets),
                counted_test(test_served_messages),
                counted_test(test_names),
                counted_test(test_metadata),
                counted_test(test_no_policy_allows_what_goes_round_the_broker),
                counted_test(test_rule_order_never_matters),
                counted_test(test_the_kernel_agrees),
#ifdef __x86_64__
                counted_test(test_the_other_entry_kills),
#endif
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
