/* What the planner decided: which calls the broker serves and why, what becomes of each group of system calls, and what people
 * should know besides. */
#include <stdlib.h>
#include <string.h>

#include "policy/describe.h"
#include "policy/standard.h"

#define CALLS 1024 /* as the filter has it */

/* ---- brokered --------------------------------------------------------------------------------------------------- */

static void list_calls(struct listing *l, const int *numbers, size_t count)
{
        listing_list(l, "calls", DESCRIBE_SECOND);
        for (size_t i = 0; i < count; i++)
                listing_item(l, syscall_name(numbers[i]));
}

void describe_brokered(struct listing *l, const struct plan *plan)
{
        const struct world *w = policy_world(plan->policy);
        const struct {
                enum plan_family family;
                const char *name, *why;
                const struct rule *rule; /* the first that makes it so, or NULL */
        } families[] = {
                {FAMILY_OPEN, "open", plan->why_open, plan->open_rule},
                {FAMILY_NAMES, "names", plan->why_names, plan->names_rule},
                {FAMILY_METADATA, "metadata", plan->why_metadata, plan->metadata_rule},
                {FAMILY_SOCKETS, "sockets", "no mount and no Landlock rule covers a socket's path", NULL},
                {FAMILY_MESSAGES, "messages", "each can be told the path of a socket", NULL},
        };

        static const struct origin nowhere; /* what holds in every sandbox is no line's doing */

        listing_section(l, "brokered", "Brokered: asked for, one by one",
                        "nothing: the view and Landlock say all that the policy says");
        for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
                int numbers[BROKERED_CALLS_MOST];
                if (!(plan->brokered & families[i].family))
                        continue;
                listing_row(l);
                listing_text(l, "family", DESCRIBE_FIRST, families[i].name);
                list_calls(l, numbers, standard_calls(numbers, families[i].family));
                describe_at(l, DESCRIBE_PLACE - 16, families[i].rule                      ? &families[i].rule->origin
                                                    : families[i].family == FAMILY_SOCKETS ? &nowhere
                                                    : families[i].family == FAMILY_MESSAGES ? &w->datagrams_at
                                                                                           : &w->audit_at);
                listing_text(l, "why", LISTING_NEXT, families[i].why);
        }
        if (plan->brokered)
                listing_remark(l, "  everything else is native: the view and Landlock bound it");
}

/* ---- system calls ----------------------------------------------------------------------------------------------- */

#define WHY_COLUMN 32
#define COUNTS_COLUMN 56

enum fate { FATE_UNKNOWN, FATE_ALLOWED, FATE_CONDITIONAL, FATE_BROKERED, FATE_REFUSED, FATE_COUNT };

static const struct {
        const char *key, *text;
} fates[] = {
        [FATE_ALLOWED] = {"allowed", " allowed"},
        [FATE_CONDITIONAL] = {"conditional", " by their arguments"},
        [FATE_BROKERED] = {"brokered", " brokered"},
        [FATE_REFUSED] = {"refused", " refused"},
};

/* What the filter makes of each call, and who is shown it. */
struct calls {
        struct listing *l;
        const struct world *world;
        unsigned char fates[CALLS]; /* enum fate */
};

/* The last rule of a call has no tests; those before it let it through, or stop it, by its arguments. */
static void find_fates(struct calls *c, const struct filter *filter)
{
        for (size_t i = 0; i < filter->rule_count; i++) {
                const struct filter_rule *rule = &filter->rules[i];
                bool tested = rule->test_count > 0;
                while (rule->test_count > 0)
                        rule = &filter->rules[++i];
                enum filter_action action = rule->verdict.action;
                c->fates[rule->number] = action == FILTER_NOTIFY                          ? FATE_BROKERED
                                         : tested                                         ? FATE_CONDITIONAL
                                         : action == FILTER_ALLOW || action == FILTER_LOG ? FATE_ALLOWED
                                                                                          : FATE_REFUSED;
        }
}

static enum fate fate_of(const struct calls *c, const char *name)
{
        int number = syscall_number(name);
        return number >= 0 && number < CALLS ? (enum fate)c->fates[number] : FATE_UNKNOWN;
}

/* True where `group` is `inner`, or is made of groups that `inner` is one of. */
static bool group_has(const char *group, const char *inner)
{
        if (strcmp(group, inner) == 0)
                return true;
        for (const char *const *m = syscall_group(group); m && *m; m++)
                if (**m == '@' && group_has(*m, inner))
                        return true;
        return false;
}

/* The line that decides about a group by its name: the strictest. */
static const struct syscall_rule *group_line(const struct calls *c, const char *group, bool *grants)
{
        const struct syscall_rule *found = NULL;

        for (size_t i = 0; i < c->world->syscall_count; i++) {
                const struct syscall_rule *rule = &c->world->syscalls[i];
                *grants = *grants || rule->action == CALL_ALLOW;
                if (group_has(rule->name, group) && (!found || rule->action > found->action))
                        found = rule;
        }
        return found;
}

static void describe_reason(const struct calls *c, const char *group)
{
        bool grants = false;
        const struct syscall_rule *line = group_line(c, group, &grants);

        if (syscall_fate(group, NULL) == SYSCALL_REFUSED)
                listing_text(c->l, "why", WHY_COLUMN, "in every sandbox");
        else if (line)
                describe_at(c->l, WHY_COLUMN, &line->origin);
        else if (!grants && group_has("@default", group))
                listing_text(c->l, "why", WHY_COLUMN, "@default");
        else
                listing_text(c->l, "why", WHY_COLUMN, "no line allows it");
}

/* In one word. `counts` are those of a group. */
static const char *state_of(const unsigned counts[FATE_COUNT])
{
        unsigned open = counts[FATE_ALLOWED] + counts[FATE_BROKERED];

        if (open + counts[FATE_CONDITIONAL] == 0)
                return "refused";
        return counts[FATE_REFUSED] > 0 ? "partly" : counts[FATE_CONDITIONAL] > 0 ? "conditional" : "allowed";
}

static void describe_group(void *ctx, const char *name, const char *text)
{
        struct calls *c = ctx;
        const char *const *members = syscall_group(name);
        unsigned counts[FATE_COUNT] = {0};
        int column = COUNTS_COLUMN;
        (void)text;

        if (!members || **members == '@')
                return;
        for (; *members; members++)
                counts[fate_of(c, *members)]++;
        listing_row(c->l);
        listing_text(c->l, "group", DESCRIBE_FIRST, name);
        listing_text(c->l, "state", DESCRIBE_SECOND + 5, state_of(counts));
        describe_reason(c, name);
        for (int fate = FATE_ALLOWED; fate < FATE_COUNT; fate++) {
                listing_number(c->l, fates[fate].key, counts[fate] > 0 ? column : LISTING_HIDDEN, counts[fate],
                               fates[fate].text);
                column = counts[fate] > 0 ? LISTING_NEXT : column;
        }
}

/* Lines that name a single call. */
static void describe_named(const struct calls *c)
{
        for (size_t i = 0; i < c->world->syscall_count; i++) {
                const struct syscall_rule *rule = &c->world->syscalls[i];
                enum fate fate = rule->name[0] == '@' ? FATE_UNKNOWN : fate_of(c, rule->name);
                if (fate == FATE_UNKNOWN)
                        continue;
                listing_row(c->l);
                listing_text(c->l, "call", DESCRIBE_FIRST, rule->name);
                listing_text(c->l, "state", DESCRIBE_SECOND + 5, fates[fate].key);
                describe_at(c->l, WHY_COLUMN, &rule->origin);
        }
}

void describe_syscalls(struct listing *l, const struct plan *plan)
{
        struct calls *c = calloc(1, sizeof(*c));
        struct filter full = {0}; /* with its rules, which a filter made at build time has not */

        if (!c || filter_compile(&full, &plan->wish) < 0) {
                l->bad = true;
                free(c);
                return;
        }
        c->l = l;
        c->world = policy_world(plan->policy);
        find_fates(c, &full);
        filter_free(&full);
        listing_section(l, "syscalls", "System calls, by group; what nobody here knows is refused", NULL);
        syscall_groups(describe_group, c);
        describe_named(c);
        listing_whole_number(l, "filter_instructions", plan->filter.program.len);
        free(c);
}

/* ---- notes ------------------------------------------------------------------------------------------------------ */

void describe_notes(struct listing *l, const struct plan *plan)
{
        listing_section(l, "notes", "Notes", NULL);
        for (size_t i = 0; i < plan->note_count; i++) {
                bool placed = plan->notes[i].origin.line > 0;
                listing_row(l);
                if (placed)
                        describe_at(l, DESCRIBE_FIRST, &plan->notes[i].origin);
                listing_text(l, "text", placed ? LISTING_NEXT : DESCRIBE_FIRST, plan->notes[i].text);
        }
}
