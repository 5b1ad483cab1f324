/* require FEATURE [VERSION]: what the host must have. A sandbox that lacks it is not started, instead of being a little
 * weaker than its policy was written for. Whether the host has it is asked when a sandbox is started. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

enum version { VERSION_NONE, VERSION_NUMBER, VERSION_KERNEL };

static const struct {
        const char *name;
        enum feature feature;
        enum version version;
        const char *hint;
} features[] = {
        {"kernel", FEATURE_KERNEL, VERSION_KERNEL, "write: require kernel 6.7"},
        {"landlock", FEATURE_LANDLOCK, VERSION_NUMBER, "write: require landlock, or with its ABI: require landlock 6"},
        {"userns", FEATURE_USERNS, VERSION_NONE, "write: require userns"},
        {"cgroup", FEATURE_CGROUP, VERSION_NONE, "write: require cgroup"},
        {"idmap", FEATURE_IDMAP, VERSION_NONE, "write: require idmap"},
        {"overlay", FEATURE_OVERLAY, VERSION_NONE, "write: require overlay"},
};
#define FEATURES (sizeof(features) / sizeof(*features))

static const char *number(const char *at, unsigned *out)
{
        unsigned value = 0;
        if (!isdigit((unsigned char)*at))
                return NULL;
        for (; isdigit((unsigned char)*at); at++) {
                value = value * 10 + (unsigned)(*at - '0');
                if (value > 9999)
                        return NULL;
        }
        *out = value;
        return at;
}

static bool version_parse(const char *text, enum version kind, struct requirement *out)
{
        const char *at = number(text, &out->major);
        if (at && kind == VERSION_KERNEL)
                at = *at == '.' ? number(at + 1, &out->minor) : NULL;
        return at && !*at && out->major > 0;
}

static int feature_unknown(struct compile *c, const struct place *at, const char *name)
{
        struct nearest n = nearest_begin(c, name);
        for (size_t i = 0; i < FEATURES; i++)
                nearest_offer(&n, features[i].name);
        const char *hint = nearest_hint(c, &n, "");
        return report(c, at, hint ? hint : "there are kernel, landlock, userns, cgroup, idmap and overlay",
                      "there is no feature '%s'", name);
}

int run_require(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        struct requirement wish = {.origin = {s->name, l->number}};
        const char *name = l->count > 1 ? l->words[1].text : NULL, *version = l->count > 2 ? l->words[2].text : NULL;
        size_t i = 0;
        if (!name)
                return report(c, &at, "write: require landlock 6", "'require' needs a feature");
        while (i < FEATURES && strcmp(features[i].name, name) != 0)
                i++;
        at = place_word(s, l, &l->words[version ? 2 : 1]);
        if (i == FEATURES) {
                at = place_word(s, l, &l->words[1]);
                return feature_unknown(c, &at, name);
        }
        wish.feature = features[i].feature;
        bool needed = features[i].version == VERSION_KERNEL, taken = features[i].version != VERSION_NONE;
        if (l->count > 3 || (version && !taken) || (!version && needed) ||
            (version && !version_parse(version, features[i].version, &wish)))
                return report(c, &at, features[i].hint, "'%s' is required %s", name,
                              !taken ? "as it is, without a version" : needed ? "with a version" : "with a number, or none");
        wish.text = arena_printf(c->arena, "%s%s%s", name, version ? " " : "", version ? version : "");
        struct requirement *slot = wish.text ? vector_push(&c->requirements, sizeof(*slot)) : NULL;
        if (!slot)
                return -ENOMEM;
        *slot = wish;
        return 0;
}

int requirements_finish(struct compile *c)
{
        struct world *w = &c->policy->world;
        w->requirements = vector_keep(c, &c->requirements, sizeof(struct requirement));
        w->requirement_count = c->requirements.count;
        return w->requirements ? 0 : -ENOMEM;
}
