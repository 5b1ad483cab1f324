#include "broker/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"
#include "broker/follow.h"
#include "broker/hosted.h"
#include "broker/resolve.h"

enum { RACES_MOST = 8 };

/* The directory that relative text starts at. */
static int base_of(const struct server *s, const struct request *r, int dirfd, const char *text, char base[PATH_MAX])
{
        strcpy(base, "/");
        return text[0] == '/' ? 0 : caller_base(s->view.proc, r->tid, dirfd, base, PATH_MAX);
}

/* True where what is pinned still has the path that it was opened by: nothing was moved in between. */
static bool still_there(const struct server *s, int fd, const struct path *p)
{
        char now[PATH_MAX];
        return view_path_of(&s->view, fd, now, sizeof(now)) == 0 && strcmp(now, p->text) == 0;
}

/* From text that is not canonical to what is; `held` where it turns out to be a descriptor of the caller. */
static int canonical(const struct server *s, const struct request *r, const struct path *asked, bool follow,
                     struct resolved *to)
{
        to->held = FD_NONE;
        int bad = resolve_is_personal(asked->text) ? -ELOOP : resolve_pinned(s, asked, follow, &to->path);
        return bad == -ELOOP || bad == -ENOENT ? resolve_walk(s, r, asked, follow, to) : bad;
}

/* ---- a name ------------------------------------------------------------------------------------------------------ */

/* Pins the directory, and makes its path canonical. */
static int pin_directory(const struct server *s, const struct request *r, struct path *p)
{
        struct path asked = *p;
        bool plain = !asked.dotdot && !resolve_is_personal(asked.text);
        /* The walk takes the last component of /proc/self/fd/N for the descriptor; followed by "." it is a directory's path. */
        if (asked.length + 2 < sizeof(asked.text)) {
                strcpy(asked.text + asked.length, "/.");
                asked.length += 2;
        }
        for (int race = 0; race < RACES_MOST; race++) {
                cleanup_fd int fd = plain ? view_open(&s->view, p->text, O_PATH | O_DIRECTORY, 0) : -ELOOP;
                if (fd == -ELOOP) {
                        struct resolved to;
                        int bad = canonical(s, r, &asked, true, &to);
                        if (bad == 0 && to.held >= 0) { /* the text had no room for "." */
                                fd_close(to.held);
                                bad = -ENAMETOOLONG;
                        }
                        if (bad < 0)
                                return bad;
                        *p = to.path;
                        fd = view_open(&s->view, p->text, O_PATH | O_DIRECTORY, 0);
                        plain = false;
                }
                if (fd < 0 && fd != -ELOOP)
                        return fd;
                if (fd >= 0 && still_there(s, fd, p))
                        return fd_take(&fd);
        }
        return -EAGAIN;
}

static enum place_kind kind_of(const char *name, size_t length)
{
        if (length == 0)
                return PLACE_ROOT;
        if (name[0] != '.' || length > 2 || name[length - 1] != '.')
                return PLACE_NAME;
        return length == 1 ? PLACE_DOT : PLACE_DOTDOT;
}

static int name_place(struct place *p, const struct server *s, const char *name, size_t length)
{
        cleanup_fd int process = FD_NONE;
        int bad = path_push(&p->path, name, length);

        if (bad == 0 && s->view.hosted)
                bad = hosted_admit(&s->view, p->path.text, &process);
        p->fixed = bad == 0 && hosted_fixed(&s->view, p->path.text);
        return bad;
}

int place_find(struct place *out, const struct server *s, const struct request *r, int dirfd, const char *text)
{
        char base[PATH_MAX], parent[PATH_MAX];
        size_t end = strlen(text);

        out->directory = FD_NONE;
        out->fixed = false;
        while (end > 0 && text[end - 1] == '/')
                end--;
        size_t start = end;
        while (start > 0 && text[start - 1] != '/')
                start--;
        out->kind = kind_of(text + start, end - start);
        out->last = text + start;
        if (out->kind == PLACE_ROOT)
                return 0;

        memcpy(parent, text, start);
        parent[start] = '\0';
        int bad = base_of(s, r, dirfd, text, base);
        if (bad == 0)
                bad = path_join(&out->path, base, parent);
        if (bad < 0)
                return bad;
        struct path asked = out->path;
        out->directory = pin_directory(s, r, &out->path);
        if (out->directory < 0)
                return resolve_error(s, r, &asked, true, out->directory);
        return out->kind == PLACE_NAME ? name_place(out, s, text + start, end - start) : 0;
}

void place_done(struct place *p)
{
        p->directory = fd_close(p->directory);
}

int place_look(const struct place *p, struct place_look *out)
{
        const char *name = strrchr(p->path.text, '/') + 1; /* without the slashes that `last` may end in */
        enum { MASK = STATX_TYPE | STATX_MNT_ID, FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT };
        struct statx inside, around;

        *out = (struct place_look){0};
        if (statx(p->directory, name, FLAGS, MASK, &inside) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (statx(p->directory, "", FLAGS | AT_EMPTY_PATH, MASK, &around) < 0)
                return -errno;
        out->exists = true;
        out->type = inside.stx_mode & S_IFMT;
        out->mount_point = p->fixed || !(inside.stx_mask & around.stx_mask & STATX_MNT_ID) ||
                           inside.stx_mnt_id != around.stx_mnt_id;
        return 0;
}

/* ---- an object --------------------------------------------------------------------------------------------------- */

/* A path is only worth something where it still leads to the very object. */
static bool leads_to(const struct server *s, const char *path, int fd)
{
        struct stat mine, named;
        cleanup_fd int pin = view_open(&s->view, path, O_PATH | O_NOFOLLOW, 0);
        return pin >= 0 && fstat(pin, &named) == 0 && fstat(fd, &mine) == 0 && named.st_dev == mine.st_dev &&
               named.st_ino == mine.st_ino;
}

/* Takes `fd`. */
static int object_held(struct object *out, const struct server *s, int fd)
{
        int flags = fcntl(fd, F_GETFL);
        *out = (struct object){.fd = fd, .held = true};
        if (flags < 0)
                return -errno;
        out->writable = !(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY;
        out->followed = follow_path(s->follow, &s->view, fd, out->path.text, sizeof(out->path.text));
        int bad = out->followed ? 0 : view_path_of(&s->view, fd, out->path.text, sizeof(out->path.text));
        out->nameless = bad == -ENOENT;
        out->path.length = bad == 0 ? strlen(out->path.text) : 0;
        if (bad == 0 && !out->writable && !out->followed && !leads_to(s, out->path.text, fd))
                return -EACCES;
        return bad == -ENOENT ? 0 : bad;
}

static int object_of_descriptor(struct object *out, const struct server *s, const struct request *r)
{
        struct caller_status caller;
        int bad = r->dirfd < 0 ? -EBADF : caller_status(s->view.proc, r->tid, &caller);
        int fd = bad < 0 ? bad : caller_descriptor(&caller, r->dirfd);
        return fd < 0 ? fd : object_held(out, s, fd);
}

static bool is_symlink(int fd)
{
        struct stat st;
        return fstat(fd, &st) < 0 || S_ISLNK(st.st_mode);
}

/* One attempt at a path: -ELOOP where something got in the way. */
static int object_of_path(struct object *out, const struct server *s, const struct request *r, const struct path *asked,
                          bool follow)
{
        uint64_t flags = (uint64_t)(O_PATH | O_NOFOLLOW | (asked->directory ? O_DIRECTORY : 0));
        out->path = *asked;
        out->fd = -ELOOP;
        if (!asked->dotdot && !resolve_is_personal(asked->text))
                out->fd = view_open(&s->view, asked->text, flags, 0);
        if (out->fd >= 0 && !(follow && is_symlink(out->fd)))
                return 0;
        if (out->fd < 0 && out->fd != -ELOOP && !(asked->directory && out->fd == -ENOTDIR))
                return out->fd;
        out->fd = fd_close(out->fd);

        struct resolved to;
        int bad = canonical(s, r, asked, follow, &to);
        if (bad < 0)
                return bad;
        if (to.held >= 0)
                return object_held(out, s, to.held);
        out->path = to.path;
        out->fd = view_open(&s->view, to.path.text, flags, 0);
        if (out->fd >= 0 && follow && is_symlink(out->fd))
                return -ELOOP;
        return out->fd < 0 ? out->fd : 0;
}

/* Where somebody outside has replaced a single file, it is the new one. */
static int object_current(struct object *out, const struct server *s)
{
        int newer = follow_open(s->follow, &s->view, out->path.text, O_PATH | O_NOFOLLOW);

        out->followed = newer != FOLLOW_CURRENT;
        if (newer < 0)
                return out->followed ? newer : 0;
        fd_close(out->fd);
        out->fd = newer;
        return 0;
}

int object_find(struct object *out, const struct server *s, const struct request *r, bool follow)
{
        char base[PATH_MAX];
        struct path asked;

        *out = (struct object){.fd = FD_NONE};
        if (r->by_descriptor)
                return object_of_descriptor(out, s, r);
        int bad = base_of(s, r, r->dirfd, r->path, base);
        if (bad == 0)
                bad = path_join(&asked, base, r->path);
        if (bad < 0)
                return bad;
        for (int race = 0; race < RACES_MOST; race++) {
                object_done(out);
                bad = object_of_path(out, s, r, &asked, follow || asked.directory);
                if (bad == 0 && !out->held)
                        bad = object_current(out, s);
                if (bad == 0 && !out->held && !out->followed && !still_there(s, out->fd, &out->path))
                        bad = -ELOOP;
                if (bad != -ELOOP)
                        break;
        }
        return bad < 0 ? resolve_error(s, r, &asked, follow || asked.directory, bad) : 0;
}

void object_done(struct object *o)
{
        o->fd = fd_close(o->fd);
}

int object_would_be(struct path *out, const struct server *s, const struct request *r)
{
        char base[PATH_MAX];
        struct path asked;
        struct resolved to;
        int bad = base_of(s, r, r->dirfd, r->path, base);
        if (bad == 0)
                bad = path_join(&asked, base, r->path);
        if (bad < 0)
                return bad;
        resolve_walk(s, r, &asked, true, &to);
        bool held = to.held >= 0;
        fd_close(to.held);
        *out = to.path;
        return held ? -ENOENT : 0;
}
