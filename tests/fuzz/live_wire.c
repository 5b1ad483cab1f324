/* The wire of the channel from the program's side, against a broker that serves: live-wire DIRECTORY SEED SESSIONS.
 *
 * The host (this program) keeps a witness in one sandbox and starts one fuzzer after the other in another. A fuzzer knows by a
 * reading of the protocol of its own (is_request() here) what is a request and what is none: each request must be answered, and
 * whatever is none must end the channel with all of its lines. It floods, sends descriptors, leaves answers where they are, and
 * dies in the middle. It looks at all that it is given: nothing may be what the policy does not grant. After each session the
 * witness must still be served, the host must have the descriptors that it had before, and at the end the files outside of the
 * writable tree must be as they were. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cordon.h"

#define PICK(list) list[number(sizeof(list) / sizeof(list[0]))]
#define REQUIRE(condition, ...)                                                                                        \
        do {                                                                                                            \
                if (!(condition)) {                                                                                     \
                        fprintf(stderr, "live-wire:%d: %s does not hold: ", __LINE__, #condition);                     \
                        fprintf(stderr, __VA_ARGS__);                                                                   \
                        fprintf(stderr, "\n");                                                                          \
                        _exit(66);                                                                                      \
                }                                                                                                       \
        } while (0)

static uint64_t state;
static const char *top;      /* of the tree */
static uint64_t secret_file, secret_device; /* what is hidden */

static unsigned number(size_t below)
{
        state = state * 6364136223846793005u + 1442695040888963407u;
        return (unsigned)((state >> 33) % below);
}

/* ---- datagrams --------------------------------------------------------------------------------------------------- */

enum { HEAD = 48, MOST = 20000, LINE = 1, OPEN, OPEN2, STAT, STATX, ACCESS, READLINK, MKDIR, REMOVE, RENAME };

struct datagram {
        uint8_t bytes[MOST];
        size_t size;
};

static void put(struct datagram *d, uint64_t value, unsigned width)
{
        for (unsigned i = 0; i < width; i++)
                d->bytes[d->size++] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const struct datagram *d, size_t at, unsigned width)
{
        uint64_t value = 0;
        for (unsigned i = 0; i < width; i++)
                value |= (uint64_t)d->bytes[at + i] << 8 * i;
        return value;
}

/* A path with its length at `at`: moves on. */
static bool is_path(const struct datagram *d, size_t *at, size_t *length)
{
        if (*at + 4 > d->size)
                return false;
        *length = get(d, *at, 4);
        *at += 4;
        if (*length > PATH_MAX - 1 || *length > d->size - *at || memchr(d->bytes + *at, 0, *length))
                return false;
        *at += *length;
        return true;
}

static bool is_request(const struct datagram *d)
{
        size_t at = HEAD, length;
        if (d->size < HEAD || get(d, 0, 4) != 2)
                return false;
        uint64_t operation = get(d, 4, 4);
        if (operation < OPEN || operation > RENAME || (get(d, 40, 8) && operation != OPEN2))
                return false;
        return is_path(d, &at, &length) && is_path(d, &at, &length) && (length == 0 || operation == RENAME) && at == d->size;
}

static void put_path(struct datagram *d)
{
        static const char *const places[] = {"/open", "/rw", "/secret", "", "/open/..", "/rw/d"};
        static const char *const names[] = {"/file", "/s", "/link", "/x.no", "/d", "/d/x.no", "/new", "", "/", "/../secret/s", "/deep/n"};
        static const char *const odd[] = {"", ".", "/", "file", "/proc/self/environ", "/proc/1/environ", "/proc/self/fd/3", "/dev/null",
                                          "/etc/passwd", "/proc/self/root/etc/shadow", "../../../../etc/shadow", "/tmp/t", "/dev/fd/0"};
        char path[2 * PATH_MAX];
        if (number(4) == 0)
                strcpy(path, PICK(odd));
        else
                snprintf(path, sizeof(path), "%s%s%s", top, PICK(places), PICK(names));
        if (number(50) == 0) {
                memset(path, '/', PATH_MAX - 1);
                path[PATH_MAX - 1] = '\0';
        }
        put(d, strlen(path), 4);
        memcpy(d->bytes + d->size, path, strlen(path));
        d->size += strlen(path);
}

static void make_request(struct datagram *d)
{
        static const int dirfds[] = {AT_FDCWD, AT_FDCWD, AT_FDCWD, 0, 3, 77, -1, INT_MIN};
        static const uint64_t flags[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT, O_PATH, O_RDWR | O_TMPFILE, O_DIRECTORY,
                                         AT_REMOVEDIR, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, 0, 1, 2};
        static const uint64_t numbers[] = {0, 0, 4, 0644, 0755, 04755, 100, PATH_MAX, 1u << 31, UINT64_MAX, 0x7ff};
        uint64_t operation = OPEN + number(RENAME - OPEN + 1);

        d->size = 0;
        put(d, 2, 4);
        put(d, operation, 4);
        put(d, state, 8);
        put(d, (uint32_t)PICK(dirfds), 4);
        put(d, (uint32_t)PICK(dirfds), 4);
        put(d, number(6) ? PICK(flags) : state, 8);
        put(d, number(6) ? PICK(numbers) : state, 8);
        put(d, operation == OPEN2 && number(3) == 0 ? number(64) : 0, 8);
        put_path(d);
        if (operation == RENAME)
                put_path(d);
        else
                put(d, 0, 4);
}

/* Into something that is a request or is none. */
static void mutate(struct datagram *d)
{
        size_t at;
        switch (number(6)) {
        case 0:
                d->size = number(d->size + 1);
                break;
        case 1:
                at = 1 + number(number(2) ? 8 : 9000);
                memset(d->bytes + d->size, (int)number(256), at);
                d->size += at;
                break;
        case 2: /* a length */
                d->bytes[HEAD + number(4)] = (uint8_t)number(256);
                break;
        case 3:
                for (at = 0; at < d->size; at++)
                        d->bytes[at] = (uint8_t)number(256);
                break;
        default:
                for (unsigned i = 1 + number(6); i > 0; i--)
                        d->bytes[number(d->size)] = (uint8_t)(number(3) ? number(256) : number(4));
        }
}

/* ---- from inside ------------------------------------------------------------------------------------------------- */

static int channel;

/* With descriptors, each the same one. */
static int send_with(int to, const struct datagram *d, unsigned descriptors, int flags)
{
        static union {
                char bytes[CMSG_SPACE(sizeof(int) * 253)];
                struct cmsghdr align;
        } control;
        struct iovec iov = {(void *)(uintptr_t)d->bytes, d->size};
        struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
        if (descriptors > 0) {
                m.msg_control = control.bytes;
                m.msg_controllen = CMSG_LEN(sizeof(int) * descriptors);
                struct cmsghdr *h = CMSG_FIRSTHDR(&m);
                *h = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = m.msg_controllen};
                for (unsigned i = 0; i < descriptors; i++)
                        memcpy(CMSG_DATA(h) + i * sizeof(int), &(int){channel}, sizeof(int));
        }
        return sendmsg(to, &m, MSG_NOSIGNAL | flags) < 0 ? -errno : 0;
}

static bool is_below(const char *path, const char *tree)
{
        char full[PATH_MAX];
        int n = snprintf(full, sizeof(full), "%s%s/", top, tree);
        return strncmp(path, full, (size_t)n) == 0;
}

static bool is_secret(const struct stat *st)
{
        return st->st_ino == secret_file && st->st_dev == secret_device;
}

/* What the policy grants, said once more. */
static void check_grant(int fd)
{
        char link[40], path[PATH_MAX];
        struct stat st;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, path, sizeof(path) - 1);
        int flags = fcntl(fd, F_GETFL);
        REQUIRE(n > 0 && flags >= 0 && fstat(fd, &st) == 0, "%d", errno);
        path[n] = '\0';
        size_t length = strcspn(path, " ");
        REQUIRE(!is_secret(&st), "%s", path);
        REQUIRE(!is_below(path, "/secret"), "%s", path);
        REQUIRE(length < 3 || memcmp(path + length - 3, ".no", 3) != 0, "%s", path);
        bool writes = !(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY;
        REQUIRE(!writes || is_below(path, "/rw") || strncmp(path, "/tmp", 4) == 0 || strncmp(path, "/dev/", 5) == 0 || path[0] != '/',
                "%s is open for writing", path);
}

/* One datagram from there: its size, 0 at the end, -1 where there is none (MSG_DONTWAIT). Descriptors: checked, or one returned. */
static ssize_t take(int from, struct datagram *d, int flags, int *kept)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * 8)];
                struct cmsghdr align;
        } control;
        struct iovec iov = {d->bytes, sizeof(d->bytes)};
        struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
        unsigned count = 0;
        int fd = -1;

        ssize_t got = recvmsg(from, &m, flags | MSG_CMSG_CLOEXEC);
        if (got < 0)
                return errno == EAGAIN ? -1 : 0; /* ECONNRESET and the like */
        for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
                REQUIRE(h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof(int)), "%zu", (size_t)h->cmsg_len);
                memcpy(&fd, CMSG_DATA(h), sizeof(fd));
                count++;
        }
        REQUIRE(count <= 1 && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)), "%u descriptors", count);
        d->size = (size_t)got;
        if (kept)
                *kept = fd;
        else if (fd >= 0) {
                check_grant(fd);
                close(fd);
        }
        return got;
}

static void ask_line(void)
{
        struct datagram d = {.size = 0};
        put(&d, 2, 4);
        put(&d, LINE, 4);
        put(&d, state, 8);
        send_with(channel, &d, 0, 0);
}

static int new_line(void)
{
        struct datagram d;
        int line;
        ask_line();
        REQUIRE(take(channel, &d, 0, &line) == 16 && line >= 0, "no line");
        return line;
}

/* What is there of an answer is for this request, and says nothing of what is hidden. */
static void check_answer(const struct datagram *request, const struct datagram *d)
{
        uint64_t operation = get(request, 4, 4), error = d->size >= 16 ? get(d, 8, 4) : 0;
        REQUIRE(d->size >= 16, "%zu bytes", d->size);
        REQUIRE(get(d, 0, 8) == get(request, 8, 8), "another's answer");
        REQUIRE(error < 4096 && get(d, 12, 4) == d->size - 16, "%llu", (unsigned long long)error);
        REQUIRE(error == 0 || d->size == 16, "an error with data");
        if (operation == STAT && error == 0) {
                struct stat st;
                REQUIRE(d->size == 16 + sizeof(st), "%zu", d->size);
                memcpy(&st, d->bytes + 16, sizeof(st));
                REQUIRE(!is_secret(&st), "it is seen");
        }
}

static void must_end(int line)
{
        struct datagram d;
        while (take(channel, &d, 0, &(int){0}) > 0) /* first: while it is full of lines, nothing is read from it */
                ;
        while (take(line, &d, 0, NULL) > 0)
                ;
        REQUIRE(send_with(channel, &d, 0, 0) == -EPIPE, "the channel lives");
        exit(0);
}

static void flood_line(int line, const struct datagram *d)
{
        int sent = 0;
        while (sent < 400 && send_with(line, d, 0, MSG_DONTWAIT) == 0)
                sent++;
        if (sent > 1)
                must_end(line);
}

/* Asks for lines, and takes them later, or never: that is no sin. While the broker makes lines it takes idle ones back, and then
 * what is sent on one of these may end with it; so it is all or nothing here. */
static void flood_channel(void)
{
        struct datagram d;
        int line;
        for (int i = 0; i < 40; i++)
                ask_line();
        if (number(4) == 0)
                exit(0);
        for (int i = 0; i < 40; i++) {
                REQUIRE(take(channel, &d, 0, &line) == 16, "no answer");
                if (line >= 0 && number(2))
                        close(line);
        }
}

static void die_in_between(int line, const struct datagram *d)
{
        if (fork() == 0) {
                send_with(line, d, 0, 0);
                _exit(0);
        }
        while (wait(NULL) < 0 && errno == EINTR)
                ;
        close(line);
}

static unsigned doing; /* the last step's choice, for when nothing moves any more */

static void hangs(int signal)
{
        (void)signal;
        REQUIRE(false, "nothing moves in a step of kind %u", doing);
}

static void step(int line)
{
        struct datagram d, got;
        unsigned what = number(100);

        doing = what;
        make_request(&d);
        if (what < 3) {
                int own = new_line();
                die_in_between(own, &d);
        } else if (what < 5) {
                flood_channel();
        } else if (what == 5) {
                flood_line(line, &d);
        } else if (what == 6) {
                if (send_with(line, &d, number(4) ? 1 + number(3) : 253, 0) == 0)
                        must_end(line);
        } else if (what == 7) {
                mutate(&d);
                d.bytes[7] = 0xff; /* certainly no question for a line */
                if (d.size > 0 && send_with(channel, &d, number(3), 0) == 0)
                        must_end(line);
        } else {
                if (what < 20)
                        mutate(&d);
                if (d.size == 0)
                        return; /* which is the end of a line, as the broker sees it */
                bool good = is_request(&d);
                if (send_with(line, &d, 0, 0) < 0)
                        return; /* the broker has taken an idle line back */
                if (!good)
                        must_end(line);
                REQUIRE(take(line, &got, 0, NULL) > 0, "a request without an answer, operation %llu", (unsigned long long)get(&d, 4, 4));
                check_answer(&d, &got);
        }
}

static int inside(const char *seed)
{
        signal(SIGALRM, hangs);
        alarm(60);
        state = strtoull(seed, NULL, 10) * 2 + 1;
        channel = cordon_client_channel();
        REQUIRE(channel >= 0, "no channel");
        int lines[4] = {new_line(), new_line(), new_line(), new_line()};
        for (int i = 0; i < 200; i++)
                step(PICK(lines));
        return 0; /* with lines open, and answers in them */
}

static int witness(void)
{
        char byte, path[PATH_MAX], text[16] = "";
        cordon_client c;
        cordon_client_init(&c, cordon_client_channel());
        while (read(0, &byte, 1) == 1) {
                snprintf(path, sizeof(path), "%s/open/file", top);
                int fd = cordon_client_open(&c, path, O_RDONLY, 0);
                bool good = fd >= 0 && read(fd, text, sizeof(text)) == 6 && memcmp(text, "shown\n", 6) == 0;
                close(fd);
                snprintf(path, sizeof(path), "%s/secret/s", top);
                good = good && cordon_client_open(&c, path, O_RDONLY, 0) == -ENOENT;
                if (write(1, good ? "k" : "?", 1) != 1)
                        return 1;
        }
        return 0;
}

/* ---- the host ---------------------------------------------------------------------------------------------------- */

static cordon_policy *policy;
static cordon_broker *broker;

static void show(void *ctx, const cordon_diag *diag)
{
        (void)ctx;
        fprintf(stderr, "%u: %s\n", diag->line, diag->message);
}

static void put_file(const char *name, const char *text)
{
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", top, name);
        FILE *f = fopen(path, "w");
        REQUIRE(f && fputs(text, f) >= 0 && fclose(f) == 0, "%s", path);
}

static void make_tree(void)
{
        static const char *const dirs[] = {"open", "open/deep", "rw", "rw/d", "secret"};
        char path[PATH_MAX];
        struct stat st;
        umask(0);
        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
                snprintf(path, sizeof(path), "%s/%s", top, dirs[i]);
                REQUIRE(mkdir(path, 0777) == 0, "%s", path);
        }
        put_file("open/file", "shown\n");
        put_file("secret/s", "secret\n");
        put_file("rw/x.no", "refused\n");
        snprintf(path, sizeof(path), "%s/open/link", top);
        REQUIRE(symlink("../secret/s", path) == 0, "%s", path);
        snprintf(path, sizeof(path), "%s/secret/s", top);
        REQUIRE(stat(path, &st) == 0, "%s", path);
        secret_file = st.st_ino;
        secret_device = st.st_dev;
}

static void has_still(const char *name, const char *text)
{
        char path[PATH_MAX], found[64] = "";
        snprintf(path, sizeof(path), "%s/%s", top, name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        REQUIRE(fd >= 0 && read(fd, found, sizeof(found) - 1) >= 0 && strcmp(found, text) == 0, "%s", path);
        close(fd);
}

static void load(const char *self)
{
        char file[PATH_MAX], text[8 * PATH_MAX], directory[PATH_MAX];
        cordon_error error = {0};
        snprintf(directory, sizeof(directory), "%s", self);
        *strrchr(directory, '/') = '\0';
        snprintf(text, sizeof(text),
                 "cordon 1\nuse @base @dev\nexec %s\nread %s/open\nwrite %s/rw\ndeny %s/rw/**/*.no\nhide %s/secret\nhide %s/open/**/*.hid\n",
                 directory, top, top, top, top, top);
        put_file("policy", text);
        snprintf(file, sizeof(file), "%s/policy", top);
        cordon_policy_options o = {.size = sizeof(o), .files = (const char *const[]){file, NULL}, .program = self, .diag = show};
        REQUIRE(cordon_policy_load(&policy, &o, &error) == 0, "%s", error.text);
        REQUIRE(cordon_broker_new(&broker, &error) == 0, "%s", error.text);
}

static cordon_child *spawn(const char *self, const char *how, const char *seed, const int *stdio)
{
        char secret[64];
        cordon_child *child;
        cordon_error error = {0};
        snprintf(secret, sizeof(secret), "%llu:%llu", (unsigned long long)secret_file, (unsigned long long)secret_device);
        cordon_child_options o = {
                .size = sizeof(o),
                .program = self,
                .argv = (const char *const[]){self, how, top, seed, secret, NULL},
                .env = (const char *const[]){"ASAN_OPTIONS=detect_leaks=0", NULL},
                .cwd = "/",
                .stdio = stdio,
                .flags = CORDON_CHILD_CHANNEL,
        };
        REQUIRE(cordon_child_spawn(&child, broker, policy, &o, &error) == 0, "%s", error.text);
        return child;
}

static void turn(void)
{
        struct pollfd p = {.fd = cordon_broker_fd(broker), .events = POLLIN};
        poll(&p, 1, cordon_broker_next_timeout(broker));
        cordon_broker_dispatch(broker);
}

static void run_session(const char *self, unsigned long seed)
{
        char text[32];
        cordon_exit end;
        snprintf(text, sizeof(text), "%lu", seed);
        cordon_child *child = spawn(self, "inside", text, NULL);
        while (cordon_child_exit(child, &end) < 0)
                turn();
        REQUIRE(end.reason == CORDON_EXIT_CODE && end.status == 0, "session %lu: reason %d, status %d %s", seed, end.reason, end.status,
                end.error.text);
        cordon_child_free(child);
}

static int count_fds(void)
{
        int n = 0;
        for (int fd = 0; fd < 1024; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

/* The witness's broker has a few that come and go; one lost in each session is soon more than those. */
enum { SETTLES = 16, SLACK = 4 };

static void host(const char *self, unsigned long seed, unsigned long sessions)
{
        int to[2], from[2], before = 0;
        char byte;
        make_tree();
        load(self);
        REQUIRE(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "%d", errno);
        cordon_child *other = spawn(self, "witness", "0", (const int[]){to[0], from[1], 2});
        for (unsigned long i = 0; i < sessions; i++) {
                run_session(self, seed + i);
                REQUIRE(write(to[1], "?", 1) == 1, "%d", errno);
                struct pollfd p[] = {{.fd = from[0], .events = POLLIN}, {.fd = cordon_broker_fd(broker), .events = POLLIN}};
                while (poll(p, 2, -1) > 0 && !(p[0].revents & POLLIN))
                        cordon_broker_dispatch(broker);
                REQUIRE(read(from[0], &byte, 1) == 1 && byte == 'k', "session %lu: the witness is not served", seed + i);
                int now = count_fds();
                if (i < SETTLES && now > before)
                        before = now;
                REQUIRE(now <= before + SLACK, "session %lu: %d descriptors, and %d before", seed + i, now, before);
        }
        cordon_child_free(other);
        cordon_broker_free(broker);
        cordon_policy_unref(policy);
        has_still("open/file", "shown\n");
        has_still("secret/s", "secret\n");
        has_still("rw/x.no", "refused\n");
        printf("%lu sessions: all is well\n", sessions);
}

int main(int argc, char **argv)
{
        char self[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        REQUIRE(argc >= 4 && n > 0, "usage: live-wire DIRECTORY SEED SESSIONS");
        self[n] = '\0';
        if (argc == 5) {
                top = argv[2];
                char *device;
                secret_file = strtoull(argv[4], &device, 10);
                secret_device = strtoull(device + 1, NULL, 10);
                return strcmp(argv[1], "witness") ? inside(argv[3]) : witness();
        }
        top = argv[1];
        host(self, strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
        return 0;
}
