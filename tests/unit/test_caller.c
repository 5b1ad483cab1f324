/* Reading what belongs to another: this process stands in for the caller. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"

enum { PAGE = 4096 };

/* Two pages of which the second cannot be read. */
static char *two_pages(void)
{
        char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(p, MAP_FAILED);
        assert_int_equal(mprotect(p + PAGE, PAGE, PROT_NONE), 0);
        return p;
}

static ssize_t get(const char *at, char *out, size_t size)
{
        return caller_string(getpid(), (uint64_t)(uintptr_t)at, out, size);
}

static void a_string_may_end_with_the_last_readable_byte(void **state)
{
        (void)state;
        char out[64], *p = two_pages();
        strcpy(p + PAGE - 4, "abc");
        assert_int_equal(get(p + PAGE - 4, out, sizeof(out)), 3);
        assert_string_equal(out, "abc");
        memcpy(p + PAGE - 4, "abcd", 4); /* its end is now out of reach */
        assert_int_equal(get(p + PAGE - 4, out, sizeof(out)), -EFAULT);
        munmap(p, 2 * PAGE);
}

static void strings_of_any_length_and_place_come_over(void **state)
{
        (void)state;
        static char source[3 * PAGE], out[PAGE];
        static const size_t lengths[] = {0, 1, 255, 256, 257, 4094, 4095};
        for (size_t shift = 0; shift < PAGE; shift += 97) {
                for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
                        memset(source, 'x', sizeof(source));
                        source[shift + lengths[i]] = '\0';
                        assert_int_equal(get(source + shift, out, sizeof(out)), lengths[i]);
                        assert_int_equal(strlen(out), lengths[i]);
                }
        }
        memset(source, 'x', sizeof(source));
        assert_int_equal(get(source, out, sizeof(out)), -ENAMETOOLONG);
}

static void unreadable_memory_is_efault(void **state)
{
        (void)state;
        char out[64];
        assert_int_equal(get(NULL, out, sizeof(out)), -EFAULT);
        assert_int_equal(get((const char *)(uintptr_t)-1, out, sizeof(out)), -EFAULT);
        assert_int_equal(caller_bytes(getpid(), 0, out, 8), -EFAULT);
}

static void a_dead_caller_is_esrch(void **state)
{
        (void)state;
        char out[64];
        pid_t pid = fork();
        if (pid == 0)
                _exit(0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(caller_string(pid, (uint64_t)(uintptr_t)out, out, sizeof(out)), -ESRCH);
}

static void bases_are_directories_by_path(void **state)
{
        (void)state;
        char out[PATH_MAX], cwd[PATH_MAX];
        cleanup_fd int proc = open("/proc", O_PATH | O_CLOEXEC);
        cleanup_fd int dir = open("/usr", O_PATH | O_CLOEXEC);
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        assert_non_null(getcwd(cwd, sizeof(cwd)));
        assert_int_equal(caller_base(proc, getpid(), AT_FDCWD, out, sizeof(out)), 0);
        assert_string_equal(out, cwd);
        assert_int_equal(caller_base(proc, getpid(), dir, out, sizeof(out)), 0);
        assert_string_equal(out, "/usr");
        assert_int_equal(caller_base(proc, getpid(), 987, out, sizeof(out)), -EBADF);
        assert_int_equal(caller_base(proc, getpid(), -5, out, sizeof(out)), -EBADF);
        assert_int_equal(caller_base(proc, getpid(), pipes[0], out, sizeof(out)), -ENOTDIR);
        close(pipes[0]);
        close(pipes[1]);
}

static void a_removed_directory_is_no_base(void **state)
{
        (void)state;
        char out[PATH_MAX], name[] = "/tmp/caller-XXXXXX";
        cleanup_fd int proc = open("/proc", O_PATH | O_CLOEXEC);
        assert_non_null(mkdtemp(name));
        cleanup_fd int dir = open(name, O_PATH | O_CLOEXEC);
        char marked[] = "/tmp/caller-XXXXXX (deleted)"; /* a name that only looks like it */
        memcpy(marked, name, sizeof(name) - 1);
        assert_int_equal(mkdir(marked, 0700), 0);
        cleanup_fd int there = open(marked, O_PATH | O_CLOEXEC);
        assert_int_equal(caller_base(proc, getpid(), there, out, sizeof(out)), 0);
        assert_string_equal(out, marked);
        assert_int_equal(rmdir(marked), 0);
        assert_int_equal(caller_base(proc, getpid(), there, out, sizeof(out)), -ENOENT);
        assert_int_equal(caller_base(proc, getpid(), dir, out, sizeof(out)), 0);
        assert_int_equal(rmdir(name), 0);
        assert_int_equal(caller_base(proc, getpid(), dir, out, sizeof(out)), -ENOENT);
}

static void status_tells_umask_and_ids(void **state)
{
        (void)state;
        struct caller_status status;
        cleanup_fd int proc = open("/proc", O_PATH | O_CLOEXEC);
        mode_t old = umask(0137);
        assert_int_equal(caller_status(proc, getpid(), &status), 0);
        umask(old);
        assert_int_equal(status.umask, 0137);
        assert_int_equal(status.tgid, getpid());
        assert_int_equal(status.ns_tgid, getpid());
        assert_true(caller_status(proc, 0x3ffffff, &status) < 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(a_string_may_end_with_the_last_readable_byte),
                counted_test(strings_of_any_length_and_place_come_over),
                counted_test(unreadable_memory_is_efault),
                counted_test(a_dead_caller_is_esrch),
                counted_test(bases_are_directories_by_path),
                counted_test(a_removed_directory_is_no_base),
                counted_test(status_tells_umask_and_ids),
        };
        return cmocka_run_group_tests_name("caller", tests, NULL, NULL);
}
