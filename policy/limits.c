/* limit NAME VALUE…, and numbers with units. A number without its unit is an error: "limit time 5" leaves too much room. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

struct unit {
        const char *name;
        uint64_t factor;
};

static const struct unit times[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {NULL, 0}};
static const struct unit sizes[] = {{"K", 1ull << 10}, {"M", 1ull << 20}, {"G", 1ull << 30}, {"T", 1ull << 40}, {NULL, 0}};
static const struct unit rates[] = {{"K/s", 1ull << 10}, {"M/s", 1ull << 20}, {"G/s", 1ull << 30}, {NULL, 0}};
static const struct unit counts[] = {{"", 1}, {NULL, 0}};
static const struct unit shares[] = {{"", 1000}, {"%", 10}, {NULL, 0}}; /* of processors, in thousandths */

#define FIELD(value, at) offsetof(struct limits, value), offsetof(struct limits, at)

static const struct limit_name {
        const char *name;
        const struct unit *units;
        const char *hint;
        size_t value, origin; /* offsets in struct limits */
        uint64_t least, most; /* 0: whatever there is */
} names[] = {
        {"time", times, "a time has a unit: 500ms, 30s, 5m, 1h", FIELD(time_ms, time_at), 0, 0},
        {"cpu", times, "a time has a unit: 30s, 5m, 1h", FIELD(cpu_s, cpu_at), 0, 0},
        {"memory", sizes, "a size has a unit: 512M, 4G", FIELD(memory, memory_at), 0, 0},
        {"procs", counts, "it is a number, at least 1", FIELD(procs, procs_at), 0, 0},
        {"files", counts, "it is a number, at least 1", FIELD(files, files_at), 0, 0},
        {"fsize", sizes, "a size has a unit: 20M, 1G", FIELD(fsize, fsize_at), 0, 0},
        {"grace", times, "a time has a unit: 500ms, 5s; an hour at most", FIELD(grace_ms, grace_at), 0, 3600000},
        {"swap", sizes, "a size has a unit: 512M, 4G; without this line and with `limit memory` there is none",
         FIELD(swap, swap_at), 0, 0},
        {"cpus", shares, "it is a number of processors: 2, 0.5, 150%; at least 0.01", FIELD(cpus_m, cpus_at), 10, 1000000},
        {"io-read", rates, "it is a size in a second: 500K/s, 20M/s", FIELD(io_read, io_read_at), 0, 0},
        {"io-write", rates, "it is a size in a second: 500K/s, 20M/s", FIELD(io_write, io_write_at), 0, 0},
        {"output", sizes, "a size has a unit: 64K, 10M", FIELD(output, output_at), 0, 0},
};
#define NAMES (sizeof(names) / sizeof(*names))
_Static_assert(NAMES == SET_LIMITS_COUNT, "");

/* The digits behind a point, three at most: `part` of the number that is returned, 1 where there is no point. */
static int fraction_parse(const char **at, uint64_t *part)
{
        uint64_t scale = 1, value = 0;
        if (**at != '.')
                return 1;
        for ((*at)++; isdigit((unsigned char)**at) && scale < 1000; (*at)++) {
                value = value * 10 + (uint64_t)(**at - '0');
                scale *= 10;
        }
        *part = value;
        return scale == 1 ? -EINVAL : (int)scale;
}

/* A whole number and its unit, both there, more than 0 and less than 2^63. */
static int number_parse(const char *text, const struct unit *units, uint64_t *out)
{
        uint64_t value = 0, part = 0;
        const char *at = text;
        for (; isdigit((unsigned char)*at); at++) {
                if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (unsigned)(*at - '0'), &value))
                        return -EINVAL;
        }
        int scale = at > text && units == shares ? fraction_parse(&at, &part) : 1;
        while (units->name && strcmp(units->name, at) != 0)
                units++;
        if (at == text || scale < 0 || !units->name || __builtin_mul_overflow(value, units->factor, &value) ||
            part * units->factor % (unsigned)scale != 0)
                return -EINVAL;
        value += part * units->factor / (unsigned)scale;
        if (value == 0 || value > INT64_MAX)
                return -EINVAL;
        *out = value;
        return 0;
}

int size_parse(const char *text, uint64_t *bytes)
{
        return number_parse(text, sizes, bytes);
}

static int limit_unknown(struct compile *c, struct source *s, struct line *l, const struct word *w)
{
        struct place at = place_word(s, l, w);
        struct nearest n = nearest_begin(c, w->text);
        for (size_t i = 0; i < NAMES; i++)
                nearest_offer(&n, names[i].name);
        const char *hint = nearest_hint(c, &n, "");
        return report(c, &at,
                      hint ? hint
                           : "there are time, grace, cpu, cpus, memory, swap, procs, files, fsize, output, io-read and io-write",
                      "there is no limit '%s'", w->text);
}

static int limit_one(struct compile *c, struct source *s, struct line *l, const struct word *name, const struct word *value)
{
        struct place at = place_word(s, l, name);
        uint64_t number = 0;
        size_t i = 0;
        while (i < NAMES && strcmp(names[i].name, name->text) != 0)
                i++;
        if (i == NAMES)
                return limit_unknown(c, s, l, name);
        if (!value)
                return report(c, &at, names[i].hint, "limit '%s' needs a value", name->text);
        if (number_parse(value->text, names[i].units, &number) < 0 || number < names[i].least ||
            (names[i].most && number > names[i].most)) {
                at = place_word(s, l, value);
                return report(c, &at, names[i].hint, "'%s' is no value for '%s'", value->text, name->text);
        }
        if (!strcmp(name->text, "cpu"))
                number = number / 1000 + (number % 1000 > 0);
        char *limits = (char *)&c->policy->world.limits;
        uint64_t *field = (uint64_t *)(void *)(limits + names[i].value);
        struct origin *origin = (struct origin *)(void *)(limits + names[i].origin);
        enum setting_claim claim = setting_claim(c, (enum setting_id)(SET_LIMITS + i), &at, name->text);
        if (claim == CLAIM_TAKE || (claim == CLAIM_STRICTER && number < *field)) {
                *field = number;
                *origin = (struct origin){s->name, l->number};
        }
        return claim == CLAIM_WRONG;
}

int run_limit(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        int worst = 0;
        if (l->count < 2)
                return report(c, &at, "write: limit time 30s memory 512M", "'limit' needs names and values");
        for (size_t i = 1; i < l->count; i += 2) {
                int r = limit_one(c, s, l, &l->words[i], i + 1 < l->count ? &l->words[i + 1] : NULL);
                worst = r ? r : worst;
        }
        return worst;
}
