/* From an expanded word to patterns: braces make several, each is cut into components, and what stands before the first
 * wildcard is made canonical, since verdicts are made on canonical paths. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "policy/compile.h"
#include "policy/pattern.h"

#define BRACES_MAX 1024 /* patterns from one word */
#define NESTING_MAX 16

/* A run of bytes, each with its mark. */
struct run {
        const char *text, *marks;
        size_t length;
};

struct splitter {
        struct compile *c;
        const struct place *at;
        int (*add)(void *ctx, const struct pattern *pattern);
        void *ctx;
        unsigned made;
};

static bool special(const struct run *r, size_t i, const char *set)
{
        return r->marks[i] == MARK_PLAIN && r->text[i] && strchr(set, r->text[i]);
}

/* ---- canonical paths -------------------------------------------------------------------------------------------- */

struct links {
        struct compile *c;
        bool failed;
};

static void link_met(void *ctx, const char *path, const char *target)
{
        struct links *links = ctx;
        struct alias *a = vector_push(&links->c->aliases, sizeof(*a));
        if (a)
                *a = (struct alias){.path = arena_copy(links->c->arena, path, strlen(path)),
                                    .target = arena_copy(links->c->arena, target, strlen(target))};
        links->failed = links->failed || !a || !a->path || !a->target;
}

/* By the text alone: for what the view makes itself, so that the host's links there mean nothing. */
static const char *path_plain(struct compile *c, const char *path)
{
        char *out = arena_copy(c->arena, path, strlen(path));
        size_t length = 0;
        for (const char *at = path; out && *at;) {
                size_t size = strcspn(at, "/");
                if (size == 2 && at[0] == '.' && at[1] == '.') {
                        while (length > 0 && out[--length] != '/')
                                ;
                } else if (size > 0 && !(size == 1 && at[0] == '.')) {
                        out[length++] = '/';
                        memmove(out + length, at, size);
                        length += size;
                }
                at += size + (at[size] == '/');
        }
        if (out && length == 0)
                out[length++] = '/';
        if (out)
                out[length] = '\0';
        return out;
}

static bool below(const char *path, const char *top)
{
        size_t length = strlen(top);
        return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int unresolved(struct compile *c, const struct place *at, int error)
{
        if (error == -ELOOP)
                return report(c, at, "name the place that they are meant to lead to",
                              "this path goes through too many symbolic links");
        if (error == -ENAMETOOLONG)
                return report(c, at, "it has 4095 bytes at most, with what links on its way stand for", "this path is too long");
        return report(c, at, "see whether the directories on its way can be read", "this path cannot be resolved");
}

const char *path_canonical(struct compile *c, const struct place *at, const char *path, int *error)
{
        char out[PATH_MAX];
        struct links links = {.c = c};
        mode_t mode = 0;
        const char *result = path_plain(c, path);
        if (!result) {
                *error = -ENOMEM;
                return NULL;
        }
        if (below(result, "/proc") || below(result, "/dev"))
                return result;
        int r = strlen(path) >= PATH_MAX
                        ? -ENAMETOOLONG
                        : shown_canonical(&c->policy->shown, c->request->host, path, out, &mode, link_met, &links);
        if (r == 0 && !links.failed)
                result = arena_copy(c->arena, out, strlen(out));
        *error = r == -ENOMEM || links.failed || !result ? -ENOMEM : 0;
        if (r < 0 && *error == 0)
                *error = at ? unresolved(c, at, r) : 1;
        return *error ? NULL : result;
}

/* ---- what can be wrong with a pattern --------------------------------------------------------------------------- */

struct objection {
        const char *message, *hint;
};

static const struct objection
        marked_in_brackets = {"quotes and variables mean nothing in [ ]", "write the characters themselves there"},
        open_bracket = {"this '[' is never closed", "it ends with ']' before the next '/'; quote one that is meant literally"},
        stars_in_name = {"'**' must stand alone between slashes", "inside a name, write '*'"},
        long_name = {"this name is too long", "a name has 255 bytes at most"},
        dots_behind = {"'..' cannot stand after a wildcard", "write where it leads to"},
        deep_pattern = {"this pattern has too many components after its first wildcard", "'**' stands for any number of them"},
        no_path = {"this path is empty", "begin it with '/', '~', '$CWD' or '$HERE'"},
        relative_path = {"a path must be absolute", "begin it with '/', '~', '$CWD' or '$HERE'"},
        quoted_home = {"a path must be absolute", "in quotes '~' is a plain character: write $HOME"},
        single_quoted = {"a path must be absolute", "quotes are double ones"},
        torn_apart = {"a path must be absolute",
                      "begin it with '/', '~', '$CWD' or '$HERE'; a name with a blank in it stands in quotes"},
        many_patterns = {"these braces make too many patterns", "write several lines"},
        many_braces = {"too many braces in one word", "write several lines"},
        open_brace = {"this '{' is never closed", "quote a brace that is meant literally"},
        lone_brace = {"this '}' closes nothing", "quote a brace that is meant literally"};

/* ---- one pattern ------------------------------------------------------------------------------------------------ */

/* Adds a component in the form that component_match() reads. Returns what is wrong with it, or NULL. */
static const struct objection *wild_encode(const struct run *r, struct buf *out)
{
        for (size_t i = 0; i < r->length; i++) {
                if (r->marks[i] != MARK_PLAIN && strchr("*?[", r->text[i])) {
                        buf_printf(out, "[%c]", r->text[i]);
                        continue;
                }
                buf_add(out, r->text + i, 1);
                if (r->text[i] != '[' || r->marks[i] != MARK_PLAIN)
                        continue;
                size_t first = i + 1 + (i + 1 < r->length && r->text[i + 1] == '!');
                for (i++; i < r->length && (r->text[i] != ']' || i == first); i++) {
                        if (r->marks[i] != MARK_PLAIN)
                                return &marked_in_brackets;
                        buf_add(out, r->text + i, 1);
                }
                if (i >= r->length)
                        return &open_bracket;
                buf_add(out, "]", 1);
        }
        return NULL;
}

static bool is_any(const struct run *r)
{
        return r->length == 2 && special(r, 0, "*") && special(r, 1, "*");
}

static bool is_wild(const struct run *r)
{
        for (size_t i = 0; i < r->length; i++) {
                if (special(r, i, "*?["))
                        return true;
        }
        return false;
}

/* Fills one component. 0, or 1 with `*why`, or -ENOMEM. */
static int component_make(struct compile *c, const struct run *r, struct component *out, const struct objection **why)
{
        struct buf text = {0};
        *why = NULL;
        out->kind = is_any(r) ? COMPONENT_ANY : is_wild(r) ? COMPONENT_WILD : COMPONENT_EXACT;
        if (out->kind == COMPONENT_WILD) {
                for (size_t i = 1; i < r->length; i++) {
                        if (special(r, i, "*") && special(r, i - 1, "*"))
                                *why = &stars_in_name;
                }
                buf_add(&text, "/", 1);
                *why = *why ? *why : wild_encode(r, &text);
        } else {
                buf_add(&text, r->text, r->length);
        }
        if (r->length > NAME_MAX && out->kind == COMPONENT_EXACT)
                *why = &long_name;
        out->length = (uint32_t)text.length;
        out->text = text.bad ? NULL : arena_copy(c->arena, text.data, text.length);
        buf_free(&text);
        return !out->text ? -ENOMEM : *why != NULL;
}

static int wrong(struct splitter *sp, const struct objection *why)
{
        return report(sp->c, sp->at, why->hint, "%s", why->message);
}

/* The next component of `r` from `*at` on, past slashes and "."; false at the end. */
static bool next_component(const struct run *r, size_t *at, struct run *out)
{
        for (;;) {
                while (*at < r->length && r->text[*at] == '/')
                        ++*at;
                size_t end = *at;
                while (end < r->length && r->text[end] != '/')
                        end++;
                *out = (struct run){r->text + *at, r->marks + *at, end - *at};
                *at = end;
                if (out->length != 1 || out->text[0] != '.')
                        return out->length > 0;
        }
}

/* The components from the first wildcard on. */
static int tail_components(struct splitter *sp, const struct run *r, size_t at, struct component *out, size_t *count)
{
        struct run part;
        const struct objection *why;
        while (next_component(r, &at, &part)) {
                if (part.length == 2 && memcmp(part.text, "..", 2) == 0)
                        return wrong(sp, &dots_behind);
                if (*count == TRIE_WILD_DEPTH_MAX)
                        return wrong(sp, &deep_pattern);
                if (is_any(&part) && *count > 0 && out[*count - 1].kind == COMPONENT_ANY)
                        continue; /* `**` twice says no more than once */
                int r1 = component_make(sp->c, &part, &out[*count], &why);
                if (r1 == 1)
                        return wrong(sp, why);
                if (r1 < 0)
                        return r1;
                ++*count;
        }
        if (*count > 0 && out[*count - 1].kind == COMPONENT_ANY) /* everything below: one component, and its tree */
                out[*count - 1] = (struct component){.text = "/*", .length = 2, .kind = COMPONENT_WILD};
        return 0;
}

/* Where the first component with a wildcard begins, or r->length. */
static size_t prefix_end(const struct run *r)
{
        size_t start = 0;
        for (size_t i = 0; i < r->length; i++) {
                if (r->text[i] == '/')
                        start = i + 1;
                else if (special(r, i, "*?["))
                        return start;
        }
        return r->length;
}

/* Cuts the canonical prefix into exact components. */
size_t path_components(const char *prefix, struct component *out)
{
        size_t count = 0;
        for (const char *at = prefix; *at;) {
                size_t size = strcspn(at, "/");
                if (size > 0) {
                        if (out)
                                out[count] = (struct component){at, (uint32_t)size, COMPONENT_EXACT};
                        count++;
                }
                at += size + (at[size] == '/');
        }
        return count;
}

/* The whole pattern as text that reads back as itself. */
const char *pattern_spell(struct compile *c, const struct pattern *p)
{
        struct buf text = {0};
        for (size_t i = 0; i < p->count; i++) {
                const struct component *part = &p->components[i];
                if (part->kind != COMPONENT_WILD)
                        buf_add(&text, "/", 1);
                for (size_t j = 0; j < part->length; j++) {
                        bool escape = part->kind == COMPONENT_EXACT && strchr("*?[{", part->text[j]);
                        buf_str(&text, escape ? "[" : "");
                        buf_add(&text, part->text + j, 1);
                        buf_str(&text, escape ? "]" : "");
                }
        }
        const char *copy = text.bad || !text.data ? NULL : arena_copy(c->arena, text.data, text.length);
        buf_free(&text);
        return copy;
}

static int pattern_make(struct splitter *sp, const struct run *r, size_t cut, struct pattern *out)
{
        struct component tail[TRIE_WILD_DEPTH_MAX];
        size_t tail_count = 0;
        int error = tail_components(sp, r, cut, tail, &tail_count);
        if (error)
                return error;
        const char *start = cut == 0 ? "/" : arena_copy(sp->c->arena, r->text, cut);
        if (!start)
                return -ENOMEM;
        out->asked = start;
        out->literal = tail_count == 0;
        out->prefix = path_canonical(sp->c, sp->at, start, &error);
        if (error)
                return error;
        if (out->literal) {
                out->text = out->prefix;
                return 0;
        }
        size_t count = path_components(out->prefix, NULL);
        out->floating = count == 0;
        out->count = count + tail_count;
        out->components = arena_alloc(sp->c->arena, out->count * sizeof(*out->components));
        if (!out->components)
                return -ENOMEM;
        path_components(out->prefix, out->components);
        memcpy(out->components + count, tail, tail_count * sizeof(*tail));
        out->text = pattern_spell(sp->c, out);
        return out->text ? 0 : -ENOMEM;
}

/* Whether the word before is a path: then this one may be the rest of a name that has a blank in it. */
static bool behind_path(const struct place *at)
{
        const struct line *l = at->line;
        for (size_t i = 1; l && i < l->count; i++) {
                if (l->words[i].column == at->column)
                        return strchr("/~$", l->words[i - 1].text[0]) != NULL;
        }
        return false;
}

/* What people meant that begins with no slash. */
static const struct objection *no_root(const struct splitter *sp, const struct run *r)
{
        if (r->text[0] == '~' || r->text[0] == '\'')
                return r->text[0] == '~' ? &quoted_home : &single_quoted;
        return behind_path(sp->at) ? &torn_apart : &relative_path;
}

static int one_pattern(struct splitter *sp, const struct run *r)
{
        struct pattern pattern = {0};
        size_t cut = prefix_end(r);
        if (r->length == 0)
                return wrong(sp, &no_path);
        if (sp->made++ == BRACES_MAX)
                return wrong(sp, &many_patterns);
        if (r->text[0] != '/' && !(r->length >= 2 && is_any(&(struct run){r->text, r->marks, 2}) &&
                                                       (r->length == 2 || r->text[2] == '/')))
                return wrong(sp, no_root(sp, r));
        int error = pattern_make(sp, r, cut, &pattern);
        return error ? error : sp->add(sp->ctx, &pattern);
}

/* ---- braces ----------------------------------------------------------------------------------------------------- */

static int braces(struct splitter *sp, const struct run *r, unsigned nesting);

/* head + one alternative + tail, and on. */
static int alternative(struct splitter *sp, const struct run *r, size_t open, size_t from, size_t to, size_t close,
                       unsigned nesting)
{
        struct buf text = {0}, marks = {0};
        const size_t cuts[3][2] = {{0, open}, {from, to}, {close + 1, r->length}};
        int error = -ENOMEM;
        for (size_t i = 0; i < 3; i++) {
                buf_add(&text, r->text + cuts[i][0], cuts[i][1] - cuts[i][0]);
                buf_add(&marks, r->marks + cuts[i][0], cuts[i][1] - cuts[i][0]);
        }
        if (!text.bad && !marks.bad)
                error = braces(sp, &(struct run){text.data, marks.data, text.length}, nesting + 1);
        buf_free(&text);
        buf_free(&marks);
        return error;
}

/* The brace that closes the one at `open`, or r->length. */
static size_t brace_close(const struct run *r, size_t open)
{
        unsigned level = 0;
        for (size_t i = open; i < r->length; i++) {
                if (special(r, i, "{"))
                        level++;
                else if (special(r, i, "}") && --level == 0)
                        return i;
        }
        return r->length;
}

static int braces(struct splitter *sp, const struct run *r, unsigned nesting)
{
        size_t open = 0;
        while (open < r->length && !special(r, open, "{}"))
                open++;
        if (open == r->length)
                return one_pattern(sp, r);
        size_t close = brace_close(r, open);
        if (r->text[open] == '}' || close == r->length)
                return wrong(sp, r->text[open] == '}' ? &lone_brace : &open_brace);
        if (nesting == NESTING_MAX)
                return wrong(sp, &many_braces);
        size_t from = open + 1;
        unsigned level = 0;
        for (size_t i = from; i <= close; i++) {
                if (i == close || (level == 0 && special(r, i, ","))) {
                        int error = alternative(sp, r, open, from, i, close, nesting);
                        if (error)
                                return error;
                        from = i + 1;
                } else if (special(r, i, "{")) {
                        level++;
                } else if (special(r, i, "}")) {
                        level--;
                }
        }
        return 0;
}

int glob_patterns(struct compile *c, const struct place *at, struct expanded *word,
                  int (*add)(void *ctx, const struct pattern *pattern), void *ctx)
{
        struct splitter sp = {.c = c, .at = at, .add = add, .ctx = ctx};
        int error = expanded_absolute(c, at, word);
        if (error)
                return error;
        return braces(&sp, &(struct run){word->text.data, word->marks.data, word->text.length}, 0);
}
