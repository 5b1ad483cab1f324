/* cordon_host_features and what can be accepted, as an embedder calls them. What is really taken away is in
 * tests/integration/doctor.sh. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cordon.h"
#include "sandbox/features.h"
#include "sandbox/sandbox.h"

struct seen {
        unsigned count, missing, musts, nots;
        int netns; /* its need */
        const char *group;
        unsigned groups;
};

static void see(void *ctx, const cordon_feature *f)
{
        struct seen *s = ctx;

        assert_true(*f->id && *f->group && *f->name && *f->found && *f->used && *f->lost);
        assert_true(f->state == CORDON_FEATURE_OK || f->state == CORDON_FEATURE_MISSING);
        assert_true(f->state != CORDON_FEATURE_OK || !f->remedy);
        s->count++;
        s->missing += f->state == CORDON_FEATURE_MISSING && f->need != CORDON_NEED_NOT;
        s->musts += f->need == CORDON_NEED_MUST;
        s->nots += f->need == CORDON_NEED_NOT;
        if (strcmp(f->id, "netns") == 0)
                s->netns = f->need;
        s->groups += !s->group || strcmp(s->group, f->group) != 0;
        s->group = f->group;
}

static cordon_policy *loaded(const char *name)
{
        const char *const files[] = {name, NULL};
        cordon_policy_options options = {.size = sizeof(options), .files = files, .home = "/nonexistent"};
        cordon_policy *policy = NULL;
        cordon_error error = {0};

        if (cordon_policy_load(&policy, &options, &error) < 0)
                fail_msg("%s", error.text);
        return policy;
}

static void what_is_needed_depends_on_the_policy(void **state)
{
        struct seen any = {0}, base = {0};
        cordon_policy *policy = loaded("@base");
        cordon_error error = {0};
        (void)state;

        int all = cordon_host_features(NULL, see, &any, &error);
        assert_int_equal(all, any.missing);
        assert_int_equal(cordon_host_features(policy, see, &base, &error), base.missing);
        assert_int_equal(any.count, base.count);
        assert_true(any.musts >= base.musts && any.nots < base.nots);
        assert_int_equal(base.netns, CORDON_NEED_MUST);
        assert_true(base.groups > 2 && base.groups < 10); /* a group is told in one piece */
        assert_int_equal(error.code, 0);
        cordon_policy_unref(policy);
}

/* No process of a probe stays, and none is anybody's child that waits for its own. */
static void nothing_stays_of_a_probe(void **state)
{
        struct seen s = {0};
        sigset_t before, after;
        (void)state;

        pthread_sigmask(SIG_SETMASK, NULL, &before);
        cordon_host_features(NULL, see, &s, NULL);
        pthread_sigmask(SIG_SETMASK, NULL, &after);
        for (int signal = 1; signal < NSIG; signal++)
                assert_int_equal(sigismember(&before, signal), sigismember(&after, signal));
        assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
        assert_int_equal(errno, ECHILD);
}

static void *ask(void *ctx)
{
        cordon_host_features(NULL, see, ctx, NULL);
        return NULL;
}

static void threads_may_ask_at_once(void **state)
{
        struct seen s[4] = {{0}};
        pthread_t threads[4];
        (void)state;

        for (int i = 0; i < 4; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, ask, &s[i]), 0);
        for (int i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        for (int i = 1; i < 4; i++)
                assert_true(s[i].count == s[0].count && s[i].missing == s[0].missing);
}

/* What is there is not called missing because somebody would accept that; a name that is none is an error. */
static void only_what_is_missing_is_done_without(void **state)
{
        static const char *const all[] = {"no-landlock", "no-proc", "no-netns", "no-hostname", NULL};
        static const char *const wrong[] = {"no-landlock", "no-thing", NULL};
        unsigned lacks = 7;
        cordon_error error = {0};
        struct finding f;
        (void)state;

        assert_int_equal(sandbox_accept(NULL, &lacks, &error), 0);
        assert_int_equal(lacks, 0);
        assert_int_equal(sandbox_accept(all, &lacks, &error), 0);
        feature_probe("landlock", &f);
        assert_int_equal((lacks & LACK_LANDLOCK) != 0, f.state == CORDON_FEATURE_MISSING);
        feature_probe("hostname", &f);
        assert_int_equal((lacks & LACK_HOSTNAME) != 0, f.state == CORDON_FEATURE_MISSING);
        assert_int_equal(sandbox_accept(wrong, &lacks, &error), -EINVAL);
        assert_non_null(strstr(error.text, "no-thing"));
        assert_string_equal(sandbox_lack(LACK_NOTIFY | LACK_LANDLOCK, 0), "no-notify");
        assert_string_equal(sandbox_lack(LACK_NOTIFY | LACK_LANDLOCK, 1), "no-landlock");
        assert_null(sandbox_lack(LACK_NOTIFY | LACK_LANDLOCK, 2));
        assert_string_equal(sandbox_lack(LACK_USERNS | LACK_NETNS | LACK_HOSTNAME, 0), "no-userns");
        assert_null(sandbox_lack(LACK_USERNS | LACK_NETNS | LACK_HOSTNAME, 1)); /* the others are part of it */
}

/* Every degradation that the table names is one that a plan knows, and what is a base of others is in the table. */
static void the_table_is_whole(void **state)
{
        (void)state;
        for (const struct host_feature *h = host_features; h->id; h++) {
                bool based = !h->needs;
                assert_int_equal(h->accept != NULL, h->lack != 0);
                assert_true(!h->accept || h->weight == CORDON_NEED_MUST);
                for (const struct host_feature *b = host_features; b->id; b++)
                        based = based || strcmp(h->needs, b->id) == 0;
                assert_true(based);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(what_is_needed_depends_on_the_policy), counted_test(nothing_stays_of_a_probe),
                counted_test(threads_may_ask_at_once),              counted_test(only_what_is_missing_is_done_without),
                counted_test(the_table_is_whole),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
