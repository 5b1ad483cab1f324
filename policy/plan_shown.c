/* What the host has at one place and the view shows at another. In what is the view's own a place is made for it; in a tree of
 * the host's it must be there, since nothing is ever made in such a tree just to be mounted over. */
#include <string.h>
#include <sys/stat.h>

#include "policy/plan_walk.h"

static void ignore_link(void *ctx, const char *path, const char *target)
{
        (void)ctx;
        (void)path;
        (void)target;
}

mode_t view_mode_around(struct view_walk *w, const char *path)
{
        const struct policy_host *host = w->p->host;
        char out[PATH_MAX], canonical[PATH_MAX];
        const char *source = policy_on_host(w->p->policy, path, true, out);
        mode_t mode = 0;

        if (!source || host->canonical(host->ctx, source, canonical, &mode, ignore_link, NULL) < 0)
                return 0;
        return strcmp(canonical, source) == 0 ? mode : 0;
}

bool view_remap_fits(struct view_walk *w, const struct point *point, const struct rule *rule)
{
        const struct level *around = view_top(w);
        mode_t there;

        if (!view_on_host(w))
                return true;
        there = view_mode_around(w, point->path);
        if (there == 0)
                planner_refuse(w->p, rule, "choose a place of its own, or make an empty one there first",
                               "`%s`: %s is the host's, and has no %s to show it over", rule->text, around->path,
                               point->path);
        else if (S_ISDIR(there) != S_ISDIR(point->mode))
                planner_refuse(w->p, rule, "choose a place of its own", "`%s`: on the host %s is %s, and %s is %s", rule->text,
                               point->path, S_ISDIR(there) ? "a directory" : "no directory",
                               planner_source(w->p, point->path), S_ISDIR(there) ? "none" : "one");
        else
                return true;
        return false;
}

bool view_link_fits(struct view_walk *w, const struct point *point)
{
        const struct level *around = view_top(w);

        if (view_is_closed(w))
                planner_refuse_at(w->p, point->own->origin, "choose another place", "%s is closed: nothing is there",
                                  around->path);
        else if (view_on_host(w))
                planner_refuse_at(w->p, point->own->origin, "choose a place outside of it, or make the link there yourself",
                                  "%s is the host's: no link is made in it", around->path);
        else
                return true;
        return false;
}

/* ---- Landlock ---------------------------------------------------------------------------------------------------- */

static bool overlap(const struct plan_mount *a, const struct plan_mount *b)
{
        return path_within(a->source, b->source) || path_within(b->source, a->source);
}

static bool is_elsewhere(const struct plan_mount *m)
{
        return m->kind == VIEW_BIND && strcmp(m->source, m->path) != 0;
}

/* The flags of each mount keep writing and executing apart, at whatever place; reading and listing are Landlock's alone. */
void planner_other_places(struct planner *p)
{
        const struct plan *plan = p->plan;
        const unsigned reading = ACCESS_READ | ACCESS_LIST;

        for (size_t i = 0; i < plan->mount_count && !p->inexact; i++) {
                const struct plan_mount *less = &plan->mounts[i];
                if (less->kind != VIEW_BIND || (less->access & reading) == reading)
                        continue;
                for (size_t j = 0; j < plan->mount_count; j++) {
                        const struct plan_mount *more = &plan->mounts[j];
                        if (more->kind == VIEW_BIND && (is_elsewhere(less) || is_elsewhere(more)) &&
                            (more->access & ~less->access & reading) && overlap(less, more))
                                planner_inexact(p, more->rule, "%s shows what %s shows, and grants more", more->path, less->path);
                }
        }
}
