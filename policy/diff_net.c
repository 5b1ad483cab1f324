/* Endpoints. Hosts and ports are cut into cells that no line of either policy divides: names that are written out,
 * names below a `*.name`, all other names, ranges of addresses; and ranges of ports. The evaluator is asked about one
 * endpoint of each cell, and cells that differ in the same way are told together. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diff_build.h"

#define PORTS_END 65536u
typedef unsigned __int128 address;

enum cell_kind { CELL_NAME, CELL_BELOW, CELL_ANY, CELL_V4, CELL_V6 };
struct cell {
        enum cell_kind kind;
        const char *text; /* the name; "*.name"; "*" */
        const char *host; /* the one that is asked about */
        address first, last;
        signed char *signs; /* of each range of ports */
};

struct nets {
        struct differ *d;
        enum net_op op;
        struct vector ports;         /* unsigned: where ranges begin; the last is PORTS_END */
        struct vector starts[2];     /* address: where ranges begin, of IPv4 and IPv6 */
        struct vector cells;         /* struct cell */
};

/* ---- cutting ----------------------------------------------------------------------------------------------------- */

static int by_port(const void *a, const void *b)
{
        const unsigned *x = a, *y = b;
        return *x < *y ? -1 : *x > *y;
}

static int by_address(const void *a, const void *b)
{
        const address *x = a, *y = b;
        return *x < *y ? -1 : *x > *y;
}

static size_t unique(struct vector *v, size_t size, int (*compare)(const void *, const void *))
{
        char *all = v->items;
        size_t kept = 0;
        if (v->count > 1)
                qsort(all, v->count, size, compare);
        for (size_t i = 0; i < v->count; i++) {
                if (kept == 0 || compare(all + (kept - 1) * size, all + i * size) != 0)
                        memmove(all + kept++ * size, all + i * size, size);
        }
        return v->count = kept;
}

static int port_add(struct nets *n, unsigned port)
{
        unsigned *slot = vector_push(&n->ports, sizeof(*slot));
        if (slot)
                *slot = port;
        return slot ? 0 : -ENOMEM;
}

static int start_add(struct nets *n, bool v6, address at)
{
        address *slot = vector_push(&n->starts[v6], sizeof(*slot));
        if (slot)
                *slot = at;
        return slot ? 0 : -ENOMEM;
}

static address address_of(const unsigned char *bytes, bool v6)
{
        address value = 0;
        for (unsigned i = 0; i < (v6 ? 16 : 4); i++)
                value = value << 8 | bytes[i];
        return value;
}

static const char *address_text(struct differ *d, address value, bool v6)
{
        unsigned char bytes[16];
        char text[INET6_ADDRSTRLEN];
        unsigned count = v6 ? 16 : 4;
        for (unsigned i = 0; i < count; i++)
                bytes[i] = (unsigned char)(value >> 8 * (count - 1 - i));
        if (!inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, text, sizeof(text)))
                return NULL;
        return arena_copy(&d->arena, text, strlen(text));
}

/* A rule's addresses begin at one place, and the first behind them is another. */
static int starts_of(struct nets *n, const struct net_rule *rule)
{
        bool v6 = rule->family == AF_INET6;
        unsigned bits = v6 ? 128 : 32, low = bits - rule->prefix;
        address all = v6 ? ~(address)0 : 0xffffffffu;
        address mask = low >= 128 ? 0 : all >> low << low;
        address first = address_of(rule->address, v6) & mask & all, last = first | (all & ~mask);
        int r = start_add(n, v6, first);
        return r == 0 && last < all ? start_add(n, v6, last + 1) : r;
}

/* Where addresses and ports are cut, whatever the lines say: the loopback network is one of its own. */
static int cuts_begin(struct nets *n)
{
        int r = port_add(n, 1);
        r = r ? r : port_add(n, PORTS_END);
        r = r ? r : start_add(n, false, 0);
        r = r ? r : start_add(n, false, 0x7f000000u);
        r = r ? r : start_add(n, false, 0x80000000u);
        for (address at = 0; r == 0 && at <= 2; at++) /* ::1 */
                r = start_add(n, true, at);
        return r;
}

static int cut(struct nets *n, const struct net_rule *rule)
{
        int r = port_add(n, rule->first_port);
        r = r ? r : port_add(n, rule->last_port + 1);
        return r == 0 && rule->family != AF_UNSPEC ? starts_of(n, rule) : r;
}

static struct cell *cell_add(struct nets *n, enum cell_kind kind, const char *text, const char *host)
{
        struct cell *c = vector_push(&n->cells, sizeof(*c));
        if (!c)
                return NULL;
        *c = (struct cell){.kind = kind, .text = text, .host = host,
                           .signs = arena_alloc(&n->d->arena, n->ports.count * sizeof(*c->signs))};
        return c->signs && text && host ? c : NULL;
}

static bool cell_known(const struct nets *n, const char *text)
{
        const struct cell *c = n->cells.items;
        for (size_t i = 0; i < n->cells.count; i++) {
                if (!strcmp(c[i].text, text))
                        return true;
        }
        return false;
}

/* Names that are written out come first, so that no example of the others is one of them. */
static int names_add(struct nets *n, bool wild)
{
        int r = 0;
        for (unsigned side = 0; side < 2; side++) {
                const struct world *w = &n->d->p[side]->world;
                for (size_t i = 0; r == 0 && i < w->net_count; i++) {
                        const char *name = w->nets[i].op == n->op && w->nets[i].family == AF_UNSPEC ? w->nets[i].name : NULL;
                        if (!name || (name[0] == '*') != wild || cell_known(n, name) || !strcmp(name, "*"))
                                continue;
                        const char *host = name;
                        for (unsigned x = 0; host && wild && (x == 0 || cell_known(n, host)); x++)
                                host = arena_printf(&n->d->arena, "x%u%s", x, name + 1);
                        r = cell_add(n, wild ? CELL_BELOW : CELL_NAME, name, host) ? 0 : -ENOMEM;
                }
        }
        return r;
}

static int addresses_add(struct nets *n, bool v6)
{
        size_t count = unique(&n->starts[v6], sizeof(address), by_address);
        const address *starts = n->starts[v6].items;
        for (size_t i = 0; i < count; i++) {
                struct cell *c = cell_add(n, v6 ? CELL_V6 : CELL_V4, "", address_text(n->d, starts[i], v6));
                if (!c)
                        return -ENOMEM;
                c->first = starts[i];
                c->last = i + 1 < count ? starts[i + 1] - 1 : v6 ? ~(address)0 : 0xffffffffu;
        }
        return 0;
}

static int cells_make(struct nets *n)
{
        int r = cuts_begin(n);
        for (unsigned side = 0; side < 2; side++) {
                const struct world *w = &n->d->p[side]->world;
                for (size_t i = 0; r == 0 && i < w->net_count; i++)
                        r = w->nets[i].op == n->op ? cut(n, &w->nets[i]) : 0;
        }
        unique(&n->ports, sizeof(unsigned), by_port);
        if (r == 0)
                r = names_add(n, false);
        if (r == 0 && !cell_known(n, "localhost"))
                r = cell_add(n, CELL_NAME, "localhost", "localhost") ? 0 : -ENOMEM;
        if (r == 0)
                r = names_add(n, true);
        const char *other = "x";
        for (unsigned x = 0; r == 0 && other && cell_known(n, other); x++)
                other = arena_printf(&n->d->arena, "x%u", x);
        if (r == 0)
                r = cell_add(n, CELL_ANY, "*", other) ? 0 : -ENOMEM;
        if (r == 0)
                r = addresses_add(n, false);
        return r == 0 ? addresses_add(n, true) : r;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static void cells_ask(struct nets *n)
{
        const unsigned *ports = n->ports.items;
        struct cell *c = n->cells.items;
        for (size_t i = 0; i < n->cells.count; i++) {
                for (size_t p = 0; p + 1 < n->ports.count; p++) {
                        bool a = policy_net_eval(n->d->p[0], n->op, c[i].host, ports[p]).allow;
                        bool b = policy_net_eval(n->d->p[1], n->op, c[i].host, ports[p]).allow;
                        c[i].signs[p] = (signed char)(b - a);
                }
        }
}

static bool claims_same(const struct nets *n, const struct cell *a, const struct cell *b, int sign)
{
        for (size_t p = 0; p + 1 < n->ports.count; p++) {
                if ((a->signs[p] == sign) != (b->signs[p] == sign))
                        return false;
        }
        return true;
}

static bool claims(const struct nets *n, const struct cell *c, int sign)
{
        for (size_t p = 0; p + 1 < n->ports.count; p++) {
                if (c->signs[p] == sign)
                        return true;
        }
        return false;
}

/* Neighbours among the addresses become one. */
static void cells_merge(struct nets *n)
{
        struct cell *c = n->cells.items;
        size_t kept = 0;
        for (size_t i = 0; i < n->cells.count; i++) {
                struct cell *last = kept ? &c[kept - 1] : NULL;
                if (last && c[i].kind >= CELL_V4 && last->kind == c[i].kind && claims_same(n, last, &c[i], 1) &&
                    claims_same(n, last, &c[i], -1))
                        last->last = c[i].last;
                else
                        c[kept++] = c[i];
        }
        n->cells.count = kept;
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static bool cell_within(const struct cell *c, const struct cell *of)
{
        size_t length = strlen(of->text), size = strlen(c->text);
        if (of->kind == CELL_ANY)
                return c != of; /* `*` stands for addresses, too */
        return of->kind == CELL_BELOW && c != of && (c->kind == CELL_NAME || c->kind == CELL_BELOW) && size >= length &&
               !strcmp(c->text + size - (length - 1), of->text + 1);
}

static const char *cell_text(struct nets *n, const struct cell *c)
{
        if (c->kind < CELL_V4)
                return c->text;
        bool v6 = c->kind == CELL_V6;
        address size = c->last - c->first;
        unsigned bits = 0;
        while (bits < (v6 ? 128 : 32) && (size >> bits & 1))
                bits++;
        bool aligned = (bits == 128 ? 0 : size >> bits) == 0 && (c->first & size) == 0;
        const char *first = address_text(n->d, c->first, v6), *last = address_text(n->d, c->last, v6);
        if (!first || !last)
                return NULL;
        if (aligned && bits == 0)
                return arena_printf(&n->d->arena, v6 ? "[%s]" : "%s", first);
        if (aligned)
                return arena_printf(&n->d->arena, v6 ? "[%s/%u]" : "%s/%u", first, (v6 ? 128 : 32) - bits);
        return arena_printf(&n->d->arena, v6 ? "[%s-%s]" : "%s-%s", first, last);
}

static const char *ports_text(struct nets *n, const struct cell *c, int sign)
{
        const unsigned *ports = n->ports.items;
        struct buf text cleanup_buf = {0};
        for (size_t p = 0, end; p + 1 < n->ports.count; p = end) {
                for (end = p + 1; end + 1 < n->ports.count && c->signs[end] == c->signs[p];)
                        end++;
                unsigned first = ports[p], last = ports[end] - 1;
                if (c->signs[p] != sign)
                        continue;
                buf_str(&text, text.length ? "," : "");
                if (first == 1 && last == PORTS_END - 1)
                        buf_str(&text, "*");
                else if (first == last)
                        buf_printf(&text, "%u", first);
                else
                        buf_printf(&text, "%u-%u", first, last);
        }
        return text.bad || !text.data ? NULL : arena_copy(&n->d->arena, text.data, text.length);
}

/* The line that allows what the cell is about, in the policy that allows it. */
static void decided_by(struct nets *n, const struct cell *c, int sign, cordon_difference *out)
{
        const unsigned *ports = n->ports.items;
        unsigned side = sign > 0;
        for (size_t p = 0; p + 1 < n->ports.count; p++) {
                if (c->signs[p] != sign)
                        continue;
                const struct net_rule *rule = policy_net_eval(n->d->p[side], n->op, c->host, ports[p]).rule;
                if (rule)
                        diff_origin(out, side, &rule->origin, rule->text);
                else
                        diff_origin(out, side, &n->d->p[side]->world.net_at, NULL);
                return;
        }
}

static int cell_tell(struct nets *n, const struct cell *c, int sign)
{
        const struct cell *all = n->cells.items;
        struct vector except = {0};
        int r = 0;
        for (const struct cell *o = all; o < all + n->cells.count && r == 0; o++) {
                if (cell_within(c, o) && claims_same(n, c, o, sign))
                        return 0; /* told with a wider one */
        }
        for (const struct cell *o = all; o < all + n->cells.count && r == 0; o++) {
                if (cell_within(o, c) && !claims_same(n, c, o, sign))
                        r = diff_list_add(&except, cell_text(n, o));
        }
        const char *host = cell_text(n, c), *ports = ports_text(n, c, sign);
        cordon_difference out = {.sign = sign, .kind = n->op == NET_CONNECT ? "connect" : "bind",
                                 .except = diff_list_keep(n->d, &except),
                                 .subject = host && ports ? arena_printf(&n->d->arena, "%s:%s", host, ports) : NULL};
        decided_by(n, c, sign, &out);
        vector_free(&except);
        return r == 0 && out.except ? diff_add(n->d, &out) : -ENOMEM;
}

static int op_compare(struct differ *d, enum net_op op)
{
        struct nets n = {.d = d, .op = op};
        int r = cells_make(&n);
        if (r == 0) {
                cells_ask(&n);
                cells_merge(&n);
        }
        const struct cell *c = n.cells.items;
        for (size_t i = 0; r == 0 && i < n.cells.count; i++) {
                for (int sign = 1; r == 0 && sign >= -1; sign -= 2)
                        r = claims(&n, &c[i], sign) ? cell_tell(&n, &c[i], sign) : 0;
        }
        struct vector *vectors[] = {&n.ports, &n.starts[0], &n.starts[1], &n.cells};
        for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
                vector_free(vectors[i]);
        return r;
}

int diff_nets(struct differ *d)
{
        int r = op_compare(d, NET_CONNECT);
        return r == 0 ? op_compare(d, NET_BIND) : r;
}
