/* Patterns, one component at a time. `*` and `?` stop at '/', `[a-z]` and `[!x]` are classes; braces are expanded before.
 * A component as it is kept for matching is plain text in this same language: what is to be literal stands in a class of
 * its own, "[*]". */
#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* True where the whole name matches. Time is at most length × name length. */
bool component_match(const char *pattern, size_t length, const char *name, size_t name_length);

#endif
