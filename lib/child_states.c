#include "lib/child_states.h"

#define TO(state, act) {CHILD_##state, CHILD_##act}

/* A pair that is not here is refused. */
static const struct child_step steps[CHILD_EVENTS][CHILD_STATES] = {
        [CHILD_SAYS_SOURCE] = {[CHILD_STARTING] = TO(STARTING, TAKE_SOURCE)},
        [CHILD_SAYS_READY] = {[CHILD_STARTING] = TO(READY, SERVE)},
        [CHILD_SAYS_FAILED] = {[CHILD_STARTING] = TO(EXITING, TAKE_FAILURE),
                               [CHILD_READY] = TO(EXITING, TAKE_FAILURE),
                               [CHILD_EXECUTING] = TO(EXITING, TAKE_FAILURE)},
        [CHILD_SAYS_PROGRAM] = {[CHILD_READY] = TO(EXECUTING, TAKE_PROGRAM)},
        [CHILD_SAYS_STARTED] = {[CHILD_EXECUTING] = TO(RUNNING, TAKE_START)},
        [CHILD_SAYS_STOPPED] = {[CHILD_RUNNING] = TO(RUNNING, TAKE_STOP)},
        [CHILD_SAYS_EXITED] = {[CHILD_RUNNING] = TO(EXITING, TAKE_END)},
        [CHILD_HUNG_UP] = {[CHILD_STARTING] = TO(EXITING, HEAR_NO_MORE),
                           [CHILD_READY] = TO(EXITING, HEAR_NO_MORE),
                           [CHILD_EXECUTING] = TO(EXITING, HEAR_NO_MORE),
                           [CHILD_RUNNING] = TO(EXITING, HEAR_NO_MORE),
                           [CHILD_EXITING] = TO(EXITING, HEAR_NO_MORE)},
        [CHILD_ENDED] = {[CHILD_STARTING] = TO(GONE, REAP),
                         [CHILD_READY] = TO(GONE, REAP),
                         [CHILD_EXECUTING] = TO(GONE, REAP),
                         [CHILD_RUNNING] = TO(GONE, REAP),
                         [CHILD_EXITING] = TO(GONE, REAP)},
        [CHILD_TOLD] = {[CHILD_STARTING] = TO(STARTING, ASK),
                        [CHILD_READY] = TO(READY, ASK),
                        [CHILD_EXECUTING] = TO(EXECUTING, ASK),
                        [CHILD_RUNNING] = TO(RUNNING, ASK),
                        [CHILD_EXITING] = TO(EXITING, ASK),
                        [CHILD_GONE] = TO(GONE, IGNORE),
                        [CHILD_DEAD] = TO(DEAD, IGNORE)},
        [CHILD_OVERDUE] = {[CHILD_STARTING] = TO(STARTING, KILL_LATE),
                           [CHILD_READY] = TO(READY, KILL_LATE),
                           [CHILD_EXECUTING] = TO(EXECUTING, KILL_LATE),
                           [CHILD_RUNNING] = TO(RUNNING, KILL_LATE),
                           [CHILD_EXITING] = TO(EXITING, KILL_LATE),
                           [CHILD_GONE] = TO(DEAD, BURY),
                           [CHILD_DEAD] = TO(DEAD, IGNORE)},
        [CHILD_STAYED] = {[CHILD_STARTING] = TO(STARTING, KILL_AGAIN),
                          [CHILD_READY] = TO(READY, KILL_AGAIN),
                          [CHILD_EXECUTING] = TO(EXECUTING, KILL_AGAIN),
                          [CHILD_RUNNING] = TO(RUNNING, KILL_AGAIN),
                          [CHILD_EXITING] = TO(EXITING, KILL_AGAIN),
                          [CHILD_GONE] = TO(GONE, IGNORE),
                          [CHILD_DEAD] = TO(DEAD, IGNORE)},
        /* A READY that is still on its way begins nothing any more. */
        [CHILD_FREED] = {[CHILD_STARTING] = TO(EXITING, KILL),
                         [CHILD_READY] = TO(EXITING, KILL),
                         [CHILD_EXECUTING] = TO(EXITING, KILL),
                         [CHILD_RUNNING] = TO(EXITING, KILL),
                         [CHILD_EXITING] = TO(EXITING, KILL),
                         [CHILD_GONE] = TO(GONE, IGNORE),
                         [CHILD_DEAD] = TO(DEAD, IGNORE)},
        [CHILD_DRAINED] = {[CHILD_GONE] = TO(DEAD, BURY)},
};

struct child_step child_step(enum child_state state, enum child_event event)
{
        struct child_step s = steps[event][state];

        if (s.act == CHILD_REFUSE)
                s.next = state < CHILD_EXITING ? CHILD_EXITING : state;
        return s;
}

const char *child_state_name(enum child_state state)
{
        static const char *const names[CHILD_STATES] = {"starting", "ready", "executing", "running", "exiting", "gone", "dead"};
        return names[state];
}

const char *child_event_name(enum child_event event)
{
        static const char *const names[CHILD_EVENTS] = {
                "SOURCE", "READY", "FAILED", "PROGRAM", "STARTED", "STOPPED", "EXITED", "what is no word",
                "its end", "its exit", "a wish to end", "lateness", "its survival", "its release", "silence",
        };
        return names[event];
}
