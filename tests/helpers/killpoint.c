/* Runs a program and kills it at one of its system calls: killpoint POINT PROGRAM [ARGUMENT]...
 * Counted are the beginnings and ends of the calls of all of its threads, and of nobody whom it starts: they live on, if they
 * can. POINT 0: it is not killed. Says "calls N", and "killed" where it was. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t leader;

static int is_thread_of_it(pid_t tid)
{
        char path[64], line[256];
        int tgid = -1;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
        FILE *status = fopen(path, "r");
        while (status && tgid < 0 && fgets(line, sizeof(line), status))
                if (sscanf(line, "Tgid: %d", &tgid) != 1)
                        tgid = -1;
        if (status)
                fclose(status);
        return tgid == leader;
}

/* What is to become of a thread that has stopped: true for the beginning or end of a call. */
static int go_on(pid_t tid, int status)
{
        int signal = WSTOPSIG(status), event = status >> 16;
        int call = signal == (SIGTRAP | 0x80);

        if (event == PTRACE_EVENT_STOP && !is_thread_of_it(tid))
                ptrace(PTRACE_DETACH, tid, 0, 0);
        else
                ptrace(PTRACE_SYSCALL, tid, 0, call || event ? 0 : signal);
        return call;
}

int main(int argc, char **argv)
{
        long point = argc > 2 ? strtol(argv[1], NULL, 10) : 0, calls = 0;
        int status, killed = 0;

        if (argc < 3)
                return 2;
        leader = fork();
        if (leader == 0) {
                raise(SIGSTOP);
                execvp(argv[2], argv + 2);
                _exit(127);
        }
        if (leader < 0 || waitpid(leader, &status, WUNTRACED) != leader ||
            ptrace(PTRACE_SEIZE, leader, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE) < 0) {
                perror("killpoint");
                return 2;
        }
        kill(leader, SIGCONT);
        for (;;) {
                pid_t tid = waitpid(-1, &status, __WALL);
                if (tid < 0 && errno == EINTR)
                        continue;
                if (tid < 0)
                        break;
                if (!WIFSTOPPED(status) && tid == leader)
                        break;
                if (WIFSTOPPED(status) && go_on(tid, status) && ++calls == point)
                        killed = kill(leader, SIGKILL) == 0;
        }
        printf("calls %ld%s\n", calls, killed ? " killed" : "");
        return 0;
}
