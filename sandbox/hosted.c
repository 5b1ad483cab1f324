/* A sandbox without namespaces, where whoever starts it has accepted that. The program is a process among the host's. What makes
 * it a sandbox all the same:
 *
 *   Landlock lets nothing be reached but what may be executed, and keeps signals and ptrace(2) within its domain. pid 1 is in it,
 *   so the program enters a second one, whose scope ends before pid 1.
 *
 *   pid 1 is no pid 1, but "all whom I may signal" are the same for it: kill(-1) reaches its domain and nobody else, in one step
 *   that no fork slips through. It gets all orphans (PR_SET_CHILD_SUBREAPER), and so knows when all are gone.
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

int hosted_check(cordon_error *err)
{
        int abi = landlock_abi();

        if (abi < LANDLOCK_ABI_SCOPE)
                return error_set(err, EOPNOTSUPP,
                                 "no-userns needs Landlock ABI %d (Linux 6.12), which keeps signals from the host's processes; "
                                 "this kernel has %d",
                                 LANDLOCK_ABI_SCOPE, abi);
        return 0;
}

/* ---- pid 1 ----------------------------------------------------------------------------------------------------------- */

int hosted_reaper(struct setup *s)
{
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
        return result < 0 ? result : ids_become(s, s->uid, s->gid);
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

/* Whom pid 1 signals from here on is whom Landlock lets it: that must not be the one who started it. (Of root's sandbox the
 * kernel's own rules say that already, since it is another user's.) */
static int confirm_scope(void)
{
        pid_t parent = SYS_CALL(getppid);
        return parent > 0 && SYS_CALL(kill, parent, 0) == -EPERM ? 0 : -EXDEV;
}

int hosted_part(struct setup *s)
{
        s->detail = "signals reach beyond its scope";
        int result = confirm_scope();
        if (result < 0)
                return result;
        s->detail = NULL;
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
