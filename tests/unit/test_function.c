/* Functions of this process that run in a sandbox. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "cordon.h"
#include "tests/unit/directory.h"

#define LEAST "cordon 1\ntmp none\nproc none\ndev none\nlimit time 20s\n"

struct sandboxed {
        cordon_policy *policy;
        cordon_broker *broker;
        cordon_child *child;
        cordon_child_options options;
        cordon_error error;
        cordon_exit end;
};

static void begin(struct sandboxed *s, const char *text, int (*function)(void *), void *argument)
{
        const char *const none[] = {NULL};
        const cordon_policy_text texts[] = {{.name = "(test)", .text = text, .length = strlen(text)}};
        cordon_policy_options options = {.size = sizeof(options), .files = none, .texts = texts, .text_count = 1};

        *s = (struct sandboxed){.options = {.size = sizeof(s->options), .function = function, .argument = argument}};
        if (cordon_policy_load(&s->policy, &options, &s->error) < 0)
                fail_msg("%s", s->error.text);
        assert_int_equal(cordon_broker_new(&s->broker, NULL), 0);
}

static int spawn(struct sandboxed *s)
{
        return cordon_child_spawn(&s->child, s->broker, s->policy, &s->options, &s->error);
}

static void done(struct sandboxed *s)
{
        cordon_child_free(s->child);
        cordon_broker_free(s->broker);
        cordon_policy_unref(s->policy);
}

static void serve(struct sandboxed *s)
{
        while (cordon_child_phase(s->child) != CORDON_CHILD_ENDED) {
                struct pollfd fd = {cordon_broker_fd(s->broker), POLLIN, 0};
                assert_true(poll(&fd, 1, cordon_broker_next_timeout(s->broker)) >= 0);
                assert_int_equal(cordon_broker_dispatch(s->broker), 0);
        }
        assert_int_equal(cordon_child_exit(s->child, &s->end), 0);
}

static void expect(const char *text, int (*function)(void *), void *argument, int reason, int status)
{
        struct sandboxed s;

        begin(&s, text, function, argument);
        s.options.flags = CORDON_CHILD_CHANNEL;
        if (spawn(&s) < 0)
                fail_msg("%s", s.error.text);
        serve(&s);
        if (s.end.reason != reason)
                fail_msg("reason %d, status %d: %s", s.end.reason, s.end.status, s.end.error.text);
        assert_int_equal(s.end.status, status);
        done(&s);
}

/* ---- what it is ------------------------------------------------------------------------------------------------------------ */

static int kept_here = 1;

static int add(void *argument)
{
        const int *numbers = argument;
        kept_here = 100;
        return numbers[0] + numbers[1];
}

static void it_returns_its_status_and_changes_nothing_here(void **state)
{
        int numbers[] = {17, 25};
        (void)state;

        expect(LEAST, add, numbers, CORDON_EXIT_CODE, 42);
        assert_int_equal(kept_here, 1);
}

static int say(void *argument)
{
        const char *text = argument;
        return write(1, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : 1;
}

static void it_writes_where_a_program_would(void **state)
{
        struct sandboxed s;
        int out[2], stdio[3];
        char text[16] = "", hello[] = "hello";
        (void)state;

        begin(&s, LEAST, say, hello);
        assert_int_equal(pipe2(out, O_CLOEXEC), 0);
        stdio[0] = -1;
        stdio[1] = stdio[2] = out[1];
        s.options.stdio = stdio;
        assert_int_equal(spawn(&s), 0);
        serve(&s);
        assert_int_equal(read(out[0], text, sizeof(text) - 1), 5);
        assert_string_equal(text, "hello");
        done(&s);
        close(out[0]);
        close(out[1]);
}

static int fault(void *argument)
{
        (void)argument;
        __builtin_trap();
}

static int raise_one(void *argument)
{
        raise(*(const int *)argument);
        return 0;
}

static void handler(int signal)
{
        (void)signal;
        _exit(7);
}

/* Neither its faults nor our handlers cross over. */
static void it_ends_by_itself(void **state)
{
        const struct sigaction ours = {.sa_handler = handler};
        struct sigaction before;
        int usr1 = SIGUSR1;
        (void)state;

        expect(LEAST, fault, NULL, CORDON_EXIT_SIGNAL, SIGILL);
        assert_int_equal(sigaction(SIGUSR1, &ours, &before), 0);
        expect(LEAST, raise_one, &usr1, CORDON_EXIT_SIGNAL, SIGUSR1);
        sigaction(SIGUSR1, &before, NULL);
}

static int loop(void *argument)
{
        for (;;)
                pause();
        return argument != NULL;
}

static int leave_some_behind(void *argument)
{
        for (int i = 0; i < 3; i++) {
                if (fork() == 0) {
                        setsid();
                        loop(argument);
                }
        }
        return 3;
}

/* The children have the descriptor as long as they live. */
static void none_of_its_processes_is_left(void **state)
{
        struct sandboxed s;
        int held[2];
        char byte;
        (void)state;

        expect("cordon 1\nlimit time 200ms\nlimit grace 50ms\n", loop, NULL, CORDON_EXIT_TIME, SIGTERM);
        assert_int_equal(pipe2(held, O_CLOEXEC), 0);
        begin(&s, LEAST, leave_some_behind, NULL);
        cordon_child_fd fd = {.source = held[1], .target = 9};
        s.options.fds = &fd;
        s.options.fd_count = 1;
        assert_int_equal(spawn(&s), 0);
        close(held[1]);
        serve(&s);
        assert_int_equal(s.end.status, 3);
        assert_int_equal(read(held[0], &byte, 1), 0);
        close(held[0]);
        done(&s);
}

/* ---- what it can reach ------------------------------------------------------------------------------------------------------ */

static char secret[PATH_MAX + 16], shown[PATH_MAX + 16];

static void make_files(void)
{
        const char *const names[] = {"secret", "shown"};
        char *const paths[] = {secret, shown};

        assert_int_equal(chmod(directory_made, 0755), 0);
        for (int i = 0; i < 2; i++) {
                snprintf(paths[i], sizeof(secret), "%s/%s", directory_made, names[i]);
                int fd = open(paths[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
                assert_int_equal(write(fd, names[i], 6), 6);
                close(fd);
        }
}

static bool begins(int fd, const char *text)
{
        char have[8] = "";
        return fd >= 0 && read(fd, have, 4) == 4 && memcmp(have, text, 4) == 0;
}

/* Each bit of the status is something that works. */
static int reach(void *argument)
{
        (void)argument;
        int status = begins(open(shown, O_RDONLY), "show") | begins(open(secret, O_RDONLY), "secr") << 1;
        cordon_client client;
        cordon_client_init(&client, 3);
        status |= begins(cordon_client_open(&client, shown, O_RDONLY, 0), "show") << 2;
        status |= begins(cordon_client_open(&client, secret, O_RDONLY, 0), "secr") << 3;
        status |= (open("/proc/self/status", O_RDONLY) >= 0) << 4 | (open("/etc/passwd", O_RDONLY) >= 0) << 5;
        status |= (kill(getppid(), 0) == 0 && getppid() > 1) << 6 | (access("/bin/sh", X_OK) == 0) << 7;
        return status;
}

static int outside(int (*function)(void *))
{
        int status;
        pid_t pid = fork();
        if (pid == 0)
                _exit(function(NULL));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WEXITSTATUS(status);
}

static void it_reaches_what_the_policy_names(void **state)
{
        char text[PATH_MAX + 128];
        (void)state;

        make_files();
        assert_int_equal(outside(reach), 0xff & ~0xc); /* there is no channel here */
        snprintf(text, sizeof(text), LEAST "read %s\n", shown);
        expect(text, reach, NULL, CORDON_EXIT_CODE, 1 | 4);
        expect(LEAST, reach, NULL, CORDON_EXIT_CODE, 0);
}

/* Plain calls, which are requests over the channel by way of SIGSYS. Each bit is something that is not as it should be. */
static int ask_by_sigsys(void *argument)
{
        struct stat st = {0};
        char text[8];
        (void)argument;

        if (cordon_client_install_sigsys(3) < 0 || cordon_client_trap_calls() < 0)
                return 1;
        int status = !begins(open(shown, O_RDONLY), "show") << 1 | (open(secret, O_RDONLY) >= 0 || errno != ENOENT) << 2;
        status |= (stat(shown, &st) < 0 || st.st_size != 6) << 3 | (access(secret, F_OK) == 0 || errno != ENOENT) << 4;
        status |= (mkdir(secret, 0700) == 0) << 5 | (readlink(shown, text, sizeof(text)) >= 0 || errno != EINVAL) << 6;
        return status | (open((const char *)8, O_RDONLY) >= 0 || errno != EFAULT) << 7;
}

static void it_asks_by_sigsys(void **state)
{
        char text[PATH_MAX + 128];
        struct sandboxed s;
        (void)state;

        make_files();
        snprintf(text, sizeof(text), LEAST "audit none\nread %s\n", shown); /* so nothing else is asked */
        begin(&s, text, ask_by_sigsys, NULL);
        s.options.flags = CORDON_CHILD_CHANNEL;
        assert_int_equal(spawn(&s), 0);
        serve(&s);
        assert_int_equal(s.end.reason, CORDON_EXIT_CODE);
        assert_int_equal(s.end.status, 0);
        assert_int_equal(s.end.requests, 6);
        done(&s);
}

static int count_descriptors(void *argument)
{
        int count = 0;
        (void)argument;
        for (int fd = 0; fd < 1024; fd++)
                count += fcntl(fd, F_GETFD) >= 0;
        return count;
}

static void it_has_no_descriptor_of_ours(void **state)
{
        (void)state;
        int more[] = {open("/", O_PATH), dup(0), fcntl(1, F_DUPFD, 500)};
        assert_true(count_descriptors(NULL) >= 6);
        expect(LEAST, count_descriptors, NULL, CORDON_EXIT_CODE, 4); /* the channel is one */
        for (int i = 0; i < 3; i++)
                close(more[i]);
}

static int execute(void *argument)
{
        (void)argument;
        execl("/bin/true", "true", NULL);
        return 5;
}

static void it_executes_what_the_policy_lets_it(void **state)
{
        (void)state;
        expect("cordon 1\nuse @base\nexec /usr/bin /bin\n", execute, NULL, CORDON_EXIT_CODE, 0);
        expect("cordon 1\nuse @base\n", execute, NULL, CORDON_EXIT_CODE, 5);
}

/* ---- what is refused -------------------------------------------------------------------------------------------------------- */

static void a_program_or_a_function(void **state)
{
        struct sandboxed s;
        (void)state;

        begin(&s, LEAST, add, NULL);
        s.options.program = "/bin/true";
        assert_int_equal(spawn(&s), -EINVAL);
        s.options.program = NULL;
        s.options.size = offsetof(cordon_child_options, function); /* of somebody who knows of none */
        assert_int_equal(spawn(&s), -EINVAL);
        s.options.size = sizeof(s.options);
        s.options.cwd = "/no/such/place";
        assert_int_equal(spawn(&s), 0);
        serve(&s);
        assert_int_equal(s.end.reason, CORDON_EXIT_SETUP);
        done(&s);
}

/* ---- a host with threads ----------------------------------------------------------------------------------------------------- */

static atomic_bool stop;

static void *allocate(void *argument)
{
        for (unsigned i = 0; !atomic_load(&stop); i++)
                free(malloc(16 + i % 4096));
        return argument;
}

static void threads_do_no_harm(void **state)
{
        enum { THREADS = 8, TIMES = 40 };
        pthread_t threads[THREADS];
        int numbers[] = {1, 2};
        (void)state;

        for (int i = 0; i < THREADS; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, allocate, NULL), 0);
        for (int i = 0; i < TIMES; i++)
                expect(LEAST, add, numbers, CORDON_EXIT_CODE, 3);
        atomic_store(&stop, true);
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(it_returns_its_status_and_changes_nothing_here),
                counted_test(it_writes_where_a_program_would),
                counted_test(it_ends_by_itself),
                counted_test(none_of_its_processes_is_left),
                counted_test(it_reaches_what_the_policy_names),
                counted_test(it_asks_by_sigsys),
                counted_test(it_has_no_descriptor_of_ours),
                counted_test(it_executes_what_the_policy_lets_it),
                counted_test(a_program_or_a_function),
                counted_test(threads_do_no_harm),
        };
        return cmocka_run_group_tests(tests, directory_enter, directory_leave);
}
