/* Refusals of the filter that the broker tells of, in words, and the line that allows the call. That they are the program's own
 * is tested with the filter. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "policy/refusal.h"
#include "tests/unit/bpf_simulator.h"
#include "tests/unit/filter_wishes.h"

struct told {
        const char *call;
        uint64_t args[6];
        const char *text, *allow;
};

static void find(struct refusal *out, const struct filter_wish *wish, const struct told *t)
{
        int numbers[BROKERED_CALLS_MOST];
        struct filter_wish full = *wish;
        struct filter filter;

        full.notify = numbers;
        full.notify_count = standard_calls(numbers, FAMILY_OPEN | FAMILY_SOCKETS);
        assert_int_equal(filter_compile(&filter, &full), 0);
        assert_true(refusal_find(out, &filter, &full, syscall_number(t->call), t->args));
        filter_free(&filter);
}

static void test_words_and_lines(void **state)
{
        static const struct told table[] = {
                {"socket", {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC}, "socket AF_UNIX SOCK_DGRAM", "unix datagram"},
                {"socketpair", {AF_UNIX, SOCK_DGRAM}, "socketpair AF_UNIX SOCK_DGRAM", "unix datagram"},
                {"socketpair", {AF_INET, SOCK_DGRAM}, "socketpair AF_INET SOCK_DGRAM", ""},
                {"socket", {HIGH | AF_INET6, SOCK_STREAM}, "socket AF_INET6 SOCK_STREAM",
                 "net host # or, if that is enough: net loopback"},
                {"socket", {AF_INET, SOCK_RAW, IPPROTO_TCP}, "socket AF_INET SOCK_RAW", ""},
                {"socket", {AF_PACKET, SOCK_RAW}, "socket AF_PACKET SOCK_RAW", ""},
                {"socket", {77, 9}, "socket 0x4d 0x9", ""},
                {"ioctl", {0, 0x5412}, "ioctl TIOCSTI", ""},
                {"mount", {0}, "mount", ""},
                {"sched_setattr", {0}, NULL, NULL},
        };
        const struct filter_wish none = {.net = NET_NONE}, some = {.net = NET_HOST};
        struct refusal r;
        (void)state;

        for (size_t i = 0; table[i].text; i++) {
                find(&r, &none, &table[i]);
                assert_string_equal(r.text, table[i].text);
                assert_string_equal(r.allow, table[i].allow);
                assert_null(r.by);
                assert_int_equal(r.reason == NULL, *r.allow != '\0');
        }
        find(&r, &some, &(struct told){"socket", {AF_INET, SOCK_RAW}, NULL, NULL}); /* more than `net host` is nowhere to be had */
        assert_string_equal(r.allow, "");
        assert_non_null(r.reason);
}

static void test_lines_about_calls(void **state)
{
        static const struct syscall_rule allow[] = {{.action = CALL_ALLOW, .name = "@basic", .text = "syscalls @basic"}};
        static const struct syscall_rule deny[] = {
                {.action = CALL_DENY, .name = "uname", .text = "syscalls deny uname", .origin = {"a.policy", 7}}};
        const struct told sockets = {"socket", {AF_UNIX, SOCK_STREAM}, NULL, NULL}, names = {"uname", {0}, NULL, NULL};
        struct refusal r;
        (void)state;

        find(&r, &(struct filter_wish){RULES(allow)}, &sockets);
        assert_string_equal(r.allow, "syscalls socket");
        find(&r, &(struct filter_wish){RULES(deny)}, &names); /* somebody meant it */
        assert_string_equal(r.allow, "");
        assert_ptr_equal(r.by, &deny[0]);
        assert_int_equal(r.error, EPERM);
        find(&r, &(struct filter_wish){.net = NET_NONE}, &(struct told){"acct", {0}, NULL, NULL});
        assert_non_null(r.reason);
}

static void test_what_is_not_refused(void **state)
{
        int numbers[BROKERED_CALLS_MOST];
        struct filter_wish wish = {.notify = numbers, .notify_count = standard_calls(numbers, FAMILY_OPEN)};
        const uint64_t args[6] = {0};
        struct refusal r;
        struct filter filter;
        (void)state;

        assert_int_equal(filter_compile(&filter, &wish), 0);
        assert_false(refusal_find(&r, &filter, &wish, syscall_number("read"), args));
        assert_int_equal(r.error, EPERM); /* all the same */
        assert_false(refusal_find(&r, &filter, &wish, syscall_number("openat"), args));
        assert_false(refusal_find(&r, &filter, &wish, 100000, args));
        assert_false(refusal_find(&r, &filter, &wish, -1, args));
        filter_free(&filter);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(test_words_and_lines),
                counted_test(test_lines_about_calls),
                counted_test(test_what_is_not_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
