/* Paths. The policies are explored together, and each pair of rules that count for the same path, one in A and one in
 * B, is met. Where what they grant differs, the pair makes a claim. Claims are put together by the rule of the two that
 * reaches deeper, whose pattern says where they hold; a second look at all that lies within this pattern then shows
 * where they do not. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/within.h"
#include "policy/closed.h"
#include "policy/diff_build.h"
#include "policy/explore.h"

/* More bits beside ACCESS_*. */
enum {
        BIT_CONTENT = 1u << 8, /* what is read is the host's */
        BIT_LASTING = 1u << 9, /* what is written is the host's, and no overlay */
        BIT_ASK = 1u << 16,    /* << which access */
        BIT_OTHER = 1u << 30,  /* made-up contents that differ */
};
#define ASK_SHIFT 16

static const struct {
        unsigned bit;
        const char *name;
} ops[] = {
        {ACCESS_LIST, "list"},   {ACCESS_READ, "read"}, {ACCESS_CREATE, "create"}, {ACCESS_WRITE, "write"},
        {ACCESS_EXEC, "exec"},   {ACCESS_UNIX, "unix"}, {BIT_CONTENT, "content"},  {BIT_OTHER, "content"},
        {BIT_LASTING, "lasting"},
        {ACCESS_LIST << ASK_SHIFT, "ask:list"},         {ACCESS_READ << ASK_SHIFT, "ask:read"},
        {ACCESS_CREATE << ASK_SHIFT, "ask:create"},     {ACCESS_WRITE << ASK_SHIFT, "ask:write"},
        {ACCESS_EXEC << ASK_SHIFT, "ask:exec"},         {ACCESS_UNIX << ASK_SHIFT, "ask:unix"},
};

/* The rules that count for some paths, and what comes of it. */
struct pair {
        const struct rule *rules[2];
        uint32_t points[2];  /* the node, where a directory is only passed through; else TRIE_NONE */
        unsigned signs[3];   /* what B grants more, what A does, what differs otherwise */
        unsigned deeper;     /* whose rule it is that says where */
        const char *example;
};
enum { MORE, LESS, OTHER };

struct pairs {
        struct vector all; /* struct pair */
        uint32_t *slots, slot_mask;
        struct arena *arena;
        bool inside_only; /* and also those without a difference */
};

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

static const struct rule *counting(const struct walk *w)
{
        return w->never.rule ? w->never.rule : w->normal.rule;
}

static unsigned granted(const struct walk *w)
{
        const struct rule *rule = counting(w);
        struct verdict v = walk_judge(w, ACCESS_READ);
        unsigned bits = v.access;
        bool private_tmp = rule && (rule->scratch || (rule->implied && !strcmp(rule->pattern, "/tmp")));
        if (rule && rule->class == CLASS_GRANT && (bits & ACCESS_READ) && !rule->content && !private_tmp)
                bits |= BIT_CONTENT;
        if ((bits & (ACCESS_WRITE | ACCESS_CREATE)) && !rule->overlay)
                bits |= BIT_LASTING;
        if (rule && rule->class == CLASS_ASK)
                bits |= rule->access << ASK_SHIFT;
        return bits;
}

static bool contents_differ(const struct rule *a, const struct rule *b)
{
        if (a && b && a->scratch && b->scratch)
                return a->scratch_size != b->scratch_size;
        return a && b && a->content && b->content &&
               (a->content_length != b->content_length || memcmp(a->content, b->content, a->content_length) != 0);
}

/* What `more` has and `less` has not. Reading implies that it is the host's content unless something else is said, and writing
 * that it lasts; and who is allowed at once need not be asked. */
static unsigned surplus(unsigned more, unsigned less)
{
        unsigned bits = more & ~less;
        if (bits & ACCESS_READ)
                bits &= ~(unsigned)BIT_CONTENT;
        if (bits & (ACCESS_WRITE | ACCESS_CREATE))
                bits &= ~(unsigned)BIT_LASTING;
        return bits & ~((less & (ACCESS_ALL | ACCESS_UNIX)) << ASK_SHIFT);
}

static uint64_t pair_hash(const struct pair *p)
{
        uint64_t h = (uintptr_t)p->rules[0] * 0x9e3779b97f4a7c15u ^ (uintptr_t)p->rules[1];
        h = (h ^ h >> 29) * 0x9e3779b97f4a7c15u + p->points[0];
        h = (h ^ h >> 29) * 0x9e3779b97f4a7c15u + p->points[1];
        return h ^ h >> 32;
}

static int slots_grow(struct pairs *pairs)
{
        uint32_t size = pairs->slots ? 2 * (pairs->slot_mask + 1) : 64;
        const struct pair *all = pairs->all.items;
        if (pairs->slots && 2 * pairs->all.count < size / 2)
                return 0;
        uint32_t *slots = calloc(size, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        for (uint32_t i = 0; i < pairs->all.count; i++) {
                uint32_t at = (uint32_t)pair_hash(&all[i]) & (size - 1);
                while (slots[at])
                        at = (at + 1) & (size - 1);
                slots[at] = i + 1;
        }
        free(pairs->slots);
        pairs->slots = slots;
        pairs->slot_mask = size - 1;
        return 0;
}

/* 1: it is new, and `*slot` is where its number goes. */
static int pair_find(struct pairs *pairs, const struct pair *p, uint32_t **slot)
{
        const struct pair *all = pairs->all.items;
        if (slots_grow(pairs) < 0)
                return -ENOMEM;
        uint32_t at = (uint32_t)pair_hash(p) & pairs->slot_mask;
        for (; pairs->slots[at]; at = (at + 1) & pairs->slot_mask) {
                const struct pair *q = &all[pairs->slots[at] - 1];
                if (q->rules[0] == p->rules[0] && q->rules[1] == p->rules[1] && q->points[0] == p->points[0] &&
                    q->points[1] == p->points[1])
                        return 0;
        }
        *slot = &pairs->slots[at];
        return 1;
}

static void pairs_free(struct pairs *pairs)
{
        vector_free(&pairs->all);
        free(pairs->slots);
        pairs->slots = NULL;
}

/* Whose rule reaches deeper. A pair is met first where one of its rules was reached, unless one side has none. */
static unsigned deeper_of(const struct explored *step, const struct pair *p)
{
        if (!p->rules[0] || !p->rules[1])
                return p->rules[1] != NULL;
        return explore_reached(step, 1, p->rules[1]);
}

/* What closed.c keeps closed of what a `proc` line brings, where the other rule is about nothing else. For the others there is
 * diff_closed.c. */
static unsigned closed_bits(unsigned bits, const struct rule *rule, const struct rule *other)
{
        bool within = other && other->literal && is_closed(rule, other->pattern);
        return within ? bits & ACCESS_LIST : bits;
}

static int pair_met(void *ctx, const struct explored *step)
{
        struct pairs *pairs = ctx;
        char path[PATH_MAX];
        unsigned bits[2];
        struct pair p = {0};
        uint32_t *slot;
        if (!step->fresh || (pairs->inside_only && !step->inside))
                return 0;
        for (unsigned i = 0; i < 2; i++) {
                p.rules[i] = counting(step->at[i]);
                p.points[i] = p.rules[i] ? TRIE_NONE : step->at[i]->literal;
                bits[i] = granted(step->at[i]);
        }
        for (unsigned i = 0; i < 2; i++)
                bits[i] = closed_bits(bits[i], p.rules[i], p.rules[!i]);
        p.signs[MORE] = surplus(bits[1], bits[0]);
        p.signs[LESS] = surplus(bits[0], bits[1]);
        p.signs[OTHER] = contents_differ(p.rules[0], p.rules[1]) ? BIT_OTHER : 0;
        if (!pairs->inside_only && !p.signs[MORE] && !p.signs[LESS] && !p.signs[OTHER])
                return 0;
        int r = pair_find(pairs, &p, &slot);
        if (r <= 0)
                return r;
        size_t length = explore_path(step, path, sizeof(path));
        if (length >= sizeof(path))
                return -E2BIG;
        p.deeper = deeper_of(step, &p);
        p.example = arena_copy(pairs->arena, path, length);
        struct pair *kept = p.example ? vector_push(&pairs->all, sizeof(*kept)) : NULL;
        if (!kept)
                return -ENOMEM;
        *kept = p;
        *slot = (uint32_t)pairs->all.count;
        return 0;
}

/* ---- claims ------------------------------------------------------------------------------------------------------ */

struct claim {
        const struct pair *pair;
        int sign; /* MORE, LESS, OTHER */
};

static bool alone(const struct pair *p)
{
        return p->points[0] != TRIE_NONE || p->points[1] != TRIE_NONE;
}

static const struct rule *key_rule(const struct pair *p)
{
        return alone(p) ? NULL : p->rules[p->deeper];
}

static int compare(uintptr_t a, uintptr_t b)
{
        return a < b ? -1 : a > b;
}

/* Those with one rule side by side, and among them those that say the same. */
static int by_rule(const void *a, const void *b)
{
        const struct claim *x = a, *y = b;
        int by = compare((uintptr_t)key_rule(x->pair), (uintptr_t)key_rule(y->pair));
        by = by ? by : compare((unsigned)x->sign, (unsigned)y->sign);
        by = by ? by : compare(x->pair->signs[x->sign], y->pair->signs[y->sign]);
        return by ? by : compare((uintptr_t)x->pair, (uintptr_t)y->pair);
}

static const char *ops_text(struct differ *d, unsigned bits)
{
        struct buf text cleanup_buf = {0};
        for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
                if (bits & ops[i].bit)
                        buf_printf(&text, "%s%s", text.length ? " " : "", ops[i].name);
        }
        return text.bad || !text.data ? NULL : arena_copy(&d->arena, text.data, text.length);
}

/* As it would be written in a policy. Inside, a final "**" is kept as "*", which is the same. */
static const char *pattern_text(struct differ *d, const struct rule *rule)
{
        const char *home = d->p[0]->home;
        if (rule->literal)
                return diff_path(d, rule->pattern);
        if (home && path_within(rule->prefix, home) && !strncmp(rule->pattern, home, strlen(home)))
                return arena_printf(&d->arena, "~%s", rule->pattern + strlen(home));
        return rule->pattern;
}

/* The evaluator itself, asked once more about the example. */
static bool example_holds(const struct differ *d, const struct claim *c)
{
        const unsigned bits = c->pair->signs[c->sign] & (ACCESS_ALL | ACCESS_UNIX);
        const char *path = c->pair->example;
        for (unsigned bit = 1; bit <= ACCESS_UNIX; bit <<= 1) {
                bool a = policy_eval(d->p[0], path, strlen(path), bit).allow;
                bool b = policy_eval(d->p[1], path, strlen(path), bit).allow;
                if ((bits & bit) && (a == b || b != (c->sign == MORE)))
                        return false;
        }
        return true;
}

/* The line of each side, where all claims of the group have the same. */
static void origins(cordon_difference *out, const struct claim *claims, size_t count)
{
        for (unsigned side = 0; side < 2; side++) {
                const struct rule *rule = claims[0].pair->rules[side];
                for (size_t i = 1; rule && i < count; i++) {
                        if (claims[i].pair->rules[side] != rule)
                                rule = NULL;
                }
                if (rule)
                        diff_origin(out, side, &rule->origin, rule->text);
        }
}

/* ---- where a claim does not hold --------------------------------------------------------------------------------- */

struct holes {
        struct vector within, except, points;
        bool other_side; /* it depends on the other policy's rules where the claim holds */
};

static bool tree_has(const struct rule *tree, const struct rule *what)
{
        return tree->literal && path_within(what->prefix, tree->pattern);
}

/* Nothing can be below both: what comes first in them is different. */
static bool apart(const struct rule *a, const struct rule *b)
{
        return !path_within(a->prefix, b->prefix) && !path_within(b->prefix, a->prefix);
}

/* Whether a rule of the other policy needs to be named as an exception, given those under which the claim holds. */
static bool other_matters(const struct claim *claims, size_t count, unsigned other, const struct rule *rule)
{
        for (size_t i = 0; i < count; i++) {
                const struct rule *with = claims[i].pair->rules[other];
                if (!with || (!apart(with, rule) && !(tree_has(rule, with) && with != rule)))
                        return true;
        }
        return false;
}

static int hole_add(struct differ *d, struct holes *h, const struct claim *claims, size_t count,
                    const struct pair *inside)
{
        const struct claim *c = claims;
        unsigned side = c->pair->deeper, other = !side;
        const struct rule *rule = c->pair->rules[side], *there = inside->rules[other];
        if ((inside->signs[c->sign] & c->pair->signs[c->sign]) == c->pair->signs[c->sign])
                return 0;
        if (alone(inside))
                return diff_list_add(&h->points, diff_path(d, inside->example));
        if (inside->rules[side] != rule)
                return diff_list_add(&h->except, pattern_text(d, inside->rules[side]));
        h->other_side = true;
        return there && other_matters(claims, count, other, there) ? diff_list_add(&h->except, pattern_text(d, there)) : 0;
}

/* The trees of the other policy in which the claim holds, where its own pattern is not in one of them anyway. */
static int within_add(struct differ *d, struct holes *h, const struct claim *claims, size_t count)
{
        unsigned other = !claims[0].pair->deeper;
        const struct rule *rule = key_rule(claims[0].pair);
        int r = 0;
        for (size_t i = 0; i < count; i++) {
                const struct rule *tree = claims[i].pair->rules[other];
                if (!tree || tree_has(tree, rule))
                        return 0;
        }
        for (size_t i = 0; r == 0 && i < count; i++)
                r = diff_list_add(&h->within, pattern_text(d, claims[i].pair->rules[other]));
        return r;
}

static int group_tell(struct differ *d, const struct claim *claims, size_t count, const struct pairs *inside)
{
        const struct pair *p = claims[0].pair;
        const struct rule *rule = key_rule(p);
        const struct pair *all = inside->all.items;
        struct holes h = {0};
        int r = 0;
        cordon_difference out = {
                .sign = claims[0].sign == MORE ? 1 : claims[0].sign == LESS ? -1 : 0,
                .kind = "path",
                .ops = ops_text(d, p->signs[claims[0].sign]),
                .subject = rule ? pattern_text(d, rule) : diff_path(d, p->example),
                .alone = !rule,
                .example = p->example,
        };
        for (size_t i = 0; rule && r == 0 && i < inside->all.count; i++)
                r = hole_add(d, &h, claims, count, &all[i]);
        if (r == 0 && h.other_side)
                r = within_add(d, &h, claims, count);
        for (size_t i = 0; r == 0 && i < count; i++)
                r = example_holds(d, &claims[i]) ? 0 : -EPROTO;
        if (r == 0) {
                origins(&out, claims, count);
                out.within = diff_list_keep(d, &h.within);
                out.except = diff_list_keep(d, &h.except);
                out.except_alone = diff_list_keep(d, &h.points);
                r = out.ops && out.within && out.except && out.except_alone ? diff_add(d, &out) : -ENOMEM;
        }
        vector_free(&h.within);
        vector_free(&h.except);
        vector_free(&h.points);
        return r;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

/* All claims with one rule: what lies within its pattern is looked at once for all of them. */
static int rule_tell(struct differ *d, struct explore *e, const struct claim *claims, size_t count)
{
        const struct rule *rule = key_rule(claims[0].pair);
        struct pairs inside = {.arena = &d->arena, .inside_only = true};
        struct explore_scope scope = {.policy = claims[0].pair->deeper, .rule = rule};
        int r = rule ? explore_run(e, &scope, true, pair_met, &inside) : 0;
        for (size_t i = 0, next; r == 0 && i < count; i = next) {
                const struct claim *c = &claims[i];
                for (next = i + 1; rule && next < count; next++) {
                        if (claims[next].sign != c->sign || claims[next].pair->signs[c->sign] != c->pair->signs[c->sign])
                                break;
                }
                r = group_tell(d, c, next - i, &inside);
        }
        pairs_free(&inside);
        return r;
}

static int claims_tell(struct differ *d, struct explore *e, const struct pairs *pairs)
{
        const struct pair *all = pairs->all.items;
        struct vector claims = {0};
        int r = 0;
        for (size_t i = 0; r == 0 && i < pairs->all.count; i++) {
                for (int sign = MORE; r == 0 && sign <= OTHER; sign++) {
                        struct claim *c = all[i].signs[sign] ? vector_push(&claims, sizeof(*c)) : NULL;
                        if (c)
                                *c = (struct claim){&all[i], sign};
                        else if (all[i].signs[sign])
                                r = -ENOMEM;
                }
        }
        struct claim *c = claims.items;
        if (claims.count > 1)
                qsort(c, claims.count, sizeof(*c), by_rule);
        for (size_t i = 0, next; r == 0 && i < claims.count; i = next) {
                for (next = i + 1; next < claims.count && key_rule(c[next].pair) == key_rule(c[i].pair);)
                        next++;
                r = rule_tell(d, e, c + i, next - i);
        }
        vector_free(&claims);
        return r;
}

int diff_paths(struct differ *d)
{
        struct explore *e = NULL;
        struct pairs pairs = {.arena = &d->arena};
        int r = explore_new(&e, (const struct policy *const[]){d->p[0], d->p[1]}, 2);
        if (r == 0)
                r = explore_run(e, NULL, true, pair_met, &pairs);
        if (r == 0)
                r = claims_tell(d, e, &pairs);
        pairs_free(&pairs);
        explore_free(e);
        return r;
}
