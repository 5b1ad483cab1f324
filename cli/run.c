/* cordon run: find the program, load the policy, start the sandbox, serve it, tell what was refused, and exit as the
 * program did. Whatever fails before the program runs is cordon's own failure and has a status of its own. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

struct run {
        const struct settings *settings;
        char program[PATH_MAX];
        cordon_policy *policy;
        cordon_broker *broker;
        cordon_child *child;
        int audit;
};

/* The library's own words say what it was doing; `what` is for when it has none. */
static int fail(const char *what, int r, const cordon_error *error)
{
        if (*error->text)
                say("%s", error->text);
        else
                say("%s: %s", what, strerror(-r));
        return STATUS_CORDON;
}

static int open_audit(struct run *run)
{
        const char *file = run->settings->audit;

        if (!file)
                return 0;
        run->audit = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
        if (run->audit >= 0)
                return 0;
        say("cannot open the audit file %s: %s", file, strerror(errno));
        return STATUS_CORDON;
}

static int start(struct run *run)
{
        const struct settings *s = run->settings;
        cordon_error error = {0};
        cordon_child_options options = {
                .size = sizeof(options),
                .program = run->program,
                .argv = s->words,
                .flags = s->channel ? CORDON_CHILD_CHANNEL : 0,
                .audit_fd = run->audit,
        };

        int r = cordon_broker_new(&run->broker, &error);
        if (r < 0)
                return fail("cannot make a broker", r, &error);
        r = cordon_child_spawn(&run->child, run->broker, run->policy, &options, &error);
        return r < 0 ? fail("cannot start the sandbox", r, &error) : 0;
}

static int prepare(struct run *run)
{
        const struct settings *s = run->settings;

        if (!*s->words) {
                say("run: which program? Usage: cordon run [OPTION]... [--] PROGRAM [ARGUMENT]...");
                return STATUS_CORDON;
        }
        int status = program_find(*s->words, run->program);
        if (status)
                return status;
        if (policy_open(&run->policy, s->policies, s, run->program) < 0)
                return STATUS_CORDON;
        status = open_audit(run);
        return status ? status : start(run);
}

/* It was there when we looked for it outside, so what is missing is missing in the policy. */
static const char *exec_hint(int code)
{
        if (code == ENOENT)
                return ": the policy shows no such program, or not its interpreter or loader (exec $PROG, use @base)";
        if (code == EACCES)
                return ": no rule lets it, or its interpreter or loader, be executed (exec $PROG, use @base)";
        return "";
}

/* The exit status for how it ended; what the program did not say itself is said here. */
static int conclude(const struct run *run, const cordon_exit *end)
{
        int code = end->error.code;

        switch (end->reason) {
        case CORDON_EXIT_CODE:
                return end->status;
        case CORDON_EXIT_SIGNAL:
                return STATUS_SIGNAL + end->status;
        case CORDON_EXIT_TIME:
                if (!run->settings->quiet)
                        say("the time limit of the policy is over: ended %s", run->program);
                return STATUS_TIME;
        case CORDON_EXIT_EXEC:
                say("%s%s", *end->error.text ? end->error.text : strerror(code), exec_hint(code));
                return code == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
        default:
                return fail("cannot set up the sandbox", -code, &end->error);
        }
}

static int serve(struct run *run)
{
        const struct settings *s = run->settings;
        cordon_exit end = {0};
        int r = child_watch(run->broker, run->child, &end);

        if (r < 0) {
                say("cannot serve the sandbox: %s", strerror(-r));
                return STATUS_CORDON;
        }
        if (!s->quiet)
                report_denials(run->child, run->policy, s);
        if (s->verbose)
                report_numbers(run->child, &end);
        return conclude(run, &end);
}

int run_main(const struct settings *settings)
{
        struct run run = {.settings = settings, .audit = -1};
        int status = prepare(&run);

        if (!status)
                status = serve(&run);
        cordon_child_free(run.child);
        cordon_broker_free(run.broker);
        cordon_policy_unref(run.policy);
        if (run.audit >= 0)
                close(run.audit);
        return status;
}
