#include "policy/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/within.h"

#define LINKS_MOST 40 /* as the kernel */

struct walk {
        const struct plan *plan;
        const struct policy_host *host;
        struct look *out;
        size_t length;           /* of out->path; "/" is "" until the end */
        char rest[2 * PATH_MAX]; /* what is still to be walked */
        const char *at;
        unsigned links;
        char target[PATH_MAX]; /* of the symlink just met; empty: it is none */
};

/* ---- one place -------------------------------------------------------------------------------------------------- */

/* The innermost mount around a path, and what they all grant together. */
static const struct plan_mount *around(const struct plan *plan, const char *path, unsigned *rights)
{
        const struct plan_mount *found = NULL;
        *rights = 0;
        for (size_t i = 0; i < plan->mount_count; i++) {
                const struct plan_mount *m = &plan->mounts[i];
                if (!path_within(path, m->path))
                        continue;
                *rights |= m->access;
                if (!found || path_within(m->path, found->path))
                        found = m;
        }
        return found;
}

/* In what is the view's own there is only what leads to a mount. */
static mode_t own_mode(const struct plan *plan, const char *path)
{
        for (size_t i = 0; i < plan->mount_count; i++)
                if (path_within(plan->mounts[i].path, path))
                        return S_IFDIR | 0755;
        return 0;
}

struct link_asked {
        const char *path;
        char *target;
};

static void link_met(void *ctx, const char *path, const char *target)
{
        struct link_asked *asked = ctx;
        if (strcmp(path, asked->path) == 0 && strlen(target) < PATH_MAX)
                strcpy(asked->target, target);
}

/* What the host has, where the mount shows it, at a path all of whose directories are known to be no links. */
static mode_t host_mode(struct walk *w)
{
        const struct plan_mount *m = w->out->mount;
        char canonical[PATH_MAX], source[PATH_MAX];
        struct link_asked asked = {.path = source, .target = w->target};
        mode_t mode = 0;
        size_t length = m->path[1] ? strlen(m->path) : 0;
        int size = snprintf(source, sizeof(source), "%s%s", m->source[1] ? m->source : "", w->out->path + length);
        if (size <= 0 || (size_t)size >= sizeof(source))
                return 0;
        int r = w->host->canonical(w->host->ctx, source, canonical, &mode, link_met, &asked);
        if (w->target[0])
                return S_IFLNK | 0777;
        return r < 0 ? 0 : mode;
}

/* Looks at out->path: what is there, and if it is a link, where it leads. */
static void look_here(struct walk *w)
{
        struct look *out = w->out;
        const char *path = w->length ? out->path : "/";
        bool top;

        w->target[0] = '\0';
        out->mount = around(w->plan, path, &out->rights);
        top = out->mount && strcmp(out->mount->path, path) == 0;
        switch (out->mount ? out->mount->kind : VIEW_DIR) {
        case VIEW_SYMLINK:
                out->mode = S_IFLNK | 0777;
                if (strlen(out->mount->source) < PATH_MAX)
                        strcpy(w->target, out->mount->source);
                return;
        case VIEW_BIND:
                out->mode = w->length ? host_mode(w) : S_IFDIR | 0755;
                return;
        case VIEW_DEVICE:
                out->mode = S_IFCHR | 0666;
                return;
        case VIEW_MASK:
                out->mode = !top ? 0 : out->mount->directory ? S_IFDIR : S_IFREG;
                return;
        case VIEW_EMPTY:
        case VIEW_FILE:
                out->mode = !top ? 0 : out->mount->directory ? S_IFDIR | 0555 : S_IFREG | 0444;
                return;
        case VIEW_PROC:
                out->unknown = !top;
                out->mode = top ? S_IFDIR | 0555 : S_IFREG | 0444;
                return;
        case VIEW_PTS:
                out->unknown = !top && strcmp(path, "/dev/pts/ptmx") != 0;
                out->mode = top ? S_IFDIR | 0755 : S_IFCHR | 0666;
                return;
        case VIEW_DIR:
        case VIEW_HOLLOW:
        case VIEW_TMPFS:
        case VIEW_QUEUES:
                out->mode = own_mode(w->plan, path);
                return;
        }
}

/* ---- the walk --------------------------------------------------------------------------------------------------- */

static void go_up(struct walk *w)
{
        while (w->length > 0 && w->out->path[--w->length] != '/')
                ;
        w->out->path[w->length] = '\0';
}

static int enter(struct walk *w, const char *name, size_t size)
{
        if (w->length + 1 + size >= PATH_MAX)
                return ENAMETOOLONG;
        w->out->path[w->length] = '/';
        memcpy(w->out->path + w->length + 1, name, size);
        w->length += 1 + size;
        w->out->path[w->length] = '\0';
        look_here(w);
        return 0;
}

/* Puts the link's text before what is left. */
static int splice(struct walk *w)
{
        size_t target = strlen(w->target), left = strlen(w->at);
        if (++w->links > LINKS_MOST)
                return ELOOP;
        if (target + 1 + left >= sizeof(w->rest))
                return ENAMETOOLONG;
        memmove(w->rest + target + 1, w->at, left + 1);
        memcpy(w->rest, w->target, target);
        w->rest[target] = '/';
        w->at = w->rest;
        go_up(w);
        if (w->target[0] == '/') {
                w->length = 0;
                w->out->path[0] = '\0';
        }
        w->out->through_link = true;
        look_here(w);
        return 0;
}

/* What stands in the way of going on below what was reached. */
static int barrier(const struct walk *w)
{
        const struct look *out = w->out;
        if (out->mode == 0)
                return ENOENT;
        if (!S_ISDIR(out->mode) && !out->unknown)
                return ENOTDIR;
        return out->mount && out->mount->kind == VIEW_MASK ? EACCES : 0;
}

static int step(struct walk *w, const char *name, size_t size, bool follow)
{
        bool last = w->at[strspn(w->at, "/")] == '\0', slash = last && *w->at == '/';
        int error = barrier(w);
        if (error)
                return error;
        if (size == 1 && name[0] == '.')
                return 0;
        if (size == 2 && name[0] == '.' && name[1] == '.') {
                w->out->through_link = true;
                go_up(w);
                look_here(w);
                return 0;
        }
        error = enter(w, name, size);
        if (!error && w->target[0] && (follow || slash || !last))
                return splice(w);
        return error;
}

/* Text that is left when the walk cannot go on is kept, so that a rule can be asked about it; up to a "..", whose meaning
 * nobody knows. */
static void append_rest(struct walk *w)
{
        while (*(w->at += strspn(w->at, "/"))) {
                const char *name = w->at;
                size_t size = strcspn(name, "/");
                w->at += size;
                if (size == 1 && name[0] == '.')
                        continue;
                bool up = size == 2 && name[0] == '.' && name[1] == '.';
                w->out->through_link = w->out->through_link || up;
                w->out->parent_missing = w->out->parent_missing || up;
                if (up || w->length + 1 + size >= PATH_MAX)
                        return;
                w->out->path[w->length++] = '/';
                memcpy(w->out->path + w->length, name, size);
                w->length += size;
                w->out->path[w->length] = '\0';
                w->out->parent_missing = true;
        }
}

static void walk(struct walk *w, bool follow)
{
        look_here(w);
        while (w->out->error == 0) {
                w->at += strspn(w->at, "/");
                const char *name = w->at;
                size_t size = strcspn(name, "/");
                if (size == 0)
                        break;
                w->at += size;
                w->out->error = step(w, name, size, follow);
                if (w->out->error)
                        w->at = name;
        }
}

void plan_look(const struct plan *plan, const struct policy_host *host, const char *path, bool follow, struct look *out)
{
        struct walk w = {.plan = plan, .host = host, .out = out};
        size_t length = strlen(path);
        *out = (struct look){0};
        if (path[0] != '/' || length >= PATH_MAX) {
                out->error = path[0] == '/' ? ENAMETOOLONG : EINVAL;
                return;
        }
        memcpy(w.rest, path, length + 1);
        w.at = w.rest;
        walk(&w, follow);
        if (out->error) {
                append_rest(&w);
                out->mode = 0;
        } else if (out->mode == 0) {
                out->error = ENOENT;
        }
        if (w.length == 0)
                strcpy(out->path, "/");
}
