#include "policy/tail.h"

#include <string.h>

#include "base/within.h"
#include "policy/pattern.h"

const char *tail_component(const char *at, size_t *length)
{
        at += strspn(at, "/");
        *length = strcspn(at, "/");
        return *length > 0 ? at : NULL;
}

bool tail_of(struct tail *tail, const struct rule *rule)
{
        const char *at = rule->pattern;
        size_t length, skip = 0;

        tail->count = 0;
        for (const char *c = rule->prefix; (c = tail_component(c, &length)); c += length)
                skip++;
        for (; (at = tail_component(at, &length)); at += length) {
                if (skip > 0) {
                        skip--;
                        continue;
                }
                if (tail->count == TRIE_WILD_DEPTH_MAX)
                        return false;
                tail->text[tail->count] = at;
                tail->length[tail->count++] = length;
        }
        return true;
}

static bool spans(const struct tail *tail, unsigned i)
{
        return tail->length[i] == 2 && memcmp(tail->text[i], "**", 2) == 0;
}

/* A `**` may also stand for nothing. */
static uint64_t open_spans(const struct tail *tail, uint64_t states)
{
        for (unsigned i = 0; i < tail->count; i++)
                if ((states >> i & 1) && spans(tail, i))
                        states |= UINT64_C(1) << (i + 1);
        return states;
}

uint64_t tail_begin(const struct tail *tail)
{
        return open_spans(tail, 1);
}

uint64_t tail_step(const struct tail *tail, uint64_t states, const char *name, size_t length)
{
        uint64_t next = 0;

        for (unsigned i = 0; i < tail->count; i++) {
                if (!(states >> i & 1))
                        continue;
                if (spans(tail, i))
                        next |= UINT64_C(1) << i;
                else if (component_match(tail->text[i], tail->length[i], name, length))
                        next |= UINT64_C(1) << (i + 1);
        }
        return open_spans(tail, next);
}

bool tail_done(const struct tail *tail, uint64_t states)
{
        return (states >> tail->count & 1) != 0;
}

bool tail_open(const struct tail *tail, uint64_t states)
{
        return (states & ((UINT64_C(1) << tail->count) - 1)) != 0;
}

bool tail_matches_below(const struct rule *rule, const char *tree)
{
        struct tail tail;
        size_t length;

        if (path_within(rule->prefix, tree))
                return true;
        if (!path_within(tree, rule->prefix))
                return false;
        if (!tail_of(&tail, rule))
                return true;
        uint64_t states = tail_begin(&tail);
        const char *at = tree + (rule->prefix[1] ? strlen(rule->prefix) : 0);
        for (; (at = tail_component(at, &length)); at += length)
                states = tail_step(&tail, states, at, length);
        return tail_open(&tail, states);
}
