/* What a policy remembers of how it came to be: the files it is made of, and what its variables stood for. Nothing is decided by
 * it; it is there for whoever explains the policy. */
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

static int sources_keep(struct compile *c)
{
        struct policy *p = c->policy;
        struct source **all = c->sources.items;

        p->sources = arena_alloc(c->arena, (c->sources.count + 1) * sizeof(*p->sources));
        if (!p->sources)
                return -ENOMEM;
        for (size_t i = 0; i < c->sources.count; i++) {
                const struct source *s = all[i];
                struct policy_source *kept = &p->sources[p->source_count++];
                *kept = (struct policy_source){.name = s->name, .depth = s->depth, .bundle = s->bundle};
                if (s->parent)
                        kept->used_at = (struct origin){s->parent->name, s->parent_at.line ? s->parent_at.line->number : 0};
        }
        return 0;
}

static void variable_keep(struct policy *p, const struct policy_variable *variable)
{
        p->variables[p->variable_count++] = *variable;
}

/* $HERE and those of git are others in each file; the rest is the same everywhere. */
static int builtins_keep(struct compile *c)
{
        const char *name;

        for (size_t i = 0; (name = builtin_name(i)); i++) {
                struct policy_variable v = {.kind = VARIABLE_BUILTIN, .name = name};
                struct source **all = c->sources.items;
                if (c->sources.count == 0 || !strcmp(name, "HERE") || !strncmp(name, "GIT_", 4))
                        continue;
                if (builtin_value(c, all[0], name, strlen(name), &v.value) == -ENOMEM)
                        return -ENOMEM;
                if (!strcmp(name, "PROG") && !c->request->program)
                        v.value = NULL; /* what stands for it meanwhile is no program */
                variable_keep(c->policy, &v);
        }
        return 0;
}

/* Where the file asked for them: to look for a repository that nobody asked for is not ours. */
static void git_keep(struct compile *c, const struct source *s)
{
        const struct policy_git *git = s->git;
        const struct {
                const char *name, *value;
        } rows[] = {{"GIT_DIR", git ? git->dir : NULL}, {"GIT_COMMON_DIR", git ? git->common : NULL},
                    {"GIT_FILE", git ? git->file : NULL}};

        for (size_t i = 0; git && i < sizeof(rows) / sizeof(*rows); i++)
                variable_keep(c->policy, &(struct policy_variable){.kind = VARIABLE_BUILTIN, .name = rows[i].name,
                                                                   .value = rows[i].value, .origin = {s->name, 0}});
}

static void lines_keep(struct compile *c, const struct source *s)
{
        git_keep(c, s);
        if (s->here)
                variable_keep(c->policy, &(struct policy_variable){.kind = VARIABLE_BUILTIN, .name = "HERE", .value = s->here,
                                                                   .origin = {s->name, 0}});
        for (size_t i = 0; i < s->variable_count; i++) {
                const struct variable *v = &s->variables[i];
                variable_keep(c->policy, &(struct policy_variable){
                                                 .kind = v->param ? VARIABLE_PARAM : VARIABLE_LET,
                                                 .name = v->name,
                                                 .value = v->value,
                                                 .defined = v->param && define_find(c, v->name),
                                                 .origin = {s->name, v->line->number},
                                         });
        }
}

int kept_finish(struct compile *c)
{
        struct source **all = c->sources.items;
        size_t most = 0;

        while (builtin_name(most))
                most++;
        for (size_t i = 0; i < c->sources.count; i++)
                most += 4 + all[i]->variable_count; /* $HERE, and three of git */
        c->policy->variables = arena_alloc(c->arena, (most + 1) * sizeof(*c->policy->variables));
        if (!c->policy->variables || sources_keep(c) < 0 || builtins_keep(c) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < c->sources.count; i++)
                lines_keep(c, all[i]);
        return 0;
}

const struct policy_source *policy_sources(const struct policy *p, size_t *count)
{
        *count = p->source_count;
        return p->sources;
}

const struct policy_variable *policy_variables(const struct policy *p, size_t *count)
{
        *count = p->variable_count;
        return p->variables;
}
