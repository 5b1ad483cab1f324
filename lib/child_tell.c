/* What a child is told, and what it is asked. Nothing here moves it from one state to another. */
#include "lib/child.h"

#include <errno.h>

int cordon_child_signal(cordon_child *c, int signal)
{
        return c->state >= CHILD_GONE ? -ESRCH : sandbox_signal(&c->sandbox, signal);
}

int cordon_child_release(cordon_child *c)
{
        if (c->state >= CHILD_EXITING)
                return -ESRCH;
        if (!c->held)
                return -EINVAL;
        c->held = false;
        child_begin_time(c, child_now());
        return sandbox_release(&c->sandbox) < 0 ? -ESRCH : 0;
}

int cordon_child_phase(const cordon_child *c)
{
        switch (c->state) {
        case CHILD_STARTING:
                return CORDON_CHILD_STARTING;
        case CHILD_READY:
        case CHILD_EXECUTING:
                return c->held ? CORDON_CHILD_HELD : CORDON_CHILD_STARTING;
        case CHILD_RUNNING:
                return CORDON_CHILD_RUNNING;
        case CHILD_EXITING:
        case CHILD_GONE:
                return CORDON_CHILD_ENDING;
        default:
                return CORDON_CHILD_ENDED;
        }
}

int cordon_child_terminal_signal(cordon_child *c, int signal)
{
        return c->state >= CHILD_GONE ? -ESRCH : sandbox_terminal_signal(&c->sandbox, signal);
}

int cordon_child_stopped(cordon_child *c)
{
        int signal = c->state == CHILD_RUNNING ? c->stop_signal : 0;
        c->stop_signal = 0;
        return signal;
}

pid_t cordon_child_pid(const cordon_child *c)
{
        return c->sandbox.pid;
}

pid_t cordon_child_program(const cordon_child *c)
{
        return c->started ? c->program_pid : 0;
}

int cordon_ask_answer(cordon_child *c, uint64_t id, int end)
{
        return c->server ? asker_answer(server_asker(c->server), id, end) : -ESRCH;
}

const char *cordon_child_note(const cordon_child *c)
{
        return *c->sandbox.note ? c->sandbox.note : NULL;
}

int cordon_child_exit(const cordon_child *c, cordon_exit *out)
{
        if (c->state != CHILD_DEAD)
                return -EAGAIN;
        *out = c->exit;
        return 0;
}

uint64_t cordon_child_audit_lost(const cordon_child *c)
{
        return c->server && c->state == CHILD_DEAD ? server_audit_settle(c->server) : 0;
}

unsigned cordon_child_denials(const cordon_child *c, cordon_denial_fn *fn, void *ctx, uint64_t *dropped)
{
        if (dropped)
                *dropped = 0;
        return c->server ? server_denials(c->server, fn, ctx, dropped) : 0;
}
