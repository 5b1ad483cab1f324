/* What is kept of verdicts: a bounded list of distinct denials for the summary, and JSON lines for who asked. */
#ifndef BROKER_AUDIT_H
#define BROKER_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cordon.h"
#include "policy/policy.h"

struct audit;
struct refusal;

struct audit *audit_new(const struct policy *policy, const char *child, int fd); /* NULL: out of memory */
struct audit *audit_free(struct audit *a);

struct audit_event {
        const char *path;  /* canonical, as the view names it */
        const char *asked; /* as the caller named it */
        unsigned want;     /* ACCESS_* */
        const struct verdict *verdict;
        const struct refusal *refusal; /* a system call, in `path` in words, is refused: there is no verdict; else NULL */
        int error; /* what the caller gets; 0: granted */
        pid_t tid;
        int proc; /* our /proc */
};

/* Records a verdict. Grants are only written where the policy says `audit all`. Thread-safe; never blocks on readers of the
 * audit descriptor for longer than one write. */
void audit_record(struct audit *a, const struct audit_event *event);

uint64_t audit_denied(struct audit *a);
unsigned audit_denials(struct audit *a, cordon_denial_fn *fn, void *ctx, uint64_t *dropped);

#endif
