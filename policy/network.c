/* connect HOST:PORT…, bind ADDRESS:PORT…: endpoints, and whether one of them covers what is asked for. All lines of all files
 * add up. A name is compared as text and never looked up here: what it means is decided when it is connected to. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

#define PORT_MOST 65535u
#define NETS_MAX 1000u

/* ---- taking text apart ------------------------------------------------------------------------------------------------ */

static bool port_parse(const char *text, const char **end, unsigned *out)
{
        unsigned value = 0;
        const char *at = text;
        for (; isdigit((unsigned char)*at) && value <= PORT_MOST; at++)
                value = value * 10 + (unsigned)(*at - '0');
        *end = at;
        *out = value;
        return at > text && value <= PORT_MOST;
}

/* Where the host ends and the port begins: host:port, or [v6]:port. False where there is no such place. */
static bool host_split(const char *text, char host[256], const char **port)
{
        const char *start = text, *colon = strrchr(text, ':'), *end = colon;
        if (!colon)
                return false;
        if (*text == '[') {
                start = text + 1;
                end = strchr(text, ']');
                if (!end || end + 1 != colon)
                        return false;
        } else if (strchr(text, ':') != colon) {
                return false;
        }
        size_t length = (size_t)(end - start);
        if (length == 0 || length > 255)
                return false;
        for (size_t i = 0; i < length; i++)
                host[i] = (char)tolower((unsigned char)start[i]);
        host[length] = '\0';
        *port = colon + 1;
        return true;
}

static bool name_label(const char *text)
{
        bool any = false;
        for (; *text; text++) {
                bool inner = isalnum((unsigned char)*text) || *text == '_' || (*text == '-' && any && text[1] && text[1] != '.');
                if (*text == '.' ? !any : !inner)
                        return false;
                any = *text != '.';
        }
        return any;
}

static bool address_parse(const char *text, int *family, unsigned char out[16])
{
        *family = inet_pton(AF_INET, text, out) == 1 ? AF_INET : inet_pton(AF_INET6, text, out) == 1 ? AF_INET6 : AF_UNSPEC;
        return *family != AF_UNSPEC;
}

/* What looks like an address and is none must not pass for a name. */
static bool host_is_name(const char *host)
{
        return name_label(host) && host[strspn(host, "0123456789.")] != '\0';
}

bool endpoint_split(const char *text, char host[256], unsigned *port)
{
        unsigned char address[16];
        int family;
        const char *at, *end;
        return host_split(text, host, &at) && port_parse(at, &end, port) && !*end && *port > 0 &&
               (address_parse(host, &family, address) || host_is_name(host));
}

/* ---- one endpoint of a line --------------------------------------------------------------------------------------------- */

static bool ports_parse(const char *text, struct net_rule *rule)
{
        const char *end;
        if (!strcmp(text, "*")) {
                rule->first_port = 1;
                rule->last_port = PORT_MOST;
                return true;
        }
        if (!port_parse(text, &end, &rule->first_port))
                return false;
        rule->last_port = rule->first_port;
        if (*end == '-' && !port_parse(end + 1, &end, &rule->last_port))
                return false;
        return !*end && rule->first_port > 0 && rule->first_port <= rule->last_port;
}

/* ADDRESS or ADDRESS/BITS. 1: it is none. */
static int net_address(struct net_rule *rule, char *host)
{
        char *slash = strchr(host, '/');
        const char *end;
        if (slash)
                *slash = '\0';
        if (!address_parse(host, &rule->family, rule->address))
                return 1;
        unsigned most = rule->family == AF_INET ? 32 : 128;
        rule->prefix = most;
        return slash && (!port_parse(slash + 1, &end, &rule->prefix) || *end || rule->prefix > most) ? -EINVAL : 0;
}

static int host_take(struct compile *c, const struct place *at, struct net_rule *rule, char *host)
{
        bool any = !strcmp(host, "*"), pattern = host[0] == '*' && host[1] == '.';
        int r = net_address(rule, host);
        if (r == -EINVAL)
                return report(c, at, "10.0.0.0/8 has 8 bits", "the number behind the '/' is how many bits of the address count");
        if (r == 0)
                return 0;
        if (!any && !host_is_name(host + (pattern ? 2 : 0)))
                return report(c, at, "write a name, *.name, an address, or * for any; IPv6 in brackets: [::1]:80",
                              "'%s' is no host", host);
        if (rule->op == NET_BIND && !any)
                return report(c, at, "write: bind 127.0.0.1:8080", "'bind' takes an address, not a name");
        rule->name = arena_copy(c->arena, host, strlen(host));
        return rule->name ? 0 : -ENOMEM;
}

static int endpoint_add(struct compile *c, struct source *s, struct line *l, const struct word *w)
{
        struct net_rule rule = {.op = strcmp(l->verb->name, "bind") ? NET_CONNECT : NET_BIND,
                                .origin = {s->name, l->number}};
        struct place at = place_word(s, l, w);
        const char *text = NULL, *port = NULL;
        char host[256];
        int r = expand_value(c, s, l, w, 0, true, &text);
        if (r != 0)
                return r;
        if (!host_split(text, host, &port))
                return report(c, &at, rule.op == NET_BIND ? "write ADDRESS:PORT, as in 127.0.0.1:8080"
                                                          : "write HOST:PORT, as in example.org:443 or [::1]:80",
                              "'%s' is no endpoint", text);
        if (!ports_parse(port, &rule))
                return report(c, &at, "a port is a number from 1 to 65535, a range 3000-3999, or *", "'%s' is no port", port);
        if (c->nets.count >= NETS_MAX)
                return report(c, &at, "a range of ports, or *.name, says several at once", "too many endpoints (%u at most)",
                              NETS_MAX);
        r = host_take(c, &at, &rule, host);
        if (r != 0)
                return r;
        rule.text = arena_printf(c->arena, "%s %s", l->verb->name, text);
        struct net_rule *slot = rule.text ? vector_push(&c->nets, sizeof(*slot)) : NULL;
        if (!slot)
                return -ENOMEM;
        *slot = rule;
        return 0;
}

int run_endpoint(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        int worst = 0;
        if (l->count < 2)
                return report(c, &at, strcmp(l->verb->name, "bind") ? "write: connect example.org:443"
                                                                    : "write: bind 127.0.0.1:8080",
                              "'%s' needs an endpoint", l->verb->name);
        for (size_t i = 1; i < l->count; i++) {
                int r = endpoint_add(c, s, l, &l->words[i]);
                if (r == -ENOMEM)
                        return r;
                worst = r ? r : worst;
        }
        return worst;
}

int nets_finish(struct compile *c)
{
        struct world *w = &c->policy->world;
        w->nets = vector_keep(c, &c->nets, sizeof(struct net_rule));
        w->net_count = c->nets.count;
        return w->nets ? 0 : -ENOMEM;
}

/* ---- asking --------------------------------------------------------------------------------------------------------------- */

static bool bits_equal(const unsigned char *a, const unsigned char *b, unsigned bits)
{
        unsigned whole = bits / 8, rest = bits % 8;
        if (memcmp(a, b, whole) != 0)
                return false;
        return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool name_covers(const char *pattern, const char *host)
{
        size_t length = strlen(host), suffix = strlen(pattern);
        if (!strcmp(pattern, "*"))
                return true;
        if (pattern[0] != '*')
                return !strcmp(pattern, host);
        return length >= suffix && !strcmp(host + length - (suffix - 1), pattern + 1);
}

static bool loopback(const char *host, int family, const unsigned char address[16])
{
        static const unsigned char one[16] = {[15] = 1};
        return family == AF_INET    ? address[0] == 127
               : family == AF_INET6 ? memcmp(address, one, 16) == 0
                                    : !strcmp(host, "localhost");
}

struct net_verdict policy_net_eval(const struct policy *p, enum net_op op, const char *host, unsigned port)
{
        const struct world *w = &p->world;
        unsigned char address[16] = {0};
        char lower[256];
        int family;
        size_t length = strlen(host);
        if (length > 255 || port == 0 || port > PORT_MOST)
                return (struct net_verdict){0};
        for (size_t i = 0; i <= length; i++)
                lower[i] = (char)tolower((unsigned char)host[i]);
        address_parse(lower, &family, address);
        for (size_t i = 0; i < w->net_count; i++) {
                const struct net_rule *rule = &w->nets[i];
                if (rule->op != op || port < rule->first_port || port > rule->last_port)
                        continue;
                bool same_kind = rule->family == family && bits_equal(rule->address, address, rule->prefix);
                bool covers = rule->family == AF_UNSPEC ? name_covers(rule->name, lower) : same_kind;
                if (covers)
                        return (struct net_verdict){.allow = true, .rule = rule};
        }
        return (struct net_verdict){
                .allow = w->net == NET_HOST || (w->net == NET_LOOPBACK && loopback(lower, family, address))};
}
