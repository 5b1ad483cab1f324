/* The one evaluator: a walk down the trie with a set of active nodes, one step for each component of the path.
 *
 * The set needs no memory from anywhere: trie_width() has proven, when the policy was made, that it fits. Only nodes
 * with something below them are kept in it; a node where rules end is judged at the moment it is reached. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "policy/closed.h"
#include "policy/compiled.h"
#include "policy/pattern.h"
#include "policy/walk.h"

static unsigned bits(unsigned mask)
{
        return (unsigned)__builtin_popcount(mask);
}

int rule_compare(const struct rule *a, const struct rule *b)
{
        if (a->use_depth != b->use_depth)
                return a->use_depth < b->use_depth ? 1 : -1;
        if (a->first != b->first)
                return a->first ? 1 : -1;
        if (a->implied != b->implied)
                return a->implied ? -1 : 1;
        if (a->class != b->class)
                return a->class > b->class ? 1 : -1;
        if (bits(a->access) != bits(b->access))
                return bits(a->access) < bits(b->access) ? 1 : -1;
        if (a->access != b->access)
                return a->access < b->access ? 1 : -1;
        if (a->overlay != b->overlay)
                return a->overlay ? 1 : -1;
        if (a->scratch != b->scratch)
                return a->scratch ? 1 : -1;
        if (!a->because != !b->because)
                return a->because ? 1 : -1;
        /* The verdict is the same from here on; this only makes the reason given not depend on the order of lines. */
        int order = strcmp(b->pattern, a->pattern);
        return order ? order : strcmp(b->text, a->text);
}

static void consider(struct best *best, const struct rule *rule, unsigned depth, bool exact)
{
        if (!rule)
                return;
        bool wins = !best->rule || depth > best->depth || (depth == best->depth && exact && !best->exact) ||
                    (depth == best->depth && exact == best->exact && rule_compare(rule, best->rule) > 0);
        if (wins)
                *best = (struct best){.rule = rule, .depth = depth, .exact = exact};
}

static void activate(struct walk *w, uint32_t node)
{
        if (w->next_count == TRIE_WIDTH_MAX)
                w->overflow = true; /* cannot be; denied if it is */
        else
                w->next[w->next_count++] = node;
}

static void activate_once(struct walk *w, uint32_t node)
{
        for (unsigned i = 0; i < w->next_count; i++) {
                if (w->next[i] == node)
                        return;
        }
        activate(w, node);
}

/* A node was reached: its rules match here, and the walk may go on below it. */
static void reach(struct walk *w, uint32_t id)
{
        const struct node *n = &w->trie->nodes[id];
        bool exact = n->name.kind == COMPONENT_EXACT;
        if ((!w->literal_only || (n->rule && n->rule->literal)) && (!w->without || n->rule != w->without))
                consider(&w->normal, n->rule, w->depth, exact);
        if (!w->literal_only || (n->never && n->never->literal))
                consider(&w->never, n->never, w->depth, exact);
        if (n->inner)
                activate(w, id);
        if (n->any != TRIE_NONE)
                activate_once(w, n->any);
}

void walk_step(struct walk *w, const char *name, size_t length)
{
        uint32_t literal = TRIE_NONE;
        w->next_count = 0;
        w->depth++;
        for (unsigned i = 0; i < w->count; i++) {
                uint32_t id = w->now[i];
                const struct node *n = &w->trie->nodes[id];
                if (n->name.kind == COMPONENT_ANY)
                        activate_once(w, id);
                uint32_t child = trie_exact(w->trie, id, name, length);
                if (child != TRIE_NONE) {
                        if (id == w->literal)
                                literal = child;
                        reach(w, child);
                }
                for (uint32_t c = n->wild; c != TRIE_NONE; c = w->trie->nodes[c].next_wild) {
                        const struct component *wild = &w->trie->nodes[c].name;
                        if (component_match(wild->text + 1, wild->length - 1, name, length))
                                reach(w, c);
                }
        }
        uint32_t *swap = w->now;
        w->now = w->next;
        w->next = swap;
        w->count = w->next_count;
        w->literal = literal;
}

void walk_begin(struct walk *w, const struct trie *trie, bool literal_only)
{
        *w = (struct walk){.trie = trie, .literal_only = literal_only, .literal = TRIE_ROOT};
        w->now = w->sets[1];
        w->next = w->sets[0];
        reach(w, TRIE_ROOT);
        w->now = w->sets[0];
        w->next = w->sets[1];
        w->count = w->next_count;
}

/* Walks the whole path. False where the path is not as policy_eval() wants it; then nothing can be said of it. */
static bool walk_path(struct walk *w, const char *path, size_t length)
{
        if (length == 0 || length >= PATH_MAX || path[0] != '/' || memchr(path, '\0', length))
                return false;
        for (size_t at = 1; at < length || (at == length && length > 1);) {
                const char *slash = at < length ? memchr(path + at, '/', length - at) : NULL;
                size_t end = slash ? (size_t)(slash - path) : length, size = end - at;
                const char *name = path + at;
                if (size == 0 || (size <= 2 && name[0] == '.' && name[size - 1] == '.'))
                        return false;
                walk_step(w, name, size);
                at = end + 1;
        }
        return !w->overflow;
}

static struct verdict judge(const struct best *best, unsigned want)
{
        const struct rule *rule = best->rule;
        bool within = want != 0 && (want & ~rule->access) == 0;
        bool grants = rule->class == CLASS_GRANT || rule->class == CLASS_MASK;
        return (struct verdict){
                .allow = within && grants,
                .error = within && grants ? 0 : rule->class == CLASS_HIDE ? ENOENT : EACCES,
                .access = grants ? rule->access : 0,
                .ask = within && rule->class == CLASS_ASK,
                .rule = rule,
        };
}

/* No rule covers the path, but one grants something below it: the view has a bare directory here. */
static struct verdict judge_ancestor(unsigned want)
{
        bool allow = want == ACCESS_LIST;
        return (struct verdict){
                .allow = allow, .error = allow ? 0 : EACCES, .access = ACCESS_LIST, .ancestor = true};
}

struct verdict walk_judge(const struct walk *w, unsigned want)
{
        if (w->never.rule)
                return judge(&w->never, want);
        if (w->normal.rule)
                return judge(&w->normal, want);
        if (w->literal != TRIE_NONE && w->trie->nodes[w->literal].above_grant)
                return judge_ancestor(want);
        return (struct verdict){.error = ENOENT};
}

/* It is there, and that is all. */
static struct verdict judge_closed(const struct rule *rule, unsigned want)
{
        bool allow = (want & ~(unsigned)ACCESS_LIST) == 0;
        return (struct verdict){.allow = allow, .error = allow ? 0 : EACCES, .access = ACCESS_LIST, .rule = rule};
}

struct verdict policy_eval_with(const struct policy *p, const char *path, size_t length, unsigned want,
                                const struct eval_options *options)
{
        struct walk w;
        walk_begin(&w, &p->trie, options && options->literal_only);
        w.without = options ? options->without : NULL;
        if (!walk_path(&w, path, length))
                return (struct verdict){.error = EACCES};
        if (options)
                consider(&w.normal, options->extra, w.depth, true);
        struct verdict v = walk_judge(&w, want);
        return is_closed(v.rule, path) ? judge_closed(v.rule, want) : v;
}

struct verdict policy_eval(const struct policy *p, const char *path, size_t length, unsigned want)
{
        return policy_eval_with(p, path, length, want, NULL);
}

bool policy_has_below(const struct policy *p, const char *path)
{
        struct walk w;
        walk_begin(&w, &p->trie, false);
        return !walk_path(&w, path, strlen(path)) || w.count > 0; /* in doubt, yes */
}

static bool is_active(const struct walk *w, uint32_t node)
{
        for (unsigned i = 0; i < w->count; i++)
                if (w->now[i] == node)
                        return true;
        return false;
}

/* The nodes that are active once a path is used up are all that the policy has to say below it. */
bool policy_same_below(const struct policy *p, const char *from, const char *to)
{
        struct walk a, b;
        walk_begin(&a, &p->trie, false);
        walk_begin(&b, &p->trie, false);
        if (!walk_path(&a, from, strlen(from)) || !walk_path(&b, to, strlen(to)) || a.count != b.count)
                return false;
        for (unsigned i = 0; i < a.count; i++)
                if (!is_active(&b, a.now[i]))
                        return false;
        return true; /* no node is twice in a set, so that one holds the other is enough */
}

/* Some rule below the node. The tries of policies are small, and this is asked where symlinks are made and where directories
 * cannot be moved. */
static const struct rule *first_rule_below(const struct trie *t, uint32_t node)
{
        for (uint32_t i = 0; i < t->count; i++) {
                const struct node *n = &t->nodes[i];
                uint32_t at = n->parent;
                while (at != node && at != TRIE_NONE)
                        at = t->nodes[at].parent;
                if (at == node && (n->never || n->rule))
                        return n->never ? n->never : n->rule;
        }
        return NULL;
}

static const struct rule *rule_of_one(const struct walk *w, const struct walk *other)
{
        const struct rule *rule = NULL;
        for (unsigned i = 0; i < w->count && !rule; i++)
                if (!is_active(other, w->now[i]))
                        rule = first_rule_below(w->trie, w->now[i]);
        return rule;
}

const struct rule *policy_differs_below(const struct policy *p, const char *from, const char *to)
{
        struct walk a, b;
        walk_begin(&a, &p->trie, false);
        walk_begin(&b, &p->trie, false);
        if (!walk_path(&a, from, strlen(from)) || !walk_path(&b, to, strlen(to)))
                return NULL;
        const struct rule *rule = rule_of_one(&a, &b);
        return rule ? rule : rule_of_one(&b, &a);
}

/* A node that the last name alone has led to: not a `**` that had been active before, nor a wildcard that any name matches. */
static bool named_last(const struct walk *w, const struct walk *above, uint32_t node)
{
        const struct node *n = &w->trie->nodes[node];
        if (n->name.kind == COMPONENT_EXACT)
                return true;
        return n->name.kind == COMPONENT_ANY && w->trie->nodes[n->parent].name.kind == COMPONENT_EXACT &&
               !is_active(above, node);
}

bool policy_named_below(const struct policy *p, const char *path, const struct rule **rule)
{
        const char *slash = strrchr(path, '/');
        struct walk w, above;

        *rule = NULL;
        walk_begin(&w, &p->trie, false);
        walk_begin(&above, &p->trie, false);
        if (!slash || !walk_path(&w, path, strlen(path)) ||
            !walk_path(&above, path, slash == path ? 1 : (size_t)(slash - path)))
                return true;
        for (unsigned i = 0; i < w.count && !*rule; i++)
                if (named_last(&w, &above, w.now[i]))
                        *rule = first_rule_below(&p->trie, w.now[i]);
        return *rule != NULL;
}
