/* Where the time of a launch goes, stage by stage: the median of many launches of /bin/true in a view like that of
 * `bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev`, in microseconds. Says nothing by itself: compare with another
 * build on the same machine, or with the lines beside it.
 *
 *   bench_launch_stages [ROUNDS [skeleton]]      skeleton: a view of single trees instead of all of / */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/setup.h"

#define RX (ACCESS_LIST | ACCESS_READ | ACCESS_EXEC)
#define RW (ACCESS_READ | ACCESS_WRITE)
#define TREE(where) {.kind = VIEW_BIND, .path = where, .source = where, .directory = true, .executable = true, .access = RX}
#define DEVICE(where) {.kind = VIEW_DEVICE, .path = where, .source = where, .writable = true, .access = RW}
#define PROC {.kind = VIEW_PROC, .path = "/proc", .directory = true, .access = ACCESS_LIST | ACCESS_READ}
#define DEVICES                                                                                                        \
        DEVICE("/dev/null"), DEVICE("/dev/zero"), DEVICE("/dev/full"), DEVICE("/dev/random"), DEVICE("/dev/urandom"),  \
                DEVICE("/dev/tty")
#define TMP {.kind = VIEW_TMPFS, .path = "/tmp", .directory = true, .writable = true, .size = 1u << 28, .access = ACCESS_ALL}

static struct plan_mount whole[] = {TREE("/"), PROC,
                                    {.kind = VIEW_TMPFS, .path = "/dev", .directory = true, .writable = true, .access = RX},
                                    DEVICES};
static struct plan_mount skeleton[] = {
        TREE("/usr"), TREE("/etc"), {.kind = VIEW_SYMLINK, .path = "/bin", .source = "usr/bin"},
        {.kind = VIEW_SYMLINK, .path = "/lib", .source = "usr/lib"},
        {.kind = VIEW_SYMLINK, .path = "/lib64", .source = "usr/lib64"}, PROC, TMP, DEVICES};

static uint64_t now(void)
{
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
        double left = *(const double *)a, right = *(const double *)b;
        return (left > right) - (left < right);
}

/* What is measured: the stages, and around them what only the parent sees. */
enum { PREPARE = STAGE_COUNT, LAUNCHED, EXITED, REAPED, TOTAL, COLUMNS };
static const char *const names[] = {"(prepare)", "(launch returns after)", "(exec to exit seen)", "(exit seen to reaped)", "total"};

static int one(const struct sandbox_options *options, const struct world *world, uint64_t *times, double out[COLUMNS])
{
        struct sandbox s;
        struct sandbox_event event = {0};
        cordon_error err = {0};

        memset(times, 0, STAGE_COUNT * sizeof(*times));
        uint64_t begin = now();
        if (launch_timed(&s, options, world, times, &err) < 0) {
                fprintf(stderr, "%s\n", err.text);
                return -1;
        }
        uint64_t launched = now(), exited = 0;
        for (;;) {
                struct pollfd ready = {.fd = s.control, .events = POLLIN};
                poll(&ready, 1, -1);
                if (sandbox_next_event(s.control, &event) < 0)
                        break;
                if (event.kind == SANDBOX_READY)
                        fd_close(event.view);
                if (event.kind == SANDBOX_EXITED)
                        exited = now();
                if (event.kind == SANDBOX_FAILED)
                        fprintf(stderr, "%s: %s %s\n", sandbox_stage_name(event.stage), error_name(event.error), event.detail);
        }
        sandbox_reap(&s, true, NULL);
        uint64_t end = now();
        fd_close(s.control);
        fd_close(s.pidfd);
        uint64_t last = times[STAGE_NONE];
        for (int i = 1; i < STAGE_COUNT; i++) {
                out[i] = times[i] ? (double)(times[i] - last) / 1e3 : 0;
                if (times[i] && i != STAGE_PROGRAM)
                        last = times[i];
        }
        out[PREPARE] = (double)(times[STAGE_NONE] - begin) / 1e3;
        out[LAUNCHED] = (double)(launched - begin) / 1e3;
        out[EXITED] = (double)(exited - times[STAGE_EXEC]) / 1e3;
        out[REAPED] = (double)(end - exited) / 1e3;
        out[TOTAL] = (double)(end - begin) / 1e3;
        return 0;
}

int main(int argc, char **argv)
{
        int rounds = argc > 1 ? atoi(argv[1]) : 300;
        bool bones = argc > 2 && strcmp(argv[2], "skeleton") == 0;
        static const char *const words[] = {"true", NULL}, *const env[] = {"PATH=/usr/bin", NULL};
        struct plan plan = {.mounts = bones ? skeleton : whole,
                            .mount_count = bones ? sizeof(skeleton) / sizeof(skeleton[0]) : sizeof(whole) / sizeof(whole[0])};
        const struct world world = {.net = NET_NONE};
        const struct sandbox_options options = {.plan = &plan, .program = "/usr/bin/true", .argv = words, .envp = env, .cwd = "/",
                                                .stdio = {0, 1, 2}, .channel = -1};
        double (*all)[COLUMNS] = calloc((size_t)rounds, sizeof(*all)), *column = calloc((size_t)rounds, sizeof(*column));
        uint64_t *times = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        for (int i = 0; !bones && i < (int)(sizeof(whole) / sizeof(whole[0])); i++)
                whole[i].on_host = i > 0 && i < 3;
        if (rounds < 1 || !all || !column || times == MAP_FAILED)
                return 1;
        for (int i = 0; i < rounds; i++)
                if (one(&options, &world, times, all[i]) < 0)
                        return 1;
        for (int c = 1; c < COLUMNS; c++) {
                for (int i = 0; i < rounds; i++)
                        column[i] = all[i][c];
                qsort(column, (size_t)rounds, sizeof(*column), compare);
                if (column[rounds / 2] > 0)
                        printf("%-24s %8.1f   (lowest %.1f)\n", c < STAGE_COUNT ? sandbox_stage_name(c) : names[c - STAGE_COUNT],
                               column[rounds / 2], column[0]);
        }
        return 0;
}
