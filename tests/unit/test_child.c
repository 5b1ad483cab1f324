/* Children as an embedder starts them: a policy in memory, descriptors, the environment, the working directory, a program that
 * is held, and the preview. */
#include "tests/unit/directory.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "cordon.h"

#define PROGRAMS "cordon 1\nuse @base\nexec /usr /bin\n"
#define POLICY PROGRAMS "limit time 20s\n"

static cordon_policy *loaded(const char *text, unsigned flags)
{
        const char *const none[] = {NULL};
        const cordon_policy_text texts[] = {{.name = "(test)", .text = text, .length = strlen(text), .flags = flags}};
        cordon_policy_options options = {
                .size = sizeof(options), .files = none, .texts = texts, .text_count = 1, .home = "/nonexistent"};
        cordon_policy *policy = NULL;
        cordon_error error = {0};

        if (cordon_policy_load(&policy, &options, &error) < 0)
                fail_msg("%s", error.text);
        return policy;
}

/* ---- a shell in a sandbox ------------------------------------------------------------------------------------------ */

struct shell {
        cordon_policy *policy;
        cordon_broker *broker;
        cordon_child *child;
        const char *argv[4];
        cordon_child_options options;
        int out[2];
        int stdio[3];
        cordon_error error;
};

static void shell_init(struct shell *s, const char *script)
{
        *s = (struct shell){.argv = {"sh", "-c", script, NULL}};
        s->policy = loaded(POLICY, 0);
        assert_int_equal(cordon_broker_new(&s->broker, NULL), 0);
        assert_int_equal(pipe2(s->out, O_CLOEXEC), 0);
        s->stdio[0] = -1;
        s->stdio[1] = s->stdio[2] = s->out[1];
        s->options = (cordon_child_options){
                .size = sizeof(s->options), .program = "/bin/sh", .argv = s->argv, .stdio = s->stdio, .name = "shell"};
}

static int shell_start(struct shell *s)
{
        return cordon_child_spawn(&s->child, s->broker, s->policy, &s->options, &s->error);
}

/* Serves until `phase` has come; a child that ends before fails the test. */
static void serve_until(struct shell *s, int phase)
{
        for (int now; (now = cordon_child_phase(s->child)) < phase;) {
                struct pollfd fd = {cordon_broker_fd(s->broker), POLLIN, 0};
                assert_true(poll(&fd, 1, 30000) > 0);
                assert_int_equal(cordon_broker_dispatch(s->broker), 0);
        }
        if (phase < CORDON_CHILD_ENDING)
                assert_int_equal(cordon_child_phase(s->child), phase);
}

static void shell_free(struct shell *s)
{
        cordon_child_free(s->child);
        cordon_broker_free(s->broker);
        cordon_policy_unref(s->policy);
        fd_close(s->out[0]);
        fd_close(s->out[1]);
}

/* To the end, which must be exit status 0 with just that output. */
static void expect_end(struct shell *s, const char *expected)
{
        char text[4096];
        cordon_exit end;

        assert_int_equal(cordon_child_exit(s->child, &end), -EAGAIN);
        serve_until(s, CORDON_CHILD_ENDED);
        assert_int_equal(cordon_child_exit(s->child, &end), 0);
        s->out[1] = fd_close(s->out[1]);
        ssize_t length = read(s->out[0], text, sizeof(text) - 1);
        assert_true(length >= 0);
        text[length] = '\0';
        if (end.reason != CORDON_EXIT_CODE)
                print_error("%s\n", end.error.text);
        assert_string_equal(text, expected);
        assert_int_equal(end.reason, CORDON_EXIT_CODE);
        assert_int_equal(end.status, 0);
        shell_free(s);
}

static void expect_output(struct shell *s, const char *expected)
{
        if (shell_start(s) < 0)
                fail_msg("%s", s->error.text);
        expect_end(s, expected);
}

static void expect_refused(struct shell *s, int error, const char *text)
{
        assert_int_equal(shell_start(s), -error);
        if (!strstr(s->error.text, text))
                fail_msg("'%s' is not in: %s", text, s->error.text);
        assert_null(s->child);
        shell_free(s);
}

/* ---- environment and working directory ----------------------------------------------------------------------------- */

static void test_changes_to_the_environment_count_in_their_order(void **state)
{
        static const char *const envp[] = {"PATH=/usr/bin", "LANG=C", "HOME=/h", NULL};
        static const char *const env[] = {"A=1", "LANG", "A=2", "B=x=y", "C=1", "C", "EMPTY=", NULL};
        struct shell s;
        (void)state;

        shell_init(&s, "echo \"$A|${LANG-unset}|$B|${C-unset}|${EMPTY-unset}|$HOME\"");
        s.options.envp = envp;
        s.options.env = env;
        expect_output(&s, "2|unset|x=y|unset||/h\n");
}

static void test_a_cleared_environment_has_what_is_set_alone(void **state)
{
        static const char *const env[] = {"A=1", NULL};
        struct shell s;
        (void)state;

        shell_init(&s, "/usr/bin/env | grep -Ev '^(PWD|_|SHLVL|OLDPWD)='");
        s.options.flags = CORDON_CHILD_CLEAR_ENV;
        s.options.env = env;
        expect_output(&s, "A=1\n");
}

/* A program fills a buffer of ours, and keeps trying once it is sealed: the output has the errors of those tries. */
static void test_a_program_fills_a_buffer(void **state)
{
        cordon_buffer *b = NULL;
        struct shell s;
        (void)state;

        assert_int_equal(cordon_buffer_new(&b, NULL, 4096, NULL), 0);
        cordon_child_fd fd = {.source = cordon_buffer_fd(b), .target = 5};
        shell_init(&s, "printf data >&5; echo; while printf more >&5; do :; done 2>/dev/null; echo refused");
        s.options.fds = &fd;
        s.options.fd_count = 1;
        assert_int_equal(shell_start(&s), 0);
        serve_until(&s, CORDON_CHILD_RUNNING);
        for (char line = 0; line != '\n';)
                assert_int_equal(read(s.out[0], &line, 1), 1);
        assert_int_equal(cordon_buffer_seal(b, 4, NULL), 0);
        assert_memory_equal(cordon_buffer_data(b), "data", 4);
        expect_end(&s, "refused\n");
        assert_memory_equal(cordon_buffer_data(b), "data", 4);
        cordon_buffer_free(b);
}

static void test_a_change_that_is_none(void **state)
{
        static const char *const env[] = {"=x", NULL};
        struct shell s;
        (void)state;

        shell_init(&s, "true");
        s.options.env = env;
        expect_refused(&s, EINVAL, "'=x'");
}

static void test_where_the_program_starts(void **state)
{
        struct shell s;
        cordon_exit end;
        (void)state;

        shell_init(&s, "pwd");
        s.options.cwd = "/usr";
        expect_output(&s, "/usr\n");

        shell_init(&s, "pwd");
        s.options.cwd = "/no/such/place";
        assert_int_equal(shell_start(&s), 0);
        serve_until(&s, CORDON_CHILD_ENDED);
        assert_int_equal(cordon_child_exit(s.child, &end), 0);
        assert_int_equal(end.reason, CORDON_EXIT_SETUP);
        assert_int_equal(end.error.code, ENOENT);
        assert_non_null(strstr(end.error.text, "/no/such/place"));
        assert_int_equal(cordon_child_program(s.child), 0);
        shell_free(&s);

        shell_init(&s, "pwd");
        s.options.cwd = "usr";
        expect_refused(&s, EINVAL, "absolute");
}

/* ---- descriptors --------------------------------------------------------------------------------------------------- */

static int file_with(const char *text, int flags)
{
        int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        fchmod(fd, 0666);
        close(fd);
        fd = open("file", flags | O_CLOEXEC);
        assert_true(fd >= 0);
        return fd;
}

/* All at once, and so that each lies where another one belongs. */
static void test_descriptors_change_places(void **state)
{
        enum { COUNT = 6 };
        cordon_child_fd fds[COUNT];
        struct shell s;
        (void)state;

        shell_init(&s, /* a plain sh has descriptors of one digit only */
                   "exec bash -c 'for i in 0 1 2 3 4 5; do eval \"read line <&$((BASE + i))\"; echo $line; done'");
        int first = 0;
        for (int i = 0; i < COUNT; i++) {
                int pipes[2];
                char text[] = {(char)('a' + i), '\n'};
                assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
                assert_int_equal(write(pipes[1], text, sizeof(text)), sizeof(text));
                close(pipes[1]);
                if (i == 0)
                        first = fcntl(pipes[0], F_DUPFD_CLOEXEC, 20);
                else
                        assert_int_equal(fcntl(pipes[0], F_DUPFD_CLOEXEC, 20), first + i);
                close(pipes[0]);
        }
        for (int i = 0; i < COUNT; i++)
                fds[i] = (cordon_child_fd){.source = first + i, .target = first + (i + 1) % COUNT};
        char base[32];
        snprintf(base, sizeof(base), "BASE=%d", first);
        const char *const env[] = {base, NULL};
        s.options.env = env;
        s.options.fds = fds;
        s.options.fd_count = COUNT;
        assert_int_equal(shell_start(&s), 0);
        for (int i = 0; i < COUNT; i++)
                close(first + i);
        serve_until(&s, CORDON_CHILD_ENDED);
        char text[64] = "";
        s.out[1] = fd_close(s.out[1]);
        assert_true(read(s.out[0], text, sizeof(text) - 1) >= 0);
        assert_string_equal(text, "f\na\nb\nc\nd\ne\n");
        shell_free(&s);
}

static void test_a_descriptor_for_reading_alone(void **state)
{
        static const char script[] = "read line <&7; echo $line; echo x 2>/dev/null >&7 || echo refused;"
                                     "echo x 2>/dev/null >/proc/self/fd/7 || echo refused again";
        cordon_child_fd fd = {.source = file_with("one\ntwo\n", O_RDWR), .target = 7};
        struct shell s;
        (void)state;

        assert_int_equal(lseek(fd.source, 4, SEEK_SET), 4);
        shell_init(&s, "read line <&7; echo $line; echo x >&7 && echo written");
        s.options.fds = &fd;
        s.options.fd_count = 1;
        expect_output(&s, "two\nwritten\n"); /* the opposite */

        assert_int_equal(lseek(fd.source, 4, SEEK_SET), 4);
        shell_init(&s, script);
        fd.flags = CORDON_FD_READONLY;
        s.options.fds = &fd;
        s.options.fd_count = 1;
        expect_output(&s, "two\nrefused\nrefused again\n");
        assert_int_equal(lseek(fd.source, 0, SEEK_CUR), 4);
        close(fd.source);
}

static void refuse_fd(cordon_child_fd fd, uint64_t flags, int error, const char *text)
{
        struct shell s;

        shell_init(&s, "true");
        s.options.fds = &fd;
        s.options.fd_count = 1;
        s.options.flags = flags;
        expect_refused(&s, error, text);
}

static void test_descriptors_that_nobody_gets(void **state)
{
        int directory = open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC), path = open("/usr/bin/env", O_PATH | O_CLOEXEC);
        int datagrams = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), memory = memfd_create("x", MFD_CLOEXEC);
        int pipes[2];
        (void)state;

        assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
        refuse_fd((cordon_child_fd){.source = directory, .target = 5}, 0, EISDIR, "is a directory");
        refuse_fd((cordon_child_fd){.source = path, .target = 5}, 0, EACCES, "O_PATH");
        refuse_fd((cordon_child_fd){.source = datagrams, .target = 5}, 0, EACCES, "AF_UNIX");
        refuse_fd((cordon_child_fd){.source = 900, .target = 5}, 0, EBADF, "descriptor 900, which is to be passed, is not open");
        refuse_fd((cordon_child_fd){.source = pipes[0], .target = 2}, 0, EINVAL, "from 3 to 1023");
        refuse_fd((cordon_child_fd){.source = pipes[0], .target = 1024}, 0, EINVAL, "from 3 to 1023");
        refuse_fd((cordon_child_fd){.source = pipes[0], .target = 3}, CORDON_CHILD_CHANNEL, EINVAL, "channel");
        refuse_fd((cordon_child_fd){.source = pipes[0], .target = 5, .flags = 8}, 0, EINVAL, "not known");
        refuse_fd((cordon_child_fd){.source = pipes[0], .target = 5, .flags = CORDON_FD_READONLY}, 0, EACCES, "no regular file");
        refuse_fd((cordon_child_fd){.source = memory, .target = 5, .flags = CORDON_FD_READONLY}, 0, EACCES, "F_SEAL_WRITE");
        close(directory);
        close(path);
        close(datagrams);
        close(memory);
        close(pipes[0]);
        close(pipes[1]);
}

static void test_two_descriptors_of_one_number(void **state)
{
        cordon_child_fd fds[] = {{.source = 0, .target = 40}, {.source = 1, .target = 40}};
        struct shell s;
        (void)state;

        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        fds[0].source = fds[1].source = null;
        shell_init(&s, "true");
        s.options.fds = fds;
        s.options.fd_count = 2;
        expect_refused(&s, EINVAL, "another one there");
        close(null);
}

/* ---- phases -------------------------------------------------------------------------------------------------------- */

static void test_phases_and_pids(void **state)
{
        struct shell s;
        char line[32] = "";
        (void)state;

        shell_init(&s, "echo $$; exec sleep 100");
        assert_int_equal(shell_start(&s), 0);
        assert_int_equal(cordon_child_phase(s.child), CORDON_CHILD_STARTING);
        assert_int_equal(cordon_child_program(s.child), 0);
        assert_int_equal(cordon_child_release(s.child), -EINVAL);
        serve_until(&s, CORDON_CHILD_RUNNING);
        pid_t program = cordon_child_program(s.child);
        assert_true(program > 0);
        assert_int_not_equal(program, cordon_child_pid(s.child));
        assert_true(read(s.out[0], line, sizeof(line) - 1) > 0);
        assert_int_equal(kill(program, 0), geteuid() == 0 || errno != EPERM ? 0 : -1);
        assert_int_equal(cordon_child_signal(s.child, SIGTERM), 0);
        serve_until(&s, CORDON_CHILD_ENDED);
        assert_int_equal(cordon_child_program(s.child), program);
        assert_int_equal(cordon_child_release(s.child), -ESRCH);
        shell_free(&s);
}

static void test_a_held_program_waits(void **state)
{
        struct shell s;
        cordon_exit end;
        struct pollfd output;
        (void)state;

        shell_init(&s, "echo ran");
        s.options.flags = CORDON_CHILD_HOLD;
        assert_int_equal(shell_start(&s), 0);
        serve_until(&s, CORDON_CHILD_HELD);
        assert_true(cordon_child_pid(s.child) > 0);
        assert_int_equal(cordon_child_program(s.child), 0);
        assert_int_equal(cordon_broker_next_timeout(s.broker), -1); /* its time has not begun */
        output = (struct pollfd){s.out[0], POLLIN, 0};
        assert_int_equal(poll(&output, 1, 0), 0);
        assert_int_equal(cordon_child_release(s.child), 0);
        assert_true(cordon_broker_next_timeout(s.broker) > 0);
        assert_int_equal(cordon_child_release(s.child), -EINVAL);
        serve_until(&s, CORDON_CHILD_ENDED);
        assert_int_equal(poll(&output, 1, 0), 1);
        assert_int_equal(cordon_child_exit(s.child, &end), 0);
        assert_int_equal(end.status, 0);
        shell_free(&s);

        shell_init(&s, "echo ran"); /* one that never gets the word is ended all the same */
        s.options.flags = CORDON_CHILD_HOLD;
        assert_int_equal(shell_start(&s), 0);
        serve_until(&s, CORDON_CHILD_HELD);
        s.child = cordon_child_free(s.child);
        output.fd = s.out[0];
        s.out[1] = fd_close(s.out[1]);
        assert_int_equal(poll(&output, 1, 30000), 1);
        assert_int_equal(output.revents & POLLIN, 0);
        shell_free(&s);
}

/* ---- grants --------------------------------------------------------------------------------------------------------- */

/* A held `cat a.key`, that the policy denies, goes on once `rule` (or nothing) has been granted, and some or all (NULL) of it taken
 * back; and what the audit log has. */
static const char nothing[] = "";
static void read_denied(const char *rule, uint64_t seconds, const char *back, const char *expected, int status, char log[4096])
{
        struct shell s;
        cordon_exit end;
        char policy[PATH_MAX * 4], text[64] = "";
        int audit[2];

        shell_init(&s, "cat a.key 2>/dev/null");
        cordon_policy_unref(s.policy);
        snprintf(policy, sizeof(policy), POLICY "tmp none\nread %s\ndeny %s/*.key\n", directory_made, directory_made);
        s.policy = loaded(policy, 0);
        s.options.flags = CORDON_CHILD_HOLD;
        s.options.cwd = directory_made;
        assert_int_equal(pipe2(audit, O_CLOEXEC), 0);
        s.options.audit_fd = audit[1];
        assert_int_equal(shell_start(&s), 0);
        close(audit[1]);
        serve_until(&s, CORDON_CHILD_HELD);
        if (rule)
                assert_int_equal(cordon_grant(s.child, rule, seconds, NULL), 0);
        if (back != nothing)
                assert_int_equal(cordon_revoke(s.child, back, NULL), rule ? 0 : -ENOENT);
        assert_int_equal(cordon_child_release(s.child), 0);
        serve_until(&s, CORDON_CHILD_ENDED);
        assert_int_equal(cordon_child_exit(s.child, &end), 0);
        s.out[1] = fd_close(s.out[1]);
        assert_true(read(s.out[0], text, sizeof(text) - 1) >= 0);
        assert_string_equal(text, expected);
        assert_int_equal(end.status, status);
        assert_int_equal(cordon_grant(s.child, "read /etc/hosts", 0, &s.error), -ESRCH);
        assert_int_equal(cordon_revoke(s.child, NULL, &s.error), -ESRCH);
        shell_free(&s);
        ssize_t length = read(audit[0], log, 4095);
        assert_true(length >= 0);
        log[length] = '\0';
        close(audit[0]);
}

static void test_a_grant_opens_what_it_names(void **state)
{
        static const char *const none[] = {"deny /x", "never /x", "net host", "tmp private", "read", "", "read /x\nread /y",
                                           "file /x \"y\"", "use @dev\nread /x"};
        char rule[PATH_MAX + 32], grant[PATH_MAX + 64], log[4096];
        struct shell s;
        (void)state;

        int fd = open("a.key", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_int_equal(write(fd, "key", 3), 3);
        close(fd);
        assert_int_equal(chmod(directory_made, 0755), 0);
        read_denied(NULL, 0, nothing, "", 1, log);
        assert_non_null(strstr(log, "\"verdict\":\"deny\""));
        assert_null(strstr(log, "\"granted\""));
        snprintf(rule, sizeof(rule), "read %s/a.key", directory_made);
        snprintf(grant, sizeof(grant), "\"grant\":\"%s\"", rule);
        read_denied(rule, 0, nothing, "key", 0, log);
        assert_non_null(strstr(log, "\"kind\":\"granted\""));
        assert_non_null(strstr(log, grant));
        assert_null(strstr(log, "\"until\""));
        assert_null(strstr(log, "a.key\",\"asked")); /* no refusal of it */
        read_denied(rule, 600, nothing, "key", 0, log);
        assert_non_null(strstr(log, "\"until\":"));
        snprintf(rule, sizeof(rule), "read %s/b.key", directory_made);
        read_denied(rule, 0, nothing, "", 1, log);

        shell_init(&s, "exit 0");
        s.options.flags = CORDON_CHILD_HOLD;
        assert_int_equal(shell_start(&s), 0);
        serve_until(&s, CORDON_CHILD_HELD);
        assert_int_equal(cordon_revoke(s.child, "nonsense", &s.error), -EINVAL);
        for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
                assert_int_equal(cordon_grant(s.child, none[i], 0, &s.error), -EINVAL);
        assert_int_equal(cordon_grant(s.child, "read /etc/hosts", 0, NULL), 0);
        assert_int_equal(cordon_revoke(s.child, "read /etc/passwd", NULL), -ENOENT);
        assert_int_equal(cordon_revoke(s.child, "read /etc/hosts", NULL), 0);
        assert_int_equal(cordon_revoke(s.child, "read /etc/hosts", NULL), -ENOENT);
        shell_free(&s);
}

static void test_a_grant_is_taken_back(void **state)
{
        char rule[PATH_MAX + 32], same[PATH_MAX + 64], other[PATH_MAX + 32], log[4096];
        (void)state;

        int fd = open("a.key", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_int_equal(write(fd, "key", 3), 3);
        close(fd);
        assert_int_equal(chmod(directory_made, 0755), 0);
        snprintf(rule, sizeof(rule), "read %s/a.key", directory_made);
        snprintf(same, sizeof(same), "  read   %s/a.key ", directory_made);
        snprintf(other, sizeof(other), "read %s/b.key", directory_made);
        read_denied(rule, 0, rule, "", 1, log);
        assert_non_null(strstr(log, "\"kind\":\"revoked\""));
        read_denied(rule, 0, same, "", 1, log);
        read_denied(rule, 0, NULL, "", 1, log);
        read_denied(NULL, 0, other, "", 1, log);
        read_denied(NULL, 0, NULL, "", 1, log);
        assert_null(strstr(log, "\"revoked\""));
}

static void test_a_program_that_cannot_be_executed_never_ran(void **state)
{
        struct shell s;
        cordon_exit end;
        (void)state;

        shell_init(&s, "");
        s.options.program = "/usr/bin/no-such-program";
        assert_int_equal(shell_start(&s), 0);
        serve_until(&s, CORDON_CHILD_ENDED);
        assert_int_equal(cordon_child_exit(s.child, &end), 0);
        assert_int_equal(end.reason, CORDON_EXIT_EXEC);
        assert_int_equal(cordon_child_program(s.child), 0);
        shell_free(&s);
}

/* ---- options -------------------------------------------------------------------------------------------------------- */

/* A program that was built before there was `cwd`. */
static void test_options_of_an_older_program(void **state)
{
        struct shell s;
        (void)state;

        shell_init(&s, "echo old");
        s.options.size = offsetof(cordon_child_options, cwd);
        s.options.cwd = "nonsense";
        expect_output(&s, "old\n");

        shell_init(&s, "true");
        s.options.size = 8;
        expect_refused(&s, EINVAL, "size");
        shell_init(&s, "true");
        s.options.flags = UINT64_C(1) << 60;
        expect_refused(&s, EINVAL, "flag");
}

/* ---- the preview ----------------------------------------------------------------------------------------------------- */

static void show(void *ctx, const cordon_preview *p)
{
        struct buf *out = ctx;

        buf_printf(out, "%s|%s|%s|", p->program, p->argv[2], p->cwd);
        for (size_t i = 0; p->envp[i]; i++)
                buf_printf(out, "%s ", p->envp[i]);
        for (size_t i = 0; i < p->fd_count; i++)
                buf_printf(out, "%d>%d/%u ", p->fds[i].source, p->fds[i].target, p->fds[i].flags);
        for (size_t i = 0; p->notes[i]; i++)
                buf_printf(out, "%s ", p->notes[i]);
}

static void test_a_preview_starts_nothing(void **state)
{
        static const char *const env[] = {"A=1", NULL};
        cordon_child_fd fd = {.source = file_with("x", O_RDWR), .target = 9, .flags = CORDON_FD_READONLY};
        cleanup_buf struct buf text = {0};
        char expected[128];
        struct shell s;
        (void)state;

        shell_init(&s, "echo ran");
        cordon_policy_unref(s.policy);
        s.policy = loaded(PROGRAMS "read /no/such/file\n", 0);
        s.options.flags = CORDON_CHILD_CLEAR_ENV | CORDON_CHILD_CHANNEL;
        s.options.env = env;
        s.options.cwd = "/usr";
        s.options.fds = &fd;
        s.options.fd_count = 1;
        int before = fd_count();
        assert_int_equal(cordon_child_preview(s.policy, &s.options, show, &text, &s.error), 0);
        assert_int_equal(fd_count(), before);
        snprintf(expected, sizeof(expected), "/bin/sh|echo ran|/usr|A=1 CORDON_CHANNEL=3 %d>9/1 (test):4: ", fd.source);
        assert_non_null(text.data);
        assert_int_equal(strncmp(text.data, expected, strlen(expected)), 0);
        assert_non_null(strstr(text.data, "/no/such/file"));

        fd.target = 3; /* what could not be started is refused likewise */
        assert_int_equal(cordon_child_preview(s.policy, &s.options, show, &text, &s.error), -EINVAL);
        assert_non_null(strstr(s.error.text, "channel"));
        close(fd.source);
        shell_free(&s);
}

/* ---- texts ----------------------------------------------------------------------------------------------------------- */

static void take_answer(void *ctx, const cordon_why *why)
{
        *(int *)ctx = why->allowed;
}

static int allowed(const cordon_policy *policy, const char *op, const char *path)
{
        int answer = -1;

        assert_int_equal(cordon_policy_why(policy, op, path, take_answer, &answer, NULL), 0);
        return answer;
}

static cordon_policy *load_two(const char *first, const char *second, unsigned flags)
{
        const char *const none[] = {NULL};
        const cordon_policy_text texts[] = {{.name = "(a)", .text = first, .length = strlen(first)},
                                            {.name = "(b)", .text = second, .length = strlen(second), .flags = flags}};
        cordon_policy_options options = {
                .size = sizeof(options), .files = none, .texts = texts, .text_count = 2, .home = "/nonexistent"};
        cordon_policy *policy = NULL;

        assert_int_equal(cordon_policy_load(&policy, &options, NULL), 0);
        return policy;
}

static void test_which_text_counts(void **state)
{
        static const char file[] = "cordon 1\nread /usr\ndeny /usr/lib\nnever /usr/sbin\n";
        static const char over[] = "cordon 1\nwrite /usr\nread /usr/sbin\n";
        (void)state;

        cordon_policy *stricter = load_two(file, over, 0), *first = load_two(file, over, CORDON_TEXT_FIRST);
        assert_int_equal(allowed(stricter, "write", "/usr/bin"), 0);
        assert_int_equal(allowed(first, "write", "/usr/bin"), 1);
        assert_int_equal(allowed(first, "read", "/usr/lib"), 0); /* deeper */
        assert_int_equal(allowed(first, "read", "/usr/sbin"), 0);
        cordon_policy_unref(stricter);
        cordon_policy_unref(first);
}

static void remember(void *ctx, const cordon_diag *diag)
{
        snprintf(ctx, 256, "%s:%u:%u: %s", diag->file, diag->line, diag->column, diag->message);
}

static void test_errors_name_the_text(void **state)
{
        static const char wrong[] = "cordon 1\nraed /usr\n";
        const cordon_policy_text text = {.name = "(mine)", .text = wrong, .length = strlen(wrong)}, nameless = {.text = wrong};
        const char *const none[] = {NULL};
        char found[256] = "";
        cordon_policy_options options = {.size = sizeof(options), .files = none, .texts = &text, .text_count = 1,
                                         .diag = remember, .diag_ctx = found};
        cordon_policy *policy = NULL;
        (void)state;

        assert_int_equal(cordon_policy_load(&policy, &options, NULL), -EINVAL);
        assert_string_equal(found, "(mine):2:1: unknown verb 'raed'");
        options.texts = &nameless;
        assert_int_equal(cordon_policy_load(&policy, &options, NULL), -EINVAL);
}

static void test_quoting_means_just_that(void **state)
{
        static const char *const paths[] = {"/plain",   "/with blank", "/q\"uote", "/$HOME",    "/a*b?[c]{d,e}", "/new\nline",
                                            "/b\\slash", "/~",          "/#x",      "/\xff\xfe", "/because",      "/ü"};
        (void)state;

        for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
                char quoted[64], text[128];
                size_t length = cordon_policy_quote(paths[i], quoted, sizeof(quoted));
                assert_int_equal(length, strlen(quoted));
                assert_int_equal(cordon_policy_quote(paths[i], NULL, 0), length);
                snprintf(text, sizeof(text), "cordon 1\nread %s\n", quoted);
                cordon_policy *policy = loaded(text, 0);
                assert_int_equal(allowed(policy, "read", paths[i]), 1);
                assert_int_equal(allowed(policy, "read", "/other"), 0);
                assert_int_equal(allowed(policy, "read", "/axb"), 0);
                cordon_policy_unref(policy);
        }
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                counted_test(test_changes_to_the_environment_count_in_their_order),
                counted_test(test_a_cleared_environment_has_what_is_set_alone),
                counted_test(test_a_program_fills_a_buffer),
                counted_test(test_a_change_that_is_none),
                counted_test(test_where_the_program_starts),
                counted_test(test_descriptors_change_places),
                counted_test(test_a_descriptor_for_reading_alone),
                counted_test(test_descriptors_that_nobody_gets),
                counted_test(test_two_descriptors_of_one_number),
                counted_test(test_phases_and_pids),
                counted_test(test_a_held_program_waits),
                counted_test(test_a_grant_opens_what_it_names),
                counted_test(test_a_grant_is_taken_back),
                counted_test(test_a_program_that_cannot_be_executed_never_ran),
                counted_test(test_options_of_an_older_program),
                counted_test(test_a_preview_starts_nothing),
                counted_test(test_which_text_counts),
                counted_test(test_errors_name_the_text),
                counted_test(test_quoting_means_just_that),
        };
        return cmocka_run_group_tests(tests, directory_enter, directory_leave);
}
