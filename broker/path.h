/* Paths as text. What comes out is absolute, with no ".", no "//" and no trailing slash (but "/" itself); ".." is either kept
 * for the kernel to resolve, or there is none. */
#ifndef BROKER_PATH_H
#define BROKER_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/within.h"

struct path {
        size_t length;
        bool dotdot;    /* has a ".." component: only the kernel knows where it leads */
        bool directory; /* the text ended in "/" or "/.": it must be a directory */
        char text[PATH_MAX];
};

/* Joins and tidies. `base` is absolute; it is ignored where `name` is absolute. 0, or -ENAMETOOLONG. */
int path_join(struct path *out, const char *base, const char *name);
/* Appends one component. 0, or -ENAMETOOLONG. */
int path_push(struct path *p, const char *name, size_t length);
/* Removes the last component; "/" stays. */
void path_pop(struct path *p);

#endif
