/* cordon_escape: what a sandbox chose never reaches a terminal raw, and what people write stays readable. */
#include "tests/unit/unit.h"

#include <string.h>

#include "cordon.h"

static void escapes(const char *raw, const char *wanted)
{
        char out[256];
        assert_int_equal(cordon_escape(raw, out, sizeof(out)), strlen(wanted));
        assert_string_equal(out, wanted);
}

static void plain_text_stays(void **state)
{
        (void)state;
        escapes("", "");
        escapes("/home/u/a b~!\"'\\", "/home/u/a b~!\"'\\");
        escapes("größe 漢字 😀", "größe 漢字 😀");
}

static void what_a_terminal_obeys_is_escaped(void **state)
{
        (void)state;
        escapes("\x1b[2J", "\\x1b[2J");
        escapes("a\nb\r\t\x7f\x01", "a\\x0ab\\x0d\\x09\\x7f\\x01");
        escapes("\xc2\x9b" "2J", "\\xc2\\x9b2J");              /* a C1 control in UTF-8 */
        escapes("\xe2\x80\xae" "gpj", "\\xe2\\x80\\xaegpj"); /* writes backwards */
        escapes("\xe2\x80\xa8", "\\xe2\\x80\\xa8");          /* a line separator */
}

static void what_is_not_utf8_is_escaped(void **state)
{
        (void)state;
        escapes("\xff" "a", "\\xffa");
        escapes("\xc3", "\\xc3");                       /* cut short */
        escapes("\xc0\xaf", "\\xc0\\xaf");               /* a slash, written too long */
        escapes("\xed\xa0\x80", "\\xed\\xa0\\x80");       /* half a surrogate pair */
        escapes("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"); /* beyond Unicode */
        escapes("\xe6\xbc" "a", "\\xe6\\xbca");
}

static void it_is_cut_at_a_whole_character(void **state)
{
        char out[8];
        (void)state;
        memset(out, '#', sizeof(out));
        assert_int_equal(cordon_escape("ab\x1bzz", out, 6), 8);
        assert_string_equal(out, "ab"); /* neither half an escape, nor what comes behind it */
        assert_int_equal(cordon_escape("aä", out, 3), 3);
        assert_string_equal(out, "a");
        assert_int_equal(cordon_escape("aä", out, 4), 3);
        assert_string_equal(out, "aä");
        assert_int_equal(cordon_escape("abc", NULL, 0), 3);
        assert_int_equal(cordon_escape("abc", out, 1), 3);
        assert_string_equal(out, "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(plain_text_stays),
                counted_test(what_a_terminal_obeys_is_escaped),
                counted_test(what_is_not_utf8_is_escaped),
                counted_test(it_is_cut_at_a_whole_character),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
