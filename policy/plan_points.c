/* Where something may have to be mounted: every path that a rule names literally, the symlinks on the way to them,
 * and what the world lines bring. Sorted so that what lies in a directory follows right after it. */
#include "policy/plan_points.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add_point(struct points *out, struct planner *p, const struct point *point)
{
        if (out->count < out->room)
                out->items[out->count++] = *point;
        else
                p->no_memory = true; /* cannot be: points_make() counted them */
}

static void add_link(struct points *out, struct planner *p, const char *path, const char *target)
{
        add_point(out, p, &(struct point){.path = path, .kind = POINT_LINK, .target = target});
}

bool device_is_own(const char *path)
{
        return strcmp(path, DEVICE_PTS) == 0 || strcmp(path, DEVICE_SHM) == 0 || strcmp(path, DEVICE_QUEUES) == 0;
}

static void add_device_points(struct points *out, struct planner *p)
{
        const struct world *world = p->world;
        bool shm = false;

        if (!world->devices[0] && world->proc == PROC_NONE)
                return;
        add_point(out, p, &(struct point){.path = "/dev", .kind = POINT_DEV, .mode = S_IFDIR});
        for (size_t i = 0; world->devices[i]; i++) {
                const char *path = arena_printf(p->arena, "/dev/%s", world->devices[i]);
                if (path)
                        add_point(out, p, &(struct point){.path = path,
                                                          .kind = POINT_DEVICE,
                                                          .mode = device_is_own(path) ? S_IFDIR : planner_mode(p, path)});
                p->no_memory = p->no_memory || !path;
                if (path && strcmp(path, DEVICE_PTS) == 0)
                        add_link(out, p, "/dev/ptmx", "pts/ptmx");
                shm = shm || (path && strcmp(path, DEVICE_SHM) == 0);
        }
        if (world->proc != PROC_NONE) {
                add_link(out, p, "/dev/fd", "/proc/self/fd");
                add_link(out, p, "/dev/stdin", "/proc/self/fd/0");
                add_link(out, p, "/dev/stdout", "/proc/self/fd/1");
                add_link(out, p, "/dev/stderr", "/proc/self/fd/2");
        }
        if (world->tmp && !shm)
                add_link(out, p, DEVICE_SHM, "/tmp");
}

/* True where the view has something at or below a path: what is granted, or a link that a rule goes through. */
static bool needed(const struct planner *p, const char *path)
{
        size_t count;
        const struct alias *aliases = policy_aliases(p->policy, &count);
        struct verdict verdict = planner_eval(p, path);
        bool found = verdict.rule || verdict.ancestor;
        for (size_t i = 0; i < count && !found; i++)
                found = path_within(aliases[i].path, path);
        const struct alias *links = policy_links(p->policy, &count);
        for (size_t i = 0; i < count && !found; i++)
                found = path_within(links[i].path, path);
        return found;
}

static void add_world_points(struct points *out, struct planner *p)
{
        const struct world *world = p->world;

        add_device_points(out, p);
        add_point(out, p, &(struct point){.path = "/proc", .kind = POINT_PROC, .mode = S_IFDIR});
        if (world->tmp)
                add_point(out, p, &(struct point){.path = "/tmp", .kind = POINT_TMP, .mode = S_IFDIR});
        if (world->tmp && !needed(p, "/var/tmp"))
                add_link(out, p, "/var/tmp", "/tmp");
}

/* As strcmp, but '/' sorts before everything else, so that a directory's tree follows it without a gap. */
static int path_compare(const char *a, const char *b)
{
        while (*a && *a == *b) {
                a++;
                b++;
        }
        int left = *a == '/' ? 1 : *a ? 1 + (unsigned char)*a : 0;
        int right = *b == '/' ? 1 : *b ? 1 + (unsigned char)*b : 0;
        return left - right;
}

static int point_compare(const void *a, const void *b)
{
        const struct point *left = a, *right = b;
        int order = path_compare(left->path, right->path);
        return order ? order : (int)left->kind - (int)right->kind;
}

bool points_make(struct points *out, struct planner *p)
{
        size_t alias_count, link_count, device_count = 0;
        const struct alias *aliases = policy_aliases(p->policy, &alias_count), *links = policy_links(p->policy, &link_count);

        while (p->world->devices[device_count])
                device_count++;
        out->room = p->rule_count + alias_count + link_count + device_count + 16;
        out->items = calloc(out->room, sizeof(*out->items));
        if (!out->items)
                return false;
        for (size_t i = 0; i < p->rule_count; i++) {
                const struct rule *rule = &p->rules[i];
                if (rule->literal)
                        add_point(
                                out, p,
                                &(struct point){
                                        .path = rule->pattern, .kind = POINT_RULE, .rule = rule, .mode = p->modes[i]});
                else if (planner_needs_tree(p, rule))
                        add_point(out, p,
                                  &(struct point){.path = rule->prefix,
                                                  .kind = POINT_PATTERN,
                                                  .rule = rule,
                                                  .mode = planner_mode(p, rule->prefix)});
        }
        for (size_t i = 0; i < link_count; i++)
                add_point(out, p, &(struct point){.path = links[i].path, .kind = POINT_LINK, .target = links[i].target,
                                                  .own = &links[i]});
        for (size_t i = 0; i < alias_count; i++)
                add_point(out, p,
                          &(struct point){.path = aliases[i].path, .kind = POINT_ALIAS, .target = aliases[i].target});
        add_world_points(out, p);
        qsort(out->items, out->count, sizeof(*out->items), point_compare);
        return true;
}

size_t points_depth(const struct points *points)
{
        size_t most = 0;
        for (size_t i = 0; i < points->count; i++) {
                size_t depth = 0;
                for (const char *c = points->items[i].path; *c; c++)
                        depth += *c == '/';
                most = depth > most ? depth : most;
        }
        return most;
}
