/* The transport for programs that cooperate. A datagram that is not exactly what the protocol says ends the channel with
 * all of its lines: the client is ours, so a malformed one was not written by it. Nothing is taken from the program but
 * bytes, and nothing is sent but on sockets that were made here.
 *
 * One thread serves one sandbox. What a request has to wait for is the waiter's, together with a duplicate of the line; the
 * thread lets go of that line, and the client takes another afterwards. */
#include "broker/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/wire.h"
#include "broker/caller.h"
#include "broker/calls.h"
#include "broker/operations.h"

enum { LINES_MOST = 32, THE_CHANNEL = LINES_MOST };

struct line {
        int fd;
        uint64_t used; /* when it was made or last served */
};

struct channel {
        struct server *server;
        int epoll;
        bool owes;      /* somebody has asked for a line and has to wait for it; no other question is read meanwhile */
        unsigned depth; /* in pid namespaces, of the sandbox's pid 1 */
        struct line lines[LINES_MOST];
        struct request request;
        uint8_t datagram[CHANNEL_REQUEST_MOST];
        uint8_t data[CHANNEL_DATA_MOST];
};

/* ---- from datagrams to requests ----------------------------------------------------------------------------------- */

/* What each operation is to the broker, and what it takes. */
static const struct asked {
        enum operation operation;
        uint32_t known, implied; /* flags */
        bool other;              /* has another path */
        int number;              /* which of the request's numbers `number` is */
} asked[CHANNEL_OPERATIONS] = {
        [CHANNEL_OPEN] = {.operation = OPERATION_OPEN},
        [CHANNEL_OPEN2] = {.operation = OPERATION_OPEN},
        [CHANNEL_STAT] = {OPERATION_STAT, .known = CALLS_STAT_FLAGS},
        [CHANNEL_STATX] = {OPERATION_STATX, .known = CALLS_STATX_FLAGS},
        [CHANNEL_ACCESS] = {OPERATION_ACCESS, .known = CALLS_ACCESS_FLAGS},
        [CHANNEL_READLINK] = {OPERATION_READLINK, .implied = CALLS_READLINK_IMPLIED, .number = 1},
        [CHANNEL_MKDIR] = {.operation = OPERATION_MKDIR},
        [CHANNEL_REMOVE] = {OPERATION_REMOVE, .known = AT_REMOVEDIR},
        [CHANNEL_RENAME] = {OPERATION_RENAME, .known = CALLS_RENAME_FLAGS, .other = true},
};

uint32_t channel_known_flags(enum channel_operation operation)
{
        return asked[operation].known;
}

static bool copy_path(char *out, const char *path, size_t length)
{
        if (!path || memchr(path, '\0', length))
                return false;
        memcpy(out, path, length);
        out[length] = '\0';
        return true;
}

/* As the same call's registers would be read. 0, or an errno for the client. */
static int shape(struct request *r, uint32_t operation, uint64_t number)
{
        const struct asked *a = &asked[operation];

        r->operation = a->operation;
        r->number[0] = r->number[1] = r->number[2] = 0;
        if (a->operation == OPERATION_OPEN) {
                r->mode = number;
                if (operation == CHANNEL_OPEN)
                        open_as_legacy(r);
                return 0;
        }
        r->number[a->number] = number;
        if (r->flags & ~(uint64_t)channel_known_flags(operation))
                return -EINVAL;
        r->flags |= a->implied;
        r->by_descriptor = false;
        int bad = calls_empty_path(r);
        return bad == 0 && a->other && r->other[0] == '\0' ? -ENOENT : bad;
}

/* -EBADMSG: no client of ours has sent this. Else as shape(). */
static int decode(struct channel *c, size_t size)
{
        struct request *r = &c->request;
        struct wire w = wire_over(c->datagram, size);
        size_t length, other_length;

        uint32_t version = wire_get_u32(&w), operation = wire_get_u32(&w);
        r->transport = TRANSPORT_CHANNEL;
        r->id = wire_get_u64(&w);
        r->dirfd = (int)wire_get_u32(&w);
        r->other_dirfd = (int)wire_get_u32(&w);
        r->flags = wire_get_u64(&w);
        uint64_t number = wire_get_u64(&w);
        r->resolve = wire_get_u64(&w);
        const char *path = wire_get_bytes(&w, PATH_MAX - 1, &length);
        const char *other = wire_get_bytes(&w, PATH_MAX - 1, &other_length);

        if (!wire_done(&w) || version != CHANNEL_VERSION || operation <= CHANNEL_LINE || operation >= CHANNEL_OPERATIONS ||
            !copy_path(r->path, path, length) || !copy_path(r->other, other, other_length))
                return -EBADMSG;
        if ((other_length > 0 && !asked[operation].other) || (r->resolve && operation != CHANNEL_OPEN2))
                return -EBADMSG;
        r->length = length;
        return shape(r, operation, number);
}

static bool asks_for_line(struct channel *c, size_t size)
{
        struct wire w = wire_over(c->datagram, size);
        uint32_t version = wire_get_u32(&w), operation = wire_get_u32(&w);
        wire_get_u64(&w); /* which of them gets which line does not matter */
        return wire_done(&w) && version == CHANNEL_VERSION && operation == CHANNEL_LINE;
}

/* ---- who asks ------------------------------------------------------------------------------------------------------ */

/* Whoever asks is in the sandbox. Where a broker sends messages in its program's stead (`unix datagram`), the kernel names that
 * broker as the sender, ours or another's: what it has open is nobody's to ask for. */
static bool is_inside(const struct channel *c, pid_t pid)
{
        return c->depth > 0 && caller_depth(c->server->view.proc, pid) >= c->depth;
}

bool channel_waiting(const struct request *r)
{
        struct pollfd ends[] = {{.fd = r->process, .events = POLLIN}, {.fd = r->line}};
        int n;
        do
                n = poll(ends, 2, 0);
        while (n < 0 && errno == EINTR);
        return n == 0;
}

/* The sender, such that its number is its own for as long as channel_waiting() says so: the kernel tells a pidfd with the
 * message. Before Linux 6.5 it tells the number alone, and whoever has that number as the message is read is taken for the
 * sender. -ESRCH: it is gone; others: we have no room for it. */
static int know_sender(struct request *r, struct fd_received *got)
{
        r->tid = got->pid;
        r->process = got->process;
        if (r->tid <= 0)
                return r->process = fd_close(r->process), -ESRCH;
        if (r->process == FD_NONE && (r->process = (int)syscall(SYS_pidfd_open, r->tid, 0)) < 0)
                r->process = -errno;
        return r->process < 0 ? r->process : 0;
}

/* ---- answers ------------------------------------------------------------------------------------------------------- */

/* A client that does not take its answers is not waited for. */
static int put_answer(int to, uint64_t id, int error, const void *data, size_t length, int fd)
{
        uint8_t bytes[CHANNEL_ANSWER_HEAD + CHANNEL_DATA_MOST];
        struct wire w = wire_over(bytes, sizeof(bytes));
        wire_put_u64(&w, id);
        wire_put_u32(&w, (uint32_t)error);
        wire_put_bytes(&w, data, length);
        return fd_try_send(to, bytes, w.at, &fd, fd >= 0 ? 1 : 0);
}

void channel_answer(const struct server *s, const struct request *r, const struct answer *a)
{
        bool good = a->fd >= 0 || (a->done && !a->error);
        int error = good ? 0 : a->error ? a->error : EACCES;
        int bad = put_answer(r->line, r->id, error, a->data, error ? 0 : a->length, a->fd);
        if (bad == -ETOOMANYREFS)
                bad = put_answer(r->line, r->id, EMFILE, NULL, 0, FD_NONE);
        /* What was done must not be asked again: somebody who is still there learns of nothing from a line that ends. */
        if (bad < 0 && bad != -EPIPE && bad != -ECONNRESET)
                shutdown(s->channel, SHUT_RDWR);
}

/* ---- lines --------------------------------------------------------------------------------------------------------- */

static int arm(const struct channel *c, int operation, int fd, unsigned at, uint32_t events)
{
        struct epoll_event e = {.events = events, .data.u32 = at};
        return epoll_ctl(c->epoll, operation, fd, &e) < 0 ? -errno : 0;
}

static void end_line(struct line *l)
{
        l->fd = fd_close(l->fd);
}

/* A place for one more: a free one, or that of the line which has been idle for longest. -1: all are in use. */
static int make_place(struct channel *c)
{
        int oldest = -1;
        for (int i = 0; i < LINES_MOST; i++) {
                struct line *l = &c->lines[i];
                struct pollfd unread = {.fd = l->fd, .events = POLLIN};
                if (l->fd < 0)
                        return i;
                if ((oldest < 0 || l->used < c->lines[oldest].used) && poll(&unread, 1, 0) == 0)
                        oldest = i;
        }
        if (oldest >= 0)
                end_line(&c->lines[oldest]);
        return oldest;
}

static int make_line(struct channel *c, unsigned at, int *theirs)
{
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        cleanup_fd int ours = pair[0], other = pair[1];
        int r = fd_tell_senders(ours);
        if (r >= 0)
                r = arm(c, EPOLL_CTL_ADD, ours, at, EPOLLIN);
        if (r < 0)
                return r;
        c->lines[at] = (struct line){fd_take(&ours), server_now()};
        *theirs = fd_take(&other);
        return 0;
}

/* Gives out a line, or the reason why there is none. What was not taken yet fills the channel: then it waits for room in it, as
 * for a line to become idle. */
static void give_line(struct channel *c)
{
        int at = make_place(c);
        uint32_t until = 0;
        c->owes = at < 0;
        if (!c->owes) {
                cleanup_fd int theirs = FD_NONE;
                int bad = make_line(c, (unsigned)at, &theirs);
                int sent = put_answer(c->server->channel, 0, -bad, NULL, 0, theirs);
                if (sent == -ETOOMANYREFS)
                        sent = put_answer(c->server->channel, 0, EAGAIN, NULL, 0, FD_NONE);
                if (sent < 0 || theirs < 0)
                        end_line(&c->lines[at]);
                c->owes = sent == -EAGAIN;
                until = EPOLLOUT;
        }
        arm(c, EPOLL_CTL_MOD, c->server->channel, THE_CHANNEL, c->owes ? until : EPOLLIN);
}

/* ---- serving ------------------------------------------------------------------------------------------------------- */

static void answer(struct channel *c, struct line *l, int bad)
{
        struct server *s = c->server;
        struct request *r = &c->request;
        struct answer out = {.fd = FD_NONE, .error = -bad, .data = c->data, .room = sizeof(c->data)};

        atomic_fetch_add_explicit(&s->requests, 1, memory_order_relaxed);
        r->received = l->used = server_now();
        r->edition = server_edition(s);
        if (bad == 0)
                operation_serve(s, r, &out);
        if (!out.deferred) {
                request_answer(s, r, &out);
        } else {
                epoll_ctl(c->epoll, EPOLL_CTL_DEL, l->fd, NULL);
                end_line(l);
        }
        edition_unref(r->edition);
}

/* Somebody asks before he has taken the last answer. */
static bool is_ahead(int line)
{
        int unread = 0;
        return ioctl(line, SIOCOUTQ, &unread) < 0 || unread > 0;
}

/* False: the channel is to end. `known`: as know_sender() says. */
static bool serve_request(struct channel *c, struct line *l, size_t size, int known)
{
        struct request *r = &c->request;
        int bad = decode(c, size);
        bool inside = is_inside(c, r->tid);

        if (known == -ESRCH || (known == 0 && !channel_waiting(r))) {
                end_line(l);
                return true;
        }
        if (bad == -EBADMSG || !inside || is_ahead(l->fd))
                return false;
        answer(c, l, known < 0 ? known : bad);
        return true;
}

static bool serve_line(struct channel *c, struct line *l)
{
        struct fd_received got;
        int bad = fd_receive(l->fd, c->datagram, sizeof(c->datagram), &got, 0, MSG_DONTWAIT);

        if (bad == -EAGAIN || bad == -EINTR)
                return true;
        if (bad < 0) {
                end_line(l);
                return bad != -EBADMSG;
        }
        c->request.line = l->fd;
        int known = know_sender(&c->request, &got);
        bool going = serve_request(c, l, got.length, known);
        c->request.process = fd_close(c->request.process);
        return going;
}

static bool serve_channel(struct channel *c, uint32_t events)
{
        struct fd_received got;
        if (events & EPOLLIN) {
                int bad = fd_receive(c->server->channel, c->datagram, sizeof(c->datagram), &got, 0, MSG_DONTWAIT);
                if (bad == -EAGAIN)
                        return true;
                if (bad < 0 || !asks_for_line(c, got.length))
                        return false;
        } else if (!(events & EPOLLOUT)) {
                return false;
        }
        give_line(c);
        return true;
}

static bool begin(struct channel *c, struct server *s)
{
        static const int small = 0; /* the least that there is: a handful of lines that nobody has taken yet */
        c->server = s;
        for (int i = 0; i < LINES_MOST; i++)
                c->lines[i].fd = FD_NONE;
        c->depth = caller_depth(s->view.proc, s->init);
        c->epoll = epoll_create1(EPOLL_CLOEXEC);
        setsockopt(s->channel, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
        return c->epoll >= 0 && arm(c, EPOLL_CTL_ADD, s->channel, THE_CHANNEL, EPOLLIN) == 0;
}

static void serve_all(struct channel *c)
{
        struct epoll_event e;
        for (bool going = true; going;) {
                int n = epoll_wait(c->epoll, &e, 1, -1);
                if (n < 0 && errno != EINTR)
                        break;
                if (n <= 0)
                        continue;
                going = e.data.u32 == THE_CHANNEL ? serve_channel(c, e.events) : serve_line(c, &c->lines[e.data.u32]);
                if (going && c->owes && e.data.u32 != THE_CHANNEL)
                        give_line(c);
        }
}

void *channel_main(void *arg)
{
        struct server *s = arg;
        if (!server_wait(s))
                return NULL;
        struct channel *c = calloc(1, sizeof(*c));
        if (c && begin(c, s))
                serve_all(c);
        for (int i = 0; c && i < LINES_MOST; i++)
                end_line(&c->lines[i]);
        if (c)
                fd_close(c->epoll);
        shutdown(s->channel, SHUT_RDWR); /* last: who sees it has seen all of it */
        free(c);
        return NULL;
}
