/* Policies from the command line; see inputs.h. */
#include "cli/inputs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

/* ---- paths ---------------------------------------------------------------------------------------------------------- */

/* The end of the part in which something is to be resolved: behind the last "..". 0: there is none. */
static size_t dots_end(const char *path)
{
        size_t end = 0;

        for (const char *at = path; *at;) {
                size_t length = strcspn(at, "/");
                if (length == 2 && at[0] == '.' && at[1] == '.')
                        end = (size_t)(at - path) + 2;
                at += length + strspn(at + length, "/");
        }
        return end;
}

/* Appends the components of `rest`, but for the empty ones and ".". */
static void append(char *out, const char *rest)
{
        size_t n = strlen(out);

        while (n > 0 && out[n - 1] == '/')
                n--;
        for (const char *at = rest; *at;) {
                size_t length = strcspn(at, "/");
                if (length > 0 && !(length == 1 && *at == '.')) {
                        out[n++] = '/';
                        memcpy(out + n, at, length);
                        n += length;
                }
                at += length + strspn(at + length, "/");
        }
        if (n == 0)
                out[n++] = '/';
        out[n] = '\0';
}

char *path_absolute(const char *path)
{
        char *cwd = *path == '/' ? strdup("") : getcwd(NULL, 0), *whole = NULL, *start = NULL, *out = NULL;

        if (!*path)
                errno = ENOENT;
        else if (cwd && asprintf(&whole, "%s/%s", cwd, path) < 0)
                whole = NULL;
        free(cwd);
        if (!whole)
                return NULL;
        size_t end = dots_end(whole);
        char after = whole[end];
        whole[end] = '\0';
        start = end > 0 ? realpath(whole, NULL) : strdup("");
        whole[end] = after;
        if (start && (out = malloc(strlen(start) + strlen(whole + end) + 3))) {
                memcpy(out, start, strlen(start) + 1);
                append(out, whole + end);
        }
        int error = errno;
        free(start);
        free(whole);
        errno = error;
        return out;
}

/* ---- rules ---------------------------------------------------------------------------------------------------------- */

/* The options, and the verb of each. --as belongs to the one before it. Several about one path become one rule. */
static const struct {
        const char *option, *verb;
} verbs[] = {{"ro", "read"}, {"rw", "write"}, {"overlay", "overlay"}, {"exec", "exec"}, {"tmpfs", "tmp"}};
enum { VERBS = sizeof(verbs) / sizeof(*verbs) };
enum { READ = 1u << 0, EXEC = 1u << 3, TMP = 1u << 4 };

static unsigned verb_of(const struct given *g)
{
        for (unsigned i = 0; i < VERBS; i++)
                if (!strcmp(verbs[i].option, g->name))
                        return 1u << i;
        return 0;
}

/* What does not exist cannot have been meant: in a policy it may be for another machine, here it is a slip of the pen. */
static int resolve(const struct given *g, char **out)
{
        struct stat st;

        *out = path_absolute(g->value);
        if (*out && (verb_of(g) == TMP || stat(*out, &st) == 0 || (errno != ENOENT && errno != ENOTDIR)))
                return 0;
        int error = errno;
        say("--%s %s: %s", g->name, *g->value ? g->value : "''", *g->value ? strerror(error) : "which path?");
        return -error;
}

static int put_path(FILE *to, const char *before, const char *path)
{
        size_t size = cordon_policy_quote(path, NULL, 0) + 1;
        char *quoted = malloc(size);

        if (!quoted || cordon_policy_quote(path, quoted, size) == 0) {
                free(quoted);
                return -ENOMEM;
        }
        fprintf(to, "%s%s", before, quoted);
        free(quoted);
        return 0;
}

/* What the options say of one path. */
struct wanted {
        unsigned verbs;
        char *path;
        const char *as; /* where it is to be; NULL: where it is */
};

static int put_rule(FILE *to, const struct wanted *w)
{
        unsigned which = w->verbs & ~(unsigned)READ ? w->verbs & ~(unsigned)READ : w->verbs; /* the others imply reading */
        const char *blank = "";

        if (which & TMP) /* which can be written, and whose line says by itself that it can be executed */
                which = TMP;

        for (unsigned i = 0; i < VERBS; i++) {
                if (!(which & 1u << i))
                        continue;
                fprintf(to, "%s%s", blank, verbs[i].verb);
                blank = " ";
        }
        int r = put_path(to, blank, w->path);
        if (r == 0 && w->as)
                r = put_path(to, " as ", w->as);
        fputs((w->verbs & TMP) && (w->verbs & EXEC) ? " exec\n" : "\n", to);
        return r;
}

static bool same_place(const struct wanted *a, const struct wanted *b)
{
        return !strcmp(a->path, b->path) && !a->as == !b->as && (!a->as || !strcmp(a->as, b->as));
}

/* One line for each path, in the order in which they were given first. */
static int put_rules(FILE *to, struct wanted *wanted, size_t count)
{
        int r = 0;

        fputs("cordon 1\n", to);
        for (size_t i = 0; i < count && r == 0; i++) {
                if (!wanted[i].verbs)
                        continue;
                for (size_t j = i + 1; j < count; j++) {
                        if (!same_place(&wanted[i], &wanted[j]))
                                continue;
                        wanted[i].verbs |= wanted[j].verbs;
                        wanted[j].verbs = 0;
                }
                r = put_rule(to, &wanted[i]);
        }
        return r;
}

/* Where `--as` says that what the option before it names shall be. */
static int put_as(const struct given *g, struct wanted *last)
{
        if (!last || last->as || last->verbs == TMP) {
                say("--as %s: it follows --ro, --rw, --overlay or --exec, once", g->value);
                return -EINVAL;
        }
        if (*g->value != '/') {
                say("--as %s: a path in the sandbox begins with '/'", *g->value ? g->value : "''");
                return -EINVAL;
        }
        last->as = g->value;
        return 0;
}

static int read_rules(const struct given *rules, struct wanted *wanted, size_t *count)
{
        int r = 0;

        for (*count = 0; rules->name && r == 0; rules++) {
                struct wanted *w = &wanted[*count];
                if (!strcmp(rules->name, "as")) {
                        r = put_as(rules, *count ? w - 1 : NULL);
                        continue;
                }
                r = resolve(rules, &w->path);
                w->verbs = verb_of(rules);
                ++*count;
        }
        return r;
}

static int rules_text(const struct given *rules, char **out)
{
        size_t count = 0, size = 0;
        int r = 0;

        while (rules[count].name)
                count++;
        struct wanted *wanted = calloc(count, sizeof(*wanted));
        FILE *to = wanted ? open_memstream(out, &size) : NULL;
        if (!to)
                r = -ENOMEM;
        if (r == 0)
                r = read_rules(rules, wanted, &count);
        if (r == 0)
                r = put_rules(to, wanted, count);
        if (to && fclose(to) != 0 && r == 0)
                r = -ENOMEM;
        for (size_t i = 0; wanted && i < count; i++)
                free(wanted[i].path);
        free(wanted);
        if (r == -ENOMEM)
                say("%s", strerror(ENOMEM));
        return r;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------ */

static int read_piped(struct inputs *in)
{
        if (in->piped.text) {
                say("standard input can be read once");
                return -EINVAL;
        }
        int r = textfile_read_stdin(&in->piped);
        if (r < 0)
                say("cannot read standard input: %s", textfile_error(r));
        else
                in->texts[in->text_count++] =
                        (cordon_policy_text){.name = PIPED_NAME, .text = in->piped.text, .length = in->piped.length};
        return r;
}

int inputs_open(struct inputs *out, const char *const *files, const struct settings *settings)
{
        size_t count = 0, kept = 0;
        int r = 0;

        *out = (struct inputs){0};
        while (files && files[count])
                count++;
        if (count > 0 && !(out->files = calloc(count + 1, sizeof(*out->files)))) {
                say("%s", strerror(ENOMEM));
                return -ENOMEM;
        }
        for (size_t i = 0; i < count && r == 0; i++) {
                if (!strcmp(files[i], "-"))
                        r = read_piped(out);
                else
                        out->files[kept++] = files[i];
        }
        if (r == 0 && settings->rules->name)
                r = rules_text(settings->rules, &out->rules);
        if (r == 0 && out->rules)
                out->texts[out->text_count++] = (cordon_policy_text){
                        .name = RULES_NAME, .text = out->rules, .length = strlen(out->rules), .flags = CORDON_TEXT_FIRST};
        return r;
}

void inputs_free(struct inputs *in)
{
        free(in->files);
        free(in->rules);
        textfile_free(&in->piped);
        *in = (struct inputs){0};
}

cordon_policy_options inputs_options(const struct inputs *in, const struct settings *settings)
{
        return (cordon_policy_options){
                .size = sizeof(cordon_policy_options),
                .files = in->files,
                .texts = in->texts,
                .text_count = in->text_count,
                .defines = settings->defines,
        };
}
