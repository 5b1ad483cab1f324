/* The passes, one after the other. What a plan refuses is looked at first: what others would say of the same place is
 * less. */
#include "policy/lint.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/within.h"
#include "policy/lint_build.h"
#include "policy/plan_build.h"

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static unsigned file_index(const struct lint *l, const char *file)
{
        for (size_t i = 0; i < l->p->file_count; i++) {
                if (!strcmp(l->p->files[i]->name, file))
                        return (unsigned)i;
        }
        return UINT_MAX;
}

static bool same_place(const cordon_diag *a, const cordon_diag *b)
{
        return a->line == b->line && a->column == b->column && !strcmp(a->file, b->file);
}

/* Takes what `diag` points to over, but for its message and hint, which are copied. */
static void keep(struct lint *l, const cordon_diag *diag)
{
        const struct finding *all = l->findings.items;
        for (size_t i = 0; i < l->findings.count; i++) {
                const cordon_diag *d = &all[i].diag;
                if (same_place(d, diag) && d->id == diag->id && !strcmp(d->message, diag->message))
                        return; /* a word with braces, say */
        }
        l->left_out = l->findings.count >= REPORTS_MAX;
        struct finding *f = l->left_out ? NULL : vector_push(&l->findings, sizeof(*f));
        if (!f) {
                l->no_memory = l->no_memory || !l->left_out;
                return;
        }
        *f = (struct finding){.source = file_index(l, diag->file), .line = diag->line, .column = diag->column,
                              .order = l->findings.count, .diag = *diag};
        f->diag.message = arena_copy(&l->arena, diag->message, strlen(diag->message));
        f->diag.hint = diag->hint ? arena_copy(&l->arena, diag->hint, strlen(diag->hint)) : NULL;
        if (!f->diag.message || !f->diag.hint != !diag->hint) {
                l->no_memory = true;
                l->findings.count--;
        }
}

static void __attribute__((format(printf, 3, 0)))
keep_formatted(struct lint *l, cordon_diag *diag, const char *format, va_list args)
{
        char message[1024]; /* cut, it still says what is meant */
        vsnprintf(message, sizeof(message), format, args);
        diag->severity = CORDON_WARNING;
        diag->message = message;
        keep(l, diag);
}

void lint_rule(struct lint *l, const char *id, const struct rule *rule, const char *hint, const char *format, ...)
{
        cordon_diag diag = {.id = id, .hint = hint};
        va_list args;
        policy_place(l->p, rule, NULL, &rule->origin, &diag);
        va_start(args, format);
        keep_formatted(l, &diag, format, args);
        va_end(args);
}

void lint_place(struct lint *l, const char *id, const struct place *at, const char *hint, const char *format, ...)
{
        cordon_diag diag = {.id = id, .hint = hint, .file = at->source->name, .line = at->line->number, .column = at->column,
                            .width = at->width ? at->width : 1, .source = at->line->text};
        va_list args;
        va_start(args, format);
        keep_formatted(l, &diag, format, args);
        va_end(args);
}

void lint_too_big(struct lint *l)
{
        keep(l, &(cordon_diag){.severity = CORDON_NOTE, .width = 1, .file = l->p->files[0]->name,
                               .message = "too many patterns can match one path: rules that never count were not looked for"});
}

bool lint_said(const struct lint *l, const char *id, const struct rule *rule)
{
        const struct finding *all = l->findings.items;
        cordon_diag at = {.width = 0};
        policy_place(l->p, rule, NULL, &rule->origin, &at);
        for (size_t i = 0; i < l->findings.count; i++) {
                if (same_place(&all[i].diag, &at) && (!id || (all[i].diag.id && !strcmp(all[i].diag.id, id))))
                        return true;
        }
        return false;
}

/* ---- small questions --------------------------------------------------------------------------------------------- */

bool lint_own(const struct rule *rule)
{
        return rule->use_depth == 0 && !rule->implied;
}

bool lint_user(const struct rule *rule)
{
        return lint_own(rule) && file_is_users(rule->origin.file);
}

const char *lint_name(struct lint *l, const struct rule *rule)
{
        const char *text = rule->origin.line ? arena_printf(&l->arena, "`%s` (%s:%u)", rule->text, rule->origin.file,
                                                            rule->origin.line)
                                             : arena_printf(&l->arena, "the default `%s`", rule->text);
        l->no_memory = l->no_memory || !text;
        return text ? text : "";
}

static void ignore_link(void *ctx, const char *path, const char *target)
{
        (void)ctx, (void)path, (void)target;
}

bool lint_canonical(const struct lint *l, const char *path, char out[PATH_MAX], mode_t *mode)
{
        const struct policy_host *host = l->request->host;
        return policy_canonical(l->p, host, path, out, mode, ignore_link, NULL) == 0;
}

const struct rule *lint_granter(const struct lint *l, const char *path, unsigned want)
{
        struct verdict v = policy_eval(l->p, path, strlen(path), want);
        return v.allow && v.rule && lint_own(v.rule) && !v.rule->scratch && !v.rule->because ? v.rule : NULL;
}

/* ---- what a plan refuses ----------------------------------------------------------------------------------------- */

static void refused(void *ctx, const cordon_diag *diag)
{
        cordon_diag d = *diag;
        if (d.severity != CORDON_ERROR)
                return;
        d.severity = CORDON_WARNING;
        d.id = d.id ? d.id : "not-startable";
        keep(ctx, &d);
}

void lint_startable(struct lint *l)
{
        struct plan plan;
        int r = plan_compile(&plan, l->p, l->request->host, refused, l);
        if (r == 0)
                plan_free(&plan);
        l->no_memory = l->no_memory || r == -ENOMEM;
}

/* ---- what does not exist ----------------------------------------------------------------------------------------- */

/* A restriction on what is not there may be meant for later, and a pattern for what will come. */
void lint_missing(struct lint *l)
{
        for (size_t i = 0; i < l->p->rule_count; i++) {
                const struct rule *rule = &l->p->rules[i];
                bool grants = (rule->class == CLASS_GRANT && !rule->content && !rule->scratch) || rule->class == CLASS_ASK;
                if (!lint_user(rule) || !rule->literal || !grants || !strcmp(rule->pattern, PLAN_PROGRAM_UNKNOWN) ||
                    path_within(rule->pattern, "/proc") || path_within(rule->pattern, "/dev"))
                        continue;
                char path[PATH_MAX];
                mode_t mode = 0;
                bool more = (rule->access & ~(unsigned)(ACCESS_LIST | ACCESS_READ)) != 0;
                if ((more && lint_said(l, "missing-path", rule)) || lint_said(l, "not-startable", rule))
                        continue; /* by the plan */
                if (!lint_canonical(l, rule->pattern, path, &mode) || mode == 0)
                        lint_rule(l, "missing-path", rule, "is it spelt right?", "there is no %s here",
                                  rule->source ? rule->source : rule->pattern);
        }
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

int policy_lint(const struct policy *p, const struct lint_request *request)
{
        static void (*const passes[])(struct lint *) = {
                lint_startable, lint_missing,  lint_proc,    lint_shadows,   lint_executable,
                lint_wide,      lint_floating, lint_secrets, lint_elsewhere, lint_variables, lint_uses,
        };
        struct lint l = {.p = p, .request = request};
        int count = 0;
        for (size_t i = 0; i < sizeof(passes) / sizeof(*passes); i++)
                passes[i](&l);
        struct finding *all = l.findings.items;
        if (l.findings.count > 0)
                qsort(all, l.findings.count, sizeof(*all), finding_by_place);
        for (size_t i = 0; !l.no_memory && i < l.findings.count; i++) {
                count += all[i].diag.severity == CORDON_WARNING;
                if (request->diag)
                        request->diag(request->diag_ctx, &all[i].diag);
        }
        if (l.left_out && !l.no_memory && request->diag)
                request->diag(request->diag_ctx,
                              &(cordon_diag){.severity = CORDON_NOTE, .width = 1, .file = p->files[0]->name,
                                             .message = "too many warnings; not all of them are shown"});
        vector_free(&l.findings);
        arena_free(&l.arena);
        return l.no_memory ? -ENOMEM : count;
}
