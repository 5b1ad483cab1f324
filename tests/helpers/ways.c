/* Random calls on a small tree in the working directory, as raw system calls: ways SEED COUNT. What a seed does is the same
 * wherever it is run, so that the results by one transport can be compared with those by another. Prints one line for each. */
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "tests/helpers/show.h"

#define PICK(list) list[number(sizeof(list) / sizeof(list[0]))]

static uint64_t state;
static int dirfds[6];
static char longer[300], endless[PATH_MAX + 8], here[PATH_MAX];

static unsigned number(size_t below)
{
        state = state * 6364136223846793005u + 1442695040888963407u;
        return (unsigned)((state >> 33) % below);
}

/* ---- paths ------------------------------------------------------------------------------------------------------- */

static const char *const names[] = {"a",    "b",     "dir",  "file", "link",  "dirlink", "outlink", "dangling", "loop",
                                    "x.no", "x.hid", "m.mk", "no",   "hid",   "sub",     ".",       "..",       "t.csv",
                                    "dir",  "file",  "sub",  "a",    "notes", "shut",    "",        "exe"};

static void make_path(char out[2 * PATH_MAX])
{
        unsigned kind = number(60), depth = 1 + number(3);
        size_t at = 0;

        out[0] = '\0';
        if (kind == 0)
                return;
        if (kind == 1 || kind == 2) {
                strcpy(out, kind == 1 ? longer : endless);
                return;
        }
        if (kind == 3) {
                sprintf(out, "/proc/self/fd/%d", dirfds[number(4)]);
                at = strlen(out);
                out[at++] = '/';
        } else if (kind < 16) {
                at = (size_t)sprintf(out, "%s/", here);
        } else if (kind == 16) {
                at = (size_t)sprintf(out, "/proc/self/");
        }
        for (unsigned i = 0; i < depth; i++)
                at += (size_t)sprintf(out + at, "%s%s", i ? "/" : "", PICK(names));
        if (number(8) == 0)
                strcpy(out + at, number(3) ? "/" : "/.");
}

static void show_path(const char *path)
{
        size_t length = strlen(path), base = strlen(here);
        if (strncmp(path, here, base) == 0)
                printf(" HERE%s", path + base);
        else if (length > 100)
                printf(" (%zu bytes)", length);
        else if (strncmp(path, "/proc/self/fd/", 14) == 0) /* which have other numbers from way to way */
                printf(" /proc/self/fd/N%s", path + 14 + strspn(path + 14, "0123456789"));
        else
                printf(" '%s'", path);
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static void show_result(long r)
{
        printf(": %s\n", r < 0 ? errno_name(errno) : r == 0 ? "0" : "more");
}

static void show_stat(long r, const struct stat *st)
{
        if (r < 0)
                printf(": %s\n", errno_name(errno));
        else
                printf(": %ld mode=%o size=%lld owner=%u:%u\n", r, (unsigned)st->st_mode,
                       S_ISREG(st->st_mode) ? (long long)st->st_size : 0LL, st->st_uid, st->st_gid);
}

static void opens(int at, const char *path)
{
        static const int flags[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY | O_DIRECTORY, O_RDWR | O_CREAT, O_WRONLY | O_CREAT | O_EXCL,
                                    O_RDONLY | O_CREAT, O_WRONLY | O_TRUNC, O_RDONLY | O_TRUNC, O_RDWR | O_TMPFILE, O_RDONLY | O_TMPFILE,
                                    O_DIRECTORY | O_CREAT, O_RDONLY | O_NOFOLLOW, O_WRONLY | O_CREAT | O_NOFOLLOW, O_ACCMODE, 0x40000000};
        static const int more[] = {0, 0, O_CLOEXEC, O_APPEND, O_NONBLOCK, O_NOFOLLOW, O_EXCL, O_SYNC, O_NOCTTY};
        static const mode_t modes[] = {0644, 0600, 0777, 04755, 01777, 0170644};
        static const uint64_t resolves[] = {0, RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV, 1u << 30};
        int f = PICK(flags) | PICK(more);
        mode_t mode = PICK(modes);
        long fd;

        switch (number(4)) {
        case 0: {
                struct open_how how = {.flags = (unsigned)f, .mode = f & (O_CREAT | O_TMPFILE) ? mode : 0, .resolve = PICK(resolves)};
                static const size_t sizes[] = {sizeof(how), sizeof(how), sizeof(how), 8, 5000};
                printf(" how %x %llx", (unsigned)f, (unsigned long long)how.resolve);
                fd = syscall(SYS_openat2, at, path, &how, PICK(sizes));
                break;
        }
#ifdef SYS_open
        case 1:
                printf(" open %x", (unsigned)f);
                fd = syscall(SYS_open, path, f, mode);
                break;
        case 2:
                if (number(4) == 0) {
                        printf(" creat");
                        fd = syscall(SYS_creat, path, mode);
                        break;
                }
                __attribute__((fallthrough));
#endif
        default:
                printf(" openat %x %o", (unsigned)f, mode);
                fd = syscall(SYS_openat, at, path, f, mode);
        }
        if (fd < 0) {
                printf(": %s\n", errno_name(errno));
                return;
        }
        printf(": flags=%x cloexec=%d", (unsigned)fcntl((int)fd, F_GETFL) & (unsigned)SHOWN_FLAGS, fcntl((int)fd, F_GETFD));
        show_file((int)fd);
        printf("\n");
        if ((fcntl((int)fd, F_GETFL) & O_ACCMODE) != O_RDONLY && number(2) == 0 && write((int)fd, "written", 7) < 0)
                printf("cannot write: %s\n", errno_name(errno));
        close((int)fd);
}

static void looks(int at, const char *path)
{
        static const int flags[] = {0, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_NO_AUTOMOUNT, 0x8000, AT_EACCESS};
        static const int modes[] = {F_OK, R_OK, W_OK, X_OK, R_OK | W_OK, 8};
        static const int rooms[] = {200, 200, 4096, 5000, 3, 0, -1};
        char text[6000] = "";
        struct stat st = {0};
        struct statx stx = {0};
        int f = PICK(flags), mode = PICK(modes), room = PICK(rooms);
        long r;

        switch (number(9)) {
        case 0:
                printf(" faccessat2 %x %d", (unsigned)f, mode);
                show_result(syscall(SYS_faccessat2, at, path, mode, f));
                break;
        case 1:
                printf(" faccessat %d", mode);
                show_result(syscall(SYS_faccessat, at, path, mode));
                break;
        case 2:
                printf(" readlinkat %d", room);
                r = syscall(SYS_readlinkat, at, path, text, room);
                printf(": %s\n", r < 0 ? errno_name(errno) : strncmp(path, "/proc", 5) ? text : "text");
                break;
        case 3:
                printf(" statx %x", (unsigned)f);
                r = syscall(SYS_statx, at, path, f, STATX_BASIC_STATS, &stx);
                printf(": %s %o\n", r < 0 ? errno_name(errno) : "0", r < 0 ? 0u : (unsigned)stx.stx_mode);
                break;
#ifdef SYS_stat
        case 4:
                printf(" stat");
                show_stat(syscall(SYS_stat, path, &st), &st);
                break;
        case 5:
                printf(" lstat");
                show_stat(syscall(SYS_lstat, path, &st), &st);
                break;
        case 6:
                printf(" access %d", mode);
                show_result(syscall(SYS_access, path, mode));
                break;
        case 7:
                printf(" readlink %d", room);
                r = syscall(SYS_readlink, path, text, room);
                printf(": %s\n", r < 0 ? errno_name(errno) : strncmp(path, "/proc", 5) ? text : "text");
                break;
#endif
        default:
                printf(" newfstatat %x", (unsigned)f);
                show_stat(syscall(SYS_newfstatat, at, path, &st, f), &st);
        }
}

static void changes(int at, const char *path)
{
        static const unsigned flags[] = {0, 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT, 0x100};
        static const int removes[] = {0, 0, AT_REMOVEDIR, 0x8000};
        static const mode_t modes[] = {0755, 0700, 01777, 02755};
        char other[2 * PATH_MAX];
        int to = PICK(dirfds), remove = PICK(removes);
        unsigned f = PICK(flags);
        mode_t mode = PICK(modes);

        switch (number(8)) {
        case 0:
                printf(" unlinkat %x", (unsigned)remove);
                show_result(syscall(SYS_unlinkat, at, path, remove));
                break;
        case 1:
        case 2:
                make_path(other);
                printf(" renameat2 %x", f);
                show_path(other);
                show_result(syscall(SYS_renameat2, at, path, to, other, f));
                break;
#ifdef SYS_rename
        case 3:
                make_path(other);
                printf(number(2) ? " rename" : " renameat");
                show_path(other);
                show_result(number(2) ? syscall(SYS_rename, path, other) : syscall(SYS_renameat, at, path, to, other));
                break;
        case 4:
                printf(" unlink");
                show_result(syscall(SYS_unlink, path));
                break;
        case 5:
                printf(" rmdir");
                show_result(syscall(SYS_rmdir, path));
                break;
        case 6:
                printf(" mkdir %o", mode);
                show_result(syscall(SYS_mkdir, path, mode));
                break;
#endif
        default:
                printf(" mkdirat %o", mode);
                show_result(syscall(SYS_mkdirat, at, path, mode));
        }
}

int main(int argc, char **argv)
{
        char path[2 * PATH_MAX];

        if (argc < 3 || !getcwd(here, sizeof(here)))
                return 2;
        state = strtoull(argv[1], NULL, 10) * 2 + 1;
        memset(longer, 'l', sizeof(longer) - 1);
        memset(endless, '/', sizeof(endless) - 1);
        umask(022);
        dirfds[0] = open(".", O_RDONLY | O_DIRECTORY);
        dirfds[1] = open("dir", O_RDONLY | O_DIRECTORY);
        dirfds[2] = open("file", O_RDONLY);
        dirfds[3] = open("/dev/null", O_RDWR);
        dirfds[4] = 77;
        dirfds[5] = AT_FDCWD;
        for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
                unsigned what = number(10);
                int which = number(3) ? 5 : (int)number(5);
                make_path(path);
                printf("%d", which);
                show_path(path);
                if (what < 4)
                        opens(dirfds[which], path);
                else if (what < 7)
                        looks(dirfds[which], path);
                else
                        changes(dirfds[which], path);
        }
        return 0;
}
