/* The bundles: each holds its own claims, alone, on the host where the tests run and on a bare one. A newcomer's five
 * lines are enough. The files are read through the real host. */
#include "tests/unit/unit.h"

#include "lib/policy.h"
#include "tests/unit/made_up.h"

struct heard {
        struct buf text;
        unsigned errors, warnings;
};

static void hear(void *ctx, const cordon_diag *d)
{
        struct heard *h = ctx;
        char text[4096];
        cordon_diag_format(d, text, sizeof(text));
        buf_str(&h->text, text);
        h->errors += d->severity == CORDON_ERROR;
        h->warnings += d->severity == CORDON_WARNING;
}

static cordon_policy *load(const char *const *files, const char *const *defines, struct heard *h)
{
        cordon_policy *p = NULL;
        cordon_policy_options o = {.size = sizeof(o), .files = files, .defines = defines, .program = "/usr/bin/python3",
                                   .cwd = "/srv/work", .home = "/home/somebody", .diag = hear, .diag_ctx = h};
        int r = cordon_policy_load(&p, &o, NULL);
        if (r < 0)
                print_error("%s", h->text.data);
        assert_int_equal(r, 0);
        return p;
}

static void each_bundle_keeps_its_word(void **state)
{
        (void)state;
        for (const struct bundle *b = bundles; b->name; b++) {
                char name[32];
                struct heard h = {0};
                unsigned total = 0;
                snprintf(name, sizeof(name), "@%s", b->name);
                cordon_policy *p = load((const char *const[]){name, NULL}, NULL, &h);
                int failed = cordon_policy_expect(p, hear, &h, &total);
                if (failed)
                        print_error("%s", h.text.data);
                assert_int_equal(failed, 0);
                assert_true(total >= 5);
                assert_int_equal(h.warnings, 0);
                cordon_policy_unref(p);
                buf_free(&h.text);
        }
}

/* A bundle says on its first line what it does, and claims what it does not do. */
static void each_bundle_introduces_itself(void **state)
{
        (void)state;
        for (const struct bundle *b = bundles; b->name; b++) {
                char summary[128];
                policy_summary(b->text, strlen(b->text), summary, sizeof(summary));
                if (strlen(summary) < 20 || !strstr(b->text, "\n# ") || !strstr(b->text, "\nexpect deny"))
                        fail_msg("@%s: %s", b->name, summary);
        }
}

/* Who looks for a bundle that is none is shown those that are, from the same table. */
static void the_bundles_are_named_where_one_is_missing(void **state)
{
        cordon_policy *p = NULL;
        struct heard h = {0};
        const char *const files[] = {"@no-such-bundle", NULL};
        cordon_policy_options o = {.size = sizeof(o), .files = files, .diag = hear, .diag_ctx = &h};
        (void)state;
        assert_int_equal(cordon_policy_load(&p, &o, NULL), -EINVAL);
        for (const struct bundle *b = bundles; b->name; b++) {
                char name[32];
                snprintf(name, sizeof(name), "@%s", b->name);
                if (!strstr(h.text.data, name))
                        fail_msg("%s is not in: %s", name, h.text.data);
        }
        buf_free(&h.text);
}

static void each_bundle_holds_on_a_host_with_no_files(void **state)
{
        (void)state;
        for (const struct bundle *b = bundles; b->name; b++) {
                struct policy *p = NULL;
                struct made_up m = {.files = {{"x.policy", b->text}}, .real_bundles = true};
                if (made_up_compile(&m, &p) < 0)
                        fail_msg("%s", m.said.data);
                assert_int_equal(policy_expect(p, made_up_diag, &m, NULL), 0);
                policy_unref(p);
                buf_free(&m.said);
        }
}

static void the_default_is_what_counts_with_no_file(void **state)
{
        struct heard h = {0};
        (void)state;
        cordon_policy *c = load(NULL, NULL, &h);
        const struct policy *p = policy_of(c);
        assert_allowed(p, "write", "/srv/work/out.txt");
        assert_allowed(p, "exec", "/srv/work/a.out");
        assert_denied(p, "read", "/home/somebody/.ssh/id_rsa", ENOENT);
        assert_denied(p, "read", "/etc/shadow", EACCES);
        assert_allowed(p, "read", "/etc/hosts");
        assert_allowed(p, "exec", "/tmp/a.out");
        assert_int_equal(policy_world(p)->net, NET_NONE);
        assert_true(policy_world(p)->tmp);
        assert_string_equal(asked(p, "write", "/srv/work/x").rule->origin.file, "(default)");
        cordon_policy_unref(c);
        buf_free(&h.text);
}

static void the_default_does_not_open_the_whole_system(void **state)
{
        static const struct {
                const char *cwd, *said; /* NULL: it may */
        } rows[] = {
                {"/", "whole system"},       {"/etc", "the system"},      {"/etc/ssl", "the system"}, {"/usr", "the system"},
                {"/usr/src/x", NULL},        {"/home", "the system"},     {"/home/u", "your home"},   {"/home/u/project", NULL},
                {"/home/user2", NULL},       {"/var/lib", "the system"},  {"/var/lib/build", NULL},   {"/etcetera", NULL},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                cordon_policy *p = NULL;
                cordon_error err = {0};
                cordon_policy_options o = {.size = sizeof(o), .cwd = rows[i].cwd, .home = "/home/u"};
                int r = cordon_policy_load(&p, &o, &err);
                if (r != (rows[i].said ? -EINVAL : 0) || (rows[i].said && !strstr(err.text, rows[i].said)))
                        fail_msg("%s: %d %s", rows[i].cwd, r, err.text);
                cordon_policy_unref(p);
        }
}

/* Acceptance: policies of the shape that the design asks for. */
static const char one_document[] = "cordon 1\nparam IN\nuse @base\nexec $PROG\nread $IN\nread /usr/share/fonts /etc/fonts\n"
                                   "net none\ntmp private 64M\nproc self\ndev null urandom\nenv keep LANG LC_*\n"
                                   "limit time 30s memory 512M procs 1\nsyscalls @basic\n"
                                   "expect deny write $IN\nexpect deny read ~/.ssh/id_rsa\n";
static const char compile_job[] = "cordon 1\nparam SRC\nparam OUT\nuse @base @cc\nread $SRC\nwrite $OUT\nhide $SRC/.git\n"
                                  "limit time 5m memory 4G procs 64 fsize 1G\nexpect deny exec $OUT/a.out\n"
                                  "expect deny list $SRC/.git\nexpect allow read $SRC/a.c\n";
static const char in_and_out[] = "cordon 1\nparam IN\nparam OUT\nuse @python\nexec $PROG\nread $IN\nwrite $OUT\n"
                                 "deny $IN/**/*.pem because \"keys are not data\"\nenv set HOME=/tmp\n"
                                 "expect deny write $IN/a/b.csv\nexpect deny read $IN/x/key.pem\n"
                                 "expect allow write $OUT/new/r.csv\n";

static void policies_of_every_day(void **state)
{
        static const struct {
                const char *text, *defines[3];
        } table[] = {
                {one_document, {"IN=/srv/a.pdf"}},
                {compile_job, {"SRC=/srv/src", "OUT=/srv/out"}},
                {in_and_out, {"IN=in", "OUT=/srv/out"}},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
                struct policy *p = NULL;
                unsigned total = 0;
                struct made_up m = {.files = {{"x.policy", table[i].text}}, .real_bundles = true};
                memcpy(m.defines, table[i].defines, sizeof(table[i].defines));
                if (made_up_compile(&m, &p) < 0)
                        fail_msg("%s", m.said.data);
                if (policy_expect(p, made_up_diag, &m, &total))
                        fail_msg("%s", m.said.data);
                assert_in_range(total, 1, 3);
                policy_unref(p);
                buf_free(&m.said);
        }
}

static void claims_that_do_not_hold_are_told(void **state)
{
        struct policy *p = NULL;
        unsigned total = 0;
        struct made_up m = {.files = {{"x.policy", "cordon 1\nread /a\nexec /x\ndeny /x/*.sh\nexpect deny read /a/b /c\n"
                                                   "expect allow write /a/b\nexpect allow read /c\nexpect allow write /a\n"
                                                   "expect deny exec /x/run.sh\nexpect deny read /x/run.sh\n"}}};
        (void)state;
        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_int_equal(policy_expect(p, made_up_diag, &m, &total), 5);
        assert_int_equal(total, 7);
        assert_string_equal(
                m.said.data,
                "x.policy:5:18: error: read of /a/b is allowed\n    5 | expect deny read /a/b /c\n"
                "      |                  ^~~~ x.policy:2 says: read /a\n"
                "x.policy:6:1: error: write of /a/b is denied\n    6 | expect allow write /a/b\n"
                "      | ^~~~~~~~~~~~~~~~~~~~~~~ x.policy:2 says: read /a\n"
                "x.policy:7:1: error: read of /c is denied: it does not exist there\n    7 | expect allow read /c\n"
                "      | ^~~~~~~~~~~~~~~~~~~~ no rule covers /c\n"
                "x.policy:8:1: error: write of /a is denied\n    8 | expect allow write /a\n"
                "      | ^~~~~~~~~~~~~~~~~~~~~ x.policy:2 says: read /a\n"
                "x.policy:9:1: error: exec of /x/run.sh is not stopped by a pattern, only by a literal path\n"
                "    9 | expect deny exec /x/run.sh\n"
                "      | ^~~~~~~~~~~~~~~~~~~~~~~~~~ x.policy:4 says: deny /x/*.sh\n");
        policy_unref(p);
        buf_free(&m.said);
}

static void options_are_checked(void **state)
{
        cordon_policy *p = NULL;
        cordon_error err = {0};
        (void)state;
        assert_int_equal(cordon_policy_load(NULL, NULL, &err), -EINVAL);
        assert_int_equal(cordon_policy_load(&p, &(cordon_policy_options){.size = sizeof(cordon_policy_options) + 8}, NULL), -EINVAL);
        assert_int_equal(cordon_policy_load(&p, &(cordon_policy_options){0}, NULL), -EINVAL);
        assert_null(cordon_policy_unref(NULL));
        struct heard h = {0};
        p = load((const char *const[]){"@base", NULL}, NULL, &h);
        assert_ptr_equal(cordon_policy_ref(p), p);
        assert_null(cordon_policy_unref(p));
        assert_allowed(policy_of(p), "read", "/etc/passwd");
        cordon_policy_unref(p);
        buf_free(&h.text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(each_bundle_keeps_its_word),
                counted_test(each_bundle_introduces_itself),
                counted_test(the_bundles_are_named_where_one_is_missing),
                counted_test(each_bundle_holds_on_a_host_with_no_files),
                counted_test(the_default_is_what_counts_with_no_file),
                counted_test(the_default_does_not_open_the_whole_system),
                counted_test(policies_of_every_day),
                counted_test(claims_that_do_not_hold_are_told),
                counted_test(options_are_checked),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
