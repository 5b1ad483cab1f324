/* The serving side: requests of one sandbox, by either transport, to verdicts, to descriptors.
 *
 *   notify thread ──┐
 *                   ├─> struct request ─> shape ─> policy ─> open through the view ─> struct answer ─> reply, audit
 *   channel ────────┘
 *
 * One `server` serves one sandbox and cannot be stalled by another. Each transport has a thread of its own: ADDFD waits for
 * the child's thread (so notifications of two sandboxes must not share one), and both act with the sandbox's file-system ids,
 * which are a property of the thread. Opens that may block (a FIFO, a leased file) never wait on a serving thread: the
 * `waiter` thread watches them, as events, and at most WAITER_MOST at once. All threads have every signal blocked. */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cordon.h"
#include "policy/policy.h"

struct asker;
struct server;
struct plan;

struct server_options {
        struct policy *policy;       /* a reference is taken */
        const char *name;            /* for audit records */
        bool notifies;               /* a seccomp listener will come with server_serve() */
        int channel;                 /* broker's end of the program's channel or -1; taken on success */
        int audit_fd;                /* borrowed for the call; -1: none */
        bool audit_syslog;           /* records go to the local syslog */
        pid_t init;                  /* pid 1 of the sandbox, as we number it */
        uid_t uid;                   /* file-system ids to act with: the program's own */
        gid_t gid;
        uid_t uid_inside; /* the same, as the sandbox numbers them */
        gid_t gid_inside;
        bool asks;               /* somebody takes the questions of `ask` rules; see asker.h */
        unsigned ask_timeout_ms;
        const struct plan *plan; /* for single files that are followed; may be NULL. Not needed any more when this returns */
};

/* Makes the server and its threads, which wait for server_serve(): that takes as long as a good part of the sandbox's set-up,
 * and runs beside it. */
int server_start(struct server **out, const struct server_options *options, cordon_error *err);

/* Hands over a directory that the plan has as `number`. Taken; of no use after server_serve(). */
void server_source(struct server *s, unsigned number, int directory);
/* Begins to serve. `view` is an O_PATH of the view's root, `notify` the listener or -1, `nowhere` an O_PATH of the empty
 * directory for what is masked, or -1; all are taken. Once for each server. */
void server_serve(struct server *s, int view, int notify, int nowhere);

/* Exchanges the policy for one whose plan is the same, for requests that begin from now on; grants stay. 0 or -ENOMEM. */
int server_replace(struct server *s, struct policy *policy);
/* Adds a grant until then (see edition.h). 0, -ENOMEM, -ENOSPC. */
int server_grant(struct server *s, struct policy *grant, uint64_t until);
/* Takes back the grants with the same line, or all where that is NULL. 0, -ENOENT, -ENOMEM. */
int server_revoke(struct server *s, const struct policy *grant);

/* Where its questions come from and answers go to; as long as the server. */
struct asker *server_asker(struct server *s);

struct server_counts {
        uint64_t requests, denied, opens;
};
struct server_counts server_counts(struct server *s);
/* After server_stop(): waits until what was recorded is written, a second at most. Returns how many records were lost. */
uint64_t server_audit_settle(struct server *s);
unsigned server_denials(struct server *s, cordon_denial_fn *fn, void *ctx, uint64_t *dropped);

/* Call once all of the sandbox is dead, or was never served: stops and joins the threads, closes everything. The list of
 * denials and the counts stay until server_free(). */
void server_stop(struct server *s);
struct server *server_free(struct server *s); /* takes NULL; returns NULL */

#endif
