/* What policies may wish of a filter: the cases that the tests of the filter go through. */
#ifndef TESTS_FILTER_WISHES_H
#define TESTS_FILTER_WISHES_H

#include "tests/unit/unit.h"

#include "policy/standard.h"
#include "policy/syscalls.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HIGH (UINT64_C(1) << 32)
#define X32 0x40000000

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
        {"names", {.names = true}, true},
        {"metadata", {.names = true, .metadata = true}, true},
        {"tight", {RULES(tight), .net = NET_HOST}, false},
        {"less", {RULES(less), .net = NET_LOOPBACK}, true},
        {"only deny", {RULES(only_deny)}, false},
        {"everything", {RULES(everything), .net = NET_HOST, .names = true}, false},
};

static inline struct filter compile(const struct named_wish *named)
{
        struct filter filter;
        struct filter_wish wish = named->wish;
        int numbers[BROKERED_CALLS_MOST];

        wish.notify = numbers;
        wish.notify_count = !named->brokered ? 0
                            : standard_calls(numbers, FAMILY_OPEN | (wish.names ? FAMILY_NAMES : 0) |
                                                              (wish.metadata ? FAMILY_METADATA : 0));
        assert_int_equal(filter_compile(&filter, &wish), 0);
        assert_true(filter.program.len > 10 && filter.program.len < 600);
        return filter;
}

#endif
