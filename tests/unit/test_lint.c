/* Every lint, where it has something to say and where it has not. */
#include <errno.h>

#include "base/buf.h"
#include "policy/lint.h"
#include "tests/unit/made_up_host.h"

struct heard {
        struct buf text; /* "3:6 redundant-rule\n" */
        char last[1024]; /* the last message */
        char hint[256];
};

static void hear(void *ctx, const cordon_diag *d)
{
        struct heard *h = ctx;
        assert_int_equal(d->severity, CORDON_WARNING);
        assert_non_null(d->id);
        assert_non_null(d->source);
        assert_true(d->width > 0 && d->column + d->width - 1 <= strlen(d->source));
        buf_printf(&h->text, "%s%u:%u %s", h->text.length ? ", " : "", d->line, d->column, d->id);
        snprintf(h->last, sizeof(h->last), "%s", d->message);
        snprintf(h->hint, sizeof(h->hint), "%s", d->hint ? d->hint : "");
}

struct host {
        struct made_up_host made_up;
        const char *path;
};

/* The devices are some everywhere. */
static int canonical(void *ctx, const char *path, char *out, mode_t *mode,
                     void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx)
{
        int r = made_up_canonical(ctx, path, out, mode, link, link_ctx);
        if (strncmp(path, "/dev/", 5) == 0)
                *mode = S_IFCHR | 0666;
        return r;
}

static void lint(struct host *h, const char *lines, const char *name, struct heard *heard)
{
        char text[4096];
        const char *files[] = {name, NULL}, *defines[] = {NULL};
        struct policy *p = NULL;
        snprintf(text, sizeof(text), "cordon 1\n%s", lines);
        h->made_up.policy = text;
        struct policy_host host = made_up_interface(&h->made_up);
        host.canonical = canonical;
        struct policy_request request = {
                .files = files, .defines = defines, .cwd = "/work", .home = "/home/u", .uid = 1000, .host = &host};
        assert_int_equal(policy_compile(&p, &request), 0);
        struct lint_request ask = {.host = &host, .path = h->path, .diag = hear, .diag_ctx = heard};
        unsigned commas = 0;
        int count = policy_lint(p, &ask);
        for (const char *c = heard->text.data; c && *c; c++)
                commas += *c == ',';
        assert_int_equal(count, heard->text.length ? (int)commas + 1 : 0);
        policy_unref(p);
}

static struct host plain; /* all paths are directories, there are no bundles, and no PATH */

static void check_in(const struct host *in, const char *lines, const char *expected, const char *message)
{
        struct host h = *in;
        struct heard heard = {0};
        lint(&h, lines, "/policies/x.policy", &heard);
        const char *said = heard.text.data ? heard.text.data : "";
        if (strcmp(said, expected) != 0)
                print_error("%ssaid: %s (%s)\n", lines, said, heard.last);
        assert_string_equal(said, expected);
        if (message)
                assert_string_equal(heard.last, message);
        buf_free(&heard.text);
}

#define says(lines, expected) check_in(&plain, lines, expected, NULL)
#define says_so(lines, expected, message) check_in(&plain, lines, expected, message)
#define silent(lines) check_in(&plain, lines, "", NULL)

static void rules_that_never_count(void **state)
{
        (void)state;
        says_so("never /a\nread /a/b\n", "3:6 shadowed-rule", "`read /a/b` never counts: `never /a` (/policies/x.policy:2) closes it");
        silent("never /a/c\nread /a/b\n");
        silent("never /a/*.key\nread /a/b\n");
        says("never /a/*\nread /a/b\n", "3:6 shadowed-rule");
        silent("never /a/*\nread /a\n"); /* the directory itself is left */
        silent("deny /a\nread /a/b\n");  /* what reaches deeper is an exception */
        silent("read /a\ndeny /a/*.key\nread /a/x.key\n"); /* an exact name beats a wildcard */
        says("read /a\ndeny /a/**/x.key\nread /a/x.key\n", "4:6 shadowed-rule"); /* but not of the same depth and name */
        says("read /a\nnever /a/?\nread /a/[a-c]\n", "4:6 shadowed-rule");
        silent("read /a\nnever /a/[ab]\nread exec /a/c\n");
        says("list /a\nnever /a/b\nlist /a/b/**/*.h\n", "4:6 shadowed-rule");
}

static void rules_that_change_nothing(void **state)
{
        (void)state;
        says_so("read /a /b\nread /a/b\n", "3:6 redundant-rule", "`read /a/b` grants what `read /a` (/policies/x.policy:2) grants already");
        silent("read /a\nexec /a/b\n");
        silent("read /a\nread /a/b because \"of a later line\"\n");
        silent("read /a\ndeny /a/b\nread /a/b/c\n");
        says("read /a\nread /a/*.h\n", "3:6 redundant-rule");
        silent("read /a\ndeny /a/b\nread /a/**/*.h\n"); /* below /a/b it is an exception */
        silent("let X=/a/b\nread /a $X\n");             /* elsewhere it is another path */
        says("read /a\nread /a\n", "");                 /* told when it is read */
        struct host bundle = {.made_up = {.bundle = "cordon 1\nread /usr\n"}};
        check_in(&bundle, "use @base\nread /usr/share\n", "3:6 redundant-rule", NULL);
        check_in(&bundle, "use @base\nread exec /usr/share\n", "", NULL);
}

static void what_is_written_and_run(void **state)
{
        (void)state;
        says("write exec /a\n", "2:12 writable-exec");
        silent("write /a\nexec /b\n");
        silent("write exec /a because \"a build runs what it made\"\n");
        silent("exec /a\nwrite /a/data\n"); /* not both in one place */
}

static void wide_grants(void **state)
{
        (void)state;
        says_so("write ~\n", "2:7 wide-grant", "`write ~` grants writing all of your home");
        silent("write ~/src\n");
        silent("read ~\n");
        says("write /home\n", "2:7 wide-grant");
        says("write /usr/lib\n", "2:7 wide-grant");
        silent("write /var/cache/mine\n");
        says("read /\n", "2:6 wide-grant");
        silent("read / because \"a backup\"\n");
        silent("list /\n");
        says_so("write /policies\n", "2:7 wide-grant", "`write /policies` grants changing this policy itself: /policies/x.policy");
        silent("write /policies/data\n");
        struct host path = {.path = "/bin:/work/bin/:relative:/home/u/bin"};
        check_in(&path, "write /work\n", "2:7 wide-grant", "`write /work` grants writing where programs are looked for (PATH): /work/bin");
        check_in(&path, "write /work/src\nread ~/bin\n", "", NULL);
}

static void what_is_not_of_the_host(void **state)
{
        (void)state;
        says("read /proc/cpuinfo\n", "2:6 proc-grant");
        says("write /proc/sys\n", "2:7 not-startable"); /* said once, as what it is */
        silent("proc none\n");
        says("read /dev/sda\n", "2:6 not-startable");
        silent("dev null\n");
}

static void patterns_that_hit_the_system(void **state)
{
        (void)state;
        says_so("exec /usr\ndeny **/*.so\n", "3:6 floating-system",
                "`deny **/*.so` also takes away files of the system, such as /usr/lib/x86_64-linux-gnu/libexample.so");
        says("read /etc/ssl\ndeny **/*.pem\n", "3:6 floating-system");
        silent("exec /usr\ndeny **/.env\n");
        silent("read /data\ndeny **/*.so\n"); /* nothing of the system is granted */
        silent("exec /usr\ndeny /data/**/*.so\n");
}

static void paths_that_are_not_here(void **state)
{
        static const struct made_up_path paths[] = {{"/a", S_IFDIR | 0755, NULL}, {"/a/l", S_IFLNK | 0777, "/a"}, {NULL, 0, NULL}};
        struct host h = {.made_up = {.paths = paths}};
        (void)state;
        check_in(&h, "read /a /b\n", "2:9 missing-path", "there is no /b here");
        check_in(&h, "write /b\n", "2:7 missing-path", "/b does not exist");
        check_in(&h, "read /a/l\ndeny /nowhere\nexec $PROG\n", "", NULL);
        check_in(&h, "read /a/{x,y}\n", "2:6 missing-path, 2:6 missing-path", "there is no /a/y here");
        h.made_up.bundle = "cordon 1\nread /of/another/distribution\n";
        check_in(&h, "use @base\n", "", NULL);
}

static void what_a_launch_refuses(void **state)
{
        (void)state;
        says_so("read /a\nsyscalls @default ptrace\n", "3:19 not-startable", "ptrace is refused in every sandbox: reaches into other processes");
        silent("read /a\nsyscalls @default\n");
        says("exec /proc/self/exe\n", "2:6 not-startable");
}

static void what_is_not_used(void **state)
{
        (void)state;
        says("param A=1\nlet B=/b\nread $B\n", "2:7 unused-variable");
        says("let AB=/b\n", "2:5 unused-variable");
        silent("param A=/a\nlet B=$A/b\nread ${B}\n");
        silent("param A=1\nenv set X=$A\n");
        struct host bundle = {.made_up = {.bundle = "cordon 1\nparam A=1\nread /usr\n"}};
        check_in(&bundle, "use @base\nuse @dev @base\n", "3:10 duplicate-use", "'@base' is used on line 2 already");
        check_in(&bundle, "use @base @dev\n", "", NULL);
}

static void secrets_that_are_handed_out(void **state)
{
        struct host h = {.made_up = {.bundle = "cordon 1\nnever ~/.ssh ~/.gnupg\ndeny ~/.aws\ndeny **/.env\n"}};
        (void)state;
        check_in(&h, "read ~\n", "2:6 secrets-granted", NULL);
        check_in(&h, "read ~/.aws ~/src\n", "2:6 secrets-granted", "`read ~/.aws` hands out /home/u/.aws");
        check_in(&h, "read ~/src\n", "", NULL);
        check_in(&h, "use @secrets\nread ~\n", "", NULL);
        check_in(&h, "read ~/.aws because \"uploads\"\n", "", NULL);
        silent("read ~\n"); /* without the bundle there is nothing to ask */
}

static void findings_come_in_the_order_of_lines(void **state)
{
        (void)state;
        says("write exec /a ~\nlet X=1\nread /a/b /proc/x\n",
             "2:12 writable-exec, 2:15 writable-exec, 2:15 wide-grant, 3:5 unused-variable, 4:11 proc-grant");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(rules_that_never_count),
                counted_test(rules_that_change_nothing),
                counted_test(what_is_written_and_run),
                counted_test(wide_grants),
                counted_test(what_is_not_of_the_host),
                counted_test(patterns_that_hit_the_system),
                counted_test(paths_that_are_not_here),
                counted_test(what_a_launch_refuses),
                counted_test(what_is_not_used),
                counted_test(secrets_that_are_handed_out),
                counted_test(findings_come_in_the_order_of_lines),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
