#include "broker/flags.h"

#include <fcntl.h>
#include <linux/openat2.h>

#include "broker/server.h"

enum { PATH_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static const uint64_t OPEN_FLAGS = (uint64_t)O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |
                                   O_DSYNC | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW |
                                   O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE | 0100000;

unsigned flags_want(uint64_t flags)
{
        if (flags & O_PATH)
                return ACCESS_LIST;
        if ((flags & O_TMPFILE) == O_TMPFILE)
                return ACCESS_CREATE;
        unsigned want = 0;
        int mode = (int)(flags & O_ACCMODE);
        if (mode != O_WRONLY)
                want |= (flags & O_DIRECTORY) && mode == O_RDONLY ? ACCESS_LIST : ACCESS_READ;
        if (mode != O_RDONLY || (flags & O_TRUNC))
                want |= ACCESS_WRITE;
        return want;
}

void open_as_legacy(struct request *r)
{
        r->flags &= r->flags & O_PATH ? OPEN_FLAGS & PATH_FLAGS : OPEN_FLAGS;
        bool makes = (r->flags & O_CREAT) || (r->flags & O_TMPFILE) == O_TMPFILE;
        r->mode = makes ? r->mode & 07777 : 0; /* else it is anything */
}

uint64_t open_instead_of_path(uint64_t flags)
{
        return (flags & ~(uint64_t)O_PATH) | O_RDONLY | O_NONBLOCK;
}

bool flags_well_formed(const struct request *r)
{
        static const uint64_t known = RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
                                      RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED;
        static const uint64_t either = RESOLVE_BENEATH | RESOLVE_IN_ROOT;
        static const uint64_t unnamed = (uint64_t)(O_TMPFILE & ~O_DIRECTORY);
        bool makes = (r->flags & O_CREAT) || (r->flags & O_TMPFILE) == O_TMPFILE;
        if ((r->flags & unnamed) && !(r->flags & O_DIRECTORY))
                return false;
        if ((r->flags & ~OPEN_FLAGS) || ((r->flags & O_PATH) && (r->flags & ~(uint64_t)PATH_FLAGS)))
                return false;
        if ((r->resolve & ~known) || (r->resolve & either) == either)
                return false;
        return !(r->mode & ~(uint64_t)07777) && (makes || r->mode == 0);
}
