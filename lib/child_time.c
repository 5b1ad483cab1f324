/* When something is to be done about a child: what its cgroup has used, and a deadline for when pid 1 does not do its part. */
#include <unistd.h>

#include "lib/child.h"
#include "lib/policy.h"

/* pid 1 ends the sandbox when its time is over. Where it does not, somebody outside has stopped it: it is killed. */
enum { OVERDUE_MS = 3000 };

const struct limits *child_limits(const cordon_child *c)
{
        return &policy_world(policy_of(c->policy))->limits;
}

void child_begin_time(cordon_child *c, uint64_t from)
{
        const struct limits *l = child_limits(c);

        if (l->time_ms)
                c->deadline_ns = from + (l->time_ms + limit_grace_ms(l) + OVERDUE_MS) * 1000000u;
        if (l->cpu_s && c->sandbox.leaf.dir >= 0)
                c->look_ns = from;
}

void child_end(cordon_child *c, int reason)
{
        uint64_t latest = child_now() + (limit_grace_ms(child_limits(c)) + OVERDUE_MS) * 1000000u;

        if (c->state == CHILD_DEAD || c->gone || c->ending)
                return;
        c->ending = reason;
        c->look_ns = 0;
        if (c->deadline_ns == 0 || latest < c->deadline_ns)
                c->deadline_ns = latest;
        if (sandbox_end(&c->sandbox) < 0)
                sandbox_kill(&c->sandbox);
}

/* Not later than all processors together could have used up what is left, and not more often than is of use. */
static void look_at_cpu(cordon_child *c, uint64_t now)
{
        const uint64_t often_ns = 20000000;
        uint64_t limit = child_limits(c)->cpu_s * 1000000000u;
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        struct cgroup_account used;

        leaf_account(&c->sandbox.leaf, &used);
        uint64_t sum = used.user_ns + used.system_ns;
        if (sum >= limit) {
                child_end(c, CORDON_EXIT_CPU);
                return;
        }
        uint64_t left = (limit - sum) / (uint64_t)(processors > 0 ? processors : 1);
        c->look_ns = now + (left > often_ns ? left : often_ns);
}

void child_check_time(cordon_child *c, uint64_t now)
{
        if (c->state != CHILD_DEAD && !c->gone && c->look_ns && now >= c->look_ns)
                look_at_cpu(c, now);
        if (c->state == CHILD_DEAD || c->deadline_ns == 0 || now < c->deadline_ns)
                return;
        c->deadline_ns = 0;
        if (c->gone) {
                child_reap(c, true);
                return;
        }
        if (!c->ending)
                c->ending = CORDON_EXIT_TIME;
        sandbox_kill(&c->sandbox);
}

uint64_t child_next_time(const cordon_child *c)
{
        if (c->state == CHILD_DEAD)
                return 0;
        bool look = c->look_ns && !c->gone && (!c->deadline_ns || c->look_ns < c->deadline_ns);
        return look ? c->look_ns : c->deadline_ns;
}
