#include "broker/mask.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

static const unsigned WANTED = STATX_TYPE | STATX_MODE | STATX_INO;

/* What the view has over a path that is masked literally is a mount of its own, of a tmpfs of its own: what lies in that file
 * system is meant to be seen. The thing itself would not be the top of a mount. */
static bool is_the_views(const struct view *v, const struct rule *rule, const struct statx *found)
{
        struct statx top;
        struct statfs system;
        cleanup_fd int fd = rule->literal ? view_open(v, rule->pattern, O_PATH, 0) : FD_NONE;

        return fd >= 0 && statx(fd, "", AT_EMPTY_PATH, WANTED, &top) == 0 && (top.stx_attributes & STATX_ATTR_MOUNT_ROOT) &&
               top.stx_dev_major == found->stx_dev_major && top.stx_dev_minor == found->stx_dev_minor &&
               fstatfs(fd, &system) == 0 && system.f_type == TMPFS_MAGIC;
}

/* A file of nobody's, with nothing in it for ever, open for reading. */
static int empty_file(const struct view *v)
{
        cleanup_fd int fd = memfd_create("masked", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

        if (fd < 0 && errno == EINVAL)
                fd = memfd_create("masked", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0 || fchmod(fd, 0444) < 0 ||
            fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return -errno;
        return view_reopen(v, fd, O_RDONLY);
}

static int something_empty(const struct view *v, mode_t mode, uint64_t flags)
{
        if (S_ISREG(mode))
                return flags & O_DIRECTORY ? -ENOTDIR : empty_file(v);
        return S_ISDIR(mode) && v->nowhere >= 0 ? view_reopen(v, v->nowhere, O_RDONLY | O_DIRECTORY) : -EACCES;
}

int mask_open(const struct view *v, const struct rule *rule, const char *path, uint64_t flags)
{
        struct statx found;
        cleanup_fd int pin = view_open(v, path, O_PATH | (flags & (O_DIRECTORY | O_NOFOLLOW)), 0);

        if (pin < 0)
                return pin;
        if (statx(pin, "", AT_EMPTY_PATH, WANTED, &found) < 0)
                return -errno;
        if (is_the_views(v, rule, &found))
                return view_reopen(v, pin, (int)flags);
        return something_empty(v, found.stx_mode, flags);
}
