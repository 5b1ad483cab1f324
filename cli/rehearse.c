/* cordon run --dry-run: everything but the start. What would be run is the answer, on standard output; what stands in the way is
 * an error, as for a run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/run.h"

enum { TITLE_WIDTH = 13 };

/* ---- words ----------------------------------------------------------------------------------------------------------- */

/* As a shell would take it, and safe for a terminal. */
static void put_word(FILE *to, const char *word)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
        size_t size = cordon_escape(word, NULL, 0) + 1;
        char *safe = malloc(size);

        if (!safe)
                return;
        cordon_escape(word, safe, size);
        bool bare = *word && word[strspn(word, plain)] == '\0';
        fprintf(to, bare ? "%s" : strcmp(safe, word) ? "$'" : "'", bare ? safe : "");
        for (const char *c = safe; !bare && *c; c++)
                fprintf(to, *c == '\'' ? strcmp(safe, word) ? "\\'" : "'\\''" : "%c", *c);
        fputs(bare ? "" : "'", to);
        free(safe);
}

static void put_title(const char *title)
{
        printf("%-*s", TITLE_WIDTH, title);
}

/* ---- what would be ---------------------------------------------------------------------------------------------------- */

static void show_words(const char *title, const char *const *words)
{
        put_title(title);
        for (size_t i = 0; words[i]; i++) {
                fputs(i ? " " : "", stdout);
                put_word(stdout, words[i]);
        }
        fputs("\n", stdout);
}

static int by_text(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names alone: values may be secrets. */
static void show_names(const char *const *envp)
{
        size_t count = 0;

        while (envp[count])
                count++;
        const char **sorted = calloc(count + 1, sizeof(*sorted));
        if (!sorted)
                return;
        if (count > 0)
                memcpy(sorted, envp, count * sizeof(*sorted));
        qsort(sorted, count, sizeof(*sorted), by_text);
        put_title("environment");
        for (size_t i = 0; i < count; i++) {
                char *name = strndup(sorted[i], strcspn(sorted[i], "="));
                fputs(i ? " " : "", stdout);
                if (name)
                        put_word(stdout, name);
                free(name);
        }
        fputs("\n", stdout);
        free(sorted);
}

static void show_descriptors(const cordon_preview *p)
{
        put_title("descriptors");
        fputs("0 1 2", stdout);
        for (size_t i = 0; i < p->fd_count; i++) {
                const cordon_child_fd *fd = &p->fds[i];
                bool moved = fd->source != fd->target, reader = fd->flags & CORDON_FD_READONLY;
                printf(" %d", fd->target);
                if (moved || reader)
                        printf(" (%.0d%s%s)", moved ? fd->source : 0, moved ? reader ? " here, " : " here" : "",
                               reader ? "read-only" : "");
        }
        fputs("\n", stdout);
}

static void show_policies(const struct settings *s)
{
        put_title("policy");
        fputs(*s->policies ? "" : "(default)", stdout);
        for (size_t i = 0; s->policies[i]; i++) {
                fputs(i ? " " : "", stdout);
                put_word(stdout, s->policies[i]);
        }
        fputs(s->rules->name ? " (command line)\n" : "\n", stdout);
}

static void show(void *ctx, const cordon_preview *p)
{
        const struct run *run = ctx;

        show_words("program", (const char *const[]){p->program, NULL});
        show_words("arguments", p->argv + 1);
        show_words("directory", (const char *const[]){p->cwd, NULL});
        show_names(p->envp);
        show_descriptors(p);
        show_policies(run->settings);
        if (p->cgroup)
                tell("%-*sits own in %s, %s%s", TITLE_WIDTH, "cgroup", p->cgroup,
                     *p->controllers ? "with " : "without controllers", p->controllers);
        if (p->limit_note)
                tell("%-*s%s", TITLE_WIDTH, "note", p->limit_note);
        for (size_t i = 0; p->notes[i]; i++)
                tell("%-*s%s", TITLE_WIDTH, "note", p->notes[i]);
}

/* ---- what only the sandbox itself would find out ------------------------------------------------------------------------ */

static void take_answer(void *ctx, const cordon_why *why)
{
        int *error = ctx;
        *error = why->allowed ? why->error : why->error ? why->error : EACCES;
}

static int in_sandbox(const struct run *run, const char *op, const char *path)
{
        int error = 0;
        int r = cordon_policy_why(run->policy, op, path, take_answer, &error, NULL);

        return r < 0 ? -r : error;
}

int run_rehearse(struct run *run, const cordon_child_options *options)
{
        cordon_error error = {0};
        int missing = in_sandbox(run, "exec", run->program);

        if (missing) {
                say("cannot execute %s: %s: see cordon why exec", run->program, strerror(missing));
                return missing == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
        }
        if (options->cwd && (missing = in_sandbox(run, "list", options->cwd))) {
                say("cannot start in %s: %s: it is not in the sandbox, see cordon why list", options->cwd, strerror(missing));
                return STATUS_CORDON;
        }
        if (cordon_child_preview(run->policy, options, show, run, &error) == 0)
                return 0;
        say("%s", error.text);
        return STATUS_CORDON;
}
