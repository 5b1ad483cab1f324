/* What the `syscalls` lines of a policy ask for and cannot have, and what people should know of those that they can. */
#include "policy/plan_build.h"

static void check_restricting(struct planner *p, const struct syscall_rule *rule, enum syscall_fate fate, const char *reason)
{
        if (rule->test_count == 0 && (fate == SYSCALL_NEEDED || fate == SYSCALL_PARTLY))
                planner_refuse_word(p, rule->origin, rule->name,
                                  fate == SYSCALL_PARTLY ? "take away some of it by tests" : "leave it out",
                                  "%s cannot be denied: no program could be started without it (%s)", rule->name, reason);
        else if (rule->test_count > 0 && fate == SYSCALL_NEEDED)
                planner_refuse_word(p, rule->origin, rule->name, "leave it out",
                                  "%s cannot be denied, not even in part: no program could be started without it (%s)",
                                  rule->name, reason);
}

static void check_granting(struct planner *p, const struct syscall_rule *rule, enum syscall_fate fate, const char *reason)
{
        if (fate == SYSCALL_REFUSED)
                planner_refuse_word(p, rule->origin, rule->name, "leave it out", "%s is refused in every sandbox: %s", rule->name,
                                    reason);
        else if (rule->action == CALL_ALLOW && rule->test_count > 0 && fate == SYSCALL_NEEDED)
                planner_refuse_word(p, rule->origin, rule->name, "leave the tests out",
                                  "%s is allowed in every sandbox, whatever the arguments: no program could be started "
                                  "without it (%s)",
                                  rule->name, reason);
}

void plan_check_syscalls(struct planner *p)
{
        for (size_t i = 0; i < p->world->syscall_count; i++) {
                const struct syscall_rule *rule = &p->world->syscalls[i];
                const char *reason = NULL;
                enum syscall_fate fate = syscall_fate(rule->name, &reason);
                if (rule->action >= CALL_DENY)
                        check_restricting(p, rule, fate, reason ? reason : "");
                else
                        check_granting(p, rule, fate, reason ? reason : "");
        }
}

/* People who list calls one by one forget those that nobody thinks of. (The standard filters have no rules, and mmap.) */
static void note_mmap(struct planner *p)
{
        const struct filter *f = &p->plan->filter;
        int mmap = syscall_number("mmap");

        for (size_t i = 0; i < f->rule_count; i++) {
                const struct filter_verdict *v = &f->rules[i].verdict;
                if (f->rules[i].number != mmap || f->rules[i].test_count > 0 || v->action == FILTER_ALLOW ||
                    v->action == FILTER_LOG || v->why == WHY_REST)
                        continue;
                struct origin at = v->by ? v->by->origin : p->world->syscalls[0].origin;
                planner_note(p, at, "without mmap no dynamic program starts: add @basic to what `syscalls` allows");
        }
}

static bool brokered(const struct filter_wish *wish, const char *name)
{
        struct group_set set = {{false}};
        int number = syscall_number(name);

        if (name[0] == '@')
                syscall_group_open(name, &set);
        for (size_t i = 0; i < wish->notify_count; i++) {
                const char *call = syscall_name(wish->notify[i]);
                if (wish->notify[i] == number || (call && set.has[syscall_plain_group(call)]))
                        return true;
        }
        return false;
}

void plan_note_syscalls(struct planner *p)
{
        note_mmap(p);
        for (size_t i = 0; i < p->world->syscall_count; i++) {
                const struct syscall_rule *rule = &p->world->syscalls[i];
                if (rule->action == CALL_LOG && brokered(&p->plan->wish, rule->name))
                        planner_note(p, rule->origin,
                                     "what is brokered is not in the kernel's log; see `audit`");
        }
}
