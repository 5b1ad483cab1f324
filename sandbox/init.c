/* pid 1 after the set-up: starts the program, then reaps.
 *
 * It knows three things: the control socket, of which it only watches whether the other end is still there; the signals that
 * come to it; and the wait statuses of the dead and the stopped. It reads nothing else, least of all what the program can write.
 * When it exits, for whatever reason, the kernel kills everything in the sandbox.
 *
 * The program is started as vfork does, on a stack of its own in pid 1's memory: nothing is copied only to be thrown away by
 * execve, and what went wrong is simply left in that memory. A function of the host's has a copy, and says it through a pipe. */
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
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

/* All that is to be done before it is the program that goes on. */
static int leave_set_up(const struct setup *s)
{
        int result = 0;

        if (s->files.resource >= 0)
                result = SYS_CALL(prlimit64, 0, s->files.resource, &s->files.value, NULL);
        if (result == 0)
                result = report_program(s->control);
        if (result == 0 && s->plan->hosted)
                result = hosted_leave(s);
        if (result == 0)
                result = restore_signals(s);
        return result == 0 ? descriptors_leave(s) : result;
}

static int program_main(void *arg)
{
        struct start *start = arg;
        const struct setup *s = start->setup;

        start->stage = STAGE_PROGRAM;
        start->error = -leave_set_up(s);
        if (start->error == 0) {
                start->stage = STAGE_EXEC;
                setup_time(s, STAGE_EXEC);
                start->error = -SYS_CALL(execve, s->options->program, s->options->argv, s->options->envp);
        }
        leave(start->error == ENOENT ? 127 : 126);
}

/* The broker has to read the memory of who asks it, and nobody else can: there is a filter, and a pid namespace or a scope. */
static _Noreturn void function_main(const struct setup *s)
{
        int result = SYS_CALL(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);

        SYS_CALL(prctl, PR_SET_NAME, "function", 0, 0, 0); /* it is not pid 1 any more */
        if (result == 0)
                result = leave_set_up(s);
        if (result == 0)
                leave(s->options->function(s->options->argument) & 0xff);
        SYS_CALL(write, s->word[1], &result, sizeof(result));
        leave(126);
}

static pid_t start_function(struct start *start)
{
        struct setup *s = start->setup;
        int result = 0;
        pid_t pid = SYS_CALL(clone, (unsigned long)SIGCHLD, NULL, NULL, NULL, 0ul);

        if (pid == 0)
                function_main(s);
        s->word[1] = fd_close(s->word[1]);
        start->stage = STAGE_PROGRAM;
        while (pid > 0 && SYS_CALL(read, s->word[0], &result, sizeof(result)) == -EINTR)
                ;
        s->word[0] = fd_close(s->word[0]);
        start->error = -result;
        errno = pid < 0 ? -pid : 0;
        return pid;
}

static pid_t start_program(struct start *start)
{
        char *top = start->setup->stack + SETUP_STACK;

        if (start->setup->options->function)
                return start_function(start);
        return clone(program_main, top, CLONE_VM | CLONE_VFORK | SIGCHLD, start);
}

/* ---- reaping ------------------------------------------------------------------------------------------------------------ */

/* What pid 1 knows of the program and of the others. */
struct watched {
        struct setup *setup;
        pid_t program;
        bool stopped;
        bool by_terminal; /* it was we who stopped it, as the terminal wished */
        bool gone;
        int status; /* when it is gone */
        enum sandbox_ended ended;
        uint64_t deadline_ms; /* when something is to be done about time; 0: never */
        struct sandbox_usage usage;
};

/* Takes the dead, and waits for all with `options` 0. True while any child is left. */
static bool reap(struct watched *w, int options)
{
        for (;;) {
                struct rusage usage;
                int one;
                int pid = SYS_CALL(wait4, -1, &one, options | __WALL, &usage);
                if (pid == -EINTR)
                        continue;
                if (pid <= 0)
                        return pid == 0;
                usage_add(&w->usage, &usage);
                if (pid == w->program) {
                        w->status = one;
                        w->gone = true;
                }
        }
}

/* To all of the sandbox at once, so that nobody's child is missed: there is nobody else in the pid namespace, or whom Landlock
 * lets us reach (hosted.c). */
static void signal_all(int signal)
{
        SYS_CALL(kill, -1, signal);
}

/* Without a pid namespace our end ends nobody: they are to be gone before. */
static void kill_all(struct watched *w)
{
        signal_all(SIGKILL);
        if (w->setup->plan->hosted)
                reap(w, 0);
}

/* ---- signals ------------------------------------------------------------------------------------------------------------ */

/* Somebody who is in no pid namespace of ours has no number here. Without such, Landlock lets nobody inside send us any. */
static bool is_from_outside(const struct setup *s, const struct signalfd_siginfo *info)
{
        bool stranger = s->plan->hosted ? info->ssi_pid != (uint32_t)getpid() : info->ssi_pid == 0;
        return stranger && info->ssi_signo != SIGCHLD;
}

/* Signals that somebody outside sent to pid 1 are meant for the program. Those of the terminal have reached it already, since
 * it is in the same process group; and what the sandbox itself sends to its pid 1 means nothing. */
static bool meant_for_program(const struct setup *s, const struct signalfd_siginfo *info)
{
        bool sent = info->ssi_code == SI_USER || info->ssi_code == SI_QUEUE || info->ssi_code == SI_TKILL;
        return sent && is_from_outside(s, info);
}

/* Tells the host whenever the program stops or goes on: that is what job control outside goes by. */
static void look_for_stop(struct watched *w)
{
        siginfo_t info;

        for (;;) {
                memset(&info, 0, sizeof(info));
                int result = SYS_CALL(waitid, P_PID, w->program, &info, WSTOPPED | WCONTINUED | WNOHANG, NULL);
                if (result == -EINTR)
                        continue;
                if (result < 0 || info.si_pid == 0)
                        return;
                w->stopped = info.si_code == CLD_STOPPED;
                report_stopped(w->setup->control, !w->stopped ? 0 : w->by_terminal ? SIGTSTP : info.si_status);
                w->by_terminal = false;
        }
}

/* In a session without a terminal nothing stops by SIGTSTP: nobody in that session could let it go on. So what would be
 * the terminal's doing is ours. */
static void act_as_terminal(struct watched *w, int signal)
{
        if (signal == SIGTSTP) {
                w->by_terminal = true;
                signal_all(SIGSTOP);
                return;
        }
        int group = SYS_CALL(getpgid, w->program);
        SYS_CALL(kill, group > 1 ? -group : 0, signal); /* 0: our own, and the program's where it has made none */
}

static void go_on(struct watched *w)
{
        look_for_stop(w); /* whoever let the whole group go on has let the program go on, too */
        if (w->stopped || w->by_terminal) {
                if (w->setup->new_session)
                        signal_all(SIGCONT);
                else
                        SYS_CALL(kill, w->program, SIGCONT);
        }
        w->by_terminal = false;
}

static void pass_on(struct watched *w, const struct signalfd_siginfo *info)
{
        if (w->gone) /* others are still ending, and its number may be one of theirs */
                return;
        if (info->ssi_code == SI_QUEUE && info->ssi_int == SETUP_FROM_TERMINAL)
                act_as_terminal(w, (int)info->ssi_signo);
        else if (info->ssi_signo == SIGCONT)
                go_on(w);
        else
                SYS_CALL(kill, w->program, (int)info->ssi_signo);
}

/* True when a child has died, stopped or gone on. */
static bool take_signals(struct watched *w)
{
        struct signalfd_siginfo info;
        bool child = false;

        while (SYS_CALL(read, w->setup->signals, &info, sizeof(info)) == (int)sizeof(info)) {
                if (info.ssi_signo == SIGCHLD)
                        child = true;
                if (meant_for_program(w->setup, &info))
                        pass_on(w, &info);
        }
        return child;
}

/* What came while there was no program yet, from whomever, was meant for it. */
static uint64_t take_early_signals(const struct setup *s)
{
        struct signalfd_siginfo info;
        uint64_t early = 0;

        while (SYS_CALL(read, s->signals, &info, sizeof(info)) == (int)sizeof(info))
                if (is_from_outside(s, &info) && info.ssi_signo < 64)
                        early |= UINT64_C(1) << info.ssi_signo;
        return early;
}

/* The broker is gone. An exiting process closes its descriptors first, and only then does the kernel kill the rest of the pid
 * namespace: in between, with the last listener gone, trapped calls would return ENOSYS to programs that still run. */
static _Noreturn void take_all_along(struct watched *w)
{
        kill_all(w);
        if (w->setup->plan->hosted) /* as it ends elsewhere when somebody outside kills the sandbox */
                SYS_CALL(kill, getpid(), SIGKILL);
        leave(125);
}

/* ---- the end ----------------------------------------------------------------------------------------------------------- */

/* The clock of `limit time` is here, and so is what happens when it is over, whoever says so. All signals are blocked in pid 1,
 * and it is never stopped, as the broker can be: the program can get the whole process group stopped by the terminal. */
static uint64_t now_ms(void)
{
        struct timespec now = {0};
        SYS_CALL(clock_gettime, CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* All others are killed first, and waited for: so what they used is in the report, and nothing runs when it is read. */
static _Noreturn void finish(struct watched *w)
{
        kill_all(w);
        reap(w, 0);
        usage_finish(w->setup, &w->usage);
        report_exited(w->setup->control, w->status, w->ended, &w->usage);
        leave(0);
}

static void ask_to_end(void)
{
        signal_all(SIGTERM);
        signal_all(SIGCONT);
}

/* Every process is asked, since the one that was started may be a shell that dies at once and leaves the others to themselves.
 * What is stopped hears nothing until it goes on. */
static void begin_end(struct watched *w, enum sandbox_ended why)
{
        if (w->ended != SANDBOX_BY_ITSELF)
                return;
        w->ended = why;
        w->deadline_ms = now_ms() + limit_grace_ms(&w->setup->world->limits);
        ask_to_end();
}

/* How long to sleep; what is due is done. */
static const struct timespec *time_left(struct watched *w, struct timespec *left)
{
        uint64_t now = w->deadline_ms ? now_ms() : 0;

        if (w->deadline_ms && now >= w->deadline_ms && w->ended != SANDBOX_BY_ITSELF)
                finish(w);
        if (w->deadline_ms && now >= w->deadline_ms)
                begin_end(w, SANDBOX_TIME_OVER);
        if (!w->deadline_ms)
                return NULL;
        uint64_t ms = w->deadline_ms > now ? w->deadline_ms - now : 0;
        *left = (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
        return left;
}

static void hear_the_broker(struct watched *w)
{
        int asked = report_asked(w->setup->control);

        if (asked < 0)
                take_all_along(w);
        if (asked > 0)
                begin_end(w, SANDBOX_TOLD);
}

static _Noreturn void watch(struct watched *w)
{
        uint64_t limit = w->setup->world->limits.time_ms;
        struct timespec left;
        struct pollfd ready[] = {{.fd = w->setup->control, .events = POLLIN | POLLRDHUP},
                                 {.fd = w->setup->signals, .events = POLLIN}};

        w->deadline_ms = limit ? now_ms() + limit : 0;
        for (;;) {
                int count = SYS_CALL(ppoll, ready, 2, time_left(w, &left), NULL, (size_t)0);
                if (count == -EINTR)
                        continue;
                if (count < 0 || (ready[0].revents & ~POLLIN) || (ready[1].revents & ~POLLIN))
                        take_all_along(w);
                if (ready[0].revents)
                        hear_the_broker(w);
                if (!take_signals(w))
                        continue;
                bool left_over = reap(w, WNOHANG);
                /* Those that were asked to end may still be at it. */
                if (w->gone && !(left_over && w->ended != SANDBOX_BY_ITSELF))
                        finish(w);
                if (!w->gone)
                        look_for_stop(w);
        }
}

/* The broker's word, or its end. */
static void wait_for_release(struct watched *w)
{
        struct fd_received got;
        char word;

        if (fd_receive(w->setup->control, &word, 1, &got, 0, 0) < 0)
                take_all_along(w);
}

_Noreturn void init_run(struct setup *s)
{
        struct start start = {.setup = s};
        struct watched w = {.setup = s};

        if (s->options->hold)
                wait_for_release(&w);
        uint64_t early = take_early_signals(s);
        pid_t program = start_program(&start);
        if (program < 0 || start.error) {
                int stage = program < 0 ? STAGE_PROGRAM : start.stage;
                report_failed(s->control, stage, program < 0 ? errno : start.error, s->options->program);
                leave(125);
        }
        if (s->plan->hosted && !s->new_session) /* or who kills the program's process group kills who ends the others */
                SYS_CALL(setpgid, 0, 0);
        setup_time(s, STAGE_PROGRAM);
        report_started(s->control);
        s->view = fd_close(s->view);
        s->nowhere = fd_close(s->nowhere);
        descriptors_drop(s);
        w.program = program;
        for (int signal = 1; signal < 64; signal++)
                if (early >> signal & 1)
                        SYS_CALL(kill, program, signal);
        watch(&w);
}
