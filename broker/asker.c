#include "broker/asker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/asked.h"
#include "broker/caller.h"
#include "broker/edition.h"
#include "broker/faces.h"
#include "broker/server.h"

/* How long a call that a signal has interrupted is given to be made again, before its question is taken back. */
#define LINGER_NS UINT64_C(2000000000)

struct question {
        struct asker *asker;
        uint64_t id, until;
        struct edition *edition; /* that the rule belongs to; held */
        const struct rule *rule;
        unsigned want, waiting; /* how many wait for it */
        int end;                /* enum cordon_ask_end; 0: it is open */
        bool file;              /* and no directory */
        bool told, answered;
        bool telling;     /* the host program is looking at it */
        uint64_t lingers; /* who waited was interrupted, and may come again until then; 0: no */
        struct face face;
        char path[];
};

/* An answer for the run: a yes about a path, a no about all that a rule asks for. Rules are known by their place, which the
 * policy that comes after this one has as well. */
struct kept {
        char *path; /* NULL: of a rule */
        unsigned want, line;
        char *file;
};

struct asker {
        pthread_mutex_t lock;
        int news, answers; /* eventfds: for the host program, and for the waiter */
        uint64_t patience, last_id;
        struct faces *faces;
        struct question *questions[ASKER_MOST];
        unsigned count, kept_count;
        struct kept kept[ASKER_KEPT_MOST];
        bool closed; /* no more questions in this run */
};

struct asker *asker_new(bool heard, unsigned timeout_ms)
{
        struct asker *a = calloc(1, sizeof(*a));
        if (!a)
                return NULL;
        pthread_mutex_init(&a->lock, NULL);
        a->patience = (timeout_ms ? timeout_ms : 60000u) * UINT64_C(1000000);
        a->news = heard ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : FD_NONE;
        a->answers = heard ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : FD_NONE;
        a->faces = heard ? faces_new() : NULL;
        return heard && (a->news < 0 || a->answers < 0 || !a->faces) ? asker_free(a) : a;
}

static void question_free(struct question *q)
{
        edition_unref(q->edition);
        free(q);
}

struct asker *asker_free(struct asker *a)
{
        if (!a)
                return NULL;
        for (unsigned i = 0; i < a->count; i++)
                question_free(a->questions[i]);
        for (unsigned i = 0; i < a->kept_count; i++) {
                free(a->kept[i].path);
                free(a->kept[i].file);
        }
        if (a->faces)
                faces_free(a->faces);
        fd_close(a->news);
        fd_close(a->answers);
        pthread_mutex_destroy(&a->lock);
        free(a);
        return NULL;
}

int asker_fd(const struct asker *a)
{
        return a->news;
}

int asker_answers(const struct asker *a)
{
        return a->answers;
}

static void signal_to(int event)
{
        uint64_t one = 1;
        while (write(event, &one, sizeof(one)) < 0 && errno == EINTR)
                ;
}

/* ---- what is known already ---------------------------------------------------------------------------------------- */

static bool is_of_rule(const struct kept *k, const struct rule *rule)
{
        return k->line == rule->origin.line && strcmp(k->file, rule->origin.file) == 0;
}

static int known(const struct asker *a, const char *path, unsigned want, const struct rule *rule)
{
        int end = a->closed ? CORDON_ASK_REFUSED_RUN : 0;
        for (unsigned i = 0; i < a->kept_count && !end; i++) {
                const struct kept *k = &a->kept[i];
                if (!k->path && is_of_rule(k, rule))
                        end = CORDON_ASK_REFUSED_RUN;
        }
        for (unsigned i = 0; i < a->kept_count && !end; i++) {
                const struct kept *k = &a->kept[i];
                if (k->path && !(want & ~k->want) && strcmp(k->path, path) == 0)
                        end = CORDON_ASK_RUN;
        }
        return end;
}

/* What finds no room is not kept if it is a yes; and a no is then one to everything. */
static void keep(struct asker *a, const struct question *q)
{
        bool yes = q->end == CORDON_ASK_RUN;
        struct kept k = {.want = q->want, .line = q->rule->origin.line};

        if (a->kept_count < ASKER_KEPT_MOST) {
                k.file = strdup(q->rule->origin.file);
                k.path = yes ? strdup(q->path) : NULL;
        }
        if (k.file && (k.path || !yes)) {
                a->kept[a->kept_count++] = k;
                return;
        }
        free(k.file);
        free(k.path);
        a->closed = a->closed || !yes;
}

/* ---- questions ------------------------------------------------------------------------------------------------------ */

static void forget(struct question *q)
{
        struct asker *a = q->asker;
        unsigned i = 0;
        while (a->questions[i] != q)
                i++;
        a->count--;
        memmove(&a->questions[i], &a->questions[i + 1], (a->count - i) * sizeof(*a->questions)); /* they stay in their order */
        question_free(q);
}

/* Nobody needs it any more. */
static bool is_done_with(const struct question *q)
{
        return q->waiting == 0 && !q->telling && !q->lingers && (!q->told || q->answered);
}

static struct question *find_same(const struct asker *a, const char *path, unsigned want, const struct rule *rule)
{
        for (unsigned i = 0; i < a->count; i++) {
                struct question *q = a->questions[i];
                bool takes = !q->end || (q->lingers && q->answered);
                if (takes && q->want == want && q->rule == rule && strcmp(q->path, path) == 0)
                        return q;
        }
        return NULL;
}

static struct question *question_new(struct asker *a, const struct server *s, const struct request *r, const char *path)
{
        struct question *q = calloc(1, sizeof(*q) + strlen(path) + 1);
        uint64_t now = server_now();
        if (!q)
                return NULL;
        q->asker = a;
        q->id = ++a->last_id;
        q->until = now + a->patience;
        q->edition = edition_ref(r->edition);
        strcpy(q->path, path);
        faces_look(a->faces, s->view.proc, r->tid, now, &q->face);
        a->questions[a->count++] = q;
        return q;
}

int asker_ask(struct asker *a, const struct server *s, const struct request *r, const struct asked *what,
              const struct rule *rule, struct question **out)
{
        const char *path = what->path;
        unsigned want = what->want;

        *out = NULL;
        if (a->news < 0)
                return CORDON_ASK_UNHEARD;
        pthread_mutex_lock(&a->lock);
        int end = known(a, path, want, rule);
        struct question *q = end ? NULL : find_same(a, path, want, rule);
        if (!end && !q) {
                q = a->count < ASKER_MOST ? question_new(a, s, r, path) : NULL;
                end = q ? 0 : CORDON_ASK_MANY;
                if (q) {
                        q->want = want;
                        q->file = what->file;
                        q->rule = rule;
                        signal_to(a->news);
                }
        }
        if (q) {
                q->waiting++;
                q->lingers = 0;
        }
        pthread_mutex_unlock(&a->lock);
        *out = q;
        return end;
}

int question_end(struct question *q)
{
        struct asker *a = q->asker;
        pthread_mutex_lock(&a->lock);
        if (!q->end && server_now() >= q->until) {
                q->end = CORDON_ASK_LATE;
                signal_to(a->news);
        }
        int end = q->end;
        pthread_mutex_unlock(&a->lock);
        return end;
}

const char *question_path(const struct question *q)
{
        return q->path;
}

void question_leave(struct question *q, bool interrupted)
{
        struct asker *a = q->asker;
        pthread_mutex_lock(&a->lock);
        q->waiting--;
        if (q->waiting == 0 && interrupted)
                q->lingers = server_now() + LINGER_NS;
        else if (q->waiting == 0 && !q->end)
                q->end = CORDON_ASK_GONE;
        if (q->waiting == 0)
                signal_to(a->news);
        if (is_done_with(q))
                forget(q);
        pthread_mutex_unlock(&a->lock);
}

/* ---- for the host program ------------------------------------------------------------------------------------------- */

/* Those whose caller has not come again. */
static void end_lingering(struct asker *a, uint64_t now)
{
        for (unsigned i = a->count; i-- > 0;) {
                struct question *q = a->questions[i];
                if (!q->lingers || now < q->lingers)
                        continue;
                q->lingers = 0;
                q->end = q->end ? q->end : CORDON_ASK_GONE;
                if (is_done_with(q))
                        forget(q);
        }
}

void asker_end(struct asker *a)
{
        pthread_mutex_lock(&a->lock);
        end_lingering(a, UINT64_MAX);
        pthread_mutex_unlock(&a->lock);
}

uint64_t asker_next(struct asker *a)
{
        uint64_t first = 0;
        pthread_mutex_lock(&a->lock);
        for (unsigned i = 0; i < a->count; i++) {
                uint64_t at = a->questions[i]->lingers;
                if (at && (!first || at < first))
                        first = at;
        }
        pthread_mutex_unlock(&a->lock);
        return first;
}

/* The first that it is to hear of: new, or over without an answer. */
static struct question *next_news(const struct asker *a)
{
        for (unsigned i = 0; i < a->count; i++) {
                struct question *q = a->questions[i];
                if ((!q->told && !q->end) || (q->told && q->end && !q->answered))
                        return q;
        }
        return NULL;
}

/* Without the lock: it may answer. */
static void tell_question(const struct question *q, const struct asker_hears *to)
{
        char always[8192], source[PATH_MAX];
        const struct policy *policy = q->edition->policy;
        const char *on_host = policy_on_host(policy, q->path, false, source);
        /* A rule about a directory would be one about all below, and no question would be asked there any more. */
        bool saved = q->file && policy_suggest_beside(policy, q->path, q->want, always, sizeof(always)) == 0;
        const cordon_ask ask = {
                .id = q->id,
                .op = access_name(q->want),
                .path = q->path,
                .on_host = on_host == q->path ? NULL : on_host,
                .pid = q->face.inside,
                .host_pid = q->face.outside,
                .comm = q->face.comm,
                .program = q->face.program,
                .file = q->rule->origin.file,
                .line = q->rule->origin.line,
                .rule = q->rule->text,
                .because = q->rule->because,
                .always = saved ? always : NULL,
                .until = q->until,
        };
        to->ask(to->ctx, to->child, &ask);
}

void asker_tell(struct asker *a, const struct asker_hears *to)
{
        uint64_t count;
        struct question *q;

        if (a->news < 0 || !to->ask)
                return;
        while (read(a->news, &count, sizeof(count)) < 0 && errno == EINTR)
                ;
        pthread_mutex_lock(&a->lock);
        end_lingering(a, server_now());
        while ((q = next_news(a)) != NULL) {
                bool new = !q->told;
                int end = q->end;
                q->told = q->telling = true;
                q->answered = !new; /* that it is over is told once */
                pthread_mutex_unlock(&a->lock);
                if (new)
                        tell_question(q, to);
                else if (to->over)
                        to->over(to->ctx, to->child, q->id, end);
                pthread_mutex_lock(&a->lock);
                q->telling = false;
                if (is_done_with(q))
                        forget(q);
        }
        pthread_mutex_unlock(&a->lock);
}

int asker_answer(struct asker *a, uint64_t id, int end)
{
        int r = -ESRCH;
        if (end < CORDON_ASK_ONCE || end > CORDON_ASK_NOBODY)
                return -EINVAL;
        pthread_mutex_lock(&a->lock);
        for (unsigned i = 0; i < a->count && r < 0; i++) {
                struct question *q = a->questions[i];
                if (q->id != id || !q->told || q->end)
                        continue;
                q->end = end;
                q->answered = true;
                if (end == CORDON_ASK_RUN || end == CORDON_ASK_REFUSED_RUN)
                        keep(a, q);
                signal_to(a->answers);
                r = 0;
        }
        pthread_mutex_unlock(&a->lock);
        return r;
}
