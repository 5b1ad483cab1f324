#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"

static void pair(int fds[2])
{
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
}

static void closing_keeps_errno_and_takes_negatives(void **state)
{
        (void)state;
        errno = EXDEV;
        assert_int_equal(fd_close(-1), FD_NONE);
        assert_int_equal(fd_close(dup(0)), FD_NONE);
        assert_int_equal(errno, EXDEV);
}

static void cleanup_closes_and_take_gives_away(void **state)
{
        (void)state;
        int kept;
        {
                cleanup_fd int dropped = dup(0);
                cleanup_fd int given = dup(0);
                assert_true(dropped >= 0);
                kept = fd_take(&given);
                assert_int_equal(given, FD_NONE);
        }
        assert_true(fcntl(kept, F_GETFD) >= 0);
        close(kept);
}

static void descriptors_travel_and_arrive_close_on_exec(void **state)
{
        (void)state;
        int s[2];
        struct fd_received got;
        char data[4];
        pair(s);
        assert_int_equal(fd_send(s[0], "hey", 3, (int[]){0, 1}, 2), 0);
        assert_int_equal(fd_receive(s[1], data, sizeof(data), &got, 2, 0), 0);
        assert_int_equal(got.length, 3);
        assert_memory_equal(data, "hey", 3);
        assert_int_equal(got.count, 2);
        for (unsigned i = 0; i < got.count; i++) {
                assert_int_equal(fcntl(got.fds[i], F_GETFD), FD_CLOEXEC);
                close(got.fds[i]);
        }
        close(s[0]);
        close(s[1]);
}

/* The trap: a control buffer for one descriptor has room for two on 64 bit. */
static void a_surplus_descriptor_is_refused_and_closed(void **state)
{
        (void)state;
        int s[2], three[3] = {0, 1, 2};
        struct fd_received got;
        char data[4];
        pair(s);
        for (unsigned most = 0; most < 3; most++) {
                int before = fd_count();
                assert_int_equal(fd_send(s[0], "x", 1, three, most + 1), 0);
                assert_int_equal(fd_receive(s[1], data, sizeof(data), &got, most, 0), -EBADMSG);
                assert_int_equal(got.count, 0);
                assert_int_equal(fd_count(), before);
                assert_int_equal(fd_send(s[0], "x", 1, three, most), 0); /* control: as many as allowed */
                assert_int_equal(fd_receive(s[1], data, sizeof(data), &got, most, 0), 0);
                for (unsigned i = 0; i < got.count; i++)
                        close(got.fds[i]);
        }
        close(s[0]);
        close(s[1]);
}

/* More than the control buffer holds: MSG_CTRUNC, and what did arrive must not stay open. */
static void a_truncated_control_message_is_refused_and_closed(void **state)
{
        (void)state;
        enum { MANY = 100 };
        int s[2], fds[MANY];
        struct fd_received got;
        char data[1];
        union {
                char bytes[CMSG_SPACE(sizeof(int) * MANY)];
                struct cmsghdr align;
        } control = {0};
        struct iovec iov = {data, 1};
        struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof(control.bytes)};
        pair(s);
        for (int i = 0; i < MANY; i++)
                fds[i] = 0;
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(sizeof(fds));
        memcpy(CMSG_DATA(h), fds, sizeof(fds));
        int before = fd_count();
        assert_int_equal(sendmsg(s[0], &m, 0), 1);
        assert_int_equal(fd_receive(s[1], data, 1, &got, FD_PASS_MAX, 0), -EBADMSG);
        assert_int_equal(fd_count(), before);
        close(s[0]);
        close(s[1]);
}

static void a_truncated_datagram_is_refused_and_its_descriptors_closed(void **state)
{
        (void)state;
        int s[2];
        struct fd_received got;
        char data[2];
        pair(s);
        assert_int_equal(fd_send(s[0], "xyz", 3, (int[]){0}, 1), 0);
        assert_int_equal(fd_receive(s[1], data, 2, &got, 1, 0), -EBADMSG);
        assert_int_equal(fd_send(s[0], "xy", 2, (int[]){0}, 1), 0); /* control */
        assert_int_equal(fd_receive(s[1], data, 2, &got, 1, 0), 0);
        close(got.fds[0]);
        close(s[0]);
        close(s[1]);
}

static void the_end_of_the_stream_and_nothing_there_differ(void **state)
{
        (void)state;
        int s[2];
        struct fd_received got;
        char data[2];
        pair(s);
        assert_int_equal(fd_receive(s[1], data, 2, &got, 0, MSG_DONTWAIT), -EAGAIN);
        close(s[0]);
        assert_int_equal(fd_receive(s[1], data, 2, &got, 0, 0), -EPIPE);
        assert_int_equal(fd_send(s[1], "x", 1, NULL, 0), -EPIPE); /* and no SIGPIPE */
        close(s[1]);
}

static void the_kernel_names_the_sender_where_asked(void **state)
{
        (void)state;
        int s[2], on = 1;
        struct fd_received got;
        char data[2];
        pair(s);
        assert_int_equal(fd_send(s[0], "x", 1, NULL, 0), 0);
        assert_int_equal(fd_receive(s[1], data, 2, &got, 0, 0), 0);
        assert_int_equal(got.pid, 0);
        assert_int_equal(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
        assert_int_equal(fd_send(s[0], "x", 1, NULL, 0), 0);
        assert_int_equal(fd_receive(s[1], data, 2, &got, 0, 0), 0);
        assert_int_equal(got.pid, getpid());
        close(s[0]);
        close(s[1]);
}

static void a_full_socket_does_not_block_a_try(void **state)
{
        (void)state;
        int s[2], r;
        pair(s);
        unsigned sent = 0;
        while ((r = fd_try_send(s[0], "x", 1, NULL, 0)) == 0 && sent < 1000000)
                sent++;
        assert_int_equal(r, -EAGAIN);
        close(s[0]);
        close(s[1]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(closing_keeps_errno_and_takes_negatives),
                counted_test(cleanup_closes_and_take_gives_away),
                counted_test(descriptors_travel_and_arrive_close_on_exec),
                counted_test(a_surplus_descriptor_is_refused_and_closed),
                counted_test(a_truncated_control_message_is_refused_and_closed),
                counted_test(a_truncated_datagram_is_refused_and_its_descriptors_closed),
                counted_test(the_end_of_the_stream_and_nothing_there_differ),
                counted_test(the_kernel_names_the_sender_where_asked),
                counted_test(a_full_socket_does_not_block_a_try),
        };
        return cmocka_run_group_tests_name("fd", tests, NULL, NULL);
}
