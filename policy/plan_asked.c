/* What a person is asked about. It is in the view, so that it can be handed over after a yes, and nothing native reaches it
 * before: the kernel's rights on it are none, it is mounted without execution where programs around can be run, and all opens are
 * the broker's. Where somebody may come to write, changes of names and metadata are the broker's, too, and refused: only opens
 * are asked for. */
#include <string.h>
#include <sys/stat.h>

#include "policy/plan_walk.h"

bool rule_asks(const struct rule *rule)
{
        return rule && rule->class == CLASS_ASK;
}

bool rule_gives(const struct rule *rule)
{
        return rule->class == CLASS_GRANT || rule->class == CLASS_ASK;
}

static bool asks_to_write(const struct rule *rule)
{
        return (rule->access & (ACCESS_WRITE | ACCESS_CREATE)) != 0;
}

void view_walk_asked(struct view_walk *w, const struct point *point, const struct rule *rule)
{
        const struct level around = *view_top(w);
        bool inside = around.kind == VIEW_BIND;
        bool patterns = inside && around.writable && (around.by_pattern || planner_writer_below(w->p, point));
        bool writable = patterns || asks_to_write(rule);

        planner_inexact(w->p, rule, "`%s` is for a person to decide", rule->text);
        if (writable)
                planner_names(w->p, rule, "`%s` lets a person decide about opens, and about nothing else", rule->text);
        view_guard_name(w, rule);
        if (policy_remap(w->p->policy, point->path) == NULL && inside && writable == around.writable && !around.executable &&
            !around.overlay)
                return; /* as it lies there */
        if (!inside || around.writable)
                view_make_way(w, point->path, rule);
        view_add(w, &(struct plan_mount){
                             .kind = VIEW_BIND,
                             .path = point->path,
                             .source = planner_source(w->p, point->path),
                             .directory = S_ISDIR(point->mode),
                             .on_host = view_on_host(w),
                             .writable = writable,
                             .by_pattern = patterns,
                             .optional = !rule_is_own(rule),
                             .rule = rule,
                     });
}

void view_missing_asked(struct view_walk *w, const struct rule *rule)
{
        const struct level *around = view_top(w);
        bool inside = around->kind == VIEW_BIND;
        const char *source = planner_source(w->p, rule->pattern);

        if (!rule_is_own(rule) || (inside && (around->writable || !asks_to_write(rule))))
                return; /* it may come to be */
        if (asks_to_write(rule))
                planner_absent(w->p, rule, source);
        else
                planner_note(w->p, rule->origin, "%s does not exist: nothing can be asked for by `%s`", source, rule->text);
}

bool plan_check_asked(struct planner *p, const struct rule *rule)
{
        static const struct {
                unsigned access;
                const char *what, *hint;
        } never_asked[] = {
                {ACCESS_EXEC, "execution is not brokered", "write: ask read PATH"},
                {ACCESS_UNIX, "only opening is asked for", "write: unix PATH"},
        };
        const char *own = path_within(rule->prefix, "/proc") ? "/proc" : path_within(rule->prefix, "/dev") ? "/dev" : NULL;

        for (size_t i = 0; i < sizeof(never_asked) / sizeof(*never_asked); i++) {
                if (!(rule->access & never_asked[i].access))
                        continue;
                planner_refuse(p, rule, never_asked[i].hint, "`%s`: %s, so nobody can be asked", rule->text, never_asked[i].what);
                return false;
        }
        if (own)
                planner_refuse(p, rule, "leave it out", "`%s`: what is in %s is the sandbox's own, and nobody is asked about it",
                               rule->text, own);
        return !own;
}
