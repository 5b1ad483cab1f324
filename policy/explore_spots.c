/* Where walks can stand, and where each name that can come next leads from there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/explore_build.h"
#include "policy/pattern.h"

static int by_id(const void *a, const void *b)
{
        const uint32_t *x = a, *y = b;
        return *x < *y ? -1 : *x > *y;
}

static uint64_t spot_hash(const struct spot *s, const uint32_t *ids, unsigned count)
{
        uint64_t h = 0;
        for (unsigned i = 0; i < count; i++) {
                h = explore_mix(explore_mix(h, s->literals[i]), s->counts[i]);
                for (uint32_t j = 0; j < s->counts[i]; j++)
                        h = explore_mix(h, ids[s->ids[i] + j]);
        }
        return h ^ h >> 32;
}

static bool spots_equal(const struct spot *a, const struct spot *b, const uint32_t *ids, unsigned count)
{
        for (unsigned i = 0; i < count; i++) {
                if (a->literals[i] != b->literals[i] || a->counts[i] != b->counts[i] ||
                    (a->counts[i] > 0 && memcmp(ids + a->ids[i], ids + b->ids[i], a->counts[i] * sizeof(*ids)) != 0))
                        return false;
        }
        return true;
}

int explore_table_grow(uint32_t **slots, uint32_t *mask, size_t count, bool *anew)
{
        uint32_t size = *slots ? 2 * (*mask + 1) : 1024;
        *anew = !*slots || 2 * count >= size / 2;
        if (!*anew)
                return 0;
        uint32_t *more = calloc(size, sizeof(*more));
        if (!more)
                return -ENOMEM;
        free(*slots);
        *slots = more;
        *mask = size - 1;
        return 0;
}

static int spots_grow(struct explore *e)
{
        bool anew;
        int r = explore_table_grow(&e->spot_slots, &e->spot_mask, e->spots.count, &anew);
        for (uint32_t i = 0; r == 0 && anew && i < e->spots.count; i++) {
                uint32_t at = (uint32_t)spot_hash(explore_spot_at(e, i), e->ids.items, e->count) & e->spot_mask;
                while (e->spot_slots[at])
                        at = (at + 1) & e->spot_mask;
                e->spot_slots[at] = i + 1;
        }
        return r;
}

static int id_push(struct vector *v, uint32_t id)
{
        uint32_t *slot = vector_push(v, sizeof(*slot));
        if (slot)
                *slot = id;
        return slot ? 0 : -ENOMEM;
}

int explore_spot(struct explore *e, unsigned cut, uint32_t *index)
{
        struct spot spot = {.left = false};
        size_t before = e->ids.count;
        int r = spots_grow(e);
        for (unsigned i = 0; r == 0 && i < e->count; i++) {
                struct walk *w = &e->to[i];
                bool gone = cut >> i & 1, passable = w->literal != TRIE_NONE && w->trie->nodes[w->literal].above_grant;
                spot.literals[i] = !gone && passable ? w->literal : TRIE_NONE;
                spot.ids[i] = (uint32_t)e->ids.count;
                spot.counts[i] = gone ? 0 : w->count;
                if (spot.counts[i] > 1)
                        qsort(w->now, w->count, sizeof(*w->now), by_id);
                for (uint32_t j = 0; r == 0 && j < spot.counts[i]; j++)
                        r = id_push(&e->ids, w->now[j]);
        }
        if (r < 0)
                return r;
        uint32_t at = (uint32_t)spot_hash(&spot, e->ids.items, e->count) & e->spot_mask;
        for (; e->spot_slots[at]; at = (at + 1) & e->spot_mask) {
                *index = e->spot_slots[at] - 1;
                if (spots_equal(explore_spot_at(e, *index), &spot, e->ids.items, e->count)) {
                        e->ids.count = before;
                        return 0;
                }
        }
        if (e->spots.count == EXPLORE_STATES_MAX)
                return -E2BIG;
        struct spot *slot = vector_push(&e->spots, sizeof(*slot));
        if (!slot)
                return -ENOMEM;
        *slot = spot;
        *index = (uint32_t)e->spots.count - 1;
        e->spot_slots[at] = *index + 1;
        return 0;
}

/* Takes up the walk of one policy from a spot, with no rule that counted before: what is deeper always counts. */
static void resume(const struct explore *e, const struct spot *s, unsigned policy, struct walk *w)
{
        w->trie = &e->policies[policy]->trie;
        w->without = NULL;
        w->literal_only = w->overflow = false;
        w->depth = 0;
        w->now = w->sets[0];
        w->next = w->sets[1];
        w->count = s->counts[policy];
        if (w->count > 0)
                memcpy(w->now, (const uint32_t *)e->ids.items + s->ids[policy], w->count * sizeof(*w->now));
        w->literal = s->literals[policy];
        w->normal = w->never = (struct best){0};
}

static bool component_takes(const struct component *c, const char *name, size_t length)
{
        if (c->kind == COMPONENT_WILD)
                return component_match(c->text + 1, c->length - 1, name, length);
        return c->kind == COMPONENT_EXACT && c->length == length && memcmp(c->text, name, length) == 0;
}

static int reached_keep(struct explore *e, unsigned policy, struct explore_exit *x)
{
        const struct trie *t = &e->policies[policy]->trie;
        const struct walk *from = &e->from[policy];
        int r = 0;
        x->nodes[policy] = (uint32_t)e->reached.count;
        for (unsigned i = 0; r == 0 && i < from->count; i++) {
                uint32_t child = trie_exact(t, from->now[i], x->name, x->length);
                if (child != TRIE_NONE)
                        r = id_push(&e->reached, child);
                for (uint32_t c = t->nodes[from->now[i]].wild; r == 0 && c != TRIE_NONE; c = t->nodes[c].next_wild) {
                        if (component_takes(&t->nodes[c].name, x->name, x->length))
                                r = id_push(&e->reached, c);
                }
        }
        x->node_counts[policy] = (uint32_t)e->reached.count - x->nodes[policy];
        return r;
}

static int exit_make(struct explore *e, uint32_t spot, const struct names_text *name, struct explore_exit *x)
{
        unsigned nevers = 0;
        int r = 0;
        *x = (struct explore_exit){.name = name->text, .length = name->length};
        for (unsigned i = 0; r == 0 && i < e->count; i++) {
                struct walk *w = &e->to[i];
                resume(e, explore_spot_at(e, spot), i, w);
                walk_step(w, name->text, name->length);
                x->normal[i] = w->normal.rule;
                x->never[i] = w->never.rule;
                nevers |= (unsigned)(w->never.rule != NULL) << i;
                r = w->overflow ? -E2BIG : reached_keep(e, i, x);
        }
        for (unsigned cut = 0; r == 0 && cut < 1u << EXPLORE_POLICIES; cut++) {
                if ((cut & ~nevers) == 0)
                        r = explore_spot(e, cut, &x->spots[cut]);
        }
        return r;
}

static unsigned group_of(const struct explore *e, const struct explore_exit *x)
{
        unsigned mask = 0;
        for (unsigned i = 0; i < e->count && i < EXPLORE_POLICIES; i++)
                mask |= (unsigned)(x->normal[i] != NULL) << i;
        return mask;
}

/* Sorted by group, else as they came. */
static int exits_keep(struct explore *e, struct spot *s, const struct explore_exit *exits, uint32_t count)
{
        uint32_t kept = 0;
        s->exits = arena_alloc(&e->arena, count * sizeof(*exits));
        for (unsigned mask = 0; s->exits && mask < 1u << EXPLORE_POLICIES; mask++) {
                s->groups[mask] = kept;
                for (uint32_t i = 0; i < count; i++) {
                        if (group_of(e, &exits[i]) == mask)
                                s->exits[kept++] = exits[i];
                }
        }
        s->groups[1u << EXPLORE_POLICIES] = kept;
        return s->exits ? 0 : -ENOMEM;
}

int explore_leave(struct explore *e, uint32_t index)
{
        struct spot *s = explore_spot_at(e, index);
        bool ended = true;
        for (unsigned i = 0; i < e->count; i++) {
                resume(e, s, i, &e->from[i]);
                ended = ended && s->counts[i] == 0 && s->literals[i] == TRIE_NONE;
        }
        s->left = true;
        int r = ended ? 0 : explore_names(e); /* else nothing changes any more */
        if (r < 0 || ended)
                return r;
        uint32_t count = (uint32_t)e->next.count;
        struct explore_exit *exits = calloc(count, sizeof(*exits));
        if (!exits)
                return -ENOMEM;
        for (uint32_t i = 0; r == 0 && i < count; i++)
                r = exit_make(e, index, (const struct names_text *)e->next.items + i, &exits[i]);
        if (r == 0)
                r = exits_keep(e, explore_spot_at(e, index), exits, count);
        free(exits);
        return r;
}
