/* What the lines about the world come to: defaults, ranks of files, units, lists. */
#include "tests/unit/unit.h"

#include "tests/unit/made_up.h"

static void defaults(void **state)
{
        static const char *const kept[] = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TERM",
                                           "COLORTERM", "TZ", "COLUMNS", "LINES"};
        static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty", "pts"};
        (void)state;
        struct policy *p = policy_from("read /a\n");
        const struct world *w = policy_world(p);
        assert_int_equal(w->net, NET_NONE);
        assert_int_equal(w->proc, PROC_OWN);
        assert_int_equal(w->audit, AUDIT_DENIED);
        assert_true(w->tmp);
        assert_int_equal(w->tmp_size, 256 << 20);
        assert_null(w->cwd);
        assert_int_equal(w->limits.time_ms | w->limits.cpu_s | w->limits.memory | w->limits.procs, 0);
        assert_int_equal(w->syscall_count, 0);
        assert_int_equal(w->net_at.line, 0);
        assert_false(w->env_given);
        assert_int_equal(w->env_count, sizeof(kept) / sizeof(*kept));
        for (size_t i = 0; i < w->env_count; i++)
                assert_string_equal(w->env[i].name, kept[i]);
        for (size_t i = 0; i < 7; i++)
                assert_string_equal(w->devices[i], devices[i]);
        assert_null(w->devices[7]);
        policy_unref(p);
}

static void what_is_said_counts(void **state)
{
        (void)state;
        struct policy *p = policy_from("net host\nproc self\naudit all\ntmp none\ndev tty null\ncwd $HOME/../u/x\n"
                                       "limit time 90s cpu 1500ms memory 1G\nlimit procs 5 files 7 fsize 3K\n"
                                       "limit grace 500ms swap 1M cpus 1.25 io-read 2M/s io-write 3K/s output 10M\n");
        const struct world *w = policy_world(p);
        assert_int_equal(w->net, NET_HOST);
        assert_int_equal(w->net_at.line, 2);
        assert_int_equal(w->proc, PROC_SELF);
        assert_int_equal(w->audit, AUDIT_ALL);
        assert_false(w->tmp);
        assert_string_equal(w->devices[0], "null");
        assert_string_equal(w->devices[1], "tty");
        assert_null(w->devices[2]);
        assert_string_equal(w->cwd, "/home/u/x");
        assert_int_equal(w->limits.time_ms, 90000);
        assert_int_equal(w->limits.cpu_s, 2); /* never less than was allowed, never 0 */
        assert_int_equal(w->limits.memory, 1 << 30);
        assert_int_equal(w->limits.procs, 5);
        assert_int_equal(w->limits.files, 7);
        assert_int_equal(w->limits.fsize, 3072);
        assert_int_equal(w->limits.fsize_at.line, 9);
        assert_int_equal(w->limits.grace_ms, 500);
        assert_int_equal(w->limits.swap, 1 << 20);
        assert_int_equal(w->limits.cpus_m, 1250);
        assert_int_equal(w->limits.io_read, 2 << 20);
        assert_int_equal(w->limits.io_write, 3 << 10);
        assert_int_equal(w->limits.output, 10 << 20);
        assert_int_equal(w->limits.output_at.line, 10);
        policy_unref(p);
}

static void shares_of_processors(void **state)
{
        static const struct {
                const char *text;
                uint64_t thousandths; /* 0: it is none */
        } cases[] = {
                {"1", 1000},  {"0.5", 500}, {"150%", 1500}, {"2.125", 2125}, {"0.01", 10}, {"1%", 10},   {"12.5%", 125}, {"1000", 1000000},
                {"0", 0},     {"0.001", 0}, {"1.", 0},      {".5", 0},       {"1.0005", 0}, {"1.2345", 0}, {"0.05%", 0},
                {"1001", 0}, {"1e3", 0},   {"-1", 0},      {"1 %", 0},      {"1%%", 0},   {"1.5.5", 0},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                struct policy *p = NULL;
                char text[64];
                snprintf(text, sizeof(text), "cordon 1\nlimit cpus %s\n", cases[i].text);
                struct made_up m = {.files = {{"x.policy", text}}};
                int r = made_up_compile(&m, &p);
                if (cases[i].thousandths) {
                        assert_int_equal(r, 0);
                        assert_int_equal(policy_world(p)->limits.cpus_m, cases[i].thousandths);
                } else {
                        assert_int_equal(r, -EINVAL);
                }
                policy_unref(p);
                buf_free(&m.said);
        }
}

static void the_users_file_decides_and_among_equals_the_stricter(void **state)
{
        struct policy *p = NULL;
        struct made_up m = {.files = {
                                    {"x.policy", "cordon 1\nuse @a @b\nproc own\nlimit procs 9\n"},
                                    {"@a", "cordon 1\nnet loopback\nproc none\ntmp private 5M\ndev null tty\nlimit procs 1 files 5\n"},
                                    {"@b", "cordon 1\nnet host\nproc self\ntmp private 1M\ndev null zero\nlimit files 4\naudit all\n"},
                            }};
        (void)state;
        assert_int_equal(made_up_compile(&m, &p), 0);
        const struct world *w = policy_world(p);
        assert_int_equal(w->net, NET_LOOPBACK);
        assert_string_equal(w->net_at.file, "@a");
        assert_int_equal(w->proc, PROC_OWN);
        assert_int_equal(w->tmp_size, 1 << 20);
        assert_string_equal(w->devices[0], "null");
        assert_null(w->devices[1]);
        assert_int_equal(w->limits.procs, 9);
        assert_int_equal(w->limits.files, 4);
        assert_int_equal(w->audit, AUDIT_ALL);
        policy_unref(p);
        buf_free(&m.said);
}

static void environment(void **state)
{
        struct policy *p = NULL;
        struct made_up m = {.files = {
                                    {"x.policy", "cordon 1\nuse @a\nenv set A=\"$HOME/x y\" B=2=3 C=*\nenv keep PATH LC_*\n"},
                                    {"@a", "cordon 1\nenv set A=other D=4\nenv keep Q\n"},
                            }};
        (void)state;
        assert_int_equal(made_up_compile(&m, &p), 0);
        const struct world *w = policy_world(p);
        static const char *const wanted[][2] = {{"PATH", NULL}, {"LC_*", NULL}, {"Q", NULL}, {"A", "/home/u/x y"},
                                                {"B", "2=3"},   {"C", "*"},     {"D", "4"}};
        assert_true(w->env_given);
        assert_int_equal(w->env_count, 7);
        for (size_t i = 0; i < 7; i++) {
                assert_string_equal(w->env[i].name, wanted[i][0]);
                assert_int_equal(w->env[i].kind, wanted[i][1] ? ENV_SET : ENV_KEEP);
                if (wanted[i][1])
                        assert_string_equal(w->env[i].value, wanted[i][1]);
        }
        policy_unref(p);
        buf_free(&m.said);
        m = (struct made_up){.files = {{"x.policy", "cordon 1\nuse @a\nenv clear\nenv keep X\n"}, {"@a", "cordon 1\nenv keep Q\n"}}};
        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_int_equal(policy_world(p)->env_count, 1);
        assert_string_equal(policy_world(p)->env[0].name, "X");
        policy_unref(p);
        p = policy_from("env clear\n");
        assert_int_equal(policy_world(p)->env_count, 0);
        policy_unref(p);
        p = policy_from("env set A=1\n"); /* says nothing of what is kept */
        assert_int_equal(policy_world(p)->env_count, 14);
        assert_string_equal(policy_world(p)->env[0].name, "PATH");
        assert_string_equal(policy_world(p)->env[13].name, "A");
        policy_unref(p);
        p = policy_from("env clear\nenv set A=1\n");
        assert_int_equal(policy_world(p)->env_count, 1);
        policy_unref(p);
}

static void syscalls(void **state)
{
        struct policy *p = NULL;
        struct made_up m = {.files = {
                                    {"x.policy", "cordon 1\nuse @a\nsyscalls @basic openat\n"},
                                    {"@a", "cordon 1\nsyscalls @default\nsyscalls deny socket\n"},
                            }};
        (void)state;
        assert_int_equal(made_up_compile(&m, &p), 0);
        const struct world *w = policy_world(p);
        assert_int_equal(w->syscall_count, 3); /* what @a allows gives way, what it denies stays */
        assert_string_equal(w->syscalls[0].name, "@basic");
        assert_string_equal(w->syscalls[1].name, "openat");
        assert_int_equal(w->syscalls[1].action, CALL_ALLOW);
        assert_string_equal(w->syscalls[2].name, "socket");
        assert_int_equal(w->syscalls[2].action, CALL_DENY);
        policy_unref(p);
        buf_free(&m.said);
}

static void variables(void **state)
{
        struct policy *p = NULL;
        struct made_up m = {.files = {{"x.policy", "cordon 1\nread $LATER/x ${DATA}s $OUT $DEF $XDG_CACHE_HOME /run/$UID\n"
                                                   "let LATER=$DATA/y\nlet DATA=~/data\nparam OUT\nparam DEF=/def\n"
                                                   "exec $PROG\nread $REL*.c $REL/q\nparam REL\n"}},
                            .defines = {"OUT=~/out", "REL=sub"}};
        (void)state;
        if (made_up_compile(&m, &p) < 0)
                fail_msg("%s", m.said.data);
        assert_allowed(p, "read", "/home/u/data/y/x");
        assert_allowed(p, "read", "/home/u/datas");
        assert_denied(p, "read", "/home/u/data/z", ENOENT);
        assert_allowed(p, "read", "/home/u/out");
        assert_allowed(p, "read", "/def");
        assert_allowed(p, "read", "/home/u/.cache/x");
        assert_allowed(p, "read", "/run/1000");
        assert_allowed(p, "exec", "/usr/bin/prog");
        assert_allowed(p, "read", "/cwd/sub1.c");
        assert_allowed(p, "read", "/cwd/sub/q");
        assert_denied(p, "read", "/sub1.c", ENOENT);
        policy_unref(p);
        buf_free(&m.said);
}

static void proc_and_dev_are_not_the_hosts(void **state)
{
        struct policy *p = NULL;
        struct made_up m = {.files = {{"x.policy", "cordon 1\nwrite /proc/self/oom_score_adj\nread /home/link\n"}},
                            .links = {{"/proc/self", "/proc/77"}, {"/home/link", "/real"}}};
        size_t count;
        (void)state;
        assert_int_equal(made_up_compile(&m, &p), 0);
        assert_allowed(p, "write", "/proc/self/oom_score_adj");
        assert_denied(p, "write", "/proc/77/oom_score_adj", EACCES);
        assert_allowed(p, "read", "/real/x");
        const struct alias *a = policy_aliases(p, &count);
        assert_int_equal(count, 1);
        assert_string_equal(a[0].path, "/home/link");
        policy_unref(p);
        buf_free(&m.said);
}

static void implied_rules_say_whose_line_they_are(void **state)
{
        (void)state;
        struct policy *p = policy_from("tmp private 5M   # small\n");
        const struct rule *tmp = asked(p, "write", "/tmp/x").rule, *proc = asked(p, "read", "/proc/1").rule;
        assert_string_equal(tmp->text, "tmp private 5M");
        assert_true(tmp->implied);
        assert_int_equal(tmp->origin.line, 2);
        assert_int_equal(tmp->use_depth, 0);
        assert_string_equal(proc->text, "proc own");
        assert_int_equal(proc->origin.line, 0);
        assert_string_equal(proc->origin.file, "(default)");
        policy_unref(p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(defaults),
                counted_test(what_is_said_counts),
                counted_test(shares_of_processors),
                counted_test(the_users_file_decides_and_among_equals_the_stricter),
                counted_test(environment),
                counted_test(syscalls),
                counted_test(variables),
                counted_test(proc_and_dev_are_not_the_hosts),
                counted_test(implied_rules_say_whose_line_they_are),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
