/* The life of a sandbox, as data: what may happen in which state, what is then done, and which state is next. Knows of nothing
 * else; child_act.c does it.
 *
 *   STARTING   cloned; pid 1 sets the sandbox up
 *   READY      it is set up, and served; pid 1 starts the program, or waits for a word where it is held
 *   EXECUTING  the program's process is there, and becomes the program
 *   RUNNING    the program runs
 *   EXITING    pid 1 has said how the program ended or what failed, has hung up, or was killed: waiting for its end
 *   GONE       pid 1 was reaped, and with it, by the kernel's word, all of the sandbox; there may be output to pass on
 *   DEAD       only the results are left */
#ifndef LIB_CHILD_STATES_H
#define LIB_CHILD_STATES_H

enum child_state {
        CHILD_STARTING,
        CHILD_READY,
        CHILD_EXECUTING,
        CHILD_RUNNING,
        CHILD_EXITING,
        CHILD_GONE,
        CHILD_DEAD,
        CHILD_STATES
};

enum child_event {
        /* What pid 1 says (sandbox.h). */
        CHILD_SAYS_SOURCE,
        CHILD_SAYS_READY,
        CHILD_SAYS_FAILED,
        CHILD_SAYS_PROGRAM,
        CHILD_SAYS_STARTED,
        CHILD_SAYS_STOPPED,
        CHILD_SAYS_EXITED,
        CHILD_SAYS_NONSENSE, /* what is no word at all */
        /* What the kernel says of it. */
        CHILD_HUNG_UP,
        CHILD_ENDED, /* pid 1 is a zombie: its number is still its own */
        /* What the host wants. */
        CHILD_TOLD,    /* it is to end, by itself */
        CHILD_OVERDUE, /* it should have ended by now */
        CHILD_STAYED,  /* it was killed, and is still there */
        CHILD_FREED,
        CHILD_DRAINED, /* there is no output that anybody waits for */
        CHILD_EVENTS
};

enum child_act {
        CHILD_REFUSE, /* no place in this state: whatever came is let go, all of it is killed, and the reason told */
        CHILD_IGNORE,
        CHILD_TAKE_SOURCE,
        CHILD_SERVE,
        CHILD_TAKE_FAILURE,
        CHILD_TAKE_PROGRAM,
        CHILD_TAKE_START,
        CHILD_TAKE_STOP,
        CHILD_TAKE_END,
        CHILD_HEAR_NO_MORE,
        CHILD_REAP,
        CHILD_ASK,
        CHILD_KILL_LATE,
        CHILD_KILL,
        CHILD_KILL_AGAIN,
        CHILD_BURY,
        CHILD_ACTS
};

struct child_step {
        enum child_state next;
        enum child_act act;
};

struct child_step child_step(enum child_state state, enum child_event event);

/* For people: "running", "READY". Never NULL. */
const char *child_state_name(enum child_state state);
const char *child_event_name(enum child_event event);

#endif
