/* The filter goes on pid 1, so that pid 1 is held by it, too, and one listener serves all of the sandbox. */
#include <linux/seccomp.h>

#include "base/fd.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif

static int load(const struct sock_fprog *program, unsigned long flags)
{
        return SYS_CALL(seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
}

int seccomp_install(struct setup *s)
{
        const struct filter *filter = &s->plan->filter;

        if (!filter->program.filter)
                return 0;
        if (!filter->notify)
                return load(&filter->program, 0);
        /* Without WAIT_KILLABLE_RECV a busy signal handler makes a call be asked for again and again; slow, not wrong. */
        int result = load(&filter->program, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
        if (result == -EINVAL)
                result = load(&filter->program, SECCOMP_FILTER_FLAG_NEW_LISTENER);
        if (result < 0)
                return result;
        s->notify = result;
        return 0;
}
