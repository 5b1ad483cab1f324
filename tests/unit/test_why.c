/* What `why` tells beside its verdict: the rules that lost, the view's links, what is missing. That the verdict is what happens is
 * the differential test's business. */
#include "tests/unit/unit.h"

#include "policy/rivals.h"
#include "policy/why.h"
#include "tests/differential/random_policy.h"
#include "tests/unit/made_up.h"

/* ---- rivals ------------------------------------------------------------------------------------------------------- */

static void the_losers_and_their_reasons(void **state)
{
        static const struct {
                const char *text;
                enum loss loss;
        } wanted[] = {{"deny /a/b/c", LOSS_NONE},         {"read /a/b/c/../c", LOSS_FILE},  {"read /a/*/c", LOSS_STRICTER},
                      {"read /a/b/*", LOSS_WILDCARD}, {"write /a", LOSS_DEPTH}};
        struct policy *p = NULL;
        struct rival *rivals;
        size_t count;
        (void)state;
        struct made_up m = {.files = {{"x.policy", "cordon 1\nuse /u\nwrite /a\nread /a/b/*\nread /a/*/c\ndeny /a/b/c\nread /z\n"},
                                      {"/u", "cordon 1\nread /a/b/c/../c\n"}}};
        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_int_equal(policy_rivals(p, "/a/b/c", &rivals, &count), 0);
        assert_int_equal(count, 5);
        for (size_t i = 0; i < count; i++) {
                size_t j = 0;
                while (j < 5 && strcmp(wanted[j].text, rivals[i].rule->text) != 0)
                        j++;
                assert_true(j < 5);
                assert_int_equal(rivals[i].loss, wanted[j].loss);
        }
        free(rivals);
        policy_unref(p);
        buf_free(&m.said);
        p = policy_from("read /a/b/c/d\nnever /a\n");
        assert_int_equal(policy_rivals(p, "/a/b/c/d", &rivals, &count), 0);
        assert_int_equal(rivals[0].rule->class, CLASS_NEVER);
        assert_int_equal(rivals[1].loss, LOSS_NEVER);
        free(rivals);
        policy_unref(p);
}

/* The trie and the rules one by one, for policies and paths by chance. */
static void rule_by_rule_it_is_the_same(void **state)
{
        struct chance c = {42};
        unsigned compared = 0;
        (void)state;
        for (unsigned i = 0; i < 400; i++) {
                struct buf text = {0};
                struct policy *p = NULL;
                random_policy(&c, &text, "/t");
                struct made_up m = {.files = {{"x.policy", text.data}}};
                bool compiled = made_up_compile(&m, &p) == 0;
                for (unsigned j = 0; compiled && j < 100; j++) {
                        struct buf path = {0};
                        struct rival *rivals;
                        size_t count;
                        buf_str(&path, "/t");
                        random_below(&c, &path, 4);
                        struct verdict v = policy_eval(p, path.data, path.length, ACCESS_READ);
                        assert_int_equal(policy_rivals(p, path.data, &rivals, &count), 0);
                        assert_int_equal(count > 0, v.rule != NULL);
                        if (v.rule)
                                assert_int_equal(rivals[0].rule->class, v.rule->class);
                        if (v.rule)
                                assert_string_equal(rivals[0].rule->text, v.rule->text);
                        compared += v.rule != NULL;
                        free(rivals);
                        buf_free(&path);
                }
                policy_unref(p);
                buf_free(&m.said);
                buf_free(&text);
        }
        assert_true(compared > 5000);
}

/* ---- suggestions -------------------------------------------------------------------------------------------------- */

static void the_line_that_would_deny(void **state)
{
        char line[128];
        (void)state;
        struct policy *p = policy_from("read /a\nread /home/u/x\nnever /n\n");
        assert_int_equal(policy_suggest_denial(p, "/a/b c", line, sizeof(line)), 0);
        assert_string_equal(line, "deny \"/a/b c\"");
        assert_int_equal(policy_suggest_denial(p, "/home/u/x", line, sizeof(line)), 0);
        assert_string_equal(line, "deny ~/x");
        assert_int_equal(policy_suggest_denial(p, "/n/x", line, sizeof(line)), -ENOENT); /* nothing to be added */
        assert_int_equal(policy_suggest_denial(p, "/proc/1", line, sizeof(line)), -ENOENT);
        assert_int_equal(policy_suggest_denial(p, "/a/b", line, 5), -ENAMETOOLONG);
        policy_unref(p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(the_losers_and_their_reasons),
                counted_test(rule_by_rule_it_is_the_same),
                counted_test(the_line_that_would_deny),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
