/* Finding the program as a shell would: a name with a slash is a path, any other is looked for along PATH, where
 * what can't be executed is passed over but remembered, so that 126 and 127 tell the two mistakes apart. What is not there on the
 * host may be there in the sandbox, where a policy shows something at another place (`exec A as B`): there the same is done once
 * more. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

/* 0 where `path` can be executed, else a negative errno. */
static int executable(const char *path)
{
        struct stat st;

        if (stat(path, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode))
                return -EACCES;
        return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static void take_answer(void *ctx, const cordon_why *why)
{
        char *there = ctx;
        bool fine = why->allowed && !why->error;

        snprintf(there, PATH_MAX, "%s", !fine ? "" : why->on_host ? why->on_host : why->reached);
}

/* The same of what a policy shows at `path`. */
static int shown(const cordon_policy *policy, const char *path)
{
        char there[PATH_MAX] = "";

        if (cordon_policy_why(policy, "exec", path, take_answer, there, NULL) < 0 || !*there)
                return -ENOENT;
        return executable(there);
}

/* `policy` is NULL for the host. */
static int look_at(const cordon_policy *policy, const char *path)
{
        return policy ? shown(policy, path) : executable(path);
}

static bool has_dots(const char *path)
{
        size_t length = strlen(path);

        return strstr(path, "/./") || strstr(path, "/../") || strstr(path, "//") ||
               (length >= 2 && !strcmp(path + length - 2, "/.")) || (length >= 3 && !strcmp(path + length - 3, "/.."));
}

/* "dir/name" made absolute. Only where it has dots is its directory resolved: the last name must stay what it is, for
 * programs that look at the name they were started by. */
static int absolute(const char *dir, size_t dir_length, const char *name, char out[PATH_MAX])
{
        char cwd[PATH_MAX] = "", joined[PATH_MAX], real[PATH_MAX];
        bool rooted = dir_length > 0 && *dir == '/';

        if (!rooted && !getcwd(cwd, sizeof(cwd)))
                return -errno;
        int n = snprintf(joined, sizeof(joined), "%s%s%.*s/%s", cwd, rooted || !dir_length ? "" : "/", (int)dir_length,
                         dir, name);
        if (n < 0 || n >= PATH_MAX)
                return -ENAMETOOLONG;
        if (!has_dots(joined) || !strcmp(name, ".") || !strcmp(name, "..")) {
                memcpy(out, joined, (size_t)n + 1);
                return 0;
        }
        joined[strlen(joined) - strlen(name) - 1] = '\0';
        if (!realpath(*joined ? joined : "/", real))
                return -errno;
        n = snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") ? real : "", name);
        return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int by_path(const cordon_policy *policy, const char *path, char out[PATH_MAX])
{
        const char *slash = strrchr(path, '/');
        size_t dir_length = slash == path ? 1 : (size_t)(slash - path);
        int r = absolute(path, dir_length, slash + 1, out);

        /* A trailing slash asks for a directory: let the kernel say what is wrong with that. */
        return r < 0 ? r : look_at(policy, slash[1] ? out : path);
}

static int by_name(const cordon_policy *policy, const char *name, char out[PATH_MAX])
{
        const char *list = getenv("PATH");
        char standard[256] = "/bin:/usr/bin";
        int worst = -ENOENT;

        if (!list) {
                confstr(_CS_PATH, standard, sizeof(standard));
                list = standard;
        }
        for (const char *dir = list;; dir++) {
                size_t length = strcspn(dir, ":");
                int r = absolute(dir, length, name, out); /* an empty entry is the working directory */
                if (r == 0)
                        r = look_at(policy, out);
                if (r == 0)
                        return 0;
                if (r != -ENOENT && r != -ENOTDIR && worst == -ENOENT)
                        worst = r;
                dir += length;
                if (!*dir)
                        return worst == -EISDIR ? -ENOENT : worst; /* a shell passes over directories on PATH */
        }
}

int program_look(const char *name, const cordon_policy *policy, char out[PATH_MAX])
{
        return !*name ? -ENOENT : strchr(name, '/') ? by_path(policy, name, out) : by_name(policy, name, out);
}

int program_missing(const char *name, int r)
{
        bool is_path = strchr(name, '/') != NULL;
        bool is_long = strlen(name) > 200;

        if (r == -ENOENT && !is_path)
                say("%.200s%s: not found on PATH", *name ? name : "''", is_long ? "…" : "");
        else if (r == -ENOENT || r == -ENOTDIR)
                say("%.200s%s: not found", name, is_long ? "…" : "");
        else
                say("%.200s%s: cannot execute: %s", name, is_long ? "…" : "", strerror(-r));
        return r == -ENOENT || r == -ENOTDIR ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}
