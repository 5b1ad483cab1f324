/* base/wire on any datagram: whatever is asked of it, nothing is read or written outside, a cursor that failed once gives
 * nothing any more, and what was put is what is got. The first bytes of the input say what is asked. */
#include "base/wire.h"
#include "tests/fuzz/fuzz.h"

#define CALLS 16

/* Takes a datagram apart, as a peer would that does not know what to expect. */
static void get_all(const uint8_t *calls, void *data, size_t size)
{
        struct wire w = wire_over(data, size);
        bool failed = false;
        for (size_t i = 0; i < CALLS; i++) {
                size_t length = 1, before = w.at;
                const void *bytes;
                switch (calls[i] % 3) {
                case 0:
                        must(wire_get_u32(&w) == 0 || !failed, "a number after the end");
                        break;
                case 1:
                        must(wire_get_u64(&w) == 0 || !failed, "a number after the end");
                        break;
                default:
                        bytes = wire_get_bytes(&w, calls[i], &length);
                        must(length <= calls[i], "%zu bytes", length);
                        must(!w.bad || length == 0, "bytes after the end");
                        must(!bytes || w.bad || ((const uint8_t *)bytes >= (uint8_t *)data &&
                                                 (const uint8_t *)bytes + length <= (uint8_t *)data + size), "outside");
                        break;
                }
                must(w.at <= size && w.at >= before, "at %zu of %zu", w.at, size);
                must(!failed || w.bad, "well again");
                failed = w.bad;
        }
        must(!wire_done(&w) || w.at == size, "something is left");
}

/* Puts what the input says into a space that may be too small, and gets it back. */
static void put_and_get(const uint8_t *calls, const uint8_t *data, size_t size)
{
        size_t room = calls[0], fits = 0;
        uint8_t *space = malloc(room ? room : 1);
        must(space, "no memory");
        struct wire out = wire_over(space, room);
        for (size_t i = 1; i < CALLS && !out.bad; i++) {
                size_t length = size < calls[i] / 4u ? size : calls[i] / 4u;
                if (calls[i] % 3 == 0)
                        wire_put_u32(&out, calls[i] * 0x01010101u);
                else if (calls[i] % 3 == 1)
                        wire_put_u64(&out, calls[i] * UINT64_C(0x0101010101010101));
                else
                        wire_put_bytes(&out, data, length);
                fits += !out.bad;
        }
        struct wire in = wire_over(space, out.at);
        for (size_t i = 1; i <= fits; i++) {
                size_t wanted = size < calls[i] / 4u ? size : calls[i] / 4u, length;
                if (calls[i] % 3 == 0) {
                        must(wire_get_u32(&in) == calls[i] * 0x01010101u, "another number");
                } else if (calls[i] % 3 == 1) {
                        must(wire_get_u64(&in) == calls[i] * UINT64_C(0x0101010101010101), "another number");
                } else {
                        const void *bytes = wire_get_bytes(&in, wanted, &length);
                        must(bytes && length == wanted && memcmp(bytes, data, length) == 0, "other bytes");
                }
        }
        must(!in.bad && (out.bad || wire_done(&in)), "not all came back");
        free(space);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size < CALLS)
                return 0;
        size_t length = size - CALLS;
        uint8_t *datagram = malloc(length ? length : 1); /* so that a sanitizer sees a read behind the end */
        must(datagram, "no memory");
        memcpy(datagram, data + CALLS, length);
        get_all(data, datagram, length);
        put_and_get(data, datagram, length);
        free(datagram);
        return 0;
}
