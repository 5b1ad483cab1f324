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

int policy_open(cordon_policy **out, const char *const *files, const struct settings *settings, const char *program)
{
        struct inputs inputs;
        int r = inputs_open(&inputs, files, settings);

        if (r == 0) {
                cordon_policy_options options = inputs_options(&inputs, settings);
                options.program = program;
                r = policy_open_as(out, &options);
        }
        inputs_free(&inputs);
        return r;
}
