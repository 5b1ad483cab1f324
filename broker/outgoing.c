/* Copies a message out of the caller's memory, with duplicates of the descriptors in it.
 *
 * What goes along with it is gone through: we have capabilities over the sandbox's network that the caller has not, so of the
 * control messages only those pass that take none. Who sends is shown by the kernel, and it is us: what a caller says
 * truly of itself is left out, since we could not say it. */
#include "broker/outgoing.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"
#include "broker/calls.h"

#ifndef SCM_TXTIME
#define SCM_TXTIME 61
#endif
#define UDP_LEVEL 17
#define UDP_SEGMENT_TYPE 103

/* ---- descriptors and what else goes along ----------------------------------------------------------------------------- */

/* Harmless without any capability. */
static bool is_harmless(int level, int type)
{
        static const struct {
                int level, type;
        } table[] = {
                {SOL_SOCKET, SO_TIMESTAMPING}, {SOL_SOCKET, SCM_TXTIME},     {IPPROTO_IP, IP_TTL},
                {IPPROTO_IP, IP_TOS},          {IPPROTO_IP, IP_PKTINFO},     {IPPROTO_IPV6, IPV6_PKTINFO},
                {IPPROTO_IPV6, IPV6_HOPLIMIT}, {IPPROTO_IPV6, IPV6_TCLASS},  {UDP_LEVEL, UDP_SEGMENT_TYPE},
                {IPPROTO_IPV6, IPV6_DONTFRAG},
        };
        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
                if (table[i].level == level && table[i].type == type)
                        return true;
        return false;
}

static int take_descriptors(struct outgoing *o, const struct errand *e, unsigned char *numbers, size_t size)
{
        if (o->domain != AF_UNIX)
                return -EINVAL;
        if (!o->fds)
                o->fds = malloc(OUTGOING_FDS_MOST * sizeof(*o->fds));
        if (!o->fds)
                return -ENOMEM;
        for (size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
                int number;
                if (o->count == OUTGOING_FDS_MOST)
                        return -EINVAL;
                memcpy(&number, numbers + at, sizeof(number));
                int fd = caller_descriptor_of(e->server->view.proc, e->request->tid, number);
                if (fd < 0)
                        return fd;
                o->fds[o->count++] = fd;
                memcpy(numbers + at, &fd, sizeof(fd));
        }
        return 0;
}

/* Only the truth. */
static int check_credentials(const struct errand *e, const unsigned char *data, size_t size)
{
        const struct server *s = e->server;
        struct caller_status caller;
        struct ucred who;

        if (size != sizeof(who))
                return -EINVAL;
        memcpy(&who, data, sizeof(who));
        int bad = caller_status(s->view.proc, e->request->tid, &caller);
        if (bad < 0)
                return bad;
        return who.pid == caller.ns_tgid && who.uid == s->uid_inside && who.gid == s->gid_inside ? 0 : -EPERM;
}

/* 1: it goes along; 0: it is left out. */
static int take_one(struct outgoing *o, const struct errand *e, const struct cmsghdr *h, unsigned char *data)
{
        size_t size = h->cmsg_len - sizeof(*h);
        bool inet = o->domain == AF_INET || o->domain == AF_INET6;

        if (h->cmsg_level != SOL_SOCKET && !inet)
                return 0; /* as the kernel does */
        if (h->cmsg_level == SOL_SOCKET && (h->cmsg_type == SCM_RIGHTS || h->cmsg_type == SCM_CREDENTIALS)) {
                if (inet)
                        return 0;
                int bad = h->cmsg_type == SCM_RIGHTS ? take_descriptors(o, e, data, size) : check_credentials(e, data, size);
                return bad < 0 ? bad : h->cmsg_type == SCM_RIGHTS;
        }
        if (!inet)
                return -EINVAL;
        return is_harmless(h->cmsg_level, h->cmsg_type) ? 1 : -EPERM;
}

static size_t aligned(size_t length)
{
        return (length + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1);
}

/* What is left out is closed up, in place. */
static int take_control(struct outgoing *o, const struct errand *e, uint64_t address, size_t length)
{
        size_t at = 0, kept = 0;

        if (length > OUTGOING_CONTROL_MOST)
                return -ENOBUFS;
        o->control = malloc(aligned(length) + 1);
        if (!o->control)
                return -ENOMEM;
        memset(o->control, 0, aligned(length));
        int bad = length > 0 ? caller_bytes(e->request->tid, address, o->control, length) : 0;
        while (bad == 0 && at + sizeof(struct cmsghdr) <= length) {
                struct cmsghdr h;
                memcpy(&h, o->control + at, sizeof(h));
                if (h.cmsg_len < sizeof(h) || h.cmsg_len > length - at)
                        return -EINVAL;
                size_t size = aligned(h.cmsg_len);
                int keep = take_one(o, e, &h, o->control + at + sizeof(h));
                if (keep < 0)
                        return keep;
                if (keep) {
                        memmove(o->control + kept, o->control + at, size);
                        kept += size;
                }
                at += size;
        }
        o->control_length = kept;
        return bad;
}

/* ---- the data ----------------------------------------------------------------------------------------------------------- */

/* Shortens the list to what is taken: of a stream a part may go, of a message all or nothing. */
static int measure(struct outgoing *o, struct iovec *from, size_t *count)
{
        const size_t most = o->type == SOCK_STREAM ? OUTGOING_STREAM_MOST : OUTGOING_MOST;

        o->length = 0;
        for (size_t i = 0; i < *count; i++)
                if (from[i].iov_len > SSIZE_MAX)
                        return -EINVAL;
        for (size_t i = 0; i < *count; i++) {
                size_t room = most - o->length;
                if (from[i].iov_len > room && o->type != SOCK_STREAM)
                        return -EMSGSIZE;
                if (from[i].iov_len >= room && o->type == SOCK_STREAM) {
                        from[i].iov_len = room;
                        *count = i + 1;
                }
                o->length += from[i].iov_len;
        }
        return 0;
}

static int take(struct outgoing *o, const struct errand *e, struct iovec *from, size_t count)
{
        int bad = measure(o, from, &count);
        if (bad < 0)
                return bad;
        o->data = malloc(o->length + 1);
        if (!o->data)
                return -ENOMEM;
        return caller_gather(e->request->tid, from, count, o->data, o->length);
}

int outgoing_take_data(struct outgoing *o, const struct errand *e, uint64_t address, uint64_t length)
{
        struct iovec one = {(void *)(uintptr_t)address, length > INT_MAX ? INT_MAX : length};
        return take(o, e, &one, 1);
}

int outgoing_take_message(struct outgoing *o, const struct errand *e, uint64_t address, struct request *named)
{
        struct iovec from[IOV_MAX];
        struct msghdr m;
        int bad = caller_bytes(e->request->tid, address, &m, sizeof(m));

        if (bad < 0)
                return bad;
        int length = m.msg_name ? (int)m.msg_namelen : 0;
        if (length < 0)
                return -EINVAL;
        if (length > (int)sizeof(named->address))
                length = sizeof(named->address);
        calls_read_address(named, (uint64_t)(uintptr_t)m.msg_name, length);
        if (named->address_error < 0)
                return named->address_error;
        if (m.msg_iovlen > IOV_MAX)
                return -EMSGSIZE;
        if (m.msg_iovlen > 0)
                bad = caller_bytes(e->request->tid, (uint64_t)(uintptr_t)m.msg_iov, from, m.msg_iovlen * sizeof(*from));
        if (bad == 0)
                bad = m.msg_control ? take_control(o, e, (uint64_t)(uintptr_t)m.msg_control, m.msg_controllen) : 0;
        return bad < 0 ? bad : take(o, e, from, m.msg_iovlen);
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------- */

int outgoing_begin(struct outgoing *o, const struct errand *e)
{
        const struct request *r = e->request;
        socklen_t size = sizeof(int);

        *o = (struct outgoing){.peer = {.socket = FD_NONE, .pin = FD_NONE}, .flags = (int)(uint32_t)r->flags};
        o->peer.socket = caller_descriptor_of(e->server->view.proc, r->tid, (int)(uint32_t)r->number[0]);
        if (o->peer.socket < 0)
                return o->peer.socket;
        if (getsockopt(o->peer.socket, SOL_SOCKET, SO_DOMAIN, &o->domain, &size) < 0 ||
            getsockopt(o->peer.socket, SOL_SOCKET, SO_TYPE, &o->type, &size) < 0)
                return -errno;
        o->peer.local = o->domain == AF_UNIX;
        return 0;
}

void outgoing_clear(struct outgoing *o)
{
        for (unsigned i = 0; i < o->count; i++)
                fd_close(o->fds[i]);
        free(o->fds);
        free(o->data);
        free(o->control);
        o->peer.pin = fd_close(o->peer.pin);
        o->peer.to.length = 0;
        o->fds = NULL;
        o->data = o->control = NULL;
        o->length = o->control_length = 0;
        o->count = 0;
}

void outgoing_done(struct outgoing *o)
{
        outgoing_clear(o);
        o->peer.socket = fd_close(o->peer.socket);
}
