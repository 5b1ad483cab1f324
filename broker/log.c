#include "broker/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/server.h"

enum {
        ROOM = 1 << 20,        /* for records that wait; twice that, since one half fills while the other is written */
        GRANTS_ROOM = ROOM / 4 * 3, /* so that none of a flood of grants pushes a refusal out */
        BYTES_MOST = 64 << 20, /* of one child's log */
        FILE_PIECE = 64 << 10,
        PIECE = 4096,          /* PIPE_BUF: what is not longer goes into a pipe whole */
        GATHER_MS = 20,        /* a grant may wait for others as long as that, so that the writer is not woken for each */
        PATIENCE_MS = 1000,
        TEXT_MOST = PATH_MAX,
};

struct log {
        pthread_mutex_t lock; /* over `filling`, `filled`, `urgent`, `ending`, `lost`; held for moments only */
        pthread_cond_t news;
        char *filling, *writing;
        size_t filled;
        bool urgent, ending;
        uint64_t lost;     /* since the last record that told of it */
        uint64_t lost_all;
        uint64_t deadline; /* monotonic, in ms; from log_end() on */
        pthread_t thread;
        bool running, waiting;
        int fd, stop;
        bool socket, regular, syslog, full;
        bool broken;       /* the writer's: a line was begun and could not be ended */
        size_t written, piece; /* the writer's */
        struct buf out;    /* the writer's: lines that are ready */
        char child[];
};

static uint64_t clock_ns(clockid_t clock)
{
        struct timespec now;
        clock_gettime(clock, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- where to ----------------------------------------------------------------------------------------------------- */

static int syslog_open(void)
{
        static const struct sockaddr_un place = {AF_UNIX, "/dev/log"};
        cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&place, sizeof(place)) < 0)
                return -errno;
        return fd_take(&fd);
}

/* Of what can be full we need a description of our own, since O_NONBLOCK belongs to that; a socket has MSG_DONTWAIT. A regular
 * file has its offset in it, and is shared. */
static int own_description(int fd, bool *is_socket, bool *is_file)
{
        char name[40];
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        *is_socket = S_ISSOCK(st.st_mode);
        *is_file = S_ISREG(st.st_mode);
        snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
        int own = S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode) ? open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
        if (own < 0)
                own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        return own < 0 ? -errno : own;
}

struct log *log_new(const char *child, int fd, bool syslog)
{
        struct log *l = calloc(1, sizeof(*l) + strlen(child) + 1);
        pthread_condattr_t attr;
        if (!l)
                return NULL;
        strcpy(l->child, child);
        l->syslog = l->socket = syslog;
        pthread_mutex_init(&l->lock, NULL);
        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_cond_init(&l->news, &attr);
        pthread_condattr_destroy(&attr);
        l->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        l->fd = syslog ? syslog_open() : own_description(fd, &l->socket, &l->regular);
        int error = l->fd < 0 ? -l->fd : 0;
        l->piece = l->regular ? FILE_PIECE : PIECE;
        l->filling = malloc(ROOM);
        l->writing = malloc(ROOM);
        if (l->filling && l->writing && l->stop >= 0 && l->fd >= 0)
                return l;
        l->fd = l->fd < 0 ? FD_NONE : l->fd;
        log_free(l);
        errno = error ? error : ENOMEM;
        return NULL;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

/* False, with errno: it is over, and there was no room in time. Waits as long as it takes before log_end(). */
static bool wait_for_room(struct log *l)
{
        for (;;) {
                pthread_mutex_lock(&l->lock);
                bool ending = l->ending;
                pthread_mutex_unlock(&l->lock);
                uint64_t now = clock_ns(CLOCK_MONOTONIC) / 1000000u;
                if (ending && now >= l->deadline) {
                        errno = ETIMEDOUT;
                        return false;
                }
                struct pollfd fds[] = {{l->fd, POLLOUT, 0}, {ending ? -1 : l->stop, POLLIN, 0}};
                int n = poll(fds, 2, ending ? (int)(l->deadline - now) : -1);
                if (n > 0 && fds[0].revents)
                        return true;
        }
}

/* All of it, or false. */
static bool put_bytes(struct log *l, const char *data, size_t length)
{
        size_t whole = length;
        while (length > 0) {
                ssize_t put = l->socket ? send(l->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL)
                                        : wait_for_room(l) ? write(l->fd, data, length) : -1;
                if (put < 0 && errno == EINTR)
                        continue;
                if (put < 0 && errno == EAGAIN && wait_for_room(l))
                        continue;
                if (put <= 0) {
                        l->broken = l->broken || length < whole;
                        return false;
                }
                data += put;
                length -= (size_t)put;
        }
        return true;
}

/* As syslog(3) sends it. syslogd may have been started anew meanwhile. */
static bool put_syslog(struct log *l, const char *line, size_t length)
{
        char stamp[32];
        struct buf message = {0};
        time_t now = time(NULL);
        struct tm tm;

        localtime_r(&now, &tm);
        strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &tm);
        buf_printf(&message, "<%d>%s cordon[%d]: ", LOG_USER | LOG_INFO, stamp, (int)getpid());
        buf_add(&message, line, length - 1);
        bool put = !message.bad && put_bytes(l, message.data, message.length);
        if (!put && !message.bad && (errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET)) {
                int again = syslog_open();
                if (again >= 0) {
                        fd_close(l->fd);
                        l->fd = again;
                        put = put_bytes(l, message.data, message.length);
                }
        }
        buf_free(&message);
        return put;
}

static void lose(struct log *l, uint64_t count)
{
        pthread_mutex_lock(&l->lock);
        l->lost += count;
        l->lost_all += count;
        pthread_mutex_unlock(&l->lock);
}

/* What is ready: `lines` of it. */
static void flush(struct log *l, unsigned lines)
{
        if (l->broken && !l->syslog && put_bytes(l, "\n", 1))
                l->broken = false;
        bool put = l->syslog ? put_syslog(l, l->out.data, l->out.length) : put_bytes(l, l->out.data, l->out.length);
        if (put)
                l->written += l->out.length;
        else
                lose(l, lines);
        l->out.length = 0;
}

static void stamp(struct record *r)
{
        r->wall = clock_ns(CLOCK_REALTIME);
        if (!r->monotonic)
                r->monotonic = clock_ns(CLOCK_MONOTONIC);
}

static size_t measure(const struct log *l, const char *const texts[TEXTS], size_t lengths[TEXTS])
{
        size_t size = sizeof(struct record);
        for (unsigned i = 0; i < TEXTS; i++) {
                const char *text = i == TEXT_CHILD ? l->child : texts[i];
                lengths[i] = text ? strnlen(text, TEXT_MOST) + 1 : 0;
                size += lengths[i];
        }
        return (size + 7) & ~(size_t)7;
}

static void copy(const struct log *l, struct record *to, const struct record *r, const char *const texts[TEXTS],
                 const size_t lengths[TEXTS])
{
        size_t at = 0;
        *to = *r;
        stamp(to);
        for (unsigned i = 0; i < TEXTS; i++) {
                to->at[i] = lengths[i] ? (uint16_t)at : UINT16_MAX;
                if (lengths[i] > 0) {
                        memcpy(to->text + at, i == TEXT_CHILD ? l->child : texts[i], lengths[i] - 1);
                        to->text[at + lengths[i] - 1] = '\0';
                }
                at += lengths[i];
        }
}

/* A record of the log's own. */
static void write_own(struct log *l, enum record_kind kind, uint64_t number)
{
        const char *texts[TEXTS] = {0};
        size_t lengths[TEXTS];
        struct record blank = {.kind = kind, .number = number};
        struct record *own = malloc(measure(l, texts, lengths));

        if (!own)
                return;
        copy(l, own, &blank, texts, lengths);
        record_write(own, &l->out);
        free(own);
        flush(l, 0);
}

static void tell_losses(struct log *l)
{
        pthread_mutex_lock(&l->lock);
        uint64_t lost = l->lost;
        l->lost = 0;
        pthread_mutex_unlock(&l->lock);
        if (lost > 0 && !l->full)
                write_own(l, RECORD_DROPPED, lost);
}

/* Appends one line; true where the lines before it should be written first, since all would not be one piece any more. */
static bool add_line(struct log *l, const struct record *r, struct buf *line)
{
        line->length = 0;
        record_write(r, line);
        return l->out.length > 0 && (l->syslog || l->out.length + line->length > l->piece);
}

static void write_batch(struct log *l, size_t length)
{
        struct buf line = {0};
        unsigned lines = 0;

        for (size_t at = 0; at < length; at += ((struct record *)(l->writing + at))->size) {
                if (l->full || l->written + l->out.length > BYTES_MOST) {
                        lose(l, 1);
                        continue;
                }
                if (add_line(l, (struct record *)(l->writing + at), &line)) {
                        flush(l, lines);
                        lines = 0;
                }
                buf_add(&l->out, line.data, line.length);
                lines++;
        }
        if (l->out.length > 0)
                flush(l, lines);
        buf_free(&line);
        if (!l->full && l->written > BYTES_MOST) {
                l->full = true;
                write_own(l, RECORD_TRUNCATED, 0);
        }
}

/* ---- the thread --------------------------------------------------------------------------------------------------- */

/* Returns with the lock held, once there is something to write or nothing will come any more. */
static void wait_for_news(struct log *l)
{
        struct timespec until;

        while (l->filled == 0 && !l->ending) {
                l->waiting = true;
                pthread_cond_wait(&l->news, &l->lock);
        }
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += GATHER_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        l->waiting = false;
        while (!l->ending && !l->urgent && l->filled < ROOM / 2) {
                if (pthread_cond_timedwait(&l->news, &l->lock, &until) != 0)
                        break;
        }
}

static void *log_main(void *arg)
{
        struct log *l = arg;
        bool over = false;

        while (!over) {
                pthread_mutex_lock(&l->lock);
                wait_for_news(l);
                char *batch = l->filling;
                size_t length = l->filled;
                l->filling = l->writing;
                l->writing = batch;
                l->filled = 0;
                l->urgent = false;
                over = l->ending && length == 0;
                pthread_mutex_unlock(&l->lock);
                write_batch(l, length);
                tell_losses(l);
        }
        return NULL;
}

int log_start(struct log *l, struct server *s)
{
        int r = thread_start(s, &l->thread, log_main, l);
        l->running = r == 0;
        return r;
}

/* ---- from outside ------------------------------------------------------------------------------------------------- */

void log_put(struct log *l, const struct record *r, const char *const texts[TEXTS], bool urgent)
{
        size_t lengths[TEXTS];
        size_t size = measure(l, texts, lengths);
        bool wake = false;

        pthread_mutex_lock(&l->lock);
        if (l->filled + size > (size_t)(urgent ? ROOM : GRANTS_ROOM) || size > UINT16_MAX || l->ending) {
                l->lost++;
                l->lost_all++;
        } else {
                struct record *to = (struct record *)(l->filling + l->filled);
                copy(l, to, r, texts, lengths);
                to->size = (uint32_t)size;
                wake = l->waiting || (urgent && !l->urgent) || (l->filled < ROOM / 2 && l->filled + size >= ROOM / 2);
                l->waiting = false;
                l->urgent = l->urgent || urgent;
                l->filled += size;
        }
        pthread_mutex_unlock(&l->lock);
        if (wake)
                pthread_cond_signal(&l->news);
}

void log_end(struct log *l)
{
        uint64_t one = 1;
        pthread_mutex_lock(&l->lock);
        if (!l->ending)
                l->deadline = clock_ns(CLOCK_MONOTONIC) / 1000000u + PATIENCE_MS;
        l->ending = true;
        pthread_mutex_unlock(&l->lock);
        pthread_cond_signal(&l->news);
        if (write(l->stop, &one, sizeof(one)) < 0)
                l->deadline = 0; /* cannot be: an eventfd takes so many */
}

uint64_t log_settle(struct log *l)
{
        log_end(l);
        if (l->running)
                pthread_join(l->thread, NULL);
        l->running = false;
        return l->lost_all;
}

struct log *log_free(struct log *l)
{
        if (!l)
                return NULL;
        if (l->running)
                log_settle(l);
        fd_close(l->fd);
        fd_close(l->stop);
        free(l->filling);
        free(l->writing);
        buf_free(&l->out);
        pthread_cond_destroy(&l->news);
        pthread_mutex_destroy(&l->lock);
        free(l);
        return NULL;
}
