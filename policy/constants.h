/* Names of numbers: what an argument of a system call can be, and what a call can fail with. */
#ifndef POLICY_CONSTANTS_H
#define POLICY_CONSTANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "O_WRONLY"; `name` need not be terminated. Negative ones are sign-extended. */
bool constant_find(const char *name, size_t length, uint64_t *value);
const char *constant_name(size_t index); /* for a walk over all of them; NULL ends it */

unsigned errno_find(const char *name); /* 0: there is none such */
const char *errno_name(size_t index);
const char *errno_text(unsigned error); /* "EPERM", or NULL */

#endif
