/* The rules of a filter, asked about one call as the kernel asks the program that was made of them, and put into words. */
#include "policy/refusal.h"

#include "policy/plan_points.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- the rules ------------------------------------------------------------------------------------------------------ */

static bool holds(const struct call_test *test, uint64_t argument)
{
        uint64_t value = argument & test->mask;
        bool yes = false;

        switch (test->compare) {
        case COMPARE_EQUAL:
                yes = value == test->value;
                for (size_t i = 0; i < test->more_count && !yes; i++)
                        yes = value == test->more[i];
                break;
        case COMPARE_AT_LEAST:
                yes = value >= test->value;
                break;
        case COMPARE_ABOVE:
                yes = value > test->value;
                break;
        }
        return yes != test->negated;
}

static bool all_hold(const struct filter_rule *rule, const uint64_t args[6])
{
        for (unsigned i = 0; i < rule->test_count; i++)
                if (!holds(rule->tests[i], args[rule->tests[i]->arg]))
                        return false;
        return true;
}

const struct filter_rule *filter_judge(const struct filter *f, int number, const uint64_t args[6])
{
        size_t from = 0, to = f->rule_count;

        while (from < to) {
                size_t middle = from + (to - from) / 2;
                if (f->rules[middle].number < number)
                        from = middle + 1;
                else
                        to = middle;
        }
        for (; from < f->rule_count && f->rules[from].number == number; from++)
                if (all_hold(&f->rules[from], args))
                        return &f->rules[from];
        return NULL;
}

/* ---- words ------------------------------------------------------------------------------------------------------------ */

struct word {
        uint32_t value;
        const char *name;
};

#define WORD(name) {name, #name}
static const struct word families[] = {WORD(AF_UNIX),   WORD(AF_INET),   WORD(AF_INET6), WORD(AF_NETLINK),
                                       WORD(AF_PACKET), WORD(AF_VSOCK),  WORD(AF_ALG),   WORD(AF_BLUETOOTH),
                                       WORD(AF_CAN),    WORD(AF_XDP)};
static const struct word kinds[] = {WORD(SOCK_STREAM), WORD(SOCK_DGRAM), WORD(SOCK_SEQPACKET), WORD(SOCK_RAW)};
static const struct word controls[] = {WORD(TIOCSTI), WORD(TIOCSETD), WORD(TIOCCONS), WORD(TIOCEXCL)};

/* By a word, or as the number that it is. */
static void put_word(char *out, const struct word *words, size_t count, uint32_t value)
{
        size_t length = strlen(out);

        for (size_t i = 0; i < count; i++)
                if (words[i].value == value) {
                        snprintf(out + length, REFUSAL_TEXT - length, " %s", words[i].name);
                        return;
                }
        snprintf(out + length, REFUSAL_TEXT - length, " %#x", value);
}

static bool makes_sockets(const char *name)
{
        return !strcmp(name, "socket") || !strcmp(name, "socketpair");
}

static void put_text(struct refusal *out, const char *name, const uint64_t args[6])
{
        snprintf(out->text, sizeof(out->text), "%s", name);
        if (makes_sockets(name)) {
                put_word(out->text, families, COUNT(families), (uint32_t)args[0]);
                put_word(out->text, kinds, COUNT(kinds), (uint32_t)args[1] & 0xf);
        } else if (!strcmp(name, "ioctl")) {
                put_word(out->text, controls, COUNT(controls), (uint32_t)args[1]);
        }
}

/* ---- what would allow it ------------------------------------------------------------------------------------------------ */

static const char *line_for_socket(const struct filter_wish *wish, bool pair, const uint64_t args[6])
{
        uint32_t family = (uint32_t)args[0], kind = (uint32_t)args[1] & 0xf;

        if (family == AF_UNIX)
                return kind == SOCK_DGRAM ? "unix datagram" : "";
        if (pair || wish->net != NET_NONE)
                return "";
        bool talks = (family == AF_INET || family == AF_INET6) && (kind == SOCK_STREAM || kind == SOCK_DGRAM);
        bool asks = family == AF_NETLINK && (uint32_t)args[2] == 0; /* for routes */
        return talks || asks ? "net host # or, if that is enough: net loopback" : "";
}

/* A line that allows calls takes the place of what is allowed where there is none. */
static bool allows_some(const struct filter_wish *wish)
{
        for (size_t i = 0; i < wish->rule_count; i++)
                if (wish->rules[i].action == CALL_ALLOW)
                        return true;
        return false;
}

static void put_allow(struct refusal *out, const struct filter_verdict *v, const struct filter_wish *wish, const char *name,
                      const uint64_t args[6])
{
        if (v->why == WHY_DEFAULT)
                snprintf(out->allow, sizeof(out->allow), "syscalls %s%s", allows_some(wish) ? "" : "@default ", name);
        else if (v->why == WHY_GUARD && !strcmp(name, "mq_open"))
                out->device = DEVICE_QUEUES;
        else if (v->why == WHY_GUARD && makes_sockets(name))
                snprintf(out->allow, sizeof(out->allow), "%s", line_for_socket(wish, !strcmp(name, "socketpair"), args));
}

bool refusal_find(struct refusal *out, const struct filter *filter, const struct filter_wish *wish, int number,
                  const uint64_t args[6])
{
        const struct filter_rule *rule = filter_judge(filter, number, args);
        const char *name = syscall_name(number);

        *out = (struct refusal){.error = EPERM};
        if (!rule || rule->verdict.action != FILTER_ERRNO || !name)
                return false;
        out->error = rule->verdict.error;
        out->by = rule->verdict.by;
        put_text(out, name, args);
        put_allow(out, &rule->verdict, wish, name, args);
        out->reason = *out->allow || out->device || out->by ? NULL : rule->verdict.reason;
        if (out->reason && !strcmp(name, "socket") && (uint32_t)args[0] != AF_UNIX)
                out->reason = "no `net` line brings such sockets";
        return true;
}
