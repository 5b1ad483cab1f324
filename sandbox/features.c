/* The table, and what each probe makes of what it is told. */
#include "sandbox/features.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "sandbox/cgroup.h"
#include "sandbox/landlock.h"
#include "sandbox/overlay.h"
#include "sandbox/probe.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

static void __attribute__((format(printf, 3, 4))) found(struct finding *f, int state, const char *format, ...)
{
        va_list args;

        f->state = state;
        va_start(args, format);
        vsnprintf(f->found, sizeof(f->found), format, args);
        va_end(args);
}

void finding_of(struct finding *f, int result, const char *step)
{
        if (result >= 0)
                found(f, CORDON_FEATURE_OK, "yes");
        else
                found(f, CORDON_FEATURE_MISSING, "%s%s%s (%s)", step ? step : "", step ? ": " : "", error_text(-result),
                      error_name(-result));
}

/* ---- the host ----------------------------------------------------------------------------------------------------------- */

static void probe_kernel(struct finding *f, const struct surroundings *place)
{
        unsigned major = 0, minor = 0;
        struct utsname name;
        (void)place;

        if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2) {
                found(f, CORDON_FEATURE_MISSING, "the kernel does not tell its version");
                return;
        }
        bool enough = major > 5 || (major == 5 && minor >= 14);
        found(f, enough ? CORDON_FEATURE_OK : CORDON_FEATURE_MISSING, "%s %s on %s", name.sysname, name.release,
              name.machine);
        if (!enough)
                snprintf(f->remedy, sizeof(f->remedy), "a newer kernel");
}

static void probe_place(struct finding *f, const struct surroundings *place)
{
        f->state = CORDON_FEATURE_OK;
        surroundings_describe(place, f->found, sizeof(f->found));
}

static void probe_resolving(struct finding *f, const struct surroundings *place)
{
        finding_of(f, probe_openat2(), NULL);
        if (f->state == CORDON_FEATURE_MISSING)
                remedy_calls(f, place);
}

/* ---- namespaces and mounts ------------------------------------------------------------------------------------------------ */

static void probe_users(struct finding *f, const struct surroundings *place)
{
        int result = probe_userns();

        finding_of(f, result, NULL);
        if (result < 0)
                remedy_userns(f, place, -result);
}

static void probe_becoming(struct finding *f, const struct surroundings *place)
{
        (void)place;
        if (geteuid() != 0) {
                found(f, CORDON_FEATURE_OK, "not needed: an ordinary user stays who he is");
                return;
        }
        int result = probe_root();
        if (result == -EINVAL)
                found(f, CORDON_FEATURE_MISSING, "user %d does not exist in this user namespace", SETUP_ROOT_ID);
        else
                finding_of(f, result, NULL);
        if (f->state == CORDON_FEATURE_MISSING)
                snprintf(f->remedy, sizeof(f->remedy),
                         "start cordon as an ordinary user (podman run --user 1000, bwrap --uid 1000)");
}

static void probe_flag(struct finding *f, const struct surroundings *place, uint64_t flag)
{
        int result = probe_namespace(flag);

        finding_of(f, result, NULL);
        if (result < 0)
                remedy_userns(f, place, -result);
}

static void probe_pids(struct finding *f, const struct surroundings *place)
{
        probe_flag(f, place, CLONE_NEWPID);
}

static void probe_others(struct finding *f, const struct surroundings *place)
{
        probe_flag(f, place, CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP);
}

static void probe_net(struct finding *f, const struct surroundings *place)
{
        probe_flag(f, place, CLONE_NEWNET);
}

static void probe_view(struct finding *f, const struct surroundings *place)
{
        struct probe_step at = {NULL};

        finding_of(f, probe_mounts(&at), at.name);
        if (f->state == CORDON_FEATURE_MISSING)
                remedy_mounts(f, place);
}

static void probe_own_proc(struct finding *f, const struct surroundings *place)
{
        finding_of(f, probe_proc(false), "mounting it");
        if (f->state == CORDON_FEATURE_MISSING)
                remedy_proc(f, place);
}

static void probe_subset(struct finding *f, const struct surroundings *place)
{
        finding_of(f, probe_proc(true), "mounting it");
        if (f->state == CORDON_FEATURE_MISSING)
                remedy_proc(f, place);
}

static void probe_name(struct finding *f, const struct surroundings *place)
{
        finding_of(f, probe_hostname(), "sethostname");
        if (f->state == CORDON_FEATURE_MISSING)
                remedy_hostname(f, place);
}

static void probe_overlays(struct finding *f, const struct surroundings *place)
{
        int result = probe_overlay();
        (void)place;

        finding_of(f, result, NULL);
        if (result < 0)
                snprintf(f->remedy, sizeof(f->remedy), "%s", probe_overlay_text(-result));
}

static void probe_owners(struct finding *f, const struct surroundings *place)
{
        (void)place;
        if (geteuid() != 0) {
                found(f, CORDON_FEATURE_OK, "not needed: an ordinary user keeps his id");
                return;
        }
        int result = probe_idmap();
        if (result == 0)
                found(f, CORDON_FEATURE_OK, "yes, tried on /");
        else
                found(f, CORDON_FEATURE_MISSING, "tried on /: %s",
                      result > 0 ? "its file system does not know them" : error_text(-result));
}

/* ---- system calls --------------------------------------------------------------------------------------------------------- */

static void probe_filters(struct finding *f, const struct surroundings *place)
{
        finding_of(f, probe_filter(), NULL);
        if (f->state == CORDON_FEATURE_MISSING)
                remedy_filter(f, place);
}

static void probe_notify(struct finding *f, const struct surroundings *place)
{
        int result = probe_listener();

        finding_of(f, result, NULL);
        if (result < 0)
                remedy_listener(f, place, -result);
}

static void probe_signals(struct finding *f, const struct surroundings *place)
{
        (void)place;
        finding_of(f, probe_killable(), NULL);
        if (f->state == CORDON_FEATURE_MISSING)
                snprintf(f->remedy, sizeof(f->remedy), "Linux 5.19 or newer");
}

static void probe_waking(struct finding *f, const struct surroundings *place)
{
        (void)place;
        finding_of(f, probe_wake(), NULL);
        if (f->state == CORDON_FEATURE_MISSING)
                snprintf(f->remedy, sizeof(f->remedy), "Linux 6.6 or newer");
}

static void probe_reading(struct finding *f, const struct surroundings *place)
{
        finding_of(f, probe_memory(), NULL);
        if (f->state == CORDON_FEATURE_MISSING)
                remedy_ptrace(f, place);
}

static void probe_taking(struct finding *f, const struct surroundings *place)
{
        finding_of(f, probe_descriptor(), NULL);
        if (f->state == CORDON_FEATURE_MISSING)
                remedy_ptrace(f, place);
}

static void probe_telling(struct finding *f, const struct surroundings *place)
{
        (void)place;
        finding_of(f, probe_sender(), NULL);
        if (f->state == CORDON_FEATURE_MISSING)
                snprintf(f->remedy, sizeof(f->remedy), "Linux 6.5 or newer");
}

/* ---- Landlock ---------------------------------------------------------------------------------------------------------- */

static void probe_landlock(struct finding *f, const struct surroundings *place)
{
        int abi = landlock_version();

        if (abi > 0) {
                found(f, CORDON_FEATURE_OK, "ABI %d", abi);
                return;
        }
        finding_of(f, abi < 0 ? abi : -ENOSYS, NULL);
        remedy_landlock(f, place, abi < 0 ? -abi : ENOSYS);
}

static void probe_abi(struct finding *f, int since, const char *kernel)
{
        int abi = landlock_version();

        found(f, abi >= since ? CORDON_FEATURE_OK : CORDON_FEATURE_MISSING, abi >= since ? "yes" : "ABI %d is needed",
              since);
        if (abi < since)
                snprintf(f->remedy, sizeof(f->remedy), "Linux %s or newer", kernel);
}

static void probe_refer(struct finding *f, const struct surroundings *place)
{
        (void)place;
        probe_abi(f, LANDLOCK_ABI_REFER, "5.19");
}

static void probe_truncate(struct finding *f, const struct surroundings *place)
{
        (void)place;
        probe_abi(f, LANDLOCK_ABI_TRUNCATE, "6.2");
}

static void probe_ioctl(struct finding *f, const struct surroundings *place)
{
        (void)place;
        probe_abi(f, LANDLOCK_ABI_IOCTL, "6.10");
}

static void probe_scope(struct finding *f, const struct surroundings *place)
{
        (void)place;
        probe_abi(f, LANDLOCK_ABI_SCOPE, "6.12");
}

/* ---- limits ---------------------------------------------------------------------------------------------------------------- */

static void probe_groups(struct finding *f, const struct surroundings *place)
{
        struct cgroup_place where;
        char list[64];
        (void)place;

        cgroup_find(CGROUP_ALL, &where);
        cgroup_names(where.possible, list, sizeof(list));
        bool here = *where.path && where.possible;
        if (!*where.path)
                found(f, CORDON_FEATURE_MISSING, "no: %s", where.why);
        else
                found(f, here ? CORDON_FEATURE_OK : CORDON_FEATURE_MISSING,
                      "one can be made in %.200s, with %s%s%.100s", where.path, *list ? list : "no controllers",
                      *where.why ? "; " : "", where.why);
        if (!here)
                snprintf(f->remedy, sizeof(f->remedy),
                         "have one delegated: systemd-run --user --scope -p Delegate=yes cordon run ...");
}

/* ---- who needs what ------------------------------------------------------------------------------------------------------- */

static bool for_net(const struct plan *plan)
{
        return policy_world(plan->policy)->net != NET_HOST;
}

static bool has_proc(const struct plan *plan, bool self)
{
        for (size_t i = 0; i < plan->mount_count; i++)
                if (plan->mounts[i].kind == VIEW_PROC && (plan->mounts[i].proc_mode == PROC_SELF || !self))
                        return true;
        return false;
}

static bool for_proc(const struct plan *plan)
{
        return has_proc(plan, false);
}

static bool for_proc_self(const struct plan *plan)
{
        return has_proc(plan, true);
}

static bool for_owners(const struct plan *plan)
{
        for (size_t i = 0; i < plan->mount_count; i++)
                if (plan->mounts[i].kind == VIEW_BIND && plan->mounts[i].writable)
                        return geteuid() == 0;
        return false;
}

static bool for_overlay(const struct plan *plan)
{
        for (size_t i = 0; i < plan->mount_count; i++)
                if (plan->mounts[i].overlay)
                        return true;
        return false;
}

static bool for_broker(const struct plan *plan)
{
        return plan->brokered != 0;
}

static bool for_groups(const struct plan *plan)
{
        return cgroup_wanted(&policy_world(plan->policy)->limits) != 0;
}

bool feature_for_nobody(const struct plan *plan)
{
        (void)plan;
        return false;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------ */

#define HOST "Host"
#define WORLD "Namespaces and mounts"
#define CALLS "System calls and the broker"
#define LANDLOCK "Landlock"
#define LIMITS "Limits"

#define MUST CORDON_NEED_MUST
#define WISH CORDON_NEED_WISH
#define NOTHING "no sandbox can be started"

const struct host_feature host_features[] = {
        {"kernel", HOST, "kernel", "5.14 or newer is needed", NOTHING, NULL, NULL, 0, MUST, NULL, probe_kernel},
        {"place", HOST, "this runs", "what is missing in a container is mostly taken away by it", "nothing", NULL, NULL,
         0, WISH, feature_for_nobody, probe_place},

        {"userns", WORLD, "user namespaces", "a sandbox is made without privileges",
         "no namespaces and no view: the host's names, processes and /proc are kept from the program by the broker, Landlock and "
         "the filter alone; no private /tmp, no pseudo-terminals, no sockets by path",
         NULL, "no-userns", LACK_USERNS, MUST, NULL, probe_users},
        {"root", WORLD, "root's capabilities", "root's sandboxes run as an unprivileged user",
         "root can start no sandbox", "userns", NULL, 0, MUST, NULL, probe_becoming},
        {"pidns", WORLD, "pid namespaces", "other processes do not exist, and all of a sandbox ends at once", NOTHING,
         "userns", NULL, 0, MUST, NULL, probe_pids},
        {"namespaces", WORLD, "IPC, UTS, cgroup namespaces", "nothing of these is shared with the host", NOTHING,
         "userns", NULL, 0, MUST, NULL, probe_others},
        {"netns", WORLD, "network namespaces", "a network of its own",
         "the host's interfaces can be seen; the system call filter alone keeps `net none`; there is no `net loopback`",
         "userns", "no-netns", LACK_NETNS, MUST, for_net, probe_net},
        {"openat2", WORLD, "openat2", "what was vetted is what is opened", NOTHING, NULL, NULL, 0, MUST, NULL,
         probe_resolving},
        {"mounts", WORLD, "mounts, pivot_root", "the view: nothing exists but what the policy names", NOTHING, "userns",
         NULL, 0, MUST, NULL, probe_view},
        {"proc", WORLD, "a /proc of its own", "programs find themselves, and no other processes",
         "/proc is an empty directory: many programs look for something there", "mounts", "no-proc", LACK_PROC, MUST,
         for_proc, probe_own_proc},
        {"proc-self", WORLD, "/proc with subset=pid", "`proc self`", "policies with `proc self` cannot be used", "proc",
         NULL, 0, MUST, for_proc_self, probe_subset},
        {"hostname", WORLD, "a host name of its own", "the host's is not seen",
         "the host's name is seen, and `hostname` cannot be had", "userns", "no-hostname", LACK_HOSTNAME, MUST, NULL,
         probe_name},
        {"overlay", WORLD, "overlays", "`overlay` trees: changed by a program, and unchanged on the host",
         "policies with `overlay` cannot be used", "mounts", NULL, 0, MUST, for_overlay, probe_overlays},
        {"idmap", WORLD, "idmapped mounts", "files made in a `write` tree belong to its owner, where root runs cordon",
         "files made in a `write` tree belong to user 65534", "mounts", NULL, 0, WISH, for_owners, probe_owners},

        {"seccomp", CALLS, "seccomp filters",
         "what goes round the broker, or into dark corners of the kernel, is refused", NOTHING, NULL, NULL, 0, MUST,
         NULL, probe_filters},
        {"notify", CALLS, "seccomp notification", "the broker vets each open, and tells what was refused",
         "nothing is vetted, told or recorded, only policies of whole trees can be used, and there are no sockets by "
         "path",
         "seccomp", "no-notify", LACK_NOTIFY, MUST, for_broker, probe_notify},
        {"notify-killable", CALLS, "WAIT_KILLABLE_RECV", "signals do not make a call be asked for twice",
         "calls are slower where many signals come", "notify", NULL, 0, WISH, for_broker, probe_signals},
        {"notify-wake", CALLS, "SYNC_WAKE_UP", "the broker runs where the program waits",
         "each open takes a little longer", "notify", NULL, 0, WISH, for_broker, probe_waking},
        {"memory", CALLS, "reading the program's memory", "the broker sees which path is meant",
         "nothing is vetted, told or recorded, only policies of whole trees can be used, and there are no sockets by "
         "path",
         "userns", "no-notify", LACK_NOTIFY, MUST, for_broker, probe_reading},
        {"descriptors", CALLS, "pidfd_getfd", "a program opens its own descriptors again (/proc/self/fd)",
         "that is refused", "userns", NULL, 0, WISH, for_broker, probe_taking},
        {"senders", CALLS, "SO_PASSPIDFD", "who asks over a channel is known for certain",
         "whoever has the number of the process that has asked is taken for it", NULL, NULL, 0, WISH, feature_for_nobody,
         probe_telling},

        {"landlock", LANDLOCK, "Landlock", "a second fence around files, in another part of the kernel",
         "the view and the broker hold alone; all opens and changes of names are brokered; there is no job control",
         NULL, "no-landlock", LACK_LANDLOCK, MUST, NULL, probe_landlock},
        {"landlock-refer", LANDLOCK, "moving files", "files move between directories",
         "they are copied instead (EXDEV)", "landlock", NULL, 0, WISH, NULL, probe_refer},
        {"landlock-truncate", LANDLOCK, "truncating", "the second fence holds for truncate, too",
         "the first one holds alone there", "landlock", NULL, 0, WISH, NULL, probe_truncate},
        {"landlock-ioctl", LANDLOCK, "ioctl on devices", "the second fence holds for them, too",
         "the first one holds alone there", "landlock", NULL, 0, WISH, NULL, probe_ioctl},
        {"landlock-scope", LANDLOCK, "signals and abstract sockets", "they stay inside, in the caller's own session",
         "programs run in a session of their own, without job control", "landlock", NULL, 0, WISH, NULL, probe_scope},

        {"cgroup", LIMITS, "cgroup v2", "limits hold for all processes of a sandbox together",
         "they hold for each process, as far as setrlimit knows them", NULL, NULL, 0, WISH, for_groups, probe_groups},
        {0},
};
