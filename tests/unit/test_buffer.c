#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "cordon.h"

#define SIZE ((size_t)1 << 16)
#define ALL_SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

static cordon_buffer *filled(size_t size)
{
        cordon_buffer *b = NULL;
        assert_int_equal(cordon_buffer_new(&b, "test", size, NULL), 0);
        memset(cordon_buffer_data(b), 'a', size);
        return b;
}

static cordon_buffer *sealed(size_t size, size_t length)
{
        cordon_buffer *b = filled(size);
        assert_int_equal(cordon_buffer_seal(b, length, NULL), 0);
        return b;
}

static bool is_all(const char *data, size_t length, char c)
{
        for (size_t i = 0; i < length; i++)
                if (data[i] != c)
                        return false;
        return true;
}

static void a_buffer_travels_and_is_what_it_was(void **state)
{
        int types[] = {SOCK_SEQPACKET, SOCK_STREAM}, s[2];
        (void)state;

        for (size_t i = 0; i < 2; i++) {
                cordon_buffer *b = filled(SIZE), *got = NULL;
                assert_int_equal(socketpair(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s), 0);
                assert_int_equal(cordon_buffer_send(b, s[0], NULL), -EINVAL);
                assert_int_equal(cordon_buffer_receive(&got, s[1], SIZE, NULL), -EAGAIN);
                assert_int_equal(cordon_buffer_seal(b, SIZE - 5, NULL), 0);
                assert_int_equal(cordon_buffer_send(b, s[0], NULL), 0);
                b = cordon_buffer_free(b);
                assert_int_equal(cordon_buffer_receive(&got, s[1], SIZE, NULL), 0);
                assert_int_equal(cordon_buffer_size(got), SIZE - 5);
                assert_true(is_all(cordon_buffer_data(got), SIZE - 5, 'a'));
                assert_int_equal(fcntl(cordon_buffer_fd(got), F_GETFD), FD_CLOEXEC);
                cordon_buffer_free(got);
                close(s[0]);
                assert_int_equal(cordon_buffer_receive(&got, s[1], SIZE, NULL), -EPIPE);
                close(s[1]);
        }
}

/* Everything that changes a file; how many of them work. */
static unsigned changes(int fd)
{
        unsigned worked = 0;
        off_t size = lseek(fd, 0, SEEK_END);
        void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

        worked += at != MAP_FAILED;
        if (at != MAP_FAILED)
                munmap(at, 4096);
        worked += pwrite(fd, "x", 1, 0) == 1;
        worked += ftruncate(fd, size + 4096) == 0;
        worked += ftruncate(fd, 1) == 0;
        worked += fallocate(fd, 0, 0, size + 8192) == 0;
        worked += fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;
        worked += fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0;
        return worked;
}

static void what_is_sealed_is_changed_by_nobody(void **state)
{
        char name[64];
        (void)state;

        cordon_buffer *open_one = filled(SIZE), *b = sealed(SIZE, SIZE);
        assert_int_equal(changes(cordon_buffer_fd(open_one)), 7);
        assert_int_equal(changes(cordon_buffer_fd(b)), 0);
        snprintf(name, sizeof(name), "/proc/self/fd/%d", cordon_buffer_fd(b));
        int again = open(name, O_RDWR | O_CLOEXEC); /* as whoever made it may */
        assert_true(again >= 0);
        assert_int_equal(changes(again), 0);
        close(again);
        assert_int_equal(cordon_buffer_seal(b, SIZE, NULL), -EINVAL);
        assert_true(is_all(cordon_buffer_data(b), SIZE, 'a'));
        assert_int_equal(mprotect(cordon_buffer_data(b), SIZE, PROT_READ), 0);
        cordon_buffer_free(b);
        cordon_buffer_free(open_one);
}

static int memory(size_t size, int seals)
{
        int fd = memfd_create("other", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        assert_true(fd >= 0);
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
        return fd;
}

static void expect_open(int fd, size_t most, int expected)
{
        cordon_buffer *b = NULL;
        cordon_error error = {0};
        assert_int_equal(cordon_buffer_open(&b, fd, most, &error), expected);
        assert_int_equal(error.code, -expected);
        assert_true(!expected == !*error.text);
        cordon_buffer_free(b);
        fd_close(fd);
}

static void what_could_change_is_not_taken(void **state)
{
        int pipes[2];
        (void)state;

        expect_open(memory(SIZE, ALL_SEALS), SIZE, 0);
        expect_open(memory(SIZE, ALL_SEALS | F_SEAL_SEAL), SIZE, 0);
        expect_open(memory(SIZE, ALL_SEALS & ~F_SEAL_WRITE), SIZE, -EPERM);
        expect_open(memory(SIZE, (ALL_SEALS & ~F_SEAL_WRITE) | F_SEAL_FUTURE_WRITE), SIZE, -EPERM);
        expect_open(memory(SIZE, ALL_SEALS & ~F_SEAL_SHRINK), SIZE, -EPERM);
        expect_open(memory(SIZE, ALL_SEALS & ~F_SEAL_GROW), SIZE, -EPERM);
        expect_open(memory(SIZE, 0), SIZE, -EPERM);
        expect_open(memory(SIZE + 1, ALL_SEALS), SIZE, -EFBIG);
        expect_open(memory((size_t)1 << 45, ALL_SEALS), SIZE, -EFBIG);
        expect_open(memory(0, ALL_SEALS), 0, 0);
        expect_open(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), SIZE, -EINVAL);
        expect_open(open("/", O_PATH | O_CLOEXEC), SIZE, -EBADF);
        expect_open(-1, SIZE, -EBADF);
        assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
        expect_open(pipes[0], SIZE, -EINVAL);
        close(pipes[1]);
        int huge = memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);
        if (huge >= 0) {
                assert_int_equal(fcntl(huge, F_ADD_SEALS, ALL_SEALS), 0);
                expect_open(huge, SIZE, -EINVAL);
        }
}

static void a_mapping_for_writing_elsewhere_stands_in_the_way(void **state)
{
        (void)state;
        cordon_buffer *b = filled(SIZE);
        char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, cordon_buffer_fd(b), 0);
        assert_ptr_not_equal(at, MAP_FAILED);
        assert_int_equal(cordon_buffer_seal(b, SIZE, NULL), -EBUSY);
        assert_int_equal(mprotect(at, SIZE, PROT_READ), 0); /* it could be for writing again */
        assert_int_equal(cordon_buffer_seal(b, SIZE, NULL), -EBUSY);
        assert_true(is_all(cordon_buffer_data(b), SIZE, 'a'));
        memset(cordon_buffer_data(b), 'b', SIZE); /* it is still one that can be filled */
        munmap(at, SIZE);
        assert_int_equal(cordon_buffer_seal(b, 10, NULL), 0);
        assert_true(is_all(cordon_buffer_data(b), 10, 'b'));
        cordon_buffer_free(b);
}

static void something_else_comes(void **state)
{
        int s[2], one = memory(SIZE, ALL_SEALS), two[] = {one, one};
        cordon_buffer *got = NULL;
        (void)state;

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s), 0);
        assert_int_equal(fd_send(s[0], "b", 1, NULL, 0), 0);
        assert_int_equal(cordon_buffer_receive(&got, s[1], SIZE, NULL), -EBADMSG);
        assert_int_equal(fd_send(s[0], "b", 1, two, 2), 0);
        assert_int_equal(cordon_buffer_receive(&got, s[1], SIZE, NULL), -EBADMSG);
        assert_int_equal(fd_send(s[0], "c", 1, two, 1), 0);
        assert_int_equal(cordon_buffer_receive(&got, s[1], SIZE, NULL), -EBADMSG);
        assert_int_equal(fd_send(s[0], "bb", 2, two, 1), 0);
        assert_int_equal(cordon_buffer_receive(&got, s[1], SIZE, NULL), -EBADMSG);
        assert_int_equal(fd_send(s[0], "b", 1, two, 1), 0);
        assert_int_equal(cordon_buffer_receive(&got, s[1], SIZE - 1, NULL), -EFBIG);
        assert_int_equal(fd_send(s[0], "b", 1, two, 1), 0);
        assert_int_equal(cordon_buffer_receive(&got, s[1], SIZE, NULL), 0);
        cordon_buffer_free(got);
        close(one);
        close(s[0]);
        close(s[1]);
}

/* ---- a hostile one -------------------------------------------------------------------------------------------------------- */

/* Does all it can to the file until it is killed. */
static pid_t start_hostile(int fd)
{
        pid_t pid = fork();
        if (pid != 0)
                return pid;
        for (;;) {
                changes(fd);
                if (ftruncate(fd, 0) == 0 && ftruncate(fd, (off_t)SIZE) < 0)
                        _exit(1);
        }
}

/* How a process ends that reads it a thousand times: 0, it was always the same; 1, it was not; a signal: it faulted. */
static int read_often(const char *data, size_t size)
{
        int status;
        pid_t pid = fork();
        if (pid == 0) {
                for (int i = 0; i < 1000; i++)
                        if (!is_all(data, size, 'a'))
                                _exit(1);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void end(pid_t pid)
{
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_hostile_one_neither_faults_nor_fools(void **state)
{
        cordon_buffer *mine = NULL;
        (void)state;

        /* Without the seals it works: what was read is another, or there is nothing any more. */
        int fd = memory(SIZE, 0);
        char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        assert_ptr_not_equal(at, MAP_FAILED);
        memset(at, 'a', SIZE);
        pid_t hostile = start_hostile(fd);
        int fooled = read_often(at, SIZE);
        assert_true(fooled == 1 || fooled == -SIGBUS);
        end(hostile);
        munmap(at, SIZE);
        close(fd);

        cordon_buffer *theirs = sealed(SIZE, SIZE);
        hostile = start_hostile(cordon_buffer_fd(theirs));
        assert_int_equal(cordon_buffer_open(&mine, cordon_buffer_fd(theirs), SIZE, NULL), 0);
        assert_int_equal(read_often(cordon_buffer_data(mine), SIZE), 0);
        end(hostile);
        cordon_buffer_free(mine);
        cordon_buffer_free(theirs);
}

static void nothing_is_a_buffer_too(void **state)
{
        (void)state;
        cordon_buffer *b = NULL;
        assert_int_equal(cordon_buffer_new(&b, NULL, 0, NULL), 0);
        assert_null(cordon_buffer_data(b));
        assert_int_equal(cordon_buffer_seal(b, 1, NULL), -EINVAL);
        assert_int_equal(cordon_buffer_seal(b, 0, NULL), 0);
        assert_int_equal(cordon_buffer_size(b), 0);
        cordon_buffer_free(b);
        assert_null(cordon_buffer_free(NULL));
        assert_int_equal(cordon_buffer_new(&b, NULL, SIZE_MAX, NULL), -EFBIG);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(a_buffer_travels_and_is_what_it_was),
                counted_test(what_is_sealed_is_changed_by_nobody),
                counted_test(what_could_change_is_not_taken),
                counted_test(a_mapping_for_writing_elsewhere_stands_in_the_way),
                counted_test(something_else_comes),
                counted_test(a_hostile_one_neither_faults_nor_fools),
                counted_test(nothing_is_a_buffer_too),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
