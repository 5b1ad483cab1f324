/* The search path: which file a name stands for, and which files are refused where they lie. On real directories. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/policy.h"
#include "tests/unit/made_up.h"

struct place {
        char dir[64], a[96], b[96], was[PATH_MAX];
        struct buf said;
        cordon_policy *policy;
};

static void hear(void *ctx, const cordon_diag *d)
{
        struct place *p = ctx;
        buf_printf(&p->said, "%s; %s\n", d->message, d->hint ? d->hint : "");
}

static void sh(const struct place *p, const char *commands)
{
        struct buf line = {0};
        buf_printf(&line, "set -e; umask 022; T=%s; cd $T; %s", p->dir, commands);
        if (system(line.data) != 0)
                fail_msg("%s", line.data);
        buf_free(&line);
}

/* Two directories to search, a and b, and one to stand in. */
static struct place place_new(void)
{
        struct place p = {.dir = "/tmp/cordon-test-XXXXXX"};
        assert_non_null(getcwd(p.was, sizeof(p.was)));
        assert_non_null(mkdtemp(p.dir));
        snprintf(p.a, sizeof(p.a), "%s/a", p.dir);
        snprintf(p.b, sizeof(p.b), "%s/b", p.dir);
        sh(&p, "mkdir a b here; printf 'cordon 1\\nread /first\\n' >policy-a; printf 'cordon 1\\nread /second\\n' >policy-b");
        char here[96];
        snprintf(here, sizeof(here), "%s/here", p.dir);
        assert_int_equal(chdir(here), 0);
        return p;
}

static void place_free(struct place *p)
{
        cordon_policy_unref(p->policy);
        assert_int_equal(chdir(p->was), 0);
        sh(p, "cd /; rm -rf $T");
        buf_free(&p->said);
}

static int load(struct place *p, const char *name)
{
        const char *const files[] = {name, NULL}, *const search[] = {p->a, p->b, NULL};
        cordon_policy_options o = {.size = sizeof(o), .files = files, .home = "/home/u", .diag = hear, .diag_ctx = p,
                                   .search = search};
        buf_free(&p->said);
        p->policy = cordon_policy_unref(p->policy);
        return cordon_policy_load(&p->policy, &o, NULL);
}

static void loads(struct place *p, const char *name, const char *path)
{
        int r = load(p, name);
        if (r < 0)
                fail_msg("%s: %s", name, p->said.data);
        assert_allowed(policy_of(p->policy), "read", path);
        assert_denied(policy_of(p->policy), "read", strcmp(path, "/first") ? "/first" : "/second", ENOENT);
}

static void refused(struct place *p, const char *name, int error, const char *said)
{
        int r = load(p, name);
        if (r != error || !strstr(p->said.data, said))
                fail_msg("%s: %d, %s", name, r, p->said.data ? p->said.data : "nothing said");
        assert_null(p->policy);
}

static void the_first_directory_counts(void **state)
{
        struct place p = place_new();
        (void)state;
        sh(&p, "cp policy-b b/x.policy");
        loads(&p, "x", "/second");
        loads(&p, "x.policy", "/second");
        sh(&p, "cp policy-a a/x.policy");
        loads(&p, "x", "/first");
        sh(&p, "cp policy-b a/x"); /* the name as it is comes before the name with an ending */
        loads(&p, "x", "/second");
        loads(&p, "x.policy", "/first");
        sh(&p, "rm a/x; mkdir a/x"); /* a directory is no policy, and stands in nobody's way */
        loads(&p, "x", "/first");
        sh(&p, "rm a/x.policy; ln -s nowhere a/x.policy");
        loads(&p, "x", "/second");
        place_free(&p);
}

static void the_current_directory_does_not(void **state)
{
        struct place p = place_new();
        char said[256];
        (void)state;
        sh(&p, "cp policy-a here/x.policy");
        snprintf(said, sizeof(said), "there is no policy 'x' in %s or %s; write ./x.policy", p.a, p.b);
        refused(&p, "x", -ENOENT, said);
        refused(&p, "x.policy", -ENOENT, "write ./x.policy");
        refused(&p, "y", -ENOENT, "name a file with a slash");
        refused(&p, "base", -ENOENT, "write @base for the bundle");
        refused(&p, "", -ENOENT, "there is no policy ''");
        refused(&p, "..", -ENOENT, "there is no policy '..'");
        loads(&p, "./x.policy", "/first");
        loads(&p, "../here/x.policy", "/first");
        place_free(&p);
}

static void files_use_names_too(void **state)
{
        struct place p = place_new();
        (void)state;
        sh(&p, "cp policy-a a/x.policy; printf 'cordon 1\\nuse x\\n' >here/user; cp policy-b here/common.policy;"
               "printf 'cordon 1\\nuse common\\n' >here/wrong; printf 'cordon 1\\nuse ./x\\n' >here/relative;"
               "printf 'cordon 1\\nuse? gone\\nread /first\\n' >here/perhaps; printf 'cordon 1\\nuse gone\\n' >here/gone");
        loads(&p, "./user", "/first");
        refused(&p, "./wrong", -EINVAL, "write $HERE/common.policy");
        refused(&p, "./relative", -EINVAL, "a path must be absolute; write $HERE/x");
        loads(&p, "./perhaps", "/first");
        refused(&p, "./gone", -EINVAL, "there is no policy 'gone'");
        place_free(&p);
}

static void nothing_that_others_could_have_written(void **state)
{
        static const struct {
                const char *change, *back, *said;
                bool root; /* only root can do it */
        } table[] = {
                {"chmod 666 a/x.policy", "chmod 644 a/x.policy", "a/x.policy may be written by everybody", false},
                {"chmod 664 a/x.policy", "chmod 600 a/x.policy", "a/x.policy may be written by its group", false},
                {"chmod 777 a", "chmod 755 a", "/a may be written by everybody", false},
                {"chmod 1777 a", "chmod 700 a", "/a may be written by everybody", false},
                {"chmod 775 a", "chmod 755 a", "/a may be written by its group", false},
                {"chmod 777 .", "chmod 755 .", " may be written by everybody", false},
                {"mkdir open; chmod 777 open; mv a/x.policy open/; ln -s ../open/x.policy a/",
                 "rm a/x.policy; mv open/x.policy a/; rmdir open", "/open may be written by everybody", false},
                {"mkdir -p open/in; chmod 777 open; mv a/x.policy open/in/; ln -s ../open/in/x.policy a/",
                 "rm a/x.policy; mv open/in/x.policy a/; rm -r open", "/open may be written by everybody", false},
                {"mkdir open; chmod 777 open; mv a/x.policy y; ln -s ../y open/l; ln -s ../open/l a/x.policy",
                 "mv y a/x.policy; rm -r open", "/open may be written by everybody", false},
                {"chown 12345 a/x.policy", "chown 0 a/x.policy", "a/x.policy belongs to user 12345", true},
                {"chown 12345 a", "chown 0 a", "/a belongs to user 12345", true},
                {"mv a/x.policy y; ln -s ../y a/x.policy; chown -h 12345 a/x.policy", "mv y a/x.policy",
                 "a/x.policy belongs to user 12345", true},
        };
        struct place p = place_new();
        (void)state;
        sh(&p, "cp policy-a a/x.policy; cp policy-b b/x.policy");
        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                if (table[i].root && geteuid() != 0)
                        continue;
                loads(&p, "x", "/first");
                sh(&p, table[i].change);
                refused(&p, "x", -EPERM, table[i].said); /* and b/x.policy does not step in */
                sh(&p, table[i].back);
        }
        loads(&p, "x", "/first");
        sh(&p, "chmod 666 a/x.policy"); /* who writes the path out means it */
        loads(&p, "../a/x.policy", "/first");
        place_free(&p);
}

static void what_cannot_be_read_does_not_make_way(void **state)
{
        struct place p = place_new();
        (void)state;
        sh(&p, "cp policy-b b/x.policy; mkfifo a/x.policy");
        refused(&p, "x", -EINVAL, "this is not a regular file");
        sh(&p, "rm a/x.policy; ln -s x.policy a/x.policy");
        refused(&p, "x", -ELOOP, "");
        if (geteuid() != 0) {
                sh(&p, "rm a/x.policy; cp policy-a a/x.policy; chmod 0 a/x.policy");
                refused(&p, "x", -EACCES, "Permission denied");
        }
        place_free(&p);
}

/* ---- the directories that count by themselves ------------------------------------------------------------------------ */

static void where_the_standard_directories_are(void **state)
{
        struct place p = place_new();
        char home[96], config[96], was[PATH_MAX] = "";
        const char *const files[] = {"name-of-no-policy", NULL};
        const char *old = getenv("XDG_CONFIG_HOME");
        cordon_policy_options o = {.size = sizeof(o), .files = files, .home = home, .diag = hear, .diag_ctx = &p};
        (void)state;
        snprintf(was, sizeof(was), "%s", old ? old : "");
        snprintf(home, sizeof(home), "%s/home", p.dir);
        snprintf(config, sizeof(config), "%s/config", p.dir);
        sh(&p, "mkdir -p home/.config/cordon config/cordon; cp policy-a home/.config/cordon/name-of-no-policy.policy;"
               "cp policy-b config/cordon/name-of-no-policy.policy");
        unsetenv("XDG_CONFIG_HOME");
        assert_int_equal(cordon_policy_load(&p.policy, &o, NULL), 0);
        assert_allowed(policy_of(p.policy), "read", "/first");
        cordon_policy_unref(p.policy);
        setenv("XDG_CONFIG_HOME", "config", 1); /* a relative one is to be ignored */
        assert_int_equal(cordon_policy_load(&p.policy, &o, NULL), 0);
        assert_allowed(policy_of(p.policy), "read", "/first");
        cordon_policy_unref(p.policy);
        setenv("XDG_CONFIG_HOME", config, 1);
        assert_int_equal(cordon_policy_load(&p.policy, &o, NULL), 0);
        assert_allowed(policy_of(p.policy), "read", "/second");
        p.policy = cordon_policy_unref(p.policy);
        sh(&p, "rm config/cordon/*");
        assert_int_equal(cordon_policy_load(&p.policy, &o, NULL), -ENOENT);
        assert_non_null(strstr(p.said.data, "/config/cordon, /etc/cordon or /"));
        if (*was)
                setenv("XDG_CONFIG_HOME", was, 1);
        else
                unsetenv("XDG_CONFIG_HOME");
        place_free(&p);
}

static void no_directory_at_all(void **state)
{
        static const char *const none[] = {NULL}, *const files[] = {"x", NULL};
        struct place p = place_new();
        cordon_policy_options o = {.size = sizeof(o), .files = files, .home = "/home/u", .diag = hear, .diag_ctx = &p,
                                   .search = none};
        (void)state;
        sh(&p, "cp policy-a here/x");
        assert_int_equal(cordon_policy_load(&p.policy, &o, NULL), -ENOENT);
        assert_non_null(strstr(p.said.data, "the search path, which is empty; write ./x"));
        place_free(&p);
}

/* ---- listing ---------------------------------------------------------------------------------------------------------- */

struct listed {
        struct buf text;
        unsigned bundles;
        const char *dir;
};

static void note(void *ctx, const cordon_source *s)
{
        struct listed *l = ctx;
        if (!s->path) {
                l->bundles++;
                assert_null(s->objection);
                assert_true(s->length > 0 && !memcmp(s->text, "cordon 1", 8) && *s->summary && *s->name == '@');
                return;
        }
        buf_printf(&l->text, "%s %s [%s] %s\n", s->name, s->path + strlen(l->dir), s->summary, s->objection ? "no" : "yes");
        assert_true(!s->text == !!s->objection);
}

static void what_there_is_is_listed(void **state)
{
        struct place p = place_new();
        struct listed l = {.dir = p.dir};
        const char *const search[] = {p.a, p.b, "/nowhere", "relative", NULL};
        cordon_policy_options o = {.size = sizeof(o), .search = search, .diag = hear, .diag_ctx = &p};
        unsigned count = 0;
        (void)state;
        sh(&p, "printf 'cordon 1   #  does it \\n' >a/one.policy; printf 'cordon 1' >a/two; echo no >a/README;"
               "cp policy-a b/one.policy;"
               "mkdir b/dir; ln -s dir b/dirlink; echo no >b/README; cp policy-b b/three.policy; chmod 666 b/three.policy; cp policy-a b/.hidden.policy; mkdir b/d.policy;"
               "cp policy-a a/both; cp policy-b a/both.policy; ln -s one.policy a/link.policy; : >b/empty.policy");
        assert_int_equal(cordon_source_list(&o, note, &l, NULL), 0);
        assert_string_equal(l.text.data, "both /a/both [] yes\nboth.policy /a/both.policy [] yes\n"
                                         "link /a/link.policy [does it] yes\none /a/one.policy [does it] yes\ntwo /a/two [] yes\nempty /b/empty.policy [] yes\n"
                                         "one.policy /b/one.policy [] no\nthree /b/three.policy [] no\n");
        while (bundles[count].name)
                count++;
        assert_int_equal(l.bundles, count);
        buf_free(&l.text);
        assert_int_equal(cordon_source_find("one", &o, note, &l, NULL), 0);
        assert_string_equal(l.text.data, "one /a/one.policy [does it] yes\n");
        assert_int_equal(cordon_source_find("@git", &o, note, &l, NULL), 0);
        assert_int_equal(cordon_source_find("three", &o, note, &l, NULL), -EPERM);
        assert_non_null(strstr(p.said.data, "may be written by everybody"));
        assert_int_equal(cordon_source_find("four", &o, note, &l, NULL), -ENOENT);
        assert_int_equal(cordon_source_find("@gti", &o, note, &l, NULL), -EINVAL);
        assert_non_null(strstr(p.said.data, "did you mean '@git'?"));
        assert_int_equal(cordon_source_find(NULL, &o, note, &l, NULL), -EINVAL);
        assert_int_equal(cordon_source_list(&(cordon_policy_options){.size = 9999}, note, &l, NULL), -EINVAL);
        buf_free(&l.text);
        place_free(&p);
}

static void summaries(void **state)
{
        static const struct {
                const char *text, *summary;
        } table[] = {
                {"cordon 1  # what it does \r\nread /x # no\n", "what it does"}, {"cordon 1\nread /x # no\n", ""}, {"", ""},
                {"# x", "x"}, {"cordon 1 ##", ""}, {"cordon 1 # 0123456789abcdef", "0123456"}, {"\n# x", ""},
        };
        char out[8], wide[64];
        (void)state;
        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                bool narrow = strlen(table[i].summary) == 7;
                size_t length = strlen(table[i].text);
                char *text = malloc(length ? length : 1); /* not terminated: whoever reads on is caught by the sanitizer */
                memcpy(text, table[i].text, length);
                policy_summary(text, length, narrow ? out : wide, narrow ? sizeof(out) : sizeof(wide));
                assert_string_equal(narrow ? out : wide, table[i].summary);
                free(text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(the_first_directory_counts),
                counted_test(the_current_directory_does_not),
                counted_test(files_use_names_too),
                counted_test(nothing_that_others_could_have_written),
                counted_test(what_cannot_be_read_does_not_make_way),
                counted_test(where_the_standard_directories_are),
                counted_test(no_directory_at_all),
                counted_test(what_there_is_is_listed),
                counted_test(summaries),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
