/* What differs between a file of the host and the one that stands for it in a layer. A layer has all that was opened for writing
 * or whose mode was set, whether that changed anything or not. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/changes.h"

#define OF_USERS "user."
#define OF_LAYERS "user.overlay."

/* ---- extended attributes ------------------------------------------------------------------------------------------ */

static bool is_wanted(const char *name)
{
        return !strncmp(name, OF_USERS, strlen(OF_USERS)) && strncmp(name, OF_LAYERS, strlen(OF_LAYERS)) != 0;
}

/* True where `b` has every attribute of `a`, with the same value. */
static bool attributes_within(struct changes *c, int a, int b)
{
        ssize_t length = flistxattr(a, c->names, CHANGES_VALUE_MOST);

        for (const char *name = c->names; length > 0 && name < c->names + length; name += strlen(name) + 1) {
                if (!is_wanted(name))
                        continue;
                ssize_t mine = fgetxattr(a, name, c->value, CHANGES_VALUE_MOST);
                ssize_t other = fgetxattr(b, name, c->other, CHANGES_VALUE_MOST);
                if (mine < 0 || mine != other || memcmp(c->value, c->other, (size_t)mine) != 0)
                        return false;
        }
        return true;
}

int attributes_copy(struct changes *c, int from, int to)
{
        ssize_t length = flistxattr(to, c->names, CHANGES_VALUE_MOST);

        for (const char *name = c->names; length > 0 && name < c->names + length; name += strlen(name) + 1)
                if (is_wanted(name) && fgetxattr(from, name, NULL, 0) < 0 && fremovexattr(to, name) < 0)
                        return -errno;
        length = flistxattr(from, c->names, CHANGES_VALUE_MOST);
        for (const char *name = c->names; length > 0 && name < c->names + length; name += strlen(name) + 1) {
                ssize_t size = is_wanted(name) ? fgetxattr(from, name, c->value, CHANGES_VALUE_MOST) : -1;
                if (size >= 0 && fsetxattr(to, name, c->value, (size_t)size, 0) < 0)
                        return -errno;
        }
        return 0;
}

/* ---- contents ------------------------------------------------------------------------------------------------------ */

static ssize_t read_all(int fd, char *to, size_t size)
{
        size_t done = 0;

        while (done < size) {
                ssize_t got = read(fd, to + done, size - done);
                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -1;
                if (got == 0)
                        break;
                done += (size_t)got;
        }
        return (ssize_t)done;
}

static bool same_content(struct changes *c, int a, int b)
{
        for (;;) {
                ssize_t one = read_all(a, c->value, CHANGES_VALUE_MOST), two = read_all(b, c->other, CHANGES_VALUE_MOST);
                if (one < 0 || one != two || memcmp(c->value, c->other, (size_t)one) != 0)
                        return false;
                if (one == 0)
                        return true;
        }
}

static bool same_target(const struct difference *d)
{
        char is[PATH_MAX], was[PATH_MAX];
        ssize_t a = readlinkat(d->upper, d->name, is, sizeof(is)), b = readlinkat(d->lower, d->name, was, sizeof(was));
        return a >= 0 && a == b && memcmp(is, was, (size_t)a) == 0;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

/* What cannot be read counts as different: nobody can say that it is not. */
static unsigned compare_open(struct changes *c, struct difference *d)
{
        int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        cleanup_fd int upper = openat(d->upper, d->name, flags), lower = openat(d->lower, d->name, flags);
        bool file = S_ISREG(d->is.st_mode);
        unsigned parts = 0;

        if (upper < 0 || lower < 0)
                return file ? CORDON_CHANGE_CONTENT : 0;
        if (!attributes_within(c, upper, lower) || !attributes_within(c, lower, upper))
                parts |= CORDON_CHANGE_ATTRIBUTES;
        if (file && (d->is.st_size != d->was.st_size || !same_content(c, upper, lower)))
                parts |= CORDON_CHANGE_CONTENT;
        return parts;
}

unsigned changes_compare(struct changes *c, struct difference *d)
{
        const struct timespec *is = &d->is.st_mtim, *was = &d->was.st_mtim;
        unsigned parts = 0;

        if (S_ISLNK(d->is.st_mode))
                return same_target(d) ? 0 : CORDON_CHANGE_CONTENT;
        if ((d->is.st_mode & 07777) != (d->was.st_mode & 07777))
                parts |= CORDON_CHANGE_MODE;
        if (S_ISDIR(d->is.st_mode))
                return parts | compare_open(c, d);
        if (!S_ISREG(d->is.st_mode))
                return parts;
        if (is->tv_sec != was->tv_sec || is->tv_nsec != was->tv_nsec)
                parts |= CORDON_CHANGE_TIME;
        return parts | compare_open(c, d);
}
