/* The evaluator: precedence as a table, order of lines by shuffling, and everything at once against a second evaluator that
 * is slow, simple and written from the words of the contract. */
#include "tests/unit/unit.h"

#include "policy/compiled.h"
#include "policy/pattern.h"
#include "tests/unit/made_up.h"

/* ---- precedence: each row has what is allowed beside what is denied ----------------------------------------------- */

struct row {
        const char *lines;
        const char *allowed_op, *allowed;
        const char *denied_op, *denied;
        int error;
};

static const struct row rows[] = {
        /* what a verb grants */
        {"read /a\n", "read", "/a/x", "write", "/a/x", EACCES},
        {"read /a\n", "list", "/a", "exec", "/a/x", EACCES},
        {"list /a\n", "list", "/a/x", "read", "/a/x", EACCES},
        {"create /a\n", "create", "/a/x", "write", "/a/x", EACCES},
        {"create /a\n", "list", "/a/x", "read", "/a/x", EACCES},
        {"write /a\n", "create", "/a/x", "exec", "/a/x", EACCES},
        {"exec /a\n", "exec", "/a/x", "write", "/a/x", EACCES},
        {"write exec /a\n", "exec", "/a/x", "exec", "/b", ENOENT},
        /* a tree, not a prefix of letters */
        {"read /tree\n", "read", "/tree/x", "read", "/tree_good_but_bad", ENOENT},
        /* deepest wins, whatever it says */
        {"read /a\nwrite /a/b\n", "write", "/a/b/c", "write", "/a/c", EACCES},
        {"write /a\nread /a/b\n", "write", "/a/c", "write", "/a/b/c", EACCES},
        {"deny /a\nread /a/b\n", "read", "/a/b", "read", "/a/c", EACCES},
        {"read /a\nhide /a/b\n", "read", "/a/c", "read", "/a/b/c", ENOENT},
        {"read /a\ndeny /a/**/x\nread /a/1/x/2\n", "read", "/a/1/x/2/3", "read", "/a/1/x/3", EACCES},
        {"read /a\ndeny /a/**/x\n", "read", "/a/y", "read", "/a/1/2/x/3/4", EACCES},
        /* the largest possible match of a `**` counts */
        {"deny /a/**/b\nread /a/b/c\n", "read", "/a/b/c/d", "read", "/a/b/c/b", EACCES},
        /* an exact last name beats a wildcard of the same depth */
        {"read /a\ndeny /a/*.pem\nread /a/ca.pem\n", "read", "/a/ca.pem", "read", "/a/x.pem", EACCES},
        {"deny /a/.env.*\nread /a/**/.env.example\n", "read", "/a/.env.example", "read", "/a/.env.local", EACCES},
        /* then the stricter class, then fewer accesses */
        {"read /a\ndeny /a/x*\nhide /a/*y\n", "read", "/a/z", "read", "/a/xy", ENOENT},
        {"write /a/*/f\nread /a/d/*\n", "write", "/a/e/f", "write", "/a/d/g", EACCES},
        {"write /a/*\nread /a/x*\n", "write", "/a/y", "write", "/a/xy", EACCES},
        /* never beats everything */
        {"write /a\nnever /a/b\nread /a/b/c/d\n", "write", "/a/x", "read", "/a/b/c/d", EACCES},
        {"write /a\nnever **/.git\nwrite /a/.git/hooks\n", "write", "/a/git", "list", "/a/.git/hooks", EACCES},
        /* no rule, and what stands above a grant */
        {"read /a/b/c\n", "list", "/a/b", "list", "/a/x", ENOENT},
        {"read /a/b/c\n", "list", "/a", "read", "/a", EACCES},
        {"read /a/b/c\n", "list", "/", "create", "/a/b", EACCES},
        {"read /a/b/*.c\n", "list", "/a", "list", "/a/c", ENOENT},
        {"read /a/b\ndeny /x/y\n", "list", "/a", "list", "/x", ENOENT},
        /* the world's own rules give way to explicit ones at the same place */
        {"tmp private\n", "write", "/tmp/x", "exec", "/tmp/x", EACCES},
        {"tmp private 1M exec\n", "exec", "/tmp/x", "write", "/var/tmp/x", ENOENT},
        {"read /tmp\n", "read", "/tmp/x", "write", "/tmp/x", EACCES},
        {"tmp none\nread /tmp/y\n", "read", "/tmp/y", "write", "/tmp/x", ENOENT},
        {"proc own\n", "read", "/proc/self/maps", "write", "/proc/self/mem", EACCES},
        {"proc none\nread /a\n", "read", "/a", "read", "/proc/self", ENOENT},
        /* what tells of the kernel is closed there, but for what is named */
        {"proc own\n", "list", "/proc/keys", "read", "/proc/keys", EACCES},
        {"proc own\n", "read", "/proc/keys-x", "read", "/proc/acpi/wakeup", EACCES},
        {"read /proc/keys\n", "read", "/proc/keys", "read", "/proc/key-users", EACCES},
        {"read /\n", "read", "/etc", "read", "/proc/kcore", EACCES},
        {"dev pts shm\n", "write", "/dev/pts/3", "write", "/dev/tty", EACCES},
        {"dev pts shm\n", "create", "/dev/shm/x", "exec", "/dev/shm/x", EACCES},
        {"dev pts\n", "write", "/dev/ptmx", "write", "/dev/shm/x", EACCES},
        {"dev null\n", "write", "/dev/null", "write", "/dev/zero", EACCES},
        {"dev none\nread /a\n", "list", "/", "list", "/dev", ENOENT},
};

static void precedence(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                const struct row *r = &rows[i];
                struct policy *p = policy_from(r->lines);
                struct verdict yes = asked(p, r->allowed_op, r->allowed), no = asked(p, r->denied_op, r->denied);
                if (!yes.allow || yes.error)
                        fail_msg("row %zu: %s %s should be allowed by\n%s", i, r->allowed_op, r->allowed, r->lines);
                if (no.allow || no.error != r->error)
                        fail_msg("row %zu: %s %s gave %d, not %d, by\n%s", i, r->denied_op, r->denied, no.error, r->error,
                                 r->lines);
                policy_unref(p);
        }
}

static void the_users_file_beats_what_it_uses(void **state)
{
        struct policy *p = NULL;
        struct made_up m = {.files = {
                                    {"x.policy", "cordon 1\nuse @one /two.policy\nwrite /a/x\nread /n\nnet loopback\n"},
                                    {"@one", "cordon 1\ndeny /a/x\nread /a /b\nuse @deep\nnet none\n"},
                                    {"/two.policy", "cordon 1\nwrite /b\nnever /n/n\nnet none\n"},
                                    {"@deep", "cordon 1\nwrite /a\ndeny /c\n"},
                            }};
        (void)state;
        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_allowed(p, "write", "/a/x");
        assert_denied(p, "write", "/a/y", EACCES); /* @one is nearer than @deep */
        assert_allowed(p, "read", "/a/y");
        assert_denied(p, "write", "/b", EACCES); /* of two equally near ones, the stricter */
        assert_allowed(p, "read", "/b");
        assert_denied(p, "read", "/n/n", EACCES); /* a floor is one, wherever it is laid */
        assert_allowed(p, "read", "/n/m");
        assert_int_equal(policy_world(p)->net, NET_LOOPBACK);
        policy_unref(p);
        buf_free(&m.said);
}

static void a_reason_is_carried(void **state)
{
        (void)state;
        struct policy *p = policy_from("write /a\nread /a/infra because \"propose a patch\"\ndeny /a/b\n");
        struct verdict v = asked(p, "write", "/a/infra/x");
        assert_false(v.allow);
        assert_string_equal(v.rule->because, "propose a patch");
        assert_string_equal(v.rule->text, "read /a/infra");
        assert_string_equal(v.rule->origin.file, "x.policy");
        assert_int_equal(v.rule->origin.line, 3);
        assert_int_equal(v.access, ACCESS_LIST | ACCESS_READ);
        assert_null(asked(p, "read", "/a/b").rule->because);
        policy_unref(p);
}

/* ---- paths that are none ------------------------------------------------------------------------------------------ */

static void paths_that_are_not_canonical_are_denied(void **state)
{
        static const char *const bad[] = {"",        "tmp",     "./tmp",    "//",        "//tmp",   "/tmp//x", "/tmp/",
                                          "/tmp/.",  "/tmp/..", "/dev/..",  "/./tmp",    "/../tmp", "/tmp/../etc", "/.",
                                          "/tmp/x/", "/tmp/./x"};
        (void)state;
        struct policy *p = policy_from("read /\n");
        char far[PATH_MAX + 2];
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
                if (asked(p, "read", bad[i]).allow || asked(p, "list", bad[i]).allow)
                        fail_msg("'%s' was allowed", bad[i]);
        }
        assert_allowed(p, "read", "/");
        assert_allowed(p, "read", "/tmp/...");
        assert_allowed(p, "read", "/tmp/.x");
        assert_allowed(p, "read", "/tmp/..x");
        assert_false(policy_eval(p, "/a\0b", 4, ACCESS_READ).allow);
        memset(far, 'x', sizeof(far));
        far[0] = '/';
        assert_false(policy_eval(p, far, PATH_MAX, ACCESS_READ).allow);
        assert_true(policy_eval(p, far, PATH_MAX - 1, ACCESS_READ).allow);
        assert_false(policy_eval(p, "/x", 2, 0).allow);
        assert_false(policy_eval(p, "/x", 2, 1u << 20).allow);
        policy_unref(p);
}

/* ---- order ---------------------------------------------------------------------------------------------------------- */

static const char *const shuffled[] = {
        "read /work/in", "write /work/out", "deny /work/in/**/*.pem because \"keys\"", "hide /work/in/.git",
        "exec /usr/lib", "exec /usr/bin/tool", "write /repo", "read /repo/infra because \"propose\"",
        "deny /repo/**/{.env,.env.*}", "read /repo/**/.env.example", "never **/id_rsa", "create /work/drop",
        "list /work", "deny /work/out/[a-f]*", "write /work/out/data", "read /repo/*/x*", "deny /repo/*/*y",
        "tmp private 1M", "dev null", "proc self", "net none",
};
#define SHUFFLED (sizeof(shuffled) / sizeof(*shuffled))

static const char *const paths[] = {
        "/", "/work", "/work/in", "/work/in/a/key.pem", "/work/in/.git/config", "/work/in/x", "/work/out/a", "/work/out/data/z",
        "/work/out/zed", "/usr/lib/libc.so", "/usr/bin", "/usr/bin/tool", "/usr/bin/other", "/repo/.env", "/repo/a/.env.local",
        "/repo/a/.env.example", "/repo/infra/x", "/repo/infra/.env", "/repo/q/xy", "/repo/q/x", "/repo/q/zy",
        "/repo/id_rsa", "/work/drop/new", "/tmp/f", "/dev/null", "/dev/zero", "/proc/1", "/none",
};
#define PATHS (sizeof(paths) / sizeof(*paths))

static uint32_t draw(uint32_t *seed)
{
        *seed = *seed * 1664525u + 1013904223u;
        return *seed >> 8;
}

static struct policy *in_order(const size_t *order)
{
        struct buf text = {0};
        for (size_t i = 0; i < SHUFFLED; i++)
                buf_printf(&text, "%s\n", shuffled[order[i]]);
        struct policy *p = policy_from(text.data);
        buf_free(&text);
        return p;
}

static void order_never_matters(void **state)
{
        struct verdict first[PATHS][5];
        char texts[PATHS][5][80];
        size_t order[SHUFFLED];
        uint32_t seed = 20;
        (void)state;
        for (size_t i = 0; i < SHUFFLED; i++)
                order[i] = i;
        for (unsigned round = 0; round < 1000; round++) {
                struct policy *p = in_order(order);
                for (size_t i = 0; i < PATHS * 5; i++) {
                        struct verdict v = policy_eval(p, paths[i / 5], strlen(paths[i / 5]), 1u << i % 5);
                        struct verdict *f = &first[i / 5][i % 5];
                        char *text = texts[i / 5][i % 5];
                        if (round == 0) {
                                *f = v;
                                snprintf(text, 80, "%s", v.rule ? v.rule->text : "");
                        }
                        assert_int_equal(v.allow, f->allow);
                        assert_int_equal(v.error, f->error);
                        assert_int_equal(v.access, f->access);
                        assert_string_equal(v.rule ? v.rule->text : "", text);
                }
                policy_unref(p);
                for (size_t i = SHUFFLED - 1; i > 0; i--) {
                        size_t j = draw(&seed) % (i + 1), other = order[i];
                        order[i] = order[j];
                        order[j] = other;
                }
        }
}

/* ---- a second evaluator ----------------------------------------------------------------------------------------------- */

/* The most components of `path` (from the start) that the pattern can consume; -1 for none. */
static int consumes(const char *pattern, const char *path, bool literal)
{
        int best = -1;
        pattern += *pattern == '/';
        path += *path == '/';
        size_t n = strcspn(pattern, "/"), m = strcspn(path, "/");
        if (n == 0)
                return 0;
        if (!literal && n == 2 && !strncmp(pattern, "**", 2)) {
                best = consumes(pattern + n, path, literal);
                if (m > 0) {
                        int more = consumes(pattern, path + m, literal);
                        best = more >= 0 && more + 1 > best ? more + 1 : best;
                }
                return best;
        }
        bool hit = m > 0 && (literal ? n == m && !strncmp(pattern, path, n) : component_match(pattern, n, path, m));
        int rest = hit ? consumes(pattern + n, path + m, literal) : -1;
        return rest < 0 ? -1 : rest + 1;
}

static bool last_exact(const struct rule *r)
{
        const char *last = strrchr(r->pattern, '/') + 1;
        return r->literal || !last[strcspn(last, "*?[")];
}

static struct verdict slow_eval(const struct policy *p, const char *path, unsigned want)
{
        size_t count;
        const struct rule *rules = policy_rules(p, &count), *best = NULL, *never = NULL;
        int depth = -1;
        for (size_t i = 0; i < count; i++) {
                const struct rule *r = &rules[i];
                int d = consumes(r->pattern, path, r->literal);
                if (d < 0)
                        continue;
                if (r->class == CLASS_NEVER) {
                        never = r;
                        continue;
                }
                bool wins = !best || d > depth || (d == depth && last_exact(r) && !last_exact(best)) ||
                            (d == depth && last_exact(r) == last_exact(best) && rule_compare(r, best) > 0);
                if (wins) {
                        best = r;
                        depth = d;
                }
        }
        const struct rule *r = never ? never : best;
        if (!r)
                return (struct verdict){.error = ENOENT};
        bool allow = r->class == CLASS_GRANT && (want & ~r->access) == 0;
        return (struct verdict){.allow = allow, .error = allow ? 0 : r->class == CLASS_HIDE ? ENOENT : EACCES, .rule = r};
}

static void random_pattern(struct buf *out, uint32_t *seed, bool floating)
{
        static const char *const names[] = {"a", "b", "c", "a*", "*b", "*", "?", "[ab]", "**", "ab", "ba"};
        unsigned parts = 1 + draw(seed) % 4;
        buf_str(out, floating ? " **" : " /a");
        for (unsigned i = 0; i < parts; i++)
                buf_printf(out, "/%s", names[draw(seed) % 11]);
}

static void random_path(char *out, uint32_t *seed)
{
        static const char *const names[] = {"a", "b", "c", "ab", "ba", "abb"};
        unsigned parts = 1 + draw(seed) % 6;
        *out = '\0';
        for (unsigned i = 0; i < parts; i++)
                out += sprintf(out, "/%s", names[draw(seed) % 6]);
}

static struct policy *random_policy(uint32_t *seed)
{
        static const char *const verbs[] = {"read", "write", "list", "exec", "create", "deny", "hide", "never"};
        struct policy *p = NULL;
        struct buf text = {0};
        buf_str(&text, "cordon 1\nproc none\ndev none\ntmp none\n");
        unsigned lines = 1 + draw(seed) % 25;
        for (unsigned i = 0; i < lines; i++) {
                unsigned verb = draw(seed) % 30;
                verb = verb < 28 ? verb % 7 : 7; /* few nevers: they hide the rest */
                buf_str(&text, verbs[verb]);
                random_pattern(&text, seed, verb > 4 && draw(seed) % 3 == 0);
                buf_str(&text, "\n");
        }
        struct made_up m = {.files = {{"x.policy", text.data}}};
        if (made_up_compile(&m, &p) < 0) /* the same pattern twice, most likely */
                assert_true(m.errors > 0);
        buf_free(&m.said);
        buf_free(&text);
        return p;
}

static void agrees_with_a_slow_evaluator(void **state)
{
        unsigned compared = 0, allowed = 0;
        uint32_t seed = 4711;
        (void)state;
        for (unsigned round = 0; round < 3000; round++) {
                struct policy *p = random_policy(&seed);
                for (unsigned i = 0; p && i < 60; i++) {
                        char path[64];
                        random_path(path, &seed);
                        unsigned want = 1u << draw(&seed) % 5;
                        struct verdict fast = policy_eval(p, path, strlen(path), want), slow = slow_eval(p, path, want);
                        if (fast.ancestor) {
                                assert_null(slow.rule);
                                continue;
                        }
                        if (fast.allow != slow.allow || fast.error != slow.error || (fast.rule == NULL) != (slow.rule == NULL))
                                fail_msg("%s: %s against %s", path, fast.rule ? fast.rule->text : "none",
                                         slow.rule ? slow.rule->text : "none");
                        compared++;
                        allowed += fast.allow;
                }
                policy_unref(p);
        }
        assert_true(compared > 10000 && allowed > 500 && allowed < compared);
}

/* ---- below, suggest --------------------------------------------------------------------------------------------------- */

static void has_below(void **state)
{
        (void)state;
        struct policy *p = policy_from("read /a\ndeny /a/b/c /g/*/x\n");
        assert_true(policy_has_below(p, "/"));
        assert_true(policy_has_below(p, "/a"));
        assert_true(policy_has_below(p, "/a/b"));
        assert_false(policy_has_below(p, "/a/b/c"));
        assert_false(policy_has_below(p, "/a/x"));
        assert_true(policy_has_below(p, "/g/any"));
        assert_false(policy_has_below(p, "/g/any/x"));
        assert_true(policy_has_below(p, "relative")); /* in doubt, yes */
        policy_unref(p);
        p = policy_from("read /a\ndeny **/x\n");
        assert_true(policy_has_below(p, "/quite/elsewhere"));
        policy_unref(p);
}

/* Wherever the answer is yes, every verdict moves along: the evaluator itself is asked. */
static void same_below(void **state)
{
        (void)state;
        static const struct {
                const char *from, *to;
                bool same;
        } cases[] = {
                {"/w/a", "/w/b", true},
                {"/w/a", "/w/a/b/c", true},
                {"/w/a", "/v/a", true},
                {"/w/a", "/w/keys", false}, /* the one that a rule names */
                {"/w/keys", "/w/a", false},
                {"/w/keys", "/w/keys", true},
                {"/w/p", "/w/q", false}, /* two rules of the same shape are still two */
                {"/w/a/hold", "/w/b/hold", true}, /* the floating one: the same rule at both */
                {"/w/a/hold", "/w/a/held", false},
                {"/w/a/hold", "/w/hold", true},
                {"/w/x1", "/w/x2", true}, /* a wildcard takes both */
                {"/w/x1", "/w/y1", false},
                {"/w/a", "/", false},
                {"/w/a", "relative", false}, /* in doubt, no */
        };
        static const char *const below[] = {"/.env", "/secret", "/sub/.env", "/a.pem", "/sub/a.pem", "/f", "/x1/b", "/hold/in"};
        struct policy *p = policy_from("write /w /v\ndeny **/.env\ndeny **/hold/in\ndeny /w/keys/*.pem\ndeny /w/p/f\n"
                                       "deny /w/q/f\ndeny /w/x*/secret\n");
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                if (policy_same_below(p, cases[i].from, cases[i].to) != cases[i].same)
                        fail_msg("%s and %s: not %d", cases[i].from, cases[i].to, cases[i].same);
                if (cases[i].same && policy_differs_below(p, cases[i].from, cases[i].to))
                        fail_msg("%s and %s differ by a rule", cases[i].from, cases[i].to);
                for (size_t k = 0; cases[i].same && k < sizeof(below) / sizeof(below[0]); k++) {
                        char from[64], to[64];
                        snprintf(from, sizeof(from), "%s%s", cases[i].from, below[k]);
                        snprintf(to, sizeof(to), "%s%s", cases[i].to, below[k]);
                        struct verdict a = policy_eval(p, from, strlen(from), ACCESS_WRITE);
                        struct verdict b = policy_eval(p, to, strlen(to), ACCESS_WRITE);
                        if (a.allow != b.allow)
                                fail_msg("%s is %d, %s is %d", from, a.allow, to, b.allow);
                }
        }
        assert_string_equal(policy_differs_below(p, "/w/a", "/w/keys")->text, "deny /w/keys/*.pem");
        assert_string_equal(policy_differs_below(p, "/w/x1", "/w/y1")->text, "deny /w/x*/secret");
        assert_null(policy_differs_below(p, "/w/a", "relative"));
        policy_unref(p);
        p = policy_from("write /w /v\ndeny /w/**/.env\n"); /* not of a name, but of all that is in one of the trees */
        assert_string_equal(policy_differs_below(p, "/w/a", "/v/a")->text, "deny /w/**/.env");
        assert_string_equal(policy_differs_below(p, "/v/a", "/w/a")->text, "deny /w/**/.env");
        policy_unref(p);
}

static void named_below(void **state)
{
        (void)state;
        static const struct {
                const char *path, *rule; /* NULL: none */
        } cases[] = {
                {"/w/keys", "deny /w/keys/*.pem"},
                {"/w/p", "deny /w/p/q/f"},
                {"/w/p/q", "deny /w/p/q/f"},
                {"/w/p/q/f", NULL}, /* at it, not below */
                {"/w/other", NULL},
                {"/w/any", NULL},
                {"/w/any/hold", "deny /w/**/hold/in"},
                {"/w/any/held", NULL},
                {"/w/tree", "never /w/tree/**/x"},
                {"/w/tree/deeper", NULL}, /* any name will do there */
                {"/w", "deny"},
        };
        struct policy *p = policy_from("write /w\ndeny /w/keys/*.pem\ndeny /w/p/q/f\ndeny /w/*/f2\ndeny /w/**/hold/in\n"
                                       "never /w/tree/**/x\n");
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct rule *rule;
                bool found = policy_named_below(p, cases[i].path, &rule);
                if (found != (cases[i].rule != NULL) || found != (rule != NULL) ||
                    (found && strncmp(rule->text, cases[i].rule, strlen(cases[i].rule)) != 0))
                        fail_msg("%s: %s", cases[i].path, rule ? rule->text : "none");
        }
        const struct rule *rule = policy_rules(p, &(size_t){0});
        assert_true(policy_named_below(p, "relative", &rule)); /* in doubt, yes */
        assert_null(rule);
        policy_unref(p);
}

/* Puts the suggested line at the end of the policy; it must parse, and allow. */
static void suggests(const char *lines, const char *op, const char *path, const char *expected)
{
        char line[PATH_MAX * 4 + 64];
        struct policy *p = policy_from(lines);
        assert_denied(p, op, path, asked(p, op, path).error);
        int r = policy_suggest(p, path, access_from_name(op), line, sizeof(line));
        policy_unref(p);
        if (!expected) {
                assert_int_equal(r, -ENOENT);
                return;
        }
        assert_int_equal(r, 0);
        assert_string_equal(line, expected);
        struct buf text = {0};
        buf_printf(&text, "%s%s\n", lines, line);
        p = policy_from(text.data);
        assert_allowed(p, op, path);
        policy_unref(p);
        buf_free(&text);
}

static void suggestions_parse_and_allow(void **state)
{
        (void)state;
        suggests("read /a\n", "read", "/b/c", "read /b/c");
        suggests("read /a\n", "list", "/b", "list /b");
        suggests("read /a\n", "read", "/home/u/.ssh/id_rsa", "read ~/.ssh/id_rsa");
        suggests("read /a\n", "read", "/home/u", "read ~");
        suggests("read /a\n", "read", "/home/user2", "read /home/user2");
        suggests("exec /a\n", "write", "/a/x", "write exec /a/x"); /* takes nothing away */
        suggests("read /a\n", "exec", "/a/x", "exec /a/x");
        suggests("read /a\n", "create", "/b/c/new", "write /b/c"); /* what does not exist has no path to grant */
        suggests("read /a\nwrite /a/b\n", "create", "/a/c/new", "write /a/c");
        suggests("write /a\nread /a/b\n", "create", "/a/b", NULL); /* its directory can be written already */
        suggests("read /a /a/*/b\n", "create", "/a/c/b", NULL);     /* a rule that goes deeper is in the way */
        suggests("read /a /a/*/b\n", "create", "/a/c/d", "write /a/c");
        suggests("read /a\n", "create", "/new", NULL);
        suggests("read /a\n", "create", "/etc/new", NULL); /* a line would allow it, and much more */
        suggests("read /a\n", "create", "/home/u/new", NULL);
        suggests("read /a\n", "write", "/", NULL);
        suggests("read /a\n", "write", "/home/u", NULL);
        suggests("read /a\n", "write", "/home/u/x", "write ~/x");
        suggests("read /a\n", "create", "/home/u/x/new", "write ~/x");
        suggests("exec /a\nread /b\n", "create", "/a/b/x", "write exec /a/b");
        suggests("read /a\n", "read", "/b/with space", "read \"/b/with space\"");
        suggests("read /a\n", "read", "/home/u/a b", "read \"$HOME/a b\"");
        suggests("read /a\n", "read", "/b/*", "read \"/b/*\"");
        suggests("read /a\n", "read", "/b/$x\"y\\z", "read \"/b/\\$x\\\"y\\\\z\"");
        suggests("read /a\n", "read", "/b/\x1b[31m\n\xff", "read \"/b/\\x1b[31m\\x0a\\xff\"");
        suggests("read /a\n", "read", "/b/größe", "read /b/größe");
        suggests("read /a\n", "read", "/b/\xe2\x80\xaex", "read \"/b/\\xe2\\x80\\xaex\""); /* writes backwards */
        suggests("write /a\ndeny /a/*.pem\n", "read", "/a/x.pem", "read /a/x.pem");
        suggests("dev null\n", "write", "/dev/kvm", NULL);
        suggests("never /a\nread /b\n", "read", "/a/x", NULL);
        suggests("write /a\ndeny /a/**/.env\n", "read", "/a/.env", NULL); /* no literal line beats it */
}

/* A line of the world can be changed, not added. */
static void suggests_lines_of_the_world(void **state)
{
        char line[80];
        (void)state;
        struct policy *p = policy_from("proc none\ndev null tty\n");
        assert_int_equal(policy_suggest(p, "/proc/self/maps", ACCESS_READ, line, sizeof(line)), 0);
        assert_string_equal(line, "proc own");
        assert_int_equal(policy_suggest(p, "/dev/urandom", ACCESS_READ, line, sizeof(line)), 0);
        assert_string_equal(line, "dev null tty urandom");
        assert_int_equal(policy_suggest(p, "/dev/sda", ACCESS_READ, line, sizeof(line)), -ENOENT);
        assert_int_equal(policy_suggest(p, "/proc/self/mem", ACCESS_WRITE, line, sizeof(line)), -ENOENT);
        policy_unref(p);
}

static void suggestions_that_do_not_fit_are_none(void **state)
{
        char small[8];
        (void)state;
        struct policy *p = policy_from("read /a\n");
        assert_int_equal(policy_suggest(p, "/long/path", ACCESS_READ, small, sizeof(small)), -ENAMETOOLONG);
        assert_string_equal(small, "");
        assert_int_equal(policy_suggest(p, "relative", ACCESS_READ, small, sizeof(small)), -ENOENT);
        assert_int_equal(policy_suggest(p, "/b", ACCESS_READ, small, 7), -ENAMETOOLONG);
        assert_int_equal(policy_suggest(p, "/b", ACCESS_READ, small, sizeof(small)), 0);
        assert_int_equal(policy_suggest(p, "/", ACCESS_READ, small, sizeof(small)), 0);
        policy_unref(p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(precedence),
                counted_test(the_users_file_beats_what_it_uses),
                counted_test(a_reason_is_carried),
                counted_test(paths_that_are_not_canonical_are_denied),
                counted_test(order_never_matters),
                counted_test(agrees_with_a_slow_evaluator),
                counted_test(has_below),
                counted_test(same_below),
                counted_test(named_below),
                counted_test(suggestions_parse_and_allow),
                counted_test(suggests_lines_of_the_world),
                counted_test(suggestions_that_do_not_fit_are_none),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
