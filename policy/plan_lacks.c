/* What the host lacks, and whoever starts the sandbox does without: another layer does it, or the policy cannot be kept. */
#include "policy/plan_build.h"

static void refuse_without(struct planner *p, enum lack lack, bool wanted, struct origin at, const char *hint,
                           const char *what)
{
        if ((p->plan->lacks & lack) && wanted)
                planner_refuse_at(p, at, hint, "%s", what);
}

void plan_lacks(struct planner *p)
{
        const struct world *w = p->world;

        if (p->plan->lacks & LACK_LANDLOCK)
                planner_names(p, NULL, "this host has no Landlock");
        refuse_without(p, LACK_NETNS, w->net == NET_LOOPBACK, w->net_at, "write: net none",
                       "`net loopback` needs network namespaces, and this host has none");
        refuse_without(p, LACK_HOSTNAME, w->hostname != NULL, w->hostname_at, "leave it out",
                       "`hostname` cannot be set on this host");
        refuse_without(p, LACK_NOTIFY, w->audit == AUDIT_ALL, w->audit_at, "leave it out",
                       "`audit all` needs the broker, and this host has no seccomp notification");
}

/* Nothing can be asked for: then view and Landlock have to say all. */
void plan_unbrokered(struct planner *p)
{
        static const struct origin nowhere;
        const struct rule *rule = p->inexact_rule;

        if (!(p->plan->lacks & LACK_NOTIFY) || p->refused)
                return;
        p->plan->why_open = NULL;
        for (size_t i = 0; i < p->rule_count; i++)
                if (p->rules[i].class == CLASS_GRANT && (p->rules[i].access & ACCESS_UNIX))
                        planner_refuse(p, &p->rules[i], "leave it out here",
                                       "`%s` needs the broker, and this host has no seccomp notification", p->rules[i].text);
        if (p->inexact && rule)
                planner_refuse(p, rule, "leave it out here",
                               "%s: that needs the broker, and this host has no seccomp notification", p->inexact);
        else if (p->inexact)
                planner_refuse_at(p, nowhere, NULL,
                                  "%s: that needs the broker, and this host has no seccomp notification", p->inexact);
}
