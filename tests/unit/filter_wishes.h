/* What policies may wish of a filter: the cases that the tests of the filter go through. */
#ifndef TESTS_FILTER_WISHES_H
#define TESTS_FILTER_WISHES_H

#include <errno.h>
#include <fcntl.h>

#include "tests/unit/unit.h"

#include "policy/standard.h"
#include "policy/syscalls.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HIGH (UINT64_C(1) << 32)
#define X32 0x40000000

static const struct syscall_rule basic[] = {{.name = "@basic"}};
static const struct syscall_rule tight[] = {{.name = "@basic-io"}, {.name = "socket"}, {.name = "mount"}};
static const struct syscall_rule less[] = {{.action = CALL_DENY, .name = "@file-system"},
                                           {.name = "openat"},
                                           {.action = CALL_DENY, .name = "inotify_init1"},
                                           {.name = "@default"},
                                           {.name = "execve"},
                                           {.action = CALL_DENY, .name = "wait4"}};
static const struct syscall_rule only_deny[] = {{.action = CALL_DENY, .name = "@network-io"}, {.action = CALL_DENY, .name = "kill"}};
static const struct syscall_rule everything[] = {
        {.name = "@known"}, {.name = "@default"}, {.name = "@mount"}, {.name = "unshare"}, {.name = "ptrace"}, {.name = "bpf"}};

/* Tests of arguments, of every kind: in one half of the register and in both, with masks, with the values at the halves' edges. */
#define TESTED(verb, call, ...)                                                                                        \
        {                                                                                                              \
                .action = verb, .name = call, .tests = (const struct call_test[]){__VA_ARGS__},                        \
                .test_count = sizeof((const struct call_test[]){__VA_ARGS__}) / sizeof(struct call_test)               \
        }
#define LOW UINT32_MAX
#define ALL UINT64_MAX
static const uint64_t terminals[] = {0x5413, 0x5414, 0x540f};
static const uint64_t wide_values[] = {HIGH, HIGH | 5, 5, UINT64_MAX};
static const struct syscall_rule tested[] = {
        {.name = "@default"},
        TESTED(CALL_ALLOW, "ioctl", {1, LOW, COMPARE_EQUAL, false, 0x5401, terminals, COUNT(terminals), "arg1:32 in"}),
        TESTED(CALL_DENY, "ioctl", {.arg = 2, .mask = ALL, .compare = COMPARE_ABOVE, .value = HIGH | 7}),
        TESTED(CALL_ALLOW, "mmap", {.arg = 1, .mask = ALL, .compare = COMPARE_AT_LEAST, .negated = true, .value = 3 * HIGH},
               {.arg = 2, .mask = 4, .value = 0}, {.arg = 4, .mask = LOW, .negated = true, .value = 7}),
        TESTED(CALL_LOG, "mmap", {.arg = 1, .mask = ALL, .compare = COMPARE_ABOVE, .value = UINT32_MAX}),
        TESTED(CALL_KILL, "mmap", {.arg = 3, .mask = ALL, .compare = COMPARE_AT_LEAST, .value = UINT64_MAX}),
        TESTED(CALL_DENY, "lseek", {.arg = 1, .mask = LOW, .compare = COMPARE_AT_LEAST, .value = 0x80000000}),
        TESTED(CALL_DENY, "lseek", {.arg = 1, .mask = ALL, .compare = COMPARE_AT_LEAST, .value = HIGH << 30}),
        TESTED(CALL_KILL, "lseek", {.arg = 2, .mask = LOW, .compare = COMPARE_ABOVE, .negated = true, .value = 0}),
        TESTED(CALL_LOG, "madvise", {0, ALL, COMPARE_EQUAL, false, 0, wide_values, COUNT(wide_values), "arg0 in"}),
        TESTED(CALL_DENY, "madvise", {.arg = 1, .mask = 0xff000000000000f0, .compare = COMPARE_ABOVE, .value = 0xf0}),
        TESTED(CALL_KILL, "madvise", {.arg = 1, .mask = 0xff00000000, .compare = COMPARE_AT_LEAST, .value = 1}),
        TESTED(CALL_DENY, "madvise", {.arg = 2, .mask = 0xff00000000, .compare = COMPARE_AT_LEAST, .value = 5 * HIGH}),
        TESTED(CALL_DENY, "socket", {.arg = 0, .mask = LOW, .value = 2}, {.arg = 1, .mask = 0x800, .value = 0x800}),
        TESTED(CALL_ALLOW, "socketpair", {.arg = 1, .mask = LOW, .value = 1}),
        TESTED(CALL_ALLOW, "openat", {.arg = 2, .mask = 3, .value = 0}),
        TESTED(CALL_LOG, "openat", {.arg = 2, .mask = O_CREAT, .value = O_CREAT}),
        TESTED(CALL_KILL, "ptrace", {.arg = 0, .mask = ALL, .compare = COMPARE_AT_LEAST, .value = 1}),
        TESTED(CALL_DENY, "prctl", {.arg = 0, .mask = LOW, .compare = COMPARE_ABOVE, .value = 20}),
        {.action = CALL_LOG, .name = "@watch"},
        {.action = CALL_KILL, .name = "@ipc-objects"},
        {.action = CALL_DENY, .name = "@setuid", .error = ENOSYS},
};

#define RULES(table) .rules = table, .rule_count = COUNT(table)

static const struct named_wish {
        const char *name;
        struct filter_wish wish;
        unsigned brokered; /* FAMILY_OPEN (and what the wish says besides), FAMILY_SOCKETS */
} wishes[] = {
        {"default", {.net = NET_NONE}, 0},
        {"default, brokered", {.net = NET_NONE}, FAMILY_OPEN},
        {"default, host net", {.net = NET_HOST}, FAMILY_OPEN},
        {"default, loopback", {.net = NET_LOOPBACK}, 0},
        {"sockets", {.net = NET_NONE}, FAMILY_SOCKETS},
        {"sockets, host net", {.net = NET_HOST}, FAMILY_OPEN | FAMILY_SOCKETS},
        {"sockets, tested", {RULES(tested), .net = NET_LOOPBACK}, FAMILY_OPEN | FAMILY_SOCKETS},
        {"messages", {.net = NET_NONE}, FAMILY_SOCKETS | FAMILY_MESSAGES},
        {"messages, host net", {.net = NET_HOST}, FAMILY_OPEN | FAMILY_SOCKETS | FAMILY_MESSAGES},
        {"messages alone", {.net = NET_NONE}, FAMILY_MESSAGES},
        {"messages, tested", {RULES(tested), .net = NET_LOOPBACK}, FAMILY_OPEN | FAMILY_SOCKETS | FAMILY_MESSAGES},
        {"basic", {RULES(basic)}, 0},
        {"basic, brokered", {RULES(basic), .net = NET_HOST}, FAMILY_OPEN},
        {"names", {.names = true}, FAMILY_OPEN},
        {"metadata", {.names = true, .metadata = true}, FAMILY_OPEN},
        {"hosted", {.names = true, .metadata = true, .hosted = true}, FAMILY_OPEN},
        {"hosted, host net, basic", {RULES(basic), .names = true, .metadata = true, .hosted = true, .net = NET_HOST}, FAMILY_OPEN},
        {"tight", {RULES(tight), .net = NET_HOST}, 0},
        {"less", {RULES(less), .net = NET_LOOPBACK}, FAMILY_OPEN},
        {"only deny", {RULES(only_deny)}, 0},
        {"tested", {RULES(tested), .net = NET_HOST}, FAMILY_OPEN},
        {"tested, native", {RULES(tested)}, 0},
        {"everything", {RULES(everything), .net = NET_HOST, .names = true}, 0},
};

static inline struct filter compile(const struct named_wish *named)
{
        struct filter filter;
        struct filter_wish wish = named->wish;
        int numbers[BROKERED_CALLS_MOST];

        wish.notify = numbers;
        unsigned families = named->brokered;
        if (families & FAMILY_OPEN)
                families |= (wish.names ? FAMILY_NAMES : 0) | (wish.metadata ? FAMILY_METADATA : 0);
        wish.notify_count = standard_calls(numbers, families);
        assert_int_equal(filter_compile(&filter, &wish), 0);
        assert_true(filter.program.len > 10 && filter.program.len < 600);
        return filter;
}

#endif
