/* From the path that was asked for to the canonical path in the view, for the cases in which they differ. */
#ifndef BROKER_RESOLVE_H
#define BROKER_RESOLVE_H

#include "broker/caller.h"
#include "broker/path.h"
#include "broker/server.h"

struct resolved {
        struct path path; /* canonical; of the last component it is only known that it is no symlink (or not to be followed) */
        int held;         /* a duplicate of the descriptor that /proc/self/fd/N meant, instead of a path; or FD_NONE */
};

/* True where the text can only be understood with the caller's own eyes (/proc/self, /dev/fd, /dev/stdin, …). */
bool resolve_is_personal(const char *path);

/* The short way: let the kernel follow the links, ask where it arrived. -ELOOP and -ENOENT may still mean a personal path:
 * then the long way decides. */
int resolve_pinned(const struct server *s, const struct path *asked, bool follow, struct path *out);

/* The long way: component by component, with /proc/self and /proc/PID/{fd,cwd,root,exe} understood as the caller's.
 * The last component may be missing. -EACCES for links that no sandbox may go through. On failure `out` has where it would
 * have led. */
int resolve_walk(const struct server *s, const struct request *r, const struct path *asked, bool follow,
                 struct resolved *out);

/* The errno for a path that could not be resolved. What is hidden is not there, whatever the kernel says of the way to it: it
 * would tell a file from a directory, and what is mounted over it from nothing. */
int resolve_error(const struct server *s, const struct request *r, const struct path *asked, bool follow, int error);

/* True for files of /proc that must not be opened with the broker's eyes: memory, namespaces, the host's System V
 * objects, and nearly all of pid 1, whose memory is a copy of the host's. `path` is canonical. */
bool resolve_is_forbidden(const char *path);

#endif
