/* From options and a plan to what the sandbox is told, and the preview, which ends there. */
#include "lib/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "lib/environment.h"
#include "lib/host.h"
#include "lib/policy.h"

#define FLAGS_KNOWN                                                                                                    \
        (CORDON_CHILD_CHANNEL | CORDON_CHILD_CLEAR_ENV | CORDON_CHILD_HOLD | CORDON_CHILD_ENDS_STOPPED |                    \
         CORDON_CHILD_AUDIT_SYSLOG)
#define OPTIONS_LEAST offsetof(cordon_child_options, cwd) /* the first version of the struct */

/* ---- the options ------------------------------------------------------------------------------------------------ */

static int check_env(const char *const *env, cordon_error *err)
{
        for (size_t i = 0; env && env[i]; i++) {
                if (env[i][0] == '\0' || env[i][0] == '=')
                        return error_set(err, EINVAL, "'%s' is no change to an environment: NAME=VALUE, or NAME", env[i]);
        }
        return 0;
}

int start_options(cordon_child_options *out, const cordon_child_options *given, cordon_error *err)
{
        if (given->size < OPTIONS_LEAST || given->size > sizeof(*out))
                return error_set(err, EINVAL, "cordon_child_options has an unknown size");
        *out = (cordon_child_options){0};
        memcpy(out, given, given->size); /* a program built against an older header gives less */
        if (out->flags & ~(uint64_t)FLAGS_KNOWN)
                return error_set(err, EINVAL, "cordon_child_options.flags has a flag that is not known");
        if (out->function && out->program)
                return error_set(err, EINVAL, "there can be a program or a function, and not both");
        if (!out->function && (!out->program || out->program[0] != '/'))
                return error_set(err, EINVAL, "the program must be named by an absolute path");
        if (out->cwd && out->cwd[0] != '/')
                return error_set(err, EINVAL, "the working directory must be named by an absolute path");
        return check_env(out->env, err);
}

/* ---- the plan --------------------------------------------------------------------------------------------------- */

/* The first refusal, with its place, is what the caller is told. */
static void keep_first(void *ctx, const cordon_diag *d)
{
        if (d->severity == CORDON_ERROR)
                error_set(ctx, EINVAL, "%s:%u: %s%s%s", d->file, d->line, d->message, d->hint ? ": " : "",
                          d->hint ? d->hint : "");
}

int start_plan(struct plan *plan, cordon_policy *policy, const char *const *accept, cordon_error *err)
{
        cordon_error first = {0};
        struct host_memory memory;
        struct policy_host host = host_real(&memory);
        int r = sandbox_accept(accept, &host.lacks, err);
        if (r < 0)
                return r;
        r = plan_compile(plan, policy_of(policy), &host, keep_first, &first);
        if (r < 0)
                error_set(err, -r, "%s", first.code ? first.text : error_text(-r));
        return r;
}

/* ---- what the sandbox is told ------------------------------------------------------------------------------------- */

int start_prepare(struct start *out, const struct plan *plan, const cordon_child_options *o, cordon_error *err)
{
        static const int inherited[3] = {0, 1, 2};
        const struct environment_wish wish = {
                .envp = o->envp,
                .clear = (o->flags & CORDON_CHILD_CLEAR_ENV) != 0,
                .changes = o->env,
                .extra = (o->flags & CORDON_CHILD_CHANNEL) ? "CORDON_CHANNEL=3" : NULL,
        };
        *out = (struct start){.lone = {o->program}};
        out->env = environment_choose(plan->policy, &wish);
        if (!out->env)
                return error_set(err, ENOMEM, "out of memory");
        out->options = (struct sandbox_options){
                .plan = plan,
                .program = o->program,
                .argv = o->argv ? o->argv : out->lone,
                .envp = (const char *const *)out->env,
                .function = o->function,
                .argument = o->argument,
                .cwd = o->cwd ? o->cwd : environment_cwd(plan->policy, out->cwd, sizeof(out->cwd)),
                .cwd_optional = !o->cwd && !policy_world(plan->policy)->cwd,
                .channel = -1,
                .fds = o->fds,
                .fd_count = o->fd_count,
                .hold = (o->flags & CORDON_CHILD_HOLD) != 0,
                .ends_stopped = (o->flags & CORDON_CHILD_ENDS_STOPPED) != 0,
        };
        memcpy(out->options.stdio, o->stdio ? o->stdio : inherited, sizeof(out->options.stdio));
        return 0;
}

void start_release(struct start *s)
{
        environment_free(s->env);
        s->env = NULL;
}

/* ---- the preview -------------------------------------------------------------------------------------------------- */

struct previewing {
        cordon_preview preview;
        bool channel;
        cordon_preview_fn *fn;
        void *ctx;
};

static void tell(void *ctx, const struct sandbox_rehearsal *r)
{
        struct previewing *p = ctx;
        p->preview.fds = r->fds + p->channel; /* which is the first of them, and not there yet */
        p->preview.fd_count = r->fd_count - p->channel;
        p->preview.limit_note = r->note;
        p->preview.cgroup = r->cgroup;
        p->preview.controllers = r->controllers;
        p->fn(p->ctx, &p->preview);
}

static void notes_free(char **notes)
{
        for (size_t i = 0; notes && notes[i]; i++)
                free(notes[i]);
        free(notes);
}

static char **notes_of(const struct plan *plan)
{
        char **notes = calloc(plan->note_count + 1, sizeof(*notes));
        for (size_t i = 0; notes && i < plan->note_count; i++) {
                const struct plan_note *note = &plan->notes[i];
                struct buf cleanup_buf text = {0};
                if (note->origin.file)
                        buf_printf(&text, "%s:%u: ", note->origin.file, note->origin.line);
                buf_str(&text, note->text);
                notes[i] = text.bad ? NULL : strdup(text.data);
                if (!notes[i]) {
                        notes_free(notes);
                        return NULL;
                }
        }
        return notes;
}

static int rehearse(const struct plan *plan, const cordon_child_options *o, struct previewing *p, cordon_error *err)
{
        struct start start;
        int r = start_prepare(&start, plan, o, err);
        if (r < 0)
                return r;
        char **notes = notes_of(plan);
        p->channel = (o->flags & CORDON_CHILD_CHANNEL) != 0;
        start.options.channel = p->channel ? 0 : -1; /* no more than a number here */
        p->preview.program = start.options.program;
        p->preview.argv = start.options.argv;
        p->preview.envp = start.options.envp;
        p->preview.cwd = start.options.cwd;
        p->preview.notes = (const char *const *)notes;
        r = notes ? sandbox_rehearse(&start.options, tell, p, err) : error_set(err, ENOMEM, "out of memory");
        notes_free(notes);
        start_release(&start);
        return r;
}

int cordon_child_preview(cordon_policy *policy, const cordon_child_options *options, cordon_preview_fn *fn, void *ctx,
                         cordon_error *err)
{
        struct previewing p = {.fn = fn, .ctx = ctx};
        cordon_child_options o;
        struct plan plan;
        int r = start_options(&o, options, err);
        if (r == 0)
                r = start_plan(&plan, policy, o.accept, err);
        if (r < 0)
                return r;
        r = rehearse(&plan, &o, &p, err);
        plan_free(&plan);
        return r < 0 ? error_set(err, -r, "cannot start the sandbox: %s", error_text(-r)) : 0;
}
