/* The same operation on the same path by the same rule is one denial with a count. The list is bounded: a child that makes up
 * paths fills it once, and the rest is only counted. The log is bounded, too, and is told of each of them (log.c). */
#include "broker/audit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "broker/caller.h"
#include "broker/edition.h"
#include "broker/faces.h"
#include "broker/log.h"
#include "broker/request.h"
#include "broker/server.h"
#include "policy/refusal.h"

#define SYSCALL_OP "syscall"

enum { DENIALS_MOST = 512, BUCKETS = 1024 };

struct denial {
        struct denial *next; /* in its bucket */
        uint64_t count;
        unsigned want;
        int error, ask;
        pid_t pid;
        char comm[16];
        const struct rule *rule;
        struct refusal *refusal; /* owned; of a system call; else NULL */
        struct edition *edition; /* that the rule belongs to; held */
        char path[];
};

struct audit {
        pthread_mutex_t lock;
        struct log *log; /* NULL: nobody wants lines; locks itself, as do the faces */
        struct faces *faces;
        uint64_t denied, dropped;
        unsigned count;
        struct denial *list[DENIALS_MOST]; /* oldest first; owned */
        struct denial *buckets[BUCKETS];
};

struct audit *audit_new(const char *child, int fd, bool syslog)
{
        struct audit *a = calloc(1, sizeof(*a));
        if (!a)
                return NULL;
        pthread_mutex_init(&a->lock, NULL);
        if (fd < 0 && !syslog)
                return a;
        a->faces = faces_new();
        a->log = a->faces ? log_new(child, fd, syslog) : NULL;
        if (!a->log) {
                int error = a->faces ? errno : ENOMEM;
                audit_free(a);
                errno = error;
                return NULL;
        }
        return a;
}

int audit_start(struct audit *a, struct server *s)
{
        return a->log ? log_start(a->log, s) : 0;
}

void audit_end(struct audit *a)
{
        if (a->log)
                log_end(a->log);
}

uint64_t audit_settle(struct audit *a)
{
        return a->log ? log_settle(a->log) : 0;
}

struct audit *audit_free(struct audit *a)
{
        if (!a)
                return NULL;
        for (unsigned i = 0; i < a->count; i++) {
                edition_unref(a->list[i]->edition);
                free(a->list[i]->refusal);
                free(a->list[i]);
        }
        log_free(a->log);
        faces_free(a->faces);
        pthread_mutex_destroy(&a->lock);
        free(a);
        return NULL;
}

/* ---- the list --------------------------------------------------------------------------------------------------- */

static unsigned bucket_of(const char *path, unsigned want)
{
        uint64_t hash = 14695981039346656037u + want;
        for (const char *p = path; *p; p++)
                hash = (hash ^ (unsigned char)*p) * 1099511628211u;
        return (unsigned)(hash >> 32) % BUCKETS;
}

static pid_t sandbox_pid(const struct audit_event *e)
{
        struct caller_status status;
        return caller_status(e->proc, e->request->tid, &status) < 0 ? 0 : status.ns_tgid;
}

/* What a person decides about and was not asked: it is no open, then. */
static int ask_end(const struct audit_event *e)
{
        return e->ask ? e->ask : e->verdict && e->verdict->ask ? CORDON_ASK_NEVER : 0;
}

static struct denial *denial_new(const struct audit_event *e)
{
        struct denial *d = calloc(1, sizeof(*d) + strlen(e->path) + 1);

        if (d && e->refusal) {
                d->refusal = malloc(sizeof(*d->refusal));
                if (!d->refusal) {
                        free(d);
                        return NULL;
                }
                *d->refusal = *e->refusal;
        }
        if (d)
                strcpy(d->path, e->path);
        return d;
}

static void remember(struct audit *a, const struct audit_event *e)
{
        unsigned bucket = bucket_of(e->path, e->want);
        for (struct denial *d = a->buckets[bucket]; d; d = d->next) {
                bool same = d->want == e->want && !d->refusal == !e->refusal && d->error == e->error && d->ask == ask_end(e);
                if (same && strcmp(d->path, e->path) == 0) {
                        d->count++;
                        return;
                }
        }
        struct denial *d = a->count < DENIALS_MOST ? denial_new(e) : NULL;
        if (!d) {
                a->dropped++;
                return;
        }
        d->count = 1;
        d->want = e->want;
        d->error = e->error;
        d->ask = ask_end(e);
        d->rule = e->refusal ? NULL : e->verdict->rule;
        d->edition = edition_ref(e->request->edition);
        d->pid = sandbox_pid(e);
        caller_comm(e->proc, e->request->tid, d->comm);
        d->next = a->buckets[bucket];
        a->buckets[bucket] = d;
        a->list[a->count++] = d;
}

/* What every sandbox refuses has no line in any file: the reason is told in its place. */
static void tell_refusal(const struct denial *d, cordon_denial_fn *fn, void *ctx)
{
        const struct refusal *r = d->refusal;
        const unsigned use = ACCESS_LIST | ACCESS_READ | ACCESS_WRITE;
        char line[512];
        bool device = r->device && policy_suggest(d->edition->policy, r->device, use, line, sizeof(line)) == 0;
        cordon_denial out = {
                .op = SYSCALL_OP,
                .path = d->path,
                .count = d->count,
                .pid = d->pid,
                .comm = d->comm,
                .error = d->error,
                .allow = device ? line : *r->allow ? r->allow : NULL,
        };
        if (r->by) {
                out.file = r->by->origin.file;
                out.line = r->by->origin.line;
                out.rule = r->by->text;
        } else if (r->reason) {
                out.file = "(every sandbox)";
                out.because = r->reason;
        }
        fn(ctx, &out);
}

static void tell_denial(const struct denial *d, cordon_denial_fn *fn, void *ctx)
{
        char line[8192], source[PATH_MAX];
        const char *on_host = policy_on_host(d->edition->policy, d->path, false, source);
        /* A refusal that somebody wrote down is not to be undone by the next line; nor can a virtual file be more. */
        bool meant = d->rule && (d->rule->class != CLASS_GRANT || d->rule->content);
        int r = meant ? -ENOENT : policy_suggest(d->edition->policy, d->path, d->want, line, sizeof(line));
        cordon_denial out = {
                .op = access_name(d->want),
                .path = d->path,
                .count = d->count,
                .pid = d->pid,
                .comm = d->comm,
                .error = d->error,
                .allow = r < 0 ? NULL : line,
                .ask = d->ask,
        };
        out.on_host = on_host == d->path ? NULL : on_host;
        if (d->rule) {
                out.file = d->rule->origin.file;
                out.line = d->rule->origin.line;
                out.rule = d->rule->text;
                out.because = d->rule->because;
        }
        fn(ctx, &out);
}

unsigned audit_denials(struct audit *a, cordon_denial_fn *fn, void *ctx, uint64_t *dropped)
{
        pthread_mutex_lock(&a->lock);
        for (unsigned i = 0; i < a->count; i++) {
                if (a->list[i]->refusal)
                        tell_refusal(a->list[i], fn, ctx);
                else
                        tell_denial(a->list[i], fn, ctx);
        }
        if (dropped)
                *dropped = a->dropped;
        unsigned count = a->count;
        pthread_mutex_unlock(&a->lock);
        return count;
}

uint64_t audit_denied(struct audit *a)
{
        pthread_mutex_lock(&a->lock);
        uint64_t denied = a->denied;
        pthread_mutex_unlock(&a->lock);
        return denied;
}

/* ---- the log ---------------------------------------------------------------------------------------------------- */

static void log_event(struct audit *a, const struct audit_event *e, const struct face *face, uint64_t now)
{
        const struct rule *rule = e->verdict ? e->verdict->rule : NULL;
        const struct refusal *refusal = e->refusal;
        const struct origin *by = refusal && refusal->by ? &refusal->by->origin : rule ? &rule->origin : NULL;
        const struct request *q = e->request;
        struct record r = {
                .kind = RECORD_VERDICT,
                .operation = (int)q->operation,
                .flags = q->flags,
                .want = e->want,
                .system_call = refusal != NULL,
                .error = e->error,
                .ask = ask_end(e),
                .inside = face->inside,
                .outside = face->outside,
                .thread = q->tid,
                .line = by ? by->line : 0,
                .monotonic = now,
                .latency = now - q->received,
        };
        const char *texts[TEXTS] = {
                [TEXT_COMM] = face->comm,
                [TEXT_PROGRAM] = face->program,
                [TEXT_PATH] = e->path,
                [TEXT_ASKED] = e->asked,
                [TEXT_RULE_FILE] = by ? by->file : NULL,
                [TEXT_RULE] = refusal && refusal->by ? refusal->by->text : rule ? rule->text : NULL,
                [TEXT_REASON] = refusal ? refusal->reason : NULL,
                [TEXT_BECAUSE] = rule ? rule->because : NULL,
        };
        log_put(a->log, &r, texts, e->error != 0);
}

void audit_record(struct audit *a, const struct audit_event *e)
{
        enum audit_mode mode = policy_world(e->request->edition->policy)->audit;
        struct face face;
        if (!e->error && ((mode != AUDIT_ALL && !e->ask) || !a->log))
                return;
        bool logs = a->log && mode != AUDIT_NONE;
        uint64_t now = logs ? server_now() : 0;
        if (logs)
                faces_look(a->faces, e->proc, e->request->tid, now, &face);
        if (e->error) {
                pthread_mutex_lock(&a->lock);
                a->denied++;
                if (mode != AUDIT_NONE)
                        remember(a, e);
                pthread_mutex_unlock(&a->lock);
        }
        if (logs)
                log_event(a, e, &face, now);
}

void audit_change(struct audit *a, const struct edition *now, const struct edition_change *change)
{
        static const enum record_kind kinds[] = {
                [EDITION_REPLACE] = RECORD_REPLACED, [EDITION_GRANT] = RECORD_GRANTED, [EDITION_REVOKE] = RECORD_REVOKED};
        const struct grant *grant = change->grant;
        const struct policy *of = grant ? grant->policy : change->revoked;
        const struct record r = {
                .kind = kinds[change->step],
                .number = grant ? grant->until : 0,
                .monotonic = server_now(),
        };
        const char *texts[TEXTS] = {[TEXT_RULE] = of ? grant_text(of) : NULL};

        if (a->log && policy_world(now->policy)->audit != AUDIT_NONE)
                log_put(a->log, &r, texts, true);
}
