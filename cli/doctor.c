/* cordon doctor: what this kernel has of what cordon uses, what is lost without the rest, and what helps. The first word of a
 * line is the answer; what is said below it is for whoever wants to change it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json.h"

enum { WORD_COLUMN = 2, NAME_COLUMN = 13, FOUND_COLUMN = 43, LABEL_COLUMN = 15, TEXT_COLUMN = 28 };

/* What becomes of a launch because of one feature. */
enum fate { FATE_OK, FATE_UNNEEDED, FATE_LOST, FATE_ACCEPTABLE, FATE_IMPOSSIBLE, FATE_COUNT };

static const struct {
        const char *word, *colour;
} fates[FATE_COUNT] = {
        [FATE_OK] = {"ok", "32"},
        [FATE_UNNEEDED] = {"not used", "2"},
        [FATE_LOST] = {"degraded", "33"},
        [FATE_ACCEPTABLE] = {"missing", "31"},
        [FATE_IMPOSSIBLE] = {"missing", "31"},
};

struct doctor {
        const struct settings *settings;
        const char *group; /* the last that was shown; the library's constant */
        bool colour;
        unsigned count[FATE_COUNT];
        char accept[256]; /* the names of what can be done without, with commas */
        struct json_object *list;
};

static enum fate fate_of(const cordon_feature *f)
{
        if (f->state == CORDON_FEATURE_OK)
                return FATE_OK;
        if (f->need == CORDON_NEED_NOT)
                return FATE_UNNEEDED;
        if (f->need == CORDON_NEED_WISH)
                return FATE_LOST;
        return f->accept ? FATE_ACCEPTABLE : FATE_IMPOSSIBLE;
}

static bool named(const char *list, const char *name)
{
        size_t length = strlen(name);

        for (const char *at = list; (at = strstr(at, name)); at += length)
                if ((at == list || at[-1] == ',') && (at[length] == ',' || !at[length]))
                        return true;
        return false;
}

static void note_accept(struct doctor *d, const char *name)
{
        size_t used = strlen(d->accept);

        if (!named(d->accept, name))
                snprintf(d->accept + used, sizeof(d->accept) - used, "%s%s", used ? "," : "", name);
}

/* ---- for people ------------------------------------------------------------------------------------------------------- */

static void detail(const char *label, const char *text)
{
        for (bool first = true; text && *text; first = false) {
                size_t length = strcspn(text, "\n");
                tell("%*s%-*s%.*s", LABEL_COLUMN, "", TEXT_COLUMN - LABEL_COLUMN, first ? label : "", (int)length,
                     text);
                text += length + (text[length] == '\n');
        }
}

static void show(const struct doctor *d, const cordon_feature *f, enum fate fate)
{
        const char *word = fates[fate].word;
        bool troubled = fate >= FATE_LOST && !f->needs; /* else what is to be said is said of what it needs */

        printf("%*s%s%s%s%s%s%*s", WORD_COLUMN, "", d->colour ? "\033[" : "", d->colour ? fates[fate].colour : "",
               d->colour ? "m" : "", word, d->colour ? "\033[m" : "", NAME_COLUMN - WORD_COLUMN - (int)strlen(word),
               "");
        tell("%-*s  %s", FOUND_COLUMN - NAME_COLUMN - 2, f->name, f->found);
        if (troubled || d->settings->verbose) {
                detail("used for", f->used);
                detail("without it", f->lost);
        }
        if (troubled)
                detail("to have it", f->remedy);
        if (troubled && fate == FATE_ACCEPTABLE)
                tell("%*s%-*s--accept %s", LABEL_COLUMN, "", TEXT_COLUMN - LABEL_COLUMN, "or accept", f->accept);
}

static void conclude(const struct doctor *d)
{
        const char *whose = *d->settings->policies ? "the policy" : "the default policy";

        tell("%s", "");
        if (d->count[FATE_IMPOSSIBLE])
                tell("No sandbox can be started here.");
        else if (d->count[FATE_ACCEPTABLE])
                tell("No sandbox is started here, unless you accept what is lost: cordon run --accept %s ...",
                     d->accept);
        else if (d->count[FATE_LOST])
                tell("Sandboxes can be started. What is said above is lost.");
        else
                tell("All is here that %s needs.", whose);
}

/* ---- both --------------------------------------------------------------------------------------------------------------- */

static void add_json(struct json_object *list, const cordon_feature *f, enum fate fate)
{
        static const char *const needs[] = {
                [CORDON_NEED_NOT] = "not", [CORDON_NEED_WISH] = "wish", [CORDON_NEED_MUST] = "must"};
        struct json_object *o = json_object_new_object();

        json_text_add(o, "id", f->id);
        json_text_add(o, "group", f->group);
        json_text_add(o, "name", f->name);
        json_object_object_add(o, "here", json_object_new_boolean(f->state == CORDON_FEATURE_OK));
        json_text_add(o, "need", needs[f->need]);
        json_text_add(o, "verdict", fates[fate].word);
        json_text_add(o, "found", f->found);
        json_text_add(o, "used", f->used);
        json_text_add(o, "lost", f->lost);
        /* With its lines: a profile is to be copied. */
        json_object_object_add(o, "remedy", f->remedy ? json_object_new_string(f->remedy) : NULL);
        json_text_add(o, "accept", f->accept);
        json_text_add(o, "needs", f->needs);
        json_object_array_add(list, o);
}

static void take(void *ctx, const cordon_feature *f)
{
        struct doctor *d = ctx;
        enum fate fate = fate_of(f);

        d->count[fate]++;
        if (fate == FATE_ACCEPTABLE && !f->needs)
                note_accept(d, f->accept);
        if (d->list) {
                add_json(d->list, f, fate);
                return;
        }
        if (!d->group || strcmp(d->group, f->group) != 0)
                printf("%s%s\n", d->group ? "\n" : "", f->group); /* a constant of the library */
        d->group = f->group;
        show(d, f, fate);
}

static int status_of(const struct doctor *d)
{
        if (d->count[FATE_IMPOSSIBLE])
                return DOCTOR_IMPOSSIBLE;
        return d->count[FATE_ACCEPTABLE] || d->count[FATE_LOST] ? DOCTOR_LOST : DOCTOR_FINE;
}

static void print_json(struct doctor *d, int status)
{
        struct json_object *all = json_object_new_object();

        json_object_object_add(all, "version", json_object_new_int(1));
        json_object_object_add(all, "status", json_object_new_int(status));
        json_text_add(all, "accept", *d->accept ? d->accept : NULL);
        json_object_object_add(all, "features", d->list);
        json_print(all);
}

/* The default policy may not be used in every directory, but what it needs of a kernel is the same in all: some tree that is
 * written. */
static int policy_for(cordon_policy **out, const struct settings *settings)
{
        static const char text[] = "cordon 1\nuse @base @dev\ntmp none\nwrite /tmp\n";
        static const cordon_policy_text like_default = {"the default policy", text, sizeof(text) - 1, 0};
        if (*settings->policies)
                return policy_open(out, settings->policies, settings, NULL);
        return policy_open_as(out, &(cordon_policy_options){
                                           .size = sizeof(cordon_policy_options),
                                           .files = settings->policies,
                                           .defines = settings->defines,
                                           .texts = &like_default,
                                           .text_count = 1,
                                   });
}

int doctor_main(const struct settings *settings)
{
        struct doctor d = {.settings = settings, .colour = colour_on(STDOUT_FILENO)};
        cordon_policy *policy = NULL;
        cordon_error error = {0};

        if (*settings->words) {
                say("doctor: '%s' is not expected; a policy is named by -p (see cordon doctor --help)",
                    *settings->words);
                return DOCTOR_IMPOSSIBLE;
        }
        if (policy_for(&policy, settings) < 0)
                return DOCTOR_IMPOSSIBLE;
        d.list = settings->json ? json_object_new_array() : NULL;
        int r = cordon_host_features(policy, take, &d, &error);
        cordon_policy_unref(policy);
        if (r < 0) {
                json_object_put(d.list);
                say("%s", *error.text ? error.text : strerror(-r));
                return DOCTOR_IMPOSSIBLE;
        }
        if (settings->json)
                print_json(&d, status_of(&d));
        else
                conclude(&d);
        return status_of(&d);
}
