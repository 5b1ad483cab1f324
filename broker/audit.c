/* The same operation on the same path by the same rule is one denial with a count. The list is bounded: a child that makes up
 * paths fills it once, and the rest is only counted. The audit file is bounded too, and says so in its last line. */
#include "broker/audit.h"

#include <errno.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/caller.h"
#include "policy/refusal.h"

#define SYSCALL_OP "syscall"

enum { DENIALS_MOST = 512, BUCKETS = 1024, AUDIT_BYTES_MOST = 64 << 20 };

struct denial {
        struct denial *next; /* in its bucket */
        uint64_t count;
        unsigned want;
        int error;
        pid_t pid;
        char comm[16];
        const struct rule *rule;
        struct refusal *refusal; /* owned; of a system call; else NULL */
        char path[];
};

struct audit {
        pthread_mutex_t lock;
        const struct policy *policy;
        int fd;
        size_t written;
        bool full;
        uint64_t denied, dropped;
        unsigned count;
        struct denial *list[DENIALS_MOST]; /* oldest first; owned */
        struct denial *buckets[BUCKETS];
        char child[];
};

struct audit *audit_new(const struct policy *policy, const char *child, int fd)
{
        struct audit *a = calloc(1, sizeof(*a) + strlen(child) + 1);
        if (!a)
                return NULL;
        pthread_mutex_init(&a->lock, NULL);
        a->policy = policy;
        a->fd = fd;
        strcpy(a->child, child);
        return a;
}

struct audit *audit_free(struct audit *a)
{
        if (!a)
                return NULL;
        for (unsigned i = 0; i < a->count; i++) {
                free(a->list[i]->refusal);
                free(a->list[i]);
        }
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
        return caller_status(e->proc, e->tid, &status) < 0 ? 0 : status.ns_tgid;
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
                if (d->want == e->want && !d->refusal == !e->refusal && d->error == e->error && strcmp(d->path, e->path) == 0) {
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
        d->rule = e->refusal ? NULL : e->verdict->rule;
        d->pid = sandbox_pid(e);
        caller_comm(e->proc, e->tid, d->comm);
        d->next = a->buckets[bucket];
        a->buckets[bucket] = d;
        a->list[a->count++] = d;
}

/* What every sandbox refuses has no line in any file: the reason is told in its place. */
static void tell_refusal(const struct audit *a, const struct denial *d, cordon_denial_fn *fn, void *ctx)
{
        const struct refusal *r = d->refusal;
        const unsigned use = ACCESS_LIST | ACCESS_READ | ACCESS_WRITE;
        char line[512];
        bool device = r->device && policy_suggest(a->policy, r->device, use, line, sizeof(line)) == 0;
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

static void tell_denial(const struct audit *a, const struct denial *d, cordon_denial_fn *fn, void *ctx)
{
        char line[8192], source[PATH_MAX];
        const char *on_host = policy_on_host(a->policy, d->path, false, source);
        /* A refusal that somebody wrote down is not to be undone by the next line; nor can a virtual file be more. */
        bool meant = d->rule && (d->rule->class != CLASS_GRANT || d->rule->content);
        int r = meant ? -ENOENT : policy_suggest(a->policy, d->path, d->want, line, sizeof(line));
        cordon_denial out = {
                .op = access_name(d->want),
                .path = d->path,
                .count = d->count,
                .pid = d->pid,
                .comm = d->comm,
                .error = d->error,
                .allow = r < 0 ? NULL : line,
                .ask = d->rule && d->rule->class == CLASS_ASK && (d->want & ~d->rule->access) == 0,
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
                        tell_refusal(a, a->list[i], fn, ctx);
                else
                        tell_denial(a, a->list[i], fn, ctx);
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

/* ---- JSON lines ------------------------------------------------------------------------------------------------- */

/* A path is bytes, JSON is Unicode: what is not plain text is written as cordon_escape() would show it. */
static void put_text(struct json_object *o, const char *key, const char *text)
{
        char escaped[4 * 4096 + 1];
        cordon_escape(text, escaped, sizeof(escaped));
        json_object_object_add(o, key, json_object_new_string(escaped));
}

static struct json_object *rule_object(const struct rule *rule)
{
        struct json_object *o = json_object_new_object();
        put_text(o, "file", rule->origin.file);
        json_object_object_add(o, "line", json_object_new_int64(rule->origin.line));
        put_text(o, "text", rule->text);
        if (rule->because)
                put_text(o, "because", rule->because);
        return o;
}

static void put_refusal(struct json_object *o, const struct refusal *r)
{
        if (r->by) {
                struct json_object *rule = json_object_new_object();
                put_text(rule, "file", r->by->origin.file);
                json_object_object_add(rule, "line", json_object_new_int64(r->by->origin.line));
                put_text(rule, "text", r->by->text);
                json_object_object_add(o, "rule", rule);
        }
        if (r->reason)
                put_text(o, "reason", r->reason);
}

static struct json_object *event_object(const struct audit *a, const struct audit_event *e)
{
        struct json_object *o = json_object_new_object();
        struct timespec now;
        char time[64], comm[16];
        struct tm tm;

        clock_gettime(CLOCK_REALTIME, &now);
        gmtime_r(&now.tv_sec, &tm);
        size_t length = strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(time + length, sizeof(time) - length, ".%06ldZ", now.tv_nsec / 1000);
        caller_comm(e->proc, e->tid, comm);

        json_object_object_add(o, "v", json_object_new_int(1));
        json_object_object_add(o, "time", json_object_new_string(time));
        put_text(o, "child", a->child);
        json_object_object_add(o, "pid", json_object_new_int(sandbox_pid(e)));
        put_text(o, "comm", comm);
        json_object_object_add(o, "op", json_object_new_string(e->refusal ? SYSCALL_OP : access_name(e->want)));
        put_text(o, "path", e->path);
        if (strcmp(e->asked, e->path) != 0)
                put_text(o, "asked", e->asked);
        json_object_object_add(o, "verdict", json_object_new_string(e->error ? "deny" : "allow"));
        if (e->error)
                json_object_object_add(o, "errno", json_object_new_string(error_name(e->error)));
        if (e->refusal)
                put_refusal(o, e->refusal);
        else if (e->verdict->rule)
                json_object_object_add(o, "rule", rule_object(e->verdict->rule));
        return o;
}

/* One write for one line, so that lines of several children in one file stay whole. A reader that does not keep up loses
 * lines, never time of ours: the descriptor is written to once, and what it does not take is dropped and counted. */
static void write_line(struct audit *a, const char *text)
{
        size_t length = strlen(text);
        if (a->full)
                return;
        if (a->written + length > AUDIT_BYTES_MOST) {
                static const char end[] = "{\"v\":1,\"truncated\":\"the audit log of this child has reached its limit\"}\n";
                a->full = true;
                if (write(a->fd, end, sizeof(end) - 1) < 0)
                        a->dropped++;
                return;
        }
        ssize_t put = write(a->fd, text, length);
        if (put > 0)
                a->written += (size_t)put;
}

static void write_event(struct audit *a, const struct audit_event *e)
{
        struct json_object *o = event_object(a, e);
        const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        size_t length = text ? strlen(text) : 0;
        char *line = text ? malloc(length + 2) : NULL;
        if (line) {
                memcpy(line, text, length);
                memcpy(line + length, "\n", 2);
                write_line(a, line);
                free(line);
        }
        json_object_put(o);
}

void audit_record(struct audit *a, const struct audit_event *e)
{
        enum audit_mode mode = policy_world(a->policy)->audit;
        if (!e->error && (mode != AUDIT_ALL || a->fd < 0))
                return;
        pthread_mutex_lock(&a->lock);
        if (e->error) {
                a->denied++;
                if (mode != AUDIT_NONE)
                        remember(a, e);
        }
        if (a->fd >= 0 && mode != AUDIT_NONE)
                write_event(a, e);
        pthread_mutex_unlock(&a->lock);
}
