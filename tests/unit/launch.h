/* A sandbox from a plan made by hand, run to its end, with what it printed and what it reported.
 *
 * The program inside is mostly this very test binary, mounted as /probe: `main` hands its words to inside(), so that a test
 * and what it does in the sandbox stand side by side. */
#ifndef TESTS_LAUNCH_H
#define TESTS_LAUNCH_H

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/setup.h"

#define RX (ACCESS_LIST | ACCESS_READ | ACCESS_EXEC)
#define MOUNTS_MOST 24

struct box {
        struct plan_mount mounts[MOUNTS_MOST];
        struct world world;
        struct plan plan;
        struct sandbox_options options;
        char self[PATH_MAX]; /* this binary */
};

struct outcome {
        int launched; /* what the launch returned */
        cordon_error error;
        bool ready, failed, exited;
        struct sandbox_event failure, end;
        char out[8192];
        size_t length;
};

static const char *const inside_env[] = {"PATH=/usr/bin", "LC_ALL=C", "ASAN_OPTIONS=detect_leaks=0:disable_coredump=0", NULL};

static inline struct plan_mount *box_mount(struct box *b, struct plan_mount mount)
{
        assert_true(b->plan.mount_count < MOUNTS_MOST);
        b->mounts[b->plan.mount_count] = mount;
        return &b->mounts[b->plan.mount_count++];
}

static inline void box_device(struct box *b, const char *path)
{
        box_mount(b, (struct plan_mount){.kind = VIEW_DEVICE,
                                         .path = path,
                                         .source = path,
                                         .writable = true,
                                         .access = ACCESS_READ | ACCESS_WRITE});
}

/* /usr, what lies in it under other names, /proc, a device, and ourselves. */
static inline void box_init(struct box *b)
{
        memset(b, 0, sizeof(*b));
        ssize_t length = readlink("/proc/self/exe", b->self, sizeof(b->self) - 1);
        assert_true(length > 0);
        b->plan.mounts = b->mounts;
        b->world.net = NET_NONE;
        b->options = (struct sandbox_options){
                .plan = &b->plan, .program = "/probe", .envp = inside_env, .cwd = "/", .stdio = {-1, -1, -1}, .channel = -1};
        box_mount(b, (struct plan_mount){.kind = VIEW_DIR, .path = "/", .directory = true, .access = ACCESS_LIST});
        static const char *const trees[] = {"/usr", "/lib", "/lib64", "/bin"};
        for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
                struct stat info;
                struct plan_mount mount = {.kind = VIEW_BIND,
                                           .path = trees[i],
                                           .source = trees[i],
                                           .directory = true,
                                           .executable = true,
                                           .access = RX};
                if (lstat(trees[i], &info) < 0)
                        continue;
                if (S_ISLNK(info.st_mode)) {
                        static char targets[4][64];
                        assert_true(readlink(trees[i], targets[i], sizeof(targets[i]) - 1) > 0);
                        mount = (struct plan_mount){.kind = VIEW_SYMLINK, .path = trees[i], .source = targets[i]};
                }
                box_mount(b, mount);
        }
        box_mount(b, (struct plan_mount){.kind = VIEW_PROC,
                                         .path = "/proc",
                                         .directory = true,
                                         .access = ACCESS_LIST | ACCESS_READ});
        box_device(b, "/dev/null");
        box_mount(b, (struct plan_mount){.kind = VIEW_BIND,
                                         .path = "/probe",
                                         .source = b->self,
                                         .executable = true,
                                         .access = RX});
}

/* A tree of the test's working directory, made if need be, as /NAME in the view. */
static inline struct plan_mount *box_tree(struct box *b, const char *name, unsigned access)
{
        static char names[8][PATH_MAX + 64];
        static unsigned next;
        char *source = names[next++ % 8], cwd[PATH_MAX];

        assert_non_null(getcwd(cwd, sizeof(cwd)));
        snprintf(source, sizeof(names[0]), "%s/%s", cwd, name);
        const char *path = source + strlen(cwd);
        assert_true(mkdir(source, 0755) == 0 || errno == EEXIST);
        return box_mount(b, (struct plan_mount){.kind = VIEW_BIND,
                                                .path = path,
                                                .source = source,
                                                .directory = true,
                                                .writable = (access & (ACCESS_WRITE | ACCESS_CREATE)) != 0,
                                                .executable = (access & ACCESS_EXEC) != 0,
                                                .access = access});
}

/* A file that anybody may write, as far as its own mode is concerned. */
static inline void put(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(fchmod(fd, 0666), 0);
        close(fd);
}

static inline bool take_event(const struct sandbox *s, struct outcome *o)
{
        struct sandbox_event event;
        int result = sandbox_next_event(s->control, &event);

        if (result == 0)
                return true;
        if (result == -EPIPE)
                return false;
        assert_int_equal(result, 1);
        if (event.kind == SANDBOX_READY) {
                assert_false(o->ready || o->failed || o->exited);
                o->ready = true;
                fd_close(event.view);
                fd_close(event.notify);
                fd_close(event.nowhere);
        } else if (event.kind == SANDBOX_FAILED) {
                o->failed = true;
                o->failure = event;
        } else if (event.kind == SANDBOX_EXITED) {
                o->exited = true;
                o->end = event;
        }
        return true;
}

/* Reads output and events until both have ended, then reaps. */
static inline void finish(const struct sandbox *s, int output, struct outcome *o)
{
        struct pollfd fds[2] = {{.fd = s->control, .events = POLLIN}, {.fd = output, .events = POLLIN}};

        while (fds[0].fd >= 0 || fds[1].fd >= 0) {
                assert_true(poll(fds, 2, 30000) > 0);
                if (fds[0].revents && !take_event(s, o))
                        fds[0].fd = -1;
                if (!fds[1].revents)
                        continue;
                ssize_t got = read(output, o->out + o->length, sizeof(o->out) - 1 - o->length);
                if (got <= 0)
                        fds[1].fd = -1;
                else
                        o->length += (size_t)got;
        }
        assert_int_equal(sandbox_reap(s, true, NULL), 1);
        struct cgroup_leaf leaf = s->leaf;
        leaf_remove(&leaf);
        fd_close(s->control);
        fd_close(s->pidfd);
}

/* Starts with standard output and error into a pipe, whose reading end is returned, or FD_NONE. */
static inline int box_start(struct box *b, const char *const *argv, struct sandbox *s, struct outcome *o)
{
        int output[2];

        memset(o, 0, sizeof(*o));
        assert_int_equal(pipe2(output, O_CLOEXEC), 0);
        b->options.argv = argv;
        if (b->options.stdio[1] < 0)
                b->options.stdio[1] = output[1];
        if (b->options.stdio[2] < 0)
                b->options.stdio[2] = output[1];
        o->launched = launch_in_world(s, &b->options, &b->world, &o->error);
        if (b->options.stdio[1] == output[1])
                b->options.stdio[1] = -1;
        if (b->options.stdio[2] == output[1])
                b->options.stdio[2] = -1;
        close(output[1]);
        if (o->launched == 0)
                return output[0];
        close(output[0]);
        return FD_NONE;
}

static inline struct outcome box_run(struct box *b, const char *const *argv)
{
        struct outcome o;
        struct sandbox s;
        int output = box_start(b, argv, &s, &o);

        if (output >= 0) {
                finish(&s, output, &o);
                close(output);
        }
        return o;
}

#define PROBE(b, ...) box_run(b, (const char *const[]){"probe", __VA_ARGS__, NULL})

static inline struct outcome box_shell(struct box *b, const char *script)
{
        b->options.program = "/bin/sh";
        struct outcome o = box_run(b, (const char *const[]){"sh", "-c", script, NULL});
        b->options.program = "/probe";
        return o;
}

static inline void explain(const struct outcome *o)
{
        if (o->launched < 0)
                print_error("launch: %s\n", o->error.text);
        if (o->failed)
                print_error("failed: stage %s, %s, %s\n", sandbox_stage_name(o->failure.stage),
                            error_name(o->failure.error), o->failure.detail);
        print_error("output: %s\n", o->out);
}

/* The program ran, exited with `status`, and printed just that. */
static inline void expect_run(const struct outcome *o, int status, const char *output)
{
        bool good = o->launched == 0 && o->ready && !o->failed && o->exited && WIFEXITED(o->end.wait_status) &&
                    WEXITSTATUS(o->end.wait_status) == status && (!output || strcmp(output, o->out) == 0);
        if (!good) {
                explain(o);
                if (o->exited)
                        print_error("wait status: %x\n", (unsigned)o->end.wait_status);
        }
        assert_true(good);
        assert_true(o->end.usage.user_ns + o->end.usage.system_ns > 0);
}

static inline void expect_failure(const struct outcome *o, enum stage stage, int error)
{
        if (!o->failed || o->failure.stage != (int)stage || o->failure.error != error)
                explain(o);
        assert_int_equal(o->launched, 0);
        assert_true(o->failed);
        assert_false(o->exited);
        assert_string_equal(sandbox_stage_name(o->failure.stage), sandbox_stage_name((int)stage));
        assert_int_equal(o->failure.error, error);
}

static inline bool as_root(void)
{
        return geteuid() == 0;
}

#endif
