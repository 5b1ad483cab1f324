/* The filter is data that the kernel will believe, so it is proven three ways: every verdict equals what libseccomp
 * makes of the same rules, run through a simulator; what matters is written down call by call; and the kernel is
 * asked. */
#include "tests/unit/bpf_simulator.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "policy/syscalls.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HIGH (UINT64_C(1) << 32)
#define LAST_NUMBER 1100
#define X32 0x40000000

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

/* ---- wishes ---------------------------------------------------------------------------------------------------- */

static const struct syscall_rule basic[] = {{.name = "@basic"}};
static const struct syscall_rule tight[] = {{.name = "@io"}, {.name = "socket"}, {.name = "mount"}};
static const struct syscall_rule less[] = {{.deny = true, .name = "@file-system"},
                                           {.name = "openat"},
                                           {.deny = true, .name = "inotify_init1"},
                                           {.name = "@default"},
                                           {.name = "execve"},
                                           {.deny = true, .name = "wait4"}};
static const struct syscall_rule only_deny[] = {{.deny = true, .name = "@network-io"}, {.deny = true, .name = "kill"}};
static const struct syscall_rule everything[] = {
        {.name = "@default"},         {.name = "@mount"},    {.name = "@kernel"},  {.name = "@admin"},
        {.name = "@other-processes"}, {.name = "@io-uring"}, {.name = "@clock"},   {.name = "@namespace"},
        {.name = "unshare"},          {.name = "ptrace"},    {.name = "@keyring"}, {.name = "bpf"},
        {.name = "@raw-io"},          {.name = "@numa"}};

#define RULES(table) .rules = table, .rule_count = COUNT(table)

static int opens[4];
static size_t open_count;

static const struct named_wish {
        const char *name;
        struct filter_wish wish;
        bool brokered;
} wishes[] = {
        {"default", {.net = NET_NONE}, false},
        {"default, brokered", {.net = NET_NONE}, true},
        {"default, host net", {.net = NET_HOST}, true},
        {"default, loopback", {.net = NET_LOOPBACK}, false},
        {"basic", {RULES(basic)}, false},
        {"basic, brokered", {RULES(basic), .net = NET_HOST}, true},
        {"no path metadata", {.no_path_metadata = true}, true},
        {"tight", {RULES(tight), .net = NET_HOST}, false},
        {"less", {RULES(less), .net = NET_LOOPBACK}, true},
        {"only deny", {RULES(only_deny)}, false},
        {"everything", {RULES(everything), .net = NET_HOST, .no_path_metadata = true}, false},
};

static struct filter compile(const struct named_wish *named)
{
        struct filter filter;
        struct filter_wish wish = named->wish;

        if (named->brokered) {
                wish.notify = opens;
                wish.notify_count = open_count;
        }
        assert_int_equal(filter_compile(&filter, &wish), 0);
        assert_true(filter.program.len > 10 && filter.program.len < 600);
        return filter;
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

/* ---- what matters, call by call -------------------------------------------------------------------------------- */

#define OK SECCOMP_RET_ALLOW
#define ASK SECCOMP_RET_USER_NOTIF
#define ERR(code) (SECCOMP_RET_ERRNO | (code))

struct expectation {
        const char *call;
        uint64_t args[6];
        uint32_t verdict;
};

static void expect_all(const char *wish, const struct expectation *table, size_t count)
{
        size_t w = 0;
        while (strcmp(wishes[w].name, wish) != 0)
                assert_true(++w < COUNT(wishes));
        struct filter filter = compile(&wishes[w]);

        for (size_t i = 0; i < count; i++) {
                struct seccomp_data data = {.nr = syscall_number(table[i].call), .arch = seccomp_arch_native()};
                if (data.nr < 0) /* another architecture's */
                        continue;
                memcpy(data.args, table[i].args, sizeof(data.args));
                uint32_t verdict = bpf_simulate(&filter.program, &data);
                if (verdict != table[i].verdict)
                        fail_msg("%s, line %zu: %s is %#x, not %#x", wish, i, table[i].call, verdict, table[i].verdict);
        }
        filter_free(&filter);
}

static const struct expectation default_calls[] = {
        {"read", {0}, OK},
        {"mmap", {0, 4096, PROT_READ | PROT_EXEC}, OK},
        {"execve", {0}, OK},
        {"futex", {0}, OK},
        {"ptrace", {0}, ERR(EPERM)},
        {"process_vm_readv", {0}, ERR(EPERM)},
        {"pidfd_open", {0}, OK},
        {"pidfd_getfd", {0}, ERR(EPERM)},
        {"io_setup", {0}, OK},
        {"io_uring_setup", {0}, ERR(ENOSYS)},
        {"io_uring_enter", {0}, ERR(ENOSYS)},
        {"unshare", {0}, ERR(EPERM)},
        {"setns", {0}, ERR(EPERM)},
        {"mount", {0}, ERR(EPERM)},
        {"open_tree", {0}, ERR(EPERM)},
        {"open_tree_attr", {0}, ERR(EPERM)},
        {"fsmount", {0}, ERR(EPERM)},
        {"chroot", {0}, ERR(EPERM)},
        {"chdir", {0}, OK},
        {"name_to_handle_at", {0}, OK},
        {"open_by_handle_at", {0}, ERR(EPERM)},
        {"bpf", {0}, ERR(EPERM)},
        {"userfaultfd", {0}, ERR(EPERM)},
        {"keyctl", {0}, ERR(ENOSYS)},
        {"perf_event_open", {0}, ERR(EPERM)},
        {"clock_gettime", {0}, OK},
        {"clock_settime", {0}, ERR(EPERM)},
        {"inotify_add_watch", {0}, OK},
        {"fanotify_init", {0}, ERR(EPERM)},
        {"landlock_restrict_self", {0}, OK},
        {"mbind", {0}, ERR(EPERM)},
        {"memfd_secret", {0}, ERR(ENOSYS)},
        {"uselib", {0}, ERR(ENOSYS)},

        {"clone", {CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_SETTLS}, OK},
        {"clone", {CLONE_NEWUSER | 17}, ERR(EPERM)},
        {"clone", {HIGH | CLONE_NEWNS}, ERR(EPERM)},
        {"clone", {CLONE_NEWPID | CLONE_NEWNET}, ERR(EPERM)},
        {"clone3", {0}, ERR(ENOSYS)},
        {"vfork", {0}, OK},

        {"ioctl", {0, TCGETS}, OK},
        {"ioctl", {0, TIOCGWINSZ}, OK},
        {"ioctl", {0, TIOCSTI}, ERR(EPERM)},
        {"ioctl", {0, HIGH | TIOCSTI}, ERR(EPERM)},
        {"ioctl", {0, 0xffffffff00000000 | TIOCSTI}, ERR(EPERM)},
        {"ioctl", {0, 0x541c}, ERR(EPERM)},
        {"ioctl", {0, TIOCSETD}, ERR(EPERM)},

        {"personality", {0}, OK},
        {"personality", {0xffffffff}, OK},
        {"personality", {UINT64_MAX}, OK},
        {"personality", {ADDR_NO_RANDOMIZE}, OK},
        {"personality", {READ_IMPLIES_EXEC}, ERR(EPERM)},
        {"personality", {PER_LINUX32}, ERR(EPERM)},

        {"seccomp", {1, 0}, OK},
        {"seccomp", {1, SECCOMP_FILTER_FLAG_NEW_LISTENER}, ERR(EBUSY)},
        {"seccomp", {2, 0}, OK},

        {"chmod", {0, 0755}, OK},
        {"chmod", {0, 01777}, OK},
        {"chmod", {0, 04755}, ERR(EPERM)},
        {"fchmod", {0, 02755}, ERR(EPERM)},
        {"fchmod", {0, HIGH | 06000}, ERR(EPERM)},
        {"fchmodat", {0, 0, 0644}, OK},
        {"fchmodat", {0, 0, 04644}, ERR(EPERM)},
        {"fchmodat2", {0, 0, 04644}, ERR(EPERM)},
        {"mknod", {0, S_IFREG | 0644}, OK},
        {"mknod", {0, S_IFIFO | 0644}, OK},
        {"mknod", {0, S_IFREG | 04755}, ERR(EPERM)},
        {"mknod", {0, S_IFCHR | 0644}, ERR(EPERM)},
        {"mknodat", {0, 0, S_IFBLK | 0644}, ERR(EPERM)},
        {"utimensat", {0, 1}, OK},
        {"setxattr", {0}, OK},

        {"open", {0, O_RDONLY, 0xdead6777}, OK}, /* not looked at by the kernel either */
        {"open", {0, O_CREAT | O_WRONLY, 0666}, OK},
        {"open", {0, O_CREAT | O_WRONLY, 04755}, ERR(EPERM)},
        {"openat", {0, 0, O_CREAT | O_EXCL, 02600}, ERR(EPERM)},
        {"openat", {0, 0, O_TMPFILE | O_RDWR, 04700}, ERR(EPERM)},
        {"openat", {0, 0, O_DIRECTORY, 04700}, OK},
        {"openat2", {0}, ERR(ENOSYS)},
        {"creat", {0, 0644}, OK},
        {"creat", {0, 04755}, ERR(EPERM)},
};

static void test_default_calls(void **state)
{
        (void)state;
        expect_all("default", default_calls, COUNT(default_calls));
}

static void test_brokered_opens(void **state)
{
        static const struct expectation table[] = {
                {"open", {0}, ASK},
                {"openat", {0}, ASK},
                {"openat2", {0}, ASK},
                {"creat", {0}, ASK},
                {"openat", {0, 0, O_CREAT, 04755}, ASK}, /* the broker refuses it, and says so */
                {"stat", {0}, OK},
                {"execve", {0}, OK},
                {"openat", {UINT64_MAX, UINT64_MAX, UINT64_MAX}, ASK},
                {"sendmsg", {0}, OK},
                {"close", {0}, OK},
                {"open_by_handle_at", {0}, ERR(EPERM)},
        };
        static const struct expectation denied[] = {
                {"open", {0}, ERR(EPERM)},
                {"creat", {0}, ERR(EPERM)},
                {"openat", {0}, ASK},
                {"stat", {0}, ERR(EPERM)},
                {"chmod", {0}, ERR(EPERM)},
                {"wait4", {0}, OK},
                {"inotify_init1", {0}, ERR(ENOSYS)},
                {"inotify_add_watch", {0}, OK},
                {"statx", {0}, ERR(ENOSYS)},
                {"execve", {0}, OK},
                {"read", {0}, OK},
        };
        (void)state;
        expect_all("default, brokered", table, COUNT(table));
        expect_all("less", denied, COUNT(denied));
}

static void test_sockets(void **state)
{
        static const struct expectation none[] = {
                {"socket", {AF_UNIX, SOCK_STREAM}, ERR(EACCES)},
                {"socket", {AF_INET, SOCK_STREAM}, ERR(EACCES)},
                {"connect", {3, 1, 16}, ERR(EACCES)},
                {"sendto", {3, 1, 1, 0, 0, 0}, OK},
                {"sendto", {3, 1, 1, 0, 1, 16}, ERR(EACCES)},
                {"sendto", {3, 1, 1, 0, HIGH, 16}, ERR(EACCES)},
                {"socketpair", {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC}, OK},
                {"socketpair", {AF_UNIX, SOCK_SEQPACKET}, OK},
                {"socketpair", {AF_UNIX, SOCK_DGRAM}, ERR(EACCES)},
                {"socketpair", {AF_UNIX, SOCK_RAW}, ERR(EACCES)},
                {"socketpair", {HIGH | AF_UNIX, HIGH | SOCK_DGRAM}, ERR(EACCES)},
                {"socketpair", {AF_TIPC, SOCK_STREAM}, ERR(EACCES)},
                {"recvmsg", {0}, OK},
        };
        static const struct expectation host[] = {
                {"socket", {AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0}, OK},
                {"socket", {AF_INET6, SOCK_DGRAM, IPPROTO_UDP}, OK},
                {"socket", {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}, OK},
                {"socket", {HIGH | AF_INET, SOCK_STREAM, IPPROTO_TCP}, OK},
                {"socket", {AF_INET, SOCK_RAW, 0}, ERR(EPERM)},
                {"socket", {AF_INET, SOCK_SEQPACKET, 0}, ERR(EPERM)},
                {"socket", {AF_INET, SOCK_STREAM, IPPROTO_SCTP}, ERR(EPROTONOSUPPORT)},
                {"socket", {AF_UNIX, SOCK_STREAM, 0}, ERR(EACCES)},
                {"socket", {HIGH | AF_UNIX, SOCK_STREAM, 0}, ERR(EACCES)},
                {"socket", {AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0}, OK},
                {"socket", {AF_NETLINK, SOCK_RAW, 12}, ERR(EAFNOSUPPORT)}, /* NETLINK_NETFILTER */
                {"socket", {AF_VSOCK, SOCK_STREAM, 0}, ERR(EAFNOSUPPORT)},
                {"socket", {AF_PACKET, SOCK_DGRAM, 0}, ERR(EAFNOSUPPORT)},
                {"socket", {AF_ALG, SOCK_SEQPACKET, 0}, ERR(EAFNOSUPPORT)},
                {"connect", {3, 1, 16}, OK},
                {"sendto", {3, 1, 1, 0, 1, 16}, OK},
        };
        static const struct expectation basic_only[] = {
                {"socket", {AF_INET, SOCK_STREAM, 0}, ERR(EPERM)},
                {"socketpair", {AF_UNIX, 1}, ERR(EPERM)},
                {"connect", {0}, ERR(EPERM)},
                {"recvmsg", {0}, OK},
                {"shmget", {0}, ERR(EPERM)},
                {"clone", {CLONE_VM}, OK},
                {"mprotect", {0}, OK},
                {"setuid", {0}, ERR(EPERM)},
                {"getuid", {0}, OK},
        };
        (void)state;
        expect_all("default", none, COUNT(none));
        expect_all("default, host net", host, COUNT(host));
        expect_all("default, loopback", host, COUNT(host));
        expect_all("basic, brokered", basic_only, COUNT(basic_only));
}

static void test_no_path_metadata(void **state)
{
        static const struct expectation table[] = {
                {"chmod", {0, 0644}, ERR(EPERM)},
                {"fchmod", {0, 0644}, OK},
                {"fchmodat", {0}, ERR(EPERM)},
                {"fchmodat2", {0}, ERR(EPERM)},
                {"chown", {0}, ERR(EPERM)},
                {"fchown", {0}, OK},
                {"lchown", {0}, ERR(EPERM)},
                {"fchownat", {0}, ERR(EPERM)},
                {"utime", {0}, ERR(EPERM)},
                {"utimes", {0}, ERR(EPERM)},
                {"utimensat", {3, 0}, OK},
                {"utimensat", {3, 1}, ERR(EPERM)},
                {"utimensat", {3, HIGH}, ERR(EPERM)},
                {"futimesat", {3, 1}, ERR(EPERM)},
                {"futimesat", {3, 0}, OK},
                {"setxattr", {0}, ERR(EPERM)},
                {"fsetxattr", {0}, OK},
                {"lsetxattr", {0}, ERR(EPERM)},
                {"setxattrat", {0}, ERR(EPERM)},
                {"removexattr", {0}, ERR(EPERM)},
                {"getxattr", {0}, OK},
                {"file_setattr", {0}, ERR(EPERM)},
        };
        (void)state;
        expect_all("no path metadata", table, COUNT(table));
}

static void test_no_policy_allows_what_goes_round_the_broker(void **state)
{
        static const struct expectation table[] = {
                {"unshare", {0}, ERR(EPERM)}, {"ptrace", {0}, ERR(EPERM)}, {"bpf", {0}, ERR(EPERM)},
                {"mount", {0}, ERR(EPERM)},   {"setns", {0}, ERR(EPERM)},  {"io_uring_setup", {0}, ERR(ENOSYS)},
                {"keyctl", {0}, ERR(ENOSYS)}, {"iopl", {0}, ERR(EPERM)},   {"mbind", {0}, OK},
                {"clone3", {0}, ERR(ENOSYS)}, {"reboot", {0}, ERR(EPERM)}, {"clone", {CLONE_NEWUSER}, ERR(EPERM)},
        };
        (void)state;
        expect_all("everything", table, COUNT(table));
        assert_int_equal(syscall_fate("unshare"), SYSCALL_REFUSED);
        assert_int_equal(syscall_fate("@mount"), SYSCALL_REFUSED);
        assert_int_equal(syscall_fate("execve"), SYSCALL_NEEDED);
        assert_int_equal(syscall_fate("socket"), SYSCALL_FREE);
        assert_int_equal(syscall_fate("@default"), SYSCALL_FREE);
}

/* Deny beats allow among equals, and order does not matter. */
static void test_rule_order_never_matters(void **state)
{
        struct syscall_rule turned[COUNT(less)];
        struct filter a, b;
        (void)state;

        for (size_t i = 0; i < COUNT(less); i++)
                turned[i] = less[COUNT(less) - 1 - i];
        assert_int_equal(filter_compile(&a, &(struct filter_wish){RULES(less)}), 0);
        assert_int_equal(filter_compile(&b, &(struct filter_wish){RULES(turned)}), 0);
        assert_int_equal(a.rule_count, b.rule_count);
        assert_memory_equal(a.rules, b.rules, a.rule_count * sizeof(*a.rules));
        filter_free(&a);
        filter_free(&b);
}

/* ---- the kernel is asked --------------------------------------------------------------------------------------- */

static void load_or_die(const struct filter *filter)
{
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter->program) < 0)
                _exit(99);
}

static bool refuses(long result, int error)
{
        return result == -1 && errno == error;
}

/* The number of the first thing that was not as it should be; 0: all were. */
static int try_calls(void)
{
        int fds[2], memory = memfd_create("t", MFD_CLOEXEC);
        long page = sysconf(_SC_PAGESIZE);
        pid_t pid;

        if (memory < 0 || getpid() <= 0)
                return 1;
        if (fchmod(memory, 0640) < 0 || !refuses(fchmod(memory, 04755), EPERM))
                return 2;
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 || !refuses(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), EACCES))
                return 3;
        if (!refuses(socket(AF_UNIX, SOCK_STREAM, 0), EACCES) || !refuses(socket(AF_INET, SOCK_STREAM, 0), EACCES))
                return 4;
        if (!refuses(unshare(CLONE_NEWUSER), EPERM) ||
            !refuses(syscall(SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0, 0), EPERM))
                return 5;
        pid = fork();
        if (pid == 0)
                _exit(7);
        int status;
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
                return 6;
        if (!refuses(syscall(SYS_clone3, NULL, 0), ENOSYS) || !refuses(syscall(9999), ENOSYS))
                return 7;
        if (!refuses(ioctl(0, TIOCSTI, "x"), EPERM) || !refuses(syscall(SYS_ioctl, 0, HIGH | TIOCSTI, "x"), EPERM))
                return 8;
        if (personality(0xffffffff) < 0 || !refuses(personality(READ_IMPLIES_EXEC), EPERM))
                return 9;
        if (!refuses(syscall(SYS_mount, 0, 0, 0, 0, 0), EPERM) || !refuses(syscall(SYS_ptrace, 0, 0, 0, 0), EPERM))
                return 10;
        if (mmap(NULL, (size_t)page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
                return 11;
        if (!refuses(syscall(X32 | SYS_getpid), ENOSYS))
                return 12;
        return 0;
}

static int in_child(const struct filter *filter, int (*fn)(void))
{
        int status;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                if (filter)
                        load_or_die(filter);
                _exit(fn());
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return status;
}

static void test_the_kernel_agrees(void **state)
{
        struct filter filter = compile(&wishes[0]);
        (void)state;
        assert_int_equal(in_child(&filter, try_calls), 0);
        assert_int_not_equal(in_child(NULL, try_calls), 0); /* without the filter it is not so */
        filter_free(&filter);
}

#ifdef __x86_64__
static int enter_by_i386(void)
{
        long result = 20; /* getpid there; writev here */
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "rcx", "r8", "r9", "r10", "r11");
        return 3;
}

static void test_the_other_entry_kills(void **state)
{
        struct filter filter = compile(&wishes[0]);
        (void)state;
        int status = in_child(&filter, enter_by_i386);
        assert_true(WIFSIGNALED(status));
        assert_true(WTERMSIG(status) == SIGSYS ||
                    WTERMSIG(status) == SIGSEGV); /* SIGSEGV: a kernel without that entry */
        filter_free(&filter);
}
#endif

/* A launch pays for this: about 40 µs and 200 instructions. The bound is what would be noticed as a mistake in kind.
 * */
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
        static const char *const names[] = {"open", "openat", "openat2", "creat"};
        static const struct CMUnitTest tests[] = {
                counted_test(test_groups_have_each_call_once),
                counted_test(test_no_call_is_forgotten),
                counted_test(test_equals_libseccomp),
                counted_test(test_foreign_entries_as_libseccomp),
                counted_test(test_x32_numbers_do_not_exist),
                counted_test(test_comparison_notices_damage),
                counted_test(test_default_calls),
                counted_test(test_brokered_opens),
                counted_test(test_sockets),
                counted_test(test_no_path_metadata),
                counted_test(test_no_policy_allows_what_goes_round_the_broker),
                counted_test(test_rule_order_never_matters),
                counted_test(test_the_kernel_agrees),
#ifdef __x86_64__
                counted_test(test_the_other_entry_kills),
#endif
                counted_test(test_cheap),
        };
        for (size_t i = 0; i < COUNT(names); i++)
                if (syscall_number(names[i]) >= 0)
                        opens[open_count++] = syscall_number(names[i]);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
