#include "broker/modes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"

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

int modes_settle(const struct server *s, int fd, mode_t mode, mode_t mask)
{
        return s->shares_umask && fchmod(fd, mode & ~mask & 07777) < 0 ? -errno : 0;
}

int modes_settle_at(const struct server *s, int directory, const char *name, mode_t mode, mode_t mask)
{
        char number[16];
        struct stat st;

        if (!s->shares_umask)
                return 0;
        cleanup_fd int made = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (made < 0 || fstat(made, &st) < 0)
                return -errno;
        if ((st.st_mode & S_IFMT) != (mode & S_IFMT))
                return -ESTALE;
        snprintf(number, sizeof(number), "%d", made);
        return fchmodat(s->view.self, number, mode & ~mask & 07777, 0) < 0 ? -errno : 0;
}
