/* Runs a classic BPF program as the kernel would, over one struct seccomp_data. Knows what seccomp programs are made of;
 * anything else, a jump beyond the end, or a read outside of the data fails the test. */
#ifndef TESTS_BPF_SIMULATOR_H
#define TESTS_BPF_SIMULATOR_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/unit.h"

static inline uint32_t bpf_run(const struct sock_fprog *program, const struct seccomp_data *data)
{
        uint32_t a = 0;

        for (unsigned pc = 0;;) {
                assert_in_range(pc, 0, program->len - 1);
                struct sock_filter i = program->filter[pc++];
                switch (i.code) {
                case BPF_LD | BPF_W | BPF_ABS:
                        assert_in_range(i.k, 0, sizeof(*data) - sizeof(a));
                        memcpy(&a, (const char *)data + i.k, sizeof(a));
                        break;
                case BPF_ALU | BPF_AND | BPF_K:
                        a &= i.k;
                        break;
                case BPF_JMP | BPF_JA:
                        pc += i.k;
                        break;
                case BPF_JMP | BPF_JEQ | BPF_K:
                        pc += a == i.k ? i.jt : i.jf;
                        break;
                case BPF_JMP | BPF_JGT | BPF_K:
                        pc += a > i.k ? i.jt : i.jf;
                        break;
                case BPF_JMP | BPF_JGE | BPF_K:
                        pc += a >= i.k ? i.jt : i.jf;
                        break;
                case BPF_JMP | BPF_JSET | BPF_K:
                        pc += (a & i.k) != 0 ? i.jt : i.jf;
                        break;
                case BPF_RET | BPF_K:
                        return i.k;
                default:
                        fail_msg("instruction %u has the unknown code %#x", pc - 1, i.code);
                }
        }
}

/* What the program means to a caller: a refusal that the broker tells of is one like any other. */
static inline uint32_t bpf_simulate(const struct sock_fprog *program, const struct seccomp_data *data)
{
        uint32_t said = bpf_run(program, data), error = said & SECCOMP_RET_DATA;
        bool told = (said & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF && error != 0;

        return told ? SECCOMP_RET_ERRNO | error : said;
}

#endif
