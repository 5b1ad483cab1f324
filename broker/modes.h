/* What the broker makes has the mode that the caller's own call would have given it. Our threads have a umask of their own for
 * that; where they cannot have one (some containers refuse unshare(2) whatever it is about), the process's counts as well, which
 * is not ours to change: what was made gets its mode afterwards. It never has more than it is to have. */
#ifndef BROKER_MODES_H
#define BROKER_MODES_H

#include <sys/types.h>

#include "broker/server.h"

/* Writing takes the set-id bits away, writing through a shared mapping does not: somebody outside would lend his identity to what
 * the sandbox put there. */
bool modes_lend_identity(mode_t mode);

/* Around what makes something; the mode to make it with. */
mode_t modes_begin(const struct server *s, mode_t mode, mode_t mask);
void modes_end(const struct server *s);

/* Once it is made: behind a descriptor, or a name in a directory that nobody else can make names in meanwhile. 0 or -errno. */
int modes_settle(const struct server *s, int fd, mode_t mode, mode_t mask);
int modes_settle_at(const struct server *s, int directory, const char *name, mode_t mode, mode_t mask);

#endif
