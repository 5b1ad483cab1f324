/* How the lines of a policy combine. What is written in policy/syscalls.h and cordon-policy(5) is spelt out here once more, as a
 * function from lines and arguments to a verdict, and compared with the program, under all orders and for rule sets made by
 * chance. */
#include "tests/unit/filter_reference.h"

#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "policy/guards.h"

#define OK SECCOMP_RET_ALLOW
#define LOG SECCOMP_RET_LOG
#define ASK SECCOMP_RET_USER_NOTIF
#define DIE SECCOMP_RET_KILL_PROCESS
#define ERR(code) (SECCOMP_RET_ERRNO | (code))

static uint32_t verdict_of(const struct filter *f, const char *call, const uint64_t args[6])
{
        struct seccomp_data data = {.nr = syscall_number(call), .arch = seccomp_arch_native()};
        memcpy(data.args, args, sizeof(data.args));
        return bpf_simulate(&f->program, &data);
}

/* ---- the meaning, once more ------------------------------------------------------------------------------------- */

static bool compares(const struct call_test *t, uint64_t arg, uint64_t value)
{
        arg &= t->mask;
        return t->compare == COMPARE_EQUAL      ? arg == value
               : t->compare == COMPARE_AT_LEAST ? arg >= value
                                                : arg > value;
}

static bool rule_holds(const struct syscall_rule *r, const uint64_t args[6])
{
        for (size_t i = 0; i < r->test_count; i++) {
                const struct call_test *t = &r->tests[i];
                bool any = compares(t, args[t->arg], t->value);
                for (size_t j = 0; j < t->more_count; j++)
                        any = any || compares(t, args[t->arg], t->more[j]);
                if (any == t->negated)
                        return false;
        }
        return true;
}

/* The errno that counts: one that is written, of the nearest file, the lowest. */
static bool errno_beats(const struct syscall_rule *a, const struct syscall_rule *b)
{
        if (!a->error != !b->error)
                return a->error != 0;
        if (a->use_depth != b->use_depth)
                return a->use_depth < b->use_depth;
        return a->error < b->error;
}

static bool in_group(const char *group, const char *call)
{
        for (const char *const *m = syscall_group(group); *m; m++)
                if (**m == '@' ? in_group(*m, call) : strcmp(*m, call) == 0)
                        return true;
        return false;
}

/* For calls that the tables leave to the policy, without guards, and that do not fall back to others. */
static uint32_t meaning(const struct syscall_rule *rules, size_t count, const char *call, const uint64_t args[6])
{
        const struct syscall_rule *name = NULL, *group = NULL;
        bool limited = false, grants = false;

        for (size_t i = 0; i < count; i++) {
                const struct syscall_rule *r = &rules[i], **best = r->name[0] == '@' ? &group : &name;
                grants = grants || r->action == CALL_ALLOW;
                if (r->name[0] == '@' ? !in_group(r->name, call) : strcmp(r->name, call) != 0)
                        continue;
                limited = limited || (r->action == CALL_ALLOW && r->test_count > 0);
                if (!rule_holds(r, args))
                        continue;
                if (!*best || r->action > (*best)->action || (r->action == (*best)->action && errno_beats(r, *best)))
                        *best = r;
        }
        const struct syscall_rule *r = name ? name : limited ? NULL : group;
        if (!r && !limited && !grants && in_group("@default", call))
                return OK;
        if (!r)
                return ERR(EPERM);
        static const uint32_t verdicts[] = {[CALL_ALLOW] = OK, [CALL_LOG] = LOG, [CALL_DENY] = ERR(0), [CALL_KILL] = DIE};
        return verdicts[r->action] | (r->action == CALL_DENY ? r->error ? r->error : EPERM : 0);
}

static struct filter made(const struct syscall_rule *rules, size_t count)
{
        struct filter f;
        assert_int_equal(filter_compile(&f, &(struct filter_wish){.rules = rules, .rule_count = count, .net = NET_HOST}), 0);
        return f;
}

static void same_meaning(const struct filter *f, const struct syscall_rule *rules, size_t count, const char *call)
{
        struct values values;

        choose_values(&values, f, (uint32_t)syscall_number(call));
        struct walk walk = walk_begin(&values);
        if (walk.left > 400)
                walk.left = 400;
        do {
                uint64_t args[6];
                for (unsigned i = 0; i < 6; i++)
                        args[i] = values.of[i][walk.at[i]];
                uint32_t got = verdict_of(f, call, args), wanted = meaning(rules, count, call, args);
                if (got != wanted)
                        fail_msg("%s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx) is %#x, not %#x", call, (unsigned long)args[0],
                                 (unsigned long)args[1], (unsigned long)args[2], (unsigned long)args[3],
                                 (unsigned long)args[4], (unsigned long)args[5], got, wanted);
        } while (walk_on(&values, &walk));
}

/* ---- all orders --------------------------------------------------------------------------------------------------- */

#define AT(n) .origin = {"x.policy", n}
#define IF(a, m, v) .tests = (const struct call_test[]){{.arg = a, .mask = m, .value = v}}, .test_count = 1

static const struct syscall_rule orders[] = {
        {.action = CALL_ALLOW, .name = "lseek", IF(2, LOW, 0), AT(1)},
        {.action = CALL_DENY, .name = "lseek", .error = EINVAL, IF(1, ALL, 7), AT(2)},
        {.action = CALL_DENY, .name = "lseek", .error = EIO, IF(0, LOW, 3), AT(3)},
        {.action = CALL_DENY, .name = "lseek", .use_depth = 1, .error = EACCES, IF(0, LOW, 3), AT(4)},
        {.action = CALL_LOG, .name = "lseek", IF(1, ALL, 9), AT(5)},
        {.action = CALL_KILL, .name = "lseek", IF(1, ALL, HIGH), AT(6)},
};

static void permute(struct syscall_rule *rules, size_t from, size_t count, const struct sock_fprog *wanted, unsigned *tried)
{
        if (from == count) {
                struct filter f = made(rules, count);
                assert_int_equal(f.program.len, wanted->len);
                assert_memory_equal(f.program.filter, wanted->filter, wanted->len * sizeof(*wanted->filter));
                filter_free(&f);
                ++*tried;
                return;
        }
        for (size_t i = from; i < count; i++) {
                struct syscall_rule first = rules[from];
                rules[from] = rules[i];
                rules[i] = first;
                permute(rules, from + 1, count, wanted, tried);
                rules[i] = rules[from];
                rules[from] = first;
        }
}

static void every_order_makes_the_same_program(void **state)
{
        struct syscall_rule rules[COUNT(orders)];
        unsigned tried = 0;
        (void)state;

        memcpy(rules, orders, sizeof(orders));
        struct filter f = made(orders, COUNT(orders));
        permute(rules, 0, COUNT(orders), &f.program, &tried);
        assert_int_equal(tried, 720);
        same_meaning(&f, orders, COUNT(orders), "lseek");
        static const struct {
                uint64_t args[6];
                uint32_t verdict;
        } table[] = {
                {{1, 0, 0}, OK},          {{1, 0, HIGH}, OK},  {{1, 0, 1}, ERR(EPERM)}, {{1, 7, 0}, ERR(EINVAL)},
                {{3, 7, 0}, ERR(EIO)}, /* the lower number */
                {{3, 0, 0}, ERR(EIO)}, /* the nearer file */
                {{1, 9, 0}, LOG},         {{1, 9, 1}, LOG},    {{3, 9, 1}, ERR(EIO)},   {{3, HIGH, 0}, DIE},
        };
        for (size_t i = 0; i < COUNT(table); i++)
                assert_int_equal(verdict_of(&f, "lseek", table[i].args), table[i].verdict);
        filter_free(&f);
}

/* ---- ranks -------------------------------------------------------------------------------------------------------- */

struct case_of {
        const char *about;
        struct syscall_rule rules[4];
        const char *call;
        uint64_t args[6];
        uint32_t verdict;
};

static void names_groups_and_strictness(void **state)
{
        const struct case_of table[] = {
                {"a name beats a group", {{.action = CALL_KILL, .name = "@timers"}, {.name = "alarm"}}, "alarm", {0}, OK},
                {"but only that name", {{.action = CALL_KILL, .name = "@timers"}, {.name = "alarm"}}, "setitimer", {0}, DIE},
                {"kill before deny",
                 {{.action = CALL_DENY, .name = "alarm", .error = EIO}, {.action = CALL_KILL, .name = "alarm"}},
                 "alarm", {0}, DIE},
                {"deny before log", {{.action = CALL_LOG, .name = "alarm"}, {.action = CALL_DENY, .name = "alarm"}},
                 "alarm", {0}, ERR(EPERM)},
                {"log before allow", {{.name = "alarm"}, {.action = CALL_LOG, .name = "alarm"}}, "alarm", {0}, LOG},
                {"groups likewise", {{.name = "@default"}, {.action = CALL_LOG, .name = "@timer"}}, "alarm", {0}, LOG},
                {"a smaller group is not stronger", {{.action = CALL_DENY, .name = "@basic"}, {.name = "@timers"}},
                 "alarm", {0}, ERR(EPERM)},
                {"log alone leaves the default", {{.action = CALL_LOG, .name = "alarm"}}, "setitimer", {0}, OK},
                {"log allows what it names", {{.action = CALL_LOG, .name = "mbind"}}, "mbind", {0}, LOG},
                {"without tests holding, an allowed one is denied", {{.name = "@default"}, {.name = "alarm", IF(0, LOW, 5)}},
                 "alarm", {4}, ERR(EPERM)},
                {"and allowed where they hold", {{.name = "@basic-io"}, {.name = "alarm", IF(0, LOW, 5)}}, "alarm", {5}, OK},
                {"a denied one is what its group is", {{.name = "@default"}, {.action = CALL_DENY, .name = "alarm", IF(0, LOW, 5)}},
                 "alarm", {4}, OK},
                {"a logged one, too", {{.action = CALL_DENY, .name = "@timers"}, {.action = CALL_LOG, .name = "alarm", IF(0, LOW, 5)}},
                 "alarm", {4}, ERR(EPERM)},
                {"lines with tests add up", {{.name = "alarm", IF(0, LOW, 5)}, {.name = "alarm", IF(0, LOW, 6)}}, "alarm", {6}, OK},
                {"an errno of a group", {{.action = CALL_DENY, .name = "@timers", .error = EIO}}, "alarm", {0}, ERR(EIO)},
                {"a written errno before none", {{.action = CALL_DENY, .name = "alarm"},
                                                 {.action = CALL_DENY, .name = "alarm", .error = EIO, .use_depth = 3}},
                 "alarm", {0}, ERR(EIO)},
                {"a call that has a fallback", {{.action = CALL_DENY, .name = "statx"}}, "statx", {0}, ERR(ENOSYS)},
                {"which is there where tests limit it", {{.name = "statx", IF(0, LOW, 5)}}, "statx", {4}, ERR(EPERM)},
                {"a kill of the group before a guard",
                 {{.action = CALL_KILL, .name = "@network-io"}, {.action = CALL_LOG, .name = "socket", IF(0, LOW, AF_INET)}},
                 "socket", {AF_UNIX, SOCK_STREAM}, DIE},
                {"and the guard before what a name allows",
                 {{.action = CALL_KILL, .name = "@network-io"}, {.action = CALL_LOG, .name = "socket", IF(0, LOW, AF_INET)}},
                 "socket", {AF_INET, SOCK_RAW}, ERR(EPERM)},
                {"which else holds",
                 {{.action = CALL_KILL, .name = "@network-io"}, {.action = CALL_LOG, .name = "socket", IF(0, LOW, AF_INET)}},
                 "socket", {AF_INET, SOCK_STREAM}, LOG},
                {"unless an errno is written", {{.action = CALL_DENY, .name = "statx", .error = EPERM}}, "statx", {0}, ERR(EPERM)},
        };
        (void)state;

        for (size_t i = 0; i < COUNT(table); i++) {
                size_t count = 0;
                while (count < 4 && table[i].rules[count].name)
                        count++;
                struct filter f = made(table[i].rules, count);
                uint32_t verdict = verdict_of(&f, table[i].call, table[i].args);
                if (verdict != table[i].verdict)
                        fail_msg("%s: %#x, not %#x", table[i].about, verdict, table[i].verdict);
                filter_free(&f);
        }
}

/* ---- the tables stay on top ---------------------------------------------------------------------------------------- */

static void no_line_loosens_the_tables(void **state)
{
        const struct syscall_rule loose[] = {
                {.name = "@known"},
                {.name = "ptrace"},
                {.name = "mount", IF(0, ALL, 0)},
                {.action = CALL_LOG, .name = "@mount"},
                {.action = CALL_LOG, .name = "bpf"},
                {.name = "ioctl"},
                {.action = CALL_LOG, .name = "ioctl", IF(1, LOW, 0x5412)},
                {.name = "socket", IF(0, LOW, AF_UNIX)},
                {.action = CALL_LOG, .name = "socket", IF(2, LOW, 99)},
                {.name = "chmod", IF(1, LOW, 04755)},
        };
        struct filter f = made(loose, COUNT(loose));
        (void)state;

        assert_int_equal(verdict_of(&f, "ptrace", (uint64_t[6]){0}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "mount", (uint64_t[6]){0}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "bpf", (uint64_t[6]){0}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "io_uring_setup", (uint64_t[6]){0}), ERR(ENOSYS));
        assert_int_equal(verdict_of(&f, "ioctl", (uint64_t[6]){0, 0x5412}), ERR(EPERM)); /* TIOCSTI */
        assert_int_equal(verdict_of(&f, "ioctl", (uint64_t[6]){0, 0x5401}), OK);
        assert_int_equal(verdict_of(&f, "socket", (uint64_t[6]){AF_UNIX, SOCK_STREAM}), ERR(EACCES));
        assert_int_equal(verdict_of(&f, "socket", (uint64_t[6]){AF_INET, SOCK_STREAM}), ERR(EPERM)); /* not what is allowed */
        assert_int_equal(verdict_of(&f, "socket", (uint64_t[6]){AF_INET, SOCK_STREAM, 99}), ERR(EPROTONOSUPPORT));
        assert_int_equal(verdict_of(&f, "chmod", (uint64_t[6]){0, 04755}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "chmod", (uint64_t[6]){0, 0755}), ERR(EPERM));
        filter_free(&f);
}

static void lines_take_more_away(void **state)
{
        const struct syscall_rule strict[] = {
                {.action = CALL_KILL, .name = "ptrace"},
                {.action = CALL_KILL, .name = "@mount"},
                {.action = CALL_DENY, .name = "bpf", .error = ENOENT},
                {.action = CALL_DENY, .name = "kcmp"},
                {.action = CALL_KILL, .name = "unshare", IF(0, ALL, 1)},
                {.action = CALL_KILL, .name = "ioctl", IF(1, LOW, 0x5412)},
                {.action = CALL_DENY, .name = "socket", .error = EIO, IF(0, LOW, AF_UNIX)},
        };
        struct filter f = made(strict, COUNT(strict));
        (void)state;

        assert_int_equal(verdict_of(&f, "ptrace", (uint64_t[6]){0}), DIE);
        assert_int_equal(verdict_of(&f, "move_mount", (uint64_t[6]){0}), DIE);
        assert_int_equal(verdict_of(&f, "bpf", (uint64_t[6]){0}), ERR(ENOENT));
        assert_int_equal(verdict_of(&f, "kcmp", (uint64_t[6]){0}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "unshare", (uint64_t[6]){1}), DIE);
        assert_int_equal(verdict_of(&f, "unshare", (uint64_t[6]){2}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "ioctl", (uint64_t[6]){0, 0x5412}), DIE);
        assert_int_equal(verdict_of(&f, "ioctl", (uint64_t[6]){0, TIOCSETD}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "socket", (uint64_t[6]){AF_UNIX, SOCK_STREAM}), ERR(EIO));
        assert_int_equal(verdict_of(&f, "socket", (uint64_t[6]){AF_INET, SOCK_STREAM}), OK);
        filter_free(&f);
}

/* What pid 1 and a program's start need cannot be taken away; where it is a part of a call, the rest can. */
static void needed_calls_stay(void **state)
{
        const struct syscall_rule strict[] = {
                {.action = CALL_KILL, .name = "@known"},
                {.action = CALL_KILL, .name = "execve"},
                {.action = CALL_DENY, .name = "read", IF(0, LOW, 0)},
                {.action = CALL_KILL, .name = "prctl"},
                {.action = CALL_KILL, .name = "clone", IF(0, ALL, CLONE_VM | CLONE_VFORK | SIGCHLD)},
                {.name = "ioctl", IF(1, LOW, 0x5401)},
        };
        struct filter f = made(strict, COUNT(strict));
        size_t count;
        const struct needed_call *needed = needed_calls(&count);
        (void)state;

        for (size_t i = 0; i < count; i++) {
                static const uint64_t none[6] = {0};
                if (syscall_number(needed[i].name) < 0 || !strcmp(needed[i].name, "ioctl") || !strcmp(needed[i].name, "clone3"))
                        continue;
                uint32_t verdict = verdict_of(&f, needed[i].name, none);
                if (verdict != OK)
                        fail_msg("%s is %#x", needed[i].name, verdict);
        }
        assert_int_equal(verdict_of(&f, "clone", (uint64_t[6]){CLONE_VM | CLONE_VFORK | SIGCHLD}), OK);
        assert_int_equal(verdict_of(&f, "ioctl", (uint64_t[6]){0, 0x5401}), OK);
        assert_int_equal(verdict_of(&f, "ioctl", (uint64_t[6]){0, TIOCSPGRP}), OK); /* the terminal's foreground group */
        assert_int_equal(verdict_of(&f, "ioctl", (uint64_t[6]){0, 0x5402}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "alarm", (uint64_t[6]){0}), DIE);
        filter_free(&f);
}

/* A brokered call is never the kernel's where a line allows it, logged or not; where none does, the broker isn't asked. */
static void conditions_on_brokered_calls(void **state)
{
        const struct syscall_rule rules[] = {
                {.name = "@default"},
                {.name = "openat", IF(2, O_ACCMODE, O_RDONLY)},
                {.action = CALL_LOG, .name = "openat", IF(2, O_DIRECTORY, O_DIRECTORY)},
                {.action = CALL_KILL, .name = "openat", IF(2, O_DIRECT, O_DIRECT)},
        };
        int number = syscall_number("openat");
        struct filter f;
        (void)state;

        assert_int_equal(filter_compile(&f, &(struct filter_wish){RULES(rules), .notify = &number, .notify_count = 1}), 0);
        assert_true(f.notify);
        assert_int_equal(verdict_of(&f, "openat", (uint64_t[6]){0, 0, O_RDONLY}), ASK);
        assert_int_equal(verdict_of(&f, "openat", (uint64_t[6]){0, 0, O_WRONLY}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "openat", (uint64_t[6]){0, 0, O_WRONLY | O_DIRECTORY}), ASK);
        assert_int_equal(verdict_of(&f, "openat", (uint64_t[6]){0, 0, O_DIRECT}), DIE);
        assert_int_equal(verdict_of(&f, "openat", (uint64_t[6]){0, 0, O_PATH}), OK);
        assert_int_equal(verdict_of(&f, "openat", (uint64_t[6]){0, 0, O_PATH | O_WRONLY}), ERR(EPERM));
        assert_int_equal(verdict_of(&f, "openat", (uint64_t[6]){0, 0, O_PATH | O_DIRECTORY}), LOG);
        filter_free(&f);
}

/* ---- by chance --------------------------------------------------------------------------------------------------- */

#define RULES_MOST 24
struct random_set {
        uint64_t state;
        struct call_test tests[RULES_MOST][3];
        uint64_t more[RULES_MOST][3][3];
        struct syscall_rule rules[RULES_MOST];
        size_t count;
};

/* Calls without guards, fixed places or fallbacks. */
static const char *const plain_calls[] = {"lseek", "mmap", "madvise", "alarm", "setitimer", "epoll_ctl", "mbind", "sysinfo"};
static const char *const some_groups[] = {"@basic", "@default", "@timers", "@timer", "@map", "@memory", "@numa", "@known"};

static uint64_t random_value(struct random_set *s)
{
        static const uint64_t edges[] = {0, 1, 2, 0x7fffffff, 0x80000000, UINT32_MAX, HIGH, HIGH + 1, 3 * HIGH, UINT64_MAX - 1};
        return chance(&s->state) % 3 == 0 ? (uint64_t)chance(&s->state) << 32 | chance(&s->state)
                                          : edges[chance(&s->state) % COUNT(edges)];
}

static void random_test(struct random_set *s, size_t rule, size_t index)
{
        struct call_test *t = &s->tests[rule][index];
        uint64_t *more = s->more[rule][index];

        *t = (struct call_test){.arg = chance(&s->state) % 6, .compare = chance(&s->state) % 3, .more = more};
        t->negated = chance(&s->state) % 2;
        t->mask = chance(&s->state) % 3 == 0 ? random_value(s) | 1 : chance(&s->state) % 2 ? UINT32_MAX : UINT64_MAX;
        t->value = random_value(s) & (t->compare != COMPARE_EQUAL ? UINT64_MAX : t->mask);
        t->more_count = t->compare == COMPARE_EQUAL ? chance(&s->state) % 4 : 0;
        for (size_t i = 0; i < t->more_count; i++)
                more[i] = random_value(s) & t->mask;
}

static void random_rules(struct random_set *s)
{
        s->count = 1 + chance(&s->state) % RULES_MOST;
        for (size_t i = 0; i < s->count; i++) {
                bool group = chance(&s->state) % 3 == 0;
                struct syscall_rule *r = &s->rules[i];
                *r = (struct syscall_rule){
                        .action = chance(&s->state) % 4,
                        .name = group ? some_groups[chance(&s->state) % COUNT(some_groups)]
                                      : plain_calls[chance(&s->state) % COUNT(plain_calls)],
                        .use_depth = chance(&s->state) % 3,
                        .tests = s->tests[i],
                        .test_count = group ? 0 : chance(&s->state) % 4,
                        .origin = {"x.policy", (unsigned)i + 1},
                };
                r->error = r->action == CALL_DENY && chance(&s->state) % 2 ? 1 + chance(&s->state) % 40 : 0;
                for (size_t t = 0; t < r->test_count; t++)
                        random_test(s, i, t);
        }
}

static void rule_sets_made_by_chance(void **state)
{
        struct random_set s = {.state = 20240607};
        (void)state;

        for (unsigned round = 0; round < 40; round++) {
                random_rules(&s);
                struct filter f = made(s.rules, s.count);
                for (size_t i = 0; i < COUNT(plain_calls); i++)
                        same_meaning(&f, s.rules, s.count, plain_calls[i]);
                struct syscall_rule turned[RULES_MOST];
                for (size_t i = 0; i < s.count; i++)
                        turned[i] = s.rules[s.count - 1 - i];
                struct filter g = made(turned, s.count);
                assert_int_equal(f.program.len, g.program.len);
                assert_memory_equal(f.program.filter, g.program.filter, f.program.len * sizeof(*f.program.filter));
                filter_free(&g);
                if (round % 10 == 0) { /* and as libseccomp has it */
                        struct reference ref = reference_new(&f);
                        for (size_t i = 0; i < COUNT(plain_calls); i++)
                                assert_int_equal(differences(&f.program, &ref, (uint32_t)syscall_number(plain_calls[i]),
                                                             seccomp_arch_native()), 0);
                        reference_free(&ref);
                }
                filter_free(&f);
        }
}

/* ---- size -------------------------------------------------------------------------------------------------------- */

/* A filter that would be too long is an error, not a shorter filter. */
static void too_long_a_filter(void **state)
{
        static uint64_t many[2000];
        static const struct call_test test[] = {{.arg = 1, .mask = ALL, .value = 1, .more = many, .more_count = COUNT(many)}};
        const struct syscall_rule rule = {.name = "lseek", .tests = test, .test_count = 1};
        struct filter f;
        (void)state;

        for (size_t i = 0; i < COUNT(many); i++)
                many[i] = HIGH * i + i + 2;
        assert_int_equal(filter_compile(&f, &(struct filter_wish){.rules = &rule, .rule_count = 1}), -E2BIG);
        assert_null(f.program.filter);
        assert_null(f.rules);
}

/* The kernel remembers calls that are allowed whatever their arguments: those may look at nothing but number and architecture. */
static void plain_calls_look_at_no_argument(void **state)
{
        struct filter f = compile(&wishes[COUNT(wishes) - 2]);
        unsigned plain = 0;
        (void)state;

        for (size_t i = 0; i < f.rule_count; i++) {
                bool alone = f.rules[i].test_count == 0 && (i == 0 || f.rules[i - 1].number != f.rules[i].number);
                if (!alone)
                        continue;
                uint32_t a = 0;
                for (unsigned pc = 0;;) {
                        struct sock_filter code = f.program.filter[pc++];
                        if (code.code == (BPF_LD | BPF_W | BPF_ABS)) {
                                assert_true(code.k < offsetof(struct seccomp_data, instruction_pointer));
                                a = code.k == offsetof(struct seccomp_data, nr) ? (uint32_t)f.rules[i].number : seccomp_arch_native();
                        } else if (code.code == (BPF_JMP | BPF_JA)) {
                                pc += code.k;
                        } else if (code.code == (BPF_JMP | BPF_JEQ | BPF_K)) {
                                pc += a == code.k ? code.jt : code.jf;
                        } else if (code.code == (BPF_JMP | BPF_JGE | BPF_K)) {
                                pc += a >= code.k ? code.jt : code.jf;
                        } else {
                                assert_int_equal(code.code, BPF_RET | BPF_K);
                                break;
                        }
                }
                plain++;
        }
        assert_true(plain > 200);
        filter_free(&f);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                counted_test(every_order_makes_the_same_program),
                counted_test(names_groups_and_strictness),
                counted_test(no_line_loosens_the_tables),
                counted_test(lines_take_more_away),
                counted_test(needed_calls_stay),
                counted_test(conditions_on_brokered_calls),
                counted_test(rule_sets_made_by_chance),
                counted_test(too_long_a_filter),
                counted_test(plain_calls_look_at_no_argument),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
