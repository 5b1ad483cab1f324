/* What holds for every filter, whatever the policy says; private to this room.
 *
 *   refused   goes round the broker or reaches what a sandbox has no business with: no policy can allow it
 *   needed    pid 1 of the sandbox and the start of a program run under the same filter: no policy can deny it
 *   guards    tests on the arguments of calls that are allowed otherwise */
#ifndef POLICY_GUARDS_H
#define POLICY_GUARDS_H

#include "policy/syscalls.h"

#define GUARDS_MAX 128

enum when {
        ALWAYS,
        NATIVE_METADATA,
        NOT_BROKERED,
        NAMES,
        METADATA,
        NET_IS_NONE,
        NET_IS_SOME,
        SOCKETS_SERVED,     /* connect and bind are brokered */
        NO_NET_NOR_SOCKETS, /* `net none`, and they are not */
        MESSAGES_SERVED,    /* these two, and every message that can have an address */
        NO_NET_NOR_MESSAGES,
        HOSTED, /* there are no namespaces */
        NO_QUEUES,
};

struct guard {
        const char *name; /* an ALLOW guard means what the call's own decision is (brokered or not), a NATIVE one the kernel */
        enum when when;
        enum filter_action action;
        unsigned error;
        const char *reason;
        struct call_test tests[FILTER_GUARD_TESTS]; /* mask 0: no test; no test at all: this is the call's last word */
        bool native;
};

struct refused_group { /* plain ones */
        const char *group;
        unsigned error;
        const char *reason;
};

struct needed_call {
        const char *name, *reason;
};

struct needed_part { /* of a needed call */
        const char *name;
        struct call_test test[FILTER_GUARD_TESTS]; /* as those of a guard */
};

const struct guard *guard_tables(size_t *count);
const struct refused_group *refused_groups(size_t *count);
const struct needed_call *needed_calls(size_t *count);
const struct needed_part *needed_parts(size_t *count);
/* Calls whose absence libc or programs know how to live with, where EPERM would be taken for the answer. */
const char *const *calls_that_fall_back(size_t *count);

#endif
