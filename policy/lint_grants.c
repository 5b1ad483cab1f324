/* Grants that reach further than most who write them think, and patterns that take away what every program needs. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/within.h"
#include "policy/lint_build.h"
#include "policy/plan_build.h"

#define WRITES (ACCESS_WRITE | ACCESS_CREATE)

/* ---- what is written and run ------------------------------------------------------------------------------------- */

static void directory_of(const char *path, char out[PATH_MAX])
{
        const char *slash = strrchr(path, '/');
        size_t length = slash && slash > path ? (size_t)(slash - path) : 1;
        memcpy(out, path, length);
        out[length] = '\0';
}

static void executable_rule(struct lint *l, const struct rule *rule)
{
        char directory[PATH_MAX];
        if (rule->access & WRITES) {
                lint_rule(l, "writable-exec", rule, "give two directories, or say why: because \"…\"",
                          "what is written to %s can be run from there", rule->pattern);
                return;
        }
        if (!rule->literal || !lint_user(rule) || !strcmp(rule->pattern, PLAN_PROGRAM_UNKNOWN) ||
            strlen(rule->pattern) >= PATH_MAX)
                return;
        directory_of(rule->pattern, directory);
        struct verdict around = policy_eval(l->p, directory, strlen(directory), ACCESS_WRITE);
        if (around.allow && !lint_said(l, NULL, rule))
                lint_rule(l, "writable-exec", rule, "keep it where nothing is written, or say why: because \"…\"",
                          "`%s` lies where %s lets it be replaced", rule->text, lint_name(l, around.rule));
}

void lint_executable(struct lint *l)
{
        for (size_t i = 0; i < l->p->rule_count; i++) {
                const struct rule *rule = &l->p->rules[i];
                if (lint_own(rule) && rule->class == CLASS_GRANT && (rule->access & ACCESS_EXEC) && !rule->scratch &&
                    !rule->because)
                        executable_rule(l, rule);
        }
}

/* ---- wide grants ------------------------------------------------------------------------------------------------- */

/* Says it once for each rule, about the first thing that was found. */
static void wide_at(struct lint *l, const char *place, unsigned want, const char *what, const char *name)
{
        const struct rule *rule = lint_granter(l, place, want);
        if (rule && rule->overlay && (want & WRITES)) /* it is a copy that is written */
                return;
        if (rule && !lint_said(l, "wide-grant", rule))
                lint_rule(l, "wide-grant", rule, "grant less, or say why: because \"…\"", "`%s` grants %s%s%s", rule->text, what,
                          name ? " " : "", name ? name : "");
}

/* Wherever the sandbox has it. */
static void wide(struct lint *l, const char *path, unsigned want, const char *what, const char *name)
{
        const char *place;
        char out[PATH_MAX];
        for (size_t i = 0; (place = lint_place_of(l, path, i, out)); i++)
                wide_at(l, place, want, what, name);
}

static void wide_search_path(struct lint *l)
{
        char directory[PATH_MAX];
        for (const char *at = l->request->path; at && *at;) {
                size_t length = strcspn(at, ":");
                if (length > 0 && length < sizeof(directory) && *at == '/') {
                        memcpy(directory, at, length);
                        while (length > 1 && directory[length - 1] == '/')
                                length--;
                        directory[length] = '\0';
                        wide(l, directory, ACCESS_CREATE, "writing where programs are looked for (PATH):", directory);
                }
                at += strcspn(at, ":");
                at += *at == ':';
        }
}

/* A program that can change its policy has any policy, the next time. */
static void wide_policy_files(struct lint *l)
{
        for (size_t i = 0; i < l->p->file_count; i++) {
                const struct source *s = l->p->files[i];
                const char *slash = strrchr(s->name, '/'), *base = slash ? slash + 1 : s->name;
                char path[PATH_MAX];
                mode_t mode;
                if (s->bundle || !s->here)
                        continue;
                const char *name = arena_printf(&l->arena, "%s/%s", s->here, base);
                if (name && lint_canonical(l, name, path, &mode))
                        wide(l, path, ACCESS_WRITE, "changing this policy itself:", s->name);
        }
}

void lint_wide(struct lint *l)
{
        static const char *const system[] = {"/boot", "/etc", "/lib", "/lib64", "/opt", "/root", "/usr", "/usr/lib", "/var"};
        wide(l, "/home", ACCESS_WRITE, "writing all homes", NULL);
        if (l->p->home)
                wide(l, l->p->home, ACCESS_WRITE, "writing all of your home", NULL);
        for (size_t i = 0; i < sizeof(system) / sizeof(*system); i++) {
                if (!l->p->home || !path_within(system[i], l->p->home))
                        wide(l, system[i], ACCESS_WRITE, "writing", system[i]);
        }
        wide_search_path(l);
        wide_policy_files(l);
        wide(l, "/", ACCESS_READ, "reading the whole machine", NULL);
}

/* ---- /proc and /dev ---------------------------------------------------------------------------------------------- */

void lint_proc(struct lint *l)
{
        for (size_t i = 0; i < l->p->rule_count; i++) {
                const struct rule *rule = &l->p->rules[i];
                bool proc = path_within(rule->prefix, "/proc"), dev = path_within(rule->prefix, "/dev");
                if (!lint_own(rule) || (rule->class != CLASS_GRANT && rule->class != CLASS_ASK) || !(proc || dev) ||
                    lint_said(l, NULL, rule))
                        continue;
                lint_rule(l, "proc-grant", rule,
                          proc ? "choose by `proc own`, `proc self` or `proc none`" : "name devices in a `dev` line",
                          "`%s` brings nothing of the host: a sandbox has a %s of its own", rule->text,
                          proc ? "/proc" : "/dev");
        }
}

/* ---- patterns that begin anywhere -------------------------------------------------------------------------------- */

/* What there is on about every system, and what programs look for in vain where it is taken away. */
static const char *const samples[] = {
        "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "/usr/lib64/libc.so.6",
        "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "/usr/lib/x86_64-linux-gnu/libexample.so",
        "/usr/lib/x86_64-linux-gnu/libexample.a",
        "/usr/lib/locale/C.utf8/LC_CTYPE",
        "/usr/lib/python3/dist-packages/example/__init__.py",
        "/usr/lib/python3.13/os.py",
        "/usr/lib/python3.13/site-packages/certifi/cacert.pem",
        "/usr/share/perl5/Example.pm",
        "/usr/share/nodejs/example/package.json",
        "/usr/share/nodejs/example/index.js",
        "/usr/share/java/example.jar",
        "/usr/share/zoneinfo/UTC",
        "/usr/share/locale/de/LC_MESSAGES/libc.mo",
        "/usr/share/terminfo/x/xterm",
        "/usr/share/ca-certificates/mozilla/Example_Root.crt",
        "/usr/include/stdio.h",
        "/usr/bin/env",
        "/usr/bin/python3",
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/ssl/certs/Example_Root.pem",
        "/etc/ssl/openssl.cnf",
        "/etc/passwd",
        "/etc/group",
        "/etc/hosts",
        "/etc/nsswitch.conf",
        "/etc/ld.so.cache",
        "/etc/localtime",
};

void lint_floating(struct lint *l)
{
        for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
                struct verdict v = policy_eval(l->p, samples[i], strlen(samples[i]), ACCESS_READ);
                if (!v.rule || v.allow || !v.rule->floating || !lint_own(v.rule) || v.rule->because)
                        continue;
                struct eval_options without = {.without = v.rule};
                bool taken = policy_eval_with(l->p, samples[i], strlen(samples[i]), ACCESS_READ, &without).allow;
                if (taken && !lint_said(l, "floating-system", v.rule))
                        lint_rule(l, "floating-system", v.rule, "begin it with a directory: $CWD/**/…",
                                  "`%s` also takes away files of the system, such as %s", v.rule->text, samples[i]);
        }
}

/* ---- secrets ----------------------------------------------------------------------------------------------------- */

/* What @secrets closes, read for the same person on the same host; NULL where there is no such bundle. */
static struct policy *secrets_read(struct lint *l)
{
        static const char *const files[] = {"@secrets", NULL};
        const struct policy_host *host = l->request->host;
        struct policy *out = NULL;
        struct policy_request request = {
                .files = files,
                .cwd = l->p->cwd,
                .home = l->p->home,
                .uid = l->p->uid,
                .host = host,
        };
        if (host->bundle(host->ctx, "secrets") && policy_compile(&out, &request) == -ENOMEM)
                l->no_memory = true;
        return out;
}

struct handed_out { /* by one rule */
        const struct rule *by;
        const char *first;
        unsigned count;
};

static void secret_found(struct lint *l, struct vector *found, const struct rule *by, const char *path)
{
        struct handed_out *all = found->items;
        for (size_t i = 0; i < found->count; i++) {
                if (all[i].by == by) {
                        all[i].count++;
                        return;
                }
        }
        struct handed_out *h = vector_push(found, sizeof(*h));
        if (h)
                *h = (struct handed_out){by, path, 1};
        else
                l->no_memory = true;
}

static void secret_looked_for(struct lint *l, struct vector *found, const char *place)
{
        const char *path = arena_copy(&l->arena, place, strlen(place));
        const char *inside = arena_printf(&l->arena, "%s/x", place); /* where it is a directory */
        const struct rule *by = path ? lint_granter(l, path, ACCESS_READ) : NULL;
        if (by && inside && lint_granter(l, inside, ACCESS_READ))
                secret_found(l, found, by, path);
}

void lint_secrets(struct lint *l)
{
        struct policy *secrets = secrets_read(l);
        struct vector found = {0};
        for (size_t i = 0; secrets && i < secrets->rule_count; i++) {
                const struct rule *secret = &secrets->rules[i];
                if (!secret->literal || secret->implied || secret->access != 0)
                        continue;
                const char *place;
                char out[PATH_MAX];
                for (size_t j = 0; (place = lint_place_of(l, secret->pattern, j, out)); j++)
                        secret_looked_for(l, &found, place);
        }
        for (size_t i = 0; i < found.count; i++) {
                const struct handed_out *h = &((struct handed_out *)found.items)[i];
                const char *more = "";
                if (h->count > 1)
                        more = arena_printf(&l->arena, " and %u more that @secrets closes", h->count - 1);
                lint_rule(l, "secrets-granted", h->by, "use @secrets, grant less, or say why: because \"…\"",
                          "`%s` hands out %s%s", h->by->text, h->first, more ? more : "");
        }
        vector_free(&found);
        policy_unref(secrets);
}
