/* The program is a binary search over ranges of system calls with one verdict.
 *
 *        arch? ─no─> kill
 *        load nr
 *        nr >= 202? ─┬─ nr >= 257? ─┬─ … ──> return verdict
 *                    └─ nr >= 56?  ─┴─ … ──> load argument, compare, …, return verdict
 *
 * It is made from its last instruction to its first. So every jump's target is known when the jump is made, and a
 * target that is farther than the 8 bits of a conditional jump reach gets a stepping stone at once: a copy where it
 * is a return, an unconditional jump (32 bits) where it is more.
 *
 * The kernel walks the program once for each call number when it is loaded, and remembers which calls are allowed
 * whatever their arguments; those never run it. That works for LD of nr and arch, JEQ, JGE, JGT, JSET, JA, AND and RET, so
 * nothing else is used before the arguments come in.
 *
 * A process that enters by another architecture's gate is killed: its numbers mean other calls, and a program built
 * for it could not even exit under ENOSYS. x32 shares x86_64's gate, with bit 30 set in the number: that lies beyond
 * the last range and gets ENOSYS, as from a kernel without x32. */
#include "policy/bpf.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#else
#error "add this architecture's AUDIT_ARCH value; check that clone(2) has its flags in the first argument"
#endif

#define REACH 200u /* of a conditional jump, less what a few stepping stones may push in between; the limit is 255 */
#define RETS 16u

struct writer {
        struct sock_filter code[BPF_MAXINSNS];
        unsigned at; /* the instruction made last; those before it are still free */
        bool full;
        struct {
                uint32_t value;
                unsigned at;
        } rets[RETS]; /* the nearest return of each value */
        unsigned ret_count;
};

struct range {
        uint32_t first; /* up to the next range's first */
        const struct filter_rule *rule; /* NULL: ENOSYS */
};

static uint32_t verdict_value(const struct filter_rule *rule)
{
        switch (rule ? rule->verdict.action : FILTER_ENOSYS) {
        case FILTER_ALLOW:
                return SECCOMP_RET_ALLOW;
        case FILTER_LOG:
                return SECCOMP_RET_LOG;
        case FILTER_NOTIFY:
                return SECCOMP_RET_USER_NOTIF;
        case FILTER_ERRNO:
                /* The kernel asks no data of the former; it is for those who read the program. */
                return (rule->verdict.told ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ERRNO) |
                       (rule->verdict.error & SECCOMP_RET_DATA);
        case FILTER_KILL:
                return SECCOMP_RET_KILL_PROCESS;
        case FILTER_ENOSYS:
                break;
        }
        return SECCOMP_RET_ERRNO | ENOSYS;
}

static unsigned emit(struct writer *w, uint16_t code, unsigned yes, unsigned no, uint32_t value)
{
        if (w->at == 0) {
                w->full = true;
                return 0;
        }
        unsigned next = w->at--;
        w->code[w->at] = (struct sock_filter){code, (uint8_t)(yes - next), (uint8_t)(no - next), value};
        return w->at;
}

static unsigned emit_plain(struct writer *w, uint16_t code, uint32_t value)
{
        return emit(w, code, w->at, w->at, value);
}

/* `target`, or a jump to it that the next instruction can reach. */
static unsigned reachable(struct writer *w, unsigned target)
{
        if (target - w->at <= REACH)
                return target;
        return emit_plain(w, BPF_JMP | BPF_JA, target - w->at);
}

static unsigned emit_branch(struct writer *w, uint16_t test, uint32_t value, unsigned yes, unsigned no)
{
        yes = reachable(w, yes);
        no = reachable(w, no);
        return emit(w, (uint16_t)(BPF_JMP | test | BPF_K), yes, no, value);
}

static unsigned emit_return(struct writer *w, uint32_t value)
{
        unsigned i = 0;
        while (i < w->ret_count && w->rets[i].value != value)
                i++;
        if (i < w->ret_count && w->rets[i].at - w->at <= REACH)
                return w->rets[i].at;
        unsigned at = emit_plain(w, BPF_RET | BPF_K, value);
        if (i < RETS) {
                w->rets[i].value = value;
                w->rets[i].at = at;
                w->ret_count += i == w->ret_count;
        }
        return at;
}

static uint32_t argument_offset(unsigned arg, bool high)
{
        bool second = high == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
        return (uint32_t)(offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t)) + (second ? 4 : 0);
}

static uint32_t half_of(uint64_t number, bool high)
{
        return (uint32_t)(high ? number >> 32 : number);
}

static unsigned emit_load(struct writer *w, const struct call_test *test, bool high)
{
        uint32_t mask = half_of(test->mask, high);
        if (mask != UINT32_MAX)
                emit_plain(w, BPF_ALU | BPF_AND | BPF_K, mask);
        return emit_plain(w, BPF_LD | BPF_W | BPF_ABS, argument_offset(test->arg, high));
}

/* One half of an argument against one half of a value. A half that the mask leaves out costs nothing. */
static unsigned emit_half(struct writer *w, const struct call_test *test, uint64_t wanted, bool high, unsigned equal,
                          unsigned unequal)
{
        uint32_t mask = half_of(test->mask, high), value = half_of(wanted, high);

        if (mask == 0)
                return value == 0 ? equal : unequal;
        if (value == 0) {
                emit_branch(w, BPF_JSET, mask, unequal, equal);
                return emit_plain(w, BPF_LD | BPF_W | BPF_ABS, argument_offset(test->arg, high));
        }
        emit_branch(w, BPF_JEQ, value, equal, unequal);
        return emit_load(w, test, high);
}

static unsigned emit_equal(struct writer *w, const struct call_test *test, uint64_t value, unsigned equal, unsigned unequal)
{
        return emit_half(w, test, value, false, emit_half(w, test, value, true, equal, unequal), unequal);
}

/* The low halves decide where the high ones are equal. */
static unsigned emit_order(struct writer *w, const struct call_test *test, unsigned above, unsigned below)
{
        uint32_t high = half_of(test->value, true), low = half_of(test->value, false);
        bool or_equal = test->compare == COMPARE_AT_LEAST;
        unsigned decide;

        if (half_of(test->mask, false) == 0) {
                decide = or_equal && low == 0 ? above : below;
        } else {
                emit_branch(w, or_equal ? BPF_JGE : BPF_JGT, low, above, below);
                decide = emit_load(w, test, false);
        }
        if (half_of(test->mask, true) == 0)
                return high == 0 ? decide : below;
        unsigned equal = emit_branch(w, BPF_JEQ, high, decide, below);
        emit_branch(w, BPF_JGT, high, above, equal);
        return emit_load(w, test, true);
}

static unsigned emit_test(struct writer *w, const struct call_test *test, unsigned holds, unsigned fails)
{
        unsigned yes = test->negated ? fails : holds, no = test->negated ? holds : fails;

        if (test->compare != COMPARE_EQUAL)
                return emit_order(w, test, yes, no);
        for (size_t i = test->more_count; i-- > 0;)
                no = emit_equal(w, test, test->more[i], yes, no);
        return emit_equal(w, test, test->value, yes, no);
}

/* All rules of one call, the last (which has no tests) first. */
static unsigned emit_call(struct writer *w, const struct filter_rule *rule)
{
        size_t last = 0;
        while (rule[last].test_count > 0)
                last++;
        unsigned at = emit_return(w, verdict_value(&rule[last]));
        while (last-- > 0) {
                unsigned start = emit_return(w, verdict_value(&rule[last]));
                for (unsigned i = rule[last].test_count; i-- > 0;)
                        start = emit_test(w, rule[last].tests[i], start, at);
                at = start;
        }
        return at;
}

static unsigned emit_tree(struct writer *w, const struct range *ranges, size_t count)
{
        if (count == 1)
                return ranges->rule ? emit_call(w, ranges->rule) : emit_return(w, verdict_value(NULL));
        size_t half = count / 2;
        unsigned high = emit_tree(w, ranges + half, count - half);
        unsigned low = emit_tree(w, ranges, half);
        return emit_branch(w, BPF_JGE, ranges[half].first, high, low);
}

/* Neighbours with the same verdict whatever their arguments become one range. */
static void add_range(struct range *ranges, size_t *count, uint32_t first, const struct filter_rule *rule)
{
        const struct range *before = *count > 0 ? &ranges[*count - 1] : NULL;
        bool plain = !rule || rule->test_count == 0;
        bool plain_before = before && (!before->rule || before->rule->test_count == 0);

        if (!plain || !plain_before || verdict_value(before->rule) != verdict_value(rule))
                ranges[(*count)++] = (struct range){first, rule};
}

static size_t make_ranges(struct range *ranges, const struct filter_rule *rules, size_t count)
{
        size_t made = 0;
        uint32_t next = 0; /* the first number that no range covers yet */

        for (size_t i = 0; i < count; i++) {
                uint32_t number = (uint32_t)rules[i].number;
                if (number > next)
                        add_range(ranges, &made, next, NULL);
                add_range(ranges, &made, number, &rules[i]);
                next = number + 1;
                while (rules[i].test_count > 0)
                        i++;
        }
        add_range(ranges, &made, next, NULL);
        return made;
}

static void emit_program(struct writer *w, const struct range *ranges, size_t count)
{
        unsigned tree = emit_tree(w, ranges, count);
        if (tree != w->at)
                emit_plain(w, BPF_JMP | BPF_JA, tree - w->at);
        unsigned load = emit_plain(w, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
        unsigned foreign = emit_plain(w, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        emit_branch(w, BPF_JEQ, NATIVE_ARCH, load, foreign);
        emit_plain(w, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
}

int bpf_build(struct sock_fprog *out, const struct filter_rule *rules, size_t count)
{
        struct writer *w = malloc(sizeof(*w));
        struct range *ranges = calloc(2 * count + 1, sizeof(*ranges));
        int r = -ENOMEM;

        *out = (struct sock_fprog){0};
        if (w && ranges) {
                w->at = BPF_MAXINSNS;
                w->full = false;
                w->ret_count = 0;
                emit_program(w, ranges, make_ranges(ranges, rules, count));
                size_t length = BPF_MAXINSNS - w->at;
                r = w->full ? -E2BIG : -ENOMEM;
                out->filter = w->full ? NULL : malloc(length * sizeof(*out->filter));
                if (out->filter) {
                        memcpy(out->filter, w->code + w->at, length * sizeof(*out->filter));
                        out->len = (unsigned short)length;
                        r = 0;
                }
        }
        free(ranges);
        free(w);
        return r;
}
