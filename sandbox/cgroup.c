/* Finding a place for a leaf.
 *
 * A cgroup in which there are processes cannot give controllers on to others below it, the root apart. The caller itself is in
 * its cgroup, so as a rule the place is beside it, in the parent: under systemd a user's services and scopes have one that
 * belongs to the user. Where that is not so either, somebody has to delegate one; who is told how. */
#include "sandbox/cgroup.h"

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "sandbox/sys.h"

static const char *const names[] = {"memory", "pids", "cpu", "io"}; /* by their bits */
#define NAMES (sizeof(names) / sizeof(*names))

unsigned cgroup_wanted(const struct limits *l)
{
        return (l->memory || l->swap ? CGROUP_MEMORY : 0u) | (l->procs ? CGROUP_PIDS : 0u) | (l->cpus_m ? CGROUP_CPU : 0u) |
               (l->io_read || l->io_write ? CGROUP_IO : 0u);
}

/* The time that all have used is told without any controller. */
bool cgroup_useful(const struct limits *l)
{
        return cgroup_wanted(l) || l->cpu_s;
}

const char *cgroup_names(unsigned controllers, char *out, size_t size)
{
        size_t at = 0;

        *out = '\0';
        for (size_t i = 0; i < NAMES && at < size; i++)
                if (controllers & 1u << i)
                        at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "", names[i]);
        return out;
}

/* ---- looking ------------------------------------------------------------------------------------------------------- */

static int read_text(const char *dir, const char *file, char *out, size_t size)
{
        char path[PATH_MAX + 64];

        snprintf(path, sizeof(path), "%s/%s", dir, file);
        cleanup_fd int fd = SYS_CALL(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        int got = fd < 0 ? fd : SYS_CALL(read, fd, out, size - 1);
        out[got > 0 ? got : 0] = '\0';
        return got;
}

static bool may_write(const char *dir, const char *file)
{
        char path[PATH_MAX + 64];

        snprintf(path, sizeof(path), "%s/%s", dir, file);
        return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

static bool is_there(const char *dir, const char *file)
{
        char path[PATH_MAX + 64];

        snprintf(path, sizeof(path), "%s/%s", dir, file);
        return access(path, F_OK) == 0;
}

/* The controllers named in a list of words. */
static unsigned read_controllers(const char *dir, const char *file)
{
        char text[512], *rest = text;
        unsigned found = 0;

        if (read_text(dir, file, text, sizeof(text)) < 0)
                return 0;
        for (char *word; (word = strsep(&rest, " \n"));)
                for (size_t i = 0; i < NAMES; i++)
                        found |= strcmp(word, names[i]) == 0 ? 1u << i : 0u;
        return found;
}

/* Some processes, of which we need not be able to tell which. The root may have them and controllers, too. */
static bool in_the_way(const char *dir)
{
        char byte[2];

        return is_there(dir, "cgroup.type") && read_text(dir, "cgroup.procs", byte, sizeof(byte)) != 0;
}

/* ---- choosing ------------------------------------------------------------------------------------------------------ */

struct candidate {
        char path[PATH_MAX];
        bool makes;    /* we may make a leaf there, and clone into it */
        bool occupied; /* controllers cannot be switched on */
        unsigned enabled, possible;
        unsigned known; /* controllers that it has itself */
};

static void look(struct candidate *c, unsigned wanted)
{
        c->makes = may_write(c->path, ".") && may_write(c->path, "cgroup.procs");
        c->known = read_controllers(c->path, "cgroup.controllers");
        c->enabled = c->makes ? read_controllers(c->path, "cgroup.subtree_control") : 0;
        c->occupied = in_the_way(c->path);
        c->possible = c->enabled;
        if (c->makes && !c->occupied && may_write(c->path, "cgroup.subtree_control"))
                c->possible |= c->known & wanted;
}

static unsigned count(unsigned bits)
{
        return (unsigned)__builtin_popcount(bits);
}

/* Our own cgroup below `mount`, without a slash at its end. */
static bool own_path(const char *mount, const char *self, char *out, size_t size)
{
        const char *line = strncmp(self, "0::", 3) == 0 ? self : strstr(self, "\n0::");

        line = line ? strchr(line, '/') : NULL;
        if (!line || strncmp(line, "/..", 3) == 0)
                return false;
        size_t length = strcspn(line, "\n");
        if (length == 1)
                length = 0;
        return (size_t)snprintf(out, size, "%s%.*s", mount, (int)length, line) < size;
}

/* "4:memory:/path", or several with commas. */
static bool in_version_1(const char *self, unsigned controller)
{
        static const char *const before[] = {":", ","}, *const after[] = {":", ","};
        char word[32];

        for (size_t i = 0; i < NAMES * 4; i++) {
                unsigned which = (unsigned)(i / 4);
                snprintf(word, sizeof(word), "%s%s%s", before[i & 1], which == 3 ? "blkio" : names[which], after[i >> 1 & 1]);
                if ((controller & 1u << which) && strstr(self, word))
                        return true;
        }
        return false;
}

static void say_missing(struct cgroup_place *out, const struct candidate *own, const struct candidate *best, const char *self,
                        unsigned wanted)
{
        char list[64];
        unsigned missing = wanted & ~out->possible;
        const char *run = geteuid() == 0 ? "systemd-run --scope -p Delegate=yes" : "systemd-run --user --scope -p Delegate=yes";

        if (best && !missing)
                return;
        cgroup_names(missing, list, sizeof(list));
        if (missing & ~own->known && in_version_1(self, missing & ~own->known))
                snprintf(out->why, sizeof(out->why), "%s: in cgroup v1 here, which cordon does not use", list);
        else if (best && missing & ~best->known)
                snprintf(out->why, sizeof(out->why), "%s: not among the controllers of the cgroup %.120s", list, best->path);
        else
                snprintf(out->why, sizeof(out->why), "no cgroup is delegated%s%s; start it by `%s cordon run …`",
                         missing ? ": " : "", list, run);
}

static void choose(struct cgroup_place *out, const struct candidate *own, const struct candidate *parent, const char *self,
                   unsigned wanted)
{
        const struct candidate *best = own->makes ? own : NULL;

        if (parent && parent->makes && (!best || count(parent->possible & wanted) > count(best->possible & wanted)))
                best = parent;
        if (best) {
                snprintf(out->path, sizeof(out->path), "%s", best->path);
                out->enabled = best->enabled;
                out->possible = best->possible;
        }
        say_missing(out, own, best, self, wanted);
}

void cgroup_find_in(const char *top, const char *self, unsigned wanted, struct cgroup_place *out)
{
        static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
        char mount[PATH_MAX] = "";
        struct candidate own = {0}, parent = {0};

        *out = (struct cgroup_place){0};
        for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts) && !*mount; i++) {
                snprintf(mount, sizeof(mount), "%s%s", top, mounts[i]);
                if (!is_there(mount, "cgroup.controllers"))
                        *mount = '\0';
        }
        if (!*mount) {
                snprintf(out->why, sizeof(out->why), "cgroup v2 is not mounted on /sys/fs/cgroup");
                return;
        }
        if (!own_path(mount, self, own.path, sizeof(own.path)) || !is_there(own.path, "cgroup.procs")) {
                snprintf(out->why, sizeof(out->why), "this process's cgroup is not below /sys/fs/cgroup");
                return;
        }
        look(&own, wanted);
        bool below = strcmp(own.path, mount) != 0;
        if (below) {
                memcpy(parent.path, own.path, sizeof(parent.path));
                *strrchr(parent.path, '/') = '\0';
                look(&parent, wanted);
        }
        choose(out, &own, below ? &parent : NULL, self, wanted);
}

void cgroup_find(unsigned wanted, struct cgroup_place *out)
{
        char self[4096];

        read_text("/proc/self", "cgroup", self, sizeof(self));
        cgroup_find_in("", self, wanted, out);
}
