#include "tests/unit/unit.h"

#include <limits.h>
#include <string.h>

#include "base/wire.h"
#include "broker/channel.h"

static void numbers_are_little_endian_and_come_back(void **state)
{
        (void)state;
        uint8_t data[12];
        struct wire w = wire_over(data, sizeof(data));
        wire_put_u32(&w, 0x01020304);
        wire_put_u64(&w, 0x1122334455667788);
        assert_true(wire_done(&w));
        assert_int_equal(data[0], 4);
        assert_int_equal(data[11], 0x11);

        w = wire_over(data, sizeof(data));
        assert_int_equal(wire_get_u32(&w), 0x01020304);
        assert_true(wire_get_u64(&w) == 0x1122334455667788);
        assert_true(wire_done(&w));
}

static void reading_past_the_end_poisons(void **state)
{
        (void)state;
        uint8_t data[7] = {0};
        for (size_t size = 0; size < sizeof(data); size++) {
                struct wire w = wire_over(data, size);
                wire_get_u64(&w);
                assert_false(wire_ok(&w));
                assert_int_equal(wire_get_u32(&w), 0); /* and stays so */
                assert_false(wire_ok(&w));
        }
}

static void writing_past_the_end_poisons_and_touches_nothing(void **state)
{
        (void)state;
        uint8_t data[8];
        memset(data, 0xaa, sizeof(data));
        struct wire w = wire_over(data, 6);
        wire_put_bytes(&w, "abc", 3);
        assert_false(wire_ok(&w));
        assert_int_equal(data[6], 0xaa);
        assert_int_equal(data[7], 0xaa);
}

static void a_length_is_believed_only_as_far_as_the_datagram_goes(void **state)
{
        (void)state;
        static const uint32_t lies[] = {4, 5, 0x7fffffff, 0x80000000, 0xffffffff};
        size_t length;
        for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
                uint8_t data[7];
                struct wire w = wire_over(data, sizeof(data));
                wire_put_u32(&w, lies[i]);
                memcpy(data + 4, "abc", 3);
                w = wire_over(data, sizeof(data));
                assert_null(wire_get_bytes(&w, SIZE_MAX, &length));
                assert_int_equal(length, 0);
                assert_false(wire_ok(&w));
        }
        uint8_t data[7] = {3, 0, 0, 0, 'a', 'b', 'c'};
        struct wire w = wire_over(data, sizeof(data));
        assert_memory_equal(wire_get_bytes(&w, 3, &length), "abc", 3);
        assert_true(wire_done(&w));
        w = wire_over(data, sizeof(data));
        assert_null(wire_get_bytes(&w, 2, &length)); /* more than the caller has room for */
}

static void left_over_bytes_are_not_done(void **state)
{
        (void)state;
        uint8_t data[5] = {0};
        struct wire w = wire_over(data, sizeof(data));
        wire_get_u32(&w);
        assert_true(wire_ok(&w));
        assert_false(wire_done(&w));
}

static void the_longest_request_fits(void **state)
{
        (void)state;
        uint8_t data[CHANNEL_REQUEST_MOST];
        static char path[PATH_MAX - 1];
        struct wire w = wire_over(data, sizeof(data));
        for (int i = 0; i < 4; i++)
                wire_put_u32(&w, 1);
        for (int i = 0; i < 4; i++)
                wire_put_u64(&w, 1);
        assert_int_equal(w.at, CHANNEL_HEAD);
        for (int i = 0; i < 2; i++)
                wire_put_bytes(&w, path, sizeof(path));
        assert_true(wire_ok(&w));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(numbers_are_little_endian_and_come_back),
                counted_test(reading_past_the_end_poisons),
                counted_test(writing_past_the_end_poisons_and_touches_nothing),
                counted_test(a_length_is_believed_only_as_far_as_the_datagram_goes),
                counted_test(left_over_bytes_are_not_done),
                counted_test(the_longest_request_fits),
        };
        return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
