/* What the sandbox used, from what the kernel keeps in pid 1's own accounts: the times and the largest size of the dead that were
 * waited for, and three small files of /proc about pid 1 itself. They are opened before pid 1 is made undumpable and another
 * user, in the host's /proc, and read once, when all the others are dead. Where one of them is missing, that figure is not
 * known. */
#include <string.h>
#include <sys/time.h>

#include "base/fd.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

enum account {
        ACCOUNT_ALL,  /* what pid 1 and all who were waited for have read and written */
        ACCOUNT_OWN,  /* pid 1 alone: to be taken off */
        ACCOUNT_PIDS, /* the last pid that was given out in this namespace */
};

static const char *const files[USAGE_ACCOUNTS] = {
        [ACCOUNT_ALL] = "/proc/self/io",
        [ACCOUNT_OWN] = "/proc/thread-self/io",
        [ACCOUNT_PIDS] = "/proc/sys/kernel/ns_last_pid",
};

void usage_open(struct setup *s)
{
        for (size_t i = 0; i < USAGE_ACCOUNTS; i++) {
                int fd = SYS_CALL(openat, AT_FDCWD, files[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);
                s->accounts[i] = fd < 0 ? FD_NONE : fd;
        }
}

static uint64_t nanoseconds(const struct timeval *t)
{
        return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_usec * 1000u;
}

/* The largest size is that of the child and of all that it had waited for. */
void usage_add(struct sandbox_usage *usage, const struct rusage *one)
{
        uint64_t most = (uint64_t)one->ru_maxrss * 1024;

        usage->user_ns += nanoseconds(&one->ru_utime);
        usage->system_ns += nanoseconds(&one->ru_stime);
        if (most > usage->memory_peak)
                usage->memory_peak = most;
}

/* The decimal number after `name`, 0 where it is not there. */
static uint64_t number_after(const char *text, const char *name)
{
        const char *at = strstr(text, name);
        uint64_t number = 0;

        if (!at)
                return 0;
        for (at += strlen(name); *at >= '0' && *at <= '9'; at++)
                number = number * 10 + (uint64_t)(*at - '0');
        return number;
}

static bool read_account(const struct setup *s, enum account which, char *out, size_t size)
{
        int got = s->accounts[which] < 0 ? -EBADF : SYS_CALL(read, s->accounts[which], out, size - 1);

        out[got > 0 ? got : 0] = '\0';
        return got > 0;
}

void usage_finish(const struct setup *s, struct sandbox_usage *usage)
{
        const bool messenger = s->plan->brokered & FAMILY_MESSAGES; /* who read one word and is no part of it either */
        char all[512], own[512];

        if (read_account(s, ACCOUNT_ALL, all, sizeof(all)) && read_account(s, ACCOUNT_OWN, own, sizeof(own))) {
                usage->bytes_read = number_after(all, "rchar: ") - number_after(own, "rchar: ") -
                                    (messenger ? sizeof(uint64_t) : 0);
                usage->bytes_written = number_after(all, "wchar: ") - number_after(own, "wchar: ");
        }
        /* pid 1 is the first of them, and no part of what was started. */
        if (!s->plan->hosted && read_account(s, ACCOUNT_PIDS, all, sizeof(all)))
                usage->processes = number_after(all, "") - 1 - messenger;
}
