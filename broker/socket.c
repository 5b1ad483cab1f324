/* Sockets: who may be connected to, and what names there may be.
 *
 * A filter sees the address as a pointer, mounts and Landlock do not look at sockets, and a network namespace does not cover
 * those with a path: so connect(2) and bind(2) of all sockets come here, are decided on a copy of the address, and done by us on
 * a duplicate of the caller's socket. Whatever the caller does to its memory, its descriptors or its directories meanwhile
 * makes no difference.
 *
 * A socket file may be connected to where the sandbox has made it (made.c), or where the policy says `unix`. The file is pinned,
 * judged, and connected to through its pin. Abstract names belong to a network namespace, and so to the sandbox; with the host's
 * network they are kept apart by a part of the name that is the sandbox's own.
 *
 * Datagram sockets of this family can be told a path with each message, in memory that nobody can look at in time. They exist
 * only in a sandbox where every message is served as well: send.c. */
#include "broker/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"
#include "broker/made.h"
#include "broker/waiter.h"

#define PATH_START offsetof(struct sockaddr_un, sun_path)

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

enum { IN6_LEAST = 24 }; /* the kernel's SIN6_LEN_RFC2133 */

/* ---- the caller's socket -------------------------------------------------------------------------------------------- */

struct given {
        int socket; /* a duplicate */
        int domain, type;
        struct address address;
};

/* In the order in which the kernel looks at it all. */
static int given_find(struct given *g, const struct errand *e)
{
        const struct request *r = e->request;
        socklen_t size = sizeof(g->domain);

        g->socket = caller_descriptor_of(e->server->view.proc, r->tid, (int)(uint32_t)r->number[0]);
        if (g->socket < 0)
                return g->socket;
        int bad = 0, none = 0;
        if (getsockopt(g->socket, SOL_SOCKET, SO_DOMAIN, &g->domain, &size) < 0 ||
            getsockopt(g->socket, SOL_SOCKET, SO_TYPE, &g->type, &size) < 0)
                none = -errno;
        if (none == -EBADF || r->operation == OPERATION_BIND) /* connect(2) takes what is no socket for one until later */
                bad = none;
        if (bad == 0)
                bad = r->address_error ? r->address_error : none;
        memset(&g->address, 0, sizeof(g->address));
        g->address.length = r->address_length;
        memcpy(g->address.bytes, r->address, sizeof(r->address));
        return bad;
}

static void given_done(struct given *g)
{
        g->socket = fd_close(g->socket);
}

/* True for an address of this family that names something. */
static bool is_local(const struct address *a)
{
        return a->length > PATH_START && a->length <= sizeof(a->local) && a->local.sun_family == AF_UNIX;
}

static bool is_abstract(const struct address *a)
{
        return a->local.sun_path[0] == '\0';
}

/* True for a socket in our own network, the host's: with `net host`, and for one that came with the program. On doubt, true. */
static bool shares_network(const struct errand *e, int fd)
{
        uint64_t cookie;
        socklen_t size = sizeof(cookie);
        return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0 || cookie == e->server->network ||
               e->server->network == 0;
}

/* In the host's network, abstract names are everybody's. Behind a part of our own they are only the sandbox's, and a name that
 * was learnt from getsockname(2) means the same. */
static int make_own(const struct errand *e, int fd, struct address *a)
{
        const char *own = e->server->abstract;
        size_t length = strlen(own), have = a->length - PATH_START - 1;
        char *name = a->local.sun_path + 1;

        if (!shares_network(e, fd) || (have >= length && memcmp(name, own, length) == 0))
                return 0;
        if (have + length + 1 > sizeof(a->local.sun_path))
                return -EINVAL;
        memmove(name + length, name, have);
        memcpy(name, own, length);
        a->length += (unsigned)length;
        return 0;
}

/* ---- connecting ----------------------------------------------------------------------------------------------------- */

static bool is_made_here(const struct errand *e, int pin)
{
        struct statx file;
        return statx(pin, "", AT_EMPTY_PATH, MADE_WANTED, &file) == 0 && made_has(e->server->made, &file);
}

/* A rule that takes away holds for what the sandbox has made, too. */
static int vet_own(const struct errand *e, const struct path *p)
{
        struct verdict v = edition_eval(e->request->edition, p->text, p->length, ACCESS_UNIX);
        return v.rule && v.rule->class > CLASS_MASK ? names_vet(e, p, ACCESS_UNIX) : 0;
}

static int vet_file(const struct errand *e, const struct object *o, bool own)
{
        struct stat st;
        if (fstat(o->fd, &st) < 0)
                return -errno;
        if (own)
                return o->nameless ? 0 : vet_own(e, &o->path);
        if (o->nameless)
                return -EACCES;
        /* What is no socket may be tried where it may be seen: nobody ever listens there, and the kernel says so. */
        return names_vet(e, &o->path, S_ISSOCK(st.st_mode) ? ACCESS_UNIX : ACCESS_LIST);
}

/* Something that is not in the view may be on the host: then it is worth telling that it was asked for. Only what the kernel
 * knows without waiting for any file system is looked at. */
static int missing(const struct errand *e, int error)
{
        struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED | RESOLVE_NO_MAGICLINKS};
        struct path p;
        struct stat st;
        if (error != -ENOENT || object_would_be(&p, e->server, e->request) < 0)
                return error;
        cleanup_fd int outside = (int)syscall(SYS_openat2, AT_FDCWD, p.text, &how, sizeof(how));
        if (outside < 0 || fstat(outside, &st) < 0 || !S_ISSOCK(st.st_mode) ||
            edition_eval(e->request->edition, p.text, p.length, ACCESS_UNIX).allow)
                return error;
        return names_missed(e, &p, ACCESS_UNIX);
}

/* From a path to the pin of a file that may be connected to. */
static int find_file(const struct errand *e, struct connection *c)
{
        struct object o;
        int bad = object_find(&o, e->server, e->request, true);
        if (bad < 0)
                return missing(e, bad);
        c->own = is_made_here(e, o.fd);
        bad = vet_file(e, &o, c->own);
        if (bad == 0) {
                if (!o.nameless)
                        names_did(e, &o.path, ACCESS_UNIX);
                c->pin = fd_take(&o.fd);
                int length = snprintf(c->to.local.sun_path, sizeof(c->to.local.sun_path), "/proc/self/fd/%d", c->pin);
                c->to.length = (unsigned)(PATH_START + (size_t)length + 1);
        }
        object_done(&o);
        return bad;
}

int socket_still_allowed(const struct errand *e, const struct connection *c)
{
        struct path p = {0};
        int bad = c->pin < 0 ? -ENOENT : view_path_of(&e->server->view, c->pin, p.text, sizeof(p.text));
        if (bad < 0) /* it has no path, or none any more: what is the sandbox's own stays within its reach */
                return c->pin < 0 || c->own ? 0 : -EACCES;
        p.length = strlen(p.text);
        return c->own ? vet_own(e, &p) : names_vet(e, &p, ACCESS_UNIX);
}

static int vet_peer(const struct errand *e, const struct given *g, struct connection *c)
{
        const struct sockaddr_nl *netlink = (const struct sockaddr_nl *)&c->to.any;

        if (g->domain != AF_UNIX) {
                if (policy_world(e->request->edition->policy)->net == NET_NONE)
                        return -EACCES;
                /* We own the sandbox's network and could address whom it may not. */
                bool others = g->domain == AF_NETLINK && (netlink->nl_pid != 0 || netlink->nl_groups != 0);
                return others ? -EPERM : 0;
        }
        if (g->type == SOCK_DGRAM && !policy_world(e->request->edition->policy)->datagrams)
                return -EACCES; /* from outside: none is made here */
        if (g->type == SOCK_DGRAM && c->to.length >= sizeof(c->to.any.sa_family) && c->to.any.sa_family == AF_UNSPEC)
                return 0; /* has no peer any more */
        return socket_vet_local(e, g->socket, c);
}

int socket_vet_local(const struct errand *e, int socket, struct connection *c)
{
        if (!is_local(&c->to))
                return -EINVAL;
        return is_abstract(&c->to) ? make_own(e, socket, &c->to) : find_file(e, c);
}

static int connect_now(const struct errand *e, struct connection *c)
{
        bool again = false;
        int bad = connection_begin(c);
        if (bad == 0 && !request_waiting(e->server, e->request))
                bad = -ESRCH;
        if (bad == 0)
                bad = connection_try(e->server, c, &again);
        if (!again)
                return bad;
        bad = waiter_connect(e->server->waiter, e->request, c); /* which has it from here on */
        c->socket = c->pin = FD_NONE;
        e->answer->deferred = bad == 0;
        return bad;
}

int socket_connect(const struct errand *e)
{
        struct given g;
        struct connection c = {.socket = FD_NONE, .pin = FD_NONE};
        int bad = given_find(&g, e);
        c.to = g.address;
        if (bad == 0)
                bad = vet_peer(e, &g, &c);
        c.local = g.domain == AF_UNIX;
        c.streams = g.type == SOCK_STREAM || g.type == SOCK_SEQPACKET;
        if (bad == 0) {
                c.socket = fd_take(&g.socket);
                bad = connect_now(e, &c);
        }
        connection_done(&c);
        given_done(&g);
        return bad;
}

/* ---- names ------------------------------------------------------------------------------------------------------------ */

static int result_of(long returned)
{
        return returned < 0 ? -errno : 0;
}

/* Remembers the file; one that can't be is a name that nobody will reach. */
static void remember(const struct errand *e, int socket, const struct place *p)
{
        struct statx file;
        cleanup_fd int fd = sockname_file(socket, p);
        if (fd >= 0 && statx(fd, "", AT_EMPTY_PATH, MADE_WANTED, &file) == 0)
                made_add(e->server->made, &file);
}

static int bind_path(const struct errand *e, const struct given *g)
{
        struct caller_status caller;
        struct place p;
        int bad = place_find(&p, e->server, e->request, AT_FDCWD, e->request->path);
        if (bad == 0 && p.kind != PLACE_NAME)
                bad = -EEXIST;
        if (bad == 0)
                bad = names_vet_new(e, &p);
        if (bad == 0)
                bad = caller_status(e->server->view.proc, e->request->tid, &caller);
        if (bad == 0 && !request_waiting(e->server, e->request))
                bad = -ESRCH;
        if (bad == 0)
                bad = sockname_bind(e->server, g->socket, &g->address, &p, caller.umask);
        if (bad == 0) {
                remember(e, g->socket, &p);
                names_did(e, &p.path, ACCESS_CREATE);
        }
        place_done(&p);
        return bad == -EEXIST ? -EADDRINUSE : bad;
}

/* The kernel would choose a name among everybody's. */
static int bind_to_any(const struct errand *e, struct given *g)
{
        enum { TRIES = 16 };
        struct address *a = &g->address;
        uint32_t number;
        int bad = -EADDRINUSE;

        for (int i = 0; i < TRIES && bad == -EADDRINUSE; i++) {
                if (getrandom(&number, sizeof(number), 0) != sizeof(number))
                        return -EAGAIN;
                int length = snprintf(a->local.sun_path + 1, sizeof(a->local.sun_path) - 1, "%s%08x", e->server->abstract,
                                      number);
                a->length = (unsigned)(PATH_START + 1 + (size_t)length);
                bad = result_of(bind(g->socket, &a->any, a->length));
        }
        return bad;
}

static int bind_local(const struct errand *e, struct given *g)
{
        bool chosen = g->address.length == PATH_START && g->address.local.sun_family == AF_UNIX;
        if (g->type == SOCK_DGRAM && !policy_world(e->request->edition->policy)->datagrams)
                return -EACCES;
        if (!chosen && !is_local(&g->address))
                return -EINVAL;
        if (!chosen && !is_abstract(&g->address))
                return bind_path(e, g);
        int bad = chosen ? 0 : make_own(e, g->socket, &g->address);
        if (bad == 0 && !request_waiting(e->server, e->request))
                bad = -ESRCH;
        if (bad == 0 && chosen && shares_network(e, g->socket))
                return bind_to_any(e, g);
        return bad < 0 ? bad : result_of(bind(g->socket, &g->address.any, g->address.length));
}

/* Below this a port takes a capability, which we have over the sandbox's own network, and the caller as a rule has not. */
static bool is_beyond(const struct errand *e, const struct given *g)
{
        const struct address *a = &g->address;
        enum { FIRST_FREE = 1024 };
        bool inet = (a->any.sa_family == AF_INET || a->any.sa_family == AF_UNSPEC) && a->length >= sizeof(struct sockaddr_in);
        bool inet6 = a->any.sa_family == AF_INET6 && a->length >= IN6_LEAST;
        unsigned port = inet || inet6 ? ntohs(((const struct sockaddr_in *)&a->any)->sin_port) : 0;

        return port > 0 && port < FIRST_FREE && !shares_network(e, g->socket) &&
               !caller_is_capable(e->server->view.proc, e->request->tid, CAP_NET_BIND_SERVICE);
}

int socket_bind(const struct errand *e)
{
        struct given g;
        int bad = given_find(&g, e);
        if (bad == 0 && g.domain == AF_UNIX) {
                bad = bind_local(e, &g);
        } else if (bad == 0) {
                bad = is_beyond(e, &g) ? -EACCES : request_waiting(e->server, e->request) ? 0 : -ESRCH;
                if (bad == 0)
                        bad = result_of(bind(g.socket, &g.address.any, g.address.length));
        }
        given_done(&g);
        return bad;
}
