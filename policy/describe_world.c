/* What a policy says of everything around the files: what there is one of, then the lists. */
#include <cap-ng.h>
#include <stdio.h>
#include <string.h>

#include "policy/describe.h"

#define WORDS_MOST 256

/* ---- what there is one of ----------------------------------------------------------------------------------------- */

/* One line of the world: the value as it could be written in a policy, and what that means. */
struct word {
        const char *verb;
        char value[WORDS_MOST]; /* cut, where a path is too long to be of use */
        const char *meaning;
        const struct origin *at;
};

static struct word word_net(const struct policy *p)
{
        static const struct {
                const char *value, *meaning;
        } modes[] = {
                [NET_NONE] = {"none", "no sockets but pairs"},
                [NET_LOOPBACK] = {"loopback", "a network of its own, TCP and UDP within it"},
                [NET_HOST] = {"host", "TCP and UDP over the host's network"},
        };
        const struct world *w = policy_world(p);
        struct word word = {.verb = "net", .meaning = modes[w->net].meaning, .at = &w->net_at};

        strcpy(word.value, modes[w->net].value);
        return word;
}

/* Whether the `tmp` line itself has `exec` in it. */
static bool tmp_exec(const struct policy *p)
{
        size_t count;
        const struct rule *rules = policy_rules(p, &count);

        for (size_t i = 0; i < count; i++)
                if (rules[i].implied && strcmp(rules[i].pattern, "/tmp") == 0)
                        return (rules[i].access & ACCESS_EXEC) != 0;
        return false;
}

static struct word word_tmp(const struct policy *p)
{
        const struct world *w = policy_world(p);
        struct word word = {.verb = "tmp", .at = &w->tmp_at};

        if (w->tmp && w->tmp_size % (1u << 20) == 0)
                snprintf(word.value, sizeof(word.value), "private %lluM", (unsigned long long)w->tmp_size >> 20);
        else if (w->tmp)
                snprintf(word.value, sizeof(word.value), "private %lluK", (unsigned long long)w->tmp_size >> 10);
        else
                strcpy(word.value, "none");
        if (tmp_exec(p))
                strcat(word.value, " exec");
        word.meaning = w->tmp ? "in memory, gone at the end" : "there is none";
        return word;
}

static void append(char value[WORDS_MOST], const char *text)
{
        size_t length = strlen(value);
        snprintf(value + length, WORDS_MOST - length, "%s%s", length > 0 ? " " : "", text);
}

static struct word word_dev(const struct policy *p)
{
        const struct world *w = policy_world(p);
        struct word word = {.verb = "dev", .meaning = "", .at = &w->dev_at};

        for (size_t i = 0; w->devices[i]; i++)
                append(word.value, w->devices[i]);
        if (!w->devices[0])
                strcpy(word.value, "none");
        return word;
}

static struct word word_proc(const struct policy *p)
{
        static const struct {
                const char *value, *meaning;
        } modes[] = {
                [PROC_OWN] = {"own", "its own processes"},
                [PROC_SELF] = {"self", "its own processes, nothing of the system"},
                [PROC_NONE] = {"none", "there is none"},
        };
        const struct world *w = policy_world(p);
        struct word word = {.verb = "proc", .meaning = modes[w->proc].meaning, .at = &w->proc_at};

        strcpy(word.value, modes[w->proc].value);
        return word;
}

static struct word word_user(const struct policy *p)
{
        static const char *const meanings[] = {
                [USER_DEFAULT] = "an ordinary user's own id; for root one without privileges",
                [USER_OWN] = "the caller's own id, root's too",
                [USER_ROOT] = "the default id, seen as 0",
                [USER_ID] = "the default id, seen as this one",
        };
        static const char *const values[] = {
                [USER_DEFAULT] = "default", [USER_OWN] = "own", [USER_ROOT] = "root", [USER_ID] = ""};
        const struct world *w = policy_world(p);
        struct word word = {.verb = "user", .meaning = meanings[w->user], .at = &w->user_at};

        if (w->user == USER_ID)
                snprintf(word.value, sizeof(word.value), "%u:%u", w->uid, w->gid);
        else
                strcpy(word.value, values[w->user]);
        return word;
}

static struct word word_caps(const struct policy *p)
{
        const struct world *w = policy_world(p);
        struct word word = {.verb = "caps", .meaning = "in the sandbox's own user namespace", .at = &w->caps_at};

        strcpy(word.value, w->caps ? "keep" : "none");
        for (unsigned i = 0; i < 64; i++)
                if (w->caps >> i & 1)
                        append(word.value, capng_capability_to_name(i));
        if (!w->caps)
                word.meaning = "no capabilities";
        return word;
}

static struct word word_hostname(const struct policy *p)
{
        const struct world *w = policy_world(p);
        struct word word = {.verb = "hostname", .meaning = "", .at = &w->hostname_at};

        append(word.value, w->hostname ? w->hostname : "sandbox");
        return word;
}

static struct word word_cwd(const struct policy *p)
{
        const struct world *w = policy_world(p);
        struct word word = {.verb = "cwd", .meaning = w->cwd ? "" : "where it is there, else /", .at = &w->cwd_at};

        append(word.value, w->cwd ? w->cwd : "the caller's");
        return word;
}

static struct word word_audit(const struct policy *p)
{
        static const struct {
                const char *value, *meaning;
        } modes[] = {
                [AUDIT_DENIED] = {"denied", "what is refused is recorded"},
                [AUDIT_NONE] = {"none", "nothing is recorded"},
                [AUDIT_ALL] = {"all", "every request is recorded"},
        };
        const struct world *w = policy_world(p);
        struct word word = {.verb = "audit", .meaning = modes[w->audit].meaning, .at = &w->audit_at};

        strcpy(word.value, modes[w->audit].value);
        return word;
}

void describe_world(struct listing *l, const struct policy *p)
{
        static struct word (*const words[])(const struct policy *) = {word_net,  word_tmp,      word_dev, word_proc, word_user,
                                                                      word_caps, word_hostname, word_cwd, word_audit};

        listing_section(l, "world", "The world around the program", NULL);
        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
                struct word word = words[i](p);
                listing_row(l);
                listing_text(l, "verb", DESCRIBE_FIRST, word.verb);
                listing_text(l, "value", DESCRIBE_SECOND, word.value);
                describe_at(l, DESCRIBE_PLACE, word.at);
                listing_text(l, "meaning", DESCRIBE_PLACE + 14, *word.meaning ? word.meaning : NULL);
        }
}

/* ---- the lists ------------------------------------------------------------------------------------------------- */

void describe_endpoints(struct listing *l, const struct policy *p)
{
        const struct world *w = policy_world(p);

        listing_section(l, "endpoints", "Network endpoints", NULL);
        for (size_t i = 0; i < w->net_count; i++) {
                const struct net_rule *rule = &w->nets[i];
                const char *verb = rule->op == NET_BIND ? "bind" : "connect", *to = strchr(rule->text, ' ');
                listing_row(l);
                listing_text(l, "verb", DESCRIBE_FIRST, verb);
                listing_text(l, "endpoint", DESCRIBE_SECOND, to ? to + 1 : rule->text);
                describe_at(l, DESCRIBE_PLACE, &rule->origin);
        }
}

void describe_descriptors(struct listing *l, const struct policy *p)
{
        const struct world *w = policy_world(p);

        listing_section(l, "descriptors", "Descriptors, besides 0, 1 and 2", NULL);
        for (size_t i = 0; i < w->fd_count; i++) {
                listing_row(l);
                listing_number(l, "number", DESCRIBE_FIRST, (uint64_t)w->fds[i].number, NULL);
                describe_access(l, "access", DESCRIBE_SECOND, w->fds[i].access);
                listing_text(l, NULL, LISTING_ADJOINING, w->fds[i].access ? NULL : "as it was opened");
                describe_at(l, DESCRIBE_PLACE, &w->fds[i].origin);
        }
}

void describe_requirements(struct listing *l, const struct policy *p)
{
        const struct world *w = policy_world(p);

        listing_section(l, "requirements", "What the host must have", NULL);
        for (size_t i = 0; i < w->requirement_count; i++) {
                listing_row(l);
                listing_text(l, "feature", DESCRIBE_FIRST, w->requirements[i].text);
                describe_at(l, DESCRIBE_PLACE, &w->requirements[i].origin);
        }
}

/* ---- environment ------------------------------------------------------------------------------------------------- */

static bool same_line(const struct env_rule *a, const struct env_rule *b)
{
        return a->kind == b->kind && a->origin.line == b->origin.line && strcmp(a->origin.file, b->origin.file) == 0;
}

static void describe_variable(struct listing *l, const struct env_rule *rule)
{
        listing_text(l, "name", DESCRIBE_SECOND + 22, rule->name);
        listing_text(l, NULL, LISTING_ADJOINING, "=");
        listing_text(l, "value", LISTING_ADJOINING, rule->value);
}

/* A line for each line of the policy, however many names are in it, but for each variable that is set. */
void describe_environment(struct listing *l, const struct policy *p)
{
        const struct world *w = policy_world(p);

        listing_section(l, "environment", "Environment", "empty");
        for (size_t i = 0; i < w->env_count;) {
                const struct env_rule *first = &w->env[i];
                bool set = first->kind == ENV_SET;
                listing_row(l);
                listing_text(l, "action", DESCRIBE_FIRST, set ? "set" : "keep");
                describe_at(l, DESCRIBE_SECOND, &first->origin);
                if (set) {
                        describe_variable(l, first);
                        i++;
                        continue;
                }
                listing_list(l, "names", DESCRIBE_SECOND + 22);
                for (; i < w->env_count && same_line(&w->env[i], first); i++)
                        listing_item(l, w->env[i].name);
        }
}
