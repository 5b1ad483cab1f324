/* A connection in the making. We hold the caller's own socket: where that is a blocking one, it is made non-blocking for the
 * moment of the call, so that no thread of ours is ever held up, and what is not done at once is waited for as an event (the
 * waiter). Nothing else could be going on in a socket that has no peer yet: only kinds with one peer are treated so. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/time.h>
#include <time.h>

#include "base/fd.h"
#include "broker/socket.h"

#define ERESTARTSYS 512 /* the kernel's own; never seen by a program */

static uint64_t now_ns(void)
{
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int connection_begin(struct connection *c)
{
        struct timeval most = {0};
        socklen_t size = sizeof(most);
        int flags = fcntl(c->socket, F_GETFL);

        if (flags < 0)
                return -errno;
        c->waits = c->streams && !(flags & O_NONBLOCK);
        if (c->waits && getsockopt(c->socket, SOL_SOCKET, SO_SNDTIMEO, &most, &size) < 0)
                return -errno;
        c->timed = most.tv_sec != 0 || most.tv_usec != 0;
        c->until = now_ns() + (uint64_t)most.tv_sec * 1000000000u + (uint64_t)most.tv_usec * 1000u;
        return 0;
}

static int connect_it(const struct server *s, const struct connection *c)
{
        int bad = -EPERM;
        if (!c->local || thread_show(s, true))
                bad = connect(c->socket, &c->to.any, c->to.length) < 0 ? -errno : 0;
        if (c->local)
                thread_show(s, false);
        return bad;
}

int connection_try(const struct server *s, const struct connection *c, bool *again)
{
        int flags = c->waits ? fcntl(c->socket, F_GETFL) : 0;
        bool blocking = c->waits && flags >= 0 && !(flags & O_NONBLOCK);

        *again = false;
        if (blocking && fcntl(c->socket, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        int bad = connect_it(s, c);
        if (blocking)
                fcntl(c->socket, F_SETFL, flags);
        if (c->waits && (bad == -EINPROGRESS || bad == -EALREADY || (c->local && bad == -EAGAIN))) {
                *again = !c->timed || now_ns() < c->until;
                bad = *again ? -EAGAIN : connection_late(c);
        }
        return bad;
}

bool connection_is_late(const struct connection *c)
{
        return c->timed && now_ns() >= c->until;
}

int connection_late(const struct connection *c)
{
        return c->local ? -EAGAIN : -EINPROGRESS;
}

int connection_interrupted(const struct connection *c)
{
        return c->timed ? -EINTR : -ERESTARTSYS;
}

/* Of a peer of the family AF_UNIX whose queue is full nobody tells when it is not. */
short connection_events(const struct connection *c)
{
        return c->local ? 0 : POLLOUT;
}

void connection_done(struct connection *c)
{
        c->socket = fd_close(c->socket);
        c->pin = fd_close(c->pin);
}
