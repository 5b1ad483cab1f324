/* A working directory of a test's own, for those that make files: run by hand they leave nothing where they were started. */
#ifndef TESTS_DIRECTORY_H
#define TESTS_DIRECTORY_H

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory_made[PATH_MAX], directory_before[PATH_MAX];

static inline int directory_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
        (void)st, (void)kind, (void)at;
        return remove(path);
}

/* For cmocka_run_group_tests(): before the first test, and after the last. */
static inline int directory_enter(void **state)
{
        const char *top = getenv("TMPDIR");
        (void)state;
        int length = snprintf(directory_made, sizeof(directory_made), "%s/cordon-unit.XXXXXX", top && *top ? top : "/tmp");
        if (length < 0 || (size_t)length >= sizeof(directory_made) || !getcwd(directory_before, sizeof(directory_before)))
                return -1;
        return mkdtemp(directory_made) ? chdir(directory_made) : -1;
}

static inline int directory_leave(void **state)
{
        (void)state;
        if (chdir(directory_before) < 0)
                return -1;
        return nftw(directory_made, directory_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

#endif
