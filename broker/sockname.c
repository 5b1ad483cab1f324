/* A name for a socket, in a directory that was vetted and is pinned, under an address that others will see.
 *
 * bind(2) knows no directory to start from, and the kernel keeps the text that it was given: getsockname(2) and every peer
 * read it for as long as the socket lives, and programs connect to what they read (Python's multiprocessing does). So the
 * text has to be the caller's, and has to lead to our pin, whatever the sandbox does to the directories on the way meanwhile.
 *
 * A text without directories is bound by our own thread, standing in the pinned one. For any other there is a root directory
 * made up for it: a mount namespace of a helper's own, a tmpfs in it, directories with the names in the text, and the last of
 * them a link through /proc/self/fd to the pin. The helper shares memory and descriptors with us, as vfork(2)'s child does, so
 * that there is nothing to copy; as an ordinary user it makes all that in a user namespace of its own. Before it binds it
 * gives up what capabilities it has. Where that can't be done, or there is a ".." in the text, the address is the last name
 * alone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/socket.h"

#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE (SIOCPROTOPRIVATE + 0)
#endif

/* ---- the helper --------------------------------------------------------------------------------------------------------- */

struct job {
        int socket, directory;
        bool privileged;
        mode_t mask; /* the caller's */
        const struct address *as;
        char names[sizeof(((struct sockaddr_un *)0)->sun_path) + 1]; /* of the directories, each terminated; "" behind the last */
        char own_map[2][32];                                         /* of users and of groups */
        int result;                                                  /* 0, -errno of bind(2), or */
        bool failed;                                                 /* nothing was bound: there is no such root directory */
};

#define OURS "\001" /* where /proc is in the made-up root */

static bool put(const char *file, const char *text)
{
        cleanup_fd int fd = open(file, O_WRONLY | O_CLOEXEC);
        return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool set_capabilities(bool all_permitted)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {{0}};

        if (all_permitted && syscall(SYS_capget, &header, data) < 0)
                return false;
        for (int i = 0; i < 2; i++) {
                data[i].effective = data[i].permitted;
                data[i].inheritable = 0;
        }
        return syscall(SYS_capset, &header, data) == 0;
}

/* What a tmpfs has in it belongs to somebody: the user namespace must know him. */
static bool become_somebody(const struct job *j)
{
        if (j->privileged)
                return set_capabilities(true);
        return put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", j->own_map[0]) &&
               put("/proc/self/gid_map", j->own_map[1]);
}

static bool make_root(void)
{
        cleanup_fd int proc = (int)syscall(SYS_open_tree, AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        return proc >= 0 && mount("none", "/proc", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && /* nobody else's is to be covered */
               mount("none", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=256k,mode=700") == 0 &&
               chdir("/proc") == 0 && mkdir(OURS, 0700) == 0 &&
               syscall(SYS_move_mount, proc, "", AT_FDCWD, OURS, MOVE_MOUNT_F_EMPTY_PATH) == 0 && chroot(".") == 0;
}

static bool make_way(const struct job *j)
{
        char link[32];
        const char *name = j->names;

        for (const char *next; *(next = name + strlen(name) + 1); name = next)
                if (mkdir(name, 0700) < 0 || chdir(name) < 0)
                        return false;
        snprintf(link, sizeof(link), "/" OURS "/self/fd/%d", j->directory);
        return symlink(link, name) == 0 && chdir("/") == 0;
}

static int helper_main(void *arg)
{
        struct job *j = arg;
        bool in_root = j->names[0] == '\0'; /* "/name": the pin itself is the root */

        j->failed = !become_somebody(j) ||
                    (in_root ? fchdir(j->directory) < 0 || chroot(".") < 0 : !make_root() || !make_way(j)) ||
                    !set_capabilities(false);
        umask(j->mask);
        if (!j->failed)
                j->result = bind(j->socket, &j->as->any, j->as->length) < 0 ? -errno : 0;
        return 0;
}

static bool run_helper(const struct server *s, struct job *j)
{
        _Alignas(16) char stack[32 * 1024];
        int flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_NEWNS | (j->privileged ? 0 : CLONE_NEWUSER);

        thread_raise(s, true);
        pid_t pid = clone(helper_main, stack + sizeof(stack), flags, j);
        thread_raise(s, false);
        if (pid < 0)
                return false;
        while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
                ;
        return !j->failed;
}

/* ---- which way ---------------------------------------------------------------------------------------------------------- */

/* The names of the directories in the text. False where there is one that can't be made up. */
static bool split(struct job *j, const char *text)
{
        const char *last = strrchr(text, '/');
        size_t used = 0;

        for (const char *at = text; last && at < last; at++) {
                size_t length = strcspn(at, "/");
                bool here = length == 1 && at[0] == '.', up = length == 2 && at[0] == '.' && at[1] == '.';
                if (up || (length == 1 && at[0] == OURS[0]))
                        return false;
                if (length > 0 && !here) {
                        memcpy(j->names + used, at, length);
                        used += length + 1;
                }
                at += length;
        }
        return true;
}

/* From within the directory, by the last name: it is what the address shows then. */
static int bind_here(const struct server *s, const struct job *j, const struct address *as)
{
        if (fchdir(j->directory) < 0)
                return -errno;
        umask(j->mask);
        int bad = bind(j->socket, &as->any, as->length) < 0 ? -errno : 0;
        umask(0);
        if (fchdir(s->view.proc) < 0) /* nothing of the sandbox's is to be held */
                return -errno;
        return bad;
}

static struct address last_alone(const char *last)
{
        struct address a = {.local.sun_family = AF_UNIX};
        strncpy(a.local.sun_path, last, sizeof(a.local.sun_path) - 1); /* a part of such a text itself */
        a.length = (unsigned)(offsetof(struct sockaddr_un, sun_path) + strlen(a.local.sun_path) + 1);
        return a;
}

int sockname_bind(const struct server *s, int socket, const struct address *as, const struct place *at, mode_t mask)
{
        char text[sizeof(as->local.sun_path) + 1] = "";
        struct job j = {
                .socket = socket,
                .directory = at->directory,
                .privileged = s->privileged,
                .mask = mask,
                .as = as,
                .failed = true,
        };

        memcpy(text, as->local.sun_path, as->length - offsetof(struct sockaddr_un, sun_path));
        snprintf(j.own_map[0], sizeof(j.own_map[0]), "%u %u 1", s->uid, s->uid);
        snprintf(j.own_map[1], sizeof(j.own_map[1]), "%u %u 1", s->gid, s->gid);
        bool plain = split(&j, text);
        if (plain && text[0] != '/' && j.names[0] == '\0')
                return bind_here(s, &j, as);
        if (plain && run_helper(s, &j))
                return j.result;
        struct address short_one = last_alone(at->last);
        return bind_here(s, &j, &short_one);
}

/* ---- what was made ------------------------------------------------------------------------------------------------------ */

/* The number of the file that the socket is bound to, as far as the kernel tells it: the low half. */
static bool bound_number(int fd, uint32_t *number)
{
        struct {
                struct nlmsghdr header;
                struct unix_diag_req about;
        } ask = {{sizeof(ask), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0},
                 {.sdiag_family = AF_UNIX, .udiag_show = UDIAG_SHOW_VFS}};
        union {
                struct nlmsghdr header;
                char bytes[1024];
        } reply;
        uint64_t cookie;
        socklen_t size = sizeof(cookie);
        struct stat st;

        if (fstat(fd, &st) < 0 || getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) < 0)
                return false;
        ask.about.udiag_ino = (uint32_t)st.st_ino;
        ask.about.udiag_cookie[0] = (uint32_t)cookie;
        ask.about.udiag_cookie[1] = (uint32_t)(cookie >> 32);
        cleanup_fd int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
        if (netlink < 0 || send(netlink, &ask, sizeof(ask), 0) != (ssize_t)sizeof(ask))
                return false;
        ssize_t got = recv(netlink, &reply, sizeof(reply), MSG_DONTWAIT);
        if (got < (ssize_t)NLMSG_SPACE(sizeof(struct unix_diag_msg)) || reply.header.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
            reply.header.nlmsg_len > (size_t)got)
                return false;
        size_t left = reply.header.nlmsg_len - NLMSG_SPACE(sizeof(struct unix_diag_msg));
        const struct rtattr *a = (void *)(reply.bytes + NLMSG_SPACE(sizeof(struct unix_diag_msg)));
        for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
                struct unix_diag_vfs file;
                if (a->rta_type != UNIX_DIAG_VFS || RTA_PAYLOAD(a) < sizeof(file))
                        continue;
                memcpy(&file, RTA_DATA(a), sizeof(file));
                *number = file.udiag_vfs_ino;
                return true;
        }
        return false;
}

/* The kernel opens it for whoever rules the socket's network. The host's we do not: there it says the number, and what has the
 * name must have that number, or it is something else that was put in its place. */
int sockname_file(int socket, const struct place *at)
{
        uint32_t number;
        struct stat found, around;
        int fd = ioctl(socket, SIOCUNIXFILE, 0);

        if (fd >= 0)
                return fd;
        cleanup_fd int pin = openat(at->directory, strrchr(at->path.text, '/') + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (pin < 0 || !bound_number(socket, &number) || fstat(pin, &found) < 0 || fstat(at->directory, &around) < 0)
                return -ENOENT;
        bool it = S_ISSOCK(found.st_mode) && (uint32_t)found.st_ino == number && found.st_dev == around.st_dev;
        return it ? fd_take(&pin) : -ENOENT;
}
