/* What there is to name: bundles, and the files in the search path. Whether a file is what its name stands for is asked of
 * the very function that loading asks. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "lib/host.h"
#include "lib/policy.h"
#include "lib/search.h"

#define SUMMARY_MOST 256
#define NAMES_MOST 1000u /* in each directory */

struct telling {
        struct policy_host host;
        struct search_path search;
        struct policy_found found;
        cordon_source_fn *fn;
        void *ctx;
};

static void tell(struct telling *t, const char *name, const char *path, const char *objection)
{
        char summary[SUMMARY_MOST] = "";
        bool read = !objection;
        if (read)
                policy_summary(t->found.text, t->found.length, summary, sizeof(summary));
        t->fn(t->ctx, &(cordon_source){
                              .name = name,
                              .path = path && *path ? path : NULL,
                              .summary = summary,
                              .text = read ? t->found.text : NULL,
                              .length = read ? t->found.length : 0,
                              .objection = objection,
                      });
}

static int tell_bundles(struct telling *t)
{
        const char *bundle;
        for (size_t i = 0; (bundle = t->host.bundle_name(t->host.ctx, i)); i++) {
                char name[64];
                snprintf(name, sizeof(name), "@%s", bundle);
                if (policy_find(&t->host, t->search.directories, name, &t->found) == 0)
                        tell(t, name, NULL, NULL);
                policy_found_free(&t->found);
        }
        return 0;
}

/* ---- the files of one directory ------------------------------------------------------------------------------------- */

static bool named_policy(const char *file)
{
        size_t length = strlen(file);
        return length > strlen(".policy") && !strcmp(file + length - strlen(".policy"), ".policy");
}

/* A file without the ending is one only if it begins as a policy does. */
static bool looks_like_policy(const struct policy_found *found)
{
        return found->length >= 7 && memcmp(found->text, "cordon ", 7) == 0;
}

/* Tells about one name of a file, if that is what leads to `path`. */
static bool tell_as(struct telling *t, const char *name, const char *path, bool last)
{
        char objection[PATH_MAX + 64] = "";
        int r = policy_find(&t->host, t->search.directories, name, &t->found);
        bool same = !strcmp(t->found.path, path);
        if (r < 0 && same)
                snprintf(objection, sizeof(objection), "%s", r == -EPERM && t->found.why[0] ? t->found.why : error_text(-r));
        else if (!same)
                snprintf(objection, sizeof(objection), "the name stands for %s", t->found.path[0] ? t->found.path : "no file");
        bool told = same || last;
        bool meant = named_policy(path) || (r == 0 ? looks_like_policy(&t->found) : r != -ENOENT);
        if (told && meant)
                tell(t, name, path, objection[0] ? objection : NULL);
        policy_found_free(&t->found);
        return told;
}

static void tell_file(struct telling *t, const char *directory, const char *file)
{
        char path[PATH_MAX], name[256];
        int size = snprintf(path, sizeof(path), "%s/%s", directory, file);
        if (size < 0 || (size_t)size >= sizeof(path))
                return;
        size_t length = strlen(file) - (named_policy(file) ? strlen(".policy") : 0);
        snprintf(name, sizeof(name), "%.*s", (int)length, file);
        if (!tell_as(t, name, path, !named_policy(file)))
                tell_as(t, file, path, true);
}

static int by_name(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool maybe(const struct dirent *e)
{
        return e->d_name[0] != '.' && (e->d_type == DT_REG || e->d_type == DT_LNK || e->d_type == DT_UNKNOWN);
}

static int tell_directory(struct telling *t, const char *directory)
{
        char **names = calloc(NAMES_MOST, sizeof(*names));
        size_t count = 0;
        int r = names ? 0 : -ENOMEM;
        DIR *dir = names && directory[0] == '/' ? opendir(directory) : NULL;
        for (const struct dirent *e; dir && r == 0 && count < NAMES_MOST && (e = readdir(dir));) {
                if (maybe(e) && !(names[count++] = strdup(e->d_name)))
                        r = -ENOMEM;
        }
        if (dir)
                closedir(dir);
        if (r == 0 && count > 0)
                qsort(names, count, sizeof(*names), by_name);
        for (size_t i = 0; i < count; i++) {
                if (r == 0)
                        tell_file(t, directory, names[i]);
                free(names[i]);
        }
        free(names);
        return r;
}

/* ---- the calls ------------------------------------------------------------------------------------------------------ */

static struct telling *telling_new(const cordon_policy_options *o, cordon_source_fn *fn, void *ctx)
{
        struct telling *t = calloc(1, sizeof(*t)); /* some paths long: not on the stack */
        if (!t)
                return NULL;
        t->host = host_real(NULL);
        t->fn = fn;
        t->ctx = ctx;
        search_path_init(&t->search, o);
        return t;
}

int cordon_source_list(const cordon_policy_options *options, cordon_source_fn *fn, void *ctx, cordon_error *err)
{
        cordon_policy_options o;
        int r = policy_options_read(&o, options, err);
        if (r < 0)
                return r;
        if (!fn)
                return error_set(err, EINVAL, "no function was given");
        struct telling *t = telling_new(&o, fn, ctx);
        r = t ? tell_bundles(t) : -ENOMEM;
        for (size_t i = 0; r == 0 && t->search.directories[i]; i++)
                r = tell_directory(t, t->search.directories[i]);
        free(t);
        return r < 0 ? error_set(err, -r, "cannot list policies: %s", error_text(-r)) : 0;
}

/* Loading it fails as finding it did, and says why. */
static int not_found(cordon_policy_options *o, const char *name, cordon_error *err)
{
        const char *const files[] = {name, NULL};
        cordon_policy *p = NULL;
        o->files = files;
        int r = cordon_policy_load(&p, o, err);
        cordon_policy_unref(p);
        return r < 0 ? r : error_set(err, EAGAIN, "%s: it changed while it was read", name);
}

int cordon_source_find(const char *name, const cordon_policy_options *options, cordon_source_fn *fn, void *ctx,
                       cordon_error *err)
{
        cordon_policy_options o;
        int r = policy_options_read(&o, options, err);
        if (r < 0)
                return r;
        if (!fn || !name)
                return error_set(err, EINVAL, "no name or no function was given");
        struct telling *t = telling_new(&o, fn, ctx);
        if (!t)
                return error_set(err, ENOMEM, "%s", error_text(ENOMEM));
        r = policy_find(&t->host, t->search.directories, name, &t->found);
        if (r == 0)
                tell(t, name, t->found.path, NULL);
        policy_found_free(&t->found);
        free(t);
        return r == 0 ? 0 : not_found(&o, name, err);
}
