/* syscalls: what a program may ask of the kernel, by call and by group. A line is
 *
 *        syscalls [allow|log|deny|kill] NAME… [errno E]
 *        syscalls [allow|log|deny|kill] NAME TEST [and TEST]… [errno E]
 *
 * and becomes one rule for each name. How rules combine is said in syscalls.h; here only those are dropped that have no say:
 * who allows calls decides alone, and what a file that it uses allows or logs beside that gives way. */
#include <errno.h>
#include <string.h>

#include "policy/compile.h"
#include "policy/constants.h"
#include "policy/syscalls.h"

#define ENTRIES_MAX 1000u /* of all files: entries are compared with each other */
#define CONDITIONS_MAX 64u /* lines with tests for one call: each is looked at by the kernel, one after the other */

static const struct {
        const char *name;
        enum call_action action;
} actions[] = {{"allow", CALL_ALLOW}, {"log", CALL_LOG}, {"deny", CALL_DENY}, {"kill", CALL_KILL}};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- names ------------------------------------------------------------------------------------------------------ */

static void offer_group(void *ctx, const char *name, const char *text)
{
        (void)text;
        nearest_offer(ctx, name + (name[0] == '@'));
}

static void offer_calls(void *ctx, size_t index, const char *name, const char *const *calls)
{
        (void)index, (void)name;
        for (; *calls; calls++)
                nearest_offer(ctx, *calls);
}

static int name_unknown(struct compile *c, const struct source *s, struct line *l, size_t index)
{
        const struct word *w = &l->words[index];
        struct place at = place_word(s, l, w);
        bool group = w->text[0] == '@';
        struct nearest n = nearest_begin(c, w->text + group);

        if (group)
                syscall_groups(offer_group, &n);
        for (size_t i = 0; index == 1 && i < COUNT(actions); i++)
                nearest_offer(&n, actions[i].name);
        if (!group && !nearest_done(&n))
                syscall_plain_groups(offer_calls, &n);
        return report(c, &at, nearest_hint(c, &n, group ? "@" : ""),
                      group ? "there is no group '%s'" : "there is no system call '%s'", w->text);
}

static bool name_known(const char *name)
{
        return name[0] == '@' ? syscall_group(name) != NULL : syscall_number(name) >= 0;
}

/* ---- what stands behind them --------------------------------------------------------------------------------------- */

static int read_errno(struct compile *c, const struct source *s, struct line *l, size_t at, struct syscall_rule *rule)
{
        const struct word *w = &l->words[at];
        struct place place = place_word(s, l, w);

        if (rule->action != CALL_DENY)
                return report(c, &place, "write: syscalls deny NAME errno ENOSYS", "only what is denied has an errno");
        if (at + 1 == l->count)
                return report(c, &place, "write: errno ENOSYS", "'errno' needs the name of an error");
        if (at + 2 < l->count) {
                place = place_word(s, l, &l->words[at + 2]);
                return report(c, &place, "names and tests stand before 'errno'", "nothing can follow the error's name");
        }
        const char *name = l->words[at + 1].text;
        rule->error = errno_find(name);
        if (rule->error != 0)
                return 0;
        struct nearest n = nearest_begin(c, name);
        for (size_t i = 0; errno_name(i); i++)
                nearest_offer(&n, errno_name(i));
        place = place_word(s, l, &l->words[at + 1]);
        return report(c, &place, nearest_hint(c, &n, ""), "there is no error '%s'", name);
}

/* The words from `at` on: tests, for which there must be one name alone, before `first` nothing but the action; and errno. */
static int read_rest(struct compile *c, const struct source *s, struct line *l, size_t first, size_t at,
                     struct syscall_rule *rule)
{
        struct place place = place_word(s, l, &l->words[at < l->count ? at : first]);
        int r = 0;

        if (at < l->count && test_begins(&l->words[at])) {
                if (at - first != 1)
                        return report(c, &place, "write a line for each call", "a test belongs to one call");
                if (l->words[first].text[0] == '@')
                        return report(c, &place, "name the calls of the group, each on a line of its own",
                                      "a group takes no tests: its calls have different arguments");
                rule->name = l->words[first].text;
                r = tests_read(c, s, l, &at, rule);
        }
        if (r == 0 && at < l->count)
                r = read_errno(c, s, l, at, rule);
        return r;
}

static int add(struct compile *c, const struct source *s, struct line *l, const struct word *w, const struct syscall_rule *rule)
{
        struct place at = place_word(s, l, w);

        if (c->syscalls.count == ENTRIES_MAX)
                return report(c, &at, "name groups instead", "too many names of system calls (%u at most)", ENTRIES_MAX);
        struct syscall_entry *e = vector_push(&c->syscalls, sizeof(*e));
        if (!e)
                return -ENOMEM;
        *e = (struct syscall_entry){.rule = *rule, .at = rule->test_count > 0 ? place_line(s, l) : at};
        e->rule.name = w->text;
        return 0;
}

static bool ends_names(const struct word *w)
{
        return test_begins(w) || strcmp(w->text, "errno") == 0;
}

int run_syscalls(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        struct syscall_rule rule = {
                .action = CALL_ALLOW, .use_depth = s->depth, .origin = {s->name, l->number}};
        size_t first = 1, end;

        for (size_t i = 0; i < COUNT(actions) && l->count > 1 && first == 1; i++)
                if (strcmp(l->words[1].text, actions[i].name) == 0) {
                        rule.action = actions[i].action;
                        first = 2;
                }
        for (end = first; end < l->count && !ends_names(&l->words[end]); end++)
                ;
        if (end == first)
                return report(c, &at, "write: syscalls @default, or: syscalls deny NAME…",
                              "'syscalls' needs names of calls or groups");
        rule.text = arena_copy(c->arena, l->text + at.column - 1, at.width);
        if (!rule.text)
                return -ENOMEM;
        bool known = true;
        for (size_t i = first; i < end; i++)
                if (!name_known(l->words[i].text)) {
                        known = false;
                        name_unknown(c, s, l, i);
                }
        int r = known ? read_rest(c, s, l, first, end, &rule) : 1;
        for (size_t i = first; i < end && r == 0; i++)
                r = add(c, s, l, &l->words[i], &rule);
        return r;
}

/* ---- putting them together ---------------------------------------------------------------------------------------- */

static bool has_say(const struct syscall_entry *e, unsigned allowing)
{
        return e->rule.action >= CALL_DENY || e->rule.use_depth <= allowing;
}

/* A line with tests, beside one without that takes away as much: it can change nothing. */
static void warn_idle(struct compile *c, const struct syscall_entry *e, unsigned allowing)
{
        const struct syscall_entry *all = c->syscalls.items;

        for (const struct syscall_entry *o = all; o < all + c->syscalls.count; o++) {
                bool decides = o->rule.test_count == 0 && o->rule.action >= e->rule.action;
                bool its_own = e->rule.action == CALL_DENY && o->rule.action == CALL_DENY && e->rule.error != 0;
                if (!has_say(o, allowing) || !decides || its_own || strcmp(o->rule.name, e->rule.name) != 0)
                        continue;
                report_lint(c, "shadowed-call", &e->at, "one of the two lines can go",
                            "this line has no effect: '%s' at %s:%u decides whatever the arguments are",
                            o->rule.text, o->rule.origin.file, o->rule.origin.line);
                return;
        }
}

static void check_conditions(struct compile *c, unsigned allowing)
{
        const struct syscall_entry *all = c->syscalls.items;

        for (size_t i = 0; i < c->syscalls.count; i++) {
                unsigned alike = 0;
                if (all[i].rule.test_count == 0)
                        continue;
                if (has_say(&all[i], allowing))
                        warn_idle(c, &all[i], allowing);
                for (size_t j = 0; j < i; j++)
                        alike += all[j].rule.test_count > 0 && strcmp(all[j].rule.name, all[i].rule.name) == 0;
                if (alike == CONDITIONS_MAX)
                        report(c, &all[i].at, "give several values to one test: arg1 in A B C",
                               "too many lines with tests for '%s' (%u at most)", all[i].rule.name, CONDITIONS_MAX);
        }
}

/* Whoever limits a call by tests may think that all the others stay as they are. */
static void warn_alone(struct compile *c, unsigned allowing)
{
        const struct syscall_entry *all = c->syscalls.items, *tested = NULL;

        for (size_t i = 0; i < c->syscalls.count; i++) {
                if (all[i].rule.action != CALL_ALLOW || all[i].rule.use_depth != allowing)
                        continue;
                if (all[i].rule.test_count == 0)
                        return;
                tested = tested ? tested : &all[i];
        }
        if (tested)
                report_lint(c, "lone-test", &tested->at, "write beside it: syscalls @default",
                               "nothing else is allowed: @default counts where no line allows anything");
}

int calls_finish(struct compile *c)
{
        struct world *w = &c->policy->world;
        const struct syscall_entry *calls = c->syscalls.items;
        unsigned allowing = UINT32_MAX;

        for (size_t i = 0; i < c->syscalls.count; i++)
                if (calls[i].rule.action == CALL_ALLOW && calls[i].rule.use_depth < allowing)
                        allowing = calls[i].rule.use_depth;
        check_conditions(c, allowing);
        warn_alone(c, allowing);
        struct syscall_rule *rules = arena_alloc(c->arena, c->syscalls.count * sizeof(*rules));
        if (!rules)
                return -ENOMEM;
        w->syscalls = rules;
        for (size_t i = 0; i < c->syscalls.count; i++)
                if (has_say(&calls[i], allowing))
                        rules[w->syscall_count++] = calls[i].rule;
        return 0;
}
