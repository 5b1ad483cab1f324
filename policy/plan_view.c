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
 *   denied, nothing around         nothing: it is not there
 *   denied, in a bound tree        a mask; a hollow, where something granted lies below
 *   masked                         an empty file or directory; a hollow, where something granted lies below
 *   a virtual file                 that file; in a bound tree only over one that is there
 *
 * Rules are about paths, so nothing that a rule speaks of may come to have another path, nor something else come to
 * lie at its own. A mount point cannot be renamed or removed, but a directory above it can. So where the program can
 * write, every directory on the way to a mount is made a mount point as well. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/plan_points.h"

struct level { /* a directory or mount around the point at hand */
        const char *path;
        size_t length; /* 0 for "/" */
        enum plan_mount_kind kind;
        unsigned access;
        unsigned rights; /* Landlock's: its own and those of everything around, which Landlock adds up */
        bool writable, executable;
        bool by_pattern; /* see struct plan_mount */
};

struct walk {
        struct planner *p;
        const struct point *points;
        size_t count;
        struct level *levels;
        size_t depth;
};

/* ---- the stack ------------------------------------------------------------------------------------------------- */

static struct level *top(struct walk *w)
{
        return &w->levels[w->depth - 1];
}

/* Leaves on the stack what `path` lies in. */
static void leave_to(struct walk *w, const char *path)
{
        while (w->depth > 1 && !(path_within(path, top(w)->path) && path[top(w)->length] == '/'))
                w->depth--;
}

static void add_mount(struct walk *w, const struct plan_mount *mount)
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
        unsigned around = w->depth > 0 ? top(w)->rights : 0;
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
                };
}

/* What the mounts and directories around offer a mount point: a tree of the host has it already. */
static bool on_host(struct walk *w)
{
        return w->depth > 0 && (top(w)->kind == VIEW_BIND || top(w)->kind == VIEW_PROC);
}

/* Nothing can be mounted in there, and nothing is to be. */
static bool is_closed(struct walk *w)
{
        return top(w)->kind == VIEW_MASK || top(w)->kind == VIEW_EMPTY;
}

/* The directories between the top of the stack and `path`. In our own read-only places they are plain. Where the program
 * can rename, each is a mount point: in a tree of the host bound onto itself, in a private tmpfs a hollow. */
static void make_way(struct walk *w, const char *path, const struct rule *rule)
{
        const char *slash = strchr(path + top(w)->length + 1, '/');

        for (; slash; slash = strchr(slash + 1, '/')) {
                const char *dir = arena_copy(w->p->arena, path, (size_t)(slash - path));
                bool pin = on_host(w);
                if (!dir) {
                        w->p->no_memory = true;
                        return;
                }
                add_mount(w, &(struct plan_mount){
                                     .kind = pin                          ? VIEW_BIND
                                             : top(w)->kind == VIEW_TMPFS ? VIEW_HOLLOW
                                                                          : VIEW_DIR,
                                     .path = dir,
                                     .source = pin ? dir : NULL,
                                     .directory = true,
                                     .on_host = pin,
                                     .writable = pin && top(w)->writable,
                                     .executable = pin && top(w)->executable,
                                     .by_pattern = pin && top(w)->by_pattern,
                                     .access = pin ? top(w)->access : 0,
                                     .rule = rule,
                             });
        }
}

/* ---- what is none of the host's --------------------------------------------------------------------------------- */

static bool granted_below(struct walk *w, size_t index);

static void walk_own(struct walk *w, const struct point *point, size_t index, const struct verdict *verdict)
{
        struct plan_mount mount = {
                .path = point->path,
                .on_host = on_host(w),
                .optional = top(w)->kind == VIEW_PROC,
                .access = verdict->access,
                .rule = verdict->rule,
        };

        if (!on_host(w) && strcmp(verdict->rule->pattern, point->path) != 0)
                return; /* in what is masked, nothing is there anyway */
        if (!plan_own(w->p, point, top(w)->path, granted_below(w, index), &mount))
                return;
        if (!on_host(w) || top(w)->writable)
                make_way(w, point->path, verdict->rule);
        add_mount(w, &mount);
}

/* ---- points of the world --------------------------------------------------------------------------------------- */

static bool is_optional(const struct rule *rule)
{
        return rule && !rule_is_own(rule);
}

static void walk_rule(struct walk *w, const struct point *point, size_t index);
static void walk_denied(struct walk *w, const struct point *point, size_t index, const struct rule *rule);

/* /proc, /dev and /tmp, unless a rule takes them away. */
static void walk_special(struct walk *w, const struct point *point, size_t index)
{
        struct planner *p = w->p;
        struct verdict verdict = planner_eval(p, point->path);
        bool inside = on_host(w);
        struct plan_mount mount = {
                .path = point->path,
                .directory = true,
                .on_host = inside,
                .access = verdict.access,
                .rule = verdict.rule,
        };

        if (rule_masks(verdict.rule)) {
                walk_own(w, point, index, &verdict);
                return;
        }
        if (point->kind == POINT_PROC && p->world->proc == PROC_NONE) {
                if (inside) /* never the host's */
                        walk_denied(w, point, index, verdict.rule);
                return;
        }
        if (verdict.access == 0) {
                walk_rule(w, point, index);
                return;
        }
        if (!inside)
                make_way(w, point->path, verdict.rule);
        if (point->kind == POINT_PROC) {
                mount.kind = VIEW_PROC;
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
        add_mount(w, &mount);
}

static void walk_device(struct walk *w, const struct point *point, size_t index)
{
        struct verdict verdict = planner_eval(w->p, point->path);

        if (rule_masks(verdict.rule) && point->mode != 0) {
                walk_own(w, point, index, &verdict);
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
        if (verdict.access == 0 || on_host(w) || is_closed(w))
                return;
        make_way(w, point->path, verdict.rule);
        add_mount(w, &(struct plan_mount){
                             .kind = VIEW_DEVICE,
                             .path = point->path,
                             .source = point->path,
                             .writable = (verdict.access & ACCESS_WRITE) != 0,
                             .optional = w->p->world->dev_at.line == 0,
                             .access = verdict.access & ~(unsigned)ACCESS_EXEC,
                             .rule = verdict.rule,
                     });
}

/* A tree of the host has its own symlinks, or none. */
static void walk_link(struct walk *w, const struct point *point)
{
        bool ours = path_within(point->path, "/dev") || path_within(point->path, "/proc");

        if (on_host(w) || is_closed(w) || (point->kind == POINT_ALIAS && ours))
                return;
        const struct rule *rule = planner_eval(w->p, point->path).rule;
        if (rule && rule->class != CLASS_GRANT)
                return;
        make_way(w, point->path, NULL);
        add_mount(w, &(struct plan_mount){.kind = VIEW_SYMLINK, .path = point->path, .source = point->target});
}

/* ---- points of rules ------------------------------------------------------------------------------------------- */

static bool granted_below(struct walk *w, size_t index)
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
                if (below && verdict.access != 0 && (real || rule_makes(verdict.rule, point->path)))
                        return true;
        }
        return false;
}

/* A path that does not exist: what is granted on it is void, what is taken away may come to be. */
static void walk_missing(struct walk *w, const struct point *point, const struct verdict *verdict)
{
        const struct level *around = top(w);
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
        if (gained && rule_is_own(rule) && strcmp(point->path, PLAN_PROGRAM_UNKNOWN) != 0) {
                if (gained & (ACCESS_WRITE | ACCESS_CREATE | ACCESS_EXEC))
                        planner_absent(w->p, rule, point->path);
                else
                        planner_note(w->p, rule->origin, "%s does not exist: nothing is shown for `%s`", point->path,
                                     rule->text);
        }
}

static void walk_denied(struct walk *w, const struct point *point, size_t index, const struct rule *rule)
{
        bool directory = S_ISDIR(point->mode);

        if (!on_host(w))
                return;
        if (top(w)->writable)
                make_way(w, point->path, rule);
        if (rule && rule->class == CLASS_HIDE)
                planner_metadata(w->p, rule, "`%s` means ENOENT, and what is mounted over it would say EACCES", rule->text);
        add_mount(w, &(struct plan_mount){
                             .kind = directory && granted_below(w, index) ? VIEW_HOLLOW : VIEW_MASK,
                             .path = point->path,
                             .directory = directory,
                             .on_host = true,
                             .optional = top(w)->kind == VIEW_PROC,
                             .rule = rule,
                     });
}

/* What the kernel would allow on a bind beyond the verdict. The flags of a mount take away writing and executing;
 * everything else adds up from all that lies around, see struct level. */
static void check_surplus(struct walk *w, const struct verdict *verdict)
{
        bool writable = (verdict->access & (ACCESS_WRITE | ACCESS_CREATE)) != 0;
        unsigned surplus = top(w)->rights & ~verdict->access & ~(unsigned)ACCESS_EXEC;

        if (!writable)
                surplus &= ~(unsigned)(ACCESS_WRITE | ACCESS_CREATE);
        if (surplus & ACCESS_WRITE)
                planner_names(w->p, verdict->rule, "`%s` gives less than the writable tree around it", verdict->rule->text);
        else if (surplus)
                planner_inexact(w->p, verdict->rule, "`%s` gives less than the tree around it", verdict->rule->text);
}

static void walk_granted(struct walk *w, const struct point *point, const struct verdict *verdict)
{
        const struct level around = *top(w);
        bool inside = around.kind == VIEW_BIND;
        const struct rule *writer = inside && around.writable ? planner_writer_below(w->p, point) : NULL;
        bool patterns = inside && around.writable && (around.by_pattern || writer); /* may reach in here, and are deeper */
        bool writable = patterns || (verdict->access & (ACCESS_WRITE | ACCESS_CREATE));
        bool executable = (verdict->access & ACCESS_EXEC) != 0;
        unsigned gained = verdict->access & ~around.access;
        if (patterns && executable)
                planner_refuse(w->p, verdict->rule, "keep the two apart",
                               "`%s` lies in %s, where a pattern is written to: what is written there could be run as well",
                               verdict->rule->text, around.path);
        if (writer)
                planner_names(w->p, writer, "`%s` lets a pattern be written to", writer->text);
        check_surplus(w, verdict);
        if (inside && writable == around.writable && executable == around.executable && !gained)
                return;
        if (!inside || around.writable)
                make_way(w, point->path, verdict->rule);
        add_mount(w, &(struct plan_mount){
                             .kind = VIEW_BIND,
                             .path = point->path,
                             .source = point->path,
                             .directory = S_ISDIR(point->mode),
                             .on_host = on_host(w),
                             .writable = writable,
                             .executable = executable,
                             .by_pattern = patterns,
                             .optional = is_optional(verdict->rule),
                             .access = verdict->access,
                             .rule = verdict->rule,
                     });
}

/* Rules on what is not the host's: devices come by `dev`, and proc is a new one. plan_check() has a word on the
 * rest. */
static bool in_own_place(const struct walk *w, const char *path)
{
        const struct world *world = w->p->world;
        return path_within(path, "/dev") || (path_within(path, "/proc") && world->proc == PROC_NONE);
}

static void walk_rule(struct walk *w, const struct point *point, size_t index)
{
        struct verdict verdict = planner_eval(w->p, point->path);
        const struct rule *rule = verdict.rule ? verdict.rule : point->rule;

        if (is_closed(w))
                return;
        if (in_own_place(w, point->path) && !on_host(w))
                return;
        if (rule_makes(rule, point->path) || (point->mode != 0 && rule_masks(rule)))
                walk_own(w, point, index, &verdict);
        else if (point->mode == 0 && top(w)->kind != VIEW_PROC)
                walk_missing(w, point, &verdict);
        else if (point->mode != 0 && verdict.access == 0)
                walk_denied(w, point, index, rule);
        else if (top(w)->kind != VIEW_PROC)
                walk_granted(w, point, &verdict);
}

static void walk_pattern(struct walk *w, size_t index)
{
        const struct point *point = &w->points[index];
        const struct level around = *top(w);
        bool bare = around.kind == VIEW_BIND && !around.access; /* as bare as can be, and all in it is asked for */
        struct plan_mount mount;

        if (around.kind == VIEW_MASK || in_own_place(w, point->path) || !plan_pattern(w->p, w->points, w->count, index, &mount))
                return;
        if (bare && around.writable >= mount.writable)
                return;
        if (around.kind != VIEW_BIND || around.writable)
                make_way(w, point->path, mount.rule);
        mount.on_host = on_host(w);
        mount.optional = is_optional(mount.rule);
        add_mount(w, &mount);
}

/* ---- all of it ------------------------------------------------------------------------------------------------- */

static void walk_point(struct walk *w, size_t index)
{
        const struct point *point = &w->points[index];

        leave_to(w, point->path);
        switch (point->kind) {
        case POINT_PROC:
        case POINT_DEV:
        case POINT_TMP:
                walk_special(w, point, index);
                break;
        case POINT_DEVICE:
                walk_device(w, point, index);
                break;
        case POINT_LINK:
        case POINT_ALIAS:
                walk_link(w, point);
                break;
        case POINT_PATTERN:
                walk_pattern(w, index);
                break;
        case POINT_RULE:
                walk_rule(w, point, index);
                break;
        }
}

/* The root: a tree of the host where a rule grants "/" itself, else a directory of our own. Returns how many points
 * that took. */
static size_t walk_root(struct walk *w)
{
        struct verdict verdict = planner_eval(w->p, "/");
        bool named = w->count > 0 && strcmp(w->points[0].path, "/") == 0;
        bool bound = named && verdict.access != 0 && !rule_masks(verdict.rule);
        size_t used = 0;

        add_mount(w, &(struct plan_mount){
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
        struct walk w = {.p = p};

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
