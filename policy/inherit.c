/* fd keep N [read] [write]: descriptors that the program gets from whoever starts it, under the same number. With read or
 * write, the descriptor must have been opened for just that: a policy that says so means it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

#define FD_MOST 1023 /* the usual soft limit, so that it can be kept everywhere */

static int number_of(struct compile *c, const struct place *at, const char *text, int *out)
{
        char *end = NULL;
        long value = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : -1;
        if (value < 0 || *end || value > FD_MOST)
                return report(c, at, "it is a number from 3 to 1023", "'%s' is no descriptor", text);
        if (value <= 2)
                return report(c, at, "leave it out", "0, 1 and 2 are always there");
        *out = (int)value;
        return 0;
}

static int access_of(struct compile *c, struct source *s, struct line *l, unsigned *access)
{
        for (size_t i = 3; i < l->count; i++) {
                struct place at = place_word(s, l, &l->words[i]);
                unsigned one = !strcmp(l->words[i].text, "read")    ? ACCESS_READ
                               : !strcmp(l->words[i].text, "write") ? ACCESS_WRITE
                                                                    : 0;
                if (!one || (*access & one))
                        return report(c, &at, "write: fd keep 3 read", "a descriptor is for read, write, or both");
                *access |= one;
        }
        return 0;
}

int run_fd(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        struct fd_rule rule = {.origin = {s->name, l->number}};
        if (l->count < 3 || strcmp(l->words[1].text, "keep") != 0)
                return report(c, &at, "write: fd keep 3 read", "'fd' needs keep, and a number");
        at = place_word(s, l, &l->words[2]);
        int r = number_of(c, &at, l->words[2].text, &rule.number);
        if (r == 0)
                r = access_of(c, s, l, &rule.access);
        if (r != 0)
                return r;
        struct fd_entry *e = vector_push(&c->fds, sizeof(*e));
        if (!e)
                return -ENOMEM;
        *e = (struct fd_entry){rule, at, s->depth};
        return 0;
}

/* By number; among equals the file that counts more comes first, then the order in which they were read. */
static int by_number(const void *a, const void *b)
{
        const struct fd_entry *x = a, *y = b;
        if (x->rule.number != y->rule.number)
                return x->rule.number < y->rule.number ? -1 : 1;
        if (x->depth != y->depth)
                return x->depth < y->depth ? -1 : 1;
        if (x->at.source != y->at.source)
                return x->at.source->index < y->at.source->index ? -1 : 1;
        return x->rule.origin.line < y->rule.origin.line ? -1 : x->rule.origin.line > y->rule.origin.line;
}

int fds_finish(struct compile *c)
{
        struct world *w = &c->policy->world;
        struct fd_entry *e = c->fds.items;
        struct fd_rule *out = arena_alloc(c->arena, c->fds.count * sizeof(*out));
        if (!out)
                return -ENOMEM;
        if (c->fds.count > 0)
                qsort(e, c->fds.count, sizeof(*e), by_number);
        for (size_t i = 0; i < c->fds.count; i++) {
                const struct fd_entry *first = i > 0 && e[i - 1].rule.number == e[i].rule.number ? &e[i - 1] : NULL;
                if (!first) {
                        out[w->fd_count++] = e[i].rule;
                        continue;
                }
                if (first->depth == e[i].depth && first->rule.access != e[i].rule.access)
                        report(c, &e[i].at, "say it once", "descriptor %d is already kept otherwise at %s:%u", e[i].rule.number,
                               first->rule.origin.file, first->rule.origin.line);
                e[i] = *first; /* the next of this number is compared with the one that counts */
        }
        w->fds = out;
        return 0;
}
