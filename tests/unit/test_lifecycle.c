/* The life of a child: the table by itself, each pair of it; and the same words in each state from a process that stands for
 * pid 1 and is killed for what it should not have said. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/sched.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/child.h"
#include "lib/policy.h"
#include "sandbox/report.h"
#include "sandbox/setup.h"

/* ---- the table ----------------------------------------------------------------------------------------------------- */

#define ALIVE "SXPRE" /* STARTING, READY, EXECUTING, RUNNING, EXITING; then G(ONE), D(EAD) */
static const char letters[] = "SXPREGD";

/* What is wanted, written another way: in which states, and where to ('=': stays). All else is refused. */
static const struct {
        enum child_event event;
        const char *in;
        char to;
} wanted[] = {
        {CHILD_SAYS_SOURCE, "S", '='},
        {CHILD_SAYS_READY, "S", 'X'},
        {CHILD_SAYS_FAILED, "SXP", 'E'},
        {CHILD_SAYS_PROGRAM, "X", 'P'},
        {CHILD_SAYS_STARTED, "P", 'R'},
        {CHILD_SAYS_STOPPED, "R", '='},
        {CHILD_SAYS_EXITED, "R", 'E'},
        {CHILD_HUNG_UP, ALIVE, 'E'},
        {CHILD_ENDED, ALIVE, 'G'},
        {CHILD_TOLD, ALIVE "GD", '='},
        {CHILD_OVERDUE, ALIVE, '='},
        {CHILD_OVERDUE, "GD", 'D'},
        {CHILD_STAYED, ALIVE "GD", '='},
        {CHILD_FREED, ALIVE, 'E'},
        {CHILD_FREED, "GD", '='},
        {CHILD_DRAINED, "G", 'D'},
};

static enum child_state state_of(char letter)
{
        return (enum child_state)(strchr(letters, letter) - letters);
}

static char wish(enum child_state state, enum child_event event)
{
        for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
                if (wanted[i].event == event && strchr(wanted[i].in, letters[state]))
                        return wanted[i].to == '=' ? letters[state] : wanted[i].to;
        return 0;
}

static void test_every_pair_of_the_table(void **state)
{
        (void)state;
        for (unsigned s = 0; s < CHILD_STATES; s++) {
                for (unsigned e = 0; e < CHILD_EVENTS; e++) {
                        struct child_step step = child_step(s, e);
                        char to = wish(s, e);
                        enum child_state next = to ? state_of(to) : s < CHILD_EXITING ? CHILD_EXITING : s;
                        if (step.next != next || (step.act == CHILD_REFUSE) != !to)
                                fail_msg("%s in %s", child_event_name(e), child_state_name(s));
                        assert_true(step.next >= s); /* one way */
                        assert_true(step.act < CHILD_ACTS);
                }
        }
}

/* Nothing that pid 1 can say, whatever it is, brings anything back or hands anything over once it should be at its end. */
static void test_no_word_counts_at_the_end(void **state)
{
        (void)state;
        for (unsigned s = CHILD_EXITING; s < CHILD_STATES; s++)
                for (unsigned e = CHILD_SAYS_SOURCE; e <= CHILD_SAYS_NONSENSE; e++)
                        assert_int_equal(child_step(s, e).act, CHILD_REFUSE);
}

static void test_all_have_names(void **state)
{
        (void)state;
        for (unsigned s = 0; s < CHILD_STATES; s++)
                assert_non_null(child_state_name(s));
        for (unsigned e = 0; e < CHILD_EVENTS; e++)
                assert_non_null(child_event_name(e));
}

/* ---- somebody who stands for pid 1 ------------------------------------------------------------------------------------ */

struct stand_in {
        cordon_policy *policy;
        cordon_broker *broker;
        cordon_child *child;
        int says; /* the other end of the control socket */
};

static cordon_policy *any_policy(void)
{
        static const char text[] = "cordon 1\nread /etc\n";
        const char *const none[] = {NULL};
        const cordon_policy_text texts[] = {{.name = "(test)", .text = text, .length = strlen(text)}};
        cordon_policy_options options = {
                .size = sizeof(options), .files = none, .texts = texts, .text_count = 1, .home = "/nonexistent"};
        cordon_policy *policy = NULL;

        assert_int_equal(cordon_policy_load(&policy, &options, NULL), 0);
        return policy;
}

/* A child in STARTING, with a process that does nothing until it is killed. */
static void begin(struct stand_in *s, bool serves)
{
        static const int on = 1;
        struct clone_args args = {.flags = CLONE_PIDFD};
        int pidfd = FD_NONE, ends[2];

        s->policy = any_policy();
        assert_int_equal(cordon_broker_new(&s->broker, NULL), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
        args.pidfd = (uint64_t)(uintptr_t)&pidfd;
        pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                close_range(0, ~0u, 0);
                for (;;)
                        pause();
        }
        assert_true(pid > 0);
        cordon_child *c = calloc(1, sizeof(*c));
        assert_non_null(c);
        *c = (cordon_child){.broker = s->broker, .policy = cordon_policy_ref(s->policy), .state = CHILD_STARTING,
                            .channel = FD_NONE, .changes = FD_NONE, .audit_fd = -1, .name = strdup("x"),
                            .program = strdup("/x"), .sandbox = SANDBOX_NONE};
        c->sandbox.pidfd = pidfd;
        c->sandbox.control = ends[0];
        c->sandbox.pid = pid;
        c->next = s->broker->children;
        s->broker->children = c;
        s->child = c;
        s->says = ends[1];
        struct server_options options = {.policy = policy_shared(s->policy), .name = "x", .channel = -1, .audit_fd = -1,
                                         .init = pid, .uid = getuid(), .gid = getgid()};
        if (serves)
                assert_int_equal(server_start(&c->server, &options, NULL), 0);
}

static void finish(struct stand_in *s)
{
        cordon_broker_free(s->broker);
        cordon_policy_unref(s->policy);
        fd_close(s->says);
}

static void say(const struct stand_in *s, enum child_event word)
{
        const struct sandbox_usage usage = {.processes = 3};
        cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        switch (word) {
        case CHILD_SAYS_SOURCE:
                assert_int_equal(report_source(s->says, 0, root), 0);
                break;
        case CHILD_SAYS_READY:
                assert_int_equal(report_ready(s->says, root, -1, root), 0);
                break;
        case CHILD_SAYS_FAILED:
                assert_int_equal(report_failed(s->says, STAGE_MOUNTS, ENOSPC, "/x"), 0);
                break;
        case CHILD_SAYS_PROGRAM:
                assert_int_equal(report_program(s->says), 0);
                break;
        case CHILD_SAYS_STARTED:
                assert_int_equal(report_started(s->says), 0);
                break;
        case CHILD_SAYS_STOPPED:
                assert_int_equal(report_stopped(s->says, SIGTSTP), 0);
                break;
        case CHILD_SAYS_EXITED:
                assert_int_equal(report_exited(s->says, 7 << 8, SANDBOX_BY_ITSELF, &usage), 0);
                break;
        default: /* a word of the right length that none of these is, with a descriptor */
                assert_int_equal(fd_send(s->says, "\x63\0\0\0", 4, &root, 1), 0);
        }
}

static void reach(const struct stand_in *s, enum child_state state)
{
        static const enum child_event way[] = {CHILD_SAYS_READY, CHILD_SAYS_PROGRAM, CHILD_SAYS_STARTED, CHILD_SAYS_EXITED};

        for (unsigned i = 0; i < state; i++)
                say(s, way[i]);
        child_listen(s->child);
        assert_int_equal(s->child->state, state);
}

/* Lets pid 1's end come, and the child be dead. */
static cordon_exit end_of(struct stand_in *s)
{
        struct pollfd gone = {.fd = s->child->sandbox.pidfd, .events = POLLIN};
        cordon_exit end;

        assert_int_equal(poll(&gone, 1, 30000), 1);
        child_advance(s->child);
        assert_int_equal(cordon_child_exit(s->child, &end), 0);
        return end;
}

static bool lives(const struct stand_in *s)
{
        return s->child->sandbox.pidfd >= 0 && syscall(SYS_pidfd_send_signal, s->child->sandbox.pidfd, 0, NULL, 0) == 0 &&
               sandbox_ended(&s->child->sandbox, false) == 0;
}

static void expect_refusal(struct stand_in *s, enum child_state state, enum child_event word)
{
        cordon_exit end = end_of(s);

        assert_int_equal(cordon_child_pid(s->child), 0);
        if (state == CHILD_EXITING) { /* what was said first counts */
                assert_int_equal(end.reason, CORDON_EXIT_CODE);
                assert_int_equal(end.status, 7);
                return;
        }
        assert_int_equal(end.reason, state == CHILD_RUNNING ? CORDON_EXIT_SIGNAL : CORDON_EXIT_SETUP);
        assert_int_equal(end.error.code, EPROTO);
        assert_non_null(strstr(end.error.text, child_event_name(word)));
        assert_non_null(strstr(end.error.text, child_state_name(state)));
}

static void test_every_word_in_every_state(void **state)
{
        (void)state;
        for (unsigned at = CHILD_STARTING; at <= CHILD_EXITING; at++) {
                for (unsigned word = CHILD_SAYS_SOURCE; word <= CHILD_SAYS_NONSENSE; word++) {
                        struct stand_in s;
                        char to = wish(at, word);

                        begin(&s, true);
                        reach(&s, at);
                        assert_true(cordon_child_pid(s.child) > 0);
                        assert_true(lives(&s));
                        say(&s, word);
                        child_listen(s.child);
                        assert_int_equal(s.child->state, to ? state_of(to) : CHILD_EXITING);
                        if (!to)
                                expect_refusal(&s, at, word);
                        else if (word == CHILD_SAYS_FAILED)
                                assert_int_equal(end_of(&s).error.code, ENOSPC);
                        else
                                assert_true(lives(&s));
                        finish(&s);
                }
        }
}

/* What comes after a word that was refused is not even looked at: nothing is served, and the reason stays. */
static void test_after_a_refusal_nothing_counts(void **state)
{
        struct stand_in s;
        (void)state;

        begin(&s, true);
        say(&s, CHILD_SAYS_STARTED);
        say(&s, CHILD_SAYS_READY);
        say(&s, CHILD_SAYS_FAILED);
        child_listen(s.child);
        cordon_exit end = end_of(&s);
        assert_int_equal(end.reason, CORDON_EXIT_SETUP);
        assert_non_null(strstr(end.error.text, "STARTED"));
        finish(&s);
}

/* The same without a refusal: its last words are heard after its death. */
static void test_last_words_count(void **state)
{
        struct stand_in s;
        (void)state;

        begin(&s, true);
        reach(&s, CHILD_RUNNING);
        say(&s, CHILD_SAYS_EXITED);
        sandbox_kill(&s.child->sandbox);
        cordon_exit end = end_of(&s);
        assert_int_equal(end.reason, CORDON_EXIT_CODE);
        assert_int_equal(end.status, 7);
        assert_int_equal(end.processes, 3);
        finish(&s);
}

static void test_death_without_a_word(void **state)
{
        (void)state;
        for (unsigned at = CHILD_STARTING; at <= CHILD_RUNNING; at++) {
                struct stand_in s;

                begin(&s, true);
                reach(&s, at);
                syscall(SYS_pidfd_send_signal, s.child->sandbox.pidfd, SIGKILL, NULL, 0);
                cordon_exit end = end_of(&s);
                assert_int_equal(end.reason, CORDON_EXIT_SIGNAL);
                assert_int_equal(end.status, SIGKILL);
                assert_int_equal(end.error.code, 0);
                finish(&s);
        }
}

/* Who only hangs up is killed, and no more is told than that. */
static void test_hanging_up(void **state)
{
        struct stand_in s;
        (void)state;

        begin(&s, true);
        reach(&s, CHILD_RUNNING);
        s.says = fd_close(s.says);
        struct pollfd end = {.fd = s.child->sandbox.control, .events = POLLIN};
        assert_int_equal(poll(&end, 1, 30000), 1); /* the stand-in has closed its copy, too */
        child_listen(s.child);
        assert_int_equal(s.child->state, CHILD_EXITING);
        assert_int_equal(end_of(&s).status, SIGKILL);
        finish(&s);
}

/* A launch whose threads could not be made: what pid 1 has said by then meets no server. (The count of descriptors says that
 * nothing stays.) */
static void test_a_launch_without_a_server_takes_no_word(void **state)
{
        struct stand_in s;
        (void)state;

        begin(&s, false);
        say(&s, CHILD_SAYS_SOURCE);
        say(&s, CHILD_SAYS_READY);
        say(&s, CHILD_SAYS_PROGRAM);
        cordon_child_free(s.child);
        assert_null(s.broker->children);
        finish(&s);
}

/* Until it is reaped, the number of pid 1 is nobody else's; from then on none is told. */
static void test_the_number_goes_with_the_reaping(void **state)
{
        struct stand_in s;
        (void)state;

        begin(&s, true);
        reach(&s, CHILD_RUNNING);
        pid_t pid = cordon_child_pid(s.child);
        say(&s, CHILD_SAYS_EXITED);
        sandbox_kill(&s.child->sandbox);
        assert_int_equal(sandbox_ended(&s.child->sandbox, true), 1);
        assert_int_equal(kill(pid, 0), 0); /* a zombie holds it */
        assert_int_equal(cordon_child_pid(s.child), pid);
        assert_int_equal(cordon_child_signal(s.child, SIGUSR1), 0);
        end_of(&s);
        assert_int_equal(cordon_child_pid(s.child), 0);
        assert_int_equal(cordon_child_signal(s.child, SIGUSR1), -ESRCH);
        assert_int_equal(cordon_child_terminal_signal(s.child, SIGINT), -ESRCH);
        finish(&s);
}

/* Without namespaces pid 1 is asked to end it all by a hang-up, which this one does not hear: it is killed in the end. */
static void test_who_does_not_hear_is_killed(void **state)
{
        struct stand_in s;
        (void)state;

        begin(&s, true);
        s.child->sandbox.hosted = true;
        child_happens(s.child, CHILD_FREED, NULL);
        assert_true(lives(&s));
        int timeout = cordon_broker_next_timeout(s.broker);
        assert_true(timeout >= 0 && timeout <= CHILD_LATE_MS);
        child_check_time(s.child, s.child->again_ns);
        end_of(&s);
        finish(&s);

        begin(&s, true);
        s.child->sandbox.hosted = true;
        cordon_child_free(s.child); /* comes back */
        finish(&s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(test_every_pair_of_the_table),
                counted_test(test_no_word_counts_at_the_end),
                counted_test(test_all_have_names),
                counted_test(test_every_word_in_every_state),
                counted_test(test_after_a_refusal_nothing_counts),
                counted_test(test_last_words_count),
                counted_test(test_death_without_a_word),
                counted_test(test_hanging_up),
                counted_test(test_a_launch_without_a_server_takes_no_word),
                counted_test(test_the_number_goes_with_the_reaping),
                counted_test(test_who_does_not_hear_is_killed),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
