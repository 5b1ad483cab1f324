/* What /proc shows beside processes tells of the whole machine. Most of that any program may know (how much memory there
 * is, which processors); this is what hardly any honest program needs and an attacker likes: the kernel's memory and where
 * things lie in it, its messages, keys, timers, and the ways to make it do something. A rule of the policy about the very
 * file opens it. */
#include <string.h>

#include "base/within.h"
#include "policy/closed.h"

static const char *const closed[] = {
        "/proc/acpi",        "/proc/interrupts",   "/proc/kallsyms",    "/proc/kcore",       "/proc/key-users",
        "/proc/keys",        "/proc/kmsg",         "/proc/kpagecgroup", "/proc/kpagecount",  "/proc/kpageflags",
        "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",       "/proc/slabinfo",    "/proc/sysrq-trigger",
        "/proc/timer_list",  "/proc/timer_stats",  "/proc/vmallocinfo", NULL,
};

const char *closed_place(size_t index)
{
        return closed[index];
}

bool is_closed(const struct rule *rule, const char *path)
{
        if (!rule || !rule->implied || strcmp(rule->pattern, "/proc") != 0)
                return false;
        for (size_t i = 0; closed[i]; i++)
                if (path_within(path, closed[i]))
                        return true;
        return false;
}
