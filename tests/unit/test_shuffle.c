/* Order never matters: the canonical policies under a thousand shuffles of their lines, the first one left where it is. Each
 * time all of their `expect` lines hold, the rules and the world are the same, and so are the verdicts on a sample of paths. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/made_up.h"

#define SHUFFLES 1000u
#define LINES_MOST 200u
#define SAMPLE_MOST 30u

static uint32_t draw(uint32_t *seed)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 17;
        *seed ^= *seed << 5;
        return *seed;
}

/* ---- lines ------------------------------------------------------------------------------------------------------------ */

struct lines {
        char *text;
        char *line[LINES_MOST];
        size_t count;
        char defines[8][80]; /* a value for each param that has none */
        size_t define_count;
};

static void lines_of(struct lines *l, const char *text)
{
        *l = (struct lines){.text = strdup(text)};
        assert_non_null(l->text);
        for (char *at = l->text, *end; *at; at = end + 1) {
                end = strchr(at, '\n');
                assert_non_null(end);
                *end = '\0';
                assert_true(l->count < LINES_MOST);
                l->line[l->count++] = at;
                char name[32];
                if (sscanf(at, " param %31[A-Za-z0-9_]", name) != 1 || strchr(at, '='))
                        continue;
                assert_true(l->define_count < 7);
                snprintf(l->defines[l->define_count++], sizeof(l->defines[0]), "%s=/given/%s", name, name);
        }
}

static void shuffle(struct lines *l, uint32_t *seed)
{
        for (size_t i = l->count - 1; i > 1; i--) {
                size_t j = 1 + draw(seed) % i;
                char *other = l->line[i];
                l->line[i] = l->line[j];
                l->line[j] = other;
        }
}

static int compile_lines(const struct lines *l, struct policy **out, struct buf *said)
{
        struct buf text = {0};
        struct made_up m = {.files = {{"x.policy", NULL}}, .real_bundles = true};
        for (size_t i = 0; i < l->count; i++)
                buf_printf(&text, "%s\n", l->line[i]);
        m.files[0].text = text.data;
        for (size_t i = 0; i < l->define_count; i++)
                m.defines[i] = l->defines[i];
        int r = made_up_compile(&m, out);
        if (m.said.data)
                buf_str(said, m.said.data);
        buf_free(&m.said);
        buf_free(&text);
        return r;
}

/* ---- what a policy means, as text ------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_sorted(struct buf *out, char **texts, size_t count)
{
        qsort(texts, count, sizeof(*texts), by_text);
        for (size_t i = 0; i < count; i++) {
                buf_printf(out, "%s\n", texts[i]);
                free(texts[i]);
        }
}

static void put_rules(struct buf *out, const struct policy *p)
{
        size_t count;
        const struct rule *rules = policy_rules(p, &count);
        char **texts = calloc(count + 1, sizeof(*texts));
        assert_non_null(texts);
        for (size_t i = 0; i < count; i++)
                assert_true(asprintf(&texts[i], "%s [%s] %d %x %u %s %s", rules[i].pattern, rules[i].text, rules[i].class,
                                     rules[i].access, rules[i].use_depth, rules[i].origin.file,
                                     rules[i].because ? rules[i].because : "") > 0);
        put_sorted(out, texts, count);
        free(texts);
}

static void put_world(struct buf *out, const struct policy *p)
{
        const struct world *w = policy_world(p);
        const struct limits *l = &w->limits;
        char **texts = calloc(w->env_count + 1, sizeof(*texts));
        assert_non_null(texts);
        buf_printf(out, "net %d proc %d audit %d tmp %d %ju cwd %s\n", w->net, w->proc, w->audit, w->tmp,
                   (uintmax_t)w->tmp_size, w->cwd ? w->cwd : "-");
        buf_printf(out, "limits %ju %ju %ju %ju %ju %ju\n", (uintmax_t)l->time_ms, (uintmax_t)l->cpu_s, (uintmax_t)l->memory,
                   (uintmax_t)l->procs, (uintmax_t)l->files, (uintmax_t)l->fsize);
        buf_printf(out, "more limits %ju %ju %ju %ju %ju %ju\n", (uintmax_t)l->grace_ms, (uintmax_t)l->swap, (uintmax_t)l->cpus_m,
                   (uintmax_t)l->io_read, (uintmax_t)l->io_write, (uintmax_t)l->output);
        buf_printf(out, "caps %jx user %d %u %u host %s nets %zu fds %zu requires %zu calls %zu\n", (uintmax_t)w->caps, w->user,
                   w->uid, w->gid, w->hostname ? w->hostname : "-", w->net_count, w->fd_count, w->requirement_count,
                   w->syscall_count);
        for (size_t i = 0; w->devices[i]; i++)
                buf_printf(out, "dev %s\n", w->devices[i]);
        for (size_t i = 0; i < w->env_count; i++)
                assert_true(asprintf(&texts[i], "env %d %s=%s", w->env[i].kind, w->env[i].name,
                                     w->env[i].value ? w->env[i].value : "") > 0);
        put_sorted(out, texts, w->env_count);
        free(texts);
}

static void put_verdicts(struct buf *out, const struct policy *p, char *const *sample)
{
        static const unsigned wants[] = {ACCESS_LIST, ACCESS_READ, ACCESS_CREATE, ACCESS_WRITE, ACCESS_EXEC, ACCESS_UNIX};
        for (; *sample; sample++) {
                for (size_t i = 0; i < sizeof(wants) / sizeof(*wants); i++) {
                        struct verdict v = policy_eval(p, *sample, strlen(*sample), wants[i]);
                        buf_printf(out, "%s %x: %d %d %x %s\n", *sample, wants[i], v.allow, v.error, v.access,
                                   v.rule ? v.rule->text : "-");
                }
        }
}

static void meaning(struct buf *out, const struct policy *p, char *const *sample)
{
        out->length = 0;
        put_rules(out, p);
        put_world(out, p);
        put_verdicts(out, p, sample);
        assert_false(out->bad);
}

/* Where rules begin, and what lies below: some of each. The list ends with a NULL. */
static void sample_make(char **sample, const struct policy *p)
{
        static const char *const below[] = {"", "/a", "/a/.env", "/x/key.pem", "/.git/hooks/pre-commit"};
        size_t count, made = 0;
        const struct rule *rules = policy_rules(p, &count);
        size_t step = count / (SAMPLE_MOST / 5) + 1;
        for (size_t i = 0; i < count && made + 5 < SAMPLE_MOST; i += step) {
                for (size_t j = 0; j < 5; j++)
                        assert_true(asprintf(&sample[made++], "%s%s", strcmp(rules[i].prefix, "/") ? rules[i].prefix : "",
                                             *below[j] || strcmp(rules[i].prefix, "/") ? below[j] : "/") > 0);
        }
        sample[made] = NULL;
}

static void all_expected(const char *name, const struct policy *p, unsigned *total)
{
        struct made_up m = {0};
        int failed = policy_expect(p, made_up_diag, &m, total);
        if (failed)
                fail_msg("%s: %s", name, m.said.data);
        buf_free(&m.said);
}

/* ---- one policy --------------------------------------------------------------------------------------------------------- */

/* Returns how many claims the policy has. */
static unsigned one_policy(const char *name, const char *text)
{
        struct lines l;
        struct policy *p = NULL;
        struct buf first = {0}, again = {0}, said = {0};
        char *sample[SAMPLE_MOST + 1];
        unsigned total = 0, claims = 0;
        uint32_t seed = 20240229;
        lines_of(&l, text);
        if (compile_lines(&l, &p, &said) < 0)
                fail_msg("%s: %s", name, said.data);
        sample_make(sample, p);
        meaning(&first, p, sample);
        all_expected(name, p, &total);
        policy_unref(p);
        for (unsigned i = 0; i < SHUFFLES; i++) {
                shuffle(&l, &seed);
                if (compile_lines(&l, &p, &said) < 0)
                        fail_msg("%s, shuffled %u times: %s", name, i + 1, said.data);
                meaning(&again, p, sample);
                if (strcmp(first.data, again.data) != 0)
                        fail_msg("%s, shuffled %u times, means something else:\n%s---- instead of\n%s", name, i + 1, again.data,
                                 first.data);
                all_expected(name, p, &claims);
                assert_int_equal(claims, total);
                policy_unref(p);
        }
        for (char **s = sample; *s; s++)
                free(*s);
        buf_free(&first);
        buf_free(&again);
        buf_free(&said);
        free(l.text);
        return total;
}

static char *file_text(const char *directory, const char *name)
{
        char path[4096], *text = calloc(1, 65536);
        snprintf(path, sizeof(path), "%s/%s", directory, name);
        FILE *file = fopen(path, "re");
        assert_non_null(text);
        if (!file || fread(text, 1, 65535, file) == 0)
                fail_msg("%s cannot be read", path);
        fclose(file);
        return text;
}

static void every_policy_in(const char *directory)
{
        unsigned policies = 0, claims = 0;
        struct dirent *entry;
        DIR *dir = opendir(directory);
        if (!dir)
                fail_msg("%s cannot be read: run this from the top of the source, or set POLICIES", directory);
        while ((entry = readdir(dir))) {
                size_t length = strlen(entry->d_name);
                if (length < 8 || strcmp(entry->d_name + length - 7, ".policy") != 0)
                        continue;
                char *text = file_text(directory, entry->d_name);
                claims += one_policy(entry->d_name, text);
                policies++;
                free(text);
        }
        closedir(dir);
        assert_true(policies >= 5 && claims >= 5);
}

static void the_policies_of_this_repository(void **state)
{
        const char *given = getenv("POLICIES");
        (void)state;
        every_policy_in(given ? given : "tests/policies");
}

static void the_shared_policies(void **state)
{
        const char *given = getenv("SHARED_POLICIES");
        (void)state;
        if (!given) {
                print_message("the shared policies are not beside this checkout\n");
                skip();
        }
        every_policy_in(given);
}

/* ---- the test itself ---------------------------------------------------------------------------------------------------- */

static void meaning_of(struct buf *out, const char *text)
{
        static char above[] = "/a", below[] = "/a/b";
        static char *const sample[] = {above, below, NULL};
        struct lines l;
        struct policy *p = NULL;
        struct buf said = {0};
        lines_of(&l, text);
        assert_int_equal(compile_lines(&l, &p, &said), 0);
        meaning(out, p, sample);
        policy_unref(p);
        buf_free(&said);
        free(l.text);
}

static void what_differs_is_seen(void **state)
{
        static const char *const others[] = {"cordon 1\nread /a\nhide /a/b\n", "cordon 1\nread /a\ndeny /a/b\nnet host\n",
                                             "cordon 1\nread /a\n", "cordon 1\nlist /a\ndeny /a/b\n"};
        struct buf one = {0}, two = {0};
        (void)state;
        meaning_of(&one, "cordon 1\nread /a\ndeny /a/b\n");
        meaning_of(&two, "cordon 1\ndeny /a/b\nread /a\n");
        assert_string_equal(one.data, two.data);
        for (size_t i = 0; i < 4; i++) {
                meaning_of(&two, others[i]);
                assert_string_not_equal(one.data, two.data);
        }
        buf_free(&one);
        buf_free(&two);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(the_policies_of_this_repository),
                counted_test(the_shared_policies),
                counted_test(what_differs_is_seen),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
