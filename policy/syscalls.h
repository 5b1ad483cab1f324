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

#include "base/buf.h"
#include "policy/policy.h"

/* NULL-terminated names in "@group" (nested groups not opened), or NULL where there is no such group. */
const char *const *syscall_group(const char *name);
/* Calls fn for each group with its one-line description. */
void syscall_groups(void (*fn)(void *ctx, const char *name, const char *text), void *ctx);
/* Sets of groups. A group that is opened puts itself and all groups that it is made of, at any depth, into the set. */
#define SYSCALL_GROUPS_MAX 96
struct group_set {
        bool has[SYSCALL_GROUPS_MAX];
};
void syscall_group_open(const char *name, struct group_set *set);
/* The plain groups, whose members are calls, with their places in a set. */
size_t syscall_plain_group(const char *call); /* the place of the one that a known call is in; else of none */
typedef void syscall_plain_fn(void *ctx, size_t index, const char *name, const char *const *calls);
void syscall_plain_groups(syscall_plain_fn *fn, void *ctx);
/* The number of a syscall on this architecture, or -1 (also for pseudo syscalls). */
int syscall_number(const char *name);
const char *syscall_name(int number); /* or NULL */

/* What a policy can say about a call or a group. Where it could say nothing that holds, plan_compile refuses the
 * line. */
enum syscall_fate {
        SYSCALL_FREE,    /* the policy decides */
        SYSCALL_REFUSED, /* refused in every policy (for a group: all of it) */
        SYSCALL_NEEDED,  /* allowed in every policy: no program could be started without */
        SYSCALL_PARTLY,  /* the same, but with certain arguments: the others can be taken away by tests */
};
/* `reason` (may be NULL) gets why, a text for people, or NULL where the policy decides. */
enum syscall_fate syscall_fate(const char *name, const char **reason);

/* Families of operations that the broker can serve in the child's stead. */
enum plan_family {
        FAMILY_OPEN = 1u << 0,
        FAMILY_NAMES = 1u << 1,    /* all that makes, moves and removes names and changes metadata; never without FAMILY_OPEN */
        FAMILY_METADATA = 1u << 2, /* all that looks at metadata; never without FAMILY_NAMES */
        FAMILY_SOCKETS = 1u << 3,  /* what gives a socket a name or a peer */
        FAMILY_MESSAGES = 1u << 4, /* what can name a peer for one message; never without FAMILY_SOCKETS */
};

enum filter_action { FILTER_ENOSYS, FILTER_ALLOW, FILTER_LOG, FILTER_NOTIFY, FILTER_ERRNO, FILTER_KILL };

/* Who says so. */
enum filter_why {
        WHY_DEFAULT, /* no line says anything: @default has it, or nothing allows it */
        WHY_NAME,    /* `by` names the call */
        WHY_REST,    /* `by` allows the call only where its tests hold */
        WHY_GROUP,   /* `by` names a group that the call is in */
        WHY_NEEDED,  /* these three: the tables in guards.c, for the `reason` that stands there */
        WHY_REFUSED,
        WHY_GUARD,
};

struct filter_verdict {
        enum filter_action action;
        unsigned error; /* for FILTER_ERRNO */
        bool told;      /* the same, and by the broker, which tells the person at the end */
        enum filter_why why;
        const char *reason;             /* of the tables, or NULL */
        const struct syscall_rule *by;  /* the policy's line, or NULL */
};

/* First match among the rules of one syscall wins; its last rule has no tests. */
#define FILTER_GUARD_TESTS 2
#define FILTER_TESTS (FILTER_GUARD_TESTS + CALL_TESTS_MAX)
struct filter_rule {
        int number;
        struct filter_verdict verdict;
        unsigned test_count;
        const struct call_test *tests[FILTER_TESTS]; /* all must hold; the policy's or the tables' */
};

struct filter {
        struct sock_fprog program; /* owned */
        struct filter_rule *rules; /* owned; sorted by number; what the program means, for explain and the tests. They point to
                                    * the lines of the wish, which must outlive them */
        size_t rule_count;
        bool notify;   /* some rule has FILTER_NOTIFY, or is told */
        bool borrowed; /* the program is not ours to free */
        bool sockets;  /* the broker serves connect or bind */
};

struct filter_wish {
        const struct syscall_rule *rules; /* of the policy; none: @default */
        size_t rule_count;
        const int *notify; /* syscall numbers that the broker serves */
        size_t notify_count;
        enum net_mode net;
        /* Names, and looking at metadata, are the broker's: what it does not serve must not do the same natively. */
        bool names, metadata;
        bool hosted; /* no namespace stands between the program and the host's processes and objects */
        bool queues; /* `dev mqueue`: POSIX message queues */
};

/* How rules combine, whatever their order. A line that names a call beats one that names a group. Of those of the same rank
 * whose tests hold, the strictest counts: kill, deny, log, allow. Where a call is allowed by name, but only with tests, and
 * none of them holds, it is denied; otherwise its groups decide. Where no line allows anything, @default is what the others
 * take from. What goes round the broker is refused in every policy, whatever the rules say: they can only take more
 * away. -ENOMEM, -E2BIG: longer than the kernel takes. */
int filter_compile(struct filter *out, const struct filter_wish *wish);
void filter_free(struct filter *f);

/* The rules as a table for people: each call, what becomes of it, and why. */
void filter_describe(const struct filter *f, struct buf *out);

#endif
