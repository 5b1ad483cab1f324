/* An older Landlock: old_landlock ABI PROGRAM [ARGUMENT]...
 * The program asks the kernel for the version, and gets the one that was named; all else of Landlock is the kernel's own, which
 * serves older callers as it always did. A filter stops the call that asks, and we answer in the kernel's stead, as a debugger
 * can. Exits as the program does, or with 77 where this machine does not let us. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
static int answer(pid_t pid, long value)
{
        struct user_regs_struct r;
        if (ptrace(PTRACE_GETREGS, pid, NULL, &r) < 0)
                return -1;
        r.orig_rax = (unsigned long long)-1; /* the call itself does not happen */
        r.rax = (unsigned long long)value;
        return (int)ptrace(PTRACE_SETREGS, pid, NULL, &r);
}
#else
static int answer(pid_t pid, long value)
{
        (void)pid;
        (void)value;
        exit(77);
}
#endif

static void child(char **argv)
{
        const unsigned flags = offsetof(struct seccomp_data, args) + 2 * sizeof(__u64), version = 1;
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, flags),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, version, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                _exit(77);
        raise(SIGSTOP); /* until we are ready to answer */
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                _exit(77);
        execvp(argv[0], argv);
        _exit(99);
}

int main(int argc, char **argv)
{
        int status;
        if (argc < 3)
                return 99;
        pid_t pid = fork();
        if (pid == 0)
                child(argv + 2);
        if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status) ||
            ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0)
                return 77;
        ptrace(PTRACE_CONT, pid, NULL, NULL);
        while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
                int event = status >> 16, signal = event ? 0 : WSTOPSIG(status);
                if (event == PTRACE_EVENT_SECCOMP && answer(pid, atol(argv[1])) < 0)
                        return 77;
                ptrace(PTRACE_CONT, pid, NULL, signal);
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
