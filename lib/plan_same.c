#include "lib/plan_same.h"

#include <string.h>

#include "policy/diff.h"

static bool same_text(const char *a, const char *b)
{
        return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_mount(const struct plan_mount *a, const struct plan_mount *b)
{
        bool content = a->size == b->size && (a->content && b->content ? memcmp(a->content, b->content, a->size) == 0
                                                                       : !a->content && !b->content);
        return a->kind == b->kind && same_text(a->path, b->path) && same_text(a->source, b->source) &&
               a->directory == b->directory && a->on_host == b->on_host && a->writable == b->writable &&
               a->executable == b->executable && a->by_pattern == b->by_pattern && a->access == b->access && content &&
               a->proc_mode == b->proc_mode && a->overlay == b->overlay && a->of_view == b->of_view && a->plain == b->plain;
}

static int obstacle(struct plan_obstacle *out, const struct rule *rule, const char *what)
{
        *out = (struct plan_obstacle){.what = what};
        if (rule)
                out->at = rule->origin;
        return 1;
}

static int same_view(const struct plan *a, const struct plan *b, struct plan_obstacle *out)
{
        for (size_t i = 0; i < a->mount_count || i < b->mount_count; i++) {
                const struct plan_mount *x = i < a->mount_count ? &a->mounts[i] : NULL;
                const struct plan_mount *y = i < b->mount_count ? &b->mounts[i] : NULL;
                if (x && y && same_mount(x, y))
                        continue;
                /* Of two that are in the way of each other the one in the new policy is told, if it is new. */
                bool later = !y || (x && strcmp(x->path, y->path) < 0);
                const struct plan_mount *which = later ? x : y;
                return obstacle(out, which->rule, later ? "what the view shows, and would not show any more"
                                                        : "what the view shows");
        }
        if (a->follow_count != b->follow_count || a->source_count != b->source_count)
                return obstacle(out, NULL, "which single files are followed when they are replaced outside");
        return 0;
}

static int same_filter(const struct plan *a, const struct plan *b, struct plan_obstacle *out)
{
        const struct sock_fprog *x = &a->filter.program, *y = &b->filter.program;

        if (a->brokered != b->brokered) {
                const struct rule *rule = b->names_rule && !a->names_rule         ? b->names_rule
                                          : b->metadata_rule && !a->metadata_rule ? b->metadata_rule
                                          : b->open_rule && !a->open_rule         ? b->open_rule
                                          : a->names_rule && !b->names_rule       ? a->names_rule
                                          : a->metadata_rule && !b->metadata_rule ? a->metadata_rule
                                                                                  : a->open_rule;
                return obstacle(out, rule, "which calls the broker is asked about");
        }
        bool same = x->len == y->len && memcmp(x->filter, y->filter, x->len * sizeof(*x->filter)) == 0;
        return same ? 0 : obstacle(out, NULL, "the system call filter");
}

struct looking {
        struct plan_obstacle *out;
        bool found;
};

/* A difference is about the world, and `audit` is the one line about it that the broker carries out. */
static void look(void *ctx, const cordon_difference *d)
{
        struct looking *l = ctx;

        if (l->found || strcmp(d->kind, "audit") == 0 || strcmp(d->kind, "path") == 0)
                return;
        l->found = true;
        bool new = d->file_b && d->line_b;
        *l->out = (struct plan_obstacle){.at = {.file = new ? d->file_b : d->file_a, .line = new ? d->line_b : d->line_a},
                                         .what = "the world around the program"};
}

int plan_same(const struct plan *a, const struct plan *b, struct plan_obstacle *out)
{
        struct looking l = {.out = out};
        int r = policy_diff_world(a->policy, b->policy, look, &l);

        if (r < 0)
                return r;
        if (l.found)
                return 1;
        if (a->hosted || b->hosted)
                return obstacle(out, NULL, "without namespaces nothing");
        r = same_view(a, b, out);
        return r ? r : same_filter(a, b, out);
}
