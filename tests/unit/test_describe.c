/* What is told about a policy, on a host that is made up: where each fact comes from, which rules are in the shadow of others, and
 * that those who are told so really never count. */
#include "tests/unit/made_up_host.h"

#include <json-c/json.h>

#include "policy/describe.h"
#include "policy/plan.h"
#include "sandbox/landlock.h"
#include "sandbox/setup.h"
#include "sandbox/tree.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define DIR (S_IFDIR | 0755)
#define REG (S_IFREG | 0644)
#define CHR (S_IFCHR | 0666)

static const struct made_up_path paths[] = {
        {"/bin", S_IFLNK | 0777, "usr/bin"}, {"/usr", DIR, NULL},           {"/usr/bin", DIR, NULL},
        {"/usr/bin/tool", REG, NULL},        {"/data", DIR, NULL},          {"/data/in", DIR, NULL},
        {"/data/key", REG, NULL},            {"/data/e\033[31m", DIR, NULL}, {"/repo", DIR, NULL},
        {"/tmp", DIR, NULL},                 {"/proc", DIR, NULL},          {"/dev", DIR, NULL},
        {"/dev/null", CHR, NULL},            {"/home", DIR, NULL},          {"/home/u", DIR, NULL},
        {"/etc", DIR, NULL},                 {"/etc/passwd", REG, NULL},    {NULL, 0, NULL},
};

struct made {
        struct policy *policy;
        struct plan plan;
        struct made_up_host host;
        struct json_object *json;
        struct buf text;
};

static void tell(void *ctx, const cordon_diag *diag)
{
        (void)ctx;
        if (diag->severity == CORDON_ERROR)
                fail_msg("%s:%u: %s", diag->file, diag->line, diag->message);
}

static void collect(void *ctx, const char *text, size_t length)
{
        buf_add(ctx, text, length);
}

static void describe_all(struct made *m, bool json, struct buf *out)
{
        struct listing l;

        listing_begin(&l, json, collect, out);
        describe_sources(&l, m->policy);
        describe_variables(&l, m->policy);
        describe_rules(&l, m->policy);
        describe_world(&l, m->policy);
        describe_endpoints(&l, m->policy);
        describe_descriptors(&l, m->policy);
        describe_requirements(&l, m->policy);
        describe_environment(&l, m->policy);
        sandbox_describe_limits(&l, m->policy);
        if (m->plan.policy) {
                sandbox_describe_view(&l, &m->plan);
                sandbox_describe_landlock(&l, &m->plan);
                describe_brokered(&l, &m->plan);
                describe_syscalls(&l, &m->plan);
                describe_notes(&l, &m->plan);
        }
        assert_int_equal(listing_end(&l), 0);
}

static void make_with(struct made *m, const char *bundle, const char *text, const char *const *defines, bool planned)
{
        static const char *const files[] = {"test.policy", NULL}, *const none[] = {NULL};
        cleanup_buf struct buf json = {0};

        *m = (struct made){.host = {.paths = paths, .policy = text, .bundle = bundle}};
        struct policy_host host = made_up_interface(&m->host);
        struct policy_request request = {
                .files = files,
                .defines = defines ? defines : none,
                .cwd = "/repo",
                .home = "/home/u",
                .uid = 1000,
                .host = &host,
                .diag = tell,
        };
        assert_int_equal(policy_compile(&m->policy, &request), 0);
        if (planned)
                assert_int_equal(plan_compile(&m->plan, m->policy, &host, tell, NULL), 0);
        describe_all(m, false, &m->text);
        describe_all(m, true, &json);
        m->json = json_tokener_parse(json.data);
        assert_non_null(m->json);
}

static void make(struct made *m, const char *text)
{
        make_with(m, NULL, text, NULL, true);
}

static void unmake(struct made *m)
{
        json_object_put(m->json);
        plan_free(&m->plan);
        policy_unref(m->policy);
        buf_free(&m->text);
}

/* The row of a section in which `key` is `value`, as JSON; "" where there is none. */
static const char *row(const struct made *m, const char *section, const char *key, const char *value)
{
        struct json_object *rows = json_object_object_get(m->json, section);

        assert_non_null(rows);
        for (size_t i = 0; i < json_object_array_length(rows); i++) {
                struct json_object *one = json_object_array_get_idx(rows, i);
                const char *found = json_object_get_string(json_object_object_get(one, key));
                if (found && strcmp(found, value) == 0)
                        return json_object_to_json_string_ext(one, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        }
        return "";
}

static void has(const char *text, const char *part)
{
        if (!strstr(text, part))
                fail_msg("no '%s' in: %s", part, text);
}

static void lacks(const char *text, const char *part)
{
        if (strstr(text, part))
                fail_msg("'%s' is in: %s", part, text);
}

/* ---- files and variables ---------------------------------------------------------------------------------------- */

static void test_sources(void **state)
{
        struct made m;
        (void)state;

        make_with(&m, "cordon 1\nread /etc/passwd\n", "cordon 1\nread /data\nuse @one\n", NULL, true);
        assert_string_equal(row(&m, "sources", "name", "test.policy"), "{\"name\":\"test.policy\",\"depth\":0,\"bundle\":false}");
        assert_string_equal(row(&m, "sources", "name", "@one"),
                            "{\"name\":\"@one\",\"depth\":1,\"bundle\":true,\"used_at\":{\"file\":\"test.policy\",\"line\":3}}");
        has(m.text.data, "used in test.policy:3");
        has(row(&m, "rules", "path", "/etc/passwd"), "\"at\":{\"file\":\"@one\",\"line\":2}");
        unmake(&m);
}

static void test_variables(void **state)
{
        static const char *const defines[] = {"IN=/data/in", NULL};
        struct made m;
        (void)state;

        make_with(&m, NULL, "cordon 1\nparam IN\nparam OUT=/data\nlet D=$HOME/x\nread $IN\n", defines, true);
        has(row(&m, "variables", "name", "IN"), "\"value\":\"/data/in\",\"kind\":\"param\",\"at\":{\"file\":\"test.policy\","
                                                "\"line\":2},\"defined\":true");
        has(row(&m, "variables", "name", "OUT"), "\"value\":\"/data\",\"kind\":\"param\"");
        has(row(&m, "variables", "name", "OUT"), "\"defined\":false");
        has(row(&m, "variables", "name", "D"), "\"value\":\"/home/u/x\",\"kind\":\"let\"");
        has(row(&m, "variables", "name", "HOME"), "\"value\":\"/home/u\",\"kind\":\"builtin\"");
        has(row(&m, "variables", "name", "CWD"), "\"value\":\"/repo\"");
        has(row(&m, "variables", "name", "HERE"), "\"value\":\"/repo\"");
        lacks(row(&m, "variables", "name", "PROG"), "value"); /* none was given */
        has(m.text.data, "given with -D");
        unmake(&m);
}

/* ---- rules ------------------------------------------------------------------------------------------------------ */

static void test_rules(void **state)
{
        struct made m;
        (void)state;

        make(&m, "cordon 1\nread /data because \"work\"\nexec /bin/tool\ndeny /data/*.key\ntmp private 1M\n");
        has(row(&m, "rules", "path", "/data"), "\"verb\":\"read\"");
        has(row(&m, "rules", "path", "/data"), "\"because\":\"work\"");
        has(row(&m, "rules", "path", "/data"), "\"implied\":false");
        has(row(&m, "rules", "path", "/data"), "\"access\":[\"list\",\"read\"]");
        has(row(&m, "rules", "path", "/usr/bin/tool"), "\"asked\":\"/bin/tool\"");
        has(row(&m, "rules", "path", "/data/*.key"), "\"pattern\":true");
        has(row(&m, "rules", "path", "/tmp"), "\"implied\":true");
        has(row(&m, "rules", "path", "/tmp"), "{\"file\":\"test.policy\",\"line\":5}");
        has(m.text.data, "implied by tmp private 1M");
        has(m.text.data, "because \"work\"");
        has(m.text.data, "written \"/bin/tool\"");
        lacks(m.text.data, "shadowed");
        unmake(&m);
}

/* A rule of the user's file, one of a bundle; which of the two is shadowed (0: none, 1: the user's, 2: the bundle's). */
static void test_shadows(void **state)
{
        static const struct {
                const char *own, *bundle;
                const char *path;
                int shadowed;
        } table[] = {
                {"read /data", "read /data/in", "/data/in", 0},
                {"read /data", "write /data", "/data", 2},
                {"read /data", "never /data", "/data", 1},
                {"read /data/in", "never /data", "/data/in", 1},
                {"read /data", "never /data/in", "/data", 0},
                {"read /data/in", "deny /data/*", "/data/in", 0},
                {"deny /data/*.key", "read /data/x.key", "/data/*.key", 0},
                {"deny /data/*.key", "deny /data/*.key", "/data/*.key", 2},
                {"deny /data/*.key", "never /data/*.key", "/data/*.key", 1},
                {"deny /data/*.key", "never /data", "/data/*.key", 1},
                {"never /data/*.key", "never /data", "/data/*.key", 0},
                {"read /data/a/.env", "deny /data/**/.env", "/data/a/.env", 0},
                {"deny /data/**/.env", "read /data/a/.env", "/data/a/.env", 2},
                {"write /tmp", "read /data", "/tmp", 0},
        };
        (void)state;
        for (size_t i = 0; i < COUNT(table); i++) {
                cleanup_buf struct buf own = {0}, bundle = {0};
                struct made m;
                size_t count, shadowed = 0;
                buf_printf(&own, "cordon 1\nuse @x\n%s\n", table[i].own);
                buf_printf(&bundle, "cordon 1\n%s\n", table[i].bundle);
                make_with(&m, bundle.data, own.data, NULL, false);
                const char *by = table[i].shadowed == 1 ? "\"shadowed_by\":{\"file\":\"@x\",\"line\":2}"
                                                        : "\"shadowed_by\":{\"file\":\"test.policy\",\"line\":3}";
                struct json_object *rules = json_object_object_get(m.json, "rules");
                count = json_object_array_length(rules);
                for (size_t j = 0; j < count; j++) {
                        const char *text = json_object_to_json_string_ext(json_object_array_get_idx(rules, j),
                                                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
                        if (!strstr(text, "shadowed_by") || strstr(text, "\"implied\":true"))
                                continue;
                        shadowed++;
                        has(text, by);
                        has(text, table[i].path);
                }
                if (shadowed != (table[i].shadowed != 0))
                        fail_msg("'%s' beside '%s': %zu are shadowed", table[i].own, table[i].bundle, shadowed);
                unmake(&m);
        }
}

/* ---- shadows, at random ----------------------------------------------------------------------------------------- */

static unsigned dice(unsigned *seed, unsigned sides)
{
        *seed = *seed * 1103515245u + 12345u;
        return (*seed >> 16) % sides;
}

/* Lines about paths below /r that are like each other. One path stands once. */
static void lines_at_random(struct buf *out, unsigned *seed, unsigned count)
{
        static const char *const verbs[] = {"read", "write", "deny", "hide", "never", "exec", "list"};
        static const char *const names[] = {"a", "b", "*", "a*", "**", "[ab]"};
        cleanup_buf struct buf used = {0};

        buf_str(&used, "\n");
        for (unsigned i = 0; i < count; i++) {
                char path[64] = "/r", line[80];
                for (unsigned depth = 1 + dice(seed, 3); depth > 0; depth--) {
                        strcat(path, "/");
                        strcat(path, names[dice(seed, COUNT(names))]);
                }
                snprintf(line, sizeof(line), "\n%s\n", path);
                if (strstr(path, "**/**") || strcmp(path + strlen(path) - 2, "**") == 0 || strstr(used.data, line))
                        continue; /* what is another way to write a path that may stand there already */
                buf_printf(&used, "%s\n", path);
                buf_printf(out, "%s %s\n", verbs[dice(seed, COUNT(verbs))], path);
        }
}

static bool told_shadowed(const struct made *m, const struct rule *rule)
{
        struct json_object *rules = json_object_object_get(m->json, "rules");
        size_t count, index = (size_t)(rule - policy_rules(m->policy, &count));

        assert_in_range(index, 0, count - 1);
        return json_object_object_get(json_object_array_get_idx(rules, index), "shadowed_by") != NULL;
}

/* All paths of up to three names below /r: who wins there is not told to be shadowed. */
static void winners_are_seen(const struct made *m)
{
        static const char *const names[] = {"a", "b", "ac", "d"};
        const size_t base = COUNT(names) + 1;

        for (size_t i = 0; i < base * base * base; i++) {
                char path[64] = "/r";
                for (size_t rest = i; rest > 0; rest /= base) {
                        strcat(path, rest % base ? "/" : "");
                        strcat(path, rest % base ? names[rest % base - 1] : "");
                }
                const struct rule *rule = policy_eval(m->policy, path, strlen(path), ACCESS_LIST).rule;
                if (rule && told_shadowed(m, rule))
                        fail_msg("'%s' wins at %s", rule->text, path);
        }
}

/* And a literal rule that is not told to be shadowed wins at its own path at least. */
static void losers_are_told(const struct made *m, unsigned *shadowed)
{
        size_t count;
        const struct rule *rules = policy_rules(m->policy, &count);

        for (size_t i = 0; i < count; i++) {
                bool told = told_shadowed(m, &rules[i]);
                const char *path = rules[i].pattern;
                *shadowed += told;
                if (rules[i].literal && !told && policy_eval(m->policy, path, strlen(path), ACCESS_LIST).rule != &rules[i])
                        fail_msg("'%s' never wins", rules[i].text);
        }
}

static void test_shadows_of_random_rules(void **state)
{
        unsigned seed = 7, shadowed = 0;
        (void)state;

        for (unsigned round = 0; round < 300; round++) {
                cleanup_buf struct buf own = {0}, bundle = {0};
                struct made m;
                buf_str(&own, "cordon 1\nuse @x\n");
                buf_str(&bundle, "cordon 1\n");
                lines_at_random(&own, &seed, 6);
                lines_at_random(&bundle, &seed, 6);
                make_with(&m, bundle.data, own.data, NULL, false);
                winners_are_seen(&m);
                losers_are_told(&m, &shadowed);
                unmake(&m);
        }
        assert_in_range(shadowed, 100, 300 * 12);
}

/* A rule that is implied gives way to one that is written. */
static void test_implied_rules_give_way(void **state)
{
        struct made m;
        (void)state;

        make_with(&m, NULL, "cordon 1\nread /tmp\n", NULL, false);
        has(row(&m, "rules", "text", "tmp private 256M"), "\"shadowed_by\":{\"file\":\"test.policy\",\"line\":2}");
        unmake(&m);
}

/* ---- the world -------------------------------------------------------------------------------------------------- */

static void test_world(void **state)
{
        struct made m;
        (void)state;

        make_with(&m, NULL,
                  "cordon 1\nnet loopback\ntmp private 64K exec\ndev null\nproc self\nuser 7:8\ncaps keep kill\n"
                  "hostname box\ncwd /data\naudit all\nconnect example.org:443\nfd keep 4 read\nrequire landlock 2\n",
                  NULL, false);
        static const char *const wanted[][2] = {
                {"net", "loopback"},   {"tmp", "private 64K exec"}, {"dev", "null"},    {"proc", "self"}, {"user", "7:8"},
                {"caps", "keep kill"}, {"hostname", "box"},         {"cwd", "/data"}, {"audit", "all"},
        };
        for (size_t i = 0; i < COUNT(wanted); i++) {
                char value[64], line[64];
                snprintf(value, sizeof(value), "\"value\":\"%s\"", wanted[i][1]);
                snprintf(line, sizeof(line), "\"at\":{\"file\":\"test.policy\",\"line\":%zu}", i + 2);
                has(row(&m, "world", "verb", wanted[i][0]), value);
                has(row(&m, "world", "verb", wanted[i][0]), line);
        }
        has(row(&m, "endpoints", "endpoint", "example.org:443"), "\"line\":11");
        has(row(&m, "descriptors", "number", "4"), "\"access\":[\"read\"]");
        has(row(&m, "requirements", "feature", "landlock 2"), "\"line\":13");
        has(m.text.data, "Network endpoints");
        unmake(&m);

        make_with(&m, NULL, "cordon 1\ntmp none\ndev none\n", NULL, false);
        static const char *const defaults[][2] = {{"net", "none"}, {"tmp", "none"},  {"dev", "none"},        {"proc", "own"},
                                                  {"user", "default"}, {"caps", "none"}, {"hostname", "sandbox"}, {"audit", "denied"}};
        for (size_t i = 0; i < COUNT(defaults); i++)
                has(row(&m, "world", "verb", defaults[i][0]), defaults[i][1]);
        lacks(m.text.data, "Network endpoints");
        lacks(m.text.data, "Descriptors");
        lacks(m.text.data, "must have");
        unmake(&m);
}

static void test_environment_and_limits(void **state)
{
        struct made m;
        (void)state;

        make(&m, "cordon 1\nread /data\nenv keep LANG PATH\nenv set A=\"x y\"\nlimit time 1500ms memory 512M procs 3\n");
        has(row(&m, "environment", "action", "keep"), "\"names\":[\"LANG\",\"PATH\"]");
        has(row(&m, "environment", "name", "A"), "\"value\":\"x y\"");
        has(m.text.data, "A=x y");
        has(row(&m, "limits", "name", "time"), "\"value\":1500,\"unit\":\"ms\",\"enforced_by\":\"clock\"");
        has(row(&m, "limits", "name", "memory"), "\"value\":536870912,\"unit\":\"bytes\"");
        assert_string_equal(row(&m, "limits", "name", "cpu"), "");
        has(m.text.data, "1500ms");
        has(m.text.data, "512M");
        has(row(&m, "notes", "at", "{ \"file\": \"test.policy\", \"line\": 5 }"), "threads");
        unmake(&m);

        make(&m, "cordon 1\nread /data\nenv clear\nlimit time 2s\ndev null\n");
        has(m.text.data, "Environment\n  empty\n");
        has(m.text.data, "  time        2s");
        lacks(m.text.data, "Notes");
        unmake(&m);
        make(&m, "cordon 1\nread /data\n");
        has(m.text.data, "Limits\n  none\n");
        unmake(&m);
}

static void test_what_holds_each_limit(void **state)
{
        static const struct {
                const char *path;
                unsigned possible;
                const char *memory, *procs, *cpu, *cpus, *time, *remark;
        } cases[] = {
                {"", 0, "RLIMIT_DATA", "RLIMIT_NPROC", "RLIMIT_CPU", "nothing", "clock", "no cgroup holds these: a reason"},
                {"/c", CGROUP_MEMORY, "memory.max", "RLIMIT_NPROC", "cpu.stat", "nothing", "clock", "no cgroup holds these: a reason"},
                {"/c", CGROUP_ALL, "memory.max", "pids.max", "cpu.stat", "cpu.max", "clock", NULL},
        };
        const struct limits limits = {.memory = 1 << 20, .procs = 5, .cpu_s = 7, .cpus_m = 1500, .time_ms = 9, .io_read = 3 << 20};
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                struct cgroup_place place = {.possible = cases[i].possible, .why = "a reason"};
                struct buf text = {0}, json = {0};
                struct listing l;
                memcpy(place.path, cases[i].path, strlen(cases[i].path));
                listing_begin(&l, false, collect, &text);
                limits_describe(&l, &limits, &place);
                assert_int_equal(listing_end(&l), 0);
                listing_begin(&l, true, collect, &json);
                limits_describe(&l, &limits, &place);
                assert_int_equal(listing_end(&l), 0);
                const char *const by[][2] = {{"memory", cases[i].memory}, {"procs", cases[i].procs}, {"cpu", cases[i].cpu},
                                             {"cpus", cases[i].cpus},     {"time", cases[i].time}};
                struct json_object *root = json_tokener_parse(json.data), *rows;
                assert_true(json_object_object_get_ex(root, "limits", &rows));
                for (size_t j = 0; j < sizeof(by) / sizeof(*by); j++) {
                        bool found = false;
                        for (size_t k = 0; k < json_object_array_length(rows); k++) {
                                struct json_object *r = json_object_array_get_idx(rows, k);
                                if (strcmp(json_object_get_string(json_object_object_get(r, "name")), by[j][0]) != 0)
                                        continue;
                                found = true;
                                assert_string_equal(json_object_get_string(json_object_object_get(r, "enforced_by")), by[j][1]);
                        }
                        assert_true(found);
                }
                json_object_put(root);
                has(text.data, "1.5");
                has(text.data, "3M/s");
                if (cases[i].remark)
                        has(text.data, cases[i].remark);
                else
                        lacks(text.data, "no cgroup");
                buf_free(&text);
                buf_free(&json);
        }
}

/* ---- the plan --------------------------------------------------------------------------------------------------- */

static void test_view(void **state)
{
        struct made m;
        (void)state;

        make(&m, "cordon 1\ntmp private 1M\nread /data\nwrite exec /repo\ndeny \"/data/e\\x1b[31m\"\nexec /bin/tool\ndev null\n");
        has(row(&m, "view", "path", "/data"), "\"kind\":\"bind\"");
        has(row(&m, "view", "path", "/data"), "\"flags\":[\"ro\",\"noexec\",\"nodev\",\"nosuid\"]");
        has(row(&m, "view", "path", "/data"), "\"rule\":\"read /data\"");
        has(row(&m, "view", "path", "/repo"), "\"flags\":[\"rw\",\"exec\",\"nodev\",\"nosuid\"]");
        has(row(&m, "view", "path", "/dev/null"), "\"flags\":[\"ro\",\"noexec\",\"dev\",\"nosuid\"]");
        has(row(&m, "view", "path", "/tmp"), "\"kind\":\"tmpfs\"");
        has(row(&m, "view", "path", "/tmp"), "\"size\":1048576");
        has(row(&m, "view", "kind", "symlink"), "\"target\":\"");
        has(row(&m, "view", "kind", "mask"), "e\\\\x1b[31m");
        has(m.text.data, "/bin -> usr/bin");
        assert_null(strchr(m.text.data, '\033'));
        unmake(&m);
        make(&m, "cordon 1\ntmp none\nread /data\n");
        assert_string_equal(row(&m, "view", "path", "/tmp"), "");
        assert_string_equal(row(&m, "view", "kind", "mask"), "");
        unmake(&m);
}

static void test_brokered_names_the_rule(void **state)
{
        struct made m;
        (void)state;

        make(&m, "cordon 1\nread /data\ndeny /data/*.key\naudit none\n");
        has(row(&m, "brokered", "family", "open"), "\"at\":{\"file\":\"test.policy\",\"line\":3}");
        has(row(&m, "brokered", "family", "open"), "\"openat2\"");
        has(row(&m, "brokered", "family", "open"), "goes by a pattern");
        unmake(&m);
        make(&m, "cordon 1\nread /data\naudit all\n");
        has(row(&m, "brokered", "family", "open"), "\"at\":{\"file\":\"test.policy\",\"line\":3}");
        unmake(&m);
        make(&m, "cordon 1\nread /data\naudit none\n");
        assert_string_equal(row(&m, "brokered", "family", "open"), "");
        has(row(&m, "brokered", "family", "sockets"), "\"connect\"");
        lacks(row(&m, "brokered", "family", "sockets"), "\"at\"");
        unmake(&m);
        make(&m, "cordon 1\nread /data\naudit none\nsyscalls @basic\n");
        assert_string_equal(row(&m, "brokered", "family", "sockets"), "");
        has(m.text.data, "nothing: the view and Landlock say all");
        unmake(&m);
}

static void test_syscalls_by_group(void **state)
{
        struct made m;
        (void)state;

        make(&m, "cordon 1\nread /data\n");
        has(row(&m, "syscalls", "group", "@io-event"), "\"state\":\"allowed\",\"why\":\"@default\"");
        has(row(&m, "syscalls", "group", "@io-control"), "\"state\":\"conditional\"");
        has(row(&m, "syscalls", "group", "@io-control"), "\"conditional\":1,\"brokered\":0,\"refused\":0"); /* ioctl */
        has(row(&m, "syscalls", "group", "@mount-tree"), "\"state\":\"refused\",\"why\":\"in every sandbox\"");
        has(row(&m, "syscalls", "group", "@secret-memory"), "\"state\":\"refused\",\"why\":\"no line allows it\"");
        has(row(&m, "syscalls", "group", "@file-open"), "\"brokered\":4");
        assert_string_equal(row(&m, "syscalls", "call", "getcpu"), "");
        unmake(&m);

        make(&m, "cordon 1\nread /data\naudit none\nsyscalls @basic\nsyscalls deny @signal getcpu\n");
        has(row(&m, "syscalls", "group", "@io-event"), "\"state\":\"allowed\",\"at\":{\"file\":\"test.policy\",\"line\":4}");
        has(row(&m, "syscalls", "group", "@signal"), "\"state\":\"partly\",\"at\":{\"file\":\"test.policy\",\"line\":5}");
        has(row(&m, "syscalls", "group", "@linux-aio"), "\"state\":\"refused\",\"why\":\"no line allows it\"");
        has(row(&m, "syscalls", "group", "@file-open"), "\"brokered\":0");
        has(row(&m, "syscalls", "call", "getcpu"), "\"state\":\"refused\",\"at\":{\"file\":\"test.policy\",\"line\":5}");
        unmake(&m);
}

/* ---- Landlock ---------------------------------------------------------------------------------------------------- */

/* The table has each right once, and each ABI knows what its kernel does. */
static void test_landlock_table(void **state)
{
        static const uint64_t known[] = {0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff, 0xffff, 0xffff};
        uint64_t all = 0, right;
        const char *name;
        (void)state;

        for (unsigned abi = 0; abi < COUNT(known); abi++)
                assert_int_equal(landlock_handled(abi), known[abi]);
        for (size_t i = 0; (name = landlock_right(i, &right)); i++) {
                assert_int_equal(all & right, 0);
                assert_int_equal(__builtin_popcountll(right), 1);
                all |= right;
        }
        assert_int_equal(all, 0xffff);
}

static void test_landlock_rights(void **state)
{
        struct made m;
        (void)state;

        if (landlock_abi() < LANDLOCK_ABI_TRUNCATE)
                skip();
        make(&m, "cordon 1\nread /data\nexec /usr/bin/tool\n");
        assert_string_equal(row(&m, "landlock", "path", "/data"), ""); /* all opens are asked for */
        has(row(&m, "landlock", "path", "/usr/bin/tool"), "\"rights\":[\"execute\",\"read_file\"]");
        unmake(&m);
        make(&m, "cordon 1\naudit none\nread /data\nexec /usr/bin/tool\n");
        has(row(&m, "landlock", "path", "/data"), "\"rights\":[\"read_file\",\"read_dir\"]");
        has(row(&m, "landlock", "path", "/usr/bin/tool"), "\"rights\":[\"execute\",\"read_file\"]");
        unmake(&m);
        make(&m, "cordon 1\ncreate /repo\n");
        has(row(&m, "landlock", "path", "/repo"), "make_reg");
        lacks(row(&m, "landlock", "path", "/repo"), "write_file");
        assert_string_equal(row(&m, "landlock", "path", "/bin"), "");
        unmake(&m);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(test_sources),
                counted_test(test_variables),
                counted_test(test_rules),
                counted_test(test_shadows),
                counted_test(test_shadows_of_random_rules),
                counted_test(test_implied_rules_give_way),
                counted_test(test_world),
                counted_test(test_environment_and_limits),
                counted_test(test_what_holds_each_limit),
                counted_test(test_view),
                counted_test(test_brokered_names_the_rule),
                counted_test(test_syscalls_by_group),
                counted_test(test_landlock_table),
                counted_test(test_landlock_rights),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
