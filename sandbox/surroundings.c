/* Containers do not say that they are some; each engine leaves a sign. Our own sandbox is known by what only its filter does:
 * it refuses a listener before the kernel has looked at the filter's address, with the errno that the kernel has for a second
 * one. An environment variable would be the word of whoever set it. */
#include "sandbox/surroundings.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/fd.h"
#include "sandbox/probe.h"
#include "sandbox/sys.h"

static const struct {
        const char *file, *engine;
} signs[] = {
        {"/run/.containerenv", "podman"},
        {"/.dockerenv", "docker"},
        {"/run/systemd/container", "systemd"},
        {"/dev/.lxc", "lxc"},
};

static bool filter_of_ours(void)
{
        return SYS_CALL(seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL) == -EBUSY;
}

/* Whether something is mounted below /proc, by the list of mounts: its fifth word is the place. */
static bool proc_is_masked(void)
{
        char text[4096 + 1];
        size_t kept = 0;
        cleanup_fd int fd = SYS_CALL(openat, AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

        for (int got; fd >= 0 && (got = SYS_CALL(read, fd, text + kept, sizeof(text) - 1 - kept)) > 0;) {
                kept += (size_t)got;
                text[kept] = '\0';
                if (strstr(text, " /proc/"))
                        return true;
                /* What was looked at goes, but for what the next part may complete. */
                size_t tail = kept < 8 ? kept : 8;
                memmove(text, text + kept - tail, tail);
                kept = tail;
        }
        return false;
}

struct surroundings surroundings_find(void)
{
        struct surroundings p = {.filtered = SYS_CALL(prctl, PR_GET_SECCOMP, 0, 0, 0, 0) == 2,
                                 .masked_proc = proc_is_masked()};
        unsigned inside, outside, count;
        char map[64];

        for (size_t i = 0; i < sizeof(signs) / sizeof(*signs) && !p.engine; i++) {
                if (access(signs[i].file, F_OK) != 0)
                        continue;
                p.engine = signs[i].engine;
                p.sign = signs[i].file;
        }
        if (probe_line("/proc/self/uid_map", map, sizeof(map)) &&
            sscanf(map, "%u %u %u", &inside, &outside, &count) == 3)
                p.in_userns = inside != 0 || outside != 0 || count != UINT32_MAX;
        p.in_cordon = p.filtered && filter_of_ours();
        return p;
}

void surroundings_describe(const struct surroundings *p, char *out, size_t size)
{
        const char *where = p->in_cordon   ? "in a sandbox of cordon"
                            : p->in_userns ? "in a user namespace"
                                           : "on the machine itself";
        char container[128];

        if (p->engine && !p->in_cordon) {
                snprintf(container, sizeof(container), "in a container of %s (%s)", p->engine, p->sign);
                where = container;
        }
        snprintf(out, size, "%s%s%s", where, p->filtered && !p->in_cordon ? ", behind a seccomp filter" : "",
                 p->masked_proc && !p->in_cordon ? ", with parts of /proc masked" : "");
}
