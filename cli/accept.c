/* --accept NAME[,NAME]...: what the kernel may lack. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static size_t count_names(const char *const *lists)
{
        size_t count = 0;

        for (; *lists; lists++) {
                count++;
                for (const char *at = *lists; (at = strchr(at, ',')); at++)
                        count++;
        }
        return count;
}

bool accept_parse(struct accepted *out, const char *const *lists)
{
        size_t room = 0, used = 0;

        for (size_t i = 0; lists[i]; i++)
                room += strlen(lists[i]) + 1;
        out->names = calloc(count_names(lists) + 1, sizeof(*out->names));
        out->text = malloc(room + 1);
        if (!out->names || !out->text)
                return false;
        char *at = out->text;
        for (; *lists; lists++) {
                for (const char *from = *lists;; from++) {
                        size_t length = strcspn(from, ",");
                        out->names[used++] = at;
                        memcpy(at, from, length);
                        at[length] = '\0';
                        at += length + 1;
                        from += length;
                        if (!*from)
                                break;
                }
        }
        return true;
}

void accept_free(struct accepted *a)
{
        free(a->names);
        free(a->text);
        *a = (struct accepted){0};
}

void accept_tell(const cordon_child *child)
{
        const char *name;

        for (size_t i = 0; (name = cordon_child_degraded(child, i)); i++)
                say("degraded: %s (`cordon doctor` says what is lost)", name);
}
