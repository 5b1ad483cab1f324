/* Probes: each asks the kernel itself, by trying, and says one line. A version number is never taken for an answer. */
#include "sandbox/probe.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/cgroup.h"
#include "sandbox/landlock.h"
#include "sandbox/overlay.h"
#include "sandbox/sandbox.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

__attribute__((format(printf, 3, 4))) static void say(struct listing *l, const char *what, const char *format, ...)
{
        char text[512];
        va_list args;

        va_start(args, format);
        vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        listing_row(l);
        listing_text(l, "name", 2, what);
        listing_text(l, "text", 20, text);
}

/* First line of a small file, without its newline. */
static bool read_line(const char *path, char *out, size_t size)
{
        cleanup_fd int fd = SYS_CALL(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        int got = fd < 0 ? fd : SYS_CALL(read, fd, out, size - 1);

        out[got > 0 ? got : 0] = '\0';
        out[strcspn(out, "\n")] = '\0';
        return got > 0;
}

/* ---- user namespaces -------------------------------------------------------------------------------------------------- */

void probe_userns_blocker(char *out, size_t size)
{
        static const struct {
                const char *file, *blocks, *advice;
        } switches[] = {
                {"/proc/sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces is 0"},
                {"/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone is 0"},
                {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
                 "AppArmor restricts user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns is 1)"},
        };
        char value[32];

        *out = '\0';
        for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]) && !*out; i++)
                if (read_line(switches[i].file, value, sizeof(value)) && strcmp(value, switches[i].blocks) == 0)
                        snprintf(out, size, "%s", switches[i].advice);
        if (!*out && read_line("/proc/self/setgroups", value, sizeof(value)) && access("/.dockerenv", F_OK) == 0)
                snprintf(out, size, "this is a container, whose own filter may forbid them");
}

/* In the probe's child: a namespace that gives no rights in it (AppArmor) is as bad as none. */
static int try_namespaces(void)
{
        int context = SYS_CALL(fsopen, "tmpfs", FSOPEN_CLOEXEC);
        return context < 0 ? context : SYS_CALL(fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int probe_userns(void)
{
        struct clone_args args = {.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_CLEAR_SIGHAND};
        sigset_t all, mask;
        int status = 0, pid;

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &mask);
        pid = SYS_CALL(clone3, &args, sizeof(args));
        if (pid == 0)
                for (;;)
                        SYS_CALL(exit_group, -try_namespaces());
        while (pid > 0 && waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
                ;
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
        return pid < 0 ? pid : WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static void describe_userns(struct listing *l)
{
        char why[256];
        int result = probe_userns();

        if (result == 0) {
                say(l, "user namespaces", "yes");
                return;
        }
        probe_userns_blocker(why, sizeof(why));
        say(l, "user namespaces", "NO: %s%s%s", error_text(-result), *why ? ": " : "", why);
}

/* ---- the rest ----------------------------------------------------------------------------------------------------------- */

static void describe_kernel(struct listing *l)
{
        struct utsname name;

        if (uname(&name) == 0)
                say(l, "kernel", "%s %s on %s (5.14 or newer is needed)", name.sysname, name.release, name.machine);
}

static void describe_landlock(struct listing *l)
{
        int abi = landlock_abi();

        if (abi == 0)
                say(l, "Landlock", "NO: not built in, or not switched on (lsm=landlock,…); nothing can be run");
        else if (abi < LANDLOCK_ABI_TRUNCATE)
                say(l, "Landlock", "ABI %d: `create` cannot be enforced, no job control", abi);
        else if (abi < LANDLOCK_ABI_SCOPE)
                say(l, "Landlock", "ABI %d: signals cannot be confined, so programs run in a session of their own, "
                                   "without job control",
                    abi);
        else
                say(l, "Landlock", "ABI %d", abi);
}

/* The flags are looked at before the filter's address is: EFAULT says that they are known. */
static bool knows_filter_flags(unsigned long flags)
{
        return SYS_CALL(seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) == -EFAULT;
}

static void describe_seccomp(struct listing *l)
{
        const unsigned long killable = 1UL << 5;

        if (!knows_filter_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER))
                say(l, "seccomp notify", "NO: system calls cannot be brokered");
        else if (!knows_filter_flags(SECCOMP_FILTER_FLAG_NEW_LISTENER | killable))
                say(l, "seccomp notify", "yes, without WAIT_KILLABLE_RECV: signals may make a request be asked twice");
        else
                say(l, "seccomp notify", "yes, with WAIT_KILLABLE_RECV");
}

static void describe_limits(struct listing *l)
{
        struct cgroup_place place;
        char list[64];

        cgroup_find(CGROUP_ALL, &place);
        cgroup_names(place.possible, list, sizeof(list));
        if (!*place.path)
                say(l, "cgroup v2", "no: %s", place.why);
        else
                say(l, "cgroup v2", "one can be made in %.200s, with %s%s%s", place.path, *list ? list : "no controllers",
                    *place.why ? "; " : "", place.why);
        say(l, "memory limit", "%s", place.possible & CGROUP_MEMORY ? "by memory.max, for all processes together"
                                                                     : "by RLIMIT_DATA, for each process");
}

static void describe_idmap(struct listing *l)
{
        const struct plan_mount mount = {.kind = VIEW_BIND, .path = "/", .source = "/", .writable = true};
        struct tree_maps maps = {0};

        if (geteuid() != 0) {
                say(l, "idmapped mounts", "not needed: an ordinary user keeps his id");
                return;
        }
        cleanup_fd int tree = tree_open(&mount);
        int result = tree < 0 ? tree : tree_map_owner(tree, 65534, 65534, &maps);
        tree_maps_free(&maps);
        if (result == 0)
                say(l, "idmapped mounts", "yes (tried on /)");
        else
                say(l, "idmapped mounts", "no (tried on /): %s; files made in a `write` tree belong to user 65534",
                    result > 0 ? "the file system cannot" : error_text(-result));
}

static void describe_overlay(struct listing *l)
{
        int result = probe_overlay();

        if (result == 0)
                say(l, "overlays", "yes");
        else
                say(l, "overlays", "NO: %s", probe_overlay_text(-result));
}

void sandbox_describe_host(struct listing *l)
{
        listing_section(l, "host", "This host", NULL);
        describe_kernel(l);
        describe_landlock(l);
        describe_seccomp(l);
        describe_userns(l);
        describe_limits(l);
        describe_idmap(l);
        describe_overlay(l);
}
