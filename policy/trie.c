/* Building the trie, and proving how wide a walk over it can get; see trie.h. */
#include "policy/trie.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t hash(uint32_t parent, const char *name, size_t length)
{
        uint32_t h = 2166136261u ^ (parent * 2654435761u);
        for (size_t i = 0; i < length; i++)
                h = (h ^ (unsigned char)name[i]) * 16777619u;
        return h ^ h >> 15;
}

static uint32_t node_add(struct trie *t, uint32_t parent, const struct component *name)
{
        if (t->count == t->room) {
                uint32_t room = t->room ? t->room * 2 : 64;
                struct node *nodes = room > TRIE_NONE / 4 ? NULL : realloc(t->nodes, room * sizeof(*nodes));
                if (!nodes)
                        return TRIE_NONE;
                t->nodes = nodes;
                t->room = room;
        }
        t->nodes[t->count] = (struct node){
                .name = *name, .parent = parent, .any = TRIE_NONE, .wild = TRIE_NONE, .next_wild = TRIE_NONE};
        return t->count++;
}

int trie_init(struct trie *t)
{
        *t = (struct trie){.slot_mask = 63};
        t->slots = calloc(64, sizeof(*t->slots));
        if (!t->slots || node_add(t, TRIE_NONE, &(struct component){.text = "", .kind = COMPONENT_EXACT}) == TRIE_NONE) {
                trie_free(t);
                return -ENOMEM;
        }
        return 0;
}

void trie_free(struct trie *t)
{
        free(t->nodes);
        free(t->slots);
        *t = (struct trie){0};
}

/* The slot where the child is, or the empty one where it belongs. */
static uint32_t *slot_of(const struct trie *t, uint32_t parent, const char *name, size_t length)
{
        for (uint32_t i = hash(parent, name, length) & t->slot_mask;; i = (i + 1) & t->slot_mask) {
                uint32_t *slot = &t->slots[i];
                const struct node *n = &t->nodes[*slot];
                if (*slot == 0 ||
                    (n->parent == parent && n->name.length == length && memcmp(n->name.text, name, length) == 0))
                        return slot;
        }
}

uint32_t trie_exact(const struct trie *t, uint32_t parent, const char *name, size_t length)
{
        uint32_t found = *slot_of(t, parent, name, length);
        return found ? found : TRIE_NONE;
}

static int slots_grow(struct trie *t)
{
        uint32_t *old = t->slots, size = t->slot_mask + 1;
        if (t->used < size / 2)
                return 0;
        uint32_t *slots = calloc((size_t)size * 2, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        t->slots = slots;
        t->slot_mask = size * 2 - 1;
        for (uint32_t i = 0; i < size; i++) {
                if (old[i]) {
                        const struct node *n = &t->nodes[old[i]];
                        *slot_of(t, n->parent, n->name.text, n->name.length) = old[i];
                }
        }
        free(old);
        return 0;
}

static uint32_t child_exact(struct trie *t, uint32_t parent, const struct component *c)
{
        uint32_t *slot = slot_of(t, parent, c->text, c->length);
        if (*slot)
                return *slot;
        if (slots_grow(t) < 0)
                return TRIE_NONE;
        uint32_t made = node_add(t, parent, c);
        if (made == TRIE_NONE)
                return TRIE_NONE;
        *slot_of(t, parent, c->text, c->length) = made;
        t->used++;
        t->nodes[parent].inner = true;
        return made;
}

/* Wildcard children share the hash table, under names that no path can ask for: theirs begin with a slash. */
static uint32_t child_wild(struct trie *t, uint32_t parent, const struct component *c)
{
        uint32_t before = t->count;
        uint32_t made = child_exact(t, parent, c);
        if (made == TRIE_NONE || made < before)
                return made;
        t->nodes[made].next_wild = t->nodes[parent].wild;
        t->nodes[parent].wild = made;
        return made;
}

static uint32_t child_any(struct trie *t, uint32_t parent, const struct component *c)
{
        if (t->nodes[parent].any != TRIE_NONE)
                return t->nodes[parent].any;
        uint32_t made = node_add(t, parent, c);
        if (made != TRIE_NONE)
                t->nodes[parent].any = made;
        return made;
}

int trie_insert(struct trie *t, const struct component *components, size_t count, uint32_t *out)
{
        uint32_t at = TRIE_ROOT;
        for (size_t i = 0; i < count && at != TRIE_NONE; i++) {
                const struct component *c = &components[i];
                at = c->kind == COMPONENT_EXACT  ? child_exact(t, at, c)
                     : c->kind == COMPONENT_WILD ? child_wild(t, at, c)
                                                 : child_any(t, at, c);
        }
        *out = at;
        return at == TRIE_NONE ? -ENOMEM : 0;
}
