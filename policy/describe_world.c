/* What a policy says of everything around the files: what there is one of, then the lists. */
#include <cap-ng.h>
#include <stdio.h>
#include <string.h>

#include "policy/describe.h"

#define MADE_MOST 256 /* for what is put together here; all of it is short */

/* ---- what there is one of ----------------------------------------------------------------------------------------- */

/* One line of the world: the value as it could be written in a policy, and what that means. */
struct word {
        const char *verb;
        const char *value; /* NULL: `made` is it */
        const char *meaning;
        const struct origin *at;
        char made[MADE_MOST];
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

        return (struct word){"net", modes[w->net].value, modes[w->net].meaning, &w->net_at, ""};
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
        struct word word = {.verb = "tmp", .meaning = "in memory, gone at the end", .at = &w->tmp_at};
        unsigned long long size = w->tmp_size;
        bool whole = size % (1u << 20) == 0;

        if (!w->tmp)
                return (struct word){"tmp", "none", "there is none", &w->tmp_at, ""};
        snprintf(word.made, sizeof(word.made), "private %llu%c%s", size >> (whole ? 20 : 10), whole ? 'M' : 'K',
                 tmp_exec(p) ? " exec" : "");
        return word;
}

static void append(struct word *word, const char *text)
{
        size_t length = strlen(word->made);
        snprintf(word->made + length, sizeof(word->made) - length, "%s%s", length > 0 ? " " : "", text);
}

static struct word word_dev(const struct policy *p)
{
        const struct world *w = policy_world(p);
        struct word word = {.verb = "dev", .meaning = "", .at = &w->dev_at};

        for (size_t i = 0; w->devices[i]; i++)
                append(&word, w->devices[i]);
        if (!w->devices[0])
                word.value = "none";
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

        return (struct word){"proc", modes[w->proc].value, modes[w->proc].meaning, &w->proc_at, ""};
}

static struct word word_user(const struct policy *p)
{
        static const struct {
                const char *value, *meaning;
        } modes[] = {
                [USER_DEFAULT] = {"default", "an ordinary user's own id; for root one without privileges"},
                [USER_OWN] = {"own", "the caller's own id, root's too"},
                [USER_ROOT] = {"root", "the default id, seen as 0"},
                [USER_ID] = {NULL, "the default id, seen as this one"},
        };
        const struct world *w = policy_world(p);
        struct word word = {"user", modes[w->user].value, modes[w->user].meaning, &w->user_at, ""};

        snprintf(word.made, sizeof(word.made), "%u:%u", w->uid, w->gid);
        return word;
}

static struct word word_caps(const struct policy *p)
{
        const struct world *w = policy_world(p);
        struct word word = {.verb = "caps", .meaning = "in the sandbox's own user namespace", .at = &w->caps_at, .made = "keep"};

        if (!w->caps)
                return (struct word){"caps", "none", "no capabilities", &w->caps_at, ""};
        for (unsigned i = 0; i < 64; i++)
                if (w->caps >> i & 1)
                        append(&word, capng_capability_to_name(i));
        return word;
}

static struct word word_hostname(const struct policy *p)
{
        const struct world *w = policy_world(p);

        return (struct word){"hostname", w->hostname ? w->hostname : "sandbox", "", &w->hostname_at, ""};
}

static struct word word_cwd(const struct policy *p)
{
        const struct world *w = policy_world(p);

        if (w->cwd)
                return (struct word){"cwd", w->cwd, "", &w->cwd_at, ""};
        return (struct word){"cwd", "default", "the caller's, where it is there; else /", &w->cwd_at, ""};
}

static struct word word_unix(const struct policy *p)
{
        const struct world *w = policy_world(p);

        if (!w->datagrams)
                return (struct word){.verb = NULL};
        return (struct word){"unix", "datagram", "each message that can have an address is the broker's", &w->datagrams_at, ""};
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

        return (struct word){"audit", modes[w->audit].value, modes[w->audit].meaning, &w->audit_at, ""};
}

void describe_world(struct listing *l, const struct policy *p)
{
        static struct word (*const words[])(const struct policy *) = {word_net,  word_tmp,      word_dev, word_proc, word_user,
                                                                      word_caps, word_hostname, word_cwd, word_audit,
                                                                      word_unix};

        listing_section(l, "world", "The world around the program", NULL);
        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
                struct word word = words[i](p);
                if (!word.verb)
                        continue;
                listing_row(l);
                listing_text(l, "verb", DESCRIBE_FIRST, word.verb);
                listing_text(l, "value", DESCRIBE_SECOND, word.value ? word.value : word.made);
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
