/* Sending: in a sandbox that has datagram sockets of the family AF_UNIX every message comes here that could have an address, of
 * whatever socket, since a filter cannot tell what a descriptor is, nor what is in the caller's memory.
 *
 * The message is copied, the socket duplicated; a path is judged and pinned as for connect(2), everything else goes out just as
 * the caller gave it, by our hand. The thread never waits: what does not go at once is the waiter's. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"
#include "broker/outgoing.h"
#include "broker/waiter.h"

#ifndef MSG_CMSG_COMPAT
#define MSG_CMSG_COMPAT ((int)0x80000000)
#endif

/* ---- to whom ------------------------------------------------------------------------------------------------------------ */

static int vet_netlink(struct outgoing *o)
{
        struct sockaddr_nl to;
        if (o->peer.to.length < sizeof(to))
                return -EINVAL;
        memcpy(&to, o->peer.to.bytes, sizeof(to));
        if (to.nl_family != AF_NETLINK)
                return -EINVAL;
        /* We own the sandbox's network. With an address the kernel would ask what the sender may; without, also what the one
         * may who has made the socket. It is the kernel either way. */
        o->peer.to.length = 0;
        return to.nl_pid != 0 || to.nl_groups != 0 ? -EPERM : 0;
}

static int vet(const struct errand *e, struct outgoing *o)
{
        struct address *to = &o->peer.to;

        if (to->length == 0)
                return 0;
        if (o->domain == AF_UNIX && o->type == SOCK_DGRAM)
                return socket_vet_local(e, o->peer.socket, &o->peer);
        if (o->domain == AF_UNIX) { /* refuses any, or looks at none */
                *to = (struct address){.length = sizeof(to->any.sa_family), .any.sa_family = AF_UNIX};
                return 0;
        }
        if (policy_world(e->request->edition->policy)->net == NET_NONE)
                return -EACCES;
        return o->domain == AF_NETLINK ? vet_netlink(o) : 0;
}

/* ---- out it goes --------------------------------------------------------------------------------------------------------- */

static int send_now(const struct server *s, struct outgoing *o)
{
        struct iovec data = {o->data, o->length};
        struct msghdr m = {
                .msg_name = o->peer.to.length > 0 ? &o->peer.to.any : NULL,
                .msg_namelen = o->peer.to.length,
                .msg_iov = &data,
                .msg_iovlen = 1,
                .msg_control = o->control_length > 0 ? o->control : NULL,
                .msg_controllen = o->control_length,
        };
        int result = -EPERM;
        if (!o->peer.local || thread_be(s, true)) {
                ssize_t sent = sendmsg(o->peer.socket, &m, o->flags | MSG_DONTWAIT | MSG_NOSIGNAL);
                result = sent < 0 ? -errno : (int)sent;
        }
        if (o->peer.local)
                thread_be(s, false);
        return result;
}

/* The signal that goes with EPIPE. */
static void tell_broken(const struct server *s, const struct request *r)
{
        struct caller_status caller;
        int bad = caller_status(s->view.proc, r->tid, &caller);
        cleanup_fd int process = bad < 0 ? FD_NONE : (int)syscall(SYS_pidfd_open, caller.tgid, 0);

        if (process < 0 || !request_waiting(s, r))
                return;
        if (thread_be(s, true))
                syscall(SYS_pidfd_send_signal, process, SIGPIPE, NULL, 0);
        thread_be(s, false);
}

/* For sendmmsg(2), which returns how many and says the length in memory. */
static int tell_length(const struct server *s, const struct request *r, const struct outgoing *o, int sent)
{
        unsigned length = (unsigned)sent;

        if (sent < 0 || o->told_at == 0)
                return sent;
        cleanup_fd int memory = caller_memory(s->view.proc, r->tid);
        int bad = memory < 0 ? memory : request_waiting(s, r) ? 0 : -ESRCH;
        if (bad == 0)
                bad = caller_write(memory, o->told_at, &length, sizeof(length));
        return bad < 0 ? bad : 1;
}

int outgoing_try(const struct server *s, const struct request *r, struct outgoing *o, bool *again)
{
        int result = send_now(s, o);

        *again = result == -EAGAIN && o->peer.waits && (!o->peer.timed || !connection_is_late(&o->peer));
        if (result == -EPIPE && o->type == SOCK_STREAM && !(o->flags & MSG_NOSIGNAL))
                tell_broken(s, r);
        return tell_length(s, r, o, result);
}

short outgoing_events(const struct outgoing *o)
{
        return o->domain == AF_UNIX && o->type != SOCK_STREAM ? 0 : POLLOUT;
}

/* ---- the calls ----------------------------------------------------------------------------------------------------------- */

static int begin(struct outgoing *o, const struct errand *e)
{
        int bad = outgoing_begin(o, e);
        if (bad < 0)
                return bad;
        if (o->flags & MSG_CMSG_COMPAT)
                return -EINVAL;
        /* The kernel would send from our memory, later. It may always answer that it has no room for such a thing. */
        if (o->flags & MSG_ZEROCOPY)
                return -ENOBUFS;
        o->peer.streams = !(o->flags & MSG_DONTWAIT); /* can take time */
        return connection_begin(&o->peer);
}

/* `e->request` has the address. */
static int send_it(const struct errand *e, struct outgoing *o, bool *again)
{
        const struct request *r = e->request;

        *again = false;
        o->peer.to.length = r->address_length;
        memcpy(o->peer.to.bytes, r->address, sizeof(r->address));
        int bad = vet(e, o);
        if (bad < 0)
                return bad;
        return request_waiting(e->server, r) ? outgoing_try(e->server, r, o, again) : -ESRCH;
}

/* The waiter has the message from here on. */
static int wait_for(const struct errand *e, struct outgoing *o)
{
        struct outgoing *mine = malloc(sizeof(*mine));
        if (!mine)
                return -ENOMEM;
        *mine = *o;
        *o = (struct outgoing){.peer = {.socket = FD_NONE, .pin = FD_NONE}};
        int bad = waiter_send(e->server->waiter, e->request, mine);
        e->answer->deferred = bad == 0;
        return bad;
}

int send_one(const struct errand *e)
{
        const struct request *r = e->request;
        struct outgoing o;
        bool again = false;
        int result = begin(&o, e);

        if (result == 0)
                result = r->address_error;
        if (result == 0)
                result = outgoing_take_data(&o, e, r->number[1], r->number[2]);
        if (result == 0)
                result = send_it(e, &o, &again);
        if (again)
                result = wait_for(e, &o);
        outgoing_done(&o);
        return result;
}

/* One message of a list, or the only one. */
static int send_at(const struct errand *e, struct outgoing *o, uint64_t address, bool *again)
{
        struct request named = *e->request;
        const struct errand its = {e->server, &named, e->answer};
        int bad = outgoing_take_message(o, e, address, &named);

        *again = false;
        return bad < 0 ? bad : send_it(&its, o, again);
}

int send_message(const struct errand *e)
{
        struct outgoing o;
        bool again = false;
        int result = begin(&o, e);

        if (result == 0)
                result = send_at(e, &o, e->request->number[1], &again);
        if (again)
                result = wait_for(e, &o);
        outgoing_done(&o);
        return result;
}

/* As the kernel does: an error counts only where nothing was sent. A short count is a legal answer: no call takes long. */
int send_messages(const struct errand *e)
{
        enum { MOST = 64 };
        const struct request *r = e->request;
        unsigned wanted = (uint32_t)r->number[2] < MOST ? (uint32_t)r->number[2] : MOST, sent = 0;
        struct outgoing o;
        bool again = false;
        int result = begin(&o, e);

        while (result >= 0 && sent < wanted) {
                uint64_t at = r->number[1] + sent * sizeof(struct mmsghdr);
                o.told_at = at + offsetof(struct mmsghdr, msg_len);
                result = send_at(e, &o, at, &again);
                if (again && sent == 0)
                        result = wait_for(e, &o);
                outgoing_clear(&o);
                if (e->answer->deferred)
                        break;
                sent += result >= 0;
        }
        outgoing_done(&o);
        return sent > 0 ? (int)sent : result;
}
