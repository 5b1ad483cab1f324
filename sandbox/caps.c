/* The capabilities that the policy keeps, by default none, and no way to get another: what is kept lies in the sets from which
 * execve(2) gives it to a program of any id (permitted, inheritable and ambient), libcap-ng clears all else (capng_clear,
 * capng_setpid and capng_apply for the plain sets neither allocate nor lock), locked securebits take the special meaning from
 * user id 0 and close the ambient set, and no_new_privs, set by the next stage, makes set-user-id bits and file capabilities
 * mean nothing. Dropping each of the 41 bits of the bounding set would only say that again, for 41 calls.
 *
 * All of them count in the sandbox's own user namespace alone. They take effect by execve: pid 1, which never calls it, has
 * none in force. */
#include <cap-ng.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "sandbox/setup.h"
#include "sandbox/sys.h"

/* Just `caps` permitted and inheritable, and `force` in force and permitted. */
static int set_plain(uint64_t caps, uint64_t force)
{
        const capng_type_t kept = CAPNG_PERMITTED | CAPNG_INHERITABLE, used = CAPNG_EFFECTIVE | CAPNG_PERMITTED;

        capng_clear(CAPNG_SELECT_ALL);
        capng_setpid(0);
        for (unsigned i = 0; (caps | force) >> i; i++) {
                if ((caps >> i & 1) && capng_update(CAPNG_ADD, kept, i) < 0)
                        return -EINVAL;
                if ((force >> i & 1) && capng_update(CAPNG_ADD, used, i) < 0)
                        return -EINVAL;
        }
        return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -EPERM;
}

/* What is permitted and inheritable can be raised. */
static int raise_ambient(uint64_t caps)
{
        int result = 0;

        for (unsigned long i = 0; caps >> i && result == 0; i++)
                if (caps >> i & 1)
                        result = SYS_CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
        return result;
}

int caps_keep(struct setup *s)
{
        const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                                   SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
        uint64_t caps = s->world->caps;
        int result = 0;

        if (caps) {
                s->detail = "ambient";
                result = set_plain(caps, UINT64_C(1) << CAP_SETPCAP); /* which the securebits want */
                if (result == 0)
                        result = raise_ambient(caps);
        }
        s->detail = "securebits";
        if (result == 0)
                result = SYS_CALL(prctl, PR_SET_SECUREBITS, bits, 0, 0, 0);
        /* Without a user namespace of its own, who has no capability cannot say that it gets none; no_new_privs does. */
        if (result == -EPERM && s->plan->hosted)
                result = 0;
        s->detail = "capset";
        return result == 0 ? set_plain(caps, 0) : result;
}
