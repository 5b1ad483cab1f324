#include "base/wire.h"

#include <string.h>

/* Claims `length` bytes at the cursor, or poisons it. */
static uint8_t *claim(struct wire *w, size_t length)
{
        if (w->bad || length > w->size - w->at) {
                w->bad = true;
                return NULL;
        }
        uint8_t *p = w->data + w->at;
        w->at += length;
        return p;
}

static void put(struct wire *w, uint64_t value, size_t width)
{
        uint8_t *p = claim(w, width);
        for (size_t i = 0; p && i < width; i++)
                p[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(struct wire *w, size_t width)
{
        const uint8_t *p = claim(w, width);
        uint64_t value = 0;
        for (size_t i = 0; p && i < width; i++)
                value |= (uint64_t)p[i] << (8 * i);
        return value;
}

void wire_put_u32(struct wire *w, uint32_t value)
{
        put(w, value, 4);
}

void wire_put_u64(struct wire *w, uint64_t value)
{
        put(w, value, 8);
}

void wire_put_bytes(struct wire *w, const void *bytes, size_t length)
{
        if (length > UINT32_MAX) {
                w->bad = true;
                return;
        }
        wire_put_u32(w, (uint32_t)length);
        uint8_t *p = claim(w, length);
        if (p && length > 0)
                memcpy(p, bytes, length);
}

uint32_t wire_get_u32(struct wire *w)
{
        return (uint32_t)get(w, 4);
}

uint64_t wire_get_u64(struct wire *w)
{
        return get(w, 8);
}

const void *wire_get_bytes(struct wire *w, size_t most, size_t *length)
{
        size_t n = wire_get_u32(w);
        *length = 0;
        if (n > most)
                w->bad = true;
        const void *p = claim(w, n);
        if (p)
                *length = n;
        return p;
}
