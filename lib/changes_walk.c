/* A layer has what is new or changed, and a whiteout where something is gone: a device 0/0. A directory that is marked as opaque
 * hides all that the host has there; everything it does not have itself is gone. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "lib/changes.h"

/* ---- names --------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static int name_add(struct names *names, size_t *room, const char *name)
{
        if (names->count == *room) {
                size_t more = *room ? 2 * *room : 32;
                char **items = realloc(names->items, more * sizeof(*items));
                if (!items)
                        return -ENOMEM;
                names->items = items;
                *room = more;
        }
        char *copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        names->items[names->count++] = copy;
        return 0;
}

int names_read(int directory, struct names *out)
{
        size_t room = 0;
        int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* with a position of its own */
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;
        int r = dir ? 0 : -errno;

        *out = (struct names){0};
        if (!dir)
                fd_close(fd);
        while (r == 0 && (errno = 0, entry = readdir(dir)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        r = name_add(out, &room, entry->d_name);
        if (r == 0 && errno)
                r = -errno;
        if (dir)
                closedir(dir);
        if (r == 0 && out->count > 0)
                qsort(out->items, out->count, sizeof(*out->items), by_name);
        if (r < 0)
                names_free(out);
        return r;
}

void names_free(struct names *names)
{
        for (size_t i = 0; i < names->count; i++)
                free(names->items[i]);
        free(names->items);
        *names = (struct names){0};
}

int directory_in(int directory, const char *name)
{
        struct open_how how = {
                .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
        };
        long fd = syscall(SYS_openat2, directory, name, &how, sizeof(how));
        return fd < 0 ? -errno : (int)fd;
}

/* ---- one name ------------------------------------------------------------------------------------------------------ */

static void look(int directory, const char *name, struct stat *out)
{
        if (directory < 0 || fstatat(directory, name, out, AT_SYMLINK_NOFOLLOW) < 0)
                *out = (struct stat){0};
}

static bool is_whiteout(const struct stat *st)
{
        return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

static bool is_opaque(int directory)
{
        char value[2];
        return fgetxattr(directory, "user.overlay.opaque", value, sizeof(value)) == 1 && value[0] == 'y';
}

/* Where a link leads, as far as its text says: out of the tree? */
static bool leads_out(const struct changes *c, const char *target)
{
        const char *at = target;
        long level = 0;

        if (*target == '/') {
                if (strncmp(target, c->path, c->tree_length) != 0 || (target[c->tree_length] && target[c->tree_length] != '/'))
                        return true;
                at = target + c->tree_length;
        } else {
                for (const char *s = strchr(c->path + c->tree_length + 1, '/'); s; s = strchr(s + 1, '/'))
                        level++;
        }
        for (size_t length; *at && level >= 0; at += length) {
                at += strspn(at, "/");
                length = strcspn(at, "/");
                if (length == 2 && at[0] == '.' && at[1] == '.')
                        level--;
                else if (length > 0 && !(length == 1 && *at == '.'))
                        level++;
        }
        return level < 0;
}

static void read_target(struct changes *c, struct difference *d)
{
        ssize_t length = readlinkat(d->upper, d->name, d->target, sizeof(d->target) - 1);

        d->target[length > 0 ? length : 0] = '\0';
        d->change.target = d->target;
        d->change.outside = leads_out(c, d->target);
}

static void judge(struct changes *c, struct difference *d)
{
        cordon_change *change = &d->change;

        if (d->is.st_mode == 0)
                change->kind = CORDON_CHANGE_REMOVED;
        else if (d->was.st_mode == 0)
                change->kind = CORDON_CHANGE_ADDED;
        else if ((d->is.st_mode & S_IFMT) != (d->was.st_mode & S_IFMT))
                change->kind = CORDON_CHANGE_REPLACED;
        else if ((change->parts = changes_compare(c, d)))
                change->kind = change->parts & CORDON_CHANGE_CONTENT ? CORDON_CHANGE_MODIFIED : CORDON_CHANGE_METADATA;
        if (S_ISLNK(d->is.st_mode))
                read_target(c, d);
        change->path = c->path;
        change->kept = d->is.st_mode ? c->kept : NULL;
        change->mode = d->is.st_mode;
        change->mode_before = d->was.st_mode;
        change->size = S_ISREG(d->is.st_mode) ? (uint64_t)d->is.st_size : 0;
        change->size_before = S_ISREG(d->was.st_mode) ? (uint64_t)d->was.st_size : 0;
}

static void refuse(struct difference *d, int error, const char *what)
{
        snprintf(d->why, sizeof(d->why), "%s%s", what, error_text(error));
}

/* A socket that nobody listens on any more, a FIFO: told of, and no reason to keep all the rest. */
static bool is_left_out(const struct difference *d)
{
        return d->change.kind == CORDON_CHANGE_ADDED && (S_ISSOCK(d->is.st_mode) || S_ISFIFO(d->is.st_mode));
}

/* Tells of it, having done it if that is wanted. */
static void tell(struct changes *c, struct difference *d)
{
        bool hindered = *d->why || changes_hindered(c, d);
        int r = hindered || !c->apply ? 0 : changes_apply(c, d);

        if (r < 0)
                refuse(d, -r, "");
        d->change.refused = *d->why ? d->why : NULL;
        d->change.applied = c->apply && !*d->why;
        c->found++;
        c->refused += *d->why != 0 && !is_left_out(d);
        c->fn(c->ctx, &d->change);
}

/* ---- the walk ------------------------------------------------------------------------------------------------------ */

static int walk(struct changes *c, int upper, int lower, bool opaque);

/* False: the path would be too long, and d->why says so. */
static bool enter(struct changes *c, const char *name)
{
        size_t path = strlen(c->path), kept = strlen(c->kept), more = strlen(name) + 2;

        if (path + more > sizeof(c->path) || kept + more > sizeof(c->kept))
                return false;
        snprintf(c->path + path, sizeof(c->path) - path, "/%s", name);
        snprintf(c->kept + kept, sizeof(c->kept) - kept, "/%s", name);
        return true;
}

static void leave(struct changes *c)
{
        *strrchr(c->path, '/') = '\0';
        *strrchr(c->kept, '/') = '\0';
}

static void unreadable(struct changes *c, struct difference *d, int error, const char *what)
{
        d->change.kind = d->change.kind ? d->change.kind : CORDON_CHANGE_METADATA;
        refuse(d, error, what);
        tell(c, d);
}

/* What is in a directory of the layer. A new one of the host's is there by now, if it could be made. */
static int descend(struct changes *c, struct difference *d)
{
        cleanup_fd int upper = directory_in(d->upper, d->name);
        bool inside = d->lower >= 0 && (S_ISDIR(d->was.st_mode) || d->change.applied);
        cleanup_fd int lower = inside ? directory_in(d->lower, d->name) : FD_NONE;
        bool failed = d->change.refused || (inside && lower < 0);

        if (upper < 0) {
                unreadable(c, d, -upper, "cannot be looked into: ");
                return 0;
        }
        if (c->depth == CHANGES_DEPTH_MOST) {
                unreadable(c, d, ELOOP, "is not looked into: ");
                return 0;
        }
        if (inside && lower < 0)
                unreadable(c, d, -lower, "the host's: ");
        bool opaque = is_opaque(upper);
        c->depth++;
        c->blocked += failed;
        int r = walk(c, upper, lower < 0 ? FD_NONE : lower, opaque);
        c->blocked -= failed;
        c->depth--;
        return r;
}

/* A directory gets its mode when all in it is done, since that may close it. */
static void finish(struct changes *c, struct difference *d)
{
        int r = d->change.applied && S_ISDIR(d->is.st_mode) ? changes_finish(c, d) : 0;

        if (r < 0)
                unreadable(c, d, -r, "its mode or attributes: ");
}

static int visit(struct changes *c, int upper, int lower, const char *name)
{
        struct difference d = {.upper = upper, .lower = lower, .name = name};
        int r = 0;

        look(upper, name, &d.is);
        look(lower, name, &d.was);
        if (is_whiteout(&d.is))
                d.is = (struct stat){0};
        if (!d.is.st_mode && !d.was.st_mode)
                return 0;
        if (!enter(c, name)) {
                d.change = (cordon_change){.path = c->path, .kind = CORDON_CHANGE_METADATA};
                unreadable(c, &d, ENAMETOOLONG, "what is in it is not looked at: ");
                return 0;
        }
        judge(c, &d);
        if (d.change.kind)
                tell(c, &d);
        if (S_ISDIR(d.is.st_mode))
                r = descend(c, &d);
        if (r == 0)
                finish(c, &d);
        leave(c);
        return r;
}

/* Sorted, each once. */
static int names_join(struct names *all, const struct names *more)
{
        size_t room = all->count;
        int r = 0;

        for (size_t i = 0; r == 0 && i < more->count; i++)
                r = name_add(all, &room, more->items[i]);
        if (r == 0 && all->count > 0)
                qsort(all->items, all->count, sizeof(*all->items), by_name);
        return r;
}

static int walk(struct changes *c, int upper, int lower, bool opaque)
{
        struct names names, hidden = {0};
        int r = names_read(upper, &names);

        if (r == 0 && opaque && lower >= 0) {
                r = names_read(lower, &hidden);
                if (r == 0)
                        r = names_join(&names, &hidden);
                names_free(&hidden);
        }
        for (size_t i = 0; r == 0 && i < names.count; i++)
                if (i == 0 || strcmp(names.items[i], names.items[i - 1]) != 0)
                        r = visit(c, upper, lower, names.items[i]);
        names_free(&names);
        return r == -ENOMEM ? r : 0;
}

int changes_walk(struct changes *c, int upper, int lower)
{
        struct difference top = {.upper = upper, .lower = lower, .name = "."};

        look(upper, ".", &top.is);
        look(lower, ".", &top.was);
        mode_t group = top.was.st_mode & 02000; /* a layer's top need not have it */
        top.is.st_mode = (top.is.st_mode & ~(mode_t)02000) | group;
        judge(c, &top);
        if (top.change.kind)
                tell(c, &top);
        int r = walk(c, upper, lower, is_opaque(upper));
        if (r == 0)
                finish(c, &top);
        return r;
}
