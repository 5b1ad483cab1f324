/* Patterns that grant. A mount knows no patterns: the tree is in the view for what they grant in it, and all of that is asked
 * for. What the kernel gives away there by itself is what the directory's own rule says; where it may not be listed, nothing. */
#include <string.h>
#include <sys/stat.h>

#include "policy/plan_points.h"
#include "policy/tail.h"

static bool may_list(const struct verdict *verdict)
{
        return !verdict->ancestor && (verdict->access & ACCESS_LIST) && !rule_masks(verdict->rule);
}

bool planner_needs_tree(const struct planner *p, const struct rule *rule)
{
        struct verdict around = planner_eval(p, rule->prefix);
        bool writes = (rule->access & ~around.access & (ACCESS_WRITE | ACCESS_CREATE)) != 0;
        return !rule->literal && rule_gives(rule) && rule->prefix[1] && (!may_list(&around) || writes);
}

const struct rule *planner_writer_below(const struct planner *p, const struct point *directory)
{
        for (size_t i = 0; i < p->writer_count && S_ISDIR(directory->mode); i++)
                if (tail_matches_below(p->writers[i], directory->path))
                        return p->writers[i];
        return NULL;
}

/* The first rule among those that begin here which lets something be written, or NULL. */
static const struct rule *writing_rule(const struct point *points, size_t count, size_t index)
{
        for (size_t i = index; i < count && strcmp(points[i].path, points[index].path) == 0; i++)
                if (points[i].kind == POINT_PATTERN && (points[i].rule->access & (ACCESS_WRITE | ACCESS_CREATE)))
                        return points[i].rule;
        return NULL;
}

static void no_directory(struct planner *p, const struct point *point, const struct rule *writes)
{
        if (!rule_is_own(point->rule))
                return;
        if (writes)
                planner_absent(p, writes, point->path);
        else
                planner_note(p, point->rule->origin, "%s is no directory: nothing is shown for `%s`", point->path,
                             point->rule->text);
}

bool plan_pattern(struct planner *p, const struct point *points, size_t count, size_t index, struct plan_mount *out)
{
        const struct point *point = &points[index];
        const struct verdict own = planner_eval(p, point->path);
        const struct rule *writes = writing_rule(points, count, index), *rule = writes ? writes : point->rule;

        if (!S_ISDIR(point->mode)) {
                no_directory(p, point, writes);
                return false;
        }
        if (writes && (own.access & ACCESS_EXEC))
                planner_refuse(p, rule, "keep the two apart",
                               "`%s` is a pattern in %s, where programs can be run: what is written there could be run as "
                               "well",
                               rule->text, point->path);
        if (writes)
                planner_names(p, rule, "`%s` lets a pattern be written to", rule->text);
        if (!may_list(&own))
                planner_metadata(p, rule, "`%s` shows files whose neighbours in %s are not to be seen", rule->text,
                                 point->path);
        *out = (struct plan_mount){
                .kind = VIEW_BIND,
                .path = point->path,
                .source = planner_source(p, point->path),
                .directory = true,
                .writable = writes != NULL,
                .executable = may_list(&own) && (own.access & ACCESS_EXEC),
                .by_pattern = true,
                .access = may_list(&own) ? own.access : 0,
                .rule = rule,
        };
        return true;
}
