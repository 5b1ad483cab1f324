/* Listings: the same calls give lines in columns or one JSON object, and nothing in either can harm a terminal. */
#include "tests/unit/unit.h"

#include <json-c/json.h>
#include <string.h>

#include "base/listing.h"

static void collect(void *ctx, const char *text, size_t length)
{
        buf_add(ctx, text, length);
}

/* What `fill` lists, for people or for programs; in the caller's buf. */
static const char *listed(struct buf *out, bool json, void (*fill)(struct listing *l))
{
        struct listing l;

        listing_begin(&l, json, collect, out);
        fill(&l);
        assert_int_equal(listing_end(&l), 0);
        return out->data ? out->data : "";
}

/* An object that must be all there is. */
static struct json_object *parsed(void (*fill)(struct listing *l))
{
        cleanup_buf struct buf out = {0};
        struct json_object *object = json_tokener_parse(listed(&out, true, fill));

        assert_non_null(object);
        return object;
}

static struct json_object *at(struct json_object *section, const char *key, size_t row)
{
        return json_object_array_get_idx(json_object_object_get(section, key), row);
}

static const char *text_in(struct json_object *row, const char *key)
{
        return json_object_get_string(json_object_object_get(row, key));
}

/* ---- people and programs ---------------------------------------------------------------------------------------- */

static void fill_all(struct listing *l)
{
        listing_whole_number(l, "schema", 3);
        listing_section(l, "before", "Not seen, and no empty line for it", NULL);
        listing_section(l, "first", "The first", NULL);
        listing_row(l);
        listing_text(l, "name", 2, "one");
        listing_text(l, "more", 12, "two");
        listing_number(l, "number", LISTING_NEXT, 7, "x");
        listing_text(l, NULL, LISTING_ADJOINING, "!");
        listing_row(l);
        listing_text(l, "name", 2, "longer than its column");
        listing_text(l, "more", 12, "two");
        listing_text(l, NULL, LISTING_CLOSE, "people");
        listing_text(l, "hidden", LISTING_HIDDEN, "programs");
        listing_text(l, "absent", LISTING_NEXT, NULL);
        listing_flag(l, "yes", LISTING_NEXT, true, "yes");
        listing_flag(l, "no", LISTING_NEXT, false, "no");
        listing_quoted(l, "why", LISTING_NEXT, "because", "so");
        listing_section(l, "unseen", "Not seen", NULL);
        listing_section(l, "empty", "Empty", "nothing");
        listing_section(l, "places", "Places", NULL);
        listing_row(l);
        listing_size(l, "size", 2, 3u << 20);
        listing_size(l, "odd", 8, 1500);
        listing_place(l, "at", 14, NULL, "a.policy", 3);
        listing_place(l, "in", 26, "in", "b.policy", 0);
        listing_place(l, "nowhere", LISTING_NEXT, NULL, NULL, 3);
        listing_remark(l, "  said to people");
        listing_whole_flag(l, "flag", true);
        listing_whole_text(l, "text", "a\"b");
}

static void test_people_read_columns(void **state)
{
        static const char expected[] = "The first\n"
                                       "  one       two  7x!\n"
                                       "  longer than its column  two people  yes  because \"so\"\n"
                                       "\n"
                                       "Empty\n"
                                       "  nothing\n"
                                       "\n"
                                       "Places\n"
                                       "  3M    1500  a.policy:3  in b.policy\n"
                                       "  said to people\n";
        cleanup_buf struct buf out = {0};
        (void)state;

        assert_string_equal(listed(&out, false, fill_all), expected);
}

static void test_programs_read_json(void **state)
{
        struct json_object *all = parsed(fill_all), *row = at(all, "first", 1), *place = at(all, "places", 0);
        (void)state;

        assert_int_equal(json_object_get_int(json_object_object_get(all, "schema")), 3);
        assert_int_equal(json_object_array_length(json_object_object_get(all, "first")), 2);
        assert_int_equal(json_object_array_length(json_object_object_get(all, "unseen")), 0);
        assert_int_equal(json_object_array_length(json_object_object_get(all, "empty")), 0);
        assert_int_equal(json_object_get_int(json_object_object_get(at(all, "first", 0), "number")), 7);
        assert_string_equal(text_in(row, "name"), "longer than its column");
        assert_string_equal(text_in(row, "hidden"), "programs");
        assert_string_equal(text_in(row, "why"), "so");
        assert_null(json_object_object_get(row, "absent"));
        assert_true(json_object_get_boolean(json_object_object_get(row, "yes")));
        assert_false(json_object_get_boolean(json_object_object_get(row, "no")));
        assert_int_equal(json_object_object_length(row), 6);
        assert_int_equal(json_object_get_int(json_object_object_get(place, "size")), 3 << 20);
        assert_string_equal(json_object_to_json_string_ext(json_object_object_get(place, "at"), JSON_C_TO_STRING_PLAIN),
                            "{\"file\":\"a.policy\",\"line\":3}");
        assert_string_equal(json_object_to_json_string_ext(json_object_object_get(place, "in"), JSON_C_TO_STRING_PLAIN),
                            "{\"file\":\"b.policy\"}");
        assert_null(json_object_object_get(place, "nowhere"));
        assert_true(json_object_get_boolean(json_object_object_get(all, "flag")));
        assert_string_equal(text_in(all, "text"), "a\"b");
        json_object_put(all);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

#define ODD "\033[31m\n\xff\xe2\x80\xaeü"
#define ODD_SHOWN "\\x1b[31m\\x0a\\xff\\xe2\\x80\\xaeü"

static void fill_odd(struct listing *l)
{
        listing_section(l, "odd", "Odd", NULL);
        listing_row(l);
        listing_text(l, "text", 2, ODD);
        listing_quoted(l, "quoted", LISTING_NEXT, "as", ODD);
        listing_place(l, "at", LISTING_NEXT, NULL, ODD, 1);
        listing_list(l, "list", LISTING_NEXT);
        listing_item(l, ODD);
        listing_text(l, "empty", LISTING_NEXT, "");
}

static void test_nothing_raw_comes_out(void **state)
{
        (void)state;
        for (int json = 0; json < 2; json++) {
                cleanup_buf struct buf out = {0};
                const char *text = listed(&out, json, fill_odd);
                assert_null(strchr(text, '\033'));
                assert_null(strchr(text, '\xff'));
                assert_null(strstr(text, "\xe2\x80\xae"));
                assert_non_null(strstr(text, "ü"));
        }
        struct json_object *all = parsed(fill_odd), *row = at(all, "odd", 0);
        assert_string_equal(text_in(row, "text"), ODD_SHOWN);
        assert_string_equal(text_in(row, "quoted"), ODD_SHOWN);
        assert_string_equal(text_in(json_object_object_get(row, "at"), "file"), ODD_SHOWN);
        assert_string_equal(json_object_get_string(json_object_array_get_idx(json_object_object_get(row, "list"), 0)), ODD_SHOWN);
        assert_string_equal(text_in(row, "empty"), "");
        json_object_put(all);
}

/* A column counts characters, not bytes. */
static void fill_wide(struct listing *l)
{
        listing_section(l, "wide", "Wide", NULL);
        for (int i = 0; i < 2; i++) {
                listing_row(l);
                listing_text(l, "a", 2, i ? "üüüü" : "uuuu");
                listing_text(l, "b", 10, "|");
        }
}

static void test_columns_count_characters(void **state)
{
        cleanup_buf struct buf out = {0};
        (void)state;

        assert_string_equal(listed(&out, false, fill_wide), "Wide\n  uuuu    |\n  üüüü    |\n");
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static void fill_list(struct listing *l)
{
        listing_section(l, "lists", "Lists", NULL);
        listing_row(l);
        listing_text(l, "name", 2, "long");
        listing_list(l, "items", 50);
        for (int i = 0; i < 8; i++)
                listing_item(l, "seven77");
        listing_text(l, "after", LISTING_NEXT, "end");
        listing_row(l);
        listing_text(l, "name", 2, "hidden");
        listing_list(l, "items", LISTING_HIDDEN);
        listing_item(l, "unseen");
        listing_row(l); /* all of it for programs: no line */
        listing_text(l, "name", LISTING_HIDDEN, "nobody");
        listing_row(l);
        listing_text(l, "name", 2, "none");
        listing_list(l, "items", 80);
}

static void test_lists_go_on_below(void **state)
{
        cleanup_buf struct buf out = {0};
        struct json_object *all = parsed(fill_list);
        (void)state;

        const char *text = listed(&out, false, fill_list), *second = strchr(strchr(text, '\n') + 1, '\n') + 1;
        assert_int_equal(strspn(second, " "), 50);
        assert_non_null(strstr(second, "end\n  hidden\n  none"));
        assert_null(strstr(text, "unseen"));
        assert_null(strstr(text, "nobody"));
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
                assert_in_range(strcspn(line, "\n"), 0, 100);
        assert_int_equal(json_object_array_length(json_object_object_get(at(all, "lists", 0), "items")), 8);
        assert_int_equal(json_object_array_length(json_object_object_get(at(all, "lists", 1), "items")), 1);
        assert_int_equal(json_object_array_length(json_object_object_get(at(all, "lists", 3), "items")), 0);
        assert_int_equal(json_object_array_length(json_object_object_get(all, "lists")), 4);
        json_object_put(all);
}

/* Where there would be a word a line, the line is left long. */
static void fill_far(struct listing *l)
{
        listing_section(l, "far", "Far", NULL);
        listing_row(l);
        listing_list(l, "items", 80);
        for (int i = 0; i < 8; i++)
                listing_item(l, "seven77");
}

static void test_lists_far_out_stay_in_line(void **state)
{
        cleanup_buf struct buf out = {0};
        (void)state;

        const char *text = listed(&out, false, fill_far);
        assert_int_equal(strcspn(strchr(text, '\n') + 1, "\n"), 80 + 8 * 8 - 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                counted_test(test_people_read_columns),      counted_test(test_programs_read_json),
                counted_test(test_nothing_raw_comes_out),    counted_test(test_columns_count_characters),
                counted_test(test_lists_go_on_below),        counted_test(test_lists_far_out_stay_in_line),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
