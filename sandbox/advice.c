/* What a person can do about a stage that failed, where that is known: a sentence, or a feature of the kernel, which is tried
 * then. */
#include <errno.h>
#include <stdio.h>

#include "sandbox/features.h"
#include "sandbox/setup.h"

static const struct {
        enum stage stage;
        int error; /* 0: any */
        const char *feature; /* its id, or NULL */
        const char *text; /* where it is not that */
} advice[] = {
        {STAGE_HOSTNAME, 0, "hostname", NULL},
        {STAGE_PROC, 0, "proc", NULL},
        {STAGE_PROC, EINVAL, "proc-self", NULL},
        {STAGE_IDS, EPERM, "userns",
         "user namespaces are restricted here (AppArmor, a container): see `cordon doctor`"},
        {STAGE_IDS, EACCES, "userns", "the caller is not dumpable, or user namespaces are restricted here"},
        {STAGE_OVERLAY, EPERM, NULL, "this kernel lets ordinary users mount no overlays (Linux 5.11 or newer does)"},
        {STAGE_OVERLAY, ENODEV, NULL, "the kernel has no overlayfs (CONFIG_OVERLAY_FS; `modprobe overlay`)"},
        {STAGE_OVERLAY, EOPNOTSUPP, NULL,
         "where the changes are kept there are no extended attributes of users: on disk, keep them on another file system "
         "(--keep DIR); in memory, they need Linux 6.6, or --changes, with which they are on disk"},
        {STAGE_OVERLAY, EINVAL, NULL,
         "no overlay can be made of this tree, or its changes cannot be kept there: an overlay, as in a container, can't hold "
         "those of another; name a directory on a disk or in memory (--keep DIR)"},
        {STAGE_MOUNTS, EPERM, "mounts", "mounting is restricted here (AppArmor, SELinux, a container's filter)"},
        {STAGE_MOUNTS, ENOSYS, "mounts", NULL},
        {STAGE_MOUNTS, EACCES, NULL,
         "the sandbox's user may not go through a directory on the way there, so what is around it is of no use to him: grant "
         "what he needs by itself, below that directory, or start cordon as the one to whom it belongs"},
        {STAGE_MOUNTS, ELOOP, NULL, "it has become a symlink since the policy was read"},
        {STAGE_ROOT, EINVAL, NULL, "the root file system of this machine is an initramfs, which cannot be left"},
        {STAGE_ROOT, 0, "mounts", NULL},
        {STAGE_CWD, ENOENT, NULL, "the sandbox does not contain it: grant it, or name another with `cwd`"},
        {STAGE_CWD, EACCES, NULL,
         "the sandbox does not let its program in there: grant it, or name another with `cwd`"},
        {STAGE_LANDLOCK, 0, "landlock", "Landlock is needed (lsm=landlock,… on the kernel's command line)"},
        {STAGE_SECCOMP, 0, "seccomp", NULL},
        {STAGE_SECCOMP, 0, "notify", NULL},
};

bool sandbox_failure_advice(int stage, int error, char *out, size_t size)
{
        for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
                if ((int)advice[i].stage != stage || (advice[i].error != 0 && advice[i].error != error))
                        continue;
                if (advice[i].feature && feature_text(advice[i].feature, out, size) > 0)
                        return true;
                if (!advice[i].text)
                        continue;
                snprintf(out, size, "%s", advice[i].text);
                return true;
        }
        return false;
}
