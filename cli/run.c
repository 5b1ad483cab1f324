/* cordon run: find the program, load the policy, start the sandbox, serve it, tell what was refused, and exit as the
 * program did. Whatever fails before the program runs is cordon's own failure and has a status of its own. */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/changes.h"
#include "cli/cli.h"
#include "cli/inputs.h"

/* Says it, and keeps it for --status-fd. */
__attribute__((format(printf, 2, 3))) static void complain(struct run *run, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vsnprintf(run->error, sizeof(run->error), format, args);
        va_end(args);
        say("%s", run->error);
}

/* The library's own words say what it was doing; `what` is for when it has none. */
static int fail(struct run *run, const char *what, int r, const cordon_error *error)
{
        if (*error->text)
                complain(run, "%s", error->text);
        else
                complain(run, "%s: %s", what, strerror(-r));
        return STATUS_CORDON;
}

/* ---- what the command line says ------------------------------------------------------------------------------------ */

static bool is_change(struct run *run, const struct given *g)
{
        bool sets = !strcmp(g->name, "setenv");
        const char *equals = strchr(g->value, '=');

        if (sets ? equals && equals != g->value : !equals && *g->value)
                return true;
        complain(run, "run: --%s wants %s, not '%s'", g->name, sets ? "NAME=VALUE" : "the name of a variable", g->value);
        return false;
}

/* All that comes before --clearenv is undone by it. */
static bool read_changes(struct run *run, cordon_child_options *options)
{
        const struct given *given = run->settings->changes;
        size_t count = 0;

        while (given[count].name)
                count++;
        run->changes = calloc(count + 1, sizeof(*run->changes));
        if (!run->changes) {
                complain(run, "%s", strerror(ENOMEM));
                return false;
        }
        options->env = run->changes;
        for (count = 0; given->name; given++) {
                if (!given->value) {
                        options->flags |= CORDON_CHILD_CLEAR_ENV;
                        memset(run->changes, 0, count * sizeof(*run->changes));
                        count = 0;
                } else if (is_change(run, given)) {
                        run->changes[count++] = given->value;
                } else {
                        return false;
                }
        }
        return true;
}

static bool read_place(struct run *run, cordon_child_options *options)
{
        const char *chdir = run->settings->chdir;

        if (!chdir)
                return true;
        run->chdir = path_absolute(chdir);
        options->cwd = run->chdir;
        if (!run->chdir)
                complain(run, "--chdir %s: %s", *chdir ? chdir : "''", strerror(errno));
        return run->chdir;
}

static bool read_options(struct run *run, cordon_child_options *options)
{
        const struct settings *s = run->settings;

        *options = (cordon_child_options){
                .size = sizeof(*options),
                .program = run->program,
                .argv = s->words,
                .name = s->name,
                .flags = CORDON_CHILD_ENDS_STOPPED | (s->channel ? CORDON_CHILD_CHANNEL : 0) |
                         (s->block_fd ? CORDON_CHILD_HOLD : 0),
                .fds = run->passing.fds,
                .fd_count = run->passing.count,
        };
        if (!accept_parse(&run->accepted, s->accepts)) {
                complain(run, "%s", strerror(ENOMEM));
                return false;
        }
        options->accept = run->accepted.names;
        if (!asks_new(&run->asks, s))
                return false;
        asks_options(run->asks, options);
        return read_changes(run, options) && read_place(run, options);
}

/* A file of that name is ./syslog. */
static bool audit_is_syslog(const struct settings *s)
{
        return s->audit && !strcmp(s->audit, "syslog");
}

static int open_audit(struct run *run)
{
        const char *file = run->settings->audit;

        if (file && run->passing.audit >= 0) {
                complain(run, "--audit and --audit-fd do not go together");
                return STATUS_CORDON;
        }
        if (!file || audit_is_syslog(run->settings))
                return 0;
        run->audit = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
        if (run->audit >= 0)
                return 0;
        complain(run, "cannot open the audit file %s: %s", file, strerror(errno));
        return STATUS_CORDON;
}

/* ---- starting ------------------------------------------------------------------------------------------------------- */

static int start(struct run *run, cordon_child_options *options)
{
        cordon_error error = {0};
        int status = open_audit(run);

        if (!status)
                status = kept_begin(run->settings, run->kept);
        if (status)
                return status;
        options->audit_fd = run->audit >= 0 ? run->audit : run->passing.audit;
        if (audit_is_syslog(run->settings))
                options->flags |= CORDON_CHILD_AUDIT_SYSLOG;
        options->changes = *run->kept ? run->kept : NULL;
        int r = cordon_broker_new(&run->broker, &error);
        if (r < 0)
                return fail(run, "cannot make a broker", r, &error);
        r = cordon_child_spawn(&run->child, run->broker, run->policy, options, &error);
        if (r < 0)
                return fail(run, "cannot start the sandbox", r, &error);
        if (!run->settings->quiet && cordon_child_note(run->child))
                say("%s", cordon_child_note(run->child));
        return 0;
}

/* Nothing of it starts anything. */
static int prepare(struct run *run, cordon_child_options *options)
{
        enum { NAME_MOST = 255 };
        const struct settings *s = run->settings;

        if (!*s->words) {
                complain(run, "run: which program? Usage: cordon run [OPTION]... [--] PROGRAM [ARGUMENT]...");
                return STATUS_CORDON;
        }
        if (s->name && (!*s->name || strlen(s->name) > NAME_MOST)) {
                complain(run, "run: --name wants 1 to %d bytes", NAME_MOST);
                return STATUS_CORDON;
        }
        const char *slash = strrchr(*s->words, '/');
        run->name = s->name ? s->name : slash && slash[1] ? slash + 1 : *s->words;
        run->status.name = run->name;
        if (!read_options(run, options))
                return STATUS_CORDON;
        int status = policy_open_for(&run->policy, s->policies, s, *s->words, run->program);
        return status < 0 ? STATUS_CORDON : status;
}

/* ---- the end -------------------------------------------------------------------------------------------------------- */

/* It was there when we looked for it outside, so what is missing is missing in the policy. */
static const char *exec_hint(int code)
{
        if (code == ENOENT)
                return ": the policy shows no such program, or not its interpreter or loader (exec $PROG, use @base)";
        if (code == EACCES)
                return ": no rule lets it, or its interpreter or loader, be executed (exec $PROG, use @base)";
        return "";
}

static void say_over(const struct run *run, int reason)
{
        static const char *const names[] = {
                [CORDON_EXIT_TIME] = "time",
                [CORDON_EXIT_OOM] = "memory",
                [CORDON_EXIT_CPU] = "cpu",
                [CORDON_EXIT_OUTPUT] = "output",
        };
        if (!run->settings->quiet)
                say("`limit %s` of the policy was reached: ended %s", names[reason],
                    run->settings->name ? run->name : run->program);
}

/* The exit status for how it ended; what the program did not say itself is said here. */
static int conclude(struct run *run)
{
        const cordon_exit *end = &run->end;
        int code = end->error.code;

        switch (end->reason) {
        case CORDON_EXIT_CODE:
                if (!run->settings->quiet)
                        refused_inside(run->settings, end->status);
                return end->status;
        case CORDON_EXIT_SIGNAL:
                if (code)
                        complain(run, "%s", end->error.text);
                return STATUS_SIGNAL + end->status;
        case CORDON_EXIT_TIME:
        case CORDON_EXIT_CPU:
        case CORDON_EXIT_OUTPUT:
                say_over(run, end->reason);
                return STATUS_TIME;
        case CORDON_EXIT_OOM:
                say_over(run, end->reason);
                return STATUS_SIGNAL + end->status;
        case CORDON_EXIT_EXEC:
                complain(run, "%s%s", *end->error.text ? end->error.text : strerror(code), exec_hint(code));
                if (!run->settings->quiet && (code == EACCES || code == ENOENT))
                        refused_program(run->policy, run->program);
                return code == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
        default:
                return fail(run, "cannot set up the sandbox", -code, &end->error);
        }
}

static void tell_held(void *status, const cordon_child *child)
{
        status_ready(status, child);
}

/* Where no policy was named there is none to be read again, and the program gets the signal. */
static bool may_reload(const struct settings *s)
{
        return s->policies && s->policies[0];
}

/* All that was said on the command line counts again; what cannot be, changes nothing. */
static void reload(void *ctx)
{
        struct run *run = ctx;
        cordon_policy *fresh = NULL;
        cordon_error error = {0};
        const char *const *p = run->settings->policies;
        int r = 0;

        while (*p && strcmp(*p, "-"))
                p++;
        if (*p)
                say("SIGHUP: a policy that came from standard input cannot be read again");
        else
                r = policy_open(&fresh, run->settings->policies, run->settings, run->program);
        if (fresh)
                r = cordon_policy_replace(run->child, fresh, &error);
        if (!fresh || r < 0) {
                if (*error.text)
                        say("SIGHUP: %s", error.text);
                say("SIGHUP: the policy stays as it was");
        } else if (!run->settings->quiet) {
                say("SIGHUP: the policy was read again, and counts from now on");
        }
        cordon_policy_unref(fresh);
}

static int serve(struct run *run)
{
        const struct settings *s = run->settings;
        int r = 0;

        if (run->passing.block >= 0)
                r = child_hold(run->broker, run->child, run->passing.block, tell_held, &run->status);
        if (r >= 0)
                r = child_watch(run->broker, run->child, &run->end,
                                &(struct watch){status_step, &run->status, may_reload(s) ? reload : NULL, run, run->asks});
        if (r < 0) {
                complain(run, "cannot serve the sandbox: %s", strerror(-r));
                return STATUS_CORDON;
        }
        run->ended = true;
        uint64_t lost = cordon_child_audit_lost(run->child);
        if (lost)
                say("%llu audit record%s not written: nobody took them in time, or the log was full or at its limit",
                    (unsigned long long)lost, lost == 1 ? " was" : "s were");
        if (!s->quiet)
                report_denials(run->child, run->policy, s, run->asks);
        if (s->verbose)
                accept_tell(run->child);
        if (s->verbose || s->stats)
                report_stats(run->child, &run->end);
        return conclude(run);
}

/* Where nothing of the program ran, there is nothing to keep of it. */
static bool began(const cordon_exit *end)
{
        return end->reason != CORDON_EXIT_SETUP && end->reason != CORDON_EXIT_EXEC;
}

int run_main(const struct settings *settings)
{
        struct run run = {.settings = settings, .audit = -1, .status = {.fd = -1}};
        cordon_child_options options;

        if (!passing_open(&run.passing, settings)) {
                passing_free(&run.passing);
                return STATUS_CORDON;
        }
        run.status.fd = settings->dry_run ? -1 : run.passing.status;
        int status = prepare(&run, &options);
        if (!status && settings->dry_run)
                status = run_rehearse(&run, &options);
        else if (!status && !(status = start(&run, &options)))
                status = serve(&run);
        if (run.ended)
                status = kept_end(settings, run.kept, began(&run.end) ? run.policy : NULL, status);
        status_end(&run.status, run.child, run.ended ? &run.end : NULL, status, run.error);
        bool ran = run.child != NULL;
        cordon_child_free(run.child);
        if (!run.ended)
                status = kept_end(settings, run.kept, ran ? run.policy : NULL, status);
        cordon_broker_free(run.broker);
        cordon_policy_unref(run.policy);
        accept_free(&run.accepted);
        asks_free(run.asks);
        if (run.audit >= 0)
                close(run.audit);
        free(run.changes);
        free(run.chdir);
        passing_free(&run.passing); /* --sync-fd stays open until we exit: the kernel closes it with us */
        die_as_interrupted();
        return status;
}
