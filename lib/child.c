#include "lib/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "lib/changes.h"
#include "lib/policy.h"
#include "lib/start.h"

uint64_t child_now(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- spawn ------------------------------------------------------------------------------------------------------ */

static int watch(cordon_child *c, int fd)
{
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        return epoll_ctl(c->broker->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int name_child(cordon_child *c, const cordon_child_options *o)
{
        const char *program = o->program ? o->program : "function", *slash = strrchr(program, '/');
        c->name = strdup(o->name ? o->name : slash ? slash + 1 : program);
        c->program = strdup(program);
        return c->name && c->program ? 0 : -ENOMEM;
}

/* Makes the program's channel: ours stays in the child object, the program's is returned. */
static int make_channel(cordon_child *c, int *theirs)
{
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        c->channel = pair[0];
        *theirs = pair[1];
        return 0;
}

/* With a `limit output` the program gets pipes in place of what was meant for it. */
static int take_output(cordon_child *c, int stdio[3], cordon_error *err)
{
        uint64_t limit = child_limits(c)->output;
        int theirs[3];
        int r = limit ? output_start(&c->output, stdio, limit, theirs, err) : 0;

        if (r == 0 && limit)
                memcpy(stdio, theirs, sizeof(theirs));
        return r;
}

static int launch(cordon_child *c, const struct plan *plan, const cordon_child_options *o, cordon_error *err)
{
        cleanup_fd int theirs = FD_NONE;
        char changes[PATH_MAX];
        struct start start;

        int r = o->changes ? changes_begin(o->changes, plan->policy, changes, &c->changes, err) : 0;
        if (r < 0)
                return r;
        r = (o->flags & CORDON_CHILD_CHANNEL) ? make_channel(c, &theirs) : 0;
        if (r < 0)
                return error_set(err, -r, "cannot create the channel: %s", error_text(-r));
        r = start_prepare(&start, plan, o, err);
        if (r < 0)
                return r;
        start.options.channel = theirs;
        start.options.changes = o->changes ? changes : NULL;
        r = take_output(c, start.options.stdio, err);
        if (r == 0)
                r = sandbox_launch(&c->sandbox, &start.options, err);
        if (r == 0)
                output_given(c->output, c->sandbox.uid, c->sandbox.gid);
        start_release(&start);
        return r;
}

/* The serving threads are made while the sandbox sets itself up. */
static int prepare_server(cordon_child *c, const struct plan *plan, cordon_error *err)
{
        struct server_options options = {
                .policy = policy_shared(c->policy),
                .name = c->name,
                .plan = plan,
                .notifies = plan->filter.notify,
                .channel = c->channel,
                .audit_fd = c->audit_fd,
                .audit_syslog = c->audit_syslog,
                .asks = c->hears.ask != NULL,
                .ask_timeout_ms = c->ask_timeout_ms,
                .init = c->sandbox.pid,
                .uid = c->sandbox.uid,
                .gid = c->sandbox.gid,
                .uid_inside = c->sandbox.uid_inside,
                .gid_inside = c->sandbox.gid_inside,
        };
        int r = server_start(&c->server, &options, err);
        if (r == 0)
                c->channel = FD_NONE;
        return r;
}

static void enlist(cordon_child *c)
{
        if (!c->held)
                child_begin_time(c, c->started_ns);
        c->next = c->broker->children;
        c->broker->children = c;
}

/* From the plan to something that lives. */
static int begin(cordon_child *c, const cordon_child_options *o, cordon_error *err)
{
        struct plan plan;
        int r = start_plan(&plan, c->policy, o->accept, err);
        if (r < 0)
                return r;
        c->lacks = plan.lacks;
        r = name_child(c, o);
        if (r == 0)
                r = launch(c, &plan, o, err);
        if (r == 0) {
                c->state = CHILD_STARTING;
                enlist(c);
                r = prepare_server(c, &plan, err);
        }
        plan_free(&plan);
        if (r == 0)
                r = watch(c, c->sandbox.control);
        if (r == 0 && c->output)
                r = watch(c, output_fd(c->output));
        if (r == 0 && c->hears.ask)
                r = watch(c, asker_fd(server_asker(c->server)));
        return r == 0 ? watch(c, c->sandbox.pidfd) : r;
}

int cordon_child_spawn(cordon_child **out, cordon_broker *broker, cordon_policy *policy, const cordon_child_options *options,
                       cordon_error *err)
{
        cordon_child_options o;
        *out = NULL;
        int r = start_options(&o, options, err);
        if (r < 0)
                return r;
        cordon_child *c = calloc(1, sizeof(*c));
        if (!c)
                return error_set(err, ENOMEM, "out of memory");
        c->broker = broker;
        c->policy = cordon_policy_ref(policy);
        c->channel = c->changes = FD_NONE;
        c->audit_fd = o.audit_fd > 0 ? o.audit_fd : -1;
        c->audit_syslog = (o.flags & CORDON_CHILD_AUDIT_SYSLOG) != 0;
        c->hears = (struct asker_hears){o.ask, o.ask_over, o.ask_ctx, c};
        c->ask_timeout_ms = o.ask_timeout_ms;
        c->held = (o.flags & CORDON_CHILD_HOLD) != 0;
        c->sandbox = (struct sandbox)SANDBOX_NONE;
        c->started_ns = child_now();
        c->state = CHILD_DEAD; /* until there is something alive: cordon_child_free() has nothing to kill */
        r = begin(c, &o, err);
        if (r < 0) {
                error_set(err, -r, "cannot start the sandbox: %s", error_text(-r));
                cordon_child_free(c);
                return r;
        }
        *out = c;
        return 0;
}

/* ---- from state to state ---------------------------------------------------------------------------------------- */

static void fail(cordon_child *c, int reason, int code)
{
        c->exit.reason = reason;
        c->exit.error.code = code;
        c->reported = true;
        c->state = CHILD_EXITING;
        sandbox_kill(&c->sandbox);
}

static void on_ready(cordon_child *c, struct sandbox_event *e)
{
        if (c->state != CHILD_STARTING) {
                fd_close(e->view);
                fd_close(e->notify);
                fd_close(e->nowhere);
                fail(c, CORDON_EXIT_SETUP, EPROTO);
                return;
        }
        server_serve(c->server, e->view, e->notify, e->nowhere);
        c->state = CHILD_RUNNING;
}

static void on_failed(cordon_child *c, const struct sandbox_event *e)
{
        const char *colon = e->detail[0] ? ": " : "";
        char advice[384];
        bool known = !e->exec_failed && sandbox_failure_advice(e->stage, e->error, advice, sizeof(advice));
        if (e->exec_failed)
                error_set(&c->exit.error, e->error, "cannot execute %s: %s", c->program, error_text(e->error));
        else
                error_set(&c->exit.error, e->error, "setting up the sandbox failed at stage '%s'%s%s: %s (%s)%s%s",
                          sandbox_stage_name(e->stage), colon, e->detail, error_text(e->error), error_name(e->error),
                          known ? "; " : "", known ? advice : "");
        fail(c, e->exec_failed ? CORDON_EXIT_EXEC : CORDON_EXIT_SETUP, e->error);
}

/* RLIMIT_CPU says SIGXCPU, and a second later, to those who do not listen, SIGKILL. */
static bool by_cpu(const cordon_child *c, int signal)
{
        uint64_t limit = child_limits(c)->cpu_s;
        return limit && (signal == SIGXCPU || (signal == SIGKILL && c->exit.cpu_ns / 1000000000u >= limit));
}

static int reason_of(const cordon_child *c, const struct sandbox_event *e)
{
        if (e->ended == SANDBOX_TIME_OVER)
                return CORDON_EXIT_TIME;
        if (e->ended == SANDBOX_TOLD && c->ending)
                return c->ending;
        if (!WIFSIGNALED(e->wait_status))
                return CORDON_EXIT_CODE;
        return by_cpu(c, WTERMSIG(e->wait_status)) ? CORDON_EXIT_CPU : CORDON_EXIT_SIGNAL;
}

static void on_exited(cordon_child *c, const struct sandbox_event *e)
{
        if (c->reported)
                return;
        c->reported = true;
        c->exit.user_ns = e->usage.user_ns;
        c->exit.system_ns = e->usage.system_ns;
        c->exit.cpu_ns = e->usage.user_ns + e->usage.system_ns;
        c->exit.memory_peak = e->usage.memory_peak;
        c->exit.processes = e->usage.processes;
        c->exit.bytes_read = e->usage.bytes_read;
        c->exit.bytes_written = e->usage.bytes_written;
        c->exit.reason = reason_of(c, e);
        c->exit.status = WIFSIGNALED(e->wait_status) ? WTERMSIG(e->wait_status) : WEXITSTATUS(e->wait_status);
        c->state = CHILD_EXITING;
}

static void take_event(cordon_child *c, struct sandbox_event *e)
{
        switch (e->kind) {
        case SANDBOX_READY:
                on_ready(c, e);
                break;
        case SANDBOX_FAILED:
                on_failed(c, e);
                break;
        case SANDBOX_EXITED:
                on_exited(c, e);
                break;
        case SANDBOX_SOURCE:
                if (c->server)
                        server_source(c->server, e->source, e->directory);
                else /* no threads could be made for it: it is about to be freed */
                        fd_close(e->directory);
                break;
        case SANDBOX_PROGRAM:
                c->program_pid = e->program;
                break;
        case SANDBOX_STARTED:
                c->started = true;
                break;
        case SANDBOX_STOPPED:
                c->stop_signal = e->stop_signal;
                break;
        }
}

static void take_events(cordon_child *c)
{
        struct sandbox_event e;
        int r;
        while ((r = sandbox_next_event(c->sandbox.control, &e)) == 1)
                take_event(c, &e);
        if (r < 0) { /* the end of pid 1, which the pidfd reports; or nonsense, and then it must end */
                epoll_ctl(c->broker->epoll, EPOLL_CTL_DEL, c->sandbox.control, NULL);
                c->sandbox.control = fd_close(c->sandbox.control);
                sandbox_kill(&c->sandbox);
        }
}

/* What the program wrote before its end is still to be passed on, as slowly as it is read; less patiently where a limit was the
 * end, since somebody waits for that. */
static void wait_for_output(cordon_child *c, int wait_status)
{
        enum { PATIENCE_MS = 1000 };

        c->gone = true;
        c->wait_status = wait_status;
        if (c->exit.reason == CORDON_EXIT_TIME || c->ending)
                c->deadline_ns = child_now() + PATIENCE_MS * 1000000u;
        epoll_ctl(c->broker->epoll, EPOLL_CTL_DEL, c->sandbox.pidfd, NULL); /* readable for ever */
        c->sandbox.pidfd = fd_close(c->sandbox.pidfd);
}

void child_reap(cordon_child *c, bool now)
{
        int status = c->wait_status;
        if (!c->gone) {
                int r = sandbox_reap(&c->sandbox, now, &status);
                if (r == 0)
                        return;
                if (c->sandbox.control >= 0)
                        take_events(c); /* its last words may still be in the socket */
                status = r < 0 ? SIGKILL : status;
        }
        if (!now && c->output && !output_done(c->output)) {
                if (!c->gone)
                        wait_for_output(c, status);
                return;
        }
        child_bury(c, status);
}

void child_advance(cordon_child *c)
{
        if (c->output)
                output_news(c->output);
        if (c->state != CHILD_DEAD && !c->gone && c->sandbox.control >= 0)
                take_events(c);
        if (c->output && output_over(c->output))
                child_end(c, CORDON_EXIT_OUTPUT);
        if (c->state != CHILD_DEAD)
                child_reap(c, false);
}

/* ---- the end of it ------------------------------------------------------------------------------------------------- */

cordon_child *cordon_child_free(cordon_child *c)
{
        if (!c)
                return NULL;
        if (c->state != CHILD_DEAD) {
                c->state = CHILD_EXITING; /* a READY that is still on its way begins nothing any more */
                if (!c->gone)
                        sandbox_kill(&c->sandbox);
                child_reap(c, true);
        }
        for (cordon_child **at = &c->broker->children; *at; at = &(*at)->next) {
                if (*at == c) {
                        *at = c->next;
                        break;
                }
        }
        server_free(c->server);
        output_free(c->output);
        fd_close(c->channel);
        fd_close(c->changes);
        cordon_policy_unref(c->policy);
        free(c->name);
        free(c->program);
        free(c);
        return NULL;
}
