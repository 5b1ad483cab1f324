/* Which names are worth trying: each exact one, and one of each class of the others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/explore_build.h"
#include "policy/pattern.h"

static int text_push(struct vector *v, const char *text, size_t length)
{
        struct names_text *t = vector_push(v, sizeof(*t));
        if (!t)
                return -ENOMEM;
        *t = (struct names_text){text, length};
        return 0;
}

static int by_text(const void *a, const void *b)
{
        const struct names_text *x = a, *y = b;
        int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
        return order ? order : x->length < y->length ? -1 : x->length > y->length;
}

static void unique(struct vector *v)
{
        struct names_text *t = v->items;
        size_t kept = 0;
        if (v->count > 1)
                qsort(t, v->count, sizeof(*t), by_text);
        for (size_t i = 0; i < v->count; i++) {
                if (kept == 0 || by_text(&t[kept - 1], &t[i]) != 0)
                        t[kept++] = t[i];
        }
        v->count = kept;
}

/* The exact names and the patterns that can come next, in any of the policies. */
static int names_gather(struct explore *e)
{
        int r = 0;
        e->exact.count = e->wild.count = e->avoid.count = e->next.count = 0;
        for (unsigned p = 0; p < e->count; p++) {
                const struct node *nodes = e->policies[p]->trie.nodes;
                const struct index *x = &e->indexes[p];
                const struct walk *w = &e->from[p];
                for (unsigned i = 0; r == 0 && i < w->count; i++) {
                        for (uint32_t c = x->first[w->now[i]]; r == 0 && c != EXPLORE_NOBODY; c = x->next[c]) {
                                if (nodes[c].name.kind == COMPONENT_EXACT)
                                        r = text_push(&e->exact, nodes[c].name.text, nodes[c].name.length);
                        }
                        for (uint32_t c = nodes[w->now[i]].wild; r == 0 && c != TRIE_NONE; c = nodes[c].next_wild)
                                r = text_push(&e->wild, nodes[c].name.text + 1, nodes[c].name.length - 1);
                }
        }
        unique(&e->exact);
        unique(&e->wild);
        return r;
}

static bool is_exact(const struct explore *e, const struct names_text *name)
{
        return e->exact.count > 0 &&
               bsearch(name, e->exact.items, e->exact.count, sizeof(struct names_text), by_text) != NULL;
}

/* A name that no exact child has, where no pattern tells names apart. */
static int name_other(struct explore *e)
{
        char name[32] = "x";
        struct names_text text = {name, 1};
        for (unsigned i = 1; is_exact(e, &text); i++)
                text.length = (size_t)snprintf(name, sizeof(name), "x%u", i);
        const char *copy = arena_copy(&e->arena, name, text.length);
        return copy ? text_push(&e->next, copy, text.length) : -ENOMEM;
}

struct keeping {
        struct explore *e;
        struct vector *to;
};

static int name_keep(void *ctx, const char *name, size_t length)
{
        struct keeping *k = ctx;
        const char *copy = arena_copy(&k->e->arena, name, length);
        return copy ? text_push(k->to, copy, length) : -ENOMEM;
}

static struct names_text *texts_copy(struct explore *e, const struct vector *v)
{
        struct names_text *copy = arena_alloc(&e->arena, (v->count + 1) * sizeof(*copy));
        if (copy && v->count > 0)
                memcpy(copy, v->items, v->count * sizeof(*copy));
        return copy;
}

static uint64_t texts_hash(uint64_t h, const struct vector *v)
{
        const struct names_text *t = v->items;
        for (size_t i = 0; i < v->count; i++) {
                h = explore_mix(h, t[i].length);
                for (size_t j = 0; j < t[i].length; j++)
                        h = explore_mix(h, (unsigned char)t[i].text[j]);
        }
        return h;
}

static bool texts_same(const struct vector *v, const struct names_text *other, size_t count)
{
        const struct names_text *t = v->items;
        for (size_t i = 0; v->count == count && i < count; i++) {
                if (by_text(&t[i], &other[i]) != 0)
                        return false;
        }
        return v->count == count;
}

/* One name of each class, from what is known or newly found. */
static int classes_find(struct explore *e, const struct names_text **names, size_t *count)
{
        uint64_t key = texts_hash(explore_mix(texts_hash(1, &e->wild), 2), &e->avoid);
        struct known *all = e->known.items;
        for (size_t i = 0; i < e->known.count; i++) {
                if (all[i].key != key || !texts_same(&e->wild, all[i].patterns, all[i].pattern_count) ||
                    !texts_same(&e->avoid, all[i].avoid, all[i].avoid_count))
                        continue;
                *names = all[i].names;
                *count = all[i].name_count;
                return 0;
        }
        struct vector found = {0};
        struct keeping k = {e, &found};
        int r = names_partition(e->wild.items, e->wild.count, e->avoid.items, e->avoid.count, name_keep, &k);
        struct known *known = r == 0 ? vector_push(&e->known, sizeof(*known)) : NULL;
        if (known) {
                *known = (struct known){.key = key, .patterns = texts_copy(e, &e->wild), .avoid = texts_copy(e, &e->avoid),
                                        .names = texts_copy(e, &found), .pattern_count = e->wild.count,
                                        .avoid_count = e->avoid.count, .name_count = found.count};
                *names = known->names;
                *count = known->name_count;
                r = known->patterns && known->avoid && known->names ? 0 : -ENOMEM;
                e->known.count -= r < 0;
        } else if (r == 0) {
                r = -ENOMEM;
        }
        vector_free(&found);
        return r;
}

#define COLLISIONS_MAX 200

/* Names of the patterns' classes that are none of the exact ones: where an example is one, another is looked for. */
static int classes_add(struct explore *e)
{
        const struct names_text *names = NULL;
        size_t count = 0, before;
        unsigned rounds = 0;
        int r;
        do {
                before = e->avoid.count;
                r = rounds++ < COLLISIONS_MAX ? classes_find(e, &names, &count) : -E2BIG;
                for (size_t i = 0; r == 0 && i < count; i++) {
                        if (is_exact(e, &names[i]))
                                r = text_push(&e->avoid, names[i].text, names[i].length);
                }
                unique(&e->avoid);
        } while (r == 0 && e->avoid.count > before);
        for (size_t i = 0; r == 0 && i < count; i++)
                r = text_push(&e->next, names[i].text, names[i].length);
        return r;
}

int explore_names(struct explore *e)
{
        int r = names_gather(e);
        const struct names_text *exact = e->exact.items;
        for (size_t i = 0; r == 0 && i < e->exact.count; i++)
                r = text_push(&e->next, exact[i].text, exact[i].length);
        return r ? r : e->wild.count > 0 ? classes_add(e) : name_other(e);
}
