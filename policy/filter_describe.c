/* A filter in words. First the calls whose arguments decide, each with all of its tests in the order in which they are
 * tried; then the others, put together where the same line or table says the same about them. Nothing is left out. */
#include <stdlib.h>
#include <string.h>

#include "policy/constants.h"
#include "policy/syscalls.h"

#define NUMBERS 1024
#define VERDICT_COLUMN 18
#define TESTS_COLUMN 62
#define LABEL_COLUMN 22
#define LINE_WIDTH 110

/* One call, whatever its arguments. */
struct entry {
        const struct filter_rule *rule;
        const char *name, *label; /* within a section: the plain group, or the table's reason */
        size_t order;
};

struct describer {
        struct buf *out;
        const char *names[NUMBERS], *groups[NUMBERS];
        size_t orders[NUMBERS];
        struct entry *entries;
        size_t count;
};

/* ---- words ------------------------------------------------------------------------------------------------------ */

static void put_verdict(struct buf *b, const struct filter_verdict *v)
{
        static const char *const words[] = {[FILTER_ENOSYS] = "ENOSYS", [FILTER_ALLOW] = "allow", [FILTER_LOG] = "allow, log",
                                            [FILTER_NOTIFY] = "ask the broker", [FILTER_KILL] = "kill"};
        const char *error = v->action == FILTER_ERRNO ? errno_text(v->error) : NULL;

        if (v->action != FILTER_ERRNO)
                buf_str(b, words[v->action]);
        else if (error)
                buf_str(b, error);
        else
                buf_printf(b, "error %u", v->error);
}

static void put_line(struct buf *b, const struct syscall_rule *rule, bool text)
{
        buf_escaped(b, rule->origin.file ? rule->origin.file : "(no file)");
        if (rule->origin.line)
                buf_printf(b, ":%u", rule->origin.line);
        if (!text)
                return;
        buf_str(b, "  ");
        buf_escaped(b, rule->text ? rule->text : rule->name);
}

static void put_why(struct buf *b, const struct filter_verdict *v, bool with_reason)
{
        static const char *const tables[] = {[WHY_NEEDED] = "needed in every sandbox",
                                             [WHY_REFUSED] = "refused in every sandbox",
                                             [WHY_GUARD] = "in every sandbox"};
        switch (v->why) {
        case WHY_DEFAULT:
                buf_str(b, v->action == FILTER_ERRNO ? "no line allows it" : "@default");
                break;
        case WHY_NAME:
        case WHY_GROUP:
                put_line(b, v->by, true);
                break;
        case WHY_REST:
                put_line(b, v->by, false);
                buf_str(b, "  allows it with certain arguments only");
                break;
        case WHY_NEEDED:
        case WHY_REFUSED:
        case WHY_GUARD:
                buf_str(b, tables[v->why]);
                break;
        }
        if (with_reason && v->reason)
                buf_printf(b, ": %s", v->reason);
}

/* Spaces up to a column of the line that began at `from`; at least two. */
static void pad(struct buf *b, size_t from, size_t column)
{
        do
                buf_str(b, " ");
        while (!b->bad && b->length - from < column);
        if (b->length - from > column)
                buf_str(b, " ");
}

/* ---- calls whose arguments decide -------------------------------------------------------------------------------- */

static void put_rule(struct buf *b, const struct filter_rule *rule, bool otherwise)
{
        size_t from = b->length;

        buf_str(b, "    ");
        put_verdict(b, &rule->verdict);
        pad(b, from, VERDICT_COLUMN + 4);
        for (unsigned i = 0; i < rule->test_count; i++) {
                buf_str(b, i > 0 ? " and " : "");
                buf_escaped(b, rule->tests[i]->text ? rule->tests[i]->text : "(a test)");
        }
        if (rule->test_count == 0)
                buf_str(b, otherwise ? "otherwise" : "always");
        pad(b, from, TESTS_COLUMN);
        put_why(b, &rule->verdict, true);
        buf_str(b, "\n");
}

static void describe_tested(const struct describer *d, const struct filter *f)
{
        bool any = false;

        for (size_t i = 0; i < f->rule_count; i++) {
                int number = f->rules[i].number;
                if (f->rules[i].test_count == 0)
                        continue;
                if (!any)
                        buf_str(d->out, "Decided by the arguments, the first line that holds\n");
                any = true;
                buf_printf(d->out, "  %s %d\n", d->names[number], number);
                for (; f->rules[i].test_count > 0; i++)
                        put_rule(d->out, &f->rules[i], true);
                put_rule(d->out, &f->rules[i], true);
        }
        if (any)
                buf_str(d->out, "\n");
}

/* ---- the others --------------------------------------------------------------------------------------------------- */

static int compare_sections(const struct filter_verdict *a, const struct filter_verdict *b)
{
        static const int ranks[] = {[FILTER_NOTIFY] = 0, [FILTER_ALLOW] = 1, [FILTER_LOG] = 2,
                                    [FILTER_ERRNO] = 3,  [FILTER_KILL] = 4,  [FILTER_ENOSYS] = 5};

        if (a->action != b->action)
                return ranks[a->action] < ranks[b->action] ? -1 : 1;
        if (a->why != b->why)
                return a->why < b->why ? -1 : 1;
        if (a->error != b->error)
                return a->error < b->error ? -1 : 1;
        return a->by == b->by ? 0 : a->by < b->by ? -1 : 1; /* in the order of the wish */
}

static int compare_entries(const void *a, const void *b)
{
        const struct entry *x = a, *y = b;
        int section = compare_sections(&x->rule->verdict, &y->rule->verdict);
        int label = strcmp(x->label, y->label);

        if (section != 0)
                return section;
        if (x->order != y->order)
                return x->order < y->order ? -1 : 1;
        return label != 0 ? label : x->rule->number - y->rule->number;
}

static void collect_plain(struct describer *d, const struct filter *f)
{
        for (size_t i = 0; i < f->rule_count; i++) {
                const struct filter_rule *rule = &f->rules[i];
                bool tested = rule->test_count > 0;
                while (f->rules[i].test_count > 0)
                        i++;
                if (tested)
                        continue;
                bool table = rule->verdict.reason != NULL;
                d->entries[d->count++] = (struct entry){
                        .rule = rule,
                        .name = d->names[rule->number],
                        .label = table ? rule->verdict.reason : d->groups[rule->number],
                        .order = table ? 0 : d->orders[rule->number],
                };
        }
        if (d->count > 0)
                qsort(d->entries, d->count, sizeof(*d->entries), compare_entries);
}

static void put_call(struct buf *b, size_t *from, const struct entry *e, bool first)
{
        if (!first && b->length - *from > LINE_WIDTH) {
                buf_str(b, ",\n");
                *from = b->length;
                pad(b, *from, LABEL_COLUMN);
        } else if (!first) {
                buf_str(b, ", ");
        }
        buf_printf(b, "%s %d", e->name, e->rule->number);
}

static void describe_plain(const struct describer *d)
{
        const struct entry *before = NULL;
        size_t from = 0;

        for (size_t i = 0; i < d->count; i++) {
                const struct entry *e = &d->entries[i];
                bool section = !before || compare_sections(&before->rule->verdict, &e->rule->verdict) != 0;
                bool row = section || strcmp(before->label, e->label) != 0;
                if (before && row)
                        buf_str(d->out, section ? "\n\n" : "\n");
                if (section) {
                        put_verdict(d->out, &e->rule->verdict);
                        buf_str(d->out, ": ");
                        put_why(d->out, &e->rule->verdict, false);
                        buf_str(d->out, "\n");
                }
                if (row) {
                        from = d->out->length;
                        buf_printf(d->out, "  %s", e->label);
                        if (e->rule->verdict.reason) { /* a sentence: the calls on a line of their own */
                                buf_str(d->out, "\n");
                                from = d->out->length;
                        }
                        pad(d->out, from, LABEL_COLUMN);
                }
                put_call(d->out, &from, e, row);
                before = e;
        }
        buf_str(d->out, before ? "\n\n" : "");
}

/* ---- outside ------------------------------------------------------------------------------------------------------ */

static void name_calls(void *ctx, size_t index, const char *name, const char *const *calls)
{
        struct describer *d = ctx;

        for (; *calls; calls++) {
                int number = syscall_number(*calls);
                if (number < 0 || number >= NUMBERS)
                        continue;
                d->names[number] = *calls;
                d->groups[number] = name;
                d->orders[number] = index;
        }
}

void filter_describe(const struct filter *f, struct buf *out)
{
        struct describer *d = calloc(1, sizeof(*d));
        struct entry *entries = calloc(f->rule_count + 1, sizeof(*entries));

        if (d && entries) {
                d->out = out;
                d->entries = entries;
                syscall_plain_groups(name_calls, d);
                collect_plain(d, f);
                describe_tested(d, f);
                describe_plain(d);
                buf_str(out, "ENOSYS: every other number\nkill: calls by the entry of another architecture\n");
        } else {
                out->bad = true;
        }
        free(entries);
        free(d);
}
