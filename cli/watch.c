/* Waiting for the program, as if it were here in cordon's place.
 *
 * Where the policy lets it keep the terminal, the program is in cordon's process group: what the terminal sends (Ctrl-C) has
 * reached it already, and is only kept from ending cordon. Else it is in a session of its own, and the library passes that on.
 * What somebody sent to cordon by kill(2) is passed on in either case.
 *
 * cordon stops when the program has stopped, by the same signal, and not before: the shell that waits for cordon then
 * goes on when nothing of the program's runs any more, and a program that handles Ctrl-Z or ignores it does so here, too.
 * Without a terminal there is no job control, and nobody who would let cordon go on: then it never stops itself.
 *
 * Signals are blocked only after the program was started, as it begins with the mask that cordon had. A signal that
 * comes before that ends cordon, and the sandbox with it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli.h"

static const int passed_on[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
                                SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT};

static bool interrupted; /* by the terminal; at the end: and the program has died of it */

static int signals_open(void)
{
        sigset_t set;

        sigemptyset(&set);
        for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
                sigaddset(&set, passed_on[i]);
        sigprocmask(SIG_BLOCK, &set, NULL);
        /* Nobody may be reading our stderr any more; that is no reason to lose the program's exit status. */
        signal(SIGPIPE, SIG_IGN);
        int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        return fd < 0 ? -errno : fd;
}

static void signals_pass(int fd, cordon_child *child, const struct watch *watch)
{
        struct signalfd_siginfo info;

        while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
                int number = (int)info.ssi_signo;
                bool kernel = info.ssi_code > 0;
                interrupted = interrupted || (kernel && number == SIGINT);
                if (!kernel && number == SIGHUP && watch->reload)
                        watch->reload(watch->reload_ctx);
                else if (kernel)
                        (void)cordon_child_terminal_signal(child, number);
                else
                        (void)cordon_child_signal(child, number); /* -ESRCH: it has just exited */
        }
}

static bool has_terminal(void)
{
        int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
                return false;
        close(fd);
        return true;
}

/* Returns once somebody lets us go on. Where our process group is an orphaned one the kernel ignores these signals, but SIGSTOP,
 * as it has done for the program. */
static void stop_by(int number)
{
        sigset_t set;

        if (!has_terminal())
                return;
        sigemptyset(&set);
        sigaddset(&set, number);
        raise(number);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        sigprocmask(SIG_BLOCK, &set, NULL);
}

void die_as_interrupted(void)
{
        sigset_t set;

        if (!interrupted)
                return;
        signal(SIGINT, SIG_DFL);
        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        raise(SIGINT);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int child_watch(cordon_broker *broker, cordon_child *child, cordon_exit *out, const struct watch *watch)
{
        int signals = signals_open();
        int r = signals < 0 ? signals : cordon_child_exit(child, out);

        while (r == -EAGAIN) {
                struct pollfd fds[] = {{cordon_broker_fd(broker), POLLIN, 0}, {signals, POLLIN, 0}, asks_poll(watch->asks)};
                if (poll(fds, 3, cordon_broker_next_timeout(broker)) < 0 && errno != EINTR) {
                        r = -errno;
                        break;
                }
                if (fds[1].revents)
                        signals_pass(signals, child, watch);
                if (fds[2].revents)
                        asks_input(watch->asks, child);
                r = cordon_broker_dispatch(broker);
                watch->step(watch->step_ctx, child);
                int stop = cordon_child_stopped(child);
                if (stop) {
                        asks_pause(watch->asks);
                        stop_by(stop);
                        asks_resume(watch->asks, child);
                }
                if (r >= 0)
                        r = cordon_child_exit(child, out);
        }
        interrupted = interrupted && r == 0 && out->reason == CORDON_EXIT_SIGNAL && out->status == SIGINT;
        if (signals >= 0)
                close(signals);
        return r;
}

int child_hold(cordon_broker *broker, cordon_child *child, int fd, void (*held)(void *ctx, const cordon_child *child), void *ctx)
{
        bool told = false;
        char byte;

        for (int phase; (phase = cordon_child_phase(child)) <= CORDON_CHILD_HELD;) {
                struct pollfd fds[] = {{cordon_broker_fd(broker), POLLIN, 0}, {told ? fd : -1, POLLIN, 0}};
                if (!told && phase == CORDON_CHILD_HELD) {
                        held(ctx, child);
                        told = true;
                        continue;
                }
                if (poll(fds, 2, cordon_broker_next_timeout(broker)) < 0 && errno != EINTR)
                        return -errno;
                if (fds[1].revents && (read(fd, &byte, 1) >= 0 || errno != EAGAIN))
                        return cordon_child_release(child) == -EINVAL ? -EINVAL : 0;
                int r = cordon_broker_dispatch(broker);
                if (r < 0)
                        return r;
        }
        return 0;
}
