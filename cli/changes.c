/* cordon changes: what a program changed in overlays, as `cordon run --keep` has kept it: looked at, applied, or thrown away. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/changes.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/text.h"

/* ---- one change ---------------------------------------------------------------------------------------------------- */

static const char *const kinds[] = {
        [CORDON_CHANGE_ADDED] = "added",       [CORDON_CHANGE_MODIFIED] = "modified", [CORDON_CHANGE_REMOVED] = "removed",
        [CORDON_CHANGE_REPLACED] = "replaced", [CORDON_CHANGE_METADATA] = "metadata",
};

static const struct {
        unsigned part;
        const char *name;
} parts[] = {
        {CORDON_CHANGE_CONTENT, "content"},
        {CORDON_CHANGE_MODE, "mode"},
        {CORDON_CHANGE_ATTRIBUTES, "attributes"},
        {CORDON_CHANGE_TIME, "time"},
};

static const char *type_of(mode_t mode)
{
        switch (mode & S_IFMT) {
        case S_IFREG:
                return "file";
        case S_IFDIR:
                return "directory";
        case S_IFLNK:
                return "link";
        case S_IFIFO:
                return "FIFO";
        case S_IFSOCK:
                return "socket";
        default:
                return "device";
        }
}

static void put_details(FILE *to, const cordon_change *c)
{
        const char *before = "  (";

        if (c->kind == CORDON_CHANGE_ADDED && S_ISREG(c->mode))
                fprintf(to, "  (%llu bytes)", (unsigned long long)c->size);
        if (c->kind == CORDON_CHANGE_MODIFIED && S_ISREG(c->mode))
                fprintf(to, "  (%llu -> %llu bytes)", (unsigned long long)c->size_before, (unsigned long long)c->size);
        if (c->kind == CORDON_CHANGE_REPLACED)
                fprintf(to, "  (%s -> %s)", type_of(c->mode_before), type_of(c->mode));
        if (c->kind == CORDON_CHANGE_REMOVED && S_ISDIR(c->mode_before))
                fputs("  and all in it", to);
        for (size_t i = 1; i < sizeof(parts) / sizeof(*parts); i++) {
                if (!(c->parts & parts[i].part) || c->kind != CORDON_CHANGE_METADATA)
                        continue;
                fprintf(to, "%s%s", before, parts[i].name);
                if (parts[i].part == CORDON_CHANGE_MODE)
                        fprintf(to, " %o -> %o", c->mode_before & 07777u, c->mode & 07777u);
                before = ", ";
        }
        if (*before == ',')
                fputs(")", to);
        if (c->target)
                fprintf(to, " -> %s%s", c->target, c->outside ? "  (leads out of the tree)" : "");
}

void change_put(const cordon_change *c, void (*out)(const char *format, ...))
{
        char *text = NULL;
        size_t length = 0;
        FILE *to = open_memstream(&text, &length);
        mode_t mode = c->mode ? c->mode : c->mode_before;

        if (!to)
                return;
        fprintf(to, "%-8s  %s%s", kinds[c->kind], c->path, S_ISDIR(mode) ? "/" : "");
        put_details(to, c);
        if (c->refused)
                fprintf(to, "  NOT TO BE APPLIED: %s", c->refused);
        if (fclose(to) == 0)
                out("%s", text);
        free(text);
}

static struct json_object *json_mode(mode_t mode)
{
        char text[16];

        snprintf(text, sizeof(text), "%06o", mode);
        return mode ? json_object_new_string(text) : NULL;
}

static struct json_object *json_change(const cordon_change *c)
{
        struct json_object *out = json_object_new_object(), *list = json_object_new_array();

        json_text_add(out, "kind", kinds[c->kind]);
        json_text_add(out, "path", c->path);
        for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
                if (c->parts & parts[i].part)
                        json_object_array_add(list, json_text(parts[i].name));
        json_object_object_add(out, "parts", list);
        json_object_object_add(out, "mode", json_mode(c->mode));
        json_object_object_add(out, "mode_before", json_mode(c->mode_before));
        json_object_object_add(out, "size", json_object_new_int64((int64_t)c->size));
        json_object_object_add(out, "size_before", json_object_new_int64((int64_t)c->size_before));
        json_text_add(out, "target", c->target);
        json_object_object_add(out, "outside", json_object_new_boolean(c->outside));
        json_object_object_add(out, "applied", json_object_new_boolean(c->applied));
        json_text_add(out, "refused", c->refused);
        json_text_add(out, "kept", c->kept);
        return out;
}

/* ---- texts --------------------------------------------------------------------------------------------------------- */

static bool is_text(const struct textfile *file)
{
        return !memchr(file->text, 0, file->length);
}

/* Files that are none, or too large, are told of by their line alone. */
static void put_content(const cordon_change *c)
{
        struct textfile was = {0}, is = {0};
        bool file = S_ISREG(c->mode) && (c->kind == CORDON_CHANGE_ADDED || c->kind == CORDON_CHANGE_MODIFIED);
        int r = !file ? -EINVAL : textfile_read(&is, c->kept);

        if (r == 0 && c->kind == CORDON_CHANGE_MODIFIED)
                r = textfile_read(&was, c->path);
        if (r == 0 && is_text(&is) && (!was.text || is_text(&was)))
                put_difference(c->path, "", was.text ? was.text : "", was.length, is.text, is.length);
        textfile_free(&was);
        textfile_free(&is);
}

/* ---- the command --------------------------------------------------------------------------------------------------- */

struct showing {
        const struct settings *settings;
        struct json_object *json;
};

static void show(void *ctx, const cordon_change *change)
{
        const struct showing *s = ctx;

        if (s->json) {
                json_object_array_add(s->json, json_change(change));
                return;
        }
        change_put(change, tell);
        if (s->settings->diff)
                put_content(change);
}

static int failed(const char *directory, int r, const cordon_error *error)
{
        say("changes: %s", *error->text ? error->text : strerror(-r));
        if (r == -ENOENT && !strchr(directory, '/'))
                say("changes: `cordon changes` without a directory lists those that are kept");
        return CHANGES_FAILED;
}

static int discard(const char *directory)
{
        cordon_error error = {0};
        int r = cordon_changes_discard(directory, &error);
        return r < 0 ? failed(directory, r, &error) : CHANGES_DONE;
}

static int go_through(const struct settings *s, const char *directory, const cordon_policy *policy)
{
        struct showing showing = {.settings = s, .json = s->json ? json_object_new_array() : NULL};
        cordon_changes_options options = {.size = sizeof(options), .policy = policy};
        cordon_error error = {0};
        int r = s->apply ? cordon_changes_apply(directory, &options, show, &showing, &error)
                         : cordon_changes_list(directory, &options, show, &showing, &error);

        if (showing.json)
                json_print(showing.json);
        if (r < 0 && r != -ENODATA)
                return failed(directory, r, &error);
        if (!s->apply)
                return CHANGES_DONE;
        if (r > 0) {
                say("changes: %d of them could not be applied: all stays in %s", r, directory);
                return CHANGES_REFUSED;
        }
        return discard(directory);
}

int changes_main(const struct settings *s)
{
        const char *directory = s->words[0];
        cordon_policy *policy = NULL;

        if (s->apply + s->discard + s->diff > 1 || (s->discard && s->json) || (s->diff && s->json)) {
                say("changes: --apply, --discard and --diff exclude each other, and --json the last two");
                return CHANGES_FAILED;
        }
        if (!directory && (s->apply || s->discard || s->diff)) {
                say("changes: which directory? Usage: cordon changes [OPTION]... [DIR]");
                return CHANGES_FAILED;
        }
        if (directory && s->words[1]) {
                say("changes: one directory at a time, not '%s' as well", s->words[1]);
                return CHANGES_FAILED;
        }
        if (!directory)
                return kept_list() < 0 ? CHANGES_FAILED : CHANGES_DONE;
        if (s->discard)
                return discard(directory);
        if (*s->policies && policy_open(&policy, s->policies, s, NULL) < 0)
                return CHANGES_FAILED;
        int status = go_through(s, directory, policy);
        cordon_policy_unref(policy);
        return status;
}
