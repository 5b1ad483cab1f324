/* Who else could have put a policy where it is found by name? Whoever may write to the file, to a directory on the way, or
 * to a link that leads there. So each of them must belong to root or to this user, and be writable for nobody else. Above
 * the directory of the file, the sticky bit is enough: in /tmp others can make names, but not take ours away. */
#include "lib/trust.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/host.h"

struct looking {
        char *why;
        size_t size;
        int worst;
};

static int object(struct looking *l, const char *path, const struct stat *st, bool sticky_is_enough)
{
        const char *what = NULL;
        char other[64];
        if (st->st_uid != 0 && st->st_uid != geteuid()) {
                snprintf(other, sizeof(other), "belongs to user %u, not to you or to root", st->st_uid);
                what = other;
        } else if (S_ISLNK(st->st_mode) || (sticky_is_enough && (st->st_mode & S_ISVTX))) {
                return 0;
        } else if (st->st_mode & S_IWOTH) {
                what = "may be written by everybody";
        } else if (st->st_mode & S_IWGRP) {
                snprintf(other, sizeof(other), "may be written by its group (%u)", st->st_gid);
                what = other;
        }
        if (!what)
                return 0;
        snprintf(l->why, l->size, "%.400s %s", path, what);
        return -EPERM;
}

/* Everything from the root to `path`, in which there is no link but perhaps the last name. */
static int way(struct looking *l, const char *path)
{
        char part[PATH_MAX];
        struct stat st;
        size_t length = strlen(path);
        if (length >= sizeof(part))
                return -ENAMETOOLONG;
        for (size_t end = 1; end <= length; end++) {
                if (end > 1 && path[end] != '/' && path[end] != '\0')
                        continue;
                memcpy(part, path, end);
                part[end] = '\0';
                if (lstat(part, &st) < 0)
                        return -errno;
                bool holds_it = !strchr(path + end + (path[end] == '/'), '/'); /* the file, or the directory it lies in */
                int r = object(l, part, &st, !holds_it);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void met(void *ctx, const char *path, const char *target)
{
        struct looking *l = ctx;
        (void)target;
        if (l->worst == 0)
                l->worst = way(l, path);
}

int trust_path(const char *path, char *why, size_t size)
{
        struct policy_host host = host_real(NULL);
        struct looking l = {.why = why, .size = size};
        char out[PATH_MAX];
        mode_t mode = 0;
        int r = host.canonical(host.ctx, path, out, &mode, met, &l);
        if (r == 0)
                r = l.worst ? l.worst : mode == 0 ? -ENOENT : way(&l, out);
        return r;
}
