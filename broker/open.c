/* The open family. The order is always the same: shape, where, policy, act, settle.
 *
 * The verdict is made on the canonical path of what is reached. The common case costs one openat2: the path as asked, tidied as
 * text, is vetted and then opened with RESOLVE_NO_SYMLINKS; if that succeeds, the text was the canonical path. If it says
 * ELOOP, the canonical path is found first and the same is done with it. A race between the two can only make it ELOOP again. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/asked.h"
#include "broker/caller.h"
#include "broker/flags.h"
#include "broker/follow.h"
#include "broker/hosted.h"
#include "broker/mask.h"
#include "broker/modes.h"
#include "broker/path.h"
#include "broker/resolve.h"
#include "broker/server.h"
#include "broker/terminal.h"
#include "broker/waiter.h"

enum { RACES_MOST = 8 };

static const uint64_t STATUS_FLAGS = (uint64_t)O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME;

/* One open on its way. */
struct job {
        struct server *server;
        const struct request *request;
        struct answer *answer;
        uint64_t flags; /* for opening what exists: without O_CREAT and O_EXCL */
        uint64_t mode;
        unsigned want;  /* on what exists */
        bool create, exclusive, temporary, follow, path_only, nonblock;
};

/* ---- shape ------------------------------------------------------------------------------------------------------ */

static int shape(struct job *j)
{
        const struct request *r = j->request;
        uint64_t flags = r->flags;

        if (!flags_well_formed(r))
                return -EINVAL;
        if (r->length == 0)
                return -ENOENT;
        j->temporary = (flags & O_TMPFILE) == O_TMPFILE;
        j->create = (flags & O_CREAT) != 0;
        if (j->create && (flags & O_DIRECTORY))
                return -EINVAL;
        if ((j->create || j->temporary) && (r->mode & (S_ISUID | S_ISGID)))
                return -EPERM; /* nothing that a child makes may lend somebody's identity */
        j->exclusive = j->create && (flags & O_EXCL);
        j->path_only = (flags & O_PATH) != 0;
        j->follow = !(flags & O_NOFOLLOW) && !j->exclusive;
        j->nonblock = (flags & O_NONBLOCK) != 0;
        j->want = flags_want(flags);
        j->mode = r->mode;
        j->flags = flags & ~(uint64_t)(O_CREAT | O_CLOEXEC | (j->temporary ? 0 : O_EXCL));
        if (!j->path_only)
                j->flags |= O_NOCTTY;
        return 0;
}

/* ---- refusing --------------------------------------------------------------------------------------------------- */

static void record(const struct job *j, const char *path, unsigned want, const struct verdict *v, int error)
{
        struct audit_event event = {
                .path = path,
                .asked = j->request->path,
                .want = want,
                .verdict = v,
                .error = error,
                .request = j->request,
                .proc = j->server->view.proc,
        };
        audit_record(j->server->audit, &event);
}

/* The errno for a refusal. It is one even where the verdict, by some fault, carries none. */
static int refuse(const struct job *j, const char *path, unsigned want, const struct verdict *v)
{
        int error = v->error ? v->error : EACCES;
        record(j, path, want, v, error);
        return -error;
}

bool open_still_allowed(struct server *s, const struct request *r, int fd)
{
        char path[PATH_MAX];
        unsigned want = flags_want(r->flags);
        if (view_path_of(&s->view, fd, path, sizeof(path)) < 0)
                return false;
        struct verdict v = hosted_eval(s, r->edition, path, strlen(path), want);
        if (!v.allow)
                refuse(&(struct job){.server = s, .request = r}, path, want, &v);
        return v.allow;
}

/* ---- settling: what kind of thing was opened --------------------------------------------------------------------- */

static int defer(struct job *j, enum wait_kind kind, int fd)
{
        int r = waiter_add(j->server->waiter, j->request, kind, fd, (int)j->flags);
        if (r == 0)
                j->answer->deferred = true;
        return r;
}

static const char TERMINAL[] = "/dev/tty";

static bool same_terminal(const struct job *j)
{
        struct path own;
        return terminal_of(&j->server->view, j->request->tid, &own) == 0 && strcmp(own.text, TERMINAL) == 0;
}

/* Takes a descriptor opened without blocking, and makes it what the caller asked for. */
static int settle(struct job *j, int opened)
{
        cleanup_fd int fd = opened;
        struct stat st;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode) && j->create)
                return -EISDIR;
        bool writes = (j->flags & O_ACCMODE) != O_RDONLY;
        if (writes && modes_lend_identity(st.st_mode))
                return -EPERM;
        if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(5, 0) && !same_terminal(j))
                return -ENXIO;
        if (j->nonblock)
                return fd_take(&fd);
        if (S_ISFIFO(st.st_mode) && (j->flags & O_ACCMODE) == O_RDONLY)
                return defer(j, WAIT_FIFO_WRITER, fd_take(&fd));
        if (fcntl(fd, F_SETFL, (int)(j->flags & STATUS_FLAGS)) < 0)
                return -errno;
        return fd_take(&fd);
}

/* The open would have blocked, or might have: pin the object, and let the waiter see to it. */
static int open_later(struct job *j, const char *path, int why)
{
        struct stat st;
        cleanup_fd int pin = view_open(&j->server->view, path, O_PATH, 0);
        if (pin < 0)
                return pin;
        if (fstat(pin, &st) < 0)
                return -errno;
        if (why == -EAGAIN && S_ISREG(st.st_mode))
                return defer(j, WAIT_LEASE, fd_take(&pin));
        if (why == -ENXIO && S_ISFIFO(st.st_mode) && (j->flags & O_ACCMODE) == O_WRONLY)
                return defer(j, WAIT_FIFO_READER, fd_take(&pin));
        return why;
}

/* ---- acting ----------------------------------------------------------------------------------------------------- */

/* What no policy allows: files that would show us more than they would show the caller. */
static int open_in_view(const struct job *j, const char *path, uint64_t flags)
{
        const struct view *view = &j->server->view;
        if (resolve_is_forbidden(path))
                return -EACCES;
        cleanup_fd int fd = view_open(view, path, flags, j->temporary ? j->mode : 0);
        if (fd >= 0 && (view_is_foreign_proc(view, fd) || !hosted_lists(view, path)))
                return -EACCES;
        return fd < 0 ? fd : fd_take(&fd);
}

/* What has the name now, where that is a single file that somebody outside has replaced; else what the view has. */
static int open_current(const struct job *j, const char *path, uint64_t flags)
{
        int fd = follow_open(j->server->follow, &j->server->view, path, flags);
        return fd == FOLLOW_CURRENT ? open_in_view(j, path, flags) : fd;
}

/* Opens what exists at a canonical path that the policy allows. /dev/tty is what it is for the caller, which may be another
 * path that the policy has to allow as well. */
static int open_allowed(struct job *j, const char *path)
{
        struct path own;
        if (!request_waiting(j->server, j->request))
                return -ESRCH;
        if (j->path_only)
                return open_current(j, path, j->flags);
        if (strcmp(path, TERMINAL) == 0) {
                int r = terminal_of(&j->server->view, j->request->tid, &own);
                if (r < 0 || !hosted_eval(j->server, j->request->edition, own.text, own.length, j->want).allow)
                        return -ENXIO;
                path = own.text;
        }
        int fd = open_current(j, path, j->flags | O_NONBLOCK);
        if (fd >= 0)
                return settle(j, fd);
        return !j->nonblock && (fd == -ENXIO || fd == -EAGAIN) ? open_later(j, path, fd) : fd;
}

/* A directory that no rule covers may be listed where it is the view's own, which has nothing in it but what leads to what is
 * granted. Where a pattern has brought the host's, it has the neighbours in it. */
static bool shows_too_much(const struct job *j, const struct verdict *v, int fd)
{
        return v->ancestor && !view_is_skeleton(&j->server->view, fd);
}

/* Without namespaces the way to everything is such a directory, and libraries look there for no reason of the program's. */
static int refuse_neighbours(const struct job *j, const struct path *p, unsigned want, const struct verdict *v)
{
        return j->server->view.hosted ? -EACCES : refuse(j, p->text, want, v);
}

/* A person decides. */
static int ask(struct job *j, const struct path *p, unsigned want, const struct verdict *v)
{
        struct asked what = {.path = p->text, .length = p->length, .want = want, .flags = (int)j->flags};
        int pin = open_current(j, p->text, O_PATH | (j->flags & O_DIRECTORY));
        return pin < 0 ? pin : asked_open(j->server, j->request, &what, v, pin, j->answer);
}

/* The same of a file that is to be made. */
static int ask_to_make(struct job *j, const struct path *p, const struct verdict *v)
{
        struct asked what = {.path = p->text, .length = p->length, .want = ACCESS_CREATE, .make = true, .mode = (mode_t)j->mode,
                             .flags = (int)j->flags | (j->exclusive ? O_EXCL : 0)};
        struct path directory = *p;
        path_pop(&directory);
        int pin = open_in_view(j, directory.text, O_PATH | O_DIRECTORY);
        return pin < 0 ? pin : asked_open(j->server, j->request, &what, v, pin, j->answer);
}

/* The policy does not allow what was asked at this text. Find out whether the text is canonical at all, whether it is only a
 * directory to be listed, and whether there is anything to refuse. */
static int open_denied(struct job *j, const struct path *p, const struct verdict *v)
{
        struct stat st;
        cleanup_fd int pin = view_open(&j->server->view, p->text, O_PATH, 0);
        if (pin == -ELOOP)
                return -ELOOP;
        if (pin >= 0 && j->want == ACCESS_READ && fstat(pin, &st) == 0 && S_ISDIR(st.st_mode)) {
                struct verdict list = hosted_eval(j->server, j->request->edition, p->text, p->length, ACCESS_LIST);
                bool listed = list.allow && !j->create;
                if (listed && !shows_too_much(j, &list, pin))
                        return open_in_view(j, p->text, j->flags | O_DIRECTORY);
                if (listed)
                        return refuse_neighbours(j, p, j->want, v);
                if (list.ask && !j->create)
                        return ask(j, p, ACCESS_LIST, &list);
        }
        bool covered = v->rule && (v->rule->class == CLASS_GRANT || v->ask);
        if (pin < 0 && covered)
                return pin; /* nothing there: the errno of a plain open, and nothing to report */
        return refuse(j, p->text, j->want, v);
}

/* Masked, it may be read, and is empty. A descriptor that is only a path shows no more than stat does. */
static int open_masked(struct job *j, const struct path *p, const struct verdict *v)
{
        int fd = mask_open(&j->server->view, v->rule, p->text, j->flags | O_NONBLOCK);
        return fd >= 0 ? settle(j, fd) : fd == -EACCES ? refuse(j, p->text, j->want, v) : fd;
}

static int open_existing(struct job *j, const struct path *p)
{
        struct verdict v = hosted_eval(j->server, j->request->edition, p->text, p->length, j->want);
        if (v.ask && !j->path_only)
                return ask(j, p, j->want, &v);
        if (!v.allow)
                return open_denied(j, p, &v);
        bool masked = v.rule && v.rule->class == CLASS_MASK && !j->path_only;
        int fd = masked ? open_masked(j, p, &v) : open_allowed(j, p->text);
        if (fd >= 0 && shows_too_much(j, &v, fd))
                return fd_close(fd), refuse_neighbours(j, p, j->want, &v);
        if (fd >= 0)
                record(j, p->text, j->want, &v, 0);
        else if (fd == -ENOENT && v.rule && (v.rule->implied || v.rule->scratch))
                record(j, p->text, j->want, &v, ENOENT); /* the private /tmp: the host may have what is missed here */
        return fd;
}

/* As the caller's own open would: its umask, in a thread whose umask is its own. */
static int create_new(struct job *j, const struct path *p)
{
        struct caller_status caller;
        int r = caller_status(j->server->view.proc, j->request->tid, &caller);
        if (r < 0)
                return r;
        if (!request_waiting(j->server, j->request))
                return -ESRCH;
        mode_t mode = modes_begin(j->server, (mode_t)j->mode, caller.umask);
        cleanup_fd int fd = view_open(&j->server->view, p->text, j->flags | O_CREAT | O_EXCL, mode);
        modes_end(j->server);
        r = fd < 0 ? fd : modes_settle(j->server, fd, (mode_t)j->mode, caller.umask);
        return r < 0 ? r : fd_take(&fd);
}

/* O_CREAT: open what exists, or else make it; each by its own verdict. O_EXCL is added for the making, so that the
 * verdict "may create" never opens a file that somebody else has just put there. */
static int open_or_create(struct job *j, const struct path *p)
{
        struct verdict may = hosted_eval(j->server, j->request->edition, p->text, p->length, ACCESS_CREATE);
        if (p->directory)
                return -EISDIR;
        for (int race = 0; race < RACES_MOST; race++) {
                uint64_t look = (uint64_t)(O_PATH | (j->exclusive ? O_NOFOLLOW : 0));
                cleanup_fd int there = view_open(&j->server->view, p->text, look, 0);
                if (there >= 0 || there != -ENOENT) {
                        if (there != -ELOOP && (there < 0 || j->exclusive) && may.error == ENOENT)
                                return refuse(j, p->text, ACCESS_CREATE, &may); /* and not as the kernel would: it is there */
                        if (there < 0)
                                return there;
                        return j->exclusive ? -EEXIST : open_existing(j, p);
                }
                if (!may.allow)
                        return may.ask ? ask_to_make(j, p, &may) : refuse(j, p->text, ACCESS_CREATE, &may);
                int fd = create_new(j, p);
                if (fd != -EEXIST || j->exclusive) {
                        if (fd >= 0)
                                record(j, p->text, ACCESS_CREATE, &may, 0);
                        return fd;
                }
        }
        return -EAGAIN;
}

/* An unnamed file: made in a directory where names may be created. The descriptor is the child's own, new and empty. */
static int open_temporary(struct job *j, const struct path *p)
{
        struct caller_status caller;
        struct verdict v = hosted_eval(j->server, j->request->edition, p->text, p->length, ACCESS_CREATE);
        if (!v.allow)
                return open_denied(j, p, &v);
        int r = caller_status(j->server->view.proc, j->request->tid, &caller);
        if (r < 0)
                return r;
        mode_t wanted_mode = (mode_t)j->mode;
        j->mode = modes_begin(j->server, wanted_mode, caller.umask);
        cleanup_fd int fd = open_allowed(j, p->text);
        modes_end(j->server);
        r = fd < 0 ? fd : modes_settle(j->server, fd, wanted_mode, caller.umask);
        if (r == 0)
                r = fd_take(&fd);
        if (r >= 0)
                record(j, p->text, ACCESS_CREATE, &v, 0);
        return r;
}

static int open_canonical(struct job *j, struct path *p)
{
        if (j->temporary)
                return open_temporary(j, p);
        if (j->create)
                return open_or_create(j, p);
        if (p->directory && !(j->flags & O_DIRECTORY)) {
                j->flags |= O_DIRECTORY;
                j->want = flags_want(j->flags);
        }
        return open_existing(j, p);
}

/* ---- where ------------------------------------------------------------------------------------------------------ */

/* No more than the descriptor already gives: a new description of the same object, or, where the file system refuses even that
 * (root's file, passed to a program that is not root), another descriptor for the one the caller has. A pipe never blocks. */
static int reopen_held(struct job *j, int held)
{
        struct stat st;
        int fd = view_reopen(&j->server->view, held, (int)j->flags | O_NONBLOCK);
        if (fd == -EACCES)
                return fcntl(held, F_DUPFD_CLOEXEC, 0);
        if (fd < 0)
                return fd;
        bool pipe = fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
        if (!pipe || j->nonblock)
                return settle(j, fd);
        fcntl(fd, F_SETFL, (int)(j->flags & STATUS_FLAGS));
        return fd;
}

/* A reopen through /proc/self/fd/N: no more than the descriptor already gives is given without asking the policy. More is a
 * new request on the object's own path, and only if that path still leads to the same object. */
static int open_held(struct job *j, int held)
{
        struct path p = {0};
        struct stat mine, named;
        int have = fcntl(held, F_GETFL), asked = (int)(j->flags & O_ACCMODE);
        if (have < 0)
                return -errno;
        bool within = (have & O_ACCMODE) == O_RDWR || (have & O_ACCMODE) == asked;
        bool writes = (have & O_ACCMODE) != O_RDONLY || !(j->flags & O_TRUNC);
        if (!(have & O_PATH) && within && writes && !j->exclusive && !j->temporary)
                return reopen_held(j, held);
        int r = view_path_of(&j->server->view, held, p.text, sizeof(p.text));
        if (r < 0)
                return -EACCES;
        p.length = strlen(p.text);
        cleanup_fd int pin = view_open(&j->server->view, p.text, O_PATH, 0);
        if (pin < 0 || fstat(pin, &named) < 0 || fstat(held, &mine) < 0 || named.st_dev != mine.st_dev ||
            named.st_ino != mine.st_ino)
                return -EACCES;
        return open_canonical(j, &p);
}

/* The path as asked is not canonical: find the one that is, and open that. */
static int open_resolved(struct job *j, const struct path *asked, bool *raced)
{
        struct resolved to = {.held = FD_NONE};
        *raced = false;
        bool walk = j->create || resolve_is_personal(asked->text);
        int r = walk ? -ELOOP : resolve_pinned(j->server, asked, j->follow, &to.path);
        if (r == -ELOOP || r == -ENOENT)
                r = resolve_walk(j->server, j->request, asked, j->follow, &to);
        if (r < 0)
                return resolve_error(j->server, j->request, asked, j->follow, r);
        cleanup_fd int held = to.held;
        int fd = held >= 0 ? open_held(j, held) : open_canonical(j, &to.path);
        *raced = fd == -ELOOP && j->follow;
        return fd;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------- */

static int locate_and_open(struct job *j)
{
        const struct request *r = j->request;
        struct path asked;
        char base[PATH_MAX];
        int bad = 0;

        strcpy(base, "/");
        if (r->path[0] != '/' || (r->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)))
                bad = caller_base(j->server->view.proc, r->tid, r->dirfd, base, sizeof(base));
        if (bad < 0)
                return bad;
        bad = r->resolve ? resolve_scoped(j->server, r, base, j->follow, j->create, &asked) : path_join(&asked, base, r->path);
        if (bad < 0 || r->resolve)
                return bad < 0 ? bad : open_canonical(j, &asked);

        if (asked.directory) { /* a slash at the end: what a link leads to is meant, whatever O_NOFOLLOW says */
                j->follow = true;
                j->flags &= ~(uint64_t)O_NOFOLLOW;
        }
        bool raced = true;
        int fd = -ELOOP;
        if (!asked.dotdot && !resolve_is_personal(asked.text))
                fd = open_canonical(j, &asked);
        for (int race = 0; fd == -ELOOP && raced && race < RACES_MOST; race++)
                fd = open_resolved(j, &asked, &raced);
        return fd;
}

void open_serve(struct server *s, const struct request *r, struct answer *out)
{
        struct job j = {.server = s, .request = r, .answer = out};
        int result = shape(&j);
        if (result == 0)
                result = locate_and_open(&j);
        if (out->deferred)
                return;
        out->fd = result >= 0 ? result : FD_NONE;
        out->error = result < 0 ? -result : 0;
}
