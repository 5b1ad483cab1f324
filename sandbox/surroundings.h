/* Where this process is itself: in a container, in somebody's sandbox. What is missing then is mostly not the kernel's fault, and
 * what helps is another. */
#ifndef SANDBOX_SURROUNDINGS_H
#define SANDBOX_SURROUNDINGS_H

#include <stdbool.h>
#include <stddef.h>

struct surroundings {
        const char *engine; /* "podman": whose container this is; NULL: of none that is known */
        const char *sign; /* what tells: "/run/.containerenv" */
        bool filtered; /* a seccomp filter holds this process */
        bool in_cordon; /* it is one of ours */
        bool in_userns; /* not in the machine's own user namespace */
        bool masked_proc; /* something is mounted over parts of /proc */
};

struct surroundings surroundings_find(void);
/* In words: "in a container of podman (/run/.containerenv), behind a seccomp filter". */
void surroundings_describe(const struct surroundings *place, char *out, size_t size);

#endif
