/* A call that the filter refuses, for people: which one it was, who says so, and the line of a policy that would allow it. */
#ifndef POLICY_REFUSAL_H
#define POLICY_REFUSAL_H

#include "policy/syscalls.h"

#define REFUSAL_TEXT 96

struct refusal {
        unsigned error;
        char text[REFUSAL_TEXT];       /* "socket AF_UNIX SOCK_DGRAM" */
        char allow[REFUSAL_TEXT];      /* "unix datagram"; "" where no line allows it, or where one forbids it on purpose */
        const char *device;            /* the path of what a `dev` line would bring, and so allow it; or NULL */
        const char *reason;            /* why it is refused in every sandbox; or NULL */
        const struct syscall_rule *by; /* the policy's line that takes it away, or allows only a part of it; or NULL */
};

/* The rule that decides, as the kernel decides by the program made of them; NULL: none, which is ENOSYS. */
const struct filter_rule *filter_judge(const struct filter *f, int number, const uint64_t args[6]);

/* What `filter`, with its rules, says to a call. False, and EPERM all the same, where it does not refuse it with an errno. */
bool refusal_find(struct refusal *out, const struct filter *filter, const struct filter_wish *wish, int number,
                  const uint64_t args[6]);

#endif
