/* cordon fmt: the canonical layout of policies, to standard output, as a difference, or into the files.
 *
 * All files are read and laid out before anything is shown or written: where one of them has an error, no file is
 * changed. What a file has in it goes to a pipe or a file as it is, and to a terminal escaped. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/text.h"

struct job {
        const char *file; /* "-": standard input */
        const char *name; /* for messages */
        struct textfile was;
        char *now;
        size_t length;
        bool failed;
};

static void keep(void *ctx, const char *text, size_t length)
{
        struct job *j = ctx;

        j->now = malloc(length + 1);
        if (!j->now)
                return;
        memcpy(j->now, text, length);
        j->now[length] = '\0';
        j->length = length;
}

static int job_load(struct job *j)
{
        bool from_stdin = !strcmp(j->file, "-");

        j->name = from_stdin ? "(standard input)" : j->file;
        int r = from_stdin ? textfile_read_stdin(&j->was) : textfile_read(&j->was, j->file);
        if (r < 0)
                say("%s: %s", j->name, textfile_error(r));
        return r < 0 ? CHECK_FAILED : CHECK_FINE;
}

static int job_format(struct job *j)
{
        bool explained = false;
        cordon_error error = {0};
        int r = cordon_policy_format(j->name, j->was.text, j->was.length, keep, j, diag_print, &explained, &error);

        if (r == 0 && !j->now)
                r = -ENOMEM;
        if (r < 0 && !explained)
                say("%s: %s", j->name, *error.text ? error.text : strerror(-r));
        return r == 0 ? CHECK_FINE : r == -EINVAL ? CHECK_ERRORS : CHECK_FAILED;
}

static bool differs(const struct job *j)
{
        return j->length != j->was.length || memcmp(j->now, j->was.text, j->length) != 0;
}

/* One finished job, as the options want it. */
static int job_finish(struct job *j, const struct settings *settings)
{
        if (settings->write) {
                int r = differs(j) ? textfile_replace(&j->was, j->now, j->length) : 0;
                if (r < 0)
                        say("%s: not changed: %s", j->name, textfile_error(r));
                return r < 0 ? CHECK_FAILED : CHECK_FINE;
        }
        if (!settings->check && !settings->diff) {
                put_text(j->now, j->length);
                return CHECK_FINE;
        }
        if (!differs(j))
                return CHECK_FINE;
        if (settings->diff)
                put_difference(j->name, " (formatted)", j->was.text, j->was.length, j->now, j->length);
        else
                tell("%s", j->name);
        return CHECK_ERRORS;
}

static int all(struct job *jobs, size_t count, const struct settings *settings)
{
        int worst = CHECK_FINE;

        for (size_t i = 0; i < count; i++) {
                int status = job_load(&jobs[i]);
                if (status == CHECK_FINE)
                        status = job_format(&jobs[i]);
                jobs[i].failed = status != CHECK_FINE;
                worst = status > worst ? status : worst;
        }
        if (worst != CHECK_FINE && settings->write && count > 1)
                say("fmt: no file was changed");
        for (size_t i = 0; i < count && (worst == CHECK_FINE || !settings->write); i++) {
                int status = jobs[i].failed ? CHECK_FINE : job_finish(&jobs[i], settings);
                worst = status > worst ? status : worst;
        }
        return worst;
}

/* What is wrong with the command line, or NULL. */
static const char *misuse(const struct settings *s)
{
        size_t count = 0, inputs = 0;
        bool to_stdout = !s->write && !s->check && !s->diff;

        for (; s->words[count]; count++)
                inputs += !strcmp(s->words[count], "-");
        if (count == 0)
                return "which policy? Usage: cordon fmt [OPTION]... FILE...";
        if (s->write && (s->check || s->diff))
                return "--write changes files, --check and --diff do not: give one of them";
        if (s->write && inputs > 0)
                return "standard input cannot be written to: leave out --write, or name a file";
        if (inputs > 1)
                return "standard input can be read once";
        if (to_stdout && count > 1)
                return "several files are not put into one output: give --write, --check or --diff";
        return NULL;
}

int fmt_main(const struct settings *settings)
{
        const char *wrong = misuse(settings);
        size_t count = 0;

        if (wrong) {
                say("fmt: %s (see cordon fmt --help)", wrong);
                return CHECK_FAILED;
        }
        while (settings->words[count])
                count++;
        struct job *jobs = calloc(count, sizeof(*jobs));
        if (!jobs) {
                say("%s", strerror(ENOMEM));
                return CHECK_FAILED;
        }
        for (size_t i = 0; i < count; i++)
                jobs[i].file = settings->words[i];
        int status = all(jobs, count, settings);
        for (size_t i = 0; i < count; i++) {
                textfile_free(&jobs[i].was);
                free(jobs[i].now);
        }
        free(jobs);
        return status;
}
