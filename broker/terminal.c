/* Whoever is in our session has the terminal that we have: a session has one at most. Other sessions of the sandbox began in it,
 * and have a pseudo-terminal of its own, if any. The device number alone would not do: the sandbox's terminals are counted
 * from 0 as the host's are. */
#include "broker/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"

enum { PTS_MAJOR = 136 };

static int set(struct path *out, const char *text)
{
        return path_join(out, "/", text);
}

/* As /proc/PID/stat writes a device number. */
static dev_t device_of(int number)
{
        unsigned n = (unsigned)number;
        return makedev(n >> 8 & 0xfff, (n & 0xff) | (n >> 12 & 0xfff00));
}

static int own_terminal(const struct view *v, dev_t device, struct path *out)
{
        struct stat st;
        char text[32];

        if (major(device) != PTS_MAJOR)
                return -ENXIO;
        snprintf(text, sizeof(text), "/dev/pts/%u", minor(device));
        cleanup_fd int pin = view_open(v, text, O_PATH, 0);
        if (pin < 0 || fstat(pin, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != device)
                return -ENXIO;
        return set(out, text);
}

int terminal_of(const struct view *v, pid_t tid, struct path *out)
{
        struct caller_terminal theirs = caller_terminal(v->proc, tid), ours = caller_terminal(v->proc, 0);

        if (theirs.device == 0)
                return -ENXIO;
        if (theirs.session == ours.session)
                return theirs.device == ours.device ? set(out, "/dev/tty") : -ENXIO;
        return own_terminal(v, device_of(theirs.device), out);
}
