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
        struct vector *vectors[] = {&e->known, &e->states, &e->ids, &e->exact, &e->wild, &e->avoid, &e->next};
        for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
                vector_free(vectors[i]);
        arena_free(&e->arena);
        arena_free(&e->names);
        free(e->slots);
        free(e->chain);
        free(e);
        return NULL;
}

/* ---- what was reached -------------------------------------------------------------------------------------------- */

static bool component_takes(const struct component *c, const char *name, size_t length)
{
        if (c->kind == COMPONENT_WILD)
                return component_match(c->text + 1, c->length - 1, name, length);
        return c->kind == COMPONENT_EXACT && c->length == length && memcmp(c->text, name, length) == 0;
}

static bool active(const struct walk *w, uint32_t node)
{
        for (unsigned i = 0; i < w->count; i++) {
                if (w->now[i] == node)
                        return true;
        }
        return false;
}

bool explore_reached(const struct explored *step, unsigned policy, const struct rule *rule)
{
        const struct explore *e = step->explore;
        const struct policy *p = e->policies[policy];
        uint32_t node = e->indexes[policy].node_of_rule[rule - p->rules];
        const struct walk *before = step->before[policy];
        if (node == EXPLORE_NOBODY || !before)
                return node == TRIE_ROOT && !before;
        const struct node *n = &p->trie.nodes[node];
        return active(before, n->parent) && component_takes(&n->name, step->name, step->length);
}

void explore_nodes(const struct explored *step, unsigned policy, void (*fn)(void *ctx, const struct node *node), void *ctx)
{
        const struct trie *t = &step->explore->policies[policy]->trie;
        const struct walk *before = step->before[policy];
        if (!before) {
                fn(ctx, &t->nodes[TRIE_ROOT]);
                return;
        }
        for (unsigned i = 0; i < before->count; i++) {
                uint32_t child = trie_exact(t, before->now[i], step->name, step->length);
                if (child != TRIE_NONE)
                        fn(ctx, &t->nodes[child]);
                for (uint32_t c = t->nodes[before->now[i]].wild; c != TRIE_NONE; c = t->nodes[c].next_wild) {
                        if (component_takes(&t->nodes[c].name, step->name, step->length))
                                fn(ctx, &t->nodes[c]);
                }
        }
}

size_t explore_path(const struct explored *step, char *out, size_t size)
{
        const struct state *all = step->explore->states.items;
        size_t length = 0, at;
        for (uint32_t s = step->state; all[s].depth > 0; s = all[s].parent)
                length += 1 + all[s].length;
        if (length == 0)
                return (size_t)snprintf(out, size, "/");
        if (length >= size)
                return length;
        out[at = length] = '\0';
        for (uint32_t s = step->state; all[s].depth > 0; s = all[s].parent) {
                at -= all[s].length;
                memcpy(out + at, all[s].name, all[s].length);
                out[--at] = '/';
        }
        return length;
}

/* ---- states ------------------------------------------------------------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
        const uint32_t *x = a, *y = b;
        return *x < *y ? -1 : *x > *y;
}

/* Below a `never` nothing counts any more. But where a rule's pattern leads is to be followed all the same (`on`). */
static void settle(struct walk *w, bool on)
{
        if (w->never.rule && !on) {
                w->normal = (struct best){0};
                w->count = 0;
                w->literal = TRIE_NONE;
        }
        if (w->literal != TRIE_NONE && !w->trie->nodes[w->literal].above_grant)
                w->literal = TRIE_NONE;
        if (w->count > 1)
                qsort(w->now, w->count, sizeof(*w->now), by_id);
}

static uint64_t hash(const struct state *s, const uint32_t *ids, unsigned count)
{
        uint64_t h = s->inside;
        for (unsigned i = 0; i < count; i++) {
                const struct side *side = &s->sides[i];
                h = explore_mix(explore_mix(h, (uintptr_t)side->normal), (uintptr_t)side->never);
                h = explore_mix(explore_mix(h, side->literal), side->count);
                for (uint32_t j = 0; j < side->count; j++)
                        h = explore_mix(h, ids[side->ids + j]);
        }
        return h ^ h >> 32;
}

static bool equal(const struct state *a, const struct state *b, const uint32_t *ids, unsigned count)
{
        for (unsigned i = 0; i < count; i++) {
                const struct side *x = &a->sides[i], *y = &b->sides[i];
                if (x->normal != y->normal || x->never != y->never || x->literal != y->literal || x->count != y->count ||
                    (x->count > 0 && memcmp(ids + x->ids, ids + y->ids, x->count * sizeof(*ids)) != 0))
                        return false;
        }
        return a->inside == b->inside;
}

static int slots_grow(struct explore *e)
{
        uint32_t size = e->slots ? 2 * (e->slot_mask + 1) : 1024;
        const struct state *all = e->states.items;
        if (e->slots && 2 * e->states.count < size / 2)
                return 0;
        uint32_t *slots = calloc(size, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        for (uint32_t s = 0; s < e->states.count; s++) {
                uint32_t at = (uint32_t)hash(&all[s], e->ids.items, e->count) & (size - 1);
                while (slots[at])
                        at = (at + 1) & (size - 1);
                slots[at] = s + 1;
        }
        free(e->slots);
        e->slots = slots;
        e->slot_mask = size - 1;
        return 0;
}

/* Keeps where the walks in e->to have arrived. 1: nothing equal was there; 0: `*index` is that; or an error. */
static int state_add(struct explore *e, struct state *state, uint32_t *index)
{
        int r = slots_grow(e);
        size_t ids_before = e->ids.count;
        for (unsigned i = 0; r == 0 && i < e->count; i++) {
                const struct walk *w = &e->to[i];
                state->sides[i] = (struct side){w->normal.rule, w->never.rule, w->literal, (uint32_t)e->ids.count,
                                                w->count};
                for (unsigned j = 0; r == 0 && j < w->count; j++) {
                        uint32_t *id = vector_push(&e->ids, sizeof(*id));
                        r = id ? 0 : -ENOMEM;
                        if (id)
                                *id = w->now[j];
                }
        }
        if (r < 0)
                return r;
        uint32_t at = (uint32_t)hash(state, e->ids.items, e->count) & e->slot_mask;
        for (; e->slots[at]; at = (at + 1) & e->slot_mask) {
                *index = e->slots[at] - 1;
                if (equal(&((struct state *)e->states.items)[*index], state, e->ids.items, e->count)) {
                        e->ids.count = ids_before;
                        return 0;
                }
        }
        if (e->states.count == STATES_MAX)
                return -E2BIG;
        state->name = arena_copy(&e->names, state->name, state->length);
        struct state *slot = state->name ? vector_push(&e->states, sizeof(*slot)) : NULL;
        if (!slot)
                return -ENOMEM;
        *slot = *state;
        *index = (uint32_t)e->states.count - 1;
        e->slots[at] = *index + 1;
        return 1;
}

/* Takes up the walk of one policy where a state left it. What is deeper than all before always counts, so how deep the
 * best rule reached before makes no difference any more. */
static void resume(const struct explore *e, const struct state *s, unsigned policy, struct walk *w)
{
        const struct side *side = &s->sides[policy];
        w->trie = &e->policies[policy]->trie;
        w->without = NULL;
        w->literal_only = false;
        w->overflow = false;
        w->depth = s->depth;
        w->now = w->sets[0];
        w->next = w->sets[1];
        w->count = side->count;
        if (side->count > 0)
                memcpy(w->now, (const uint32_t *)e->ids.items + side->ids, side->count * sizeof(*w->now));
        w->literal = side->literal;
        w->normal = (struct best){.rule = side->normal, .depth = s->depth};
        w->never = (struct best){.rule = side->never, .depth = s->depth};
}

/* ---- going ------------------------------------------------------------------------------------------------------- */

/* Whether the scope can still be entered from where the walks stand. */
static bool hopeless(const struct explore *e, const struct state *s)
{
        if (!e->scope || s->inside)
                return false;
        const struct walk *w = &e->from[e->scope->policy];
        for (unsigned i = 0; i < w->count; i++) {
                if (e->chain[w->now[i]])
                        return false;
        }
        return true;
}

static int arrive(struct explore *e, uint32_t parent, const char *name, size_t length)
{
        const struct state *all = e->states.items;
        bool root = e->states.count == 0;
        struct explored step = {.explore = e, .name = name, .length = length};
        struct state state = {
                .parent = parent, .depth = root ? 0 : all[parent].depth + 1, .name = name, .length = length};
        for (unsigned i = 0; i < e->count; i++) {
                if (e->to[i].overflow)
                        return -E2BIG;
                settle(&e->to[i], e->scope && e->scope->policy == i);
                step.at[i] = &e->to[i];
                step.before[i] = root ? NULL : &e->from[i];
        }
        if (e->scope)
                state.inside = (!root && all[parent].inside) || explore_reached(&step, e->scope->policy, e->scope->rule);
        else
                state.inside = true;
        int r = state_add(e, &state, &step.state);
        if (r < 0)
                return r;
        step.fresh = r == 1;
        step.inside = state.inside;
        return e->fn(e->ctx, &step);
}

static int leave(struct explore *e, uint32_t at)
{
        bool ended = true;
        int r;
        for (unsigned i = 0; i < e->count; i++) {
                resume(e, &((struct state *)e->states.items)[at], i, &e->from[i]);
                ended = ended && e->from[i].count == 0 && e->from[i].literal == TRIE_NONE;
        }
        if (ended || hopeless(e, &((struct state *)e->states.items)[at]))
                return 0; /* nothing changes any more */
        r = explore_names(e);
        for (size_t n = 0; r == 0 && n < e->next.count; n++) {
                struct names_text name = ((struct names_text *)e->next.items)[n];
                for (unsigned i = 0; i < e->count; i++) {
                        resume(e, &((struct state *)e->states.items)[at], i, &e->to[i]);
                        walk_step(&e->to[i], name.text, name.length);
                }
                r = arrive(e, at, name.text, name.length);
        }
        return r;
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
        e->states.count = e->ids.count = 0;
        arena_free(&e->names);
        free(e->slots);
        e->slots = NULL;
        int r = scope ? scope_begin(e) : 0;
        for (unsigned i = 0; i < e->count; i++)
                walk_begin(&e->to[i], &e->policies[i]->trie, false);
        if (r == 0)
                r = arrive(e, 0, "", 0);
        for (uint32_t s = 0; r == 0 && s < e->states.count; s++)
                r = leave(e, s);
        return r;
}
