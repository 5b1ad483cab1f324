/* A long list of calls that look at metadata, as raw system calls, in the working directory. Prints one line for each; a
 * sandbox that keeps their meaning changes none of them. Needs an empty writable directory. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "tests/helpers/show.h"

static int dir, odir, file;
static char longer[300], endless[PATH_MAX + 2];

static void prepare(void)
{
        memset(longer, 'l', sizeof(longer) - 1);
        memset(endless, '/', sizeof(endless) - 1);
        put_file("file", "hello\n", 0644);
        put_file("closed", "secret\n", 0);
        put_file("program", "#!/bin/sh\n", 0755);
        put_file("dir-x", "", 0644);
        if (mkdir("dir", 0750) || mkdir("shut", 0) || symlink("file", "link") || symlink("dir", "dirlink") ||
            symlink("nowhere", "dangling") || symlink("loop", "loop") || mkfifo("fifo", 0600) || link("file", "dir/second"))
                printf("cannot prepare: %s\n", errno_name(errno));
        dir = open("dir", O_RDONLY | O_DIRECTORY);
        odir = open("dir", O_PATH | O_DIRECTORY);
        file = open("file", O_RDWR);
        if (setxattr("file", "user.a", "one", 3, 0) || setxattr("file", "user.bb", "", 0, 0))
                printf("no attributes: %s\n", errno_name(errno));
}

/* ---- stat -------------------------------------------------------------------------------------------------------- */

static void show_stat(const char *label, long result, const struct stat *st)
{
        if (result < 0) {
                printf("%s: %s\n", label, errno_name(errno));
                return;
        }
        printf("%s: %ld mode=%o links=%u size=%lld owner=%s%s type=%u times=%d\n", label, result, (unsigned)st->st_mode,
               S_ISDIR(st->st_mode) ? 0 : (unsigned)st->st_nlink, S_ISREG(st->st_mode) ? (long long)st->st_size : 0LL,
               st->st_uid == getuid() ? "me" : "other", st->st_gid == getgid() ? "" : ", other group",
               (unsigned)st->st_rdev, st->st_mtim.tv_sec > 1000000000);
}

static void stat_at(const char *label, int at, const char *path, int flags)
{
        struct stat st;
        memset(&st, 0, sizeof(st));
        show_stat(label, syscall(SYS_newfstatat, at, path, &st, flags), &st);
}

static void stats(void)
{
        stat_at("stat file", AT_FDCWD, "file", 0);
        stat_at("stat link", AT_FDCWD, "link", 0);
        stat_at("lstat link", AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW);
        stat_at("stat dirlink/second", AT_FDCWD, "dirlink/second", AT_SYMLINK_NOFOLLOW);
        stat_at("lstat dirlink/", AT_FDCWD, "dirlink/", AT_SYMLINK_NOFOLLOW);
        stat_at("stat file/", AT_FDCWD, "file/", 0);
        stat_at("stat link/", AT_FDCWD, "link/", 0);
        stat_at("stat dir/../file", AT_FDCWD, "dir/../file", 0);
        stat_at("stat missing/../file", AT_FDCWD, "missing/../file", 0);
        stat_at("stat file/x", AT_FDCWD, "file/x", 0);
        stat_at("stat missing", AT_FDCWD, "missing", 0);
        stat_at("stat dangling", AT_FDCWD, "dangling", 0);
        stat_at("lstat dangling", AT_FDCWD, "dangling", AT_SYMLINK_NOFOLLOW);
        stat_at("stat loop", AT_FDCWD, "loop", 0);
        stat_at("stat shut/x", AT_FDCWD, "shut/x", 0);
        stat_at("stat closed", AT_FDCWD, "closed", 0);
        stat_at("stat fifo", AT_FDCWD, "fifo", 0);
        stat_at("stat empty", AT_FDCWD, "", 0);
        stat_at("stat empty, at cwd", AT_FDCWD, "", AT_EMPTY_PATH);
        stat_at("stat dot", AT_FDCWD, ".", 0);
        stat_at("stat dirfd", dir, "second", 0);
        stat_at("stat dirfd itself", dir, "", AT_EMPTY_PATH);
        stat_at("stat path dirfd", odir, "second", 0);
        stat_at("stat path dirfd itself", odir, "", AT_EMPTY_PATH);
        stat_at("stat descriptor", file, "", AT_EMPTY_PATH);
        stat_at("stat below a file", file, "x", 0);
        stat_at("stat bad dirfd", 77, "x", 0);
        stat_at("stat bad flags", AT_FDCWD, "file", 0x8000);
        stat_at("stat long name", AT_FDCWD, longer, 0);
        stat_at("stat endless", AT_FDCWD, endless, 0);
        stat_at("stat no pointer", AT_FDCWD, NULL, 0);
        printf("stat to nowhere: %ld %s\n", syscall(SYS_newfstatat, AT_FDCWD, "file", (void *)8, 0), errno_name(errno));
#ifdef SYS_stat
        struct stat st;
        show_stat("old stat", syscall(SYS_stat, "link", &st), &st);
        show_stat("old lstat", syscall(SYS_lstat, "link", &st), &st);
        show_stat("old stat missing", syscall(SYS_stat, "missing", &st), &st);
#endif
}

static void statx_at(const char *label, int at, const char *path, int flags, unsigned mask)
{
        struct statx st;
        memset(&st, 0, sizeof(st));
        long r = syscall(SYS_statx, at, path, flags, mask, &st);
        if (r < 0)
                printf("%s: %s\n", label, errno_name(errno));
        else
                printf("%s: mode=%o size=%lld owner=%s links=%u mask=%x\n", label, st.stx_mode,
                       (st.stx_mode & S_IFMT) == S_IFREG ? (long long)st.stx_size : 0LL,
                       st.stx_uid == getuid() ? "me" : "other", (st.stx_mode & S_IFMT) == S_IFDIR ? 0 : st.stx_nlink,
                       st.stx_mask & mask);
}

static void statxes(void)
{
        statx_at("statx", AT_FDCWD, "file", 0, STATX_BASIC_STATS);
        statx_at("statx link", AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME);
        statx_at("statx descriptor", file, "", AT_EMPTY_PATH, STATX_SIZE);
        statx_at("statx force", AT_FDCWD, "file", AT_STATX_FORCE_SYNC, STATX_SIZE);
        statx_at("statx both syncs", AT_FDCWD, "file", AT_STATX_SYNC_TYPE, STATX_SIZE);
        statx_at("statx bad flags", AT_FDCWD, "file", 0x8000, STATX_SIZE);
        statx_at("statx bad mask", AT_FDCWD, "file", 0, 0x80000000u);
        statx_at("statx missing", dir, "missing", 0, STATX_SIZE);
}

/* ---- access ------------------------------------------------------------------------------------------------------ */

static void access_at(const char *label, int at, const char *path, int mode, int flags)
{
        long r = syscall(SYS_faccessat2, at, path, mode, flags);
        printf("%s: %s\n", label, r < 0 ? errno_name(errno) : "yes");
}

static void accesses(void)
{
        static const int modes[] = {F_OK, R_OK, W_OK, X_OK, R_OK | W_OK, R_OK | X_OK, 8};
        static const char *const paths[] = {"file", "closed", "program", "dir", "shut", "shut/x", "link", "dangling",
                                            "missing", "loop", "file/x", "/dev/null"};
        char label[64];

        for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++)
                for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
                        snprintf(label, sizeof(label), "access %s %d", paths[p], modes[m]);
                        access_at(label, AT_FDCWD, paths[p], modes[m], 0);
                }
        access_at("effective", AT_FDCWD, "closed", R_OK, AT_EACCESS);
        access_at("nofollow", AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW);
        access_at("descriptor", file, "", R_OK, AT_EMPTY_PATH);
        access_at("dirfd", dir, "second", W_OK, 0);
        access_at("bad flags", dir, "second", W_OK, 0x8000);
        printf("faccessat: %ld\n", syscall(SYS_faccessat, dir, "second", R_OK));
#ifdef SYS_access
        printf("access: %ld\n", syscall(SYS_access, "program", X_OK));
        printf("access: %ld %s\n", syscall(SYS_access, "missing", F_OK), errno_name(errno));
#endif
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

static void readlink_at(const char *label, int at, const char *path, int room)
{
        char text[PATH_MAX];
        memset(text, '.', sizeof(text));
        text[8] = '\0';
        long r = syscall(SYS_readlinkat, at, path, text, room);
        if (r >= 0)
                text[r] = '\0';
        printf("%s: %s\n", label, r < 0 ? errno_name(errno) : text);
}

static void links(void)
{
        char path[64], text[PATH_MAX], pid[16];

        readlink_at("readlink", AT_FDCWD, "link", 100);
        readlink_at("readlink cut", AT_FDCWD, "link", 2);
        readlink_at("readlink no room", AT_FDCWD, "link", 0);
        readlink_at("readlink negative", AT_FDCWD, "link", -1);
        readlink_at("readlink file", AT_FDCWD, "file", 100);
        readlink_at("readlink missing", AT_FDCWD, "missing", 100);
        readlink_at("readlink empty", AT_FDCWD, "", 100);
        readlink_at("readlink dir's", dir, "../dangling", 100);
        readlink_at("readlink through", AT_FDCWD, "dirlink/../link", 100);
        readlink_at("readlink below a file", AT_FDCWD, "file/x", 100);
        readlink_at("readlink of a descriptor", file, "", 100);
        printf("readlink to nowhere: %ld %s\n", syscall(SYS_readlinkat, AT_FDCWD, "link", 8L, 10L), errno_name(errno));
#ifdef SYS_readlink
        ssize_t old = syscall(SYS_readlink, "dirlink", text, sizeof(text));
        printf("old readlink: %.*s\n", (int)(old > 0 ? old : 0), text);
#endif
        ssize_t n = readlink("/proc/self", text, sizeof(text) - 1);
        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        text[n > 0 ? n : 0] = '\0';
        printf("proc self: %d\n", strcmp(text, pid) == 0);
        n = readlink("/proc/thread-self", text, sizeof(text) - 1);
        text[n > 0 ? n : 0] = '\0';
        snprintf(path, sizeof(path), "%d/task/%d", (int)getpid(), (int)gettid());
        printf("proc thread-self: %d\n", strcmp(text, path) == 0);
        char here[PATH_MAX];
        n = readlink("/proc/self/cwd", text, sizeof(text) - 1);
        text[n > 0 ? n : 0] = '\0';
        printf("proc self cwd: %d\n", getcwd(here, sizeof(here)) && strcmp(text, here) == 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
        n = readlink(path, text, sizeof(text) - 1);
        text[n > 0 ? n : 0] = '\0';
        printf("a descriptor's link: %s\n", strrchr(text, '/') ? strrchr(text, '/') : text);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
        stat_at("stat a descriptor's link", AT_FDCWD, path, 0);
        snprintf(path, sizeof(path), "/dev/fd/%d", file);
        stat_at("stat by /dev/fd", AT_FDCWD, path, 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d/second", dir);
        stat_at("stat through a descriptor's link", AT_FDCWD, path, 0);
        stat_at("stat no such descriptor", AT_FDCWD, "/proc/self/fd/99", 0);
        printf("realpath: %d\n", realpath("dirlink/second", text) && realpath("dir", here) &&
                                         !strncmp(text, here, strlen(here)) && !strcmp(text + strlen(here), "/second"));
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static void attributes(void)
{
        char value[64] = "";
        static const char *const names[] = {"user.a", "user.bb", "user.none", "", "nonsense"};

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                long r = syscall(SYS_getxattr, "link", names[i], value, sizeof(value) - 1);
                printf("getxattr %s: %ld %s\n", names[i], r, r < 0 ? errno_name(errno) : r > 0 ? "some" : "empty");
        }
        printf("getxattr size: %ld\n", syscall(SYS_getxattr, "file", "user.a", NULL, 0));
        printf("getxattr small: %ld %s\n", syscall(SYS_getxattr, "file", "user.a", value, 1), errno_name(errno));
        printf("getxattr nowhere: %ld %s\n", syscall(SYS_getxattr, "file", "user.a", (void *)8, 3), errno_name(errno));
        printf("lgetxattr: %ld %s\n", syscall(SYS_lgetxattr, "link", "user.a", value, 3), errno_name(errno));
        printf("listxattr size: %d\n", syscall(SYS_listxattr, "file", NULL, 0) >= 15);
        printf("listxattr small: %ld %s\n", syscall(SYS_listxattr, "file", value, 1), errno_name(errno));
        long n = syscall(SYS_listxattr, "link", value, sizeof(value));
        printf("listxattr: %d\n", n >= 15 && memmem(value, (size_t)n, "user.a", 7) && memmem(value, (size_t)n, "user.bb", 8));
        printf("llistxattr: %d\n", syscall(SYS_llistxattr, "file", value, sizeof(value)) == n);
        printf("listxattr missing: %ld %s\n", syscall(SYS_listxattr, "missing", value, sizeof(value)), errno_name(errno));
}

static void watches(void)
{
        struct statfs a, b;
        char event[512];
        int in = inotify_init1(IN_NONBLOCK);
        int wd = (int)syscall(SYS_inotify_add_watch, in, "dir", IN_CREATE);

        printf("watch: %d\n", wd);
        printf("again: %d\n", (int)syscall(SYS_inotify_add_watch, in, "dirlink", IN_CREATE | IN_DELETE) == wd);
        put_file("dir/fresh", "", 0600);
        ssize_t n = read(in, event, sizeof(event));
        printf("event: %d %s\n", n >= (ssize_t)sizeof(struct inotify_event),
               n > 0 ? ((struct inotify_event *)(void *)event)->name : errno_name(errno));
        printf("only directories: %ld %s\n", syscall(SYS_inotify_add_watch, in, "file", IN_CREATE | IN_ONLYDIR),
               errno_name(errno));
        printf("closed: %ld %s\n", syscall(SYS_inotify_add_watch, in, "closed", IN_OPEN), errno_name(errno));
        printf("missing: %ld %s\n", syscall(SYS_inotify_add_watch, in, "missing", IN_OPEN), errno_name(errno));
        printf("nothing: %ld %s\n", syscall(SYS_inotify_add_watch, in, "file", 0), errno_name(errno));
        printf("no inotify: %ld %s\n", syscall(SYS_inotify_add_watch, file, "file", IN_OPEN), errno_name(errno));
        printf("bad descriptor: %ld %s\n", syscall(SYS_inotify_add_watch, 77, "file", IN_OPEN), errno_name(errno));
        printf("removed: %d\n", inotify_rm_watch(in, wd));
        printf("statfs: %d\n", syscall(SYS_statfs, "link", &a) == 0 && fstatfs(file, &b) == 0 && a.f_type == b.f_type &&
                                       a.f_bsize == b.f_bsize && a.f_blocks == b.f_blocks);
        printf("statfs missing: %ld %s\n", syscall(SYS_statfs, "missing", &a), errno_name(errno));
}

/* O_PATH as far as a descriptor for reading can stand in for it. */
static void places(void)
{
        stat_at("by a path descriptor", odir, "second", 0);
        int fd = open("file", O_PATH), gone = open("missing", O_PATH);
        printf("path of a file: %d, of none: %s\n", fd >= 0, gone < 0 ? errno_name(errno) : "there");
        show_file(dir);
        printf("\nchdir: %d\n", fchdir(odir));
        stat_at("after fchdir", AT_FDCWD, "second", 0);
        printf("opened again: %d\n", chmod("../shut", 0755));
}

int main(void)
{
        setvbuf(stdout, NULL, _IOLBF, 0);
        umask(022);
        prepare();
        stats();
        statxes();
        accesses();
        links();
        attributes();
        watches();
        places();
        return 0;
}
