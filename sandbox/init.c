/* pid 1 after the set-up: starts the program, then reaps.
 *
 * It knows three things: the control socket, of which it only watches whether the other end is still there; the signals that
 * come to it; and the wait statuses of the dead. It reads nothing else, least of all what the program can write.
 * When it exits, for whatever reason, the kernel kills everything in the sandbox.
 *
 * The program is started as vfork does, on a stack of its own in pid 1's memory: nothing is copied only to be thrown away by
 * execve, and what went wrong is simply left in that memory. */
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fd.h"
#include "sandbox/report.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

#define KERNEL_SIGSET (8) /* bytes, as the system calls want it */

struct start {
        struct setup *setup;
        int stage, error; /* what failed, or 0 */
};

static _Noreturn void leave(int status)
{
        for (;;)
                SYS_CALL(exit_group, status);
}

/* ---- the program's side of the fork ----------------------------------------------------------------------------------- */

static int restore_signals(const struct setup *s)
{
        const struct sigaction ignore = {.sa_handler = SIG_IGN};

        if (s->chld_ignored && sigaction(SIGCHLD, &ignore, NULL) < 0)
                return -errno;
        return SYS_CALL(rt_sigprocmask, SIG_SETMASK, &s->mask, NULL, (size_t)KERNEL_SIGSET);
}

static int become_program(const struct setup *s, struct start *start)
{
        const struct sandbox_options *o = s->options;
        int result = 0;

        start->stage = STAGE_PROGRAM;
        if (s->files.resource >= 0)
                result = SYS_CALL(prlimit64, 0, s->files.resource, &s->files.value, NULL);
        if (result == 0)
                result = report_program(s->control);
        if (result == 0)
                result = descriptors_leave(s);
        if (result == 0)
                result = restore_signals(s);
        if (result < 0)
                return result;
        start->stage = STAGE_EXEC;
        setup_time(s, STAGE_EXEC);
        return SYS_CALL(execve, o->program, o->argv, o->envp);
}

static int program_main(void *arg)
{
        struct start *start = arg;

        start->error = -become_program(start->setup, start);
        leave(start->error == ENOENT ? 127 : 126);
}

static pid_t start_program(struct start *start)
{
        char *top = start->setup->stack + SETUP_STACK;

        return clone(program_main, top, CLONE_VM | CLONE_VFORK | SIGCHLD, start);
}

/* ---- reaping ------------------------------------------------------------------------------------------------------------ */

static uint64_t nanoseconds(const struct timeval *t)
{
        return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_usec * 1000u;
}

/* Takes every dead child. True once the program is among them. */
static bool reap(pid_t program, int *status, uint64_t *cpu_ns)
{
        bool gone = false;

        for (;;) {
                struct rusage usage;
                int one;
                int pid = SYS_CALL(wait4, -1, &one, WNOHANG | __WALL, &usage);
                if (pid == -EINTR)
                        continue;
                if (pid <= 0)
                        return gone;
                *cpu_ns += nanoseconds(&usage.ru_utime) + nanoseconds(&usage.ru_stime);
                if (pid == program) {
                        *status = one;
                        gone = true;
                }
        }
}

/* Signals that somebody outside sent to pid 1 are meant for the program. Those of the terminal have reached it already, since
 * it is in the same process group; and what the sandbox itself sends to its pid 1 means nothing. */
static bool meant_for_program(const struct signalfd_siginfo *info)
{
        bool sent = info->ssi_code == SI_USER || info->ssi_code == SI_QUEUE || info->ssi_code == SI_TKILL;
        return sent && info->ssi_pid == 0 && info->ssi_signo != SIGCHLD;
}

/* True when a child has died. */
static bool take_signals(int signals, pid_t program)
{
        struct signalfd_siginfo info;
        bool died = false;

        while (SYS_CALL(read, signals, &info, sizeof(info)) == (int)sizeof(info)) {
                if (info.ssi_signo == SIGCHLD)
                        died = true;
                if (meant_for_program(&info))
                        SYS_CALL(kill, program, (int)info.ssi_signo);
        }
        return died;
}

/* The broker is gone. An exiting process closes its descriptors first, and only then does the kernel kill the rest of the pid
 * namespace: in between, with the last listener gone, trapped calls would return ENOSYS to programs that still run. */
static _Noreturn void take_all_along(void)
{
        SYS_CALL(kill, -1, SIGKILL);
        leave(125);
}

/* The broker ends the sandbox when its time is over. If it has not (the program can get the whole process group stopped by the
 * terminal, and the broker with it), pid 1 does, a little later: all signals are blocked here, and it is never stopped. */
enum { TIME_GRACE_S = 5 };

static uint64_t now_ms(void)
{
        struct timespec now = {0};
        SYS_CALL(clock_gettime, CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* How long to sleep; false when the time is over. */
static bool time_left(uint64_t deadline_ms, struct timespec *left)
{
        uint64_t now = now_ms();
        if (now >= deadline_ms)
                return false;
        *left = (struct timespec){.tv_sec = (time_t)((deadline_ms - now) / 1000) + 1};
        return true;
}

static _Noreturn void watch(struct setup *s, pid_t program)
{
        uint64_t limit = s->world->limits.time_ms, deadline = limit ? now_ms() + limit + TIME_GRACE_S * 1000 : 0;
        struct timespec left;
        struct pollfd ready[] = {{.fd = s->control, .events = POLLRDHUP}, {.fd = s->signals, .events = POLLIN}};
        uint64_t cpu_ns = 0;
        int status = 0;

        for (;;) {
                if (deadline && !time_left(deadline, &left))
                        take_all_along();
                int count = SYS_CALL(ppoll, ready, 2, deadline ? &left : NULL, NULL, (size_t)0);
                if (count == -EINTR)
                        continue;
                if (count < 0 || ready[0].revents || (ready[1].revents & ~POLLIN))
                        take_all_along();
                if (!take_signals(s->signals, program) || !reap(program, &status, &cpu_ns))
                        continue;
                report_exited(s->control, status, cpu_ns);
                leave(0);
        }
}

/* The broker's word, or its end. */
static void wait_for_release(const struct setup *s)
{
        struct fd_received got;
        char word;

        if (fd_receive(s->control, &word, 1, &got, 0, 0) < 0)
                take_all_along();
}

_Noreturn void init_run(struct setup *s)
{
        struct start start = {.setup = s};

        if (s->options->hold)
                wait_for_release(s);
        pid_t program = start_program(&start);
        if (program < 0 || start.error) {
                int stage = program < 0 ? STAGE_PROGRAM : start.stage;
                report_failed(s->control, stage, program < 0 ? errno : start.error, s->options->program);
                leave(125);
        }
        setup_time(s, STAGE_PROGRAM);
        report_started(s->control);
        s->view = fd_close(s->view);
        s->nowhere = fd_close(s->nowhere);
        descriptors_drop(s);
        watch(s, program);
}
