/* Questions as an embedder gets them: what is told, each answer, answers that come late or never, and what changes meanwhile. */
#include "tests/unit/directory.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cordon.h"

enum { HEARD_MOST = 32 };

struct heard {
        uint64_t id;
        char op[16], path[PATH_MAX], comm[16], program[PATH_MAX], rule[PATH_MAX], because[64], always[PATH_MAX];
        unsigned line;
        pid_t pid, host_pid;
        int over; /* 0: it is not */
};

/* A shell in a sandbox, and what was heard of it. */
struct box {
        cordon_policy *policy;
        cordon_broker *broker;
        cordon_child *child;
        cordon_child_options options;
        const char *argv[4];
        int in[2], out[2], stdio[3];
        struct heard heard[HEARD_MOST];
        unsigned count, overs;
        const int *answers; /* given at once, one after the other; ends with 0: the rest waits */
        char text[4096];    /* what the program has written */
        size_t length;
};

static void hear(void *ctx, cordon_child *child, const cordon_ask *ask)
{
        struct box *b = ctx;
        assert_true(b->count < HEARD_MOST);
        struct heard *h = &b->heard[b->count++];

        *h = (struct heard){.id = ask->id, .line = ask->line, .pid = ask->pid, .host_pid = ask->host_pid};
        snprintf(h->op, sizeof(h->op), "%s", ask->op);
        snprintf(h->path, sizeof(h->path), "%s", ask->path);
        snprintf(h->comm, sizeof(h->comm), "%s", ask->comm);
        snprintf(h->program, sizeof(h->program), "%s", ask->program);
        snprintf(h->rule, sizeof(h->rule), "%s", ask->rule);
        snprintf(h->because, sizeof(h->because), "%s", ask->because ? ask->because : "");
        snprintf(h->always, sizeof(h->always), "%s", ask->always ? ask->always : "");
        if (b->answers && *b->answers)
                assert_int_equal(cordon_ask_answer(child, ask->id, *b->answers++), 0);
}

static void hear_over(void *ctx, cordon_child *child, uint64_t id, int end)
{
        struct box *b = ctx;
        (void)child;
        for (unsigned i = 0; i < b->count; i++) {
                if (b->heard[i].id != id)
                        continue;
                assert_int_equal(b->heard[i].over, 0);
                b->heard[i].over = end;
                b->overs++;
        }
}

/* The policy's rules are about what lies in the directory of the test, as "%s" in them. */
static cordon_policy *load(const char *rules)
{
        static const char *const none[] = {NULL};
        char text[8 * PATH_MAX], line[2 * PATH_MAX];
        size_t length = (size_t)snprintf(text, sizeof(text), "cordon 1\nuse @base\nexec /usr /bin\nlimit time 60s\ntmp none\n");
        cordon_policy *policy = NULL;
        cordon_error error = {0};

        for (const char *at = rules; *at; at += strcspn(at, "\n") + 1) {
                snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
                const char *place = strstr(line, "%s");
                if (place)
                        length += (size_t)snprintf(text + length, sizeof(text) - length, "%.*s%s%s\n", (int)(place - line), line,
                                                   directory_made, place + 2);
                else
                        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s\n", line);
        }
        const cordon_policy_text texts[] = {{.name = "(test)", .text = text, .length = length}};
        const cordon_policy_options options = {
                .size = sizeof(options), .files = none, .texts = texts, .text_count = 1, .home = "/nonexistent"};
        if (cordon_policy_load(&policy, &options, &error) < 0)
                fail_msg("%s", error.text);
        return policy;
}

static void box_init(struct box *b, const char *rules, const char *script)
{
        *b = (struct box){.argv = {"sh", "-c", script, NULL}};
        b->policy = load(rules);
        assert_int_equal(cordon_broker_new(&b->broker, NULL), 0);
        assert_int_equal(pipe2(b->in, O_CLOEXEC), 0);
        assert_int_equal(pipe2(b->out, O_CLOEXEC | O_NONBLOCK), 0);
        b->stdio[0] = b->in[0];
        b->stdio[1] = b->stdio[2] = b->out[1];
        b->options = (cordon_child_options){.size = sizeof(b->options), .program = "/bin/sh", .argv = b->argv, .stdio = b->stdio,
                                            .cwd = directory_made, .ask = hear, .ask_over = hear_over, .ask_ctx = b};
}

static void box_start(struct box *b)
{
        cordon_error error = {0};
        if (cordon_child_spawn(&b->child, b->broker, b->policy, &b->options, &error) < 0)
                fail_msg("%s", error.text);
}

static void step(struct box *b)
{
        struct pollfd fds[] = {{cordon_broker_fd(b->broker), POLLIN, 0}, {b->out[0], POLLIN, 0}};
        int next = cordon_broker_next_timeout(b->broker);

        assert_true(poll(fds, 2, next < 0 ? 30000 : next) > 0 || next >= 0);
        assert_int_equal(cordon_broker_dispatch(b->broker), 0);
        ssize_t got = read(b->out[0], b->text + b->length, sizeof(b->text) - 1 - b->length);
        b->length += got > 0 ? (size_t)got : 0;
        b->text[b->length] = '\0';
}

static bool has_ended(const struct box *b)
{
        return cordon_child_phase(b->child) == CORDON_CHILD_ENDED;
}

/* Until so many questions have come. */
static void await(struct box *b, unsigned count)
{
        while (b->count < count && !has_ended(b))
                step(b);
        assert_int_equal(b->count, count);
}

static void await_text(struct box *b, const char *text)
{
        while (!strstr(b->text, text) && !has_ended(b))
                step(b);
        if (!strstr(b->text, text))
                fail_msg("'%s' is not in: %s", text, b->text);
}

static void answer(struct box *b, unsigned which, int end)
{
        assert_int_equal(cordon_ask_answer(b->child, b->heard[which].id, end), 0);
        assert_int_equal(cordon_ask_answer(b->child, b->heard[which].id, end), -ESRCH);
}

/* To the end; then what was written, and how many questions there were. */
static void finish(struct box *b, const char *text, unsigned count)
{
        while (!has_ended(b))
                step(b);
        assert_string_equal(b->text, text);
        assert_int_equal(b->count, count);
}

static void box_free(struct box *b)
{
        cordon_child_free(b->child);
        cordon_broker_free(b->broker);
        cordon_policy_unref(b->policy);
        for (int i = 0; i < 2; i++) {
                fd_close(b->in[i]);
                fd_close(b->out[i]);
        }
}

/* How the only denial ended that a question was about. */
static void take_end(void *ctx, const cordon_denial *denial)
{
        int *end = ctx;
        if (denial->ask)
                *end = denial->ask;
}

static int denied_end(const struct box *b)
{
        int end = 0;
        cordon_child_denials(b->child, take_end, &end, NULL);
        return end;
}

static void put(const char *name, const char *text)
{
        unlink(name);
        int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        assert_int_equal(fchmod(fd, 0666), 0);
        close(fd);
}

static int prepare(void **state)
{
        (void)state;
        assert_int_equal(chmod(directory_made, 0777), 0);
        put("a.key", "A");
        put("b.key", "B");
        put("plain", "P");
        unlink("new");
        assert_true(mkdir("sub", 0755) == 0 || errno == EEXIST);
        return 0;
}

#define RULES "read %s\nask read %s/*.key because \"keys\"\n"
#define TREE "ask write %s\n"
#define CAT(name) "cat " name " 2>/dev/null || echo -n ' denied '; "

/* ---- answers -------------------------------------------------------------------------------------------------------- */

static void test_what_is_told_and_once(void **state)
{
        static const int answers[] = {CORDON_ASK_ONCE, CORDON_ASK_REFUSED, CORDON_ASK_NOBODY, 0};
        char path[PATH_MAX + 8], always[PATH_MAX + 16], rule[PATH_MAX + 64];
        struct box b;
        (void)state;

        box_init(&b, RULES, CAT("a.key") CAT("a.key") CAT("a.key") CAT("plain"));
        b.answers = answers;
        box_start(&b);
        finish(&b, "A denied  denied P", 3);
        const struct heard *h = &b.heard[0];
        snprintf(path, sizeof(path), "%s/a.key", directory_made);
        snprintf(always, sizeof(always), "read %s", path);
        snprintf(rule, sizeof(rule), "ask read %s/*.key", directory_made);
        assert_string_equal(h->path, path);
        assert_string_equal(h->op, "read");
        assert_string_equal(h->comm, "cat");
        assert_non_null(strstr(h->program, "/cat"));
        assert_string_equal(h->rule, rule);
        assert_string_equal(h->because, "keys");
        assert_string_equal(h->always, always);
        assert_int_equal(h->line, 7);
        assert_true(h->pid > 1 && h->host_pid > 1);
        assert_int_equal(b.overs, 0);
        box_free(&b);
}

static void test_for_this_run_means_this_path(void **state)
{
        static const int answers[] = {CORDON_ASK_RUN, CORDON_ASK_RUN, 0};
        struct box b;
        (void)state;

        box_init(&b, RULES, CAT("a.key") CAT("a.key") CAT("b.key") CAT("b.key") CAT("a.key"));
        b.answers = answers;
        box_start(&b);
        finish(&b, "AABBA", 2);
        box_free(&b);
        /* And this operation. */
        static const int one[] = {CORDON_ASK_RUN, CORDON_ASK_REFUSED, 0};
        box_init(&b, TREE, CAT("a.key") "{ echo x >a.key; } 2>/dev/null || echo -n ' denied '; " CAT("a.key"));
        b.answers = one;
        box_start(&b);
        finish(&b, "A denied A", 2);
        assert_string_equal(b.heard[1].op, "write");
        box_free(&b);
}

static void test_a_no_for_this_run_ends_the_questions_of_a_rule(void **state)
{
        static const int answers[] = {CORDON_ASK_REFUSED_RUN, 0};
        struct box b;
        (void)state;

        box_init(&b, RULES, CAT("a.key") CAT("b.key") CAT("a.key") CAT("plain"));
        b.answers = answers;
        box_start(&b);
        finish(&b, " denied  denied  denied P", 1);
        assert_int_equal(denied_end(&b), CORDON_ASK_REFUSED_RUN);
        box_free(&b);
        /* Not of another one. */
        static const int both[] = {CORDON_ASK_REFUSED_RUN, CORDON_ASK_ONCE, 0};
        box_init(&b, RULES "ask read %s/plain\n", CAT("a.key") CAT("plain"));
        b.answers = both;
        box_start(&b);
        finish(&b, " denied P", 2);
        box_free(&b);
}

static void test_without_a_callback_nobody_is_asked(void **state)
{
        struct box b;
        (void)state;

        box_init(&b, RULES, CAT("a.key") CAT("plain"));
        b.options.ask = NULL;
        box_start(&b);
        finish(&b, " denied P", 0);
        assert_int_equal(denied_end(&b), CORDON_ASK_UNHEARD);
        assert_int_equal(cordon_ask_answer(b.child, 1, CORDON_ASK_ONCE), -ESRCH);
        box_free(&b);
}

static void test_answers_that_are_none(void **state)
{
        struct box b;
        (void)state;

        box_init(&b, RULES, CAT("a.key"));
        box_start(&b);
        assert_int_equal(cordon_ask_answer(b.child, 1, CORDON_ASK_ONCE), -ESRCH); /* before it was told, too */
        await(&b, 1);
        assert_int_equal(cordon_ask_answer(b.child, b.heard[0].id, 0), -EINVAL);
        assert_int_equal(cordon_ask_answer(b.child, b.heard[0].id, CORDON_ASK_LATE), -EINVAL);
        assert_int_equal(cordon_ask_answer(b.child, b.heard[0].id + 1, CORDON_ASK_ONCE), -ESRCH);
        answer(&b, 0, CORDON_ASK_ONCE);
        finish(&b, "A", 1);
        box_free(&b);
}

/* A line about a directory would let all below be read. */
static void test_always_is_about_one_file(void **state)
{
        static const int answers[] = {CORDON_ASK_ONCE, CORDON_ASK_ONCE, CORDON_ASK_ONCE, 0};
        struct box b;
        (void)state;

        box_init(&b, TREE, "ls -d sub >/dev/null; ls sub >/dev/null && echo -n listed; cat a.key; echo x >new");
        b.answers = answers;
        box_start(&b);
        finish(&b, "listedA", 3);
        assert_string_equal(b.heard[0].op, "list");
        assert_string_equal(b.heard[0].always, "");
        assert_string_equal(b.heard[1].op, "read");
        assert_non_null(strstr(b.heard[1].always, "/a.key"));
        assert_string_equal(b.heard[2].op, "create");
        assert_string_equal(b.heard[2].always, "");
        box_free(&b);
        prepare(NULL);
}

/* ---- time ----------------------------------------------------------------------------------------------------------- */

static void test_other_requests_are_served_meanwhile(void **state)
{
        struct box b;
        (void)state;

        box_init(&b, RULES, "{ cat a.key; echo first; } & cat plain; cat plain; wait");
        box_start(&b);
        await(&b, 1);
        await_text(&b, "PP");
        assert_null(strstr(b.text, "A"));
        answer(&b, 0, CORDON_ASK_ONCE);
        finish(&b, "PPAfirst\n", 1);
        box_free(&b);
}

static void test_no_answer_in_time_is_a_no(void **state)
{
        struct box b;
        (void)state;

        box_init(&b, RULES, CAT("a.key") CAT("plain"));
        b.options.ask_timeout_ms = 20;
        box_start(&b);
        finish(&b, " denied P", 1);
        assert_int_equal(b.heard[0].over, CORDON_ASK_LATE);
        assert_int_equal(cordon_ask_answer(b.child, b.heard[0].id, CORDON_ASK_ONCE), -ESRCH);
        assert_int_equal(denied_end(&b), CORDON_ASK_LATE);
        box_free(&b);
}

static void test_who_goes_takes_the_question_along(void **state)
{
        struct box b;
        (void)state;

        box_init(&b, RULES, "cat a.key & p=$!; read line; kill -9 $p; wait $p 2>/dev/null; echo killed; read line; cat b.key");
        box_start(&b);
        await(&b, 1);
        assert_int_equal(write(b.in[1], "\n", 1), 1);
        await_text(&b, "killed");
        while (!b.heard[0].over)
                step(&b);
        assert_int_equal(b.heard[0].over, CORDON_ASK_GONE);
        assert_int_equal(cordon_ask_answer(b.child, b.heard[0].id, CORDON_ASK_ONCE), -ESRCH);
        assert_int_equal(write(b.in[1], "\n", 1), 1);
        await(&b, 2); /* the next one is a new one */
        answer(&b, 1, CORDON_ASK_ONCE);
        finish(&b, "killed\nB", 2);
        assert_int_equal(b.overs, 1);
        box_free(&b);
}

static void test_the_end_of_the_program_is_the_end_of_all_questions(void **state)
{
        struct box b;
        (void)state;

        box_init(&b, RULES, "cat a.key & cat b.key & read line");
        box_start(&b);
        await(&b, 2);
        assert_int_equal(write(b.in[1], "\n", 1), 1);
        finish(&b, "", 2);
        assert_int_equal(b.overs, 2);
        assert_int_equal(b.heard[0].over, CORDON_ASK_GONE);
        assert_int_equal(cordon_ask_answer(b.child, b.heard[0].id, CORDON_ASK_ONCE), -ESRCH);
        box_free(&b);
        /* Who frees the child needs no word about them. */
        box_init(&b, RULES, "cat a.key & cat b.key & read line");
        box_start(&b);
        await(&b, 2);
        b.child = cordon_child_free(b.child);
        assert_int_equal(b.overs, 0);
        box_free(&b);
}

static void test_so_many_questions_and_no_more(void **state)
{
        char name[16];
        struct box b;
        (void)state;

        for (int i = 0; i < 17; i++) {
                snprintf(name, sizeof(name), "%02d.key", i);
                put(name, "K");
        }
        box_init(&b, RULES, "for k in [01][0-9].key; do { cat $k 2>/dev/null || echo -n over; } & done; wait; " CAT("a.key"));
        box_start(&b);
        await(&b, 16);
        await_text(&b, "over");
        for (unsigned i = 0; i < 16; i++)
                answer(&b, i, CORDON_ASK_ONCE);
        await(&b, 17); /* there is room again */
        answer(&b, 16, CORDON_ASK_ONCE);
        finish(&b, "overKKKKKKKKKKKKKKKKA", 17);
        assert_int_equal(denied_end(&b), CORDON_ASK_MANY);
        box_free(&b);
}

static void test_one_open_by_many_is_one_question(void **state)
{
        struct box b;
        (void)state;

        box_init(&b, RULES, "for i in 1 2 3 4 5 6 7 8; do { echo -n s; read x <a.key; echo -n $x; } & done; wait");
        box_start(&b);
        await_text(&b, "ssssssss"); /* by now most of them wait */
        await(&b, 1);
        answer(&b, 0, CORDON_ASK_RUN);
        finish(&b, "ssssssssAAAAAAAA", 1);
        box_free(&b);
}

/* ---- what changes meanwhile ----------------------------------------------------------------------------------------- */

static void change_and_answer(const char *rules, void (*change)(struct box *b), const char *text, int end)
{
        struct box b;

        box_init(&b, rules, CAT("a.key"));
        box_start(&b);
        await(&b, 1);
        change(&b);
        answer(&b, 0, CORDON_ASK_ONCE);
        finish(&b, text, 1);
        assert_int_equal(denied_end(&b), end);
        box_free(&b);
        prepare(NULL);
}

static void swap(struct box *b)
{
        (void)b;
        put("other", "EVIL");
        assert_int_equal(rename("a.key", "was.key"), 0);
        assert_int_equal(rename("other", "a.key"), 0);
}

static void replace_by_link(struct box *b)
{
        (void)b;
        assert_int_equal(unlink("a.key"), 0);
        assert_int_equal(symlink("b.key", "a.key"), 0);
}

static void rewrite(struct box *b)
{
        (void)b;
        int fd = open("a.key", O_WRONLY | O_TRUNC | O_CLOEXEC);
        assert_int_equal(write(fd, "NEW", 3), 3);
        close(fd);
}

static void lend_identity(struct box *b)
{
        (void)b;
        assert_int_equal(chmod("a.key", 04777), 0);
}

static void replace(struct box *b, const char *rules)
{
        cordon_error error = {0};
        cordon_policy *policy = load(rules);
        if (cordon_policy_replace(b->child, policy, &error) < 0)
                fail_msg("%s", error.text);
        cordon_policy_unref(policy);
}

static void deny(struct box *b)
{
        replace(b, "read %s\ndeny %s/*.key\n");
}

static void ask_still(struct box *b)
{
        replace(b, "read %s\n\nask read %s/*.key\nask read %s/*.txt\n");
}

static void test_what_was_shown_is_what_is_opened(void **state)
{
        (void)state;
        change_and_answer(RULES, swap, " denied ", CORDON_ASK_CHANGED);
        change_and_answer(RULES, replace_by_link, " denied ", CORDON_ASK_CHANGED);
        change_and_answer(RULES, rewrite, "NEW", 0);
        change_and_answer("ask read %s/a.key\n", rewrite, "NEW", 0);
        change_and_answer(TREE, swap, " denied ", CORDON_ASK_CHANGED);
}

static void test_the_policy_that_counts_is_the_newest(void **state)
{
        (void)state;
        change_and_answer(RULES, deny, " denied ", 0);
        change_and_answer(RULES, ask_still, "A", 0);
}

/* ---- writing and making --------------------------------------------------------------------------------------------- */

static void expect_file(const char *name, const char *text)
{
        char got[64] = "";
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        assert_int_equal(fd >= 0, text != NULL);
        if (text) {
                assert_true(read(fd, got, sizeof(got) - 1) >= 0);
                assert_string_equal(got, text);
                close(fd);
        }
}

static void write_one(const char *name, int end, const char *op, const char *before, const char *after)
{
        const int answers[] = {end, 0};
        char script[64];
        struct box b;

        snprintf(script, sizeof(script), "echo -n x >%s", name);
        box_init(&b, TREE, script);
        b.answers = answers;
        box_start(&b);
        while (!has_ended(&b))
                step(&b);
        assert_int_equal(b.count, 1);
        assert_string_equal(b.heard[0].op, op);
        expect_file(name, end == CORDON_ASK_ONCE ? after : before);
        box_free(&b);
        prepare(NULL);
}

static void test_files_are_written_and_made(void **state)
{
        (void)state;
        write_one("a.key", CORDON_ASK_REFUSED, "write", "A", "x");
        write_one("a.key", CORDON_ASK_ONCE, "write", "A", "x");
        write_one("new", CORDON_ASK_REFUSED, "create", NULL, "x");
        write_one("new", CORDON_ASK_ONCE, "create", NULL, "x");
        change_and_answer(TREE, lend_identity, "A", 0); /* it is only read */
        /* Not what would lend somebody's identity. */
        static const int yes[] = {CORDON_ASK_ONCE, 0};
        struct box b;
        lend_identity(NULL);
        box_init(&b, TREE, "{ echo x >a.key; } 2>/dev/null || echo -n denied");
        b.answers = yes;
        box_start(&b);
        finish(&b, "denied", 1);
        expect_file("a.key", "A");
        box_free(&b);
        prepare(NULL);
}

/* What is no open is refused without a question, and leaves all as it is. */
static void test_only_opens_are_asked_for(void **state)
{
        struct box b;
        struct stat st;
        (void)state;

        box_init(&b, TREE, "stat -c %s a.key; mv a.key c.key 2>/dev/null || echo mv; rm -f a.key 2>/dev/null || echo rm; "
                           "chmod 600 a.key 2>/dev/null || echo chmod; mkdir d 2>/dev/null || echo mkdir; "
                           "ln a.key l 2>/dev/null || echo ln; truncate -s 0 a.key 2>/dev/null || echo truncate");
        b.options.ask_timeout_ms = 20;
        box_start(&b);
        finish(&b, "1\nmv\nrm\nchmod\nmkdir\nln\ntruncate\n", 1); /* truncate(1) opens */
        assert_string_equal(b.heard[0].op, "write");
        assert_int_equal(stat("a.key", &st), 0);
        assert_int_equal(st.st_mode & 0777, 0666);
        expect_file("a.key", "A");
        box_free(&b);
}

static int enter(void **state)
{
        return directory_enter(state) < 0 ? -1 : prepare(state);
}

/* Also where metadata are brokered, since something else there is hidden. */
static void test_looks_are_free(void **state)
{
        static const int no[] = {CORDON_ASK_REFUSED, 0};
        struct box b;
        (void)state;

        box_init(&b, "read %s\nhide %s/plain\nask read %s/a.key\nask read %s/b.*\n",
                 "stat -c %s a.key b.key; stat plain 2>/dev/null || echo hidden; " CAT("b.key"));
        b.answers = no;
        box_start(&b);
        finish(&b, "1\n1\nhidden\n denied ", 1);
        box_free(&b);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                counted_test(test_what_is_told_and_once),
                counted_test(test_for_this_run_means_this_path),
                counted_test(test_a_no_for_this_run_ends_the_questions_of_a_rule),
                counted_test(test_without_a_callback_nobody_is_asked),
                counted_test(test_answers_that_are_none),
                counted_test(test_always_is_about_one_file),
                counted_test(test_other_requests_are_served_meanwhile),
                counted_test(test_no_answer_in_time_is_a_no),
                counted_test(test_who_goes_takes_the_question_along),
                counted_test(test_the_end_of_the_program_is_the_end_of_all_questions),
                counted_test(test_so_many_questions_and_no_more),
                counted_test(test_one_open_by_many_is_one_question),
                counted_test(test_what_was_shown_is_what_is_opened),
                counted_test(test_the_policy_that_counts_is_the_newest),
                counted_test(test_files_are_written_and_made),
                counted_test(test_only_opens_are_asked_for),
                counted_test(test_looks_are_free),
        };
        return cmocka_run_group_tests(tests, enter, directory_leave);
}
