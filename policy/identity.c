/* Who the program is: caps, user, hostname. Each says one thing, so of two files of one rank that differ there is either a
 * stricter one (caps: what both keep), or an error. */
#include <cap-ng.h>
#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

/* ---- caps --------------------------------------------------------------------------------------------------------- */

/* Capabilities count inside the sandbox's own user namespace. Those that are left out here would reach around the view or
 * the filter, or do nothing in a sandbox. */
static const struct {
        const char *name;
        int number;
} keepable[] = {
        {"chown", CAP_CHOWN},   {"dac_override", CAP_DAC_OVERRIDE}, {"fowner", CAP_FOWNER},
        {"fsetid", CAP_FSETID}, {"kill", CAP_KILL},                 {"setgid", CAP_SETGID},
        {"setuid", CAP_SETUID}, {"ipc_lock", CAP_IPC_LOCK},         {"net_bind_service", CAP_NET_BIND_SERVICE},
        {"sys_nice", CAP_SYS_NICE},
};
#define KEEPABLE "there are chown, dac_override, fowner, fsetid, kill, setgid, setuid, ipc_lock, net_bind_service, sys_nice"

static int cap_unknown(struct compile *c, const struct place *at, const char *name)
{
        struct nearest n = nearest_begin(c, name);
        if (capng_name_to_capability(name) >= 0)
                return report(c, at, KEEPABLE, "'%s' cannot be kept in a sandbox", name);
        for (size_t i = 0; i < sizeof(keepable) / sizeof(*keepable); i++)
                nearest_offer(&n, keepable[i].name);
        const char *hint = nearest_hint(c, &n, "");
        return report(c, at, hint ? hint : KEEPABLE, "there is no capability '%s'", name);
}

static int cap_named(struct compile *c, struct source *s, struct line *l, const struct word *w, uint64_t *caps)
{
        struct place at = place_word(s, l, w);
        const char *name = strncasecmp(w->text, "cap_", 4) == 0 ? w->text + 4 : w->text;
        for (size_t i = 0; i < sizeof(keepable) / sizeof(*keepable); i++) {
                if (!strcasecmp(keepable[i].name, name)) {
                        *caps |= UINT64_C(1) << keepable[i].number;
                        return 0;
                }
        }
        return cap_unknown(c, &at, name);
}

int run_caps(struct compile *c, struct source *s, struct line *l)
{
        struct world *w = &c->policy->world;
        struct place at = place_line(s, l);
        bool keep = l->count > 2 && !strcmp(l->words[1].text, "keep");
        uint64_t caps = 0;
        int bad = 0;
        if (!keep && !(l->count == 2 && !strcmp(l->words[1].text, "none")))
                return report(c, &at, "write: caps none, or: caps keep net_bind_service", "'caps' is none, or keep and names");
        for (size_t i = 2; i < l->count; i++) {
                int r = cap_named(c, s, l, &l->words[i], &caps);
                bad = r ? r : bad;
        }
        if (bad)
                return bad;
        enum setting_claim claim = setting_claim(c, SET_CAPS, &at, "caps");
        if (claim == CLAIM_TAKE || claim == CLAIM_STRICTER) {
                w->caps = claim == CLAIM_TAKE ? caps : w->caps & caps;
                w->caps_at = (struct origin){s->name, l->number};
        }
        return 0;
}

/* ---- user --------------------------------------------------------------------------------------------------------- */

#define ID_MOST 4294967294ul /* (uid_t)-1 means "none" to the kernel */

static bool id_parse(const char *text, char **end, unsigned *out)
{
        errno = 0;
        unsigned long value = isdigit((unsigned char)*text) ? strtoul(text, end, 10) : ID_MOST + 1;
        *out = (unsigned)value;
        return errno == 0 && value <= ID_MOST;
}

/* UID or UID:GID */
static bool ids_parse(const char *text, unsigned *uid, unsigned *gid)
{
        char *end = NULL;
        if (!id_parse(text, &end, uid))
                return false;
        *gid = *uid;
        if (*end == ':' && !id_parse(end + 1, &end, gid))
                return false;
        return *end == '\0';
}

int run_user(struct compile *c, struct source *s, struct line *l)
{
        struct world *w = &c->policy->world;
        struct place at = place_line(s, l);
        enum user_mode mode = USER_ID;
        unsigned uid = 0, gid = 0;
        if (l->count != 2)
                return report(c, &at, "write: user own, user root, or user 1000:1000", "'user' takes one word");
        if (!strcmp(l->words[1].text, "own"))
                mode = USER_OWN;
        else if (!strcmp(l->words[1].text, "root"))
                mode = USER_ROOT;
        at = place_word(s, l, &l->words[1]);
        if (mode == USER_ID && !ids_parse(l->words[1].text, &uid, &gid))
                return report(c, &at, "it is own, root, UID or UID:GID; ids are numbers",
                              "'%s' is nothing that 'user' knows", l->words[1].text);
        bool same = w->user == mode && w->uid == uid && w->gid == gid;
        if (setting_take(c, SET_USER, &at, "user", same, &w->user_at)) {
                w->user = mode;
                w->uid = uid;
                w->gid = gid;
        }
        return 0;
}

/* ---- hostname ------------------------------------------------------------------------------------------------------- */

static bool host_name_valid(const char *name)
{
        size_t length = strlen(name);
        for (size_t i = 0; i < length; i++) {
                if (!isalnum((unsigned char)name[i]) && !(strchr("-._", name[i]) && i > 0))
                        return false;
        }
        return length > 0 && length <= 64; /* __NEW_UTS_LEN */
}

int run_hostname(struct compile *c, struct source *s, struct line *l)
{
        struct world *w = &c->policy->world;
        struct place at = place_line(s, l);
        const char *name = NULL;
        if (l->count != 2)
                return report(c, &at, "write: hostname box", "'hostname' takes one name");
        int r = expand_value(c, s, l, &l->words[1], 0, false, &name);
        if (r != 0)
                return r;
        at = place_word(s, l, &l->words[1]);
        if (!host_name_valid(name))
                return report(c, &at, "letters, digits, '-', '.' and '_', at most 64 of them", "'%s' is no host name", name);
        if (setting_take(c, SET_HOSTNAME, &at, "hostname", w->hostname && !strcmp(w->hostname, name), &w->hostname_at))
                w->hostname = name;
        return 0;
}
