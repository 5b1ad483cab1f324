/* From sources to a policy. Each step works on everything the step before it left, and goes on past errors, so that all of
 * them are reported at once; the object comes out only if there were none. */
#include "policy/compile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists, sorted and single ------------------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
        const struct alias *x = a, *y = b;
        return strcmp(x->path, y->path);
}

static int aliases_finish(struct compile *c)
{
        struct policy *p = c->policy;
        const struct alias *all = c->aliases.items;
        if (c->aliases.count > 0)
                qsort(c->aliases.items, c->aliases.count, sizeof(*all), by_path);
        p->aliases = arena_alloc(c->arena, c->aliases.count * sizeof(*all));
        if (!p->aliases)
                return -ENOMEM;
        for (size_t i = 0; i < c->aliases.count; i++) {
                if (i == 0 || strcmp(all[i].path, all[i - 1].path) != 0)
                        p->aliases[p->alias_count++] = all[i];
        }
        return 0;
}

static int expects_finish(struct compile *c)
{
        struct policy *p = c->policy;
        p->expects = arena_alloc(c->arena, c->expects.count * sizeof(*p->expects));
        if (!p->expects)
                return -ENOMEM;
        if (c->expects.count > 0)
                memcpy(p->expects, c->expects.items, c->expects.count * sizeof(*p->expects));
        p->expect_count = c->expects.count;
        return 0;
}

/* ---- rules -------------------------------------------------------------------------------------------------------- */

/* By pattern; among equals the file and line they stand in, so that duplicates are neighbours and the first comes first. */
static int by_pattern(const void *a, const void *b)
{
        const struct pending *x = *(struct pending *const *)a, *y = *(struct pending *const *)b;
        int order = strcmp(x->rule.pattern, y->rule.pattern);
        if (order == 0 && x->rule.literal != y->rule.literal)
                return x->rule.literal ? -1 : 1;
        if (order == 0 && x->rule.implied != y->rule.implied)
                return x->rule.implied ? 1 : -1;
        if (order == 0 && x->at.source != y->at.source && x->at.source && y->at.source)
                return x->at.source->index < y->at.source->index ? -1 : 1;
        if (order == 0 && x->rule.origin.line != y->rule.origin.line)
                return x->rule.origin.line < y->rule.origin.line ? -1 : 1;
        return order ? order : x->at.column < y->at.column ? -1 : x->at.column > y->at.column;
}

static bool same(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_content(const struct rule *a, const struct rule *b)
{
        return a->scratch == b->scratch && a->scratch_size == b->scratch_size &&
               a->content_length == b->content_length && !a->content == !b->content &&
               (!a->content || memcmp(a->content, b->content, a->content_length) == 0);
}

/* Two variables that have one value this time: $IN and $OUT, or $GIT_DIR and $GIT_COMMON_DIR. */
static bool by_value(const struct rule *a, const struct rule *b)
{
        return (strchr(a->text, '$') || strchr(b->text, '$')) && strcmp(a->text, b->text) != 0;
}

/* Two lines of one file about one path: the same thing said twice is harmless, two things are not. In a bundle two names
 * may be links to one place on this host and not on another, or $CWD may be anywhere: there the stricter rule decides. */
static void duplicate_check(struct compile *c, const struct pending *first, const struct pending *again)
{
        const struct rule *a = &first->rule, *b = &again->rule;
        bool linked = !same(a->asked, b->asked);
        bool differ = a->class != b->class || a->access != b->access || a->overlay != b->overlay || !same_content(a, b) ||
                      !same(a->source, b->source);
        if (a->implied || b->implied || first->at.source != again->at.source || a->literal != b->literal ||
            strcmp(a->pattern, b->pattern) != 0)
                return;
        const char *hint = linked ? arena_printf(c->arena, "it is the same as '%s' there: %s", a->asked ? a->asked : a->text,
                                                 a->pattern) : NULL;
        bool combine = a->class == CLASS_GRANT && b->class == CLASS_GRANT && !a->scratch && !b->scratch;
        if (!hint && combine)
                hint = "one path has one rule; verbs combine: write exec PATH";
        else if (!hint)
                hint = "one path has one rule: keep one of the two";
        if (differ && !again->at.source->bundle)
                report(c, &again->at, hint, "this path already has '%s' on line %u", a->verb, a->origin.line);
        else if (!differ && !linked && !again->at.source->bundle && !by_value(a, b))
                report_lint(c, "duplicate-rule", &again->at, "one of the two lines will do",
                            "this is already said on line %u", a->origin.line);
}

/* The literal directories above a grant can be passed through: an `ancestor` verdict. That before a pattern's first wildcard is
 * one of them. */
static void mark_above(struct trie *t, uint32_t node)
{
        while (node != TRIE_ROOT) {
                node = t->nodes[node].parent;
                if (t->nodes[node].above_grant)
                        return;
                t->nodes[node].above_grant = true;
        }
}

static size_t split(const char *path, struct component *out, size_t most)
{
        size_t count = 0;
        for (const char *at = path; *at && count < most;) {
                size_t size = strcspn(at, "/");
                if (size > 0)
                        out[count++] = (struct component){at, (uint32_t)size, COMPONENT_EXACT};
                at += size + (at[size] == '/');
        }
        return count;
}

#define COMPONENTS_MAX 2048 /* a path of PATH_MAX bytes has no more */

static int rule_insert(struct compile *c, struct rule *rule, const struct pending *from, struct component *scratch)
{
        struct trie *t = &c->policy->trie;
        const struct component *components = from->components;
        size_t count = from->count, exact = 0;
        uint32_t node, prefix;
        if (rule->literal) {
                components = scratch;
                count = split(rule->pattern, scratch, COMPONENTS_MAX);
        }
        while (exact < count && components[exact].kind == COMPONENT_EXACT)
                exact++;
        int r = trie_insert(t, components, exact, &prefix);
        if (r == 0)
                r = trie_insert(t, components, count, &node);
        if (r < 0)
                return r;
        const struct rule **slot = rule->class == CLASS_NEVER ? &t->nodes[node].never : &t->nodes[node].rule;
        if (!*slot || rule_compare(rule, *slot) > 0)
                *slot = rule;
        if (rule->class == CLASS_GRANT || rule->class == CLASS_ASK || (rule->class == CLASS_MASK && rule->literal)) {
                mark_above(t, prefix);
                if (!rule->literal)
                        t->nodes[prefix].above_grant = true;
        }
        return 0;
}

static int width_check(struct compile *c, const struct pending *widest)
{
        unsigned width = 0;
        int r = trie_width(&c->policy->trie, &width);
        if (r < 0 || width <= TRIE_WIDTH_MAX || !widest)
                return r;
        return report(c, &widest->at, "give them a common directory, or wildcards in the last component only",
                      "too many patterns can match one path at the same time (%u at most)", TRIE_WIDTH_MAX);
}

/* The directories that lead to a symlink of the view's own are there, and can be listed. */
static int links_insert(struct compile *c, struct component *scratch)
{
        const struct shown *s = &c->policy->shown;
        int r = 0;
        for (size_t i = 0; r == 0 && i < s->link_count; i++) {
                uint32_t node;
                r = trie_insert(&c->policy->trie, scratch, split(s->links[i].path, scratch, COMPONENTS_MAX), &node);
                if (r == 0)
                        mark_above(&c->policy->trie, node);
        }
        return r;
}

static int rules_insert(struct compile *c)
{
        struct policy *p = c->policy;
        struct pending **all = c->rules.items, *widest = NULL;
        struct component *scratch = calloc(COMPONENTS_MAX, sizeof(*scratch));
        int r = scratch ? 0 : -ENOMEM;
        for (size_t i = 0; r == 0 && i < c->rules.count; i++) {
                p->rules[i] = all[i]->rule;
                p->rule_count++;
                if (!all[i]->rule.literal)
                        widest = all[i];
                r = rule_insert(c, &p->rules[i], all[i], scratch);
        }
        r = r == 0 ? links_insert(c, scratch) : r;
        free(scratch);
        return r == 0 ? width_check(c, widest) : r;
}

int rules_finish(struct compile *c)
{
        struct policy *p = c->policy;
        struct pending **all = c->rules.items;
        if (c->rules.count > 0)
                qsort(all, c->rules.count, sizeof(struct pending *), by_pattern);
        for (size_t i = 1; i < c->rules.count; i++)
                duplicate_check(c, all[i - 1], all[i]);
        p->rules = arena_alloc(c->arena, c->rules.count * sizeof(*p->rules));
        return p->rules ? rules_insert(c) : -ENOMEM;
}

/* The files stay known: everything in them is in the arena anyway. */
static int files_finish(struct compile *c)
{
        struct policy *p = c->policy;
        p->files = vector_keep(c, &c->sources, sizeof(*p->files));
        p->file_count = c->sources.count;
        p->uses = vector_keep(c, &c->uses, sizeof(*p->uses));
        p->use_count = c->uses.count;
        p->cwd = c->cwd;
        p->uid = c->request->uid;
        return p->files && p->uses ? 0 : -ENOMEM;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------ */

static int lines_run(struct compile *c)
{
        struct source **sources = c->sources.items;
        for (size_t i = 0; i < c->sources.count; i++) {
                if (variables_resolve(c, sources[i]) == -ENOMEM)
                        return -ENOMEM;
                for (size_t j = 0; j < sources[i]->line_count; j++) {
                        if (line_run(c, sources[i], &sources[i]->lines[j]) == -ENOMEM)
                                return -ENOMEM;
                }
        }
        return 0;
}

/* Only absolute paths count: a home or a working directory that is none is none. */
static const char *absolute(struct compile *c, const char *path)
{
        return path && path[0] == '/' ? arena_copy(c->arena, path, strlen(path)) : NULL;
}

static int begin(struct compile *c)
{
        const struct policy_request *q = c->request;
        int error = 0;
        c->home = absolute(c, q->home);
        c->cwd = absolute(c, q->cwd);
        c->program = q->program ? q->program : "/usr/bin/PROGRAM-GIVEN-AT-RUN";
        c->uid = arena_printf(c->arena, "%u", q->uid);
        if (!c->uid)
                return -ENOMEM;
        if (c->home && strcmp(c->home, "/") != 0) { /* the links on the way are no rule's: forgotten */
                c->policy->home = path_canonical(c, NULL, c->home, &error);
                vector_free(&c->aliases);
                if (!c->policy->home) /* broken: to be spoken of nevertheless, and a rule with `~` says what is wrong */
                        c->policy->home = c->home;
        }
        return error == -ENOMEM ? error : trie_init(&c->policy->trie);
}

static int compile_steps(struct compile *c)
{
        int (*const steps[])(struct compile *) = {begin,      defines_collect, load_all,    shown_collect, lines_run,
                                                  world_finish, env_finish,    calls_finish, fds_finish,  nets_finish,
                                                  requirements_finish, nevers_carry, rules_finish, aliases_finish, expects_finish,
                                                  kept_finish, files_finish};
        for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
                if (steps[i](c) == -ENOMEM)
                        return -ENOMEM;
        }
        defines_check(c);
        return c->errors == 0 ? 0 : c->read_error ? -c->read_error : -EINVAL;
}

int policy_compile(struct policy **out, const struct policy_request *request)
{
        struct policy *p = calloc(1, sizeof(*p));
        *out = NULL;
        if (!p)
                return -ENOMEM;
        atomic_init(&p->references, 1);
        struct compile c = {.request = request, .policy = p, .arena = &p->arena};
        int r = compile_steps(&c);
        reports_deliver(&c);
        struct vector *vectors[] = {&c.findings, &c.sources, &c.uses,     &c.rules, &c.aliases, &c.expects,
                                    &c.defines,  &c.env,     &c.syscalls, &c.nets,  &c.fds,     &c.requirements,
                                    &c.remaps,   &c.links};
        for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
                vector_free(vectors[i]);
        if (r < 0)
                policy_unref(p);
        else
                *out = p;
        return r;
}

/* ---- the object ----------------------------------------------------------------------------------------------------- */

struct policy *policy_ref(struct policy *p)
{
        atomic_fetch_add_explicit(&p->references, 1, memory_order_relaxed);
        return p;
}

struct policy *policy_unref(struct policy *p)
{
        if (p && atomic_fetch_sub_explicit(&p->references, 1, memory_order_acq_rel) == 1) {
                trie_free(&p->trie);
                arena_free(&p->arena);
                free(p);
        }
        return NULL;
}

const struct world *policy_world(const struct policy *p)
{
        return &p->world;
}

const struct rule *policy_rules(const struct policy *p, size_t *count)
{
        *count = p->rule_count;
        return p->rules;
}

const struct alias *policy_aliases(const struct policy *p, size_t *count)
{
        *count = p->alias_count;
        return p->aliases;
}

const struct alias *policy_links(const struct policy *p, size_t *count)
{
        *count = p->shown.link_count;
        return p->shown.links;
}

const struct remap *policy_remaps(const struct policy *p, size_t *count)
{
        *count = p->shown.remap_count;
        return p->shown.remaps;
}

const struct remap *policy_remap(const struct policy *p, const char *path)
{
        return shown_at(&p->shown, path);
}

const char *policy_on_host(const struct policy *p, const char *path, bool around, char out[PATH_MAX])
{
        return shown_source(&p->shown, path, around, out);
}

int policy_canonical(const struct policy *p, const struct policy_host *host, const char *path, char out[PATH_MAX],
                     mode_t *mode, void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx)
{
        return shown_canonical(&p->shown, host, path, out, mode, link, link_ctx);
}
