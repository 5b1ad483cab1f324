/* Growing strings: always terminated, reusable after being freed, and out of memory poisons instead of cutting. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/buf.h"

static void grows_and_stays_terminated(void **state)
{
        struct buf b = {0};
        (void)state;
        for (int i = 0; i < 10000; i++) {
                buf_add(&b, "x", 1);
                assert_int_equal(b.length, i + 1);
                assert_int_equal(b.data[i + 1], '\0');
        }
        buf_free(&b);
        assert_null(b.data);
        buf_str(&b, "again");
        assert_string_equal(b.data, "again");
        buf_free(&b);
}

static void formats_and_escapes(void **state)
{
        struct buf b = {0};
        char longer[1000];
        (void)state;
        memset(longer, 'y', 999);
        longer[999] = '\0';
        buf_printf(&b, "%d-%s", 7, longer);
        assert_int_equal(b.length, 1001);
        buf_escaped(&b, "\n");
        assert_string_equal(b.data + 1001, "\\x0a");
        buf_printf(&b, "%s", "");
        assert_int_equal(b.length, 1005);
        buf_free(&b);
}

static void bytes_may_be_nul(void **state)
{
        struct buf b = {0};
        (void)state;
        buf_add(&b, "a\0b", 3);
        assert_int_equal(b.length, 3);
        assert_memory_equal(b.data, "a\0b", 4);
        buf_free(&b);
}

static void a_poisoned_one_takes_no_more(void **state)
{
        struct buf b = {0};
        (void)state;
        buf_str(&b, "kept");
        b.bad = true;
        buf_str(&b, "lost");
        assert_string_equal(b.data, "kept");
        assert_true(b.bad);
        buf_free(&b);
        assert_false(b.bad);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(grows_and_stays_terminated),
                counted_test(formats_and_escapes),
                counted_test(bytes_may_be_nul),
                counted_test(a_poisoned_one_takes_no_more),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
