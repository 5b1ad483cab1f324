/* Which terminal /dev/tty is for a caller. */
#ifndef BROKER_TERMINAL_H
#define BROKER_TERMINAL_H

#include <sys/types.h>

#include "broker/path.h"
#include "broker/view.h"

/* /dev/tty, opened by us, would be our own terminal. `out` gets what leads to the caller's: "/dev/tty" where that is ours, the
 * path of a pseudo-terminal of the sandbox's own where it is one of these. -ENXIO: it has none, or none that we can reach. */
int terminal_of(const struct view *v, pid_t tid, struct path *out);

#endif
