/* cordon why: would it be allowed, which rule decides, which lost and why, and what would change it. Nothing is run. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

struct question {
        const struct settings *settings;
        bool denied;              /* some answer was no */
        struct json_object *json; /* the answers, or NULL: they are printed at once */
};

/* ---- in words ----------------------------------------------------------------------------------------------------- */

static const char *error_word(int error)
{
        const char *name = strerrorname_np(error);
        return name ? name : "an error";
}

static void tell_rule(const char *what, const cordon_why_rule *rule)
{
        char place[64] = "";
        if (rule->line)
                snprintf(place, sizeof(place), ":%u", rule->line);
        tell("  %-8s %s%s  %s%s%s%s%s%s", what, rule->file, place, rule->text, rule->because ? "  because \"" : "",
             rule->because ? rule->because : "", rule->because ? "\"" : "", rule->lost ? ": " : "",
             rule->lost ? rule->lost : "");
}

static void tell_verdict(const cordon_why *why)
{
        const char *verdict = why->ask ? "ask" : why->allowed ? "allowed" : "denied";
        if (why->error)
                tell("%-8s %s %s: %s (%s)", verdict, why->op, why->target, error_word(why->error), strerror(why->error));
        else
                tell("%-8s %s %s", verdict, why->op, why->target);
        if (strcmp(why->reached, why->target) != 0)
                tell("  %-8s %s", "that is", why->reached);
        if (why->on_host)
                tell("  %-8s %s", "on host", why->on_host);
}

static void answer_in_words(const cordon_why *why)
{
        tell_verdict(why);
        if (why->rule_count == 0)
                tell("  %-8s %s", "by", why->allowed ? "no rule: it leads to what a rule grants" : "no rule covers it");
        for (size_t i = 0; i < why->rule_count; i++)
                tell_rule(why->rules[i].lost ? "over" : "by", &why->rules[i]);
        if (why->note)
                tell("  %-8s %s", "note", why->note);
        if (why->change)
                tell("  %-8s %s", why->allowed ? "to deny" : "to allow", why->change);
}

/* ---- as JSON ------------------------------------------------------------------------------------------------------ */

/* Bytes that are no text become what they are on a terminal, too. */
static struct json_object *json_text(const char *text)
{
        if (!text)
                return NULL;
        size_t size = cordon_escape(text, NULL, 0) + 1;
        char *safe = malloc(size);
        if (!safe)
                return NULL;
        cordon_escape(text, safe, size);
        struct json_object *out = json_object_new_string(safe);
        free(safe);
        return out;
}

static struct json_object *json_rule(const cordon_why_rule *rule)
{
        struct json_object *out = json_object_new_object();
        json_object_object_add(out, "file", json_text(rule->file));
        json_object_object_add(out, "line", json_object_new_int64(rule->line));
        json_object_object_add(out, "rule", json_text(rule->text));
        json_object_object_add(out, "because", json_text(rule->because));
        json_object_object_add(out, "lost", json_text(rule->lost));
        return out;
}

static struct json_object *json_answer(const cordon_why *why)
{
        struct json_object *out = json_object_new_object(), *rules = json_object_new_array();
        for (size_t i = 0; i < why->rule_count; i++)
                json_object_array_add(rules, json_rule(&why->rules[i]));
        json_object_object_add(out, "op", json_text(why->op));
        json_object_object_add(out, "target", json_text(why->target));
        json_object_object_add(out, "reached", json_text(why->reached));
        json_object_object_add(out, "on_host", json_text(why->on_host));
        json_object_object_add(out, "allowed", json_object_new_boolean(why->allowed));
        json_object_object_add(out, "ask", json_object_new_boolean(why->ask));
        json_object_object_add(out, "errno", why->error ? json_text(error_word(why->error)) : NULL);
        json_object_object_add(out, "note", json_text(why->note));
        json_object_object_add(out, "change", json_text(why->change));
        json_object_object_add(out, "rules", rules);
        return out;
}

/* ---- asking ------------------------------------------------------------------------------------------------------- */

static void take_answer(void *ctx, const cordon_why *why)
{
        struct question *q = ctx;
        q->denied = q->denied || !why->allowed;
        if (q->json)
                json_object_array_add(q->json, json_answer(why));
        else
                answer_in_words(why);
}

/* A relative path counts from where one stands, as it would for a program started here. */
static int ask_one(struct question *q, const cordon_policy *policy, const char *op, const char *target)
{
        bool endpoint = !strcmp(op, "connect") || !strcmp(op, "bind");
        cordon_error error = {0};
        char *cwd = NULL, *path = NULL;
        int r = 0;

        if (!endpoint && *target != '/') {
                cwd = getcwd(NULL, 0);
                if (!cwd || asprintf(&path, "%s/%s", strcmp(cwd, "/") ? cwd : "", target) < 0)
                        r = -errno;
        }
        if (r == 0)
                r = cordon_policy_why(policy, op, path ? path : target, take_answer, q, &error);
        if (r < 0)
                say("why: %s", *error.text ? error.text : strerror(-r));
        free(path);
        free(cwd);
        return r;
}

static int ask_all(struct question *q, const cordon_policy *policy)
{
        const char *op = q->settings->words[0];
        int status = CHECK_FINE;
        for (const char **target = q->settings->words + 1; *target; target++)
                if (ask_one(q, policy, op, *target) < 0)
                        status = CHECK_FAILED;
        if (q->json)
                printf("%s\n", json_object_to_json_string_ext(q->json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
        return status ? status : q->denied ? CHECK_ERRORS : CHECK_FINE;
}

int why_main(const struct settings *settings)
{
        struct question q = {.settings = settings};
        const char *program = settings->program ? settings->program[0] : NULL;
        cordon_policy *policy = NULL;
        char found[PATH_MAX];

        if (!settings->words[0] || !settings->words[1]) {
                say("why: what is to be asked? Usage: cordon why [OPTION]... OPERATION TARGET... [-- PROGRAM]");
                return CHECK_FAILED;
        }
        if (program ? policy_open_for(&policy, settings->policies, settings, program, found) != 0
                    : policy_open(&policy, settings->policies, settings, NULL) < 0)
                return CHECK_FAILED;
        q.json = settings->json ? json_object_new_array() : NULL;
        int status = ask_all(&q, policy);
        json_object_put(q.json);
        cordon_policy_unref(policy);
        return status;
}
