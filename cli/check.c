/* cordon check: is each policy correct, does it say what is meant, and does it do what its own `expect` lines say? Each
 * file is looked at for itself. All that is found is kept until it can be shown in the order of the lines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"
#include "cli/json.h"

struct finding {
        cordon_diag diag; /* its strings are copies */
        unsigned file;    /* files in the order in which they came up */
        unsigned line, column;
        size_t order;
};

struct checking {
        struct finding *findings;
        size_t count, room;
        unsigned errors, warnings;
        unsigned expected, failed;
        bool no_memory;
        bool unread; /* standard input or a path of the command line; said already */
};

/* ---- findings ---------------------------------------------------------------------------------------------------- */

/* What the strings of a finding point to becomes its own. False without memory; it must be freed all the same. */
static bool finding_own(struct finding *f)
{
        const char **texts[] = {&f->diag.file, &f->diag.message, &f->diag.hint, &f->diag.source, &f->diag.id};
        bool whole = true;

        for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
                const char *text = *texts[i];
                *texts[i] = text ? strdup(text) : NULL;
                whole = whole && (!text || *texts[i]);
        }
        return whole;
}

static void finding_free(struct finding *f)
{
        const char *texts[] = {f->diag.file, f->diag.message, f->diag.hint, f->diag.source, f->diag.id};

        for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
                free((char *)texts[i]);
}

static unsigned file_number(const struct checking *c, const char *file)
{
        unsigned next = 0;

        for (size_t i = 0; i < c->count; i++) {
                if (!strcmp(c->findings[i].diag.file, file))
                        return c->findings[i].file;
                next = c->findings[i].file >= next ? c->findings[i].file + 1 : next;
        }
        return next;
}

/* A note belongs to what came before it, and stays with that. */
static void collect(void *ctx, const cordon_diag *diag)
{
        struct checking *c = ctx;

        if (c->count == c->room) {
                size_t room = c->room ? 2 * c->room : 16;
                struct finding *more = reallocarray(c->findings, room, sizeof(*more));
                if (!more) {
                        c->no_memory = true;
                        return;
                }
                c->findings = more;
                c->room = room;
        }
        struct finding f = {.diag = *diag, .order = c->count}, *last = c->count ? &c->findings[c->count - 1] : NULL;
        if (!finding_own(&f)) {
                finding_free(&f);
                c->no_memory = true;
                return;
        }
        bool follows = diag->severity == CORDON_NOTE && last;
        f.file = follows ? last->file : file_number(c, diag->file);
        f.line = follows ? last->line : diag->line;
        f.column = follows ? last->column : diag->column;
        c->errors += diag->severity == CORDON_ERROR;
        c->warnings += diag->severity == CORDON_WARNING;
        c->findings[c->count++] = f;
}

static int by_place(const void *a, const void *b)
{
        const struct finding *x = a, *y = b;
        if (x->file != y->file)
                return x->file < y->file ? -1 : 1;
        if (x->line != y->line)
                return x->line < y->line ? -1 : 1;
        if (x->column != y->column)
                return x->column < y->column ? -1 : 1;
        return x->order < y->order ? -1 : 1;
}

/* ---- one policy -------------------------------------------------------------------------------------------------- */

static int look(struct checking *c, const char *file, const struct settings *settings, cordon_error *error)
{
        const char *const files[] = {file, NULL};
        cordon_policy *policy = NULL;
        struct inputs inputs;
        int r = inputs_open(&inputs, files, settings);

        if (r < 0) {
                snprintf(error->text, sizeof(error->text), "what the command line names cannot be read");
                c->unread = true;
        } else {
                cordon_policy_options options = inputs_options(&inputs, settings);
                options.diag = collect;
                options.diag_ctx = c;
                r = cordon_policy_load(&policy, &options, error);
        }
        inputs_free(&inputs);
        if (r == 0)
                r = cordon_policy_lint(policy, collect, c, error);
        if (r >= 0) {
                r = cordon_policy_expect(policy, collect, c, &c->expected);
                c->failed = r > 0 ? (unsigned)r : 0;
        }
        cordon_policy_unref(policy);
        return r < 0 ? r : 0;
}

static int status_of(const struct checking *c, int r, const struct settings *settings)
{
        if (c->no_memory || c->unread || (r < 0 && r != -EINVAL))
                return CHECK_FAILED;
        return r < 0 || c->errors > 0 || (settings->strict && c->warnings > 0) ? CHECK_ERRORS : CHECK_FINE;
}

/* ---- in words ---------------------------------------------------------------------------------------------------- */

static const char *plural(unsigned count)
{
        return count == 1 ? "" : "s";
}

static void summary(const struct checking *c, const char *file, int status, const struct settings *settings)
{
        char warnings[64] = "";

        if (c->warnings > 0)
                snprintf(warnings, sizeof(warnings), "; %u warning%s", c->warnings, plural(c->warnings));
        if (c->failed > 0)
                say("%s: %u of %u expectations do not hold%s", file, c->failed, c->expected, warnings);
        else if (c->errors > 0 && status != CHECK_FAILED)
                say("%s: %u error%s%s", file, c->errors, plural(c->errors), warnings);
        else if (status == CHECK_ERRORS)
                say("%s: %u warning%s, and --strict lets none pass", file, c->warnings, plural(c->warnings));
        else if (status == CHECK_FINE && !settings->quiet && c->expected > 0)
                tell("%s: fine, %u of %u expectations hold%s", file, c->expected, c->expected, warnings);
        else if (status == CHECK_FINE && !settings->quiet)
                tell("%s: fine, but it expects nothing (write lines such as: expect deny read ~/.ssh/id_rsa)%s", file, warnings);
}

static void show(const struct checking *c, const char *file, int status, const cordon_error *error,
                 const struct settings *settings)
{
        for (size_t i = 0; i < c->count; i++)
                diag_print(NULL, &c->findings[i].diag);
        if (status == CHECK_FAILED && c->errors == 0 && !c->unread)
                say("%s: %s", file, *error->text ? error->text : strerror(ENOMEM));
        summary(c, file, status, settings);
}

/* ---- for programs ------------------------------------------------------------------------------------------------ */

static struct json_object *finding_object(const cordon_diag *d)
{
        static const char *const names[] = {[CORDON_ERROR] = "error", [CORDON_WARNING] = "warning", [CORDON_NOTE] = "note"};
        struct json_object *o = json_object_new_object();

        json_text_add(o, "severity", names[d->severity]);
        json_text_add(o, "id", d->id);
        json_text_add(o, "file", d->file);
        json_object_object_add(o, "line", json_object_new_int64(d->line));
        json_object_object_add(o, "column", json_object_new_int64(d->column));
        json_object_object_add(o, "width", json_object_new_int64(d->width));
        json_text_add(o, "message", d->message);
        json_text_add(o, "hint", d->hint);
        return o;
}

static void add_object(struct json_object *files, const struct checking *c, const char *file, int status,
                       const cordon_error *error)
{
        struct json_object *o = json_object_new_object(), *list = json_object_new_array();
        struct json_object *expectations = json_object_new_object();

        for (size_t i = 0; i < c->count; i++)
                json_object_array_add(list, finding_object(&c->findings[i].diag));
        json_object_object_add(expectations, "total", json_object_new_int64(c->expected));
        json_object_object_add(expectations, "failed", json_object_new_int64(c->failed));
        json_text_add(o, "file", file);
        json_object_object_add(o, "findings", list);
        json_object_object_add(o, "expectations", expectations);
        json_text_add(o, "error", status == CHECK_FAILED ? *error->text ? error->text : strerror(ENOMEM) : NULL);
        json_object_object_add(o, "status", json_object_new_int(status));
        json_object_array_add(files, o);
}

static void json_end(struct json_object *files, int status)
{
        struct json_object *o = json_object_new_object();

        json_object_object_add(o, "version", json_object_new_int(1));
        json_object_object_add(o, "files", files);
        json_object_object_add(o, "status", json_object_new_int(status));
        json_print(o);
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static int check_one(const char *file, const struct settings *settings, struct json_object *files)
{
        struct checking c = {0};
        cordon_error error = {0};
        int r = look(&c, file, settings, &error), status = status_of(&c, r, settings);

        file = !file ? RULES_NAME : !strcmp(file, "-") ? PIPED_NAME : file;

        if (c.count > 1)
                qsort(c.findings, c.count, sizeof(*c.findings), by_place);
        if (files)
                add_object(files, &c, file, status, &error);
        else
                show(&c, file, status, &error, settings);
        for (size_t i = 0; i < c.count; i++)
                finding_free(&c.findings[i]);
        free(c.findings);
        return status;
}

static int worse(int a, int b)
{
        return a > b ? a : b;
}

int check_main(const struct settings *settings)
{
        struct json_object *files = settings->json ? json_object_new_array() : NULL;
        int worst = CHECK_FINE;

        if (!*settings->words && !*settings->policies && !settings->rules->name) {
                say("check: which policy? Usage: cordon check [OPTION]... POLICY...");
                json_object_put(files);
                return CHECK_FAILED;
        }
        if (!*settings->words && !*settings->policies) /* the rules of the command line, over the default policy */
                worst = check_one(NULL, settings, files);
        for (const char **file = settings->policies; *file; file++)
                worst = worse(worst, check_one(*file, settings, files));
        for (const char **file = settings->words; *file; file++)
                worst = worse(worst, check_one(*file, settings, files));
        if (files)
                json_end(files, worst);
        return worst;
}
