/* Classes of names: all patterns are run at once, as automata over characters, from the empty name on. A state is the
 * set of places in the patterns that can have been reached; a name's class is the set of patterns whose end is among
 * them. Every state that can be reached at all is visited, the shortest way first, and only as many characters are
 * tried as some pattern tells apart. */
#include "policy/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/pattern.h"

#define PLACES_MAX 8192u
#define STATES_MAX 20000u
#define LETTERS_MAX 2048u
#define WORD 64u

enum item_kind { ITEM_END, ITEM_STAR, ITEM_ANY, ITEM_CLASS, ITEM_POINT };

/* One place in one of the patterns: what can come next. */
struct item {
        enum item_kind kind;
        uint32_t point;
        const char *class;
        size_t class_length;
};

struct letter { /* one character for all that no item tells apart from it */
        uint32_t point;
        unsigned rank;  /* how little one would like to see it in an example */
        uint64_t *hits; /* the items that take it */
};

struct state {
        uint32_t parent, letter;
};

struct sets { /* each once, numbered as they came; a set is `words` of struct names */
        uint64_t *sets;
        uint32_t count, room;
        uint32_t *slots, slot_mask; /* number + 1, by what is in the set */
};

struct names {
        struct item *items;
        uint32_t item_count, item_room, words;
        uint32_t wanted_items;      /* those of the patterns; the rest are of the names to be avoided */
        uint32_t *bounds;           /* points at which some item may begin or end to match */
        size_t bound_count, bound_room;
        struct letter *letters;
        uint32_t letter_count;
        uint64_t *stars, *ends;     /* of all items */
        struct state *states;       /* as many as `places` has sets: those that a state stands on */
        uint32_t state_room;
        struct sets places, classes;
};

static bool bit(const uint64_t *set, uint32_t at)
{
        return set[at / WORD] >> (at % WORD) & 1;
}

static void bit_set(uint64_t *set, uint32_t at)
{
        set[at / WORD] |= UINT64_C(1) << (at % WORD);
}

/* ---- patterns to items ------------------------------------------------------------------------------------------- */

static int bound_add(struct names *n, uint32_t point)
{
        if (n->bound_count == n->bound_room) {
                size_t room = n->bound_room ? 2 * n->bound_room : 64;
                uint32_t *more = reallocarray(n->bounds, room, sizeof(*more));
                if (!more)
                        return -ENOMEM;
                n->bounds = more;
                n->bound_room = room;
        }
        n->bounds[n->bound_count++] = point;
        return 0;
}

/* The item begins or ends to match at one of these, or nowhere. */
static int bounds_of(struct names *n, uint32_t point)
{
        int r = bound_add(n, point);
        return r == 0 ? bound_add(n, point + 1) : r;
}

static int item_add(struct names *n, struct item item)
{
        if (n->item_count == PLACES_MAX)
                return -E2BIG;
        if (n->item_count == n->item_room) {
                uint32_t room = n->item_room ? 2 * n->item_room : 64;
                struct item *more = reallocarray(n->items, room, sizeof(*more));
                if (!more)
                        return -ENOMEM;
                n->items = more;
                n->item_room = room;
        }
        n->items[n->item_count++] = item;
        return 0;
}

static int class_add(struct names *n, const char *text, size_t length, size_t *size)
{
        bool hit;
        uint32_t point;
        int r = 0;
        *size = pattern_class(text, length, 0, &hit);
        for (size_t at = 1; r == 0 && at < *size; at += pattern_character(text + at, length - at, &point)) {
                pattern_character(text + at, length - at, &point);
                r = bounds_of(n, point);
        }
        return r == 0 ? item_add(n, (struct item){.kind = ITEM_CLASS, .class = text, .class_length = *size}) : r;
}

static int text_add(struct names *n, const struct names_text *t, bool literal)
{
        size_t size = 1;
        int r = 0;
        for (size_t at = 0; r == 0 && at < t->length; at += size) {
                struct item item = {.kind = ITEM_POINT};
                size = 1;
                if (!literal && t->text[at] == '[') {
                        r = class_add(n, t->text + at, t->length - at, &size);
                        continue;
                }
                if (!literal && t->text[at] == '*')
                        item.kind = ITEM_STAR;
                else if (!literal && t->text[at] == '?')
                        item.kind = ITEM_ANY;
                else
                        size = pattern_character(t->text + at, t->length - at, &item.point);
                r = item.kind == ITEM_POINT ? bounds_of(n, item.point) : 0;
                if (r == 0)
                        r = item_add(n, item);
        }
        return r == 0 ? item_add(n, (struct item){.kind = ITEM_END}) : r;
}

/* ---- letters ----------------------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
        const uint32_t *x = a, *y = b;
        return *x < *y ? -1 : *x > *y;
}

static const char liked[] = "xyzabcdefghijklmnopqrstuvw0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-.,+@";

/* The character that stands for all from `from` to before `to`; false where there is none that a name can have. */
static bool letter_pick(uint32_t from, uint32_t to, struct letter *out)
{
        for (unsigned i = 0; liked[i]; i++) {
                uint32_t point = (unsigned char)liked[i];
                if (from <= point && point < to) {
                        *out = (struct letter){.point = point, .rank = i};
                        return true;
                }
        }
        if (from >= PATTERN_BYTES && from < PATTERN_BYTES + 0x80)
                from = PATTERN_BYTES + 0x80;
        *out = (struct letter){.point = from, .rank = (unsigned)sizeof(liked) + (from < 0x20 || from >= 0x7f)};
        return from > 0 && from != '/' && from < to && from < PATTERN_BYTES + 0x100;
}

static bool item_takes(const struct item *item, uint32_t point)
{
        bool hit = false;
        if (item->kind == ITEM_CLASS)
                pattern_class(item->class, item->class_length, point, &hit);
        return item->kind == ITEM_ANY || hit || (item->kind == ITEM_POINT && item->point == point);
}

static int letter_add(struct names *n, struct letter letter)
{
        letter.hits = calloc(n->words, sizeof(*letter.hits));
        if (!letter.hits)
                return -ENOMEM;
        for (uint32_t i = 0; i < n->item_count; i++) {
                if (item_takes(&n->items[i], letter.point))
                        bit_set(letter.hits, i);
        }
        for (uint32_t i = 0; i < n->letter_count; i++) {
                struct letter *same = &n->letters[i];
                if (memcmp(same->hits, letter.hits, n->words * sizeof(*letter.hits)) != 0)
                        continue;
                if (letter.rank < same->rank) {
                        same->rank = letter.rank;
                        same->point = letter.point;
                }
                free(letter.hits);
                return 0;
        }
        if (n->letter_count == LETTERS_MAX) {
                free(letter.hits);
                return -E2BIG;
        }
        n->letters[n->letter_count++] = letter;
        return 0;
}

static int letters_make(struct names *n)
{
        const uint32_t always[] = {1, '/', '/' + 1, PATTERN_BYTES, PATTERN_BYTES + 0x80, PATTERN_BYTES + 0x100};
        int r = 0;
        for (size_t i = 0; r == 0 && i < sizeof(always) / sizeof(*always); i++)
                r = bound_add(n, always[i]);
        n->letters = calloc(LETTERS_MAX, sizeof(*n->letters));
        if (r < 0 || !n->letters)
                return -ENOMEM;
        qsort(n->bounds, n->bound_count, sizeof(*n->bounds), by_number);
        for (size_t i = 0; r == 0 && i + 1 < n->bound_count; i++) {
                struct letter letter;
                if (n->bounds[i] < n->bounds[i + 1] && letter_pick(n->bounds[i], n->bounds[i + 1], &letter))
                        r = letter_add(n, letter);
        }
        return r;
}

/* ---- states ------------------------------------------------------------------------------------------------------ */

static uint32_t hash(const uint64_t *set, uint32_t words)
{
        uint64_t h = 0xcbf29ce484222325u;
        for (uint32_t i = 0; i < words; i++)
                h = (h ^ set[i]) * 0x9e3779b97f4a7c15u, h ^= h >> 29;
        return (uint32_t)(h ^ h >> 32);
}

static const uint64_t *set_at(const struct sets *s, uint32_t number, uint32_t words)
{
        return s->sets + (size_t)number * words;
}

static int slots_grow(struct sets *s, uint32_t words)
{
        uint32_t size = s->slots ? 2 * (s->slot_mask + 1) : 256;
        if (s->slots && 2 * s->count < size / 2)
                return 0;
        uint32_t *slots = calloc(size, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        for (uint32_t i = 0; i < s->count; i++) {
                uint32_t at = hash(set_at(s, i, words), words) & (size - 1);
                while (slots[at])
                        at = (at + 1) & (size - 1);
                slots[at] = i + 1;
        }
        free(s->slots);
        s->slots = slots;
        s->slot_mask = size - 1;
        return 0;
}

/* 1: it was not there yet, and is now; 0: it was. `set` must not lie in `s`. */
static int set_add(struct sets *s, const uint64_t *set, uint32_t words)
{
        int r = slots_grow(s, words);
        if (r < 0)
                return r;
        uint32_t at = hash(set, words) & s->slot_mask;
        for (; s->slots[at]; at = (at + 1) & s->slot_mask) {
                if (memcmp(set_at(s, s->slots[at] - 1, words), set, words * sizeof(*set)) == 0)
                        return 0;
        }
        if (s->count == STATES_MAX)
                return -E2BIG;
        if (s->count == s->room) {
                uint32_t room = s->room ? 2 * s->room : 64;
                uint64_t *sets = reallocarray(s->sets, (size_t)room * words, sizeof(*sets));
                if (!sets)
                        return -ENOMEM;
                s->sets = sets;
                s->room = room;
        }
        memcpy(s->sets + (size_t)s->count++ * words, set, words * sizeof(*set));
        s->slots[at] = s->count;
        return 1;
}

/* Adds the state unless it is known. */
static int state_add(struct names *n, const uint64_t *set, uint32_t parent, uint32_t letter)
{
        int r = set_add(&n->places, set, n->words);
        if (r <= 0)
                return r;
        if (n->places.room > n->state_room) {
                struct state *states = reallocarray(n->states, n->places.room, sizeof(*states));
                if (!states)
                        return -ENOMEM;
                n->states = states;
                n->state_room = n->places.room;
        }
        n->states[n->places.count - 1] = (struct state){parent, letter};
        return 0;
}

/* A star may also stand for nothing. */
static void close_stars(const struct names *n, uint64_t *set)
{
        for (uint32_t w = 0; w < n->words; w++) {
                for (uint64_t left = n->stars[w] & set[w]; left; left &= left - 1) {
                        uint32_t next = w * WORD + (uint32_t)__builtin_ctzll(left) + 1;
                        bit_set(set, next);
                        if (next / WORD == w)
                                left |= n->stars[w] & UINT64_C(1) << (next % WORD);
                }
        }
}

static void step(const struct names *n, const uint64_t *from, const struct letter *letter, uint64_t *to)
{
        uint64_t carry = 0;
        for (uint32_t i = 0; i < n->words; i++) {
                uint64_t taken = from[i] & letter->hits[i];
                to[i] = taken << 1 | carry | (from[i] & n->stars[i]);
                carry = taken >> (WORD - 1);
        }
        close_stars(n, to);
}

/* ---- classes ----------------------------------------------------------------------------------------------------- */

static size_t encode(uint32_t point, char *out)
{
        if (point >= PATTERN_BYTES || point < 0x80) {
                out[0] = (char)(unsigned char)(point & 0xff);
                return 1;
        }
        size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        for (size_t i = size - 1; i > 0; i--, point >>= 6)
                out[i] = (char)(unsigned char)(0x80 | (point & 0x3f));
        out[0] = (char)(unsigned char)((0xf00u >> size & 0xff) | point);
        return size;
}

static int state_tell(const struct names *n, uint32_t state, names_fn *fn, void *ctx)
{
        size_t length = 0;
        for (uint32_t s = state; s > 0; s = n->states[s].parent)
                length += 4;
        char *name = malloc(length + 1);
        if (!name)
                return -ENOMEM;
        size_t at = length;
        for (uint32_t s = state; s > 0; s = n->states[s].parent) {
                char one[4];
                size_t size = encode(n->letters[n->states[s].letter].point, one);
                at -= size;
                memcpy(name + at, one, size);
        }
        memmove(name, name + at, length - at);
        name[length - at] = '\0';
        int r = fn(ctx, name, length - at);
        free(name);
        return r;
}

/* Whether the names that lead to this state are of a class that was not seen yet. -ENOMEM. */
static int class_new(struct names *n, const uint64_t *set, uint64_t *scratch)
{
        for (uint32_t i = 0; i < n->words; i++)
                scratch[i] = set[i] & n->ends[i];
        for (uint32_t i = n->wanted_items; i < n->item_count; i++) {
                if (bit(scratch, i))
                        return 0; /* one of those to be avoided, and no other: they are told apart by every character */
        }
        return set_add(&n->classes, scratch, n->words);
}

static int visit_all(struct names *n, uint64_t *scratch, names_fn *fn, void *ctx)
{
        uint64_t *from = scratch + n->words;
        int r = 0;
        for (uint32_t s = 0; r == 0 && s < n->places.count; s++) {
                memcpy(from, set_at(&n->places, s, n->words), n->words * sizeof(*from));
                int fresh = s > 0 ? class_new(n, from, scratch) : 0; /* the empty name is none */
                r = fresh > 0 ? state_tell(n, s, fn, ctx) : fresh;
                for (uint32_t l = 0; r == 0 && l < n->letter_count; l++) {
                        step(n, from, &n->letters[l], scratch);
                        r = state_add(n, scratch, s, l);
                }
        }
        return r;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static int items_make(struct names *n, const struct names_text *texts, size_t count, bool literal, uint32_t *starts,
                      size_t *start_count)
{
        int r = 0;
        for (size_t i = 0; r == 0 && i < count; i++) {
                starts[(*start_count)++] = n->item_count;
                r = text_add(n, &texts[i], literal);
        }
        return r;
}

static int begin(struct names *n, const uint32_t *starts, size_t start_count, uint64_t *scratch)
{
        int r = letters_make(n);
        for (uint32_t i = 0; r == 0 && i < n->item_count; i++) {
                if (n->items[i].kind == ITEM_STAR)
                        bit_set(n->stars, i);
                if (n->items[i].kind == ITEM_END)
                        bit_set(n->ends, i);
        }
        bit_set(scratch, n->item_count); /* no name is empty: nothing that can be reached is equal to the beginning */
        for (size_t i = 0; r == 0 && i < start_count; i++)
                bit_set(scratch, starts[i]);
        if (r == 0)
                close_stars(n, scratch);
        return r == 0 ? state_add(n, scratch, 0, 0) : r;
}

static void names_free(struct names *n)
{
        for (uint32_t i = 0; i < n->letter_count; i++)
                free(n->letters[i].hits);
        void *all[] = {n->items,       n->bounds,       n->letters,      n->stars,        n->ends,
                       n->states,      n->places.sets,  n->places.slots, n->classes.sets, n->classes.slots};
        for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
                free(all[i]);
}

int names_partition(const struct names_text *patterns, size_t count, const struct names_text *avoid, size_t avoid_count,
                    names_fn *fn, void *ctx)
{
        static const struct names_text dots[] = {{".", 1}, {"..", 2}};
        struct names n = {0};
        size_t start_count = 0;
        uint64_t *scratch = NULL;
        uint32_t *starts = calloc(count + avoid_count + 2, sizeof(*starts));
        int r = starts ? items_make(&n, patterns, count, false, starts, &start_count) : -ENOMEM;
        n.wanted_items = n.item_count;
        if (r == 0)
                r = items_make(&n, dots, 2, true, starts, &start_count);
        if (r == 0)
                r = items_make(&n, avoid, avoid_count, true, starts, &start_count);
        if (r == 0) {
                n.words = n.item_count / WORD + 1;
                n.stars = calloc(n.words, sizeof(*n.stars));
                n.ends = calloc(n.words, sizeof(*n.ends));
                scratch = calloc(2 * (size_t)n.words, sizeof(*scratch));
                r = n.stars && n.ends && scratch ? begin(&n, starts, start_count, scratch) : -ENOMEM;
        }
        if (r == 0)
                r = visit_all(&n, scratch, fn, ctx);
        names_free(&n);
        free(scratch);
        free(starts);
        return r;
}
