/* What helps, for a feature that is missing: it depends on who took it away. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/features.h"
#include "sandbox/probe.h"
#include "sandbox/sys.h"

#define OUTSIDE                                                                                                        \
        "start it outside of the sandbox that it is in; policies that are to hold together are named together: "       \
        "cordon run -p A -p B"

#define LOOSE_DOCKER "  docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined ...\n"
#define MOUNT_CALLS  "mount, umount2, pivot_root, open_tree, move_mount, fsopen, fsconfig,\nfsmount and mount_setattr"

static void __attribute__((format(printf, 2, 3))) advise(struct finding *f, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(f->remedy, sizeof(f->remedy), format, args);
        va_end(args);
}

/* ---- switches of the system --------------------------------------------------------------------------------------------- */

/* AppArmor lets a program have namespaces that has a profile which says so. */
static void advise_apparmor(struct finding *f)
{
        char program[256];
        ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

        program[length > 0 ? length : 0] = '\0';
        advise(f,
               "as root, write this to /etc/apparmor.d/cordon:\n"
               "  abi <abi/4.0>,\n"
               "  include <tunables/global>\n"
               "  profile cordon %s flags=(unconfined) {\n"
               "    userns,\n"
               "    include if exists <local/cordon>\n"
               "  }\n"
               "and load it: apparmor_parser -r /etc/apparmor.d/cordon\n"
               "or for all programs: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
               length > 0 ? program : "/usr/bin/cordon");
}

static bool switched_off(struct finding *f)
{
        static const struct {
                const char *file, *name, *off, *on;
        } switches[] = {
                {"/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", "0", "15000"},
                {"/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", "0", "1"},
                {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
                 "kernel.apparmor_restrict_unprivileged_userns", "1", NULL},
        };
        char value[32];

        for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
                if (!probe_line(switches[i].file, value, sizeof(value)) || strcmp(value, switches[i].off) != 0)
                        continue;
                size_t used = strlen(f->found);
                snprintf(f->found + used, sizeof(f->found) - used, ": sysctl %s is %s", switches[i].name, value);
                if (switches[i].on)
                        advise(f, "as root: sysctl -w %s=%s\nand to keep it: echo %s=%s >/etc/sysctl.d/60-cordon.conf",
                               switches[i].name, switches[i].on, switches[i].name, switches[i].on);
                else
                        advise_apparmor(f);
                return true;
        }
        return false;
}

static bool selinux_enforces(void)
{
        char value[8];
        return probe_line("/sys/fs/selinux/enforce", value, sizeof(value)) && value[0] == '1';
}

/* ---- features ------------------------------------------------------------------------------------------------------------- */

void remedy_userns(struct finding *f, const struct surroundings *place, int error)
{
        if (place->in_cordon) {
                size_t used = strlen(f->found);
                snprintf(f->found + used, sizeof(f->found) - used, ": a sandbox of cordon has no namespaces to give");
                advise(f, OUTSIDE);
        } else if (switched_off(f)) {
                return;
        } else if (error == ENOSPC || error == EUSERS) {
                advise(f, "all namespaces are used up that may be made here: raise what is too low in `sysctl user`; bwrap: "
                          "leave --disable-userns out");
        } else if (place->engine || place->filtered) {
                advise(f, "the filter of this container or sandbox refuses them. podman's own profile allows them; for docker:\n"
                          LOOSE_DOCKER "or a profile that allows clone, clone3, unshare, " MOUNT_CALLS);
        } else if (selinux_enforces()) {
                advise(f, "SELinux may refuse them; see what it says: ausearch -m avc -c cordon");
        } else {
                advise(f, "a kernel with CONFIG_USER_NS; where that is so, a chroot stands in the way, or what "
                          "`sysctl -a | grep -i userns` shows");
        }
}

void remedy_mounts(struct finding *f, const struct surroundings *place)
{
        if (place->in_cordon)
                advise(f, OUTSIDE);
        else if (place->engine || place->filtered)
                advise(f, "the filter or the profile of this container refuses it:\n"
                          LOOSE_DOCKER "or a seccomp profile that allows " MOUNT_CALLS);
        else if (selinux_enforces())
                advise(f, "SELinux may refuse it; see what it says: ausearch -m avc -c cordon");
        else
                advise(f, "Linux 5.14 or newer; on a machine that runs from its initramfs (EINVAL), a root file system "
                          "that was switched to");
}

void remedy_proc(struct finding *f, const struct surroundings *place)
{
        if (place->in_cordon)
                advise(f, OUTSIDE);
        else if (place->masked_proc || place->engine)
                advise(f, "parts of this container's /proc are hidden, so the kernel lets nobody mount one that is "
                          "whole:\n"
                          "  podman run --security-opt unmask=ALL ...\n"
                          "  docker run --security-opt systempaths=unconfined ...\n"
                          "  OCI: leave maskedPaths and readonlyPaths out of config.json\n"
                          "or a policy that says `proc none`");
        else
                advise(f, "mount a whole /proc where cordon is started (bwrap: --proc /proc), or a policy that says "
                          "`proc none`");
}

void remedy_hostname(struct finding *f, const struct surroundings *place)
{
        if (place->engine || place->filtered)
                advise(f, "the filter of this container refuses sethostname:\n"
                          "  podman run --security-opt seccomp=unconfined ...\n"
                          "or a profile that allows it");
}

void remedy_calls(struct finding *f, const struct surroundings *place)
{
        if (place->in_cordon)
                advise(f, OUTSIDE);
        else
                advise(f, "Linux 5.14 or newer; in a container, a newer engine, or a seccomp profile that allows openat2");
}

void remedy_filter(struct finding *f, const struct surroundings *place)
{
        (void)place;
        advise(f, "a kernel with CONFIG_SECCOMP_FILTER; in a container, a seccomp profile that allows seccomp and prctl");
}

void remedy_listener(struct finding *f, const struct surroundings *place, int error)
{
        if (place->in_cordon)
                advise(f, OUTSIDE);
        else if (error == EBUSY)
                advise(f, "the kernel gives one listener to a process and its children, and whoever started this has "
                          "it: start cordon "
                          "outside, or let the other one do without");
        else
                advise(f, "Linux 5.14 or newer; in a container, a seccomp profile that allows seccomp with any flags");
}

void remedy_landlock(struct finding *f, const struct surroundings *place, int error)
{
        if (error == EOPNOTSUPP)
                advise(f, "it is built in and switched off: add landlock to lsm= on the kernel's command line, such as "
                          "lsm=landlock,lockdown,yama,integrity,apparmor,bpf");
        else if (place->filtered)
                advise(f, "if the machine has it, the filter of this container hides it: a seccomp profile that allows "
                          "landlock_create_ruleset, landlock_add_rule and landlock_restrict_self");
        else
                advise(f, "a kernel with CONFIG_SECURITY_LANDLOCK (Linux 5.13 or newer), and landlock in its lsm=");
}

void remedy_ptrace(struct finding *f, const struct surroundings *place)
{
        char scope[8];

        if (probe_line("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof(scope)) && scope[0] == '3') {
                size_t used = strlen(f->found);
                snprintf(f->found + used, sizeof(f->found) - used, ": sysctl kernel.yama.ptrace_scope is 3");
                advise(f, "boot without kernel.yama.ptrace_scope=3: it cannot be changed back while the system runs");
        } else if (place->engine || place->filtered) {
                advise(f, "a seccomp profile that allows process_vm_readv, pidfd_open and pidfd_getfd");
        }
}
