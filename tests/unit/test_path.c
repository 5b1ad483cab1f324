#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "broker/path.h"
#include "broker/resolve.h"

static void joining_tidies_and_keeps_what_only_the_kernel_knows(void **state)
{
        (void)state;
        static const struct {
                const char *base, *name, *text;
                bool dotdot, directory;
        } rows[] = {
                {"/a", "b", "/a/b", false, false},
                {"/a", "/b", "/b", false, false},
                {"/", "b", "/b", false, false},
                {"/a", ".", "/a", false, true},
                {"/a", "./b/.", "/a/b", false, true},
                {"/a", "b//c///d", "/a/b/c/d", false, false},
                {"/a", "//b/", "/b", false, true},
                {"/a", "..", "/a/..", true, false},
                {"/a", "b/../c", "/a/b/../c", true, false},
                {"/a", "..b/c..", "/a/..b/c..", false, false},
                {"/a", "...", "/a/...", false, false},
                {"/a", "/", "/", false, true},
                {"/a", "b/./", "/a/b", false, true},
        };
        struct path p;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                assert_int_equal(path_join(&p, rows[i].base, rows[i].name), 0);
                assert_string_equal(p.text, rows[i].text);
                assert_int_equal(p.length, strlen(rows[i].text));
                assert_int_equal(p.dotdot, rows[i].dotdot);
                assert_int_equal(p.directory, rows[i].directory);
        }
}

static void what_does_not_fit_is_refused_not_cut(void **state)
{
        (void)state;
        static char name[2 * PATH_MAX];
        struct path p;
        memset(name, 'x', sizeof(name) - 1);
        name[PATH_MAX - 2] = '\0'; /* "/" + PATH_MAX - 2 bytes + NUL: just fits */
        assert_int_equal(path_join(&p, "/", name), 0);
        name[PATH_MAX - 2] = 'x';
        name[PATH_MAX - 1] = '\0';
        assert_int_equal(path_join(&p, "/", name), -ENAMETOOLONG);
        assert_int_equal(path_join(&p, "/base", name + 1), -ENAMETOOLONG);
}

static void popping_ends_at_the_root(void **state)
{
        (void)state;
        struct path p;
        path_join(&p, "/", "a/b");
        path_pop(&p);
        assert_string_equal(p.text, "/a");
        path_pop(&p);
        assert_string_equal(p.text, "/");
        path_pop(&p);
        assert_string_equal(p.text, "/");
        assert_int_equal(p.length, 1);
}

static void within_is_by_component(void **state)
{
        (void)state;
        assert_true(path_within("/tmp", "/tmp"));
        assert_true(path_within("/tmp/x", "/tmp"));
        assert_false(path_within("/tmp_good_but_bad", "/tmp"));
        assert_false(path_within("/", "/tmp"));
}

static void the_files_of_pid_1_and_of_memory_are_forbidden(void **state)
{
        (void)state;
        static const struct {
                const char *path;
                bool forbidden;
        } rows[] = {
                {"/proc/1/environ", true},      {"/proc/7/environ", false}, {"/proc/1/maps", true},
                {"/proc/7/maps", false},        {"/proc/7/mem", true},      {"/proc/7/task/8/mem", true},
                {"/proc/7/task/8/stat", false}, {"/proc/1/status", false},  {"/proc/1/task/1/environ", true},
                {"/proc/1/root", true},         {"/proc/7/ns/mnt", true},   {"/proc/7/map_files/a-b", true},
                {"/proc/cpuinfo", false},       {"/proc/1", false},         {"/proc/12", false},
                {"/proc/7/memory", false},      {"/process/1/mem", false},  {"/proc/1/fd", true},
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                if (resolve_is_forbidden(rows[i].path) != rows[i].forbidden)
                        fail_msg("%s", rows[i].path);
        }
}

static void personal_paths_are_those_of_the_caller(void **state)
{
        (void)state;
        assert_true(resolve_is_personal("/proc/self"));
        assert_true(resolve_is_personal("/proc/thread-self/fd/3"));
        assert_true(resolve_is_personal("/proc/12/fd/0"));
        assert_true(resolve_is_personal("/dev/stdin"));
        assert_true(resolve_is_personal("/dev/fd/3"));
        assert_false(resolve_is_personal("/proc/selfish"));
        assert_false(resolve_is_personal("/proc/cpuinfo"));
        assert_false(resolve_is_personal("/proc/12a"));
        assert_false(resolve_is_personal("/dev/null"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(joining_tidies_and_keeps_what_only_the_kernel_knows),
                counted_test(what_does_not_fit_is_refused_not_cut),
                counted_test(popping_ends_at_the_root),
                counted_test(within_is_by_component),
                counted_test(the_files_of_pid_1_and_of_memory_are_forbidden),
                counted_test(personal_paths_are_those_of_the_caller),
        };
        return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
