/* What of the caller's surroundings a program gets: the environment its policy keeps, and a working directory. */
#ifndef LIB_ENVIRONMENT_H
#define LIB_ENVIRONMENT_H

#include "policy/policy.h"

/* The environment of a child, chosen from `envp` (NULL: the caller's) by the policy's `env` lines; `extra` ("A=B") is added
 * last. NULL-terminated; free with environment_free(). NULL: out of memory. */
char **environment_choose(const struct policy *p, const char *const *envp, const char *extra);
void environment_free(char **env);

/* The child's working directory: the policy's, else the caller's where the policy lets it be listed, else "/". The
 * caller's may still be missing in the view (below a private /tmp). */
const char *environment_cwd(const struct policy *p, char *buf, size_t size);

#endif
