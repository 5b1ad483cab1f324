/* The line that would allow what was denied: a literal rule on that very path, as narrow as can be, which takes nothing
 * away that is granted now. Whether it would win is asked of the evaluator, not guessed. What is to be made has no path yet
 * that a rule could be tied to: there the line names its directory, and `write`, since what was made will be worked on. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "policy/compiled.h"

#define READ (ACCESS_LIST | ACCESS_READ)
#define EDIT (READ | ACCESS_CREATE | ACCESS_WRITE)

static const struct {
        const char *name;
        unsigned grants, needed_for; /* the verb is needed where one of these is wanted */
} verbs[] = {
        {"write", EDIT, ACCESS_WRITE},
        {"create", ACCESS_LIST | ACCESS_CREATE, ACCESS_CREATE},
        {"exec", READ | ACCESS_EXEC, ACCESS_EXEC},
        {"read", READ, ACCESS_READ},
        {"unix", ACCESS_LIST | ACCESS_UNIX, ACCESS_UNIX},
        {"list", ACCESS_LIST, ACCESS_LIST},
};

/* The fewest verbs that grant all of `want`. */
static unsigned verbs_for(unsigned want, struct buf *out)
{
        unsigned granted = 0;
        for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
                if (!(want & verbs[i].needed_for & ~granted))
                        continue;
                buf_printf(out, "%s%s", granted ? " " : "", verbs[i].name);
                granted |= verbs[i].grants;
        }
        return granted;
}

/* How many bytes at `s` are one harmless character, as cordon_escape() judges it; 0 where it must be escaped. */
static size_t harmless(const char *s)
{
        for (size_t size = 1; size <= 4 && s[size - 1]; size++) {
                char one[5] = {0}, shown[20];
                memcpy(one, s, size);
                if (cordon_escape(one, shown, sizeof(shown)) == size && strcmp(one, shown) == 0)
                        return size;
        }
        return 0;
}

static bool quotes_needed(const char *path)
{
        if (path[strcspn(path, " \t\"\\$*?[]{}~#")])
                return true;
        for (size_t step; *path; path += step) {
                step = harmless(path);
                if (step == 0)
                        return true;
        }
        return false;
}

void policy_put_path(struct buf *out, const char *home, const char *path)
{
        size_t length = home ? strlen(home) : 0;
        bool at_home = home && !strncmp(path, home, length) && (path[length] == '/' || !path[length]);
        const char *rest = at_home ? path + length : path;
        if (!quotes_needed(rest)) {
                buf_printf(out, "%s%s", at_home ? "~" : "", rest);
                return;
        }
        buf_str(out, at_home ? "\"$HOME" : "\"");
        for (size_t step = 1; *rest; rest += step) {
                step = harmless(rest);
                if (step == 0) {
                        step = 1;
                        buf_printf(out, "\\x%02x", (unsigned char)*rest);
                } else {
                        if (strchr("\"\\$", *rest))
                                buf_str(out, "\\");
                        buf_add(out, rest, step);
                }
        }
        buf_str(out, "\"");
}

size_t policy_quote(const char *text, char *buf, size_t size)
{
        struct buf out cleanup_buf = {0};
        policy_put_path(&out, NULL, text);
        if (size > 0)
                buf[0] = '\0';
        if (out.bad || !out.data)
                return 0;
        snprintf(buf, size, "%s", out.data);
        return out.length;
}

static bool is_below(const char *path, const char *top)
{
        size_t length = strlen(top);
        return !strncmp(path, top, length) && (path[length] == '/' || !path[length]);
}

/* Devices and /proc come by their own lines; no file rule brings them. */
static bool put_world(const struct policy *p, const char *path, unsigned want, struct buf *out)
{
        const char *const *have = p->world.devices;
        if (is_below(path, "/proc")) {
                if (p->world.proc == PROC_NONE && !(want & ~(unsigned)READ))
                        buf_str(out, "proc own");
                return out->length > 0;
        }
        for (size_t i = 0; device_names[i]; i++) {
                if (strncmp(path, "/dev/", 5) != 0 || strcmp(path + 5, device_names[i]) != 0 || (want & ACCESS_EXEC))
                        continue;
                buf_str(out, "dev");
                for (size_t j = 0; have[j]; j++) {
                        if (strcmp(have[j], device_names[i]) != 0)
                                buf_printf(out, " %s", have[j]);
                }
                buf_printf(out, " %s", device_names[i]);
        }
        return out->length > 0;
}

/* A line of the user's own file about this very path is in the way of another one, but it can be changed. */
static bool can_be_changed(const char *path, const struct rule *rule)
{
        return rule && rule->literal && rule->use_depth == 0 && rule->class != CLASS_NEVER && !strcmp(rule->pattern, path);
}

/* Whether the line, put into the user's own file, would allow it. */
static bool would_allow(const struct policy *p, const char *path, unsigned want, const struct rule *line,
                        const struct verdict *now)
{
        struct eval_options with = {.extra = line};
        return can_be_changed(path, now->rule) || policy_eval_with(p, path, strlen(path), want, &with).allow;
}

/* Whether it would be the one that counts. */
static bool would_decide(const struct policy *p, const char *path, const struct rule *line, const struct verdict *now)
{
        struct eval_options with = {.extra = line};
        return can_be_changed(path, now->rule) || policy_eval_with(p, path, strlen(path), ACCESS_LIST, &with).rule == line;
}

/* Whether a person may be advised to let somebody write here: not in the root, nor in what lies in it (/usr, /etc), nor in a
 * whole home. That a line would work does not make it advice; and a program can provoke the question on purpose. */
static bool advisable(const struct policy *p, const char *path)
{
        return path[0] == '/' && strchr(path + 1, '/') && !(p->home && is_below(p->home, path));
}

/* The directory of a path below "/". */
static bool directory_of(const char *path, char *out, size_t size)
{
        size_t length = (size_t)(strrchr(path, '/') - path);
        if (length == 0 || length >= size)
                return false;
        memcpy(out, path, length);
        out[length] = '\0';
        return true;
}

/* Whether the line about the directory would reach what is to be made in it: a rule that goes deeper may be in the way. */
static bool would_reach(const struct policy *p, const char *made, const struct rule *line)
{
        size_t length = strlen(made);
        struct eval_options with = {.extra = line};
        return can_be_changed(line->pattern, policy_eval(p, made, length, ACCESS_CREATE).rule) ||
               policy_eval_with(p, made, length, ACCESS_CREATE, &with).allow;
}

/* Out of a buffer of ours into the caller's. */
static int hand_over(const struct buf *out, char *buf, size_t size)
{
        if (out->bad)
                return -ENOMEM;
        if (out->length >= size)
                return -ENAMETOOLONG;
        memcpy(buf, out->data, out->length + 1);
        return 0;
}

int policy_suggest_denial(const struct policy *p, const char *path, char *buf, size_t size)
{
        struct buf out cleanup_buf = {0};
        struct rule line = {.literal = true, .exact = true, .pattern = path, .text = "", .verb = "", .prefix = path,
                            .class = CLASS_DENY};
        struct verdict now = policy_eval(p, path, strlen(path), ACCESS_LIST);
        if (is_below(path, "/proc") || is_below(path, "/dev"))
                return -ENOENT;
        if (!would_decide(p, path, &line, &now))
                return -ENOENT;
        buf_str(&out, "deny ");
        policy_put_path(&out, p->home, path);
        return hand_over(&out, buf, size);
}

int policy_suggest_beside(const struct policy *p, const char *path, unsigned want, char *buf, size_t size)
{
        struct buf out cleanup_buf = {0};
        struct rule line = {.literal = true, .exact = true, .pattern = path, .text = "", .verb = "", .prefix = path};
        struct eval_options with = {.extra = &line};

        if ((want & ACCESS_CREATE) || policy_on_host(p, path, false, (char[PATH_MAX]){0}) != path)
                return -ENOENT; /* a rule about a file that is not there yet would have to be one about its directory */
        line.access = verbs_for(want, &out);
        if (policy_eval_with(p, path, strlen(path), want, &with).rule != &line)
                return -ENOENT;
        buf_str(&out, " ");
        policy_put_path(&out, p->home, path);
        return hand_over(&out, buf, size);
}

/* A line about the path, or about the overlay that it lies in: what can be run there may be new, and no file of the host. */
static int put_rule(const struct policy *p, const char *path, const char *made, unsigned want, const struct verdict *now,
                    struct buf *out)
{
        struct rule line = {.literal = true, .pattern = path, .text = "", .verb = "", .prefix = path};
        bool own = now->rule && (now->rule->implied || now->rule->scratch); /* they grant no file of the host */
        bool keep = !now->ancestor && !own, copy = now->rule && now->rule->overlay;
        if (now->allow && !own)
                return -ENOENT; /* what refuses is something else, which no such line would change */
        if (copy && (want & ACCESS_EXEC)) {
                buf_str(out, "overlay exec");
                path = now->rule->pattern;
        } else {
                /* Of a copy, writing is not kept: with such a line it would be the host's. */
                line.access = verbs_for(want | (keep ? now->access & (copy ? READ : ~0u) : 0), out);
                if (!would_allow(p, path, want, &line, now) || (made && !would_reach(p, made, &line)))
                        return -ENOENT;
        }
        const struct remap *shown = policy_remap(p, path);
        buf_str(out, " ");
        if (shown) { /* the line that shows it is the one to be changed */
                policy_put_path(out, p->home, shown->source);
                buf_str(out, " as ");
        }
        policy_put_path(out, p->home, path);
        return 0;
}

int policy_suggest(const struct policy *p, const char *path, unsigned want, char *buf, size_t size)
{
        struct buf out cleanup_buf = {0};
        char directory[PATH_MAX];
        const char *made = NULL;
        if (size > 0)
                buf[0] = '\0';
        if (path[0] != '/' || want == 0 || (want & ~(unsigned)(ACCESS_ALL | ACCESS_UNIX)))
                return -ENOENT;
        if (want & ACCESS_CREATE) {
                if (!directory_of(path, directory, sizeof(directory)))
                        return -ENOENT;
                made = path;
                path = directory;
                want |= ACCESS_WRITE;
        }
        if ((want & ACCESS_WRITE) && !advisable(p, path))
                return -ENOENT;
        struct verdict now = policy_eval(p, path, strlen(path), want);
        if (is_below(path, "/proc") || is_below(path, "/dev")) {
                if ((now.rule && now.rule->class != CLASS_GRANT) || !put_world(p, path, want, &out))
                        return -ENOENT;
        } else {
                int r = put_rule(p, path, made, want, &now, &out);
                if (r < 0)
                        return r;
        }
        return hand_over(&out, buf, size);
}
