/* Which socket files are the sandbox's own: those that were added, as long as nothing about them differs. */
#include "tests/unit/unit.h"

#include "broker/made.h"

static struct statx file(uint64_t number, int64_t birth, uint32_t birth_ns)
{
        return (struct statx){
                .stx_mask = MADE_WANTED,
                .stx_ino = number,
                .stx_dev_major = 8,
                .stx_dev_minor = 1,
                .stx_btime = {.tv_sec = birth, .tv_nsec = birth_ns},
        };
}

static void what_was_made_is_known(void **state)
{
        struct made *m = made_new();
        struct statx mine = file(5, 100, 7), other = mine;
        (void)state;

        assert_non_null(m);
        assert_false(made_has(m, &mine));
        assert_true(made_add(m, &mine));
        assert_true(made_has(m, &mine));
        other.stx_ino = 6;
        assert_false(made_has(m, &other));
        other = mine;
        other.stx_dev_minor = 2;
        assert_false(made_has(m, &other));
        other = mine;
        other.stx_dev_major = 9;
        assert_false(made_has(m, &other));
        other = file(5, 101, 7); /* the number was used again */
        assert_false(made_has(m, &other));
        other = file(5, 100, 8);
        assert_false(made_has(m, &other));
        assert_true(made_has(m, &mine));
        made_free(m);
}

static void without_a_birth_nothing_is_known(void **state)
{
        struct made *m = made_new();
        struct statx mine = file(5, 0, 0), born = file(5, 0, 0);
        (void)state;

        mine.stx_mask &= ~(unsigned)STATX_BTIME;
        assert_false(made_add(m, &mine));
        assert_false(made_has(m, &mine));
        assert_true(made_add(m, &born));
        assert_false(made_has(m, &mine));
        made_free(m);
}

/* Nothing is ever known that was not added; of too many the last used stay. */
static void there_are_never_too_many(void **state)
{
        enum { MANY = 100000, RECENT = 512 };
        struct made *m = made_new();
        struct statx kept = file(1, 1, 1);
        unsigned known = 0;
        (void)state;

        assert_true(made_add(m, &kept));
        for (unsigned i = 2; i < MANY; i++) {
                struct statx more = file(i, i, 0), never = file(i, i, 1);
                assert_true(made_add(m, &more));
                assert_false(made_has(m, &never));
                assert_true(made_has(m, &kept)); /* in use */
        }
        for (unsigned i = 2; i < MANY; i++) {
                struct statx one = file(i, i, 0);
                bool has = made_has(m, &one);
                known += has;
                assert_true(has || i < MANY - RECENT);
        }
        assert_true(known > 4000 && known < 9000);
        made_free(m);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(what_was_made_is_known),
                counted_test(without_a_birth_nothing_is_known),
                counted_test(there_are_never_too_many),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
