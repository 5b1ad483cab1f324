/* What a person can do about a stage that failed, where that is known. */
#include <errno.h>

#include "sandbox/setup.h"

static const struct {
        enum stage stage;
        int error; /* 0: any */
        const char *text;
} advice[] = {
        {STAGE_PROC, EPERM,
         "the host's own /proc is partly hidden, as in a container, so no new one may be mounted: use `proc none`, or start the "
         "container with /proc unmasked"},
        {STAGE_IDS, EPERM, "user namespaces are restricted here (AppArmor, a container): see `sysctl -a | grep userns`"},
        {STAGE_IDS, EACCES, "the caller is not dumpable, or user namespaces are restricted here"},
        {STAGE_MOUNTS, EPERM, "mounting is restricted here (AppArmor, SELinux, a container's filter)"},
        {STAGE_MOUNTS, ELOOP, "it has become a symlink since the policy was read"},
        {STAGE_ROOT, EINVAL, "the root file system of this machine is an initramfs, which cannot be left"},
        {STAGE_CWD, ENOENT, "the sandbox does not contain it: grant it, or name another with `cwd`"},
        {STAGE_CWD, EACCES, "the sandbox does not let its program in there: grant it, or name another with `cwd`"},
        {STAGE_LANDLOCK, 0, "Landlock is needed (lsm=landlock,… on the kernel's command line)"},
        {STAGE_SECCOMP, EBUSY, "this already runs under a seccomp listener (a sandbox in a sandbox): use `audit none`"},
};

const char *sandbox_failure_advice(int stage, int error)
{
        for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
                if ((int)advice[i].stage == stage && (advice[i].error == 0 || advice[i].error == error))
                        return advice[i].text;
        return NULL;
}
