/* Layers as overlayfs leaves them and as a hostile program might: made up here, listed and applied. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "cordon.h"
#include "tests/unit/directory.h"

/* ---- a world: ./host is the tree, ./kept what is kept of it ------------------------------------------------------------ */

static void put(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void has(const char *path, const char *text)
{
        char got[4096] = "";
        FILE *f = fopen(path, "re");
        if (!f)
                fail_msg("%s: %s", path, strerror(errno));
        got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
        fclose(f);
        assert_string_equal(got, text);
}

static bool gone(const char *path)
{
        struct stat st;
        return lstat(path, &st) < 0 && errno == ENOENT;
}

static bool later_than(const char *path, const struct timespec *when)
{
        struct stat st;
        assert_int_equal(lstat(path, &st), 0);
        return st.st_mtim.tv_sec > when->tv_sec || (st.st_mtim.tv_sec == when->tv_sec && st.st_mtim.tv_nsec > when->tv_nsec);
}

/* The run begins now: what is made afterwards is later by a tick of the clock that files are given. */
static void begin(const char *kept)
{
        char path[PATH_MAX];
        struct stat st;

        snprintf(path, sizeof(path), "%s/lock", kept);
        put(path, "");
        assert_int_equal(lstat(path, &st), 0);
        do
                put("probe", "");
        while (!later_than("probe", &st.st_mtim));
        assert_int_equal(unlink("probe"), 0);
}

static int make_world(void **state)
{
        char host[PATH_MAX], here[PATH_MAX - 8];

        unit_before(state);
        assert_non_null(getcwd(here, sizeof(here)));
        snprintf(host, sizeof(host), "%s/host", here);
        assert_int_equal(mkdir("host", 0755) | mkdir("host/dir", 0755) | mkdir("host/dir/in", 0755), 0);
        put("host/a", "a\n");
        put("host/dir/b", "b\n");
        put("host/dir/in/c", "c\n");
        assert_int_equal(mkdir("kept", 0700) | mkdir("kept/0", 0755) | mkdir("kept/0/upper", 0755), 0);
        assert_int_equal(symlink(host, "kept/0/lower") | symlink(host, "kept/0/seen"), 0);
        begin("kept");
        return 0;
}

static int remove_world(void **state)
{
        static const char *const trees[] = {"host", "kept", "elsewhere"};
        for (size_t i = 0; i < sizeof(trees) / sizeof(*trees); i++)
                nftw(trees[i], directory_remove, 16, FTW_DEPTH | FTW_PHYS);
        return unit_after(state);
}

/* What is told, a line each: "added new", and "!" before what is refused. */
static void tell(void *ctx, const cordon_change *c)
{
        static const char *const kinds[] = {"?", "added", "modified", "removed", "replaced", "metadata"};
        const char *name = strstr(c->path, "/host");
        buf_printf(ctx, "%s%s %s%s%s\n", c->refused ? "!" : "", kinds[c->kind], name[5] ? name + 6 : ".", c->outside ? " out" : "",
                   c->applied ? " done" : "");
}

static void expect_list(const char *wanted)
{
        struct buf told cleanup_buf = {0};
        cordon_error error = {0};
        int r = cordon_changes_list("kept", NULL, tell, &told, &error);
        if (r < 0)
                fail_msg("%s", error.text);
        assert_string_equal(told.data ? told.data : "", wanted);
}

static void expect_applied(int refused, const char *wanted)
{
        struct buf told cleanup_buf = {0};
        cordon_error error = {0};
        int r = cordon_changes_apply("kept", NULL, tell, &told, &error);
        if (r < 0)
                fail_msg("%s", error.text);
        assert_string_equal(told.data ? told.data : "", wanted);
        assert_int_equal(r, refused);
}

static void whiteout(const char *path)
{
        assert_int_equal(mknod(path, S_IFCHR, makedev(0, 0)), 0);
}

/* ---- what the kernel leaves ------------------------------------------------------------------------------------------- */

static void test_an_empty_layer(void **state)
{
        (void)state;
        expect_list("");
        expect_applied(0, "");
}

static void test_files(void **state)
{
        (void)state;
        put("kept/0/upper/a", "other\n");
        put("kept/0/upper/new", "new\n");
        whiteout("kept/0/upper/dir");
        whiteout("kept/0/upper/never-was");
        expect_list("modified a\nremoved dir\nadded new\n");
        has("host/a", "a\n");
        expect_applied(0, "modified a done\nremoved dir done\nadded new done\n");
        has("host/a", "other\n");
        has("host/new", "new\n");
        assert_true(gone("host/dir"));
        expect_applied(0, ""); /* again: there is nothing left to do */
}

static void test_an_opaque_directory_hides_the_host(void **state)
{
        (void)state;
        assert_int_equal(mkdir("kept/0/upper/dir", 0755), 0);
        assert_int_equal(mkdir("kept/0/upper/dir/in", 0755), 0);
        put("kept/0/upper/dir/d", "d\n");
        expect_list("added dir/d\n");
        if (setxattr("kept/0/upper/dir", "user.overlay.opaque", "y", 1, 0) < 0)
                skip();
        expect_list("removed dir/b\nadded dir/d\n");
        assert_int_equal(setxattr("kept/0/upper/dir/in", "user.overlay.opaque", "y", 1, 0), 0);
        expect_applied(0, "removed dir/b done\nadded dir/d done\nremoved dir/in/c done\n");
        has("host/dir/d", "d\n");
        assert_true(gone("host/dir/b"));
        assert_true(gone("host/dir/in/c"));
}

static void test_what_is_the_same(void **state)
{
        struct stat was;
        (void)state;
        assert_int_equal(stat("host/a", &was), 0);
        put("kept/0/upper/a", "a\n");
        expect_list("metadata a\n"); /* its time */
        const struct timespec times[2] = {was.st_mtim, was.st_mtim};
        assert_int_equal(utimensat(AT_FDCWD, "kept/0/upper/a", times, 0), 0);
        expect_list("");
        assert_int_equal(chmod("kept/0/upper/a", 0600), 0);
        expect_list("metadata a\n");
        if (setxattr("kept/0/upper/a", "user.x", "1", 1, 0) < 0)
                skip();
        assert_int_equal(setxattr("kept/0/upper/a", "user.overlay.origin", "1", 1, 0), 0);
        expect_applied(0, "metadata a done\n");
        char value[8];
        assert_int_equal(stat("host/a", &was), 0);
        assert_int_equal(was.st_mode & 07777, 0600);
        assert_int_equal(getxattr("host/a", "user.x", value, sizeof(value)), 1);
        assert_true(getxattr("host/a", "user.overlay.origin", value, sizeof(value)) < 0);
        expect_list("");
}

static void test_types_that_change(void **state)
{
        (void)state;
        assert_int_equal(mkdir("kept/0/upper/a", 0711), 0);
        put("kept/0/upper/a/x", "x\n");
        put("kept/0/upper/dir", "file\n");
        expect_applied(0, "replaced a done\nadded a/x done\nreplaced dir done\n");
        has("host/a/x", "x\n");
        has("host/dir", "file\n");
        struct stat st;
        assert_int_equal(stat("host/a", &st), 0);
        assert_int_equal(st.st_mode & 07777, 0711);
}

static void test_a_closed_directory(void **state)
{
        (void)state;
        assert_int_equal(mkdir("kept/0/upper/shut", 0755), 0);
        put("kept/0/upper/shut/x", "x\n");
        assert_int_equal(chmod("kept/0/upper/shut", 0555), 0);
        expect_applied(0, "added shut done\nadded shut/x done\n");
        has("host/shut/x", "x\n");
        struct stat st;
        assert_int_equal(stat("host/shut", &st), 0);
        assert_int_equal(st.st_mode & 07777, 0555);
        assert_int_equal(chmod("host/shut", 0755) | chmod("kept/0/upper/shut", 0755), 0);
}

static void test_holes_stay_holes(void **state)
{
        struct stat st;
        (void)state;
        put("kept/0/upper/big", "x");
        if (truncate("kept/0/upper/big", (off_t)1 << 40) < 0)
                skip(); /* the file system knows no such size */
        expect_applied(0, "added big done\n");
        assert_int_equal(stat("host/big", &st), 0);
        assert_true(st.st_size == (off_t)1 << 40);
        assert_true(st.st_blocks < 1024);
}

/* ---- what a hostile program leaves ------------------------------------------------------------------------------------- */

static void test_no_bits_and_no_odd_types(void **state)
{
        struct stat st;
        (void)state;
        put("kept/0/upper/a", "evil\n");
        assert_int_equal(chmod("kept/0/upper/a", 06755), 0);
        put("kept/0/upper/suid", "evil\n");
        assert_int_equal(chmod("kept/0/upper/suid", 04755), 0);
        assert_int_equal(mkdir("kept/0/upper/sgid", 0755), 0);
        assert_int_equal(chmod("kept/0/upper/sgid", 02755), 0);
        assert_int_equal(mkfifo("kept/0/upper/fifo", 0644), 0);
        expect_applied(0, "modified a done\n!added fifo\nadded sgid done\nadded suid done\n");
        assert_int_equal(stat("host/a", &st), 0);
        assert_int_equal(st.st_mode & 07777, 0755);
        assert_int_equal(stat("host/suid", &st), 0);
        assert_int_equal(st.st_mode & 07777, 0755);
        assert_int_equal(stat("host/sgid", &st), 0);
        assert_int_equal(st.st_mode & 07777, 0755);
        assert_true(gone("host/fifo"));
}

static void test_links_are_links(void **state)
{
        char text[64];
        (void)state;
        assert_int_equal(mkdir("elsewhere", 0755), 0);
        put("elsewhere/b", "mine\n");
        assert_int_equal(symlink("/etc/passwd", "kept/0/upper/abs"), 0);
        assert_int_equal(symlink("dir/../../elsewhere", "kept/0/upper/up"), 0);
        assert_int_equal(symlink("dir/../a", "kept/0/upper/in"), 0);
        assert_int_equal(symlink("../elsewhere", "kept/0/upper/dir"), 0);
        expect_applied(0, "added abs out done\nreplaced dir out done\nadded in done\nadded up out done\n");
        assert_int_equal(readlink("host/dir", text, sizeof(text)), 12);
        has("elsewhere/b", "mine\n");
}

/* Whoever can write in the tree puts a link where a directory was. */
static void test_a_link_in_the_way(void **state)
{
        (void)state;
        assert_int_equal(mkdir("elsewhere", 0755) | mkdir("elsewhere/in", 0755), 0);
        put("elsewhere/b", "mine\n");
        assert_int_equal(mkdir("kept/0/upper/dir", 0755), 0);
        put("kept/0/upper/dir/b", "evil\n");
        put("kept/0/upper/dir/e", "evil\n");
        assert_int_equal(rename("host/dir", "host/moved") | symlink("../elsewhere", "host/dir"), 0);
        expect_applied(3, "!replaced dir\n!added dir/b\n!added dir/e\n");
        has("elsewhere/b", "mine\n");
        assert_true(gone("elsewhere/e"));
        /* and where the tree itself was */
        assert_int_equal(rename("host", "host2") | symlink("elsewhere", "host"), 0);
        cordon_error error = {0};
        assert_true(cordon_changes_apply("kept", NULL, tell, NULL, &error) < 0);
        assert_true(gone("elsewhere/e"));
        assert_int_equal(unlink("host") | rename("host2", "host"), 0);
}

static void test_what_others_changed_stays(void **state)
{
        (void)state;
        put("kept/0/upper/a", "mine\n");
        put("kept/0/upper/new", "mine\n");
        whiteout("kept/0/upper/dir");
        put("host/a", "theirs\n");
        put("host/new", "theirs\n");
        put("host/dir/in/late", "theirs\n");
        expect_list("!modified a\n!removed dir\n!modified new\n");
        expect_applied(3, "!modified a\n!removed dir\n!modified new\n");
        has("host/a", "theirs\n");
        has("host/dir/in/late", "theirs\n");
        assert_int_equal(unlink("host/new") | unlink("host/dir/in/late"), 0);
        expect_applied(1, "!modified a\nremoved dir done\nadded new done\n");
}

static void test_a_deep_tree(void **state)
{
        char kept[PATH_MAX] = "kept/0/upper";
        (void)state;
        for (int i = 0; i < 300; i++) {
                strcat(kept, "/d");
                assert_int_equal(mkdir(kept, 0755), 0);
        }
        struct buf told cleanup_buf = {0};
        assert_int_equal(cordon_changes_list("kept", NULL, tell, &told, NULL), 202);
        assert_non_null(strstr(told.data, "!"));
        assert_int_equal(cordon_changes_discard("kept", NULL), 0);
        assert_true(gone("kept"));
}

static void test_names(void **state)
{
        (void)state;
        put("kept/0/upper/\x1b[31m\n", "x");
        put("kept/0/upper/.cordon-apply-x", "x");
        put("kept/0/upper/-rf", "x");
        expect_applied(0, "added \x1b[31m\n done\nadded -rf done\nadded .cordon-apply-x done\n");
        has("host/\x1b[31m\n", "x");
}

/* ---- where it is kept --------------------------------------------------------------------------------------------------- */

static void test_whose_it_is(void **state)
{
        cordon_error error = {0};
        (void)state;
        assert_int_equal(chmod("kept", 0755), 0);
        assert_int_equal(cordon_changes_list("kept", NULL, tell, NULL, &error), -EPERM);
        assert_int_equal(cordon_changes_discard("kept", &error), -EPERM);
        assert_int_equal(chmod("kept", 0700), 0);
        assert_int_equal(unlink("kept/lock"), 0);
        assert_int_equal(cordon_changes_apply("kept", NULL, tell, NULL, &error), -ENOENT);
        assert_int_equal(cordon_changes_discard("kept", &error), -ENOENT);
        assert_false(gone("kept/0/upper"));
        assert_int_equal(cordon_changes_list("nowhere", NULL, tell, NULL, &error), -ENOENT);
        assert_int_equal(cordon_changes_list("host/a", NULL, tell, NULL, &error), -ENOTDIR);
}

#define world_test(name) cmocka_unit_test_setup_teardown(name, make_world, remove_world)

int main(void)
{
        const struct CMUnitTest tests[] = {
                world_test(test_an_empty_layer),
                world_test(test_files),
                world_test(test_an_opaque_directory_hides_the_host),
                world_test(test_what_is_the_same),
                world_test(test_types_that_change),
                world_test(test_a_closed_directory),
                world_test(test_holes_stay_holes),
                world_test(test_no_bits_and_no_odd_types),
                world_test(test_links_are_links),
                world_test(test_a_link_in_the_way),
                world_test(test_what_others_changed_stays),
                world_test(test_a_deep_tree),
                world_test(test_names),
                world_test(test_whose_it_is),
        };
        umask(022);
        return cmocka_run_group_tests(tests, directory_enter, directory_leave);
}
