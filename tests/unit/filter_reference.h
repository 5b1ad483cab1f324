/* The reference that filters are compared with: what libseccomp makes of the same rules, test by test; and every argument that
 * could matter to one of them. */
#ifndef TESTS_FILTER_REFERENCE_H
#define TESTS_FILTER_REFERENCE_H

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/bpf_simulator.h"
#include "tests/unit/filter_wishes.h"

/* ---- the reference --------------------------------------------------------------------------------------------- */

static struct sock_fprog export(scmp_filter_ctx ctx)
{
        struct sock_fprog program = {0};
        int fd = memfd_create("filter", MFD_CLOEXEC);
        struct stat st;

        assert_true(fd >= 0);
        assert_int_equal(seccomp_export_bpf(ctx, fd), 0);
        assert_int_equal(fstat(fd, &st), 0);
        program.filter = malloc((size_t)st.st_size);
        program.len = (unsigned short)((size_t)st.st_size / sizeof(*program.filter));
        assert_int_equal(pread(fd, program.filter, (size_t)st.st_size, 0), st.st_size);
        close(fd);
        seccomp_release(ctx);
        return program;
}

static scmp_filter_ctx new_context(uint32_t otherwise)
{
        scmp_filter_ctx ctx = seccomp_init(otherwise);
        assert_non_null(ctx);
        assert_int_equal(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
        return ctx;
}

static uint32_t action_of(const struct filter_rule *rule)
{
        switch (rule->verdict.action) {
        case FILTER_ALLOW:
                return SCMP_ACT_ALLOW;
        case FILTER_LOG:
                return SCMP_ACT_LOG;
        case FILTER_NOTIFY:
                return SCMP_ACT_NOTIFY;
        case FILTER_ERRNO:
                return SCMP_ACT_ERRNO(rule->verdict.error);
        case FILTER_KILL:
                return SCMP_ACT_KILL_PROCESS;
        case FILTER_ENOSYS:
                break;
        }
        return SCMP_ACT_ERRNO(ENOSYS);
}

struct reference {
        const struct filter *filter;
        struct sock_fprog calls; /* all calls whose verdict does not depend on arguments */
        struct sock_fprog (
                *tests)[FILTER_TESTS]; /* for each rule: one program a test, which says ERRNO(1) where equal */
};

static enum scmp_compare comparison(const struct call_test *test)
{
        return test->compare == COMPARE_ABOVE ? SCMP_CMP_GT : SCMP_CMP_GE;
}

/* libseccomp has no order under a mask: holds() applies it before. */
static struct sock_fprog one_test(int number, const struct call_test *test)
{
        scmp_filter_ctx ctx = new_context(SCMP_ACT_ALLOW);

        for (size_t i = 0; i <= test->more_count; i++) {
                uint64_t value = i == 0 ? test->value : test->more[i - 1];
                bool equality = test->compare == COMPARE_EQUAL;
                struct scmp_arg_cmp cmp = {
                        .arg = test->arg,
                        .op = equality ? SCMP_CMP_MASKED_EQ : comparison(test),
                        .datum_a = equality ? test->mask : value,
                        .datum_b = equality ? value : 0,
                };
                assert_int_equal(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(1), number, 1, cmp), 0);
        }
        return export(ctx);
}

static bool holds(const struct sock_fprog *program, const struct call_test *test, const struct seccomp_data *data)
{
        struct seccomp_data masked = *data;
        masked.args[test->arg] &= test->mask;
        return (bpf_simulate(program, &masked) == SCMP_ACT_ERRNO(1)) != test->negated;
}

static struct reference reference_new(const struct filter *filter)
{
        struct reference ref = {.filter = filter, .tests = calloc(filter->rule_count, sizeof(*ref.tests))};
        scmp_filter_ctx calls = new_context(SCMP_ACT_ERRNO(ENOSYS));

        assert_non_null(ref.tests);
        for (size_t i = 0; i < filter->rule_count; i++) {
                const struct filter_rule *rule = &filter->rules[i];
                bool alone = rule->test_count == 0 && (i == 0 || rule[-1].number != rule->number);
                if (alone && action_of(rule) != SCMP_ACT_ERRNO(ENOSYS))
                        assert_int_equal(seccomp_rule_add(calls, action_of(rule), rule->number, 0), 0);
                for (unsigned t = 0; t < rule->test_count; t++)
                        ref.tests[i][t] = one_test(rule->number, rule->tests[t]);
        }
        ref.calls = export(calls);
        return ref;
}

static void reference_free(struct reference *ref)
{
        for (size_t i = 0; i < ref->filter->rule_count; i++)
                for (unsigned t = 0; t < FILTER_TESTS; t++)
                        free(ref->tests[i][t].filter);
        free(ref->tests);
        free(ref->calls.filter);
}

static const struct filter_rule *rules_of(const struct filter *filter, uint32_t number)
{
        for (size_t i = 0; i < filter->rule_count; i++)
                if ((uint32_t)filter->rules[i].number == number)
                        return &filter->rules[i];
        return NULL;
}

static uint32_t reference_verdict(const struct reference *ref, const struct filter_rule *rule,
                                  const struct seccomp_data *data)
{
        if (data->arch != seccomp_arch_native() || !rule || rule->test_count == 0)
                return bpf_simulate(&ref->calls, data);
        for (;; rule++) {
                bool all = true;
                for (unsigned t = 0; t < rule->test_count; t++)
                        all = all && holds(&ref->tests[rule - ref->filter->rules][t], rule->tests[t], data);
                if (all)
                        return action_of(rule);
        }
}

/* ---- every call, with every argument that could matter --------------------------------------------------------- */

#define VALUES 256
struct values {
        uint64_t of[6][VALUES];
        size_t count[6];
};

static void add_value(struct values *v, unsigned arg, uint64_t value)
{
        for (size_t i = 0; i < v->count[arg]; i++)
                if (v->of[arg][i] == value)
                        return;
        assert_true(v->count[arg] < VALUES);
        v->of[arg][v->count[arg]++] = value;
}

static void add_edge(struct values *v, const struct call_test *test, uint64_t value)
{
        add_value(v, test->arg, value);
        add_value(v, test->arg, value | HIGH);
        add_value(v, test->arg, value ^ (test->mask & -test->mask));
        add_value(v, test->arg, value | ~test->mask);
        if (test->compare == COMPARE_EQUAL)
                return;
        add_value(v, test->arg, value - 1);
        add_value(v, test->arg, value + 1);
        add_value(v, test->arg, value + HIGH);
        add_value(v, test->arg, value - HIGH);
        add_value(v, test->arg, value & UINT32_MAX);
}

static void add_edges(struct values *v, const struct filter_rule *rule)
{
        for (; rule && rule->test_count > 0; rule++)
                for (unsigned t = 0; t < rule->test_count; t++) {
                        const struct call_test *test = rule->tests[t];
                        add_edge(v, test, test->value);
                        for (size_t i = 0; i < test->more_count; i++)
                                add_edge(v, test, test->more[i]);
                        add_value(v, test->arg, test->mask);
                        add_value(v, test->arg, UINT64_MAX);
                        add_value(v, test->arg, UINT32_MAX);
                        add_value(v, test->arg, HIGH);
                        add_value(v, test->arg, UINT64_C(1) << 63);
                }
}

/* The edges of all tests of a call. A call without tests gets those of its neighbours, into whose branch a range
 * that is off by one would lead, and all bits elsewhere. */
static void choose_values(struct values *v, const struct filter *filter, uint32_t number)
{
        const struct filter_rule *rule = rules_of(filter, number);

        *v = (struct values){0};
        for (unsigned arg = 0; arg < 6; arg++)
                add_value(v, arg, 0);
        if (rule && rule->test_count > 0) {
                add_edges(v, rule);
                return;
        }
        for (unsigned arg = 0; arg < 6; arg++)
                add_value(v, arg, UINT64_MAX);
        add_edges(v, rules_of(filter, number - 1));
        add_edges(v, rules_of(filter, number + 1));
}

/* The next of all combinations, as an odometer has them; or of that many by chance, where they are too many. */
#define COMBINATIONS_MOST 30000u
struct walk {
        size_t at[6];
        uint64_t random;
        unsigned left;
};

static struct walk walk_begin(const struct values *v)
{
        uint64_t all = 1;
        for (unsigned arg = 0; arg < 6 && all <= COMBINATIONS_MOST; arg++)
                all *= v->count[arg];
        return (struct walk){.random = 1, .left = all > COMBINATIONS_MOST ? COMBINATIONS_MOST : 0};
}

static uint32_t chance(uint64_t *state)
{
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(*state >> 33);
}

static bool walk_on(const struct values *v, struct walk *w)
{
        if (w->left > 0) {
                for (unsigned arg = 0; arg < 6; arg++)
                        w->at[arg] = chance(&w->random) % v->count[arg];
                return --w->left > 0;
        }
        for (unsigned arg = 0; arg < 6; arg++) {
                if (++w->at[arg] < v->count[arg])
                        return true;
                w->at[arg] = 0;
        }
        return false;
}

static unsigned differences(const struct sock_fprog *program, const struct reference *ref, uint32_t number,
                            uint32_t arch)
{
        const struct filter_rule *rule = rules_of(ref->filter, number);
        struct values values;
        unsigned different = 0;

        choose_values(&values, ref->filter, number);
        struct walk walk = walk_begin(&values);
        do {
                struct seccomp_data data = {.nr = (int)number, .arch = arch, .instruction_pointer = UINT64_MAX};
                for (unsigned arg = 0; arg < 6; arg++)
                        data.args[arg] = values.of[arg][walk.at[arg]];
                uint32_t ours = bpf_simulate(program, &data), theirs = reference_verdict(ref, rule, &data);
                different += ours != theirs;
        } while (walk_on(&values, &walk));
        return different;
}

#endif
