/* A sandbox's own cgroup, from mkdir to rmdir. What the kernel says in its files is read as text with a name in front. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/cgroup.h"
#include "sandbox/sys.h"

#define PREFIX "cordon-"

static int write_text(int dir, const char *file, const char *text)
{
        cleanup_fd int fd = SYS_CALL(openat, dir, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        int result = fd < 0 ? fd : SYS_CALL(write, fd, text, strlen(text));
        return result < 0 ? result : 0;
}

/* ---- what others have left ----------------------------------------------------------------------------------------- */

static void sweep_one(int parent, const char *name)
{
        cleanup_fd int dir = SYS_CALL(openat, parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

        if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) == 0)
                SYS_CALL(unlinkat, parent, name, AT_REMOVEDIR); /* EBUSY while its processes are still dying */
}

static void sweep(int parent)
{
        int copy = SYS_CALL(openat, parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *list = copy < 0 ? NULL : fdopendir(copy);

        if (!list) {
                fd_close(copy);
                return;
        }
        for (struct dirent *entry; (entry = readdir(list));)
                if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
                        sweep_one(parent, entry->d_name);
        closedir(list);
}

/* ---- its limits ---------------------------------------------------------------------------------------------------- */

static int set_number(int dir, const char *file, uint64_t value)
{
        char text[32];

        snprintf(text, sizeof(text), "%" PRIu64, value);
        return write_text(dir, file, text);
}

/* Where there is no such file, there is no swap that could be counted; that is no limit if one was asked for. */
static int set_memory(int dir, const struct limits *l, const char **file)
{
        int result = 0;

        *file = "memory.max";
        if (l->memory)
                result = set_number(dir, *file, l->memory);
        if (result < 0)
                return result;
        *file = "memory.swap.max";
        result = set_number(dir, *file, l->swap);
        return result == -ENOENT && !l->swap ? 0 : result;
}

static int set_pids(int dir, const struct limits *l, const char **file)
{
        *file = "pids.max";
        return set_number(dir, *file, l->procs + 1); /* and pid 1 */
}

/* The kernel's unit is the microsecond, of each tenth of a second. */
static int set_cpu(int dir, const struct limits *l, const char **file)
{
        char text[64];

        *file = "cpu.max";
        snprintf(text, sizeof(text), "%" PRIu64 " 100000", l->cpus_m * 100);
        return write_text(dir, *file, text);
}

static int set_disk(int dir, const struct limits *l, int disks, const char *name)
{
        char path[300], number[32], read_most[48] = "", write_most[48] = "", text[192];

        snprintf(path, sizeof(path), "%s/dev", name);
        cleanup_fd int fd = SYS_CALL(openat, disks, path, O_RDONLY | O_CLOEXEC);
        int got = fd < 0 ? fd : SYS_CALL(read, fd, number, sizeof(number) - 1);
        if (got <= 0)
                return 0; /* it has just gone */
        number[got] = '\0';
        number[strcspn(number, "\n")] = '\0';
        if (l->io_read)
                snprintf(read_most, sizeof(read_most), " rbps=%" PRIu64, l->io_read);
        if (l->io_write)
                snprintf(write_most, sizeof(write_most), " wbps=%" PRIu64, l->io_write);
        snprintf(text, sizeof(text), "%s%s%s", number, read_most, write_most);
        return write_text(dir, "io.max", text);
}

/* A limit is set for one device; ours is for each of them. */
static int set_io(int dir, const struct limits *l, const char **file)
{
        int disks = SYS_CALL(openat, AT_FDCWD, "/sys/block", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *list = disks < 0 ? NULL : fdopendir(disks);
        int result = 0;

        *file = "io.max";
        if (!list) {
                int error = disks < 0 ? disks : -ENOMEM;
                fd_close(disks);
                return error;
        }
        for (struct dirent *entry; result == 0 && (entry = readdir(list));)
                if (entry->d_name[0] != '.')
                        result = set_disk(dir, l, disks, entry->d_name);
        closedir(list);
        return result;
}

static int set_limits(struct cgroup_leaf *leaf, const struct limits *l, unsigned controllers, struct cgroup_place *place)
{
        static const struct {
                unsigned controller;
                int (*set)(int dir, const struct limits *l, const char **file);
        } steps[] = {
                {CGROUP_MEMORY, set_memory}, {CGROUP_PIDS, set_pids}, {CGROUP_CPU, set_cpu}, {CGROUP_IO, set_io},
        };

        for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
                const char *file = "";
                int result = controllers & steps[i].controller ? steps[i].set(leaf->dir, l, &file) : 0;
                if (result < 0) {
                        snprintf(place->why, sizeof(place->why), "cannot set %s in %.120s: %s", file, place->path,
                                 error_text(-result));
                        return result;
                }
        }
        leaf->controllers = controllers;
        return 0;
}

/* ---- making and removing --------------------------------------------------------------------------------------------- */

/* All at once, so that it is all or none of them. */
static unsigned switch_on(int parent, struct cgroup_place *place, unsigned wanted)
{
        char text[64] = "", list[64];
        unsigned lacking = wanted & place->possible & ~place->enabled;
        size_t at = 0;

        cgroup_names(lacking, list, sizeof(list));
        for (char *rest = list, *word; *list && (word = strsep(&rest, ","));)
                at += (size_t)snprintf(text + at, sizeof(text) - at, "%s+%s", at ? " " : "", word + strspn(word, " "));
        int result = lacking ? write_text(parent, "cgroup.subtree_control", text) : 0;
        if (result == 0)
                return wanted & place->possible;
        cgroup_names(lacking, list, sizeof(list));
        snprintf(place->why, sizeof(place->why), "%s cannot be switched on in %.120s: %s", list, place->path,
                 error_text(-result));
        return wanted & place->enabled;
}

/* The lock is what tells a leaf in use from one that is left over. Who sweeps may come in between: then it is made anew. */
static int make_locked(struct cgroup_leaf *leaf)
{
        unsigned random = 0;

        for (int tries = 0; tries < 8; tries++) {
                if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
                        random = (unsigned)tries;
                snprintf(leaf->name, sizeof(leaf->name), PREFIX "%d-%08x", (int)getpid(), random);
                int result = SYS_CALL(mkdirat, leaf->parent, leaf->name, 0755);
                if (result == -EEXIST)
                        continue;
                if (result < 0)
                        return result;
                leaf->dir = SYS_CALL(openat, leaf->parent, leaf->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (leaf->dir >= 0 && flock(leaf->dir, LOCK_EX | LOCK_NB) == 0 &&
                    faccessat(leaf->parent, leaf->name, F_OK, 0) == 0)
                        return 0;
                leaf->dir = fd_close(leaf->dir);
                SYS_CALL(unlinkat, leaf->parent, leaf->name, AT_REMOVEDIR);
        }
        return -EBUSY;
}

int leaf_make(struct cgroup_leaf *out, struct cgroup_place *place, const struct limits *l)
{
        struct cgroup_leaf leaf = CGROUP_NO_LEAF;

        *out = leaf;
        leaf.parent = SYS_CALL(openat, AT_FDCWD, place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int result = leaf.parent < 0 ? leaf.parent : 0;
        unsigned controllers = 0;
        if (result == 0) {
                sweep(leaf.parent);
                controllers = switch_on(leaf.parent, place, cgroup_wanted(l));
                result = make_locked(&leaf);
        }
        if (result < 0) {
                fd_close(leaf.parent);
                snprintf(place->why, sizeof(place->why), "cannot make a cgroup in %.120s: %s", place->path, error_text(-result));
                return result;
        }
        result = set_limits(&leaf, l, controllers, place);
        if (result < 0) {
                leaf_remove(&leaf);
                return result;
        }
        *out = leaf;
        return 0;
}

bool leaf_place(const struct cgroup_leaf *leaf, char out[PATH_MAX])
{
        char link[64];

        snprintf(link, sizeof(link), "/proc/self/fd/%d", leaf->parent);
        ssize_t length = leaf->dir < 0 ? -1 : readlink(link, out, PATH_MAX - 1);
        out[length > 0 ? length : 0] = '\0';
        return length > 0;
}

void leaf_kill(const struct cgroup_leaf *leaf)
{
        if (leaf->dir >= 0)
                write_text(leaf->dir, "cgroup.kill", "1");
}

void leaf_remove(struct cgroup_leaf *leaf)
{
        if (leaf->dir < 0)
                return;
        SYS_CALL(unlinkat, leaf->parent, leaf->name, AT_REMOVEDIR);
        leaf->dir = fd_close(leaf->dir);
        leaf->parent = fd_close(leaf->parent);
}

/* ---- what it says ------------------------------------------------------------------------------------------------------ */

static uint64_t read_number(int dir, const char *file, const char *name)
{
        char text[2048];
        cleanup_fd int fd = SYS_CALL(openat, dir, file, O_RDONLY | O_CLOEXEC);
        int got = fd < 0 ? fd : SYS_CALL(read, fd, text, sizeof(text) - 1);
        uint64_t value = 0;

        text[got > 0 ? got : 0] = '\0';
        const char *at = strstr(text, name);
        return at && sscanf(at + strlen(name), "%" SCNu64, &value) == 1 ? value : 0;
}

void leaf_account(const struct cgroup_leaf *leaf, struct cgroup_account *out)
{
        *out = (struct cgroup_account){0};
        if (leaf->dir < 0)
                return;
        out->user_ns = read_number(leaf->dir, "cpu.stat", "user_usec ") * 1000;
        out->system_ns = read_number(leaf->dir, "cpu.stat", "system_usec ") * 1000;
        out->memory_peak = read_number(leaf->dir, "memory.peak", "");
        out->oom_kills = read_number(leaf->dir, "memory.events", "\noom_kill ");
}
