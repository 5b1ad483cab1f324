/* Which single files are followed when somebody outside replaces them, and where they are looked for: one directory for all that
 * lie in it, and another one for those of them that may be written. */
#include <stdlib.h>
#include <string.h>

#include "policy/plan_build.h"

/* What is executed is not opened by the broker: it is, and stays, what was mounted. So does what bundles name, files of the
 * system that are hardly ever replaced; every directory costs each launch a mount. */
static bool is_followed(const struct plan_mount *m)
{
        return m->kind == VIEW_BIND && !m->directory && !m->executable && !m->optional && !m->overlay && !m->of_view &&
               strrchr(m->source, '/') != m->source;
}

/* The number of the directory that a file lies in; PLAN_SOURCES_MOST: there are too many. */
static unsigned source_of(struct planner *p, const struct plan_mount *m)
{
        struct plan *plan = p->plan;
        size_t length = (size_t)(strrchr(m->source, '/') - m->source);
        unsigned i = 0;

        for (; i < plan->source_count; i++)
                if (plan->sources[i].writable == m->writable && strlen(plan->sources[i].directory) == length &&
                    memcmp(plan->sources[i].directory, m->source, length) == 0)
                        return i;
        const char *directory = i < PLAN_SOURCES_MOST ? arena_copy(p->arena, m->source, length) : NULL;
        if (directory)
                plan->sources[plan->source_count++] = (struct plan_source){directory, m->writable};
        p->no_memory = p->no_memory || (!directory && i < PLAN_SOURCES_MOST);
        return directory ? i : PLAN_SOURCES_MOST;
}

static int by_path(const void *a, const void *b)
{
        const struct plan_follow *left = a, *right = b;
        return strcmp(left->path, right->path);
}

void plan_follow(struct planner *p)
{
        struct plan *plan = p->plan;

        if (!(plan->brokered & FAMILY_OPEN) || plan->hosted) /* there an open gives what has the name now anyway */
                return;
        plan->follows = arena_alloc(p->arena, (plan->mount_count + 1) * sizeof(*plan->follows));
        plan->sources = arena_alloc(p->arena, PLAN_SOURCES_MOST * sizeof(*plan->sources));
        p->no_memory = p->no_memory || !plan->follows || !plan->sources;
        for (size_t i = 0; i < plan->mount_count && !p->no_memory; i++) {
                const struct plan_mount *m = &plan->mounts[i];
                unsigned source = is_followed(m) ? source_of(p, m) : PLAN_SOURCES_MOST;
                if (source < PLAN_SOURCES_MOST)
                        plan->follows[plan->follow_count++] =
                                (struct plan_follow){m->path, strrchr(m->source, '/') + 1, source};
        }
        if (plan->follow_count > 0)
                qsort(plan->follows, plan->follow_count, sizeof(*plan->follows), by_path);
}
