#include "lib/child.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
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

static enum child_event said(const struct sandbox_event *e)
{
        switch (e->kind) {
        case SANDBOX_SOURCE:
                return CHILD_SAYS_SOURCE;
        case SANDBOX_READY:
                return CHILD_SAYS_READY;
        case SANDBOX_FAILED:
                return CHILD_SAYS_FAILED;
        case SANDBOX_PROGRAM:
                return CHILD_SAYS_PROGRAM;
        case SANDBOX_STARTED:
                return CHILD_SAYS_STARTED;
        case SANDBOX_STOPPED:
                return CHILD_SAYS_STOPPED;
        case SANDBOX_EXITED:
                return CHILD_SAYS_EXITED;
        }
        return CHILD_SAYS_NONSENSE;
}

void child_listen(cordon_child *c)
{
        struct sandbox_event e;

        while (c->sandbox.control >= 0) {
                int r = sandbox_next_event(c->sandbox.control, &e);
                if (r == 0)
                        return;
                if (r == 1)
                        child_happens(c, said(&e), &e);
                else
                        child_happens(c, r == -EBADMSG ? CHILD_SAYS_NONSENSE : CHILD_HUNG_UP, NULL);
        }
}

/* It was killed; where that should not have been enough, it is killed again. */
static void wait_for_end(cordon_child *c)
{
        struct pollfd end = {.fd = c->sandbox.pidfd, .events = POLLIN};
        int r;

        do
                r = poll(&end, 1, CHILD_LATE_MS);
        while (r < 0 && errno == EINTR);
        if (r == 0)
                child_happens(c, CHILD_STAYED, NULL);
}

void child_look(cordon_child *c, bool now)
{
        if (c->state < CHILD_GONE) {
                if (now)
                        wait_for_end(c);
                if (sandbox_ended(&c->sandbox, now) == 0)
                        return;
                child_listen(c); /* its last words may still be in the socket */
                child_happens(c, CHILD_ENDED, NULL);
        }
        if (c->state == CHILD_GONE && (now || !c->output || output_done(c->output)))
                child_happens(c, CHILD_DRAINED, NULL);
}

void child_advance(cordon_child *c)
{
        if (c->output)
                output_news(c->output);
        child_listen(c);
        if (c->output && output_over(c->output))
                child_end(c, CORDON_EXIT_OUTPUT);
        child_look(c, false);
}

/* ---- the end of it ------------------------------------------------------------------------------------------------- */

cordon_child *cordon_child_free(cordon_child *c)
{
        if (!c)
                return NULL;
        child_happens(c, CHILD_FREED, NULL);
        child_look(c, true);
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
