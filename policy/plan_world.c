/* Points of what is none of the host's: each gets a mount of our own, or none. */
#include <string.h>
#include <sys/stat.h>

#include "policy/closed.h"
#include "policy/plan_walk.h"

void view_walk_own(struct view_walk *w, const struct point *point, size_t index, const struct verdict *verdict)
{
        struct plan_mount mount = {
                .path = point->path,
                .on_host = view_on_host(w),
                .optional = view_top(w)->kind == VIEW_PROC,
                .access = verdict->access,
                .rule = verdict->rule,
        };

        if (!view_on_host(w) && strcmp(verdict->rule->pattern, point->path) != 0)
                return; /* in what is masked, nothing is there anyway */
        if (!plan_own(w->p, point, view_top(w)->path, view_granted_below(w, index), &mount))
                return;
        if (!view_on_host(w) || view_top(w)->writable)
                view_make_way(w, point->path, verdict->rule);
        view_guard_name(w, verdict->rule);
        mount.plain = mount.kind == VIEW_FILE && view_top(w)->kind == VIEW_DIR;
        view_add(w, &mount);
}

/* Where opens are brokered, the broker keeps closed what is; a mount for each would be most of a launch. */
static void close_places(struct view_walk *w)
{
        struct planner *p = w->p;
        const char *path;

        for (size_t i = 0; p->world->proc == PROC_OWN && p->world->audit == AUDIT_NONE && (path = closed_place(i)); i++) {
                mode_t mode = planner_mode(p, path);
                struct verdict verdict = planner_eval(p, path);
                if (mode == 0 || !is_closed(verdict.rule, path))
                        continue;
                view_leave_to(w, path);
                view_add(w, &(struct plan_mount){
                                     .kind = VIEW_MASK,
                                     .path = path,
                                     .directory = S_ISDIR(mode),
                                     .on_host = true,
                                     .optional = true,
                                     .rule = verdict.rule,
                             });
        }
}

void view_walk_special(struct view_walk *w, const struct point *point, size_t index)
{
        struct planner *p = w->p;
        struct verdict verdict = planner_eval(p, point->path);
        bool inside = view_on_host(w);
        struct plan_mount mount = {
                .path = point->path,
                .directory = true,
                .on_host = inside,
                .access = verdict.access,
                .rule = verdict.rule,
        };

        if (rule_masks(verdict.rule)) {
                view_walk_own(w, point, index, &verdict);
                return;
        }
        if (point->kind == POINT_PROC && p->world->proc == PROC_NONE) {
                if (inside) /* never the host's */
                        view_walk_denied(w, point, index, verdict.rule);
                return;
        }
        if (verdict.access == 0) {
                view_walk_rule(w, point, index);
                return;
        }
        if (!inside)
                view_make_way(w, point->path, verdict.rule);
        if (point->kind == POINT_PROC) {
                mount.kind = p->plan->lacks & LACK_PROC ? VIEW_HOLLOW : VIEW_PROC;
                mount.proc_mode = p->world->proc;
                mount.writable = (verdict.access & ACCESS_WRITE) != 0;
        } else if (point->kind == POINT_DEV) {
                mount.kind = inside ? VIEW_HOLLOW : VIEW_DIR;
                mount.access &= ACCESS_LIST;
        } else {
                mount.kind = VIEW_TMPFS;
                mount.size = p->world->tmp_size;
                mount.writable = true; /* mount points are made in it; Landlock has the verdict */
                mount.executable = (verdict.access & ACCESS_EXEC) != 0;
        }
        view_add(w, &mount);
        if (point->kind == POINT_PROC)
                close_places(w);
}

/* Memory for sharing is as large as /tmp, or as that would be. */
#define SHM_SIZE (UINT64_C(256) << 20)

static void walk_own_device(struct view_walk *w, const struct point *point, const struct verdict *verdict)
{
        const struct world *world = w->p->world;
        bool pts = strcmp(point->path, DEVICE_PTS) == 0, queues = strcmp(point->path, DEVICE_QUEUES) == 0;

        if (verdict->access == 0 || view_on_host(w) || view_is_closed(w))
                return;
        view_make_way(w, point->path, verdict->rule);
        view_add(w, &(struct plan_mount){
                             .kind = pts ? VIEW_PTS : queues ? VIEW_QUEUES : VIEW_TMPFS,
                             .path = point->path,
                             .directory = true,
                             .writable = true,
                             .access = verdict->access & ~(unsigned)ACCESS_EXEC,
                             .size = pts || queues ? 0 : world->tmp ? world->tmp_size : SHM_SIZE,
                             .rule = verdict->rule,
                     });
}

void view_walk_device(struct view_walk *w, const struct point *point, size_t index)
{
        struct verdict verdict = planner_eval(w->p, point->path);

        if (rule_masks(verdict.rule) && point->mode != 0) {
                view_walk_own(w, point, index, &verdict);
                return;
        }
        if (device_is_own(point->path)) {
                walk_own_device(w, point, &verdict);
                return;
        }
        if (S_ISDIR(point->mode)) {
                planner_refuse_word(w->p, w->p->world->dev_at, strrchr(point->path, '/') + 1, "leave it out",
                                  "%s is a directory: `dev` brings single devices "
                                  "in this version",
                                  point->path);
                return;
        }
        if (!S_ISCHR(point->mode) && !S_ISBLK(point->mode)) {
                planner_note(w->p, w->p->world->dev_at, "%s: this host has no such device", point->path);
                return;
        }
        if (verdict.access == 0 || view_on_host(w) || view_is_closed(w))
                return;
        view_make_way(w, point->path, verdict.rule);
        view_add(w, &(struct plan_mount){
                             .kind = VIEW_DEVICE,
                             .path = point->path,
                             .source = point->path,
                             .writable = (verdict.access & ACCESS_WRITE) != 0,
                             .optional = w->p->world->dev_at.line == 0,
                             .access = verdict.access & ~(unsigned)ACCESS_EXEC,
                             .rule = verdict.rule,
                     });
}

void view_walk_link(struct view_walk *w, const struct point *point)
{
        bool ours = path_within(point->path, "/dev") || path_within(point->path, "/proc");

        if (point->own && !view_link_fits(w, point))
                return;
        if (view_on_host(w) || view_is_closed(w) || (point->kind == POINT_ALIAS && ours))
                return;
        const struct rule *rule = planner_eval(w->p, point->path).rule;
        if (rule && rule->class != CLASS_GRANT)
                return;
        view_make_way(w, point->path, NULL);
        view_add(w, &(struct plan_mount){.kind = VIEW_SYMLINK, .path = point->path, .source = point->target});
}
