/* The filter is data that the kernel will believe. Here every verdict is compared with what libseccomp makes of the same
 * rules: both programs run through a simulator, for every call and every edge of every argument that is tested. */
#include "tests/unit/bpf_simulator.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/filter_wishes.h"

#define LAST_NUMBER 1100

/* ---- groups ---------------------------------------------------------------------------------------------------- */

#define SEEN 1024
struct seen {
        const char *names[SEEN];
        size_t count;
};

static void check_group(void *ctx, const char *name, const char *text)
{
        struct seen *seen = ctx;
        const char *const *members = syscall_group(name);

        assert_non_null(members);
        assert_int_equal(name[0], '@');
        assert_true(strlen(text) > 5);
        assert_non_null(members[0]);
        for (const char *const *m = members; *m; m++) {
                assert_int_equal(**m == '@', members[0][0] == '@'); /* made of groups, or plain: not both */
                if (**m == '@') {
                        assert_non_null(syscall_group(*m));
                        continue;
                }
                for (size_t i = 0; i < seen->count; i++)
                        if (strcmp(seen->names[i], *m) == 0)
                                fail_msg("%s is in two groups", *m);
                assert_true(seen->count < SEEN);
                seen->names[seen->count++] = *m;
        }
}

static void test_groups_have_each_call_once(void **state)
{
        struct seen seen = {.count = 0};
        (void)state;

        syscall_groups(check_group, &seen);
        for (size_t i = 0; i < seen.count; i++) /* a name is right, or belongs to another architecture */
                if (syscall_number(seen.names[i]) < 0 && seccomp_syscall_resolve_name(seen.names[i]) == __NR_SCMP_ERROR)
                        fail_msg("no architecture has a call named %s", seen.names[i]);
        assert_null(syscall_group("@nonsense"));
        assert_null(syscall_group("read"));
}

static void test_no_call_is_forgotten(void **state)
{
        (void)state;
        for (int number = 0; number <= LAST_NUMBER; number++) {
                char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
                if (name && !syscall_name(number))
                        fail_msg("%s (%d) is in no group", name, number);
                if (name)
                        assert_int_equal(syscall_number(syscall_name(number)), number);
                free(name);
        }
        assert_null(syscall_name(-1));
        assert_null(syscall_name(LAST_NUMBER));
        assert_int_equal(syscall_number("nonsense"), -1);
        assert_int_equal(syscall_number("@basic"), -1);
        assert_true(syscall_number("openat") >= 0);
}
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
        switch (rule->action) {
        case FILTER_ALLOW:
                return SCMP_ACT_ALLOW;
        case FILTER_NOTIFY:
                return SCMP_ACT_NOTIFY;
        case FILTER_ERRNO:
                return SCMP_ACT_ERRNO(rule->error);
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
                for (unsigned t = 0; t < rule->test_count; t++) {
                        const struct filter_test *test = &rule->tests[t];
                        scmp_filter_ctx ctx = new_context(SCMP_ACT_ALLOW);
                        assert_int_equal(
                                seccomp_rule_add(ctx, SCMP_ACT_ERRNO(1), rule->number, 1,
                                                 SCMP_CMP(test->arg, SCMP_CMP_MASKED_EQ, test->mask, test->value)),
                                0);
                        ref.tests[i][t] = export(ctx);
                }
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
                bool holds = true;
                for (unsigned t = 0; t < rule->test_count; t++) {
                        const struct sock_fprog *program = &ref->tests[rule - ref->filter->rules][t];
                        bool equal = bpf_simulate(program, data) == SCMP_ACT_ERRNO(1);
                        holds = holds && equal != rule->tests[t].differs;
                }
                if (holds)
                        return action_of(rule);
        }
}

/* ---- every call, with every argument that could matter --------------------------------------------------------- */

#define VALUES 64
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

static void add_edges(struct values *v, const struct filter_rule *rule)
{
        for (; rule && rule->test_count > 0; rule++)
                for (unsigned t = 0; t < rule->test_count; t++) {
                        const struct filter_test *test = &rule->tests[t];
                        add_value(v, test->arg, test->value);
                        add_value(v, test->arg, test->value | HIGH);
                        add_value(v, test->arg, test->value ^ (test->mask & -test->mask));
                        add_value(v, test->arg, test->value | ~test->mask);
                        add_value(v, test->arg, test->mask);
                        add_value(v, test->arg, UINT64_MAX);
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

/* Steps through all combinations, as an odometer does. */
static bool next_combination(const struct values *v, size_t at[6])
{
        for (unsigned arg = 0; arg < 6; arg++) {
                if (++at[arg] < v->count[arg])
                        return true;
                at[arg] = 0;
        }
        return false;
}

static unsigned differences(const struct sock_fprog *program, const struct reference *ref, uint32_t number,
                            uint32_t arch)
{
        const struct filter_rule *rule = rules_of(ref->filter, number);
        struct values values;
        size_t at[6] = {0};
        unsigned different = 0;

        choose_values(&values, ref->filter, number);
        do {
                struct seccomp_data data = {.nr = (int)number, .arch = arch, .instruction_pointer = UINT64_MAX};
                for (unsigned arg = 0; arg < 6; arg++)
                        data.args[arg] = values.of[arg][at[arg]];
                uint32_t ours = bpf_simulate(program, &data), theirs = reference_verdict(ref, rule, &data);
                different += ours != theirs;
        } while (next_combination(&values, at));
        return different;
}

static bool equal(const struct sock_fprog *program, const struct reference *ref)
{
        for (uint32_t number = 0; number <= LAST_NUMBER; number++)
                if (differences(program, ref, number, seccomp_arch_native()) > 0)
                        return false;
        return true;
}

static void test_equals_libseccomp(void **state)
{
        (void)state;
        for (size_t w = 0; w < COUNT(wishes); w++) {
                struct filter filter = compile(&wishes[w]);
                struct reference ref = reference_new(&filter);
                for (uint32_t number = 0; number <= LAST_NUMBER; number++)
                        if (differences(&filter.program, &ref, number, seccomp_arch_native()) > 0)
                                fail_msg("%s: call %u: not as libseccomp has it", wishes[w].name, number);
                reference_free(&ref);
                filter_free(&filter);
        }
}

static void test_foreign_entries_as_libseccomp(void **state)
{
        static const uint32_t foreign[] = {AUDIT_ARCH_I386,    AUDIT_ARCH_ARM,        AUDIT_ARCH_X86_64 ^ 1,
                                           AUDIT_ARCH_RISCV32, AUDIT_ARCH_S390X,      0,
                                           UINT32_MAX,         AUDIT_ARCH_MIPSEL64N32};
        struct filter filter = compile(&wishes[0]);
        struct reference ref = reference_new(&filter);
        (void)state;

        for (size_t i = 0; i < COUNT(foreign); i++)
                for (uint32_t number = 0; number <= LAST_NUMBER; number++) {
                        struct seccomp_data data = {.nr = (int)number, .arch = foreign[i]};
                        assert_int_equal(bpf_simulate(&filter.program, &data), SECCOMP_RET_KILL_PROCESS);
                        assert_int_equal(bpf_simulate(&ref.calls, &data), SECCOMP_RET_KILL_PROCESS);
                }
        reference_free(&ref);
        filter_free(&filter);
}

/* libseccomp counts x32 as a foreign architecture; here such numbers are merely unknown. Refused by both. */
static void test_x32_numbers_do_not_exist(void **state)
{
        struct filter filter = compile(&wishes[2]);
        struct reference ref = reference_new(&filter);
        (void)state;

        for (uint32_t number = 0; number <= LAST_NUMBER; number++) {
                struct seccomp_data data = {.nr = (int)(X32 | number), .arch = seccomp_arch_native()};
                assert_int_equal(bpf_simulate(&filter.program, &data), SCMP_ACT_ERRNO(ENOSYS));
                assert_int_not_equal(bpf_simulate(&ref.calls, &data), SCMP_ACT_ALLOW);
        }
        for (unsigned bit = 11; bit < 32; bit++) {
                struct seccomp_data data = {.nr = (int)(1u << bit), .arch = seccomp_arch_native()};
                assert_int_equal(bpf_simulate(&filter.program, &data), SCMP_ACT_ERRNO(ENOSYS));
                data.nr = (int)-(1u << bit);
                assert_int_equal(bpf_simulate(&filter.program, &data), SCMP_ACT_ERRNO(ENOSYS));
        }
        reference_free(&ref);
        filter_free(&filter);
}

/* chmod and fchmod, say, are followed by the same tests: it makes no difference which of the two a call is taken
 * for. */
static bool alike(const struct filter *filter, uint32_t number, uint32_t other)
{
        const struct filter_rule *a = rules_of(filter, number), *b = rules_of(filter, other);
        for (; a && b && action_of(a) == action_of(b) && a->test_count == b->test_count; a++, b++) {
                if (memcmp(a->tests, b->tests, sizeof(a->tests)) != 0)
                        return false;
                if (a->test_count == 0)
                        return true;
        }
        return false;
}

/* The comparison must see every wrong verdict: each return and each compared value of the program, spoilt one at a
 * time, is noticed. */
static void test_comparison_notices_damage(void **state)
{
        struct filter filter = compile(&wishes[0]);
        struct reference ref = reference_new(&filter);
        unsigned tried = 0, missed = 0;
        (void)state;

        assert_true(equal(&filter.program, &ref));
        for (unsigned i = 4; i < filter.program.len; i++) { /* the entry has its own test */
                struct sock_filter *code = &filter.program.filter[i], good = *code;
                if (BPF_CLASS(good.code) == BPF_RET)
                        code->k = good.k == SECCOMP_RET_KILL_PROCESS ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS;
                else if (good.code == (BPF_JMP | BPF_JGE | BPF_K) || good.code == (BPF_JMP | BPF_JEQ | BPF_K))
                        code->k = good.k + 1;
                else
                        continue;
                tried++;
                bool harmless = BPF_OP(good.code) == BPF_JGE && alike(&filter, good.k, good.k - 1);
                if (!harmless && equal(&filter.program, &ref)) {
                        missed++;
                        print_error("instruction %u: %#x %u %u %#x\n", i, good.code, good.jt, good.jf, good.k);
                }
                *code = good;
        }
        assert_true(tried > 50);
        assert_int_equal(missed, 0);
        reference_free(&ref);
        filter_free(&filter);
}
/* ---- cost ------------------------------------------------------------------------------------------------------- */

/* A launch pays for this: about 40 µs and 200 instructions. The bound is what would be noticed as a mistake in kind. */
static void test_cheap(void **state)
{
        struct timespec from, to;
        int64_t best = INT64_MAX;
        (void)state;

        for (unsigned round = 0; round < 20; round++) {
                clock_gettime(CLOCK_MONOTONIC, &from);
                struct filter filter = compile(&wishes[2]);
                clock_gettime(CLOCK_MONOTONIC, &to);
                int64_t took = (to.tv_sec - from.tv_sec) * 1000000000 + (to.tv_nsec - from.tv_nsec);
                best = took < best ? took : best;
                if (round == 0)
                        print_message("           %u instructions\n", filter.program.len);
                filter_free(&filter);
        }
        print_message("           %ld us to make\n", (long)(best / 1000));
        assert_true(best < 2000000);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                counted_test(test_groups_have_each_call_once),
                counted_test(test_no_call_is_forgotten),
                counted_test(test_equals_libseccomp),
                counted_test(test_foreign_entries_as_libseccomp),
                counted_test(test_x32_numbers_do_not_exist),
                counted_test(test_comparison_notices_damage),
                counted_test(test_cheap),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
