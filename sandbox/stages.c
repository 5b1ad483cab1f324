/* pid 1's set-up, as a table. What is in it happens, in this order, and nothing else does:
 *
 * while it still has capabilities over its new namespaces, it makes its world (ids, mounts, limits); then it gives up, one
 * after the other, capabilities, privileges to come, files and system calls; then it reports, and becomes the reaper. The
 * first stage that fails is reported by name, and nothing of the program runs. */
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>

#include "base/fd.h"
#include "sandbox/landlock.h"
#include "sandbox/report.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

/* What CLONE_CLEAR_SIGHAND does: what is handled is so no more, what is ignored stays so. */
static void drop_handlers(void)
{
        const struct sigaction plain = {.sa_handler = SIG_DFL};
        struct sigaction now;

        for (int signal = 1; signal < NSIG; signal++)
                if (sigaction(signal, NULL, &now) == 0 && ((now.sa_flags & SA_SIGINFO) || now.sa_handler != SIG_IGN))
                        sigaction(signal, &plain, NULL);
}

/* All signals are blocked since before clone3, and the handlers of the host are gone (CLONE_CLEAR_SIGHAND). */
static int stage_signals(struct setup *s)
{
        const struct sigaction plain = {.sa_handler = SIG_DFL};

        if (s->handlers)
                drop_handlers();
        if (s->chld_ignored && sigaction(SIGCHLD, &plain, NULL) < 0)
                return -errno;
        return s->new_session ? SYS_CALL(setsid) < 0 ? -errno : 0 : 0;
}

static int stage_descriptors(struct setup *s)
{
        int result = descriptors_arrange(s);
        usage_open(s);
        return result == 0 && s->plan->hosted ? hosted_reaper(s) : result;
}

static int stage_hostname(struct setup *s)
{
        const char *name = s->world->hostname ? s->world->hostname : "sandbox";
        s->detail = name;
        if (s->plan->lacks & LACK_HOSTNAME)
                return 0;
        return SYS_CALL(sethostname, name, strlen(name));
}

static int stage_network(struct setup *s)
{
        struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING, .ifr_name = "lo"};

        if (s->world->net != NET_LOOPBACK)
                return 0;
        s->detail = "lo";
        cleanup_fd int fd = SYS_CALL(socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        return fd < 0 ? fd : SYS_CALL(ioctl, fd, SIOCSIFFLAGS, &request);
}

/* Our memory is a copy of the host's: nobody inside may look at it.
 *
 * The death signal is set here since a change of ids takes it away; that the host is gone already, the control socket tells.
 * It only wakes us where we are stopped, so that we hear of the end and take all along: killed by it, we would close the
 * listener before the kernel ends the program, whose calls would return ENOSYS meanwhile. */
static int stage_memory(struct setup *s)
{
        SYS_CALL(prctl, PR_SET_NAME, "cordon-init", 0, 0, 0);
        if (s->options->ends_stopped)
                SYS_CALL(prctl, PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0);
        return SYS_CALL(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int stage_ruleset(struct setup *s)
{
        if (s->landlock_abi == 0) /* accepted by name; else nothing was begun */
                return 0;
        s->ruleset = landlock_create(s->landlock_abi);
        return s->ruleset < 0 ? s->ruleset : 0;
}

static int stage_cwd(struct setup *s)
{
        s->detail = s->cwd;
        int result = SYS_CALL(chdir, s->cwd);
        bool absent = result == -ENOENT || result == -ENOTDIR || result == -EACCES;
        return absent && s->options->cwd_optional ? SYS_CALL(chdir, "/") : result;
}

static int stage_privileges(struct setup *s)
{
        (void)s;
        return SYS_CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int stage_landlock(struct setup *s)
{
        int result = s->landlock_abi == 0 ? 0 : landlock_enforce(s->ruleset);
        s->ruleset = fd_close(s->ruleset);
        return result == 0 && s->plan->hosted ? hosted_part(s) : result;
}

static int say_ready(struct setup *s)
{
        int result = sources_report(s);
        return result < 0 ? result : report_ready(s->control, s->view, s->notify, s->nowhere);
}

/* The descriptors that come from here on are made before the filter, which need not allow making them. */
static int stage_seccomp(struct setup *s)
{
        uint64_t all = ~UINT64_C(0);

        s->view = SYS_CALL(openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (s->view < 0)
                return s->view;
        s->signals = SYS_CALL(signalfd4, -1, &all, sizeof(all), SFD_CLOEXEC | SFD_NONBLOCK);
        if (s->signals < 0)
                return s->signals;
        int result = s->options->function ? SYS_CALL(pipe2, s->word, O_CLOEXEC) : 0;
        if (result < 0)
                return result;
        result = s->plan->brokered & FAMILY_MESSAGES ? messenger_start(s, say_ready) : 0;
        return result < 0 ? result : seccomp_install(s);
}

static int stage_ready(struct setup *s)
{
        return s->messenger > 0 ? messenger_send(s) : say_ready(s);
}

static const struct {
        enum stage id;
        const char *name;
        int (*fn)(struct setup *s); /* NULL: a part of another stage, that has a name of its own */
} stages[] = {
        {STAGE_NONE, "launch", NULL},
        {STAGE_SIGNALS, "signals", stage_signals},
        {STAGE_DESCRIPTORS, "descriptors", stage_descriptors},
        {STAGE_HOSTNAME, "hostname", stage_hostname},
        {STAGE_NETWORK, "network", stage_network},
        {STAGE_IDS, "ids", ids_enter},
        {STAGE_MEMORY, "memory", stage_memory},
        {STAGE_RULESET, "landlock rules", stage_ruleset},
        {STAGE_MOUNTS, "mounts", view_build},
        {STAGE_PROC, "proc", NULL},
        {STAGE_OVERLAY, "overlay", NULL},
        {STAGE_ROOT, "root", view_enter},
        {STAGE_LIMITS, "limits", limits_apply},
        {STAGE_CWD, "working directory", stage_cwd},
        {STAGE_CAPABILITIES, "capabilities", caps_keep},
        {STAGE_PRIVILEGES, "no_new_privs", stage_privileges},
        {STAGE_LANDLOCK, "landlock", stage_landlock},
        {STAGE_SECCOMP, "seccomp", stage_seccomp},
        {STAGE_READY, "ready", stage_ready},
        {STAGE_PROGRAM, "program", NULL},
        {STAGE_EXEC, "exec", NULL},
};
_Static_assert(sizeof(stages) / sizeof(stages[0]) == STAGE_COUNT, "every stage has its line");

const char *sandbox_stage_name(int stage)
{
        return stage >= 0 && stage < STAGE_COUNT ? stages[stage].name : "unknown";
}

void setup_time(const struct setup *s, enum stage stage)
{
        struct timespec now;

        if (!s->times || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
                return;
        s->times[stage] = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

_Noreturn void setup_run(struct setup *s)
{
        for (size_t i = 0; i < STAGE_COUNT; i++) {
                if (!stages[i].fn)
                        continue;
                s->stage = (int)stages[i].id;
                s->detail = NULL;
                int result = stages[i].fn(s);
                setup_time(s, stages[i].id);
                if (result < 0) {
                        report_failed(s->control, s->stage, -result, s->detail);
                        for (;;)
                                SYS_CALL(exit_group, 125);
                }
        }
        init_run(s);
}
