/* Files to sources. The user's files come first, then what they use, then what that uses: breadth first, so that a file
 * reached by two ways has the smaller depth, and is loaded once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

/* The directory of a file, for $HERE. */
static const char *here_of(struct compile *c, const char *name)
{
        const char *slash = strrchr(name, '/');
        const char *base = c->request->base ? c->request->base : c->cwd, *cwd = base ? base : "";
        if (name[0] == '/')
                return slash == name ? "/" : arena_copy(c->arena, name, (size_t)(slash - name));
        if (!slash)
                return *cwd ? cwd : NULL;
        return *cwd ? arena_printf(c->arena, "%s/%.*s", cwd, (int)(slash - name), name) : NULL;
}

static struct source *source_find(struct compile *c, const char *identity)
{
        struct source **s = c->sources.items;
        for (size_t i = 0; i < c->sources.count; i++) {
                if (!strcmp(s[i]->identity, identity))
                        return s[i];
        }
        return NULL;
}

static struct source *source_named(struct compile *c, const char *name)
{
        struct source **s = c->sources.items;
        for (size_t i = 0; i < c->sources.count; i++) {
                if (!strcmp(s[i]->name, name))
                        return s[i];
        }
        return NULL;
}

static struct source *source_new(struct compile *c, const char *name, const char *identity, bool bundle)
{
        struct source *s = arena_alloc(c->arena, sizeof(*s));
        struct source **slot = s ? vector_push(&c->sources, sizeof(*slot)) : NULL;
        if (!slot)
                return NULL;
        s->name = arena_copy(c->arena, name, strlen(name));
        s->identity = arena_copy(c->arena, identity, strlen(identity));
        s->bundle = bundle;
        s->here = bundle ? NULL : here_of(c, name);
        s->index = (unsigned)c->sources.count - 1;
        *slot = s;
        return s->name && s->identity ? s : NULL;
}

/* ---- the lines of one source ------------------------------------------------------------------------------------ */

static int header_check(struct compile *c, struct source *s)
{
        struct line *l = &s->lines[0];
        struct place at = place_line(s, l);
        if (l->count == 2 && !strcmp(l->words[0].text, "cordon") && !strcmp(l->words[1].text, "1"))
                return 0;
        if (l->count == 2 && !strcmp(l->words[0].text, "cordon")) {
                at = place_word(s, l, &l->words[1]);
                l->bad = true;
                return report(c, &at, "this program reads version 1", "version '%s' is not known", l->words[1].text);
        }
        at.width = at.width ? at.width : 1;
        l->bad = l->count > 0 && !strcmp(l->words[0].text, "cordon");
        return report(c, &at, "begin the file with: cordon 1", "the first line is not 'cordon 1'");
}

static bool uses_files(const struct verb *v)
{
        return !strcmp(v->name, "use") || !strcmp(v->name, "use?");
}

static int source_lines(struct compile *c, struct source *s)
{
        for (size_t i = 0; i < s->line_count; i++) {
                struct line *l = &s->lines[i];
                if (lex_line(c, s, l) == -ENOMEM)
                        return -ENOMEM;
                if (i == 0 && !l->bad)
                        header_check(c, s);
                bool header = i == 0 && l->count > 0 && !strcmp(l->words[0].text, "cordon");
                if (l->bad || l->count == 0 || header)
                        continue;
                l->verb = verb_find(l->words[0].text);
                if ((!l->verb || !l->verb->run) && verb_missing(c, s, l) == -ENOMEM)
                        return -ENOMEM;
        }
        if (variables_collect(c, s) == -ENOMEM)
                return -ENOMEM;
        for (size_t i = 0; i < s->line_count; i++) {
                struct line *l = &s->lines[i];
                if (!l->bad && l->verb && uses_files(l->verb) && load_use(c, s, l) == -ENOMEM)
                        return -ENOMEM;
        }
        return 0;
}

static int source_text(struct compile *c, struct source *s, const char *data, size_t length)
{
        char *text = arena_copy(c->arena, data, length);
        struct place at = place_file(s);
        if (!text)
                return -ENOMEM;
        if (length == 0)
                return report(c, &at, "a policy begins with: cordon 1", "the file is empty");
        int r = text_split(c, s, text, length);
        return r == 0 && s->line_count > 0 ? 0 : r;
}

/* ---- one name ----------------------------------------------------------------------------------------------------- */

static void source_used(struct source *s, const struct place *at)
{
        s->depth = at->source->depth + 1;
        s->parent = at->source;
        s->parent_at = *at;
}

static int source_load(struct compile *c, const char *name, const struct place *at, const struct policy_found *found,
                       struct source **out)
{
        struct place file = {0};
        bool bundle = !found->path[0];
        *out = source_find(c, found->identity);
        if (*out)
                return 0;
        *out = source_new(c, bundle ? name : found->path, found->identity, bundle);
        if (!*out)
                return -ENOMEM;
        file.source = *out;
        if (at)
                source_used(*out, at);
        if (c->sources.count > SOURCES_MAX)
                return report(c, at ? at : &file, "put some of them together", "too many files are used (%u at most)",
                              SOURCES_MAX);
        return source_text(c, *out, found->text, found->length);
}

/* `*out` is the source, new or known. `at`: the `use` line's word, NULL for the user's own files. `optional`: it may not be
 * there, and then `*out` stays NULL; but a bundle always is, and a name that is none is a slip of the pen. */
static int load_one(struct compile *c, const char *name, const struct place *at, bool optional, struct source **out)
{
        struct policy_found *found = calloc(1, sizeof(*found)); /* three paths long: not on the stack */
        const char *wanted = strcmp(name, STANDARD_NAME) != 0 ? name : "@default";
        if (!found)
                return -ENOMEM;
        int r = policy_find(c->request->host, c->request->search, wanted, found);
        if (r == 0)
                r = source_load(c, name, at, found, out);
        else if (r != -ENOMEM && !(optional && r == -ENOENT && name[0] != '@'))
                r = find_failed(c, at, name, found, r);
        policy_found_free(found);
        free(found);
        return r == -ENOMEM ? r : 0;
}

/* One more than may be is kept, and was reported: nothing is read after it. */
static bool sources_full(const struct compile *c)
{
        return c->sources.count > SOURCES_MAX;
}

static int use_one(struct compile *c, struct source *s, struct line *l, const struct word *w)
{
        struct place at = place_word(s, l, w);
        struct source *used = NULL;
        const char *name = w->text;
        int r = 0;
        if (sources_full(c))
                return 1;
        if (name[0] != '@' || w->marks[0] != MARK_PLAIN)
                r = expand_value(c, s, l, w, 0, false, &name);
        if (r == 0 && name[0] != '@' && name[0] != '/' && strchr(name, '/'))
                r = report(c, &at, arena_printf(c->arena, "write $HERE/%s", name + (strncmp(name, "./", 2) ? 0 : 2)),
                           "a path must be absolute");
        if (r == 0)
                used = source_named(c, name); /* whoever says it again does not make it read again */
        if (r == 0 && !used)
                r = load_one(c, name, &at, !strcmp(l->verb->name, "use?"), &used);
        if (r != 0 || !used)
                return r;
        struct use_edge *edge = vector_push(&c->uses, sizeof(*edge));
        if (!edge)
                return -ENOMEM;
        *edge = (struct use_edge){.from = s->index, .to = used->index, .line = l, .word = w};
        return 0;
}

int load_use(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        if (l->count < 2)
                return report(c, &at, "name a bundle or a file: use @base", "'%s' needs a name", l->verb->name);
        for (size_t i = 1; i < l->count; i++) {
                if (use_one(c, s, l, &l->words[i]) == -ENOMEM)
                        return -ENOMEM;
        }
        return 0;
}

/* What the caller has in memory. */
static int load_texts(struct compile *c)
{
        for (size_t i = 0; i < c->request->text_count && !sources_full(c); i++) {
                const struct cordon_policy_text *t = &c->request->texts[i];
                char identity[32];
                snprintf(identity, sizeof(identity), "text %zu", i);
                struct source *s = source_new(c, t->name, identity, false);
                if (!s)
                        return -ENOMEM;
                s->here = NULL;
                s->first = (t->flags & CORDON_TEXT_FIRST) != 0;
                if (source_text(c, s, t->text, t->length) == -ENOMEM)
                        return -ENOMEM;
        }
        return 0;
}

int load_all(struct compile *c)
{
        static const char *const standard[] = {STANDARD_NAME, NULL};
        const char *const *files = c->request->files;
        if (!files || (!files[0] && c->request->text_count == 0))
                files = standard;
        for (size_t i = 0; files[i] && !sources_full(c); i++) {
                struct source *s = NULL;
                if (load_one(c, files[i], NULL, false, &s) == -ENOMEM)
                        return -ENOMEM;
        }
        if (load_texts(c) == -ENOMEM)
                return -ENOMEM;
        for (size_t i = 0; i < c->sources.count && i < SOURCES_MAX; i++) { /* grows while it runs */
                if (source_lines(c, ((struct source **)c->sources.items)[i]) == -ENOMEM)
                        return -ENOMEM;
        }
        return uses_check(c);
}

/* ---- loops ------------------------------------------------------------------------------------------------------ */

struct search {
        struct compile *c;
        unsigned char state[SOURCES_MAX + 1]; /* 0: not seen, 1: on the way, 2: done */
        unsigned way[SOURCES_MAX + 1];
};

static void loop_report(struct search *search, const struct use_edge *edge, unsigned length)
{
        struct compile *c = search->c;
        struct source **sources = c->sources.items;
        struct place at = place_word(sources[edge->from], edge->line, edge->word);
        struct buf chain = {0};
        unsigned i = 0;
        while (i < length && search->way[i] != edge->to)
                i++;
        for (; i < length; i++)
                buf_printf(&chain, "%s uses ", sources[search->way[i]]->name);
        buf_str(&chain, sources[edge->to]->name);
        report(c, &at, "take one of the `use` lines out", "files use each other in a circle: %s", chain.bad ? "" : chain.data);
        buf_free(&chain);
}

static void visit(struct search *search, unsigned at, unsigned length)
{
        const struct use_edge *edges = search->c->uses.items;
        search->state[at] = 1;
        search->way[length++] = at;
        for (size_t i = 0; i < search->c->uses.count; i++) {
                if (edges[i].from != at)
                        continue;
                if (search->state[edges[i].to] == 1)
                        loop_report(search, &edges[i], length);
                else if (search->state[edges[i].to] == 0)
                        visit(search, edges[i].to, length);
        }
        search->state[at] = 2;
}

int uses_check(struct compile *c)
{
        struct search search = {.c = c};
        for (unsigned i = 0; i < c->sources.count && i <= SOURCES_MAX; i++) {
                if (search.state[i] == 0)
                        visit(&search, i, 0);
        }
        return 0;
}
