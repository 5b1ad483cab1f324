#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cordon.h"

/* Makes room for `more` bytes and the terminator. */
static bool reserve(struct buf *b, size_t more)
{
        if (b->bad)
                return false;
        if (more < b->room && b->length < b->room - more)
                return true;
        size_t room = b->room ? b->room : 128;
        while (room - b->length <= more)
                room *= 2;
        char *data = realloc(b->data, room);
        if (!data) {
                b->bad = true;
                return false;
        }
        b->data = data;
        b->room = room;
        return true;
}

void buf_add(struct buf *b, const char *bytes, size_t length)
{
        if (!reserve(b, length))
                return;
        memcpy(b->data + b->length, bytes, length);
        b->length += length;
        b->data[b->length] = '\0';
}

void buf_str(struct buf *b, const char *text)
{
        buf_add(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        int needs = vsnprintf(NULL, 0, format, args);
        va_end(args);
        if (needs < 0 || !reserve(b, (size_t)needs))
                return;
        va_start(args, format);
        vsnprintf(b->data + b->length, (size_t)needs + 1, format, args);
        va_end(args);
        b->length += (size_t)needs;
}

void buf_escaped(struct buf *b, const char *text)
{
        size_t needs = cordon_escape(text, NULL, 0);
        if (!reserve(b, needs))
                return;
        cordon_escape(text, b->data + b->length, needs + 1);
        b->length += needs;
}

void buf_free(struct buf *b)
{
        free(b->data);
        *b = (struct buf){0};
}
