/* What looks at metadata: stat and its like, access, readlink, extended attributes, inotify. Brokered where the policy has
 * something that must not be seen to exist. All need `list` on the path of what is looked at; a descriptor that the caller
 * holds needs nothing, as fstat does not.
 *
 * We look from outside the sandbox's namespaces: owners are shown as the sandbox would see them, and /proc/self is the caller's.
 * Results go into the answer where that carries data, else into the caller's memory, which is opened before it is asked whether
 * the caller still waits, so that it is nobody else's. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/xattr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"
#include "broker/hosted.h"
#include "broker/names.h"
#include "broker/resolve.h"

/* What is looked at, and with `memory` where the result goes. */
struct look {
        struct object object;
        int memory;
        char path[40]; /* "/proc/self/fd/N" */
};

static int result_of(long returned)
{
        return returned < 0 ? -errno : (int)returned;
}

/* ---- may it be seen? --------------------------------------------------------------------------------------------- */

/* No rule speaks of the view's own skeleton, of the links in it above all: what is there was put there to be seen. Where the
 * root is a tree of the host, a rule speaks of all of it. */
static bool is_skeleton(const struct errand *e, const struct object *o)
{
        struct verdict v = hosted_eval(e->server, e->request->edition, o->path.text, o->path.length, ACCESS_LIST);
        return !v.rule && (view_is_skeleton(&e->server->view, o->fd) || hosted_leads(&e->server->view, o->path.text));
}

static int vet(const struct errand *e, const struct object *o)
{
        if (o->held)
                return 0;
        if (resolve_is_forbidden(o->path.text) || view_is_foreign_proc(&e->server->view, o->fd))
                return -EACCES;
        if (is_skeleton(e, o))
                return 0;
        struct verdict v = hosted_eval(e->server, e->request->edition, o->path.text, o->path.length, ACCESS_LIST);
        /* Of what no rule speaks, a view of the sandbox's own would have nothing, and nobody would be told. */
        if (e->server->view.hosted && !v.rule && !v.allow)
                return -ENOENT;
        return v.ask ? 0 : names_vet(e, &o->path, ACCESS_LIST); /* nobody is asked about looks */
}

static int look_begin(struct look *l, const struct errand *e, bool follow, bool writes)
{
        l->memory = FD_NONE;
        int bad = object_find(&l->object, e->server, e->request, follow);
        if (bad == 0)
                bad = vet(e, &l->object);
        if (bad == 0 && writes && !e->answer->data) {
                l->memory = caller_memory(e->server->view.proc, e->request->tid);
                bad = l->memory < 0 ? l->memory : 0;
        }
        if (bad == 0 && !request_waiting(e->server, e->request))
                bad = -ESRCH;
        snprintf(l->path, sizeof(l->path), "/proc/self/fd/%d", l->object.fd);
        return bad;
}

static int look_end(const struct errand *e, struct look *l, int result)
{
        if (result >= 0 && !l->object.held)
                names_did(e, &l->object.path, ACCESS_LIST);
        fd_close(l->memory);
        object_done(&l->object);
        return result;
}

/* Hands over what was asked for: `number` is where to, in the caller's memory. */
static int give(const struct errand *e, const struct look *l, int number, const void *data, size_t length)
{
        struct answer *a = e->answer;
        if (!a->data)
                return caller_write(l->memory, e->request->number[number], data, length);
        if (length > a->room)
                return -EFAULT;
        memcpy(a->data, data, length);
        a->length = length;
        return 0;
}

static bool follows(const struct errand *e)
{
        return !(e->request->flags & AT_SYMLINK_NOFOLLOW);
}

/* ---- stat and its like ------------------------------------------------------------------------------------------- */

int inspect_stat(const struct errand *e)
{
        struct look l;
        struct stat st;
        int r = look_begin(&l, e, follows(e), true);
        if (r == 0)
                r = result_of(syscall(SYS_newfstatat, l.object.fd, "", &st, AT_EMPTY_PATH));
        if (r == 0) {
                st.st_uid = server_uid_inside(e->server, st.st_uid);
                st.st_gid = server_gid_inside(e->server, st.st_gid);
                r = give(e, &l, 0, &st, sizeof(st));
        }
        return look_end(e, &l, r);
}

int inspect_statx(const struct errand *e)
{
        unsigned mask = (unsigned)e->request->number[0];
        int sync = (int)(e->request->flags & AT_STATX_SYNC_TYPE);
        struct look l;
        struct statx st;
        int r = look_begin(&l, e, follows(e), true);
        if (r == 0)
                r = result_of(syscall(SYS_statx, l.object.fd, "", AT_EMPTY_PATH | sync, mask, &st));
        if (r == 0) {
                st.stx_uid = server_uid_inside(e->server, st.stx_uid);
                st.stx_gid = server_gid_inside(e->server, st.stx_gid);
                r = give(e, &l, 1, &st, sizeof(st));
        }
        return look_end(e, &l, r);
}

int inspect_statfs(const struct errand *e)
{
        struct look l;
        struct statfs st;
        int r = look_begin(&l, e, true, true);
        if (r == 0)
                r = result_of(syscall(SYS_fstatfs, l.object.fd, &st));
        if (r == 0)
                r = give(e, &l, 0, &st, sizeof(st));
        return look_end(e, &l, r);
}

/* As the sandbox's id, which our file-system id is; the real one, which access(2) asks about, is the same inside. */
int inspect_access(const struct errand *e)
{
        int mode = (int)e->request->number[0];
        struct look l;
        if (mode & ~(R_OK | W_OK | X_OK))
                return -EINVAL;
        int r = look_begin(&l, e, follows(e), false);
        if (r == 0)
                r = result_of(syscall(SYS_faccessat2, l.object.fd, "", mode, AT_EMPTY_PATH | AT_EACCESS));
        return look_end(e, &l, r);
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

/* /proc/self is nobody to us. */
static ssize_t link_text(const struct errand *e, const struct object *o, char *text, size_t size)
{
        struct caller_status caller;
        bool self = strcmp(o->path.text, "/proc/self") == 0, thread = strcmp(o->path.text, "/proc/thread-self") == 0;
        if (!self && !thread) {
                ssize_t length = readlinkat(o->fd, "", text, size);
                return length < 0 ? -errno : length;
        }
        int bad = caller_status(e->server->view.proc, e->request->tid, &caller);
        if (bad < 0)
                return bad;
        return self ? snprintf(text, size, "%d", (int)caller.ns_tgid)
                    : snprintf(text, size, "%d/task/%d", (int)caller.ns_tgid, (int)caller.ns_tid);
}

int inspect_readlink(const struct errand *e)
{
        char text[PATH_MAX];
        struct look l;
        struct stat st;
        int room = (int)e->request->number[1];
        if (room <= 0)
                return -EINVAL;
        int r = look_begin(&l, e, false, true);
        if (r == 0)
                r = result_of(fstat(l.object.fd, &st));
        if (r == 0 && !S_ISLNK(st.st_mode))
                r = e->request->by_descriptor ? -ENOENT : -EINVAL;
        ssize_t length = r == 0 ? link_text(e, &l.object, text, sizeof(text)) : r;
        if (length > room)
                length = room; /* cut, as the kernel does */
        r = (int)length;
        if (length > 0 && give(e, &l, 0, text, (size_t)length) < 0)
                r = -EFAULT;
        return look_end(e, &l, r);
}

/* ---- extended attributes ----------------------------------------------------------------------------------------- */

/* `name` NULL: the list of names. */
static int attribute(const struct errand *e, const char *name)
{
        size_t room = e->request->number[1], most = name ? XATTR_SIZE_MAX : XATTR_LIST_MAX;
        struct look l;
        if (room > most)
                room = most;
        void *value = malloc(room + 1);
        if (!value)
                return -ENOMEM;
        int r = look_begin(&l, e, follows(e), room > 0);
        if (r == 0)
                r = result_of(name ? getxattr(l.path, name, value, room) : listxattr(l.path, value, room));
        if (r > 0 && room > 0 && give(e, &l, 0, value, (size_t)r) < 0)
                r = -EFAULT;
        free(value);
        return look_end(e, &l, r);
}

int inspect_get_attribute(const struct errand *e)
{
        return attribute(e, e->request->other);
}

int inspect_list_attributes(const struct errand *e)
{
        return attribute(e, NULL);
}

/* ---- inotify ----------------------------------------------------------------------------------------------------- */

/* Names come with the events: only of what may be listed, see open.c. */
static bool shows_too_much(const struct errand *e, const struct object *o)
{
        struct verdict v = hosted_eval(e->server, e->request->edition, o->path.text, o->path.length, ACCESS_LIST);
        const struct view *view = &e->server->view;
        return !o->held && ((v.ancestor && !view_is_skeleton(view, o->fd)) || !hosted_lists(view, o->path.text));
}

/* The caller's own inotify instance gets the watch, through a duplicate of its descriptor. */
int inspect_watch(const struct errand *e)
{
        const struct request *r = e->request;
        uint32_t mask = (uint32_t)r->number[1];
        int number = (int)(uint32_t)r->number[0];
        struct caller_status caller;
        struct look l;

        int bad = number < 0 ? -EBADF : caller_status(e->server->view.proc, r->tid, &caller);
        cleanup_fd int instance = bad < 0 ? bad : caller_descriptor(&caller, number);
        if (instance < 0)
                return instance;
        int result = look_begin(&l, e, !(mask & IN_DONT_FOLLOW), false);
        struct stat st;
        if (result == 0 && (mask & IN_ONLYDIR) && (fstat(l.object.fd, &st) < 0 || !S_ISDIR(st.st_mode)))
                result = -ENOTDIR;
        if (result == 0 && shows_too_much(e, &l.object))
                result = names_refuse(e, &l.object.path, ACCESS_LIST, NULL);
        if (result == 0) /* what is pinned is reached by a link, which must be followed and is no directory */
                result = result_of(inotify_add_watch(instance, l.path, mask & ~(uint32_t)(IN_DONT_FOLLOW | IN_ONLYDIR)));
        return look_end(e, &l, result);
}
