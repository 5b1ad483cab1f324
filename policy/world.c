/* World lines: tmp, dev, proc, net, audit, cwd. Each decides one thing, so it stands once in a file; the user's file beats
 * what it uses, and of two files of the same rank the stricter counts, whatever their order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

#define TMP_DEFAULT (256ull << 20)

const char *const device_names[] = {"null", "zero", "full", "random", "urandom", "tty", "pts", "shm", "mqueue", NULL};
#define DEVICES_DEFAULT 0x7fu /* all but shm and mqueue */

enum setting_claim setting_claim(struct compile *c, enum setting_id id, const struct place *at, const char *what)
{
        struct setting *s = &c->settings[id];
        if (s->set && s->source == at->source) {
                report(c, at, "say it once", "'%s' is already given on line %u", what, s->line);
                return CLAIM_WRONG;
        }
        if (s->set && s->depth < at->source->depth)
                return CLAIM_IGNORE;
        enum setting_claim claim = s->set ? CLAIM_STRICTER : CLAIM_TAKE;
        *s = (struct setting){.set = true, .depth = at->source->depth, .source = at->source, .line = at->line->number};
        return claim;
}

bool setting_take(struct compile *c, enum setting_id id, const struct place *at, const char *what, bool same_value,
                  struct origin *origin)
{
        enum setting_claim claim = setting_claim(c, id, at, what);
        if (claim == CLAIM_STRICTER && !same_value)
                report(c, at, "say it in your own file", "'%s' is also given at %s:%u, differently", what, origin->file,
                       origin->line);
        if (claim == CLAIM_TAKE)
                *origin = (struct origin){at->source->name, at->line->number};
        return claim == CLAIM_TAKE;
}

/* Whether the new value counts; where it does, `*origin` says so. */
static bool settle(struct compile *c, enum setting_id id, struct line *l, const struct place *at, bool stricter,
                   struct origin *origin)
{
        enum setting_claim claim = setting_claim(c, id, at, l->words[0].text);
        bool counts = claim == CLAIM_TAKE || (claim == CLAIM_STRICTER && stricter);
        if (counts) {
                *origin = (struct origin){at->source->name, l->number};
                c->texts[id] = l->text + l->words[0].column - 1;
                const struct word *last = &l->words[l->count - 1];
                c->texts[id] = arena_copy(c->arena, c->texts[id], last->column + last->width - l->words[0].column);
        }
        return counts;
}

/* The index of the line's only word among the names, or -1 (reported). */
static int choice(struct compile *c, struct source *s, struct line *l, const char *const *names)
{
        struct place at = place_line(s, l);
        struct buf all = {0};
        int found = -1;
        for (int i = 0; names[i]; i++) {
                buf_printf(&all, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
                if (l->count == 2 && !strcmp(l->words[1].text, names[i]))
                        found = i;
        }
        const char *hint = all.bad ? NULL : arena_printf(c->arena, "it is %s", all.data);
        buf_free(&all);
        if (found >= 0)
                return found;
        if (l->count != 2) {
                report(c, &at, hint, "'%s' takes one word", l->words[0].text);
                return -1;
        }
        at = place_word(s, l, &l->words[1]);
        struct nearest n = nearest_begin(c, l->words[1].text);
        for (int i = 0; names[i]; i++)
                nearest_offer(&n, names[i]);
        const char *near = nearest_hint(c, &n, "");
        report(c, &at, near ? near : hint, "'%s' is nothing that '%s' knows", l->words[1].text, l->words[0].text);
        return -1;
}

int run_net(struct compile *c, struct source *s, struct line *l)
{
        static const char *const names[] = {"none", "loopback", "host", NULL}; /* the stricter first */
        struct world *w = &c->policy->world;
        struct place at = place_line(s, l);
        int which = choice(c, s, l, names);
        if (which >= 0 && settle(c, SET_NET, l, &at, (unsigned)which < w->net, &w->net_at))
                w->net = (enum net_mode)which;
        return which < 0;
}

int run_proc(struct compile *c, struct source *s, struct line *l)
{
        static const char *const names[] = {"own", "self", "none", NULL}; /* the stricter last */
        struct world *w = &c->policy->world;
        struct place at = place_line(s, l);
        int which = choice(c, s, l, names);
        if (which >= 0 && settle(c, SET_PROC, l, &at, (unsigned)which > w->proc, &w->proc_at))
                w->proc = (enum proc_mode)which;
        return which < 0;
}

int run_audit(struct compile *c, struct source *s, struct line *l)
{
        static const char *const names[] = {"none", "denied", "all", NULL}; /* the stricter last */
        static const enum audit_mode modes[] = {AUDIT_NONE, AUDIT_DENIED, AUDIT_ALL};
        static const int rank[] = {[AUDIT_DENIED] = 1, [AUDIT_NONE] = 0, [AUDIT_ALL] = 2};
        struct world *w = &c->policy->world;
        struct place at = place_line(s, l);
        int which = choice(c, s, l, names);
        if (which >= 0 && settle(c, SET_AUDIT, l, &at, which > rank[w->audit], &w->audit_at))
                w->audit = modes[which];
        return which < 0;
}

int run_cwd(struct compile *c, struct source *s, struct line *l)
{
        struct world *w = &c->policy->world;
        struct place at = place_line(s, l);
        const char *path = NULL;
        if (l->count != 2)
                return report(c, &at, "write: cwd /tmp", "'cwd' takes one path");
        int r = expand_path(c, s, l, &l->words[1], &path, NULL);
        if (r != 0)
                return r;
        if (setting_take(c, SET_CWD, &at, "cwd", w->cwd && !strcmp(path, w->cwd), &w->cwd_at))
                w->cwd = path;
        return 0;
}

/* tmp none, or tmp private [SIZE] [exec] */
static int tmp_words(struct compile *c, struct source *s, struct line *l, uint64_t *size, bool *exec)
{
        bool sized = false;
        for (size_t i = 2; i < l->count; i++) {
                struct place at = place_word(s, l, &l->words[i]);
                if (!strcmp(l->words[i].text, "exec") && !*exec) {
                        *exec = true;
                } else if (sized || !strcmp(l->words[i].text, "exec")) {
                        return report(c, &at, "write: tmp private 256M exec", "'%s' is one word too many", l->words[i].text);
                } else if (size_parse(l->words[i].text, size) < 0) {
                        return report(c, &at, "a size has a unit: 64K, 256M, 2G", "'%s' is not a size",
                                      l->words[i].text);
                } else {
                        sized = true;
                }
        }
        return 0;
}

/* tmp PATH [SIZE] [exec]: a rule of its own, whose directory is none of the host's. */
static int tmp_elsewhere(struct compile *c, struct source *s, struct line *l)
{
        struct rule rule = {.origin = {s->name, l->number}, .use_depth = s->depth, .first = s->first, .class = CLASS_GRANT,
                            .verb = "tmp", .scratch = true, .scratch_size = TMP_DEFAULT};
        struct pattern pattern = {.literal = true};
        struct place at = place_word(s, l, &l->words[1]);
        bool exec = false;
        int r = expand_path(c, s, l, &l->words[1], &pattern.text, &pattern.asked);
        if (r == 0)
                r = tmp_words(c, s, l, &rule.scratch_size, &exec);
        if (r == 0 && !strcmp(pattern.text, "/"))
                r = report(c, &at, "name a directory below it", "'/' is what all else lies in");
        if (r == 0 && !strcmp(pattern.text, "/tmp"))
                r = report(c, &at, "write: tmp private 64M", "/tmp has words of its own");
        if (r != 0)
                return r;
        pattern.prefix = pattern.text;
        rule.access = exec ? ACCESS_ALL : ACCESS_ALL & ~(unsigned)ACCESS_EXEC;
        rule.text = arena_printf(c->arena, "tmp %.*s", (int)l->words[1].width, l->text + l->words[1].column - 1);
        return rule.text ? rule_add(c, &rule, &at, &pattern) : -ENOMEM;
}

int run_tmp(struct compile *c, struct source *s, struct line *l)
{
        struct world *w = &c->policy->world;
        struct place at = place_line(s, l);
        uint64_t size = TMP_DEFAULT;
        bool exec = false, private = l->count >= 2 && !strcmp(l->words[1].text, "private");
        if (l->count >= 2 && strchr("/~$", l->words[1].text[0]) && l->words[1].length > 0)
                return tmp_elsewhere(c, s, l);
        if (!private && !(l->count == 2 && !strcmp(l->words[1].text, "none")))
                return report(c, &at, "write: tmp none, tmp private 256M, or: tmp PATH 64M",
                              "'tmp' is none or private, or a path, with a size");
        int r = tmp_words(c, s, l, &size, &exec);
        if (r != 0)
                return r;
        bool stricter = w->tmp && (!private || size < w->tmp_size || (size == w->tmp_size && !exec && c->tmp_exec));
        if (settle(c, SET_TMP, l, &at, stricter, &w->tmp_at)) {
                w->tmp = private;
                w->tmp_size = private ? size : 0;
                c->tmp_exec = private && exec;
        }
        return 0;
}

static int device_unknown(struct compile *c, struct source *s, struct line *l, const struct word *w)
{
        static const char *const known = "there are null, zero, full, random, urandom, tty, pts, shm and mqueue";
        static const char *const later[] = {"ptmx", "fuse", "kvm", "dri", "snd", "video"};
        struct place at = place_word(s, l, w);
        struct nearest n = nearest_begin(c, w->text);
        for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++) {
                if (!strcmp(w->text, later[i]))
                        return report(c, &at, !strcmp(w->text, "ptmx") ? "it comes with pts" : known,
                                      "the device '%s' is not supported in this version", w->text);
        }
        for (size_t i = 0; device_names[i]; i++)
                nearest_offer(&n, device_names[i]);
        const char *hint = nearest_hint(c, &n, "");
        return report(c, &at, hint ? hint : known, "there is no device '%s'", w->text);
}

int run_dev(struct compile *c, struct source *s, struct line *l)
{
        struct place at = place_line(s, l);
        unsigned devices = 0;
        int bad = 0;
        if (l->count < 2)
                return report(c, &at, "write: dev null urandom, or: dev none", "'dev' needs the names of devices");
        for (size_t i = 1; i < l->count; i++) {
                size_t d = 0;
                if (l->count == 2 && !strcmp(l->words[i].text, "none"))
                        break;
                while (device_names[d] && strcmp(device_names[d], l->words[i].text) != 0)
                        d++;
                if (device_names[d])
                        devices |= 1u << d;
                else
                        bad = device_unknown(c, s, l, &l->words[i]);
        }
        struct setting before = c->settings[SET_DEV];
        if (bad || !settle(c, SET_DEV, l, &at, true, &c->policy->world.dev_at))
                return bad;
        c->devices = before.set ? c->devices & devices : devices;
        return 0;
}

/* ---- what nobody said, and what the lines imply ----------------------------------------------------------------- */

static int imply(struct compile *c, enum setting_id id, const struct origin *origin, const char *text, unsigned access,
                 const char *verb, const char *path)
{
        const struct setting *s = &c->settings[id];
        struct rule rule = {
                .origin = *origin,
                .access = access,
                .use_depth = s->set ? s->depth : UINT32_MAX,
                .verb = verb,
                .text = s->set && c->texts[id] ? c->texts[id] : text,
                .implied = true,
        };
        struct place at = {.source = s->source};
        const char *copy = arena_copy(c->arena, path, strlen(path));
        if (!copy)
                return -ENOMEM;
        return rule_add(c, &rule, &at, &(struct pattern){.text = copy, .prefix = copy, .asked = copy, .literal = true});
}

/* A name that is not the device's own is a link to something in its place; rules are about both. */
static int imply_device(struct compile *c, const char *name, const char *text)
{
        const unsigned use = ACCESS_LIST | ACCESS_READ | ACCESS_CREATE | ACCESS_WRITE;
        const struct origin *at = &c->policy->world.dev_at;
        const char *path = arena_printf(c->arena, "/dev/%s", name);
        int r = path ? imply(c, SET_DEV, at, text, use, "write", path) : -ENOMEM;
        if (r == 0 && !strcmp(name, "pts"))
                r = imply(c, SET_DEV, at, text, use, "write", "/dev/ptmx");
        return r;
}

static int devices_finish(struct compile *c)
{
        struct world *w = &c->policy->world;
        size_t count = 0;
        static const char text[] = "dev null zero full random urandom tty pts";
        const char **names = arena_alloc(c->arena, sizeof(device_names));
        if (!names)
                return -ENOMEM;
        for (size_t i = 0; device_names[i]; i++) {
                if (!(c->devices & 1u << i))
                        continue;
                names[count++] = device_names[i];
                if (imply_device(c, device_names[i], text) < 0)
                        return -ENOMEM;
        }
        w->devices = names;
        return count == 0 ? 0 : imply(c, SET_DEV, &w->dev_at, text, ACCESS_LIST, "list", "/dev");
}

int world_finish(struct compile *c)
{
        struct world *w = &c->policy->world;
        struct origin standard = {"(default)", 0};
        const unsigned write = ACCESS_ALL & ~(unsigned)ACCESS_EXEC;
        int r = 0;
        struct {
                enum setting_id id;
                struct origin *at;
        } origins[] = {{SET_NET, &w->net_at}, {SET_PROC, &w->proc_at}, {SET_AUDIT, &w->audit_at},
                       {SET_TMP, &w->tmp_at}, {SET_DEV, &w->dev_at},   {SET_CWD, &w->cwd_at},
                       {SET_CAPS, &w->caps_at}, {SET_USER, &w->user_at}, {SET_HOSTNAME, &w->hostname_at}};
        for (size_t i = 0; i < sizeof(origins) / sizeof(*origins); i++) {
                if (!c->settings[origins[i].id].set)
                        *origins[i].at = standard;
        }
        if (!c->settings[SET_TMP].set) {
                w->tmp = true;
                w->tmp_size = TMP_DEFAULT;
        }
        if (!c->settings[SET_DEV].set)
                c->devices = DEVICES_DEFAULT;
        if (w->tmp)
                r = imply(c, SET_TMP, &w->tmp_at, "tmp private 256M", c->tmp_exec ? ACCESS_ALL : write,
                          c->tmp_exec ? "write exec" : "write", "/tmp");
        if (r == 0 && w->proc != PROC_NONE)
                r = imply(c, SET_PROC, &w->proc_at, "proc own", ACCESS_LIST | ACCESS_READ, "read", "/proc");
        return r == 0 ? devices_finish(c) : r;
}
