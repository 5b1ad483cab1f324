/* What a policy means, on a host that is made up: the whole list of mounts, what is refused and at which line, when
 * opens are brokered, and that the work grows with the policy, not faster. */
#include "tests/unit/made_up_host.h"

#include <errno.h>
#include <seccomp.h>
#include <time.h>

#include "base/buf.h"
#include "policy/plan.h"
#include "policy/syscalls.h"
#include "tests/unit/bpf_simulator.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define DIR (S_IFDIR | 0755)
#define REG (S_IFREG | 0644)
#define LNK (S_IFLNK | 0777)
#define CHR (S_IFCHR | 0666)

static const struct made_up_path paths[] = {
        {"/bin", LNK, "usr/bin"},
        {"/usr", DIR, NULL},
        {"/usr/bin", DIR, NULL},
        {"/usr/lib", DIR, NULL},
        {"/usr/bin/tool", REG, NULL},
        {"/etc", DIR, NULL},
        {"/etc/passwd", REG, NULL},
        {"/etc/ssl", DIR, NULL},
        {"/etc/localtime", LNK, "/usr/share/zone"},
        {"/usr/share", DIR, NULL},
        {"/usr/share/zone", REG, NULL},
        {"/data", DIR, NULL},
        {"/data/in", DIR, NULL},
        {"/data/in/deep", DIR, NULL},
        {"/data/in/deep/er", DIR, NULL},
        {"/data/secret", DIR, NULL},
        {"/data/secret/open", DIR, NULL},
        {"/data/key", REG, NULL},
        {"/data-x", DIR, NULL},
        {"/repo", DIR, NULL},
        {"/repo/.git", DIR, NULL},
        {"/repo/.git/hooks", DIR, NULL},
        {"/repo/.env", REG, NULL},
        {"/repo/infra", DIR, NULL},
        {"/repo/bin", DIR, NULL},
        {"/repo/a", DIR, NULL},
        {"/repo/a/b", DIR, NULL},
        {"/repo/a/b/c", REG, NULL},
        {"/repo/link", LNK, "infra"},
        {"/tmp", DIR, NULL},
        {"/tmp/work", DIR, NULL},
        {"/tmp/work/x", DIR, NULL},
        {"/proc", DIR, NULL},
        {"/proc/sys", DIR, NULL},
        {"/dev", DIR, NULL},
        {"/dev/null", CHR, NULL},
        {"/dev/urandom", CHR, NULL},
        {"/dev/sda", S_IFBLK | 0600, NULL},
        {"/home", DIR, NULL},
        {"/home/u", DIR, NULL},
        {"/home/u/.ssh", DIR, NULL},
        {"/out", DIR, NULL},
        {"/out/sub", DIR, NULL},
        {NULL, 0, NULL},
};

/* ---- making a plan of a text ----------------------------------------------------------------------------------- */

struct made {
        struct policy *policy;
        struct plan plan;
        struct made_up_host host;
        struct buf told; /* each error: "LINE message\n" */
        int result;
};

static void tell(void *ctx, const cordon_diag *diag)
{
        struct buf *b = ctx;
        if (diag->severity == CORDON_ERROR)
                buf_printf(b, "%u %s [%s]\n", diag->line, diag->message, diag->hint ? diag->hint : "");
}

static void make_on(struct made *m, const struct made_up_path *on, const char *bundle, const char *text)
{
        static const char *const files[] = {"test.policy", NULL}, *const none[] = {NULL};

        *m = (struct made){.host = {.paths = on, .policy = text, .bundle = bundle}};
        struct policy_host host = made_up_interface(&m->host);
        struct policy_request request = {
                .files = files,
                .defines = none,
                .program = "/usr/bin/tool",
                .cwd = "/repo",
                .home = "/home/u",
                .uid = 1000,
                .host = &host,
                .diag = tell,
                .diag_ctx = &m->told,
        };
        m->result = policy_compile(&m->policy, &request);
        if (m->result < 0)
                fail_msg("the policy itself is wrong: %s", m->told.data ? m->told.data : "");
        m->host.asked = 0;
        m->result = plan_compile(&m->plan, m->policy, &host, tell, &m->told);
}

static void unmake(struct made *m)
{
        plan_free(&m->plan);
        policy_unref(m->policy);
        buf_free(&m->told);
}

#define BARE "cordon 1\ntmp none\nproc none\ndev none\naudit none\n" /* five lines: what follows begins on line 6 */

/* "bind /data w- lrcw @host" … */
static void dump(struct buf *b, const struct plan *plan)
{
        static const char *const kinds[] = {"dir",  "bind",   "link",  "tmpfs", "proc", "device",
                                            "mask", "hollow", "empty", "file",  "pts", "mqueue"};
        static const char letters[] = "lrcwx";

        for (size_t i = 0; i < plan->mount_count; i++) {
                const struct plan_mount *m = &plan->mounts[i];
                buf_printf(b, "%s %s", m->overlay ? "overlay" : m->of_view ? "part" : kinds[m->kind], m->path);
                if (m->kind == VIEW_SYMLINK)
                        buf_printf(b, " -> %s", m->source);
                if (m->kind == VIEW_BIND || m->kind == VIEW_TMPFS)
                        buf_printf(b, " %c%c", m->writable ? 'w' : '-', m->executable ? 'x' : '-');
                for (unsigned bit = 0; bit < 5 && m->access; bit++)
                        buf_printf(b, "%s%s", bit ? "" : " ", m->access >> bit & 1 ? (char[]){letters[bit], 0} : "");
                buf_printf(b, "%s%s%s\n", m->directory || m->kind == VIEW_SYMLINK ? "" : " file",
                           m->on_host ? " @host" : "", m->optional ? " optional" : "");
        }
}

static void expect_view_on(const char *bundle, const char *text, const char *view)
{
        struct made m;
        cleanup_buf struct buf b = {0};

        make_on(&m, paths, bundle, text);
        if (m.result < 0)
                fail_msg("refused (%d): %s", m.result, m.told.data ? m.told.data : "");
        dump(&b, &m.plan);
        assert_string_equal(b.data, view);
        unmake(&m);
}

static void expect_view(const char *text, const char *view)
{
        expect_view_on(NULL, text, view);
}

/* `error` 0: accepted. Otherwise `says` is in what was told. */
static void expect_refused(int error, const char *text, const char *says)
{
        struct made m;

        make_on(&m, paths, NULL, text);
        if (m.result != error || (says && (!m.told.data || !strstr(m.told.data, says))))
                fail_msg("%s\n-> %d, %s", text, m.result, m.told.data ? m.told.data : "nothing told");
        if (error) {
                assert_non_null(m.told.data);
                assert_null(strstr(m.told.data, "[]")); /* each says what to do instead */
                assert_null(m.plan.mounts);
        } else {
                assert_null(m.told.data);
        }
        unmake(&m);
}

static void expect_accepted(const char *text)
{
        expect_refused(0, text, NULL);
}

/* ---- the view -------------------------------------------------------------------------------------------------- */

static void test_only_what_is_named(void **state)
{
        (void)state;
        expect_view(BARE, "dir / l\n");
        expect_view(BARE "read /data\nwrite /out\nexec /usr\nlist /etc\n",
                    "dir / l\nbind /data -- lr\nbind /etc -- l\nbind /out w- lrcw\nbind /usr -x lrx\n");
        expect_view(BARE "read /data/in/deep\nread /etc/passwd\n",
                    "dir / l\ndir /data\ndir /data/in\nbind /data/in/deep -- lr\n"
                    "dir /etc\nbind /etc/passwd -- lr file\n");
        expect_view(BARE "write exec /repo\n", "dir / l\nbind /repo wx lrcwx\n");
        expect_view(BARE "create /out\n", "dir / l\nbind /out w- lc\n");
}

static void test_no_mount_twice(void **state)
{
        (void)state;
        expect_view(BARE "read /data\nread /data/in\nread /data/in/deep /data/key\n", "dir / l\nbind /data -- lr\n");
        expect_view(BARE "write /repo\nwrite /repo/a /repo/a/b/c\n", "dir / l\nbind /repo w- lrcw\n");
        expect_view(BARE "list /data\nlist /data/in\n", "dir / l\nbind /data -- l\n");
        /* a name that begins alike is no tree */
        expect_view(BARE "read /data\nread /data-x\n", "dir / l\nbind /data -- lr\nbind /data-x -- lr\n");
}

static void test_flags_of_nested_rules(void **state)
{
        (void)state;
        /* more than the tree around: mounted on top */
        expect_view(BARE "read /data\nwrite /data/in/deep\n",
                    "dir / l\nbind /data -- lr\nbind /data/in/deep w- lrcw @host\n");
        expect_view(BARE "list /data\nread /data/in\n", "dir / l\nbind /data -- l\nbind /data/in -- lr @host\n");
        expect_view(BARE "write /repo\nwrite exec /repo/a/b\n",
                    "dir / l\nbind /repo w- lrcw\nbind /repo/a w- lrcw @host\nbind /repo/a/b wx lrcwx @host\n");
        /* less: and the way there cannot be moved */
        expect_view(BARE "write /repo\nread /repo/infra\n",
                    "dir / l\nbind /repo w- lrcw\nbind /repo/infra -- lr @host\n");
        expect_view(BARE "write exec /repo\nread /repo/a/b/c\n",
                    "dir / l\nbind /repo wx lrcwx\nbind /repo/a wx lrcwx @host\nbind /repo/a/b wx lrcwx @host\n"
                    "bind /repo/a/b/c -- lr file @host\n");
        expect_view(BARE "write exec /repo\nwrite /repo/a/b\n",
                    "dir / l\nbind /repo wx lrcwx\nbind /repo/a wx lrcwx @host\nbind /repo/a/b w- lrcw @host\n");
        /* less in a tree that cannot be written: nothing can be moved anyway */
        expect_view(BARE "exec /data\nread /data/in/deep\n",
                    "dir / l\nbind /data -x lrx\nbind /data/in/deep -- lr @host\n");
        /* to and fro */
        expect_view(BARE "read /data\nwrite /data/in\nread /data/in/deep\nwrite /data/in/deep/er\n",
                    "dir / l\nbind /data -- lr\nbind /data/in w- lrcw @host\nbind /data/in/deep -- lr @host\n"
                    "bind /data/in/deep/er w- lrcw @host\n");
}

static void test_what_is_taken_away(void **state)
{
        (void)state;
        expect_view(BARE "read /data\ndeny /data/key /data/secret\n",
                    "dir / l\nbind /data -- lr\nmask /data/key file @host\nmask /data/secret @host\n");
        expect_view(BARE "read /data\nnever /data/secret\nread /data/secret/open\n",
                    "dir / l\nbind /data -- lr\nmask /data/secret @host\n");
        expect_view(BARE "read /data\ndeny /data/secret\nwrite /data/secret/open\n",
                    "dir / l\nbind /data -- lr\nhollow /data/secret @host\nbind /data/secret/open w- lrcw\n");
        expect_view(BARE "deny /data\nread /data/in/deep\n",
                    "dir / l\ndir /data\ndir /data/in\nbind /data/in/deep -- lr\n");
        expect_view(BARE "write /repo\ndeny /repo/.git/hooks\n",
                    "dir / l\nbind /repo w- lrcw\nbind /repo/.git w- lrcw @host\nmask /repo/.git/hooks @host\n");
        /* nothing to take away */
        expect_view(BARE "deny /data\nhide /etc/passwd\n", "dir / l\n");
        expect_view(BARE "read /data\ndeny /data/in\ndeny /data/in/deep\n",
                    "dir / l\nbind /data -- lr\nmask /data/in @host\n");
        expect_view(BARE "write /repo\ndeny /repo/a\nread /repo/a/b/c\n",
                    "dir / l\nbind /repo w- lrcw\nhollow /repo/a @host\ndir /repo/a/b\nbind /repo/a/b/c -- lr file\n");
}

/* It is there, as it would be granted, but for execution; and the kernel grants nothing of it. */
static void test_what_a_person_decides(void **state)
{
        (void)state;
        expect_view(BARE "ask read /data/in\n", "dir / l\ndir /data\nbind /data/in --\n");
        expect_view(BARE "ask write /data/in\n", "dir / l\ndir /data\nbind /data/in w-\n");
        expect_view(BARE "ask read /data/key\n", "dir / l\ndir /data\nbind /data/key -- file\n");
        /* in a tree that gives less, or may be run */
        expect_view(BARE "read /data\nask write /data/in\n", "dir / l\nbind /data -- lr\nbind /data/in w- @host\n");
        expect_view(BARE "exec /data\nask read /data/in\n", "dir / l\nbind /data -x lrx\nbind /data/in -- @host\n");
        expect_view(BARE "write /repo\nask read /repo/a/b\n",
                    "dir / l\nbind /repo w- lrcw\nbind /repo/a w- lrcw @host\nbind /repo/a/b -- @host\n");
        /* in one that fits it lies as it is: the broker alone keeps it */
        expect_view(BARE "read /data\nask read /data/in\n", "dir / l\nbind /data -- lr\n");
        expect_view(BARE "write /repo\nask write /repo/.env\n", "dir / l\nbind /repo w- lrcw\n");
        /* other rules below and around */
        expect_view(BARE "ask read /data\nread /data/in\ndeny /data/secret\n",
                    "dir / l\nbind /data --\nbind /data/in -- lr @host\nmask /data/secret @host\n");
        expect_view(BARE "read /data\ndeny /data/in\nask read /data/in/deep\n",
                    "dir / l\nbind /data -- lr\nhollow /data/in @host\nbind /data/in/deep --\n");
        /* by pattern, in what is not listed otherwise */
        expect_view(BARE "ask read /data/*.txt\n", "dir / l\nbind /data --\n");
        expect_view(BARE "read /repo\nask write /repo/**/.env\n", "dir / l\nbind /repo w- lr\n");
}

static void test_masks(void **state)
{
        (void)state;
        expect_view(BARE "read /data\nmask /data/key /data/secret\n",
                    "dir / l\nbind /data -- lr\nempty /data/key lr file @host\nempty /data/secret lr @host\n");
        /* where nothing around is granted, too: what the host has is there, and empty */
        expect_view(BARE "mask /etc/passwd /data/none\n", "dir / l\ndir /etc\nempty /etc/passwd lr file\n");
        expect_view(BARE "write /repo\nmask /repo/.git/hooks\n",
                    "dir / l\nbind /repo w- lrcw\nbind /repo/.git w- lrcw @host\nempty /repo/.git/hooks lr @host\n");
        expect_view(BARE "mask /\nread /data/in\n", "dir / l\ndir /data\nbind /data/in -- lr\n"); /* not the host's root */
        /* what is granted in an empty directory is there */
        expect_view(BARE "read /data\nmask /data/secret\nwrite /data/secret/open\n",
                    "dir / l\nbind /data -- lr\nhollow /data/secret lr @host\nbind /data/secret/open w- lrcw\n");
        expect_view(BARE "mask /data\ndeny /data/in\nmask /data/key\n", "dir / l\nhollow /data lr\nempty /data/key lr file\n");
        expect_view("cordon 1\ndev null\ntmp none\nproc own\nmask /dev/null /proc\n",
                    "dir / l\ndir /dev l\nlink /dev/fd -> /proc/self/fd\nempty /dev/null lr file\n"
                    "link /dev/stderr -> /proc/self/fd/2\nlink /dev/stdin -> /proc/self/fd/0\n"
                    "link /dev/stdout -> /proc/self/fd/1\nempty /proc lr\n");
        expect_view("cordon 1\ndev null\ntmp none\nproc none\naudit none\nread /\nmask /dev\n",
                    "bind / -- lr\nhollow /dev lr @host\ndevice /dev/null lrcw file\nmask /proc @host\n");
        expect_refused(-EINVAL, BARE "mask /data\nread /data/*.csv\n", "7 `read /data/*.csv` would show files in /data");
}

/* What comes to be in a place that is masked must not be shown: whoever makes names there is asked. */
static void test_masks_in_writable_trees(void **state)
{
        static const char *const rules[] = {"mask /repo/none", "mask /repo/*.key"};
        struct made m;
        (void)state;

        for (size_t i = 0; i < COUNT(rules); i++) {
                cleanup_buf struct buf text = {0};
                buf_printf(&text, "%swrite /repo\n%s\n", BARE, rules[i]);
                make_on(&m, paths, NULL, text.data);
                assert_int_equal(m.result, 0);
                assert_true(m.plan.brokered & FAMILY_NAMES);
                unmake(&m);
        }
        make_on(&m, paths, NULL, BARE "write /repo\nmask /data/*.key\n"); /* elsewhere it is a question of opening alone */
        assert_int_equal(m.result, 0);
        assert_false(m.plan.brokered & FAMILY_NAMES);
        unmake(&m);
}

/* Whether opens are brokered, and whether for want of exactness, with `audit none`. */
static void expect_brokered(const char *text, bool brokered, bool empties)
{
        struct made m;

        make_on(&m, paths, NULL, text);
        assert_int_equal(m.result, 0);
        assert_int_equal((m.plan.brokered & ~(unsigned)FAMILY_SOCKETS) != 0, brokered);
        assert_int_equal(m.plan.empties, empties);
        unmake(&m);
}

static void test_masks_that_the_broker_keeps(void **state)
{
        (void)state;
        expect_brokered(BARE "read /data\n", false, false);
        expect_brokered(BARE "read /data\nmask /data/key\n", false, true);
        expect_brokered(BARE "read /data\nmask /data/**/*.key\n", true, true);
        expect_brokered(BARE "read /data\nmask /data/none\n", true, true); /* it may come to be */
        expect_brokered(BARE "read /data\nread /data/none\n", false, false);
}

static void test_virtual_files(void **state)
{
        struct made m;
        (void)state;

        expect_view(BARE "file /etc/passwd \"x\"\nfile /virtual/deep/file \"\"\n",
                    "dir / l\ndir /etc\nfile /etc/passwd lr file\ndir /virtual\ndir /virtual/deep\n"
                    "file /virtual/deep/file lr file\n");
        /* over what a granted tree has; and the way there cannot be moved */
        expect_view(BARE "read /data\nfile /data/key \"x\"\n", "dir / l\nbind /data -- lr\nfile /data/key lr file @host\n");
        expect_view(BARE "write /repo\nfile /repo/a/b/c \"x\"\n",
                    "dir / l\nbind /repo w- lrcw\nbind /repo/a w- lrcw @host\nbind /repo/a/b w- lrcw @host\n"
                    "file /repo/a/b/c lr file @host\n");
        expect_view("cordon 1\ndev none\nproc none\ntmp private 1M\nfile /tmp/a/b \"x\"\n",
                    "dir / l\ntmpfs /tmp w- lrcw\nhollow /tmp/a\nfile /tmp/a/b lr file\ndir /var\nlink /var/tmp -> /tmp\n");
        expect_view(BARE "mask /data\nfile /data/note \"x\"\n", "dir / l\nhollow /data lr\nfile /data/note lr file\n");
        expect_view(BARE "never /data\nfile /data/note \"x\"\n", "dir / l\n");
        expect_refused(-EINVAL, BARE "read /data\nfile /data/none \"x\"\n", "7 `file /data/none` lies in /data");
        expect_refused(-EINVAL, BARE "write /repo\nfile /repo/none \"x\"\n", "7 `file /repo/none` lies in /repo");
        expect_refused(-EINVAL, BARE "read /data\nfile /data/in \"x\"\n", "7 `file /data/in`: on the host this is a directory");
        expect_refused(-EINVAL, BARE "file /data/in \"x\"\nread /data/in/deep\n", "6 `file /data/in`: another rule grants");
        expect_refused(-EINVAL, BARE "file /dev/x \"x\"\n", "6 `file /dev/x`: devices come by `dev` alone");

        make_on(&m, paths, NULL, BARE "file /x \"two\\nlines\"\n");
        assert_int_equal(m.plan.mounts[1].size, 9);
        assert_memory_equal(m.plan.mounts[1].content, "two\nlines", 9);
        unmake(&m);
}

/* What lies on the way to a stricter place in one, or has other flags, is a part of it, and never of the host's. */
static void test_overlays(void **state)
{
        (void)state;
        expect_view(BARE "overlay /repo\n", "dir / l\noverlay /repo w- lrcw\n");
        expect_view(BARE "overlay exec /repo\nwrite /repo/a/b\ndeny /repo/infra\n",
                    "dir / l\noverlay /repo wx lrcwx\npart /repo/a wx lrcwx @host\nbind /repo/a/b w- lrcw @host\n"
                    "mask /repo/infra @host\n");
        expect_view(BARE "overlay /repo\noverlay exec /repo/bin\nread /repo/infra\noverlay /repo/a/b\n",
                    "dir / l\noverlay /repo w- lrcw\npart /repo/bin wx lrcwx @host\nbind /repo/infra -- lr @host\n");
        expect_view(BARE "write /repo\noverlay /repo/a\nread /repo/a/b\nwrite /repo/a/b/c\n",
                    "dir / l\nbind /repo w- lrcw\noverlay /repo/a w- lrcw @host\nbind /repo/a/b -- lr @host\n"
                    "bind /repo/a/b/c w- lrcw file @host\n");
        expect_view(BARE "read /data\noverlay /data/in\n", "dir / l\nbind /data -- lr\noverlay /data/in w- lrcw @host\n");
        expect_refused(-EINVAL, BARE "overlay /etc/passwd\n", "6 `overlay /etc/passwd`: /etc/passwd is not a directory");
        expect_refused(-EINVAL, BARE "overlay /repo\nwrite /repo/a/*.log\n", "7 `write /repo/a/*.log` is a pattern in the overlay");
        expect_refused(-ENOENT, BARE "overlay /nowhere\n", "6 /nowhere does not exist");
        expect_refused(-ENOENT, BARE "overlay /repo\nwrite /repo/new\n", "7 /repo/new does not exist");
        expect_refused(-ENOENT, BARE "write /repo\noverlay /repo/new\n", "7 /repo/new does not exist");
        expect_accepted(BARE "overlay /repo\nread /repo/new\noverlay /usr\noverlay /usr/new\n");
        expect_accepted(BARE "overlay /repo\nread /repo/**/*.md\ndeny /repo/**/.env\n");
}

static void test_aliases(void **state)
{
        (void)state;
        expect_view(BARE "exec /bin\n", "dir / l\nlink /bin -> usr/bin\ndir /usr\nbind /usr/bin -x lrx\n");
        expect_view(BARE "read /etc/localtime\n", "dir / l\ndir /etc\nlink /etc/localtime -> /usr/share/zone\n"
                                                  "dir /usr\ndir /usr/share\nbind /usr/share/zone -- lr file\n");
        /* a bound tree has its own */
        expect_view(BARE "read /etc\nread /etc/localtime\n",
                    "dir / l\nbind /etc -- lr\ndir /usr\ndir /usr/share\nbind /usr/share/zone -- lr file\n");
        expect_view(BARE "write /repo\nread /repo/link\n",
                    "dir / l\nbind /repo w- lrcw\nbind /repo/infra -- lr @host\n");
}

static void test_world(void **state)
{
        (void)state;
        expect_view("cordon 1\ndev null urandom\ntmp private 1M\nproc own\n",
                    "dir / l\n"
                    "dir /dev l\nlink /dev/fd -> /proc/self/fd\ndevice /dev/null lrcw file\n"
                    "link /dev/shm -> /tmp\nlink /dev/stderr -> /proc/self/fd/2\nlink /dev/stdin -> /proc/self/fd/0\n"
                    "link /dev/stdout -> /proc/self/fd/1\ndevice /dev/urandom lrcw file\n"
                    "proc /proc lr\ntmpfs /tmp w- lrcw\ndir /var\nlink /var/tmp -> /tmp\n");
        expect_view("cordon 1\ndev null\ntmp none\nproc none\n", "dir / l\ndir /dev l\ndevice /dev/null lrcw file\n");
        /* what is no device of the host's: terminals and shared memory of the sandbox's own */
        expect_view("cordon 1\ndev pts shm\ntmp private 1M\nproc none\n",
                    "dir / l\ndir /dev l\nlink /dev/ptmx -> pts/ptmx\npts /dev/pts lrcw\ntmpfs /dev/shm w- lrcw\n"
                    "tmpfs /tmp w- lrcw\ndir /var\nlink /var/tmp -> /tmp\n");
        expect_view("cordon 1\ndev mqueue\ntmp none\nproc none\n", "dir / l\ndir /dev l\nmqueue /dev/mqueue lrcw\n");
        expect_view("cordon 1\ndev shm\ntmp none\nproc none\n", "dir / l\ndir /dev l\ntmpfs /dev/shm w- lrcw\n");
        expect_view("cordon 1\ndev null pts shm\ntmp none\nproc none\ndeny /dev/pts\nmask /dev/shm\n",
                    "dir / l\ndir /dev l\ndevice /dev/null lrcw file\nlink /dev/ptmx -> pts/ptmx\nempty /dev/shm lr\n");
        /* the host's trees inside the private /tmp */
        expect_view("cordon 1\ndev none\nproc none\ntmp private 1M\nwrite exec /tmp/work/x\n",
                    "dir / l\ntmpfs /tmp w- lrcw\nhollow /tmp/work\nbind /tmp/work/x wx lrcwx\n"
                    "dir /var\nlink /var/tmp -> /tmp\n");
        expect_view("cordon 1\ndev none\nproc none\ntmp none\nread /tmp\n", "dir / l\nbind /tmp -- lr\n");
        expect_view("cordon 1\ndev none\nproc own\ntmp none\ndeny /proc/sys\n",
                    "dir / l\ndir /dev\nlink /dev/fd -> /proc/self/fd\nlink /dev/stderr -> /proc/self/fd/2\n"
                    "link /dev/stdin -> /proc/self/fd/0\nlink /dev/stdout -> /proc/self/fd/1\n"
                    "proc /proc lr\nmask /proc/sys @host optional\n");
}

static void test_the_whole_root(void **state)
{
        (void)state;
        expect_view("cordon 1\ndev null\ntmp private 1M\nproc own\nread /\nwrite /repo\n",
                    "bind / -- lr\n"
                    "hollow /dev l @host\nlink /dev/fd -> /proc/self/fd\ndevice /dev/null lrcw file\n"
                    "link /dev/shm -> /tmp\nlink /dev/stderr -> /proc/self/fd/2\nlink /dev/stdin -> /proc/self/fd/0\n"
                    "link /dev/stdout -> /proc/self/fd/1\n"
                    "proc /proc lr @host\nbind /repo w- lrcw @host\ntmpfs /tmp w- lrcw @host\n");
        /* never the host's proc */
        expect_view(BARE "read /\n", "bind / -- lr\nmask /proc @host\n");
}

static void test_bundles_are_optional(void **state)
{
        (void)state;
        expect_view_on("cordon 1\nread /nowhere\nexec /usr/lib\nwrite /not/there\ndeny /data/none\n",
                       BARE "use @base\nread /data\n",
                       "dir / l\nbind /data -- lr\ndir /usr\nbind /usr/lib -x lrx optional\n");
}

/* ---- what does not exist, what is refused ------------------------------------------------------------------------ */

static void test_what_does_not_exist(void **state)
{
        struct made m;
        (void)state;

        expect_refused(-ENOENT, BARE "write /nowhere\n", "6 /nowhere does not exist");
        expect_refused(-ENOENT, BARE "exec /usr/bin/none\n", "6 /usr/bin/none");
        expect_refused(-ENOENT, BARE "create /nowhere\n", "6 /nowhere");
        expect_accepted(BARE "write /repo\nwrite /repo/later\n");
        make_on(&m, paths, NULL, BARE "read /nowhere\nlist /nor/here\n");
        assert_int_equal(m.result, 0);
        assert_int_equal(m.plan.note_count, 2);
        assert_int_equal(m.plan.notes[0].origin.line + m.plan.notes[1].origin.line, 6 + 7);
        assert_non_null(strstr(m.plan.notes[0].text, "does not exist"));
        unmake(&m);
}

/* `why` NULL: names are native. Otherwise it is in the reason. */
static void expect_names(const char *text, const char *why)
{
        struct made m;

        make_on(&m, paths, NULL, text);
        if (m.result < 0)
                fail_msg("%s\n-> refused: %s", text, m.told.data ? m.told.data : "");
        assert_int_equal((m.plan.brokered & FAMILY_NAMES) != 0, why != NULL);
        assert_int_equal(m.plan.brokered & FAMILY_METADATA, 0);
        assert_int_equal(m.plan.wish.names, why != NULL);
        if (why)
                assert_true(m.plan.brokered & FAMILY_OPEN);
        if (!why != !m.plan.why_names || (why && !strstr(m.plan.why_names, why)))
                fail_msg("%s\n-> %s", text, m.plan.why_names ? m.plan.why_names : "native");
        unmake(&m);
}

static void test_patterns_in_writable_trees(void **state)
{
        (void)state;
        expect_names(BARE "write /repo\ndeny /repo/**/.env\n",
                     "`deny /repo/**/.env` is a pattern that matches in the writable tree /repo");
        expect_names(BARE "ask write /data\n", "`ask write /data` lets a person decide about opens");
        expect_names(BARE "ask read /data\n", NULL);
        expect_names(BARE "write /repo\nask read /repo/.env\n", "`ask read /repo/.env` is kept by its name");
        expect_names(BARE "write /repo\nread /repo/*.lock\n", "`read /repo/*.lock`");
        expect_names(BARE "write /repo/a\ndeny /repo/*/b\n", "tree /repo/a");
        expect_names(BARE "write /repo/a\nnever /repo/**/b\n", "never /repo/**/b");
        expect_names(BARE "write /repo\ndeny **/*.key\n", "deny **/*.key");
        expect_names(BARE "create /out\ndeny /out/*.key\n", "deny /out/*.key");
        expect_names(BARE "write /repo/a\ndeny /r*/[!b]/x/y\n", "deny /r*/[!b]/x/y");
        expect_names(BARE "read /repo\ndeny /repo/**/.env\n", NULL);
        expect_names(BARE "write /repo/a\ndeny /repo/*\n", NULL); /* ends above; the tree's own rule is deeper */
        expect_names(BARE "write /repo/a\ndeny /repo/[!a]/b\n", NULL);
        expect_names(BARE "write /repo/a\nread /data\ndeny /data/**/b\n", NULL);
        expect_names(BARE "write /repo/a\ndeny /home/*/.ssh\n", NULL);
        expect_names(BARE "read /repo\nwrite /out\ndeny /repo/*.key /repo/**/x/*\n", NULL);
        /* what is in the private /tmp is the program's own */
        expect_names("cordon 1\ntmp private 1M\nread /data\ndeny **/*.key\n", NULL);
}

static void test_literal_rules_that_names_depend_on(void **state)
{
        (void)state;
        expect_names(BARE "write /repo\ndeny /repo/none\n",
                     "`deny /repo/none` is about what does not exist yet in the writable tree /repo");
        expect_names(BARE "write /repo\nread /repo/none\n", "read /repo/none");
        expect_names(BARE "read /repo\ndeny /repo/none\n", NULL);
        /* it is there, and mounted over; but somebody outside may replace it, and the mount goes with what he replaced */
        expect_names(BARE "write /repo\ndeny /repo/.env\n", "`deny /repo/.env` is kept by its name in the writable tree /repo");
        expect_names(BARE "write /repo\nmask /repo/.env\n", "mask /repo/.env");
        expect_names(BARE "write /repo\nread /repo/infra\n", "`read /repo/infra` is kept by its name");
        expect_names(BARE "read /repo\ndeny /repo/.env\n", NULL);
        expect_names(BARE "overlay /repo\ndeny /repo/.env\n", NULL); /* a copy, whose names nobody else changes */
        expect_names(BARE "write /repo\ncreate /repo/a\n", "`create /repo/a` gives less than the writable tree around it");
        expect_names("cordon 1\ntmp private 1M\ncreate /tmp/work\n", "create /tmp/work");
        expect_names(BARE "write /repo\ndeny /repo/a\ncreate /repo/a/b\n", "deny /repo/a");
        expect_names(BARE "read /repo\ncreate /repo/a\n", "`create /repo/a` is for new files alone");
        expect_names(BARE "create /repo\nwrite /repo/a\n", "create /repo");
        expect_names(BARE "write /out\n", NULL);
        /* what is executed nobody asks about */
        expect_names(BARE "write exec /repo\ndeny /repo/none\n", "deny /repo/none");
        expect_refused(-EINVAL, BARE "write exec /repo\nwrite /repo/none\n", "7 `write /repo/none` lies in /repo, where");
}

/* `why` NULL: metadata are native. */
static void expect_metadata(const char *text, const char *why)
{
        struct made m;

        make_on(&m, paths, NULL, text);
        if (m.result < 0)
                fail_msg("%s\n-> refused: %s", text, m.told.data ? m.told.data : "");
        unsigned all = FAMILY_OPEN | FAMILY_NAMES | FAMILY_METADATA | FAMILY_SOCKETS; /* what is hidden must not show in any errno */
        if ((m.plan.brokered == all) != (why != NULL) || m.plan.wish.metadata != (why != NULL))
                fail_msg("%s\n-> brokered: %x", text, m.plan.brokered);
        if (!why != !m.plan.why_metadata || (why && !strstr(m.plan.why_metadata, why)))
                fail_msg("%s\n-> %s", text, m.plan.why_metadata ? m.plan.why_metadata : "native");
        unmake(&m);
}

static void test_what_must_not_be_seen(void **state)
{
        (void)state;
        expect_metadata(BARE "read /repo\nhide /repo/*.key\n", "`hide /repo/*.key` must not be seen to exist in /repo");
        expect_metadata(BARE "write /repo\nhide **/.env\n", "hide **/.env");
        expect_metadata(BARE "list /repo\nhide /repo/.env\n", "`hide /repo/.env` means ENOENT");
        expect_metadata(BARE "read /repo\nhide /repo/none\n", "also once it is there");
        expect_metadata(BARE "write /repo\nhide /repo/none\n", "also once it is there");
        expect_metadata("cordon 1\nread /repo\naudit all\n", "every request is to be recorded");
        expect_metadata("cordon 1\nread /repo\naudit denied\n", NULL);
        expect_metadata(BARE "read /repo\ndeny /repo/.env /repo/*.key\n", NULL);
        expect_metadata(BARE "read /repo/a\nhide /repo/.env /data/*.key /nowhere\n", NULL); /* nothing of it is in the view */
}

/* The tree comes without any rights, and what is not granted in it is not to be seen. */
static void test_neighbours(void **state)
{
        (void)state;
        expect_metadata(BARE "read /data/*.csv\n", "`read /data/*.csv` shows files whose neighbours in /data are not to be seen");
        expect_metadata(BARE "list /data\nread /data/*.csv\n", NULL);
        expect_metadata(BARE "read /data/in\nread /data/**/x\n", "read /data/**/x");
        expect_metadata(BARE "read /nowhere/*.csv\n", NULL);
        expect_metadata(BARE "read /data/key/*.csv\n", NULL); /* a file */
        expect_view(BARE "read /data/*.csv\n", "dir / l\nbind /data --\n");
        expect_view(BARE "read /data/*.csv /data/in/deep/*\nread /data/in\n",
                    "dir / l\nbind /data --\nbind /data/in -- lr @host\n");
        expect_view(BARE "read /data\ndeny /data/secret\nread /data/secret/*.csv\n",
                    "dir / l\nbind /data -- lr\nbind /data/secret -- @host\n");
        expect_view(BARE "write exec /data\ndeny /data/in\nread /data/in/deep/*.csv\n",
                    "dir / l\nbind /data wx lrcwx\nhollow /data/in @host\nbind /data/in/deep --\n");
        expect_view(BARE "deny /data\nread /data/in/*.csv\n", "dir / l\ndir /data\nbind /data/in --\n");
}

/* A pattern that may be written to makes its tree writable, and the broker the only one who writes. */
static void test_patterns_that_write(void **state)
{
        (void)state;
        expect_names(BARE "read /data\nwrite /data/*.log\n", "`write /data/*.log` lets a pattern be written to");
        expect_names(BARE "read /data\ncreate /data/in/**/x\n", "create /data/in/**/x");
        expect_names(BARE "write /data\nwrite /data/*.log\n", NULL); /* nothing more than is there */
        expect_metadata(BARE "write /data/*.log\n", "`write /data/*.log` shows files whose neighbours");
        expect_view(BARE "read /data\nwrite /data/*.log\n", "dir / l\nbind /data w- lr\n");
        expect_view(BARE "read /data\nread /data/*.csv\nwrite /data/*.log\n", "dir / l\nbind /data w- lr\n");
        expect_view(BARE "read /data/*.csv\nwrite /data/*.log\n", "dir / l\nbind /data w-\n");
        expect_view(BARE "read /data\nwrite /data/in/*.log\nread /data/in/deep\n",
                    "dir / l\nbind /data -- lr\nbind /data/in w- lr @host\n"); /* the pattern may reach into what is deeper */
        expect_refused(-EINVAL, BARE "read /data\nwrite /data/*/x\nexec /data/in\n", "8 `exec /data/in` lies in /data, where");
        /* also where the tree around is written to as a whole, and the pattern adds nothing to it but in what is deeper */
        expect_refused(-EINVAL, BARE "write /data\nwrite /data/**/x\nexec /data/in\n", "8 `exec /data/in` lies in /data, where");
        expect_view(BARE "write /data\nwrite /data/**/x\nread /data/in\n", "dir / l\nbind /data w- lrcw\n"); /* all is asked for */
        expect_names(BARE "write /data\nwrite /data/**/x\nread /data/in\n", "`write /data/**/x` lets a pattern be written to");
        expect_view(BARE "write /data\nwrite /data/*/x\nread /data/in/deep\n", /* as deep as this one is, it is out of reach */
                    "dir / l\nbind /data w- lrcw\nbind /data/in w- lrcw @host\nbind /data/in/deep -- lr @host\n");
        expect_view(BARE "read /data\nwrite /data/*.log\ndeny /data/secret\n",
                    "dir / l\nbind /data w- lr\nmask /data/secret @host\n");
        expect_refused(-EINVAL, BARE "exec /data\nwrite /data/*.log\n", "7 `write /data/*.log` is a pattern in /data, where");
        expect_refused(-EINVAL, BARE "write /proc/self/*\n", "6 `write` by pattern");
        expect_refused(-EINVAL, BARE "write /dev/*\n", "6 `write` by pattern");
        expect_refused(-ENOENT, BARE "write /nowhere/*.log\n", "6 /nowhere does not exist");
}

static void test_other_refusals(void **state)
{
        (void)state;
        expect_refused(-EINVAL, BARE "read /data\nexec /data/*\n", "7 `exec` by pattern");
        expect_refused(-EINVAL, BARE "create /etc/passwd\n", "6 `create /etc/passwd`: /etc/passwd is not a directory");
        expect_refused(-EINVAL, BARE "read /proc\n", "6 `read /proc`");
        expect_refused(-EINVAL, BARE "read /dev/sda\n", "6 `read /dev/sda`: devices come by `dev` alone");
        expect_accepted("cordon 1\nread /dev/null\n");
        expect_refused(-EINVAL, "cordon 1\nwrite /proc/sys\n", "2 `write /proc/sys`");
        expect_refused(-EINVAL, BARE "syscalls @default ptrace\n", "6 ptrace is refused in every sandbox");
        expect_refused(-EINVAL, BARE "syscalls @mount\n", "6 @mount is refused");
        expect_refused(-EINVAL, BARE "syscalls deny execve\n", "6 execve cannot be denied");
        expect_refused(-EINVAL, BARE "syscalls kill ioctl\n", "6 ioctl cannot be denied");
        expect_refused(-EINVAL, BARE "syscalls deny read arg0 == 0\n", "6 read cannot be denied, not even in part");
        expect_refused(-EINVAL, BARE "syscalls @basic\nsyscalls allow read arg0 == 0\n", "7 read is allowed in every sandbox");
        expect_refused(-EINVAL, BARE "syscalls log @namespace\n", "6 @namespace is refused");
        expect_refused(-EINVAL, BARE "syscalls @basic\nsyscalls allow bpf arg0 == 1\n", "7 bpf is refused");
        expect_accepted(BARE "syscalls @process\nsyscalls @basic\n");
        expect_accepted(BARE "syscalls @basic\nsyscalls allow ioctl arg1 == TCGETS\nsyscalls kill @mount bpf\n");
        expect_accepted(BARE "syscalls deny clone arg0 & CLONE_THREAD != 0\nsyscalls log read arg0 == 0\n");
        expect_accepted(BARE "syscalls @basic\nsyscalls deny ptrace\n");
}

static void test_all_refusals_are_told(void **state)
{
        struct made m;
        (void)state;
        make_on(&m, paths, NULL, BARE "exec /repo\nwrite /repo/*.a\nexec /repo/*.b\ncreate /repo/c/*\nwrite /nowhere\n");
        assert_int_equal(m.result, -EINVAL);
        assert_non_null(strstr(m.told.data, "7 "));
        assert_non_null(strstr(m.told.data, "\n8 "));
        assert_non_null(strstr(m.told.data, "\n9 "));
        assert_non_null(strstr(m.told.data, "10 "));
        unmake(&m);
}

/* ---- what is brokered ------------------------------------------------------------------------------------------ */

static void test_when_opens_are_brokered(void **state)
{
        static const struct {
                const char *text;
                const char *why; /* NULL: native */
        } table[] = {
                {BARE "read /data\nwrite /out\nexec /usr\nlist /etc\n", NULL},
                {BARE "list /data\nread /data/in\n", NULL},
                {BARE "read /data\ndeny /data/secret\n", NULL},
                {BARE "write /repo\nread /repo/infra\n", "read /repo/infra"},
                {BARE "deny /data\n", NULL},
                {BARE "hide /data\n", NULL},
                {"cordon 1\nread /data\naudit none\n", NULL},
                {"cordon 1\nread /data\n", "explained"},
                {"cordon 1\nread /data\ndeny /data/*.key\n", "explained; `deny /data/*.key`"},
                {"cordon 1\nread /data\naudit denied\n", "explained"},
                {"cordon 1\nread /data\naudit all\n", "audit all"},
                {BARE "read /data\ndeny /data/*.key\n", "deny /data/*.key"},
                {BARE "list /data\nread /data/*.csv\n", "read /data/*.csv"},
                {BARE "create /out\n", "create /out"},
                {BARE "read /data\nlist /data/in\n", "list /data/in"},
                {BARE "read /data\ndeny /data/secret\nlist /data/secret/open\n", "list /data/secret/open"},
                {"cordon 1\naudit none\ntmp private 1M\nlist /tmp/work\n", "list /tmp/work"},
                {"cordon 1\naudit none\ntmp private 1M\nread /tmp/work\n", NULL},
                {BARE "read /data\nhide /data/key\n", "hide /data/key"},
                {BARE "read /data\ndeny /data/none\n", "deny /data/none"},
        };
        (void)state;
        for (size_t i = 0; i < COUNT(table); i++) {
                struct made m;
                make_on(&m, paths, NULL, table[i].text);
                assert_int_equal(m.result, 0);
                assert_int_equal(m.plan.brokered & FAMILY_OPEN, table[i].why ? FAMILY_OPEN : 0);
                assert_true(m.plan.filter.notify); /* for sockets, at least */
                if (!table[i].why != !m.plan.why_open || (table[i].why && !strstr(m.plan.why_open, table[i].why)))
                        fail_msg("%s -> %s", table[i].text, m.plan.why_open ? m.plan.why_open : "native");
                assert_int_not_equal(m.plan.filter.program.len, 0);
                unmake(&m);
        }
}

static uint32_t action_of(const struct made *m, const char *call)
{
        struct seccomp_data data = {.nr = syscall_number(call), .arch = seccomp_arch_native()};
        assert_true(data.nr >= 0);
        return bpf_simulate(&m->plan.filter.program, &data);
}

/* Whatever the policy is, its sockets are: unless it has none. */
static void test_when_sockets_are_brokered(void **state)
{
        static const struct {
                const char *text;
                bool brokered;
        } table[] = {
                {BARE "read /data\n", true},
                {BARE "net none\n", true},
                {BARE "net host\n", true},
                {"cordon 1\nread /data\n", true},
                {BARE "syscalls @basic\n", false},
                {BARE "syscalls @basic @network-io\n", true},
                {BARE "syscalls deny @network-io\n", false},
                {BARE "syscalls deny connect\n", true},
                {BARE "syscalls deny connect bind\n", false},
                {BARE "syscalls @basic bind\n", true},
        };
        static const char *const calls[] = {"connect", "bind"};
        (void)state;
        for (size_t i = 0; i < COUNT(table); i++) {
                struct made m;
                make_on(&m, paths, NULL, table[i].text);
                assert_int_equal(m.result, 0);
                if (((m.plan.brokered & FAMILY_SOCKETS) != 0) != table[i].brokered)
                        fail_msg("%s -> %x", table[i].text, m.plan.brokered);
                assert_int_equal(m.plan.filter.sockets, table[i].brokered);
                for (size_t c = 0; c < COUNT(calls); c++) /* never the kernel's */
                        assert_int_not_equal(action_of(&m, calls[c]), SECCOMP_RET_ALLOW);
                unmake(&m);
        }
}

/* One that is left out goes round the broker, with the path read again by the kernel. */
static void test_every_open_is_brokered(void **state)
{
        static const char *const opens[] = {"open", "openat", "openat2", "creat"};
        (void)state;
        struct made brokered, native;
        make_on(&brokered, paths, NULL, BARE "read /data\ndeny /data/*.key\n");
        make_on(&native, paths, NULL, BARE "read /data\ndeny /data/secret\n");
        assert_int_equal(brokered.result, 0);
        assert_int_equal(native.result, 0);
        for (size_t i = 0; i < COUNT(opens); i++) {
                if (syscall_number(opens[i]) < 0)
                        continue; /* newer machines have no open and no creat */
                assert_int_equal(action_of(&brokered, opens[i]), SECCOMP_RET_USER_NOTIF);
                assert_int_equal(action_of(&native, opens[i]),
                                 i == 2 ? SECCOMP_RET_ERRNO | ENOSYS : SECCOMP_RET_ALLOW); /* its flags are in memory */
        }
        assert_int_equal(action_of(&brokered, "read"), SECCOMP_RET_ALLOW);
        unmake(&brokered);
        unmake(&native);
}

/* The same for what changes names, and what changes that which has a name, by descriptor as well. */
static void test_every_change_of_names_is_brokered(void **state)
{
        static const char *const calls[] = {
                "mkdir",     "mkdirat",     "rmdir",       "unlink",       "unlinkat",   "rename",    "renameat",
                "renameat2", "link",        "linkat",      "symlink",      "symlinkat",  "mknod",     "mknodat",
                "truncate",  "chmod",       "fchmod",      "fchmodat",     "fchmodat2",  "chown",     "fchown",
                "lchown",    "fchownat",    "utime",       "utimes",       "futimesat",  "utimensat", "setxattr",
                "lsetxattr", "fsetxattr",   "removexattr", "lremovexattr", "fremovexattr",
        };
        static const char *const natives[] = {"read", "ftruncate", "stat", "newfstatat", "readlinkat", "getxattr", "chdir"};
        (void)state;
        struct made brokered, native;
        make_on(&brokered, paths, NULL, BARE "write /repo\ndeny /repo/*.key\n");
        make_on(&native, paths, NULL, BARE "write /repo\nread /data\ndeny /data/key\n");
        assert_int_equal(brokered.result, 0);
        assert_int_equal(native.result, 0);
        for (size_t i = 0; i < COUNT(calls); i++) {
                if (syscall_number(calls[i]) < 0)
                        continue;
                if (action_of(&brokered, calls[i]) != SECCOMP_RET_USER_NOTIF)
                        fail_msg("%s is not brokered", calls[i]);
                assert_int_equal(action_of(&native, calls[i]), SECCOMP_RET_ALLOW);
        }
        for (size_t i = 0; i < COUNT(natives); i++) {
                if (syscall_number(natives[i]) >= 0)
                        assert_int_equal(action_of(&brokered, natives[i]), SECCOMP_RET_ALLOW);
        }
        unmake(&brokered);
        unmake(&native);
}

/* And for what looks at metadata. */
static void test_every_look_is_brokered(void **state)
{
        static const char *const calls[] = {"stat",       "lstat",     "newfstatat",  "statx",      "statfs",
                                            "access",     "faccessat", "faccessat2",  "readlink",   "readlinkat",
                                            "getxattr",   "lgetxattr", "listxattr",   "llistxattr", "inotify_add_watch",
                                            "openat",     "renameat2", "utimensat"};
        static const char *const natives[] = {"fstat", "fstatfs", "fgetxattr", "getdents64", "chdir", "execve", "read"};
        (void)state;
        struct made brokered, native;
        make_on(&brokered, paths, NULL, BARE "read /repo\nhide /repo/*.key\n");
        make_on(&native, paths, NULL, BARE "read /repo\ndeny /repo/.env\n");
        assert_int_equal(brokered.result, 0);
        assert_int_equal(native.result, 0);
        for (size_t i = 0; i < COUNT(calls); i++) {
                if (syscall_number(calls[i]) < 0)
                        continue;
                if (action_of(&brokered, calls[i]) != SECCOMP_RET_USER_NOTIF)
                        fail_msg("%s is not brokered", calls[i]);
                assert_int_equal(action_of(&native, calls[i]), SECCOMP_RET_ALLOW);
        }
        for (size_t i = 0; i < COUNT(natives); i++)
                assert_int_equal(action_of(&brokered, natives[i]), SECCOMP_RET_ALLOW);
        unmake(&brokered);
        unmake(&native);
}

static void test_calls_that_no_program_starts_without(void **state)
{
        struct made m;
        (void)state;

        make_on(&m, paths, NULL, BARE "syscalls @network-io\n");
        assert_int_equal(m.plan.note_count, 1);
        assert_int_equal(m.plan.notes[0].origin.line, 6);
        assert_non_null(strstr(m.plan.notes[0].text, "@basic"));
        unmake(&m);
        make_on(&m, paths, NULL, BARE "syscalls @network-io @basic\n");
        assert_int_equal(m.plan.note_count, 0);
        unmake(&m);
}

/* A brokered open is never in the kernel's log: that is said, and nothing of the kind where none is brokered. */
static void test_logged_opens(void **state)
{
        static const char *const lines[] = {"syscalls log openat\n", "syscalls log @file-system\n", "syscalls log @timer\n"};
        (void)state;

        for (size_t i = 0; i < 2 * COUNT(lines); i++) {
                cleanup_buf struct buf text = {0};
                struct made m;
                buf_printf(&text, "%sread /data\n%s%s", BARE, lines[i / 2], i % 2 ? "deny /data/*.key\n" : "");
                make_on(&m, paths, NULL, text.data);
                assert_int_equal(m.result, 0);
                assert_int_equal(m.plan.note_count, i % 2 && i / 2 < 2);
                if (m.plan.note_count)
                        assert_non_null(strstr(m.plan.notes[0].text, "brokered"));
                unmake(&m);
        }
}

/* All that one could write is not all that the kernel takes. */
static void test_a_filter_that_is_too_long(void **state)
{
        cleanup_buf struct buf text = {0};
        (void)state;

        buf_printf(&text, "%ssyscalls @default\n", BARE);
        for (unsigned line = 0; line < 40; line++) {
                buf_printf(&text, "syscalls allow lseek arg1 in");
                for (unsigned i = 0; i < 50; i++)
                        buf_printf(&text, " 0x%x%08x", i + 1, line * 64 + i + 1);
                buf_str(&text, "\n");
        }
        expect_refused(-EINVAL, text.data, "6 the tests in `syscalls` lines make a filter that is longer");
}

/* ---- size -------------------------------------------------------------------------------------------------------- */

static double seconds_for(unsigned rules, size_t *mounts, unsigned *asked)
{
        cleanup_buf struct buf text = {0};
        struct timespec from, to;
        struct made m;
        double best = 1e9;

        buf_str(&text, BARE);
        for (unsigned i = 0; i < rules; i++)
                buf_printf(&text, "%s /srv/d%u/x/y\n", i % 2 ? "write" : "read", i);
        make_on(&m, NULL, NULL, text.data);
        assert_int_equal(m.result, 0);
        *mounts = m.plan.mount_count;
        *asked = m.host.asked;
        struct policy_host host = made_up_interface(&m.host);
        for (unsigned round = 0; round < 5; round++) {
                struct plan plan;
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
                assert_int_equal(plan_compile(&plan, m.policy, &host, NULL, NULL), 0);
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
                double took = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
                best = took < best ? took : best;
                plan_free(&plan);
        }
        unmake(&m);
        return best;
}

static void test_grows_with_the_policy(void **state)
{
        size_t few_mounts, many_mounts;
        unsigned few_asked, many_asked;
        (void)state;

        double few = seconds_for(400, &few_mounts, &few_asked);
        double many = seconds_for(6400, &many_mounts, &many_asked);
        print_message("           400 rules: %.0f us, 6400: %.0f us\n", few * 1e6, many * 1e6);
        assert_int_equal(few_mounts, 2 + 400 * 3); /* the root, /srv, and two directories and a bind for each */
        assert_int_equal(many_mounts, 2 + 6400 * 3);
        assert_int_equal(few_asked, 400);
        assert_int_equal(many_asked, 6400);
        assert_true(many < few * 16 * 8); /* a square would be 16 times 16 */
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                counted_test(test_only_what_is_named),
                counted_test(test_no_mount_twice),
                counted_test(test_flags_of_nested_rules),
                counted_test(test_what_is_taken_away),
                counted_test(test_what_a_person_decides),
                counted_test(test_masks),
                counted_test(test_masks_in_writable_trees),
                counted_test(test_masks_that_the_broker_keeps),
                counted_test(test_virtual_files),
                counted_test(test_overlays),
                counted_test(test_aliases),
                counted_test(test_world),
                counted_test(test_the_whole_root),
                counted_test(test_bundles_are_optional),
                counted_test(test_what_does_not_exist),
                counted_test(test_patterns_in_writable_trees),
                counted_test(test_literal_rules_that_names_depend_on),
                counted_test(test_what_must_not_be_seen),
                counted_test(test_neighbours),
                counted_test(test_patterns_that_write),
                counted_test(test_other_refusals),
                counted_test(test_all_refusals_are_told),
                counted_test(test_when_opens_are_brokered),
                counted_test(test_when_sockets_are_brokered),
                counted_test(test_every_open_is_brokered),
                counted_test(test_every_change_of_names_is_brokered),
                counted_test(test_every_look_is_brokered),
                counted_test(test_calls_that_no_program_starts_without),
                counted_test(test_logged_opens),
                counted_test(test_a_filter_that_is_too_long),
                counted_test(test_grows_with_the_policy),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
