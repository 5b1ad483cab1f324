/* The end of a run: what was refused, and what would allow it.
 *
 * Programs look for files in many places where nothing is; a refusal there changed nothing, so it is kept quiet
 * unless -v asks. The report is made in memory and written at once, so that it isn't torn apart by what others
 * write. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/inputs.h"

enum { MOST_LINES = 20 };

struct report {
        FILE *to;
        const struct settings *settings;
        const struct asks *asks;
        bool colour;
        unsigned shown;
        uint64_t more;
        char *here; /* the directory of whoever called us; NULL where it has no name */
        char *lost; /* what the program looked for in "/", and this directory has */
};

static void put(FILE *to, const char *text)
{
        size_t size = cordon_escape(text, NULL, 0) + 1;
        char *safe = malloc(size);

        if (!safe)
                return;
        cordon_escape(text, safe, size);
        fputs(safe, to);
        free(safe);
}

/* Was there anything to be refused? What would have been made needs but its directory. A rule that grants and a file that is
 * missed is a place of the sandbox's own (/tmp): nothing would have been made, only what is there on the host was meant. */
static bool exists(const cordon_denial *denial)
{
        bool missed = denial->file && denial->allow && denial->error == ENOENT;
        bool makes = !missed && (!strcmp(denial->op, "create") || !strcmp(denial->op, "write"));
        char *path = strdup(denial->on_host ? denial->on_host : denial->path);
        struct stat st;

        if (!path)
                return true;
        char *slash = makes ? strrchr(path, '/') : NULL;
        if (slash)
                slash[slash == path] = '\0';
        bool missing = lstat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR);
        free(path);
        return !missing;
}

/* A program whose directory is not in the sandbox begins in "/", and looks for its relative names there. */
static bool meant_here(const struct report *r, const cordon_denial *denial)
{
        bool made = !strcmp(denial->op, "create") && strrchr(denial->path, '/') == denial->path;
        char *path = NULL;
        struct stat st;

        if (!r->here || asprintf(&path, "%s%s", r->here, denial->path) < 0)
                return false;
        bool there = made || lstat(path, &st) == 0;
        free(path);
        return there;
}

static void take_presence(void *ctx, const cordon_why *why)
{
        bool *present = ctx;
        *present = why->allowed && !why->error;
}

static void put_lost(const struct report *r, const cordon_policy *policy)
{
        bool present = true;

        if (!r->lost || cordon_policy_why(policy, "list", r->here, take_presence, &present, NULL) < 0 || present)
                return;
        fputs("cordon: ", r->to);
        put(r->to, r->here);
        fputs(" is not in the sandbox, so the program began in / and looked there for ", r->to);
        put(r->to, r->lost + 1);
        fputs("\n", r->to);
}

static void put_policies(FILE *to, const char *const *files)
{
        if (!*files)
                fputs("the default policy", to);
        for (size_t i = 0; files[i]; i++) {
                if (i > 0)
                        fputs(files[i + 1] ? ", " : " or ", to);
                put(to, strcmp(files[i], "-") ? files[i] : PIPED_NAME);
        }
}

static void put_counts(FILE *to, const cordon_denial *denial)
{
        fputs("  (", to);
        if (denial->count > 1)
                fprintf(to, "×%llu, first ", (unsigned long long)denial->count);
        fprintf(to, "by pid %d ", (int)denial->pid);
        put(to, denial->comm);
        fputs(")", to);
}

static void put_allow(const struct report *r, const cordon_denial *denial)
{
        if (!denial->allow)
                return;
        fputs("        to allow: ", r->to);
        put(r->to, denial->allow);
        fputs("\n", r->to);
}

/* No rule decided: who it was, and what to write. */
static void put_uncovered(const struct report *r, const cordon_denial *denial)
{
        put_counts(r->to, denial);
        fputs("   no rule in ", r->to);
        put_policies(r->to, r->settings->policies);
        fputs(" covers it\n", r->to);
        put_allow(r, denial);
}

/* Why a person did not allow it. */
static void put_ask(const struct report *r, int end)
{
        static const char *const ends[] = {
                [CORDON_ASK_REFUSED] = "you said no",
                [CORDON_ASK_REFUSED_RUN] = "you said no, for this run",
                [CORDON_ASK_UNHEARD] = "nobody was to be asked",
                [CORDON_ASK_LATE] = "nobody answered in time",
                [CORDON_ASK_MANY] = "too many questions were waiting",
                [CORDON_ASK_CHANGED] = "you said yes, and by then something else was there",
                [CORDON_ASK_NEVER] = "only opening files and directories is asked for",
        };
        bool told = end > 0 && (size_t)end < sizeof(ends) / sizeof(*ends) && ends[end];

        fputs("  ", r->to);
        put(r->to, told ? ends[end] : asks_nobody(r->asks));
}

/* A rule decided: which, and why. */
static void put_ruled(const struct report *r, const cordon_denial *denial)
{
        fputs("  ", r->to);
        put(r->to, denial->file);
        if (denial->line > 0)
                fprintf(r->to, ":%u", denial->line);
        if (denial->rule) {
                fputs(" ", r->to);
                put(r->to, denial->rule);
        }
        if (denial->because) {
                fputs("  because \"", r->to);
                put(r->to, denial->because);
                fputs("\"", r->to);
        }
        if (denial->ask)
                put_ask(r, denial->ask);
        fputs("\n", r->to);
        put_allow(r, denial);
}

static void put_denial(void *ctx, const cordon_denial *denial)
{
        struct report *r = ctx;

        bool of_path = strcmp(denial->op, "syscall") != 0;
        bool there = !of_path || exists(denial);
        if (of_path && !r->lost && (!there || !denial->allow) && meant_here(r, denial))
                r->lost = strdup(denial->path);
        if (!r->settings->verbose && !there)
                return;
        if (r->shown == MOST_LINES) {
                r->more++;
                return;
        }
        r->shown++;
        fprintf(r->to, "cordon: %sdenied%s  %s ", r->colour ? "\033[31m" : "", r->colour ? "\033[m" : "", denial->op);
        put(r->to, denial->path);
        if (denial->file)
                put_ruled(r, denial);
        else
                put_uncovered(r, denial);
}

static void put_more(const struct report *r)
{
        if (!r->more)
                return;
        fprintf(r->to, "cordon: … and %llu more ", (unsigned long long)r->more);
        if (r->settings->audit) {
                fputs("(all are in ", r->to);
                put(r->to, r->settings->audit);
                fputs(")\n", r->to);
        } else {
                fputs("(--audit FILE has all)\n", r->to);
        }
}

void report_denials(const cordon_child *child, const cordon_policy *policy, const struct settings *settings,
                    const struct asks *asks)
{
        char *text = NULL;
        size_t length = 0;
        uint64_t dropped = 0;
        struct report r = {
                .to = open_memstream(&text, &length),
                .settings = settings,
                .asks = asks,
                .colour = colour_on(STDERR_FILENO),
                .here = getcwd(NULL, 0),
        };

        if (!r.to) {
                free(r.here);
                return;
        }
        cordon_child_denials(child, put_denial, &r, &dropped);
        r.more += dropped;
        put_more(&r);
        put_lost(&r, policy);
        if (fclose(r.to) == 0 && length > 0)
                fwrite(text, 1, length, stderr);
        free(text);
        free(r.here);
        free(r.lost);
}
