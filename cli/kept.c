/* Where `cordon run` keeps what a program changes in overlays: in the directory of --keep, or for the time of the run in
 *
 *   $XDG_STATE_HOME/cordon/changes/run-XXXXXX
 *
 * which becomes kept-XXXXXX where somebody still has to look at it. What a cordon that was killed has left as run-XXXXXX is
 * removed by the next one; it is locked for as long as its cordon lives. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/changes.h"
#include "cli/cli.h"

/* ---- places -------------------------------------------------------------------------------------------------------- */

static int state_directory(char out[PATH_MAX])
{
        const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
        int length = state && *state == '/' ? snprintf(out, PATH_MAX, "%s/cordon/changes", state)
                     : home && *home == '/' ? snprintf(out, PATH_MAX, "%s/.local/state/cordon/changes", home)
                                            : -1;
        return length > 0 && length < PATH_MAX - 32 ? 0 : -ENOENT;
}

static int make_all(const char *path)
{
        char part[PATH_MAX];

        for (size_t end = 1; end <= strlen(path); end++) {
                if (path[end] != '/' && path[end] != '\0')
                        continue;
                memcpy(part, path, end);
                part[end] = '\0';
                if (mkdir(part, 0700) < 0 && errno != EEXIST)
                        return -errno;
        }
        return 0;
}

typedef void each_fn(const char *path, const char *name);

static int each(const char *base, each_fn *fn)
{
        char path[PATH_MAX];
        DIR *dir = opendir(base);
        const struct dirent *entry;

        if (!dir)
                return errno == ENOENT ? 0 : -errno;
        while ((entry = readdir(dir)))
                if ((!strncmp(entry->d_name, "run-", 4) || !strncmp(entry->d_name, "kept-", 5)) &&
                    snprintf(path, sizeof(path), "%s/%s", base, entry->d_name) < (int)sizeof(path))
                        fn(path, entry->d_name);
        closedir(dir);
        return 0;
}

static void print_one(const char *path, const char *name)
{
        tell("%s%s", path, *name == 'r' ? "  (in use, or left by one that was killed)" : "");
}

int kept_list(void)
{
        char base[PATH_MAX];
        int r = state_directory(base);

        if (r < 0) {
                say("changes: HOME is not set: name the directory");
                return r;
        }
        r = each(base, print_one);
        if (r < 0)
                say("changes: %s: %s", base, strerror(-r));
        return r;
}

/* One that is in use, or not yet complete, says so and stays. */
static void sweep_one(const char *path, const char *name)
{
        if (*name == 'r')
                cordon_changes_discard(path, NULL);
}

static int make_for_this_run(char out[PATH_MAX])
{
        char base[PATH_MAX];
        int r = state_directory(base);

        if (r == 0)
                r = make_all(base);
        if (r < 0) {
                say("changes cannot be kept in %s: %s; name another place: --keep DIR",
                    r == -ENOENT ? "~/.local/state/cordon" : base, r == -ENOENT ? "HOME is not set" : strerror(-r));
                return STATUS_CORDON;
        }
        each(base, sweep_one);
        snprintf(out, PATH_MAX, "%.*s/run-XXXXXX", PATH_MAX - 32, base);
        if (mkdtemp(out))
                return 0;
        say("cannot make %s: %s; name another place: --keep DIR", out, strerror(errno));
        *out = '\0';
        return STATUS_CORDON;
}

/* ---- around a run -------------------------------------------------------------------------------------------------- */

int kept_begin(const struct settings *s, char directory[PATH_MAX])
{
        *directory = '\0';
        if (!s->keep)
                return s->list_changes || s->apply ? make_for_this_run(directory) : 0;
        if (snprintf(directory, PATH_MAX, "%s", s->keep) < PATH_MAX && (mkdir(directory, 0700) == 0 || errno == EEXIST))
                return 0;
        say("cannot make %s, where changes are to be kept: %s", s->keep, strerror(errno));
        *directory = '\0';
        return STATUS_CORDON;
}

static void show(void *ctx, const cordon_change *change)
{
        const struct settings *s = ctx;

        if (s->list_changes || (s->apply && change->refused))
                change_put(change, say);
}

static int failed(int r, const cordon_error *error)
{
        say("%s", *error->text ? error->text : strerror(-r));
        return STATUS_CORDON;
}

/* Says where all of it is, under a name that no other run takes for rubbish. */
static int leave(const struct settings *s, const char *directory, const char *why, int status)
{
        char kept[PATH_MAX];
        const char *name = strrchr(directory, '/'), *where = directory;

        if (!s->keep && name && snprintf(kept, sizeof(kept), "%.*s/kept-%s", (int)(name - directory), directory, name + 5) <
                                        (int)sizeof(kept) && rename(directory, kept) == 0)
                where = kept;
        say("%s: they are kept in %s; see `cordon changes %s`", why, where, where);
        return status;
}

static int end_without_overlay(const struct settings *s, const char *directory)
{
        say("the policy has no `overlay`, so there are no changes to %s", s->apply ? "apply" : "keep");
        return cordon_changes_discard(directory, NULL);
}

static int apply(const struct settings *s, const char *directory, const cordon_changes_options *options)
{
        cordon_error error = {0};
        int r = cordon_changes_apply(directory, options, show, (void *)s, &error);

        if (r == -ENODATA)
                return r;
        if (r < 0)
                return leave(s, directory, *error.text ? error.text : strerror(-r), STATUS_CORDON);
        if (r > 0)
                return leave(s, directory, "not all changes could be applied", STATUS_CORDON);
        r = cordon_changes_discard(directory, &error);
        return r < 0 ? failed(r, &error) : 0;
}

int kept_end(const struct settings *s, const char *directory, const cordon_policy *policy, int status)
{
        cordon_changes_options options = {.size = sizeof(options), .policy = policy};
        cordon_error error = {0};
        int r = 0;

        if (!*directory)
                return status;
        if (!policy) { /* nothing ran */
                if (cordon_changes_discard(directory, NULL) < 0 && !s->keep)
                        rmdir(directory);
                return status;
        }
        if (s->apply && status == 0)
                r = apply(s, directory, &options);
        else
                r = cordon_changes_list(directory, &options, show, (void *)s, &error);
        if (r == -ENODATA)
                return end_without_overlay(s, directory) < 0 ? STATUS_CORDON : status;
        if (r < 0)
                return failed(r, &error);
        if (s->apply && status == 0)
                return r;
        if (s->apply)
                return leave(s, directory, "the program failed, so its changes were not applied", status);
        if (s->keep)
                return leave(s, directory, r == 0 ? "nothing was changed" : "the changes were not applied", status);
        r = cordon_changes_discard(directory, &error);
        return r < 0 ? failed(r, &error) : status;
}
