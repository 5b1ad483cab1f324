/* cordon diff: which accesses one policy grants and another does not, and the other way round. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/json.h"

enum { LINE_MOST = 100 }; /* columns, after which lists of names go on in the next line */

struct showing {
        bool quiet;
        struct json_object *array; /* NULL: in words */
        unsigned more, less, other;
        char *calls; /* a line of system calls that more may be added to, or NULL */
        char calls_key[64];
};

/* ---- in words ---------------------------------------------------------------------------------------------------- */

static void calls_end(struct showing *s)
{
        if (s->calls)
                tell("%s", s->calls);
        free(s->calls);
        s->calls = NULL;
}

/* Calls that differ in the same way share lines. */
static void call_show(struct showing *s, const cordon_difference *d, char sign)
{
        char key[64], *longer = NULL;

        snprintf(key, sizeof(key), "%c %s %s", sign, d->value_a, d->value_b);
        if (s->calls && (strcmp(key, s->calls_key) != 0 || strlen(s->calls) + strlen(d->subject) + 1 > LINE_MOST))
                calls_end(s);
        int r = s->calls ? asprintf(&longer, "%s %s", s->calls, d->subject)
                         : asprintf(&longer, "%c syscalls (%s -> %s) %s", sign, d->value_a, d->value_b, d->subject);
        free(s->calls);
        s->calls = r < 0 ? NULL : longer;
        memcpy(s->calls_key, key, sizeof(key));
}

/* Names in lines of their own, as many as fit. */
static void list_show(const char *what, const char *const *list, const char *skip, const char *suffix)
{
        char *line = NULL, *longer;

        for (size_t i = 0; list[i]; i++) {
                if (skip && !strcmp(list[i], skip))
                        continue;
                if (line && strlen(line) + strlen(list[i]) > LINE_MOST) {
                        tell("%s", line);
                        free(line);
                        line = NULL;
                }
                int r = line ? asprintf(&longer, "%s  %s%s", line, list[i], suffix)
                             : asprintf(&longer, "      %s  %s%s", what, list[i], suffix);
                free(line);
                line = r < 0 ? NULL : longer;
        }
        if (line)
                tell("%s", line);
        free(line);
}

static bool in_list(const char *const *list, const char *text)
{
        while (*list && strcmp(*list, text) != 0)
                list++;
        return *list != NULL;
}

static int origin_text(char *out, size_t size, const char *file, unsigned line)
{
        if (!file)
                return 0;
        return line ? snprintf(out, size, "%s:%u", file, line) : snprintf(out, size, "default");
}

/* "(a.policy:3 -> b.policy:5)", or as much of it as there is. */
static void origins_text(const cordon_difference *d, char *out, size_t size)
{
        char a[PATH_MAX] = "", b[PATH_MAX] = "";
        bool both = origin_text(a, sizeof(a), d->file_a, d->line_a) && origin_text(b, sizeof(b), d->file_b, d->line_b);

        if (!both)
                origin_text(b, sizeof(b), d->file_b, d->line_b);
        snprintf(out, size, *a || *b ? "   (%s%s%s)" : "%s%s%s", a, both ? " -> " : "", b);
}

static void in_words(struct showing *s, const cordon_difference *d)
{
        char sign = d->sign > 0 ? '+' : d->sign < 0 ? '-' : '~', origins[2 * PATH_MAX + 16];
        bool values = d->value_a || d->value_b;

        if (!strcmp(d->kind, "syscalls")) {
                call_show(s, d, sign);
                return;
        }
        calls_end(s);
        origins_text(d, origins, sizeof(origins));
        bool below = in_list(d->except_alone, d->subject); /* all that is below, and it itself not */
        tell("%c %s%s%s%s%s%s%s%s%s", sign, d->ops ? d->ops : d->kind, *d->subject ? "  " : "", d->subject,
             d->alone ? "  (itself alone)" : below ? "/**" : "", values ? "  " : "",
             values ? d->value_a ? d->value_a : "not set" : "", values ? " -> " : "",
             values ? d->value_b ? d->value_b : "not set" : "", origins);
        list_show("within ", d->within, NULL, "");
        list_show("but not", d->except, NULL, "");
        list_show("but not", d->except_alone, d->subject, " (itself alone)");
}

/* ---- for programs ------------------------------------------------------------------------------------------------ */

static struct json_object *words_array(const char *words)
{
        struct json_object *array = json_object_new_array();

        for (const char *at = words; at && *at;) {
                size_t length = strcspn(at, " ");
                json_object_array_add(array, json_object_new_string_len(at, (int)length));
                at += length + strspn(at + length, " ");
        }
        return array;
}

static struct json_object *list_array(const char *const *list)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; list[i]; i++)
                json_object_array_add(array, json_text(list[i]));
        return array;
}

static struct json_object *side_object(const char *value, const char *file, unsigned line, const char *rule)
{
        struct json_object *o = json_object_new_object();

        json_text_add(o, "value", value);
        json_text_add(o, "file", file);
        json_object_object_add(o, "line", json_object_new_int64(line));
        json_text_add(o, "rule", rule);
        return o;
}

static void as_json(struct showing *s, const cordon_difference *d)
{
        struct json_object *o = json_object_new_object();

        json_text_add(o, "sign", d->sign > 0 ? "+" : d->sign < 0 ? "-" : "~");
        json_text_add(o, "kind", d->kind);
        json_object_object_add(o, "operations", words_array(d->ops));
        json_text_add(o, "subject", d->subject);
        json_object_object_add(o, "alone", json_object_new_boolean(d->alone));
        json_object_object_add(o, "within", list_array(d->within));
        json_object_object_add(o, "except", list_array(d->except));
        json_object_object_add(o, "except_alone", list_array(d->except_alone));
        json_text_add(o, "example", d->example);
        json_object_object_add(o, "a", side_object(d->value_a, d->file_a, d->line_a, d->rule_a));
        json_object_object_add(o, "b", side_object(d->value_b, d->file_b, d->line_b, d->rule_b));
        json_object_array_add(s->array, o);
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static void show(void *ctx, const cordon_difference *d)
{
        struct showing *s = ctx;

        *(d->sign > 0 ? &s->more : d->sign < 0 ? &s->less : &s->other) += 1;
        if (s->array)
                as_json(s, d);
        else if (!s->quiet)
                in_words(s, d);
}

static void summary(const struct showing *s)
{
        if (s->more + s->less + s->other == 0)
                tell("A and B grant the same");
        else if (s->other)
                tell("B grants more: %u, less: %u, otherwise different: %u", s->more, s->less, s->other);
        else
                tell("B grants more: %u, less: %u", s->more, s->less);
}

static void json_end(struct showing *s, const struct settings *settings)
{
        struct json_object *o = json_object_new_object();

        json_object_object_add(o, "version", json_object_new_int(1));
        json_text_add(o, "a", settings->words[0]);
        json_text_add(o, "b", settings->words[1]);
        json_object_object_add(o, "more", json_object_new_int64(s->more));
        json_object_object_add(o, "less", json_object_new_int64(s->less));
        json_object_object_add(o, "other", json_object_new_int64(s->other));
        json_object_object_add(o, "differences", s->array);
        json_print(o);
}

static int compare(const cordon_policy *a, const cordon_policy *b, const struct settings *settings)
{
        cordon_error error = {0};
        struct showing s = {.quiet = settings->quiet, .array = settings->json ? json_object_new_array() : NULL};
        int r = cordon_policy_diff(a, b, show, &s, &error);

        calls_end(&s);
        if (r < 0) {
                json_object_put(s.array);
                say("diff: %s", error.text);
                return DIFF_FAILED;
        }
        if (s.array)
                json_end(&s, settings);
        else if (!s.quiet)
                summary(&s);
        return r > 0 ? DIFF_DIFFERENT : DIFF_SAME;
}

/* A define is for either of the policies; but one that none of them takes is a mistake. */
static int defines_used(const struct settings *settings, const unsigned char *a, const unsigned char *b)
{
        int r = 0;

        for (size_t i = 0; settings->defines[i]; i++) {
                if (a[i] || b[i])
                        continue;
                say("diff: neither policy has a param for '-D %s'", settings->defines[i]);
                r = -EINVAL;
        }
        return r;
}

static int open_one(cordon_policy **out, const char *file, const struct settings *settings, unsigned char *used)
{
        const char *const files[] = {file, NULL};

        struct inputs inputs;
        int r = inputs_open(&inputs, files, settings);

        if (r == 0) {
                cordon_policy_options options = inputs_options(&inputs, settings);
                options.used = used;
                r = policy_open_as(out, &options);
        }
        inputs_free(&inputs);
        return r;
}

int diff_main(const struct settings *settings)
{
        cordon_policy *policies[2] = {NULL, NULL};
        size_t count = 0;
        int status = DIFF_FAILED;

        while (settings->words[count])
                count++;
        if (count != 2) {
                say("diff: which two policies? Usage: cordon diff [OPTION]... A B");
                return DIFF_FAILED;
        }
        if (!strcmp(settings->words[0], "-") && !strcmp(settings->words[1], "-")) {
                say("diff: standard input can be read once");
                return DIFF_FAILED;
        }
        for (count = 0; settings->defines[count];)
                count++;
        unsigned char *used = calloc(2, count + 1);
        if (!used) {
                say("%s", strerror(ENOMEM));
                return DIFF_FAILED;
        }
        int r = open_one(&policies[0], settings->words[0], settings, used);
        int r2 = open_one(&policies[1], settings->words[1], settings, used + count + 1);
        if (r == 0 && r2 == 0 && defines_used(settings, used, used + count + 1) == 0)
                status = compare(policies[0], policies[1], settings);
        free(used);
        cordon_policy_unref(policies[0]);
        cordon_policy_unref(policies[1]);
        return status;
}
