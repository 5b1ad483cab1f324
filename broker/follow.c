#include "broker/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

struct followed {
        char *path, *name;
        unsigned source;
};

struct follow {
        struct followed *files; /* sorted by path */
        size_t count;
        int sources[PLAN_SOURCES_MOST]; /* O_PATH; FD_NONE: it could not be had */
};

struct follow *follow_new(const struct plan *plan)
{
        struct follow *f = calloc(1, sizeof(*f));
        size_t count = plan ? plan->follow_count : 0;

        for (unsigned i = 0; f && i < PLAN_SOURCES_MOST; i++)
                f->sources[i] = FD_NONE;
        if (f)
                f->files = calloc(count + 1, sizeof(*f->files));
        if (!f || !f->files)
                return follow_free(f);
        for (; f->count < count; f->count++) {
                const struct plan_follow *from = &plan->follows[f->count];
                struct followed *file = &f->files[f->count];
                *file = (struct followed){strdup(from->path), strdup(from->name), from->source};
                if (!file->path || !file->name) {
                        f->count++;
                        return follow_free(f);
                }
        }
        return f;
}

struct follow *follow_free(struct follow *f)
{
        if (!f)
                return NULL;
        for (size_t i = 0; i < f->count; i++) {
                free(f->files[i].path);
                free(f->files[i].name);
        }
        for (unsigned i = 0; i < PLAN_SOURCES_MOST; i++)
                fd_close(f->sources[i]);
        free(f->files);
        free(f);
        return NULL;
}

void follow_source(struct follow *f, unsigned number, int directory)
{
        if (number >= PLAN_SOURCES_MOST || f->sources[number] >= 0)
                fd_close(directory);
        else
                f->sources[number] = directory;
}

static int by_path(const void *path, const void *file)
{
        return strcmp(path, ((const struct followed *)file)->path);
}

static int open_name(const struct follow *f, const struct followed *file, uint64_t flags)
{
        struct open_how how = {.flags = flags | O_CLOEXEC,
                               .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
        int fd = (int)syscall(SYS_openat2, f->sources[file->source], file->name, &how, sizeof(how));
        return fd < 0 ? -errno : fd;
}

static bool same(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* What has the name now, where that is not what the view has. It is looked at before anything is opened: opening can truncate. */
static int pin_newer(const struct follow *f, const struct followed *file, const struct view *v, struct stat *st)
{
        struct stat seen;
        cleanup_fd int pin = open_name(f, file, O_PATH | O_NOFOLLOW);
        cleanup_fd int old = view_open(v, file->path, O_PATH, 0);

        if (pin == -EACCES || (pin >= 0 && fstat(pin, st) < 0))
                return FOLLOW_CURRENT; /* its directory is closed to us, if not to the mount */
        if (pin >= 0 && old >= 0 && fstat(old, &seen) == 0 && same(&seen, st))
                return FOLLOW_CURRENT;
        if (pin < 0)
                return pin == -ELOOP || pin == -EXDEV ? -EACCES : pin;
        return S_ISREG(st->st_mode) ? fd_take(&pin) : -EACCES;
}

int follow_open(const struct follow *f, const struct view *v, const char *path, uint64_t flags)
{
        const struct followed *file =
                f->count > 0 ? bsearch(path, f->files, f->count, sizeof(*f->files), by_path) : NULL;
        struct stat pinned, opened;

        if (!file || f->sources[file->source] < 0)
                return FOLLOW_CURRENT;
        cleanup_fd int pin = pin_newer(f, file, v, &pinned);
        if (pin < 0 || (flags & O_PATH))
                return pin < 0 ? pin : fd_take(&pin);
        if (flags & O_DIRECTORY)
                return -ENOTDIR;
        cleanup_fd int fd = open_name(f, file, flags | O_NOFOLLOW);
        if (fd < 0)
                return fd == -ELOOP || fd == -EXDEV ? -EACCES : fd;
        return fstat(fd, &opened) == 0 && same(&pinned, &opened) ? fd_take(&fd) : -EACCES; /* replaced once more, just now */
}

bool follow_path(const struct follow *f, const struct view *v, int fd, char *out, size_t size)
{
        for (size_t i = 0; i < f->count; i++) {
                const struct followed *file = &f->files[i];
                int source = f->sources[file->source];
                if (source < 0 || !view_same_mount(fd, source) || view_path_of(v, fd, out, size) < 0)
                        continue;
                if (strcmp(out + 1, file->name) != 0 || strlen(file->path) >= size)
                        continue;
                strcpy(out, file->path);
                return true;
        }
        return false;
}
