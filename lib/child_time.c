/* When something is to be done about a child: what its cgroup has used, and a deadline for when pid 1 does not do its part. (It
 * ends the sandbox when its time is over. Where it does not, somebody outside has stopped it.) */
#include <unistd.h>

#include "lib/child.h"
#include "lib/policy.h"

const struct limits *child_limits(const cordon_child *c)
{
        return &policy_world(policy_of(c->policy))->limits;
}

void child_begin_time(cordon_child *c, uint64_t from)
{
        const struct limits *l = child_limits(c);

        if (l->time_ms)
                c->deadline_ns = from + (l->time_ms + limit_grace_ms(l) + CHILD_LATE_MS) * 1000000u;
        if (l->cpu_s && c->sandbox.leaf.dir >= 0)
                c->look_ns = from;
}

void child_end(cordon_child *c, int reason)
{
        if (c->ending || c->state >= CHILD_GONE)
                return;
        c->ending = reason;
        child_happens(c, CHILD_TOLD, NULL);
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

/* True once, when that time has come. */
static bool due(uint64_t *when, uint64_t now)
{
        bool is = *when && now >= *when;

        if (is)
                *when = 0;
        return is;
}

void child_check_time(cordon_child *c, uint64_t now)
{
        if (c->state < CHILD_GONE && c->look_ns && now >= c->look_ns)
                look_at_cpu(c, now);
        if (due(&c->again_ns, now))
                child_happens(c, CHILD_STAYED, NULL);
        if (due(&c->deadline_ns, now))
                child_happens(c, CHILD_OVERDUE, NULL);
}

uint64_t child_next_time(const cordon_child *c)
{
        const uint64_t times[] = {c->state < CHILD_DEAD ? c->deadline_ns : 0, c->state < CHILD_GONE ? c->look_ns : 0,
                                  c->state < CHILD_GONE ? c->again_ns : 0};
        uint64_t first = 0;

        for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
                if (times[i] && (!first || times[i] < first))
                        first = times[i];
        return first;
}
