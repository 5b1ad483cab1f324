/* Two things cannot be left to the kernel when it resolves in our name instead of the caller's: /proc/self, which would be
 * nobody (we are not in that pid namespace) or us, and the magic links below /proc/PID, which lead out of any view. The walk
 * replaces the first by the caller's number and the second by the path that the link shows; the path is then vetted and opened
 * like any other, with no symlink allowed, so that a race can only make it fail. */
#include "broker/resolve.h"


#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/hosted.h"

enum { LINKS_MOST = 40 }; /* as the kernel's MAXSYMLINKS */

/* For "/proc/12", "/proc/12/x", "/proc/12/task/13/x": the first number, and what follows ("" or "/x"). NULL for others. */
static const char *after_pid(const char *path, pid_t *pid)
{
        if (strncmp(path, "/proc/", 6) != 0 || !isdigit((unsigned char)path[6]))
                return NULL;
        char *end;
        *pid = (pid_t)strtol(path + 6, &end, 10);
        if (*end != '\0' && *end != '/')
                return NULL;
        if (strncmp(end, "/task/", 6) == 0 && isdigit((unsigned char)end[6])) {
                char *deeper;
                strtol(end + 6, &deeper, 10);
                if (*deeper == '\0' || *deeper == '/')
                        end = deeper;
        }
        return end;
}

bool resolve_is_personal(const char *path)
{
        static const char *const tops[] = {"/proc/self", "/proc/thread-self", "/dev/fd",
                                           "/dev/stdin", "/dev/stdout",       "/dev/stderr"};
        pid_t pid;
        for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
                if (path_within(path, tops[i]))
                        return true;
        }
        return after_pid(path, &pid) != NULL;
}

bool resolve_is_forbidden(const char *path)
{
        static const char *const never[] = {"/mem", "/map_files", "/ns", "/pagemap", "/syscall", "/stack", "/clear_refs"};
        static const char *const of_init[] = {"", "/stat", "/status", "/statm", "/comm", "/cgroup", "/task"};
        pid_t pid;
        const char *rest = after_pid(path, &pid);

        if (path_within(path, "/proc/sysvipc"))
                return true; /* shows the queues and segments of whoever opens it: the host's */
        if (!rest)
                return false;
        for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
                if (path_within(rest, never[i]))
                        return true;
        }
        if (pid != 1)
                return false;
        for (size_t i = 0; i < sizeof(of_init) / sizeof(of_init[0]); i++) {
                if (strcmp(rest, of_init[i]) == 0)
                        return false;
        }
        return true;
}

int resolve_pinned(const struct server *s, const struct path *asked, bool follow, struct path *out)
{
        cleanup_fd int fd = view_pin(&s->view, asked->text, follow);
        if (fd < 0)
                return fd;
        *out = (struct path){.directory = asked->directory};
        int r = view_path_of(&s->view, fd, out->text, sizeof(out->text));
        out->length = r < 0 ? 0 : strlen(out->text);
        return r;
}

/* ---- the walk --------------------------------------------------------------------------------------------------- */

struct walk {
        const struct server *server;
        const struct request *request;
        struct path at;            /* canonical so far */
        char todo[2 * PATH_MAX];   /* what is left to resolve */
        char link[PATH_MAX];
        unsigned links;
        bool follow;
        struct caller_status caller; /* tgid 0: not asked yet */
};

/* Puts a link's text before what is left, and starts at the root again if it is absolute. */
static int splice_link(struct walk *w, const char *text)
{
        size_t length = strlen(text), left = strlen(w->todo);
        if (++w->links > LINKS_MOST)
                return -ELOOP;
        if (length + 1 + left >= sizeof(w->todo))
                return -ENAMETOOLONG;
        memmove(w->todo + length + 1, w->todo, left + 1);
        memcpy(w->todo, text, length);
        w->todo[length] = '/';
        if (left == 0)
                w->todo[length] = '\0';
        if (text[0] == '/') {
                w->at.length = 1;
                strcpy(w->at.text, "/");
        }
        return 0;
}

/* Takes the next component out of what is left; its length, 0 at the end. */
static size_t next_component(struct walk *w, char *name)
{
        const char *at = w->todo + strspn(w->todo, "/");
        size_t length = strcspn(at, "/");
        memcpy(name, at, length);
        name[length] = '\0';
        at += length;
        at += strspn(at, "/");
        memmove(w->todo, at, strlen(at) + 1);
        return length;
}

static int know_caller(struct walk *w)
{
        if (w->caller.tgid != 0)
                return 0;
        return caller_status(w->server->view.proc, w->request->tid, &w->caller);
}

/* "/proc/self" and "/proc/thread-self": the text they have for the caller. */
static int self_text(struct walk *w, const char *name)
{
        int r = know_caller(w);
        if (r < 0)
                return r;
        if (strcmp(name, "self") == 0)
                snprintf(w->link, sizeof(w->link), "%d", w->caller.ns_tgid);
        else
                snprintf(w->link, sizeof(w->link), "%d/task/%d", w->caller.ns_tgid, w->caller.ns_tid);
        return 0;
}

/* "/proc/PID/fd/N", as the last component: the descriptor itself, which only its owner may reopen. */
static int hold(struct walk *w, pid_t pid, const char *number, int *held)
{
        char *end;
        long fd = strtol(number, &end, 10);
        int r = know_caller(w);
        if (r < 0)
                return r;
        if (*end || end == number || fd < 0 || fd > INT_MAX)
                return -ENOENT;
        if (pid != w->caller.ns_tgid)
                return -EACCES;
        r = caller_descriptor(&w->caller, (int)fd);
        if (r < 0)
                return r == -EBADF ? -ENOENT : r;
        *held = r;
        return 0;
}

/* The text of a magic link: the view's path of what it points to. */
static int magic_text(struct walk *w, const char *name)
{
        struct path link = w->at;
        int r = path_push(&link, name, strlen(name));
        if (r < 0)
                return r;
        cleanup_fd int fd = view_open(&w->server->view, link.text, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return fd;
        ssize_t length = readlinkat(fd, "", w->link, sizeof(w->link));
        if (length < 0)
                return -errno;
        if ((size_t)length >= sizeof(w->link))
                return -ENAMETOOLONG;
        w->link[length] = '\0';
        return w->link[0] == '/' ? 0 : -ENOTDIR;
}

enum magic { MAGIC_NONE, MAGIC_TEXT, MAGIC_HELD };

/* Is `name` in the directory reached a link that only the caller's eyes can follow? */
static int magic(struct walk *w, const char *name, bool last, int *held)
{
        static const char *const links[] = {"cwd", "exe", "root"};
        pid_t pid;
        int r;

        if (strcmp(w->at.text, "/proc") == 0 && (strcmp(name, "self") == 0 || strcmp(name, "thread-self") == 0)) {
                r = self_text(w, name);
                return r < 0 ? r : MAGIC_TEXT;
        }
        const char *rest = after_pid(w->at.text, &pid);
        if (!rest)
                return MAGIC_NONE;
        if (strcmp(rest, "/ns") == 0 || strcmp(rest, "/map_files") == 0 || pid == 1)
                return last && !w->follow ? MAGIC_NONE : (pid == 1 ? MAGIC_NONE : -EACCES);
        if (strcmp(rest, "/fd") == 0) {
                r = last ? hold(w, pid, name, held) : magic_text(w, name);
                return r < 0 ? r : (last ? MAGIC_HELD : MAGIC_TEXT);
        }
        for (size_t i = 0; *rest == '\0' && i < sizeof(links) / sizeof(links[0]); i++) {
                if (strcmp(name, links[i]) == 0) {
                        r = i == 2 ? (strcpy(w->link, "/"), 0) : magic_text(w, name);
                        return r < 0 ? r : MAGIC_TEXT;
                }
        }
        return MAGIC_NONE;
}

/* Goes one component down. 1: it is a symlink, its text is in w->link. */
static int step(struct walk *w, const char *name, size_t length, bool last)
{
        int r = path_push(&w->at, name, length);
        if (r < 0 || (last && !w->follow))
                return r;
        cleanup_fd int fd = view_open(&w->server->view, w->at.text, O_PATH | O_NOFOLLOW, 0);
        if (fd < 0)
                return last && fd == -ENOENT ? 0 : fd;
        struct stat st;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISLNK(st.st_mode))
                return last || S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
        if (view_is_foreign_proc(&w->server->view, fd))
                return -EACCES;

        ssize_t got = readlinkat(fd, "", w->link, sizeof(w->link));
        if (got < 0)
                return -errno;
        if ((size_t)got >= sizeof(w->link))
                return -ENAMETOOLONG;
        w->link[got] = '\0';
        path_pop(&w->at);
        return 1;
}

/* To the directory above, for which the kernel wants this one to be passable, as for any name in it. */
static int go_up(struct walk *w)
{
        struct path here = w->at;
        int r = path_push(&here, ".", 1);
        cleanup_fd int fd = r < 0 ? r : view_open(&w->server->view, here.text, O_PATH | O_DIRECTORY, 0);
        if (fd >= 0)
                path_pop(&w->at);
        return fd < 0 ? fd : 0;
}

/* Where it would have led: as far as it came, and the rest as it is, up to where it goes back. */
static void stay(struct walk *w, struct resolved *out)
{
        char name[PATH_MAX];
        size_t length;
        while ((length = next_component(w, name)) > 0 && strcmp(name, "..") != 0) {
                if (strcmp(name, ".") != 0 && path_push(&w->at, name, length) < 0)
                        break;
        }
        out->path = w->at;
}

int resolve_walk(const struct server *s, const struct request *r, const struct path *asked, bool follow,
                 struct resolved *out)
{
        struct walk w = {.server = s, .request = r, .at = {.length = 1, .text = "/"}, .follow = follow};
        char name[PATH_MAX];
        size_t length;

        out->held = FD_NONE;
        memcpy(w.todo, asked->text, asked->length + 1);
        while ((length = next_component(&w, name)) > 0) {
                bool last = w.todo[0] == '\0';
                if (strcmp(name, "..") == 0) {
                        int up = go_up(&w);
                        if (up < 0) {
                                stay(&w, out);
                                return up;
                        }
                        continue;
                }
                if (strcmp(name, ".") == 0)
                        continue;
                int got = last && !follow ? MAGIC_NONE : magic(&w, name, last, &out->held);
                if (got == MAGIC_HELD)
                        return 0;
                bool link = got == MAGIC_TEXT;
                if (got == MAGIC_NONE) {
                        got = step(&w, name, length, last);
                        link = got == 1;
                }
                if (link)
                        got = splice_link(&w, w.link);
                if (got < 0) {
                        stay(&w, out);
                        return got;
                }
        }
        out->path = w.at;
        out->path.directory = asked->directory;
        return 0;
}

static bool is_hidden(const struct server *s, const struct request *r, const struct path *p)
{
        struct verdict v = hosted_eval(s, r->edition, p->text, p->length, ACCESS_LIST);
        return v.error == ENOENT; /* by `hide`, or for want of any rule; not for text with ".." in it */
}

int resolve_error(const struct server *s, const struct request *r, const struct path *asked, bool follow, int error)
{
        struct resolved to;
        if (error != -EACCES && error != -ENOTDIR)
                return error;
        resolve_walk(s, r, asked, follow, &to); /* as far as it comes */
        bool held = to.held >= 0;
        fd_close(to.held);
        return !held && is_hidden(s, r, &to.path) ? -ENOENT : error;
}
