/* What holds each limit: the sandbox's own cgroup, of all processes together; where there is none, the nearest resource limit, of
 * each process by itself, and a note that says so. What has no nearest one is refused then.
 *
 * Of resource limits the stricter of the policy's and the caller's own counts. The number of descriptors is set for the program
 * alone, at the last moment: it would count the descriptors that the set-up still sends. */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
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

/* ---- by a cgroup or not -------------------------------------------------------------------------------------------------- */

/* What nothing but a cgroup can hold: the line that asks for it. */
static const struct origin *only_by_cgroup(const struct limits *l, unsigned missing, const char **name)
{
        const struct {
                bool given;
                unsigned controller;
                const char *name;
                const struct origin *at;
        } rows[] = {
                {l->swap > 0, CGROUP_MEMORY, "swap", &l->swap_at},
                {l->cpus_m > 0, CGROUP_CPU, "cpus", &l->cpus_at},
                {l->io_read > 0, CGROUP_IO, "io-read", &l->io_read_at},
                {l->io_write > 0, CGROUP_IO, "io-write", &l->io_write_at},
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                *name = rows[i].name;
                if (rows[i].given && (missing & rows[i].controller))
                        return rows[i].at;
        }
        return NULL;
}

static const struct origin *required(const struct world *w)
{
        for (size_t i = 0; i < w->requirement_count; i++)
                if (w->requirements[i].feature == FEATURE_CGROUP)
                        return &w->requirements[i].origin;
        return NULL;
}

/* The kernel exempts root's own id from RLIMIT_NPROC, in a user namespace, too. */
static bool root_inside(const struct setup *s)
{
        return s->root && s->uid == 0;
}

/* Refused, or said in the note. */
static int fall_back(struct setup *s, unsigned missing, const char *why, cordon_error *err)
{
        const struct limits *l = &s->world->limits;
        const char *name = "procs";
        bool cpu = l->cpu_s && s->leaf.dir < 0, memory = l->memory && (missing & CGROUP_MEMORY);
        const struct origin *must = required(s->world), *only = only_by_cgroup(l, missing, &name);

        if (must && (missing || s->leaf.dir < 0))
                return error_set(err, EOPNOTSUPP, "%s:%u: `require cgroup` is not met: %s", must->file, must->line, why);
        if (!only && (missing & CGROUP_PIDS) && root_inside(s)) {
                name = "procs";
                only = &l->procs_at;
        }
        if (only)
                return error_set(err, EOPNOTSUPP, "%s:%u: nothing but a cgroup can hold `limit %s`%s: %s", only->file, only->line,
                                 name, root_inside(s) && (missing & CGROUP_PIDS) ? " for root's own id" : "", why);
        bool shared = s->plan->hosted && l->procs && (missing & CGROUP_PIDS);
        if (shared && !memory && !cpu)
                snprintf(s->note, sizeof(s->note), "`limit procs` counts all processes of user %u, here and outside: %s",
                         (unsigned)s->uid, why);
        if (memory || cpu)
                snprintf(s->note, sizeof(s->note), "%s%s%s for each process by itself, not for all together%s: %s",
                         memory ? "`limit memory`" : "", memory && cpu ? " and " : "",
                         memory && cpu ? "`limit cpu` hold" : cpu ? "`limit cpu` holds" : " holds",
                         shared ? "; `limit procs` counts all processes of the user" : "", why);
        return 0;
}

/* ---- rlimits ------------------------------------------------------------------------------------------------------------- */

static int set_rlimits(struct setup *s)
{
        const struct limits *l = &s->world->limits;
        unsigned held = s->leaf.controllers;
        const struct {
                bool given;
                int resource;
                uint64_t soft, hard;
        } wanted[] = {
                /* One byte, not none: with a pipe as core_pattern the kernel would still run the host's crash handler on the
                 * program's memory for 0, and refrains for 1. */
                {true, RLIMIT_CORE, 1, 1},
                {l->cpu_s > 0, RLIMIT_CPU, l->cpu_s, l->cpu_s + 1}, /* SIGXCPU, then SIGKILL */
                {l->memory > 0 && !(held & CGROUP_MEMORY), RLIMIT_DATA, l->memory, l->memory},
                {l->procs > 0 && !(held & CGROUP_PIDS), RLIMIT_NPROC, l->procs + 1, l->procs + 1}, /* and pid 1 */
                {l->fsize > 0, RLIMIT_FSIZE, l->fsize, l->fsize},
                {l->files > 0, RLIMIT_NOFILE, l->files, l->files},
        };

        s->files.resource = -1;
        s->limit_count = 0;
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
                int result = wanted[i].given ? add(s, wanted[i].resource, wanted[i].soft, wanted[i].hard) : 0;
                if (result < 0)
                        return result;
        }
        return 0;
}

static int settle(struct setup *s, const char *why, cordon_error *err)
{
        unsigned missing = cgroup_wanted(&s->world->limits) & ~s->leaf.controllers;
        int result = fall_back(s, missing, why, err);

        if (result == 0 && (result = set_rlimits(s)) < 0)
                error_set(err, -result, "cannot read the limits of this process: %s", error_text(-result));
        return result;
}

int limits_prepare(struct setup *s, cordon_error *err)
{
        const struct limits *l = &s->world->limits;
        struct cgroup_place place = {0};

        s->leaf = (struct cgroup_leaf)CGROUP_NO_LEAF;
        if (cgroup_useful(l) || required(s->world)) {
                cgroup_find(cgroup_wanted(l), &place);
                if (*place.path)
                        leaf_make(&s->leaf, &place, l);
        }
        return settle(s, place.why, err);
}

int limits_without_cgroup(struct setup *s, int error, cordon_error *err)
{
        char why[160];

        leaf_remove(&s->leaf);
        s->leaf.controllers = 0;
        snprintf(why, sizeof(why), "nothing can be started in a cgroup of its own: %s", error_text(error));
        return settle(s, why, err);
}

/* In a cgroup namespace of its own the leaf is the root: /proc/self/cgroup tells nothing of the host's. Where pid 1 was cloned
 * together with such a namespace, its root is the cgroup of whoever cloned. */
static int enter_cgroup(const struct setup *s)
{
        return s->leaf.dir < 0 || s->plan->hosted ? 0 : SYS_CALL(unshare, CLONE_NEWCGROUP);
}

int limits_apply(struct setup *s)
{
        int entered = enter_cgroup(s);
        if (entered < 0)
                return entered;
        for (size_t i = 0; i < s->limit_count; i++) {
                int result = SYS_CALL(prlimit64, 0, s->limits[i].resource, &s->limits[i].value, NULL);
                if (result < 0)
                        return result;
        }
        return 0;
}
