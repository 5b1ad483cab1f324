/* What a command line says of policies, as the library takes it: files, standard input (-), and the rules of --ro and the
 * like, which become a policy of their own. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli/options.h"
#include "cli/text.h"
#include "cordon.h"

#define PIPED_NAME "(standard input)"
#define RULES_NAME "(command line)"

struct inputs {
        const char **files; /* NULL: none was named */
        cordon_policy_text texts[2];
        size_t text_count;
        struct textfile piped;
        char *rules;
};

/* `files` are the policies that are named. 0, or a negative errno that was explained. Free in every case. */
int inputs_open(struct inputs *out, const char *const *files, const struct settings *settings);
void inputs_free(struct inputs *in);
/* The options that say all that; they borrow it. */
cordon_policy_options inputs_options(const struct inputs *in, const struct settings *settings);

/* A path as a shell means it: relative ones count from the working directory, "." and ".." are resolved. malloc'ed; NULL with
 * errno where it cannot be. */
char *path_absolute(const char *path);

#endif
