/* Bump allocation from chunks that double; see arena.h. */
#include "policy/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FIRST 4096
#define CHUNK_MOST (1u << 20)

struct arena_chunk {
        struct arena_chunk *next;
        size_t size, used;
        max_align_t data[];
};

static struct arena_chunk *chunk_new(struct arena *a, size_t needs)
{
        size_t size = a->chunks ? a->chunks->size * 2 : CHUNK_FIRST;
        if (size > CHUNK_MOST)
                size = CHUNK_MOST;
        if (size < needs)
                size = needs;
        struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + size);
        if (!chunk)
                return NULL;
        chunk->size = size;
        chunk->next = a->chunks;
        a->chunks = chunk;
        return chunk;
}

/* Strings need no alignment: packed, a policy of many rules takes a third less. */
static void *take(struct arena *a, size_t size, size_t align)
{
        if (size > SIZE_MAX / 4)
                return NULL;
        struct arena_chunk *chunk = a->chunks;
        size_t at = chunk ? (chunk->used + align - 1) & ~(align - 1) : 0;
        if (!chunk || at > chunk->size || chunk->size - at < size) {
                chunk = chunk_new(a, size);
                if (!chunk)
                        return NULL;
                at = 0;
        }
        chunk->used = at + size;
        return (char *)chunk->data + at;
}

void *arena_alloc(struct arena *a, size_t size)
{
        return take(a, size ? size : 1, _Alignof(max_align_t));
}

char *arena_copy(struct arena *a, const char *bytes, size_t length)
{
        char *copy = take(a, length + 1, 1);
        if (copy && length > 0)
                memcpy(copy, bytes, length);
        return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        int needs = vsnprintf(NULL, 0, format, args);
        va_end(args);
        char *text = needs < 0 ? NULL : take(a, (size_t)needs + 1, 1);
        if (text) {
                va_start(args, format);
                vsnprintf(text, (size_t)needs + 1, format, args);
                va_end(args);
        }
        return text;
}

void arena_free(struct arena *a)
{
        while (a->chunks) {
                struct arena_chunk *next = a->chunks->next;
                free(a->chunks);
                a->chunks = next;
        }
}
