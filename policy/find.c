/* Names to files and bundles. What has a slash in it is a file. Any other name is looked for in the search path, and never
 * in the current directory: a program that was let write there must not choose the policy of the next one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "policy/compile.h"

bool file_is_users(const char *file)
{
        return file[0] != '@' && strcmp(file, STANDARD_NAME) != 0;
}

/* ---- finding ---------------------------------------------------------------------------------------------------- */

static int find_bundle(const struct policy_host *host, const char *name, struct policy_found *out)
{
        out->text = host->bundle(host->ctx, name + 1);
        if (!out->text)
                return -ENOENT;
        out->length = strlen(out->text);
        snprintf(out->identity, sizeof(out->identity), "%.60s", name);
        return 0;
}

static int find_file(const struct policy_host *host, const char *name, struct policy_found *out)
{
        size_t size = strlen(name);
        if (size >= sizeof(out->path))
                return -ENAMETOOLONG;
        int r = host->read_file(host->ctx, name, &out->data, &out->length, out->identity);
        memcpy(out->path, name, size + 1);
        out->text = out->data;
        return r;
}

/* Only what is not there lets the search go on. A file that can't be read must not make way for another of its name. */
static int find_in(const struct policy_host *host, const char *directory, const char *name, struct policy_found *out)
{
        static const char *const endings[] = {"", ".policy"};
        int r = -ENOENT;
        for (size_t i = 0; i < 2 && (r == -ENOENT || r == -ENOTDIR || r == -EISDIR); i++) {
                int size = snprintf(out->path, sizeof(out->path), "%s/%s%s", directory, name, endings[i]);
                if (size < 0 || (size_t)size >= sizeof(out->path))
                        return -ENAMETOOLONG;
                r = host->read_trusted(host->ctx, out->path, &out->data, &out->length, out->identity, out->why);
        }
        out->text = out->data;
        return r == -ENOTDIR || r == -EISDIR ? -ENOENT : r;
}

int policy_find(const struct policy_host *host, const char *const *search, const char *name, struct policy_found *out)
{
        int r = -ENOENT;
        memset(out, 0, sizeof(*out));
        if (name[0] == '@')
                return find_bundle(host, name, out);
        if (strchr(name, '/') || !search || !host->read_trusted)
                return find_file(host, name, out);
        bool directory = !name[0] || !strcmp(name, ".") || !strcmp(name, ".."); /* that is no name of a file */
        for (size_t i = 0; search[i] && !directory && r == -ENOENT; i++) {
                if (search[i][0] == '/')
                        r = find_in(host, search[i], name, out);
        }
        if (r == -ENOENT)
                out->path[0] = '\0';
        return r;
}

void policy_found_free(struct policy_found *found)
{
        free(found->data);
        found->data = NULL;
        found->text = NULL;
}

void policy_summary(const char *text, size_t length, char *out, size_t size)
{
        const char *end = memchr(text, '\n', length), *from = NULL;
        size_t line = end ? (size_t)(end - text) : length;
        if (line > 0)
                from = memchr(text, '#', line);
        if (size > 0)
                out[0] = '\0';
        if (!from)
                return;
        while (from < text + line && strchr("# \t", *from))
                from++;
        line -= (size_t)(from - text);
        while (line > 0 && strchr(" \t\r", from[line - 1]))
                line--;
        snprintf(out, size, "%.*s", (int)(line < size ? line : size), from);
}

/* ---- where it was not found --------------------------------------------------------------------------------------- */

static const struct why {
        int error;
        const char *message, *hint;
} reasons[] = {
        {-EISDIR, "this is a directory, not a policy file", "name a file in it"},
        {-EFBIG, "this file is too large for a policy (4 MiB at most)", "name directories instead of what is in them"},
        {-EINVAL, "this is not a regular file", "copy what it says into a file"},
        {-ENOENT, "there is no such file", "make it first, or look for a slip of the pen"},
        {-EACCES, "Permission denied", "see who may read it, and who may look into its directories"},
};

/* Where nothing is to be blamed but the command line, the finding is about the file itself. */
static int read_failed(struct compile *c, const struct place *at, const char *name, int error)
{
        struct why why = {error, error_text(-error), NULL};
        struct source stand_in = {.name = name};
        struct place file = {.source = &stand_in};
        for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
                if (reasons[i].error == error)
                        why = reasons[i];
        }
        if (!at)
                return report(c, &file, why.hint, "%s", why.message);
        return report(c, at, why.hint, "cannot use '%s': %s", name, why.message);
}

static const char *bundles_listed(struct compile *c, struct buf *list)
{
        const struct policy_host *host = c->request->host;
        const char *name;
        for (size_t i = 0; host->bundle_name && (name = host->bundle_name(host->ctx, i)); i++)
                buf_printf(list, "%s@%s", i ? ", " : "there are ", name);
        return list->length && !list->bad ? arena_copy(c->arena, list->data, list->length) : NULL;
}

static int bundle_missing(struct compile *c, const struct place *at, const char *name)
{
        const struct policy_host *host = c->request->host;
        struct source stand_in = {.name = name};
        struct place file = {.source = &stand_in};
        struct nearest n = nearest_begin(c, name + 1);
        struct buf cleanup_buf list = {0};
        const char *known;
        for (size_t i = 0; host->bundle_name && (known = host->bundle_name(host->ctx, i)); i++)
                nearest_offer(&n, known);
        const char *hint = nearest_hint(c, &n, "@");
        return report(c, at ? at : &file, hint ? hint : bundles_listed(c, &list), "there is no bundle '%s'", name);
}

static void no_link(void *ctx, const char *path, const char *target)
{
        (void)ctx, (void)path, (void)target;
}

/* Whether `directory` has a file of this name: what was probably meant. */
static bool lies_in(struct compile *c, const char *directory, const char *name, const char *ending)
{
        const struct policy_host *host = c->request->host;
        char out[PATH_MAX];
        mode_t mode = 0;
        const char *path = directory ? arena_printf(c->arena, "%s/%s%s", directory, name, ending) : NULL;
        return path && host->canonical(host->ctx, path, out, &mode, no_link, NULL) == 0 && (mode & S_IFMT) == S_IFREG;
}

static const char *nearby(struct compile *c, const struct place *at, const char *name)
{
        static const char *const endings[] = {"", ".policy"};
        const char *directory = at ? at->source->here : c->request->base ? c->request->base : c->cwd;
        for (size_t i = 0; i < 2; i++) {
                if (lies_in(c, directory, name, endings[i]))
                        return arena_printf(c->arena, at ? "write $HERE/%s%s" : "write ./%s%s", name, endings[i]);
        }
        return c->request->host->bundle(c->request->host->ctx, name) ? arena_printf(c->arena, "write @%s for the bundle", name)
                                                                      : NULL;
}

static int search_failed(struct compile *c, const struct place *at, const char *name, const char *hint)
{
        struct source stand_in = {.name = name};
        struct place file = {.source = &stand_in};
        struct buf cleanup_buf list = {0};
        const char *const *search = c->request->search;
        for (size_t i = 0; search[i]; i++)
                buf_printf(&list, "%s%s", i == 0 ? "" : search[i + 1] ? ", " : " or ", search[i]);
        if (list.bad)
                return -ENOMEM;
        if (!hint)
                hint = at ? "a file is named with a slash: $HERE/FILE" : "name a file with a slash: ./FILE";
        return report(c, at ? at : &file, hint, "there is no policy '%s' in %s", name,
                      list.length ? list.data : "the search path, which is empty");
}

int find_failed(struct compile *c, const struct place *at, const char *name, const struct policy_found *found, int error)
{
        bool searched = c->request->search && !strchr(name, '/');
        const char *path = arena_copy(c->arena, found->path, strlen(found->path)); /* a finding lives longer than this */
        struct source stand_in = {.name = path};
        struct place file = {.source = &stand_in};
        if (!path)
                return -ENOMEM;
        if (name[0] == '@')
                return bundle_missing(c, at, name);
        if (!at && !c->read_error)
                c->read_error = -error;
        if (searched && error == -ENOENT)
                return search_failed(c, at, name, nearby(c, at, name));
        if (error != -EPERM || !found->why[0])
                return read_failed(c, at, searched && *path ? path : name, error);
        return report(c, at ? at : &file, "change that, or write the whole path", "'%s' is not used: %s", name, found->why);
}
