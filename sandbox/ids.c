/* Who the program is: one id, with a number outside, which is what its files belong to, and a number inside, which is what it
 * sees. Outside, an ordinary user stays who he is, which he may map himself. Root becomes nobody, unless the policy says that
 * root is meant; only a privileged process outside can map an id that is not its own, so there the child waits for its
 * parent's word. The number inside is the same one, unless the policy names another: it gives no rights.
 * The ids are set before anything is mounted, since what the kernel makes in the new namespace needs a mapped owner.
 *
 * The raw calls are meant: those of libc set the ids of all threads, and wait for threads that the child does not have. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/idmap.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

void ids_prepare(struct setup *s)
{
        const struct world *w = s->world;
        bool nobody = s->root && w->user != USER_OWN;

        s->uid = nobody ? SETUP_ROOT_ID : geteuid();
        s->gid = nobody ? SETUP_ROOT_ID : getegid();
        s->uid_inside = w->user == USER_ROOT ? 0 : w->user == USER_ID ? w->uid : s->uid;
        s->gid_inside = w->user == USER_ROOT ? 0 : w->user == USER_ID ? w->gid : s->gid;
        snprintf(s->uid_map, sizeof(s->uid_map), "%u %u 1", s->uid_inside, s->uid);
        snprintf(s->gid_map, sizeof(s->gid_map), "%u %u 1", s->gid_inside, s->gid);
}

int ids_write_maps(const struct setup *s, pid_t pid, int to_child, cordon_error *err)
{
        int result = idmap_write(pid, "uid_map", s->uid_map);

        if (result == 0)
                result = idmap_write(pid, "gid_map", s->gid_map);
        if (result < 0)
                return error_set(err, -result, "cannot map the sandbox to user and group %u: %s", s->uid,
                                 error_text(-result));
        /* One byte: the word that the child waits for. */
        result = fd_send(to_child, "", 1, NULL, 0);
        /* A child that is gone has said why over the same socket. */
        return result == -EPIPE || result == -ECONNRESET ? 0 : result;
}

static int write_own(struct setup *s, const char *path, const char *text)
{
        s->detail = path;
        cleanup_fd int fd = SYS_CALL(openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return fd;
        int written = SYS_CALL(write, fd, text, strlen(text));
        return written < 0 ? written : 0;
}

static int map_self(struct setup *s)
{
        int result = write_own(s, "/proc/self/setgroups", "deny");

        if (result == 0)
                result = write_own(s, "/proc/self/uid_map", s->uid_map);
        if (result == 0)
                result = write_own(s, "/proc/self/gid_map", s->gid_map);
        return result;
}

static int wait_for_maps(struct setup *s)
{
        struct fd_received got;
        char word;

        int result = fd_receive(s->control, &word, 1, &got, 0, 0);
        if (result < 0)
                return result;
        s->detail = "supplementary groups";
        return SYS_CALL(setgroups, (size_t)0, NULL);
}

int ids_become(struct setup *s, uid_t uid, gid_t gid)
{
        s->detail = "group id";
        int result = SYS_CALL(setresgid, gid, gid, gid);
        if (result < 0)
                return result;
        s->detail = "user id";
        return SYS_CALL(setresuid, uid, uid, uid);
}

int ids_enter(struct setup *s)
{
        if (s->plan->hosted)
                return hosted_ids(s);
        int result = s->root ? wait_for_maps(s) : map_self(s);
        return result < 0 ? result : ids_become(s, s->uid_inside, s->gid_inside);
}
