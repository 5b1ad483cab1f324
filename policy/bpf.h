/* From filter rules to a classic BPF program. Internal to this room. */
#ifndef POLICY_BPF_H
#define POLICY_BPF_H

#include "policy/syscalls.h"

/* `rules` are sorted by number; the rules of one number follow each other, and the last of them has no tests. Numbers
 * without a rule get ENOSYS. The program's instructions are malloc'ed. -ENOMEM, -E2BIG. */
int bpf_build(struct sock_fprog *out, const struct filter_rule *rules, size_t count);

#endif
