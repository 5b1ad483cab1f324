/* Growing arrays for the time of a compilation. */
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

void *vector_push(struct vector *v, size_t size)
{
        if (v->count == v->room) {
                size_t room = v->room ? v->room * 2 : 8;
                void *items = reallocarray(v->items, room, size);
                if (!items)
                        return NULL;
                v->items = items;
                v->room = room;
        }
        void *item = (char *)v->items + v->count++ * size;
        return memset(item, 0, size);
}

void vector_free(struct vector *v)
{
        free(v->items);
        *v = (struct vector){0};
}

void *vector_keep(struct compile *c, const struct vector *v, size_t size)
{
        void *items = arena_alloc(c->arena, v->count * size);
        if (items && v->count > 0)
                memcpy(items, v->items, v->count * size);
        return items;
}
