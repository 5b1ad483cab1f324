/* A sandbox without namespaces, where whoever starts it has accepted that. The program is a process among the host's. What makes
 * it a sandbox all the same:
 *
 *   pid 1 is no pid 1, but gets all orphans (PR_SET_CHILD_SUBREAPER), so that whoever daemonises stays a descendant of it; it
 *   signals its own children alone, whose numbers nobody else can have before it has reaped them; what they leave behind are its
 *   children next, until there are none.
 *
 *   Landlock lets nothing be reached but what may be executed, and keeps signals and ptrace(2) within its domain. pid 1 is in it,
 *   so the program enters a second one, whose scope ends before pid 1.
 *
 * All opens, names and metadata are the broker's (policy/plan_hosted.c). */
#include <string.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/landlock.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

/* ---- the parent's refusals ------------------------------------------------------------------------------------------- */

int hosted_check(const struct setup *s, cordon_error *err)
{
        int abi = landlock_abi();

        if (s->plan->lacks & LACK_NOTIFY)
                return error_set(err, EOPNOTSUPP,
                                 "no-userns and no-notify cannot both be done without: nobody would vet an open");
        if (abi < LANDLOCK_ABI_SCOPE)
                return error_set(err, EOPNOTSUPP,
                                 "no-userns needs Landlock ABI %d (Linux 6.12), which keeps signals from the host's processes; "
                                 "this kernel has %d",
                                 LANDLOCK_ABI_SCOPE, abi);
        cleanup_fd int children = SYS_CALL(openat, AT_FDCWD, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
        if (children < 0)
                return error_set(err, EOPNOTSUPP,
                                 "no-userns needs /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN), to end what the program "
                                 "leaves behind: %s",
                                 error_text(-children));
        return 0;
}

/* ---- pid 1 ----------------------------------------------------------------------------------------------------------- */

int hosted_reaper(struct setup *s)
{
        s->detail = "/proc/thread-self/children";
        s->children = SYS_CALL(openat, AT_FDCWD, s->detail, O_RDONLY | O_CLOEXEC);
        if (s->children < 0)
                return s->children;
        s->detail = "subreaper";
        return SYS_CALL(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Root becomes who it becomes elsewhere; anybody else is who he is. */
int hosted_ids(struct setup *s)
{
        if (!s->root)
                return 0;
        s->detail = "supplementary groups";
        int result = SYS_CALL(setgroups, (size_t)0, NULL);
        if (result < 0)
                return result;
        s->detail = "group id";
        result = SYS_CALL(setresgid, s->gid, s->gid, s->gid);
        if (result < 0)
                return result;
        s->detail = "user id";
        return SYS_CALL(setresuid, s->uid, s->uid, s->uid);
}

static int allow_executing(struct setup *s, const struct view_step *step)
{
        const struct plan_mount *m = step->mount;

        s->detail = m->path;
        cleanup_fd int source = sys_open_path(AT_FDCWD, m->path, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        bool absent = source == -ENOENT || source == -EACCES || source == -ENOTDIR;
        if (source < 0)
                return absent && m->optional ? 0 : source;
        return landlock_allow(s->ruleset, s->landlock_abi, source, step->rights);
}

int hosted_view(struct setup *s)
{
        int result = 0;

        for (size_t i = 0; i < s->step_count && result == 0; i++)
                result = allow_executing(s, &s->steps[i]);
        return result;
}

int hosted_part(struct setup *s)
{
        s->apart = landlock_create_scope();
        return s->apart < 0 ? s->apart : 0;
}

/* ---- the program's process ------------------------------------------------------------------------------------------- */

/* Should somebody outside kill pid 1, the program goes with it; what the program has started, the kernel does not know for
 * ours. */
int hosted_leave(const struct setup *s)
{
        int result = SYS_CALL(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (result == 0 && s->new_session) /* pid 1 leads the session, and so the process group that we are in */
                result = SYS_CALL(setpgid, 0, 0);
        return result < 0 ? result : landlock_enforce(s->apart);
}

/* ---- signals to all of it -------------------------------------------------------------------------------------------- */

/* Reads one number after the other from a list of any length. */
struct numbers {
        int fd;
        long long at;
        char text[512];
        int have, next;
};

static int next_byte(struct numbers *n)
{
        if (n->next == n->have) {
                n->have = SYS_CALL(pread64, n->fd, n->text, sizeof(n->text), n->at);
                n->next = 0;
                if (n->have <= 0)
                        return -1;
                n->at += n->have;
        }
        return (unsigned char)n->text[n->next++];
}

static pid_t next_number(struct numbers *n)
{
        pid_t number = 0;
        int byte = next_byte(n);

        while (byte >= '0' && byte <= '9') {
                number = number * 10 + (byte - '0');
                byte = next_byte(n);
        }
        return number;
}

/* The list may leave some out while others end: who wants all of them asks again. */
void hosted_signal(const struct setup *s, int signal)
{
        struct numbers n = {.fd = s->children};

        for (pid_t pid = next_number(&n); pid > 0; pid = next_number(&n))
                SYS_CALL(kill, pid, signal);
}
