/* A ruleset handles every right that the kernel knows, so whatever no rule grants is refused. Rules are tied to inodes: they
 * are added from the very descriptors that were mounted, so that no path is walked a second time. */
#include "sandbox/landlock.h"

#include <linux/landlock.h>

#include "sandbox/sys.h"

/* Not in the headers of all the kernels we build on. */
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define SCOPE_ALL (UINT64_C(3)) /* abstract sockets, signals */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

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

/* Every right on files that we know, and the first ABI that has it. */
static const struct {
        const char *name;
        uint64_t right;
        unsigned since;
} fs_rights[] = {
        {"execute", LANDLOCK_ACCESS_FS_EXECUTE, 1},         {"read_file", LANDLOCK_ACCESS_FS_READ_FILE, 1},
        {"read_dir", LANDLOCK_ACCESS_FS_READ_DIR, 1},       {"write_file", LANDLOCK_ACCESS_FS_WRITE_FILE, 1},
        {"truncate", FS_TRUNCATE, LANDLOCK_ABI_TRUNCATE},   {"make_reg", LANDLOCK_ACCESS_FS_MAKE_REG, 1},
        {"make_dir", LANDLOCK_ACCESS_FS_MAKE_DIR, 1},       {"make_sym", LANDLOCK_ACCESS_FS_MAKE_SYM, 1},
        {"make_fifo", LANDLOCK_ACCESS_FS_MAKE_FIFO, 1},     {"make_sock", LANDLOCK_ACCESS_FS_MAKE_SOCK, 1},
        {"make_char", LANDLOCK_ACCESS_FS_MAKE_CHAR, 1},     {"make_block", LANDLOCK_ACCESS_FS_MAKE_BLOCK, 1},
        {"remove_file", LANDLOCK_ACCESS_FS_REMOVE_FILE, 1}, {"remove_dir", LANDLOCK_ACCESS_FS_REMOVE_DIR, 1},
        {"refer", LANDLOCK_ACCESS_FS_REFER, LANDLOCK_ABI_REFER},
        {"ioctl_dev", FS_IOCTL_DEV, LANDLOCK_ABI_IOCTL},
};

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
        uint64_t all = 0;

        for (size_t i = 0; i < COUNT(rights_of); i++)
                if (access & rights_of[i].access)
                        all |= rights_of[i].rights;
        if (device && (access & (ACCESS_READ | ACCESS_WRITE)))
                all |= FS_IOCTL_DEV;
        return directory ? all : all & FS_FILE;
}

uint64_t landlock_rights_of(const struct plan *plan, const struct plan_mount *mount)
{
        const unsigned by_itself = ACCESS_EXEC | ACCESS_WRITE | ACCESS_CREATE; /* asks for more than opens do */
        bool asked = (plan->brokered & FAMILY_OPEN) && !(mount->access & by_itself);

        if (mount->kind == VIEW_SYMLINK || asked)
                return 0;
        if (plan->hosted) /* what execve(2) takes; the broker opens all else */
                return LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
        return landlock_rights(mount->access, mount->directory, mount->kind == VIEW_DEVICE || mount->kind == VIEW_PTS);
}

uint64_t landlock_handled(unsigned abi)
{
        uint64_t all = 0;

        for (size_t i = 0; i < COUNT(fs_rights); i++)
                if (abi >= fs_rights[i].since)
                        all |= fs_rights[i].right;
        return all;
}

const char *landlock_right(size_t index, uint64_t *right)
{
        if (index >= COUNT(fs_rights))
                return NULL;
        *right = fs_rights[index].right;
        return fs_rights[index].name;
}

int landlock_version(void)
{
        return SYS_CALL(landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
}

int landlock_abi(void)
{
        int abi = landlock_version();
        return abi < 0 ? 0 : abi;
}

int landlock_create(unsigned abi)
{
        struct ruleset_attr attr = {.fs = landlock_handled(abi), .scoped = abi >= LANDLOCK_ABI_SCOPE ? SCOPE_ALL : 0};
        size_t size = abi >= LANDLOCK_ABI_SCOPE ? sizeof(attr) : sizeof(attr.fs);

        return SYS_CALL(landlock_create_ruleset, &attr, size, 0u);
}

int landlock_create_scope(void)
{
        struct ruleset_attr attr = {.scoped = SCOPE_ALL};
        return SYS_CALL(landlock_create_ruleset, &attr, sizeof(attr), 0u);
}

int landlock_allow(int ruleset, unsigned abi, int path_fd, uint64_t rights)
{
        struct landlock_path_beneath_attr beneath = {.allowed_access = rights & landlock_handled(abi), .parent_fd = path_fd};

        if (beneath.allowed_access == 0)
                return 0;
        return SYS_CALL(landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0u);
}

int landlock_enforce(int ruleset)
{
        return SYS_CALL(landlock_restrict_self, ruleset, 0u);
}
