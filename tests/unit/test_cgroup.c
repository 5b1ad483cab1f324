/* Where a cgroup can be had, asked of trees that are made up; and what becomes of a leaf, in a directory that is no cgroup. What the
 * kernel does with one is in tests/integration/limits.sh. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/cgroup.h"
#include "tests/unit/directory.h"

static char top[PATH_MAX];
static unsigned tops;

static void fresh(void)
{
        assert_non_null(getcwd(top, sizeof(top)));
        snprintf(top + strlen(top), sizeof(top) - strlen(top), "/host%u", tops++);
        assert_int_equal(mkdir(top, 0755), 0);
}

static void put(const char *path, const char *text)
{
        char whole[PATH_MAX + 128];
        int length = snprintf(whole, sizeof(whole), "%s/sys/fs/cgroup%s", top, path);

        for (char *slash = whole + strlen(top) + 1; (slash = strchr(slash, '/')); slash++) {
                *slash = '\0';
                assert_true(mkdir(whole, 0755) == 0 || errno == EEXIST);
                *slash = '/';
        }
        if (whole[length - 1] == '/')
                return;
        cleanup_fd int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static const char *get(const char *path)
{
        static char text[256];
        char whole[PATH_MAX + 128];

        snprintf(whole, sizeof(whole), "%s/sys/fs/cgroup%s", top, path);
        cleanup_fd int fd = open(whole, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        text[got > 0 ? got : 0] = '\0';
        return text;
}

/* As the kernel shows one; `procs` NULL: not ours to put a process into. The root has no type. */
static void group(const char *path, const char *controllers, const char *control, const char *procs)
{
        char file[256];
        const struct {
                const char *name, *text;
        } files[] = {
                {"cgroup.controllers", controllers},
                {"cgroup.subtree_control", control},
                {"cgroup.procs", procs},
                {"cgroup.type", *path ? "domain\n" : NULL},
        };
        for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
                snprintf(file, sizeof(file), "%s/%s", path, files[i].name);
                if (files[i].text)
                        put(file, files[i].text);
        }
}

static struct cgroup_place find(const char *self, unsigned wanted)
{
        struct cgroup_place place;

        cgroup_find_in(top, self, wanted, &place);
        return place;
}

static void is_at(const struct cgroup_place *place, const char *path)
{
        char whole[PATH_MAX + 128];

        snprintf(whole, sizeof(whole), "%s/sys/fs/cgroup%s", top, path);
        assert_string_equal(place->path, whole);
}

static void says(const struct cgroup_place *place, const char *text)
{
        if (!strstr(place->why, text))
                fail_msg("'%s' is missing in: %s", text, place->why);
}

#define BOTH (CGROUP_MEMORY | CGROUP_PIDS)

static void nowhere(void **state)
{
        (void)state;
        fresh();
        struct cgroup_place place = find("0::/\n", CGROUP_MEMORY);
        assert_string_equal(place.path, "");
        says(&place, "not mounted");

        group("", "memory pids\n", "", "1\n");
        place = find("4:memory:/x\n", CGROUP_MEMORY); /* no line of version 2 */
        assert_string_equal(place.path, "");
        says(&place, "not below");
        place = find("0::/../beside\n", CGROUP_MEMORY); /* outside of our cgroup namespace */
        assert_string_equal(place.path, "");
        place = find("0::/is/not/there\n", CGROUP_MEMORY);
        assert_string_equal(place.path, "");
}

/* The root may have processes and give controllers on. */
static void in_the_root(void **state)
{
        (void)state;
        fresh();
        group("", "cpuset cpu io memory pids\n", "cpu\n", "1\n2\n");
        struct cgroup_place place = find("0::/\n", BOTH | CGROUP_CPU);
        is_at(&place, "");
        assert_int_equal(place.enabled, CGROUP_CPU);
        assert_int_equal(place.possible, BOTH | CGROUP_CPU);
        assert_string_equal(place.why, "");
        place = find("12:cpuset:/a\n1:name=systemd:/b\n0::/\n", 0);
        is_at(&place, "");
        assert_int_equal(place.possible, CGROUP_CPU);
}

static void where_both_versions_are(void **state)
{
        (void)state;
        fresh();
        put("/memory/tasks", "");
        put("/unified/cgroup.controllers", "hugetlb\n");
        put("/unified/cgroup.procs", "1\n");
        struct cgroup_place place = find("5:memory:/a\n4:blkio:/\n3:cpu,cpuacct:/\n0::/\n", BOTH | CGROUP_IO | CGROUP_CPU);
        is_at(&place, "/unified");
        assert_int_equal(place.possible, 0);
        says(&place, "memory, pids, cpu, io: in cgroup v1");
        place = find("0::/\n", CGROUP_PIDS); /* in neither */
        says(&place, "pids: not among the controllers of the cgroup");
}

/* As a user's session manager lays it out: the slice belongs to the user, and has no processes of its own. */
static void beside_our_own(void **state)
{
        (void)state;
        fresh();
        group("", "memory pids cpu\n", "memory pids cpu\n", NULL);
        group("/user/app", "memory pids cpu\n", "memory pids\n", "");
        group("/user/app/shell", "memory pids\n", "", "77\n");
        struct cgroup_place place = find("0::/user/app/shell\n", BOTH);
        is_at(&place, "/user/app");
        assert_int_equal(place.enabled & BOTH, BOTH);
        assert_string_equal(place.why, "");
        place = find("0::/user/app/shell\n", CGROUP_CPU); /* not switched on yet, and can be */
        is_at(&place, "/user/app");
        assert_int_equal(place.enabled & CGROUP_CPU, 0);
        assert_int_equal(place.possible & CGROUP_CPU, CGROUP_CPU);
        place = find("0::/user/app/shell\n", 0); /* nothing to gain by going up */
        is_at(&place, "/user/app/shell");
        place = find("0::/user/app/shell\n", CGROUP_IO);
        says(&place, "io: not among the controllers of the cgroup");
}

static void processes_are_in_the_way(void **state)
{
        (void)state;
        fresh();
        group("", "memory pids\n", "memory pids\n", NULL);
        group("/service", "memory pids\n", "", "77\n");
        struct cgroup_place place = find("0::/service\n", CGROUP_MEMORY);
        is_at(&place, "/service");
        assert_int_equal(place.possible, 0);
        says(&place, "no cgroup is delegated: memory; start it by `systemd-run ");

        group("/service", "memory pids\n", "", ""); /* the same without processes */
        place = find("0::/service\n", CGROUP_MEMORY);
        assert_int_equal(place.possible, CGROUP_MEMORY);
        assert_string_equal(place.why, "");
}

static void who_wants_what(void **state)
{
        char list[64];
        (void)state;
        assert_int_equal(cgroup_wanted(&(struct limits){.time_ms = 1, .files = 1, .fsize = 1, .output = 1}), 0);
        assert_false(cgroup_useful(&(struct limits){.time_ms = 1, .files = 1, .fsize = 1, .output = 1}));
        assert_int_equal(cgroup_wanted(&(struct limits){.cpu_s = 1}), 0);
        assert_true(cgroup_useful(&(struct limits){.cpu_s = 1}));
        assert_int_equal(cgroup_wanted(&(struct limits){.memory = 1, .procs = 1}), BOTH);
        assert_int_equal(cgroup_wanted(&(struct limits){.swap = 1}), CGROUP_MEMORY);
        assert_int_equal(cgroup_wanted(&(struct limits){.io_write = 1, .cpus_m = 1}), CGROUP_IO | CGROUP_CPU);
        assert_string_equal(cgroup_names(CGROUP_ALL, list, sizeof(list)), "memory, pids, cpu, io");
        assert_string_equal(cgroup_names(0, list, sizeof(list)), "");
}

/* ---- leaves ------------------------------------------------------------------------------------------------------------- */

static bool is_there(const struct cgroup_place *place, const char *name)
{
        char path[PATH_MAX + 64];

        snprintf(path, sizeof(path), "%s/%s", place->path, name);
        return access(path, F_OK) == 0;
}

static void leaves_come_and_go(void **state)
{
        const struct limits cpu = {.cpu_s = 1};
        struct cgroup_leaf one, two;
        (void)state;
        fresh();
        group("", "", "", "1\n");
        struct cgroup_place place = find("0::/\n", 0);
        assert_int_equal(leaf_make(&one, &place, &cpu), 0);
        assert_int_equal(strncmp(one.name, "cordon-", 7), 0);
        assert_true(is_there(&place, one.name));
        char where[PATH_MAX];
        assert_true(leaf_place(&one, where));
        assert_string_equal(where, place.path);
        assert_false(leaf_place(&(struct cgroup_leaf)CGROUP_NO_LEAF, where));
        assert_int_equal(leaf_make(&two, &place, &cpu), 0);
        assert_string_not_equal(one.name, two.name);
        assert_true(is_there(&place, one.name)); /* still in use */

        char left[sizeof(one.name)];
        memcpy(left, one.name, sizeof(left));
        one.dir = fd_close(one.dir); /* as when the process is killed */
        one.parent = fd_close(one.parent);
        leaf_remove(&two);
        assert_false(is_there(&place, two.name));
        assert_true(is_there(&place, left));
        assert_int_equal(leaf_make(&two, &place, &cpu), 0);
        assert_false(is_there(&place, left));
        leaf_remove(&two);
        leaf_remove(&two); /* there is none any more */
        leaf_kill(&two);
        struct cgroup_account account;
        leaf_account(&two, &account);
        assert_int_equal(account.user_ns + account.memory_peak, 0);
}

static void controllers_are_switched_on(void **state)
{
        const struct limits wanted = {.memory = 1 << 20, .procs = 5};
        struct cgroup_leaf leaf;
        (void)state;
        fresh();
        group("", "memory pids io\n", "", "1\n");
        struct cgroup_place place = find("0::/\n", BOTH);
        /* The kernel would have made the files of the leaf; here there are none, so that nothing is limited: refused. */
        assert_int_equal(leaf_make(&leaf, &place, &wanted), -ENOENT);
        assert_string_equal(get("/cgroup.subtree_control"), "+memory +pids");
        says(&place, "cannot set memory.max in ");
        assert_int_equal(leaf.dir, FD_NONE);
        assert_int_equal(leaf.controllers, 0);

        fresh();
        group("", "memory pids io\n", "", "1\n");
        put("/cgroup.subtree_control", "");
        place = find("0::/\n", BOTH);
        char path[PATH_MAX + 64];
        snprintf(path, sizeof(path), "%s/cgroup.subtree_control", place.path);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0755), 0); /* what cannot be written */
        assert_int_equal(leaf_make(&leaf, &place, &wanted), 0);
        assert_int_equal(leaf.controllers, 0);
        says(&place, "memory, pids cannot be switched on in ");
        leaf_remove(&leaf);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(nowhere),
                counted_test(in_the_root),
                counted_test(where_both_versions_are),
                counted_test(beside_our_own),
                counted_test(processes_are_in_the_way),
                counted_test(who_wants_what),
                counted_test(leaves_come_and_go),
                counted_test(controllers_are_switched_on),
        };
        return cmocka_run_group_tests_name("cgroup", tests, directory_enter, directory_leave);
}
