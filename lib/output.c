/* A pump takes no more from its pipe than is left of the limit, and takes that off before it passes it on, so two of them never
 * pass on more than the limit together. Bytes are spliced where the receiving end knows how, and copied where not.
 *
 * What would have happened to the program without a pump happens to it with one: if nobody reads its output any more, the pump
 * closes the pipe, and the program gets SIGPIPE; if somebody reads slowly, the pipe is full, and it waits. */
#include "lib/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

enum { PORTION = 64 * 1024, STACK_SIZE = 256 * 1024 };

struct pump {
        struct output *output;
        int source, target; /* ours: the pipe's reading end; the caller's: where it goes */
        int end;            /* the writing end, until the program has it */
        bool running, copies;
        pthread_t thread;
        char portion[PORTION];
};

struct output {
        int news; /* eventfd */
        atomic_uint_fast64_t left, passed;
        atomic_uint busy;
        atomic_bool over;
        struct pump *pumps[2];
};

/* ---- one pump -------------------------------------------------------------------------------------------------------- */

/* Takes up to `wanted` off what is left. */
static size_t reserve(struct output *o, size_t wanted)
{
        uint_fast64_t left = atomic_load(&o->left), take;

        do
                take = left < wanted ? left : wanted;
        while (!atomic_compare_exchange_weak(&o->left, &left, left - take));
        return (size_t)take;
}

/* How many bytes there are; 0 at the end. */
static size_t wait_for_some(int source)
{
        struct pollfd p = {.fd = source, .events = POLLIN};
        int count = 0;

        while (poll(&p, 1, -1) < 0 && errno == EINTR)
                ;
        if (!(p.revents & POLLIN) || ioctl(source, FIONREAD, &count) < 0 || count <= 0)
                return 0;
        return count < PORTION ? (size_t)count : PORTION;
}

/* Where somebody has made the receiving end non-blocking, for whatever reason. */
static bool wait_for_room(int target)
{
        struct pollfd p = {.fd = target, .events = POLLOUT};
        return errno == EINTR || (errno == EAGAIN && (poll(&p, 1, -1) >= 0 || errno == EINTR));
}

static bool write_all(int target, const char *bytes, size_t count)
{
        while (count > 0) {
                ssize_t put = write(target, bytes, count);
                if (put < 0 && !wait_for_room(target))
                        return false;
                bytes += put > 0 ? put : 0;
                count -= put > 0 ? (size_t)put : 0;
        }
        return true;
}

/* A file that is open for appending is one that knows no splice. Returns how much has been passed on. */
static size_t pass(struct pump *p, size_t count)
{
        size_t done = 0;

        while (done < count && !p->copies) {
                ssize_t moved = splice(p->source, NULL, p->target, NULL, count - done, 0);
                if (moved > 0)
                        done += (size_t)moved;
                else if (moved < 0 && errno == EINVAL)
                        p->copies = true;
                else if (moved == 0 || !wait_for_room(p->target))
                        return done;
        }
        ssize_t got = done < count ? read(p->source, p->portion, count - done) : 0;
        return got > 0 && write_all(p->target, p->portion, (size_t)got) ? done + (size_t)got : done;
}

static void tell(struct output *o)
{
        uint64_t one = 1;
        (void)!write(o->news, &one, sizeof(one));
}

static void *pump_main(void *arg)
{
        struct pump *p = arg;
        struct output *o = p->output;
        size_t there;

        while ((there = wait_for_some(p->source)) > 0) {
                size_t count = reserve(o, there);
                if (count == 0) {
                        atomic_store(&o->over, true);
                        break;
                }
                size_t passed = pass(p, count);
                atomic_fetch_add(&o->passed, passed);
                atomic_fetch_add(&o->left, count - passed);
                if (passed < count)
                        break;
        }
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
        p->source = fd_close(p->source);
        atomic_fetch_sub(&o->busy, 1);
        tell(o);
        return NULL;
}

/* ---- both ------------------------------------------------------------------------------------------------------------- */

static struct pump *pump_new(struct output *o, int target)
{
        struct pump *p = calloc(1, sizeof(*p));
        int ends[2];

        if (!p || pipe2(ends, O_CLOEXEC) < 0) {
                free(p);
                return NULL;
        }
        p->output = o;
        p->source = ends[0];
        p->end = ends[1];
        p->target = fcntl(target, F_DUPFD_CLOEXEC, 3);
        return p;
}

/* No signal is a pump's business: SIGPIPE would end the host, and SIGTTOU stop it. */
static int pump_run(struct pump *p)
{
        pthread_attr_t attr;
        sigset_t all, mask;

        sigfillset(&all);
        pthread_attr_init(&attr);
        pthread_attr_setstacksize(&attr, STACK_SIZE);
        pthread_sigmask(SIG_SETMASK, &all, &mask);
        int r = pthread_create(&p->thread, &attr, pump_main, p);
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
        pthread_attr_destroy(&attr);
        p->running = r == 0;
        return -r;
}

static bool same_file(int a, int b)
{
        struct stat one, two;

        return fstat(a, &one) == 0 && fstat(b, &two) == 0 && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

static int start_all(struct output *o, const int stdio[3], int theirs[3])
{
        int r = 0;

        for (int i = 1; i < 3; i++) {
                struct pump *first = o->pumps[0];
                if (stdio[i] < 0)
                        continue;
                if (i == 2 && first && same_file(stdio[1], stdio[2])) { /* one pipe, so that the order is kept */
                        theirs[2] = first->end;
                        continue;
                }
                struct pump *p = o->pumps[i - 1] = pump_new(o, stdio[i]);
                if (!p || p->target < 0)
                        return -errno;
                theirs[i] = p->end;
        }
        for (int i = 0; i < 2 && r == 0; i++) {
                if (!o->pumps[i])
                        continue;
                atomic_fetch_add(&o->busy, 1);
                r = pump_run(o->pumps[i]);
        }
        return r;
}

int output_start(struct output **out, const int stdio[3], uint64_t limit, int theirs[3], cordon_error *err)
{
        struct output *o = calloc(1, sizeof(*o));

        *out = NULL;
        if (!o)
                return error_set(err, ENOMEM, "out of memory");
        for (int i = 0; i < 3; i++)
                theirs[i] = stdio[i];
        atomic_store(&o->left, limit);
        o->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        int r = o->news < 0 ? -errno : start_all(o, stdio, theirs);
        if (r < 0) {
                output_free(o);
                return error_set(err, -r, "cannot make the pipes for `limit output`: %s", error_text(-r));
        }
        *out = o;
        return 0;
}

/* The pipe belongs to the program, as one that it made itself would: it may open it anew, as /dev/stdout. */
void output_given(struct output *o, uid_t uid, gid_t gid)
{
        for (int i = 0; o && i < 2; i++) {
                if (!o->pumps[i])
                        continue;
                if (geteuid() == 0)
                        (void)!fchown(o->pumps[i]->end, uid, gid);
                o->pumps[i]->end = fd_close(o->pumps[i]->end);
        }
}

int output_fd(const struct output *o)
{
        return o->news;
}

void output_news(struct output *o)
{
        uint64_t count;
        (void)!read(o->news, &count, sizeof(count));
}

bool output_over(const struct output *o)
{
        return atomic_load(&o->over);
}

bool output_done(const struct output *o)
{
        return atomic_load(&o->busy) == 0;
}

uint64_t output_bytes(const struct output *o)
{
        return atomic_load(&o->passed);
}

struct output *output_free(struct output *o)
{
        for (int i = 0; o && i < 2; i++) {
                struct pump *p = o->pumps[i];
                if (!p)
                        continue;
                if (p->running) { /* it may wait for somebody who never reads */
                        pthread_cancel(p->thread);
                        pthread_join(p->thread, NULL);
                }
                fd_close(p->end);
                fd_close(p->source);
                fd_close(p->target);
                free(p);
        }
        if (o)
                fd_close(o->news);
        free(o);
        return NULL;
}
