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
        {STAGE_OVERLAY, EPERM, "this kernel lets ordinary users mount no overlays (Linux 5.11 or newer does)"},
        {STAGE_OVERLAY, ENODEV, "the kernel has no overlayfs (CONFIG_OVERLAY_FS; `modprobe overlay`)"},
        {STAGE_OVERLAY, EOPNOTSUPP,
         "where the changes are kept there are no extended attributes of users: on disk, keep them on another file system "
         "(--keep DIR); in memory, they need Linux 6.6, or --changes, with which they are on disk"},
        {STAGE_OVERLAY, EINVAL,
         "no overlay can be made of this tree, or its changes cannot be kept there: an overlay, as in a container, can't hold "
         "those of another; name a directory on a disk or in memory (--keep DIR)"},
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
