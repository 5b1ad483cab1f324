#include "broker/view.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/hosted.h"

static int open_how(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
        struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
        /* EAGAIN is the kernel's word for "a rename or mount got in the way of a scoped look-up": it asks to be tried again. */
        for (int tries = 0;; tries++) {
                int fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
                if (fd >= 0)
                        return fd;
                if (errno == EINTR || (errno == EAGAIN && tries < 32 && (flags & O_NONBLOCK) == 0))
                        continue;
                return -errno;
        }
}

static int open_canonical(const struct view *v, const char *path, uint64_t flags, uint64_t mode)
{
        return open_how(v->root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
}

/* Opening a device can have effects, so it is looked at first. */
static int open_hosted(const struct view *v, const char *path, uint64_t flags, uint64_t mode)
{
        cleanup_fd int process = FD_NONE;
        int bad = hosted_admit(v, path, &process);
        if (bad < 0)
                return bad;
        cleanup_fd int pin = flags & O_PATH ? FD_NONE : open_canonical(v, path, O_PATH, 0);
        if (pin >= 0 && !hosted_opens(v, path, pin))
                return -EACCES;
        cleanup_fd int fd = open_canonical(v, path, flags, mode);
        if (fd >= 0 && !(flags & O_PATH) && !hosted_opens(v, path, fd))
                return -EACCES;
        if (process >= 0 && !hosted_lives(process))
                return -ENOENT;
        return fd < 0 ? fd : fd_take(&fd);
}

int view_open(const struct view *v, const char *path, uint64_t flags, uint64_t mode)
{
        return v->hosted ? open_hosted(v, path, flags, mode) : open_canonical(v, path, flags, mode);
}

int view_make(int directory, const char *name, uint64_t flags, uint64_t mode)
{
        return open_how(directory, name, flags | O_CREAT | O_EXCL, mode,
                        RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
}

int view_pin(const struct view *v, const char *path, bool follow)
{
        return open_how(v->root, path, (uint64_t)(O_PATH | (follow ? 0 : O_NOFOLLOW)), 0,
                        RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int view_pin_scoped(int directory, const char *path, uint64_t resolve, bool follow)
{
        return open_how(directory, path, (uint64_t)(O_PATH | (follow ? 0 : O_NOFOLLOW)), 0,
                        resolve | RESOLVE_NO_MAGICLINKS);
}

int view_path_of(const struct view *v, int fd, char *out, size_t size)
{
        char name[16];
        struct stat st;
        snprintf(name, sizeof(name), "%d", fd);
        ssize_t length = readlinkat(v->self, name, out, size);
        if (length < 0)
                return -errno;
        if ((size_t)length >= size)
                return -ENAMETOOLONG;
        out[length] = '\0';
        if (out[0] != '/')
                return -ENOENT;
        /* The kernel marks removed files by a suffix that a file's own name may have as well: ask the inode. */
        if (length > 10 && strcmp(out + length - 10, " (deleted)") == 0 && (fstat(fd, &st) < 0 || st.st_nlink == 0))
                return -ENOENT;
        cleanup_fd int process = FD_NONE;
        return v->hosted ? hosted_admit(v, out, &process) : 0;
}

bool view_is_foreign_proc(const struct view *v, int fd)
{
        struct statfs of;
        struct stat file, own;

        if (fstatfs(fd, &of) < 0)
                return true;
        if (of.f_type != PROC_SUPER_MAGIC)
                return false;
        cleanup_fd int proc = view_open(v, "/proc", O_PATH, 0);
        return proc < 0 || fstat(fd, &file) < 0 || fstat(proc, &own) < 0 || file.st_dev != own.st_dev;
}

bool view_is_skeleton(const struct view *v, int fd)
{
        return !v->hosted && view_same_mount(fd, v->root);
}

bool view_same_mount(int a, int b)
{
        struct statx x, y;
        return statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) == 0 && statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &y) == 0 &&
               (x.stx_mask & y.stx_mask & STATX_MNT_ID) && x.stx_mnt_id == y.stx_mnt_id;
}

int view_reopen(const struct view *v, int fd, int flags)
{
        char name[16];
        snprintf(name, sizeof(name), "%d", fd);
        /* `name` is a link. The mode is for the C library, which else ends the process where flags would make a file. */
        int again = openat(v->self, name, (flags & ~O_NOFOLLOW) | O_CLOEXEC | O_NOCTTY, 0);
        return again < 0 ? -errno : again;
}
