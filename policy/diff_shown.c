/* What one policy shows at a place and the other does not, or shows something else there. Whether it may be read there is a
 * question of paths; this is about what it is. */
#include <errno.h>
#include <string.h>

#include "policy/diff_build.h"

struct item { /* a place, and what is there */
        const char *path, *what;
        const struct origin *at;
};

static bool item_get(const struct policy *p, bool links, size_t i, struct item *out)
{
        const struct shown *s = &p->shown;
        if (i >= (links ? s->link_count : s->remap_count))
                return false;
        if (links)
                *out = (struct item){s->links[i].path, s->links[i].target, &s->links[i].origin};
        else
                *out = (struct item){s->remaps[i].path, s->remaps[i].source, &s->remaps[i].origin};
        return true;
}

static int tell(struct differ *d, bool links, const struct item *a, const struct item *b)
{
        const char *nothing = links ? "none" : "its own";
        const struct item *any = a ? a : b;
        cordon_difference out = {
                .kind = links ? "symlink" : "shown",
                .subject = diff_path(d, any->path),
                .value_a = !a ? nothing : links ? a->what : diff_path(d, a->what),
                .value_b = !b ? nothing : links ? b->what : diff_path(d, b->what),
        };
        if (!out.value_a || !out.value_b)
                return -ENOMEM;
        if (a)
                diff_origin(&out, 0, a->at, NULL);
        if (b)
                diff_origin(&out, 1, b->at, NULL);
        return diff_add(d, &out);
}

static int lists(struct differ *d, bool links)
{
        size_t i = 0, j = 0;
        for (int r = 0;;) {
                struct item a, b;
                bool has_a = item_get(d->p[0], links, i, &a), has_b = item_get(d->p[1], links, j, &b);
                if (!has_a && !has_b)
                        return 0;
                int order = !has_a ? 1 : !has_b ? -1 : strcmp(a.path, b.path);
                if (order != 0 || strcmp(a.what, b.what) != 0)
                        r = tell(d, links, order <= 0 ? &a : NULL, order >= 0 ? &b : NULL);
                if (r < 0)
                        return r;
                i += order <= 0;
                j += order >= 0;
        }
}

int diff_shown(struct differ *d)
{
        int r = lists(d, false);
        return r == 0 ? lists(d, true) : r;
}
