/* One mount_setattr over a whole tree costs the same however many mounts are in it. Attributes are only ever added, which is
 * allowed on mounts that the kernel has locked, too. The source is opened with no symlink followed: it was canonical when
 * the plan was made, and if it is not any more, somebody else chose what we would show. */
#include "sandbox/tree.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/idmap.h"
#include "sandbox/sys.h"

/* MS_PRIVATE of <sys/mount.h>, which cannot be had beside <linux/mount.h>. */
#define PROPAGATION_PRIVATE (UINT64_C(1) << 18)

int tree_new(const char *type, const struct tree_option *options, size_t count, uint64_t flags)
{
        cleanup_fd int context = SYS_CALL(fsopen, type, FSOPEN_CLOEXEC);
        int result = context < 0 ? context : 0;

        for (size_t i = 0; i < count && result == 0; i++) {
                const char *value = options[i].value;
                if (value && !*value)
                        continue;
                result = SYS_CALL(fsconfig, context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, options[i].key,
                                  value, 0);
        }
        if (result == 0)
                result = SYS_CALL(fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
        return result < 0 ? result : SYS_CALL(fsmount, context, FSMOUNT_CLOEXEC, (unsigned)flags);
}

int tree_skeleton(const char *mode)
{
        const struct tree_option options[] = {{"mode", mode}};
        return tree_new("tmpfs", options, 1, SKELETON_FLAGS);
}

uint64_t tree_flags(const struct plan_mount *mount)
{
        uint64_t flags = MOUNT_ATTR_NOSUID;

        if (mount->kind != VIEW_DEVICE && mount->kind != VIEW_PTS)
                flags |= MOUNT_ATTR_NODEV;
        if (!mount->executable)
                flags |= MOUNT_ATTR_NOEXEC;
        /* A read-only mount does not stop writing to a device, only changing the node itself. */
        if (!mount->writable || mount->kind == VIEW_DEVICE)
                flags |= MOUNT_ATTR_RDONLY;
        return flags;
}

int tree_open(const struct plan_mount *mount)
{
        struct mount_attr attr = {.attr_set = tree_flags(mount), .propagation = PROPAGATION_PRIVATE};
        cleanup_fd int source =
                sys_open_path(AT_FDCWD, mount->source, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

        if (source < 0)
                return source;
        int tree = sys_clone_tree(source);
        if (tree < 0)
                return tree;
        int result = sys_mount_setattr(tree, AT_RECURSIVE, &attr);
        if (result < 0) {
                fd_close(tree);
                return result;
        }
        return tree;
}

/* The directory of a source; -ENOENT for what is looked up by its whole path, as what lies in "/" is. */
static int near_directory(struct tree_near *near, const char *source)
{
        char path[PATH_MAX];
        const char *slash = strrchr(source, '/');
        size_t length = slash ? (size_t)(slash - source) : 0;

        if (near->fd >= 0 && near->length == length && memcmp(near->path, source, length) == 0)
                return near->fd;
        tree_near_close(near);
        if (length == 0 || length >= sizeof(path))
                return -ENOENT;
        memcpy(path, source, length);
        path[length] = '\0';
        near->path = source;
        near->length = length;
        near->fd = sys_open_path(AT_FDCWD, path, O_DIRECTORY, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        return near->fd;
}

/* The last name is cloned whatever it is, so a symlink is seen only now. What else may be wrong is found, and told of, by the
 * long way. */
int tree_open_near(struct tree_near *near, const struct plan_mount *mount)
{
        const struct mount_attr attr = {.attr_set = tree_flags(mount), .propagation = PROPAGATION_PRIVATE};
        int directory = near->refused ? -ENOSYS : near_directory(near, mount->source);
        struct stat top;

        if (directory < 0)
                return tree_open(mount);
        cleanup_fd int tree = sys_clone_child(directory, mount->source + near->length + 1, &attr);
        near->refused = tree == -ENOSYS || tree == -EPERM;
        if (tree < 0 || fstat(tree, &top) < 0 || S_ISLNK(top.st_mode))
                return tree_open(mount);
        return fd_take(&tree);
}

void tree_near_close(struct tree_near *near)
{
        near->fd = fd_close(near->fd);
}

/* The user namespace for an owner: made at first need. */
static int map_for(struct tree_maps *cache, const struct stat *top, uid_t uid, gid_t gid)
{
        for (size_t i = 0; i < cache->count; i++)
                if (cache->maps[i].uid == top->st_uid && cache->maps[i].gid == top->st_gid)
                        return cache->maps[i].userns;

        struct tree_map *more = realloc(cache->maps, (cache->count + 1) * sizeof(*more));
        if (!more)
                return -ENOMEM;
        cache->maps = more;
        int userns = idmap_userns(top->st_uid, uid, top->st_gid, gid);
        if (userns >= 0)
                more[cache->count++] = (struct tree_map){top->st_uid, top->st_gid, userns};
        return userns;
}

int tree_map_owner(int tree, uid_t uid, gid_t gid, struct tree_maps *cache)
{
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
        struct stat top;

        if (fstat(tree, &top) < 0)
                return -errno;
        if (top.st_uid == uid && top.st_gid == gid)
                return 0;
        int userns = map_for(cache, &top, uid, gid);
        if (userns < 0)
                return userns;
        attr.userns_fd = (__u64)userns;
        int result = sys_mount_setattr(tree, AT_RECURSIVE, &attr);
        if (result == -EINVAL || result == -EPERM) /* something mounted below cannot: the top alone, then */
                result = sys_mount_setattr(tree, 0, &attr);
        return result == -EINVAL || result == -EPERM ? 1 : result;
}

void tree_maps_free(struct tree_maps *cache)
{
        for (size_t i = 0; i < cache->count; i++)
                fd_close(cache->maps[i].userns);
        free(cache->maps);
        *cache = (struct tree_maps){0};
}
