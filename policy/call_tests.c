/* Tests of arguments, from words to numbers:
 *
 *        argN[:32|:64] [& MASK] ==|!=|<|<=|>|>= VALUE
 *        argN[:32|:64] [& MASK] in VALUE…
 *
 * A value is a number or a name, or several of these joined by '|'. Numbers are unsigned. Without :32 or :64 a test looks at as
 * much of the register as the kernel does. A test that always holds, or never, is an error: it isn't what was meant. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/arguments.h"
#include "policy/compile.h"
#include "policy/constants.h"

#define VALUES_MAX 64u

static const struct comparison {
        const char *name;
        enum call_compare compare;
        bool negated, list;
} comparisons[] = {
        {"==", COMPARE_EQUAL, false, false},   {"!=", COMPARE_EQUAL, true, false}, {"<", COMPARE_AT_LEAST, true, false},
        {"<=", COMPARE_ABOVE, true, false},    {">", COMPARE_ABOVE, false, false}, {">=", COMPARE_AT_LEAST, false, false},
        {"in", COMPARE_EQUAL, false, true},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Where the reading is. */
struct reader {
        struct compile *c;
        const struct source *s;
        struct line *l;
        size_t at; /* the next word */
        const char *call;
        bool narrow;
};

bool test_begins(const struct word *w)
{
        return strncmp(w->text, "arg", 3) == 0 && (!w->text[3] || isdigit((unsigned char)w->text[3]));
}

static const struct word *next(struct reader *r)
{
        return r->at < r->l->count ? &r->l->words[r->at++] : NULL;
}

/* At the word that was read last, or behind the line where there is none. */
static struct place here(const struct reader *r, const struct word *w)
{
        struct place at = place_line(r->s, r->l);
        if (w)
                return place_word(r->s, r->l, w);
        at.column += at.width;
        at.width = 1;
        return at;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static int value_unknown(struct reader *r, const struct word *w, size_t from, size_t length)
{
        struct place at = place_part(r->s, r->l, w, from, length ? length : 1);
        const char *text = arena_copy(r->c->arena, w->text + from, length);

        if (!text)
                return -ENOMEM;
        if (length == 0)
                return report(r->c, &at, "join them without blanks: A|B", "a number or a name is missing here");
        if (isdigit((unsigned char)text[0]))
                return report(r->c, &at, "write 10, 0x1f or 0755, of 64 bits at most", "'%s' is no number", text);
        if (text[0] == '-')
                return report(r->c, &at, "write it as the register has it: 0xffffffff",
                              "'%s' is no number: arguments have no sign", text);
        struct nearest n = nearest_begin(r->c, text);
        for (size_t i = 0; constant_name(i); i++)
                nearest_offer(&n, constant_name(i));
        return report(r->c, &at, nearest_hint(r->c, &n, ""), "there is no constant '%s'", text);
}

/* 0 and the number; 1 where it is none. */
static int parse_number(const char *text, size_t length, uint64_t *out)
{
        unsigned base = 10;
        size_t i = 0;

        *out = 0;
        if (text[0] == '0' && length > 1) {
                base = text[1] == 'x' || text[1] == 'X' ? 16 : 8;
                i = base == 16 ? 2 : 1;
        }
        if (i == length)
                return 1;
        for (; i < length; i++) {
                unsigned char ch = (unsigned char)text[i];
                unsigned digit = isdigit(ch) ? (unsigned)(ch - '0') : isxdigit(ch) ? (unsigned)tolower(ch) - 'a' + 10 : 16;
                if (digit >= base || __builtin_mul_overflow(*out, base, out) || __builtin_add_overflow(*out, digit, out))
                        return 1;
        }
        return 0;
}

/* "A|B|4" */
static int read_value(struct reader *r, const struct word *w, uint64_t *out)
{
        *out = 0;
        for (size_t from = 0;;) {
                size_t length = strcspn(w->text + from, "|");
                const char *part = w->text + from;
                uint64_t value = 0;
                bool number = isdigit((unsigned char)*part);
                if (number ? parse_number(part, length, &value) != 0
                           : length == 0 || !constant_find(part, length, &value))
                        return value_unknown(r, w, from, length);
                if (r->narrow && !number && value >> 31 == UINT64_C(0x1ffffffff))
                        value &= UINT32_MAX; /* a negative one: AT_FDCWD */
                *out |= value;
                from += length;
                if (!w->text[from])
                        break;
                from++;
        }
        struct place at = place_word(r->s, r->l, w);
        if (r->narrow && *out > UINT32_MAX)
                return report(r->c, &at, "write argN:64 to look at all of the register", "'%s' is more than 32 bits", w->text);
        return 0;
}

/* ---- one test --------------------------------------------------------------------------------------------------- */

static int read_argument(struct reader *r, const struct word *w, struct call_test *t)
{
        struct place at = here(r, w);

        if (!w || !test_begins(w))
                return report(r->c, &at, "write: arg0 == 1, arg1 & O_CREAT != 0, arg1 in TCGETS TIOCGWINSZ",
                              "there should be a test here");
        const char *width = strchr(w->text, ':');
        size_t length = width ? (size_t)(width - w->text) : w->length;
        if (length != 4 || w->text[3] < '0' || w->text[3] >= '0' + (int)ARGUMENTS_MAX) {
                bool glued = strpbrk(w->text, "&=<>!") != NULL;
                return report(r->c, &at, glued ? "put blanks between the words: arg1 & 3 == 1" : "they are arg0 to arg5",
                              "there is no argument '%s'", w->text);
        }
        if (width && strcmp(width, ":32") != 0 && strcmp(width, ":64") != 0)
                return report(r->c, &at, "write :32 or :64, or nothing", "'%s' is no width of an argument", width + 1);
        t->arg = (unsigned)(w->text[3] - '0');
        bool is_int = argument_is_int(r->call, t->arg);
        r->narrow = width ? width[1] == '3' : is_int;
        t->mask = r->narrow ? UINT32_MAX : UINT64_MAX;
        t->text = arena_printf(r->c->arena, "arg%u%s", t->arg, r->narrow ? ":32" : is_int ? ":64" : "");
        return t->text ? 0 : -ENOMEM;
}

static int append(struct reader *r, struct call_test *t, const char *word)
{
        t->text = arena_printf(r->c->arena, "%s %s", t->text, word);
        return t->text ? 0 : -ENOMEM;
}

static int read_mask(struct reader *r, struct call_test *t)
{
        const struct word *w = next(r);
        struct place at = here(r, w);
        uint64_t mask;

        if (!w)
                return report(r->c, &at, "write: arg1 & O_CREAT != 0", "a mask is missing after '&'");
        int result = read_value(r, w, &mask);
        if (result == 0 && mask == 0)
                result = report(r->c, &at, "name the bits that count", "a mask of 0 leaves nothing to compare");
        if (result == 0)
                result = append(r, t, "&");
        if (result == 0)
                result = append(r, t, w->text);
        t->mask = mask;
        return result;
}

static int read_comparison(struct reader *r, const struct word *w, struct call_test *t, bool *list)
{
        struct place at = here(r, w);

        for (size_t i = 0; w && i < COUNT(comparisons); i++) {
                if (strcmp(comparisons[i].name, w->text) != 0)
                        continue;
                t->compare = comparisons[i].compare;
                t->negated = comparisons[i].negated;
                *list = comparisons[i].list;
                return append(r, t, w->text);
        }
        if (!w)
                return report(r->c, &at, "write: arg0 == 1", "a comparison is missing here");
        return report(r->c, &at, "there are == != < <= > >= and in, and before them & MASK", "'%s' is no comparison", w->text);
}

/* What can't be true, or can't be false, was not meant. */
static int check_sense(struct reader *r, const struct word *w, const struct call_test *t, uint64_t value)
{
        struct place at = here(r, w);
        bool always = t->compare == COMPARE_AT_LEAST && value == 0, never = false;

        if (t->compare == COMPARE_EQUAL)
                never = (value & ~t->mask) != 0;
        else
                never = t->compare == COMPARE_ABOVE ? value >= t->mask : value > t->mask;
        if (!always && !never)
                return 0;
        return report(r->c, &at,
                      t->compare != COMPARE_EQUAL ? "numbers have no sign, and the mask bounds them"
                                                  : "the value has bits that the mask leaves out",
                      always != t->negated ? "this test would always hold" : "this test would never hold");
}

static bool ends_values(const struct word *w)
{
        return strcmp(w->text, "and") == 0 || strcmp(w->text, "errno") == 0;
}

static int read_values(struct reader *r, struct call_test *t, bool list)
{
        uint64_t values[VALUES_MAX];
        size_t count = 0;
        struct place at = here(r, NULL);

        while (r->at < r->l->count && !ends_values(&r->l->words[r->at]) && (list || count == 0)) {
                const struct word *w = next(r);
                at = here(r, w);
                if (count == VALUES_MAX)
                        return report(r->c, &at, "go on in a second line", "too many values (%u at most)", VALUES_MAX);
                int result = read_value(r, w, &values[count]);
                if (result == 0)
                        result = check_sense(r, w, t, values[count]);
                if (result == 0)
                        result = append(r, t, w->text);
                if (result != 0)
                        return result;
                count++;
        }
        if (count == 0)
                return report(r->c, &at, "write: arg0 == 1", "a value is missing here");
        t->value = values[0];
        t->more_count = count - 1;
        uint64_t *more = arena_alloc(r->c->arena, t->more_count * sizeof(*more));
        if (!more)
                return -ENOMEM;
        memcpy(more, values + 1, t->more_count * sizeof(*more));
        t->more = more;
        return 0;
}

static int read_test(struct reader *r, struct call_test *t)
{
        bool list = false;
        int result = read_argument(r, next(r), t);

        if (result == 0 && r->at < r->l->count && strcmp(r->l->words[r->at].text, "&") == 0) {
                r->at++;
                result = read_mask(r, t);
        }
        if (result == 0)
                result = read_comparison(r, next(r), t, &list);
        return result ? result : read_values(r, t, list);
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

/* True where another test follows. */
static int read_and(struct reader *r, bool *more)
{
        const struct word *w = r->at < r->l->count ? &r->l->words[r->at] : NULL;

        *more = w && strcmp(w->text, "and") == 0;
        r->at += *more;
        if (!w || *more || strcmp(w->text, "errno") == 0)
                return 0;
        struct place at = here(r, w);
        const char *hint = strcmp(w->text, "or") == 0 ? "write a second line: lines add up"
                           : *w->text == '|' || *w->text == '&' ? "join numbers without blanks: A|B" : "join tests by 'and'";
        return report(r->c, &at, hint, "'%s' does not belong here", w->text);
}

int tests_read(struct compile *c, const struct source *s, struct line *l, size_t *at, struct syscall_rule *rule)
{
        struct reader r = {.c = c, .s = s, .l = l, .at = *at, .call = rule->name};
        struct call_test *tests = arena_alloc(c->arena, CALL_TESTS_MAX * sizeof(*tests));
        bool more = true;

        if (!tests)
                return -ENOMEM;
        while (more) {
                if (rule->test_count == CALL_TESTS_MAX) {
                        struct place place = here(&r, next(&r));
                        return report(c, &place, "write a second line: lines add up", "too many tests in one line (%u at most)",
                                      CALL_TESTS_MAX);
                }
                int result = read_test(&r, &tests[rule->test_count]);
                if (result == 0)
                        result = read_and(&r, &more);
                if (result != 0)
                        return result;
                rule->test_count++;
        }
        rule->tests = tests;
        *at = r.at;
        return 0;
}
