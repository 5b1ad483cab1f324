/* A growable string for messages and listings. Out of memory poisons it; `buf_finish` tells. Not for hot paths. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
        char *data; /* terminated whenever it is not NULL */
        size_t length;
        size_t room;
        bool bad;
};

void buf_add(struct buf *b, const char *bytes, size_t length);
void buf_str(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_escaped(struct buf *b, const char *text); /* as cordon_escape() */
void buf_free(struct buf *b);                      /* leaves it empty and usable */

static inline void buf_freep(struct buf *b)
{
        buf_free(b);
}
#define cleanup_buf __attribute__((cleanup(buf_freep)))

#endif
