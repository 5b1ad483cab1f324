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

/* ---- the list --------------------------------------------------------------------------------------------------- */

struct list {
        char **items; /* NULL-terminated, with room for all that may come */
        size_t count;
        bool no_memory;
};

static size_t count_of(const char *const *texts)
{
        size_t count = 0;
        while (texts && texts[count])
                count++;
        return count;
}

static void list_add(struct list *l, char *text)
{
        if (text)
                l->items[l->count++] = text;
        else
                l->no_memory = true;
}

/* All of that name go, however often it was there. */
static void list_remove(struct list *l, const char *name, size_t length)
{
        size_t kept_count = 0;
        for (size_t i = 0; i < l->count; i++) {
                if (!strncmp(l->items[i], name, length) && l->items[i][length] == '=')
                        free(l->items[i]);
                else
                        l->items[kept_count++] = l->items[i];
        }
        while (l->count > kept_count)
                l->items[--l->count] = NULL;
}

static void list_change(struct list *l, const char *change)
{
        size_t length = strcspn(change, "=");
        list_remove(l, change, length);
        if (change[length])
                list_add(l, strdup(change));
}

static void list_choose(struct list *l, const struct world *w, const char *const *from)
{
        for (size_t i = 0; from && from[i]; i++) {
                if (strchr(from[i], '=') && kept(w, from[i]))
                        list_add(l, strdup(from[i]));
        }
        for (size_t i = 0; i < w->env_count; i++) {
                if (w->env[i].kind == ENV_SET && !set_again(w, i))
                        list_add(l, pair(w->env[i].name, w->env[i].value));
        }
}

char **environment_choose(const struct policy *p, const struct environment_wish *wish)
{
        const struct world *w = policy_world(p);
        const char *const *from = wish->envp ? wish->envp : (const char *const *)environ;
        struct list l = {.items = calloc(count_of(from) + w->env_count + count_of(wish->changes) + 2, sizeof(*l.items))};

        if (!l.items)
                return NULL;
        if (!wish->clear)
                list_choose(&l, w, from);
        for (size_t i = 0; wish->changes && wish->changes[i]; i++)
                list_change(&l, wish->changes[i]);
        if (wish->extra)
                list_change(&l, wish->extra);
        if (l.no_memory) {
                environment_free(l.items);
                return NULL;
        }
        return l.items;
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
