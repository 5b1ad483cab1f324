/* What a view has that is none of the host's: empty files and directories where a rule masks, and files whose content stands
 * in the policy. */
#include <string.h>
#include <sys/stat.h>

#include "policy/plan_points.h"

bool rule_masks(const struct rule *rule)
{
        return rule && rule->class == CLASS_MASK;
}

bool rule_makes(const struct rule *rule, const char *path)
{
        return rule && (rule->content || rule->scratch) && strcmp(rule->pattern, path) == 0;
}

/* Whatever is there is as if it were empty. What is granted below it still has its place. */
static void plan_mask(const struct point *point, bool granted_below, struct plan_mount *out)
{
        out->directory = S_ISDIR(point->mode);
        out->kind = out->directory && granted_below ? VIEW_HOLLOW : VIEW_EMPTY;
}

/* Over a file that the host has, or in what is ours. A stub to mount on is never made in a tree of the host's. */
static bool plan_file(struct planner *p, const struct point *point, const char *around, bool granted_below,
                      struct plan_mount *out)
{
        const struct rule *rule = out->rule;

        if (granted_below)
                planner_refuse(p, rule, "name another place: a path is a file or a directory",
                               "`%s`: another rule grants what is below it", rule->text);
        else if (out->on_host && point->mode == 0)
                planner_refuse(p, rule, "make it first, an empty one will do",
                               "`%s` lies in %s, which is the host's, and there is no such file there to mount it over",
                               rule->text, around);
        else if (out->on_host && !S_ISREG(point->mode))
                planner_refuse(p, rule, "name a file, or another place", "`%s`: on the host this is %s", rule->text,
                               S_ISDIR(point->mode) ? "a directory" : "no regular file");
        else {
                out->kind = VIEW_FILE;
                out->content = rule->content;
                out->size = rule->content_length;
                return true;
        }
        return false;
}

/* A new file system in memory, over a directory that the host has, or in what is ours. */
static bool plan_scratch(struct planner *p, const struct point *point, const char *around, struct plan_mount *out)
{
        const struct rule *rule = out->rule;

        if (out->on_host && point->mode == 0)
                planner_refuse(p, rule, "make it first",
                               "`%s` lies in %s, which is the host's, and there is no such directory there to mount it over",
                               rule->text, around);
        else if (out->on_host && !S_ISDIR(point->mode))
                planner_refuse(p, rule, "name a directory, or another place", "`%s`: on the host this is no directory",
                               rule->text);
        else {
                out->kind = VIEW_TMPFS;
                out->directory = true;
                out->writable = true;
                out->executable = (out->access & ACCESS_EXEC) != 0;
                out->size = rule->scratch_size;
                return true;
        }
        return false;
}

bool plan_own(struct planner *p, const struct point *point, const char *around, bool granted_below, struct plan_mount *out)
{
        if (rule_makes(out->rule, point->path) && out->rule->scratch)
                return plan_scratch(p, point, around, out);
        if (rule_makes(out->rule, point->path))
                return plan_file(p, point, around, granted_below, out);
        plan_mask(point, granted_below, out);
        return true;
}
