/* What is done when something happens to a child. Which of these, and what state is next, the table says (child_states.c). */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "lib/child.h"
#include "lib/policy.h"

struct happening {
        enum child_state before;
        enum child_event event;
        struct sandbox_event *word; /* what pid 1 has said; NULL: nothing */
};

typedef void act_fn(cordon_child *c, const struct happening *h);

/* ---- killing ----------------------------------------------------------------------------------------------------- */

static void kill_all(cordon_child *c)
{
        sandbox_kill(&c->sandbox);
        if (!c->again_ns)
                c->again_ns = child_now() + CHILD_LATE_MS * UINT64_C(1000000);
}

/* Nothing that pid 1 says counts from here on. */
static void hear_no_more(cordon_child *c)
{
        if (c->sandbox.control < 0)
                return;
        epoll_ctl(c->broker->epoll, EPOLL_CTL_DEL, c->sandbox.control, NULL);
        c->sandbox.control = fd_close(c->sandbox.control);
}

static void let_go(struct sandbox_event *word)
{
        if (!word)
                return;
        word->view = fd_close(word->view);
        word->notify = fd_close(word->notify);
        word->nowhere = fd_close(word->nowhere);
        word->directory = fd_close(word->directory);
}

/* The first reason counts. */
static void act_refuse(cordon_child *c, const struct happening *h)
{
        let_go(h->word);
        if (h->before >= CHILD_GONE)
                return;
        if (!c->reported)
                error_set(&c->exit.error, EPROTO, "pid 1 of the sandbox said %s when it was %s, and was killed for that",
                          child_event_name(h->event), child_state_name(h->before));
        kill_all(c);
        hear_no_more(c);
}

static void act_ignore(cordon_child *c, const struct happening *h)
{
        (void)c;
        let_go(h->word);
}

static void act_hear_no_more(cordon_child *c, const struct happening *h)
{
        (void)h;
        kill_all(c);
        hear_no_more(c);
}

static void act_kill(cordon_child *c, const struct happening *h)
{
        (void)h;
        kill_all(c);
}

static void act_kill_late(cordon_child *c, const struct happening *h)
{
        (void)h;
        if (!c->ending)
                c->ending = CORDON_EXIT_TIME;
        kill_all(c);
}

static void act_kill_again(cordon_child *c, const struct happening *h)
{
        (void)h;
        sandbox_kill_at_once(&c->sandbox);
}

static void act_ask(cordon_child *c, const struct happening *h)
{
        uint64_t latest = child_now() + (limit_grace_ms(child_limits(c)) + CHILD_LATE_MS) * 1000000u;

        (void)h;
        c->look_ns = 0;
        if (c->deadline_ns == 0 || latest < c->deadline_ns)
                c->deadline_ns = latest;
        if (sandbox_end(&c->sandbox) < 0)
                kill_all(c);
}

/* ---- what pid 1 says --------------------------------------------------------------------------------------------- */

static void act_take_source(cordon_child *c, const struct happening *h)
{
        server_source(c->server, h->word->source, h->word->directory);
}

static void act_serve(cordon_child *c, const struct happening *h)
{
        server_serve(c->server, h->word->view, h->word->notify, h->word->nowhere);
}

static void act_take_failure(cordon_child *c, const struct happening *h)
{
        const struct sandbox_event *e = h->word;
        const char *colon = e->detail[0] ? ": " : "";
        char advice[384];
        bool known = !e->exec_failed && sandbox_failure_advice(e->stage, e->error, advice, sizeof(advice));

        if (e->exec_failed)
                error_set(&c->exit.error, e->error, "cannot execute %s: %s", c->program, error_text(e->error));
        else
                error_set(&c->exit.error, e->error, "setting up the sandbox failed at stage '%s'%s%s: %s (%s)%s%s",
                          sandbox_stage_name(e->stage), colon, e->detail, error_text(e->error), error_name(e->error),
                          known ? "; " : "", known ? advice : "");
        c->exit.reason = e->exec_failed ? CORDON_EXIT_EXEC : CORDON_EXIT_SETUP;
        c->exit.error.code = e->error;
        c->reported = true;
        kill_all(c);
}

static void act_take_program(cordon_child *c, const struct happening *h)
{
        c->program_pid = h->word->program;
}

static void act_take_start(cordon_child *c, const struct happening *h)
{
        (void)h;
        c->started = true;
}

static void act_take_stop(cordon_child *c, const struct happening *h)
{
        c->stop_signal = h->word->stop_signal;
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

static void act_take_end(cordon_child *c, const struct happening *h)
{
        const struct sandbox_event *e = h->word;

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
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* Whoever knows pid 1 by its number is stopped before that number can be another's. What the program wrote is still to be
 * passed on, as slowly as it is read; less patiently where a limit was the end, since somebody waits for that. */
static void act_reap(cordon_child *c, const struct happening *h)
{
        enum { PATIENCE_MS = 1000 };

        (void)h;
        if (c->server)
                server_stop(c->server);
        if (sandbox_reap(&c->sandbox, false, &c->wait_status) != 1)
                c->wait_status = SIGKILL; /* somebody else has reaped it */
        if (c->exit.reason == CORDON_EXIT_TIME || c->ending)
                c->deadline_ns = child_now() + PATIENCE_MS * 1000000u;
        hear_no_more(c);
        epoll_ctl(c->broker->epoll, EPOLL_CTL_DEL, c->sandbox.pidfd, NULL);
        c->sandbox.pidfd = fd_close(c->sandbox.pidfd);
        c->sandbox.pid = 0;
}

static void act_bury(cordon_child *c, const struct happening *h)
{
        (void)h;
        child_bury(c);
}

void child_happens(cordon_child *c, enum child_event event, struct sandbox_event *word)
{
        static act_fn *const acts[CHILD_ACTS] = {
                [CHILD_REFUSE] = act_refuse,
                [CHILD_IGNORE] = act_ignore,
                [CHILD_TAKE_SOURCE] = act_take_source,
                [CHILD_SERVE] = act_serve,
                [CHILD_TAKE_FAILURE] = act_take_failure,
                [CHILD_TAKE_PROGRAM] = act_take_program,
                [CHILD_TAKE_START] = act_take_start,
                [CHILD_TAKE_STOP] = act_take_stop,
                [CHILD_TAKE_END] = act_take_end,
                [CHILD_HEAR_NO_MORE] = act_hear_no_more,
                [CHILD_REAP] = act_reap,
                [CHILD_ASK] = act_ask,
                [CHILD_KILL_LATE] = act_kill_late,
                [CHILD_KILL] = act_kill,
                [CHILD_KILL_AGAIN] = act_kill_again,
                [CHILD_BURY] = act_bury,
        };
        const struct happening h = {.before = c->state, .event = event, .word = word};
        struct child_step step = child_step(c->state, event);

        c->state = step.next;
        acts[step.act](c, &h);
}
