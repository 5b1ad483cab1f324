/* The facade's own objects. A broker is an epoll set and a list of children; a child goes one way through its states, and
 * whatever happens to it goes through one table (child_states.h) and one door, child_happens(). */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/asker.h"
#include "broker/broker.h"
#include "cordon.h"
#include "lib/child_states.h"
#include "lib/output.h"
#include "sandbox/sandbox.h"

struct cordon_child {
        cordon_child *next; /* in the broker's list */
        cordon_broker *broker;
        cordon_policy *policy; /* a reference */
        char *name, *program;
        enum child_state state;
        struct sandbox sandbox;
        struct server *server; /* serves from READY on; kept for its counts until free. NULL: it could not be made, or not yet */
        int channel;           /* the broker's end, until the server takes it */
        int audit_fd;
        bool audit_syslog;
        int changes; /* holds the directory of kept changes while the sandbox lives; see changes.c */
        uint64_t started_ns, deadline_ns; /* CLOCK_MONOTONIC; deadline 0: none. It is for when pid 1 does not do its part */
        uint64_t again_ns; /* when to kill it for good, where that was tried and did not help; 0: it was not */
        uint64_t look_ns; /* when to look at the time that the cgroup has used; 0: never */
        int ending;    /* why it was told to end, an enum cordon_exit_reason; 0: it was not */
        unsigned lacks; /* enum lack: what was accepted, and is missing */
        bool reported; /* pid 1 has said how the program ended */
        bool held;     /* pid 1 waits for a word before it starts the program */
        bool started;  /* the program was executed */
        pid_t program_pid; /* of the process that is to become the program */
        int stop_signal; /* it has stopped the program, and nobody has asked yet */
        struct output *output; /* with a `limit output`; NULL: the program has the caller's descriptors */
        int wait_status;       /* of pid 1, from GONE on */
        cordon_exit exit;
        struct asker_hears hears; /* `ask` NULL: nobody takes questions */
        unsigned ask_timeout_ms;
};

struct cordon_broker {
        int epoll;
        cordon_child *children;
};

uint64_t child_now(void);
/* Looks at the control socket and at pid 1; moves the child on as far as it goes now. */
void child_advance(cordon_child *c);
/* Takes all that pid 1 has said. */
void child_listen(cordon_child *c);
/* Looks whether pid 1 has ended, and then lets the child be dead when its output has been passed on, too. `now`: waits for
 * pid 1, and for no output. */
void child_look(cordon_child *c, bool now);

/* ---- child_act.c ---------------------------------------------------------------------------------------------------- */

/* The one door: looks up what is to be done, moves the state, does it. `word` is what pid 1 has said, for such events; its
 * descriptors are taken. */
void child_happens(cordon_child *c, enum child_event event, struct sandbox_event *word);

/* ---- child_end.c ---------------------------------------------------------------------------------------------------- */

/* What the kernel and pid 1 leave behind. */
void child_bury(cordon_child *c);

/* ---- child_time.c --------------------------------------------------------------------------------------------------- */

const struct limits *child_limits(const cordon_child *c);
void child_begin_time(cordon_child *c, uint64_t from);
/* Acts on what is due. */
void child_check_time(cordon_child *c, uint64_t now);
/* Of those times the one that comes first; 0: neither. */
uint64_t child_next_time(const cordon_child *c);
/* When what was killed must be gone, in milliseconds. */
enum { CHILD_LATE_MS = 3000 };
/* Lets pid 1 end it for this reason, an enum cordon_exit_reason, once. */
void child_end(cordon_child *c, int reason);

#endif
