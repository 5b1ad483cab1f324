/* What is never brought over to the host: what is no file, directory or link; what the policy would not have let be written;
 * and what somebody else has changed there since the program was started. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/changes.h"

static bool say(struct difference *d, const char *why)
{
        snprintf(d->why, sizeof(d->why), "%s", why);
        return true;
}

static const char *what_is(mode_t mode)
{
        switch (mode & S_IFMT) {
        case S_IFREG:
        case S_IFDIR:
        case S_IFLNK:
                return NULL;
        case S_IFIFO:
                return "it is a FIFO";
        case S_IFSOCK:
                return "it is a socket";
        default:
                return "it is a device";
        }
}

static bool later(const struct timespec *when, const struct timespec *start)
{
        return when->tv_sec > start->tv_sec || (when->tv_sec == start->tv_sec && when->tv_nsec > start->tv_nsec);
}

static bool writable(const struct changes *c, const char *path)
{
        char seen[PATH_MAX];

        if (!c->policy)
                return true;
        int length = snprintf(seen, sizeof(seen), "%s%s", c->seen, path + c->tree_length);
        return length < (int)sizeof(seen) && policy_eval(c->policy, seen, (size_t)length, ACCESS_WRITE).allow;
}

/* A directory's own times say nothing: they change with every name in it. It is new where it was made later. */
static bool made_later(const struct changes *c, int directory, const char *name)
{
        struct statx st;

        if (syscall(SYS_statx, directory, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &st) < 0 || !(st.stx_mask & STATX_BTIME))
                return false;
        return later(&(struct timespec){st.stx_btime.tv_sec, (long)st.stx_btime.tv_nsec}, &c->start);
}

static const char changed[] = "it was changed on the host after the program was started";
static const char not_allowed[] = "the policy does not let it be written";

/* The reason why something of the host's must not go away, or NULL. */
static const char *keeps(const struct changes *c, int directory, const char *name, const char *path, unsigned depth);

static const char *keeps_below(const struct changes *c, int directory, const char *name, const char *path, unsigned depth)
{
        cleanup_fd int inside = directory_in(directory, name);
        struct names names = {0};
        char below[PATH_MAX];
        const char *why = NULL;

        if (inside < 0 || depth == CHANGES_DEPTH_MOST || names_read(inside, &names) < 0)
                return "it cannot be looked into on the host";
        for (size_t i = 0; i < names.count && !why; i++) {
                int length = snprintf(below, sizeof(below), "%s/%s", path, names.items[i]);
                why = length >= (int)sizeof(below) ? "it cannot be looked into on the host"
                                                   : keeps(c, inside, names.items[i], below, depth + 1);
        }
        names_free(&names);
        return why;
}

static const char *keeps(const struct changes *c, int directory, const char *name, const char *path, unsigned depth)
{
        struct stat st;

        if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return NULL;
        if (!writable(c, path))
                return not_allowed;
        if (S_ISDIR(st.st_mode) && st.st_dev != c->device)
                return "something is mounted there";
        if (S_ISDIR(st.st_mode) ? made_later(c, directory, name) : later(&st.st_ctim, &c->start))
                return changed;
        return S_ISDIR(st.st_mode) ? keeps_below(c, directory, name, path, depth) : NULL;
}

bool changes_hindered(struct changes *c, struct difference *d)
{
        const char *why = what_is(d->is.st_mode ? d->is.st_mode : (mode_t)S_IFREG);
        bool goes = d->was.st_mode && (!S_ISDIR(d->was.st_mode) || !S_ISDIR(d->is.st_mode));

        if (!why && c->blocked)
                why = "its directory is not brought over";
        if (!why && !writable(c, c->path))
                why = not_allowed;
        if (!why && goes)
                why = keeps(c, d->lower, d->name, c->path, c->depth);
        return why ? say(d, why) : false;
}
