/* The directories of a git work tree.
 *
 * Whoever can write in a work tree chooses what its `.git` says: a file `gitdir: ~/.ssh` would make a sandbox's own files
 * of somebody's keys. So names from there are believed only where the other side, in which the work tree's programs cannot
 * write, says the same: COMMON/worktrees/NAME/gitdir leads back, and its commondir leads up. Nothing on the way is a link,
 * everything belongs to the owner of the work tree, and the top of the directories has no links either, since rules name what
 * lies in them. */
#include "lib/git.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define ENTRIES_MOST 4096u

struct looking {
        struct policy_git *out;
        const char *repo;
        uid_t owner; /* of the work tree */
};

__attribute__((format(printf, 2, 3))) static int refuse(struct looking *l, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        vsnprintf(l->out->why, sizeof(l->out->why), format, args);
        va_end(args);
        return -EPERM;
}

/* A directory of the owner's, with no link on the way. */
static int directory_open(struct looking *l, const char *path)
{
        struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
        struct stat st;
        int cleanup_fd fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
        if (fd < 0 && errno == ELOOP)
                return refuse(l, "there is a symbolic link in %.400s", path);
        if (fd < 0)
                return refuse(l, "%.400s cannot be opened as a directory", path);
        if (fstat(fd, &st) < 0 || st.st_uid != l->owner)
                return refuse(l, "%.400s does not belong to the owner of the work tree", path);
        return fd_take(&fd);
}

/* ---- the files that name directories ------------------------------------------------------------------------------ */

/* The one line of a small file, less `prefix`. */
static int line_read(struct looking *l, int directory, const char *name, const char *prefix, char line[PATH_MAX])
{
        char text[PATH_MAX + 16];
        struct stat st;
        size_t skip = strlen(prefix);
        int cleanup_fd fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return refuse(l, "there is no plain file '%s' in it that can be read", name);
        if (st.st_uid != l->owner)
                return refuse(l, "the file '%s' in it does not belong to the owner of the work tree", name);
        ssize_t size = read(fd, text, sizeof(text) - 1);
        while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
                size--;
        if (size <= (ssize_t)skip || size - (ssize_t)skip >= PATH_MAX || memcmp(text, prefix, skip) != 0)
                return refuse(l, "the file '%s' is not one that git writes", name);
        for (ssize_t i = 0; i < size; i++) {
                if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
                        return refuse(l, "the file '%s' is not one that git writes", name);
        }
        memcpy(line, text + skip, (size_t)size - skip);
        line[(size_t)size - skip] = '\0';
        return 0;
}

/* `path`, seen from `base`, as an absolute path without "." and ".."; right where there is no link on the way, which is
 * seen when it is opened. */
static int tidy(struct looking *l, const char *base, const char *path, char out[PATH_MAX])
{
        char whole[2 * PATH_MAX];
        size_t length = 0, size;
        snprintf(whole, sizeof(whole), "%s/%s", path[0] == '/' ? "" : base, path);
        for (const char *at = whole; *(at += strspn(at, "/")); at += size) {
                size = strcspn(at, "/");
                if (size == 1 && at[0] == '.')
                        continue;
                if (size == 2 && at[0] == '.' && at[1] == '.') {
                        while (length > 0 && out[--length] != '/')
                                ;
                        continue;
                }
                if (length + 1 + size >= PATH_MAX)
                        return refuse(l, "a path in it is too long");
                out[length++] = '/';
                memcpy(out + length, at, size);
                length += size;
        }
        if (length == 0)
                out[length++] = '/';
        out[length] = '\0';
        return 0;
}

/* Whether the file `name` in `directory`, which is at `path`, names `wanted`. */
static int names(struct looking *l, int directory, const char *path, const char *name, const char *wanted)
{
        char line[PATH_MAX], found[PATH_MAX];
        int r = line_read(l, directory, name, "", line);
        if (r == 0)
                r = tidy(l, path, line, found);
        if (r == 0 && strcmp(found, wanted) != 0)
                return refuse(l, "the file '%s' in %.200s does not lead to %.200s", name, path, wanted);
        return r;
}

/* ---- directories -------------------------------------------------------------------------------------------------- */

/* For file systems that do not say so in the listing; in doubt it is one. */
static bool is_link(int directory, const char *name)
{
        struct stat st;
        return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISLNK(st.st_mode);
}

/* No name directly in it is a link. */
static int no_links(struct looking *l, int directory, const char *name)
{
        unsigned count = 0;
        int r = 0, fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : refuse(l, "'%s' in it cannot be read as a directory", name);
        DIR *dir = fdopendir(fd);
        if (!dir) {
                fd_close(fd);
                return -ENOMEM;
        }
        for (const struct dirent *e; r == 0 && (e = readdir(dir));) {
                if (++count > ENTRIES_MOST)
                        r = refuse(l, "there are too many files in it");
                else if (e->d_type == DT_LNK || (e->d_type == DT_UNKNOWN && is_link(fd, e->d_name)))
                        r = refuse(l, "'%.200s' in it is a symbolic link", e->d_name);
        }
        closedir(dir);
        return r;
}

static int tops(struct looking *l, int directory)
{
        static const char *const parts[] = {".", "info", "objects", "objects/info"};
        int r = 0;
        for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(*parts); i++)
                r = no_links(l, directory, parts[i]);
        return r;
}

/* What every repository has. */
static int is_repository(struct looking *l, int directory, const char *path)
{
        static const struct {
                const char *name;
                mode_t type;
        } parts[] = {{"HEAD", S_IFREG}, {"objects", S_IFDIR}, {"refs", S_IFDIR}};
        struct stat st;
        for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
                if (fstatat(directory, parts[i].name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                    (st.st_mode & S_IFMT) != parts[i].type || st.st_uid != l->owner)
                        return refuse(l, "it leads to %.400s, which is no git repository", path);
        }
        return tops(l, directory);
}

/* COMMON/worktrees/NAME to COMMON. */
static int common_of(struct looking *l, const char *path, char out[PATH_MAX])
{
        static const char middle[] = "/worktrees";
        const char *slash = strrchr(path, '/');
        size_t length = (size_t)(slash - path), size = sizeof(middle) - 1;
        if (length <= size || memcmp(slash - size, middle, size) != 0)
                return refuse(l, "it leads to %.400s, which is not where git keeps a linked work tree", path);
        memcpy(out, path, length - size);
        out[length - size] = '\0';
        return 0;
}

static int linked(struct looking *l, int repo)
{
        char line[PATH_MAX], path[PATH_MAX], common[PATH_MAX];
        int r = line_read(l, repo, ".git", "gitdir: ", line);
        if (r == 0)
                r = tidy(l, l->repo, line, path);
        if (r == 0)
                r = common_of(l, path, common);
        if (r < 0)
                return r;
        int cleanup_fd own = directory_open(l, path);
        if (own < 0)
                return own;
        int cleanup_fd shared = directory_open(l, common);
        if (shared < 0)
                return shared;
        r = names(l, own, path, "gitdir", l->out->file);
        if (r == 0)
                r = names(l, own, path, "commondir", common);
        if (r == 0)
                r = no_links(l, own, ".");
        if (r == 0)
                r = is_repository(l, shared, common);
        if (r < 0)
                return r;
        memcpy(l->out->dir, path, sizeof(path));
        memcpy(l->out->common, common, sizeof(common));
        return 0;
}

int git_directories(void *ctx, const char *repo, struct policy_git *out)
{
        struct looking l = {.out = out, .repo = repo};
        struct stat st;
        (void)ctx;
        int cleanup_fd fd = open(repo, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return 0; /* not there, or not to be seen: what would be in it is all there is to say */
        l.owner = st.st_uid;
        if (fstatat(fd, ".git", &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : refuse(&l, "it cannot be looked at");
        if (S_ISLNK(st.st_mode)) {
                out->file[0] = '\0'; /* a rule about it would be one about the place it leads to */
                return refuse(&l, "it is a symbolic link");
        }
        if (S_ISDIR(st.st_mode)) {
                int cleanup_fd own = directory_open(&l, out->dir);
                int r = own < 0 ? own : tops(&l, own);
                if (r < 0)
                        memcpy(out->file, out->dir, sizeof(out->file)); /* read-only, as a whole */
                return r;
        }
        memcpy(out->file, out->dir, sizeof(out->file));
        return S_ISREG(st.st_mode) ? linked(&l, fd) : refuse(&l, "it is neither a directory nor a file");
}
