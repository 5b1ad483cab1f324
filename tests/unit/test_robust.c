/* Policies that nobody would write: huge, wide, deep, broken, random. Time is bounded, nothing crashes, and a policy with
 * errors is never handed out. CORDON_SEED=N plays one random text again. */
#include "tests/unit/unit.h"

#include <time.h>

#include "policy/compiled.h"
#include "tests/unit/made_up.h"

static double seconds(void)
{
        struct timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Compiles a policy of many lines; returns the errors. `*out` may be NULL. */
static unsigned many(unsigned lines, void (*line)(struct buf *, unsigned), struct policy **out, double *took)
{
        struct buf text = {0};
        struct policy *p = NULL;
        buf_str(&text, "cordon 1\n");
        for (unsigned i = 0; i < lines; i++)
                line(&text, i);
        struct made_up m = {.files = {{"x.policy", text.data}}};
        *took = seconds();
        int r = made_up_compile(&m, &p);
        *took = seconds() - *took;
        assert_true((r == 0) == (m.errors == 0) && (r == 0) == (p != NULL));
        if (out)
                *out = p;
        else
                policy_unref(p);
        buf_free(&m.said);
        buf_free(&text);
        return m.errors;
}

static void line_file(struct buf *b, unsigned i)
{
        buf_printf(b, "%s /srv/%u/%u/file\n", i % 3 ? "read" : "deny", i % 100, i);
}

static void line_same(struct buf *b, unsigned i)
{
        buf_printf(b, i % 2 ? "read /srv/x\n" : "write /srv/x\n");
}

static void line_floating(struct buf *b, unsigned i)
{
        buf_printf(b, "deny **/dir%u/*.x\n", i);
}

static void line_wide(struct buf *b, unsigned i)
{
        buf_printf(b, "deny /srv/*%u*/x\n", i);
}

static void line_let(struct buf *b, unsigned i)
{
        buf_printf(b, "let V%u=/v%u\nread $V%u\n", i, i, i);
}

static void line_let_chain(struct buf *b, unsigned i)
{
        buf_printf(b, "let V%u=$V%u\n", i, i + 1);
}

static void line_env(struct buf *b, unsigned i)
{
        buf_printf(b, "env set V%u=%u\n", i, i);
}

static void line_unknown(struct buf *b, unsigned i)
{
        buf_printf(b, "read $UNKNOWN%u\n", i);
}

static void many_rules_compile_fast_and_answer_alike(void **state)
{
        struct policy *small, *large;
        double took, slow = 0, quick = 0;
        (void)state;
        assert_int_equal(many(100, line_file, &small, &took), 0);
        assert_int_equal(many(100000, line_file, &large, &took), 0);
        assert_true(took < 5); /* a tenth of that without sanitizers */
        assert_allowed(large, "read", "/srv/1/40001/file");
        assert_denied(large, "read", "/srv/2/40002/file", EACCES);
        assert_denied(large, "read", "/srv/2/40001/file", ENOENT);
        for (int round = 0; round < 2; round++) {
                const struct policy *p = round ? large : small;
                double start = seconds();
                for (int i = 0; i < 100000; i++)
                        assert_true(policy_eval(p, "/srv/1/1/file", 13, ACCESS_READ).allow);
                *(round ? &slow : &quick) = seconds() - start;
        }
        assert_true(slow < quick * 5 + 0.05); /* a thousand times the rules, about the same time */
        policy_unref(small);
        policy_unref(large);
}

static void nothing_takes_the_square_of_its_lines(void **state)
{
        double took;
        (void)state;
        assert_int_equal(many(10000, line_same, NULL, &took), 100);
        assert_true(took < 5);
        assert_int_equal(many(10000, line_floating, NULL, &took), 0);
        assert_true(took < 5);
        assert_int_equal(many(20000, line_let, NULL, &took), 0);
        assert_true(took < 5);
        assert_int_equal(many(20000, line_unknown, NULL, &took), 100);
        assert_true(took < 5);
        assert_int_equal(many(5000, line_env, NULL, &took), 100);
        assert_true(took < 5);
}

static void a_walk_that_could_get_too_wide_is_an_error(void **state)
{
        struct policy *p = NULL;
        double took;
        (void)state;
        assert_int_equal(many(TRIE_WIDTH_MAX / 2, line_wide, &p, &took), 0);
        assert_denied(p, "read", "/srv/a11/x", EACCES);
        policy_unref(p);
        assert_int_equal(many(TRIE_WIDTH_MAX + 1, line_wide, NULL, &took), 1);
}

static void line_let_double(struct buf *b, unsigned i)
{
        buf_printf(b, "let V%u=$V%u$V%u\n", i + 1, i, i);
}

static void a_chain_of_lets_is_bounded(void **state)
{
        double took;
        (void)state;
        struct buf text = {0};
        struct policy *p = NULL;
        buf_str(&text, "cordon 1\nlet V0=xxxxxxxx\n");
        for (unsigned i = 0; i < 40; i++)
                line_let_double(&text, i);
        struct made_up m = {.files = {{"x.policy", text.data}}};
        assert_int_equal(made_up_compile(&m, &p), -EINVAL);
        assert_non_null(strstr(m.said.data, "this makes a text of more than 65536 bytes"));
        buf_free(&m.said);
        buf_free(&text);
        assert_true(many(50000, line_let_chain, NULL, &took) > 0);
}

/* Two `**` and every directory of the path looking alike: the worst case for a walk that keeps states. */
static void the_longest_path_is_judged_in_time(void **state)
{
        (void)state;
        struct policy *p = policy_from("read /\ndeny **/a/**/a/**/a/*/b /a/**/*a/**/[a]/c\n");
        char path[PATH_MAX];
        for (size_t i = 0; i < sizeof(path); i++)
                path[i] = i % 2 ? 'a' : '/';
        double start = seconds();
        for (int i = 0; i < 100; i++)
                assert_true(policy_eval(p, path, PATH_MAX - 2, ACCESS_READ).allow);
        assert_true(seconds() - start < 2);
        path[PATH_MAX - 3] = 'b';
        assert_false(policy_eval(p, path, PATH_MAX - 2, ACCESS_READ).allow);
        policy_unref(p);
}

/* The evaluator never allocates: with no memory left at all it still answers. It has no call that could. */
static void answers_are_the_same_from_a_constant_policy(void **state)
{
        (void)state;
        struct policy *p = policy_from("read /a\ndeny **/x\n");
        struct policy before = *p;
        assert_denied(p, "read", "/a/b/x", EACCES);
        assert_memory_equal(&before, p, sizeof(before));
        assert_ptr_equal(policy_ref(p), p);
        policy_unref(p);
        assert_denied(p, "read", "/a/b/x", EACCES);
        policy_unref(p);
        assert_null(policy_unref(NULL));
}

/* ---- random text ------------------------------------------------------------------------------------------------------ */

static uint32_t draw(uint32_t *seed)
{
        *seed = *seed * 1664525u + 1013904223u;
        return *seed >> 8;
}

static void random_text(struct buf *out, uint32_t seed)
{
        static const char *const parts[] = {
                "read ", "write exec ", "deny ", "never ", "hide ", "create ", "list ", "let ", "param ", "use ", "tmp ", "dev ",
                "env keep ", "env set ", "limit ", "syscalls ", "expect deny ", "net ", "cwd ", "because ", "\n", "\n", "\n", "\n",
                " ", "/", "/", "/a", "/b*", "**", "/**/", "{", "}", ",", "[", "]", "!", "-", "\"", "\\", "\\x4", "\\n", "$", "${",
                "}", "$A", "A=", "$HOME", "~", "#", "=", "@base", "@nope", "private ", "5M", "none", "\t", "\r\n", "?", "..", ".",
                "syscalls allow ioctl ", "syscalls deny ", "kill ", "log ", " arg0", " arg1:32 ", " & ", " == ", " in ", " and ", " errno ",
                "EPERM", "TCGETS ", "O_CREAT|", "0x7f ", "@timer ", "x.policy", "/x.policy", "$HERE/", "ä", "漢", "\x1b", "\xff", "time ", "read", "allow ", "999999999999999999999s",
        };
        unsigned count = draw(&seed) % 80;
        if (draw(&seed) % 8)
                buf_str(out, "cordon 1\n");
        for (unsigned i = 0; i < count; i++) {
                if (draw(&seed) % 200 == 0)
                        buf_add(out, (char[]){(char)(1 + draw(&seed) % 255)}, 1);
                buf_str(out, parts[draw(&seed) % (sizeof(parts) / sizeof(*parts) - (draw(&seed) % 50 ? 1 : 0))]);
        }
        buf_str(out, "\n");
}

static void random_round(uint32_t seed)
{
        char line[PATH_MAX];
        struct buf text = {0};
        struct policy *p = NULL;
        random_text(&text, seed);
        struct made_up m = {.files = {{"x.policy", text.data}, {"/x.policy", text.data}, {"@base", "cordon 1\nread /usr\n"}},
                            .defines = {seed % 2 ? "A=/va" : NULL}};
        int r = made_up_compile(&m, &p);
        if ((r == 0) != (p != NULL) || (r == 0) != (m.errors == 0))
                fail_msg("CORDON_SEED=%u: %d with %u errors", seed, r, m.errors);
        for (const char *s = m.said.data; s && *s; s++) { /* whatever was in the file, a terminal is safe */
                if ((unsigned char)*s < 0x20 && *s != '\n')
                        fail_msg("CORDON_SEED=%u: a raw control character in the messages", seed);
        }
        if (p) {
                assert_true(policy_expect(p, made_up_diag, &m, NULL) >= 0);
                if (!policy_eval(p, "/a/b", 4, ACCESS_READ).allow)
                        policy_suggest(p, "/a/b", ACCESS_READ, line, sizeof(line));
        }
        policy_unref(p);
        buf_free(&m.said);
        buf_free(&text);
}

static void random_texts_do_no_harm(void **state)
{
        const char *again = getenv("CORDON_SEED");
        (void)state;
        for (uint32_t seed = 1; seed <= (again ? 0u : 5000u); seed++)
                random_round(seed);
        if (again)
                random_round((uint32_t)strtoul(again, NULL, 10));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(many_rules_compile_fast_and_answer_alike),
                counted_test(nothing_takes_the_square_of_its_lines),
                counted_test(a_walk_that_could_get_too_wide_is_an_error),
                counted_test(a_chain_of_lets_is_bounded),
                counted_test(the_longest_path_is_judged_in_time),
                counted_test(answers_are_the_same_from_a_constant_policy),
                counted_test(random_texts_do_no_harm),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
