/* Which socket files the sandbox itself has made. A file is known by what no other file has had at any time: its device, its
 * number, and the moment of its birth, since numbers are used again. So it stays known through renames and second names, and
 * is forgotten with the file. Bounded: of very many the longest unused are forgotten, which makes them unreachable. */
#ifndef BROKER_MADE_H
#define BROKER_MADE_H

#include <stdbool.h>
#include <sys/stat.h>

#define MADE_WANTED (STATX_TYPE | STATX_INO | STATX_BTIME)

struct made;

struct made *made_new(void); /* NULL: out of memory */
struct made *made_free(struct made *m);

/* `file` as statx() fills it in for MADE_WANTED. False, and nothing is remembered, on a file system that knows no moment of
 * birth, or without memory. Both for one thread. */
bool made_add(struct made *m, const struct statx *file);
bool made_has(struct made *m, const struct statx *file);

#endif
