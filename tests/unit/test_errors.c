/* Findings on their way: their order, their number, and the format itself. What each of them says is in tests/golden. */
#include "tests/unit/unit.h"

#include "tests/unit/made_up.h"

static void said_by(struct made_up *m, int wanted, const char *text)
{
        struct policy *p = NULL;
        assert_int_equal(made_up_compile(m, &p), wanted);
        assert_string_equal(m->said.data ? m->said.data : "", text);
        policy_unref(p);
        buf_free(&m->said);
}

static void defines(void **state)
{
        (void)state;
        said_by(&(struct made_up){.files = {{"x.policy", "cordon 1\nparam SRC\nparam OUT=/o\nread $SRC\n"}},
                                  .defines = {"SRC=/s", "SCR=/t", "OUT=/a", "OUT=/b", "nonsense"}},
                -EINVAL,
                "-D: error: 'OUT=/b': this name was given before; write -D NAME=VALUE, once for each name\n"
                "-D: error: 'nonsense' is not NAME=VALUE; write -D NAME=VALUE, once for each name\n"
                "-D: error: no param is called 'SCR'; the params are OUT, SRC\n");
        said_by(&(struct made_up){.files = {{"x.policy", "cordon 1\nparam SRC\nread $SRC\n"}}, .defines = {"SRC=s"}}, 0, "");
}

static void all_errors_in_the_order_of_lines(void **state)
{
        (void)state;
        said_by(&(struct made_up){.files = {{"x.policy", "cordon 1\nread rel\nwirte /x\nuse @zzz\nnet x\n"}}}, -EINVAL,
                "x.policy:2:6: error: a path must be absolute\n    2 | read rel\n"
                "      |      ^~~ begin it with '/', '~', '$CWD' or '$HERE'\n"
                "x.policy:3:1: error: unknown verb 'wirte'\n    3 | wirte /x\n"
                "      | ^~~~~ did you mean 'write'?\n"
                "x.policy:4:5: error: there is no bundle '@zzz'\n    4 | use @zzz\n"
                "      |     ^~~~ there are @base, @dev, @python\n"
                "x.policy:5:5: error: 'x' is nothing that 'net' knows\n    5 | net x\n"
                "      |     ^ it is none, loopback or host\n");
}

static void too_many_errors(void **state)
{
        struct buf text = {0};
        struct policy *p = NULL;
        (void)state;
        buf_str(&text, "cordon 1\n");
        for (int i = 0; i < 5000; i++)
                buf_str(&text, "nonsense\n");
        struct made_up m = {.files = {{"x.policy", text.data}}};
        assert_int_equal(made_up_compile(&m, &p), -EINVAL);
        assert_int_equal(m.errors, 100);
        assert_non_null(strstr(m.said.data, "x.policy: note: too many errors; the rest is not shown\n"));
        buf_free(&m.said);
        buf_free(&text);
}

static void too_much_content(void **state)
{
        const size_t size = 3u << 20;
        char *text = malloc(size + 1);
        (void)state;
        assert_non_null(text);
        memset(text, 'x', size);
        text[size] = '\0';
        said_by(&(struct made_up){.files = {{"x.policy", "cordon 1\nfile /a from /big\n"}, {"/big", text}}}, 0, "");
        said_by(&(struct made_up){.files = {{"x.policy", "cordon 1\nfile /a from /big\nfile /b from /big\n"}, {"/big", text}}},
                -EINVAL,
                "x.policy:3:14: error: the contents of all `file` lines are more than 4 MiB\n    3 | file /b from /big\n"
                "      |              ^~~~ read it from the host instead: read PATH\n");
        free(text);
}

static void words_and_rules_have_a_limit(void **state)
{
        struct buf text = {0};
        (void)state;
        buf_str(&text, "cordon 1\nenv set A=");
        for (int i = 0; i < 65534; i++)
                buf_str(&text, "a");
        said_by(&(struct made_up){.files = {{"x.policy", text.data}}}, 0, "");
        buf_str(&text, "a");
        struct policy *p = NULL;
        struct made_up m = {.files = {{"x.policy", text.data}}};
        assert_int_equal(made_up_compile(&m, &p), -EINVAL);
        assert_int_equal(m.errors, 1);
        assert_non_null(strstr(m.said.data, "x.policy:2:9: error: this word is too long\n"));
        assert_non_null(strstr(m.said.data, " ^ 65536 bytes are the most\n"));
        buf_free(&m.said);

        text.length = 0;
        buf_str(&text, "cordon 1\n");
        for (int i = 0; i < 260; i++)
                buf_printf(&text, "read /%d{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}\n", i);
        m = (struct made_up){.files = {{"x.policy", text.data}}};
        assert_int_equal(made_up_compile(&m, &p), -EINVAL);
        assert_int_equal(m.errors, 1);
        assert_non_null(strstr(m.said.data, "x.policy:246:6: error: too many rules (250000 at most)\n"));
        assert_non_null(strstr(m.said.data, "~ name directories instead of what is in them\n"));
        buf_free(&m.said);
        buf_free(&text);
}

/* What nobody would write, and what took hours when it was written: each time the work grows with the text, not faster.
 * Nothing is timed. tools/unit stops a test that takes minutes. */
static void nonsense_in_bulk_takes_no_longer(void **state)
{
        static const struct {
                const char *before, *again;
        } bulk[] = {
                {"let E=\"\"\nread /", "$E"}, {"read /", "$F"},           {"", "let A=$B\n"}, {"syscalls", " opnt"},
                {"", "wirte /x\n"},             {"use", " /x.policy"},       {"read", " $NOPE"}, {"caps keep", " chwn"},
                {"deny /a/", "[a]"},            {"deny /a/{", ","},         {"read /a", "\"\""},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(bulk) / sizeof(*bulk); i++) {
                struct buf text = {0};
                struct policy *p = NULL;
                buf_printf(&text, "cordon 1\n%s", bulk[i].before);
                while (text.length < (1u << 20))
                        buf_str(&text, bulk[i].again);
                struct made_up m = {.files = {{"x.policy", text.data}}};
                made_up_compile(&m, &p);
                assert_true(m.errors <= 100);
                policy_unref(p);
                buf_free(&m.said);
                buf_free(&text);
        }
}

/* ---- the format itself ---------------------------------------------------------------------------------------------- */

static void shows(unsigned column, unsigned width, const char *source, const char *wanted)
{
        char text[1024];
        cordon_diag d = {.severity = CORDON_ERROR, .file = "f", .line = 1, .column = column, .width = width, .message = "m",
                         .source = source};
        size_t length = cordon_diag_format(&d, text, sizeof(text));
        assert_int_equal(length, strlen(text));
        assert_string_equal(strchr(text, '\n') + 1, wanted);
}

static void carets_stand_where_people_look(void **state)
{
        (void)state;
        shows(2, 1, "\tx", "    1 |         x\n      |         ^\n");
        shows(3, 2, "a\tbc", "    1 | a       bc\n      |         ^~\n");
        shows(6, 1, "a\x1b[1mx", "    1 | a\\x1b[1mx\n      |         ^\n");
        shows(2, 1, "a\x1b!", "    1 | a\\x1b!\n      |  ^~~~\n");
        shows(4, 1, "\xc3\xa4 x", "    1 | \xc3\xa4 x\n      |   ^\n");
        shows(5, 1, "\xe6\xbc\xa2 x", "    1 | \xe6\xbc\xa2 x\n      |    ^\n");
        shows(9, 1, "short", "    1 | short\n      |      ^\n");
        shows(3, 1, "a\xffx", "    1 | a\\xffx\n      |      ^\n");
}

static void long_lines_are_cut_around_the_caret(void **state)
{
        char source[5001], text[1024];
        (void)state;
        memset(source, 'a', 5000);
        source[5000] = '\0';
        source[3000] = 'X';
        cordon_diag d = {.severity = CORDON_WARNING, .file = "f\n", .line = 7, .column = 3001, .width = 1, .message = "\x1b",
                         .source = source, .hint = "h\x07"};
        assert_true(cordon_diag_format(&d, text, sizeof(text)) < 300);
        assert_memory_equal(text, "f\\x0a:7:3001: warning: \\x1b\n", 26);
        char *shown = strchr(text, 'X'), *caret = strchr(text, '^'), *line = strchr(text, '\n') + 1;
        assert_int_equal(shown - line, caret - (strchr(line, '\n') + 1));
        assert_non_null(strstr(text, "^ h\\x07\n"));
        char small[10];
        assert_true(cordon_diag_format(&d, small, sizeof(small)) > sizeof(small));
        assert_int_equal(strlen(small), 9);
        assert_true(cordon_diag_format(&d, NULL, 0) > 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(defines),
                counted_test(all_errors_in_the_order_of_lines),
                counted_test(too_many_errors),
                counted_test(too_much_content),
                counted_test(words_and_rules_have_a_limit),
                counted_test(nonsense_in_bulk_takes_no_longer),
                counted_test(carets_stand_where_people_look),
                counted_test(long_lines_are_cut_around_the_caret),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
