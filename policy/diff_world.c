/* The lines about the rest of the world: what has one value is compared as that, lists item by item, the environment by
 * classes of names, and system calls by what the filters made of them say. */
#include <cap-ng.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/diff_build.h"
#include "policy/names.h"
#include "policy/pattern.h"
#include "policy/syscalls.h"

/* ---- single values ----------------------------------------------------------------------------------------------- */

int diff_value(struct differ *d, const char *kind, const char *subject, int sign, const char *const texts[2],
               const struct origin *const at[2])
{
        if (!texts[0] || !texts[1])
                return -ENOMEM;
        if (!strcmp(texts[0], texts[1]))
                return 0;
        cordon_difference out = {.sign = sign, .kind = kind, .subject = subject, .value_a = texts[0], .value_b = texts[1]};
        for (unsigned side = 0; side < 2; side++)
                diff_origin(&out, side, at[side], NULL);
        return diff_add(d, &out);
}

/* Modes: by name, and how much each grants. */
static int modes(struct differ *d, const struct world *a, const struct world *b)
{
        static const char *const nets[] = {[NET_NONE] = "none", [NET_LOOPBACK] = "loopback", [NET_HOST] = "host"};
        static const char *const procs[] = {[PROC_OWN] = "own", [PROC_SELF] = "self", [PROC_NONE] = "none"};
        static const char *const audits[] = {[AUDIT_DENIED] = "denied", [AUDIT_NONE] = "none", [AUDIT_ALL] = "all"};
        int r = diff_value(d, "net", "", diff_sign(a->net, b->net), (const char *[]){nets[a->net], nets[b->net]},
                          (const struct origin *[]){&a->net_at, &b->net_at});
        if (r == 0)
                r = diff_value(d, "proc", "", -diff_sign(a->proc, b->proc), (const char *[]){procs[a->proc], procs[b->proc]},
                              (const struct origin *[]){&a->proc_at, &b->proc_at});
        return r ? r : diff_value(d, "audit", "", 0, (const char *[]){audits[a->audit], audits[b->audit]},
                                 (const struct origin *[]){&a->audit_at, &b->audit_at});
}

const char *diff_size(struct differ *d, uint64_t bytes)
{
        static const char units[] = " KMGT";
        unsigned unit = 0;
        while (bytes > 0 && bytes % 1024 == 0 && units[unit + 1]) {
                bytes /= 1024;
                unit++;
        }
        return arena_printf(&d->arena, unit ? "%" PRIu64 "%c" : "%" PRIu64, bytes, units[unit]);
}

static const char *user_text(struct differ *d, const struct world *w)
{
        static const char *const names[] = {[USER_DEFAULT] = "default", [USER_OWN] = "own", [USER_ROOT] = "root"};
        return w->user == USER_ID ? arena_printf(&d->arena, "%u:%u", w->uid, w->gid) : names[w->user];
}

static int texts(struct differ *d, const struct world *a, const struct world *b)
{
        int r = diff_value(d, "hostname", "", 0, (const char *[]){a->hostname ? a->hostname : "sandbox",
                                                                  b->hostname ? b->hostname : "sandbox"},
                          (const struct origin *[]){&a->hostname_at, &b->hostname_at});
        if (r == 0)
                r = diff_value(d, "cwd", "", 0, (const char *[]){a->cwd ? a->cwd : "default", b->cwd ? b->cwd : "default"},
                              (const struct origin *[]){&a->cwd_at, &b->cwd_at});
        if (r == 0)
                r = diff_value(d, "user", "", 0, (const char *[]){user_text(d, a), user_text(d, b)},
                              (const struct origin *[]){&a->user_at, &b->user_at});
        if (r == 0 && a->tmp && b->tmp) /* whether there is one is a question of paths */
                r = diff_value(d, "tmp", "", diff_sign(a->tmp_size, b->tmp_size),
                              (const char *[]){diff_size(d, a->tmp_size), diff_size(d, b->tmp_size)},
                              (const struct origin *[]){&a->tmp_at, &b->tmp_at});
        return r;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static int caps(struct differ *d, const struct world *a, const struct world *b)
{
        int r = 0;
        for (unsigned cap = 0; r == 0 && cap < 64; cap++) {
                int sign = diff_sign(a->caps >> cap & 1, b->caps >> cap & 1);
                const char *name = sign ? capng_capability_to_name(cap) : NULL;
                if (!sign)
                        continue;
                name = name ? arena_copy(&d->arena, name, strlen(name)) : arena_printf(&d->arena, "%u", cap);
                cordon_difference out = {.sign = sign, .kind = "caps", .subject = name};
                diff_origin(&out, 0, &a->caps_at, NULL);
                diff_origin(&out, 1, &b->caps_at, NULL);
                r = diff_add(d, &out);
        }
        return r;
}

static int datagrams(struct differ *d, const struct world *a, const struct world *b)
{
        cordon_difference out = {.sign = diff_sign(a->datagrams, b->datagrams), .kind = "unix", .subject = "datagram"};
        if (!out.sign)
                return 0;
        diff_origin(&out, 0, &a->datagrams_at, NULL);
        diff_origin(&out, 1, &b->datagrams_at, NULL);
        return diff_add(d, &out);
}

static const struct fd_rule *fd_find(const struct world *w, int number)
{
        for (size_t i = 0; i < w->fd_count; i++) {
                if (w->fds[i].number == number)
                        return &w->fds[i];
        }
        return NULL;
}

static const char *fd_text(const struct fd_rule *fd)
{
        const unsigned both = ACCESS_READ | ACCESS_WRITE;
        return !fd ? "none" : fd->access == 0 ? "as it is" : fd->access == both ? "read write"
               : fd->access == ACCESS_READ ? "read" : "write";
}

/* A descriptor as it is may be anything that one for reading or writing is; of read, write and both each asks for
 * another one. */
static int fd_add(struct differ *d, const struct fd_rule *a, const struct fd_rule *b)
{
        int sign = !a ? 1 : !b ? -1 : a->access == b->access ? 0 : b->access == 0 ? 1 : a->access == 0 ? -1 : 0;
        cordon_difference out = {.sign = sign, .kind = "fd", .value_a = fd_text(a), .value_b = fd_text(b),
                                 .subject = arena_printf(&d->arena, "%d", a ? a->number : b->number)};
        if (a && b && a->access == b->access)
                return 0;
        if (a)
                diff_origin(&out, 0, &a->origin, NULL);
        if (b)
                diff_origin(&out, 1, &b->origin, NULL);
        return diff_add(d, &out);
}

static int fds(struct differ *d, const struct world *a, const struct world *b)
{
        int r = 0;
        for (size_t i = 0; r == 0 && i < a->fd_count; i++)
                r = fd_add(d, &a->fds[i], fd_find(b, a->fds[i].number));
        for (size_t i = 0; r == 0 && i < b->fd_count; i++)
                r = fd_find(a, b->fds[i].number) ? 0 : fd_add(d, NULL, &b->fds[i]);
        return r;
}

static bool requires(const struct world *w, const struct requirement *want)
{
        for (size_t i = 0; i < w->requirement_count; i++) {
                if (!strcmp(w->requirements[i].text, want->text))
                        return true;
        }
        return false;
}

static int requirements(struct differ *d, const struct world *a, const struct world *b)
{
        const struct world *w[2] = {a, b};
        int r = 0;
        for (unsigned side = 0; side < 2; side++) {
                for (size_t i = 0; r == 0 && i < w[side]->requirement_count; i++) {
                        const struct requirement *q = &w[side]->requirements[i];
                        cordon_difference out = {.kind = "require",
                                                 .subject = q->text,
                                                 .value_a = side ? "not required" : "required",
                                                 .value_b = side ? "required" : "not required"};
                        diff_origin(&out, side, &q->origin, NULL);
                        r = requires(w[!side], q) ? 0 : diff_add(d, &out);
                }
        }
        return r;
}

/* ---- the environment --------------------------------------------------------------------------------------------- */

/* What the last line about a variable says; as in the launch, one that is set does not come from outside. */
static const struct env_rule *env_line(const struct world *w, const char *name, size_t length)
{
        const struct env_rule *last = NULL;
        for (size_t i = 0; i < w->env_count; i++) {
                if (w->env[i].name && component_match(w->env[i].name, strlen(w->env[i].name), name, length))
                        last = &w->env[i];
        }
        return last;
}

struct env_class { /* of names that no line tells apart */
        const struct env_rule *lines[2];
        const char *name;
        int sign;
};

struct env_state {
        struct differ *d;
        struct vector classes;
};

static bool kept(const struct env_rule *line)
{
        return line && line->kind == ENV_KEEP;
}

static int env_class(void *ctx, const char *name, size_t length)
{
        struct env_state *s = ctx;
        struct env_class *c = vector_push(&s->classes, sizeof(*c));
        if (!c)
                return -ENOMEM;
        for (unsigned side = 0; side < 2; side++)
                c->lines[side] = env_line(&s->d->p[side]->world, name, length);
        c->name = arena_copy(&s->d->arena, name, length);
        c->sign = diff_sign(kept(c->lines[0]), kept(c->lines[1]));
        return c->name ? 0 : -ENOMEM;
}

/* The line whose names are kept here and not there; but for names that the other policy's lines, or other lines,
 * decide. */
static int env_keep_add(struct env_state *s, const struct env_class *c)
{
        const struct env_rule *line = c->lines[c->sign > 0];
        const struct env_class *all = s->classes.items;
        struct vector except = {0};
        int r = 0;
        for (const struct env_class *o = all; o < all + s->classes.count && r == 0; o++) {
                if (o->sign == c->sign || !component_match(line->name, strlen(line->name), o->name, strlen(o->name)))
                        continue;
                const struct env_rule *other = o->lines[c->sign > 0] == line ? o->lines[c->sign < 0] : o->lines[c->sign > 0];
                r = other ? diff_list_add(&except, other->name) : 0;
        }
        cordon_difference out = {.sign = c->sign, .kind = "env", .subject = line->name, .except = diff_list_keep(s->d, &except)};
        diff_origin(&out, c->sign > 0, &line->origin, NULL);
        vector_free(&except);
        return r == 0 && out.except ? diff_add(s->d, &out) : -ENOMEM;
}

static const char *set_value(const struct env_rule *line)
{
        return line && line->kind == ENV_SET ? line->value : NULL;
}

static int env_set_add(struct env_state *s, const struct env_class *c)
{
        const char *a = set_value(c->lines[0]), *b = set_value(c->lines[1]);
        if ((!a && !b) || (a && b && !strcmp(a, b)))
                return 0;
        cordon_difference out = {.kind = "env", .subject = c->name, .value_a = a, .value_b = b};
        for (unsigned side = 0; side < 2; side++) {
                if (c->lines[side])
                        diff_origin(&out, side, &c->lines[side]->origin, NULL);
        }
        return diff_add(s->d, &out);
}

static int env_classes_tell(struct env_state *s)
{
        const struct env_class *all = s->classes.items;
        int r = 0;
        for (size_t i = 0; r == 0 && i < s->classes.count; i++) {
                const struct env_class *c = &all[i];
                bool told = false;
                r = env_set_add(s, c);
                for (size_t j = 0; c->sign && !told && j < i; j++)
                        told = all[j].sign == c->sign && all[j].lines[c->sign > 0] == c->lines[c->sign > 0];
                if (r == 0 && c->sign && !told)
                        r = env_keep_add(s, c);
        }
        return r;
}

static int environment(struct differ *d, const struct world *a, const struct world *b)
{
        struct env_state s = {.d = d};
        struct vector patterns = {0};
        const struct world *w[2] = {a, b};
        int r = 0;
        for (unsigned side = 0; side < 2; side++) {
                for (size_t i = 0; r == 0 && i < w[side]->env_count; i++) {
                        struct names_text *t = w[side]->env[i].name ? vector_push(&patterns, sizeof(*t)) : NULL;
                        if (t)
                                *t = (struct names_text){w[side]->env[i].name, strlen(w[side]->env[i].name)};
                        else if (w[side]->env[i].name)
                                r = -ENOMEM;
                }
        }
        if (r == 0)
                r = names_partition(patterns.items, patterns.count, NULL, 0, env_class, &s);
        if (r == 0)
                r = env_classes_tell(&s);
        vector_free(&patterns);
        vector_free(&s.classes);
        return r;
}

/* ---- system calls ------------------------------------------------------------------------------------------------ */

#define CALLS_MOST 1024

/* The rules of one call, and what they come to. What the program cannot do it is refused or killed for. */
enum fate { CALL_REFUSED, CALL_KILLED, CALL_BY_ARGUMENTS, CALL_LOGGED, CALL_ALLOWED };
struct call {
        const struct filter_rule *rules;
        size_t count;
        enum fate fate;
};

static enum fate fate_of(enum filter_action action)
{
        static const enum fate fates[] = {[FILTER_ENOSYS] = CALL_REFUSED, [FILTER_ERRNO] = CALL_REFUSED,
                                          [FILTER_KILL] = CALL_KILLED,    [FILTER_LOG] = CALL_LOGGED,
                                          [FILTER_ALLOW] = CALL_ALLOWED,  [FILTER_NOTIFY] = CALL_ALLOWED};
        return fates[action];
}

/* How much that grants: of what depends on arguments nobody can say more than that it is between the others. */
static unsigned grants(enum fate fate)
{
        return fate < CALL_BY_ARGUMENTS ? 0 : fate == CALL_BY_ARGUMENTS ? 1 : 2;
}

/* Rules are sorted by number: `*at` are behind us. */
static struct call call_next(const struct filter *f, size_t *at, int number)
{
        struct call c = {.rules = f->rules + *at};
        for (; *at < f->rule_count && f->rules[*at].number == number; ++*at) {
                enum fate fate = fate_of(f->rules[*at].verdict.action);
                c.fate = c.count == 0 || c.fate == fate ? fate : CALL_BY_ARGUMENTS;
                c.count++;
        }
        return c;
}

static bool tests_same(const struct call_test *a, const struct call_test *b)
{
        return a->arg == b->arg && a->mask == b->mask && a->compare == b->compare && a->negated == b->negated &&
               a->value == b->value && a->more_count == b->more_count &&
               (a->more_count == 0 || !memcmp(a->more, b->more, a->more_count * sizeof(*a->more)));
}

static bool calls_same(const struct call *a, const struct call *b)
{
        if (a->fate != b->fate || a->fate != CALL_BY_ARGUMENTS)
                return a->fate == b->fate;
        bool same = a->count == b->count;
        for (size_t i = 0; same && i < a->count; i++) {
                const struct filter_rule *x = &a->rules[i], *y = &b->rules[i];
                same = x->verdict.action == y->verdict.action && x->verdict.error == y->verdict.error &&
                       x->test_count == y->test_count;
                for (unsigned t = 0; same && t < x->test_count; t++)
                        same = tests_same(x->tests[t], y->tests[t]);
        }
        return same;
}

/* The line that decides. Where arguments do it is the one with tests, unless there are several. */
static const struct syscall_rule *call_line(const struct call *c)
{
        const struct syscall_rule *only = NULL;
        if (c->fate != CALL_BY_ARGUMENTS)
                return c->count ? c->rules[c->count - 1].verdict.by : NULL;
        for (size_t i = 0; i < c->count; i++) {
                const struct syscall_rule *by = c->rules[i].verdict.by;
                if (!by || by == only || by->test_count == 0)
                        continue;
                if (only)
                        return NULL;
                only = by;
        }
        return only;
}

static int call_add(struct differ *d, int number, const struct call *a, const struct call *b)
{
        static const char *const words[] = {"refused", "killed", "by its arguments", "logged", "allowed"};
        const char *name = syscall_name(number);
        cordon_difference out = {
                .sign = diff_sign(grants(a->fate), grants(b->fate)),
                .kind = "syscalls",
                .subject = name ? arena_copy(&d->arena, name, strlen(name)) : arena_printf(&d->arena, "%d", number),
                .value_a = words[a->fate],
                .value_b = words[b->fate],
        };
        for (unsigned side = 0; side < 2; side++) {
                const struct syscall_rule *by = call_line(side ? b : a);
                if (by)
                        diff_origin(&out, side, &by->origin, by->text);
        }
        return diff_add(d, &out);
}

static int calls_tell(struct differ *d, const struct filter *a, const struct filter *b)
{
        size_t at[2] = {0, 0};
        int r = 0;
        for (int number = 0; r == 0 && number < CALLS_MOST; number++) {
                struct call x = call_next(a, &at[0], number), y = call_next(b, &at[1], number);
                if (!calls_same(&x, &y))
                        r = call_add(d, number, &x, &y);
        }
        return r;
}

/* The filters are made for the same network: what follows from `net` is told there. */
static int calls(struct differ *d, const struct world *a, const struct world *b)
{
        struct filter filters[2] = {{.rule_count = 0}, {.rule_count = 0}};
        const struct world *w[2] = {a, b};
        int r = 0;
        if (a->syscall_count == 0 && b->syscall_count == 0)
                return 0;
        for (unsigned side = 0; r == 0 && side < 2; side++) {
                struct filter_wish wish = {.rules = w[side]->syscalls, .rule_count = w[side]->syscall_count, .net = NET_HOST};
                r = filter_compile(&filters[side], &wish);
        }
        if (r == 0)
                r = calls_tell(d, &filters[0], &filters[1]);
        filter_free(&filters[0]);
        filter_free(&filters[1]);
        return r;
}

int diff_world(struct differ *d)
{
        static int (*const parts[])(struct differ *, const struct world *, const struct world *) = {
                modes, texts, caps, datagrams, fds, requirements, environment, calls};
        const struct world *a = &d->p[0]->world, *b = &d->p[1]->world;
        int r = diff_limits(d, &a->limits, &b->limits);
        for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(*parts); i++)
                r = parts[i](d, a, b);
        return r;
}
