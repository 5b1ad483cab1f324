/* cordon show: what there is to name in -p and `use`, and what it says. The text is printed byte by byte, but for what would
 * do something to a terminal: no policy has that. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct showing {
        struct json_object *array; /* NULL: in words */
        bool files;                /* a file was listed */
        bool one;                  /* a single one, to be printed */
};

/* Writes `text` escaped, but for tabs and the ends of lines. */
static void plain(FILE *to, const char *text, size_t length)
{
        for (size_t at = 0; at < length;) {
                size_t size = 0, crlf = text[at] == '\r' && at + 1 < length && text[at + 1] == '\n';
                if (text[at] == '\n' || text[at] == '\t' || crlf) {
                        fwrite(text + at, 1, 1 + crlf, to);
                        at += 1 + crlf;
                        continue;
                }
                while (at + size < length && text[at + size] && !strchr("\n\t\r", text[at + size]))
                        size++;
                size = size ? size : 1;
                char *part = text[at] ? strndup(text + at, size) : NULL;
                size_t room = part ? cordon_escape(part, NULL, 0) + 1 : 0;
                char *safe = part ? malloc(room) : NULL;
                if (safe)
                        cordon_escape(part, safe, room);
                fputs(safe ? safe : text[at] ? "" : "\\x00", to);
                free(part);
                free(safe);
                at += size;
        }
}

/* ---- for programs --------------------------------------------------------------------------------------------------- */

static void member(struct json_object *o, const char *key, const char *text, size_t length)
{
        char *safe = NULL;
        size_t size = 0;
        FILE *to = text ? open_memstream(&safe, &size) : NULL;

        if (to) {
                plain(to, text, length);
                fclose(to);
        }
        json_object_object_add(o, key, safe ? json_object_new_string_len(safe, (int)size) : NULL);
        free(safe);
}

static void as_json(struct showing *s, const cordon_source *source)
{
        struct json_object *o = json_object_new_object();

        member(o, "name", source->name, strlen(source->name));
        member(o, "path", source->path, source->path ? strlen(source->path) : 0);
        member(o, "summary", source->summary, strlen(source->summary));
        if (s->one)
                member(o, "text", source->text, source->length);
        else
                member(o, "objection", source->objection, source->objection ? strlen(source->objection) : 0);
        json_object_array_add(s->array, o);
}

/* ---- for people ------------------------------------------------------------------------------------------------------ */

static void row(void *ctx, const cordon_source *source)
{
        struct showing *s = ctx;

        if (s->array) {
                as_json(s, source);
                return;
        }
        if (source->path && !s->files)
                puts("");
        s->files = s->files || source->path;
        if (!source->path)
                tell("%-12s %s", source->name, source->summary);
        else if (source->objection)
                tell("%-12s %s  not used: %s", source->name, source->path, source->objection);
        else
                tell("%-12s %s%s%s", source->name, source->path, *source->summary ? "  " : "", source->summary);
}

static void whole(void *ctx, const cordon_source *source)
{
        struct showing *s = ctx;

        if (s->array) {
                as_json(s, source);
                return;
        }
        if (source->path && strcmp(source->path, source->name) != 0)
                say("%s is %s", source->name, source->path);
        plain(stdout, source->text, source->length);
}

static int show_one(struct showing *s, const char *name)
{
        bool explained = false;
        cordon_error error = {0};
        cordon_policy_options options = {.size = sizeof(options), .diag = diag_print, .diag_ctx = &explained};
        int r = cordon_source_find(name, &options, whole, s, &error);

        if (r < 0 && !explained)
                say("%s", *error.text ? error.text : strerror(-r));
        return r == 0 ? CHECK_FINE : r == -EINVAL ? CHECK_ERRORS : CHECK_FAILED;
}

static int show_all(struct showing *s)
{
        cordon_error error = {0};
        int r = cordon_source_list(NULL, row, s, &error);

        if (r < 0) {
                say("%s", *error.text ? error.text : strerror(-r));
                return CHECK_FAILED;
        }
        if (!s->array && !s->files)
                tell("(no policy file: there is none in the search path, see cordon-policy(5))");
        return CHECK_FINE;
}

int show_main(const struct settings *settings)
{
        struct showing showing = {.one = *settings->words != NULL};
        int worst = CHECK_FINE;

        if (settings->json)
                showing.array = json_object_new_array();
        if (!showing.one)
                worst = show_all(&showing);
        for (const char **name = settings->words; *name; name++) {
                int status = show_one(&showing, *name);
                worst = status > worst ? status : worst;
        }
        if (showing.array)
                puts(json_object_to_json_string_ext(showing.array, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(showing.array);
        if (fflush(stdout) != 0) {
                say("cannot write: %s", strerror(errno));
                return CHECK_FAILED;
        }
        return worst;
}
