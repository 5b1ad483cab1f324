/* Paths first, then the lines about the rest of the world, sorted within each. */
#include "policy/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diff_build.h"
#include "policy/plan_build.h"

static const char *const nothing[] = {NULL};

int diff_add(struct differ *d, const cordon_difference *difference)
{
        cordon_difference *slot = difference->subject ? vector_push(&d->found, sizeof(*slot)) : NULL;
        if (!slot)
                return -ENOMEM;
        *slot = *difference;
        slot->within = slot->within ? slot->within : nothing;
        slot->except = slot->except ? slot->except : nothing;
        slot->except_alone = slot->except_alone ? slot->except_alone : nothing;
        return 0;
}

const char *diff_path(struct differ *d, const char *path)
{
        struct buf text cleanup_buf = {0};
        if (!strcmp(path, PLAN_PROGRAM_UNKNOWN))
                return "$PROG";
        policy_put_path(&text, d->p[0]->home, path);
        return text.bad ? NULL : arena_copy(&d->arena, text.data, text.length);
}

int diff_list_add(struct vector *list, const char *text)
{
        const char **all = list->items;
        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < list->count; i++) {
                if (!strcmp(all[i], text))
                        return 0;
        }
        const char **slot = vector_push(list, sizeof(*slot));
        if (!slot)
                return -ENOMEM;
        *slot = text;
        return 0;
}

static int by_name(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *diff_list_keep(struct differ *d, const struct vector *list)
{
        const char **kept = arena_alloc(&d->arena, (list->count + 1) * sizeof(*kept));
        if (kept && list->count > 0) {
                memcpy(kept, list->items, list->count * sizeof(*kept));
                qsort(kept, list->count, sizeof(*kept), by_name);
        }
        return kept;
}

void diff_origin(cordon_difference *out, unsigned side, const struct origin *at, const char *text)
{
        *(side ? &out->file_b : &out->file_a) = at->file;
        *(side ? &out->line_b : &out->line_a) = at->line;
        *(side ? &out->rule_b : &out->rule_a) = text;
}

static int order(const char *a, const char *b)
{
        return strcmp(a ? a : "", b ? b : "");
}

static int by_subject(const void *a, const void *b)
{
        const cordon_difference *x = a, *y = b;
        bool paths[2] = {!strcmp(x->kind, "path"), !strcmp(y->kind, "path")};
        if (paths[0] != paths[1])
                return paths[0] ? -1 : 1;
        int by = order(x->kind, y->kind);
        by = by ? by : order(x->subject, y->subject);
        by = by ? by : y->alone - x->alone;
        by = by ? by : y->sign - x->sign;
        by = by ? by : order(x->ops, y->ops);
        return by ? by : order(x->example, y->example);
}

typedef int part(struct differ *d);

static int diff_parts(const struct policy *a, const struct policy *b, part *const parts[], cordon_difference_fn *fn, void *ctx)
{
        struct differ d = {.p = {a, b}};
        int r = 0;
        for (size_t i = 0; r == 0 && parts[i]; i++)
                r = parts[i](&d);
        cordon_difference *all = d.found.items;
        if (r == 0 && d.found.count > 0)
                qsort(all, d.found.count, sizeof(*all), by_subject);
        for (size_t i = 0; r == 0 && i < d.found.count; i++)
                fn(ctx, &all[i]);
        r = r == 0 ? (int)d.found.count : r;
        vector_free(&d.found);
        arena_free(&d.arena);
        return r;
}

int policy_diff(const struct policy *a, const struct policy *b, cordon_difference_fn *fn, void *ctx)
{
        return diff_parts(a, b, (part *const[]){diff_paths, diff_closed, diff_world, diff_nets, diff_shown, NULL}, fn, ctx);
}

int policy_diff_world(const struct policy *a, const struct policy *b, cordon_difference_fn *fn, void *ctx)
{
        return diff_parts(a, b, (part *const[]){diff_world, diff_nets, diff_shown, NULL}, fn, ctx);
}
