/* Variables. What they hold is literal wherever it lands: a file name with a star in it never becomes a wildcard.
 *
 * There are the built-in ones, and the `param` and `let` lines of the same file. A let is resolved when it is first asked
 * for, since the order of lines means nothing. There is no way to the environment from here. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

#define NESTING_MAX 64u    /* lets that lead to each other */
#define VALUE_MAX 65536u /* a let that doubles another doubles fast */

static const struct {
        const char *name, *below_home; /* with a leading slash, or NULL */
} builtins[] = {
        {"HOME", ""},
        {"CWD", NULL},
        {"HERE", NULL},
        {"PROG", NULL},
        {"UID", NULL},
        {"XDG_CONFIG_HOME", "/.config"},
        {"XDG_CACHE_HOME", "/.cache"},
        {"XDG_DATA_HOME", "/.local/share"},
        {"XDG_STATE_HOME", "/.local/state"},
        {"XDG_RUNTIME_DIR", NULL},
        {"GIT_DIR", NULL},
        {"GIT_COMMON_DIR", NULL},
        {"GIT_FILE", NULL},
};

static bool is(const char *text, size_t length, const char *name)
{
        return strlen(name) == length && memcmp(text, name, length) == 0;
}

bool name_valid(const char *name, size_t length)
{
        for (size_t i = 0; i < length; i++) {
                if (!isalpha((unsigned char)name[i]) && name[i] != '_' && (i == 0 || !isdigit((unsigned char)name[i])))
                        return false;
        }
        return length > 0;
}

bool variable_builtin(const char *name, size_t length)
{
        for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++) {
                if (is(name, length, builtins[i].name))
                        return true;
        }
        return false;
}

const char *builtin_name(size_t index)
{
        return index < sizeof(builtins) / sizeof(*builtins) ? builtins[index].name : NULL;
}

int builtin_value(struct compile *c, struct source *s, const char *name, size_t length, const char **out)
{
        size_t i = 0, count = sizeof(builtins) / sizeof(*builtins);
        while (i < count && !is(name, length, builtins[i].name))
                i++;
        if (i == count)
                return 1;
        const char *known = builtins[i].name;
        if (builtins[i].below_home) {
                if (!c->home)
                        return -ENODATA;
                *out = arena_printf(c->arena, "%s%s", strcmp(c->home, "/") ? c->home : "", builtins[i].below_home);
                if (*out && !**out)
                        *out = "/";
        } else if (!strncmp(known, "GIT_", 4)) {
                return git_value(c, s, known, out);
        } else if (!strcmp(known, "XDG_RUNTIME_DIR")) {
                *out = arena_printf(c->arena, "/run/user/%s", c->uid);
        } else {
                *out = !strcmp(known, "CWD") ? c->cwd : !strcmp(known, "HERE") ? s->here
                       : !strcmp(known, "PROG") ? c->program : c->uid;
                return *out ? 0 : -ENODATA;
        }
        return *out ? 0 : -ENOMEM;
}

struct variable *variable_find(struct source *s, const char *name, size_t length)
{
        size_t low = 0, high = s->variable_count;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                struct variable *v = &s->variables[middle];
                int order = strncmp(v->name, name, length);
                if (order == 0)
                        order = v->name[length] != '\0';
                if (order == 0)
                        return v;
                if (order < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

struct define *define_find(struct compile *c, const char *name)
{
        struct define *d = c->defines.items;
        for (size_t i = 0; i < c->defines.count; i++) {
                if (!strcmp(d[i].name, name))
                        return &d[i];
        }
        return NULL;
}

int variable_resolve(struct compile *c, struct source *s, struct variable *v)
{
        struct place at = place_word(s, v->line, v->word);
        struct define *d = v->param ? define_find(c, v->name) : NULL;
        int r = 0;
        if (v->state == VARIABLE_BUSY)
                return report(c, &at, "give one of the lines on the way a value of its own", "'%s' is defined by itself",
                              v->name);
        if (v->state != VARIABLE_NEW)
                return v->state == VARIABLE_FAILED;
        if (c->nesting == NESTING_MAX)
                return report(c, &at, "write the value out", "too many lines lead from one variable to the next (%u at most)",
                              NESTING_MAX);
        c->nesting++;
        v->state = VARIABLE_BUSY;
        v->relative_ok = v->param;
        if (d) {
                d->used = true;
                v->value = d->value;
        } else if (v->value_at) {
                struct expanded e = {0};
                r = expand(c, s, v->line, v->word, v->value_at, &e);
                v->relative_ok = v->relative_ok || e.relative_ok;
                expanded_free(&e);
                if (r == 0)
                        r = expand_value(c, s, v->line, v->word, v->value_at, false, &v->value);
        } else {
                const char *hint = arena_printf(c->arena, "give it one: -D %s=VALUE", v->name);
                r = report(c, &at, hint, "param '%s' has no value", v->name);
        }
        c->nesting--;
        v->state = r == 0 ? VARIABLE_READY : VARIABLE_FAILED;
        return r;
}

/* ---- expansion ------------------------------------------------------------------------------------------------ */

void expanded_free(struct expanded *e)
{
        buf_free(&e->text);
        buf_free(&e->marks);
}

static void put(struct expanded *e, const char *text, size_t length, char mark)
{
        buf_add(&e->text, text, length);
        for (size_t i = 0; i < length; i++)
                buf_add(&e->marks, &mark, 1);
}

static int unknown(struct compile *c, struct source *s, const struct place *at, const char *name, size_t length)
{
        char *copy = arena_copy(c->arena, name, length);
        if (!copy)
                return -ENOMEM;
        struct nearest n = nearest_begin(c, copy);
        for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
                nearest_offer(&n, builtins[i].name);
        for (size_t i = 0; i < s->variable_count && !nearest_done(&n); i++)
                nearest_offer(&n, s->variables[i].name);
        const char *hint = nearest_hint(c, &n, "$");
        return report(c, at, hint ? hint : "define it: param NAME, or let NAME=VALUE", "'$%s' is not defined", copy);
}

/* A part of a word that something is to be said about. Its place is looked for only then: that takes as long as the word. */
struct part {
        const struct line *line;
        const struct word *word;
        size_t at, length;
};

static struct place part_place(const struct source *s, const struct part *p)
{
        size_t left = p->word->length - p->at;
        return place_part(s, p->line, p->word, p->at, p->length < left ? p->length : left);
}

static int no_value(struct compile *c, const struct place *at, const char *name, size_t length)
{
        const char *hint = !strncmp(name, "HERE", 4)   ? "it is the directory of a policy file; a bundle has none"
                           : !strncmp(name, "GIT_", 4) ? "this file needs a work tree: param REPO=$CWD"
                                                       : "write the path out";
        return report(c, at, hint, "'$%.*s' has no value here", (int)length, name);
}

static int put_variable(struct compile *c, struct source *s, const struct part *part, const char *name, size_t length,
                        struct expanded *out)
{
        struct place at;
        const char *value = NULL;
        struct variable *v = variable_find(s, name, length);
        int r = v ? variable_resolve(c, s, v) : builtin_value(c, s, name, length, &value);
        if (r == -ENODATA || (r == 1 && !v)) {
                at = part_place(s, part);
                return r == 1 ? unknown(c, s, &at, name, length) : no_value(c, &at, name, length);
        }
        if (r != 0)
                return r;
        if (v) {
                v->used = true;
                value = v->value;
                out->relative_ok = out->relative_ok || (out->text.length == 0 && v->relative_ok);
        }
        if (out->text.length + strlen(value) > VALUE_MAX) {
                if (out->too_long) /* said once for a word */
                        return 1;
                out->too_long = true;
                at = part_place(s, part);
                return report(c, &at, "shorten what leads to it", "this makes a text of more than %u bytes", VALUE_MAX);
        }
        out->empty_first = out->empty_first || (out->text.length == 0 && !*value);
        put(out, value, strlen(value), MARK_LITERAL);
        return 0;
}

/* The `$NAME` or `${NAME}` that begins at `at`. `*size`: all of it. */
static int dollar(struct compile *c, struct source *s, struct line *l, const struct word *w, size_t at, size_t *size,
                  struct expanded *out)
{
        const char *text = w->text + at;
        bool braces = text[1] == '{';
        size_t from = braces ? 2 : 1, length = 0;
        while (isalnum((unsigned char)text[from + length]) || text[from + length] == '_')
                length++;
        *size = from + length + braces;
        struct part part = {l, w, at, *size};
        if (!name_valid(text + from, length) || (braces && text[from + length] != '}')) {
                struct place place = place_part(s, l, w, at, 1);
                return report(c, &place, "write $NAME or ${NAME}; for the character itself: \"\\$\"",
                              "no variable's name follows the '$'");
        }
        return put_variable(c, s, &part, text + from, length, out);
}

static int tilde_other(struct compile *c, const struct source *s, const struct part *part)
{
        struct place at = part_place(s, part);
        return report(c, &at, "write the path out, or quote a name that begins with '~'", "only '~' alone or '~/…' is known");
}

int expand(struct compile *c, struct source *s, struct line *l, const struct word *w, size_t from, struct expanded *out)
{
        int worst = 0;
        for (size_t at = from; at < w->length;) {
                size_t size = 1;
                int r = 0;
                bool plain = w->marks[at] == MARK_PLAIN;
                if (w->text[at] == '$' && w->marks[at] != MARK_LITERAL) {
                        r = dollar(c, s, l, w, at, &size, out);
                } else if (w->text[at] == '~' && plain && at == from) {
                        struct part part = {l, w, at, 1};
                        if (w->text[at + 1] != '/' && at + 1 < w->length)
                                r = tilde_other(c, s, &part);
                        else
                                r = put_variable(c, s, &part, "HOME", 4, out);
                } else {
                        put(out, w->text + at, 1, plain ? MARK_PLAIN : MARK_LITERAL);
                }
                if (r == -ENOMEM)
                        return r;
                worst = r ? r : worst;
                at += size;
                if (worst && c->errors >= REPORTS_MAX)
                        break; /* nothing more would be said */
        }
        l->bad = l->bad || worst;
        return out->text.bad || out->marks.bad ? -ENOMEM : worst;
}

static bool wildcard_in(const struct expanded *e)
{
        for (size_t i = 0; i < e->text.length; i++) {
                if (e->marks.data[i] == MARK_PLAIN && strchr("*?[{", e->text.data[i]))
                        return true;
        }
        return false;
}

int expand_value(struct compile *c, struct source *s, struct line *l, const struct word *word, size_t from,
                 bool wildcards, const char **out)
{
        struct expanded e = {0};
        struct place at = place_part(s, l, word, from, word->length - from);
        int r = expand(c, s, l, word, from, &e);
        if (r == 0 && !wildcards && wildcard_in(&e))
                r = report(c, &at, "put it in quotes if it is meant literally", "a wildcard means nothing here");
        if (r == 0 && !(*out = arena_copy(c->arena, e.text.data, e.text.length)))
                r = -ENOMEM;
        expanded_free(&e);
        return r;
}

int expanded_absolute(struct compile *c, const struct place *at, struct expanded *e)
{
        if (e->text.length == 0 || e->empty_first)
                return report(c, at, e->text.length ? "a path from '/' on would be meant: give the variable a value"
                                                    : "begin it with '/', '~', '$CWD' or '$HERE'",
                              e->text.length ? "this path begins with an empty variable" : "this path is empty");
        if (e->text.data[0] == '/' || !e->relative_ok)
                return 0;
        if (!c->cwd)
                return report(c, at, "give an absolute path", "this path is relative, and there is no $CWD");
        struct expanded whole = {0};
        put(&whole, c->cwd, strlen(c->cwd), MARK_LITERAL);
        put(&whole, "/", 1, MARK_LITERAL);
        buf_add(&whole.text, e->text.data, e->text.length);
        buf_add(&whole.marks, e->marks.data, e->marks.length);
        expanded_free(e);
        *e = whole;
        return e->text.bad || e->marks.bad ? -ENOMEM : 0;
}

int expand_path(struct compile *c, struct source *s, struct line *l, const struct word *word, const char **out,
                const char **asked)
{
        struct expanded e = {0};
        struct place at = place_word(s, l, word);
        const char *path = NULL;
        int r = expand(c, s, l, word, 0, &e);
        if (r == 0 && wildcard_in(&e))
                r = report(c, &at, "put it in quotes if it is meant literally", "a wildcard means nothing here");
        if (r == 0)
                r = expanded_absolute(c, &at, &e);
        if (r == 0 && e.text.data[0] != '/')
                r = report(c, &at, "begin it with '/', '~' or '$CWD'", "a path must be absolute");
        if (r == 0 && !(path = arena_copy(c->arena, e.text.data, e.text.length)))
                r = -ENOMEM;
        expanded_free(&e);
        if (r == 0) {
                *out = path_canonical(c, &at, path, &r);
                if (asked)
                        *asked = path;
        }
        return r;
}
