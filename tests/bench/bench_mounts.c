/* What the kernel alone takes for the mounts of many rules: no policy, no broker, one namespace. Of a directory with files
 * TOP/NAME0, TOP/NAME1, … each is cloned with its flags, mounted on a file of a new tmpfs, and that becomes the root; then
 * the end, which takes all of it down again.
 *
 *   bench_mounts TOP NAME COUNT MOUNTS     the names are used as often as MOUNTS needs */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/sys.h"

#define PRIVATE (UINT64_C(1) << 18) /* MS_PRIVATE, see tree.c */

static int check(int result, const char *what)
{
        if (result >= 0)
                return result;
        fprintf(stderr, "bench_mounts: %s: %s\n", what, strerror(-result));
        exit(1);
}

static int new_root(void)
{
        int context = check(SYS_CALL(fsopen, "tmpfs", FSOPEN_CLOEXEC), "fsopen");
        check(SYS_CALL(fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "fsconfig");
        int root = check(SYS_CALL(fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV), "fsmount");
        check(sys_move_mount(root, AT_FDCWD, "/"), "move_mount");
        return root;
}

static void mount_one(int root, int from, const char *name, unsigned number)
{
        static const struct mount_attr attr = {
                .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
                .propagation = PRIVATE,
        };
        char place[32];
        int tree = sys_clone_child(from, name, &attr);

        if (tree == -ENOSYS) {
                tree = check(SYS_CALL(open_tree, from, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE), name);
                check(sys_mount_setattr(tree, AT_RECURSIVE, &attr), "mount_setattr");
        }
        check(tree, name);
        snprintf(place, sizeof(place), "place%u", number);
        check(SYS_CALL(mknodat, root, place, S_IFREG | 0444, 0), place);
        check(sys_move_mount(tree, root, place), "move_mount");
        close(tree);
}

int main(int argc, char **argv)
{
        const struct mount_attr alone = {.propagation = PRIVATE};
        if (argc != 5 || atoi(argv[3]) < 1)
                return 2;
        const unsigned count = (unsigned)atoi(argv[3]), mounts = (unsigned)atoi(argv[4]);
        check(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | (geteuid() ? CLONE_NEWUSER : 0)) < 0 ? -errno : 0,
              "unshare");
        int host = check(sys_open_path(AT_FDCWD, "/", O_DIRECTORY, 0), "/");
        check(sys_mount_setattr(host, AT_RECURSIVE, &alone), "private");
        int from = check(sys_open_path(AT_FDCWD, argv[1], O_DIRECTORY, 0), argv[1]), root = new_root();
        for (unsigned i = 0; i < mounts; i++) {
                char name[64];
                snprintf(name, sizeof(name), "%s%u", argv[2], i % count);
                mount_one(root, from, name, i);
        }
        check(SYS_CALL(fchdir, root), "fchdir");
        check(SYS_CALL(pivot_root, ".", "."), "pivot_root");
        check(SYS_CALL(umount2, ".", SYS_MNT_DETACH), "umount2");
        return 0;
}
