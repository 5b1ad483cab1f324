/* What of the caller's surroundings a program gets: the environment its policy keeps, and a working directory. */
#ifndef LIB_ENVIRONMENT_H
#define LIB_ENVIRONMENT_H

#include "policy/policy.h"

struct environment_wish {
        const char *const *envp;    /* what the policy's `env` lines choose from; NULL: the caller's */
        bool clear;                 /* nothing of that, nor what the policy sets */
        const char *const *changes; /* then these, in their order: "A=B" sets, "A" takes away. Or NULL */
        const char *extra;          /* and this at last, "A=B". Or NULL */
};

/* The environment of a child. NULL-terminated; free with environment_free(). NULL: out of memory. */
char **environment_choose(const struct policy *p, const struct environment_wish *wish);
void environment_free(char **env);

/* The child's working directory: the policy's, else the caller's where the policy lets it be listed, else "/". The
 * caller's may still be missing in the view (below a private /tmp). */
const char *environment_cwd(const struct policy *p, char *buf, size_t size);

#endif
