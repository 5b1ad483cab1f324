/* What a program finds itself in: its descriptors, ids and limits. For each thing that is refused, the same thing allowed
 * stands beside it. */
#include "tests/unit/directory.h"
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

/* ---- what is kept --------------------------------------------------------------------------------------------------------- */

#define KEEP(n, how) {.number = (n), .access = (how), .origin = {"p", 7}}

/* Opens `path` for the program under just this number, which is free. */
static void open_as(int number, const char *path, int flags)
{
        assert_true(fcntl(number, F_GETFD) < 0);
        int fd = open(path, flags, 0644);
        assert_true(fd >= 0);
        if (fd == number)
                return;
        assert_int_equal(dup2(fd, number), number);
        close(fd);
}

static void kept_descriptors_have_their_numbers(void **state)
{
        /* Where the set-up's own would lie; in a row behind them; far away. */
        static const struct fd_rule rules[] = {KEEP(3, ACCESS_READ), KEEP(4, ACCESS_WRITE), KEEP(5, ACCESS_READ | ACCESS_WRITE),
                                               KEEP(6, 0), KEEP(60, ACCESS_READ)};
        struct box b;
        (void)state;
        put("kept", "kept\n");
        int saved[7]; /* whatever else has these numbers goes out of the way */
        for (int fd = 3; fd <= 6; fd++) {
                saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
                fd_close(saved[fd] < 0 ? FD_NONE : fd);
        }
        open_as(3, "kept", O_RDONLY);
        open_as(4, "/dev/null", O_WRONLY);
        open_as(5, "/dev/null", O_RDWR);
        open_as(6, "/dev/null", O_RDWR);
        open_as(60, "kept", O_RDONLY);
        open_as(61, "kept", O_RDONLY); /* inheritable, and not named */
        box_init(&b);
        struct outcome o = PROBE(&b, "fds");
        expect_run(&o, 0, "1\n2\n");
        b.world.fds = rules;
        b.world.fd_count = sizeof(rules) / sizeof(rules[0]);
        o = PROBE(&b, "fds");
        expect_run(&o, 0, "1\n2\n3\n4\n5\n6\n60\n");
        o = box_shell(&b, "cat <&3; echo nothing >&4; echo nothing >&5");
        expect_run(&o, 0, "kept\n");
        b.world.fds = &rules[1];
        b.world.fd_count = 2;
        o = PROBE(&b, "fds");
        expect_run(&o, 0, "1\n2\n4\n5\n");
        b.world.fds = &rules[4];
        b.world.fd_count = 1;
        o = PROBE(&b, "fds");
        expect_run(&o, 0, "1\n2\n60\n");
        close(60);
        close(61);
        for (int fd = 3; fd <= 6; fd++) {
                close(fd);
                if (saved[fd] >= 0)
                        dup2(saved[fd], fd);
                fd_close(saved[fd]);
        }
}

/* What the program closes is closed: pid 1 has no copy. */
static void pid_1_keeps_none(void **state)
{
        const struct fd_rule rule = KEEP(70, ACCESS_WRITE);
        struct box b;
        struct sandbox s;
        struct outcome o;
        int kept[2], wait[2];
        char byte;
        (void)state;
        assert_int_equal(pipe2(kept, O_CLOEXEC), 0);
        assert_int_equal(pipe2(wait, O_CLOEXEC), 0);
        assert_int_equal(dup2(kept[1], 70), 70);
        close(kept[1]);
        box_init(&b);
        b.world.fds = &rule;
        b.world.fd_count = 1;
        b.options.stdio[0] = wait[0];
        b.options.program = "/bin/bash";
        int output = box_start(&b, (const char *const[]){"bash", "-c", "echo x >&70; exec 70>&-; read line", NULL}, &s, &o);
        close(70);
        assert_int_equal(read(kept[0], &byte, 1), 1);
        assert_int_equal(read(kept[0], &byte, 1), 1);
        assert_int_equal(read(kept[0], &byte, 1), 0); /* the program still runs */
        close(wait[0]);
        close(wait[1]);
        finish(&s, output, &o);
        close(output);
        close(kept[0]);
}

static void expect_kept(struct box *b, const struct fd_rule *rule, int error, const char *says)
{
        b->world.fds = rule;
        b->world.fd_count = 1;
        struct outcome o = PROBE(b, "fds");
        if (o.launched != error || (error && (!strstr(o.error.text, says) || !strstr(o.error.text, "p:7: "))))
                explain(&o);
        assert_int_equal(o.launched, error);
        assert_true(!error || (strstr(o.error.text, says) && strstr(o.error.text, "p:7: ")));
}

static void kept_descriptors_are_what_they_should_be(void **state)
{
        const struct fd_rule any = KEEP(50, 0), reads = KEEP(50, ACCESS_READ), writes = KEEP(50, ACCESS_WRITE),
                             both = KEEP(50, ACCESS_READ | ACCESS_WRITE), channel = KEEP(3, 0);
        struct box b;
        int pair[2];
        (void)state;
        box_init(&b);
        put("kept", "");
        expect_kept(&b, &any, -EBADF, "is not handed over");
        static const int modes[] = {O_RDONLY, O_WRONLY, O_RDWR};
        const struct fd_rule *const rules[] = {&reads, &writes, &both};
        for (int mode = 0; mode < 3; mode++) {
                open_as(50, "kept", modes[mode]);
                expect_kept(&b, &any, 0, "");
                for (int i = 0; i < 3; i++)
                        expect_kept(&b, rules[i], i == mode ? 0 : -EACCES, "descriptor 50 is open for");
                assert_int_equal(fcntl(50, F_SETFD, FD_CLOEXEC), 0); /* nobody meant to hand it over */
                expect_kept(&b, &any, -EBADF, "is not handed over");
                close(50);
        }
        open_as(50, "kept", O_PATH);
        expect_kept(&b, &any, -EACCES, "O_PATH");
        close(50);
        open_as(50, "/", O_RDONLY | O_DIRECTORY);
        expect_kept(&b, &any, -EISDIR, "is a directory");
        close(50);
        for (int i = 0; i < 2; i++) {
                assert_int_equal(socketpair(AF_UNIX, i ? SOCK_DGRAM : SOCK_STREAM, 0, pair), 0);
                assert_int_equal(dup2(pair[0], 50), 50);
                expect_kept(&b, &any, i ? -EACCES : 0, "datagram socket");
                close(pair[0]);
                close(pair[1]);
                close(50);
        }
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        b.options.channel = pair[1];
        expect_kept(&b, &channel, -EINVAL, "channel");
        close(pair[0]);
        close(pair[1]);
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

/* Just those, in every set that counts, through any number of execve; and no other comes back. */
static void capabilities_are_kept(void **state)
{
        struct box b;
        static const char *const lines[] = {
                "CapInh:\t0000000000000400\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000400\n"
                "CapAmb:\t0000000000000400\nNoNewPrivs:\t1\n"};
        (void)state;
        box_init(&b);
        b.world.caps = 1u << 10; /* CAP_NET_BIND_SERVICE */
        struct outcome o = PROBE(&b, "status", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs");
        expect_run(&o, 0, lines[0]);
        o = PROBE(&b, "exec", "/probe", "status", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs");
        expect_run(&o, 0, lines[0]);
        b.world.user = USER_ROOT; /* nor does user id 0 mean anything */
        o = PROBE(&b, "exec", "/probe", "status", "CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs");
        expect_run(&o, 0, lines[0]);
        b.world.caps = 0;
        o = PROBE(&b, "status", "CapPrm", "CapEff", "CapAmb");
        expect_run(&o, 0, "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n");
}

static void a_port_needs_its_capability(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        b.world.net = NET_LOOPBACK;
        struct outcome o = PROBE(&b, "port", "80", "port", "8080");
        expect_run(&o, 0, "80 EACCES\n8080 ok\n");
        b.world.caps = 1u << 10;
        o = PROBE(&b, "port", "80", "port", "8080");
        expect_run(&o, 0, "80 ok\n8080 ok\n");
}

/* The number inside is one thing, whom files belong to another. */
static void ids_are_those_of_the_policy(void **state)
{
        unsigned outside = as_root() ? 65534 : getuid();
        const struct {
                enum user_mode user;
                unsigned uid, gid, kernel_uid;
        } rows[] = {
                {USER_DEFAULT, outside, as_root() ? 65534 : getgid(), outside},
                {USER_OWN, getuid(), getgid(), getuid()},
                {USER_ROOT, 0, 0, outside},
                {USER_ID, 1234, 4321, outside},
        };
        struct box b;
        struct stat made;
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char expected[128];
                box_init(&b);
                box_tree(&b, "owned", ACCESS_ALL & ~(unsigned)ACCESS_EXEC);
                b.world.user = rows[i].user;
                b.world.uid = 1234;
                b.world.gid = 4321;
                unlink("owned/new");
                struct outcome o = box_shell(&b, "id -u; id -g; cd /owned; : >new; stat -c '%u %g' new .; "
                                                 "read a b c </proc/self/uid_map; echo $a $b $c");
                unsigned u = rows[i].uid, g = rows[i].gid;
                snprintf(expected, sizeof(expected), "%u\n%u\n%u %u\n%u %u\n%u %u 1\n", u, g, u, g, u, g, u,
                         rows[i].kernel_uid);
                expect_run(&o, 0, expected);
                assert_int_equal(stat("owned/new", &made), 0);
                assert_int_equal(made.st_uid, getuid()); /* root's, by an idmapped mount */
                assert_int_equal(made.st_gid, getgid());
        }
}

/* As root, `user own` is root as far as files go, and nothing else of root. */
static void own_root_is_no_more_than_an_owner(void **state)
{
        struct box b;
        (void)state;
        if (!as_root()) {
                print_message("this is about root\n");
                skip();
        }
        box_init(&b);
        box_tree(&b, "roots", ACCESS_LIST | ACCESS_READ);
        put("roots/private", "private\n");
        put("roots/others", "others\n");
        assert_int_equal(chmod("roots/private", 0600), 0);
        assert_int_equal(chmod("roots/others", 0600), 0);
        assert_int_equal(chown("roots/others", 1234, 1234), 0);
        static const char script[] = "cat /roots/private 2>&- || echo no; cat /roots/others 2>&- || echo no; "
                                     "grep CapEff /proc/self/status; exec 2>&-; echo x >/proc/sys/kernel/hostname || echo held; kill -0 1 && echo alive";
        b.world.user = USER_ROOT;
        struct outcome o = box_shell(&b, script);
        expect_run(&o, 0, "no\nno\nCapEff:\t0000000000000000\nheld\nalive\n");
        b.world.user = USER_OWN;
        o = box_shell(&b, script);
        expect_run(&o, 0, "private\nno\nCapEff:\t0000000000000000\nheld\nalive\n");
}

static void the_host_has_a_name(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        struct outcome o = box_shell(&b, "uname -n");
        expect_run(&o, 0, "sandbox\n");
        b.world.hostname = "a.name-of_its.own";
        o = box_shell(&b, "uname -n");
        expect_run(&o, 0, "a.name-of_its.own\n");
}

static void what_is_required_is_there_or_nothing_is(void **state)
{
        static const struct {
                struct requirement wish;
                int result;
                const char *says;
        } rows[] = {
                {{FEATURE_KERNEL, 5, 14, "kernel 5.14", {"p", 3}}, 0, ""},
                {{FEATURE_KERNEL, 2, 6, "kernel 2.6", {"p", 3}}, 0, ""},
                {{FEATURE_KERNEL, 9000, 0, "kernel 9000.0", {"p", 3}}, -EOPNOTSUPP, "p:3: `require kernel 9000.0` is not met: this kernel is "},
                {{FEATURE_LANDLOCK, 0, 0, "landlock", {"p", 3}}, 0, ""},
                {{FEATURE_LANDLOCK, 1, 0, "landlock 1", {"p", 3}}, 0, ""},
                {{FEATURE_LANDLOCK, 999, 0, "landlock 999", {"p", 3}}, -EOPNOTSUPP, "this kernel has Landlock ABI "},
                {{FEATURE_USERNS, 0, 0, "userns", {"p", 3}}, 0, ""},
                {{FEATURE_IDMAP, 0, 0, "idmap", {"p", 3}}, 0, ""},
        };
        struct box b;
        (void)state;
        box_init(&b);
        box_tree(&b, "mapped", ACCESS_ALL & ~(unsigned)ACCESS_EXEC);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                b.world.requirements = &rows[i].wish;
                b.world.requirement_count = 1;
                struct outcome o = PROBE(&b, "ids");
                if (o.launched != rows[i].result)
                        explain(&o);
                assert_int_equal(o.launched, rows[i].result);
                assert_non_null(strstr(o.error.text, rows[i].says));
                assert_int_equal(o.exited, rows[i].result == 0);
        }
}

/* Whether there is one depends on the host; never on half a one. */
static void a_cgroup_is_there_or_nothing_is(void **state)
{
        const struct requirement wish = {FEATURE_CGROUP, 0, 0, "cgroup", {"p", 3}};
        struct cgroup_place place;
        struct box b;
        (void)state;
        box_init(&b);
        b.world.limits.memory = UINT64_C(1) << 40;
        cgroup_find(CGROUP_MEMORY, &place);
        bool possible = *place.path && (place.possible & CGROUP_MEMORY);
        struct outcome o = PROBE(&b, "ids");
        assert_int_equal(o.launched, 0); /* not required: with or without */
        b.world.requirements = &wish;
        b.world.requirement_count = 1;
        o = PROBE(&b, "ids");
        if (!possible) {
                assert_int_equal(o.launched, -EOPNOTSUPP);
                assert_non_null(strstr(o.error.text, "p:3: `require cgroup` is not met: "));
                assert_false(o.exited);
        } else {
                assert_int_equal(o.launched, 0);
        }
}

/* Nothing could hold it, so nothing is started. */
static void what_only_a_cgroup_can_hold(void **state)
{
        const struct limits rows[] = {
                {.cpus_m = 1500, .cpus_at = {"p", 7}},
                {.io_read = 1 << 20, .io_read_at = {"p", 7}},
                {.io_write = 1 << 20, .io_write_at = {"p", 7}},
                {.swap = 1 << 20, .swap_at = {"p", 7}},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                struct cgroup_place place;
                struct box b;
                box_init(&b);
                b.world.limits = rows[i];
                unsigned wanted = cgroup_wanted(&rows[i]);
                cgroup_find(wanted, &place);
                struct outcome o = PROBE(&b, "ids");
                if (*place.path && !(wanted & ~place.possible))
                        continue; /* it is the kernel's now */
                assert_int_equal(o.launched, -EOPNOTSUPP);
                assert_non_null(strstr(o.error.text, "p:7: nothing but a cgroup can hold `limit "));
        }
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

static const char *const with_tty[] = {"tty", NULL};

static void world_is_its_own(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        b.options.cwd = "/usr";
        mode_t before = umask(027);
        struct outcome o = PROBE(&b, "sees");
        umask(before);
        expect_run(&o, 0, "sandbox /usr pid 2 parent 1\nsession 1 group 1\numask 027\n");
        /* With the terminal, the caller's session and group: they have no number inside. */
        b.world.devices = with_tty;
        o = PROBE(&b, "sees");
        expect_run(&o, 0, "sandbox /usr pid 2 parent 1\nsession 0 group 0\numask 022\n");
}

static void caller_keeps_group(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        int in[2];
        (void)state;
        box_init(&b);
        b.world.devices = with_tty;
        assert_int_equal(pipe2(in, O_CLOEXEC), 0);
        b.options.stdio[0] = in[0];
        b.options.program = "/bin/sh";
        int output = box_start(&b, (const char *const[]){"sh", "-c", "read x", NULL}, &s, &o);
        assert_false(s.own_session);
        assert_int_equal(sandbox_terminal_signal(&s, SIGKILL), 0); /* it would have got it */
        assert_int_equal(getpgid(s.pid), getpgid(0));
        assert_int_equal(getsid(s.pid), getsid(0));
        close(in[0]);
        close(in[1]);
        finish(&s, output, &o);
        close(output);
}

static void stages_are_named(void **state)
{
        char advice[384];
        struct box b;
        (void)state;
        box_init(&b);
        b.options.cwd = "/not/there";
        struct outcome o = PROBE(&b, "sees");
        expect_failure(&o, STAGE_CWD, ENOENT);
        assert_string_equal(o.failure.detail, "/not/there");
        assert_false(o.ready || o.failure.exec_failed);
        assert_true(sandbox_failure_advice(o.failure.stage, o.failure.error, advice, sizeof(advice)));
        assert_non_null(strstr(advice, "grant it"));
        assert_false(sandbox_failure_advice(STAGE_SIGNALS, EPERM, advice, sizeof(advice)));
        /* What is there is not blamed. */
        assert_false(sandbox_failure_advice(STAGE_HOSTNAME, EPERM, advice, sizeof(advice)));
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
        struct cgroup_place place;
        cgroup_find(CGROUP_MEMORY, &place);
        if (place.possible & CGROUP_MEMORY) {
                print_message("the memory is a cgroup's here\n");
                return;
        }
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
                counted_test(kept_descriptors_have_their_numbers),
                counted_test(pid_1_keeps_none),
                counted_test(kept_descriptors_are_what_they_should_be),
                counted_test(capabilities_are_kept),
                counted_test(a_port_needs_its_capability),
                counted_test(ids_are_those_of_the_policy),
                counted_test(own_root_is_no_more_than_an_owner),
                counted_test(the_host_has_a_name),
                counted_test(what_is_required_is_there_or_nothing_is),
                counted_test(a_cgroup_is_there_or_nothing_is),
                counted_test(what_only_a_cgroup_can_hold),
                counted_test(one_id_is_mapped),
                counted_test(set_user_id_gives_nothing),
                counted_test(world_is_its_own),
                counted_test(caller_keeps_group),
                counted_test(stages_are_named),
                counted_test(loopback_when_asked),
                counted_test(limits_are_set),
                counted_test(memory_is_bounded),
        };
        return cmocka_run_group_tests_name("sandbox", tests, directory_enter, directory_leave);
}
