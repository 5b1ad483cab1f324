/* Where a name or an object of a request is: its canonical path, and a descriptor that pins what was vetted, so that what is
 * done next is done there and nowhere else. */
#ifndef BROKER_PLACE_H
#define BROKER_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "broker/path.h"
#include "broker/server.h"

/* ---- a name ------------------------------------------------------------------------------------------------------ */

/* A name in a directory, whether or not there is anything under it yet. */
struct place {
        enum place_kind { PLACE_NAME, PLACE_DOT, PLACE_DOTDOT, PLACE_ROOT } kind; /* only PLACE_NAME has what follows */
        int directory;    /* pins the directory; the place's own */
        struct path path; /* canonical: of the directory, and the name in it */
        bool fixed; /* without a view of the sandbox's own: what is there stays, as if something were mounted on it */
        const char *last; /* the name as asked for, with its trailing slashes; in the request's memory */
};

/* Symlinks on the way are followed, the name itself never is. -ENOENT, -ENOTDIR, … as the kernel would say it. */
int place_find(struct place *out, const struct server *s, const struct request *r, int dirfd, const char *text);
void place_done(struct place *p);

/* What is under the name now; never follows. */
struct place_look {
        bool exists;
        mode_t type;      /* S_IFMT bits */
        bool mount_point; /* in the sandbox's view, which the kernel does not look at when we act: it must stay where it is */
};
int place_look(const struct place *p, struct place_look *out);

/* ---- an object --------------------------------------------------------------------------------------------------- */

struct object {
        int fd;           /* O_PATH, or with `held` the caller's own; the object's */
        bool held;        /* it was named by a descriptor of the caller */
        bool writable;    /* held, and open for writing */
        bool followed; /* has come to have the name since the view was made: its path is that of what was there before */
        bool nameless;    /* held, and has no path in any view: a pipe, or what was removed or never had a name */
        struct path path; /* canonical; empty where nameless */
};

/* What a request is about: the descriptor, or what its path leads to. */
int object_find(struct object *out, const struct server *s, const struct request *r, bool follow);
void object_done(struct object *o);
/* Where the request's path would lead if all of it were there. */
int object_would_be(struct path *out, const struct server *s, const struct request *r);

#endif
