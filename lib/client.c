/* The sandboxed side of the channel. Async-signal-safe: no allocation, no locks, nothing but system calls and a few atomic
 * words.
 *
 * A request takes a line (broker/channel.h), idle or new, and nobody else has it until its answer has come. Lines that were
 * made in other processes are left alone: what is in memory after a fork is a copy, and after a vfork somebody else's.
 * There, and where all places are taken, a line serves one request and is closed. */
#include "lib/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/wire.h"

/* A line that ends without an answer was taken back by the broker. It takes those that are idle for longest, so that even a crowd
 * of processes, each with a new one, hardly ever sees it twice. */
enum { TRIES_MOST = 1000 };

/* ---- memory that may not be there --------------------------------------------------------------------------------- */

enum { PAGE = 4096 }; /* the smallest there is */

/* The kernel copies the set before it finds that it is not told what to do with it. */
static bool is_readable(const void *at)
{
        const void *word = (const void *)((uintptr_t)at & ~(uintptr_t)7);
        return word && (syscall(SYS_rt_sigprocmask, ~0, word, NULL, (size_t)8) == 0 || errno != EFAULT);
}

static size_t left_in_page(const char *at)
{
        return PAGE - (size_t)((uintptr_t)at % PAGE);
}

/* The length of a path; -EFAULT, -ENAMETOOLONG. */
static ssize_t path_length(const char *path)
{
        for (size_t have = 0; have < PATH_MAX;) {
                size_t step = left_in_page(path + have);
                if (step > PATH_MAX - have)
                        step = PATH_MAX - have;
                if (!is_readable(path + have))
                        return -EFAULT;
                size_t length = strnlen(path + have, step);
                if (length < step)
                        return (ssize_t)(have + length);
                have += step;
        }
        return -ENAMETOOLONG;
}

int client_copy(void *to, const void *from, size_t size)
{
        for (size_t have = 0; have < size;) {
                const char *at = (const char *)from + have;
                size_t step = left_in_page(at);
                if (step > size - have)
                        step = size - have;
                if (!is_readable(at))
                        return -EFAULT;
                memcpy((char *)to + have, at, step);
                have += step;
        }
        return 0;
}

/* ---- lines -------------------------------------------------------------------------------------------------------- */

/* What a place holds: nothing, a line in use, or an idle one, as its descriptor and IDLE. */
enum { EMPTY, IN_USE, IDLE };

struct line {
        int fd;
        unsigned *place; /* where it goes back to; NULL: it is closed */
};

/* 0, the errno that the answer has, or -EBADMSG. */
static int read_head(void *head, size_t size, uint64_t *id, uint32_t *length)
{
        struct wire w = wire_over(head, size);
        *id = wire_get_u64(&w);
        uint32_t error = wire_get_u32(&w);
        *length = wire_get_u32(&w);
        return !wire_ok(&w) || error > 4095 ? -EBADMSG : -(int)error;
}

static int ask_for_line(int channel)
{
        uint8_t bytes[CHANNEL_ANSWER_HEAD];
        struct fd_received got;
        struct wire w = wire_over(bytes, sizeof(bytes));
        uint64_t id;
        uint32_t length;

        wire_put_u32(&w, CHANNEL_VERSION);
        wire_put_u32(&w, CHANNEL_LINE);
        wire_put_u64(&w, 0);
        int r = fd_send(channel, bytes, w.at, NULL, 0);
        if (r == 0)
                r = fd_receive(channel, bytes, sizeof(bytes), &got, 1, 0);
        if (r < 0)
                return r == -ECONNRESET ? -EPIPE : r == -EBADMSG && got.cut ? -EMFILE : r;
        cleanup_fd int line = got.count == 1 ? got.fds[0] : FD_NONE;
        r = read_head(bytes, got.length, &id, &length);
        return r < 0 ? r : line < 0 ? -EBADMSG : fd_take(&line);
}

/* Of an idle line, or of one to be made. */
static unsigned *take_place(cordon_client *c, unsigned *held)
{
        for (unsigned least = IDLE;; least = EMPTY) {
                for (int i = 0; i < CORDON_CLIENT_LINES; i++) {
                        *held = __atomic_load_n(&c->lines[i], __ATOMIC_RELAXED);
                        if ((*held >= IDLE || *held == least) &&
                            __atomic_compare_exchange_n(&c->lines[i], held, IN_USE, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
                                return &c->lines[i];
                }
                if (least == EMPTY)
                        return NULL;
        }
}

static int take_line(cordon_client *c, struct line *l)
{
        unsigned held = EMPTY;
        l->place = getpid() == c->owner ? take_place(c, &held) : NULL;
        l->fd = l->place && held >= IDLE ? (int)(held - IDLE) : ask_for_line(c->channel);
        if (l->fd < 0 && l->place)
                __atomic_store_n(l->place, EMPTY, __ATOMIC_RELEASE);
        return l->fd < 0 ? l->fd : 0;
}

static void leave_line(struct line *l, bool usable)
{
        unsigned idle = (unsigned)l->fd + IDLE;
        if (!usable || !l->place)
                l->fd = fd_close(l->fd);
        if (l->place)
                __atomic_store_n(l->place, usable ? idle : EMPTY, __ATOMIC_RELEASE);
}

/* ---- a request ----------------------------------------------------------------------------------------------------- */

static ssize_t put_path(struct wire *w, const char *path)
{
        ssize_t length = path ? path_length(path) : 0;
        if (length >= 0)
                wire_put_bytes(w, path, (size_t)length);
        return length;
}

static bool is_open(const struct client_ask *ask)
{
        return ask->operation == CHANNEL_OPEN || ask->operation == CHANNEL_OPEN2;
}

/* Its length, or what the call itself would say before it looks at anything: -EINVAL, -EFAULT, -ENOENT,
 * -ENAMETOOLONG. */
static ssize_t encode(uint8_t bytes[CHANNEL_REQUEST_MOST], const struct client_ask *ask, uint64_t id)
{
        struct wire w = wire_over(bytes, CHANNEL_REQUEST_MOST);
        if (!is_open(ask) && (ask->flags & ~(uint64_t)channel_known_flags(ask->operation)))
                return -EINVAL;
        wire_put_u32(&w, CHANNEL_VERSION);
        wire_put_u32(&w, ask->operation);
        wire_put_u64(&w, id);
        wire_put_u32(&w, (uint32_t)ask->dirfd);
        wire_put_u32(&w, (uint32_t)ask->other_dirfd);
        wire_put_u64(&w, ask->flags);
        wire_put_u64(&w, ask->number);
        wire_put_u64(&w, ask->resolve);
        bool all = ask->path && (ask->other || ask->operation != CHANNEL_RENAME);
        ssize_t bad = all ? put_path(&w, ask->path) : -EFAULT;
        if (bad == 0 && ask->operation == CHANNEL_RENAME)
                bad = -ENOENT; /* and the second is not looked at */
        if (bad >= 0)
                bad = put_path(&w, ask->other);
        return bad < 0 ? bad : (ssize_t)w.at;
}

/* The answer's descriptor, as the flags want it. */
static int keep(const struct client_ask *ask, int *fd)
{
        if (!(ask->flags & O_CLOEXEC) && fcntl(*fd, F_SETFD, 0) < 0)
                return -errno;
        return fd_take(fd);
}

/* -EPIPE: the line has ended, and nothing was done. `usable`: the line is, for another request. */
static int exchange(int line, const void *request, size_t size, const struct client_ask *ask, uint64_t id, bool *usable)
{
        uint8_t head[CHANNEL_ANSWER_HEAD];
        struct iovec parts[] = {{head, sizeof(head)}, {ask->data, ask->room}};
        struct fd_received got;
        uint64_t answered;
        uint32_t length;

        int r = fd_send(line, request, size, NULL, 0);
        if (r == 0)
                r = fd_receive_parts(line, parts, 2, &got, 1, 0);
        *usable = r == 0 || r == -EFAULT || (r == -EBADMSG && got.cut);
        if (r < 0)
                return r == -ECONNRESET ? -EPIPE : r == -EBADMSG && got.cut ? -EMFILE : r;

        cleanup_fd int fd = got.count == 1 ? got.fds[0] : FD_NONE;
        r = read_head(head, got.length, &answered, &length);
        bool fits = length == got.length - sizeof(head) && (r < 0 || !ask->whole || length == ask->room);
        if (r == -EBADMSG || answered != id || !fits || (r == 0 && is_open(ask)) != (fd >= 0)) {
                *usable = false;
                return -EBADMSG;
        }
        return r < 0 ? r : is_open(ask) ? keep(ask, &fd) : (int)length;
}

static uint64_t next_id(void)
{
        struct timespec now; /* later than that of any answer that might still come */
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int client_ask(cordon_client *c, const struct client_ask *ask)
{
        uint8_t request[CHANNEL_REQUEST_MOST];
        int saved = errno;
        uint64_t id = next_id();
        ssize_t size = encode(request, ask, id);
        int r = size < 0 ? (int)size : -EPIPE;

        for (int i = 0; r == -EPIPE && i < TRIES_MOST; i++) {
                struct line line;
                bool usable;
                r = take_line(c, &line);
                if (r < 0)
                        break;
                r = exchange(line.fd, request, (size_t)size, ask, id, &usable);
                leave_line(&line, usable);
        }
        errno = saved;
        return r;
}

/* ---- the calls ----------------------------------------------------------------------------------------------------- */

int cordon_client_channel(void)
{
        const char *text = getenv("CORDON_CHANNEL");
        char *end;
        if (!text || !*text)
                return -ENOENT;
        long fd = strtol(text, &end, 10);
        return *end || fd < 0 || fd > INT_MAX ? -ENOENT : (int)fd;
}

void cordon_client_init(cordon_client *c, int channel)
{
        *c = (cordon_client){.channel = channel, .owner = getpid()};
}

void cordon_client_done(cordon_client *c)
{
        bool ours = getpid() == c->owner;
        for (int i = 0; i < CORDON_CLIENT_LINES; i++) {
                unsigned held = ours ? __atomic_exchange_n(&c->lines[i], EMPTY, __ATOMIC_ACQ_REL) : EMPTY;
                if (held >= IDLE)
                        fd_close((int)(held - IDLE));
        }
}

int cordon_client_open(cordon_client *c, const char *path, int flags, mode_t mode)
{
        return cordon_client_openat(c, AT_FDCWD, path, flags, mode);
}

int cordon_client_openat(cordon_client *c, int dirfd, const char *path, int flags, mode_t mode)
{
        return client_ask(c, &(struct client_ask){.operation = CHANNEL_OPEN, .dirfd = dirfd, .path = path,
                                                  .flags = (unsigned)flags, .number = mode});
}

int cordon_client_stat(cordon_client *c, int dirfd, const char *path, struct stat *st, int flags)
{
        int r = client_ask(c, &(struct client_ask){.operation = CHANNEL_STAT, .dirfd = dirfd, .path = path,
                                                   .flags = (unsigned)flags, .data = st, .room = sizeof(*st), .whole = true});
        return r < 0 ? r : 0;
}

int cordon_client_access(cordon_client *c, int dirfd, const char *path, int mode, int flags)
{
        return client_ask(c, &(struct client_ask){.operation = CHANNEL_ACCESS, .dirfd = dirfd, .path = path,
                                                  .flags = (unsigned)flags, .number = (unsigned)mode});
}

ssize_t cordon_client_readlink(cordon_client *c, int dirfd, const char *path, char *text, size_t size)
{
        if (size > PATH_MAX)
                size = PATH_MAX;
        return client_ask(c, &(struct client_ask){.operation = CHANNEL_READLINK, .dirfd = dirfd, .path = path, .number = size,
                                                  .data = text, .room = size});
}

int cordon_client_mkdir(cordon_client *c, int dirfd, const char *path, mode_t mode)
{
        return client_ask(c, &(struct client_ask){.operation = CHANNEL_MKDIR, .dirfd = dirfd, .path = path, .number = mode});
}

int cordon_client_unlink(cordon_client *c, int dirfd, const char *path, int flags)
{
        return client_ask(c, &(struct client_ask){.operation = CHANNEL_REMOVE, .dirfd = dirfd, .path = path,
                                                  .flags = (unsigned)flags});
}

int cordon_client_rename(cordon_client *c, int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags)
{
        return client_ask(c, &(struct client_ask){.operation = CHANNEL_RENAME, .dirfd = from_dirfd, .path = from,
                                                  .other_dirfd = to_dirfd, .other = to, .flags = flags});
}
