/* $GIT_DIR, $GIT_COMMON_DIR and $GIT_FILE: where git keeps what belongs to the work tree that a file's param REPO names.
 * For an ordinary repository both directories are REPO/.git. A linked work tree has a file there that names them; the host
 * follows it only where everything agrees. Where it does not, the directories become a place that does not exist, so that
 * rules about them grant nothing, and the person is told. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/within.h"
#include "policy/compile.h"

#define NOWHERE "/nonexistent/git" /* below what does not exist by convention */

static void no_link(void *ctx, const char *path, const char *target)
{
        (void)ctx, (void)path, (void)target;
}

/* The work tree as one canonical path. The links on the way are not remembered: the rules about REPO itself do that. */
static int work_tree(struct compile *c, struct source *s, struct variable *v, char out[PATH_MAX])
{
        const struct policy_host *host = c->request->host;
        mode_t mode = 0;
        int r = variable_resolve(c, s, v);
        if (r != 0)
                return r;
        const char *path = v->value;
        if (path[0] != '/' && path[0] && v->relative_ok && c->cwd)
                path = arena_printf(c->arena, "%s/%s", c->cwd, path);
        if (!path)
                return -ENOMEM;
        if (path[0] != '/' || host->canonical(host->ctx, path, out, &mode, no_link, NULL) < 0)
                return -ENODATA;
        return 0;
}

static void plain(struct policy_git *git, const char *repo)
{
        snprintf(git->dir, sizeof(git->dir), "%s/.git", repo[1] ? repo : "");
        snprintf(git->common, sizeof(git->common), "%s", git->dir);
        snprintf(git->file, sizeof(git->file), "%.*s/commondir", PATH_MAX - 16, git->dir);
}

/* What lies above somebody's home is no repository of theirs, whatever it looks like. */
static bool too_wide(const struct compile *c, const struct policy_git *git)
{
        const char *home = c->policy->home;
        return !strcmp(git->common, "/") || !strcmp(git->dir, "/") ||
               (home && (path_within(home, git->common) || path_within(home, git->dir)));
}

static int resolve(struct compile *c, struct source *s, struct variable *v)
{
        const struct policy_host *host = c->request->host;
        char repo[PATH_MAX - 64];
        char canonical[PATH_MAX];
        struct policy_git *git = arena_alloc(c->arena, sizeof(*git));
        struct place at = place_word(s, v->line, v->word);
        if (!git)
                return -ENOMEM;
        int r = work_tree(c, s, v, canonical);
        if (r != 0)
                return r;
        if (strlen(canonical) >= sizeof(repo))
                return -ENODATA;
        memcpy(repo, canonical, strlen(canonical) + 1);
        plain(git, repo);
        if (host->git)
                r = host->git(host->ctx, repo, git);
        if (r == -ENOMEM)
                return r;
        if (r == 0 && too_wide(c, git)) {
                snprintf(git->why, sizeof(git->why), "it leads to %.400s, which holds more than a repository", git->common);
                r = -EPERM;
        }
        s->git = git;
        if (r == 0)
                return 0;
        snprintf(git->dir, sizeof(git->dir), NOWHERE);
        snprintf(git->common, sizeof(git->common), NOWHERE);
        if (!git->file[0])
                snprintf(git->file, sizeof(git->file), NOWHERE "/file");
        report_warning(c, &at, "trust nothing that git finds there until it has been looked at",
                       "git is not opened: %s/.git is not followed: %s", repo[1] ? repo : "", git->why);
        return 0;
}

int git_value(struct compile *c, struct source *s, const char *name, const char **out)
{
        struct variable *v = variable_find(s, "REPO", 4);
        int r = v ? 0 : -ENODATA;
        if (v && !s->git)
                r = resolve(c, s, v);
        if (r == 0)
                *out = !strcmp(name, "GIT_DIR") ? s->git->dir : !strcmp(name, "GIT_FILE") ? s->git->file : s->git->common;
        return r;
}
