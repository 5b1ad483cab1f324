/* No capability in any set that the program could use, and no way to get one back: libcap-ng clears the sets (capng_clear,
 * capng_setpid and capng_apply for the plain sets neither allocate nor lock), locked securebits take the special meaning
 * from user id 0, and no_new_privs, set by the next stage, makes set-user-id bits and file capabilities mean nothing.
 * Dropping each of the 41 bits of the bounding set would only say that again, for 41 calls. */
#include <cap-ng.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "sandbox/setup.h"
#include "sandbox/sys.h"

int caps_drop(struct setup *s)
{
        const unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                                   SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

        s->detail = "securebits";
        int result = SYS_CALL(prctl, PR_SET_SECUREBITS, bits, 0, 0, 0);
        if (result < 0)
                return result;
        s->detail = "capset";
        capng_clear(CAPNG_SELECT_ALL);
        capng_setpid(0);
        return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -EPERM;
}
