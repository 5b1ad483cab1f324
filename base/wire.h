/* A cursor over a datagram: fixed-width little-endian fields, no allocation, lengths checked before use.
 * One bad step poisons the cursor; check `wire_ok` once, at the end. Async-signal-safe. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
        uint8_t *data;
        size_t size; /* room when writing, length when reading */
        size_t at;
        bool bad;
};

static inline struct wire wire_over(void *data, size_t size)
{
        return (struct wire){.data = data, .size = size};
}

void wire_put_u32(struct wire *w, uint32_t value);
void wire_put_u64(struct wire *w, uint64_t value);
void wire_put_bytes(struct wire *w, const void *bytes, size_t length); /* a u32 length, then the bytes */
uint32_t wire_get_u32(struct wire *w);
uint64_t wire_get_u64(struct wire *w);
/* Points into the datagram; NULL and poison where the length is more than `most` or more than is left. */
const void *wire_get_bytes(struct wire *w, size_t most, size_t *length);

/* True when nothing went wrong and, for a reader, nothing is left over. */
static inline bool wire_ok(const struct wire *w)
{
        return !w->bad;
}
static inline bool wire_done(const struct wire *w)
{
        return !w->bad && w->at == w->size;
}

#endif
