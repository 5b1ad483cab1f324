#include "base/listing.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 100    /* lists go on in a new line behind it, */
#define LEAST_ROOM 40 /* where that is of use */

static void put(struct listing *l, const char *text)
{
        l->write(l->ctx, text, strlen(text));
}

/* ---- rows and sections ------------------------------------------------------------------------------------------ */

static void row_end(struct listing *l)
{
        if (!l->row_open)
                return;
        l->row_open = false;
        if (l->json) {
                const char *text =
                        l->row ? json_object_to_json_string_ext(l->row, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                               : NULL;
                put(l, l->rows > 1 ? ",\n" : "\n");
                put(l, text ? text : "null");
                l->bad = l->bad || !text;
                json_object_put(l->row);
                l->row = l->list = NULL;
                return;
        }
        bool empty = l->line.length == 0; /* all of it is for programs */
        buf_str(&l->line, "\n");
        l->bad = l->bad || l->line.bad;
        if (!l->line.bad && !empty)
                l->write(l->ctx, l->line.data, l->line.length);
        l->line.length = l->line_start = 0;
}

static void head_show(struct listing *l)
{
        if (l->json || !l->head)
                return;
        put(l, l->members > 1 ? "\n" : "");
        put(l, l->head);
        put(l, "\n");
        l->head = NULL;
}

static void section_end(struct listing *l)
{
        row_end(l);
        if (!l->key)
                return;
        if (l->json) {
                put(l, l->rows > 0 ? "\n]" : "]");
        } else if (l->rows == 0 && l->none) {
                head_show(l);
                put(l, "  ");
                put(l, l->none);
                put(l, "\n");
        }
        /* A section that was not shown does not count: no empty line goes before the first one that is. */
        if (!l->json && l->head)
                l->members--;
        l->key = NULL;
}

/* Keys are ours, and need no escaping. */
static void member(struct listing *l, const char *key)
{
        section_end(l);
        if (l->json) {
                put(l, l->members > 0 ? ",\n\"" : "\n\"");
                put(l, key);
                put(l, "\":");
        }
        l->members++;
}

void listing_begin(struct listing *l, bool json, cordon_write_fn *write, void *ctx)
{
        *l = (struct listing){.write = write, .ctx = ctx, .json = json};
        if (json)
                put(l, "{");
}

int listing_end(struct listing *l)
{
        section_end(l);
        if (l->json)
                put(l, "\n}\n");
        buf_free(&l->line);
        return l->bad ? -ENOMEM : 0;
}

void listing_section(struct listing *l, const char *key, const char *head, const char *none)
{
        member(l, key);
        if (l->json)
                put(l, "[");
        l->key = key;
        l->head = head;
        l->none = none;
        l->rows = 0;
}

void listing_row(struct listing *l)
{
        row_end(l);
        head_show(l);
        l->rows++;
        l->row_open = true;
        if (l->json)
                l->row = json_object_new_object();
}

void listing_remark(struct listing *l, const char *text)
{
        row_end(l);
        if (l->json)
                return;
        head_show(l);
        put(l, text);
        put(l, "\n");
}

static void whole(struct listing *l, const char *key, const char *value)
{
        if (!l->json)
                return;
        member(l, key);
        put(l, value);
}

void listing_whole_number(struct listing *l, const char *key, uint64_t value)
{
        char text[32];
        snprintf(text, sizeof(text), "%" PRIu64, value);
        whole(l, key, text);
}

void listing_whole_flag(struct listing *l, const char *key, bool value)
{
        whole(l, key, value ? "true" : "false");
}

/* ---- cells, for programs ---------------------------------------------------------------------------------------- */

/* Takes the value over. False without memory. */
static bool add(struct listing *l, struct json_object *to, const char *key, struct json_object *value)
{
        if (to && value && json_object_object_add(to, key, value) == 0)
                return true;
        json_object_put(value);
        l->bad = true;
        return false;
}

static struct json_object *json_text(const char *text)
{
        cleanup_buf struct buf escaped = {0};
        buf_escaped(&escaped, text);
        return escaped.bad || escaped.length > INT32_MAX ? NULL
                                                         : json_object_new_string_len(escaped.data, (int)escaped.length);
}

void listing_whole_text(struct listing *l, const char *key, const char *text)
{
        struct json_object *value = l->json ? json_text(text) : NULL;
        const char *json = value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
        l->bad = l->bad || (l->json && !json);
        whole(l, key, json ? json : "null");
        json_object_put(value);
}

/* ---- cells, for people ------------------------------------------------------------------------------------------ */

/* UTF-8 counts as one column a character. */
static size_t width_of(const char *text, size_t length)
{
        size_t width = 0;
        for (size_t i = 0; i < length; i++)
                width += ((unsigned char)text[i] & 0xc0) != 0x80;
        return width;
}

static size_t line_width(const struct listing *l)
{
        return l->line.length > l->line_start ? width_of(l->line.data + l->line_start, l->line.length - l->line_start) : 0;
}

static void blanks(struct listing *l, size_t count)
{
        while (count-- > 0)
                buf_add(&l->line, " ", 1);
}

static void move_to(struct listing *l, int column)
{
        size_t width = line_width(l), gap = 2;

        if (column == LISTING_CLOSE || column == LISTING_ADJOINING)
                gap = column == LISTING_CLOSE;
        else if (column >= 0 && (size_t)column > width + 2)
                gap = (size_t)column - width;
        blanks(l, gap);
}

/* False where the cell is not for people. */
static bool cell_shown(struct listing *l, int column)
{
        if (l->json || column == LISTING_HIDDEN)
                return false;
        move_to(l, column);
        return true;
}

/* ---- cells, for both -------------------------------------------------------------------------------------------- */

void listing_text(struct listing *l, const char *key, int column, const char *text)
{
        listing_quoted(l, key, column, NULL, text);
}

void listing_quoted(struct listing *l, const char *key, int column, const char *label, const char *text)
{
        if (!text)
                return;
        if (l->json && key)
                add(l, l->row, key, json_text(text));
        if (!cell_shown(l, column))
                return;
        if (label)
                buf_printf(&l->line, "%s \"", label);
        buf_escaped(&l->line, text);
        buf_str(&l->line, label ? "\"" : "");
}

void listing_number(struct listing *l, const char *key, int column, uint64_t value, const char *unit)
{
        if (l->json && key)
                add(l, l->row, key, json_object_new_uint64(value));
        if (cell_shown(l, column))
                buf_printf(&l->line, "%" PRIu64 "%s", value, unit ? unit : "");
}

void listing_size(struct listing *l, const char *key, int column, uint64_t bytes)
{
        static const char *const units[] = {"", "K", "M", "G", "T"};
        uint64_t shown = bytes;
        size_t unit = 0;

        while (!l->json && shown > 0 && shown % 1024 == 0 && unit + 1 < sizeof(units) / sizeof(*units)) {
                shown /= 1024;
                unit++;
        }
        listing_number(l, key, column, shown, units[unit]);
}

void listing_flag(struct listing *l, const char *key, int column, bool value, const char *word)
{
        if (l->json && key)
                add(l, l->row, key, json_object_new_boolean(value));
        if (value && cell_shown(l, column))
                buf_str(&l->line, word);
}

void listing_place(struct listing *l, const char *key, int column, const char *label, const char *file, unsigned line)
{
        if (!file)
                return;
        if (l->json && key) {
                struct json_object *place = json_object_new_object();
                add(l, place, "file", json_text(file));
                if (line > 0)
                        add(l, place, "line", json_object_new_int64(line));
                add(l, l->row, key, place);
        }
        if (!cell_shown(l, column))
                return;
        if (label)
                buf_printf(&l->line, "%s ", label);
        buf_escaped(&l->line, file);
        if (line > 0)
                buf_printf(&l->line, ":%u", line);
}

void listing_list(struct listing *l, const char *key, int column)
{
        if (l->json && key) {
                struct json_object *list = json_object_new_array();
                l->list = add(l, l->row, key, list) ? list : NULL;
        }
        l->list_column = cell_shown(l, column) ? line_width(l) : 0;
}

void listing_item(struct listing *l, const char *text)
{
        if (l->json) {
                struct json_object *value = l->list ? json_text(text) : NULL;
                if (!value || json_object_array_add(l->list, value) < 0) { /* without a list, l->bad is set already */
                        json_object_put(value);
                        l->bad = true;
                }
                return;
        }
        if (l->list_column == 0)
                return;
        size_t width = line_width(l), needs = cordon_escape(text, NULL, 0);
        if (width > l->list_column && width + 1 + needs > WIDTH && l->list_column + LEAST_ROOM <= WIDTH) {
                buf_str(&l->line, "\n");
                l->line_start = l->line.length;
                blanks(l, l->list_column);
        } else if (width > l->list_column) {
                blanks(l, 1);
        }
        buf_escaped(&l->line, text);
}
