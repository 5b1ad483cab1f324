/* What changes the content or the metadata of what exists: truncate, mode, owner, times, extended attributes; by path or by
 * descriptor. All need `write` on the object's own path. A descriptor that is open for writing is proof enough; one that is
 * open for reading is not, though the kernel would take it for one.
 *
 * The object is pinned before it is vetted, and then changed through its pin: /proc/self/fd/N of ours is the object, whatever
 * its name leads to by now. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/xattr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"
#include "broker/names.h"

/* ---- the object -------------------------------------------------------------------------------------------------- */

struct target {
        struct object object;
        struct stat st;
        char number[16], path[40]; /* "N" below the view's `self`, and "/proc/self/fd/N" */
};

static int result_of(long returned)
{
        return returned < 0 ? -errno : 0;
}

static int vet(const struct errand *e, const struct target *t)
{
        const struct object *o = &t->object;
        if (view_is_foreign_proc(&e->server->view, o->fd))
                return -EACCES;
        if (o->writable)
                return 0;
        if (o->nameless) /* a pipe or the like is nobody's file; what was removed is out of any rule's reach */
                return S_ISREG(t->st.st_mode) || S_ISDIR(t->st.st_mode) ? -EACCES : 0;
        return names_vet(e, &o->path, ACCESS_WRITE);
}

/* Finds, vets, and makes sure that somebody still waits. On failure nothing is left to be undone. */
static int target_find(struct target *t, const struct errand *e)
{
        const struct request *r = e->request;
        int bad = object_find(&t->object, e->server, r, !(r->flags & AT_SYMLINK_NOFOLLOW));
        /* fchmod and its like take no O_PATH; calls with AT_EMPTY_PATH do. */
        if (bad == 0 && r->by_descriptor && !(r->flags & AT_EMPTY_PATH) && (fcntl(t->object.fd, F_GETFL) & O_PATH))
                bad = -EBADF;
        if (bad == 0)
                bad = result_of(fstat(t->object.fd, &t->st));
        if (bad == 0)
                bad = vet(e, t);
        if (bad == 0 && !request_waiting(e->server, r))
                bad = -ESRCH;
        if (bad < 0) {
                object_done(&t->object);
                return bad;
        }
        snprintf(t->number, sizeof(t->number), "%d", t->object.fd);
        snprintf(t->path, sizeof(t->path), "/proc/self/fd/%d", t->object.fd);
        return 0;
}

/* Ends what target_find() began. */
static int finish(const struct errand *e, struct target *t, int result)
{
        if (result == 0 && t->object.path.length > 0)
                names_did(e, &t->object.path, ACCESS_WRITE);
        object_done(&t->object);
        return result;
}

/* ---- content ----------------------------------------------------------------------------------------------------- */

static int shorten(const struct errand *e, const struct target *t, int64_t length)
{
        if (S_ISDIR(t->st.st_mode))
                return -EISDIR;
        if (!S_ISREG(t->st.st_mode))
                return -EINVAL;
        /* Ours is not the caller's limit. */
        if (length > t->st.st_size && (uint64_t)length > caller_file_limit(e->server->view.proc, e->request->tid))
                return -EFBIG;
        cleanup_fd int fd = view_reopen(&e->server->view, t->object.fd, O_WRONLY | O_NONBLOCK);
        return fd < 0 ? fd : result_of(ftruncate(fd, length));
}

int metadata_truncate(const struct errand *e)
{
        struct target t;
        int64_t length = (int64_t)e->request->number[0];
        if (length < 0)
                return -EINVAL;
        int bad = target_find(&t, e);
        return bad < 0 ? bad : finish(e, &t, shorten(e, &t, length));
}

/* ---- mode, owner, times ------------------------------------------------------------------------------------------ */

int metadata_mode(const struct errand *e)
{
        struct target t;
        mode_t mode = (mode_t)e->request->number[0];
        if (mode & (S_ISUID | S_ISGID))
                return -EPERM;
        int bad = target_find(&t, e);
        if (bad < 0)
                return bad;
        bool link = S_ISLNK(t.st.st_mode);
        return finish(e, &t, link ? -EOPNOTSUPP : result_of(fchmodat(e->server->view.self, t.number, mode & 01777, 0)));
}

int metadata_owner(const struct errand *e)
{
        const uid_t uid = (uid_t)e->request->number[0];
        const gid_t gid = (gid_t)e->request->number[1];
        struct target t;
        /* We are not in the sandbox's user namespace: to us there would be others. */
        if ((uid != (uid_t)-1 && !server_knows_uid(e->server, uid)) || (gid != (gid_t)-1 && !server_knows_gid(e->server, gid)))
                return -EINVAL;
        int bad = target_find(&t, e);
        return bad < 0 ? bad : finish(e, &t, result_of(fchownat(t.object.fd, "", uid, gid, AT_EMPTY_PATH)));
}

int metadata_times(const struct errand *e)
{
        const struct timespec *times = e->request->times;
        struct target t;
        if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
                return 0; /* nothing is asked for, and the kernel does not look either */
        int bad = target_find(&t, e);
        return bad < 0 ? bad : finish(e, &t, result_of(utimensat(e->server->view.self, t.number, times, 0)));
}

/* ---- extended attributes ----------------------------------------------------------------------------------------- */

/* A user's own, and access lists. What is the system's would need rights that no sandbox has. */
static bool is_users(const char *name)
{
        static const char *const prefixes[] = {"user.", "system.posix_acl_access", "system.posix_acl_default"};
        for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
                if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
                        return true;
        }
        return false;
}

int metadata_set_attribute(const struct errand *e)
{
        const struct request *r = e->request;
        size_t size = r->number[1];
        struct target t;
        if (!is_users(r->other))
                return -EPERM;
        if (size > XATTR_SIZE_MAX)
                return -E2BIG;
        void *value = malloc(size + 1);
        if (!value)
                return -ENOMEM;
        int bad = size > 0 ? caller_bytes(r->tid, r->number[0], value, size) : 0;
        if (bad == 0)
                bad = target_find(&t, e);
        if (bad == 0)
                bad = finish(e, &t, result_of(setxattr(t.path, r->other, value, size, (int)r->number[2])));
        free(value);
        return bad;
}

int metadata_remove_attribute(const struct errand *e)
{
        struct target t;
        if (!is_users(e->request->other))
                return -EPERM;
        int bad = target_find(&t, e);
        return bad < 0 ? bad : finish(e, &t, result_of(removexattr(t.path, e->request->other)));
}
