/* One question about paths that every room asks. */
#ifndef BASE_WITHIN_H
#define BASE_WITHIN_H

#include <stdbool.h>
#include <string.h>

/* True for `tree` itself and all below it, component by component. Neither has a trailing slash, but for "/" itself. */
static inline bool path_within(const char *path, const char *tree)
{
        size_t length = tree[0] == '/' && tree[1] == '\0' ? 0 : strlen(tree);
        return strncmp(path, tree, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

#endif
