#include "lib/environment.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool names(const char *entry, const char *pattern)
{
        char name[256];
        size_t length = strcspn(entry, "=");
        if (length >= sizeof(name))
                return false;
        memcpy(name, entry, length);
        name[length] = '\0';
        return fnmatch(pattern, name, 0) == 0;
}

static bool kept(const struct world *w, const char *entry)
{
        bool keep = false;
        for (size_t i = 0; i < w->env_count; i++) {
                const struct env_rule *rule = &w->env[i];
                if (rule->kind == ENV_CLEAR)
                        keep = false;
                else if (names(entry, rule->name))
                        keep = rule->kind == ENV_KEEP; /* one that is set comes from the policy, not from outside */
        }
        return keep;
}

static char *pair(const char *name, const char *value)
{
        size_t n = strlen(name), v = strlen(value);
        char *text = malloc(n + v + 2);
        if (text) {
                memcpy(text, name, n);
                text[n] = '=';
                memcpy(text + n + 1, value, v + 1);
        }
        return text;
}

/* The last `env set` of a name counts. */
static bool set_again(const struct world *w, size_t at)
{
        for (size_t i = at + 1; i < w->env_count; i++) {
                if (w->env[i].kind == ENV_CLEAR || (w->env[i].kind == ENV_SET && !strcmp(w->env[i].name, w->env[at].name)))
                        return true;
        }
        return false;
}

char **environment_choose(const struct policy *p, const char *const *envp, const char *extra)
{
        const struct world *w = policy_world(p);
        const char *const *from = envp ? envp : (const char *const *)environ;
        size_t most = w->env_count + 2, count = 0;
        bool whole = true;

        for (size_t i = 0; from && from[i]; i++)
                most++;
        char **env = calloc(most, sizeof(*env));
        if (!env)
                return NULL;
        for (size_t i = 0; from && from[i]; i++) {
                if (strchr(from[i], '=') && kept(w, from[i]))
                        whole = (env[count++] = strdup(from[i])) != NULL && whole;
        }
        for (size_t i = 0; i < w->env_count; i++) {
                if (w->env[i].kind == ENV_SET && !set_again(w, i))
                        whole = (env[count++] = pair(w->env[i].name, w->env[i].value)) != NULL && whole;
        }
        if (extra)
                whole = (env[count++] = strdup(extra)) != NULL && whole;
        if (!whole) {
                for (size_t i = 0; i < count; i++)
                        free(env[i]);
                free(env);
                return NULL;
        }
        return env;
}

void environment_free(char **env)
{
        for (size_t i = 0; env && env[i]; i++)
                free(env[i]);
        free(env);
}

const char *environment_cwd(const struct policy *p, char *buf, size_t size)
{
        const struct world *w = policy_world(p);
        if (w->cwd)
                return w->cwd;
        if (!getcwd(buf, size) || buf[0] != '/')
                return "/";
        return policy_eval(p, buf, strlen(buf), ACCESS_LIST).allow ? buf : "/";
}
