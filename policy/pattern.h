/* Patterns, one component at a time. `*` and `?` stop at '/', `[a-z]` and `[!x]` are classes; braces are expanded before.
 * A component as it is kept for matching is plain text in this same language: what is to be literal stands in a class of
 * its own, "[*]". */
#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True where the whole name matches. Time is at most length × name length. */
bool component_match(const char *pattern, size_t length, const char *name, size_t name_length);

/* The parts, for names.c. One character of a pattern or a name: a whole UTF-8 sequence where there is one, else a byte, whose
 * point is PATTERN_BYTES + its value. Returns its length. */
#define PATTERN_BYTES 0x110000u
size_t pattern_character(const char *text, size_t length, uint32_t *point);
/* The class that begins at pattern[0] == '['. Returns its length; `*hit` says whether `point` is in it. The compiler has
 * checked that it is closed; where it is not, nothing matches. */
size_t pattern_class(const char *pattern, size_t length, uint32_t point, bool *hit);

#endif
