/* cordon syscalls: the system calls by name and by group, as `syscalls` lines know them. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { NAMES_MOST = 1024, NAME_COLUMN = 24, NUMBER_COLUMN = 6 };

/* ---- in words --------------------------------------------------------------------------------------------------- */

static void tell_group(void *ctx, const char *name, const char *text)
{
        (void)ctx;
        tell("%-20s %s", name, text);
}

static const char *fate_words(const cordon_syscall *call)
{
        static const char *const words[] = {
                [CORDON_SYSCALL_FREE] = "",
                [CORDON_SYSCALL_REFUSED] = "refused in every sandbox: ",
                [CORDON_SYSCALL_NEEDED] = "needed in every sandbox: ",
                [CORDON_SYSCALL_PARTLY] = "needed in every sandbox, with some arguments: ",
        };
        return words[call->fate];
}

static void tell_call(void *ctx, const cordon_syscall *call)
{
        char number[16] = "-";
        (void)ctx;

        if (call->number >= 0)
                snprintf(number, sizeof(number), "%d", call->number);
        if (call->fate == CORDON_SYSCALL_FREE)
                tell("%-*s %s", NAME_COLUMN, call->name, number);
        else
                tell("%-*s %-*s %s%s", NAME_COLUMN, call->name, NUMBER_COLUMN, number, fate_words(call),
                     call->reason ? call->reason : "");
}

static void tell_name(void *ctx, const char *name, const char *text)
{
        (void)ctx;
        tell("  %-20s %s", name, text);
}

static int tell_one(const char *word)
{
        cordon_syscall call;

        if (*word == '@')
                return cordon_syscall_group_calls(word, tell_call, NULL);
        int r = cordon_syscall_find(word, &call);
        if (r < 0)
                return r;
        tell_call(NULL, &call);
        if (call.number < 0)
                tell("  this architecture has no such call");
        return cordon_syscall_groups(word, tell_name, NULL);
}

/* ---- in JSON ---------------------------------------------------------------------------------------------------- */

static void put(struct json_object *o, const char *key, const char *text)
{
        json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

static void json_group(void *ctx, const char *name, const char *text)
{
        struct json_object *o = json_object_new_object();

        put(o, "name", name);
        put(o, "text", text);
        json_object_array_add(ctx, o);
}

static void json_group_name(void *ctx, const char *name, const char *text)
{
        (void)text;
        json_object_array_add(ctx, json_object_new_string(name));
}

static struct json_object *call_object(const cordon_syscall *call)
{
        static const char *const fates[] = {
                [CORDON_SYSCALL_FREE] = "free",
                [CORDON_SYSCALL_REFUSED] = "refused",
                [CORDON_SYSCALL_NEEDED] = "needed",
                [CORDON_SYSCALL_PARTLY] = "partly needed",
        };
        struct json_object *o = json_object_new_object();

        put(o, "name", call->name);
        json_object_object_add(o, "number", call->number >= 0 ? json_object_new_int(call->number) : NULL);
        put(o, "group", call->group);
        put(o, "fate", fates[call->fate]);
        put(o, "reason", call->reason);
        return o;
}

static void json_call(void *ctx, const cordon_syscall *call)
{
        json_object_array_add(ctx, call_object(call));
}

struct text_wanted {
        const char *name;
        struct json_object *out;
};

static void json_text(void *ctx, const char *name, const char *text)
{
        struct text_wanted *wanted = ctx;
        if (strcmp(name, wanted->name) == 0)
                put(wanted->out, "text", text);
}

static struct json_object *group_object(const char *name)
{
        struct json_object *o = json_object_new_object();
        struct text_wanted wanted = {name, o};

        put(o, "name", name);
        cordon_syscall_groups(NULL, json_text, &wanted);
        return o;
}

/* A group with its calls, or a call with its groups. */
static int json_one(struct json_object *list, const char *word)
{
        struct json_object *inner = json_object_new_array(), *o = NULL;
        cordon_syscall call;
        int r;

        if (*word == '@') {
                r = cordon_syscall_group_calls(word, json_call, inner);
                o = r < 0 ? NULL : group_object(word);
        } else {
                r = cordon_syscall_find(word, &call);
                if (r == 0)
                        r = cordon_syscall_groups(word, json_group_name, inner);
                o = r < 0 ? NULL : call_object(&call);
        }
        if (o) {
                json_object_object_add(o, *word == '@' ? "calls" : "groups", inner);
                json_object_array_add(list, o);
        } else {
                json_object_put(inner);
        }
        return r;
}

/* ---- what there is none of ---------------------------------------------------------------------------------------- */

struct names {
        const char *of[NAMES_MOST];
        size_t count;
};

static void collect_group(void *ctx, const char *name, const char *text)
{
        struct names *names = ctx;
        (void)text;
        if (names->count < NAMES_MOST)
                names->of[names->count++] = name;
}

static void collect_call(void *ctx, const cordon_syscall *call)
{
        collect_group(ctx, call->name, NULL);
}

static void say_unknown(const char *word)
{
        struct names names = {.count = 0};

        if (*word == '@')
                cordon_syscall_groups(NULL, collect_group, &names);
        else
                cordon_syscall_group_calls("@known", collect_call, &names);
        const char *near = nearest(word, names.of, sizeof(names.of[0]), names.count);
        const char *what = *word == '@' ? "group" : "system call";
        if (near)
                say("there is no %s '%s', did you mean '%s'?", what, word, near);
        else
                say("there is no %s '%s' (`cordon syscalls` lists the groups)", what, word);
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

int syscalls_main(const struct settings *settings)
{
        struct json_object *list = settings->json ? json_object_new_array() : NULL;
        int status = CHECK_FINE;

        if (settings->json && !list) {
                say("%s", strerror(ENOMEM));
                return CHECK_FAILED;
        }
        if (!*settings->words)
                cordon_syscall_groups(NULL, list ? json_group : tell_group, list);
        for (const char **word = settings->words; *word; word++) {
                if ((list ? json_one(list, *word) : tell_one(*word)) >= 0)
                        continue;
                say_unknown(*word);
                status = CHECK_ERRORS;
        }
        if (list)
                printf("%s\n", json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(list);
        return status;
}
