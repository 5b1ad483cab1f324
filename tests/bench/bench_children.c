/* Many sandboxes of one broker at once: what opens cost each of them, and what one that does nothing but open costs another.
 *
 *   children   1, 8, 64 and 512 sandboxes open and close one file as fast as they can: opens a second of all together, and what
 *              one takes, median and 99th percentile. Beside it the same number of processes without a filter, and the floor
 *              (floor.h): as many supervisors, a thread each
 *   neighbour  one opens a file each millisecond: what that takes alone, and beside 1 and 8 who do nothing else
 *
 * Sandboxes are function children, so all three kinds run the same code. Nothing here passes or fails. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "cordon.h"
#include "tests/bench/floor.h"

#define PATH "/etc/ld.so.cache"

enum { MOST = 512, STEPS = 16, BUCKETS = 64 * STEPS, GATE = 9, RUN_MS = 1500 };
enum kind { NATIVE, FLOOR, CORDON, KINDS };

/* Shared with all of them. */
static struct work {
        uint64_t pause_ns; /* between two opens */
        uint64_t count;
        uint32_t buckets[BUCKETS]; /* by nanoseconds; STEPS for each power of two */
} *work;

static void die(const char *what)
{
        perror(what);
        exit(1);
}

static uint64_t now_ns(void)
{
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- how long things take ------------------------------------------------------------------------------------------- */

static unsigned bucket_of(uint64_t ns)
{
        unsigned power = 63 - (unsigned)__builtin_clzll(ns | STEPS);
        return (power - 3) * STEPS + (unsigned)(ns >> (power - 4)) % STEPS;
}

static double middle_of(unsigned bucket)
{
        unsigned power = bucket / STEPS + 3;
        return (double)((STEPS + bucket % STEPS) * 2 + 1) / 2 * (double)(UINT64_C(1) << (power - 4));
}

static double percentile(const struct work *w, double share)
{
        uint64_t seen = 0;
        for (unsigned i = 0; i < BUCKETS; i++) {
                seen += w->buckets[i];
                if ((double)seen >= share * (double)w->count && w->count)
                        return middle_of(i);
        }
        return 0;
}

/* ---- one of them ------------------------------------------------------------------------------------------------------ */

/* Begins when the gate is open, which is the end of a pipe. */
static int open_often(void *argument)
{
        struct work *w = argument;
        const struct timespec pause = {0, (long)w->pause_ns};
        char byte;

        if (read(GATE, &byte, 1) != 0)
                return 1;
        for (uint64_t end = now_ns() + RUN_MS * UINT64_C(1000000), at; (at = now_ns()) < end;) {
                int fd = open(PATH, O_RDONLY | O_CLOEXEC);
                if (fd < 0)
                        return 1;
                close(fd);
                w->buckets[bucket_of(now_ns() - at)]++;
                w->count++;
                if (w->pause_ns)
                        nanosleep(&pause, NULL);
        }
        return 0;
}

/* ---- sandboxes ---------------------------------------------------------------------------------------------------------- */

static void serve_until(cordon_broker *broker, cordon_child **children, unsigned count, int phase)
{
        for (unsigned i = 0; i < count; i++) {
                while (cordon_child_phase(children[i]) < phase) {
                        struct pollfd fd = {cordon_broker_fd(broker), POLLIN, 0};
                        poll(&fd, 1, cordon_broker_next_timeout(broker));
                        cordon_broker_dispatch(broker);
                }
        }
}

static void run_sandboxes(unsigned count, int gate[2])
{
        static const char text[] = "cordon 1\ntmp none\nproc none\ndev none\nread " PATH "\n";
        static cordon_child *children[MOST];
        const char *const none[] = {NULL};
        const cordon_policy_text one = {.name = "(bench)", .text = text, .length = sizeof(text) - 1};
        const cordon_policy_options options = {.size = sizeof(options), .files = none, .texts = &one, .text_count = 1};
        const cordon_child_fd fd = {.source = gate[0], .target = GATE};
        cordon_policy *policy;
        cordon_broker *broker;
        cordon_error error = {0};

        if (cordon_policy_load(&policy, &options, &error) < 0 || cordon_broker_new(&broker, &error) < 0)
                die(error.text);
        for (unsigned i = 0; i < count; i++) {
                const cordon_child_options child = {.size = sizeof(child), .function = open_often, .argument = &work[i], .fds = &fd,
                                                    .fd_count = 1};
                if (cordon_child_spawn(&children[i], broker, policy, &child, &error) < 0)
                        die(error.text);
        }
        close(gate[0]);
        serve_until(broker, children, count, CORDON_CHILD_RUNNING);
        close(gate[1]);
        serve_until(broker, children, count, CORDON_CHILD_ENDED);
        for (unsigned i = 0; i < count; i++) {
                cordon_exit end;
                cordon_child_exit(children[i], &end);
                if (end.reason != CORDON_EXIT_CODE || end.status != 0)
                        die("a sandbox did not end well");
                cordon_child_free(children[i]);
        }
        cordon_broker_free(broker);
        cordon_policy_unref(policy);
}

/* ---- processes, without a filter or with that of the floor --------------------------------------------------------------- */

static int fixed;

static void *serve_one(void *listener)
{
        floor_serve((int)(intptr_t)listener, fixed);
        close((int)(intptr_t)listener);
        return NULL;
}

static pid_t start_process(struct work *w, int gate[2], int tell, bool filtered)
{
        pid_t pid = fork();
        if (pid != 0)
                return pid;
        close(gate[1]);
        if (dup2(gate[0], GATE) < 0)
                _exit(1);
        int listener = filtered ? floor_filter() : -1;
        if (filtered && (listener < 0 || fd_send(tell, "x", 1, &listener, 1) < 0))
                _exit(1);
        close(listener);
        _exit(open_often(w));
}

static void run_processes(unsigned count, int gate[2], bool filtered)
{
        static pid_t pids[MOST];
        static pthread_t threads[MOST];
        int pair[2], status;
        struct fd_received got;
        char byte;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                die("socketpair");
        for (unsigned i = 0; i < count; i++) {
                pids[i] = start_process(&work[i], gate, pair[1], filtered);
                if (pids[i] < 0 || (filtered && fd_receive(pair[0], &byte, 1, &got, 1, 0) < 0))
                        die("fork");
                if (filtered && pthread_create(&threads[i], NULL, serve_one, (void *)(intptr_t)got.fds[0]) != 0)
                        die("pthread_create");
        }
        close(gate[0]);
        close(gate[1]);
        for (unsigned i = 0; i < count; i++)
                if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
                        die("a process did not end well");
        for (unsigned i = 0; i < count && filtered; i++)
                pthread_join(threads[i], NULL);
        close(pair[0]);
        close(pair[1]);
}

/* ---- the tables ---------------------------------------------------------------------------------------------------------- */

static void run(enum kind kind, unsigned count, uint64_t pause_of_first)
{
        int gate[2];
        memset(work, 0, MOST * sizeof(*work));
        work[0].pause_ns = pause_of_first;
        if (pipe2(gate, O_CLOEXEC) < 0)
                die("pipe");
        if (kind == CORDON)
                run_sandboxes(count, gate);
        else
                run_processes(count, gate, kind == FLOOR);
}

/* All of them, as one. */
static struct work sum(unsigned count)
{
        struct work all = {0};
        for (unsigned i = 0; i < count; i++) {
                all.count += work[i].count;
                for (unsigned k = 0; k < BUCKETS; k++)
                        all.buckets[k] += work[i].buckets[k];
        }
        return all;
}

static const char *const names[KINDS] = {"native", "floor", "cordon"};

static void bench_children(void)
{
        static const unsigned counts[] = {1, 8, 64, MOST};

        printf("\nopen + close by many at once: all together, and what one takes\n");
        printf("  %8s %-8s %12s %10s %10s %14s\n", "", "", "opens/s", "p50 us", "p99 us", "of the floor's");
        for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++) {
                double rate[KINDS];
                for (int k = NATIVE; k < KINDS; k++) {
                        run((enum kind)k, counts[c], 0);
                        struct work all = sum(counts[c]);
                        rate[k] = (double)all.count * 1000 / RUN_MS;
                        printf("  %8u %-8s %12.0f %10.1f %10.1f", counts[c], names[k], rate[k], percentile(&all, 0.5) / 1000,
                               percentile(&all, 0.99) / 1000);
                        if (k == CORDON)
                                printf(" %14.2f", rate[k] / rate[FLOOR]);
                        printf("\n");
                        fflush(stdout);
                }
        }
}

static void bench_neighbour(void)
{
        static const unsigned floods[] = {0, 1, 8};

        printf("\nan open each millisecond, beside others who do nothing but open\n");
        printf("  %8s %-8s %10s %10s %16s\n", "others", "", "p50 us", "p99 us", "p99, times alone");
        for (int k = NATIVE; k < KINDS; k++) {
                double alone = 0;
                for (size_t f = 0; f < sizeof(floods) / sizeof(*floods); f++) {
                        run((enum kind)k, floods[f] + 1, 1000000);
                        double p99 = percentile(&work[0], 0.99);
                        alone = f == 0 ? p99 : alone;
                        printf("  %8u %-8s %10.1f %10.1f %16.2f\n", floods[f], names[k], percentile(&work[0], 0.5) / 1000, p99 / 1000,
                               p99 / alone);
                        fflush(stdout);
                }
        }
}

int main(void)
{
        struct rlimit files = {0};

        getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max; /* 512 sandboxes have ten each in a broker */
        setrlimit(RLIMIT_NOFILE, &files);
        fixed = open(PATH, O_RDONLY | O_CLOEXEC);
        work = mmap(NULL, MOST * sizeof(*work), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (fixed < 0 || work == MAP_FAILED)
                die(PATH);
        bench_children();
        bench_neighbour();
        return 0;
}
