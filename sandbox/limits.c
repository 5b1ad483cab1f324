/* Resource limits. The stricter of the policy's and the caller's own counts. The number of descriptors is set for the program
 * alone, at the last moment: it would count the descriptors that the set-up still sends. */
#include <string.h>

#include "sandbox/setup.h"
#include "sandbox/sys.h"

static int add(struct setup *s, int resource, uint64_t soft, uint64_t hard)
{
        struct limit_step step = {.resource = resource};

        if (getrlimit((__rlimit_resource_t)resource, &step.value) < 0)
                return -errno;
        if (hard < step.value.rlim_max)
                step.value.rlim_max = hard;
        if (soft < step.value.rlim_max)
                step.value.rlim_cur = soft;
        else
                step.value.rlim_cur = step.value.rlim_max;
        if (resource == RLIMIT_NOFILE)
                s->files = step;
        else
                s->limits[s->limit_count++] = step;
        return 0;
}

int limits_prepare(struct setup *s)
{
        const struct limits *l = &s->world->limits;
        const struct {
                bool given;
                int resource;
                uint64_t soft, hard;
        } wanted[] = {
                /* One byte, not none: with a pipe as core_pattern the kernel would still run the host's crash handler on the
                 * program's memory for 0, and refrains for 1. */
                {true, RLIMIT_CORE, 1, 1},
                {l->cpu_s > 0, RLIMIT_CPU, l->cpu_s, l->cpu_s + 1}, /* SIGXCPU, then SIGKILL */
                {l->memory > 0, RLIMIT_DATA, l->memory, l->memory},
                {l->procs > 0, RLIMIT_NPROC, l->procs + 1, l->procs + 1}, /* and pid 1 */
                {l->fsize > 0, RLIMIT_FSIZE, l->fsize, l->fsize},
                {l->files > 0, RLIMIT_NOFILE, l->files, l->files},
        };

        s->files.resource = -1;
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
                int result = wanted[i].given ? add(s, wanted[i].resource, wanted[i].soft, wanted[i].hard) : 0;
                if (result < 0)
                        return result;
        }
        return 0;
}

int limits_apply(struct setup *s)
{
        for (size_t i = 0; i < s->limit_count; i++) {
                int result = SYS_CALL(prlimit64, 0, s->limits[i].resource, &s->limits[i].value, NULL);
                if (result < 0)
                        return result;
        }
        return 0;
}
