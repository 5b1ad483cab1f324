/* What the files share that give sockets names and peers: socket.c decides, peer.c connects, sockname.c binds. */
#ifndef BROKER_SOCKET_H
#define BROKER_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "broker/names.h"

/* An address as it goes to the kernel. */
struct address {
        unsigned length;
        union {
                struct sockaddr any;
                struct sockaddr_un local;
                unsigned char bytes[128];
        };
};

/* ---- peer.c: a connection in the making ------------------------------------------------------------------------------ */

/* The caller's socket is connected by us. It is ours as well meanwhile, so it may not be waited on by the thread that serves. */
struct connection {
        int socket;     /* a duplicate of the caller's */
        int pin;        /* of the peer's file, which `address` names through our /proc/self/fd; or FD_NONE */
        bool own;       /* the sandbox has made the pinned file */
        bool local;     /* AF_UNIX: the peer is shown who connects */
        bool streams;   /* a kind of socket that can take time to be connected */
        bool waits;     /* the caller's is a blocking one */
        bool timed;     /* it has SO_SNDTIMEO */
        uint64_t until; /* when that is over: CLOCK_MONOTONIC, nanoseconds */
        struct address to;
};

/* Fills in `waits`, `timed` and `until`. */
int connection_begin(struct connection *c);
/* 0, -errno as the caller is to see it, or -EAGAIN with `*again`: not yet. Never blocks. */
int connection_try(const struct server *s, const struct connection *c, bool *again);
/* What a caller gets whose time is over, or who has a signal to look after. */
int connection_late(const struct connection *c);
int connection_interrupted(const struct connection *c);
/* For poll(): what to wait for on the socket, 0 where there is nothing of the kind. */
short connection_events(const struct connection *c);
bool connection_is_late(const struct connection *c);
void connection_done(struct connection *c);

/* ---- socket.c ----------------------------------------------------------------------------------------------------------- */

/* Judges the address `c->to` of the family AF_UNIX, for one of the caller's sockets, of which `socket` is a duplicate. What has
 * a path is pinned, and `c->to` is the pin's then. 0, or -errno as the caller is to see it. */
int socket_vet_local(const struct errand *e, int socket, struct connection *c);
/* For what has waited since: judges the pinned file, by the path that it has now, under the request's edition. 0, or -EACCES and
 * the like, which is recorded. */
int socket_still_allowed(const struct errand *e, const struct connection *c);

/* ---- sockname.c: a name in the file system ------------------------------------------------------------------------- */

/* Binds the caller's socket at a place that was vetted, with the address just as the caller gave it, which getsockname(2) shows
 * to everybody from then on. */
int sockname_bind(const struct server *s, int socket, const struct address *as, const struct place *at, mode_t mask);
/* What was made: an O_PATH descriptor of the very file that the socket is bound to, whatever has its name by now. */
int sockname_file(int socket, const struct place *at);

#endif
