/* Files as a whole. Reading opens nothing that could block or act: only regular files, of a size that a policy can have.
 * Writing makes a file beside the old one, complete and on the disk, and then renames it. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/text.h"

#define TEXT_MOST (4u << 20)
#define ATTRIBUTE_MOST 65536

const char *textfile_error(int error)
{
        switch (error) {
        case -ENOENT:
                return "there is no such file";
        case -EISDIR:
                return "this is a directory, not a policy file";
        case -EINVAL:
                return "this is not a regular file";
        case -EFBIG:
                return "this is too large for a policy (4 MiB at most)";
        case -ESTALE:
                return "it was changed by somebody else meanwhile";
        default:
                return strerror(-error);
        }
}

void textfile_free(struct textfile *file)
{
        free(file->text);
        free(file->path);
        *file = (struct textfile){0};
}

static int read_all(struct textfile *out, int fd)
{
        size_t room = TEXT_MOST + 1; /* one more than is allowed: too much is seen */

        out->text = malloc(room + 1);
        if (!out->text)
                return -ENOMEM;
        while (out->length < room) {
                ssize_t n = read(fd, out->text + out->length, room - out->length);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                out->length += (size_t)n;
        }
        out->text[out->length] = '\0';
        return out->length > TEXT_MOST ? -EFBIG : 0;
}

int textfile_read_stdin(struct textfile *out)
{
        return read_all(out, STDIN_FILENO);
}

int textfile_read(struct textfile *out, const char *name)
{
        out->path = realpath(name, NULL);
        if (!out->path)
                return -errno;
        int fd = open(out->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENXIO ? -EINVAL : -errno; /* a socket */
        int r = fstat(fd, &out->as_read) < 0 ? -errno : 0;
        if (r == 0 && !S_ISREG(out->as_read.st_mode))
                r = S_ISDIR(out->as_read.st_mode) ? -EISDIR : -EINVAL;
        if (r == 0)
                r = read_all(out, fd);
        close(fd);
        return r;
}

/* ---- replacing -------------------------------------------------------------------------------------------------- */

static bool same_time(struct timespec a, struct timespec b)
{
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Is the file still the one that was read? */
static int still_the_same(const struct textfile *file)
{
        const struct stat *was = &file->as_read;
        struct stat now;

        if (lstat(file->path, &now) < 0)
                return -errno;
        bool same = now.st_dev == was->st_dev && now.st_ino == was->st_ino && now.st_size == was->st_size &&
                    same_time(now.st_mtim, was->st_mtim) && same_time(now.st_ctim, was->st_ctim);
        return same ? 0 : -ESTALE;
}

/* The access list and what people have attached. */
static int copy_attributes(const char *from, int to)
{
        char names[ATTRIBUTE_MOST], value[ATTRIBUTE_MOST];
        ssize_t length = listxattr(from, names, sizeof(names));

        if (length < 0)
                return errno == ENOTSUP ? 0 : -errno;
        for (const char *name = names; name < names + length; name += strlen(name) + 1) {
                if (strncmp(name, "user.", 5) != 0 && strcmp(name, "system.posix_acl_access") != 0)
                        continue;
                ssize_t size = getxattr(from, name, value, sizeof(value));
                if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) < 0)
                        return -errno;
        }
        return 0;
}

/* Fills the new file, and makes it as the old one was. Its owner comes first, since a change of it drops bits of the mode. */
static int fill(const struct textfile *file, int fd, const char *text, size_t length)
{
        const struct stat *was = &file->as_read;
        struct stat now;

        if (fstat(fd, &now) < 0)
                return -errno;
        if ((now.st_uid != was->st_uid || now.st_gid != was->st_gid) && fchown(fd, was->st_uid, was->st_gid) < 0)
                return -errno;
        if (fchmod(fd, was->st_mode & 07777) < 0)
                return -errno;
        int r = copy_attributes(file->path, fd);
        while (r == 0 && length > 0) {
                ssize_t n = write(fd, text, length);
                if (n < 0 && errno != EINTR)
                        return -errno;
                text += n > 0 ? n : 0;
                length -= n > 0 ? (size_t)n : 0;
        }
        return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static void sync_directory(const char *directory)
{
        int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0) {
                fsync(fd); /* some file systems cannot; the rename is done, and there is nothing to take back */
                close(fd);
        }
}

int textfile_replace(const struct textfile *file, const char *text, size_t length)
{
        const char *slash = strrchr(file->path, '/');
        char *directory = strndup(file->path, slash == file->path ? 1 : (size_t)(slash - file->path)), *name = NULL;
        int r = directory && asprintf(&name, "%s/.cordon-fmt.XXXXXX", directory) >= 0 ? 0 : -ENOMEM;

        if (r == 0 && faccessat(AT_FDCWD, file->path, W_OK, AT_EACCESS) < 0)
                r = -errno; /* whoever protects a file from writing means it */
        int fd = r == 0 ? mkostemp(name, O_CLOEXEC) : -1;
        if (r == 0 && fd < 0)
                r = -errno;
        if (fd >= 0) {
                r = fill(file, fd, text, length);
                if (close(fd) < 0 && r == 0)
                        r = -errno;
                if (r == 0)
                        r = still_the_same(file);
                if (r == 0 && rename(name, file->path) < 0)
                        r = -errno;
                if (r < 0)
                        unlink(name);
                else
                        sync_directory(directory);
        }
        free(name);
        free(directory);
        return r;
}
