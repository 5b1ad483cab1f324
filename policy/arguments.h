/* Which arguments of system calls the kernel takes as ints: from the low 32 bits of the register. What is in the high ones is
 * the program's choice, and a test that looked at them could be evaded, or would miss what it allows. */
#ifndef POLICY_ARGUMENTS_H
#define POLICY_ARGUMENTS_H

#include <stdbool.h>

#define ARGUMENTS_MAX 6u

bool argument_is_int(const char *call, unsigned arg);

#endif
