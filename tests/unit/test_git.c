/* $GIT_DIR and its like, on real directories. A work tree whose `.git` says what git would say is followed; one that has been
 * tampered with in any single place is not, and grants nothing but what it would without. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/policy.h"
#include "tests/unit/made_up.h"

struct place {
        char dir[64];
        struct buf said;
        unsigned warnings;
        cordon_policy *policy;
};

static void hear(void *ctx, const cordon_diag *d)
{
        struct place *p = ctx;
        buf_printf(&p->said, "%s\n", d->message);
        p->warnings += d->severity == CORDON_WARNING;
}

/* Runs a shell's commands in the directory of the test, which is $T. */
static void sh(const struct place *p, const char *commands)
{
        struct buf line = {0};
        buf_printf(&line, "set -e; T=%s; cd $T; %s", p->dir, commands);
        if (system(line.data) != 0)
                fail_msg("%s", line.data);
        buf_free(&line);
}

/* An ordinary repository, a linked work tree of it, and a home with a key. */
static struct place place_new(void)
{
        struct place p = {.dir = "/tmp/cordon-test-XXXXXX"};
        assert_non_null(mkdtemp(p.dir));
        sh(&p, "mkdir -p home/.ssh main/.git/objects/info main/.git/refs main/.git/info main/.git/worktrees/w w none;"
               "echo key >home/.ssh/id_rsa; echo ref: refs/heads/x >main/.git/HEAD;"
               "echo gitdir: $T/main/.git/worktrees/w >w/.git; echo $T/w/.git >main/.git/worktrees/w/gitdir;"
               "echo ../.. >main/.git/worktrees/w/commondir");
        return p;
}

static void place_free(struct place *p)
{
        cordon_policy_unref(p->policy);
        sh(p, "cd /; rm -rf $T");
        buf_free(&p->said);
}

static const struct policy *load(struct place *p, const char *repo)
{
        char define[128], home[128], file[128];
        snprintf(define, sizeof(define), "REPO=%s/%s", p->dir, repo);
        snprintf(home, sizeof(home), "%s/home", p->dir);
        snprintf(file, sizeof(file), "%s/policy", p->dir);
        const char *const files[] = {file, NULL}, *const defines[] = {define, NULL};
        cordon_policy_options o = {.size = sizeof(o), .files = files, .defines = defines, .cwd = p->dir, .home = home,
                                   .diag = hear, .diag_ctx = p};
        p->policy = cordon_policy_unref(p->policy);
        p->warnings = 0;
        buf_free(&p->said);
        sh(p, "printf 'cordon 1\\nparam REPO\\nuse @git\\ntmp none\\n' >policy");
        if (cordon_policy_load(&p->policy, &o, NULL) < 0)
                fail_msg("%s", p->said.data);
        return policy_of(p->policy);
}

static const char *in(const struct place *p, const char *name)
{
        static char path[256];
        snprintf(path, sizeof(path), "%s/%s", p->dir, name);
        return path;
}

static void an_ordinary_repository(void **state)
{
        struct place p = place_new();
        (void)state;
        const struct policy *policy = load(&p, "main");
        assert_int_equal(p.warnings, 0);
        assert_allowed(policy, "write", in(&p, "main/.git/index.lock"));
        assert_allowed(policy, "write", in(&p, "main/.git/refs/heads/x"));
        assert_denied(policy, "write", in(&p, "main/.git/config"), EACCES);
        assert_denied(policy, "write", in(&p, "main/.git/hooks/pre-commit"), EACCES);
        assert_allowed(policy, "exec", in(&p, "main/.git/hooks/pre-commit"));
        assert_denied(policy, "create", in(&p, "main/.git/commondir"), EACCES);
        assert_denied(policy, "write", in(&p, "main/.git/worktrees/w/HEAD"), EACCES);
        assert_denied(policy, "write", in(&p, "main/.git/modules/a/b/config"), EACCES);
        assert_allowed(policy, "write", in(&p, "main/.git/modules/a/b/index"));
        assert_denied(policy, "write", in(&p, "w/x"), ENOENT);
        place_free(&p);
}

static void none_yet(void **state)
{
        static const char *const repos[] = {"none", "nowhere"};
        struct place p = place_new();
        char path[64];
        (void)state;
        for (size_t i = 0; i < 2; i++) {
                const struct policy *policy = load(&p, repos[i]);
                assert_int_equal(p.warnings, 0);
                snprintf(path, sizeof(path), "%s/.git/HEAD", repos[i]);
                assert_allowed(policy, "write", in(&p, path));
                snprintf(path, sizeof(path), "%s/.git/config", repos[i]);
                assert_denied(policy, "create", in(&p, path), EACCES);
        }
        place_free(&p);
}

static void linked_as_git_does_it(struct place *p)
{
        const struct policy *policy = load(p, "w");
        if (p->warnings)
                fail_msg("%s", p->said.data);
        assert_allowed(policy, "write", in(p, "main/.git/worktrees/w/index.lock"));
        assert_allowed(policy, "write", in(p, "main/.git/refs/heads/y"));
        assert_allowed(policy, "write", in(p, "main/.git/objects/aa/b"));
        assert_denied(policy, "write", in(p, "main/.git/worktrees/w/commondir"), EACCES);
        assert_denied(policy, "write", in(p, "main/.git/worktrees/w/gitdir"), EACCES);
        assert_denied(policy, "create", in(p, "main/.git/worktrees/w/config.worktree"), EACCES);
        assert_denied(policy, "write", in(p, "main/.git/worktrees/other/HEAD"), EACCES);
        assert_denied(policy, "write", in(p, "main/.git/config"), EACCES);
        assert_denied(policy, "create", in(p, "main/.git/config.worktree"), EACCES);
        assert_denied(policy, "create", in(p, "main/.git/commondir"), EACCES);
        assert_denied(policy, "create", in(p, "main/.git/rebase-merge/git-rebase-todo"), EACCES);
        assert_denied(policy, "write", in(p, "main/.git/hooks/x"), EACCES);
        assert_denied(policy, "write", in(p, "w/.git"), EACCES);
        assert_allowed(policy, "read", in(p, "w/.git"));
        assert_denied(policy, "read", in(p, "main/file"), ENOENT);
        assert_denied(policy, "read", in(p, "home/.ssh/id_rsa"), ENOENT);
}

static void a_linked_work_tree(void **state)
{
        struct place p = place_new();
        (void)state;
        linked_as_git_does_it(&p);
        sh(&p, "echo gitdir: ../main/.git/worktrees/w >w/.git; echo ../../../../w/.git >main/.git/worktrees/w/gitdir");
        linked_as_git_does_it(&p); /* as `git worktree add --relative-paths` leaves it */
        place_free(&p);
}

/* A path through a link is canonical before anything is compared. */
static void a_work_tree_reached_by_a_link(void **state)
{
        struct place p = place_new();
        (void)state;
        sh(&p, "ln -s w link");
        const struct policy *policy = load(&p, "link");
        assert_int_equal(p.warnings, 0);
        assert_allowed(policy, "write", in(&p, "main/.git/worktrees/w/index"));
        assert_denied(policy, "write", in(&p, "w/.git"), EACCES);
        place_free(&p);
}

static const struct {
        const char *change, *said;
} hostile[] = {
        {"echo gitdir: $T/home/.ssh >w/.git", "it leads to"},
        {"echo gitdir: $T/home/.ssh/worktrees/w >w/.git", "cannot be opened as a directory"},
        {"echo gitdir: ../home/.ssh >w/.git", "it leads to"},
        {"echo gitdir: $T/main/.git/worktrees/../../../home >w/.git", "it leads to"},
        {"echo gitdir: / >w/.git", "it leads to"},
        {"echo gitdir: /worktrees/w >w/.git", "it leads to"},
        {"echo $T/main/.git/worktrees/w >w/.git", "not one that git writes"},
        {": >w/.git", "not one that git writes"},
        {"printf 'gitdir: ' >w/.git", "not one that git writes"},
        {"echo >>w/.git; echo x >>w/.git", "not one that git writes"},
        {"head -c 9000 /dev/zero | tr '\\0' a >w/.git", "not one that git writes"},
        {"rm w/.git; mkfifo w/.git", "neither a directory nor a file"},
        {"rm w/.git; ln -s ../home/.ssh w/.git", "it is a symbolic link"},
        {"rm w/.git; ln -s ../main/.git/worktrees/w w/.git", "it is a symbolic link"},
        {"echo $T/home/.ssh >main/.git/worktrees/w/commondir", "does not lead to"},
        {"echo ../../.. >main/.git/worktrees/w/commondir", "does not lead to"},
        {"rm main/.git/worktrees/w/commondir", "no plain file 'commondir'"},
        {"cd main/.git/worktrees/w; mv commondir c; ln -s c commondir", "no plain file 'commondir'"},
        {"echo $T/other/.git >main/.git/worktrees/w/gitdir", "does not lead to"},
        {"rm main/.git/worktrees/w/gitdir", "no plain file 'gitdir'"},
        {"rm main/.git/HEAD", "no git repository"},
        {"rm main/.git/HEAD; ln -s ../../home/.ssh/id_rsa main/.git/HEAD", "no git repository"},
        {"rmdir main/.git/refs", "no git repository"},
        {"rmdir main/.git/refs; ln -s $T/home/.ssh main/.git/refs", "no git repository"},
        {"ln -s $T/home/.ssh main/.git/hooks", "'hooks' in it is a symbolic link"},
        {"ln -s $T/home/.ssh/id_rsa main/.git/info/attributes", "'attributes' in it is a symbolic link"},
        {"ln -s $T/home/.ssh/id_rsa main/.git/objects/info/alternates", "'alternates' in it is a symbolic link"},
        {"ln -s $T/home/.ssh main/.git/worktrees/w/rebase-merge", "'rebase-merge' in it is a symbolic link"},
        {"mv main/.git real; ln -s ../real main/.git", "symbolic link in"},
        {"mv main/.git/worktrees/w w2; ln -s $T/w2 main/.git/worktrees/w", "symbolic link in"},
        {"mv main/.git/* home/; mv home/worktrees/w/gitdir g; sed s,main/.git,home, <g >home/worktrees/w/gitdir;"
         "echo gitdir: $T/home/worktrees/w >w/.git", "holds more than a repository"},
};

static void what_was_tampered_with_is_not_followed(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
                struct place p = place_new();
                sh(&p, hostile[i].change);
                const struct policy *policy = load(&p, "w");
                if (p.warnings != 1 || !strstr(p.said.data, hostile[i].said))
                        fail_msg("%s: %u warnings: %s", hostile[i].change, p.warnings, p.said.data ? p.said.data : "");
                assert_denied(policy, "list", in(&p, "home/.ssh/id_rsa"), ENOENT);
                assert_denied(policy, "list", in(&p, "home/.ssh/commondir"), ENOENT);
                assert_denied(policy, "write", in(&p, "main/.git/worktrees/w/index"), ENOENT);
                assert_denied(policy, "read", in(&p, "main/.git/HEAD"), ENOENT);
                assert_denied(policy, "write", in(&p, "home/x"), ENOENT);
                assert_denied(policy, "write", in(&p, "w/.git"), EACCES);
                place_free(&p);
        }
}

/* In an ordinary repository, too, a link would carry a rule elsewhere. It is shut as a whole then. */
static void links_in_an_ordinary_repository(void **state)
{
        static const char *const changes[] = {
                "ln -s $T/home/.ssh main/.git/hooks", "ln -s $T/home/.ssh main/.git/modules",
                "rmdir main/.git/info; ln -s $T/home/.ssh main/.git/info",
                "ln -s $T/home/.ssh/id_rsa main/.git/info/attributes",
        };
        (void)state;
        for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
                struct place p = place_new();
                sh(&p, changes[i]);
                const struct policy *policy = load(&p, "main");
                if (p.warnings != 1)
                        fail_msg("%s: %s", changes[i], p.said.data ? p.said.data : "no warning");
                assert_denied(policy, "list", in(&p, "home/.ssh/id_rsa"), ENOENT);
                assert_denied(policy, "write", in(&p, "main/.git/index"), EACCES);
                assert_allowed(policy, "read", in(&p, "main/.git/HEAD"));
                place_free(&p);
        }
}

static void what_belongs_to_somebody_else(void **state)
{
        static const char *const changes[] = {
                "chown 12345 main/.git", "chown 12345 main/.git/HEAD", "chown 12345 main/.git/worktrees/w",
                "chown 12345 main/.git/worktrees/w/gitdir", "chown -h 12345 w/.git", "chown 12345 w",
        };
        (void)state;
        if (geteuid() != 0) {
                print_message("not root: ownership is not tested\n");
                return;
        }
        for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
                struct place p = place_new();
                sh(&p, changes[i]);
                const struct policy *policy = load(&p, "w");
                if (p.warnings != 1)
                        fail_msg("%s: not told", changes[i]);
                assert_denied(policy, "write", in(&p, "main/.git/worktrees/w/index"), ENOENT);
                place_free(&p);
        }
        struct place p = place_new();
        sh(&p, "chown -R 12345 main w"); /* all of it is one person's: root may work on it */
        linked_as_git_does_it(&p);
        place_free(&p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(an_ordinary_repository),
                counted_test(none_yet),
                counted_test(a_linked_work_tree),
                counted_test(a_work_tree_reached_by_a_link),
                counted_test(what_was_tampered_with_is_not_followed),
                counted_test(links_in_an_ordinary_repository),
                counted_test(what_belongs_to_somebody_else),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
