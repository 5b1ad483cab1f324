/* Policy files and canonical paths from the real file system.
 *
 * A policy file is opened so that nothing it may be in truth can block or have an effect: no FIFO waits, no tty becomes
 * ours. Canonical paths are resolved by hand, one lstat for each component, since every symlink met on the way is told to
 * the policy, which makes it again in the view. What does not exist (or may not be looked at) is kept as it was written. */
#include "lib/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/git.h"
#include "lib/trust.h"
#include "policy/bundles.h"

#define FILE_MOST POLICY_TEXT_MOST
#define LINKS_MOST 40

/* ---- policy files ------------------------------------------------------------------------------------------------- */

/* Reads to the end, or up to `room` bytes. */
static int read_all(int fd, char *data, size_t room, size_t *length)
{
        size_t got = 0;
        while (got < room) {
                ssize_t n = read(fd, data + got, room - got);
                if (n == 0)
                        break;
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                got += (size_t)n;
        }
        *length = got;
        return 0;
}

static int read_file(void *ctx, const char *name, char **data, size_t *length, char identity[64])
{
        struct stat st;
        (void)ctx;
        int cleanup_fd fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENXIO ? -EINVAL : -errno; /* a socket */
        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        if (st.st_size > FILE_MOST)
                return -EFBIG;
        size_t room = FILE_MOST + 1; /* one more than is allowed: what grows meanwhile, or lies about its size, is seen */
        if (st.st_size > 0)
                room = (size_t)st.st_size + 1;
        char *text = malloc(room);
        if (!text)
                return -ENOMEM;
        int r = read_all(fd, text, room, length);
        if (r == 0 && *length == room)
                r = st.st_size > 0 ? -EAGAIN : -EFBIG; /* it grew while it was read: half a policy is none */
        if (r < 0) {
                free(text);
                return r;
        }
        snprintf(identity, 64, "%llx:%llx", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
        *data = text;
        return 0;
}

static int read_trusted(void *ctx, const char *name, char **data, size_t *length, char identity[64], char why[FOUND_WHY])
{
        int r = trust_path(name, why, FOUND_WHY);
        return r == 0 ? read_file(ctx, name, data, length, identity) : r;
}

static const char *bundle_name(void *ctx, size_t index)
{
        (void)ctx;
        return bundles[index].name;
}

static const char *bundle(void *ctx, const char *name)
{
        (void)ctx;
        for (const struct bundle *b = bundles; b->name; b++) {
                if (!strcmp(b->name, name))
                        return b->text;
        }
        return NULL;
}

/* ---- canonical paths ---------------------------------------------------------------------------------------------- */

struct resolving {
        char *out; /* PATH_MAX; canonical so far, no final slash but for "/" alone being "" */
        size_t length;
        char rest[2 * PATH_MAX]; /* what is still to be walked */
        const char *at;
        mode_t mode;
        unsigned links;
        struct host_memory *memory; /* or NULL */
        bool missing; /* something on the way does not exist: no more looking, only appending */
};

static void go_up(struct resolving *r)
{
        while (r->length > 0 && r->out[--r->length] != '/')
                ;
        r->out[r->length] = '\0';
}

/* The link at `out` sends the walk elsewhere: its text goes before what is left. */
static int follow(struct resolving *r, size_t parent,
                  void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx)
{
        char target[PATH_MAX], rest[2 * PATH_MAX];
        ssize_t size = readlink(r->out, target, sizeof(target) - 1);
        if (size <= 0)
                return size < 0 ? -errno : -ENOENT;
        if (++r->links > LINKS_MOST)
                return -ELOOP;
        target[size] = '\0';
        if (link)
                link(link_ctx, r->out, target);
        int needs = snprintf(rest, sizeof(rest), "%s/%s", target, r->at);
        if (needs < 0 || (size_t)needs >= sizeof(rest))
                return -ENAMETOOLONG;
        memcpy(r->rest, rest, (size_t)needs + 1);
        r->at = r->rest;
        r->length = target[0] == '/' ? 0 : parent;
        r->out[r->length] = '\0';
        return 0;
}

/* Paths of a policy come in groups: most of a path was walked just before, for one of those before it. */
static bool remembered(const struct resolving *r)
{
        for (unsigned i = 0; r->memory && i < HOST_DIRECTORIES; i++) {
                const char *known = r->memory->directories[i];
                if (strncmp(known, r->out, r->length) == 0 && (known[r->length] == '/' || known[r->length] == '\0'))
                        return true;
        }
        return false;
}

/* Of what does not exist, the directory that it would lie in is not looked for here: it was not reached, perhaps. */
static void remember(struct resolving *r)
{
        size_t length = r->length, whole = length;
        if (!r->memory || r->missing)
                return;
        while (length > 0 && !S_ISDIR(r->mode) && r->out[--length] != '/')
                ;
        r->length = length;
        if (!remembered(r)) {
                char *directory = r->memory->directories[r->memory->next++ % HOST_DIRECTORIES];
                memcpy(directory, r->out, length);
                directory[length] = '\0';
        }
        r->length = whole;
}

/* Appends one component and looks at what is there. 1: it is a symlink. */
static int enter(struct resolving *r, const char *name, size_t size)
{
        struct stat st;
        if (r->length + 1 + size >= PATH_MAX)
                return -ENAMETOOLONG;
        r->out[r->length] = '/';
        memcpy(r->out + r->length + 1, name, size);
        r->length += 1 + size;
        r->out[r->length] = '\0';
        r->mode = 0;
        if (r->missing)
                return 0;
        if (remembered(r)) {
                r->mode = S_IFDIR | 0755;
                return 0;
        }
        if (lstat(r->out, &st) < 0) {
                r->missing = true;
                return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
        }
        r->mode = st.st_mode;
        return S_ISLNK(st.st_mode);
}

static int canonical(void *ctx, const char *path, char *out, mode_t *mode,
                     void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx)
{
        struct resolving r; /* most of it is room that need not be cleared */
        size_t size = strlen(path);
        r.out = out;
        r.length = 0;
        r.mode = S_IFDIR | 0755;
        r.links = 0;
        r.memory = ctx;
        r.missing = false;
        if (path[0] != '/')
                return -EINVAL;
        if (size >= PATH_MAX)
                return -ENAMETOOLONG;
        memcpy(r.rest, path, size + 1);
        r.at = r.rest;
        out[0] = '\0';
        for (;;) {
                r.at += strspn(r.at, "/");
                const char *name = r.at;
                size = strcspn(name, "/");
                if (size == 0)
                        break;
                r.at += size;
                if (size == 1 && name[0] == '.')
                        continue;
                if (size == 2 && name[0] == '.' && name[1] == '.') {
                        go_up(&r);
                        r.missing = false; /* whether this exists is seen when the walk goes on */
                        continue;
                }
                size_t parent = r.length;
                int found = enter(&r, name, size);
                if (found == 1)
                        found = follow(&r, parent, link, link_ctx);
                if (found < 0)
                        return found;
        }
        remember(&r);
        if (r.length == 0)
                memcpy(out, "/", 2);
        if (mode)
                *mode = r.length == 0 ? S_IFDIR | 0755 : r.mode;
        return 0;
}

struct policy_host host_real(struct host_memory *memory)
{
        for (unsigned i = 0; memory && i < HOST_DIRECTORIES; i++)
                memory->directories[i][0] = '\0';
        if (memory)
                memory->next = 0;
        return (struct policy_host){.ctx = memory,
                                    .read_file = read_file,
                                    .read_trusted = read_trusted,
                                    .bundle = bundle,
                                    .bundle_name = bundle_name,
                                    .git = git_directories,
                                    .canonical = canonical};
}
