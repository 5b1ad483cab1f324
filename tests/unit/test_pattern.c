/* Patterns: for each name that matches, one beside it that does not. */
#include "tests/unit/unit.h"

#include "policy/pattern.h"
#include "tests/unit/made_up.h"

static void components(void **state)
{
        static const struct {
                const char *pattern, *yes, *no;
        } table[] = {
                {"*", "anything", NULL},
                {"*", ".hidden", NULL},
                {"*.pem", "key.pem", "key.pem2"},
                {"*.pem", ".pem", "pem"},
                {"a*b*c", "aXbYc", "aXcYb"},
                {"a*b*c", "abbc", "abbcd"},
                {"?", "x", "xy"},
                {"?", "ä", "ää"}, /* one character, whatever its bytes */
                {"?", "\xff", "\xff\xff"},
                {"[a-c]x", "bx", "dx"},
                {"[!a-c]x", "dx", "bx"},
                {"[!ä]", "ö", "ä"},
                {"[]x]", "]", "["},
                {"[a-]", "-", "b"},
                {"[*]", "*", "x"},
                {"[?]a", "?a", "xa"},
                {".env", ".env", ".envy"},
                {".env.*", ".env.local", ".env"},
                {"*a*a*a*a*b", "aaaab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                const char *pattern = table[i].pattern, *yes = table[i].yes, *no = table[i].no;
                if (!component_match(pattern, strlen(pattern), yes, strlen(yes)))
                        fail_msg("'%s' should match '%s'", pattern, yes);
                if (no && component_match(pattern, strlen(pattern), no, strlen(no)))
                        fail_msg("'%s' should not match '%s'", pattern, no);
        }
        assert_false(component_match("*", 1, "", 0) && component_match("?", 1, "", 0));
}

static void braces_make_separate_patterns(void **state)
{
        (void)state;
        struct policy *p = policy_from("read /a\ndeny /a/{x,y{1,2},}end \"/a/{lit}\" /a/{p,q/r}/s\n");
        assert_denied(p, "read", "/a/xend", EACCES);
        assert_denied(p, "read", "/a/y1end", EACCES);
        assert_denied(p, "read", "/a/y2end", EACCES);
        assert_denied(p, "read", "/a/end", EACCES);
        assert_denied(p, "read", "/a/{lit}", EACCES);
        assert_denied(p, "read", "/a/q/r/s", EACCES);
        assert_allowed(p, "read", "/a/yend");
        assert_allowed(p, "read", "/a/lit");
        assert_allowed(p, "read", "/a/q/s");
        policy_unref(p);
}

static void wildcards_stay_in_their_component(void **state)
{
        (void)state;
        struct policy *p = policy_from("read /a\ndeny /a/*/secret /a/b*.txt\n");
        assert_denied(p, "read", "/a/x/secret", EACCES);
        assert_allowed(p, "read", "/a/x/y/secret");
        assert_allowed(p, "read", "/a/secret");
        assert_denied(p, "read", "/a/b.txt", EACCES);
        assert_denied(p, "read", "/a/b.txt/below", EACCES);
        assert_allowed(p, "read", "/a/b/c.txt");
        policy_unref(p);
}

static void two_stars_stand_for_whole_components(void **state)
{
        (void)state;
        struct policy *p = policy_from("read /a\ndeny /a/**/x/**/.env **/id_rsa\nread /b\nhide /b/**\n");
        assert_denied(p, "read", "/a/x/.env", EACCES);
        assert_denied(p, "read", "/a/1/2/x/3/.env/below", EACCES);
        assert_allowed(p, "read", "/a/.env");
        assert_allowed(p, "read", "/a/xx/.env");
        assert_denied(p, "read", "/a/deep/down/id_rsa", EACCES);
        assert_denied(p, "read", "/id_rsa", EACCES);
        assert_allowed(p, "read", "/a/id_rsa.pub");
        assert_allowed(p, "read", "/b");
        assert_denied(p, "read", "/b/c", ENOENT);
        assert_denied(p, "read", "/b/c/d", ENOENT);
        policy_unref(p);
}

static void what_comes_from_a_variable_is_literal(void **state)
{
        struct policy *p = NULL;
        struct made_up m = {.files = {{"x.policy", "cordon 1\nparam D\nread $D $D/*.c\nread \"/q/*\"\n"}}, .defines = {"D=/s*"}};
        (void)state;
        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_allowed(p, "read", "/s*/file");
        assert_denied(p, "read", "/src/file", ENOENT);
        assert_allowed(p, "read", "/q/*");
        assert_denied(p, "read", "/q/x", ENOENT);
        policy_unref(p);
        buf_free(&m.said);
}

static void pattern_text_reads_back(void **state)
{
        (void)state;
        size_t count;
        struct policy *p = policy_from("deny \"/a/*\"/b* \"/x y\"\n");
        const struct rule *rules = policy_rules(p, &count);
        bool found = false, literal = false;
        for (size_t i = 0; i < count; i++) {
                found = found || (!strcmp(rules[i].pattern, "/a/[*]/b*") && !rules[i].literal && !strcmp(rules[i].prefix, "/a/*"));
                literal = literal || (!strcmp(rules[i].pattern, "/x y") && rules[i].literal);
        }
        assert_true(found);
        assert_true(literal);
        policy_unref(p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(components),
                counted_test(braces_make_separate_patterns),
                counted_test(wildcards_stay_in_their_component),
                counted_test(two_stars_stand_for_whole_components),
                counted_test(what_comes_from_a_variable_is_literal),
                counted_test(pattern_text_reads_back),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
