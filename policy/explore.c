/* Breadth first over all states, so that the path to each is a shortest one; see explore.h. */
#include "policy/explore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/explore_build.h"
#include "policy/pattern.h"

#define STATES_MAX (1u << 20)

/* ---- making and freeing ------------------------------------------------------------------------------------------ */

static int index_make(struct index *x, const struct policy *p)
{
        const struct trie *t = &p->trie;
        x->first = malloc(t->count * sizeof(*x->first));
        x->next = malloc(t->count * sizeof(*x->next));
        x->node_of_rule = malloc((p->rule_count + 1) * sizeof(*x->node_of_rule));
        if (!x->first || !x->next || !x->node_of_rule)
                return -ENOMEM;
        memset(x->first, 0xff, t->count * sizeof(*x->first));
        memset(x->node_of_rule, 0xff, p->rule_count * sizeof(*x->node_of_rule));
        for (uint32_t i = 0; i < t->count; i++) {
                const struct node *n = &t->nodes[i];
                if (n->rule)
                        x->node_of_rule[n->rule - p->rules] = i;
                if (n->never)
                        x->node_of_rule[n->never - p->rules] = i;
                if (i == TRIE_ROOT || n->name.kind != COMPONENT_EXACT)
                        continue;
                x->next[i] = x->first[n->parent];
                x->first[n->parent] = i;
        }
        return 0;
}

int explore_new(struct explore **out, const struct policy *const *policies, unsigned count)
{
        struct explore *e = calloc(1, sizeof(*e));
        int r = e ? 0 : -ENOMEM;
        if (e)
                e->count = count;
        for (unsigned i = 0; r == 0 && i < count; i++) {
                e->policies[i] = policies[i];
                r = index_make(&e->indexes[i], policies[i]);
        }
        if (r < 0)
                e = explore_free(e);
        *out = e;
        return r;
}

struct explore *explore_free(struct explore *e)
{
        if (!e)
                return NULL;
        for (unsigned i = 0; i < e->count; i++) {
                free(e->indexes[i].first);
                free(e->indexes[i].next);
                free(e->indexes[i].node_of_rule);
        }
        struct vector *vectors[] = {&e->known, &e->spots, &e->ids, &e->reached, &e->states, &e->exact, &e->wild, &e->avoid,
                                    &e->next};
        for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
                vector_free(vectors[i]);
        arena_free(&e->arena);
        free(e->spot_slots);
        free(e->slots);
        free(e->chain);
        free(e);
        return NULL;
}

/* ---- what was reached -------------------------------------------------------------------------------------------- */

bool explore_reached(const struct explored *step, unsigned policy, const struct rule *rule)
{
        const struct explore *e = step->explore;
        uint32_t node = e->indexes[policy].node_of_rule[rule - e->policies[policy]->rules];
        if (node == EXPLORE_NOBODY || !step->exit)
                return node == TRIE_ROOT && !step->exit;
        const uint32_t *reached = (const uint32_t *)e->reached.items + step->exit->nodes[policy];
        for (uint32_t i = 0; i < step->exit->node_counts[policy]; i++) {
                if (reached[i] == node)
                        return true;
        }
        return false;
}

void explore_nodes(const struct explored *step, unsigned policy, void (*fn)(void *ctx, const struct node *node), void *ctx)
{
        const struct explore *e = step->explore;
        const struct node *nodes = e->policies[policy]->trie.nodes;
        if (!step->exit)
                return fn(ctx, &nodes[TRIE_ROOT]);
        const uint32_t *reached = (const uint32_t *)e->reached.items + step->exit->nodes[policy];
        for (uint32_t i = 0; i < step->exit->node_counts[policy]; i++)
                fn(ctx, &nodes[reached[i]]);
}

static struct spot *spot_at(const struct explore *e, uint32_t index)
{
        return (struct spot *)e->spots.items + index;
}

static struct state *state_at(const struct explore *e, uint32_t index)
{
        return (struct state *)e->states.items + index;
}

/* The step that led to a state which is not the first. */
static const struct explore_exit *exit_to(const struct explore *e, uint32_t state)
{
        const struct state *s = state_at(e, state);
        return &spot_at(e, state_at(e, s->parent)->spot)->exits[s->exit];
}

size_t explore_path(const struct explored *step, char *out, size_t size)
{
        const struct explore *e = step->explore;
        size_t length = 0, at;
        for (uint32_t s = step->state; state_at(e, s)->depth > 0; s = state_at(e, s)->parent)
                length += 1 + exit_to(e, s)->length;
        if (length == 0)
                return (size_t)snprintf(out, size, "/");
        if (length >= size)
                return length;
        out[at = length] = '\0';
        for (uint32_t s = step->state; state_at(e, s)->depth > 0; s = state_at(e, s)->parent) {
                const struct explore_exit *x = exit_to(e, s);
                at -= x->length;
                memcpy(out + at, x->name, x->length);
                out[--at] = '/';
        }
        return length;
}

/* ---- spots --------------------------------------------------------------------------------------------------------- */

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

/* Makes room in a table of numbers + 1 for one more than `count`. `*anew`: it is empty, and all have to be put in again. */
static int table_grow(uint32_t **slots, uint32_t *mask, size_t count, bool *anew)
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
        int r = table_grow(&e->spot_slots, &e->spot_mask, e->spots.count, &anew);
        for (uint32_t i = 0; r == 0 && anew && i < e->spots.count; i++) {
                uint32_t at = (uint32_t)spot_hash(spot_at(e, i), e->ids.items, e->count) & e->spot_mask;
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

/* The spot where the walks in e->to stand, but for the policies in `cut`: they stand nowhere any more. */
static int spot_find(struct explore *e, unsigned cut, uint32_t *index)
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
                if (spots_equal(spot_at(e, *index), &spot, e->ids.items, e->count)) {
                        e->ids.count = before;
                        return 0;
                }
        }
        if (e->spots.count == STATES_MAX)
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
                resume(e, spot_at(e, spot), i, w);
                walk_step(w, name->text, name->length);
                x->normal[i] = w->normal.rule;
                x->never[i] = w->never.rule;
                nevers |= (unsigned)(w->never.rule != NULL) << i;
                r = w->overflow ? -E2BIG : reached_keep(e, i, x);
        }
        for (unsigned cut = 0; r == 0 && cut < 1u << EXPLORE_POLICIES; cut++) {
                if ((cut & ~nevers) == 0)
                        r = spot_find(e, cut, &x->spots[cut]);
        }
        return r;
}

/* Finds out where a spot's exits lead. */
static int spot_leave(struct explore *e, uint32_t index)
{
        struct spot *s = spot_at(e, index);
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
        struct explore_exit *exits = arena_alloc(&e->arena, count * sizeof(*exits));
        if (!exits)
                return -ENOMEM;
        for (uint32_t i = 0; r == 0 && i < count; i++)
                r = exit_make(e, index, (const struct names_text *)e->next.items + i, &exits[i]);
        s = spot_at(e, index);
        s->exits = exits;
        s->exit_count = r == 0 ? count : 0;
        return r;
}

/* ---- states -------------------------------------------------------------------------------------------------------- */

static uint64_t state_hash(const struct state *s, unsigned count)
{
        uint64_t h = explore_mix(s->spot, s->inside);
        for (unsigned i = 0; i < count; i++)
                h = explore_mix(explore_mix(h, (uintptr_t)s->normal[i]), (uintptr_t)s->never[i]);
        return h ^ h >> 32;
}

static bool states_equal(const struct state *a, const struct state *b, unsigned count)
{
        return a->spot == b->spot && a->inside == b->inside && !memcmp(a->normal, b->normal, count * sizeof(*a->normal)) &&
               !memcmp(a->never, b->never, count * sizeof(*a->never));
}

/* 1: nothing equal was there; 0: `*index` is that; or an error. */
static int state_add(struct explore *e, const struct state *state, uint32_t *index)
{
        bool anew;
        int r = table_grow(&e->slots, &e->slot_mask, e->states.count, &anew);
        for (uint32_t i = 0; r == 0 && anew && i < e->states.count; i++) {
                uint32_t at = (uint32_t)state_hash(state_at(e, i), e->count) & e->slot_mask;
                while (e->slots[at])
                        at = (at + 1) & e->slot_mask;
                e->slots[at] = i + 1;
        }
        if (r < 0)
                return r;
        uint32_t at = (uint32_t)state_hash(state, e->count) & e->slot_mask;
        for (; e->slots[at]; at = (at + 1) & e->slot_mask) {
                *index = e->slots[at] - 1;
                if (states_equal(state_at(e, *index), state, e->count))
                        return 0;
        }
        if (e->states.count == STATES_MAX)
                return -E2BIG;
        struct state *slot = vector_push(&e->states, sizeof(*slot));
        if (!slot)
                return -ENOMEM;
        *slot = *state;
        *index = (uint32_t)e->states.count - 1;
        e->slots[at] = *index + 1;
        return 1;
}

/* What is told of a state: the rules that count, and whether it is passed through. */
static void show(const struct explore *e, const struct state *s, struct walk *walks)
{
        for (unsigned i = 0; i < e->count; i++) {
                walks[i].trie = &e->policies[i]->trie;
                walks[i].normal = (struct best){.rule = s->normal[i]};
                walks[i].never = (struct best){.rule = s->never[i]};
                walks[i].literal = spot_at(e, s->spot)->literals[i];
        }
}

/* ---- going --------------------------------------------------------------------------------------------------------- */

/* Whether the scope can still be entered from there. */
static bool hopeless(const struct explore *e, const struct state *s)
{
        if (!e->scope || s->inside)
                return false;
        const struct spot *spot = spot_at(e, s->spot);
        const uint32_t *ids = (const uint32_t *)e->ids.items + spot->ids[e->scope->policy];
        for (uint32_t i = 0; i < spot->counts[e->scope->policy]; i++) {
                if (e->chain[ids[i]])
                        return false;
        }
        return true;
}

static int arrive(struct explore *e, struct state *state, const struct explore_exit *x)
{
        struct explored step = {.explore = e, .exit = x, .name = x ? x->name : "", .length = x ? x->length : 0};
        state->inside = state->inside || !e->scope || explore_reached(&step, e->scope->policy, e->scope->rule);
        int r = state_add(e, state, &step.state);
        if (r < 0)
                return r;
        step.fresh = r == 1;
        step.inside = state->inside;
        show(e, state, e->to);
        if (x)
                show(e, state_at(e, state->parent), e->from);
        for (unsigned i = 0; i < e->count; i++) {
                step.at[i] = &e->to[i];
                step.before[i] = x ? &e->from[i] : NULL;
        }
        return e->fn(e->ctx, &step);
}

/* Below a `never` nothing counts any more. But where the scope's own rule leads is to be followed all the same. */
static int go(struct explore *e, uint32_t from, uint32_t exit)
{
        const struct state *s = state_at(e, from);
        const struct explore_exit *x = &spot_at(e, s->spot)->exits[exit];
        struct state to = {.parent = from, .exit = exit, .depth = s->depth + 1, .inside = s->inside};
        unsigned cut = 0;
        for (unsigned i = 0; i < e->count; i++) {
                bool on = e->scope && e->scope->policy == i;
                to.never[i] = x->never[i] ? x->never[i] : s->never[i];
                to.normal[i] = to.never[i] && !on ? NULL : x->normal[i] ? x->normal[i] : s->normal[i];
                cut |= (unsigned)(x->never[i] && !on) << i;
        }
        to.spot = x->spots[cut];
        return arrive(e, &to, x);
}

static int leave(struct explore *e, uint32_t at)
{
        uint32_t spot = state_at(e, at)->spot;
        int r = 0;
        if (hopeless(e, state_at(e, at)))
                return 0;
        if (!spot_at(e, spot)->left)
                r = spot_leave(e, spot);
        for (uint32_t x = 0; r == 0 && x < spot_at(e, spot)->exit_count; x++)
                r = go(e, at, x);
        return r;
}

static int begin(struct explore *e)
{
        struct state root = {.depth = 0};
        unsigned cut = 0;
        for (unsigned i = 0; i < e->count; i++) {
                bool on = e->scope && e->scope->policy == i;
                walk_begin(&e->to[i], &e->policies[i]->trie, false);
                root.never[i] = e->to[i].never.rule;
                root.normal[i] = root.never[i] && !on ? NULL : e->to[i].normal.rule;
                cut |= (unsigned)(root.never[i] && !on) << i;
        }
        int r = spot_find(e, cut, &root.spot);
        return r == 0 ? arrive(e, &root, NULL) : r;
}

static int scope_begin(struct explore *e)
{
        const struct explore_scope *scope = e->scope;
        const struct policy *p = e->policies[scope->policy];
        free(e->chain);
        e->chain = calloc(p->trie.count, sizeof(*e->chain));
        if (!e->chain)
                return -ENOMEM;
        uint32_t node = e->indexes[scope->policy].node_of_rule[scope->rule - p->rules];
        for (; node != EXPLORE_NOBODY && node != TRIE_ROOT; node = p->trie.nodes[node].parent)
                e->chain[p->trie.nodes[node].parent] = 1;
        return 0;
}

int explore_run(struct explore *e, const struct explore_scope *scope, explore_fn *fn, void *ctx)
{
        e->scope = scope;
        e->fn = fn;
        e->ctx = ctx;
        e->states.count = 0;
        free(e->slots);
        e->slots = NULL;
        int r = scope ? scope_begin(e) : 0;
        if (r == 0)
                r = begin(e);
        for (uint32_t s = 0; r == 0 && s < e->states.count; s++)
                r = leave(e, s);
        return r;
}
