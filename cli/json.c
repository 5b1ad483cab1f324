/* JSON on its way to standard output; see json.h. */
#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "cordon.h"

struct json_object *json_text(const char *text)
{
        size_t size = text ? cordon_escape(text, NULL, 0) + 1 : 0;
        char *safe = text ? malloc(size) : NULL;
        struct json_object *value = NULL;

        if (safe) {
                cordon_escape(text, safe, size);
                value = json_object_new_string(safe);
        }
        free(safe);
        return value;
}

void json_text_add(struct json_object *object, const char *key, const char *text)
{
        json_object_object_add(object, key, json_text(text));
}

void json_print(struct json_object *value)
{
        puts(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(value);
}
