#include "broker/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "broker/asker.h"
#include "broker/follow.h"
#include "broker/made.h"
#include "broker/refused.h"
#include "broker/waiter.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

uint64_t server_now(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct edition *server_edition(struct server *s)
{
        pthread_mutex_lock(&s->edition_lock);
        struct edition *e = edition_ref(s->edition);
        pthread_mutex_unlock(&s->edition_lock);
        return e;
}

static int change(struct server *s, const struct edition_change *c)
{
        pthread_mutex_lock(&s->edition_lock);
        struct edition *before = s->edition, *e = edition_new(before, c);
        int r = e ? 0 : -errno;
        if (e) {
                audit_change(s->audit, e, c); /* before any verdict of it can be recorded */
                s->edition = e;
        }
        pthread_mutex_unlock(&s->edition_lock);
        if (e)
                edition_unref(before);
        return r;
}

int server_replace(struct server *s, struct policy *policy)
{
        return change(s, &(struct edition_change){.step = EDITION_REPLACE, .policy = policy});
}

int server_grant(struct server *s, struct policy *policy, uint64_t until)
{
        return change(s, &(struct edition_change){.step = EDITION_GRANT, .grant = &(struct grant){policy, until}});
}

int server_revoke(struct server *s, const struct policy *grant)
{
        return change(s, &(struct edition_change){.step = EDITION_REVOKE, .revoked = grant});
}

bool request_waiting(const struct server *s, const struct request *r)
{
        return r->transport == TRANSPORT_NOTIFY ? notify_waiting(s, r->id) : channel_waiting(r);
}

void request_answer(const struct server *s, const struct request *r, struct answer *answer)
{
        if (r->transport == TRANSPORT_NOTIFY)
                notify_answer(s, r, answer);
        else
                channel_answer(s, r, answer);
        answer->fd = fd_close(answer->fd);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static int open_files(struct server *s)
{
        if (s->view.hosted && (s->stop = eventfd(0, EFD_CLOEXEC)) < 0)
                return -errno;
        s->view.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        s->view.self = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return s->view.proc < 0 || s->view.self < 0 ? -errno : 0;
}

static int start_threads(struct server *s, bool notifies)
{
        int r = audit_start(s->audit, s);
        if (r == 0 && s->channel >= 0) {
                r = thread_start(s, &s->channel_thread, channel_main, s);
                s->channel_running = r == 0;
        }
        if (r == 0 && notifies) {
                r = thread_start(s, &s->notify_thread, notify_main, s);
                s->notify_running = r == 0;
        }
        return r;
}

static void set_stage(struct server *s, enum server_stage stage)
{
        pthread_mutex_lock(&s->lock);
        s->stage = stage;
        pthread_cond_broadcast(&s->staged);
        pthread_mutex_unlock(&s->lock);
}

bool server_wait(struct server *s)
{
        pthread_mutex_lock(&s->lock);
        while (s->stage == SERVER_PREPARED)
                pthread_cond_wait(&s->staged, &s->lock);
        bool serving = s->stage == SERVER_SERVING;
        pthread_mutex_unlock(&s->lock);
        return serving;
}

/* Sockets tell which network they belong to. */
static uint64_t own_network(void)
{
        uint64_t cookie = 0;
        socklen_t size = sizeof(cookie);
        cleanup_fd int any = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        return any >= 0 && getsockopt(any, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

/* Not to be guessed by who might want to be in the way, though nothing depends on that. */
static void name_apart(struct server *s)
{
        uint32_t number = (uint32_t)s->init;
        if (getrandom(&number, sizeof(number), 0) < 0)
                number ^= (uint32_t)getpid() << 16;
        snprintf(s->abstract, sizeof(s->abstract), "cordon-%08x:", number);
}

int server_start(struct server **out, const struct server_options *o, cordon_error *err)
{
        struct server *s = calloc(1, sizeof(*s));
        if (!s)
                return error_set(err, ENOMEM, "out of memory");
        pthread_mutex_init(&s->lock, NULL);
        pthread_mutex_init(&s->names, NULL);
        pthread_cond_init(&s->staged, NULL);
        pthread_mutex_init(&s->edition_lock, NULL);
        s->edition = edition_new(NULL, &(struct edition_change){.step = EDITION_REPLACE, .policy = o->policy});
        s->init = o->init;
        s->uid = o->uid;
        s->gid = o->gid;
        s->uid_inside = o->uid_inside;
        s->gid_inside = o->gid_inside;
        s->privileged = geteuid() == 0;
        s->view = (struct view){
                .root = FD_NONE,
                .proc = FD_NONE,
                .self = FD_NONE,
                .nowhere = FD_NONE,
                .hosted = o->plan && o->plan->hosted ? o->policy : NULL,
                .keeper = o->init,
        };
        s->notify = s->channel = s->stop = FD_NONE;
        name_apart(s);
        s->network = own_network();
        s->made = made_new();
        s->audit = audit_new(o->name, o->audit_fd, o->audit_syslog);
        int audit_error = errno;
        s->waiter = waiter_new(s);
        s->asker = asker_new(o->asks, o->ask_timeout_ms);
        s->follow = follow_new(o->plan);
        s->refused = refused_new(o->plan);

        if (!s->audit && audit_error != ENOMEM)
                error_set(err, audit_error, "cannot begin the audit log%s: %s", o->audit_syslog ? " at /dev/log" : "",
                          error_text(audit_error));
        int r = !s->edition ? -ENOMEM
                : !s->audit ? -audit_error
                : !s->waiter || !s->asker || !s->made || !s->follow || !s->refused ? -ENOMEM : open_files(s);
        if (r == 0) {
                s->channel = o->channel;
                r = start_threads(s, o->notifies);
        }
        if (r < 0) {
                error_set(err, -r, "cannot start the broker's threads: %s", error_text(-r));
                set_stage(s, SERVER_STOPPED); /* whichever thread did start ends without touching its descriptors */
                if (s->channel_running)
                        pthread_join(s->channel_thread, NULL);
                s->channel_running = false;
                s->channel = FD_NONE; /* stays the caller's */
                server_free(s);
                return r;
        }
        *out = s;
        return 0;
}

void server_source(struct server *s, unsigned number, int directory)
{
        pthread_mutex_lock(&s->lock);
        if (s->stage == SERVER_PREPARED)
                follow_source(s->follow, number, directory);
        else
                fd_close(directory);
        pthread_mutex_unlock(&s->lock);
}

void server_serve(struct server *s, int view, int notify, int nowhere)
{
        s->view.root = view;
        s->view.nowhere = nowhere;
        s->notify = notify;
        set_stage(s, SERVER_SERVING);
}

static void wake_notify(const struct server *s)
{
        uint64_t one = 1;
        while (s->stop >= 0 && write(s->stop, &one, sizeof(one)) < 0 && errno == EINTR)
                ;
}

void server_stop(struct server *s)
{
        if (s->stage == SERVER_PREPARED)
                set_stage(s, SERVER_STOPPED);
        if (s->channel >= 0)
                shutdown(s->channel, SHUT_RDWR);
        wake_notify(s);
        if (s->channel_running)
                pthread_join(s->channel_thread, NULL);
        if (s->notify_running)
                pthread_join(s->notify_thread, NULL);
        s->channel_running = s->notify_running = false;
        s->waiter = waiter_free(s->waiter);
        if (s->asker)
                asker_end(s->asker);
        if (s->audit)
                audit_end(s->audit);
        s->channel = fd_close(s->channel);
        s->notify = fd_close(s->notify);
        s->stop = fd_close(s->stop);
        s->view.root = fd_close(s->view.root);
        s->view.nowhere = fd_close(s->view.nowhere);
        s->view.proc = fd_close(s->view.proc);
        s->view.self = fd_close(s->view.self);
}

struct server *server_free(struct server *s)
{
        if (!s)
                return NULL;
        server_stop(s);
        edition_unref(s->edition);
        pthread_mutex_destroy(&s->edition_lock);
        s->audit = audit_free(s->audit);
        s->asker = asker_free(s->asker);
        made_free(s->made);
        follow_free(s->follow);
        refused_free(s->refused);
        pthread_cond_destroy(&s->staged);
        pthread_mutex_destroy(&s->names);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return NULL;
}

/* ---- figures ---------------------------------------------------------------------------------------------------- */

struct server_counts server_counts(struct server *s)
{
        return (struct server_counts){
                .requests = atomic_load_explicit(&s->requests, memory_order_relaxed),
                .denied = audit_denied(s->audit),
                .opens = atomic_load_explicit(&s->opens, memory_order_relaxed),
        };
}

struct asker *server_asker(struct server *s)
{
        return s->asker;
}

uint64_t server_audit_settle(struct server *s)
{
        return audit_settle(s->audit);
}

unsigned server_denials(struct server *s, cordon_denial_fn *fn, void *ctx, uint64_t *dropped)
{
        return audit_denials(s->audit, fn, ctx, dropped);
}
