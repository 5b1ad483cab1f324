/* Says for pid 1 what pid 1 cannot say itself. Where every sendmsg(2) is served by the broker, the message that hands the
 * listener over would wait for whoever gets it. So somebody without a filter sends it: a process that pid 1 starts before the
 * filter is on, in the same memory and with the same descriptors, as vfork does; it waits for a word, sends, and is gone before
 * there is a program. */
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

/* Without a pid namespace it would be left, should pid 1 be killed before it has anything to say. */
static int die_with_parent(const struct setup *s)
{
        int result = SYS_CALL(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        return result == 0 && SYS_CALL(getppid) != s->messenger_parent ? -ESRCH : result;
}

static int send_when_told(struct setup *s)
{
        uint64_t word;
        int result;

        do
                result = SYS_CALL(read, s->messenger_word, &word, sizeof(word));
        while (result == -EINTR);
        return result < 0 ? result : s->messenger_says(s);
}

static _Noreturn int messenger_main(void *arg)
{
        struct setup *s = arg;
        int result = die_with_parent(s);

        s->messenger_result = result < 0 ? result : send_when_told(s);
        for (;;)
                SYS_CALL(exit_group, 0);
}

int messenger_start(struct setup *s, int (*say)(struct setup *s))
{
        s->messenger_word = SYS_CALL(eventfd2, 0, EFD_CLOEXEC);
        if (s->messenger_word < 0)
                return s->messenger_word;
        s->messenger_says = say;
        s->messenger_parent = SYS_CALL(getpid);
        s->messenger_result = -ECHILD; /* what it is if nobody sets it */
        s->messenger = clone(messenger_main, s->stack + SETUP_STACK, CLONE_VM | CLONE_FILES | SIGCHLD, s);
        return s->messenger < 0 ? -errno : 0;
}

int messenger_send(struct setup *s)
{
        const uint64_t word = 1;
        int result = SYS_CALL(write, s->messenger_word, &word, sizeof(word));

        while (result >= 0) {
                result = SYS_CALL(wait4, s->messenger, NULL, __WALL, NULL);
                if (result == s->messenger)
                        break;
                result = result == -EINTR ? 0 : result;
        }
        s->messenger_word = fd_close(s->messenger_word);
        s->messenger = 0;
        return result < 0 ? result : s->messenger_result;
}
