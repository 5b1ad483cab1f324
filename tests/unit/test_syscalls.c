/* `syscalls` lines as text: what they become, what is wrong with them, and the tables that their words come from. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "cordon.h"
#include "policy/arguments.h"
#include "policy/constants.h"
#include "policy/guards.h"
#include "tests/unit/filter_wishes.h"
#include "tests/unit/made_up.h"

/* ---- what lines become -------------------------------------------------------------------------------------------- */

static void lines_become_rules(void **state)
{
        static const char *const same[] = {"syscalls @basic openat\n", "syscalls allow @basic openat\n"};
        (void)state;

        for (size_t i = 0; i < COUNT(same); i++) {
                struct policy *p = policy_from(same[i]);
                const struct world *w = policy_world(p);
                assert_int_equal(w->syscall_count, 2);
                assert_int_equal(w->syscalls[1].action, CALL_ALLOW);
                assert_string_equal(w->syscalls[1].name, "openat");
                assert_int_equal(w->syscalls[1].error, 0);
                assert_int_equal(w->syscalls[1].origin.line, 2);
                policy_unref(p);
        }
        struct policy *p = policy_from("syscalls log @timer alarm\nsyscalls kill ptrace  # comment\n"
                                       "syscalls deny @ipc mount errno ENOSYS\n");
        const struct world *w = policy_world(p);
        assert_int_equal(w->syscall_count, 5);
        assert_int_equal(w->syscalls[1].action, CALL_LOG);
        assert_int_equal(w->syscalls[2].action, CALL_KILL);
        assert_string_equal(w->syscalls[2].text, "syscalls kill ptrace");
        assert_int_equal(w->syscalls[3].action, CALL_DENY);
        assert_int_equal(w->syscalls[3].error, ENOSYS);
        assert_int_equal(w->syscalls[4].error, ENOSYS);
        policy_unref(p);
}

static void tests_become_numbers(void **state)
{
        static const struct {
                const char *line;
                struct call_test test;
        } table[] = {
                /* as wide as the kernel's argument, or as is said */
                {"ioctl arg1 == TCGETS", {1, UINT32_MAX, COMPARE_EQUAL, false, TCGETS, NULL, 0, "arg1:32 == TCGETS"}},
                {"ioctl arg1:32 == TCGETS", {1, UINT32_MAX, COMPARE_EQUAL, false, TCGETS, NULL, 0, "arg1:32 == TCGETS"}},
                {"ioctl arg1:64 == TCGETS", {1, UINT64_MAX, COMPARE_EQUAL, false, TCGETS, NULL, 0, "arg1:64 == TCGETS"}},
                {"ioctl arg2 == 5", {2, UINT64_MAX, COMPARE_EQUAL, false, 5, NULL, 0, "arg2 == 5"}},
                {"ioctl arg2:32 == 5", {2, UINT32_MAX, COMPARE_EQUAL, false, 5, NULL, 0, "arg2:32 == 5"}},
                /* comparisons */
                {"lseek arg1 != 0", {1, UINT64_MAX, COMPARE_EQUAL, true, 0, NULL, 0, "arg1 != 0"}},
                {"lseek arg1 < 0x100000000", {1, UINT64_MAX, COMPARE_AT_LEAST, true, HIGH, NULL, 0, "arg1 < 0x100000000"}},
                {"lseek arg1 <= 07", {1, UINT64_MAX, COMPARE_ABOVE, true, 7, NULL, 0, "arg1 <= 07"}},
                {"lseek arg1 > 7", {1, UINT64_MAX, COMPARE_ABOVE, false, 7, NULL, 0, "arg1 > 7"}},
                {"lseek arg1 >= 18446744073709551615",
                 {1, UINT64_MAX, COMPARE_AT_LEAST, false, UINT64_MAX, NULL, 0, "arg1 >= 18446744073709551615"}},
                /* masks and joined numbers */
                {"openat arg2 & O_CREAT|O_EXCL == O_CREAT",
                 {2, O_CREAT | O_EXCL, COMPARE_EQUAL, false, O_CREAT, NULL, 0, "arg2:32 & O_CREAT|O_EXCL == O_CREAT"}},
                {"mmap arg2 & PROT_EXEC != 0", {2, 4, COMPARE_EQUAL, true, 0, NULL, 0, "arg2 & PROT_EXEC != 0"}},
                {"clone arg0 == CLONE_VM|CLONE_VFORK|0x11",
                 {0, UINT32_MAX, COMPARE_EQUAL, false, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, 0,
                  "arg0:32 == CLONE_VM|CLONE_VFORK|0x11"}},
                /* negative ones, as wide as the argument */
                {"openat arg0 == AT_FDCWD", {0, UINT32_MAX, COMPARE_EQUAL, false, 0xffffff9c, NULL, 0, "arg0:32 == AT_FDCWD"}},
                {"openat arg0:64 == AT_FDCWD",
                 {0, UINT64_MAX, COMPARE_EQUAL, false, 0xffffffffffffff9c, NULL, 0, "arg0:64 == AT_FDCWD"}},
        };
        (void)state;

        for (size_t i = 0; i < COUNT(table); i++) {
                cleanup_buf struct buf text = {0};
                buf_printf(&text, "syscalls allow %s\n", table[i].line);
                struct policy *p = policy_from(text.data);
                const struct syscall_rule *r = &policy_world(p)->syscalls[0];
                assert_int_equal(r->test_count, 1);
                assert_int_equal(r->tests->arg, table[i].test.arg);
                if (r->tests->mask != table[i].test.mask || r->tests->value != table[i].test.value)
                        fail_msg("%s: mask %#lx, value %#lx", table[i].line, (unsigned long)r->tests->mask,
                                 (unsigned long)r->tests->value);
                assert_int_equal(r->tests->compare, table[i].test.compare);
                assert_int_equal(r->tests->negated, table[i].test.negated);
                assert_int_equal(r->tests->more_count, 0);
                assert_string_equal(r->tests->text, table[i].test.text);
                policy_unref(p);
        }
}

static void lists_and_conjunctions(void **state)
{
        struct policy *p = policy_from("syscalls deny socket arg0 in AF_PACKET 40 0x11|1 and arg1 & 0xf in SOCK_RAW and arg2 > 6 "
                                       "errno EAFNOSUPPORT\n");
        const struct syscall_rule *r = &policy_world(p)->syscalls[0];
        (void)state;

        assert_int_equal(policy_world(p)->syscall_count, 1);
        assert_int_equal(r->error, EAFNOSUPPORT);
        assert_int_equal(r->test_count, 3);
        assert_int_equal(r->tests[0].value, AF_PACKET);
        assert_int_equal(r->tests[0].more_count, 2);
        assert_int_equal(r->tests[0].more[0], 40);
        assert_int_equal(r->tests[0].more[1], 0x11);
        assert_int_equal(r->tests[1].mask, 0xf);
        assert_int_equal(r->tests[1].value, SOCK_RAW);
        assert_int_equal(r->tests[1].more_count, 0);
        assert_int_equal(r->tests[2].compare, COMPARE_ABOVE);
        assert_string_equal(r->tests[0].text, "arg0:32 in AF_PACKET 40 0x11|1");
        policy_unref(p);
}

/* Who allows decides alone, what is denied stays; what is logged is allowed, and gives way likewise. */
static void files_that_use_files(void **state)
{
        struct made_up m = {.files = {
                                    {"x.policy", "cordon 1\nuse @a\nsyscalls allow @basic\nsyscalls allow ioctl arg1 == TCGETS\nsyscalls log getpid\n"},
                                    {"@a", "cordon 1\nsyscalls @default ioctl\nsyscalls log alarm\nsyscalls kill ptrace\n"
                                           "syscalls deny socket arg0 == AF_PACKET\n"},
                            }};
        static const char *const names[] = {"@basic", "ioctl", "getpid", "ptrace", "socket"};
        struct policy *p = NULL;
        (void)state;

        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_int_equal(m.warnings, 0);
        assert_int_equal(policy_world(p)->syscall_count, COUNT(names));
        for (size_t i = 0; i < COUNT(names); i++) {
                assert_string_equal(policy_world(p)->syscalls[i].name, names[i]);
                assert_int_equal(policy_world(p)->syscalls[i].use_depth, i >= 3);
        }
        policy_unref(p);
        buf_free(&m.said);
}

/* ---- what is wrong ------------------------------------------------------------------------------------------------ */

static const struct {
        const char *line, *said; /* without the line itself */
} wrong[] = {
        {"syscalls alow ioctl", "2:10: error: there is no system call 'alow'|         ^~~~ did you mean 'allow'?"},
        {"syscalls deny socket arg0 == AF_PACKTE",
         "2:30: error: there is no constant 'AF_PACKTE'|                             ^~~~~~~~~ did you mean 'AF_PACKET'?"},
        {"syscalls deny socket errno EAFNOSUPORT",
         "2:28: error: there is no error 'EAFNOSUPORT'|                           ^~~~~~~~~~~ did you mean 'EAFNOSUPPORT'?"},
        {"syscalls deny socket bind arg0 == 1",
         "2:27: error: a test belongs to one call|                          ^~~~ write a line for each call"},
        {"syscalls deny @network-io arg0 == 1",
         "2:27: error: a group takes no tests: its calls have different arguments|                          ^~~~ name the calls of "
         "the group, each on a line of its own"},
        {"syscalls allow ioctl arg1 in", "2:29: error: a value is missing here|                            ^ write: arg0 == 1"},
        {"syscalls allow ioctl arg1", "2:26: error: a comparison is missing here|                         ^ write: arg0 == 1"},
        {"syscalls allow ioctl arg6 == 1",
         "2:22: error: there is no argument 'arg6'|                     ^~~~ they are arg0 to arg5"},
        {"syscalls allow ioctl arg1=TCGETS",
         "2:22: error: there is no argument 'arg1=TCGETS'|                     ^~~~~~~~~~~ put blanks between the words: arg1 & 3 "
         "== 1"},
        {"syscalls allow ioctl arg1:16 == 1",
         "2:22: error: '16' is no width of an argument|                     ^~~~~~~ write :32 or :64, or nothing"},
        {"syscalls allow ioctl arg1 = TCGETS",
         "2:27: error: '=' is no comparison|                          ^ there are == != < <= > >= and in, and before them & MASK"},
        {"syscalls allow ioctl errno EPERM",
         "2:22: error: only what is denied has an errno|                     ^~~~~ write: syscalls deny NAME errno ENOSYS"},
        {"syscalls deny ioctl errno",
         "2:21: error: 'errno' needs the name of an error|                    ^~~~~ write: errno ENOSYS"},
        {"syscalls deny ioctl errno EPERM x",
         "2:33: error: nothing can follow the error's name|                                ^ names and tests stand before 'errno'"},
        {"syscalls allow lseek arg1 < 0",
         "2:29: error: this test would never hold|                            ^ numbers have no sign, and the mask bounds them"},
        {"syscalls allow lseek arg1 >= 0",
         "2:30: error: this test would always hold|                             ^ numbers have no sign, and the mask bounds them"},
        {"syscalls allow lseek arg1:32 <= 0xffffffff",
         "2:33: error: this test would always hold|                                ^~~~~~~~~~ numbers have no sign, and the mask "
         "bounds them"},
        {"syscalls allow openat arg2 & O_WRONLY == O_RDWR",
         "2:42: error: this test would never hold|                                         ^~~~~~ the value has bits that the mask "
         "leaves out"},
        {"syscalls allow openat arg2 & 0 == 0",
         "2:30: error: a mask of 0 leaves nothing to compare|                             ^ name the bits that count"},
        {"syscalls allow openat arg2 == -1",
         "2:31: error: '-1' is no number: arguments have no sign|                              ^~ write it as the register has it: "
         "0xffffffff"},
        {"syscalls allow openat arg2 == 09",
         "2:31: error: '09' is no number|                              ^~ write 10, 0x1f or 0755, of 64 bits at most"},
        {"syscalls allow lseek arg1 == 18446744073709551616",
         "2:30: error: '18446744073709551616' is no number|                             ^~~~~~~~~~~~~~~~~~~~ write 10, 0x1f or "
         "0755, of 64 bits at most"},
        {"syscalls allow openat arg2 == 0x100000000",
         "2:31: error: '0x100000000' is more than 32 bits|                              ^~~~~~~~~~~ write argN:64 to look at all of "
         "the register"},
        {"syscalls allow openat arg2 == O_CREAT|O_TRNC",
         "2:39: error: there is no constant 'O_TRNC'|                                      ^~~~~~ did you mean 'O_TRUNC'?"},
        {"syscalls allow openat arg2 == O_CREAT | O_EXCL",
         "2:39: error: '|' does not belong here|                                      ^ join numbers without blanks: A|B"},
        {"syscalls allow openat arg2 == O_CREAT or arg2 == O_EXCL",
         "2:39: error: 'or' does not belong here|                                      ^~ write a second line: lines add up"},
        {"syscalls allow openat arg0 == AT_FDCWD and",
         "2:43: error: there should be a test here|                                          ^ write: arg0 == 1, arg1 & O_CREAT != "
         "0, arg1 in TCGETS TIOCGWINSZ"},
        {"syscalls allow openat arg2 &",
         "2:29: error: a mask is missing after '&'|                            ^ write: arg1 & O_CREAT != 0"},
        {"syscalls kill",
         "2:1: error: 'syscalls' needs names of calls or groups|^~~~~~~~~~~~~ write: syscalls @default, or: syscalls deny NAME…"},
        {"syscalls allow lseek arg0 == 1 and arg0 == 1 and arg0 == 1 and arg0 == 1 and arg0 == 1 and arg0 == 1 and arg0 == 1",
         "2:106: error: too many tests in one line (6 at most)|"},
};

static void every_error_with_its_place(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT(wrong); i++) {
                cleanup_buf struct buf policy = {0}, wanted = {0};
                const char *caret = strrchr(wrong[i].said, '|'), *bar = strstr(wrong[i].said, "| ");
                struct policy *p = NULL;
                bar = bar ? bar : strstr(wrong[i].said, "|^");
                caret = bar ? bar : caret;
                buf_printf(&policy, "cordon 1\n%s\n", wrong[i].line);
                struct made_up m = {.files = {{"x.policy", policy.data}}};
                buf_printf(&wanted, "x.policy:%.*s\n    2 | ", (int)(caret - wrong[i].said), wrong[i].said);
                if (caret[1])
                        buf_printf(&wanted, "%s\n      | %s\n", wrong[i].line, caret + 1);
                assert_int_equal(made_up_compile(&m, &p), -EINVAL);
                if (strncmp(m.said.data, wanted.data, wanted.length) != 0 || (caret[1] && m.said.length != wanted.length))
                        fail_msg("---- wanted\n%s---- got\n%s", wanted.data, m.said.data);
                buf_free(&m.said);
        }
}

static void idle_and_lonely_lines_are_told(void **state)
{
        static const struct {
                const char *lines;
                unsigned warnings;
        } table[] = {
                {"syscalls @default\nsyscalls deny ioctl\nsyscalls allow ioctl arg1 == 1\n", 1},
                {"syscalls allow ioctl arg1 == 1\nsyscalls ioctl\n", 1},
                {"syscalls ioctl\nsyscalls deny ioctl arg1 == 1\n", 0},
                {"syscalls ioctl\nsyscalls log ioctl arg1 == 1\n", 0},
                {"syscalls deny ioctl\nsyscalls deny ioctl arg1 == 1 errno EIO\n", 0},
                {"syscalls @default\nsyscalls deny @io-control\nsyscalls allow ioctl arg1 == 1\n", 0},
                /* nothing but this one is allowed: that may not be what is meant */
                {"syscalls allow ioctl arg1 == 1\nsyscalls allow ioctl arg1 == 2\n", 1},
                {"syscalls allow ioctl arg1 == 1\nsyscalls deny @timer\n", 1},
                {"syscalls log ioctl arg1 == 1\n", 0},
        };
        (void)state;

        for (size_t i = 0; i < COUNT(table); i++) {
                cleanup_buf struct buf text = {0};
                buf_printf(&text, "cordon 1\n%s", table[i].lines);
                struct made_up m = {.files = {{"x.policy", text.data}}};
                struct policy *p = NULL;
                assert_int_equal(made_up_compile(&m, &p), 0);
                if (m.warnings != table[i].warnings)
                        fail_msg("%s%s", table[i].lines, m.said.data ? m.said.data : "no warning");
                policy_unref(p);
                buf_free(&m.said);
        }
}

/* ---- the tables ---------------------------------------------------------------------------------------------------- */

static void same_test(const char *call, const struct call_test *fixed)
{
        cleanup_buf struct buf text = {0};

        buf_printf(&text, "syscalls deny %s %s\n", call, fixed->text);
        struct policy *p = policy_from(text.data);
        const struct call_test *t = policy_world(p)->syscalls[0].tests;
        if (t->arg != fixed->arg || t->mask != fixed->mask || t->compare != fixed->compare || t->negated != fixed->negated ||
            t->value != fixed->value || strcmp(t->text, fixed->text) != 0)
                fail_msg("%s: '%s' is not what is tested", call, fixed->text);
        policy_unref(p);
}

/* What `explain` shows of the fixed tables is in the words of the language: read as a policy, it is the same test. */
static void tables_say_what_they_test(void **state)
{
        size_t count, looked_at = 0;
        const struct guard *guards = guard_tables(&count);
        (void)state;

        for (size_t i = 0; i < count; i++) {
                assert_non_null(guards[i].reason);
                for (size_t t = 0; t < FILTER_GUARD_TESTS && guards[i].tests[t].mask; t++, looked_at++)
                        if (syscall_number(guards[i].name) >= 0)
                                same_test(guards[i].name, &guards[i].tests[t]);
        }
        assert_true(looked_at > 40);
        const struct needed_part *parts = needed_parts(&count);
        for (size_t i = 0; i < count; i++)
                same_test(parts[i].name, &parts[i].test[0]);
}

static void constants_are_the_headers(void **state)
{
        uint64_t value;
        (void)state;

        assert_true(constant_find("AF_INET6", strlen("AF_INET6"), &value));
        assert_int_equal(value, AF_INET6);
        assert_true(constant_find("AF_INET6", strlen("AF_INET"), &value));
        assert_int_equal(value, AF_INET);
        assert_true(constant_find("TIOCSTI", 7, &value));
        assert_int_equal(value, TIOCSTI);
        assert_false(constant_find("AF_INE", 6, &value));
        assert_false(constant_find("", 0, &value));
        assert_int_equal(errno_find("ENOSYS"), ENOSYS);
        assert_int_equal(errno_find("ENO"), 0);
        assert_string_equal(errno_text(EAGAIN), "EAGAIN");
        assert_null(errno_text(4000));
        for (size_t i = 0; constant_name(i); i++)
                for (size_t j = 0; j < i; j++)
                        if (strcmp(constant_name(i), constant_name(j)) == 0)
                                fail_msg("%s is there twice", constant_name(i));
        assert_true(argument_is_int("socket", 0));
        assert_true(argument_is_int("ioctl", 1));
        assert_false(argument_is_int("ioctl", 2));
        assert_false(argument_is_int("mmap", 2));
        assert_false(argument_is_int("socket", 5));
        assert_false(argument_is_int("nonsense", 0));
}

/* ---- groups -------------------------------------------------------------------------------------------------------- */

static bool has(const char *group, const char *call)
{
        struct group_set set = {{false}};
        syscall_group_open(group, &set);
        return set.has[syscall_plain_group(call)];
}

static void groups_that_systemd_users_know(void **state)
{
        static const struct {
                const char *group, *in, *out;
        } table[] = {
                {"@aio", "io_submit", "read"},           {"@basic-io", "close", "openat"},
                {"@chown", "fchownat", "chmod"},         {"@clock", "clock_settime", "clock_gettime"},
                {"@cpu-emulation", "modify_ldt", "mmap"},{"@debug", "ptrace", "kcmp"},
                {"@file-system", "close", "read"},       {"@file-system", "inotify_add_watch", "chown"},
                {"@file-system", "mmap", "umask"},       {"@io-event", "epoll_wait", "read"},
                {"@ipc", "memfd_create", "socket"},      {"@ipc", "process_vm_readv", "ptrace"},
                {"@keyring", "keyctl", "bpf"},           {"@memlock", "mlockall", "mmap"},
                {"@module", "init_module", "bpf"},       {"@mount", "chroot", "unshare"},
                {"@network-io", "socket", "read"},       {"@obsolete", "uselib", "open"},
                {"@pkey", "pkey_alloc", "mprotect"},     {"@privileged", "setuid", "setgid"},
                {"@process", "unshare", "execve"},       {"@process", "kill", "getpid"},
                {"@raw-io", "iopl", "ioctl"},            {"@reboot", "kexec_load", "swapon"},
                {"@resources", "mbind", "prlimit64"},    {"@sandbox", "seccomp", "prctl"},
                {"@setuid", "setgid", "setfsuid"},       {"@signal", "rt_sigaction", "kill"},
                {"@swap", "swapon", "reboot"},           {"@sync", "msync", "futex"},
                {"@system-service", "ioctl", "ptrace"},  {"@system-service", "futex", "seccomp"},
                {"@timer", "times", "nanosleep"},        {"@systemd-default", "execve", "read"},
                {"@default", "socket", "mbind"},         {"@basic", "openat", "socket"},
        };
        (void)state;

        for (size_t i = 0; i < COUNT(table); i++)
                if (!has(table[i].group, table[i].in) || has(table[i].group, table[i].out))
                        fail_msg("%s: %s, %s", table[i].group, table[i].in, table[i].out);
}

static void is_known(void *ctx, size_t index, const char *name, const char *const *calls)
{
        struct group_set *known = ctx;
        (void)calls;
        if (!known->has[index])
                fail_msg("%s is not in @known", name);
}

static void known_is_everything(void **state)
{
        struct group_set known = {{false}};
        (void)state;
        syscall_group_open("@known", &known);
        syscall_plain_groups(is_known, &known);
        assert_int_equal(syscall_fate("@known", NULL), SYSCALL_FREE);
        assert_int_equal(syscall_fate("@process", NULL), SYSCALL_FREE); /* a part is refused */
        assert_int_equal(syscall_fate("@mount", NULL), SYSCALL_REFUSED);
        assert_int_equal(syscall_fate("@mount-tree", NULL), SYSCALL_REFUSED);
        assert_int_equal(syscall_fate("ioctl", NULL), SYSCALL_PARTLY);
}

/* ---- in words ------------------------------------------------------------------------------------------------------ */

static unsigned times(const char *text, const char *part)
{
        unsigned n = 0;
        for (const char *at = text; (at = strstr(at, part)); at++)
                n++;
        return n;
}

/* Each call is there once, whatever decides about it. */
static void descriptions_lose_nothing(void **state)
{
        (void)state;
        for (size_t w = 0; w < COUNT(wishes); w++) {
                cleanup_buf struct buf text = {0};
                struct filter f = compile(&wishes[w]);
                unsigned looked_at = 0;
                filter_describe(&f, &text);
                assert_false(text.bad);
                for (size_t i = 0; i < f.rule_count; i++) {
                        char entry[64], alone[64];
                        const char *name = syscall_name(f.rules[i].number);
                        bool first = i == 0 || f.rules[i - 1].number != f.rules[i].number;
                        snprintf(alone, sizeof(alone), "\n  %s %d\n", name, f.rules[i].number);
                        if (first && f.rules[i].test_count > 0 && times(text.data, alone) != 1)
                                fail_msg("%s: '%s' is not there once", wishes[w].name, alone);
                        looked_at += f.rules[i].test_count > 0;
                        if (!first || f.rules[i].test_count > 0)
                                continue;
                        static const char *const before[] = {" ", ", "}, *const after[] = {",", "\n"};
                        unsigned found = 0;
                        for (size_t k = 0; k < 4; k++) {
                                snprintf(entry, sizeof(entry), "%s%s %d%s", before[k % 2], name, f.rules[i].number, after[k / 2]);
                                found += k % 2 == 0 ? times(text.data, entry) : 0;
                        }
                        if (found != 1)
                                fail_msg("%s: %s is there %u times", wishes[w].name, name, found);
                }
                assert_true(looked_at > 10);
                filter_free(&f);
        }
}

static void descriptions_say_why(void **state)
{
        struct policy *p = policy_from("syscalls @basic\nsyscalls allow ioctl arg1 in TCGETS TIOCGWINSZ\n"
                                       "syscalls deny socket arg0 == AF_PACKET errno EAFNOSUPPORT\nsyscalls kill ptrace\n"
                                       "syscalls log @timer\nsyscalls deny fchown errno EIO\n");
        static const char *const wanted[] = {
                "  ioctl 16\n",
                "    allow             arg1:32 in TCGETS TIOCGWINSZ            x.policy:3  syscalls allow ioctl arg1 in TCGETS",
                "    EPERM             otherwise                               x.policy:3  allows it with certain arguments only\n",
                "    EPERM             arg1:32 == TIOCSTI                      in every sandbox: types into the caller's terminal\n",
                "    EAFNOSUPPORT      arg0:32 == AF_PACKET                    x.policy:4  syscalls deny socket",
                "\nkill: x.policy:5  syscalls kill ptrace\n  @debug              ptrace 101\n",
                "\nallow, log: x.policy:6  syscalls log @timer\n",
                "\nEIO: x.policy:7  syscalls deny fchown errno EIO\n  @chown              fchown 93\n",
                "\nallow: x.policy:2  syscalls @basic\n",
                "\nEPERM: no line allows it\n",
                "\nallow: needed in every sandbox\n",
                "\nEPERM: refused in every sandbox\n",
                "\nENOSYS: every other number\n",
        };
        const struct world *w = policy_world(p);
        cleanup_buf struct buf text = {0};
        struct filter f;
        (void)state;

        assert_int_equal(filter_compile(&f, &(struct filter_wish){.rules = w->syscalls, .rule_count = w->syscall_count}), 0);
        filter_describe(&f, &text);
#ifdef __x86_64__
        for (size_t i = 0; i < COUNT(wanted); i++)
                if (!strstr(text.data, wanted[i]))
                        fail_msg("no '%s' in:\n%s", wanted[i], text.data);
#else
        (void)wanted;
#endif
        filter_free(&f);
        policy_unref(p);
}

/* ---- the public calls ----------------------------------------------------------------------------------------------- */

static void count_group(void *ctx, const char *name, const char *text)
{
        assert_int_equal(name[0], '@');
        assert_true(strlen(text) > 5);
        ++*(int *)ctx;
}

static void check_call(void *ctx, const cordon_syscall *call)
{
        cordon_syscall again;
        assert_int_equal(cordon_syscall_find(call->name, &again), 0);
        assert_int_equal(again.number, call->number);
        assert_string_equal(again.group, call->group);
        assert_int_equal(again.fate, call->fate);
        assert_int_equal(!call->reason, call->fate == CORDON_SYSCALL_FREE);
        ++*(int *)ctx;
}

static void public_calls(void **state)
{
        cordon_syscall call;
        int count = 0;
        (void)state;

        int groups = cordon_syscall_groups(NULL, count_group, &count);
        assert_int_equal(groups, count);
        assert_true(count > 50);
        count = 0;
        assert_int_equal(cordon_syscall_groups("ptrace", count_group, &count), 2); /* @debug and @known */
        assert_int_equal(count, 2);
        assert_int_equal(cordon_syscall_groups("nonsense", count_group, &count), -ENOENT);
        count = 0;
        int calls = cordon_syscall_group_calls("@known", check_call, &count);
        assert_int_equal(calls, count);
        assert_true(count > 350);
        assert_int_equal(cordon_syscall_group_calls("@swap", NULL, NULL), 2);
        assert_int_equal(cordon_syscall_group_calls("@nonsense", check_call, &count), -ENOENT);
        assert_int_equal(cordon_syscall_group_calls("read", check_call, &count), -ENOENT);
        assert_int_equal(cordon_syscall_find("nonsense", &call), -ENOENT);
        assert_int_equal(cordon_syscall_find(NULL, &call), -EINVAL);
        assert_int_equal(cordon_syscall_find("mount", &call), 0);
        assert_int_equal(call.fate, CORDON_SYSCALL_REFUSED);
        assert_string_equal(call.group, "@mount-tree");
        assert_int_equal(cordon_syscall_find("execve", &call), 0);
        assert_int_equal(call.fate, CORDON_SYSCALL_NEEDED);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                counted_test(lines_become_rules),
                counted_test(tests_become_numbers),
                counted_test(lists_and_conjunctions),
                counted_test(files_that_use_files),
                counted_test(every_error_with_its_place),
                counted_test(idle_and_lonely_lines_are_told),
                counted_test(tables_say_what_they_test),
                counted_test(constants_are_the_headers),
                counted_test(groups_that_systemd_users_know),
                counted_test(known_is_everything),
                counted_test(descriptions_lose_nothing),
                counted_test(descriptions_say_why),
                counted_test(public_calls),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
