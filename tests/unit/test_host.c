/* Policies from real files: what is no policy gets one clear line, and nothing blocks. Canonical paths from a real tree. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/host.h"
#include "lib/policy.h"
#include "tests/unit/made_up.h"

struct place {
        char dir[64];
        struct buf said;
        unsigned errors;
};

static void hear(void *ctx, const cordon_diag *d)
{
        struct place *p = ctx;
        buf_printf(&p->said, "%s\n", d->message);
        p->errors += d->severity == CORDON_ERROR;
}

static struct place place_new(void)
{
        struct place p = {.dir = "/tmp/cordon-test-XXXXXX"};
        assert_non_null(mkdtemp(p.dir));
        return p;
}

static void place_free(struct place *p)
{
        char command[128];
        snprintf(command, sizeof(command), "rm -rf %s", p->dir);
        assert_int_equal(system(command), 0);
        buf_free(&p->said);
}

static const char *name_in(const struct place *p, const char *name, char out[128])
{
        snprintf(out, 128, "%s/%s", p->dir, name);
        return out;
}

static void put(const struct place *p, const char *name, const char *bytes, size_t length)
{
        char path[128];
        int fd = open(name_in(p, name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, bytes, length), (ssize_t)length);
        close(fd);
}

static int load(struct place *p, const char *name, cordon_policy **out)
{
        char path[128];
        const char *files[] = {name_in(p, name, path), NULL};
        cordon_policy_options o = {.size = sizeof(o), .files = files, .cwd = p->dir, .home = "/home/u", .diag = hear,
                                   .diag_ctx = p};
        buf_free(&p->said);
        p->errors = 0;
        return cordon_policy_load(out, &o, NULL);
}

static void refused(struct place *p, const char *name, int code, const char *text)
{
        cordon_policy *out = NULL;
        assert_int_equal(load(p, name, &out), code);
        assert_null(out);
        assert_int_equal(p->errors, 1);
        if (strncmp(p->said.data, text, strlen(text)) != 0)
                fail_msg("'%s' instead of '%s'", p->said.data, text);
}

static void what_is_no_policy_gets_one_line(void **state)
{
        struct place p = place_new();
        char path[128], *big = calloc(1, 10000000);
        (void)state;
        memset(big, '#', 10000000);
        put(&p, "empty", "", 0);
        put(&p, "binary", "\x7f" "ELF\0\0", 6);
        put(&p, "latin", "cordon 1\nread /gr\xfc\xdf" "e\n", 20);
        put(&p, "big", big, 10000000);
        assert_int_equal(mkdir(name_in(&p, "dir", path), 0700), 0);
        assert_int_equal(mkfifo(name_in(&p, "fifo", path), 0600), 0);
        refused(&p, "empty", -EINVAL, "the file is empty");
        refused(&p, "binary", -EINVAL, "this is a binary file: line 1 has a NUL byte");
        refused(&p, "latin", -EINVAL, "the byte 0xfc is not UTF-8");
        refused(&p, "big", -EFBIG, "this file is too large for a policy (4 MiB at most)");
        refused(&p, "dir", -EISDIR, "this is a directory, not a policy file");
        refused(&p, "fifo", -EINVAL, "this is not a regular file");
        refused(&p, "missing", -ENOENT, "there is no such file");
        free(big);
        place_free(&p);
}

static void endings_and_marks_of_other_systems_are_read(void **state)
{
        static const char text[] = "\xef\xbb\xbf" "cordon 1\r\nread /a\r\n\r\n# x\r\nread /b # y";
        struct place p = place_new();
        cordon_policy *out = NULL;
        (void)state;
        put(&p, "crlf", text, sizeof(text) - 1);
        assert_int_equal(load(&p, "crlf", &out), 0);
        assert_allowed(policy_of(out), "read", "/a/x");
        assert_allowed(policy_of(out), "read", "/b");
        assert_denied(policy_of(out), "read", "/a\r", ENOENT);
        cordon_policy_unref(out);
        place_free(&p);
}

static void used_files_are_found_beside_the_user(void **state)
{
        static const char user[] = "cordon 1\nuse $HERE/common.policy $HERE/again.policy\nread $HERE/data\n";
        static const char loop[] = "cordon 1\nuse $HERE/loop2\n", back[] = "cordon 1\nuse $HERE/loop1\n";
        struct place p = place_new();
        cordon_policy *out = NULL;
        char path[128];
        (void)state;
        put(&p, "user.policy", user, sizeof(user) - 1);
        put(&p, "common.policy", "cordon 1\nread /a\ntmp none\n", 26);
        assert_int_equal(symlink("common.policy", name_in(&p, "again.policy", path)), 0); /* loaded once, whatever its name */
        assert_int_equal(load(&p, "user.policy", &out), 0);
        assert_int_equal(p.errors, 0);
        assert_allowed(policy_of(out), "read", "/a");
        assert_allowed(policy_of(out), "read", name_in(&p, "data/x", path));
        assert_denied(policy_of(out), "read", name_in(&p, "other", path), ENOENT);
        cordon_policy_unref(out);
        put(&p, "loop1", loop, sizeof(loop) - 1);
        put(&p, "loop2", back, sizeof(back) - 1);
        out = NULL;
        refused(&p, "loop1", -EINVAL, "files use each other in a circle: ");
        assert_non_null(strstr(p.said.data, "/loop2 uses "));
        place_free(&p);
}

/* ---- canonical paths -------------------------------------------------------------------------------------------------- */

static void remember(void *ctx, const char *path, const char *target)
{
        buf_printf(ctx, "%s->%s ", strrchr(path, '/'), target);
}

static void canonical(const struct place *p, const char *path, const char *wanted, const char *links, mode_t kind)
{
        struct policy_host host = host_real(NULL);
        struct buf met = {0};
        char full[256], out[PATH_MAX], expected[256];
        mode_t mode = 1;
        snprintf(full, sizeof(full), "%s%s", path[0] == '/' ? p->dir : "", path);
        snprintf(expected, sizeof(expected), "%s%s", wanted[0] == '=' ? "" : p->dir, wanted + (wanted[0] == '='));
        assert_int_equal(host.canonical(host.ctx, full, out, &mode, remember, &met), 0);
        assert_string_equal(out, expected);
        assert_string_equal(met.data ? met.data : "", links);
        assert_int_equal(mode & S_IFMT, kind);
        buf_free(&met);
}

static void links_are_followed_and_told(void **state)
{
        struct policy_host host = host_real(NULL);
        struct place p = place_new();
        char path[128], out[PATH_MAX];
        mode_t mode;
        (void)state;
        put(&p, "file", "x", 1);
        assert_int_equal(mkdir(name_in(&p, "dir", path), 0700), 0);
        assert_int_equal(symlink("dir", name_in(&p, "rel", path)), 0);
        assert_int_equal(symlink("../file", name_in(&p, "dir/up", path)), 0);
        assert_int_equal(symlink("/usr", name_in(&p, "abs", path)), 0);
        assert_int_equal(symlink("nowhere/x", name_in(&p, "dangling", path)), 0);
        assert_int_equal(symlink("ring", name_in(&p, "ring", path)), 0);
        canonical(&p, "/file", "/file", "", S_IFREG);
        canonical(&p, "/dir/./..//file", "/file", "", S_IFREG);
        canonical(&p, "/rel/up", "/file", "/rel->dir /up->../file ", S_IFREG);
        canonical(&p, "/rel/../file", "/file", "/rel->dir ", S_IFREG);
        canonical(&p, "/abs/../usr", "=/usr", "/abs->/usr ", S_IFDIR);
        canonical(&p, "/dangling/y", "/nowhere/x/y", "/dangling->nowhere/x ", 0);
        canonical(&p, "/dir/new/deep", "/dir/new/deep", "", 0);
        canonical(&p, "/file/x", "/file/x", "", 0);
        assert_int_equal(host.canonical(host.ctx, name_in(&p, "ring/x", path), out, &mode, NULL, NULL), -ELOOP);
        assert_int_equal(host.canonical(host.ctx, "/", out, &mode, NULL, NULL), 0);
        assert_string_equal(out, "/");
        assert_int_equal(host.canonical(host.ctx, "relative", out, &mode, NULL, NULL), -EINVAL);
        place_free(&p);
}

static void rules_go_where_links_lead(void **state)
{
        struct place p = place_new();
        cordon_policy *out = NULL;
        char path[128];
        size_t count;
        (void)state;
        assert_int_equal(mkdir(name_in(&p, "real", path), 0700), 0);
        assert_int_equal(symlink("real", name_in(&p, "link", path)), 0);
        put(&p, "x.policy", "cordon 1\ntmp none\nread $HERE/link\ndeny $HERE/link/*.pem\n", 55);
        assert_int_equal(load(&p, "x.policy", &out), 0);
        assert_allowed(policy_of(out), "read", name_in(&p, "real/a", path));
        assert_denied(policy_of(out), "read", name_in(&p, "real/a.pem", path), EACCES);
        assert_denied(policy_of(out), "read", name_in(&p, "other", path), ENOENT);
        const struct alias *aliases = policy_aliases(policy_of(out), &count);
        assert_int_equal(count, 1);
        assert_string_equal(aliases[0].path, name_in(&p, "link", path));
        assert_string_equal(aliases[0].target, "real");
        cordon_policy_unref(out);
        place_free(&p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(what_is_no_policy_gets_one_line),
                counted_test(endings_and_marks_of_other_systems_are_read),
                counted_test(used_files_are_found_beside_the_user),
                counted_test(links_are_followed_and_told),
                counted_test(rules_go_where_links_lead),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
