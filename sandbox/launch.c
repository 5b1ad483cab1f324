/* The parent's side: prepare, clone, and from then on only what the broker asks of a running sandbox. */
#include <linux/sched.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/features.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* ---- clone3 --------------------------------------------------------------------------------------------------------- */

static uint64_t namespaces(const struct setup *s)
{
        if (s->plan->hosted)
                return 0;
        uint64_t flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
        bool own = s->world->net != NET_HOST && !(s->plan->lacks & LACK_NETNS);
        return own ? flags | CLONE_NEWNET : flags;
}

/* 0 in the child, else as fork. No exit signal: the host's SIGCHLD and wait(2) never hear of the sandbox. Containers' filters
 * cannot see the flags of clone3 and may not have it; clone does the same, but for the handlers and the cgroup. */
static pid_t clone_init(struct setup *s, int *pidfd)
{
        struct clone_args args = {
                .flags = namespaces(s) | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
                .pidfd = (uint64_t)(uintptr_t)pidfd,
        };
        if (s->leaf.dir >= 0) { /* the namespace comes later, see limits.c */
                args.flags &= ~(__u64)CLONE_NEWCGROUP;
                args.flags |= CLONE_INTO_CGROUP;
                args.cgroup = (__u64)s->leaf.dir;
        }
        int pid = SYS_CALL(clone3, &args, sizeof(args));

        s->handlers = pid == -ENOSYS && s->leaf.dir < 0;
        if (s->handlers)
                pid = SYS_CALL(clone, (unsigned long)(namespaces(s) | CLONE_PIDFD), 0ul, pidfd, NULL, 0ul);
        return (pid_t)pid;
}

/* Which of the features it was is found out by trying them one by one. */
static int clone_refused(const struct setup *s, int error, cordon_error *err)
{
        char why[448];
        bool known = feature_blame(s->plan, why, sizeof(why));

        return error_set(err, -error, "cannot make namespaces for the sandbox: %s", known ? why : error_text(-error));
}

/* ---- around it ------------------------------------------------------------------------------------------------------- */

/* No handler of the host may run in the child, nor a cancellation of the calling thread be acted upon there. */
struct quiet {
        sigset_t mask;
        int cancel;
};

static void quiet_begin(struct quiet *q)
{
        sigset_t all;

        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &q->cancel);
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &q->mask);
}

static void quiet_end(const struct quiet *q)
{
        pthread_sigmask(SIG_SETMASK, &q->mask, NULL);
        pthread_setcancelstate(q->cancel, NULL);
}

static int make_control(int ends[2], cordon_error *err)
{
        static const int on = 1;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return error_set(err, errno, "cannot make the control socket: %s", error_text(errno));
        /* With each message comes the sender's pid as we number it: how else should we know the program's? */
        if (setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0)
                return 0;
        int error = errno;
        fd_close(ends[0]);
        fd_close(ends[1]);
        return error_set(err, error, "cannot prepare the control socket: %s", error_text(error));
}

static void remember_signals(struct setup *s, const sigset_t *mask)
{
        struct sigaction chld;

        s->mask = *mask;
        s->chld_ignored = sigaction(SIGCHLD, NULL, &chld) == 0 && !(chld.sa_flags & SA_SIGINFO) &&
                          chld.sa_handler == SIG_IGN;
}

/* From clone3 on. What was made is given away only when all went well. */
static int start(struct sandbox *out, struct setup *s, cordon_error *err)
{
        cleanup_fd int ours = FD_NONE, theirs = FD_NONE, pidfd = FD_NONE;
        int ends[2];
        int result = make_control(ends, err);

        if (result < 0)
                return result;
        ours = ends[0];
        theirs = ends[1];
        s->control = theirs;
        pid_t pid = clone_init(s, &pidfd);
        if (pid < 0 && s->leaf.dir >= 0) {
                result = limits_without_cgroup(s, -pid, err);
                if (result < 0)
                        return result;
                pid = clone_init(s, &pidfd);
        }
        if (pid == 0)
                setup_run(s);
        if (pid < 0) {
                pidfd = FD_NONE;
                return clone_refused(s, pid, err);
        }
        *out = (struct sandbox){.pidfd = pidfd, .control = ours, .pid = pid, .uid = s->uid, .gid = s->gid,
                                .uid_inside = s->uid_inside, .gid_inside = s->gid_inside,
                                .own_session = s->new_session, .leaf = s->leaf};
        memcpy(out->note, s->note, sizeof(out->note));
        out->hosted = s->plan->hosted;
        result = s->root && !s->plan->hosted ? ids_write_maps(s, pid, ours, err) : 0;
        if (result < 0) {
                sandbox_kill(out);
                sandbox_reap(out, true, NULL);
                *out = (struct sandbox)SANDBOX_NONE;
                return error_set(err, -result, "cannot start the sandbox: %s", error_text(-result));
        }
        fd_take(&ours);
        fd_take(&pidfd);
        s->leaf = (struct cgroup_leaf)CGROUP_NO_LEAF;
        return 0;
}

int launch_timed(struct sandbox *out, const struct sandbox_options *options, const struct world *world, uint64_t *times,
                 cordon_error *err)
{
        struct setup s;
        struct quiet quiet;

        *out = (struct sandbox)SANDBOX_NONE;
        quiet_begin(&quiet);
        int result = setup_prepare(&s, options, world, err);
        remember_signals(&s, &quiet.mask);
        s.times = times;
        setup_time(&s, STAGE_NONE);
        if (result == 0)
                result = start(out, &s, err);
        setup_release(&s);
        quiet_end(&quiet);
        return result;
}

int launch_in_world(struct sandbox *out, const struct sandbox_options *options, const struct world *world,
                    cordon_error *err)
{
        return launch_timed(out, options, world, NULL, err);
}

int sandbox_launch(struct sandbox *out, const struct sandbox_options *options, cordon_error *err)
{
        return launch_in_world(out, options, policy_world(options->plan->policy), err);
}

struct rehearsing {
        struct sandbox_rehearsal found;
        void (*fn)(void *ctx, const struct sandbox_rehearsal *r);
        void *ctx;
};

static void take_descriptors(void *ctx, const struct cordon_child_fd *fds, size_t count)
{
        struct rehearsing *r = ctx;

        r->found.fds = fds;
        r->found.fd_count = count;
        r->fn(r->ctx, &r->found);
}

int sandbox_rehearse(const struct sandbox_options *options, void (*fn)(void *ctx, const struct sandbox_rehearsal *r), void *ctx,
                     cordon_error *err)
{
        struct rehearsing r = {.fn = fn, .ctx = ctx};
        char parent[PATH_MAX], controllers[64];
        struct setup s;
        int result = setup_prepare(&s, options, policy_world(options->plan->policy), err);

        if (result == 0) {
                r.found.note = *s.note ? s.note : NULL;
                r.found.cgroup = leaf_place(&s.leaf, parent) ? parent : NULL;
                r.found.controllers = cgroup_names(s.leaf.controllers, controllers, sizeof(controllers));
                result = descriptors_tell(&s, take_descriptors, &r, err);
        }
        setup_release(&s);
        return result;
}

/* ---- afterwards -------------------------------------------------------------------------------------------------------- */

int sandbox_signal(const struct sandbox *s, int signal)
{
        /* It would stop pid 1 instead of being passed on. */
        if (signal == SIGSTOP)
                return -EINVAL;
        return SYS_CALL(pidfd_send_signal, s->pidfd, signal, NULL, 0u);
}

int sandbox_release(const struct sandbox *s)
{
        int result = fd_send(s->control, "", 1, NULL, 0);
        return result == -ECONNRESET ? -EPIPE : result;
}

int sandbox_terminal_signal(const struct sandbox *s, int signal)
{
        siginfo_t info = {.si_signo = signal, .si_code = SI_QUEUE};

        if (!s->own_session)
                return 0;
        info.si_pid = getpid(); /* pid 1 sees 0: somebody outside */
        info.si_value.sival_int = SETUP_FROM_TERMINAL;
        return SYS_CALL(pidfd_send_signal, s->pidfd, signal, &info, 0u);
}

void sandbox_kill_at_once(const struct sandbox *s)
{
        SYS_CALL(pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0u);
        leaf_kill(&s->leaf);
}

/* Without a pid namespace nobody dies with pid 1: it has to end them, and goes on if it was stopped. */
void sandbox_kill(const struct sandbox *s)
{
        if (s->hosted) {
                shutdown(s->control, SHUT_RDWR);
                SYS_CALL(pidfd_send_signal, s->pidfd, SIGCONT, NULL, 0u);
                leaf_kill(&s->leaf);
                return;
        }
        sandbox_kill_at_once(s);
}

static int wait_status(const siginfo_t *info)
{
        switch (info->si_code) {
        case CLD_EXITED:
                return (info->si_status & 0xff) << 8;
        case CLD_DUMPED:
                return (info->si_status & 0x7f) | 0x80;
        default:
                return info->si_status & 0x7f;
        }
}

static int look_for_end(const struct sandbox *s, int options, siginfo_t *info)
{
        int result;

        do {
                memset(info, 0, sizeof(*info));
                result = SYS_CALL(waitid, P_PIDFD, s->pidfd, info, WEXITED | __WALL | options, NULL);
        } while (result == -EINTR);
        return result < 0 ? result : info->si_pid != 0;
}

int sandbox_ended(const struct sandbox *s, bool block)
{
        siginfo_t info;
        return look_for_end(s, WNOWAIT | (block ? 0 : WNOHANG), &info);
}

int sandbox_reap(const struct sandbox *s, bool block, int *status)
{
        siginfo_t info;
        int result = look_for_end(s, block ? 0 : WNOHANG, &info);

        if (result == 1 && status)
                *status = wait_status(&info);
        return result;
}
