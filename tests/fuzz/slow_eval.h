/* A second evaluator, slow and plain: every rule is tried against the whole path, as the manual says that it is. */
#ifndef TESTS_SLOW_EVAL_H
#define TESTS_SLOW_EVAL_H

#include "policy/compiled.h"
#include "policy/pattern.h"

#define NAMES_MOST 40 /* components that can be counted */

struct names {
        const char *text[NAMES_MOST];
        size_t length[NAMES_MOST];
        size_t count;
};

static inline bool names_of(struct names *n, const char *path)
{
        n->count = 0;
        for (const char *at = path; *(at += *at == '/');) {
                if (n->count == NAMES_MOST)
                        return false;
                n->text[n->count] = at;
                n->length[n->count++] = strcspn(at, "/");
                at += strcspn(at, "/");
        }
        return true;
}

/* The most components of the path, from its start, that the pattern can stand for; -1: none. */
static inline int consumes(const struct names *pattern, const struct names *path, bool literal)
{
        bool reach[NAMES_MOST + 1] = {true}; /* after the components of the pattern so far */
        for (size_t i = 0; i < pattern->count; i++) {
                bool next[NAMES_MOST + 1] = {false};
                const char *text = pattern->text[i];
                size_t length = pattern->length[i];
                bool any = !literal && length == 2 && !memcmp(text, "**", 2);
                for (size_t j = 0; j <= path->count; j++) {
                        if (any) {
                                next[j] = reach[j] || (j > 0 && next[j - 1]);
                                continue;
                        }
                        bool hit = j > 0 && reach[j - 1] &&
                                   (literal ? length == path->length[j - 1] && !memcmp(text, path->text[j - 1], length)
                                            : component_match(text, length, path->text[j - 1], path->length[j - 1]));
                        next[j] = hit;
                }
                memcpy(reach, next, sizeof(reach));
        }
        for (size_t j = path->count + 1; j-- > 0;) {
                if (reach[j])
                        return (int)j;
        }
        return -1;
}

static inline bool last_exact(const struct rule *r)
{
        const char *last = strrchr(r->pattern, '/') + 1;
        return r->literal || !last[strcspn(last, "*?[")];
}

/* False where there is too much to count. */
static inline bool slow_eval(const struct policy *p, const char *path, const struct rule **out)
{
        size_t count;
        const struct rule *rules = policy_rules(p, &count), *best = NULL, *never = NULL;
        struct names names, pattern;
        int depth = -1;
        if (!names_of(&names, path) || count > 500)
                return false;
        for (size_t i = 0; i < count; i++) {
                const struct rule *r = &rules[i];
                if (!names_of(&pattern, r->pattern))
                        return false;
                int d = consumes(&pattern, &names, r->literal);
                if (d < 0)
                        continue;
                if (r->class == CLASS_NEVER) {
                        never = r;
                        continue;
                }
                bool wins = !best || d > depth || (d == depth && last_exact(r) && !last_exact(best)) ||
                            (d == depth && last_exact(r) == last_exact(best) && rule_compare(r, best) > 0);
                if (wins) {
                        best = r;
                        depth = d;
                }
        }
        *out = never ? never : best;
        return true;
}

#endif
