/* cordon_policy: the public handle of a struct policy. It adds nothing but its own count of references; what is made
 * from a policy for one launch (the plan) is made for each launch, since the host may have changed. */
#include "lib/policy.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "lib/host.h"
#include "lib/search.h"
#include "lib/standard_cwd.h"

struct cordon_policy {
        atomic_uint references;
        struct policy *policy;
};

void policy_listen(void *ctx, const cordon_diag *d)
{
        struct listener *l = ctx;
        if (d->severity == CORDON_ERROR && d->line)
                error_set(&l->first, EINVAL, "%s:%u:%u: %s", d->file, d->line, d->column, d->message);
        else if (d->severity == CORDON_ERROR)
                error_set(&l->first, EINVAL, "%s: %s", d->file, d->message);
        if (l->diag)
                l->diag(l->ctx, d);
}

static int compile(struct policy **out, const cordon_policy_options *o, struct listener *listener)
{
        char cwd[PATH_MAX];
        struct host_memory memory;
        struct policy_host host = host_real(&memory);
        struct search_path search;
        search_path_init(&search, o);
        struct policy_request request = {
                .files = o->files,
                .texts = o->texts,
                .text_count = o->text_count,
                .defines = o->defines,
                .used = o->used,
                .program = o->program,
                .base = getcwd(cwd, sizeof(cwd)), /* NULL where it is gone */
                .home = search.home,
                .search = search.directories,
                .uid = getuid(),
                .host = &host,
                .diag = policy_listen,
                .diag_ctx = listener,
        };
        request.cwd = o->cwd ? o->cwd : request.base;
        bool standard = !o->files || (!o->files[0] && o->text_count == 0);
        const char *objection = standard && request.cwd ? standard_cwd_objection(request.cwd, search.home) : NULL;
        if (objection)
                return error_set(&listener->first, EINVAL,
                                 "the default policy makes the current directory writable, and %s %s: change to a directory of "
                                 "your own in it, or say what the program needs with -p POLICY",
                                 request.cwd, objection);
        return policy_compile(out, &request);
}

int policy_options_read(cordon_policy_options *out, const cordon_policy_options *given, cordon_error *err)
{
        *out = (cordon_policy_options){.size = sizeof(*out)};
        if (!given)
                return 0;
        if (given->size == 0 || given->size > sizeof(*out))
                return error_set(err, EINVAL, "cordon_policy_options.size is wrong");
        memcpy(out, given, given->size); /* a program built against an older header gives less */
        return 0;
}

static int check_texts(const cordon_policy_options *o, cordon_error *err)
{
        for (size_t i = 0; i < o->text_count; i++) {
                const cordon_policy_text *t = &o->texts[i];
                if (!t->name || !t->text || (t->flags & ~(unsigned)CORDON_TEXT_FIRST))
                        return error_set(err, EINVAL, "a cordon_policy_text has no name or no text, or a flag that is not known");
                if (!file_is_users(t->name))
                        return error_set(err, EINVAL, "no cordon_policy_text can be called %s: what is built in is", t->name);
                if (t->length > POLICY_TEXT_MOST)
                        return error_set(err, EFBIG, "%s: no policy may be as long (4 MiB)", t->name);
        }
        return 0;
}

int cordon_policy_load(cordon_policy **out, const cordon_policy_options *options, cordon_error *err)
{
        cordon_policy_options o;
        if (!out)
                return error_set(err, EINVAL, "no place for the policy was given");
        *out = NULL;
        int r = policy_options_read(&o, options, err);
        if (r == 0)
                r = check_texts(&o, err);
        if (r < 0)
                return r;
        struct listener listener = {.diag = o.diag, .ctx = o.diag_ctx};
        cordon_policy *p = calloc(1, sizeof(*p));
        r = p ? compile(&p->policy, &o, &listener) : -ENOMEM;
        if (r < 0) {
                free(p);
                if (listener.first.code)
                        return error_set(err, -r, "%s", listener.first.text);
                return error_set(err, -r, "the policy could not be loaded: %s", error_text(-r));
        }
        atomic_init(&p->references, 1);
        *out = p;
        return 0;
}

size_t cordon_policy_quote(const char *text, char *buf, size_t size)
{
        return policy_quote(text, buf, size);
}

cordon_policy *cordon_policy_ref(cordon_policy *policy)
{
        atomic_fetch_add_explicit(&policy->references, 1, memory_order_relaxed);
        return policy;
}

cordon_policy *cordon_policy_unref(cordon_policy *policy)
{
        if (policy && atomic_fetch_sub_explicit(&policy->references, 1, memory_order_acq_rel) == 1) {
                policy_unref(policy->policy);
                free(policy);
        }
        return NULL;
}

int cordon_policy_expect(const cordon_policy *policy, cordon_diag_fn *diag, void *diag_ctx, unsigned *total)
{
        return policy_expect(policy->policy, diag, diag_ctx, total);
}

const struct policy *policy_of(const cordon_policy *p)
{
        return p->policy;
}

struct policy *policy_shared(const cordon_policy *p)
{
        return p->policy;
}
