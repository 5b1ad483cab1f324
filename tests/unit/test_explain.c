/* cordon_policy_explain as an embedder calls it: flags, results, and several threads at once. */
#include "tests/unit/directory.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cordon.h"

static void collect(void *ctx, const char *text, size_t length)
{
        buf_add(ctx, text, length);
}

static cordon_policy *loaded(const char *file)
{
        const char *const files[] = {file, NULL};
        cordon_policy_options options = {.size = sizeof(options), .files = files, .home = "/nonexistent"};
        cordon_policy *policy = NULL;
        cordon_error error = {0};

        if (cordon_policy_load(&policy, &options, &error) < 0)
                fail_msg("%s", error.text);
        return policy;
}

/* A policy file in the working directory of the test. */
static cordon_policy *written(const char *text)
{
        int fd = open("explain.policy", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
        return loaded("./explain.policy");
}

static void test_for_people_and_for_programs(void **state)
{
        cleanup_buf struct buf text = {0}, json = {0};
        cordon_policy *policy = loaded("@base");
        cordon_error error = {0};
        (void)state;

        assert_int_equal(cordon_policy_explain(policy, NULL, 0, collect, &text, &error), 0);
        assert_int_equal(cordon_policy_explain(policy, NULL, CORDON_EXPLAIN_JSON, collect, &json, NULL), 0);
        assert_int_equal(error.code, 0);
        assert_non_null(strstr(text.data, "\nRules"));
        assert_non_null(strstr(text.data, "\nThis host"));
        assert_int_equal(text.data[text.length - 1], '\n');
        assert_int_equal(json.data[json.length - 1], '\n');
        struct json_object *all = json_tokener_parse(json.data);
        assert_non_null(all);
        assert_int_equal(json_object_get_int(json_object_object_get(all, "schema")), 1);
        assert_true(json_object_get_boolean(json_object_object_get(all, "startable")));
        json_object_put(all);
        cordon_policy_unref(policy);
}

static void test_unknown_flags_write_nothing(void **state)
{
        cleanup_buf struct buf text = {0};
        cordon_policy *policy = loaded("@base");
        cordon_error error = {0};
        (void)state;

        assert_int_equal(cordon_policy_explain(policy, NULL, CORDON_EXPLAIN_JSON | 1u << 30, collect, &text, &error), -ENOTSUP);
        assert_int_equal(error.code, ENOTSUP);
        assert_int_equal(text.length, 0);
        cordon_policy_unref(policy);
}

/* Two lines stand in the way: both are counted, both are told, and so is all the rest. */
static void test_what_cannot_be_started(void **state)
{
        cleanup_buf struct buf json = {0};
        cordon_policy *policy = written("cordon 1\nwrite /nonexistent/a\nwrite /nonexistent/b\nread /etc\n");
        cordon_error error = {0};
        (void)state;

        assert_int_equal(cordon_policy_explain(policy, NULL, CORDON_EXPLAIN_JSON, collect, &json, &error), -EINVAL);
        assert_int_equal(error.code, EINVAL);
        assert_non_null(strstr(error.text, "2 lines"));
        struct json_object *all = json_tokener_parse(json.data);
        assert_non_null(all);
        assert_false(json_object_get_boolean(json_object_object_get(all, "startable")));
        assert_int_equal(json_object_array_length(json_object_object_get(all, "refusals")), 2);
        assert_null(json_object_object_get(all, "view"));
        assert_non_null(json_object_object_get(all, "host"));
        json_object_put(all);
        cordon_policy_unref(policy);
        unlink("explain.policy");
}

struct work {
        const cordon_policy *policy;
        struct buf text;
};

static void *explain_again(void *ctx)
{
        struct work *work = ctx;
        for (int i = 0; i < 10; i++)
                cordon_policy_explain(work->policy, NULL, CORDON_EXPLAIN_JSON, collect, &work->text, NULL);
        return NULL;
}

static void test_threads_do_not_meet(void **state)
{
        enum { THREADS = 4 };
        pthread_t threads[THREADS];
        struct work work[THREADS] = {0};
        cordon_policy *policy = loaded("@dev");
        (void)state;

        for (int i = 0; i < THREADS; i++) {
                work[i].policy = policy;
                assert_int_equal(pthread_create(&threads[i], NULL, explain_again, &work[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) {
                pthread_join(threads[i], NULL);
                assert_true(work[i].text.length > 1000);
                assert_string_equal(work[i].text.data, work[0].text.data);
        }
        for (int i = 0; i < THREADS; i++)
                buf_free(&work[i].text);
        cordon_policy_unref(policy);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(test_for_people_and_for_programs),
                counted_test(test_unknown_flags_write_nothing),
                counted_test(test_what_cannot_be_started),
                counted_test(test_threads_do_not_meet),
        };
        return cmocka_run_group_tests(tests, directory_enter, directory_leave);
}
