/* What commands that write JSON share. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <json-c/json.h>

/* A path is bytes, JSON is Unicode: what is not plain text is written as cordon_escape() shows it. NULL becomes null. */
struct json_object *json_text(const char *text);
/* A member that is such a text. */
void json_text_add(struct json_object *object, const char *key, const char *text);
/* Writes the value to standard output, and frees it. */
void json_print(struct json_object *value);

#endif
