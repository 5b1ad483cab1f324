/* From rules to mounts.
 *
 * The view starts empty. Every path that the policy names literally is a point; so are /proc, /dev, /tmp and the
 * symlinks. The points are sorted so that a directory comes right before what lies in it, and gone through once,
 * with a stack of what has been mounted around the point at hand. At each point the evaluator says what is granted
 * there; a mount is made only where that differs from what the tree around gives already:
 *
 *   a pattern grants below         a bind, see plan_pattern.c
 *   granted, nothing around        a bind; directories of our own lead to it
 *   granted, differs from around   a bind on top, with other flags or other Landlock rights
 *   granted, same as around        nothing
 *   overlay                        that, or in another one a part of it; what else is granted in there is the host's again
 *   denied, nothing around         nothing: it is not there
 *   denied, in a bound tree        a mask; a hollow, where something granted lies below
 *   for a person to decide         a bind without any right; nothing in a bound tree that fits, see plan_asked.c
 *   masked                         an empty file or directory; a hollow, where something granted lies below
 *   a virtual file                 that file; in a bound tree only over one that is there
 *
 * Rules are about paths, so nothing that a rule speaks of may come to have another path, nor something else come to
 * lie at its own. A mount point cannot be renamed or removed, but a directory above it can. So where the program can
 * write, every directory on the way to a mount is made a mount point as well. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/plan_walk.h"

static bool is_optional(const struct rule *rule)
{
        return rule && !rule_is_own(rule);
}

/* ---- points of rules ------------------------------------------------------------------------------------------- */

/* What would be written where it does not belong, once it is there: to the host instead of to a copy, or the other way round. */
static unsigned misplaced(const struct level *around, const struct rule *rule, unsigned access)
{
        bool elsewhere = around->kind == VIEW_BIND && rule->overlay != around->overlay;
        return elsewhere ? access & (ACCESS_WRITE | ACCESS_CREATE) : 0;
}

/* A path that does not exist: what is granted on it is void, what is taken away may come to be. */
static void walk_missing(struct view_walk *w, const struct point *point, const struct verdict *verdict)
{
        const struct level *around = view_top(w);
        const struct rule *rule = verdict->rule ? verdict->rule : point->rule;
        bool inside = around->kind == VIEW_BIND;
        unsigned kept = rule_masks(rule) ? 0 : verdict->access; /* of what comes to be, a mask lets nothing be read */
        unsigned lost = inside ? around->access & ~kept : 0;
        unsigned gained = inside || around->kind == VIEW_TMPFS ? verdict->access & ~around->access : verdict->access;

        if (lost && rule->class == CLASS_HIDE)
                planner_metadata(w->p, rule, "`%s` means ENOENT, also once it is there", rule->text);
        if ((lost & ACCESS_EXEC) && (verdict->access & ACCESS_CREATE)) {
                planner_refuse(w->p, rule, "make it first, an empty one will do",
                               "`%s` lies in %s, where programs can be run, and does not exist: the program could make it, "
                               "and run what is there",
                               rule->text, around->path);
                return;
        }
        if (lost && around->writable)
                planner_names(w->p, rule, "`%s` is about what does not exist yet in the writable tree %s", rule->text,
                              around->path);
        else if (lost)
                planner_inexact(w->p, rule, "`%s` is about what does not exist yet", rule->text);
        if (rule_asks(rule))
                view_missing_asked(w, rule);
        unsigned astray = misplaced(around, rule, verdict->access);
        gained |= astray;
        if (gained && (rule_is_own(rule) || (astray && rule->overlay)) && strcmp(point->path, PLAN_PROGRAM_UNKNOWN) != 0) {
                const char *source = planner_source(w->p, point->path);
                if (gained & (ACCESS_WRITE | ACCESS_CREATE | ACCESS_EXEC))
                        planner_absent(w->p, rule, source);
                else
                        planner_note(w->p, rule->origin, "%s does not exist: nothing is shown for `%s`", source, rule->text);
        }
}

/* What is mounted over a name goes with the file that had it: to where somebody outside moves it, and away when he replaces it,
 * as editors do when they save. What has the name then is a file of the writable tree like any other, but for those who ask by
 * name. */
void view_guard_name(struct view_walk *w, const struct rule *rule)
{
        const struct level *around = view_top(w);

        if (w->p->plan->lacks & LACK_USERNS) /* nothing is mounted there, and all names are kept so */
                return;
        if (rule && around->kind == VIEW_BIND && around->writable && !around->overlay)
                planner_names(w->p, rule, "`%s` is kept by its name in the writable tree %s", rule->text, around->path);
}

void view_walk_denied(struct view_walk *w, const struct point *point, size_t index, const struct rule *rule)
{
        bool directory = S_ISDIR(point->mode);

        if (!view_on_host(w))
                return;
        if (view_top(w)->writable)
                view_make_way(w, point->path, rule);
        view_guard_name(w, rule);
        if (rule && rule->class == CLASS_HIDE)
                planner_metadata(w->p, rule, "`%s` means ENOENT, and what is mounted over it would say EACCES", rule->text);
        view_add(w, &(struct plan_mount){
                             .kind = directory && view_granted_below(w, index) ? VIEW_HOLLOW : VIEW_MASK,
                             .path = point->path,
                             .directory = directory,
                             .on_host = true,
                             .optional = view_top(w)->kind == VIEW_PROC,
                             .rule = rule,
                     });
}

/* What the kernel would allow on a bind beyond the verdict. The flags of a mount take away writing and executing;
 * everything else adds up from all that lies around, see struct level. */
static void check_surplus(struct view_walk *w, const struct verdict *verdict)
{
        bool writable = (verdict->access & (ACCESS_WRITE | ACCESS_CREATE)) != 0;
        unsigned surplus = view_top(w)->rights & ~verdict->access & ~(unsigned)ACCESS_EXEC;

        if (!writable)
                surplus &= ~(unsigned)(ACCESS_WRITE | ACCESS_CREATE);
        if (surplus & ACCESS_WRITE)
                planner_names(w->p, verdict->rule, "`%s` gives less than the writable tree around it", verdict->rule->text);
        else if (surplus)
                planner_inexact(w->p, verdict->rule, "`%s` gives less than the tree around it", verdict->rule->text);
}

static void walk_granted(struct view_walk *w, const struct point *point, const struct verdict *verdict)
{
        const struct level around = *view_top(w);
        bool inside = around.kind == VIEW_BIND;
        const struct rule *writer = inside && around.writable ? planner_writer_below(w->p, point) : NULL;
        bool patterns = inside && around.writable && (around.by_pattern || writer); /* may reach in here, and are deeper */
        bool writable = patterns || (verdict->access & (ACCESS_WRITE | ACCESS_CREATE));
        bool executable = (verdict->access & ACCESS_EXEC) != 0;
        bool overlay = verdict->rule && verdict->rule->overlay;
        unsigned gained = verdict->access & ~around.access;
        if (patterns && executable)
                planner_refuse(w->p, verdict->rule, "keep the two apart",
                               "`%s` lies in %s, where a pattern is written to: what is written there could be run as well",
                               verdict->rule->text, around.path);
        if (writer)
                planner_names(w->p, writer, "`%s` lets a pattern be written to", writer->text);
        check_surplus(w, verdict);
        if (around.access & ~verdict->access & (ACCESS_WRITE | ACCESS_READ))
                view_guard_name(w, verdict->rule);
        bool elsewhere = policy_remap(w->p->policy, point->path) != NULL;
        if (elsewhere && !view_remap_fits(w, point, verdict->rule))
                return;
        if (!elsewhere && inside && writable == around.writable && executable == around.executable &&
            overlay == around.overlay && !gained)
                return;
        if (!inside || around.writable)
                view_make_way(w, point->path, verdict->rule);
        view_add(w, &(struct plan_mount){
                             .kind = VIEW_BIND,
                             .path = point->path,
                             .source = planner_source(w->p, point->path),
                             .directory = S_ISDIR(point->mode),
                             .on_host = view_on_host(w),
                             .writable = writable,
                             .executable = executable,
                             .by_pattern = patterns,
                             .optional = is_optional(verdict->rule),
                             .access = verdict->access,
                             .rule = verdict->rule,
                             .overlay = overlay && (elsewhere || !around.overlay),
                             .of_view = overlay && !elsewhere && around.overlay,
                     });
}

/* Rules on what is not the host's: devices come by `dev`, and proc is a new one. plan_check() has a word on the
 * rest. */
static bool in_own_place(const struct view_walk *w, const char *path)
{
        const struct world *world = w->p->world;
        return path_within(path, "/dev") || (path_within(path, "/proc") && world->proc == PROC_NONE);
}

/* Something else of the host's is to be shown here. Where that is not there, or a rule takes it away, what the host has at this
 * place by itself does not come to light instead. */
static void walk_remapped(struct view_walk *w, const struct point *point, size_t index, const struct verdict *verdict)
{
        struct point own = *point;

        if (point->mode != 0 && verdict->access != 0 && !rule_masks(verdict->rule)) {
                walk_granted(w, point, verdict);
                return;
        }
        if (point->mode != 0 && rule_asks(verdict->rule)) {
                if (view_remap_fits(w, point, verdict->rule))
                        view_walk_asked(w, point, verdict->rule);
                return;
        }
        own.mode = view_mode_around(w, point->path);
        if (point->mode == 0)
                walk_missing(w, point, verdict);
        if (view_top(w)->kind == VIEW_BIND && own.mode != 0)
                view_walk_denied(w, &own, index, verdict->rule);
}

void view_walk_rule(struct view_walk *w, const struct point *point, size_t index)
{
        struct verdict verdict = planner_eval(w->p, point->path);
        const struct rule *rule = verdict.rule ? verdict.rule : point->rule;

        if (view_is_closed(w))
                return;
        if (in_own_place(w, point->path) && !view_on_host(w))
                return;
        if (policy_remap(w->p->policy, point->path) && view_top(w)->kind != VIEW_PROC)
                walk_remapped(w, point, index, &verdict);
        else if (rule_makes(rule, point->path) || (point->mode != 0 && rule_masks(rule)))
                view_walk_own(w, point, index, &verdict);
        else if (point->mode == 0 && view_top(w)->kind != VIEW_PROC)
                walk_missing(w, point, &verdict);
        else if (point->mode != 0 && rule_asks(verdict.rule) && view_top(w)->kind != VIEW_PROC)
                view_walk_asked(w, point, verdict.rule);
        else if (point->mode != 0 && verdict.access == 0)
                view_walk_denied(w, point, index, rule);
        else if (view_top(w)->kind != VIEW_PROC)
                walk_granted(w, point, &verdict);
}

static void walk_pattern(struct view_walk *w, size_t index)
{
        const struct point *point = &w->points[index];
        const struct level around = *view_top(w);
        bool bare = around.kind == VIEW_BIND && !around.access; /* as bare as can be, and all in it is asked for */
        struct plan_mount mount;

        if (around.kind == VIEW_MASK || in_own_place(w, point->path) || !plan_pattern(w->p, w->points, w->count, index, &mount))
                return;
        if (bare && around.writable >= mount.writable)
                return;
        if (around.kind != VIEW_BIND || around.writable)
                view_make_way(w, point->path, mount.rule);
        mount.on_host = view_on_host(w);
        mount.optional = is_optional(mount.rule);
        view_add(w, &mount);
}
/* ---- all of it ------------------------------------------------------------------------------------------------- */

static void walk_point(struct view_walk *w, size_t index)
{
        const struct point *point = &w->points[index];

        view_leave_to(w, point->path);
        switch (point->kind) {
        case POINT_PROC:
        case POINT_DEV:
        case POINT_TMP:
                view_walk_special(w, point, index);
                break;
        case POINT_DEVICE:
                view_walk_device(w, point, index);
                break;
        case POINT_LINK:
        case POINT_ALIAS:
                view_walk_link(w, point);
                break;
        case POINT_PATTERN:
                walk_pattern(w, index);
                break;
        case POINT_RULE:
                view_walk_rule(w, point, index);
                break;
        }
}

/* The root: a tree of the host where a rule grants "/" itself, else a directory of our own. Returns how many points
 * that took. */
static size_t walk_root(struct view_walk *w)
{
        struct verdict verdict = planner_eval(w->p, "/");
        bool named = w->count > 0 && strcmp(w->points[0].path, "/") == 0;
        bool bound = named && verdict.access != 0 && !rule_masks(verdict.rule);
        size_t used = 0;

        view_add(w, &(struct plan_mount){
                             .kind = bound ? VIEW_BIND : VIEW_DIR,
                             .path = "/",
                             .source = bound ? "/" : NULL,
                             .directory = true,
                             .writable = bound && (verdict.access & (ACCESS_WRITE | ACCESS_CREATE)),
                             .executable = bound && (verdict.access & ACCESS_EXEC),
                             .access = bound ? verdict.access : ACCESS_LIST,
                             .rule = bound ? verdict.rule : NULL,
                     });
        while (used < w->count && strcmp(w->points[used].path, "/") == 0)
                used++;
        return used;
}

void plan_view(struct planner *p)
{
        struct points points = {0};
        struct view_walk w = {.p = p};

        if (points_make(&points, p)) {
                w.points = points.items;
                w.count = points.count;
                w.levels = calloc(points_depth(&points) + 2, sizeof(*w.levels));
        }
        if (w.levels) {
                const char *last = "/";
                for (size_t i = walk_root(&w); i < w.count && !p->no_memory; i++) {
                        if (strcmp(w.points[i].path, last) != 0)
                                walk_point(&w, i);
                        last = w.points[i].path;
                }
        }
        p->no_memory = p->no_memory || !w.levels;
        free(w.levels);
        free(points.items);
}
