/* All names and all paths there are: whatever random names and paths show must have been met. */
#include <time.h>

#include "policy/explore.h"
#include "policy/names.h"
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

/* ---- names ------------------------------------------------------------------------------------------------------- */

struct classes {
        const struct names_text *patterns;
        size_t pattern_count;
        char names[4096][32];
        unsigned long masks[4096];
        size_t count;
};

static unsigned long mask_of(const struct classes *c, const char *name, size_t length)
{
        unsigned long mask = 0;
        for (size_t i = 0; i < c->pattern_count; i++)
                if (component_match(c->patterns[i].text, c->patterns[i].length, name, length))
                        mask |= 1ul << i;
        return mask;
}

static int class_told(void *ctx, const char *name, size_t length)
{
        struct classes *c = ctx;
        unsigned long mask = mask_of(c, name, length);
        assert_true(length > 0 && length < sizeof(c->names[0]) && c->count < 4096);
        assert_null(memchr(name, '/', length));
        for (size_t i = 0; i < c->count; i++)
                assert_int_not_equal(c->masks[i], mask); /* each class once */
        memcpy(c->names[c->count], name, length + 1);
        c->masks[c->count++] = mask;
        return 0;
}

static bool class_known(const struct classes *c, unsigned long mask)
{
        for (size_t i = 0; i < c->count; i++)
                if (c->masks[i] == mask)
                        return true;
        return false;
}

static void classes_of(struct classes *c, const char *const *patterns, const char *const *avoid)
{
        static struct names_text texts[64], kept_out[64];
        size_t avoid_count = 0;
        *c = (struct classes){.patterns = texts};
        for (; patterns[c->pattern_count]; c->pattern_count++)
                texts[c->pattern_count] = (struct names_text){patterns[c->pattern_count], strlen(patterns[c->pattern_count])};
        for (; avoid && avoid[avoid_count]; avoid_count++)
                kept_out[avoid_count] = (struct names_text){avoid[avoid_count], strlen(avoid[avoid_count])};
        assert_int_equal(names_partition(texts, c->pattern_count, kept_out, avoid_count, class_told, c), 0);
}

static struct classes found;

static void names_are_told_apart(void **state)
{
        (void)state;
        classes_of(&found, (const char *const[]){"*.pem", "id_*", NULL}, NULL);
        assert_int_equal(found.count, 4); /* neither, one, the other, both */
        classes_of(&found, (const char *const[]){"[ab]", NULL}, (const char *const[]){"a", "b", NULL});
        assert_int_equal(found.count, 1); /* only what is not matched is left */
        classes_of(&found, (const char *const[]){"[ab]", NULL}, (const char *const[]){"a", NULL});
        assert_int_equal(found.count, 2);
        assert_true(!strcmp(found.names[0], "b") || !strcmp(found.names[1], "b"));
        classes_of(&found, (const char *const[]){"*", NULL}, NULL);
        assert_int_equal(found.count, 1);
        classes_of(&found, (const char *const[]){".", "?", NULL}, NULL); /* "." is no name */
        assert_int_equal(found.count, 2);
        classes_of(&found, (const char *const[]){"[!x]", "\xc3\xa9*", "*\xff", NULL}, NULL);
        assert_true(class_known(&found, mask_of(&found, "\xc3\xa9", 2)));
        assert_true(class_known(&found, mask_of(&found, "\xc3\xa9z\xff", 4)));
        assert_true(class_known(&found, mask_of(&found, "x", 1)));
}

static void random_names_are_in_a_class(void **state)
{
        static const char *const parts[] = {"a", "b", "ab", "*", "?", "[ab]", "[!a]", ".", "[a-c]", "\xc3\xa9"};
        (void)state;
        for (unsigned round = 0; round < 300; round++) {
                char texts[5][64] = {{0}};
                const char *patterns[6] = {0};
                for (size_t i = 0; i < 1 + dice(5); i++) {
                        for (unsigned n = 1 + dice(5); n > 0; n--)
                                strcat(texts[i], parts[dice(10)]);
                        patterns[i] = texts[i];
                }
                if (!patterns[0])
                        continue;
                classes_of(&found, patterns, NULL);
                for (unsigned n = 0; n < 300; n++) {
                        char name[32] = "";
                        for (unsigned m = 1 + dice(6); m > 0; m--)
                                strcat(name, (const char *const[]){"a", "b", "c", "d", ".", "\xc3\xa9"}[dice(6)]);
                        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
                                assert_true(class_known(&found, mask_of(&found, name, strlen(name))));
                }
        }
}

static int class_counted(void *ctx, const char *name, size_t length)
{
        (void)name, (void)length;
        ++*(size_t *)ctx;
        return 0;
}

/* What the classes of so many patterns "*a*", "*b*", … cost: one for each set of them. The best of some runs. */
static double seconds_for(unsigned patterns)
{
        static const char *const texts[] = {"*a*", "*b*", "*c*", "*d*", "*e*", "*f*", "*g*",
                                            "*h*", "*i*", "*j*", "*k*", "*l*", "*m*"};
        struct names_text all[13];
        struct timespec from, to;
        double best = 1e9;
        for (unsigned i = 0; i < patterns; i++)
                all[i] = (struct names_text){texts[i], 3};
        for (unsigned round = 0; round < 3; round++) {
                size_t count = 0;
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
                assert_int_equal(names_partition(all, patterns, NULL, 0, class_counted, &count), 0);
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
                assert_int_equal(count, 1u << patterns);
                double took = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
                best = took < best ? took : best;
        }
        return best;
}

/* 16 times the classes, in little more than 16 times as long; once it was a hundred. */
static void classes_are_not_compared_with_all_others(void **state)
{
        (void)state;
        double few = seconds_for(9), many = seconds_for(13);
        print_message("           512 classes: %.0f us, 8192: %.0f us\n", few * 1e6, many * 1e6);
        assert_true(many < 64 * few);
}

/* ---- paths ------------------------------------------------------------------------------------------------------- */

struct met {
        const struct policy *p;
        const struct rule *rules[4096];
        size_t count, steps;
};

static int path_met(void *ctx, const struct explored *step)
{
        struct met *m = ctx;
        char path[PATH_MAX];
        m->steps++;
        if (!step->fresh)
                return 0;
        assert_true(explore_path(step, path, sizeof(path)) < sizeof(path));
        struct verdict v = policy_eval(m->p, path, strlen(path), ACCESS_READ), w = walk_judge(step->at[0], ACCESS_READ);
        assert_int_equal(v.allow, w.allow);
        assert_int_equal(v.access, w.access);
        assert_int_equal(v.error, w.error);
        assert_true(m->count < 4096);
        m->rules[m->count++] = v.rule;
        return 0;
}

static bool rule_met(const struct met *m, const struct rule *rule)
{
        for (size_t i = 0; i < m->count; i++)
                if (m->rules[i] == rule)
                        return true;
        return false;
}

static struct met met;

static const char *const names[] = {"a", "b", "ab", "c", "x.key", "z"};

static void random_path(char *path)
{
        *path = '\0';
        for (unsigned n = 1 + dice(6); n > 0; n--) {
                strcat(path, "/");
                strcat(path, names[dice(6)]);
        }
}

static void random_policy(char *text)
{
        static const char *const verbs[] = {"read", "write", "exec", "list", "deny", "hide"};
        static const char *const parts[] = {"a", "b", "*", "a*", "**", "*.key", "[ab]", "c"};
        *text = '\0';
        for (unsigned i = 0; i < 8; i++) {
                /* on line i only its own first name: no path has two rules */
                sprintf(text + strlen(text), "%s /%s", verbs[dice(6)], (const char *const[]){"a", "b", "c", "ab"}[dice(4)]);
                for (unsigned n = dice(4); n > 0; n--)
                        sprintf(text + strlen(text), "/%s", parts[dice(8)]);
                sprintf(text + strlen(text), "/u%u\n", i);
                if (dice(3) == 0)
                        sprintf(text + strlen(text), "deny **/%s%u\n", (const char *const[]){"a*", "*.key", "u"}[dice(3)], i);
        }
}

static void every_verdict_is_met(void **state)
{
        (void)state;
        for (unsigned round = 0; round < 200; round++) {
                char text[2048];
                random_policy(text);
                struct policy *p = policy_from(text);
                struct explore *e = NULL;
                met = (struct met){.p = p};
                assert_int_equal(explore_new(&e, (const struct policy *const[]){p}, 1), 0);
                assert_int_equal(explore_run(e, NULL, true, path_met, &met), 0);
                for (unsigned n = 0; n < 500; n++) {
                        char path[256];
                        random_path(path);
                        if (dice(2))
                                sprintf(path + strlen(path), "/%s%u", (const char *const[]){"u", "a", "x"}[dice(3)], dice(8));
                        assert_true(rule_met(&met, policy_eval(p, path, strlen(path), ACCESS_READ).rule));
                }
                explore_free(e);
                policy_unref(p);
        }
}

static int state_counted(void *ctx, const struct explored *step)
{
        *(size_t *)ctx += step->fresh;
        return 0;
}

static size_t states_of(const char *lines)
{
        struct policy *p = policy_from(lines);
        struct explore *e = NULL;
        size_t count = 0;
        assert_int_equal(explore_new(&e, (const struct policy *const[]){p}, 1), 0);
        assert_int_equal(explore_run(e, NULL, true, state_counted, &count), 0);
        explore_free(e);
        policy_unref(p);
        return count;
}

/* What has to be looked at grows as the policy does, not as the product of its lines. */
static void large_policies_are_explored(void **state)
{
        struct buf text cleanup_buf = {0};
        (void)state;
        for (unsigned i = 0; i < 10000; i++)
                buf_printf(&text, "read /data/d%u/f%u\n", i % 100, i);
        buf_str(&text, "read /data /data/*/x*\ndeny /data/**/*.key\n");
        size_t count = states_of(text.data);
        assert_true(count > 10000 && count < 30000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(names_are_told_apart),
                counted_test(random_names_are_in_a_class),
                counted_test(classes_are_not_compared_with_all_others),
                counted_test(every_verdict_is_met),
                counted_test(large_policies_are_explored),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
