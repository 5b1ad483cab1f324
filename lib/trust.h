/* Whether a path means what root and this user made it mean. */
#ifndef LIB_TRUST_H
#define LIB_TRUST_H

#include <stddef.h>

/* 0 where nobody but root and this user can change what `path` leads to: neither the file and the directory it lies in, nor
 * any directory or link on the way. -EPERM, and `why` in words, where somebody else can. Or what looking gave. */
int trust_path(const char *path, char *why, size_t size);

#endif
