/* view-bounds-broker, at the lowest place: the three ways in which the broker opens anything of a view. What is refused
 * has its opposite beside it. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/server.h"

static char top[] = "/tmp/bounds-XXXXXX";
static struct view view;

static const char *at(const char *path)
{
        static char full[4200];
        snprintf(full, sizeof(full), "%s%s", top, path);
        return full;
}

/* Beside the view lies what it must not lead to. */
static int make_tree(void **state)
{
        (void)state;
        if (!mkdtemp(top))
                return -1;
        mkdir(at("/view"), 0755);
        mkdir(at("/view/dir"), 0755);
        mkdir(at("/outside"), 0755);
        close(open(at("/view/dir/file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        if (symlink("../../outside", at("/view/dir/up")) || symlink("/dir/file", at("/view/absolute")) ||
            symlink("dir", at("/view/link")))
                return -1;
        return 0;
}

static int remove_tree(void **state)
{
        (void)state;
        char command[4300];
        snprintf(command, sizeof(command), "rm -rf %s", top);
        return system(command);
}

static int start(void **state)
{
        *state = (void *)(intptr_t)fd_count();
        view.root = open(at("/view"), O_PATH | O_DIRECTORY | O_CLOEXEC);
        view.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
        view.self = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return view.root < 0 || view.proc < 0 || view.self < 0 ? -1 : 0;
}

static int stop(void **state)
{
        view.root = fd_close(view.root);
        view.proc = fd_close(view.proc);
        view.self = fd_close(view.self);
        return unit_after(state);
}

#define view_test(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

/* 0 for what was opened, else -errno. */
static int outcome(int fd)
{
        fd_close(fd);
        return fd < 0 ? fd : 0;
}

/* ---- tests ---------------------------------------------------------------------------------------------------- */

static void the_root_is_the_views(void **state)
{
        (void)state;
        static const char *const out[] = {"/outside", "../outside", "/dir/../../outside", "/usr", "../../../usr"};
        for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
                assert_int_equal(outcome(view_open(&view, out[i], O_PATH, 0)), -ENOENT);
                assert_int_equal(outcome(view_pin(&view, out[i], true)), -ENOENT);
        }
        assert_int_equal(outcome(view_pin(&view, "/dir/up", true)), -ENOENT);
        assert_int_equal(outcome(view_open(&view, "/../../dir/../dir/file", O_RDONLY, 0)), 0);
        assert_int_equal(outcome(view_pin(&view, "/absolute", true)), 0);
}

static void opening_follows_no_link(void **state)
{
        (void)state;
        assert_int_equal(outcome(view_open(&view, "/absolute", O_RDONLY, 0)), -ELOOP);
        assert_int_equal(outcome(view_open(&view, "/link/file", O_RDONLY, 0)), -ELOOP);
        assert_int_equal(outcome(view_open(&view, "/dir/file", O_RDONLY, 0)), 0);
        assert_int_equal(outcome(view_pin(&view, "/link/file", true)), 0); /* pinning does; what it gives is vetted */
}

/* Magic links lead to whatever a process holds, out of any view: with /proc as the view, its own. */
static void no_magic_link_is_followed(void **state)
{
        (void)state;
        static const char *const names[] = {"self/root", "self/cwd", "self/exe", "self/root/usr", "self/ns/mnt"};
        struct view proc = view;
        proc.root = view.proc;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                assert_int_equal(outcome(view_open(&proc, names[i], O_RDONLY, 0)), -ELOOP);
                assert_int_equal(outcome(view_pin(&proc, names[i], true)), -ELOOP);
                assert_int_equal(outcome(view_pin_scoped(proc.root, names[i], 0, true)), -ELOOP);
                int fd = openat(proc.root, names[i], O_PATH | O_CLOEXEC); /* the control: a plain look-up does */
                assert_true(fd >= 0);
                close(fd);
        }
        assert_int_equal(outcome(view_pin(&proc, "self/status", true)), 0); /* /proc/self itself is an ordinary link */
        assert_int_equal(outcome(view_pin(&proc, "self/exe", false)), 0);
        assert_int_equal(outcome(view_pin_scoped(proc.root, "self/status", 0, true)), 0);
}

static void what_is_opened_is_closed_by_exec(void **state)
{
        (void)state;
        int fds[] = {view_open(&view, "/dir/file", O_RDONLY, 0), view_pin(&view, "/link", true),
                     view_pin_scoped(view.root, "link", 0, true)};
        for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
                assert_true(fds[i] >= 0);
                assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
                close(fds[i]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                view_test(the_root_is_the_views),
                view_test(opening_follows_no_link),
                view_test(no_magic_link_is_followed),
                view_test(what_is_opened_is_closed_by_exec),
        };
        return cmocka_run_group_tests_name("bounds", tests, make_tree, remove_tree);
}
