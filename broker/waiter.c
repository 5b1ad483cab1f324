#include "broker/waiter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/asked.h"
#include "broker/asker.h"
#include "broker/caller.h"
#include "broker/outgoing.h"
#include "broker/server.h"
#include "broker/socket.h"

enum { POLLED_MOST = 3 + WAITER_PEERS_MOST };
enum { TICK_MS = 50, QUEUE_TICK_MS = 5 }; /* the second where nothing else says that there is room in a peer's queue */

#define ERESTARTSYS 512 /* the kernel's own; never seen by a program */

struct waiting {
        struct request request;
        enum wait_kind kind;
        int fd, flags;
        uint64_t vetted; /* the number of the edition that allowed it */
        int watch; /* of inotify; shared by all entries on the same FIFO; -1: none */
        struct connection peer;
        struct outgoing *message;
        struct question *question; /* NULL: nobody was asked */
        struct asked asked;
        bool interrupted;
};

struct waiter {
        struct server *server;
        pthread_mutex_t lock; /* over `entries`, `count`, `stop` */
        struct waiting *entries[WAITER_MOST + WAITER_PEERS_MOST];
        unsigned count, peers; /* `peers` of `count` are connections and messages */
        unsigned sends;        /* of `peers` */
        bool stop, running;
        int wake, inotify, scratch[2]; /* scratch: a pipe for peeking with tee(2) */
        pthread_t thread;
};

/* ---- one entry -------------------------------------------------------------------------------------------------- */

/* Somebody writes to this FIFO, or has: data or a hang-up to read, or a tee that would wait for more instead of saying "end". */
static bool has_writer(const struct waiter *w, int fd)
{
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 0) > 0 && (p.revents & (POLLIN | POLLHUP)))
                return true;
        char byte;
        ssize_t peeked = tee(fd, w->scratch[1], 1, SPLICE_F_NONBLOCK);
        if (peeked > 0)
                return read(w->scratch[0], &byte, 1) == 1; /* keep the pipe empty: a full one would look like a writer */
        return peeked < 0 && errno == EAGAIN;
}

/* -EAGAIN: not yet. Else the answer is final; *fd is the descriptor to hand over. */
static int attempt(const struct waiter *w, struct waiting *e, int *fd)
{
        if (e->kind == WAIT_FIFO_WRITER) {
                if (!has_writer(w, e->fd))
                        return -EAGAIN;
                *fd = fd_take(&e->fd);
                return 0;
        }
        *fd = view_reopen(&w->server->view, e->fd, e->flags | O_NONBLOCK);
        if (*fd < 0)
                return *fd == -ENXIO && e->kind == WAIT_FIFO_READER ? -EAGAIN : *fd;
        return 0;
}

/* Once a person has answered, or there is no time left. */
static int take_answer(const struct waiter *w, struct waiting *e, int *fd, bool *again)
{
        int end = question_end(e->question);
        *again = !end;
        if (!end)
                return -EAGAIN;
        *fd = asked_answered(w->server, &e->request, &e->asked, end, e->fd);
        e->vetted = e->request.edition->number;
        *again = *fd == -EAGAIN && asked_may_wait(&e->asked);
        if (*again)
                e->kind = WAIT_LEASE;
        return *fd < 0 ? *fd : 0;
}

/* A caller that waits for us is not woken by signals (WAIT_KILLABLE_RECV), so we look on its behalf: with ERESTARTSYS the kernel
 * runs the handler, and makes the call again or says EINTR, as it would have in an open of its own. */
static bool interrupted(const struct waiter *w, const struct waiting *e)
{
        return e->request.transport == TRANSPORT_NOTIFY && caller_is_interrupted(w->server->view.proc, e->request.tid);
}

static bool is_peer(const struct waiting *e)
{
        return e->kind == WAIT_PEER || e->kind == WAIT_ROOM;
}

static const struct connection *connection_of(const struct waiting *e)
{
        return e->kind == WAIT_ROOM ? &e->message->peer : &e->peer;
}

/* A socket that we still hold is one that the caller could not close. */
static void let_go(struct waiting *e)
{
        connection_done(&e->peer);
        if (e->message)
                outgoing_done(e->message);
        free(e->message);
        e->message = NULL;
}

/* Whether a peer may still be reached, where the policy is another since this was last asked. */
static int vet_again(const struct waiter *w, struct waiting *e)
{
        const struct errand errand = {.server = w->server, .request = &e->request};
        if (e->vetted == e->request.edition->number)
                return 0;
        e->vetted = e->request.edition->number;
        return socket_still_allowed(&errand, connection_of(e));
}

static int try_peer(const struct waiter *w, struct waiting *e, bool *again)
{
        int bad = vet_again(w, e);
        if (bad < 0)
                return bad;
        return e->kind == WAIT_ROOM ? outgoing_try(w->server, &e->request, e->message, again)
                                    : connection_try(w->server, &e->peer, again);
}

/* One look at an entry. 0 (of a message: its length) or a final error; -EAGAIN with `*again`: not yet. */
static int look(const struct waiter *w, struct waiting *e, int *fd, bool *again)
{
        bool peer = is_peer(e);
        bool asks = e->kind == WAIT_ANSWER;
        int r = peer ? try_peer(w, e, again) : asks ? take_answer(w, e, fd, again) : attempt(w, e, fd);
        if (!peer && !asks)
                *again = r == -EAGAIN;
        if (*again && interrupted(w, e)) {
                *again = false;
                e->interrupted = true;
                r = peer ? connection_interrupted(connection_of(e)) : -ERESTARTSYS;
        }
        if (r == 0 && !peer && e->vetted != e->request.edition->number && !open_still_allowed(w->server, &e->request, *fd)) {
                r = -EACCES;
                *fd = fd_close(*fd);
        }
        if (r == 0 && !peer && fcntl(*fd, F_SETFL, e->flags & (O_NONBLOCK | O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME)) < 0) {
                r = -errno;
                *fd = fd_close(*fd);
        }
        return r;
}

/* True when the entry is done with: answered, or nobody waits for it any more. */
static bool settle_under(const struct waiter *w, struct waiting *e)
{
        int fd = FD_NONE;
        bool again = false;
        if (!request_waiting(w->server, &e->request)) {
                e->interrupted = !w->server->keeps_waiting; /* there a signal ends the call, which may be made again */
                return true;
        }
        int r = look(w, e, &fd, &again);
        if (again)
                return false;
        let_go(e);
        struct answer answer = {.fd = r < 0 ? FD_NONE : fd, .error = r < 0 ? -r : 0, .done = r >= 0 && is_peer(e),
                                .value = e->kind == WAIT_ROOM && r > 0 ? r : 0};
        request_answer(w->server, &e->request, &answer);
        return true;
}

/* Under what counts now. */
static bool settle(const struct waiter *w, struct waiting *e)
{
        e->request.edition = server_edition(w->server);
        bool done = settle_under(w, e);
        edition_unref(e->request.edition);
        e->request.edition = NULL;
        return done;
}

/* To be called when the entry is no longer in the list. */
static void drop(const struct waiter *w, struct waiting *e)
{
        bool shared = e->watch < 0;
        for (unsigned i = 0; i < w->count && !shared; i++)
                shared = w->entries[i]->watch == e->watch;
        if (!shared)
                inotify_rm_watch(w->inotify, e->watch);
        fd_close(e->fd);
        fd_close(e->request.line);
        let_go(e);
        if (e->question)
                question_leave(e->question, e->interrupted);
        free(e);
}

/* ---- the thread ------------------------------------------------------------------------------------------------- */

/* Settles what can be; one settled end of a FIFO may let another be, so go round until nothing moves. */
static void settle_all(struct waiter *w)
{
        bool moved = true;
        pthread_mutex_lock(&w->lock);
        while (moved) {
                moved = false;
                for (unsigned i = 0; i < w->count;) {
                        if (!settle(w, w->entries[i])) {
                                i++;
                                continue;
                        }
                        struct waiting *done = w->entries[i];
                        w->entries[i] = w->entries[--w->count];
                        w->peers -= is_peer(done);
                        w->sends -= done->kind == WAIT_ROOM;
                        drop(w, done);
                        moved = true;
                }
        }
        pthread_mutex_unlock(&w->lock);
}

static void drain(int fd)
{
        char buffer[4096];
        while (read(fd, buffer, sizeof(buffer)) > 0)
                ;
}

/* What to wait for, and how long. Entries come from other threads, but go by this one alone, so that descriptors stay. */
static nfds_t gather(const struct waiter *w, struct pollfd fds[POLLED_MOST], int *timeout)
{
        nfds_t count = 0;
        fds[count++] = (struct pollfd){.fd = w->wake, .events = POLLIN};
        fds[count++] = (struct pollfd){.fd = w->inotify, .events = POLLIN};
        fds[count++] = (struct pollfd){.fd = asker_answers(w->server->asker), .events = POLLIN};
        *timeout = w->count > 0 ? TICK_MS : -1;
        for (unsigned i = 0; i < w->count; i++) {
                const struct waiting *e = w->entries[i];
                short events = e->kind == WAIT_ROOM   ? outgoing_events(e->message)
                               : e->kind == WAIT_PEER ? connection_events(&e->peer)
                                                      : 0;
                if (events)
                        fds[count++] = (struct pollfd){.fd = connection_of(e)->socket, .events = events};
                else if (is_peer(e))
                        *timeout = QUEUE_TICK_MS;
        }
        return count;
}

static void *waiter_main(void *arg)
{
        struct waiter *w = arg;
        struct pollfd fds[POLLED_MOST];
        for (;;) {
                int timeout;
                pthread_mutex_lock(&w->lock);
                bool stop = w->stop;
                nfds_t count = gather(w, fds, &timeout);
                pthread_mutex_unlock(&w->lock);
                if (stop)
                        return NULL;
                poll(fds, count, timeout);
                drain(w->wake);
                drain(w->inotify);
                drain(asker_answers(w->server->asker));
                settle_all(w);
        }
}

static void wake(struct waiter *w)
{
        uint64_t one = 1;
        while (write(w->wake, &one, sizeof(one)) < 0 && errno == EINTR)
                ;
}

/* ---- from outside ----------------------------------------------------------------------------------------------- */

struct waiter *waiter_new(struct server *s)
{
        struct waiter *w = calloc(1, sizeof(*w));
        if (!w)
                return NULL;
        w->server = s;
        w->wake = w->inotify = w->scratch[0] = w->scratch[1] = FD_NONE;
        pthread_mutex_init(&w->lock, NULL);
        return w;
}

/* The thread and its descriptors are made at the first need: most sandboxes never open a FIFO. */
static int start(struct waiter *w)
{
        if (w->running)
                return 0;
        if (w->wake < 0)
                w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (w->inotify < 0)
                w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (w->scratch[0] < 0 && pipe2(w->scratch, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        if (w->wake < 0 || w->inotify < 0)
                return -EMFILE;
        int r = thread_start(w->server, &w->thread, waiter_main, w);
        w->running = r == 0;
        return r;
}

/* The thread that serves the channel lets go of what it does not answer itself; of the sender it is enough then that somebody
 * has the other end of the line. */
static int keep_line(struct request *r)
{
        r->process = FD_NONE;
        if (r->line >= 0 && (r->line = fcntl(r->line, F_DUPFD_CLOEXEC, 0)) < 0)
                return -errno;
        return 0;
}

/* Puts it into the list, or drops it. */
static int enlist(struct waiter *w, struct waiting *e)
{
        char name[40];
        pthread_mutex_lock(&w->lock);
        bool peer = is_peer(e), message = e->kind == WAIT_ROOM;
        bool room = message && w->sends >= WAITER_SENDS_MOST ? false
                    : peer ? w->peers < WAITER_PEERS_MOST : w->count - w->peers < WAITER_MOST;
        int result = room ? start(w) : -EAGAIN;
        if (result == 0) {
                /* Watched before the first look, so that nothing falls between. Where the FIFO cannot be watched, the tick
                 * still sees to it. One inode has one watch, however many wait. */
                snprintf(name, sizeof(name), "/proc/self/fd/%d", e->fd);
                if (e->fd >= 0 && !e->question)
                        e->watch = inotify_add_watch(w->inotify, name, IN_OPEN | IN_CLOSE);
                w->entries[w->count++] = e;
                w->peers += peer;
                w->sends += message;
        }
        pthread_mutex_unlock(&w->lock);
        if (result < 0)
                drop(w, e);
        else
                wake(w);
        return result;
}

int waiter_add(struct waiter *w, const struct request *r, enum wait_kind kind, int fd, int flags)
{
        struct waiting *e = malloc(sizeof(*e));
        if (!e) {
                fd_close(fd);
                return -ENOMEM;
        }
        *e = (struct waiting){.request = *r, .kind = kind, .fd = fd, .flags = flags, .watch = -1, .vetted = r->edition->number,
                              .peer = {.socket = FD_NONE, .pin = FD_NONE}};
        int bad = keep_line(&e->request);
        return bad < 0 ? drop(w, e), bad : enlist(w, e);
}

int waiter_ask(struct waiter *w, const struct request *r, struct question *q, int pin, const struct asked *what)
{
        struct waiting *e = malloc(sizeof(*e));
        if (!e) {
                question_leave(q, false);
                fd_close(pin);
                return -ENOMEM;
        }
        *e = (struct waiting){.request = *r, .kind = WAIT_ANSWER, .fd = pin, .flags = what->flags, .watch = -1, .question = q,
                              .asked = *what, .peer = {.socket = FD_NONE, .pin = FD_NONE}};
        e->asked.path = question_path(q);
        int bad = keep_line(&e->request);
        return bad < 0 ? drop(w, e), bad : enlist(w, e);
}

int waiter_connect(struct waiter *w, const struct request *r, const struct connection *c)
{
        struct waiting *e = malloc(sizeof(*e));
        struct connection mine = *c;
        if (!e) {
                connection_done(&mine);
                return -ENOMEM;
        }
        *e = (struct waiting){.request = *r, .kind = WAIT_PEER, .fd = FD_NONE, .watch = -1, .vetted = r->edition->number,
                              .peer = mine};
        return enlist(w, e);
}

int waiter_send(struct waiter *w, const struct request *r, struct outgoing *message)
{
        struct waiting *e = malloc(sizeof(*e));
        if (!e) {
                outgoing_done(message);
                free(message);
                return -ENOMEM;
        }
        *e = (struct waiting){.request = *r, .kind = WAIT_ROOM, .fd = FD_NONE, .watch = -1, .vetted = r->edition->number,
                              .message = message, .peer = {.socket = FD_NONE, .pin = FD_NONE}};
        return enlist(w, e);
}

struct waiter *waiter_free(struct waiter *w)
{
        if (!w)
                return NULL;
        if (w->running) {
                pthread_mutex_lock(&w->lock);
                w->stop = true;
                pthread_mutex_unlock(&w->lock);
                wake(w);
                pthread_join(w->thread, NULL);
        }
        while (w->count > 0) {
                struct waiting *last = w->entries[--w->count];
                drop(w, last);
        }
        fd_close(w->wake);
        fd_close(w->inotify);
        fd_close(w->scratch[0]);
        fd_close(w->scratch[1]);
        pthread_mutex_destroy(&w->lock);
        free(w);
        return NULL;
}
