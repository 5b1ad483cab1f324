/* What is missing of the features: found out one by one, blamed, accepted, shown. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "policy/describe.h"
#include "sandbox/features.h"
#include "sandbox/sandbox.h"

#define LACK_COLUMN 17

static const struct host_feature *feature_find(const char *id)
{
        const struct host_feature *h = host_features;

        while (h->id && strcmp(h->id, id) != 0)
                h++;
        return h->id ? h : NULL;
}

/* What it needs is tried first: without that, there is nothing to be said of this one. */
static void examine(const struct host_feature *h, const struct surroundings *place, struct finding *f)
{
        const struct host_feature *base = h->needs ? feature_find(h->needs) : NULL;

        *f = (struct finding){.state = CORDON_FEATURE_MISSING};
        if (base)
                examine(base, place, f);
        if (base && f->state == CORDON_FEATURE_MISSING) {
                *f = (struct finding){.state = CORDON_FEATURE_MISSING, .blocked = true};
                snprintf(f->found, sizeof(f->found), "not without this: %s", base->name);
                return;
        }
        *f = (struct finding){.state = CORDON_FEATURE_MISSING};
        h->probe(f, place);
}

void feature_probe(const char *id, struct finding *out)
{
        const struct host_feature *h = feature_find(id);
        struct surroundings place = surroundings_find();

        *out = (struct finding){.state = CORDON_FEATURE_MISSING};
        if (h)
                examine(h, &place, out);
}

/* Where it is missing since another is, that one is to blame, and what is accepted. */
static const struct host_feature *culprit(const struct host_feature *h, const struct surroundings *place)
{
        struct finding f;

        for (examine(h, place, &f); f.blocked; examine(h, place, &f))
                h = feature_find(h->needs);
        return h;
}

/* What helps is said where it is a single line. */
static size_t blame_text(const struct host_feature *h, const struct surroundings *place, char *out, size_t size)
{
        struct finding f;

        h = culprit(h, place);
        examine(h, place, &f);
        bool brief = *f.remedy && !strchr(f.remedy, '\n');
        int length =
                snprintf(out, size, "%s: %s%s%s; %s", h->name, f.found, h->accept ? "; to do without: --accept " : "",
                         h->accept ? h->accept : "", brief ? f.remedy : "see `cordon doctor` for what helps");
        return length < 0 ? 0 : (size_t)length;
}

size_t feature_text(const char *id, char *out, size_t size)
{
        const struct host_feature *h = feature_find(id);
        struct surroundings place = surroundings_find();
        struct finding f = {.state = CORDON_FEATURE_OK};

        if (h)
                examine(h, &place, &f);
        return f.state == CORDON_FEATURE_MISSING ? blame_text(h, &place, out, size) : 0;
}

int feature_refuse(const char *id, cordon_error *err)
{
        char why[448] = "";

        feature_text(id, why, sizeof(why));
        return error_set(err, EOPNOTSUPP, "%s", *why ? why : id);
}

/* What is done without, or needs what is done without. */
static bool is_accepted(const struct host_feature *h, unsigned lacks)
{
        while (h && !(h->lack & lacks))
                h = h->needs ? feature_find(h->needs) : NULL;
        return h != NULL;
}

bool feature_blame(const struct plan *plan, char *out, size_t size)
{
        struct surroundings place = surroundings_find();

        for (const struct host_feature *h = host_features; h->id; h++) {
                struct finding f;
                bool needed =
                        h->weight == CORDON_NEED_MUST && !is_accepted(h, plan->lacks) && (!h->needed || h->needed(plan));
                if (!needed)
                        continue;
                examine(h, &place, &f);
                if (f.state == CORDON_FEATURE_MISSING)
                        return blame_text(h, &place, out, size) > 0;
        }
        return false;
}

/* What else there is not without user namespaces, and is accepted with them. */
#define LACK_IMPLIED (LACK_NETNS | LACK_HOSTNAME)

/* ---- what is accepted ----------------------------------------------------------------------------------------------------- */

/* One name may stand for several features. */
static const struct host_feature *accepted(const char *name, const struct host_feature *after)
{
        const struct host_feature *h = after ? after + 1 : host_features;

        while (h->id && (!h->accept || strcmp(h->accept, name) != 0))
                h++;
        return h->id ? h : NULL;
}

/* "no-mounts" and its like are names that somebody may think of. */
static int not_acceptable(const char *name, const struct surroundings *place, cordon_error *err)
{
        const struct host_feature *h = strncmp(name, "no-", 3) == 0 ? feature_find(name + 3) : NULL;
        char text[384];

        if (!h || h->weight != CORDON_NEED_MUST)
                return error_set(
                        err, EINVAL,
                        "there is no degradation '%s' to be accepted: there are no-userns, no-landlock, no-notify, "
                        "no-proc, no-netns and no-hostname",
                        name);
        struct finding f;
        examine(h, place, &f);
        if (f.state == CORDON_FEATURE_MISSING)
                blame_text(h, place, text, sizeof(text));
        else
                snprintf(text, sizeof(text), "Here, nothing of that is missing");
        return error_set(err, EOPNOTSUPP, "'%s' cannot be accepted: without %s %s. %s", name, h->name, h->lost, text);
}

static int accept_one(const char *name, const struct surroundings *place, unsigned *lacks, cordon_error *err)
{
        const struct host_feature *h = accepted(name, NULL);
        struct finding f;

        if (!h)
                return not_acceptable(name, place, err);
        for (; h; h = accepted(name, h)) {
                examine(h, place, &f);
                if (f.state == CORDON_FEATURE_MISSING && !f.blocked) /* else the launch fails for what it needs */
                        *lacks |= h->lack;
        }
        return 0;
}

int sandbox_accept(const char *const *names, unsigned *lacks, cordon_error *err)
{
        struct surroundings place;
        int result = 0;

        *lacks = 0;
        if (!names || !*names)
                return 0;
        place = surroundings_find();
        for (; *names && result == 0; names++)
                result = accept_one(*names, &place, lacks, err);
        if (*lacks & LACK_USERNS)
                *lacks |= LACK_IMPLIED;
        if (result == 0 && (*lacks & LACK_USERNS) && (*lacks & (LACK_LANDLOCK | LACK_NOTIFY)))
                result = error_set(err, EOPNOTSUPP,
                                   "no-userns and %s cannot both be done without: nothing would keep the program from the host's "
                                   "files",
                                   *lacks & LACK_LANDLOCK ? "no-landlock" : "no-notify");
        if (result == 0 && (*lacks & LACK_LANDLOCK) && (*lacks & LACK_NOTIFY))
                result = error_set(err, EOPNOTSUPP,
                                   "no-landlock and no-notify cannot both be done without: nothing would tell reading "
                                   "from listing, or making from writing");
        return result;
}

const char *sandbox_lack(unsigned lacks, size_t index)
{
        unsigned seen = lacks & LACK_USERNS ? LACK_IMPLIED : 0;

        for (const struct host_feature *h = host_features; h->id; h++) {
                if (!(h->lack & lacks & ~seen))
                        continue;
                seen |= h->lack;
                if (index-- == 0)
                        return h->accept;
        }
        return NULL;
}

/* ---- for explain ---------------------------------------------------------------------------------------------------------- */

void sandbox_describe_lacks(struct listing *l, const struct plan *plan)
{
        const char *name;

        if (!plan->lacks)
                return;
        listing_section(l, "degraded", "Done without, as accepted", NULL);
        for (size_t i = 0; (name = sandbox_lack(plan->lacks, i)); i++) {
                listing_row(l);
                listing_text(l, "name", DESCRIBE_FIRST, name);
                listing_text(l, "lost", LACK_COLUMN, accepted(name, NULL)->lost);
        }
}

static void describe_feature(struct listing *l, const struct host_feature *h, const struct finding *f)
{
        char text[1024];
        bool missing = f->state == CORDON_FEATURE_MISSING;

        snprintf(text, sizeof(text), "%s%s%s%s%s%s", missing ? "NO: " : "", f->found, missing ? "; without it: " : "",
                 missing ? h->lost : "", missing && h->accept ? "; to do without: cordon run --accept " : "",
                 missing && h->accept ? h->accept : "");
        listing_row(l);
        listing_text(l, "name", 2, h->name);
        listing_flag(l, "here", LISTING_HIDDEN, !missing, NULL);
        listing_text(l, "text", 34, text);
}

void sandbox_describe_host(struct listing *l)
{
        struct surroundings place = surroundings_find();

        listing_section(l, "host", "This host", NULL);
        for (const struct host_feature *h = host_features; h->id; h++) {
                struct finding f;
                examine(h, &place, &f);
                describe_feature(l, h, &f);
        }
}

/* ---- for everybody else --------------------------------------------------------------------------------------------------- */

int sandbox_features(const struct plan *plan, cordon_feature_fn *fn, void *ctx)
{
        struct surroundings place = surroundings_find();
        int missing = 0;

        for (const struct host_feature *h = host_features; h->id; h++) {
                struct finding f;
                bool needed = plan ? !h->needed || h->needed(plan) : h->needed != feature_for_nobody;
                examine(h, &place, &f);
                const cordon_feature feature = {
                        .id = h->id,
                        .group = h->group,
                        .name = h->name,
                        .state = f.state,
                        .found = f.found,
                        .used = h->used,
                        .lost = h->lost,
                        .remedy = *f.remedy ? f.remedy : NULL,
                        .accept = f.blocked ? culprit(h, &place)->accept : h->accept,
                        .need = needed ? h->weight : CORDON_NEED_NOT,
                        .needs = f.blocked ? h->needs : NULL,
                };
                missing += needed && f.state == CORDON_FEATURE_MISSING;
                fn(ctx, &feature);
        }
        return missing;
}
