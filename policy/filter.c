/* The filter: which system calls a sandbox may make, decided per call number from the fixed tables (guards.c) and the policy.
 *
 * For each call there is a list of verdicts, of which the first whose tests hold counts:
 *
 *   the parts that are needed          only where the policy would take them away
 *   the policy's kill and deny         those that name the call; then the list ends at the first without tests
 *   guards                             what they allow is up to what follows
 *   the policy's log and allow         those that name the call
 *   the last word                      the first of these lines that has no tests; else EPERM where one allows the call with
 *                                      tests; else what its group has; else what holds where no line says anything
 *
 * A known call that a policy leaves out fails with EPERM, or with ENOSYS where libc or programs then take an older call; a
 * number that nobody here knows gets ENOSYS. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/bpf.h"
#include "policy/guards.h"

#define CALLS 1024 /* numbers beyond are unknown to this version */

/* What the tables and the policy's groups say of a call. */
struct call {
        bool known, guarded;
        enum syscall_fate fate;
        unsigned refusal; /* the errno where nobody gives one */
        const char *reason; /* of the fate */
        const struct syscall_rule *group; /* the line that decides by group, or NULL */
        bool by_default; /* else: @default has it, and nothing allows anything by itself */
};

struct named { /* a line that names the call */
        int number;
        const struct syscall_rule *rule;
};

struct decision {
        const struct filter_wish *wish;
        struct call calls[CALLS];
        struct named *named; /* sorted by number, and then as they count */
        size_t named_count;
        struct group_set *opened; /* of each line of the wish */
        struct group_set standard; /* what @default holds, where it counts */
        int guard_numbers[GUARDS_MAX]; /* the call of each guard that applies to this filter; else -1 */
};

static struct call *call_of(struct decision *d, const char *name)
{
        int number = syscall_number(name);
        return number >= 0 && number < CALLS ? &d->calls[number] : NULL;
}

/* ---- which line counts ----------------------------------------------------------------------------------------- */

/* Negative where `a` counts more than `b`. What comes after the errno makes no difference to the filter: it only lets the same
 * line be named whatever the order was. */
static int compare_rules(const struct syscall_rule *a, const struct syscall_rule *b)
{
        if (a->action != b->action)
                return a->action > b->action ? -1 : 1;
        if ((a->error == 0) != (b->error == 0))
                return a->error != 0 ? -1 : 1;
        if (a->use_depth != b->use_depth)
                return a->use_depth < b->use_depth ? -1 : 1;
        if (a->error != b->error)
                return a->error < b->error ? -1 : 1;
        if ((a->test_count == 0) != (b->test_count == 0))
                return a->test_count == 0 ? -1 : 1;
        if (a->origin.line != b->origin.line)
                return a->origin.line < b->origin.line ? -1 : 1;
        return a->origin.file && b->origin.file ? strcmp(a->origin.file, b->origin.file) : 0;
}

static int compare_named(const void *a, const void *b)
{
        const struct named *x = a, *y = b;
        if (x->number != y->number)
                return x->number < y->number ? -1 : 1;
        return compare_rules(x->rule, y->rule);
}

static int collect_named(struct decision *d)
{
        const struct filter_wish *wish = d->wish;

        d->named = calloc(wish->rule_count + 1, sizeof(*d->named));
        d->opened = calloc(wish->rule_count + 1, sizeof(*d->opened));
        if (!d->named || !d->opened)
                return -ENOMEM;
        bool grants = false;
        for (size_t i = 0; i < wish->rule_count; i++) {
                const struct syscall_rule *rule = &wish->rules[i];
                grants = grants || rule->action == CALL_ALLOW;
                int number = rule->name[0] == '@' ? -1 : syscall_number(rule->name);
                if (rule->name[0] == '@')
                        syscall_group_open(rule->name, &d->opened[i]);
                else if (number >= 0 && number < CALLS)
                        d->named[d->named_count++] = (struct named){number, rule};
        }
        if (!grants)
                syscall_group_open("@default", &d->standard);
        if (d->named_count > 0)
                qsort(d->named, d->named_count, sizeof(*d->named), compare_named);
        return 0;
}

/* A plain group: its calls are known from here on, and the line that says most about the group says it about them. */
static void decide_group(void *ctx, size_t index, const char *name, const char *const *members)
{
        struct decision *d = ctx;
        const struct syscall_rule *best = NULL;
        (void)name;

        for (size_t i = 0; i < d->wish->rule_count; i++) {
                const struct syscall_rule *rule = &d->wish->rules[i];
                if (d->opened[i].has[index] && (!best || compare_rules(rule, best) < 0))
                        best = rule;
        }
        for (; *members; members++) {
                struct call *c = call_of(d, *members);
                if (c)
                        *c = (struct call){
                                .known = true, .refusal = EPERM, .group = best, .by_default = d->standard.has[index]};
        }
}

/* What no policy can change. */
static void decide_fixed(struct decision *d)
{
        size_t count;
        struct call *c;

        const char *const *names = calls_that_fall_back(&count);
        for (size_t i = 0; i < count; i++)
                if ((c = call_of(d, names[i])))
                        c->refusal = ENOSYS;
        const struct needed_call *needed = needed_calls(&count);
        for (size_t i = 0; i < count; i++)
                if ((c = call_of(d, needed[i].name))) {
                        c->fate = SYSCALL_NEEDED;
                        c->reason = needed[i].reason;
                }
        const struct needed_part *parts = needed_parts(&count);
        for (size_t i = 0; i < count; i++)
                if ((c = call_of(d, parts[i].name)))
                        c->fate = SYSCALL_PARTLY;
        const struct refused_group *refused = refused_groups(&count);
        for (size_t i = 0; i < count; i++)
                for (const char *const *m = syscall_group(refused[i].group); *m; m++)
                        if ((c = call_of(d, *m))) {
                                c->fate = SYSCALL_REFUSED;
                                c->reason = refused[i].reason;
                                c->refusal = refused[i].error;
                        }
}

static bool is_brokered(const struct filter_wish *wish, int number)
{
        for (size_t i = 0; i < wish->notify_count; i++)
                if (wish->notify[i] == number)
                        return true;
        return false;
}

/* All of them, or there is a way round. */
static bool serves_messages(const struct filter_wish *wish)
{
        static const char *const calls[] = {"connect", "bind", "sendmsg", "sendmmsg", "sendto"};
        for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
                if (!is_brokered(wish, syscall_number(calls[i])))
                        return false;
        return true;
}

static bool guard_applies(const struct guard *g, const struct filter_wish *wish, bool brokered)
{
        switch (g->when) {
        case ALWAYS:
                return true;
        case NATIVE_METADATA: /* of a brokered call */
                return brokered && !wish->metadata;
        case NOT_BROKERED:
                return !brokered;
        case NAMES:
                return wish->names;
        case METADATA:
                return wish->metadata;
        case NET_IS_NONE:
                return wish->net == NET_NONE;
        case NET_IS_SOME:
                return wish->net != NET_NONE;
        case NO_QUEUES:
                return !wish->queues;
        case SOCKETS_SERVED:
                return is_brokered(wish, syscall_number("connect")) && is_brokered(wish, syscall_number("bind"));
        case NO_NET_NOR_SOCKETS:
                return wish->net == NET_NONE && !is_brokered(wish, syscall_number("connect"));
        case MESSAGES_SERVED:
                return serves_messages(wish);
        case NO_NET_NOR_MESSAGES:
                return wish->net == NET_NONE && !serves_messages(wish);
        case HOSTED:
                return wish->hosted;
        }
        return true;
}

static void select_guards(struct decision *d)
{
        size_t count;
        const struct guard *guards = guard_tables(&count);

        for (size_t i = 0; i < count; i++) {
                int number = syscall_number(guards[i].name);
                bool here = number >= 0 && number < CALLS;
                if (here && guard_applies(&guards[i], d->wish, is_brokered(d->wish, number))) {
                        d->guard_numbers[i] = number;
                        d->calls[number].guarded = true;
                } else {
                        d->guard_numbers[i] = -1;
                }
        }
}

/* ---- the verdicts of one call ---------------------------------------------------------------------------------- */

static const enum filter_action actions[] = {
        [CALL_ALLOW] = FILTER_ALLOW, [CALL_LOG] = FILTER_LOG, [CALL_DENY] = FILTER_ERRNO, [CALL_KILL] = FILTER_KILL};

static struct filter_verdict of_rule(const struct call *c, const struct syscall_rule *rule, enum filter_why why)
{
        struct filter_verdict v = {.action = actions[rule->action], .why = why, .by = rule};
        if (v.action == FILTER_ERRNO)
                v.error = rule->error ? rule->error : why == WHY_NAME && rule->test_count > 0 ? EPERM : c->refusal;
        return v;
}

/* Where no line that names the call decides. */
static struct filter_verdict of_groups(const struct call *c)
{
        const struct syscall_rule *rule = c->group;
        bool restricts = rule && rule->action >= CALL_DENY;

        if (c->fate == SYSCALL_REFUSED && !(restricts && (rule->action == CALL_KILL || rule->error)))
                return (struct filter_verdict){FILTER_ERRNO, c->refusal, false, WHY_REFUSED, c->reason, NULL};
        if ((c->fate == SYSCALL_NEEDED || c->fate == SYSCALL_PARTLY) && !(rule && rule->action == CALL_LOG))
                return (struct filter_verdict){FILTER_ALLOW, 0, false, WHY_NEEDED, c->reason, NULL};
        if (rule)
                return of_rule(c, rule, WHY_GROUP);
        if (c->by_default)
                return (struct filter_verdict){.action = FILTER_ALLOW, .why = WHY_DEFAULT};
        return (struct filter_verdict){.action = FILTER_ERRNO, .error = c->refusal, .why = WHY_DEFAULT};
}

/* Whether the tables leave a line that names the call anything to say. */
static bool counts(const struct call *c, const struct syscall_rule *rule)
{
        bool restricts = rule->action >= CALL_DENY;

        switch (c->fate) {
        case SYSCALL_REFUSED:
                return restricts;
        case SYSCALL_NEEDED:
                return rule->action == CALL_LOG || (rule->action == CALL_ALLOW && rule->test_count == 0);
        case SYSCALL_PARTLY:
                return !restricts || rule->test_count > 0;
        case SYSCALL_FREE:
                break;
        }
        return true;
}

/* The lines that name a call, as far as they count, and what holds where none of their tests does. */
struct clauses {
        const struct call *call;
        int number;
        bool brokered, told;
        const struct syscall_rule **rules; /* with tests; the strictest first */
        size_t count, strict;              /* `strict` of them take away */
        struct filter_verdict last;
};

static bool gives(const struct filter_verdict *v)
{
        return v->action == FILTER_ALLOW || v->action == FILTER_LOG;
}

static void find_clauses(struct clauses *s, const struct named *named, size_t count)
{
        const struct syscall_rule *with_tests = NULL;

        s->last = of_groups(s->call);
        for (size_t i = 0; i < count; i++) {
                const struct syscall_rule *rule = named[i].rule;
                if (!counts(s->call, rule))
                        continue;
                if (rule->test_count == 0) {
                        s->last = of_rule(s->call, rule, WHY_NAME);
                        return;
                }
                s->rules[s->count++] = rule;
                s->strict += rule->action >= CALL_DENY;
                if (rule->action == CALL_ALLOW && !with_tests)
                        with_tests = rule;
        }
        if (with_tests)
                s->last = (struct filter_verdict){FILTER_ERRNO, EPERM, false, WHY_REST, NULL, with_tests};
}

/* ---- from verdicts to rules ------------------------------------------------------------------------------------ */

struct maker {
        struct filter *filter;
        size_t room;
        bool no_memory;
};

/* A refusal is told where it is one: other numbers are for programs that then do it in another way, as they would with a kernel
 * that does not know the call. A call that is served is not told, so that its number alone says which of the two it is. */
static bool is_refusal(const struct filter_verdict *v)
{
        static const unsigned errors[] = {EPERM, EACCES, EAFNOSUPPORT, EPROTONOSUPPORT};

        for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
                if (v->action == FILTER_ERRNO && v->error == errors[i])
                        return true;
        return false;
}

static void add_rule(struct maker *m, const struct clauses *s, struct filter_verdict v, const struct call_test *fixed,
                     const struct syscall_rule *rule)
{
        struct filter *f = m->filter;

        if (f->rule_count == m->room) {
                size_t room = m->room ? m->room * 2 : 512;
                struct filter_rule *rules = realloc(f->rules, room * sizeof(*rules));
                if (!rules) {
                        m->no_memory = true;
                        return;
                }
                f->rules = rules;
                m->room = room;
        }
        struct filter_rule *out = &f->rules[f->rule_count++];
        v.told = s->told && is_refusal(&v);
        *out = (struct filter_rule){.number = s->number, .verdict = v};
        for (unsigned i = 0; fixed && i < FILTER_GUARD_TESTS && fixed[i].mask != 0; i++)
                out->tests[out->test_count++] = &fixed[i];
        for (unsigned i = 0; rule && i < rule->test_count; i++)
                out->tests[out->test_count++] = &rule->tests[i];
        f->notify = f->notify || v.told || v.action == FILTER_NOTIFY;
}

/* What is allowed goes to the broker, where the call is one that it serves. It never goes to the kernel's log then: that would
 * let it pass. */
static struct filter_verdict served(const struct clauses *s, struct filter_verdict v)
{
        if (s->brokered && gives(&v))
                v.action = FILTER_NOTIFY;
        return v;
}

/* Where a guard's tests hold, and the policy's verdict is `v`. */
static struct filter_verdict guarded(const struct clauses *s, const struct guard *g, struct filter_verdict v)
{
        if (!gives(&v) && (g->action == FILTER_ALLOW || v.action == FILTER_KILL))
                return v;
        if (g->action == FILTER_ALLOW && !g->native) {
                v.reason = g->reason;
                return served(s, v);
        }
        if (g->action == FILTER_ALLOW)
                return (struct filter_verdict){v.action, 0, false, WHY_GUARD, g->reason, v.by};
        return (struct filter_verdict){g->action, g->error, false, WHY_GUARD, g->reason, NULL};
}

/* Each of the policy's clauses within the guard's tests, unless all come to the same. */
static void add_guard(struct maker *m, const struct clauses *s, const struct guard *g)
{
        struct filter_verdict last = guarded(s, g, s->last);
        bool same = true;

        for (size_t i = s->strict; i < s->count; i++) {
                struct filter_verdict v = guarded(s, g, of_rule(s->call, s->rules[i], WHY_NAME));
                same = same && v.action == last.action && v.error == last.error;
        }
        for (size_t i = s->strict; i < s->count && !same; i++)
                add_rule(m, s, guarded(s, g, of_rule(s->call, s->rules[i], WHY_NAME)), g->tests, s->rules[i]);
        add_rule(m, s, last, g->tests, NULL);
}

static void add_needed(struct maker *m, const struct clauses *s)
{
        size_t count;
        const struct needed_part *parts = needed_parts(&count);
        const struct filter_verdict v = {FILTER_ALLOW, 0, false, WHY_NEEDED, s->call->reason, NULL};

        for (size_t i = 0; i < count; i++)
                if (syscall_number(parts[i].name) == s->number)
                        add_rule(m, s, v, parts[i].test, NULL);
}

static void add_call(struct maker *m, const struct decision *d, const struct clauses *s)
{
        size_t count;
        const struct guard *guards = guard_tables(&count);
        bool anything = s->count > s->strict || gives(&s->last);

        if (s->call->fate == SYSCALL_PARTLY && (s->strict > 0 || !gives(&s->last)))
                add_needed(m, s);
        for (size_t i = 0; i < s->strict; i++)
                add_rule(m, s, of_rule(s->call, s->rules[i], WHY_NAME), NULL, s->rules[i]);
        for (size_t i = 0; i < count && anything && s->call->guarded; i++) {
                if (d->guard_numbers[i] != s->number)
                        continue;
                add_guard(m, s, &guards[i]);
                if (guards[i].tests[0].mask == 0)
                        return;
        }
        for (size_t i = s->strict; i < s->count; i++)
                add_rule(m, s, served(s, of_rule(s->call, s->rules[i], WHY_NAME)), NULL, s->rules[i]);
        add_rule(m, s, served(s, s->last), NULL, NULL);
}

static int make_rules(struct filter *f, const struct decision *d)
{
        struct maker m = {.filter = f};
        const struct syscall_rule **rules = calloc(d->named_count + 1, sizeof(struct syscall_rule *));
        size_t at = 0;
        /* There is a broker then, and somebody who wants to know. */
        bool tells = is_brokered(d->wish, syscall_number("openat"));

        for (int i = 0; i < CALLS && rules; i++) {
                size_t from = at;
                while (at < d->named_count && d->named[at].number == i)
                        at++;
                if (!d->calls[i].known)
                        continue;
                struct clauses s = {.call = &d->calls[i], .number = i, .rules = rules};
                s.brokered = is_brokered(d->wish, i);
                s.told = tells && !s.brokered;
                find_clauses(&s, d->named + from, at - from);
                add_call(&m, d, &s);
        }
        free(rules);
        return !rules || m.no_memory ? -ENOMEM : 0;
}

static bool serves_sockets(const struct filter *f)
{
        int connects = syscall_number("connect"), binds = syscall_number("bind");

        for (size_t i = 0; i < f->rule_count; i++)
                if (f->rules[i].verdict.action == FILTER_NOTIFY &&
                    (f->rules[i].number == connects || f->rules[i].number == binds))
                        return true;
        return false;
}

/* ---- outside --------------------------------------------------------------------------------------------------- */

int filter_compile(struct filter *out, const struct filter_wish *wish)
{
        struct decision *d = calloc(1, sizeof(*d));
        int r = -ENOMEM;

        *out = (struct filter){0};
        if (d) {
                d->wish = wish;
                r = collect_named(d);
        }
        if (r == 0) {
                syscall_plain_groups(decide_group, d);
                decide_fixed(d);
                select_guards(d);
                r = make_rules(out, d);
        }
        if (d) {
                free(d->named);
                free(d->opened);
        }
        free(d);
        out->sockets = r == 0 && serves_sockets(out);
        if (r == 0)
                r = bpf_build(&out->program, out->rules, out->rule_count);
        if (r < 0)
                filter_free(out);
        return r;
}

void filter_free(struct filter *f)
{
        if (!f->borrowed)
                free(f->program.filter);
        free(f->rules);
        *f = (struct filter){0};
}
