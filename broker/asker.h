/* Questions to a person: which ones wait, and what was answered for the rest of the run. Serving threads put questions and the
 * host program gets them when it dispatches; whoever waits for an answer is an entry of the waiter. Nobody waits in here.
 *
 * A question belongs to those who wait for it, and to the host program from when it was brought until its end was. The same open
 * by several is one question. */
#ifndef BROKER_ASKER_H
#define BROKER_ASKER_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "broker/request.h"
#include "cordon.h"
#include "policy/policy.h"

struct asked;
struct asker;
struct question;
struct server;

/* Questions that wait, and answers that are kept for the run; where these are more, a yes counts once and a no for all. */
enum { ASKER_MOST = 16, ASKER_KEPT_MOST = 256 };

/* `heard`: somebody will take the questions. NULL: out of memory or descriptors. */
struct asker *asker_new(bool heard, unsigned timeout_ms);
struct asker *asker_free(struct asker *a); /* takes NULL; returns NULL */

/* What is already known, an enum cordon_ask_end; or 0, and `*out` is what to wait for. `rule` is one of the request's edition. */
int asker_ask(struct asker *a, const struct server *s, const struct request *r, const struct asked *what,
              const struct rule *rule, struct question **out);

/* 0: not yet; else how it has ended. */
int question_end(struct question *q);
const char *question_path(const struct question *q);
/* Whoever waited for it does so no longer; if interrupted by a signal, perhaps again soon. */
void question_leave(struct question *q, bool interrupted);
/* Readable when there are answers; to be drained. -1: there never are. */
int asker_answers(const struct asker *a);

/* ---- for the host program ----------------------------------------------------------------------------------------- */

struct asker_hears {
        cordon_ask_fn *ask;
        cordon_ask_over_fn *over; /* or NULL */
        void *ctx;
        cordon_child *child;
};

/* Readable when asker_tell() has something to tell; -1: nobody takes the questions. */
int asker_fd(const struct asker *a);
void asker_tell(struct asker *a, const struct asker_hears *to);
/* Nobody comes again. What is open has ended, for asker_tell() to tell. */
void asker_end(struct asker *a);
/* When asker_tell() is to be called even if that is not readable; CLOCK_MONOTONIC, nanoseconds; 0: never. */
uint64_t asker_next(struct asker *a);
/* As cordon_ask_answer(). */
int asker_answer(struct asker *a, uint64_t id, int end);

static inline bool ask_end_allows(int end)
{
        return end == CORDON_ASK_ONCE || end == CORDON_ASK_RUN;
}

#endif
