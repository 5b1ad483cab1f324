/* read SOURCE as PATH, symlink TARGET as PATH: collected before any rule is made, since rules are about paths in the view and
 * these lines say what lies there. Symlinks come first: a path that something is shown at may go through one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/within.h"
#include "policy/compile.h"


/* ---- one line ---------------------------------------------------------------------------------------------------- */

static bool plain(const struct word *w, const char *text)
{
        return !strcmp(w->text, text) && w->marks[0] == MARK_PLAIN;
}

/* Where the line's `as` stands, 0: it has none. */
static size_t find_as(const struct line *l)
{
        for (size_t i = 1; i < l->count; i++) {
                if (plain(&l->words[i], "because"))
                        return 0;
                if (plain(&l->words[i], "as"))
                        return i;
        }
        return 0;
}

static struct place place_words(const struct source *s, const struct line *l, size_t first, size_t last)
{
        struct place at = place_word(s, l, &l->words[first]);
        at.width = l->words[last].column + l->words[last].width - at.column;
        return at;
}

/* Where nothing can be shown: what is the sandbox's own, and all of it. */
static const char *whose(const char *path)
{
        if (!strcmp(path, "/"))
                return "is all there is";
        if (path_within(path, "/proc"))
                return "is a part of /proc";
        return path_within(path, "/dev") ? "is a part of /dev" : NULL;
}

/* Links on the way to a source are of no interest to the view. */
static int source_path(struct compile *c, struct source *s, struct line *l, const struct word *w, const char **out)
{
        struct shown shown = c->policy->shown;
        struct place at = place_word(s, l, w);
        size_t links = c->aliases.count;
        c->policy->shown = (struct shown){0};
        int r = expand_path(c, s, l, w, out, NULL);
        c->policy->shown = shown;
        c->aliases.count = links;
        if (r == 0 && whose(*out))
                r = report(c, &at, "name a directory or a file of the host's", "'%s' %s, and cannot be shown at another place",
                           *out, whose(*out));
        return r;
}

/* Verbs, then one path, `as`, and another path; a reason may follow. */
static int remap_shape(struct compile *c, struct source *s, struct line *l, size_t as)
{
        static const char *const form = "write: read /data as /mnt/in";
        struct place at = place_word(s, l, &l->words[as]);
        size_t verbs = 0, end = l->count;
        while (verbs < as && verb_find(l->words[verbs].text) && (verbs == 0 || l->words[verbs].marks[0] == MARK_PLAIN)) {
                const struct verb *v = verb_find(l->words[verbs].text);
                struct place verb = place_word(s, l, &l->words[verbs++]);
                if (!v->data || (v->access & ACCESS_UNIX))
                        return report(c, &verb, "list, read, create, write, exec and overlay can",
                                      "'%s' shows nothing at another place", v->name);
        }
        if (end > as + 2 && plain(&l->words[as + 2], "because"))
                end = as + 2;
        if (as == verbs + 1 && end == as + 2)
                return 0;
        if (as != verbs + 1)
                at = as > verbs ? place_words(s, l, verbs, as) : at;
        else if (end > as + 2)
                at = place_word(s, l, &l->words[as + 2]);
        return report(c, &at, form, "'as' stands between one path of the host's and one of the sandbox's");
}

static int remap_line(struct compile *c, struct source *s, struct line *l, size_t as)
{
        struct remapped *known = arena_alloc(c->arena, sizeof(*known));
        struct place at = place_word(s, l, &l->words[as + 1 < l->count ? as + 1 : as]);
        struct remap *slot;
        if (!known)
                return -ENOMEM;
        int r = remap_shape(c, s, l, as);
        if (r == 0)
                r = source_path(c, s, l, &l->words[as - 1], &known->remap.source);
        if (r == 0)
                r = expand_path(c, s, l, &l->words[as + 1], &known->remap.path, &known->asked);
        if (r == 0 && whose(known->remap.path))
                r = report(c, &at, "choose a place of its own, such as /mnt/in", "'%s' %s, and nothing can be shown there",
                           known->remap.path, whose(known->remap.path));
        if (r != 0)
                return r;
        known->remap.origin = (struct origin){s->name, l->number};
        known->at = place_words(s, l, as - 1, as + 1);
        l->remapped = known;
        slot = vector_push(&c->remaps, sizeof(*slot));
        if (slot)
                *slot = known->remap;
        return slot ? 0 : -ENOMEM;
}

/* Its directory is found as any path is; the name itself is the link's own, whatever the host has under it. */
static int link_place(struct compile *c, const struct place *at, const char *asked, const char **out)
{
        const char *slash = strrchr(asked, '/'), *name = slash ? slash + 1 : "";
        int error = 0;
        if (asked[0] != '/')
                return report(c, at, "begin it with '/', '~' or '$CWD'", "a path must be absolute");
        if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
                return report(c, at, "write the name that the link shall have", "this path does not end in a name");
        const char *directory = slash == asked ? "/" : arena_copy(c->arena, asked, (size_t)(slash - asked));
        directory = directory ? path_canonical(c, at, directory, &error) : NULL;
        if (error || !directory)
                return error ? error : -ENOMEM;
        if (path_within(directory, "/proc"))
                return report(c, at, "choose another place", "nothing can be made in /proc");
        *out = arena_printf(c->arena, "%s/%s", directory[1] ? directory : "", name);
        return *out ? 0 : -ENOMEM;
}

static int link_line(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        struct alias link = {.own = true, .origin = {s->name, l->number}}, *slot;
        const char *asked = NULL;
        if (l->count != 4 || !plain(&l->words[2], "as"))
                return report(c, &at, "write: symlink usr/bin as /bin",
                              "'symlink' needs a text, 'as', and where the link shall be");
        int r = expand_value(c, s, l, &l->words[1], 0, true, &link.target);
        at = place_word(s, l, &l->words[1]);
        if (r == 0 && (!*link.target || strlen(link.target) >= PATH_MAX))
                r = report(c, &at, "write where it leads to", "a link's text has 1 to 4095 bytes");
        if (r == 0)
                r = expand_value(c, s, l, &l->words[3], 0, false, &asked);
        at = place_word(s, l, &l->words[3]);
        if (r == 0)
                r = link_place(c, &at, asked, &link.path);
        if (r != 0)
                return r;
        slot = vector_push(&c->links, sizeof(*slot));
        if (slot)
                *slot = link;
        return slot ? 0 : -ENOMEM;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static int lines_each(struct compile *c, bool links)
{
        struct source **all = c->sources.items;
        for (size_t i = 0; i < c->sources.count; i++) {
                for (size_t j = 0; j < all[i]->line_count; j++) {
                        struct line *l = &all[i]->lines[j];
                        bool link = l->verb && !strcmp(l->verb->name, "symlink");
                        size_t as = l->verb && (l->verb->run == run_rule || l->verb->run == run_unix) ? find_as(l) : 0;
                        if (l->bad || (links ? !link : as == 0))
                                continue;
                        int r = links ? link_line(c, all[i], l) : remap_line(c, all[i], l, as);
                        if (r == -ENOMEM)
                                return r;
                        l->bad = r != 0;
                }
        }
        return 0;
}

struct place place_origin(struct compile *c, const struct origin *at)
{
        struct source **all = c->sources.items;
        size_t i = 0;
        while (i + 1 < c->sources.count && strcmp(all[i]->name, at->file) != 0)
                i++;
        return place_line(all[i], &all[i]->lines[at->line - 1]);
}

static int later(const struct origin *a, const struct origin *b)
{
        int files = strcmp(a->file, b->file);
        return files ? files : (int)a->line - (int)b->line;
}

static int by_path(const void *a, const void *b)
{
        const struct remap *x = a, *y = b;
        int order = strcmp(x->path, y->path);
        return order ? order : later(&x->origin, &y->origin);
}

static int by_link(const void *a, const void *b)
{
        const struct alias *x = a, *y = b;
        int order = strcmp(x->path, y->path);
        return order ? order : later(&x->origin, &y->origin);
}

/* Leaves each path once; two things at one place are an error. */
static int remaps_keep(struct compile *c)
{
        struct shown *s = &c->policy->shown;
        struct remap *all = vector_keep(c, &c->remaps, sizeof(*all));
        size_t kept = 0;
        if (!all)
                return -ENOMEM;
        qsort(all, c->remaps.count, sizeof(*all), by_path);
        for (size_t i = 0; i < c->remaps.count; i++) {
                const struct remap *before = kept > 0 ? &all[kept - 1] : NULL;
                struct place at = place_origin(c, &all[i].origin);
                if (!before || strcmp(before->path, all[i].path) != 0)
                        all[kept++] = all[i];
                else if (strcmp(before->source, all[i].source) != 0)
                        report(c, &at, "choose another place for one of them", "%s shows %s already (%s:%u)", before->path,
                               before->source, before->origin.file, before->origin.line);
        }
        s->remaps = all;
        s->remap_count = kept;
        return 0;
}

/* None lies in another. */
static void link_alone(struct compile *c, const struct alias *link)
{
        for (const char *slash = strrchr(link->path, '/'); slash > link->path;) {
                const struct alias *in = shown_link(&c->policy->shown, link->path, (size_t)(slash - link->path));
                struct place at = place_origin(c, &link->origin);
                if (in)
                        report(c, &at, "make it where that leads to", "%s lies in %s, which is a link (%s:%u)", link->path,
                               in->path, in->origin.file, in->origin.line);
                while (--slash > link->path && *slash != '/')
                        ;
        }
}

static int links_keep(struct compile *c)
{
        struct shown *s = &c->policy->shown;
        struct alias *all = vector_keep(c, &c->links, sizeof(*all));
        size_t kept = 0;
        if (!all)
                return -ENOMEM;
        qsort(all, c->links.count, sizeof(*all), by_link);
        for (size_t i = 0; i < c->links.count; i++) {
                const struct alias *before = kept > 0 ? &all[kept - 1] : NULL;
                struct place at = place_origin(c, &all[i].origin);
                if (!before || strcmp(before->path, all[i].path) != 0)
                        all[kept++] = all[i];
                else if (strcmp(before->target, all[i].target) != 0)
                        report(c, &at, "leave one of them out", "%s leads to %s already (%s:%u)", before->path, before->target,
                               before->origin.file, before->origin.line);
        }
        s->links = all;
        s->link_count = kept;
        for (size_t i = 0; i < kept; i++)
                link_alone(c, &all[i]);
        return 0;
}

int shown_collect(struct compile *c)
{
        int r = lines_each(c, true);
        if (r == 0)
                r = links_keep(c);
        if (r == 0)
                r = lines_each(c, false);
        return r == 0 ? remaps_keep(c) : r;
}
