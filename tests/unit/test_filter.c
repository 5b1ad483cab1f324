/* The filter is data that the kernel will believe. Here every verdict is compared with what libseccomp makes of the same
 * rules: both programs run through a simulator, for every call and every edge of every argument that is tested. */
#include "policy/refusal.h"
#include "tests/unit/filter_reference.h"

#include <linux/audit.h>
#include <time.h>

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

#define TOLD(error) (SECCOMP_RET_USER_NOTIF | (uint32_t)(error))

static bool serves(const struct named_wish *named, int number)
{
        int numbers[BROKERED_CALLS_MOST];
        unsigned families = named->brokered;
        if (families & FAMILY_OPEN)
                families |= (named->wish.names ? FAMILY_NAMES : 0) | (named->wish.metadata ? FAMILY_METADATA : 0);
        size_t count = standard_calls(numbers, families);
        for (size_t i = 0; i < count; i++)
                if (numbers[i] == number)
                        return true;
        return false;
}

static uint32_t expected(const struct filter_rule *rule)
{
        return !rule ? SCMP_ACT_ERRNO(ENOSYS) : rule->verdict.told ? TOLD(rule->verdict.error) : action_of(rule);
}

/* Refusals that the broker tells of: the rules say what the program says, and nothing is sent there that the kernel would allow. */
static void test_rules_say_what_the_program_says(void **state)
{
        (void)state;
        for (size_t w = 0; w < COUNT(wishes); w++) {
                struct filter filter = compile(&wishes[w]);
                unsigned told = 0;
                for (uint32_t number = 0; number <= 700; number++) {
                        struct values values;
                        choose_values(&values, &filter, number);
                        struct walk walk = walk_begin(&values);
                        bool served = serves(&wishes[w], (int)number);
                        do {
                                struct seccomp_data data = {.nr = (int)number, .arch = seccomp_arch_native()};
                                uint64_t args[6];
                                for (unsigned arg = 0; arg < 6; arg++)
                                        args[arg] = data.args[arg] = values.of[arg][walk.at[arg]];
                                uint32_t said = bpf_run(&filter.program, &data);
                                assert_int_equal(said, expected(filter_judge(&filter, (int)number, args)));
                                bool asked = (said & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
                                assert_true(!asked || served == ((said & SECCOMP_RET_DATA) == 0));
                                told += asked && !served;
                        } while (walk_on(&values, &walk));
                }
                assert_int_equal(told > 0, (wishes[w].brokered & FAMILY_OPEN) != 0);
                assert_true(told == 0 || filter.notify);
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
                for (unsigned t = 0; t < a->test_count; t++)
                        if (a->tests[t]->arg != b->tests[t]->arg || a->tests[t]->mask != b->tests[t]->mask ||
                            a->tests[t]->value != b->tests[t]->value || a->tests[t]->negated != b->tests[t]->negated)
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
                counted_test(test_rules_say_what_the_program_says),
                counted_test(test_foreign_entries_as_libseccomp),
                counted_test(test_x32_numbers_do_not_exist),
                counted_test(test_comparison_notices_damage),
                counted_test(test_cheap),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
