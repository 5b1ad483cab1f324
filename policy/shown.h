/* What the view shows elsewhere than the host has it: `read /data as /mnt/in`, and symlinks of the view's own. Rules are about
 * paths in the view; here is what they mean on the host. */
#ifndef POLICY_SHOWN_H
#define POLICY_SHOWN_H

#include "policy/policy.h"

struct shown { /* both sorted by path, and each path is there once */
        struct remap *remaps;
        size_t remap_count;
        struct alias *links;
        size_t link_count;
};

/* Where on the host that is which the view shows at `path`: `path` itself, or what is made in `out`. NULL: it would be too
 * long. With `around`, as if nothing were shown at the very path. */
const char *shown_source(const struct shown *s, const char *path, bool around, char out[PATH_MAX]);
/* What is shown at this very path, or NULL. */
const struct remap *shown_at(const struct shown *s, const char *path);

/* The symlink of the view's own whose path is the first `length` bytes, or NULL. */
const struct alias *shown_link(const struct shown *s, const char *path, size_t length);

/* As the host's canonical(), for a path of the view. */
int shown_canonical(const struct shown *s, const struct policy_host *host, const char *path, char out[PATH_MAX], mode_t *mode,
                    void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx);

#endif
