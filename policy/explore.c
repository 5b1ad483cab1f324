/* Breadth first over all states, so that the path to each is a shortest one; see explore.h. */
#include "policy/explore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/explore_build.h"

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
        struct vector *vectors[] = {&e->known, &e->spots, &e->ids, &e->reached, &e->states.all, &e->done.all, &e->exact, &e->wild,
                                    &e->avoid, &e->next};
        for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
                vector_free(vectors[i]);
        arena_free(&e->arena);
        free(e->spot_slots);
        free(e->states.slots);
        free(e->done.slots);
        free(e->chain);
        free(e);
        return NULL;
}

/* ---- what was reached -------------------------------------------------------------------------------------------- */

static bool exit_reaches(const struct explore *e, const struct explore_exit *x, unsigned policy, const struct rule *rule)
{
        uint32_t node = e->indexes[policy].node_of_rule[rule - e->policies[policy]->rules];
        if (node == EXPLORE_NOBODY || !x)
                return node == TRIE_ROOT && !x;
        const uint32_t *reached = (const uint32_t *)e->reached.items + x->nodes[policy];
        for (uint32_t i = 0; i < x->node_counts[policy]; i++) {
                if (reached[i] == node)
                        return true;
        }
        return false;
}

bool explore_reached(const struct explored *step, unsigned policy, const struct rule *rule)
{
        return exit_reaches(step->explore, step->exit, policy, rule);
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

static struct state *state_at(const struct explore *e, uint32_t index)
{
        return (struct state *)e->states.all.items + index;
}

/* The step that led to a state which is not the first. */
static const struct explore_exit *exit_to(const struct explore *e, uint32_t state)
{
        const struct state *s = state_at(e, state);
        return &explore_spot_at(e, state_at(e, s->parent)->spot)->exits[s->exit];
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
static int state_add(struct explore *e, struct states *to, const struct state *state, uint32_t *index)
{
        bool anew;
        struct state *all = to->all.items;
        int r = explore_table_grow(&to->slots, &to->mask, to->all.count, &anew);
        for (uint32_t i = 0; r == 0 && anew && i < to->all.count; i++) {
                uint32_t at = (uint32_t)state_hash(&all[i], e->count) & to->mask;
                while (to->slots[at])
                        at = (at + 1) & to->mask;
                to->slots[at] = i + 1;
        }
        if (r < 0)
                return r;
        uint32_t at = (uint32_t)state_hash(state, e->count) & to->mask;
        for (; to->slots[at]; at = (at + 1) & to->mask) {
                *index = to->slots[at] - 1;
                if (states_equal(&all[*index], state, e->count))
                        return 0;
        }
        if (to->all.count == EXPLORE_STATES_MAX || e->made == EXPLORE_ALL_MAX)
                return -E2BIG;
        struct state *slot = vector_push(&to->all, sizeof(*slot));
        if (!slot)
                return -ENOMEM;
        e->made++;
        *slot = *state;
        *index = (uint32_t)to->all.count - 1;
        to->slots[at] = *index + 1;
        return 1;
}

static void states_clear(struct states *s)
{
        s->all.count = 0;
        free(s->slots);
        s->slots = NULL;
}

/* What is told of a state: the rules that count, and whether it is passed through. */
static void show(const struct explore *e, const struct state *s, struct walk *walks)
{
        for (unsigned i = 0; i < e->count; i++) {
                walks[i].trie = &e->policies[i]->trie;
                walks[i].normal = (struct best){.rule = s->normal[i]};
                walks[i].never = (struct best){.rule = s->never[i]};
                walks[i].literal = explore_spot_at(e, s->spot)->literals[i];
        }
}

/* ---- going --------------------------------------------------------------------------------------------------------- */

/* Whether the scope can still be entered from there. */
static bool hopeless(const struct explore *e, const struct state *s)
{
        if (!e->scope || s->inside)
                return false;
        const struct spot *spot = explore_spot_at(e, s->spot);
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
        state->inside = state->inside || !e->scope || exit_reaches(e, x, e->scope->policy, e->scope->rule);
        if (x && hopeless(e, state))
                return 0; /* of many siblings, about all: they are passed by at little cost */
        int r = state_add(e, &e->states, state, &step.state);
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
        const struct explore_exit *x = &explore_spot_at(e, s->spot)->exits[exit];
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

/* Whether others that differ from this state only in what makes no difference have gone there. */
static int gone_before(struct explore *e, uint32_t from, unsigned mask)
{
        struct state key = *state_at(e, from);
        uint32_t index;
        key.spot = key.spot << EXPLORE_POLICIES | mask;
        for (unsigned i = 0; i < e->count; i++)
                key.normal[i] = mask >> i & 1 ? NULL : key.normal[i];
        int r = state_add(e, &e->done, &key, &index);
        return r < 0 ? r : r == 0;
}

static int leave(struct explore *e, uint32_t at)
{
        uint32_t spot = state_at(e, at)->spot;
        int r = 0;
        if (at == 0 && hopeless(e, state_at(e, at)))
                return 0;
        if (!explore_spot_at(e, spot)->left)
                r = explore_leave(e, spot);
        for (unsigned mask = 0; r == 0 && mask < 1u << EXPLORE_POLICIES; mask++) {
                uint32_t x = explore_spot_at(e, spot)->groups[mask], end = explore_spot_at(e, spot)->groups[mask + 1];
                int skip = e->fresh_only && x < end ? gone_before(e, at, mask) : 0;
                r = skip < 0 ? skip : 0;
                for (; r == 0 && !skip && x < end; x++)
                        r = go(e, at, x);
        }
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
        int r = explore_spot(e, cut, &root.spot);
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

int explore_run(struct explore *e, const struct explore_scope *scope, bool fresh_only, explore_fn *fn, void *ctx)
{
        e->fresh_only = fresh_only;
        e->scope = scope;
        e->fn = fn;
        e->ctx = ctx;
        states_clear(&e->states);
        states_clear(&e->done);
        int r = scope ? scope_begin(e) : 0;
        if (r == 0)
                r = begin(e);
        for (uint32_t s = 0; r == 0 && s < e->states.all.count; s++)
                r = leave(e, s);
        return r;
}
