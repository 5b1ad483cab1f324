/* What is closed in a /proc that `proc` has brought. */
#ifndef POLICY_CLOSED_H
#define POLICY_CLOSED_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

/* The paths one by one; NULL: there are no more. */
const char *closed_place(size_t index);
/* True where `rule`, which decides about `path`, is what `proc` implies, and the path is one of these or below one. */
bool is_closed(const struct rule *rule, const char *path);

#endif
