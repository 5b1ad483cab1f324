/* What the broker's files share about one sandbox. Set at start and constant afterwards, but for what says otherwise. */
#ifndef BROKER_SERVER_H
#define BROKER_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "broker/audit.h"
#include "broker/broker.h"
#include "broker/edition.h"
#include "broker/request.h"
#include "broker/view.h"

struct asker;
struct made;
struct waiter;

enum { OVERFLOW_ID = 65534 }; /* how the kernel shows ids that have no number in a user namespace */

struct server {
        pthread_mutex_t edition_lock; /* held to take or exchange the pointer, and never while anything is served */
        struct edition *edition;
        struct view view;
        struct refused *refused; /* the notify thread's */
        struct follow *follow; /* single files that are replaced outside */
        int notify, channel;
        int stop; /* without namespaces: an eventfd that ends the notify thread, though somebody uses the filter; or FD_NONE */
        pid_t init;
        uid_t uid, uid_inside;
        gid_t gid, gid_inside;
        bool keeps_waiting;        /* the kernel has WAIT_KILLABLE_RECV: a signal does not end a call that we have received */
        atomic_bool shares_umask;  /* the threads could not get one of their own, see modes.h */
        bool privileged;           /* we are root: threads give up what the sandbox must not borrow from us */
        struct audit *audit;       /* locks itself */
        struct waiter *waiter;     /* locks itself */
        struct asker *asker;       /* locks itself */
        struct made *made;         /* the socket files of the sandbox; the notify thread's */
        char abstract[20];         /* what its abstract names begin with where others have some, too */
        uint64_t network;          /* the cookie of our own network; 0: unknown */
        atomic_uint_fast64_t requests, opens;
        pthread_mutex_t names; /* held while names are made, moved or removed: by one transport at a time */
        pthread_mutex_t lock; /* over `stage`, with `staged` to wait for its change */
        pthread_cond_t staged;
        enum server_stage { SERVER_PREPARED, SERVER_SERVING, SERVER_STOPPED } stage;
        pthread_t notify_thread, channel_thread;
        bool notify_running, channel_running;
};

/* ---- operations ------------------------------------------------------------------------------------------------- */

/* Serves one request of the open family: shape, policy, act. Never blocks on what the child controls. */
void open_serve(struct server *s, const struct request *r, struct answer *out);

/* For what has waited since: whether the request's edition allows what was opened, by the path that it has now. A refusal is
 * recorded. */
bool open_still_allowed(struct server *s, const struct request *r, int fd);

/* Flags and mode of open(2) and openat(2), which ignore what they do not know, as openat2(2) would take them. */
void open_as_legacy(struct request *r);

/* ADDFD takes no O_PATH descriptor. What comes nearest is one for reading, of what may be read (or listed). */
uint64_t open_instead_of_path(uint64_t flags);

/* The newest edition, held; for edition_unref(). */
struct edition *server_edition(struct server *s);

uint64_t server_now(void); /* CLOCK_MONOTONIC, in nanoseconds */

/* True while the caller still waits for this request; to be asked before an operation has any effect. */
bool request_waiting(const struct server *s, const struct request *r);
/* Hands the answer over and closes its descriptor. Not for deferred ones. */
void request_answer(const struct server *s, const struct request *r, struct answer *answer);

/* The sandbox knows one user and one group, and numbers them as it likes; all others are nobody's to it. We stand outside of its
 * user namespace: what we are told and what we tell has to be translated. */
static inline uid_t server_uid_inside(const struct server *s, uid_t id)
{
        return id == s->uid ? s->uid_inside : s->view.hosted ? id : OVERFLOW_ID;
}
static inline gid_t server_gid_inside(const struct server *s, gid_t id)
{
        return id == s->gid ? s->gid_inside : s->view.hosted ? id : OVERFLOW_ID;
}
/* -1 stays what it is. False for an id that the sandbox does not have. */
static inline bool server_uid_outside(const struct server *s, uid_t id, uid_t *out)
{
        *out = id == s->uid_inside ? s->uid : id;
        return id == s->uid_inside || id == (uid_t)-1;
}
static inline bool server_gid_outside(const struct server *s, gid_t id, gid_t *out)
{
        *out = id == s->gid_inside ? s->gid : id;
        return id == s->gid_inside || id == (gid_t)-1;
}

/* ---- transports ------------------------------------------------------------------------------------------------- */

void *notify_main(void *server);
bool notify_waiting(const struct server *s, uint64_t id);
void notify_answer(const struct server *s, const struct request *r, struct answer *a);

void *channel_main(void *server);
/* True while whoever asked is there, and has not let go of the line. */
bool channel_waiting(const struct request *r);
void channel_answer(const struct server *s, const struct request *r, const struct answer *a);

/* ---- threads ---------------------------------------------------------------------------------------------------- */

/* For a serving thread's first step: waits for server_serve(). False where there is nothing to serve any more. */
bool server_wait(struct server *s);

/* Starts a thread with all signals blocked and a small stack, fit to act for the sandbox: a umask of its own, and as root the
 * sandbox's file-system ids and no capability in force but CAP_SYS_PTRACE (to read the callers' memory). Returns once that has
 * worked; otherwise the thread has ended again without running `fn`. */
int thread_start(struct server *s, pthread_t *out, void *(*fn)(void *), void *arg);

/* As root, for a moment, and in such a thread alone: it has the capabilities in force that it takes to make a root directory for
 * a name. */
void thread_raise(const struct server *s, bool on);
/* The same: it is the sandbox's user and group in all respects, as a peer is shown them, and has no capability in force. False:
 * it is not, and nothing may be done in the sandbox's name; it has to be switched off all the same. */
bool thread_show(const struct server *s, bool on);
/* The same, and it is that user to all who are told with a message who has sent it. */
bool thread_be(const struct server *s, bool on);

#endif
