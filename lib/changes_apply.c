/* One change, brought over to the host. A file comes as a whole or not at all: it is made under a name of its own, and takes the
 * other's place when it is complete. Names are taken from directories that are held open, so whoever moves things about
 * meanwhile moves what they were about anyway. No bit for setuid or setgid ever comes over. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/changes.h"

/* ---- removing ------------------------------------------------------------------------------------------------------ */

static int remove_below(int directory, const char *name, bool force, unsigned depth)
{
        struct names names = {0};
        cleanup_fd int inside = directory_in(directory, name);
        int r = inside;

        if (inside == -EACCES && force && fchmodat(directory, name, 0700, 0) == 0)
                r = inside = directory_in(directory, name);
        if (inside >= 0 && force)
                fchmod(inside, 0700);
        if (r >= 0)
                r = depth == 0 ? -ELOOP : names_read(inside, &names);
        for (size_t i = 0; r == 0 && i < names.count; i++) {
                r = unlinkat(inside, names.items[i], 0) < 0 ? -errno : 0;
                if (r == -EISDIR)
                        r = remove_below(inside, names.items[i], force, depth - 1);
        }
        names_free(&names);
        return r == 0 && unlinkat(directory, name, AT_REMOVEDIR) < 0 ? -errno : r;
}

int tree_remove(int directory, const char *name, bool force)
{
        if (unlinkat(directory, name, 0) == 0)
                return 0;
        if (errno != EISDIR)
                return -errno;
        return remove_below(directory, name, force, 4 * CHANGES_DEPTH_MOST);
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

static void name_of_its_own(char out[40])
{
        unsigned long long random = 0;

        if (getrandom(&random, sizeof(random), 0) != sizeof(random))
                random = (unsigned long long)getpid();
        snprintf(out, 40, ".cordon-apply-%016llx", random);
}

/* Holes stay holes: a file can look larger than the disk. */
static int copy_data(int from, int to, off_t size)
{
        off_t at = 0, end;

        while (at < size) {
                off_t data = lseek(from, at, SEEK_DATA);
                if (data < 0 && errno == ENXIO)
                        break;
                end = data < 0 ? -1 : lseek(from, data, SEEK_HOLE);
                if (data < 0 || end < 0 || lseek(to, data, SEEK_SET) < 0 || lseek(from, data, SEEK_SET) < 0)
                        return -errno;
                while (data < end) {
                        ssize_t sent = sendfile(to, from, &data, (size_t)(end - data < (1 << 30) ? end - data : (1 << 30)));
                        if (sent == 0)
                                return -EIO; /* somebody cut it */
                        if (sent < 0 && errno != EINTR)
                                return -errno;
                }
                at = end;
        }
        return ftruncate(to, size) < 0 ? -errno : 0;
}

/* What replaces something belongs to whom that belonged to, and what is new to the owner of the tree. As an ordinary user all
 * of it is theirs, and a group that they are not in cannot be given. */
static int give(const struct changes *c, const struct difference *d, int fd)
{
        bool replaces = d->was.st_mode != 0;
        uid_t owner = replaces ? d->was.st_uid : c->owner;
        gid_t group = replaces ? d->was.st_gid : c->group;

        if (geteuid() != 0) {
                if (replaces && fchown(fd, (uid_t)-1, group) < 0 && errno != EPERM)
                        return -errno;
                return 0;
        }
        return fchown(fd, owner, group) < 0 ? -errno : 0;
}

static int times_of(const struct difference *d, int fd)
{
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, d->is.st_mtim};
        return futimens(fd, times) < 0 ? -errno : 0;
}

static int fill(struct changes *c, const struct difference *d, int to)
{
        cleanup_fd int from = openat(d->upper, d->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat st;

        if (from < 0 || fstat(from, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -ESTALE;
        int r = copy_data(from, to, st.st_size);
        if (r == 0)
                r = give(c, d, to);
        if (r == 0)
                r = attributes_copy(c, from, to);
        if (r == 0 && fchmod(to, st.st_mode & 0777) < 0)
                r = -errno;
        return r == 0 ? times_of(d, to) : r;
}

/* What was made under a name of its own takes its place. A directory makes way first. */
static int take_place(const struct difference *d, const char *made)
{
        int r = S_ISDIR(d->was.st_mode) ? tree_remove(d->lower, d->name, false) : 0;

        if (r == 0 && renameat(d->lower, made, d->lower, d->name) < 0)
                r = -errno;
        if (r < 0)
                unlinkat(d->lower, made, 0);
        return r;
}

/* Without a name as long as it is not complete, where the file system has such files: whoever is killed leaves nothing. */
static int open_new(int directory, const char *made, bool *named)
{
        int fd = openat(directory, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

        *named = fd < 0;
        if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
                fd = openat(directory, made, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        return fd < 0 ? -errno : fd;
}

static int bring_file(struct changes *c, struct difference *d)
{
        char made[40], path[40];
        bool named;

        name_of_its_own(made);
        cleanup_fd int to = open_new(d->lower, made, &named);
        if (to < 0)
                return to;
        int r = fill(c, d, to);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", to);
        if (r == 0 && !named && linkat(AT_FDCWD, path, d->lower, made, AT_SYMLINK_FOLLOW) < 0)
                r = -errno;
        if (r < 0 && named)
                unlinkat(d->lower, made, 0);
        return r < 0 ? r : take_place(d, made);
}

static int bring_link(struct changes *c, struct difference *d)
{
        char made[40];
        bool replaces = d->was.st_mode != 0;

        name_of_its_own(made);
        if (symlinkat(d->target, d->lower, made) < 0)
                return -errno;
        if (geteuid() == 0 && fchownat(d->lower, made, replaces ? d->was.st_uid : c->owner, replaces ? d->was.st_gid : c->group,
                                       AT_SYMLINK_NOFOLLOW) < 0) {
                int r = -errno;
                unlinkat(d->lower, made, 0);
                return r;
        }
        return take_place(d, made);
}

/* ---- directories and metadata -------------------------------------------------------------------------------------- */

static int bring_directory(struct changes *c, struct difference *d)
{
        if (d->was.st_mode && unlinkat(d->lower, d->name, 0) < 0)
                return -errno;
        if (mkdirat(d->lower, d->name, 0700) < 0)
                return -errno;
        cleanup_fd int fd = directory_in(d->lower, d->name);
        return fd < 0 ? fd : give(c, d, fd);
}

/* In place: mode, times and attributes have no content that could be half of one. */
static int bring_metadata(struct changes *c, struct difference *d)
{
        int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        cleanup_fd int from = openat(d->upper, d->name, flags), to = openat(d->lower, d->name, flags);
        struct stat now;
        int r = 0;

        if (from < 0 || to < 0 || fstat(to, &now) < 0)
                return -errno;
        if ((now.st_mode & S_IFMT) != (d->is.st_mode & S_IFMT))
                return -ESTALE;
        if (d->change.parts & CORDON_CHANGE_ATTRIBUTES)
                r = attributes_copy(c, from, to);
        mode_t kept = S_ISDIR(now.st_mode) ? now.st_mode & 06000 : 0; /* of a directory, where the host has it */
        mode_t mode = (d->is.st_mode & (S_ISDIR(now.st_mode) ? 01777 : 0777)) | kept;
        if (r == 0 && (d->change.parts & CORDON_CHANGE_MODE) && fchmod(to, mode) < 0)
                r = -errno;
        return r == 0 && S_ISREG(now.st_mode) ? times_of(d, to) : r;
}

int changes_apply(struct changes *c, struct difference *d)
{
        if (d->lower < 0)
                return -ENOENT;
        if (d->change.kind == CORDON_CHANGE_REMOVED)
                return tree_remove(d->lower, d->name, false);
        if (d->change.kind == CORDON_CHANGE_METADATA)
                return S_ISDIR(d->is.st_mode) ? 0 : bring_metadata(c, d); /* of a directory afterwards: it may close it */
        if (S_ISDIR(d->is.st_mode))
                return bring_directory(c, d);
        return S_ISLNK(d->is.st_mode) ? bring_link(c, d) : bring_file(c, d);
}

int changes_finish(struct changes *c, struct difference *d)
{
        d->change.parts = CORDON_CHANGE_MODE | CORDON_CHANGE_ATTRIBUTES;
        return bring_metadata(c, d);
}
