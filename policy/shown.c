/* A path of the view is walked component by component: a symlink of the view's own, or one in a tree that is shown elsewhere,
 * leads to a place of the view and not of the host. The host is asked about one component at a time, and never about a path
 * that goes through a link. */
#include "policy/shown.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/within.h"

#define LINKS_MOST 40 /* as the kernel */

/* ---- finding one ------------------------------------------------------------------------------------------------- */

/* The first item whose path is not before the first `length` bytes of `path`; every item begins with its path. */
static size_t first_from(const void *items, size_t size, size_t count, const char *path, size_t length)
{
        size_t from = 0;
        while (from < count) {
                size_t middle = from + (count - from) / 2;
                const char *name = *(const char *const *)(const void *)((const char *)items + middle * size);
                if (strncmp(name, path, length) < 0) {
                        from = middle + 1;
                } else {
                        count = middle;
                }
        }
        return from;
}

static bool is(const char *name, const char *path, size_t length)
{
        return !strncmp(name, path, length) && !name[length];
}

static const struct remap *remap_at(const struct shown *s, const char *path, size_t length)
{
        size_t i = first_from(s->remaps, sizeof(*s->remaps), s->remap_count, path, length);
        return i < s->remap_count && is(s->remaps[i].path, path, length) ? &s->remaps[i] : NULL;
}

const struct alias *shown_link(const struct shown *s, const char *path, size_t length)
{
        size_t i = first_from(s->links, sizeof(*s->links), s->link_count, path, length);
        return i < s->link_count && is(s->links[i].path, path, length) ? &s->links[i] : NULL;
}

const struct remap *shown_at(const struct shown *s, const char *path)
{
        return remap_at(s, path, strlen(path));
}

/* True where the view has something of its own below: the directory is there, whatever the host has. */
static bool leads_on(const struct shown *s, const char *path, size_t length)
{
        char below[PATH_MAX + 1];
        memcpy(below, path, length);
        below[length++] = '/';
        size_t i = first_from(s->remaps, sizeof(*s->remaps), s->remap_count, below, length);
        size_t j = first_from(s->links, sizeof(*s->links), s->link_count, below, length);
        return (i < s->remap_count && !strncmp(s->remaps[i].path, below, length)) ||
               (j < s->link_count && !strncmp(s->links[j].path, below, length));
}

const char *shown_source(const struct shown *s, const char *path, bool around, char out[PATH_MAX])
{
        size_t length = s->remap_count > 0 ? strlen(path) : 0, top = length;
        const struct remap *found = NULL;

        while (top > 0 && !found) {
                if (!around || top < length)
                        found = remap_at(s, path, top);
                while (!found && top > 0 && path[--top] != '/')
                        ;
        }
        if (!found)
                return path;
        size_t head = strlen(found->source), rest = length - top;
        if (head + rest >= PATH_MAX)
                return NULL;
        memcpy(out, found->source, head);
        memcpy(out + head, path + top, rest + 1);
        return out;
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

struct walk {
        const struct shown *shown;
        const struct policy_host *host;
        char *out; /* canonical so far; "/" is "" */
        size_t length;
        char rest[2 * PATH_MAX]; /* what is still to be walked */
        const char *at;
        const char *source; /* the host's path of what was just looked at, for link_met() */
        char target[PATH_MAX];
        mode_t mode;
        unsigned links;
        bool missing; /* something on the way does not exist */
};

static void link_met(void *ctx, const char *path, const char *target)
{
        struct walk *w = ctx;
        if (!strcmp(path, w->source) && strlen(target) < PATH_MAX)
                strcpy(w->target, target);
}

static void go_up(struct walk *w)
{
        while (w->length > 0 && w->out[--w->length] != '/')
                ;
        w->out[w->length] = '\0';
}

/* Looks at what is at `out` now, all of whose directories are no links. 1: a link, whose text is in `target`. */
static int look(struct walk *w)
{
        char source[PATH_MAX], canonical[PATH_MAX];
        const struct alias *own = shown_link(w->shown, w->out, w->length);

        w->target[0] = '\0';
        w->source = own ? NULL : shown_source(w->shown, w->out, false, source);
        if (own && strlen(own->target) < PATH_MAX)
                strcpy(w->target, own->target);
        if (own)
                return 1;
        if (!w->source)
                return -ENAMETOOLONG;
        int r = w->host->canonical(w->host->ctx, w->source, canonical, &w->mode, link_met, w);
        if (w->target[0])
                return 1;
        if (r < 0)
                return r;
        if (w->mode == 0 && leads_on(w->shown, w->out, w->length))
                w->mode = S_IFDIR | 0755;
        return 0;
}

static int enter(struct walk *w, const char *name, size_t size)
{
        if (w->length + 1 + size >= PATH_MAX)
                return -ENAMETOOLONG;
        w->out[w->length] = '/';
        memcpy(w->out + w->length + 1, name, size);
        w->length += 1 + size;
        w->out[w->length] = '\0';
        if (w->missing)
                return 0;
        int r = look(w);
        w->missing = r == 0 && w->mode == 0;
        return r;
}

/* Puts the text of the link at `out` before what is left. */
static int splice(struct walk *w, void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx)
{
        size_t target = strlen(w->target), left = strlen(w->at);

        if (++w->links > LINKS_MOST)
                return -ELOOP;
        if (link && !shown_link(w->shown, w->out, w->length))
                link(link_ctx, w->out, w->target);
        if (target + 1 + left >= sizeof(w->rest))
                return -ENAMETOOLONG;
        memmove(w->rest + target + 1, w->at, left + 1);
        memcpy(w->rest, w->target, target);
        w->rest[target] = '/';
        w->at = w->rest;
        go_up(w);
        if (w->target[0] == '/') {
                w->length = 0;
                w->out[0] = '\0';
        }
        w->mode = S_IFDIR | 0755;
        return 0;
}

static int step(struct walk *w, const char *name, size_t size)
{
        if (size == 1 && name[0] == '.')
                return 0;
        if (size == 2 && name[0] == '.' && name[1] == '.') {
                go_up(w);
                w->missing = false; /* whether this exists is seen when the walk goes on */
                w->mode = S_IFDIR | 0755;
                return 0;
        }
        return enter(w, name, size);
}

int shown_canonical(const struct shown *s, const struct policy_host *host, const char *path, char out[PATH_MAX], mode_t *mode,
                    void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx)
{
        struct walk w; /* most of it is room that need not be cleared */
        size_t length = strlen(path);

        if (s->remap_count == 0 && s->link_count == 0)
                return host->canonical(host->ctx, path, out, mode, link, link_ctx);
        if (path[0] != '/' || length >= PATH_MAX)
                return path[0] == '/' ? -ENAMETOOLONG : -EINVAL;
        w.shown = s;
        w.host = host;
        w.out = out;
        w.length = 0;
        w.mode = S_IFDIR | 0755;
        w.links = 0;
        w.missing = false;
        memcpy(w.rest, path, length + 1);
        w.at = w.rest;
        out[0] = '\0';
        for (;;) {
                w.at += strspn(w.at, "/");
                const char *name = w.at;
                size_t size = strcspn(name, "/");
                if (size == 0)
                        break;
                w.at += size;
                int r = step(&w, name, size);
                if (r == 1)
                        r = splice(&w, link, link_ctx);
                if (r < 0)
                        return r;
        }
        if (w.length == 0)
                strcpy(out, "/");
        if (mode)
                *mode = w.missing ? 0 : w.mode;
        return 0;
}
