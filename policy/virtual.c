/* file PATH "content", file PATH from HOSTPATH: a file that is no file of the host's. Its content is read when the policy is
 * compiled and belongs to it: what becomes of the host's file later changes nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "policy/compile.h"

#define CONTENT_MAX (4u << 20) /* of all such files: it is memory of every sandbox */

static int content_is(struct compile *c, const struct place *at, struct rule *rule, const char *data, size_t length)
{
        if (length > CONTENT_MAX - c->content_length)
                return report(c, at, "read it from the host instead: read PATH",
                              "the contents of all `file` lines are more than 4 MiB");
        rule->content = arena_copy(c->arena, data, length);
        if (!rule->content)
                return -ENOMEM;
        rule->content_length = length;
        c->content_length += length;
        return 0;
}

/* The path of a file of the host. Links on the way are of no interest to the view. */
static int host_path(struct compile *c, struct source *s, struct line *l, const struct word *w, const char **out)
{
        size_t links = c->aliases.count;
        int r = expand_path(c, s, l, w, out, NULL);
        c->aliases.count = links;
        return r;
}

static int unreadable(struct compile *c, const struct place *at, const char *path, int error)
{
        bool wrong_kind = error == -EINVAL || error == -EISDIR;
        return report(c, at, wrong_kind ? "name a regular file" : error == -ENOENT ? "make it first" : "see who may read it",
                      "cannot read '%s': %s", path, wrong_kind ? "it is not a regular file" : error_text(-error));
}

static int content_from(struct compile *c, struct source *s, struct line *l, const struct word *w, struct rule *rule)
{
        const struct policy_host *host = c->request->host;
        struct place at = place_word(s, l, w);
        const char *path = NULL;
        char identity[64], *data = NULL;
        size_t length = 0;
        int r = host_path(c, s, l, w, &path);
        if (r != 0)
                return r;
        r = host->read_file(host->ctx, path, &data, &length, identity);
        if (r < 0 && r != -ENOMEM)
                return unreadable(c, &at, path, r);
        if (r == 0)
                r = content_is(c, &at, rule, data, length);
        free(data);
        return r;
}

static int content_written(struct compile *c, struct source *s, struct line *l, const struct word *w, struct rule *rule)
{
        struct place at = place_word(s, l, w);
        const char *text = NULL;
        int r = expand_value(c, s, l, w, 0, true, &text);
        return r == 0 ? content_is(c, &at, rule, text, strlen(text)) : r;
}

int run_file(struct compile *c, struct source *s, struct line *l)
{
        struct rule rule = {.origin = {s->name, l->number}, .use_depth = s->depth, .first = s->first,
                            .class = CLASS_GRANT, .verb = "file", .access = l->verb->access};
        struct pattern pattern = {.literal = true};
        struct place at = place_line(s, l);
        bool from = l->count > 2 && !strcmp(l->words[2].text, "from") && l->words[2].marks[0] == MARK_PLAIN;

        if (l->count != (from ? 4 : 3))
                return report(c, &at, "write: file /etc/hostname \"box\\n\", or: file PATH from HOSTPATH",
                              "'file' needs a path, and one quoted text or where to read it from");
        at = place_word(s, l, &l->words[1]);
        int r = expand_path(c, s, l, &l->words[1], &pattern.text, &pattern.asked);
        if (r == 0 && !strcmp(pattern.text, "/"))
                r = report(c, &at, "name a file", "'/' is a directory");
        if (r == 0)
                r = (from ? content_from : content_written)(c, s, l, &l->words[l->count - 1], &rule);
        if (r != 0)
                return r;
        pattern.prefix = pattern.text;
        rule.text = arena_printf(c->arena, "file %.*s", (int)l->words[1].width, l->text + l->words[1].column - 1);
        return rule.text ? rule_add(c, &rule, &at, &pattern) : -ENOMEM;
}
