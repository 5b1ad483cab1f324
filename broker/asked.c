/* Asking takes time, in which names can come to lead elsewhere and policies can change. So the object is pinned before anybody is
 * asked, and what is opened after a yes is that object, if it still has the path that was shown, under the policy that counts by
 * then. A new file is made in the directory that was pinned. Only files and directories are asked about: opening anything else
 * can have effects of its own, or wait. */
#include "broker/asked.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "broker/asker.h"
#include "broker/caller.h"
#include "broker/follow.h"
#include "broker/hosted.h"
#include "broker/modes.h"
#include "broker/waiter.h"

enum { STATUS_FLAGS = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME };

static void record(struct server *s, const struct request *r, const struct asked *what, const struct verdict *v, int end,
                   int error)
{
        const struct audit_event event = {
                .path = what->path,
                .asked = r->path,
                .want = what->want,
                .verdict = v,
                .ask = end,
                .error = error,
                .request = r,
                .proc = s->view.proc,
        };
        audit_record(s->audit, &event);
}

static int refuse(struct server *s, const struct request *r, const struct asked *what, const struct verdict *v, int end)
{
        int error = v->error ? v->error : EACCES;
        record(s, r, what, v, end, error);
        return -error;
}

/* What was pinned still has the path that a person was shown; of a new file, its directory has. */
static bool leads_there(const struct server *s, const struct asked *what, int pin)
{
        char now[PATH_MAX];
        const char *last = strrchr(what->path, '/');
        size_t length = !what->make ? what->length : last == what->path ? 1 : (size_t)(last - what->path);
        bool known = follow_path(s->follow, &s->view, pin, now, sizeof(now)) ||
                     view_path_of(&s->view, pin, now, sizeof(now)) == 0;
        return known && strlen(now) == length && memcmp(now, what->path, length) == 0;
}

static int open_pinned(const struct server *s, const struct asked *what, int pin)
{
        struct stat before, after;
        bool writes = (what->want & ACCESS_WRITE) != 0;
        if (fstat(pin, &before) < 0 || (writes && modes_lend_identity(before.st_mode)))
                return -EPERM;
        cleanup_fd int fd = view_reopen(&s->view, pin, what->flags | O_NONBLOCK);
        if (fd >= 0 && (fstat(fd, &after) < 0 || (writes && modes_lend_identity(after.st_mode))))
                return -EPERM;
        return fd < 0 ? fd : fd_take(&fd);
}

/* As the caller's own open would; and what somebody else has put there meanwhile is not opened. */
static int make(struct server *s, const struct request *r, const struct asked *what, int directory)
{
        struct caller_status caller;
        int bad = caller_status(s->view.proc, r->tid, &caller);
        if (bad < 0)
                return bad;
        mode_t mode = modes_begin(s, what->mode, caller.umask);
        cleanup_fd int fd = view_make(directory, strrchr(what->path, '/') + 1, (uint64_t)what->flags, mode);
        modes_end(s);
        bad = fd < 0 ? fd : modes_settle(s, fd, what->mode, caller.umask);
        return bad < 0 ? bad : fd_take(&fd);
}

int asked_answered(struct server *s, const struct request *r, const struct asked *what, int end, int pin)
{
        struct verdict v = hosted_eval(s, r->edition, what->path, what->length, what->want);

        if (!ask_end_allows(end) || !(v.allow || v.ask))
                return refuse(s, r, what, &v, v.ask ? end : 0);
        if (!leads_there(s, what, pin)) {
                v.error = EACCES;
                return refuse(s, r, what, &v, CORDON_ASK_CHANGED);
        }
        if (!request_waiting(s, r))
                return -ESRCH;
        int fd = what->make ? make(s, r, what, pin) : open_pinned(s, what, pin);
        if (fd >= 0 && fcntl(fd, F_SETFL, what->flags & (O_NONBLOCK | STATUS_FLAGS)) < 0) {
                fd_close(fd);
                return -errno;
        }
        if (fd == -EEXIST && !(what->flags & O_EXCL))
                return -EAGAIN; /* somebody has just made it: that may be opened, but was not asked about */
        if (fd >= 0 || fd == -EAGAIN)
                record(s, r, what, &v, v.ask ? end : 0, 0);
        return fd;
}

/* What cannot be asked about, or need not be: 0, or the answer. To read a directory is to list it. */
static int shape(struct server *s, const struct request *r, struct asked *what, const struct verdict *v, int object)
{
        struct stat st;

        if (fstat(object, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
                return refuse(s, r, what, v, CORDON_ASK_NEVER);
        what->file = S_ISREG(st.st_mode);
        if (!what->file && (what->want & ACCESS_WRITE))
                return -EISDIR;
        if (!what->file && !what->make)
                what->want = ACCESS_LIST;
        return 0;
}

int asked_open(struct server *s, const struct request *r, struct asked *what, const struct verdict *v, int pin,
               struct answer *out)
{
        cleanup_fd int object = pin;
        struct question *q;
        int bad = shape(s, r, what, v, object);

        if (bad < 0)
                return bad;
        int end = asker_ask(s->asker, s, r, what, v->rule, &q);
        if (!end) {
                bad = waiter_ask(s->waiter, r, q, fd_take(&object), what);
                out->deferred = bad == 0;
                return bad == 0 ? 0 : refuse(s, r, what, v, CORDON_ASK_MANY);
        }
        int fd = ask_end_allows(end) ? asked_answered(s, r, what, end, object) : refuse(s, r, what, v, end);
        bool waits = fd == -EAGAIN && asked_may_wait(what);
        if (waits && (fd = waiter_add(s->waiter, r, WAIT_LEASE, fd_take(&object), what->flags)) == 0)
                out->deferred = true;
        return fd;
}
