/* A host that exists only here: a table of paths, and one policy file as text. */
#ifndef TESTS_MADE_UP_HOST_H
#define TESTS_MADE_UP_HOST_H

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/policy.h"
#include "tests/unit/unit.h"

struct made_up_path {
        const char *path;
        mode_t mode;
        const char *target; /* of symlinks */
};

struct made_up_host {
        const struct made_up_path *paths; /* ends with a NULL path; NULL: everything is a directory */
        const char *policy;               /* the text of any file */
        const char *bundle;               /* the text of any bundle */
        unsigned asked;                   /* how often canonical() was called */
};

static inline const struct made_up_path *made_up_find(const struct made_up_host *h, const char *path)
{
        static const struct made_up_path anything = {"", S_IFDIR | 0755, NULL};
        if (!h->paths || !*path)
                return &anything;
        for (const struct made_up_path *p = h->paths; p->path; p++)
                if (strcmp(p->path, path) == 0)
                        return p;
        return NULL;
}

static inline int made_up_read(void *ctx, const char *name, char **data, size_t *length, char identity[64])
{
        const struct made_up_host *h = ctx;
        snprintf(identity, 64, "%.60s", name);
        *length = strlen(h->policy);
        *data = malloc(*length + 1);
        if (!*data)
                return -ENOMEM;
        memcpy(*data, h->policy, *length);
        return 0;
}

static inline const char *made_up_bundle(void *ctx, const char *name)
{
        const struct made_up_host *h = ctx;
        (void)name;
        return h->bundle;
}

static inline int made_up_canonical(void *ctx, const char *path, char *out, mode_t *mode,
                                    void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx)
{
        struct made_up_host *h = ctx;
        char rest[2 * PATH_MAX];
        size_t done = 0;

        h->asked++;
        snprintf(rest, sizeof(rest), "%s", path);
        out[0] = '\0';
        *mode = S_IFDIR | 0755;
        for (char *at = rest; *(at += strspn(at, "/"));) {
                size_t length = strcspn(at, "/"), from = done;
                done += (size_t)snprintf(out + done, PATH_MAX - done, "/%.*s", (int)length, at);
                const struct made_up_path *p = made_up_find(h, out);
                at += length;
                *mode = p ? p->mode : 0;
                if (!p || !p->target)
                        continue;
                char next[2 * PATH_MAX];
                link(link_ctx, out, p->target);
                snprintf(next, sizeof(next), "%s%.*s", p->target, PATH_MAX, at);
                memcpy(rest, next, sizeof(rest));
                at = rest;
                done = *rest == '/' ? 0 : from;
                out[done] = '\0';
        }
        if (!done)
                strcpy(out, "/");
        return 0;
}

static inline struct policy_host made_up_interface(struct made_up_host *h)
{
        return (struct policy_host){
                .ctx = h, .read_file = made_up_read, .bundle = made_up_bundle, .canonical = made_up_canonical};
}

#endif
