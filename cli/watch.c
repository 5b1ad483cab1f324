/* Waiting for the program, as if it were here in cordon's place.
 *
 * The program is in cordon's process group. What the terminal sends (Ctrl-C) has reached it already, so that is only
 * kept from ending cordon; what somebody sent to cordon by kill(2) is passed on. Ctrl-Z and its end are left alone:
 * they stop and continue the whole group, cordon included.
 *
 * Signals are blocked only after the program was started, as it begins with the mask that cordon had. A signal that
 * comes before that ends cordon, and the sandbox with it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/cli.h"

static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};

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

static void signals_pass(int fd, cordon_child *child)
{
        struct signalfd_siginfo info;

        while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
                if (info.ssi_code <= 0) /* by a process; the kernel's own are positive */
                        (void)cordon_child_signal(child, (int)info.ssi_signo); /* -ESRCH: it has just exited */
}

int child_watch(cordon_broker *broker, cordon_child *child, cordon_exit *out,
                void (*step)(void *ctx, const cordon_child *child), void *ctx)
{
        int signals = signals_open();
        int r = signals < 0 ? signals : cordon_child_exit(child, out);

        while (r == -EAGAIN) {
                struct pollfd fds[] = {{cordon_broker_fd(broker), POLLIN, 0}, {signals, POLLIN, 0}};
                if (poll(fds, 2, cordon_broker_next_timeout(broker)) < 0 && errno != EINTR) {
                        r = -errno;
                        break;
                }
                if (fds[1].revents)
                        signals_pass(signals, child);
                r = cordon_broker_dispatch(broker);
                step(ctx, child);
                if (r >= 0)
                        r = cordon_child_exit(child, out);
        }
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
