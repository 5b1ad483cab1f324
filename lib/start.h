/* What comes before a sandbox, whether it is then started or only shown: the options, the plan, and what a launch needs of
 * both. */
#ifndef LIB_START_H
#define LIB_START_H

#include <limits.h>

#include "cordon.h"
#include "sandbox/sandbox.h"

/* The options of an older program as those of this header. 0 or -EINVAL. */
int start_options(cordon_child_options *out, const cordon_child_options *given, cordon_error *err);

/* The policy's plan for this host, as it is now, without what is missing and accepted. */
int start_plan(struct plan *plan, cordon_policy *policy, const char *const *accept, cordon_error *err);

struct start {
        struct sandbox_options options; /* without the channel */
        const char *lone[2];            /* argv where there is none */
        char **env;
        char cwd[PATH_MAX];
};
/* Everything that the options point to must live until the release. */
int start_prepare(struct start *out, const struct plan *plan, const cordon_child_options *o, cordon_error *err);
void start_release(struct start *s);

#endif
