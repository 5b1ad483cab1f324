/* A ruleset handles every right that the kernel knows, so whatever no rule grants is refused. Rules are tied to inodes: they
 * are added from the very descriptors that were mounted, so that no path is walked a second time. */
#include "sandbox/landlock.h"

#include <linux/landlock.h>

#include "policy/policy.h"
#include "sandbox/sys.h"

/* Not in the headers of all the kernels we build on. */
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define SCOPE_ALL (UINT64_C(3)) /* abstract sockets, signals */

#define FS_READ ((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR))
#define FS_MAKE ((uint64_t)(LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM))
#define FS_WRITE                                                                                                       \
        (FS_MAKE | FS_TRUNCATE |                                                                                       \
         (uint64_t)(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |   \
                    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_REFER))
/* What a rule on something that is no directory may hold. */
#define FS_FILE                                                                                                        \
        (FS_TRUNCATE | FS_IOCTL_DEV |                                                                                  \
         (uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE))

struct ruleset_attr {
        uint64_t fs, net, scoped;
};

static const struct {
        unsigned access;
        uint64_t rights;
} rights_of[] = {
        {ACCESS_LIST, LANDLOCK_ACCESS_FS_READ_DIR},
        {ACCESS_READ, FS_READ},
        {ACCESS_CREATE, FS_MAKE},
        {ACCESS_WRITE, FS_WRITE},
        {ACCESS_EXEC, FS_READ | LANDLOCK_ACCESS_FS_EXECUTE},
};

uint64_t landlock_rights(unsigned access, bool directory, bool device)
{
        uint64_t rights = 0;

        for (size_t i = 0; i < sizeof(rights_of) / sizeof(rights_of[0]); i++)
                if (access & rights_of[i].access)
                        rights |= rights_of[i].rights;
        if (device && (access & (ACCESS_READ | ACCESS_WRITE)))
                rights |= FS_IOCTL_DEV;
        return directory ? rights : rights & FS_FILE;
}

static uint64_t handled(unsigned abi)
{
        uint64_t all = (UINT64_C(1) << 13) - 1; /* all of the first ABI */

        if (abi >= 2)
                all |= LANDLOCK_ACCESS_FS_REFER;
        if (abi >= LANDLOCK_ABI_TRUNCATE)
                all |= FS_TRUNCATE;
        if (abi >= 5)
                all |= FS_IOCTL_DEV;
        return all;
}

int landlock_abi(void)
{
        int abi = SYS_CALL(landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
        return abi < 0 ? 0 : abi;
}

int landlock_create(unsigned abi)
{
        struct ruleset_attr attr = {.fs = handled(abi), .scoped = abi >= LANDLOCK_ABI_SCOPE ? SCOPE_ALL : 0};
        size_t size = abi >= LANDLOCK_ABI_SCOPE ? sizeof(attr) : sizeof(attr.fs);

        return SYS_CALL(landlock_create_ruleset, &attr, size, 0u);
}

int landlock_allow(int ruleset, unsigned abi, int path_fd, uint64_t rights)
{
        struct landlock_path_beneath_attr beneath = {.allowed_access = rights & handled(abi), .parent_fd = path_fd};

        if (beneath.allowed_access == 0)
                return 0;
        return SYS_CALL(landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0u);
}

int landlock_enforce(int ruleset)
{
        return SYS_CALL(landlock_restrict_self, ruleset, 0u);
}
