/* What is left of a child when all of it is gone: how it ended, what it used. What pid 1 has said counts; the cgroup knows the
 * rest. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "lib/child.h"

/* pid 1 has not said how it ended. */
static void guess_reason(cordon_child *c)
{
        bool killed = WIFSIGNALED(c->wait_status), told = c->exit.error.code != 0;

        if (c->ending)
                c->exit.reason = c->ending;
        else if (!c->started && (told || !killed))
                c->exit.reason = CORDON_EXIT_SETUP;
        else
                c->exit.reason = CORDON_EXIT_SIGNAL;
        if (c->exit.reason == CORDON_EXIT_SETUP || !killed)
                error_set(&c->exit.error, EPROTO, "pid 1 of the sandbox ended without a report");
        if (c->exit.reason != CORDON_EXIT_SETUP)
                c->exit.status = killed ? WTERMSIG(c->wait_status) : SIGKILL;
        c->reported = true;
}

/* However the program ended after that: it may have died of SIGPIPE, or not have cared. */
static void settle_output(cordon_child *c)
{
        bool by_itself = c->exit.reason == CORDON_EXIT_CODE || c->exit.reason == CORDON_EXIT_SIGNAL;

        if (by_itself && output_over(c->output))
                c->exit.reason = CORDON_EXIT_OUTPUT;
        c->exit.output = output_bytes(c->output);
        c->output = output_free(c->output);
}

/* What the cgroup says is of all processes, and is there even where pid 1 was killed. */
static void settle_account(cordon_child *c)
{
        struct cgroup_account a;

        leaf_account(&c->sandbox.leaf, &a);
        if (a.user_ns + a.system_ns > 0) {
                c->exit.user_ns = a.user_ns;
                c->exit.system_ns = a.system_ns;
                c->exit.cpu_ns = a.user_ns + a.system_ns;
                c->exit.together |= CORDON_TOGETHER_CPU;
        }
        if (a.memory_peak) {
                c->exit.memory_peak = a.memory_peak;
                c->exit.together |= CORDON_TOGETHER_MEMORY;
        }
        c->exit.oom_kills = a.oom_kills;
        if (a.oom_kills && c->exit.reason == CORDON_EXIT_SIGNAL && c->exit.status == SIGKILL)
                c->exit.reason = CORDON_EXIT_OOM;
}

void child_bury(cordon_child *c)
{
        c->exit.wall_ns = child_now() - c->started_ns;
        if (c->server) {
                struct server_counts counts = server_counts(c->server);
                c->exit.requests = counts.requests;
                c->exit.denied = counts.denied;
                c->exit.opens = counts.opens;
        }
        if (!c->reported)
                guess_reason(c);
        if (c->output)
                settle_output(c);
        settle_account(c);
        leaf_remove(&c->sandbox.leaf);
        c->changes = fd_close(c->changes);
        c->channel = fd_close(c->channel);
}
