/* A host that has threads, children and handlers of its own, and starts many sandboxes meanwhile. SPAWNS says how many (100;
 * `make check-long`: 10000). */
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cordon.h"

/* Each sandbox begins as a copy of this process, which has ten times the memory under AddressSanitizer. */
#ifdef __SANITIZE_ADDRESS__
enum { THREADS = 50, SANDBOXES = 20 };
#else
enum { THREADS = 50, SANDBOXES = 100 };
#endif

static atomic_bool stop;
static atomic_uint heard; /* SIGCHLD */

static void on_child(int signal)
{
        (void)signal;
        atomic_fetch_add(&heard, 1);
}

/* What most threads do: memory, and locks of the C library. */
static void *be_busy(void *argument)
{
        char text[64];
        for (unsigned i = 0; !atomic_load(&stop); i++) {
                char *many[8];
                for (unsigned k = 0; k < 8; k++)
                        many[k] = malloc(16u << (i + k) % 12);
                snprintf(text, sizeof(text), "%u %s", i, "text");
                for (unsigned k = 0; k < 8; k++)
                        free(many[k]);
                if (i % 64 == 0)
                        usleep(1000);
        }
        return argument;
}

/* The host's own child: nobody else waits for it, and it ends as it should. */
static void have_a_child(int status)
{
        int got;
        pid_t pid = fork();
        if (pid == 0)
                _exit(status);
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &got, 0), pid);
        assert_true(WIFEXITED(got));
        assert_int_equal(WEXITSTATUS(got), status);
}

static void serve_to_the_end(cordon_broker *broker, cordon_child *child, int status)
{
        cordon_exit end;
        while (cordon_child_phase(child) != CORDON_CHILD_ENDED) {
                struct pollfd fd = {cordon_broker_fd(broker), POLLIN, 0};
                if (poll(&fd, 1, cordon_broker_next_timeout(broker)) < 0)
                        assert_int_equal(errno, EINTR);
                assert_int_equal(cordon_broker_dispatch(broker), 0);
        }
        assert_int_equal(cordon_child_exit(child, &end), 0);
        if (end.reason != CORDON_EXIT_CODE)
                fail_msg("reason %d: %s", end.reason, end.error.text);
        assert_int_equal(end.status, status);
        cordon_child_free(child);
}

static void start_many(cordon_broker *broker, cordon_policy *policy, unsigned count)
{
        static const char *const argv[] = {"sh", "-c", "exit $0", NULL, NULL};
        const char *all[5];
        char number[16];
        cordon_child_options options = {.size = sizeof(options), .program = "/bin/sh", .argv = all};

        memcpy(all, argv, sizeof(all));
        all[3] = number;
        for (unsigned i = 0; i < count; i++) {
                cordon_error error = {0};
                cordon_child *child;
                snprintf(number, sizeof(number), "%u", i % 100);
                if (cordon_child_spawn(&child, broker, policy, &options, &error) < 0)
                        fail_msg("sandbox %u: %s", i, error.text);
                have_a_child((int)(i % 7));
                serve_to_the_end(broker, child, (int)(i % 100));
        }
}

static void nothing_is_stolen_held_up_or_left(void **state)
{
        static const char text[] = "cordon 1\nuse @base\nexec /usr /bin\nlimit time 60s\n";
        const char *spawns = getenv("SPAWNS"), *const none[] = {NULL};
        const unsigned count = spawns ? (unsigned)strtoul(spawns, NULL, 10) : SANDBOXES;
        const cordon_policy_text one = {.name = "(test)", .text = text, .length = sizeof(text) - 1};
        const cordon_policy_options options = {.size = sizeof(options), .files = none, .texts = &one, .text_count = 1};
        const struct sigaction ours = {.sa_handler = on_child};
        struct sigaction before, after;
        pthread_t threads[THREADS];
        cordon_policy *policy = NULL;
        cordon_broker *broker = NULL;
        (void)state;

        assert_int_equal(sigaction(SIGCHLD, &ours, &before), 0);
        for (int i = 0; i < THREADS; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, be_busy, NULL), 0);
        assert_int_equal(cordon_policy_load(&policy, &options, NULL), 0);
        assert_int_equal(cordon_broker_new(&broker, NULL), 0);
        start_many(broker, policy, 1); /* what is made once is there from now on */
        unsigned heard_before = atomic_load(&heard);
        int descriptors = fd_count();
        start_many(broker, policy, count);
        assert_int_equal(fd_count(), descriptors);
        assert_int_equal(atomic_load(&heard) - heard_before, count); /* its own children's, and no other's */
        assert_int_equal(waitpid(-1, NULL, __WALL | WNOHANG), -1);   /* and nobody is left */
        assert_int_equal(errno, ECHILD);
        assert_int_equal(sigaction(SIGCHLD, &before, &after), 0);
        assert_true(after.sa_handler == on_child);
        atomic_store(&stop, true);
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        cordon_broker_free(broker);
        cordon_policy_unref(policy);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(nothing_is_stolen_held_up_or_left),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
