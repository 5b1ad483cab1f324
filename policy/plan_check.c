/* What this version refuses, and what people should know.
 *
 * Names that match a pattern can only be kept from being made, moved and removed by whoever sees every call that
 * changes names. Inside trees that cannot be written a pattern is a question of opening alone; where it takes away inside
 * a writable one, all these calls are brokered. Each refusal says what to write instead. */
#include <string.h>
#include <sys/stat.h>

#include "policy/plan_points.h"
#include "policy/tail.h"

/* ---- patterns --------------------------------------------------------------------------------------------------- */

/* Mounts of the host's trees, in which patterns can do harm; the first of each kind, where it matters. What is in private
 * places is the program's own. */
struct trees_matched {
        const struct plan_mount *existing, *writable, *executable;
};

static struct trees_matched trees_matched(const struct planner *p, const struct rule *rule)
{
        struct trees_matched found = {0};
        for (size_t i = 0; i < p->plan->mount_count; i++) {
                const struct plan_mount *m = &p->plan->mounts[i];
                bool news = (rule->class == CLASS_HIDE && !found.existing) || (m->writable && !found.writable) ||
                            (m->executable && !found.executable);
                unsigned kept = rule_asks(rule) ? 0 : rule->access;
                if (!news || m->kind != VIEW_BIND || !m->directory || !(m->access & ~kept) ||
                    !tail_matches_below(rule, m->path))
                        continue;
                found.existing = found.existing ? found.existing : m;
                found.writable = found.writable || !m->writable ? found.writable : m;
                found.executable = found.executable || !m->executable ? found.executable : m;
        }
        return found;
}

/* In a tree that is the sandbox's own copy, single names can't be the host's. */
static const struct plan_mount *overlay_matched(const struct planner *p, const struct rule *rule)
{
        for (size_t i = 0; i < p->plan->mount_count; i++)
                if (p->plan->mounts[i].overlay && tail_matches_below(rule, p->plan->mounts[i].path))
                        return &p->plan->mounts[i];
        return NULL;
}

static void check_restricting_pattern(struct planner *p, const struct rule *rule)
{
        const struct trees_matched in = trees_matched(p, rule);

        if (rule->class == CLASS_HIDE && in.existing)
                planner_metadata(p, rule, "`%s` must not be seen to exist in %s", rule->text, in.existing->path);
        if (in.writable)
                planner_names(p, rule, "`%s` is a pattern that matches in the writable tree %s", rule->text, in.writable->path);
        if (in.executable && (rule_asks(rule) || !(rule->access & ACCESS_EXEC)))
                planner_note(p, rule->origin, "`%s` is a pattern: in %s it governs opening, not execution", rule->text,
                             in.executable->path);
}

static void check_pattern(struct planner *p, const struct rule *rule)
{
        const char *verb = rule->verb ? rule->verb : "";
        bool writes = rule->access & (ACCESS_WRITE | ACCESS_CREATE);
        bool ours = path_within(rule->prefix, "/proc") || path_within(rule->prefix, "/dev");

        if (rule->access & ACCESS_EXEC)
                planner_refuse(p, rule, "name the directory that holds them",
                               "`%s` by pattern is not supported: execution is not brokered", verb);
        else if (writes && ours)
                planner_refuse(p, rule, "name the directory that holds them", "`%s` by pattern is not supported here", verb);
        else if (writes && overlay_matched(p, rule))
                planner_refuse(p, rule, "name a directory",
                               "`%s` is a pattern in the overlay %s: what matches there could not be written to the host alone",
                               rule->text, overlay_matched(p, rule)->path);
        else if (rule_gives(rule) && rule_masks(planner_eval(p, rule->prefix).rule))
                planner_refuse(p, rule, "name the files one by one",
                               "`%s` would show files in %s, which is masked and so looks empty", rule->text, rule->prefix);
        else
                check_restricting_pattern(p, rule);
}

/* ---- literal rules ---------------------------------------------------------------------------------------------- */

/* An empty directory for what is masked by pattern is not in the view: pid 1 hands it to the broker. */
static void check_masks(struct planner *p)
{
        for (size_t i = 0; i < p->rule_count; i++)
                p->plan->empties = p->plan->empties || rule_masks(&p->rules[i]);
}

static bool grants(const struct rule *rule, unsigned more_than)
{
        return rule->class == CLASS_GRANT && !rule->implied && (rule->access & ~more_than) != 0;
}

static bool is_device(const struct planner *p, const char *path)
{
        for (size_t i = 0; p->world->devices[i]; i++)
                if (strcmp(path + strlen("/dev/"), p->world->devices[i]) == 0)
                        return true;
        return false;
}

static void check_literal(struct planner *p, const struct rule *rule, mode_t mode)
{
        const char *path = rule->pattern;
        bool file = mode != 0 && !S_ISDIR(mode) && !rule->scratch;
        bool wins = planner_eval(p, path).rule == rule;

        if (path_within(path, "/proc") && grants(rule, p->world->proc == PROC_NONE ? 0 : ACCESS_LIST | ACCESS_READ))
                planner_refuse(p, rule, "choose by `proc own`, `proc self` or `proc none`",
                               p->world->proc == PROC_NONE ? "`%s`: with `proc none` there is no /proc"
                                                           : "`%s`: the sandbox has its own /proc, and it is read-only",
                               rule->text);
        else if (path_within(path, "/dev") && grants(rule, ACCESS_LIST) && (!path[4] || !is_device(p, path)))
                planner_refuse(p, rule, "name the device in a `dev` line", "`%s`: devices come by `dev` alone",
                               rule->text);
        else if (rule->source && p->world->tmp && strcmp(path, "/tmp") == 0)
                planner_refuse(p, rule, "choose another place, or say `tmp none`", "`%s`: /tmp is the sandbox's own", rule->text);
        else if (rule->source && (S_ISCHR(mode) || S_ISBLK(mode)))
                planner_refuse(p, rule, "name the device in a `dev` line", "`%s`: %s is a device", rule->text, rule->source);
        else if (file && rule->overlay)
                planner_refuse(p, rule, "name the directory that it lies in", "`%s`: %s is not a directory", rule->text, path);
        else if (file && wins && (rule->access & ACCESS_CREATE) && !(rule->access & ACCESS_WRITE))
                planner_refuse(p, rule, "name the directory", "`%s`: %s is not a directory", rule->text,
                               planner_source(p, path));
        else if (file && wins && !path_within(path, "/dev") && (S_ISCHR(mode) || S_ISBLK(mode)))
                planner_note(p, rule->origin, "%s is a device: it is shown, and cannot be opened; see `dev`", path);
        else if (file && wins && !rule->implied && (rule->access & ACCESS_WRITE) && !path_within(path, "/dev"))
                planner_note(p, rule->origin,
                             "%s is a single file: it can be written in place, not removed or replaced by another",
                             path);
}

/* ---- the world -------------------------------------------------------------------------------------------------- */

static void check_limits(struct planner *p)
{
        const struct limits *l = &p->world->limits;

        if (l->output)
                planner_note(p, l->output_at, "limit output: standard output and error are pipes, not what the caller has there");
        if (l->procs)
                planner_note(p, l->procs_at, "limit procs counts threads, too");
}

/* What the language can say and this version cannot carry out: refused by name, rather than left out. */
static void check_not_yet(struct planner *p)
{
        const struct world *w = p->world;

        for (size_t i = 0; i < w->net_count; i++)
                planner_refuse_word(p, w->nets[i].origin, strchr(w->nets[i].text, ' ') + 1,
                                  "leave it out; `net loopback` and `net host` are there",
                                  "`%s` cannot be enforced by this version: connections are not brokered yet", w->nets[i].text);
}

static void check_links(struct planner *p)
{
        size_t count;
        const struct alias *links = policy_links(p->policy, &count);

        for (size_t i = 0; i < count && p->world->tmp; i++)
                if (strcmp(links[i].path, "/tmp") == 0)
                        planner_refuse_at(p, links[i].origin, "choose another place, or say `tmp none`",
                                          "the sandbox has a /tmp of its own: there can be no link");
}

void plan_check(struct planner *p)
{
        check_not_yet(p);
        check_links(p);
        check_masks(p);
        for (size_t i = 0; i < p->rule_count; i++) {
                const struct rule *rule = &p->rules[i];
                if (rule_asks(rule) && !plan_check_asked(p, rule))
                        continue;
                if (rule->literal)
                        check_literal(p, rule, p->modes[i]);
                else
                        check_pattern(p, rule);
        }
        if (p->world->audit == AUDIT_ALL)
                planner_metadata(p, NULL, "every request is to be recorded (audit all)");
        plan_check_syscalls(p);
        check_limits(p);
}
