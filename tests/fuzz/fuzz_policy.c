/* A policy, its files and its host out of one text (tests/unit/case.h), through everything that the language goes through:
 * compile, evaluate, expect, suggest, plan, lint, compare, describe. It is not enough that nothing crashes; what must hold of every policy
 * is asked for here:
 *
 *   findings    each points into its line, reads well on a terminal, and there is an error exactly where there is no policy
 *   order       the same lines the other way round are the same policy
 *   layout      settles at once, and changes neither the meaning nor what is wrong
 *   verdicts    allowed or an errno, never both; a second evaluator, slow and plain, finds the same rule
 *   suggestions parse, and allow what they were asked for
 *   plans       a refusal names a line; a description is harmless
 *   lint        warnings have names and places; what no plan refuses is not said to be refused
 *   differences none from itself and its layouts; the other way round more is less; each example is one */
#include <ctype.h>

#include "base/buf.h"
#include "base/listing.h"
#include "policy/describe.h"
#include "policy/diff.h"
#include "policy/format.h"
#include "policy/plan.h"
#include "policy/rivals.h"
#include "policy/why.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/slow_eval.h"
#include "tests/unit/case.h"

#define PATHS_MOST 24

/* ---- findings ------------------------------------------------------------------------------------------------------- */

struct heard {
        unsigned errors, warnings, all;
};

static void listen_diag(void *ctx, const cordon_diag *d)
{
        struct heard *heard = ctx;
        heard->errors += d->severity == CORDON_ERROR;
        heard->warnings += d->severity == CORDON_WARNING;
        heard->all++;
        must(d->message && *d->message, "nothing is said");
        must(d->file && *d->file, "nobody is blamed for: %s", d->message);
        must(!d->column || (d->line && d->source), "a column without its line: %s", d->message);
        if (d->column) {
                size_t length = strlen(d->source);
                must(d->column - 1 <= length, "column %u of %zu: %s", d->column, length, d->message);
                must(d->column - 1 + d->width <= length + 1, "columns %u+%u of %zu: %s", d->column, d->width, length,
                     d->message);
                must(d->width > 0, "no width: %s", d->message);
        }
        must_format(d);
}

static int compile(struct world_case *c, struct policy **out, struct heard *heard)
{
        *heard = (struct heard){0};
        int r = case_compile(c, out, listen_diag, heard);
        must((*out != NULL) == (r == 0), "%d", r);
        must((heard->errors > 0) == (r < 0), "%u errors and %d", heard->errors, r);
        return r;
}

/* ---- asking --------------------------------------------------------------------------------------------------------- */

/* Paths that the input names, and some beside and below what its rules are about. */
struct asked {
        char *paths[PATHS_MOST];
        size_t count;
};

static void ask_about(struct asked *a, const char *path, size_t length, const char *below)
{
        char text[2 * PATH_MAX];
        if (a->count == PATHS_MOST || length == 0 || length >= PATH_MAX)
                return;
        snprintf(text, sizeof(text), "%.*s%s", (int)length, length == 1 && *path == '/' ? "" : path, below);
        if (*text)
                a->paths[a->count++] = strdup(text);
}

static void ask_all(struct asked *a, struct world_case *c, const struct policy *p)
{
        const struct case_section *s = case_section(c, "paths");
        for (size_t at = 0; s && at < s->length && a->count < PATHS_MOST / 2;) {
                const char *end = memchr(s->text + at, '\n', s->length - at);
                size_t length = end ? (size_t)(end - s->text) - at : s->length - at;
                ask_about(a, s->text + at, length, "");
                at += length + 1;
        }
        size_t count;
        const struct rule *rules = policy_rules(p, &count);
        for (size_t i = 0; i < count; i++) {
                ask_about(a, rules[i].prefix, strlen(rules[i].prefix), "");
                ask_about(a, rules[i].prefix, strlen(rules[i].prefix), "/x/.env");
        }
}

#define SINGLE 6
static const unsigned wants[] = {ACCESS_LIST, ACCESS_READ, ACCESS_CREATE, ACCESS_WRITE, ACCESS_EXEC, ACCESS_UNIX,
                                 ACCESS_READ | ACCESS_WRITE, ACCESS_ALL};

static void suggestion(struct world_case *c, const struct policy *p, const char *path, unsigned want)
{
        char line[4096];
        struct policy *with = NULL;
        struct buf text cleanup_buf = {0};
        int r = policy_suggest(p, path, want, line, sizeof(line));
        must(r == 0 || r == -ENOENT || r == -ENAMETOOLONG, "%d", r);
        if (r < 0)
                return;
        must_be_harmless(line, strlen(line));
        must(!strchr(line, '\n'), "%s", line);
        buf_printf(&text, "cordon 1\n%s\n", line);
        struct world_case alone = *c;
        alone.section_count = 1;
        alone.defines[0] = NULL;
        snprintf(alone.sections[0].name, sizeof(alone.sections[0].name), "x.policy");
        alone.sections[0].text = text.data;
        alone.sections[0].length = text.length;
        must(case_compile(&alone, &with, NULL, NULL) == 0, "this suggestion is no line: %s", line);
        policy_unref(with);
}

static void ask(struct world_case *c, const struct policy *p, const char *path, bool suggest)
{
        unsigned allowed = 0;
        const struct rule *slow = NULL;
        size_t length = strlen(path);
        for (size_t i = 0; i < sizeof(wants) / sizeof(*wants); i++) {
                struct verdict v = policy_eval(p, path, length, wants[i]);
                must(v.allow == (v.error == 0), "%s", path);
                must(v.allow || v.error == EACCES || v.error == ENOENT, "%s: %d", path, v.error);
                must(!v.allow || (wants[i] & ~v.access) == 0, "%s", path);
                must(!v.allow || v.rule || v.ancestor, "%s is allowed by nobody", path);
                must(!v.rule || v.rule->class == CLASS_GRANT || v.rule->class == CLASS_MASK || !v.allow, "%s", path);
                must(!v.ask || (!v.allow && v.rule && v.rule->class == CLASS_ASK), "%s", path);
                allowed |= v.allow ? wants[i] : 0;
                must(v.allow || i < SINGLE || (wants[i] & ~allowed), "%s: all of it apart, not together", path);
                if (suggest && !v.allow)
                        suggestion(c, p, path, wants[i]);
        }
        struct verdict v = policy_eval(p, path, length, ACCESS_LIST);
        policy_has_below(p, path);
        bool canonical = path[0] == '/' && !strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../") &&
                         (length == 1 || path[length - 1] != '/') && length < PATH_MAX &&
                         !(length >= 2 && !strcmp(path + length - 2, "/.")) &&
                         !(length >= 3 && !strcmp(path + length - 3, "/.."));
        if (canonical && slow_eval(p, path, &slow))
                must(v.rule == slow, "%s: %s against %s", path, v.rule ? v.rule->text : "none", slow ? slow->text : "none");
        if (!canonical)
                must(!v.allow, "%s", path);
}

/* ---- comparing ------------------------------------------------------------------------------------------------------ */

struct compared {
        const struct policy *both[2];
        bool more, less, other;
};

static void must_differ(void *ctx, const cordon_difference *d)
{
        struct compared *c = ctx;
        static const char *const names[] = {"list", "read", "create", "write", "exec", "unix"};
        must(d->sign >= -1 && d->sign <= 1 && d->kind && *d->kind && d->subject, "no difference");
        must(!d->value_a == !d->value_b || !strcmp(d->kind, "env"), "%s %s has one value", d->kind, d->subject);
        must(!d->value_a || !d->value_b || strcmp(d->value_a, d->value_b) != 0 || !strcmp(d->kind, "syscalls"),
             "%s %s: twice %s", d->kind, d->subject, d->value_a);
        for (size_t i = 0; d->example && d->sign != 0 && i < sizeof(names) / sizeof(*names); i++) {
                const char *at = strstr(d->ops, names[i]);
                if (!at || strchr(d->ops, ':'))
                        continue;
                struct verdict a = policy_eval(c->both[0], d->example, strlen(d->example), access_from_name(names[i]));
                struct verdict b = policy_eval(c->both[1], d->example, strlen(d->example), access_from_name(names[i]));
                must(a.allow != b.allow && b.allow == (d->sign > 0), "%s %s (%s): %d and %d", names[i], d->example, d->subject,
                     a.allow, b.allow);
        }
        c->more |= d->sign > 0;
        c->less |= d->sign < 0;
        c->other |= d->sign == 0;
}

/* How many there are; -1 where the policies are too many to be followed together. */
static int differences(const struct policy *a, const struct policy *b, struct compared *c)
{
        *c = (struct compared){.both = {a, b}};
        int r = policy_diff(a, b, must_differ, c);
        must(r >= 0 || r == -E2BIG, "%d", r);
        return r < 0 ? -1 : r;
}

/* With a policy that has some of everything but `syscalls`: two filters cost more than all the rest. */
static void compare(const struct policy *p)
{
        static const char text[] = "cordon 1\nread /usr /data\nwrite ~/src\nmask /data/old\ndeny **/*.key\n"
                                   "deny /data/**/x/*.h\nnever ~/.ssh\nfile /etc/x \"x\"\nenv keep LANG LC_*\n"
                                   "limit procs 10\nnet loopback\nfd keep 3 read\n"
                                   "require landlock 3\nconnect 127.0.0.1:80\n";
        struct world_case c;
        struct policy *other = NULL;
        must(case_parse(&c, text, sizeof(text) - 1) == 0 && case_compile(&c, &other, NULL, NULL) == 0, "%s", text);
        struct compared to, from, none;
        if (differences(p, other, &to) >= 0 && differences(other, p, &from) >= 0)
                must(to.more == from.less && to.less == from.more && to.other == from.other, "one way %d %d %d, back %d %d %d",
                     to.more, to.less, to.other, from.more, from.less, from.other);
        must(differences(p, p, &none) <= 0, "it differs from itself");
        policy_unref(other);
        case_free(&c);
}

/* ---- the other way round -------------------------------------------------------------------------------------------- */

/* The header, then the lines from the last to the second. */
static void turn_round(const struct case_section *s, struct buf *out)
{
        const char *header = memchr(s->text, '\n', s->length);
        size_t first = header ? (size_t)(header - s->text) + 1 : s->length;
        buf_add(out, s->text, first);
        for (size_t end = s->length; end > first;) {
                size_t start = end - (s->text[end - 1] == '\n'), stop = start;
                while (start > first && s->text[start - 1] != '\n')
                        start--;
                buf_add(out, s->text + start, stop - start);
                buf_str(out, "\n");
                end = start;
        }
}

static const char *text_of(const struct verdict *v, bool texts)
{
        return texts && v->rule ? v->rule->text : "";
}

/* `texts`: the rules are also written in the same way. */
static void same_meaning(const struct policy *p, const struct policy *other, const struct asked *a, bool texts)
{
        size_t count, others;
        const struct rule *rules = policy_rules(p, &count), *more = policy_rules(other, &others);
        must(count == others, "%zu rules, %zu", count, others);
        for (size_t i = 0; i < count; i++)
                must(!strcmp(rules[i].pattern, more[i].pattern), "%s and %s", rules[i].text, more[i].text);
        for (size_t i = 0; i < a->count; i++) {
                for (size_t w = 0; w < sizeof(wants) / sizeof(*wants); w++) {
                        const char *path = a->paths[i];
                        struct verdict one = policy_eval(p, path, strlen(path), wants[w]);
                        struct verdict two = policy_eval(other, path, strlen(path), wants[w]);
                        must(one.allow == two.allow && one.error == two.error && one.access == two.access &&
                                     one.ancestor == two.ancestor && one.ask == two.ask &&
                                     !strcmp(text_of(&one, texts), text_of(&two, texts)),
                             "%s: %s against %s", path, text_of(&one, true), text_of(&two, true));
                }
        }
}

/* Compiles the case with another text in place of the policy. */
static int compile_as(struct world_case *c, const struct buf *text, struct policy **out, struct heard *heard)
{
        struct case_section before = c->sections[0];
        c->sections[0].text = text->data ? text->data : "";
        c->sections[0].length = text->length;
        int r = compile(c, out, heard);
        c->sections[0] = before;
        return r;
}

static void order_means_nothing(struct world_case *c, const struct policy *p, const struct asked *a)
{
        struct buf text cleanup_buf = {0};
        struct policy *other = NULL;
        struct heard heard;
        turn_round(&c->sections[0], &text);
        must(compile_as(c, &text, &other, &heard) == 0, "the other way round it is wrong");
        same_meaning(p, other, a, true);
        policy_unref(other);
}

/* Laid out, it is laid out; it means the same, and is as wrong as before. */
static void layout_means_nothing(struct world_case *c, const struct policy *p, const struct heard *before,
                                 const struct asked *a)
{
        struct buf once cleanup_buf = {0}, twice cleanup_buf = {0};
        struct policy *other = NULL;
        struct heard heard = {0};
        int r = policy_format(&once, "x.policy", c->sections[0].text, c->sections[0].length, listen_diag, &heard);
        must((r < 0) == (heard.errors > 0) && (r == 0 || r == -EINVAL), "%d", r);
        must(r == 0 || !p, "a policy that cannot be laid out");
        if (r < 0)
                return;
        must(policy_format(&twice, "x.policy", once.data ? once.data : "", once.length, NULL, NULL) == 0, "not twice");
        must(once.length == twice.length && (!once.length || !memcmp(once.data, twice.data, once.length)), "%s---- and\n%s",
             once.data, twice.data);
        compile_as(c, &once, &other, &heard);
        /* Lines without words are left out at the start. A header below them is wrong, and then becomes the first line. */
        bool moved = c->sections[0].length > 0 && strchr(" \t\r\n\xef", c->sections[0].text[0]); /* also behind a mark */
        must(!p || other, "laid out it is wrong");
        must(moved || heard.errors == before->errors, "%u errors, and laid out %u", before->errors, heard.errors);
        if (p) {
                same_meaning(p, other, a, false);
                struct compared none;
                must(differences(p, other, &none) <= 0, "laid out it differs");
        }
        policy_unref(other);
}

/* ---- plans ------------------------------------------------------------------------------------------------------------ */

static void collect(void *ctx, const char *text, size_t length)
{
        buf_add(ctx, text, length);
}

/* What would happen, asked of the plan; `plan` NULL: of the rules. */
static void ask_why(const struct policy_host *host, const struct policy *p, const struct plan *plan, const struct asked *a)
{
        static const char *const ops[] = {"list", "read", "create", "write", "exec", "unix"};
        static struct why why;
        for (size_t i = 0; i < a->count; i++) {
                for (size_t op = 0; op < sizeof(ops) / sizeof(*ops) && a->paths[i][0] == '/'; op++) {
                        policy_why(p, plan, host, ops[op], a->paths[i], &why);
                        must(why.error >= 0 && why.error < 200, "%s %s: %d", ops[op], a->paths[i], why.error);
                        must(why.access == why_access(ops[op]) && why.access, "%s", ops[op]);
                        must(strnlen(why.look.path, PATH_MAX) < PATH_MAX, "%s", a->paths[i]);
                        must(!why.look.path[0] || why.look.path[0] == '/' || why.error, "%s", why.look.path);
                        must(why.allow || why.error, "%s %s: refused, and without an error", ops[op], a->paths[i]);
                }
        }
}

static void ask_rivals(const struct policy *p, const char *path)
{
        struct rival *rivals = NULL;
        size_t count = 0, winners = 0;
        struct verdict v = policy_eval(p, path, strlen(path), ACCESS_LIST);
        int r = policy_rivals(p, path, &rivals, &count);
        must(r == 0 || r == -EINVAL, "%s: %d", path, r);
        for (size_t i = 0; r == 0 && i < count; i++)
                winners += rivals[i].loss == LOSS_NONE && rivals[i].rule == v.rule;
        must(r < 0 || winners == (v.rule != NULL), "%s: %zu winners among %zu", path, winners, count);
        free(rivals);
}

static void describe(const struct policy *p, const struct plan *plan, bool json)
{
        struct buf text cleanup_buf = {0};
        struct listing l;
        listing_begin(&l, json, collect, &text);
        describe_sources(&l, p);
        describe_variables(&l, p);
        describe_rules(&l, p);
        describe_world(&l, p);
        describe_endpoints(&l, p);
        describe_descriptors(&l, p);
        describe_requirements(&l, p);
        describe_environment(&l, p);
        describe_brokered(&l, plan);
        if (policy_world(p)->syscall_count > 0) /* else it is what @default is, at length */
                describe_syscalls(&l, plan);
        describe_notes(&l, plan);
        must(listing_end(&l) == 0, "no memory");
        must(text.length > 0, "nothing is described");
        must_be_harmless(text.data, text.length);
}

static void lint_it(struct world_case *c, const struct policy *p)
{
        struct heard heard = {0};
        int r = case_lint(c, p, listen_diag, &heard);
        must(r >= 0 && (unsigned)r == heard.warnings, "%d, and %u warnings", r, heard.warnings);
        must(heard.errors == 0, "%u errors", heard.errors);
}

static void plan_it(struct world_case *c, const struct policy *p, const struct asked *a)
{
        struct policy_host host = case_host(c);
        struct heard heard = {0};
        struct plan plan;
        int r = plan_compile(&plan, p, &host, listen_diag, &heard);
        must(r == 0 || r == -EINVAL || r == -ENOENT || r == -E2BIG, "%d", r);
        must((heard.errors > 0) == (r == -EINVAL || r == -ENOENT), "%u errors and %d", heard.errors, r);
        ask_why(&host, p, r < 0 ? NULL : &plan, a);
        if (r < 0)
                return;
        describe(p, &plan, false);
        describe(p, &plan, true);
        plan_free(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct world_case c;
        struct policy *p = NULL;
        struct heard heard;
        struct asked a = {0};
        unsigned total = 0;
        must(case_parse(&c, (const char *)data, size) == 0, "no memory");
        if (compile(&c, &p, &heard) == 0) {
                ask_all(&a, &c, p);
                for (size_t i = 0; i < a.count; i++) {
                        ask(&c, p, a.paths[i], i < 2);
                        ask_rivals(p, a.paths[i]);
                }
                struct heard expected = {0};
                int failed = policy_expect(p, listen_diag, &expected, &total);
                must(failed >= 0 && (unsigned)failed <= total && expected.errors == (unsigned)failed, "%d of %u", failed,
                     total);
                order_means_nothing(&c, p, &a);
                plan_it(&c, p, &a);
                lint_it(&c, p);
                compare(p);
        }
        layout_means_nothing(&c, p, &heard, &a);
        for (size_t i = 0; i < a.count; i++)
                free(a.paths[i]);
        policy_unref(p);
        case_free(&c);
        return 0;
}
