/* cordon explain: what a policy means here and now, in words. Takes policies as `check` does and as `run` does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static void to_stdout(void *ctx, const char *text, size_t length)
{
        (void)ctx;
        fwrite(text, 1, length, stdout);
}

/* -p's and plain words, in this order; malloc'ed. */
static const char **all_policies(const struct settings *s)
{
        size_t n = 0, m = 0;

        while (s->policies[n])
                n++;
        while (s->words[m])
                m++;
        const char **files = calloc(n + m + 1, sizeof(*files));
        if (!files)
                return NULL;
        memcpy(files, s->policies, n * sizeof(*files));
        memcpy(files + n, s->words, m * sizeof(*files));
        return files;
}

static int explain(const char *const *files, const struct settings *settings, const char *const *accept, const char *program)
{
        cordon_policy *policy = NULL;
        cordon_error error = {0};
        char found[PATH_MAX];
        int r = program ? policy_open_for(&policy, files, settings, program, found)
                        : policy_open(&policy, files, settings, NULL);

        if (r > 0)
                return CHECK_FAILED;
        if (r < 0)
                return r == -EINVAL ? CHECK_ERRORS : CHECK_FAILED;
        if (settings->seccomp)
                r = cordon_policy_seccomp(policy, accept, to_stdout, NULL, &error);
        else
                r = cordon_policy_explain(policy, accept, settings->json ? CORDON_EXPLAIN_JSON : 0, to_stdout, NULL, &error);
        cordon_policy_unref(policy);
        if (r < 0)
                say("%s", *error.text ? error.text : strerror(-r));
        return r == 0 ? CHECK_FINE : r == -EINVAL ? CHECK_ERRORS : CHECK_FAILED;
}

int explain_main(const struct settings *settings)
{
        const char *program = settings->program ? settings->program[0] : NULL;

        if (settings->seccomp && settings->json) {
                say("explain: --seccomp has no JSON; leave --json out (see cordon explain --help)");
                return CHECK_FAILED;
        }
        const char **files = all_policies(settings);
        struct accepted accepted = {0};
        int status = CHECK_FAILED;
        if (files && accept_parse(&accepted, settings->accepts))
                status = explain(files, settings, accepted.names, program);
        else
                say("%s", strerror(ENOMEM));
        accept_free(&accepted);
        free(files);
        return status;
}
