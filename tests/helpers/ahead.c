/* A family that is always ahead of whoever kills its elders one by one: each member has the next one at once, and ends only when the
 * one DEPTH generations on is there. LINES of them, each in a session of its own, hold a lock on FILE together. They end when the
 * first byte of the file is no zero any more, or after two minutes, whatever becomes of the test. usage: ahead FILE LINES DEPTH */
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>

#include "tests/helpers/show.h"

enum { DEPTH_MOST = 64, SECONDS_MOST = 110 };

static const volatile char *file; /* shared: looked at without a system call that anybody serves */
static int held[DEPTH_MOST];      /* ends of pipes of the last generations: each waits for its own to be closed by all */
static unsigned depth;

static time_t now(void)
{
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec;
}

/* In the child: the oldest of the held is let go for the parent's. */
static void hold(unsigned generation, int end)
{
        int *slot = &held[generation % depth];
        if (*slot > 0)
                close(*slot);
        *slot = end;
}

static _Noreturn void wait_for_descendants(int end)
{
        char c;
        for (unsigned i = 0; i < depth; i++)
                if (held[i] > 0)
                        close(held[i]);
        _exit(read(end, &c, 1) != 0);
}

static _Noreturn void go_on(time_t end)
{
        for (unsigned generation = 0; !*file && now() < end; generation++) {
                int ends[2];
                if (pipe(ends))
                        _exit(1);
                if (fork() == 0) {
                        close(ends[0]);
                        hold(generation, ends[1]);
                        continue;
                }
                close(ends[1]);
                wait_for_descendants(ends[0]);
        }
        _exit(0);
}

int main(int argc, char **argv)
{
        if (argc < 4)
                return 2;
        int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0666), lines = atoi(argv[2]);
        depth = (unsigned)atoi(argv[3]) % DEPTH_MOST;

        if (fd < 0 || depth == 0 || ftruncate(fd, 1) || flock(fd, LOCK_EX))
                return 1;
        file = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
        if (file == MAP_FAILED)
                return 1;
        for (int i = 0; i < lines; i++) {
                if (fork() == 0) {
                        setsid();
                        go_on(now() + SECONDS_MOST);
                }
        }
        puts("running ahead");
        return 0;
}
