/* How an overlay is made; see overlay.h. The kernel follows no mount in a lower layer, so what is mounted in a tree would look
 * empty: such a tree is refused. And where the file system of the upper layer has no extended attributes of users, the kernel
 * would go on with half of what it needs: so that is tried first. */
#include "sandbox/overlay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/within.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define MEMORY_DEFAULT (UINT64_C(256) << 20) /* where `tmp` says nothing */

/* ---- the parent: what is mounted in a tree -------------------------------------------------------------------------- */

/* Undoes the kernel's \ooo in place. */
static void unescape(char *text)
{
        char *to = text;

        for (const char *at = text; *at; to++) {
                bool octal = at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] && at[3];
                int code = octal ? (at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0') : (unsigned char)*at;
                *to = (char)code;
                at += octal ? 4 : 1;
        }
        *to = '\0';
}

/* The fifth field of a line of mountinfo. */
static char *mount_point(char *line)
{
        for (unsigned field = 1; line && field < 5; field++)
                if ((line = strchr(line, ' ')))
                        line++;
        if (!line)
                return NULL;
        line[strcspn(line, " ")] = '\0';
        unescape(line);
        return line;
}

static int check_mounts(const char *tree, cordon_error *err)
{
        FILE *mounts = fopen("/proc/self/mountinfo", "re");
        char *line = NULL;
        size_t room = 0;
        int result = 0;

        if (!mounts)
                return error_set(err, errno, "cannot look for mounts in %s: /proc/self/mountinfo: %s", tree, error_text(errno));
        while (result == 0 && getline(&line, &room, mounts) > 0) {
                const char *point = mount_point(line);
                if (point && strcmp(point, tree) != 0 && path_within(point, tree))
                        result = error_set(err, EXDEV,
                                           "an overlay of %s would not show what is mounted at %s: make an overlay of a "
                                           "directory without mounts in it",
                                           tree, point);
        }
        free(line);
        fclose(mounts);
        return result;
}

/* ---- the parent: what is kept on disk ------------------------------------------------------------------------------- */

/* A layer's top shows its own mode and times, not those of what it lies on. */
static int make_layer(const struct setup *s, int kept, const char *name, mode_t mode, const struct stat *top)
{
        if (mkdirat(kept, name, 0700) < 0)
                return -errno;
        cleanup_fd int layer = openat(kept, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (layer < 0)
                return -errno;
        const struct timespec times[2] = {top->st_atim, top->st_mtim};
        if ((s->root && fchown(layer, s->uid, s->gid) < 0) || fchmod(layer, mode) < 0 || futimens(layer, times) < 0)
                return -errno;
        return 0;
}

static int make_kept(const struct setup *s, const struct overlay_step *o, const struct plan_mount *m)
{
        struct stat top;

        if (lstat(m->source, &top) < 0 || mkdir(o->path, 0755) < 0)
                return -errno;
        cleanup_fd int kept = open(o->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        /* The sandbox's id has to get through; nobody else gets past the directory that it lies in. */
        if (kept < 0 || fchmod(kept, 0755) < 0 || symlinkat(m->source, kept, "lower") < 0 || symlinkat(m->path, kept, "seen") < 0)
                return -errno;
        int result = make_layer(s, kept, "upper", top.st_mode & 01777, &top);
        return result < 0 ? result : make_layer(s, kept, "work", 0700, &top);
}

static int prepare_kept(struct setup *s, struct overlay_step *o, const struct plan_mount *m, cordon_error *err)
{
        const char *changes = s->options->changes, *source = m->source;
        int result = snprintf(o->path, sizeof(o->path), "%s/%s", changes, o->name) < (int)sizeof(o->path) ? 0 : -ENAMETOOLONG;

        if (result == 0 && path_within(changes, source))
                return error_set(err, ELOOP,
                                 "changes in %s cannot be kept in %s, which lies in it: name a directory elsewhere (--keep)",
                                 source, changes);
        if (result == 0)
                result = make_kept(s, o, m);
        o->kept = (struct plan_mount){.kind = VIEW_BIND, .path = o->path, .source = o->path, .directory = true, .writable = true};
        if (result == 0 && s->root) {
                o->tree = tree_open(&o->kept);
                result = o->tree < 0 ? o->tree : setup_keep(s, &o->tree);
        }
        return result < 0 ? error_set(err, -result, "cannot keep the changes in %s: %s", o->path, error_text(-result)) : 0;
}

static int prepare_one(struct setup *s, struct overlay_step *o, struct view_step *step, size_t number, cordon_error *err)
{
        *o = (struct overlay_step){.tree = FD_NONE};
        snprintf(o->name, sizeof(o->name), "%zu", number);
        snprintf(o->lower, sizeof(o->lower), "%s/lower", o->name);
        snprintf(o->upper, sizeof(o->upper), "%s/%supper", o->name, s->options->changes ? "kept/" : "");
        snprintf(o->work, sizeof(o->work), "%s/%swork", o->name, s->options->changes ? "kept/" : "");
        step->overlay = o;
        int result = check_mounts(step->mount->source, err);
        return result == 0 && s->options->changes ? prepare_kept(s, o, step->mount, err) : result;
}

int overlays_prepare(struct setup *s, cordon_error *err)
{
        const uint64_t bytes_per_inode = 1024;
        uint64_t size = s->world->tmp_size ? s->world->tmp_size : MEMORY_DEFAULT;
        int result = 0;

        for (size_t i = 0; i < s->step_count; i++)
                s->overlay_count += s->steps[i].mount->overlay;
        if (s->overlay_count == 0)
                return 0;
        s->overlays = calloc(s->overlay_count, sizeof(*s->overlays));
        if (!s->overlays)
                return error_set(err, ENOMEM, "out of memory");
        snprintf(s->layers_size, sizeof(s->layers_size), "%llu", (unsigned long long)size);
        snprintf(s->layers_inodes, sizeof(s->layers_inodes), "%llu", (unsigned long long)(size / bytes_per_inode));
        for (size_t i = 0, number = 0; i < s->step_count && result == 0; i++)
                if (s->steps[i].mount->overlay) {
                        result = prepare_one(s, &s->overlays[number], &s->steps[i], number, err);
                        number++;
                }
        return result;
}

void overlays_release(struct setup *s)
{
        for (size_t i = 0; i < s->overlay_count && s->overlays; i++)
                fd_close(s->overlays[i].tree);
        free(s->overlays);
        s->overlays = NULL;
        s->overlay_count = 0;
}

/* ---- the child ------------------------------------------------------------------------------------------------------ */

int overlays_begin(struct setup *s)
{
        const struct tree_option options[] = {{"mode", "0700"}, {"size", s->layers_size}, {"nr_inodes", s->layers_inodes}};

        if (s->overlay_count == 0)
                return 0;
        s->detail = "the layers of overlays";
        s->layers = tree_new("tmpfs", options, COUNT(options), SKELETON_FLAGS);
        return s->layers < 0 ? s->layers : sys_move_mount(s->layers, AT_FDCWD, "/");
}

static int put(const struct setup *s, int tree, const char *name)
{
        int result = SYS_CALL(mkdirat, s->layers, name, 0700);
        return result < 0 ? result : sys_move_mount(tree, s->layers, name);
}

static int make_memory(const struct setup *s, const struct overlay_step *o, int lower)
{
        struct statx top;
        int result = SYS_CALL(statx, lower, "", AT_EMPTY_PATH, STATX_MODE | STATX_MTIME | STATX_ATIME, &top);

        if (result == 0)
                result = SYS_CALL(mkdirat, s->layers, o->work, 0700);
        if (result == 0)
                result = SYS_CALL(mkdirat, s->layers, o->upper, (unsigned)top.stx_mode & 01777u);
        if (result < 0)
                return result;
        const struct timespec times[2] = {{top.stx_atime.tv_sec, (long)top.stx_atime.tv_nsec},
                                          {top.stx_mtime.tv_sec, (long)top.stx_mtime.tv_nsec}};
        return SYS_CALL(utimensat, s->layers, o->upper, times, AT_SYMLINK_NOFOLLOW);
}

static int make_upper(const struct setup *s, struct overlay_step *o, int lower)
{
        char place[40];

        if (!*o->path)
                return make_memory(s, o, lower);
        cleanup_fd int tree = s->root ? fd_take(&o->tree) : tree_open(&o->kept);
        if (tree < 0)
                return tree;
        size_t length = strlen(o->upper) - strlen("/upper");
        memcpy(place, o->upper, length);
        place[length] = '\0';
        return put(s, tree, place);
}

static int try_attributes(const struct setup *s, const struct overlay_step *o)
{
        static const char name[] = "user.cordon";
        cleanup_fd int upper = SYS_CALL(openat, s->layers, o->upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int result = upper < 0 ? upper : SYS_CALL(fsetxattr, upper, name, "", (size_t)0, 0);
        return result < 0 ? result : SYS_CALL(fremovexattr, upper, name);
}

int overlay_mount(struct setup *s, struct view_step *step, int lower)
{
        struct overlay_step *o = step->overlay;
        const struct tree_option options[] = {
                {"userxattr", NULL}, {"index", "off"},        {"lowerdir", o->lower},
                {"upperdir", o->upper}, {"workdir", o->work},
        };

        s->stage = STAGE_OVERLAY;
        s->detail = step->mount->path;
        int result = SYS_CALL(mkdirat, s->layers, o->name, 0755);
        if (result == 0)
                result = put(s, lower, o->lower);
        if (result == 0)
                result = make_upper(s, o, lower);
        if (result == 0)
                result = try_attributes(s, o);
        if (result == 0)
                result = SYS_CALL(fchdir, s->layers);
        if (result < 0)
                return result;
        int tree = tree_new("overlay", options, COUNT(options), tree_flags(step->mount));
        if (tree >= 0)
                s->stage = STAGE_MOUNTS;
        return tree;
}
