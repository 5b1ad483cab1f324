/* The stack of what has been mounted around the point at hand. What lies deeper than the next point is taken off it, so the
 * top is always what that point lies in. */
#include <string.h>
#include <sys/stat.h>

#include "policy/plan_walk.h"

struct level *view_top(struct view_walk *w)
{
        return &w->levels[w->depth - 1];
}

void view_leave_to(struct view_walk *w, const char *path)
{
        while (w->depth > 1 && !(path_within(path, view_top(w)->path) && path[view_top(w)->length] == '/'))
                w->depth--;
}

void view_add(struct view_walk *w, const struct plan_mount *mount)
{
        struct planner *p = w->p;
        struct plan *plan = p->plan;

        if (plan->mount_count == p->mount_room) {
                size_t room = p->mount_room ? 2 * p->mount_room : 64;
                struct plan_mount *more = arena_alloc(p->arena, room * sizeof(*more));
                if (!more) {
                        p->no_memory = true;
                        return;
                }
                if (plan->mount_count > 0)
                        memcpy(more, plan->mounts, plan->mount_count * sizeof(*more));
                plan->mounts = more;
                p->mount_room = room;
        }
        plan->mounts[plan->mount_count++] = *mount;
        unsigned around = w->depth > 0 ? view_top(w)->rights : 0;
        if (mount->directory)
                w->levels[w->depth++] = (struct level){
                        .path = mount->path,
                        .length = mount->path[1] ? strlen(mount->path) : 0,
                        .kind = mount->kind,
                        .access = mount->access,
                        .rights = mount->access | around,
                        .writable = mount->writable,
                        .executable = mount->executable,
                        .by_pattern = mount->by_pattern,
                        .overlay = mount->overlay || mount->of_view,
                };
}

bool view_on_host(struct view_walk *w)
{
        return w->depth > 0 && (view_top(w)->kind == VIEW_BIND || view_top(w)->kind == VIEW_PROC);
}

bool view_is_closed(struct view_walk *w)
{
        return view_top(w)->kind == VIEW_MASK || view_top(w)->kind == VIEW_EMPTY;
}

void view_make_way(struct view_walk *w, const char *path, const struct rule *rule)
{
        const char *slash = strchr(path + view_top(w)->length + 1, '/');

        for (; slash; slash = strchr(slash + 1, '/')) {
                const char *dir = arena_copy(w->p->arena, path, (size_t)(slash - path));
                bool pin = view_on_host(w);
                if (!dir) {
                        w->p->no_memory = true;
                        return;
                }
                view_add(w, &(struct plan_mount){
                                     .kind = pin                          ? VIEW_BIND
                                             : view_top(w)->kind == VIEW_TMPFS ? VIEW_HOLLOW
                                                                          : VIEW_DIR,
                                     .path = dir,
                                     .source = pin ? planner_source(w->p, dir) : NULL,
                                     .directory = true,
                                     .on_host = pin,
                                     .writable = pin && view_top(w)->writable,
                                     .executable = pin && view_top(w)->executable,
                                     .by_pattern = pin && view_top(w)->by_pattern,
                                     .access = pin ? view_top(w)->access : 0,
                                     .of_view = pin && view_top(w)->overlay,
                                     .rule = rule,
                             });
        }
}
bool view_granted_below(struct view_walk *w, size_t index)
{
        const char *path = w->points[index].path;

        for (size_t i = index + 1; i < w->count && path_within(w->points[i].path, path); i++) {
                const struct point *point = &w->points[i];
                if (point->kind == POINT_PATTERN && S_ISDIR(point->mode))
                        return true;
                bool proc = point->kind == POINT_PROC && w->p->world->proc != PROC_NONE;
                bool host = point->kind == POINT_RULE || point->kind == POINT_DEVICE;
                bool real = point->kind == POINT_TMP || proc || point->kind == POINT_DEV || (host && point->mode != 0);
                struct verdict verdict = planner_eval(w->p, point->path);
                bool below = strcmp(point->path, path) != 0; /* several points can be about one path */
                bool shown = verdict.access != 0 || rule_asks(verdict.rule);
                if (below && shown && (real || rule_makes(verdict.rule, point->path)))
                        return true;
        }
        return false;
}
