/* make bench: what cordon costs, as ratios against something measured in the same run.
 *
 *   start   /bin/true until reaped: plain (posix_spawn), bwrap, cordon
 *   rules   the same with policies of 10, 100 and 400 rules: of ten, three about single files, one about a tree, one about a
 *           writable tree, two that deny something in a tree, two patterns, one virtual file; and what the kernel alone takes
 *           for the seven mounts that ten of them need, see bench_mounts.c
 *   open    open + close of one file, in a loop inside the program: native, cordon, and the floor (floor.h)
 *   audit   the same loop under `audit none`, `denied` and `all`, with a log in a file; what the log costs an open
 *
 * Rounds are interleaved, so that a machine that changes its speed changes it for all; of each kind the lowest round median is
 * given. Nothing here passes or fails. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/bench/floor.h"

enum { KINDS_MOST = 4, SAMPLES_MOST = 4096 };

static uint64_t now_ns(void)
{
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
        qsort(values, count, sizeof(*values), by_value);
        return values[count / 2];
}

static void die(const char *what)
{
        fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
        exit(1);
}

/* ---- running commands ------------------------------------------------------------------------------------------- */

/* Runs argv and waits; its standard output goes to `out` (or is dropped where out is -1). */
static void run(const char *const argv[], int out)
{
        posix_spawn_file_actions_t actions;
        pid_t pid;
        int status;
        posix_spawn_file_actions_init(&actions);
        if (out >= 0)
                posix_spawn_file_actions_adddup2(&actions, out, 1);
        else
                posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        errno = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
        if (errno)
                die(argv[0]);
        posix_spawn_file_actions_destroy(&actions);
        if (waitpid(pid, &status, 0) != pid || status != 0) {
                fprintf(stderr, "bench: %s ended with status %d\n", argv[0], status);
                exit(1);
        }
}

/* What the command prints on its first line, as a number. */
static double number_from(const char *const argv[])
{
        char text[64] = "";
        int pipes[2];
        if (pipe2(pipes, O_CLOEXEC) < 0)
                die("pipe");
        run(argv, pipes[1]);
        close(pipes[1]);
        if (read(pipes[0], text, sizeof(text) - 1) <= 0)
                die("read");
        close(pipes[0]);
        return strtod(text, NULL);
}

struct kind {
        const char *name;
        const char *const *argv;
        bool prints; /* its figure is what it prints (ns), not how long it takes */
        double best;
};

static void print_table(const char *title, const struct kind *kinds, unsigned count, const char *note)
{
        printf("\n%s\n", title);
        printf("  %-34s %10s", "", "us");
        for (unsigned k = 0; k < count; k++)
                printf("  / %-10.10s", kinds[k].name);
        printf("\n");
        for (unsigned i = 0; i < count; i++) {
                printf("  %-34s %10.2f", kinds[i].name, kinds[i].best / 1000);
                for (unsigned k = 0; k < count; k++)
                        printf("  %12.2f", kinds[i].best / kinds[k].best);
                printf("\n");
        }
        if (note)
                printf("  %s\n", note);
        fflush(stdout);
}

static void measure(struct kind *kinds, unsigned count, unsigned rounds, unsigned samples)
{
        static double values[SAMPLES_MOST];
        for (unsigned round = 0; round < rounds; round++) {
                for (unsigned k = 0; k < count; k++) {
                        for (unsigned i = 0; i < samples; i++) {
                                uint64_t start = now_ns();
                                if (kinds[k].prints) {
                                        values[i] = number_from(kinds[k].argv);
                                } else {
                                        run(kinds[k].argv, -1);
                                        values[i] = (double)(now_ns() - start);
                                }
                        }
                        double m = median(values, samples);
                        if (round == 0 || m < kinds[k].best)
                                kinds[k].best = m;
                }
        }
}

/* ---- the loop, and the floor ------------------------------------------------------------------------------------ */

/* Prints the median of the batches' nanoseconds for one open + close. */
static int loop(const char *path)
{
        enum { BATCHES = 60, BATCH = 500 };
        double values[BATCHES];
        for (int b = 0; b < BATCHES; b++) {
                uint64_t start = now_ns();
                for (int i = 0; i < BATCH; i++) {
                        int fd = open(path, O_RDONLY | O_CLOEXEC);
                        if (fd < 0)
                                die(path);
                        close(fd);
                }
                values[b] = (double)(now_ns() - start) / BATCH;
        }
        printf("%.1f\n", median(values, BATCHES));
        return 0;
}

static int floor_supervisor(const char *path)
{
        int pair[2], fixed = open(path, O_RDONLY | O_CLOEXEC);
        struct fd_received got;
        char byte;
        if (fixed < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                die("floor");
        pid_t pid = fork();
        if (pid == 0) {
                int listener = floor_filter();
                if (listener < 0 || fd_send(pair[1], "x", 1, &listener, 1) < 0)
                        die("seccomp");
                close(listener);
                exit(loop(path));
        }
        close(pair[1]);
        if (fd_receive(pair[0], &byte, 1, &got, 1, 0) < 0 || got.count != 1)
                die("listener");
        /* The child's end: kill is not needed, RECV returns once the filter has no user left (6.11), else we poll the child. */
        pid_t server = fork();
        if (server == 0) {
                floor_serve(got.fds[0], fixed);
                _exit(0);
        }
        int status;
        waitpid(pid, &status, 0);
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
        return status == 0 ? 0 : 1;
}

/* ---- the tables ------------------------------------------------------------------------------------------------- */

static void pin(unsigned cpu)
{
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        sched_setaffinity(0, sizeof(set), &set);
}

static void bench_start(const char *cordon, bool bwrap)
{
        const char *plain[] = {"/bin/true", NULL};
        const char *theirs[] = {"bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "/bin/true",
                          NULL};
        const char *ours[] = {cordon, "run", "-q", "--", "/bin/true", NULL};
        struct kind kinds[] = {{"plain", plain, false, 0}, {"cordon", ours, false, 0}, {"bwrap", theirs, false, 0}};
        unsigned count = bwrap ? 3 : 2;
        measure(kinds, count, 7, 40);
        print_table("start of /bin/true until reaped", kinds, count,
                    bwrap ? "bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev" : "bwrap is not installed");
}

/* ---- many rules --------------------------------------------------------------------------------------------------- */

/* TOP/NAMEnumber */
static void make(const char *top, const char *name, unsigned number, bool directory)
{
        char path[512];
        snprintf(path, sizeof(path), "%s/%s%u", top, name, number);
        int made = directory ? mkdir(path, 0755) : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (made < 0)
                die(path);
        if (!directory)
                close(made);
}

static const struct {
        const char *verb;
        const char *path;  /* a number follows; absolute, or below the directory */
        const char *rest;  /* of the line */
        bool tree, exists; /* whether it is there, and what it is */
} mixed[] = {
        {"read", "file-", "", false, true},
        {"read", "file-", "", false, true},
        {"read", "file-", "", false, true},
        {"read", "tree-", "", true, true},
        {"write", "own-", "", true, true},
        {"deny", "all0/deny-", "", false, true},
        {"deny", "all0/deny-", "", false, true},
        {"deny", "all0/**/*.no", "", false, false},
        {"deny", "all0/*/secret-", "", false, false},
        {"file", "/etc/virtual/file-", " \"content\"", false, false},
};

static const char *many_rules(const char *top, unsigned count, char path[512])
{
        enum { KINDS = sizeof(mixed) / sizeof(mixed[0]) };
        snprintf(path, 512, "%s/%u.policy", top, count);
        FILE *out = fopen(path, "w");
        if (!out)
                die(path);
        fprintf(out, "cordon 1\nuse @base\nexec $PROG\nread %s/all0\n", top);
        for (unsigned i = 0; i < count; i++) {
                unsigned k = i % KINDS, number = count * 1000 + i; /* each policy has its own */
                if (mixed[k].exists)
                        make(top, mixed[k].path, number, mixed[k].tree);
                fprintf(out, "%s %s%s%s%u%s\n", mixed[k].verb, mixed[k].path[0] == '/' ? "" : top,
                        mixed[k].path[0] == '/' ? "" : "/", mixed[k].path, number, mixed[k].rest);
        }
        if (fclose(out) != 0)
                die(path);
        return path;
}

static void bench_rules(const char *self, const char *cordon)
{
        enum { FILES = 50 };
        static const unsigned counts[] = {10, 100, 400};
        static const char *const names[] = {"10 rules", "100 rules", "400 rules"};
        char top[] = "/var/tmp/cordon-bench-XXXXXX", paths[3][512], remove[64], mounts[4200];
        const char *argv[3][7];
        const char *few[] = {mounts, top, "mount-", "50", "7", NULL}, *many[] = {mounts, top, "mount-", "50", "280", NULL};
        struct kind kinds[5] = {[3] = {"7 mounts", few, false, 0}, [4] = {"280 mounts", many, false, 0}};
        if (!mkdtemp(top))
                die(top);
        snprintf(mounts, sizeof(mounts), "%s_mounts", self);
        make(top, "all", 0, true);
        for (unsigned i = 0; i < FILES; i++)
                make(top, "mount-", i, false);
        for (unsigned i = 0; i < 3; i++) {
                const char *one[] = {cordon, "run", "-p", many_rules(top, counts[i], paths[i]), "--", "/usr/bin/true", NULL};
                memcpy(argv[i], one, sizeof(one));
                kinds[i] = (struct kind){names[i], argv[i], false, 0};
        }
        measure(kinds, 5, 7, 20);
        print_table("start of /usr/bin/true until reaped, by how many rules the policy has", kinds, 3, NULL);
        print_table("the kernel alone: the mounts of 10 and of 400 rules, made and taken down", kinds + 3, 2, NULL);
        printf("  400 rules, did everything else cost what it does with 10: %.2f times 10 rules; now %.2f\n",
               1 + (kinds[4].best - kinds[3].best) / kinds[0].best, kinds[2].best / kinds[0].best);
        snprintf(remove, sizeof(remove), "rm -rf %s", top);
        if (system(remove) != 0)
                die(top);
}

static void bench_open(const char *self, const char *cordon, const char *title)
{
        const char *file = "/etc/ld.so.cache";
        const char *native[] = {self, "loop", file, NULL};
        const char *lowest[] = {self, "floor", file, NULL};
        const char *ours[] = {cordon, "run", "-q", "--", self, "loop", file, NULL};
        struct kind kinds[] = {{"native", native, true, 0}, {"floor", lowest, true, 0}, {"cordon", ours, true, 0}};
        measure(kinds, 3, 5, 5);
        print_table(title, kinds, 3, "floor: receive + addfd of a fixed descriptor, no vetting");
}

/* A pattern sees to it that opens are brokered in each. */
static void bench_audit(const char *self, const char *cordon, const char *title)
{
        static const char *const modes[] = {"none", "denied", "all"};
        char top[] = "/tmp/cordon-bench.XXXXXX", paths[3][512], log[512], remove[512];
        const char *commands[3][16];
        struct kind kinds[3];

        if (!mkdtemp(top) || chmod(top, 0755) < 0)
                die(top);
        snprintf(log, sizeof(log), "%s/log", top);
        for (unsigned i = 0; i < 3; i++) {
                snprintf(paths[i], sizeof(paths[i]), "%s/%s.policy", top, modes[i]);
                FILE *out = fopen(paths[i], "w");
                if (!out)
                        die(paths[i]);
                fprintf(out, "cordon 1\nuse @base\nexec $PROG\nread /etc\ndeny /etc/**/*.none\naudit %s\n", modes[i]);
                fclose(out);
                memcpy(commands[i], (const char *[]){cordon, "run", "-q", "--audit", log, "-p", paths[i], "--", self, "loop",
                                                     "/etc/ld.so.cache", NULL}, 12 * sizeof(char *));
                kinds[i] = (struct kind){modes[i], commands[i], true, 0};
        }
        measure(kinds, 3, 5, 5);
        print_table(title, kinds, 3, "brokered in all three; the log is a file");
        snprintf(remove, sizeof(remove), "rm -rf %s", top);
        if (system(remove) != 0)
                die(top);
}

int main(int argc, char **argv)
{
        if (argc == 3 && strcmp(argv[1], "loop") == 0)
                return loop(argv[2]);
        if (argc == 3 && strcmp(argv[1], "floor") == 0)
                return floor_supervisor(argv[2]);
        if (argc != 2) {
                fprintf(stderr, "usage: bench CORDON\n");
                return 2;
        }
        char self[4096];
        ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
        self[length > 0 ? length : 0] = '\0';
        bool bwrap = system("command -v bwrap >/dev/null 2>&1") == 0;
        bench_start(argv[1], bwrap);
        bench_rules(self, argv[1]);
        bench_open(self, argv[1], "open + close, processes where the scheduler puts them");
        bench_audit(self, argv[1], "open + close with an audit log, processes where the scheduler puts them");
        pin(0);
        bench_open(self, argv[1], "open + close, all on one CPU");
        bench_audit(self, argv[1], "open + close with an audit log, all on one CPU");
        return 0;
}
