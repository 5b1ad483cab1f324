/* A finding as people know it from compilers. The source line may hold anything: tabs become blanks, what a terminal must
 * not get is escaped, a long line is cut around the caret; the caret is placed by what is shown, not by bytes. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cordon.h"

#define SHOWN_MAX 100u /* columns of a source line */
#define TAB 8u

static const struct {
        uint32_t first, last;
        unsigned width;
} widths[] = { /* what takes two columns, or none: good enough for a caret */
        {0x0300, 0x036f, 0},   {0x200b, 0x200d, 0},   {0xfe00, 0xfe0f, 0},   {0x1100, 0x115f, 2},   {0x2e80, 0xa4cf, 2},
        {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},   {0x1f300, 0x1f64f, 2},
        {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
};

static unsigned width_of(uint32_t point)
{
        for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
                if (widths[i].first <= point && point <= widths[i].last)
                        return widths[i].width;
        }
        return 1;
}

/* One character of a source line as it is shown. Returns how many bytes it takes in the source. */
static size_t show(const char *s, unsigned column, char shown[20], unsigned *width)
{
        if (s[0] == '\t') {
                *width = TAB - column % TAB;
                memset(shown, ' ', *width);
                shown[*width] = '\0';
                return 1;
        }
        for (size_t size = 4; size > 1; size--) { /* a whole sequence that needs no escape */
                char one[5] = {0};
                if (strnlen(s, size) < size || ((unsigned char)s[0] < 0xc0))
                        continue;
                memcpy(one, s, size);
                if (cordon_escape(one, shown, 20) != size || strcmp(one, shown) != 0)
                        continue;
                uint32_t point = (unsigned char)s[0] & (0xffu >> (size + 1));
                size_t i = 1;
                for (; i < size && ((unsigned char)s[i] & 0xc0) == 0x80; i++)
                        point = point << 6 | ((unsigned char)s[i] & 0x3f);
                if (i < size)
                        continue; /* two characters, not one */
                *width = width_of(point);
                return size;
        }
        char one[2] = {s[0], '\0'};
        *width = (unsigned)cordon_escape(one, shown, 20);
        return 1;
}

struct caret {
        unsigned from, to; /* columns, as shown */
};

/* Writes the line from byte `start` on; finds where the caret belongs. */
static struct caret put_source(struct buf *out, const cordon_diag *d, size_t start)
{
        struct caret caret = {0};
        size_t at = start, first = d->column > 0 ? d->column - 1 : 0, last = first + d->width;
        unsigned column = 0, width = 0;
        bool placed = false;
        char shown[20];
        if (start > 0) {
                buf_str(out, "...");
                column = 3;
        }
        while (d->source[at] && column < SHOWN_MAX) {
                if (at >= first && !placed) {
                        caret.from = column;
                        placed = true;
                }
                at += show(d->source + at, column, shown, &width);
                column += width;
                buf_str(out, shown);
                if (at <= last || caret.to <= caret.from)
                        caret.to = column;
        }
        if (!placed) { /* behind the end of the line */
                caret.from = column;
                caret.to = column + 1;
        }
        if (d->source[at])
                buf_str(out, "...");
        if (caret.to <= caret.from)
                caret.to = caret.from + 1;
        return caret;
}

/* Where to begin showing a line, so that what the caret points at is seen. */
static size_t window(const cordon_diag *d)
{
        size_t length = strlen(d->source), first = d->column > 0 ? d->column - 1 : 0;
        if (length <= SHOWN_MAX || first < SHOWN_MAX / 2)
                return 0;
        size_t start = first < length ? first - SHOWN_MAX / 3 : length - (length < SHOWN_MAX / 3 ? length : SHOWN_MAX / 3);
        while (start > 0 && ((unsigned char)d->source[start] & 0xc0) == 0x80)
                start--;
        return start;
}

static void put_head(struct buf *out, const cordon_diag *d)
{
        static const char *const names[] = {[CORDON_ERROR] = "error", [CORDON_WARNING] = "warning", [CORDON_NOTE] = "note"};
        bool known = d->severity >= CORDON_ERROR && d->severity <= CORDON_NOTE;
        if (d->file) {
                buf_escaped(out, d->file);
                if (d->line)
                        buf_printf(out, ":%u", d->line);
                if (d->line && d->column)
                        buf_printf(out, ":%u", d->column);
                buf_str(out, ": ");
        }
        buf_printf(out, "%s: ", names[known ? d->severity : CORDON_ERROR]);
        buf_escaped(out, d->message ? d->message : "");
        if (d->id && d->severity == CORDON_WARNING)
                buf_printf(out, " [%s]", d->id);
}

size_t cordon_diag_format(const cordon_diag *d, char *buf, size_t size)
{
        struct buf out cleanup_buf = {0};
        put_head(&out, d);
        if (d->line && d->column && d->source) {
                buf_printf(&out, "\n%5u | ", d->line);
                struct caret caret = put_source(&out, d, window(d));
                buf_str(&out, "\n      | ");
                for (unsigned i = 0; i < caret.from; i++)
                        buf_str(&out, " ");
                for (unsigned i = caret.from; i < caret.to; i++)
                        buf_str(&out, i == caret.from ? "^" : "~");
                if (d->hint) {
                        buf_str(&out, " ");
                        buf_escaped(&out, d->hint);
                }
        } else if (d->hint) {
                buf_str(&out, "; ");
                buf_escaped(&out, d->hint);
        }
        buf_str(&out, "\n");
        if (size > 0) {
                size_t fits = out.bad || !out.data ? 0 : out.length < size ? out.length : size - 1;
                if (fits > 0)
                        memcpy(buf, out.data, fits);
                buf[fits] = '\0';
        }
        return out.length;
}
