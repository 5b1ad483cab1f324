/* Runs a program and lets one of its system calls fail: faultpoint POINT SEED PROGRAM [ARGUMENT]...
 * Counted are the calls of the program, of all of its threads, and of what it starts until that executes something, as far as they
 * can fail: the table has the errors that each may give. The call at POINT is not made, and gives one of these, by SEED. POINT
 * 0: none fails. Says "calls N", and "fault CALL ERRNO"; then "exit STATUS", or "signal NUMBER" where it died of one. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <elf.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

enum { ERRORS_MOST = 6, PROCESSES_MOST = 256 };

#define FILES EMFILE, ENFILE, ENOMEM
#define NAMES EACCES, ENOENT, ENOSPC, EDQUOT, EROFS, EIO
#define MOUNTS EPERM, ENOMEM, EBUSY, EINVAL

#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

/* What may fail, and how. What is not here cannot, or not without being done all the same (close), or is the C library's own
 * and has no error that it would live with (futex), or has none while the caller lives (sending an answer to it). */
static const struct can_fail {
        long number;
        const char *name;
        int errors[ERRORS_MOST];
        unsigned long request; /* its second argument; 0: whatever that is */
} can_fail[] = {
#define CALL(name, ...) {SYS_##name, #name, {__VA_ARGS__}, 0}
#define REQUEST(name, number, ...) {SYS_##name, #number, {__VA_ARGS__}, number}
        CALL(openat, FILES, EACCES, EIO, EINTR),
        CALL(openat2, FILES, EACCES, EAGAIN, EINTR),
        CALL(read, EINTR, EIO, EAGAIN),
        CALL(pread64, EINTR, EIO, ESRCH),
        CALL(write, EINTR, EIO, ENOSPC, EAGAIN),
        CALL(readlinkat, EIO, ENOMEM, EACCES),
        CALL(newfstatat, EIO, ENOMEM, EACCES),
        CALL(fstat, EIO, ENOMEM),
        CALL(statx, EIO, ENOMEM, EACCES),
        CALL(fstatfs, EIO, ENOMEM),
        CALL(getdents64, EIO, ENOMEM),
        CALL(lseek, EINVAL, EOVERFLOW),
        REQUEST(fcntl, F_DUPFD_CLOEXEC, EMFILE),
        CALL(dup3, EMFILE, EBUSY, EINTR),
        CALL(pipe2, FILES),
        CALL(socket, FILES, ENOBUFS),
        CALL(socketpair, FILES, ENOBUFS),
        CALL(setsockopt, ENOMEM, EPERM),
        CALL(getsockopt, ENOBUFS, EPERM),
        CALL(connect, ECONNREFUSED, EAGAIN, EINTR, ENOMEM),
        CALL(bind, ENOMEM, EACCES, EADDRINUSE),
        CALL(sendto, ENOBUFS, ENOMEM, EPIPE),
        CALL(sendmsg, ENOBUFS, ENOMEM, ETOOMANYREFS, EPIPE, EINTR),
        CALL(recvmsg, ENOMEM, EINTR, ECONNRESET),
        CALL(eventfd2, FILES),
        CALL(signalfd4, FILES),
        CALL(timerfd_create, FILES),
        CALL(memfd_create, FILES),
        CALL(epoll_create1, FILES),
        CALL(epoll_ctl, ENOMEM, ENOSPC),
        CALL(epoll_pwait, EINTR),
        CALL(ppoll, EINTR, ENOMEM),
        CALL(inotify_init1, FILES),
        CALL(inotify_add_watch, ENOSPC, ENOMEM, EACCES),
        CALL(pidfd_open, FILES, ESRCH),
        CALL(pidfd_getfd, EMFILE, EPERM, ESRCH),
        CALL(mmap, ENOMEM),
        CALL(mprotect, ENOMEM),
        CALL(mremap, ENOMEM),
        CALL(brk, ENOMEM),
        CALL(clone, EAGAIN, ENOMEM, EPERM, ENOSPC),
        CALL(clone3, EAGAIN, ENOMEM, EPERM, ENOSPC, ENOSYS),
        CALL(execve, E2BIG, ENOMEM, EIO, EACCES),
        CALL(unshare, EPERM, ENOMEM, ENOSPC),
        CALL(setns, EPERM, ENOMEM),
        CALL(process_vm_readv, EPERM, ESRCH, EFAULT, ENOMEM),
        CALL(process_vm_writev, EPERM, ESRCH, EFAULT, ENOMEM),
        REQUEST(ioctl, SECCOMP_IOCTL_NOTIF_RECV, EINTR, ENOENT),
        REQUEST(ioctl, SECCOMP_IOCTL_NOTIF_ADDFD, EMFILE, ENOMEM),
        REQUEST(ioctl, SIOCSIFFLAGS, EPERM, ENOMEM),
        CALL(prctl, EPERM, EINVAL),
        CALL(seccomp, EINVAL, ENOMEM, EACCES, EBUSY),
        CALL(landlock_create_ruleset, EOPNOTSUPP, ENOMEM, EMFILE),
        CALL(landlock_add_rule, ENOMEM, EINVAL, EBADFD),
        CALL(landlock_restrict_self, E2BIG, EPERM, ENOMEM),
        CALL(capget, EPERM),
        CALL(capset, EPERM),
        CALL(setgroups, EPERM, ENOMEM),
        CALL(setresuid, EPERM, EAGAIN),
        CALL(setresgid, EPERM, EAGAIN),
        CALL(setsid, EPERM),
        CALL(setpgid, EPERM, EACCES),
        CALL(sethostname, EPERM),
        CALL(prlimit64, EPERM),
        CALL(chdir, EACCES, ENOENT, ENOMEM),
        CALL(fchdir, EACCES, EIO),
        CALL(mkdirat, NAMES),
        CALL(mknodat, NAMES),
        CALL(symlinkat, NAMES),
        CALL(linkat, NAMES),
        CALL(unlinkat, EACCES, EBUSY, EROFS, EIO),
        CALL(renameat2, NAMES),
        CALL(fchmodat, EPERM, EROFS, EIO),
        CALL(ftruncate, EPERM, EIO, ENOSPC),
        CALL(mount, MOUNTS),
        CALL(umount2, MOUNTS),
        CALL(pivot_root, MOUNTS),
        CALL(open_tree, FILES, EPERM, EINVAL),
        CALL(open_tree_attr, FILES, EPERM, EINVAL),
        CALL(move_mount, MOUNTS),
        CALL(mount_setattr, MOUNTS),
        CALL(fsopen, FILES, EPERM, ENODEV),
        CALL(fsconfig, EINVAL, ENOMEM, EPERM, EBUSY),
        CALL(fsmount, FILES, EPERM),
        CALL(close_range, EINVAL, ENOMEM, EMFILE),
        CALL(getrandom, EAGAIN, EINTR),
        CALL(waitid, EINTR),
        CALL(wait4, EINTR),
#ifdef SYS_poll
        CALL(poll, EINTR, ENOMEM),
        CALL(epoll_wait, EINTR),
        CALL(readlink, EIO, ENOMEM, EACCES),
        CALL(unlink, EACCES, EBUSY, EIO),
        CALL(rmdir, EACCES, EBUSY, EIO),
        CALL(mkdir, NAMES),
#endif
};

/* ---- the registers of a stopped thread ---------------------------------------------------------------------------------- */

#ifdef __x86_64__
typedef struct user_regs_struct registers;
#define RESULT(r) ((r).rax)
#else
typedef struct user_regs_struct registers;
#define RESULT(r) ((r).regs[0])
#endif

static void registers_get(pid_t tid, registers *r)
{
        struct iovec all = {r, sizeof(*r)};
        ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all);
}

static void registers_set(pid_t tid, registers *r)
{
        struct iovec all = {r, sizeof(*r)};
        ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &all);
}

/* Another call in its place, which does nothing, and which every filter knows. */
static void replace_call(pid_t tid)
{
        registers r;
        registers_get(tid, &r);
#ifdef __x86_64__
        r.orig_rax = SYS_getppid;
        registers_set(tid, &r);
#else
        int number = SYS_getppid;
        struct iovec one = {&number, sizeof(number)};
        ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &one);
#endif
}

static void set_result(pid_t tid, int error)
{
        registers r;
        registers_get(tid, &r);
        RESULT(r) = (unsigned long long)-(long long)error;
        registers_set(tid, &r);
}

/* ---- counting ----------------------------------------------------------------------------------------------------------- */

static long point, calls;
static unsigned long seed;
static pid_t leader, failing; /* the thread whose call is to fail when it returns */
static int failing_with, runs; /* `runs`: the program itself, and not yet what loads it */

static const struct can_fail *find(long number, unsigned long request)
{
        for (size_t i = 0; i < sizeof(can_fail) / sizeof(*can_fail); i++)
                if (can_fail[i].number == number && (can_fail[i].request == 0 || can_fail[i].request == request))
                        return &can_fail[i];
        return NULL;
}

/* What a static program's C library asks for before main() is nobody's to test here: it ends with the first call of another kind. */
static int is_loading(long number)
{
        static const long first[] = {SYS_brk, SYS_mprotect, SYS_prlimit64, SYS_readlinkat, SYS_getrandom, SYS_mmap};
        for (size_t i = 0; i < sizeof(first) / sizeof(*first) && !runs; i++)
                if (first[i] == number)
                        return 1;
        runs = runs || find(number, 0);
        return !runs;
}

static void begin_call(pid_t tid, long number, unsigned long request)
{
        const struct can_fail *c = is_loading(number) ? NULL : find(number, request);
        int count = 0;

        if (!c || ++calls != point)
                return;
        while (count < ERRORS_MOST && c->errors[count])
                count++;
        failing = tid;
        failing_with = c->errors[seed % (unsigned long)count];
        printf("fault %s %s %d\n", c->name, strerrorname_np(failing_with), (int)tid);
        replace_call(tid);
}

/* True where it was the stop of a call. */
static int look_at_call(pid_t tid)
{
        struct ptrace_syscall_info info;

        if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0)
                return 0;
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
                begin_call(tid, (long)info.entry.nr, (unsigned long)info.entry.args[1]);
        if (info.op == PTRACE_SYSCALL_INFO_EXIT && tid == failing) {
                set_result(tid, failing_with);
                failing = 0;
        }
        return info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_EXIT;
}

static void go_on(pid_t tid, int status, int *loaded)
{
        int signal = WSTOPSIG(status), event = status >> 16;

        if (event == PTRACE_EVENT_EXEC && *loaded) {
                ptrace(PTRACE_DETACH, tid, 0, 0);
                return;
        }
        *loaded = *loaded || event == PTRACE_EVENT_EXEC;
        if (signal == (SIGTRAP | 0x80) && *loaded)
                look_at_call(tid);
        if (event == PTRACE_EVENT_STOP && (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU))
                ptrace(PTRACE_LISTEN, tid, 0, 0);
        else
                ptrace(PTRACE_SYSCALL, tid, 0, signal == (SIGTRAP | 0x80) || event ? 0 : signal);
}

int main(int argc, char **argv)
{
        const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
        int status, end = 0, loaded = 0;

        if (argc < 4)
                return 2;
        setvbuf(stdout, NULL, _IOLBF, 0);
        point = strtol(argv[1], NULL, 10);
        seed = strtoul(argv[2], NULL, 10);
        leader = fork();
        if (leader == 0) {
                raise(SIGSTOP);
                execvp(argv[3], argv + 3);
                _exit(127);
        }
        if (leader < 0 || waitpid(leader, &status, WUNTRACED) != leader || ptrace(PTRACE_SEIZE, leader, 0, options) < 0) {
                perror("faultpoint");
                return 2;
        }
        kill(leader, SIGCONT);
        for (;;) {
                pid_t tid = waitpid(-1, &status, __WALL);
                if (tid < 0 && errno == EINTR)
                        continue;
                if (tid < 0)
                        break;
                if (WIFSTOPPED(status))
                        go_on(tid, status, &loaded);
                else if (tid == leader)
                        end = status;
        }
        printf("calls %ld\n", calls);
        printf(WIFSIGNALED(end) ? "signal %d\n" : "exit %d\n", WIFSIGNALED(end) ? WTERMSIG(end) : WEXITSTATUS(end));
        return 0;
}
