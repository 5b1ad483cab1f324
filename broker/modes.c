#include "broker/modes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/fd.h"

#define ACCESS_ACL "system.posix_acl_access"

bool modes_lend_identity(mode_t mode)
{
        return S_ISREG(mode) && ((mode & S_ISUID) || (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP));
}

mode_t modes_begin(const struct server *s, mode_t mode, mode_t mask)
{
        if (s->shares_umask)
                return mode & ~mask;
        umask(mask);
        return mode;
}

void modes_end(const struct server *s)
{
        if (!s->shares_umask)
                umask(0);
}

/* What the process's umask has taken away beyond the caller's. Where the directory's default ACL decides, no umask does; and a
 * directory's S_ISGID is its parent's gift. */
static bool settled_mode(const struct stat *made, bool acl, mode_t wanted, mode_t *out)
{
        mode_t missing = wanted & ~made->st_mode & 0777;

        *out = (made->st_mode & 07777) | missing;
        return missing != 0 && !acl;
}

int modes_settle(const struct server *s, int fd, mode_t mode, mode_t mask)
{
        struct stat st;
        mode_t settled;

        if (!s->shares_umask)
                return 0;
        if (fstat(fd, &st) < 0)
                return -errno;
        bool acl = fgetxattr(fd, ACCESS_ACL, NULL, 0) > 0;
        return settled_mode(&st, acl, mode & ~mask, &settled) && fchmod(fd, settled) < 0 ? -errno : 0;
}

int modes_settle_at(const struct server *s, int directory, const char *name, mode_t mode, mode_t mask)
{
        char link[32];
        struct stat st;
        mode_t settled;

        if (!s->shares_umask)
                return 0;
        cleanup_fd int made = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (made < 0 || fstat(made, &st) < 0)
                return -errno;
        if ((st.st_mode & S_IFMT) != (mode & S_IFMT))
                return -ESTALE;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", made);
        bool acl = getxattr(link, ACCESS_ACL, NULL, 0) > 0;
        if (!settled_mode(&st, acl, mode & ~mask, &settled))
                return 0;
        return fchmodat(s->view.self, strrchr(link, '/') + 1, settled, 0) < 0 ? -errno : 0;
}
