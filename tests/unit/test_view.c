/* The view: what is there, with which flags, and what is not. For each thing that is refused, the same thing allowed stands
 * beside it. */
#include "tests/unit/directory.h"
#include "tests/unit/inside.h"

/* ---- the view --------------------------------------------------------------------------------------------------------------- */

static void trees_have_their_flags(void **state)
{
        struct box b;
        struct stat made;
        (void)state;
        box_init(&b);
        box_tree(&b, "ro", ACCESS_LIST | ACCESS_READ);
        box_tree(&b, "rw", ACCESS_ALL & ~(unsigned)ACCESS_EXEC);
        put("ro/file", "");
        put("rw/file", "");
        unlink("rw/new");
        struct outcome o = PROBE(&b, "files", "r", "/ro/file", "w", "/ro/file", "m", "/ro/file", "r", "/rw/file", "w",
                                 "/rw/file", "m", "/rw/file", "c", "/rw/new");
        expect_run(&o, 0,
                   "/ro/file ok\n/ro/file EROFS\n/ro/file EROFS\n/rw/file ok\n/rw/file ok\n/rw/file ok\n/rw/new ok\n");
        assert_int_equal(stat("rw/new", &made), 0);
        assert_int_equal(made.st_uid, getuid()); /* root's own, too: by an idmapped mount */
}

/* With all of Landlock's rights, the mount alone still says no. */
static void read_only_holds_alone(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        box_tree(&b, "ro", ACCESS_ALL)->writable = false;
        put("ro/file", "");
        struct outcome o = PROBE(&b, "files", "w", "/ro/file", "c", "/ro/none", "u", "/ro/file");
        expect_run(&o, 0, "/ro/file EROFS\n/ro/none EROFS\n/ro/file EROFS\n");
}

/* And the other way round: a writable mount, where Landlock alone says no. */
static void landlock_holds_alone(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        box_tree(&b, "rw", ACCESS_LIST | ACCESS_READ)->writable = true;
        put("rw/file", "");
        struct outcome o =
                PROBE(&b, "files", "r", "/rw/file", "w", "/rw/file", "c", "/rw/none", "t", "/rw/file", "u", "/rw/file");
        expect_run(&o, 0, "/rw/file ok\n/rw/file EACCES\n/rw/none EACCES\n/rw/file EACCES\n/rw/file EACCES\n");
}

static void create_is_only_that(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        box_tree(&b, "drop", ACCESS_LIST | ACCESS_CREATE);
        put("drop/old", "old");
        unlink("drop/sub/f");
        rmdir("drop/sub");
        struct outcome o = PROBE(&b, "files", "d", "/drop/sub", "w", "/drop/old", "t", "/drop/old", "u", "/drop/old", "r",
                                 "/drop/old");
        expect_run(&o, 0, "/drop/sub ok\n/drop/old EACCES\n/drop/old EACCES\n/drop/old EACCES\n/drop/old EACCES\n");
}

static void execution_is_granted(void **state)
{
        struct box b;
        char command[PATH_MAX + 64];
        (void)state;
        box_init(&b);
        box_tree(&b, "run", RX);
        box_tree(&b, "data", ACCESS_ALL & ~(unsigned)ACCESS_EXEC);
        for (int i = 0; i < 2; i++) {
                snprintf(command, sizeof(command), "cp %s %s/probe", b.self, i ? "data" : "run");
                assert_int_equal(system(command), 0);
        }
        struct outcome o = PROBE(&b, "exec", "/run/probe", "files", "s", "/");
        expect_run(&o, 0, "/ ok\n");
        o = PROBE(&b, "exec", "/data/probe", "files", "s", "/");
        expect_run(&o, 0, "exec EACCES\n");
}

static void only_the_plan_is_there(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        struct outcome o = PROBE(&b, "files", "s", "/usr", "s", "/etc", "s", "/root", "s", "/usr/../etc", "s", "/proc/self/root/etc",
                                 "c", "/new", "c", "/dev/new");
        expect_run(&o, 0, "/usr ok\n/etc ENOENT\n/root ENOENT\n/usr/../etc ENOENT\n/proc/self/root/etc ENOENT\n"
                          "/new EROFS\n/dev/new EROFS\n");
        /* Nothing of the host's mounts is left behind, over the root or under it. */
        o = box_shell(&b, "n=0; while read a b c d point rest; do case $point in "
                          "/|/usr|/usr/*|/lib*|/bin|/proc|/dev/null|/probe) ;; *) echo $point;; esac; done "
                          "</proc/self/mountinfo; [ -e /../etc ] && echo host; exit 0");
        expect_run(&o, 0, "");
}

static void masks_and_hollows(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        box_tree(&b, "home", ACCESS_LIST | ACCESS_READ);
        assert_true(mkdir("home/dir", 0755) == 0 || errno == EEXIST);
        assert_true(mkdir("home/hollow", 0755) == 0 || errno == EEXIST);
        assert_true(mkdir("home/hollow/in", 0755) == 0 || errno == EEXIST);
        put("home/plain", "");
        put("home/secret", "");
        put("home/dir/secret", "");
        put("home/hollow/secret", "");
        put("home/hollow/in/granted", "");
        box_mount(&b, (struct plan_mount){.kind = VIEW_MASK, .path = "/home/secret", .on_host = true});
        box_mount(&b, (struct plan_mount){.kind = VIEW_MASK, .path = "/home/dir", .directory = true, .on_host = true});
        box_mount(&b, (struct plan_mount){.kind = VIEW_HOLLOW, .path = "/home/hollow", .directory = true, .on_host = true});
        box_tree(&b, "home/hollow/in", ACCESS_LIST | ACCESS_READ);
        struct outcome o = PROBE(&b, "files", "r", "/home/plain", "r", "/home/secret", "m", "/home/secret", "r", "/home/dir",
                                 "s", "/home/dir/secret", "m", "/home/dir", "s", "/home/hollow/secret", "r",
                                 "/home/hollow/in/granted", "m", "/home/hollow", "m", "/dev");
        expect_run(&o, 0,
                   "/home/plain ok\n/home/secret EACCES\n/home/secret EROFS\n/home/dir EACCES\n"
                   "/home/dir/secret EACCES\n/home/dir EROFS\n/home/hollow/secret ENOENT\n"
                   "/home/hollow/in/granted ok\n/home/hollow EROFS\n/dev EROFS\n");
        struct stat info;
        assert_int_equal(stat("home/secret", &info), 0);
        assert_int_equal(info.st_mode & 0777, 0666); /* nothing of it shows on the host */
}

/* Empty, and readable: with all of Landlock's rights, nothing of it can be changed, by its owner either. */
static void what_is_masked_can_be_read(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        box_tree(&b, "kept", ACCESS_ALL & ~(unsigned)ACCESS_EXEC);
        put("kept/file", "secret");
        put("kept/plain", "plain");
        assert_true(mkdir("kept/dir", 0755) == 0 || errno == EEXIST);
        put("kept/dir/in", "secret");
        box_mount(&b, (struct plan_mount){.kind = VIEW_EMPTY, .path = "/kept/file", .on_host = true, .access = ACCESS_ALL});
        box_mount(&b, (struct plan_mount){.kind = VIEW_EMPTY, .path = "/kept/dir", .directory = true, .on_host = true,
                                          .access = ACCESS_ALL});
        box_mount(&b, (struct plan_mount){.kind = VIEW_EMPTY, .path = "/own/lone", .access = ACCESS_LIST | ACCESS_READ});
        struct outcome o = PROBE(&b, "files", "r", "/kept/file", "w", "/kept/file", "t", "/kept/file", "m", "/kept/file", "u",
                                 "/kept/file", "r", "/kept/dir", "c", "/kept/dir/new", "s", "/kept/dir/in", "r", "/own/lone",
                                 "m", "/own/lone", "w", "/kept/plain", "m", "/kept/plain");
        expect_run(&o, 0,
                   "/kept/file ok\n/kept/file EACCES\n/kept/file EACCES\n/kept/file EROFS\n/kept/file EBUSY\n/kept/dir ok\n"
                   "/kept/dir/new EROFS\n/kept/dir/in ENOENT\n/own/lone ok\n/own/lone EROFS\n/kept/plain ok\n/kept/plain ok\n");
        o = box_shell(&b, "cat /kept/file /own/lone; ls -A /kept/dir; cat /kept/plain; mv /kept/plain /kept/file 2>&- || echo busy; "
                          "stat -c '%a %s %F' /kept/file /kept/dir /own/lone");
        expect_run(&o, 0, "plainbusy\n444 0 regular empty file\n555 40 directory\n444 0 regular empty file\n");
}

/* One inode for all that asks, of the sandbox's own id; not to be run, not to be changed. */
static void virtual_files_are_files(void **state)
{
        static char large[4u << 20];
        struct box b;
        (void)state;
        box_init(&b);
        memset(large, 'x', sizeof(large));
        box_tree(&b, "trees", ACCESS_ALL);
        put("trees/file", "the host's");
        put("trees/plain", "");
        assert_int_equal(chmod("trees/plain", 0777), 0);
        static const char script[] = "#!/bin/sh\necho run\n";
        struct plan_mount mount = {.kind = VIEW_FILE, .path = "/trees/file", .on_host = true, .access = ACCESS_ALL,
                                   .content = script, .size = sizeof(script) - 1};
        box_mount(&b, mount);
        mount = (struct plan_mount){.kind = VIEW_FILE, .path = "/a/b/large", .access = ACCESS_LIST | ACCESS_READ,
                                    .content = large, .size = sizeof(large)};
        box_mount(&b, mount);
        struct outcome o = PROBE(&b, "files", "r", "/trees/file", "w", "/trees/file", "t", "/trees/file", "m", "/trees/file", "u",
                                 "/trees/file", "r", "/a/b/large", "w", "/a/b/large", "c", "/a/b/new", "w", "/trees/plain");
        expect_run(&o, 0,
                   "/trees/file ok\n/trees/file EACCES\n/trees/file EACCES\n/trees/file EROFS\n/trees/file EBUSY\n"
                   "/a/b/large ok\n/a/b/large EACCES\n/a/b/new EROFS\n/trees/plain ok\n");
        o = box_shell(&b, "cat /trees/file; /trees/file 2>&- || echo not run; sh /trees/file; mv /trees/plain /trees/file 2>&- || echo busy; "
                          "wc -c </a/b/large; [ \"$(stat -c '%d %i %a %s' /trees/file)\" = \"$(stat -Lc '%d %i %a %s' - </trees/file)\" ] && "
                          "echo one; [ -O /trees/file ] && stat -c '%a %F' /trees/file");
        expect_run(&o, 0, "#!/bin/sh\necho run\nnot run\nrun\nbusy\n4194304\none\n444 regular file\n");
        char text[32] = "";
        int fd = open("trees/file", O_RDONLY | O_CLOEXEC);
        assert_true(read(fd, text, sizeof(text) - 1) > 0);
        close(fd);
        assert_string_equal(text, "the host's");
}

static void tmp_is_bounded(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        struct plan_mount *tmp = box_mount(&b, (struct plan_mount){.kind = VIEW_TMPFS,
                                                                   .path = "/tmp",
                                                                   .directory = true,
                                                                   .writable = true,
                                                                   .size = 4u << 20,
                                                                   .access = ACCESS_ALL});
        struct outcome o = PROBE(&b, "fill", "/tmp/file", "2000000");
        expect_run(&o, 0, "fill ok\n");
        o = PROBE(&b, "fill", "/tmp/file", "8000000");
        expect_run(&o, 0, "fill ENOSPC\n");
        tmp->size = 16u << 20;
        o = PROBE(&b, "fill", "/tmp/file", "8000000");
        expect_run(&o, 0, "fill ok\n");
}

static void mounts_inside_tmp(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        box_mount(&b, (struct plan_mount){.kind = VIEW_TMPFS,
                                          .path = "/tmp",
                                          .directory = true,
                                          .writable = true,
                                          .size = 1u << 20,
                                          .access = ACCESS_ALL});
        box_tree(&b, "ro", ACCESS_LIST | ACCESS_READ)->path = "/tmp/a/b/ro";
        put("ro/file", "");
        struct outcome o = PROBE(&b, "files", "r", "/tmp/a/b/ro/file", "m", "/tmp/a/b/ro/file", "c", "/tmp/a/b/new");
        expect_run(&o, 0, "/tmp/a/b/ro/file ok\n/tmp/a/b/ro/file EROFS\n/tmp/a/b/new ok\n");
}

static void devices_only_by_name(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        box_mount(&b, (struct plan_mount){.kind = VIEW_BIND,
                                          .path = "/hostdev",
                                          .source = "/dev",
                                          .directory = true,
                                          .access = ACCESS_LIST | ACCESS_READ});
        struct outcome o = box_shell(&b, "echo x >/dev/null && echo written; /probe files r /dev/null m /dev/null r "
                                         "/hostdev/null s /hostdev/null s /dev/zero");
        expect_run(&o, 0, "written\n/dev/null ok\n/dev/null EROFS\n/hostdev/null EACCES\n/hostdev/null ok\n"
                          "/dev/zero ENOENT\n");
}

static void proc_shows_the_sandbox(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        /* Not even pid 1, whose command line and memory are the host's. */
        struct outcome o = PROBE(&b, "proc");
        expect_run(&o, 0, "2 self\n");
        o = PROBE(&b, "files", "r", "/proc/self/mem", "r", "/proc/self/environ", "r", "/proc/1/mem", "r", "/proc/1/environ",
                  "r", "/proc/1/cmdline", "w", "/proc/self/oom_score_adj");
        expect_run(&o, 0, "/proc/self/mem ok\n/proc/self/environ ok\n/proc/1/mem ENOENT\n/proc/1/environ ENOENT\n"
                          "/proc/1/cmdline ENOENT\n/proc/self/oom_score_adj EROFS\n");
}

static void proc_may_be_less(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        struct outcome o = PROBE(&b, "files", "r", "/proc/self/status", "s", "/proc/meminfo", "s", "/proc/sys");
        expect_run(&o, 0, "/proc/self/status ok\n/proc/meminfo ok\n/proc/sys ok\n");
        for (size_t i = 0; i < b.plan.mount_count; i++)
                if (b.mounts[i].kind == VIEW_PROC)
                        b.mounts[i].proc_mode = PROC_SELF;
        o = PROBE(&b, "files", "r", "/proc/self/status", "s", "/proc/meminfo", "s", "/proc/sys");
        expect_run(&o, 0, "/proc/self/status ok\n/proc/meminfo ENOENT\n/proc/sys ENOENT\n");
}

static void root_may_be_a_tree(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        b.plan.mount_count = 0;
        box_mount(&b, (struct plan_mount){.kind = VIEW_BIND,
                                          .path = "/",
                                          .source = "/",
                                          .directory = true,
                                          .executable = true,
                                          .access = RX});
        box_mount(&b, (struct plan_mount){.kind = VIEW_PROC,
                                          .path = "/proc",
                                          .directory = true,
                                          .on_host = true,
                                          .access = ACCESS_LIST | ACCESS_READ});
        box_mount(&b, (struct plan_mount){.kind = VIEW_MASK, .path = "/etc/passwd", .on_host = true});
        struct outcome o = box_shell(&b, "[ -r /etc/hosts ] && echo there; cat /etc/passwd 2>&- || echo masked; "
                                         "echo /proc/[0-9]*; cd /proc/self && read pid rest <stat && echo $pid; "
                                         "[ -e /../proc/2 ] && echo same");
        expect_run(&o, 0, "there\nmasked\n/proc/2\n2\nsame\n");
}

/* ---- what cannot be shown --------------------------------------------------------------------------------------------------- */

/* Root opens the trees before clone, others after: the words differ, the refusal does not. */
static void expect_refused(const struct outcome *o, int error, const char *path)
{
        if (as_root()) {
                assert_int_equal(o->launched, -error);
                assert_non_null(strstr(o->error.text, path));
        } else {
                expect_failure(o, STAGE_MOUNTS, error);
                assert_non_null(strstr(o->failure.detail, path));
        }
}

static void missing_sources(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        struct plan_mount *none = box_tree(&b, "none", ACCESS_LIST | ACCESS_READ);
        rmdir("none");
        struct outcome o = PROBE(&b, "files", "s", "/none");
        expect_refused(&o, ENOENT, "/none");
        none->optional = true;
        box_mount(&b, (struct plan_mount){.kind = VIEW_MASK, .path = "/none/deep", .on_host = true});
        o = PROBE(&b, "files", "s", "/none");
        expect_run(&o, 0, "/none ENOENT\n");
}

static void sources_are_not_symlinks(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        box_tree(&b, "swapped", ACCESS_LIST | ACCESS_READ);
        struct outcome o = PROBE(&b, "files", "s", "/swapped");
        expect_run(&o, 0, "/swapped ok\n");
        rmdir("swapped");
        assert_int_equal(symlink("/etc", "swapped"), 0);
        o = PROBE(&b, "files", "s", "/swapped");
        unlink("swapped");
        expect_refused(&o, ELOOP, "/swapped");
}

static void mount_points_are_not_symlinks(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        box_tree(&b, "holder", ACCESS_LIST | ACCESS_READ);
        put("holder/plain", "");
        unlink("holder/link");
        assert_int_equal(symlink("plain", "holder/link"), 0);
        struct plan_mount *mask = box_mount(&b, (struct plan_mount){.kind = VIEW_MASK, .on_host = true});
        mask->path = "/holder/plain";
        struct outcome o = PROBE(&b, "files", "r", "/holder/plain", "r", "/holder/link");
        expect_run(&o, 0, "/holder/plain EACCES\n/holder/link EACCES\n");
        mask->path = "/holder/link";
        o = PROBE(&b, "files", "r", "/holder/plain");
        expect_failure(&o, STAGE_MOUNTS, ELOOP);
        assert_string_equal(o.failure.detail, "/holder/link");
        mask->path = "/holder/gone";
        o = PROBE(&b, "files", "r", "/holder/plain");
        expect_failure(&o, STAGE_MOUNTS, ENOENT);
}

int main(int argc, char **argv)
{
        if (argc > 1)
                return run_inside(argv + 1);
        const struct CMUnitTest tests[] = {
                counted_test(trees_have_their_flags),
                counted_test(read_only_holds_alone),
                counted_test(landlock_holds_alone),
                counted_test(create_is_only_that),
                counted_test(execution_is_granted),
                counted_test(only_the_plan_is_there),
                counted_test(masks_and_hollows),
                counted_test(what_is_masked_can_be_read),
                counted_test(virtual_files_are_files),
                counted_test(tmp_is_bounded),
                counted_test(mounts_inside_tmp),
                counted_test(devices_only_by_name),
                counted_test(proc_shows_the_sandbox),
                counted_test(proc_may_be_less),
                counted_test(root_may_be_a_tree),
                counted_test(missing_sources),
                counted_test(sources_are_not_symlinks),
                counted_test(mount_points_are_not_symlinks),
        };
        return cmocka_run_group_tests_name("view", tests, directory_enter, directory_leave);
}
