/* A filter made at build time is the one that would be made now; whatever else is wished is made now. */
#include "tests/unit/unit.h"

#include <string.h>

#include "policy/standard.h"

static void every_standard_filter_is_what_would_be_made(void **state)
{
        (void)state;
        unsigned count = 0;
        for (const struct standard_filter *f = standard_filters; f->length; f++, count++) {
                int numbers[BROKERED_CALLS_MOST];
                struct filter_wish wish = standard_expand(&f->wish, numbers);
                struct filter made, got;
                assert_int_equal(filter_compile(&made, &wish), 0);
                assert_int_equal(filter_get(&got, &wish), 0);
                assert_true(got.borrowed);
                assert_int_equal(got.notify, made.notify);
                assert_int_equal(got.program.len, made.program.len);
                assert_memory_equal(got.program.filter, made.program.filter, made.program.len * sizeof(struct sock_filter));
                filter_free(&made);
                filter_free(&got);
        }
        assert_int_equal(count, 2 * 3 * 3); /* @default or @basic; nothing, opens, or names too; three kinds of network */
}

static void no_two_wishes_share_a_program(void **state)
{
        (void)state;
        for (const struct standard_filter *a = standard_filters; a->length; a++) {
                for (const struct standard_filter *b = standard_filters; b != a; b++)
                        assert_memory_not_equal(&a->wish, &b->wish, sizeof(a->wish));
        }
}

static void other_wishes_are_made_to_measure(void **state)
{
        (void)state;
        static const struct syscall_rule others[] = {
                {.name = "@basic-io"}, {.action = CALL_DENY, .name = "@basic"}, {.name = "@basic"}, {.name = "socket"}};
        static const size_t ranges[][2] = {{0, 1}, {1, 1}, {2, 2}};
        for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
                struct filter_wish wish = {.rules = others + ranges[i][0], .rule_count = ranges[i][1]};
                struct filter got;
                assert_int_equal(filter_get(&got, &wish), 0);
                assert_false(got.borrowed);
                assert_non_null(got.rules);
                filter_free(&got);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(every_standard_filter_is_what_would_be_made),
                counted_test(no_two_wishes_share_a_program),
                counted_test(other_wishes_are_made_to_measure),
        };
        return cmocka_run_group_tests_name("standard", tests, NULL, NULL);
}
