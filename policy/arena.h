/* Memory that lives and dies together: a compiled policy is one arena. Nothing in it is freed alone. */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stddef.h>

struct arena {
        struct arena_chunk *chunks;
};

void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned for anything; NULL without memory */
char *arena_copy(struct arena *a, const char *bytes, size_t length); /* terminated */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);

#endif
