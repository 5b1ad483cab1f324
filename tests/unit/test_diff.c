/* Comparing policies: what is told must be all there is, and no more. */
#include "policy/diff.h"
#include "policy/pattern.h"
#include "tests/unit/unit.h"
#include "tests/unit/made_up.h"

static uint64_t seed = 88172645463325252u;

static unsigned dice(unsigned sides)
{
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return (unsigned)(seed >> 11) % sides;
}

/* ---- differences, kept ------------------------------------------------------------------------------------------- */

#define MOST 8192

struct entry {
        int sign, alone;
        char kind[16], ops[128], subject[512], example[512];
        char within[16][256], except[256][256], points[256][256];
        size_t within_count, except_count, point_count;
};

struct told {
        struct entry *entries;
        size_t count;
        struct buf text;
};

static size_t list_keep(char (*to)[256], const char *const *from, size_t most)
{
        size_t n = 0;
        for (; from[n]; n++) {
                assert_true(n < most);
                snprintf(to[n], 256, "%s", from[n]);
        }
        return n;
}

static void list_say(struct buf *b, const char *what, const char *const *list)
{
        for (size_t i = 0; list[i]; i++)
                buf_printf(b, "%s%s", i ? "," : what, list[i]);
}

static void difference_told(void *ctx, const cordon_difference *d)
{
        struct told *t = ctx;
        assert_true(t->count < MOST);
        struct entry *e = &t->entries[t->count++];
        *e = (struct entry){.sign = d->sign, .alone = d->alone};
        snprintf(e->kind, sizeof(e->kind), "%s", d->kind);
        snprintf(e->ops, sizeof(e->ops), "%s", d->ops ? d->ops : "");
        snprintf(e->subject, sizeof(e->subject), "%s", d->subject);
        snprintf(e->example, sizeof(e->example), "%s", d->example ? d->example : "");
        e->within_count = list_keep(e->within, d->within, 16);
        e->except_count = list_keep(e->except, d->except, 256);
        e->point_count = list_keep(e->points, d->except_alone, 256);
        buf_printf(&t->text, "%c %s", d->sign > 0 ? '+' : d->sign < 0 ? '-' : '~', strcmp(d->kind, "path") ? d->kind : d->ops);
        buf_printf(&t->text, "%s%s%s", *d->subject ? " " : "", d->subject, d->alone ? " alone" : "");
        list_say(&t->text, " within ", d->within);
        list_say(&t->text, " but ", d->except);
        list_say(&t->text, " but alone ", d->except_alone);
        if (d->value_a || d->value_b)
                buf_printf(&t->text, ": %s -> %s", d->value_a ? d->value_a : "(not set)", d->value_b ? d->value_b : "(not set)");
        buf_printf(&t->text, " (%u,%u)\n", d->line_a, d->line_b);
}

static void compare(struct told *t, const struct policy *a, const struct policy *b)
{
        t->entries = t->entries ? t->entries : calloc(MOST, sizeof(*t->entries));
        t->count = 0;
        buf_free(&t->text);
        int count = policy_diff(a, b, difference_told, t);
        assert_int_equal(count, (int)t->count);
}

static void told_free(struct told *t)
{
        free(t->entries);
        buf_free(&t->text);
}

static void check_diff(const char *a, const char *b, const char *expected)
{
        struct policy *p = policy_from(a), *q = policy_from(b);
        struct told t = {0};
        compare(&t, p, q);
        if (strcmp(t.text.data ? t.text.data : "", expected) != 0)
                print_error("A:\n%s\nB:\n%s\ngot:\n%s\nexpected:\n%s\n", a, b, t.text.data ? t.text.data : "", expected);
        assert_string_equal(t.text.data ? t.text.data : "", expected);
        told_free(&t);
        policy_unref(p);
        policy_unref(q);
}

/* ---- the reader's own understanding of an entry ------------------------------------------------------------------ */

/* The same with the home written out. */
static const char *whole(const char *shown, char out[600])
{
        snprintf(out, 600, "%s%s", shown[0] == '~' ? "/home/u" : "", shown[0] == '~' ? shown + 1 : shown);
        return out;
}

/* Whether a pattern, as it is shown, matches the path or something above it. */
static bool tree(const char *pattern, const char *path)
{
        char written[600];
        pattern = whole(pattern, written);
        pattern += strspn(pattern, "/");
        path += strspn(path, "/");
        size_t p = strcspn(pattern, "/"), n = strcspn(path, "/");
        if (p == 0)
                return true;
        if (p == 2 && !strncmp(pattern, "**", 2))
                return tree(pattern + p, path) || (n > 0 && tree(pattern, path + n));
        return n > 0 && component_match(pattern, p, path, n) && tree(pattern + p, path + n);
}

static bool in_some(char (*list)[256], size_t count, const char *path)
{
        for (size_t i = 0; i < count; i++)
                if (tree(list[i], path))
                        return true;
        return false;
}

static bool about(struct entry *e, int sign, const char *op, const char *path)
{
        char padded[140], written[600];
        snprintf(padded, sizeof(padded), " %s ", e->ops);
        char word[20];
        snprintf(word, sizeof(word), " %s ", op);
        if (e->sign != sign || strcmp(e->kind, "path") != 0 || !strstr(padded, word))
                return false;
        if (e->alone)
                return !strcmp(whole(e->subject, written), path);
        return tree(e->subject, path) && (e->within_count == 0 || in_some(e->within, e->within_count, path));
}

static bool excepted(struct entry *e, const char *path)
{
        char written[600];
        for (size_t i = 0; i < e->point_count; i++)
                if (!strcmp(whole(e->points[i], written), path))
                        return true;
        return in_some(e->except, e->except_count, path);
}

static void check_path(struct told *t, const struct policy *a, const struct policy *b, const char *path, const char *context)
{
        static const char *const ops[] = {"list", "read", "create", "write", "exec", "unix"};
        for (size_t i = 0; i < 6; i++) {
                int real = asked(b, ops[i], path).allow - asked(a, ops[i], path).allow;
                bool covered = false;
                for (size_t n = 0; n < t->count; n++) {
                        for (int sign = -1; sign <= 1; sign += 2) {
                                if (!about(&t->entries[n], sign, ops[i], path))
                                        continue;
                                covered = covered || sign == real;
                                if (sign != real && !excepted(&t->entries[n], path)) {
                                        fprintf(stderr, "%s\n%s of %s is the same, and is told: %s %s\n%s", context, ops[i], path,
                                                t->entries[n].ops, t->entries[n].subject, t->text.data);
                                        fail();
                                }
                        }
                }
                if (real && !covered) {
                        fprintf(stderr, "%s\n%s of %s differs (%d), and is not told\n%s", context, ops[i], path, real,
                                t->text.data ? t->text.data : "");
                        fail();
                }
        }
}

/* ---- what is told ------------------------------------------------------------------------------------------------ */

static void paths_are_compared(void **state)
{
        (void)state;
        check_diff("read /a\n", "read /a\n", "");
        check_diff("read /a /b\n", "read /b\nread /a/** /a\n", "");
        check_diff("", "read /a\n", "+ list read /a (0,2)\n");
        check_diff("write /a\nread /x\n", "read /a /x\n", "- create write /a (2,2)\n");
        check_diff("read /a\n", "read /a\nwrite /a/b\n", "+ create write /a/b (2,3)\n");
        check_diff("read /a\n", "read /a\ndeny /a/**/.env\n", "- list read /a/**/.env (2,3)\n");
        check_diff("read /a\ndeny /a/**/.env\n", "read /a\ndeny /a/**/.env\nread /a/**/.env.example\n",
                   "+ list read /a/**/.env.example within /a/**/.env but /a/**/.env (3,4)\n");
        check_diff("read /a\n", "read /a\nnever ~/.ssh\n", "");
        check_diff("read ~\n", "read ~\nnever ~/.ssh\n", "- list read ~/.ssh (2,3)\n");
        check_diff("read /a/b\n", "read /a\n",
                   "+ read /a alone (0,2)\n+ list read /a but /a/b but alone /a (0,2)\n");
        check_diff("read /a /b\ntmp none\nproc none\ndev none\n", "read /a /b\ntmp none\nproc none\ndev none\ndeny **/k\n",
                   "- list read /**/k within /a,/b (0,6)\n");
        check_diff("read \"/a b*\"\nread /c\n", "read /c\n", "- list read \"/a b*\" (2,0)\n");
        check_diff("read /c\nmask /a\n", "read /c /a\n", "+ content /a (3,2)\n");
        check_diff("read /c\nfile /a/x \"1\"\n", "read /c\nfile /a/x \"2\"\n", "~ content /a/x (3,3)\n");
        check_diff("read /c\nask read /a\n", "read /c\nread /a\n", "+ list read /a (3,3)\n");
        check_diff("read /c\n", "read /c\nask read /a\n", "+ ask:list ask:read /a (0,3)\n");
        check_diff("read /c\n", "read /c\nunix /s\n", "+ list unix /s (0,3)\n");
}

static void the_world_is_compared(void **state)
{
        (void)state;
        check_diff("net none\n", "net none\nhostname box\n", "~ hostname: sandbox -> box (0,3)\n");
        check_diff("proc own\n", "proc self\n", "- proc: own -> self (2,2)\n");
        check_diff("audit all\n", "", "~ audit: all -> denied (2,0)\n");
        check_diff("tmp private 64M\n", "tmp private 1G\n", "+ tmp: 64M -> 1G (2,2)\n");
        check_diff("limit memory 1G procs 5\n", "limit procs 4 time 5s\n",
                   "+ limit memory: 1G -> none (2,0)\n- limit procs: 5 -> 4 (2,2)\n- limit time: none -> 5s (0,2)\n");
        check_diff("dev null\n", "dev null zero\n", "+ read create write /dev/zero (2,2)\n");
        check_diff("caps none\n", "caps keep kill\n", "+ caps kill (2,2)\n");
        check_diff("user root\n", "user 5:6\n", "~ user: root -> 5:6 (2,2)\n");
        check_diff("fd keep 3 read\nfd keep 4\n", "fd keep 3\nfd keep 5\n",
                   "+ fd 3: read -> as it is (2,2)\n- fd 4: as it is -> none (3,0)\n+ fd 5: none -> as it is (0,3)\n");
        check_diff("require landlock 6\n", "", "~ require landlock 6: required -> not required (2,0)\n");
        check_diff("cwd /a\n", "cwd /b\n", "~ cwd: /a -> /b (2,2)\n");
}

static void lists_of_names_are_compared(void **state)
{
        (void)state;
        check_diff("env keep PATH\n", "env keep PATH LC_*\n", "+ env LC_* (0,2)\n");
        check_diff("env keep PATH LC_ALL\n", "env keep PATH LC_*\n", "+ env LC_* but LC_ALL (0,2)\n");
        check_diff("env keep LC_* LC_ALL\n", "env keep LC_*\n", "");
        check_diff("env keep A\nenv set B=1\n", "env keep A\nenv set B=2\n", "~ env B: 1 -> 2 (3,3)\n");
        check_diff("syscalls @default\n", "", "");
        check_diff("syscalls @default\n", "syscalls @default\nsyscalls deny socketpair sendfile\n",
                   "- syscalls sendfile: allowed -> refused (2,3)\n- syscalls socketpair: by its arguments -> refused (0,3)\n");
}

static void endpoints_are_compared(void **state)
{
        (void)state;
        check_diff("connect a.org:80\n", "connect a.org:80-80\n", "");
        check_diff("connect a.org:80\n", "connect a.org:80-90\n", "+ connect a.org:81-90 (0,2)\n");
        check_diff("connect *.org:443\n", "connect a.org:443 b.c.org:443\n", "- connect *.org:443 but a.org,b.c.org (2,0)\n");
        check_diff("", "connect 10.0.0.0/8:*\n", "+ connect 10.0.0.0/8:* (0,2)\n");
        check_diff("connect 10.1.0.0/16:5\n", "connect 10.0.0.0/8:5\n",
                   "+ connect 10.0.0.0/16:5 (0,2)\n+ connect 10.2.0.0-10.255.255.255:5 (0,2)\n");
        check_diff("connect 10.0.0.0/9:5 10.128.0.0/9:5\n", "connect 10.0.0.0/8:5\n", "");
        check_diff("", "bind [::1]:80\n", "+ bind [::1]:80 (0,2)\n");
        check_diff("", "net host\n", "+ bind *:* (0,2)\n+ connect *:* (0,2)\n+ net: none -> host (0,2)\n");
        check_diff("net loopback\n", "net host\n",
                   "+ bind *:* but 127.0.0.0/8,[::1],localhost (0,2)\n+ connect *:* but 127.0.0.0/8,[::1],localhost (0,2)\n"
                   "+ net: loopback -> host (2,2)\n");
        check_diff("connect *:1-65535\n", "connect *:*\n", "");
}

/* ---- whatever the policies are ----------------------------------------------------------------------------------- */

static const char *const names[] = {"a", "b", "ab", "c", "x.key", "z"};

static void random_path(char *path)
{
        *path = '\0';
        if (dice(8) == 0)
                strcat(path, "/home/u");
        for (unsigned n = 1 + dice(5); n > 0; n--) {
                strcat(path, "/");
                strcat(path, names[dice(6)]);
        }
}

/* Paths may have two rules: then the text is no policy, and another one is taken. */
static struct policy *random_policy(struct buf *text, unsigned lines)
{
        static const char *const verbs[] = {"read", "write", "exec", "list", "deny", "hide", "never", "ask read", "read exec",
                                            "create", "mask", "deny"};
        static const char *const parts[] = {"a", "b", "*", "a*", "**", "*.key", "[ab]", "c", "a", "b", "ab"};
        for (;;) {
                struct policy *p = NULL;
                buf_free(text);
                buf_str(text, "cordon 1\n");
                for (unsigned i = 0; i < lines; i++) {
                        unsigned verb = dice(12);
                        bool floating = dice(6) == 0 && verb >= 4 && verb <= 6;
                        buf_printf(text, "%s %s", verbs[verb], floating ? "**/" : dice(12) == 0 ? "~/" : "/");
                        for (unsigned n = 1 + dice(4); n > 0; n--) {
                                const char *part = parts[dice(verb == 10 ? 2 : 11)];
                                buf_printf(text, "%s%s", part, n > 1 ? "/" : "");
                        }
                        buf_str(text, "\n");
                }
                struct made_up m = {.files = {{"x.policy", text->data}}};
                int r = made_up_compile(&m, &p);
                buf_free(&m.said);
                if (r == 0)
                        return p;
        }
}

static void what_is_told_is_all_there_is(void **state)
{
        struct told t = {0};
        (void)state;
        for (unsigned round = 0; round < 200; round++) {
                struct buf a = {0}, b = {0}, context = {0};
                struct policy *p = random_policy(&a, 1 + dice(9)), *q = random_policy(&b, 1 + dice(9));
                buf_printf(&context, "A:\n%sB:\n%s", a.data, b.data);
                compare(&t, p, q);
                for (unsigned n = 0; n < 300; n++) {
                        char path[256];
                        random_path(path);
                        check_path(&t, p, q, path, context.data);
                }
                for (size_t n = 0; n < t.count; n++)
                        if (*t.entries[n].example)
                                check_path(&t, p, q, t.entries[n].example, context.data);
                check_path(&t, p, q, "/", context.data);
                policy_unref(p);
                policy_unref(q);
                buf_free(&a);
                buf_free(&b);
                buf_free(&context);
        }
        told_free(&t);
}

/* A policy that was changed in one line: that line, and nothing else, is what is told. */
static void the_other_way_round_is_the_opposite(void **state)
{
        struct told t = {0}, back = {0};
        (void)state;
        for (unsigned round = 0; round < 100; round++) {
                struct buf a = {0}, b = {0};
                struct policy *p = random_policy(&a, 6), *q = random_policy(&b, 6);
                unsigned more[2] = {0}, less[2] = {0};
                compare(&t, p, q);
                compare(&back, q, p);
                for (size_t i = 0; i < t.count; i++)
                        t.entries[i].sign > 0 ? more[0]++ : less[0]++;
                for (size_t i = 0; i < back.count; i++)
                        back.entries[i].sign > 0 ? more[1]++ : less[1]++;
                assert_int_equal(more[0] == 0, less[1] == 0);
                assert_int_equal(less[0] == 0, more[1] == 0);
                compare(&t, p, p);
                assert_int_equal(t.count, 0);
                policy_unref(p);
                policy_unref(q);
                buf_free(&a);
                buf_free(&b);
        }
        told_free(&t);
        told_free(&back);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(paths_are_compared),
                counted_test(the_world_is_compared),
                counted_test(lists_of_names_are_compared),
                counted_test(endpoints_are_compared),
                counted_test(what_is_told_is_all_there_is),
                counted_test(the_other_way_round_is_the_opposite),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
