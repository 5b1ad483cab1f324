/* What is kept of verdicts: a bounded list of distinct denials for the summary, and JSON lines for who asked. */
#ifndef BROKER_AUDIT_H
#define BROKER_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cordon.h"
#include "policy/policy.h"

struct audit;
struct edition;
struct edition_change;
struct refusal;

struct request;
struct server;

/* With `fd` or `syslog` verdicts are logged, see log.h. NULL with errno. */
struct audit *audit_new(const char *child, int fd, bool syslog);
/* The log's thread, before anything is recorded. 0 or a negative errno. */
int audit_start(struct audit *a, struct server *s);
/* Nothing is recorded any more. Returns at once; what then waits for the log to be written, a second at most, and says how many
 * records were lost, is the second. */
void audit_end(struct audit *a);
uint64_t audit_settle(struct audit *a);
struct audit *audit_free(struct audit *a);

struct audit_event {
        const char *path;  /* canonical, as the view names it */
        const char *asked; /* as the caller named it */
        unsigned want;     /* ACCESS_* */
        const struct verdict *verdict;
        const struct refusal *refusal; /* a system call, in `path` in words, is refused: there is no verdict; else NULL */
        int ask;   /* how a question about it ended, an enum cordon_ask_end; 0: there was none */
        int error; /* what the caller gets; 0: granted */
        const struct request *request;
        int proc; /* our /proc */
};

/* Records a verdict. Grants are only written where the policy says `audit all`, and those by a person where it does not say
 * `audit none`. Thread-safe; waits for no reader. */
void audit_record(struct audit *a, const struct audit_event *event);

/* Records that another edition counts from here on, and how it has come about. */
void audit_change(struct audit *a, const struct edition *now, const struct edition_change *change);

uint64_t audit_denied(struct audit *a);
unsigned audit_denials(struct audit *a, cordon_denial_fn *fn, void *ctx, uint64_t *dropped);

#endif
