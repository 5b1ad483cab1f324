/* Policies from the command line to a loaded object, with everything there is to say about them on stderr. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/inputs.h"

void diag_print(void *ctx, const cordon_diag *diag)
{
        bool *errors = ctx;
        size_t size = cordon_diag_format(diag, NULL, 0) + 1;
        char *text = malloc(size);

        if (errors && diag->severity == CORDON_ERROR)
                *errors = true;
        if (!text)
                return;
        cordon_diag_format(diag, text, size);
        fputs(text, stderr);
        free(text);
}

int policy_open_as(cordon_policy **out, const cordon_policy_options *options)
{
        bool explained = false;
        cordon_error error = {0};
        cordon_policy_options own = *options;

        own.diag = diag_print;
        own.diag_ctx = &explained;
        int r = cordon_policy_load(out, &own, &error);
        if (r < 0 && !explained)
                say("%s", *error.text ? error.text : strerror(-r));
        return r;
}

static int open_inputs(cordon_policy **out, const struct inputs *inputs, const struct settings *settings, const char *program)
{
        cordon_policy_options options = inputs_options(inputs, settings);

        options.program = program;
        return policy_open_as(out, &options);
}

int policy_open(cordon_policy **out, const char *const *files, const struct settings *settings, const char *program)
{
        struct inputs inputs;
        int r = inputs_open(&inputs, files, settings);

        if (r == 0)
                r = open_inputs(out, &inputs, settings, program);
        inputs_free(&inputs);
        return r;
}

/* Where the program is, is asked of the policies before $PROG is known; what is wrong with them is said when it is. */
static int look_inside(const struct inputs *inputs, const struct settings *settings, const char *name, char program[PATH_MAX])
{
        cordon_policy_options options = inputs_options(inputs, settings);
        cordon_policy *policy = NULL;

        if (cordon_policy_load(&policy, &options, NULL) < 0)
                return -ENOENT;
        int r = program_look(name, policy, program);
        cordon_policy_unref(policy);
        return r;
}

int policy_open_for(cordon_policy **out, const char *const *files, const struct settings *settings, const char *name,
                    char program[PATH_MAX])
{
        struct inputs inputs;
        int found = program_look(name, NULL, program), r = 0;

        if (found < 0 && found != -ENOENT && found != -ENOTDIR)
                return program_missing(name, found);
        r = inputs_open(&inputs, files, settings);
        if (r == 0 && found < 0)
                found = look_inside(&inputs, settings, name, program);
        if (r == 0 && found == 0)
                r = open_inputs(out, &inputs, settings, program);
        inputs_free(&inputs);
        if (r < 0)
                return r;
        return found < 0 ? program_missing(name, found) : 0;
}
