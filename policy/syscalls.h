/* System calls by name and by group, and the filter as data.
 *
 * libseccomp is the resolver of names and the reference; the program itself is made here, since a range tree of the
 * same calls loads ten times faster than what libseccomp exports, and making it costs microseconds. A test proves
 * the two equal, call by call. */
#ifndef POLICY_SYSCALLS_H
#define POLICY_SYSCALLS_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

/* NULL-terminated names in "@group" (nested groups not opened), or NULL where there is no such group. */
const char *const *syscall_group(const char *name);
/* Calls fn for each group with its one-line description. */
void syscall_groups(void (*fn)(void *ctx, const char *name, const char *text), void *ctx);
/* The number of a syscall on this architecture, or -1 (also for pseudo syscalls). */
int syscall_number(const char *name);
const char *syscall_name(int number); /* or NULL */
/* Calls fn for each name that stands in some group, perhaps more than once. */
void syscall_names(void (*fn)(void *ctx, const char *name), void *ctx);

/* What a policy can say about a call or a group. Where it could say nothing that holds, plan_compile refuses the
 * line. */
enum syscall_fate {
        SYSCALL_FREE,    /* the policy decides */
        SYSCALL_REFUSED, /* refused in every policy (for a group: all of it) */
        SYSCALL_NEEDED,  /* allowed in every policy: no program could be started without */
};
enum syscall_fate syscall_fate(const char *name);

enum filter_action { FILTER_ENOSYS, FILTER_ALLOW, FILTER_ERRNO, FILTER_NOTIFY, FILTER_KILL };

#define FILTER_TESTS 2
struct filter_test { /* (argument & mask) == value, on all 64 bits */
        unsigned arg;
        uint64_t mask, value;
        bool differs; /* (argument & mask) != value instead */
};

/* First match among the rules of one syscall wins; its last rule has no tests. */
struct filter_rule {
        int number;
        enum filter_action action;
        unsigned error; /* for FILTER_ERRNO */
        unsigned test_count;
        struct filter_test tests[FILTER_TESTS]; /* all must hold */
};

struct filter {
        struct sock_fprog program; /* owned */
        struct filter_rule *rules; /* owned; sorted by number; what the program means, for explain and the tests */
        size_t rule_count;
        bool notify;   /* some rule has FILTER_NOTIFY */
        bool borrowed; /* the program is not ours to free */
};

struct filter_wish {
        const struct syscall_rule *rules; /* of the policy; none: @default */
        size_t rule_count;
        const int *notify; /* syscall numbers that the broker serves */
        size_t notify_count;
        enum net_mode net;
        bool no_path_metadata; /* mode, owner, times and attributes can be changed by descriptor only, not by path */
};

/* How rules combine, whatever their order: a call named by itself beats a group; among equals, deny beats allow.
 * Where no line allows anything, @default is what the denying lines take from. What goes round the broker is refused
 * here in every policy, whatever the rules say. -ENOMEM, -E2BIG. */
int filter_compile(struct filter *out, const struct filter_wish *wish);
void filter_free(struct filter *f);

#endif
