/* The canonical layout: what it looks like, that it settles at once, that comments and meaning survive it, for texts by hand
 * and for many that are generated. What a text means is asked of the compiler: its rules, its world and its claims. */
#include "tests/unit/unit.h"

#include "policy/compiled.h"
#include "policy/format.h"
#include "tests/unit/made_up.h"

static int lay_out(struct buf *out, const char *text, size_t length, struct made_up *m)
{
        int r = policy_format(out, "x.policy", text, length, m ? made_up_diag : NULL, m);
        if (r == 0)
                buf_str(out, "");
        return r;
}

static const char *text_of(const struct buf *b)
{
        return b->data ? b->data : "";
}

static void assert_layout(const char *text, const char *wanted)
{
        struct buf once = {0}, twice = {0};
        assert_int_equal(lay_out(&once, text, strlen(text), NULL), 0);
        assert_string_equal(text_of(&once), wanted);
        assert_int_equal(lay_out(&twice, text_of(&once), once.length, NULL), 0);
        assert_string_equal(text_of(&twice), wanted);
        buf_free(&once);
        buf_free(&twice);
}

/* ---- what it looks like ----------------------------------------------------------------------------------------- */

static void layouts(void **state)
{
        static const struct {
                const char *text, *wanted;
        } rows[] = {
                /* nothing, and nothing but blanks */
                {"", ""},
                {"\n \n\t\n\r\n", ""},
                /* blanks, tabs, CRLF, a byte order mark, no line break at the end */
                {"\xef\xbb\xbf" "cordon\t1\r\n  read   /a\t/b  \r\n\twrite /c", "cordon 1\nread  /a /b\nwrite /c\n"},
                /* what looks like such a mark, but is none, does not become one */
                {"\n\xef\xbb\xbf" "x\n", "\n\xef\xbb\xbf" "x\n"},
                {"\xef\xbb\xbf\xef\xbb\xbf# c\n", "\n\xef\xbb\xbf# c\n"},
                /* empty lines: none at the ends, one between blocks */
                {"\n\ncordon 1\n\n\n\nread /a\n \n", "cordon 1\n\nread /a\n"},
                /* verbs: padded to the longest of the block, but for those that declare and for long ones */
                {"read /a\nexec /b\n", "read /a\nexec /b\n"},
                {"net none\nproc own\n\nread /a\nwrite /b\n", "net  none\nproc own\n\nread  /a\nwrite /b\n"},
                {"param   A\nlet  B=/b\nuse @base\nuse?  /x\nread /a\nlimit procs 1\ncreate /c\nsyscalls @basic\n",
                 "param A\nlet B=/b\nuse @base\nuse? /x\nread  /a\nlimit procs 1\ncreate /c\nsyscalls @basic\n"},
                {"write   exec /a\nask read ~/b\n", "write exec /a\nask   read ~/b\n"},
                {"net\nread\nwrite /x\n", "net\nread\nwrite /x\n"},
                /* words that no verb knows, of this version or another */
                {"frob /a\nwirte   /b\nsomething /c\n", "frob  /a\nwirte /b\nsomething /c\n"},
                /* claims: columns as soon as there are two of them */
                {"expect  deny   read /a\n", "expect deny read /a\n"},
                {"expect deny read /a\nexpect deny write /b\nexpect deny connect a:1\n",
                 "expect deny  read  /a\nexpect deny  write /b\nexpect deny  connect a:1\n"},
                {"expect deny read /a\n\nexpect allow read /b\n", "expect deny read /a\n\nexpect allow read /b\n"},
                {"expect deny read\nexpect\nexpect deny read /a\n", "expect deny read\nexpect\nexpect deny read /a\n"},
                /* reasons */
                {"deny /a because x\n", "deny /a              because \"x\"\n"},
                {"deny /a/b/c/d/e/f because \"a  b\"\n", "deny /a/b/c/d/e/f    because \"a  b\"\n"},
                {"deny /a/b/c/d/e/f/g because \"a\"   # c\n", "deny /a/b/c/d/e/f/g      because \"a\"    # c\n"},
                {"deny \"because\" because because\n", "deny \"because\"       because \"because\"\n"},
                /* comments: as they are, at one column behind lines that leave room for it */
                {"  # a  b \t\r\n#!x\n", "# a  b\n#!x\n"},
                {"read /a # one\nread /b    # two\n", "read /a                     # one\nread /b                     # two\n"},
                {"read /a # one\nread /aaaaaaaaaaaaaaaaaaaaaaaaaaa # two\n",
                 "read /a                             # one\nread /aaaaaaaaaaaaaaaaaaaaaaaaaaa   # two\n"},
                {"read /a # one\nread /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa # two\n",
                 "read /a                     # one\n"
                 "read /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  # two\n"},
                {"read /a#b #c#d\n", "read /a#b                   #c#d\n"},
                /* characters count, not bytes */
                {"read /\xc3\xa4\xc3\xb6 # x\nread /ab # y\n", "read /\xc3\xa4\xc3\xb6                    # x\nread /ab                    # y\n"},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
                assert_layout(rows[i].text, rows[i].wanted);
}

static void quotes_stay_where_they_mean_something(void **state)
{
        static const struct {
                const char *word, *wanted; /* NULL: stays */
        } rows[] = {
                {"\"/a/b\"", "/a/b"},
                {"/a/\"b\"/c", "/a/b/c"},
                {"\"$HOME/a\"", "$HOME/a"},
                {"\"$IN\"x", "$INx"},
                {"\"/A-1,2=3!%+:;^|'<>()&`\"", "/A-1,2=3!%+:;^|'<>()&`"},
                {"\"PATH\"", "PATH"},
                {"\"/a b\"", NULL},
                {"/a/\"b c\"/*.x", NULL},
                {"X=\"a b\"", NULL},
                {"\"\"", NULL},
                {"\"/a\tb\"", NULL},
                {"\"/a*\"", NULL},
                {"/a/\"?\"", NULL},
                {"\"[\"x]", NULL},
                {"/{a\",\"b,c}", NULL},
                {"\"~\"", NULL},
                {"A=\"~\"/b", NULL},
                {"\"#a\"", NULL},
                {"\"@base\"", NULL},
                {"\"/a\\$b\"", NULL},
                {"\"/a\\x41\"", NULL},
                {"\"/a\\\\\"", NULL},
                {"\"/a\\\"\"", NULL},
                {"\"exec\"", NULL},
                {"\"because\"", NULL},
                {"\"use?\"", NULL},
                {"\"/a\xc2\xa0\"", NULL},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                char text[100], wanted[100];
                snprintf(text, sizeof(text), "read %s\n", rows[i].word);
                snprintf(wanted, sizeof(wanted), "read %s\n", rows[i].wanted ? rows[i].wanted : rows[i].word);
                assert_layout(text, wanted);
        }
        assert_layout("\"read\" /a\n", "read /a\n");
}

static void what_is_no_text_is_refused_with_its_place(void **state)
{
        static const struct {
                const char *text, *said;
                size_t length; /* 0: strlen */
        } rows[] = {
                {"cordon 1\nread \"/a\n", "x.policy:2:6: error: this quote is never closed", 0},
                {"cordon 1\nread /a\\b\n", "x.policy:2:8: error: a backslash", 0},
                {"read \"\\q\"\n", "x.policy:1:7: error: this escape", 0},
                {"read /a\001\n", "x.policy:1:8: error: there is a control character", 0},
                {"read /a\r # x\n", "x.policy:1:8: error: there is a control character", 0},
                {"# \xff\n", "x.policy:1:3: error: the byte 0xff is not UTF-8", 0},
                {"read /a\0b\n", "x.policy: error: this is a binary file", 10},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                struct made_up m = {0};
                struct buf out = {0};
                buf_str(&out, "before");
                assert_int_equal(lay_out(&out, rows[i].text, rows[i].length ? rows[i].length : strlen(rows[i].text), &m), -EINVAL);
                if (!m.said.data || !strstr(m.said.data, rows[i].said))
                        fail_msg("%s: said %s", rows[i].said, m.said.data ? m.said.data : "nothing");
                assert_string_equal(out.data, "before");
                buf_free(&out);
                buf_free(&m.said);
        }
}

static void every_error_of_the_words_is_told(void **state)
{
        static const char text[] = "read \"a\nread b\nread \\c\nread \"\\z\"\n";
        struct made_up m = {0};
        struct buf out = {0};
        (void)state;
        assert_int_equal(lay_out(&out, text, sizeof(text) - 1, &m), -EINVAL);
        assert_int_equal(m.errors, 3);
        assert_null(out.data);
        buf_free(&m.said);
}

static void collect(void *ctx, const char *text, size_t length)
{
        struct buf *b = ctx;
        buf_add(b, text, length);
        buf_str(b, "|"); /* counts the calls */
}

static void the_public_call(void **state)
{
        struct buf out = {0};
        cordon_error err = {0};
        struct made_up m = {0};
        (void)state;
        assert_int_equal(cordon_policy_format("n", "read   /a", 9, collect, &out, NULL, NULL, &err), 0);
        assert_string_equal(out.data, "read /a\n|");
        assert_int_equal(cordon_policy_format(NULL, "", 0, collect, &out, NULL, NULL, NULL), 0);
        assert_string_equal(out.data, "read /a\n||");
        assert_int_equal(err.code, 0);
        assert_int_equal(cordon_policy_format("n", "read \"", 6, collect, &out, made_up_diag, &m, &err), -EINVAL);
        assert_string_equal(err.text, "n:1:6: this quote is never closed");
        assert_string_equal(out.data, "read /a\n||");
        assert_int_equal(m.errors, 1);
        char *large = malloc(POLICY_TEXT_MOST + 1);
        memset(large, '#', POLICY_TEXT_MOST + 1);
        err = (cordon_error){0};
        assert_int_equal(cordon_policy_format("n", large, POLICY_TEXT_MOST + 1, collect, &out, NULL, NULL, &err), -EFBIG);
        assert_non_null(strstr(err.text, "4 MiB"));
        assert_string_equal(out.data, "read /a\n||");
        assert_int_equal(cordon_policy_format("n", large, POLICY_TEXT_MOST, collect, &out, NULL, NULL, NULL), 0);
        free(large);
        buf_free(&out);
        buf_free(&m.said);
}

static void verbs_are_listed(void **state)
{
        size_t count = 0, reads = 0;
        (void)state;
        for (const char *v; (v = cordon_policy_verb(count)); count++) {
                char line[64];
                struct made_up m = {.files = {{"x.policy", line}}};
                struct policy *p = NULL;
                snprintf(line, sizeof(line), "cordon 1\n%s", v);
                if (made_up_compile(&m, &p) == 0)
                        policy_unref(p);
                assert_true(!m.said.data || !strstr(m.said.data, "unknown verb"));
                assert_true(!m.said.data || !strstr(m.said.data, "not supported"));
                buf_free(&m.said);
                reads += !strcmp(v, "read");
                for (size_t i = 0; i < count; i++)
                        assert_string_not_equal(v, cordon_policy_verb(i));
        }
        assert_int_equal(reads, 1);
        assert_true(count > 20);
        assert_null(cordon_policy_verb(count + 1));
}

/* ---- one long line, many lines: the cost grows with the text only ----------------------------------------------------- */

static void large_texts(void **state)
{
        static const char *const units[] = {"a ", "\"a\" ", "# ", "a #\n", "expect deny read /a # x\n", "deny /a because b\n", "\n"};
        (void)state;
        for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++) {
                struct buf text = {0}, once = {0}, twice = {0};
                while (text.length < 1u << 20)
                        buf_str(&text, units[u]);
                assert_int_equal(lay_out(&once, text.data, text.length, NULL), 0);
                if (once.length <= POLICY_TEXT_MOST) {
                        assert_int_equal(lay_out(&twice, text_of(&once), once.length, NULL), 0);
                        assert_int_equal(once.length, twice.length);
                        assert_string_equal(text_of(&once), text_of(&twice));
                }
                buf_free(&text);
                buf_free(&once);
                buf_free(&twice);
        }
}

/* ---- generated texts ---------------------------------------------------------------------------------------------- */

static uint32_t seed;

static size_t pick(size_t count)
{
        seed = seed * 1664525u + 1013904223u;
        return (seed >> 8) % count;
}

#define ONE_OF(table) table[pick(sizeof(table) / sizeof(*table))]

static void put_space(struct buf *b)
{
        static const char *const spaces[] = {" ", " ", " ", "  ", "\t", "    ", " \t "};
        buf_str(b, ONE_OF(spaces));
}

static void put_end(struct buf *b)
{
        static const char *const ends[] = {"\n", "\n", "\n", "  \n", "\r\n", "\n\n", "\n \n\n", " # c\n", "\t#  c # d \n",
                                           " # \"\n", "\n# own \\ line\n", "\n   #\n", " #\r\n"};
        buf_str(b, ONE_OF(ends));
}

/* A line that some policy may have; not each of them is right, and none is right everywhere. */
static void put_rule(struct buf *b, unsigned number)
{
        static const char *const verbs[] = {"read",  "list",       "exec",  "write",      "create",   "deny",
                                            "hide",  "never",      "write exec", "\"read\"", "read  exec", "expect allow read",
                                            "expect deny write", "expect  deny\texec", "mask", "ask  read", "unix", "env set", "env keep", "wirte"};
        static const char *const paths[] = {"/p%u/a",      "\"/p%u/b\"",     "\"/p%u/c d\"", "/p%u/\"e\"",    "/p%u/\"f g\"/h",
                                            "$CWD/p%u",    "\"$CWD/p%u\"",   "~/p%u",        "\"$HOME\"/p%u", "\"/p%u/[x]\"",
                                            "/p%u/*.x",    "/p%u/{a,b}",     "/p%u/\"*\"",   "\"/p%u/\\x41\"", "\"/p%u/\\$x\"",
                                            "\"/p%u/#x\"", "/p%u#y",         "\"N%u\"=\"v\"", "N%u=\"v w\"",   "N%u",
                                            "/p%u/**/x",   "\"/p%u/\xc3\xa4\"", "\"exec\"",   "\"because\"",  "\"~/p%u\""};
        static const char *const reasons[] = {"because why", "because \"why\"", "because  \"why not\"", "because \"a\\nb\"",
                                              "because because", "because $HOME"};
        if (pick(3) == 0)
                put_space(b);
        buf_str(b, ONE_OF(verbs));
        for (size_t i = pick(3) + 1; i > 0; i--) {
                char path[64];
                unsigned unique = number * 4 + (unsigned)i;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
                snprintf(path, sizeof(path), ONE_OF(paths), unique);
#pragma GCC diagnostic pop
                put_space(b);
                buf_str(b, path);
        }
        if (pick(4) == 0) {
                put_space(b);
                buf_str(b, ONE_OF(reasons));
        }
        put_end(b);
}

static void put_policy(struct buf *b)
{
        static const char *const settings[] = {"net\tnone",           "tmp   private  64M", "dev null   zero",  "proc  self",
                                               "audit all",           "cwd   \"/x\"",       "limit procs  5",   "syscalls  @basic",
                                               "param P=\"/p q\"",    "param  Q=\"/q\"",    "let R=\"$Q\"/r",   "read $R",
                                               "env clear",           "limit  time 5s memory 1G", "fd keep  \"3\"  read",
                                               "file  \"/f/a\"  \"x y\\n\"", "file /f/b \"A=1\"",   "file /f/c \"from\"",
                                               "connect  \"a.b:1\" [::1]:2", "bind 127.0.0.1:1-2", "caps\tkeep  kill",
                                               "user \"5:6\"",      "hostname  \"box\"",  "require   kernel \"5.14\"",
                                               "use?  \"/none\"",   "expect  deny connect \"c.d:2\""};
        buf_str(b, pick(8) ? "cordon 1" : "\"cordon\"  \"1\"");
        put_end(b);
        for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
                if (pick(3))
                        continue;
                buf_str(b, settings[i]);
                put_end(b);
        }
        for (unsigned i = 0, count = (unsigned)pick(8); i < count; i++)
                put_rule(b, i);
}

static void describe_text(struct buf *out, const char *what, const char *text)
{
        buf_printf(out, "%s=", what);
        buf_escaped(out, text ? text : "(none)");
        buf_str(out, " ");
}

static void describe_world(struct buf *out, const struct world *w)
{
        const struct limits *l = &w->limits;
        buf_printf(out, "net %d proc %d audit %d tmp %d %llu limits %llu %llu %llu %llu %llu %llu", (int)w->net, (int)w->proc,
                   (int)w->audit, w->tmp, (unsigned long long)w->tmp_size, (unsigned long long)l->time_ms,
                   (unsigned long long)l->cpu_s, (unsigned long long)l->memory, (unsigned long long)l->procs,
                   (unsigned long long)l->files, (unsigned long long)l->fsize);
        buf_printf(out, " %llu %llu %llu %llu %llu %llu\n", (unsigned long long)l->grace_ms, (unsigned long long)l->swap,
                   (unsigned long long)l->cpus_m, (unsigned long long)l->io_read, (unsigned long long)l->io_write,
                   (unsigned long long)l->output);
        describe_text(out, "cwd", w->cwd);
        for (size_t i = 0; w->devices[i]; i++)
                describe_text(out, "dev", w->devices[i]);
        for (size_t i = 0; i < w->env_count; i++) {
                buf_printf(out, "%d ", (int)w->env[i].kind);
                describe_text(out, w->env[i].name ? w->env[i].name : "", w->env[i].value);
        }
        buf_printf(out, "\ncaps %llu user %d %u %u ", (unsigned long long)w->caps, (int)w->user, w->uid, w->gid);
        describe_text(out, "hostname", w->hostname);
        for (size_t i = 0; i < w->net_count; i++) {
                buf_printf(out, "%d %d %u %u-%u ", (int)w->nets[i].op, w->nets[i].family, w->nets[i].prefix, w->nets[i].first_port,
                           w->nets[i].last_port);
                describe_text(out, "name", w->nets[i].name);
        }
        for (size_t i = 0; i < w->fd_count; i++)
                buf_printf(out, "fd %d %u ", w->fds[i].number, w->fds[i].access);
        for (size_t i = 0; i < w->requirement_count; i++)
                describe_text(out, "require", w->requirements[i].text);
        for (size_t i = 0; i < w->syscall_count; i++) {
                const struct syscall_rule *rule = &w->syscalls[i];
                buf_printf(out, "call %d %u ", (int)rule->action, rule->error);
                describe_text(out, "name", rule->name);
                for (size_t t = 0; t < rule->test_count; t++)
                        describe_text(out, "test", rule->tests[t].text);
        }
}

static int in_words(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All that a policy decides, or that it was refused, as one text; lines and their numbers are not in it. */
static void describe(struct buf *out, const char *text)
{
        struct made_up m = {.files = {{"x.policy", text}}};
        struct policy *p = NULL;
        if (made_up_compile(&m, &p) < 0) {
                char message[128];
                buf_printf(out, "refused, %u errors:", m.errors);
                for (const char *at = m.said.data; at && (at = strstr(at, "error: ")); at++) {
                        snprintf(message, sizeof(message), "%.*s", (int)strcspn(at, "\n"), at);
                        char *line = strstr(message, "on line"); /* which may be another one now */
                        if (line)
                                *line = '\0';
                        if ((line = strstr(message, " at x.policy")))
                                *line = '\0';
                        buf_printf(out, "\n%s", message);
                }
                buf_free(&m.said);
                return;
        }
        size_t count = 0;
        const struct rule *rules = policy_rules(p, &count);
        char **lines = calloc(count + 1, sizeof(*lines));
        for (size_t i = 0; i < count; i++) {
                struct buf b = {0};
                buf_printf(&b, "%d %u %d %d %s ", (int)rules[i].class, rules[i].access, rules[i].literal, rules[i].floating,
                           rules[i].verb);
                describe_text(&b, "pattern", rules[i].pattern);
                describe_text(&b, "because", rules[i].because);
                describe_text(&b, "content", rules[i].content);
                lines[i] = b.data;
        }
        qsort(lines, count, sizeof(*lines), in_words);
        for (size_t i = 0; i < count; i++) {
                buf_printf(out, "%s\n", lines[i]);
                free(lines[i]);
        }
        free(lines);
        for (size_t i = 0; i < p->expect_count; i++) {
                buf_printf(out, "expect %d %u ", p->expects[i].allow, p->expects[i].access);
                describe_text(out, "path", p->expects[i].path);
        }
        describe_world(out, policy_world(p));
        policy_unref(p);
        buf_free(&m.said);
}

static void comments(struct buf *out, const char *text)
{
        for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
                bool quoted = false;
                for (const char *at = line; *at && *at != '\n'; at++) {
                        quoted = quoted != (*at == '"' && (at == line || at[-1] != '\\'));
                        if (*at != '#' || quoted || (at > line && at[-1] != ' ' && at[-1] != '\t'))
                                continue;
                        size_t size = strcspn(at, "\n");
                        while (size > 0 && strchr(" \t\r", at[size - 1]))
                                size--;
                        buf_add(out, at, size);
                        buf_str(out, "\n");
                        break;
                }
        }
}

static void one_generated(unsigned number, unsigned *accepted)
{
        struct buf text = {0}, once = {0}, twice = {0}, meant = {0}, means = {0}, had = {0}, has = {0};
        seed = number;
        put_policy(&text);
        if (lay_out(&once, text.data, text.length, NULL) < 0)
                fail_msg("refused: %s", text.data);
        assert_int_equal(lay_out(&twice, text_of(&once), once.length, NULL), 0);
        assert_string_equal(text_of(&once), text_of(&twice));
        describe(&meant, text.data);
        describe(&means, once.data);
        if (strcmp(meant.data, means.data) != 0)
                fail_msg("text %u:\n%s\nmeans\n%s\nlaid out:\n%s\nit means\n%s", number, text.data, meant.data, once.data, means.data);
        comments(&had, text.data);
        comments(&has, once.data);
        assert_string_equal(text_of(&had), text_of(&has));
        *accepted += strncmp(meant.data, "refused", 7) != 0;
        buf_free(&text);
        buf_free(&once);
        buf_free(&twice);
        buf_free(&meant);
        buf_free(&means);
        buf_free(&had);
        buf_free(&has);
}

static void meaning_and_comments_survive(void **state)
{
        unsigned accepted = 0;
        (void)state;
        for (unsigned i = 0; i < 4000; i++)
                one_generated(i, &accepted);
        assert_true(accepted > 200); /* else nothing much was compared */
        print_message("%u of 4000 texts are correct policies\n", accepted);
}

/* Any bytes: refused, or settled after the first time. */
static void noise(void **state)
{
        static const char *const bits[] = {"\"", "\\", "#", " ", "\t", "\n", "\r", "\r\n", "because", "expect", "deny", "allow", "read",
                                           "use", "/a", "$X", "\\\"", "\\x41", "\xc3\xa4", "\xef\xbb\xbf", "\n\n", "\"\"", "*", "\v"};
        unsigned laid_out = 0;
        (void)state;
        for (unsigned i = 0; i < 20000; i++) {
                struct buf text = {0}, once = {0}, twice = {0};
                seed = i;
                for (size_t n = pick(20); n > 0; n--)
                        buf_str(&text, ONE_OF(bits));
                if (lay_out(&once, text_of(&text), text.length, NULL) == 0) {
                        laid_out++;
                        assert_int_equal(lay_out(&twice, text_of(&once), once.length, NULL), 0);
                        assert_string_equal(text_of(&once), text_of(&twice));
                }
                buf_free(&text);
                buf_free(&once);
                buf_free(&twice);
        }
        assert_true(laid_out > 1000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(layouts),
                counted_test(quotes_stay_where_they_mean_something),
                counted_test(what_is_no_text_is_refused_with_its_place),
                counted_test(every_error_of_the_words_is_told),
                counted_test(the_public_call),
                counted_test(verbs_are_listed),
                counted_test(large_texts),
                counted_test(meaning_and_comments_survive),
                counted_test(noise),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
