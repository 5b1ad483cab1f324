/* Every message of the language, of the plan and of its critic, as a person sees it: line, column, caret, hint. Each tests/golden/NAME.policy
 * is a world of its own (see case.h); NAME.expected is all that is said of it, letter by letter. `make golden-update` writes
 * the latter anew; read what it wrote before you accept it: a text that changes there changes for all users. That no message
 * is without a golden test is tools/messages' business. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "policy/diff.h"
#include "policy/plan.h"
#include "policy/why.h"
#include "tests/unit/case.h"

static const char *directory(void)
{
        const char *given = getenv("GOLDEN");
        return given ? given : "tests/golden";
}

static bool file_read(const char *path, struct buf *out)
{
        char block[4096];
        size_t got;
        FILE *file = fopen(path, "re");
        if (!file)
                return false;
        while ((got = fread(block, 1, sizeof(block), file)) > 0)
                buf_add(out, block, got);
        fclose(file);
        if (!out->data)
                buf_str(out, "");
        return !out->bad;
}

/* ---- what is said --------------------------------------------------------------------------------------------------- */

struct said {
        struct buf text;
        unsigned errors, warnings;
};

static void hear(void *ctx, const cordon_diag *d)
{
        struct said *said = ctx;
        char text[8192];
        assert_true(cordon_diag_format(d, text, sizeof(text)) < sizeof(text));
        buf_str(&said->text, text);
        said->errors += d->severity == CORDON_ERROR;
        said->warnings += d->severity == CORDON_WARNING;
}

static void say_why(struct world_case *c, const struct policy *p, const struct plan *plan, struct said *said)
{
        const struct case_section *s = case_section(c, "why");
        struct policy_host host = case_host(c);
        char op[16], path[256];
        int size = 0;
        for (const char *at = s ? s->text : NULL; s && at < s->text + s->length; at += size) {
                struct why why;
                size = 0;
                assert_int_equal(sscanf(at, "%15s %255s%n", op, path, &size), 2);
                size += at[size] == '\n';
                policy_why(p, plan, &host, op, path, &why);
                buf_printf(&said->text, "why %s %s: %s by the policy, error %d, %s\n", op, path,
                           why.allow ? "not refused" : "refused", why.error, why.note ? why.note : "no note");
        }
}

/* The plan is made where the case says what exists: what it refuses, what it notes, and why opens are brokered. */
static void say_plan(struct world_case *c, const struct policy *p, struct said *said)
{
        struct policy_host host = case_host(c);
        struct plan plan;
        unsigned before = said->errors;
        int r = plan_compile(&plan, p, &host, hear, said);
        assert_int_equal(r < 0, said->errors > before);
        for (size_t i = 0; r == 0 && i < plan.note_count; i++)
                buf_printf(&said->text, "%s:%u: note: %s\n", plan.notes[i].origin.file, plan.notes[i].origin.line,
                           plan.notes[i].text);
        if (r == 0)
                buf_printf(&said->text, "brokered: %s\n", plan.why_open ? plan.why_open : "nothing");
        if (r == 0 && plan.why_names)
                buf_printf(&said->text, "and names: %s\n", plan.why_names);
        if (r == 0 && plan.why_metadata)
                buf_printf(&said->text, "and metadata: %s\n", plan.why_metadata);
        say_why(c, p, r == 0 ? &plan : NULL, said);
        plan_free(&plan);
}

static void say_lint(struct world_case *c, const struct policy *p, struct said *said)
{
        unsigned before = said->warnings, errors = said->errors;
        int count = case_lint(c, p, hear, said);
        assert_int_equal(count, said->warnings - before);
        assert_int_equal(said->errors, errors);
        if (count == 0)
                buf_str(&said->text, "no warning\n");
}

static void say_list(struct said *said, const char *what, const char *const *list)
{
        for (size_t i = 0; list[i]; i++)
                buf_printf(&said->text, "%s %s", what, list[i]);
}

static void say_difference(void *ctx, const cordon_difference *d)
{
        struct said *said = ctx;
        buf_printf(&said->text, "%c %s %s%s", d->sign > 0 ? '+' : d->sign < 0 ? '-' : '~', d->ops ? d->ops : d->kind,
                   d->subject, d->alone ? " alone" : "");
        say_list(said, ", within", d->within);
        say_list(said, ", but not", d->except);
        say_list(said, ", but not, by itself,", d->except_alone);
        if (d->value_a || d->value_b)
                buf_printf(&said->text, ": %s -> %s", d->value_a ? d->value_a : "-", d->value_b ? d->value_b : "-");
        buf_printf(&said->text, " (%s:%u -> %s:%u)\n", d->file_a ? d->file_a : "", d->line_a, d->file_b ? d->file_b : "",
                   d->line_b);
}

static void say_diff(struct world_case *c, const struct policy *p, struct said *said)
{
        const struct case_section *s = case_section(c, "diff");
        struct policy *other = NULL;
        char name[64];
        if (!s)
                return;
        assert_int_equal(sscanf(s->text, "%63s", name), 1);
        c->file = name;
        if (case_compile(c, &other, hear, said) == 0)
                assert_true(policy_diff(p, other, say_difference, said) > 0);
        policy_unref(other);
}

static void say_all(const char *policy, size_t length, struct said *said)
{
        struct world_case c;
        struct policy *p = NULL;
        unsigned total = 0;
        assert_int_equal(case_parse(&c, policy, length), 0);
        int r = case_compile(&c, &p, hear, said);
        assert_int_equal(r < 0, said->errors > 0);
        if (p) {
                unsigned before = said->errors;
                int failed = policy_expect(p, hear, said, &total);
                assert_int_equal(failed, said->errors - before);
        }
        if (p && case_section(&c, "lint"))
                say_lint(&c, p, said);
        else if (p && c.has_host)
                say_plan(&c, p, said);
        if (p)
                say_diff(&c, p, said);
        policy_unref(p);
        case_free(&c);
}

/* ---- one case ------------------------------------------------------------------------------------------------------- */

static bool expected_written(const char *path, const struct buf *text)
{
        FILE *file = fopen(path, "we");
        bool done = file && fwrite(text->data, 1, text->length, file) == text->length;
        if (file && fclose(file) != 0)
                done = false;
        return done;
}

/* `name` without its ".policy". */
static bool one_case(const char *name)
{
        struct said said = {0};
        struct buf policy cleanup_buf = {0}, wanted cleanup_buf = {0};
        char path[4096];
        bool same;
        snprintf(path, sizeof(path), "%s/%s.policy", directory(), name);
        if (!file_read(path, &policy))
                fail_msg("%s cannot be read", path);
        say_all(policy.data, policy.length, &said);
        if (!said.text.data)
                buf_str(&said.text, "");
        snprintf(path, sizeof(path), "%s/%s.expected", directory(), name);
        if (getenv("GOLDEN_UPDATE")) {
                same = expected_written(path, &said.text);
        } else {
                same = file_read(path, &wanted) && !strcmp(wanted.data, said.text.data) && *wanted.data;
                if (!same)
                        print_error("---- %s: wanted\n%s---- got\n%s", name, wanted.data ? wanted.data : "(no file)\n",
                                    said.text.data);
        }
        buf_free(&said.text);
        return same;
}

static void every_message_as_people_see_it(void **state)
{
        unsigned wrong = 0, seen = 0;
        struct dirent *entry;
        (void)state;
        DIR *dir = opendir(directory());
        if (!dir)
                fail_msg("%s cannot be read: run this from the top of the source, or set GOLDEN", directory());
        while ((entry = readdir(dir))) {
                size_t length = strlen(entry->d_name);
                if (length < 8 || strcmp(entry->d_name + length - 7, ".policy") != 0)
                        continue;
                entry->d_name[length - 7] = '\0';
                wrong += !one_case(entry->d_name);
                seen++;
        }
        closedir(dir);
        assert_int_equal(wrong, 0);
        assert_true(seen > 100);
}

/* A comparison that cannot fail proves nothing. */
static void a_golden_test_can_fail(void **state)
{
        static const char text[] = "cordon 1\nwirte /x\n";
        struct said said = {0};
        (void)state;
        say_all(text, sizeof(text) - 1, &said);
        assert_string_equal(said.text.data, "x.policy:2:1: error: unknown verb 'wirte'\n"
                                            "    2 | wirte /x\n"
                                            "      | ^~~~~ did you mean 'write'?\n");
        assert_int_equal(said.errors, 1);
        buf_free(&said.text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(every_message_as_people_see_it),
                counted_test(a_golden_test_can_fail),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
