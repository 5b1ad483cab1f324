#include "broker/path.h"

#include <errno.h>
#include <string.h>

int path_push(struct path *p, const char *name, size_t length)
{
        size_t slash = p->length > 1 ? 1 : 0;
        if (length >= sizeof(p->text) - p->length - slash)
                return -ENAMETOOLONG;
        if (slash)
                p->text[p->length++] = '/';
        memcpy(p->text + p->length, name, length);
        p->length += length;
        p->text[p->length] = '\0';
        return 0;
}

void path_pop(struct path *p)
{
        while (p->length > 1 && p->text[p->length - 1] != '/')
                p->length--;
        if (p->length > 1)
                p->length--;
        p->text[p->length] = '\0';
}

static int append(struct path *p, const char *text)
{
        for (const char *at = text; *at;) {
                size_t length = strcspn(at, "/");
                bool last = at[length] == '\0';
                if (length == 2 && at[0] == '.' && at[1] == '.')
                        p->dotdot = true;
                p->directory = !last || (length == 1 && at[0] == '.');
                if (length > 0 && !(length == 1 && at[0] == '.')) {
                        int r = path_push(p, at, length);
                        if (r < 0)
                                return r;
                }
                at += length;
                while (*at == '/')
                        at++;
        }
        return 0;
}

int path_join(struct path *out, const char *base, const char *name)
{
        /* Field by field: clearing all of the text would cost as much as the rest of an open's user-space work. */
        out->length = 1;
        out->dotdot = out->directory = false;
        strcpy(out->text, "/");
        if (name[0] != '/') {
                int r = append(out, base);
                if (r < 0)
                        return r;
        }
        out->directory = false;
        return append(out, name);
}
