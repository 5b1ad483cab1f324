/* What a program finds itself in: its descriptors, ids and limits. For each thing that is refused, the same thing allowed
 * stands beside it. */
#include "tests/unit/inside.h"

/* ---- descriptors --------------------------------------------------------------------------------------------------------- */

static void closed_table(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        int secret = open("/etc/hostname", O_RDONLY), dir = open("/", O_RDONLY | O_DIRECTORY);
        assert_true(secret > 2 && dir > 2);

        struct outcome o = PROBE(&b, "fds");
        expect_run(&o, 0, "1\n2\n");

        /* The control: these two are inherited where nobody closes them. */
        char command[PATH_MAX + 16], line[64];
        bool seen = false;
        snprintf(command, sizeof(command), "%s fds", b.self);
        FILE *f = popen(command, "re");
        while (fgets(line, sizeof(line), f))
                seen |= strstr(line, " directory\n") && atoi(line) == dir;
        pclose(f);
        assert_true(seen);
        close(secret);
        close(dir);
}

static void channel_is_three(void **state)
{
        struct box b;
        int pair[2];
        (void)state;
        box_init(&b);
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        b.options.channel = pair[1];
        struct outcome o = PROBE(&b, "fds");
        expect_run(&o, 0, "1\n2\n3\n");
        close(pair[0]);
        close(pair[1]);
}

/* Sources that lie where other targets are: each must arrive where it belongs. */
static void descriptors_may_cross(void **state)
{
        struct box b;
        int saved[5];
        (void)state;
        box_init(&b);
        put("in", "from in\n");
        for (int i = 0; i < 5; i++)
                saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 20);
        /* The host has its input as 2 and its output as 0, and 1 and 3 closed: the launcher's own lie there, then. */
        int in = open("in", O_RDONLY | O_CLOEXEC), out = open("out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        int high_in = fcntl(in, F_DUPFD_CLOEXEC, 20), high_out = fcntl(out, F_DUPFD_CLOEXEC, 20);
        for (int i = 0; i < 5; i++)
                close(i);
        dup3(high_in, 2, O_CLOEXEC);
        dup3(high_out, 0, O_CLOEXEC);
        b.options.program = "/bin/sh";
        b.options.argv = (const char *const[]){"sh", "-c", "read x; echo got $x; echo err >&2; /probe fds", NULL};
        b.options.stdio[0] = 2;
        b.options.stdio[1] = b.options.stdio[2] = 0;
        struct sandbox s;
        struct outcome o = {0};
        o.launched = launch_in_world(&s, &b.options, &b.world, &o.error);
        if (o.launched == 0)
                finish(&s, -1, &o);
        close(0);
        close(2);
        for (int i = 0; i < 5; i++) {
                if (saved[i] < 0)
                        continue;
                dup2(saved[i], i);
                close(saved[i]);
        }
        assert_true(pread(high_out, o.out, sizeof(o.out) - 1, 0) >= 0);
        close(high_in);
        close(high_out);
        expect_run(&o, 0, "got from in\nerr\n0\n1\n2\n");
}

static void directory_is_refused(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        for (int i = 0; i < 3; i++) {
                b.options.stdio[i] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
                struct outcome o = PROBE(&b, "fds");
                assert_int_equal(o.launched, -EISDIR);
                close(b.options.stdio[i]);
                b.options.stdio[i] = -1;
        }
}

/* ---- who it is ------------------------------------------------------------------------------------------------------------ */

static void no_capabilities(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        struct outcome o = PROBE(&b, "status", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs");
        expect_run(&o, 0,
                   "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
                   "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
}

static void one_id_is_mapped(void **state)
{
        struct box b;
        char ids[128], map[128];
        int uid = as_root() ? 65534 : (int)getuid(), gid = as_root() ? 65534 : (int)getgid();
        (void)state;
        box_init(&b);
        snprintf(ids, sizeof(ids), "%d %d %d %d %d\n", uid, uid, gid, gid, as_root() ? 0 : getgroups(0, NULL));
        struct outcome o = PROBE(&b, "ids");
        expect_run(&o, 0, ids);

        snprintf(map, sizeof(map), "%d %d 1\n%d %d 1\n%s\n", uid, uid, gid, gid, as_root() ? "allow" : "deny");
        o = box_shell(&b, "read a b c </proc/self/uid_map; echo $a $b $c; read a b c </proc/self/gid_map; echo $a $b $c; "
                          "read a </proc/self/setgroups; echo $a");
        expect_run(&o, 0, map);
}

static void set_user_id_gives_nothing(void **state)
{
        struct box b;
        char command[2 * PATH_MAX], line[64];
        (void)state;
        if (!as_root()) {
                print_message("only root can make a set-user-id program of another user\n");
                skip();
        }
        box_init(&b);
        struct plan_mount *tree = box_tree(&b, "setuid", RX);
        snprintf(command, sizeof(command), "cp %s %s/probe && chmod 6755 %s/probe", b.self, tree->source, tree->source);
        assert_int_equal(system(command), 0);
        struct outcome o = box_shell(&b, "/setuid/probe ids");
        expect_run(&o, 0, "65534 65534 65534 65534 0\n");

        /* The control: outside it makes nobody root. */
        snprintf(command, sizeof(command), "setpriv --reuid=65532 --regid=65532 --clear-groups %s/probe ids", tree->source);
        FILE *f = popen(command, "re");
        assert_non_null(fgets(line, sizeof(line), f));
        pclose(f);
        assert_string_equal(line, "65532 0 65532 0 0\n");
}

static void world_is_its_own(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        b.options.cwd = "/usr";
        mode_t before = umask(027);
        struct outcome o = PROBE(&b, "sees");
        umask(before);
        /* The caller's session and group: they have no number inside. */
        expect_run(&o, 0, "sandbox /usr pid 2 parent 1\nsession 0 group 0\numask 027\n");
}

static void caller_keeps_group(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        int in[2];
        (void)state;
        box_init(&b);
        assert_int_equal(pipe2(in, O_CLOEXEC), 0);
        b.options.stdio[0] = in[0];
        b.options.program = "/bin/sh";
        int output = box_start(&b, (const char *const[]){"sh", "-c", "read x", NULL}, &s, &o);
        assert_int_equal(getpgid(s.pid), getpgid(0));
        assert_int_equal(getsid(s.pid), getsid(0));
        close(in[0]);
        close(in[1]);
        finish(&s, output, &o);
        close(output);
}

static void stages_are_named(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        b.options.cwd = "/not/there";
        struct outcome o = PROBE(&b, "sees");
        expect_failure(&o, STAGE_CWD, ENOENT);
        assert_string_equal(o.failure.detail, "/not/there");
        assert_false(o.ready || o.failure.exec_failed);
        assert_non_null(sandbox_failure_advice(o.failure.stage, o.failure.error));
        assert_null(sandbox_failure_advice(STAGE_SIGNALS, EPERM));
        for (int i = 0; i < STAGE_COUNT; i++)
                assert_string_not_equal(sandbox_stage_name(i), "unknown");
        assert_string_equal(sandbox_stage_name(STAGE_COUNT), "unknown");
        assert_string_equal(sandbox_stage_name(-1), "unknown");
}

/* ---- network and limits ------------------------------------------------------------------------------------------------------ */

static void loopback_when_asked(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        struct outcome o = PROBE(&b, "net");
        expect_run(&o, 0, "connect ENETUNREACH\n");
        b.world.net = NET_LOOPBACK;
        o = PROBE(&b, "net");
        expect_run(&o, 0, "connect ok\n");
        b.world.net = NET_HOST;
        o = PROBE(&b, "net");
        expect_run(&o, 0, "connect ok\n");
}

static void limits_are_set(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        b.world.limits = (struct limits){.procs = 4, .files = 20, .fsize = 1 << 20, .cpu_s = 7};
        struct outcome o = PROBE(&b, "limits", "10");
        expect_run(&o, 0, "files 20\nfsize 1048576\ncpu 7\ncore 1\nforks 3\nfork EAGAIN\n");
        b.world.limits = (struct limits){.procs = 20};
        b.options.stdio[0] = -1;
        o = PROBE(&b, "limits", "10");
        assert_non_null(strstr(o.out, "forks 10\nfork ok\n"));
}

static void memory_is_bounded(void **state)
{
        struct box b;
        (void)state;
#ifdef __SANITIZE_ADDRESS__
        print_message("AddressSanitizer's own memory is over any limit\n");
        skip();
#endif
        box_init(&b);
        b.world.limits.memory = 64u << 20;
        struct outcome o = PROBE(&b, "memory", "16000000");
        expect_run(&o, 0, "mmap ok\n");
        o = PROBE(&b, "memory", "160000000");
        expect_run(&o, 0, "mmap ENOMEM\n");
}

int main(int argc, char **argv)
{
        if (argc > 1)
                return run_inside(argv + 1);
        const struct CMUnitTest tests[] = {
                counted_test(closed_table),
                counted_test(channel_is_three),
                counted_test(descriptors_may_cross),
                counted_test(directory_is_refused),
                counted_test(no_capabilities),
                counted_test(one_id_is_mapped),
                counted_test(set_user_id_gives_nothing),
                counted_test(world_is_its_own),
                counted_test(caller_keeps_group),
                counted_test(stages_are_named),
                counted_test(loopback_when_asked),
                counted_test(limits_are_set),
                counted_test(memory_is_bounded),
        };
        return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
