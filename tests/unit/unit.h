/* What every unit test gets: cmocka, and a count of open descriptors around each test, so that a leak fails the test that
 * made it. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

/* How many descriptors this process has open, not counting the one used for counting. */
static inline int fd_count(void)
{
        DIR *dir = opendir("/proc/self/fd");
        int count = -3; /* ".", "..", and the directory itself */
        while (dir && readdir(dir))
                count++;
        if (dir)
                closedir(dir);
        return count;
}

/* The same where threads serve, which tidy up after they have answered: the lowest of some looks. */
static inline int fd_count_at_rest(void)
{
        int least = fd_count();
        for (int i = 0; i < 50; i++) {
                usleep(1000);
                int now = fd_count();
                least = now < least ? now : least;
        }
        return least;
}

static inline int unit_before(void **state)
{
        *state = (void *)(intptr_t)fd_count();
        return 0;
}

static inline int unit_after(void **state)
{
        int before = (int)(intptr_t)*state, after = fd_count();
        if (after != before)
                print_error("descriptors: %d before, %d after\n", before, after);
        return after == before ? 0 : -1;
}

/* The test must leave *state alone. */
#define counted_test(fn) cmocka_unit_test_setup_teardown(fn, unit_before, unit_after)

#endif
