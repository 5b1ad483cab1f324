/* A host without user namespaces gives a sandbox no view of its own: it sees the host's tree, its processes and its objects, and
 * what keeps it from them are the other layers. The broker decides every path that is opened, changed or looked at; Landlock lets
 * nothing be reached but what may be executed, which is all that the kernel still opens by itself; the filter has guards for what
 * names processes and objects by numbers (HOSTED).
 *
 * So the walk through the view is taken for what it says of each rule, and what only a mount could do is refused by its line.
 * Places of the sandbox's own that nobody wrote down (/tmp, pseudo-terminals) are not there instead: see broker/hosted.c. */
#include <string.h>
#include <sys/stat.h>

#include "policy/plan_points.h"

#define WHY "this host has no user namespaces"

/* ---- rules --------------------------------------------------------------------------------------------------------- */

static void check_rule(struct planner *p, const struct rule *rule)
{
        if (rule->overlay)
                planner_refuse(p, rule, "say `write`, or leave it out", "`%s` needs a mount, and " WHY, rule->text);
        else if (rule->scratch)
                planner_refuse(p, rule, "name a directory of the host's in a `write` line", "`%s` needs a mount, and " WHY,
                               rule->text);
        else if (rule->content)
                planner_refuse(p, rule, "make the file on the host", "`%s` needs a mount, and " WHY, rule->text);
        else if (rule->source)
                planner_refuse(p, rule, "show it where it lies", "`%s` needs a mount, and " WHY, rule->text);
        else if (rule_masks(rule))
                planner_refuse(p, rule, "say `deny` or `hide`", "`%s` needs a mount, and " WHY, rule->text);
        else if (rule->class == CLASS_GRANT && (rule->access & ACCESS_UNIX))
                planner_refuse(p, rule, "leave it out here",
                               "`%s`: sockets by path need a network of the sandbox's own, and " WHY, rule->text);
}

static void check_world(struct planner *p)
{
        static const struct origin nowhere;
        const struct world *w = p->world;
        size_t count;
        const struct alias *links = policy_links(p->policy, &count);

        for (size_t i = 0; i < count; i++)
                planner_refuse_at(p, links[i].origin, "leave it out here",
                                  "a `symlink` needs a view of the sandbox's own, and " WHY);
        if (w->caps)
                planner_refuse_at(p, w->caps_at, "leave it out here", "`caps` would be capabilities on the host itself: " WHY);
        if (w->user == USER_ROOT || w->user == USER_ID)
                planner_refuse_at(p, w->user_at, "leave it out, or say `user own`", "ids cannot be shown as others: " WHY);
        if (w->datagrams)
                planner_refuse_at(p, w->datagrams_at, "leave it out here",
                                  "`unix datagram` needs a network of the sandbox's own, and " WHY);
        for (size_t i = 0; w->devices[i]; i++)
                if (!strcmp(w->devices[i], "mqueue"))
                        planner_refuse_at(p, w->dev_at, "leave mqueue out here", "`dev mqueue` would be the host's queues: " WHY);
        if (w->tmp)
                planner_note(p, w->tmp_at.line ? w->tmp_at : nowhere, "there is no private /tmp here, and none at all: " WHY);
}

/* ---- what may be executed ------------------------------------------------------------------------------------------ */

/* Landlock grants a tree as a whole. What a person has taken out of one would be executed all the same; what is no program is
 * only said, as with patterns. */
static void check_hole(struct planner *p, const struct plan_mount *m, const struct plan_mount *tree)
{
        mode_t mode = m->rule ? planner_mode(p, m->path) : 0;

        if (!m->rule)
                return;
        if (rule_is_own(m->rule) && S_ISREG(mode) && (mode & 0111))
                planner_refuse(p, m->rule, "grant `exec` on what it lies beside instead",
                               "`%s` lies in %s, all of which could be executed: nothing but a mount could take it out, and " WHY,
                               m->rule->text, tree->path);
        else
                planner_note(p, m->rule->origin, "`%s`: could be executed, as all of %s: " WHY, m->rule->text, tree->path);
}

static bool is_executable(const struct plan_mount *m)
{
        return m->kind == VIEW_BIND && (m->access & ACCESS_EXEC);
}

/* Keeps these mounts alone, parents before children as they were. */
static void keep_executable(struct planner *p)
{
        struct plan *plan = p->plan;
        const struct plan_mount *tree = NULL;
        size_t kept = 0;

        for (size_t i = 0; i < plan->mount_count; i++) {
                struct plan_mount m = plan->mounts[i];
                bool inside = tree && tree->directory && path_within(m.path, tree->path);
                if (!inside)
                        tree = NULL;
                if (inside && !is_executable(&m) && m.on_host)
                        check_hole(p, &m, tree);
                if (!is_executable(&m) || inside)
                        continue;
                m.access = ACCESS_EXEC;
                m.writable = m.on_host = false;
                plan->mounts[kept] = m;
                tree = &plan->mounts[kept++];
        }
        plan->mount_count = kept;
}

void plan_hosted(struct planner *p)
{
        for (size_t i = 0; i < p->rule_count; i++)
                check_rule(p, &p->rules[i]);
        check_world(p);
        keep_executable(p);
        p->plan->empties = false;
}
