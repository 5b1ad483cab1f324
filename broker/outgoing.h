/* A message of the caller's, as we have copied it: nothing of it can change any more. outgoing.c collects it, send.c judges and
 * sends. */
#ifndef BROKER_OUTGOING_H
#define BROKER_OUTGOING_H

#include "broker/socket.h"

enum {
        OUTGOING_FDS_MOST = 253,         /* the kernel's SCM_MAX_FD */
        OUTGOING_CONTROL_MOST = 16384,
        OUTGOING_STREAM_MOST = 256 * 1024, /* of a stream: the rest is another call's */
        OUTGOING_MOST = 1024 * 1024,       /* of what is sent as a whole */
};

struct outgoing {
        int domain, type, flags;
        struct connection peer; /* `socket`, `pin`, `to` (length 0: as connected), and how long to wait */
        unsigned char *data;
        size_t length;
        unsigned char *control;
        size_t control_length;
        int *fds; /* ours, which `control` names */
        unsigned count;
        uint64_t told_at; /* where in the caller's memory a sendmmsg(2) wants the length; 0: nowhere */
};

/* The caller's socket and flags. -EBADF, -ENOTSOCK, … */
int outgoing_begin(struct outgoing *o, const struct errand *e);
/* Each fills in the rest: from where `length` bytes are; from a struct msghdr, whose address goes into `named`, as a request of
 * its own. To be called in the order in which the kernel looks. */
int outgoing_take_data(struct outgoing *o, const struct errand *e, uint64_t address, uint64_t length);
int outgoing_take_message(struct outgoing *o, const struct errand *e, uint64_t address, struct request *named);
/* Frees what belongs to one message, and keeps the socket; all of it. */
void outgoing_clear(struct outgoing *o);
void outgoing_done(struct outgoing *o);

/* ---- send.c, for the waiter ------------------------------------------------------------------------------------------- */

/* What the call is to return, or -EAGAIN with `*again`: not yet. Never blocks. */
int outgoing_try(const struct server *s, const struct request *r, struct outgoing *o, bool *again);
/* For poll(); 0 where nothing tells that there is room. */
short outgoing_events(const struct outgoing *o);

#endif
