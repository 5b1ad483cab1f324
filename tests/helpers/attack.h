/* What every attack needs: its arguments, and how its result is said. */
#ifndef TESTS_HELPERS_ATTACK_H
#define TESTS_HELPERS_ATTACK_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/helpers/show.h"

/* The kernel's errno or 0 from a call that says -1. */
static inline int errno_of(long result)
{
        return result < 0 ? errno : 0;
}

static inline const char *arg(char **args, int i)
{
        for (int k = 0; k <= i; k++)
                if (!args[k]) {
                        fprintf(stderr, "attack: argument %d is missing\n", i + 1);
                        exit(2);
                }
        return args[i];
}

#endif
