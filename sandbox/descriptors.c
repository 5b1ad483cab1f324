/* The closed table: the program's descriptors to their numbers, the control socket to its own, the trees that root opened
 * where they are, and nothing else. Done first, in pid 1 already: it lives as long as the sandbox, and must not keep
 * anything of the host's alive, a sibling's control socket least of all. */
#include "sandbox/setup.h"
#include "sandbox/sys.h"

#define PROGRAM_FDS 4

/* A source that lies where another one belongs moves out of the way. */
static int clear_the_way(int source[PROGRAM_FDS])
{
        for (int i = 0; i < PROGRAM_FDS; i++) {
                if (source[i] < 0 || source[i] > SETUP_CONTROL || source[i] == i)
                        continue;
                source[i] = SYS_CALL(fcntl, source[i], F_DUPFD_CLOEXEC, SETUP_FIRST_FREE);
                if (source[i] < 0)
                        return source[i];
        }
        return 0;
}

/* The same for the control socket, in a host that has 0, 1 or 2 closed. */
static int clear_control(struct setup *s)
{
        if (s->control < SETUP_CONTROL)
                s->control = SYS_CALL(fcntl, s->control, F_DUPFD_CLOEXEC, SETUP_CONTROL);
        return s->control < 0 ? s->control : 0;
}

static int place_control(struct setup *s)
{
        if (s->control == SETUP_CONTROL)
                return 0;
        s->control = SYS_CALL(dup3, s->control, SETUP_CONTROL, O_CLOEXEC);
        return s->control < 0 ? s->control : 0;
}

/* What the program shall not have is held until its execve by a copy of the control socket: or a descriptor of the set-up
 * would come to lie there. */
static int place(const struct setup *s, int source, int target)
{
        if (source < 0)
                return SYS_CALL(dup3, s->control, target, O_CLOEXEC);
        return source == target ? SYS_CALL(fcntl, target, F_SETFD, 0) : SYS_CALL(dup3, source, target, 0);
}

static int close_the_rest(const struct setup *s)
{
        unsigned next = SETUP_FIRST_FREE;

        for (size_t i = 0; i < s->keep_count; i++) {
                int result = sys_close_range(next, (unsigned)s->keep[i] - 1);
                if (result < 0)
                        return result;
                next = (unsigned)s->keep[i] + 1;
        }
        return sys_close_range(next, ~0u);
}

int descriptors_arrange(struct setup *s)
{
        const int *stdio = s->options->stdio;
        int source[PROGRAM_FDS] = {stdio[0], stdio[1], stdio[2], s->options->channel};

        int result = clear_control(s);
        if (result == 0)
                result = clear_the_way(source);
        if (result == 0)
                result = place_control(s);
        for (int i = 0; i < PROGRAM_FDS && result >= 0; i++)
                result = place(s, source[i], i);
        return result < 0 ? result : close_the_rest(s);
}
