/* A broker served over its channel, with a detached clone of a directory as the view: that is what a view is to the broker.
 * What needs notifications or processes of a sandbox is tested with real sandboxes. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/wire.h"
#include "broker/broker.h"
#include "broker/channel.h"
#include "broker/edition.h"
#include "broker/server.h"
#include "policy/policy.h"

/* ---- a policy from text ------------------------------------------------------------------------------------------ */

static const char PATHS[] = "cordon 1\n"
                            "tmp none\nproc none\n"
                            "read /open\n"
                            "write /rw\n"
                            "create /drop\n"
                            "list /names\n"
                            "deny /open/**/*.key because \"keys stay\"\n"
                            "never /open/never\n"
                            "mask /open/masked /open/**/m*\n"
                            "read /way/to/it\n";

static const char *policy_text; /* what is compiled next */

static int read_text(void *ctx, const char *name, char **data, size_t *length, char identity[64])
{
        (void)ctx;
        *data = strdup(policy_text);
        *length = strlen(policy_text);
        snprintf(identity, 64, "%s", name);
        return 0;
}

static const char *no_bundle(void *ctx, const char *name)
{
        (void)ctx;
        (void)name;
        return NULL;
}

static int as_it_is(void *ctx, const char *path, char *out, mode_t *mode,
                    void (*link)(void *, const char *, const char *), void *link_ctx)
{
        (void)ctx;
        (void)link;
        (void)link_ctx;
        strcpy(out, path);
        *mode = S_IFDIR | 0755;
        return 0;
}

static void say(void *ctx, const cordon_diag *d)
{
        (void)ctx;
        print_error("%s:%u:%u: %s\n", d->file, d->line, d->column, d->message);
}

static struct policy *policy_from(const char *text)
{
        policy_text = text;
        static const struct policy_host host = {.read_file = read_text, .bundle = no_bundle, .canonical = as_it_is};
        static const char *const files[] = {"/test.policy", NULL};
        struct policy_request request = {
                .files = files, .cwd = "/", .home = "/home/u", .uid = 1000, .host = &host, .diag = say};
        struct policy *p = NULL;
        assert_int_equal(policy_compile(&p, &request), 0);
        return p;
}

static struct policy *make_policy(void)
{
        return policy_from(PATHS);
}

/* ---- a tree and a server ------------------------------------------------------------------------------------------ */

static char top[] = "/tmp/broker-XXXXXX";
static struct policy *policy;
static struct server *server;
static int channel;
static cordon_client client;

static const char *at(const char *path)
{
        static char full[8192];
        snprintf(full, sizeof(full), "%s%s", top, path);
        return full;
}

static void put(const char *path, const char *content)
{
        int fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC, 0644);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
        close(fd);
}

static void map_identity(const char *file, unsigned id)
{
        char line[64];
        int fd = open(file, O_WRONLY | O_CLOEXEC);
        snprintf(line, sizeof(line), "%u %u 1", id, id);
        assert_true(fd >= 0 && write(fd, line, strlen(line)) > 0);
        close(fd);
}

/* Cloning a tree needs a mount namespace of our own, for an ordinary user a user namespace too. */
static int leave_the_host(void)
{
        unsigned uid = getuid(), gid = getgid();
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
                return -1;
        int fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "deny", 4) != 4)
                return -1;
        close(fd);
        map_identity("/proc/self/uid_map", uid);
        map_identity("/proc/self/gid_map", gid);
        return 0;
}

static int make_tree(void **state)
{
        (void)state;
        static const char *const dirs[] = {"/open", "/open/sub", "/open/never", "/open/sub/mbox", "/empty",
                                           "/rw", "/drop", "/names", "/secret"};
        if (leave_the_host() < 0) {
                print_error("no user namespaces here\n");
                return -1;
        }
        if (!mkdtemp(top))
                return -1;
        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
                mkdir(at(dirs[i]), 0755);
        put("/open/a.txt", "public");
        put("/open/sub/b.key", "key");
        put("/open/never/x", "floor");
        put("/open/masked", "late");
        put("/open/sub/mail", "mail");
        put("/open/sub/mbox/inbox", "mail");
        mkfifo(at("/open/sub/mfifo"), 0644);
        put("/rw/file", "mine");
        put("/drop/old", "old");
        put("/names/n", "n");
        put("/secret/s", "secret");
        assert_int_equal(symlink("a.txt", at("/open/link")), 0);
        assert_int_equal(symlink("/secret/s", at("/open/out")), 0);
        assert_int_equal(symlink("/secret/s", at("/rw/out")), 0);
        assert_int_equal(symlink("../../../../../../etc/passwd", at("/open/escape")), 0);
        assert_int_equal(symlink("/open", at("/alias")), 0);
        assert_int_equal(symlink("loop", at("/open/loop")), 0);
        assert_int_equal(symlink("new-behind-link", at("/rw/dangling")), 0);
        assert_int_equal(mkfifo(at("/rw/fifo"), 0644), 0);
        policy = make_policy();
        return 0;
}

static int remove_tree(void **state)
{
        (void)state;
        char command[8400];
        policy_unref(policy);
        snprintf(command, sizeof(command), "rm -rf %s", top);
        return system(command);
}

static int start(void **state)
{
        int pair[2];
        cordon_error err = {0};
        *state = (void *)(intptr_t)fd_count();
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -1;
        channel = pair[0];
        cordon_client_init(&client, channel);
        struct server_options options = {
                .policy = policy,
                .name = "test",
                .channel = pair[1],
                .audit_fd = -1,
                .init = getpid(),
                .uid = getuid(),
                .gid = getgid(),
        };
        if (server_start(&server, &options, &err) < 0) {
                print_error("%s\n", err.text);
                return -1;
        }
        server_serve(server, (int)syscall(SYS_open_tree, AT_FDCWD, top, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), -1,
                     open(at("/empty"), O_PATH | O_CLOEXEC));
        return 0;
}

static int stop(void **state)
{
        server_stop(server);
        server = server_free(server);
        cordon_client_done(&client);
        close(channel);
        return unit_after(state);
}

#define served_test(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

/* Opens over the channel and closes again; 0 or -errno. */
static int try_open(const char *path, int flags)
{
        int fd = cordon_client_open(&client, path, flags, 0640);
        if (fd < 0)
                return fd;
        close(fd);
        return 0;
}

static void content(const char *path, int flags, const char *expected)
{
        char text[32] = "";
        int fd = cordon_client_open(&client, path, flags, 0);
        assert_true(fd >= 0);
        assert_true(read(fd, text, sizeof(text) - 1) >= 0);
        close(fd);
        assert_string_equal(text, expected);
}

/* Until the other side has closed it, or shut it down. */
static void wait_for_end(int socket)
{
        char rest[CHANNEL_ANSWER_HEAD];
        while (recv(socket, rest, sizeof(rest), 0) > 0)
                ;
}

/* ---- tests -------------------------------------------------------------------------------------------------------- */

static void each_grant_has_its_denial(void **state)
{
        (void)state;
        static const struct {
                const char *path;
                int flags, expected;
        } rows[] = {
                {"/open/a.txt", O_RDONLY, 0},
                {"/open/a.txt", O_RDWR, -EACCES},
                {"/open/a.txt", O_WRONLY, -EACCES},
                {"/open/a.txt", O_RDONLY | O_TRUNC, -EACCES},
                {"/open/a.txt", O_RDONLY | O_CREAT, 0},
                {"/open/a.txt", O_RDONLY | O_CREAT | O_EXCL, -EEXIST},
                {"/open/new", O_RDWR | O_CREAT, -EACCES},
                {"/open/none", O_RDONLY, -ENOENT},
                {"/open", O_RDONLY, 0},
                {"/open", O_RDONLY | O_DIRECTORY, 0},
                {"/open/a.txt", O_RDONLY | O_DIRECTORY, -ENOTDIR},
                {"/open/a.txt/", O_RDONLY, -ENOTDIR},
                {"/open/sub/b.key", O_RDONLY, -EACCES},
                {"/open/sub/none.key", O_RDONLY, -EACCES},
                {"/open/never/x", O_RDONLY, -EACCES},
                {"/open/sub/mail", O_RDONLY, 0},
                {"/open/sub/mail", O_RDONLY | O_CREAT, 0},
                {"/open/sub/mail", O_WRONLY, -EACCES},
                {"/open/sub/mail", O_RDONLY | O_TRUNC, -EACCES},
                {"/open/sub/mail", O_RDONLY | O_DIRECTORY, -ENOTDIR},
                {"/open/sub/mnone", O_RDONLY, -ENOENT},
                {"/open/sub/mnone", O_RDWR | O_CREAT, -EACCES},
                {"/open/sub/mfifo", O_RDONLY, -EACCES},
                {"/open/sub/mbox", O_RDONLY, 0},
                {"/open/sub/mbox", O_RDONLY | O_DIRECTORY, 0},
                {"/rw/file", O_RDWR, 0},
                {"/rw/made", O_RDWR | O_CREAT | O_EXCL, 0},
                {"/rw/made", O_RDWR | O_CREAT | O_EXCL, -EEXIST},
                {"/rw", O_RDWR, -EISDIR},
                {"/rw", O_RDONLY | O_CREAT, -EISDIR},
                {"/rw/new/", O_RDWR | O_CREAT, -EISDIR},
                {"/drop/old", O_RDONLY, -EACCES},
                {"/drop/old", O_WRONLY | O_CREAT, -EACCES},
                {"/drop/fresh", O_WRONLY | O_CREAT, 0},
                {"/drop/fresh", O_WRONLY | O_CREAT, -EACCES}, /* it is no longer new */
                {"/names", O_RDONLY, 0},
                {"/names/n", O_RDONLY, -EACCES},
                {"/names/n", O_PATH, 0},
                {"/secret/s", O_RDONLY, -ENOENT},
                {"/secret", O_RDONLY | O_DIRECTORY, -ENOENT},
                {"/", O_RDONLY | O_DIRECTORY, 0}, /* above what is granted: may be listed */
                {"", O_RDONLY, -ENOENT},
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int r = try_open(rows[i].path, rows[i].flags);
                if (r != rows[i].expected)
                        fail_msg("%s with %#o: %d, not %d", rows[i].path, (unsigned)rows[i].flags, r, rows[i].expected);
        }
        unlink(at("/rw/made"));
        unlink(at("/drop/fresh"));
}

/* The thing itself is there, and has something in it; what is opened is empty, of the same type, and stays so. */
static void what_is_masked_is_empty(void **state)
{
        static const char *const files[] = {"/open/sub/mail", "/open/masked", "/open/sub/mbox/inbox"};
        char link[64];
        struct stat info;
        (void)state;

        content("/open/a.txt", O_RDONLY, "public");
        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                content(files[i], O_RDONLY, "");
                int fd = cordon_client_open(&client, files[i], O_RDONLY, 0);
                assert_true(fd >= 0 && fstat(fd, &info) == 0);
                assert_true(S_ISREG(info.st_mode) && info.st_size == 0);
                assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
                assert_int_equal(write(fd, "x", 1), -1);
                snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
                assert_int_equal(truncate(link, 10), -1);
                close(fd);
        }
        int fd = cordon_client_open(&client, "/open/sub/mbox", O_RDONLY | O_DIRECTORY, 0);
        assert_true(fd >= 0);
        DIR *dir = fdopendir(fd);
        unsigned count = 0;
        while (dir && readdir(dir))
                count++;
        assert_int_equal(count, 2);
        closedir(dir);
}

static void vet_the_object_not_the_name(void **state)
{
        (void)state;
        content("/open/link", O_RDONLY, "public");
        content("/alias/a.txt", O_RDONLY, "public");
        content("/alias/sub/../link", O_RDONLY, "public");
        assert_int_equal(try_open("/open/out", O_RDONLY), -ENOENT);
        assert_int_equal(try_open("/rw/out", O_RDWR), -ENOENT);
        assert_int_equal(try_open("/alias/sub/b.key", O_RDONLY), -EACCES);
        assert_int_equal(try_open("/open/link", O_RDONLY | O_NOFOLLOW), -ELOOP);
        assert_int_equal(try_open("/open/loop", O_RDONLY), -ELOOP);
        assert_int_equal(try_open("/open/link", O_PATH | O_NOFOLLOW), 0);
}

/* ---- what changes between the verdict and the open ------------------------------------------------------------- */

struct flip {
        char one[8192], two[8192]; /* names that change places */
        _Atomic bool begun, done;
};

static void *exchange(void *arg)
{
        struct flip *f = arg;
        while (!f->done) {
                if (renameat2(AT_FDCWD, f->one, AT_FDCWD, f->two, RENAME_EXCHANGE) < 0)
                        return NULL;
                f->begun = true;
        }
        return arg;
}

static void *come_and_go(void *arg)
{
        struct flip *f = arg;
        while (!f->done) {
                if (rename(f->one, f->two) < 0 || rename(f->two, f->one) < 0)
                        return NULL;
                f->begun = true;
        }
        return arg;
}

static void flip_begin(struct flip *f, pthread_t *thread, void *(*fn)(void *), const char *one, const char *two)
{
        f->begun = f->done = false;
        snprintf(f->one, sizeof(f->one), "%s", at(one));
        snprintf(f->two, sizeof(f->two), "%s", at(two));
        assert_int_equal(pthread_create(thread, NULL, fn, f), 0);
        while (!f->begun)
                sched_yield();
}

static void flip_end(struct flip *f, pthread_t thread)
{
        void *went_well;
        f->done = true;
        pthread_join(thread, &went_well);
        assert_non_null(went_well);
}

/* `list` grants the directory and not the file that takes its place. */
static void vet_the_object_directory_becomes_a_file(void **state)
{
        (void)state;
        struct flip flip;
        pthread_t thread;
        unsigned opened = 0, refused = 0;

        assert_int_equal(mkdir(at("/names/d"), 0755), 0);
        flip_begin(&flip, &thread, exchange, "/names/d", "/names/n");
        for (int i = 0; i < 20000; i++) {
                struct stat st;
                int fd = cordon_client_open(&client, "/names/d", O_RDONLY, 0);
                refused += fd == -EACCES || fd == -ENOTDIR;
                if (fd < 0)
                        continue;
                assert_int_equal(fstat(fd, &st), 0);
                close(fd);
                if (!S_ISDIR(st.st_mode))
                        fail_msg("a file that may only be listed was opened");
                opened++;
        }
        flip_end(&flip, thread);
        assert_true(opened > 0 && refused > 0);
        struct stat st;
        if (stat(at("/names/d"), &st) == 0 && !S_ISDIR(st.st_mode))
                assert_int_equal(renameat2(AT_FDCWD, flip.one, AT_FDCWD, flip.two, RENAME_EXCHANGE), 0);
        assert_int_equal(rmdir(at("/names/d")), 0);
}

/* `create` grants a new file and not what somebody else has put there meanwhile. */
static void vet_the_object_created_is_new(void **state)
{
        (void)state;
        struct flip flip;
        pthread_t thread;
        unsigned made = 0, refused = 0;

        put("/drop/theirs", "theirs");
        flip_begin(&flip, &thread, come_and_go, "/drop/theirs", "/drop/x");
        for (int i = 0; i < 20000; i++) {
                struct stat st;
                int fd = cordon_client_open(&client, "/drop/x", O_RDWR | O_CREAT, 0600);
                refused += fd == -EACCES;
                if (fd < 0)
                        continue;
                assert_int_equal(fstat(fd, &st), 0);
                close(fd);
                if (st.st_size != 0)
                        fail_msg("an existing file was opened");
                made++; /* and soon replaced: theirs comes in its place */
        }
        flip_end(&flip, thread);
        assert_true(made > 0 && refused > 0);
        unlink(at("/drop/theirs"));
        unlink(at("/drop/x"));
}

static void view_bounds_broker(void **state)
{
        (void)state;
        static const char *const paths[] = {"/open/escape", "/open/../../../../../../etc/passwd", "/../etc/passwd"};
        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                assert_int_equal(try_open(paths[i], O_RDONLY), -ENOENT);
        content("/../../open/a.txt", O_RDONLY, "public"); /* control: ".." at the root stays there, as in any root */
}

static void dot_dot_from_a_granted_directory_ends_at_what_is_granted(void **state)
{
        (void)state;
        assert_int_equal(try_open("/open/sub/../a.txt", O_RDONLY), 0);
        assert_int_equal(try_open("/open/../secret/s", O_RDONLY), -ENOENT);
}

/* No rule covers it and yet it may be listed, since something below it is granted: of which nothing exists. */
static void a_way_that_leads_nowhere_is_missing(void **state)
{
        (void)state;
        assert_int_equal(try_open("/way", O_RDONLY | O_DIRECTORY), -ENOENT);
        assert_int_equal(try_open("/way/to", O_RDONLY | O_DIRECTORY), -ENOENT);
        assert_int_equal(try_open("/open", O_RDONLY | O_DIRECTORY), 0); /* and the broker lives */
}

static void creating_goes_through_a_dangling_link_as_open_does(void **state)
{
        (void)state;
        assert_int_equal(try_open("/rw/dangling", O_RDWR), -ENOENT);
        assert_int_equal(try_open("/rw/dangling", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
        assert_int_equal(try_open("/rw/dangling", O_RDWR | O_CREAT), 0);
        struct stat st;
        assert_int_equal(stat(at("/rw/new-behind-link"), &st), 0);
        assert_int_equal(unlink(at("/rw/new-behind-link")), 0);
}

static void modes_are_the_callers_umask_away(void **state)
{
        (void)state;
        struct stat st;
        mode_t old = umask(027);
        int fd = cordon_client_open(&client, "/rw/mode", O_WRONLY | O_CREAT, 0666);
        umask(old);
        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0640);
        close(fd);
        unlink(at("/rw/mode"));
        assert_int_equal(cordon_client_open(&client, "/rw/suid", O_WRONLY | O_CREAT, 04755), -EPERM);
}

/* Making files with the caller's umask must not change that of the process that the broker is a guest in. */
static void the_hosts_umask_is_its_own(void **state)
{
        stop(state);
        mode_t old = umask(027);
        start(state);
        assert_int_equal(try_open("/rw/made", O_WRONLY | O_CREAT | O_EXCL), 0);
        assert_int_equal(umask(old), 027);
        unlink(at("/rw/made"));
}

static void status_flags_are_those_asked_for(void **state)
{
        (void)state;
        static const int flags[] = {O_RDONLY, O_RDWR | O_APPEND, O_RDONLY | O_NONBLOCK, O_WRONLY | O_APPEND | O_NONBLOCK};
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
                int fd = cordon_client_open(&client, "/rw/file", flags[i], 0);
                assert_true(fd >= 0);
                assert_int_equal(fcntl(fd, F_GETFL) & ~0100000, flags[i]);
                assert_int_equal(fcntl(fd, F_GETFD), 0);
                close(fd);
        }
        int fd = cordon_client_open(&client, "/rw/file", O_RDONLY | O_CLOEXEC, 0);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        close(fd);
}

static void *write_to_fifo(void *arg)
{
        (void)arg;
        int fd = open(at("/rw/fifo"), O_WRONLY | O_CLOEXEC);
        if (fd >= 0 && write(fd, "hello", 5) != 5)
                return NULL;
        close(fd);
        return arg;
}

/* The open waits for a writer, and the thread that serves does not. */
static void a_fifo_waits_for_its_other_end(void **state)
{
        (void)state;
        pthread_t writer;
        char text[8] = "";
        assert_int_equal(try_open("/rw/fifo", O_WRONLY | O_NONBLOCK), -ENXIO);
        assert_int_equal(pthread_create(&writer, NULL, write_to_fifo, text), 0);
        int fd = cordon_client_open(&client, "/rw/fifo", O_RDONLY, 0);
        assert_true(fd >= 0);
        assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
        assert_int_equal(read(fd, text, 5), 5);
        assert_string_equal(text, "hello");
        pthread_join(writer, NULL);
        close(fd);
        assert_int_equal(try_open("/rw/fifo", O_RDONLY | O_NONBLOCK), 0); /* these do not wait */
        assert_int_equal(try_open("/rw/fifo", O_RDWR), 0);
}

static void a_malformed_datagram_ends_the_channel(void **state)
{
        (void)state;
        int before = fd_count_at_rest();
        assert_int_equal(try_open("/open/a.txt", O_RDONLY), 0); /* control */
        assert_int_equal(fd_send(channel, "nonsense", 8, NULL, 0), 0);
        wait_for_end(channel);
        assert_int_equal(try_open("/open/a.txt", O_RDONLY), -EPIPE);
        assert_true(fd_count_at_rest() <= before);
}

struct datagram {
        uint32_t version, operation;
        size_t more; /* bytes behind the end */
        uint64_t flags, resolve;
        const char *path, *other;
        size_t length; /* of path */
};

static size_t put_request(uint8_t data[CHANNEL_REQUEST_MOST + 8], const struct datagram *d)
{
        memset(data, 0, CHANNEL_REQUEST_MOST + 8);
        struct wire w = wire_over(data, CHANNEL_REQUEST_MOST);
        wire_put_u32(&w, d->version);
        wire_put_u32(&w, d->operation);
        wire_put_u64(&w, 7);
        wire_put_u32(&w, (uint32_t)AT_FDCWD);
        wire_put_u32(&w, 0);
        wire_put_u64(&w, d->flags);
        wire_put_u64(&w, 0);
        wire_put_u64(&w, d->resolve);
        wire_put_bytes(&w, d->path, d->length ? d->length : strlen(d->path));
        wire_put_bytes(&w, d->other ? d->other : "", d->other ? strlen(d->other) : 0);
        return w.at + d->more;
}

/* A line, as a client gets one. */
static int raw_line(void)
{
        uint8_t data[CHANNEL_ANSWER_HEAD];
        struct fd_received got;
        struct wire w = wire_over(data, sizeof(data));
        wire_put_u32(&w, CHANNEL_VERSION);
        wire_put_u32(&w, CHANNEL_LINE);
        wire_put_u64(&w, 0);
        assert_int_equal(fd_send(channel, data, w.at, NULL, 0), 0);
        assert_int_equal(fd_receive(channel, data, sizeof(data), &got, 1, 0), 0);
        assert_int_equal(got.count, 1);
        return got.fds[0];
}

static const struct datagram good = {CHANNEL_VERSION, CHANNEL_OPEN, .path = "/open/a.txt"};

/* One answer to it, or the end of the line. */
static int send_raw(int line, const struct datagram *d, const int *fds, unsigned count)
{
        uint8_t data[CHANNEL_REQUEST_MOST + 8];
        struct fd_received got;
        size_t size = put_request(data, d);
        assert_int_equal(fd_send(line, data, size, fds, count), 0);
        int r = fd_receive(line, data, sizeof(data), &got, 1, 0);
        if (r == 0 && got.count == 1)
                close(got.fds[0]);
        return r == -ECONNRESET ? -EPIPE : r;
}

static void a_surplus_descriptor_ends_the_channel(void **state)
{
        (void)state;
        int ends[2];
        char byte;
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        int line = raw_line(), another = raw_line();
        assert_int_equal(send_raw(line, &good, NULL, 0), 0); /* control */
        assert_int_equal(send_raw(line, &good, &ends[1], 1), -EPIPE);
        close(ends[1]);
        assert_int_equal(read(ends[0], &byte, 1), 0); /* their copy is closed as well */
        wait_for_end(another);
        assert_int_equal(try_open("/open/a.txt", O_RDONLY), -EPIPE);
        close(line);
        close(another);
        close(ends[0]);
}

/* Each way in which a request may differ from what the protocol says. */
static void a_request_is_exact_or_ends_the_channel(void **state)
{
        static const struct {
                struct datagram datagram;
                int expected;
        } rows[] = {
                {{CHANNEL_VERSION, CHANNEL_OPEN, .path = "/open/a.txt"}, 0},
                {{CHANNEL_VERSION, CHANNEL_OPEN, .more = 1, .path = "/open/a.txt"}, -EPIPE},
                {{CHANNEL_VERSION + 1, CHANNEL_OPEN, .path = "/open/a.txt"}, -EPIPE},
                {{CHANNEL_VERSION, CHANNEL_LINE, .path = "/open/a.txt"}, -EPIPE},
                {{CHANNEL_VERSION, CHANNEL_OPERATIONS, .path = "/open/a.txt"}, -EPIPE},
                {{CHANNEL_VERSION, UINT32_MAX, .path = "/open/a.txt"}, -EPIPE},
                {{CHANNEL_VERSION, CHANNEL_OPEN, .path = "/open/a.txt\0/secret", .length = 19}, -EPIPE},
                {{CHANNEL_VERSION, CHANNEL_OPEN, .path = "/open/a.txt", .other = "x"}, -EPIPE},
                {{CHANNEL_VERSION, CHANNEL_OPEN, .path = "/open/a.txt", .resolve = 1}, -EPIPE},
                {{CHANNEL_VERSION, CHANNEL_OPEN2, .path = "/open/a.txt", .resolve = 1u << 30}, 0}, /* an errno */
                {{CHANNEL_VERSION, CHANNEL_RENAME, .path = "/rw/file"}, 0},                        /* another */
                {{CHANNEL_VERSION, CHANNEL_STAT, .path = "/open/a.txt", .flags = 1u << 31}, 0},
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int line = raw_line();
                assert_int_equal(send_raw(line, &rows[i].datagram, NULL, 0), rows[i].expected);
                assert_int_equal(try_open("/open/a.txt", O_RDONLY), rows[i].expected);
                close(line);
                stop(state);
                start(state);
        }
}

/* Who asks before he has taken the last answer has no end of descriptors on their way. */
static void a_request_ahead_of_its_answer_ends_the_channel(void **state)
{
        (void)state;
        uint8_t data[CHANNEL_REQUEST_MOST + 8];
        int line = raw_line();
        size_t size = put_request(data, &good);
        for (int i = 0; i < 2; i++)
                assert_int_equal(fd_send(line, data, size, NULL, 0), 0);
        wait_for_end(channel);
        assert_int_equal(try_open("/open/a.txt", O_RDONLY), -EPIPE);
        close(line);
}

static void many_requests_leave_the_descriptors_as_they_were(void **state)
{
        (void)state;
        assert_int_equal(try_open("/open/sub/b.key", O_RDONLY), -EACCES); /* makes the line */
        int before = fd_count_at_rest();
        for (int i = 0; i < 5000; i++) {
                assert_int_equal(try_open("/open/a.txt", O_RDONLY), 0);
                assert_int_equal(try_open("/secret/s", O_RDONLY), -ENOENT);
        }
        assert_int_equal(fd_count_at_rest(), before);
        assert_int_equal(server_counts(server).requests, 10001);
        assert_int_equal(server_counts(server).denied, 5001);
}

struct seen {
        unsigned count;
        cordon_denial last;
        char path[64], rule[64], allow[64];
};

static void see(void *ctx, const cordon_denial *d)
{
        struct seen *seen = ctx;
        seen->count++;
        seen->last = *d;
        snprintf(seen->path, sizeof(seen->path), "%s", d->path);
        snprintf(seen->rule, sizeof(seen->rule), "%s", d->rule ? d->rule : "-");
        snprintf(seen->allow, sizeof(seen->allow), "%s", d->allow ? d->allow : "-");
}

static void denials_are_counted_by_kind_and_explained(void **state)
{
        (void)state;
        struct seen seen = {0};
        for (int i = 0; i < 3; i++)
                try_open("/open/sub/b.key", O_RDONLY);
        try_open("/open/a.txt", O_RDONLY); /* granted: not in the list */
        server_denials(server, see, &seen, NULL);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.last.count, 3);
        assert_string_equal(seen.path, "/open/sub/b.key");
        assert_string_equal(seen.last.op, "read");
        assert_int_equal(seen.last.error, EACCES);
        assert_string_equal(seen.last.because, "keys stay");
        assert_int_equal(seen.last.line, 8);
        try_open("/secret/s", O_RDONLY);
        seen.count = 0;
        server_denials(server, see, &seen, NULL);
        assert_int_equal(seen.count, 2);
        assert_string_equal(seen.rule, "-");
        assert_string_equal(seen.allow, "read /secret/s");
}

static void the_list_of_denials_is_bounded(void **state)
{
        (void)state;
        struct seen seen = {0};
        uint64_t dropped = 0;
        char path[64];
        for (int i = 0; i < 2000; i++) {
                snprintf(path, sizeof(path), "/secret/%d", i);
                assert_int_equal(try_open(path, O_RDONLY), -ENOENT);
        }
        unsigned kept = server_denials(server, see, &seen, &dropped);
        assert_int_equal(kept, seen.count);
        assert_int_equal(kept + dropped, 2000);
        assert_true(kept < 2000);
}

/* ---- changes ------------------------------------------------------------------------------------------------------ */

static void a_grant_ends_and_beats_all_but_never(void **state)
{
        (void)state;
        struct policy *wide = policy_from("cordon 1\ntmp none\ndev none\nproc none\nread /open/never\nwrite /open/a.txt\n");
        assert_int_equal(try_open("/open/a.txt", O_RDWR), -EACCES);
        assert_int_equal(server_grant(server, wide, server_now() - 1), 0);
        assert_int_equal(try_open("/open/a.txt", O_RDWR), -EACCES);
        assert_int_equal(server_grant(server, wide, server_now() + 600000000000u), 0);
        assert_int_equal(try_open("/open/a.txt", O_RDWR), 0);
        assert_int_equal(try_open("/open/never/x", O_RDONLY), -EACCES);
        assert_int_equal(try_open("/open/none", O_RDONLY), -ENOENT);
        for (int i = 1; i < GRANTS_MOST; i++)
                assert_int_equal(server_grant(server, wide, 0), 0);
        assert_int_equal(server_grant(server, wide, 0), -ENOSPC);
        policy_unref(wide);
}

static void a_policy_is_replaced_for_what_comes(void **state)
{
        (void)state;
        struct policy *narrow = policy_from("cordon 1\ntmp none\ndev none\nproc none\nread /open/sub\n");
        int open_before = cordon_client_open(&client, "/open/a.txt", O_RDONLY, 0);
        char byte;

        assert_true(open_before >= 0);
        assert_int_equal(server_replace(server, narrow), 0);
        policy_unref(narrow);
        assert_int_equal(try_open("/open/a.txt", O_RDONLY), -ENOENT);
        assert_int_equal(read(open_before, &byte, 1), 1);
        close(open_before);
        assert_int_equal(server_replace(server, policy), 0);
        assert_int_equal(try_open("/open/a.txt", O_RDONLY), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                served_test(each_grant_has_its_denial),
                served_test(what_is_masked_is_empty),
                served_test(vet_the_object_not_the_name),
                served_test(vet_the_object_directory_becomes_a_file),
                served_test(vet_the_object_created_is_new),
                served_test(view_bounds_broker),
                served_test(a_way_that_leads_nowhere_is_missing),
                served_test(dot_dot_from_a_granted_directory_ends_at_what_is_granted),
                served_test(creating_goes_through_a_dangling_link_as_open_does),
                served_test(modes_are_the_callers_umask_away),
                served_test(the_hosts_umask_is_its_own),
                served_test(status_flags_are_those_asked_for),
                served_test(a_fifo_waits_for_its_other_end),
                served_test(a_malformed_datagram_ends_the_channel),
                served_test(a_surplus_descriptor_ends_the_channel),
                served_test(a_request_is_exact_or_ends_the_channel),
                served_test(a_request_ahead_of_its_answer_ends_the_channel),
                served_test(many_requests_leave_the_descriptors_as_they_were),
                served_test(denials_are_counted_by_kind_and_explained),
                served_test(the_list_of_denials_is_bounded),
                served_test(a_grant_ends_and_beats_all_but_never),
                served_test(a_policy_is_replaced_for_what_comes),
        };
        return cmocka_run_group_tests_name("broker", tests, make_tree, remove_tree);
}
