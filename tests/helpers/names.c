/* A long list of calls that make, move and remove names and change metadata, as raw system calls, in the working directory.
 * Prints one line for each, and then the tree that came of it; a sandbox that keeps the meaning of these calls changes none of
 * them. Needs an empty writable directory. */
#include <linux/fs.h>
#include <dirent.h>
#include <stdint.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

#include "tests/helpers/show.h"

static int dir, odir, file, rdonly_file, wronly;
static char longer[300], endless[PATH_MAX + 2];

static void report(const char *label, long result)
{
        printf("%s: %s\n", label, result < 0 ? errno_name(errno) : result == 0 ? "0" : "odd");
}

#define TRY(call, ...) report(#call " " #__VA_ARGS__, syscall(SYS_##call, __VA_ARGS__))

static void prepare(void)
{
        memset(longer, 'l', sizeof(longer) - 1);
        memset(endless, '/', sizeof(endless) - 1);
        put_file("file", "hello\n", 0644);
        put_file("other", "other\n", 0644);
        if (mkdir("dir", 0755) || mkdir("full", 0755) || symlink("file", "link") || symlink("dir", "dirlink") ||
            symlink("nowhere", "dangling") || symlink("loop", "loop") || symlink("missing/x", "far"))
                printf("cannot prepare: %s\n", errno_name(errno));
        put_file("full/inner", "inner\n", 0644);
        dir = open("dir", O_RDONLY | O_DIRECTORY);
        odir = open("dir", O_PATH | O_DIRECTORY);
        file = open("file", O_RDWR);
        rdonly_file = open("file", O_RDONLY);
        wronly = open("other", O_WRONLY);
        if (dir < 0 || odir < 0 || file < 0 || rdonly_file < 0 || wronly < 0)
                printf("cannot open: %s\n", errno_name(errno));
}

/* ---- new names --------------------------------------------------------------------------------------------------- */

static void making(void)
{
        umask(022);
        TRY(mkdirat, AT_FDCWD, "d1", 0777);
        TRY(mkdirat, AT_FDCWD, "d1", 0777);
        TRY(mkdirat, AT_FDCWD, "d2/", 0700);
        TRY(mkdirat, AT_FDCWD, "./d3//", 01777);
        TRY(mkdirat, AT_FDCWD, "d4", 02777);
        TRY(mkdirat, AT_FDCWD, "dir/../d5", 0755);
        TRY(mkdirat, AT_FDCWD, "dirlink/d6", 0755);
        TRY(mkdirat, AT_FDCWD, "dirlink/../d7", 0755);
        TRY(mkdirat, dir, "d8", 0755);
        TRY(mkdirat, odir, "d9", 0755);
        TRY(mkdirat, file, "d10", 0755);
        TRY(mkdirat, 77, "d10", 0755);
        TRY(mkdirat, -7, "d10", 0755);
        TRY(mkdirat, AT_FDCWD, "missing/d", 0755);
        TRY(mkdirat, AT_FDCWD, "file/d", 0755);
        TRY(mkdirat, AT_FDCWD, "file", 0755);
        TRY(mkdirat, AT_FDCWD, "file/", 0755);
        TRY(mkdirat, AT_FDCWD, "dangling", 0755);
        TRY(mkdirat, AT_FDCWD, "dangling/", 0755);
        TRY(mkdirat, AT_FDCWD, "dangling/x", 0755);
        TRY(mkdirat, AT_FDCWD, "loop/x", 0755);
        TRY(mkdirat, AT_FDCWD, "", 0755);
        TRY(mkdirat, AT_FDCWD, ".", 0755);
        TRY(mkdirat, AT_FDCWD, "..", 0755);
        TRY(mkdirat, AT_FDCWD, "dir/.", 0755);
        TRY(mkdirat, AT_FDCWD, "/", 0755);
        TRY(mkdirat, AT_FDCWD, longer, 0755);
        TRY(mkdirat, AT_FDCWD, endless, 0755);
        TRY(mkdirat, AT_FDCWD, NULL, 0755);
        umask(077);
        TRY(mkdirat, AT_FDCWD, "masked", 0777);
        TRY(mknodat, AT_FDCWD, "fifo", S_IFIFO | 0666, 0);
        umask(0);
        TRY(mkdirat, AT_FDCWD, "unmasked", 0777);
        TRY(mknodat, AT_FDCWD, "fifo2", S_IFIFO | 0666, 0);
        umask(022);
        TRY(mknodat, AT_FDCWD, "plain", S_IFREG | 0666, 0);
        TRY(mknodat, AT_FDCWD, "plain0", 0640, 0);
        TRY(mknodat, AT_FDCWD, "plain", S_IFREG | 0666, 0);
        TRY(mknodat, AT_FDCWD, "sock", S_IFSOCK | 0666, 0);
        TRY(mknodat, AT_FDCWD, "asdir", S_IFDIR | 0666, 0);
        TRY(mknodat, AT_FDCWD, "slash/", S_IFREG | 0666, 0);
        TRY(symlinkat, "target", AT_FDCWD, "s1");
        TRY(symlinkat, "target", AT_FDCWD, "s1");
        TRY(symlinkat, "/any where/\n", dir, "s2");
        TRY(symlinkat, "", AT_FDCWD, "s3");
        TRY(symlinkat, "x", AT_FDCWD, "");
        TRY(symlinkat, "x", AT_FDCWD, "s4/");
        TRY(symlinkat, "x", AT_FDCWD, "missing/s5");
        TRY(symlinkat, "x", AT_FDCWD, "dangling");
        TRY(symlinkat, endless, AT_FDCWD, "s6");
        TRY(symlinkat, NULL, AT_FDCWD, "s7");
}

/* ---- second names ------------------------------------------------------------------------------------------------ */

static void linking(void)
{
        char path[64];
        int fresh = open("dir", O_RDWR | O_TMPFILE, 0640), closed = open(".", O_WRONLY | O_TMPFILE | O_EXCL, 0600);
        int gone = open("gone", O_RDWR | O_CREAT, 0600);

        unlink("gone");
        TRY(linkat, AT_FDCWD, "file", AT_FDCWD, "l1", 0);
        TRY(linkat, AT_FDCWD, "file", AT_FDCWD, "l1", 0);
        TRY(linkat, AT_FDCWD, "file", dir, "l2", 0);
        TRY(linkat, AT_FDCWD, "link", AT_FDCWD, "l3", 0);
        TRY(linkat, AT_FDCWD, "link", AT_FDCWD, "l4", AT_SYMLINK_FOLLOW);
        TRY(linkat, AT_FDCWD, "dangling", AT_FDCWD, "l5", 0);
        TRY(linkat, AT_FDCWD, "dangling", AT_FDCWD, "l6", AT_SYMLINK_FOLLOW);
        TRY(linkat, AT_FDCWD, "dir", AT_FDCWD, "l7", 0);
        TRY(linkat, AT_FDCWD, ".", AT_FDCWD, "l7", 0);
        TRY(linkat, AT_FDCWD, "missing", AT_FDCWD, "l7", 0);
        TRY(linkat, AT_FDCWD, "file/", AT_FDCWD, "l7", 0);
        TRY(linkat, AT_FDCWD, "file", AT_FDCWD, "l7/", 0);
        TRY(linkat, AT_FDCWD, "file", AT_FDCWD, "missing/l7", 0);
        TRY(linkat, AT_FDCWD, "file", AT_FDCWD, "l7", 0x4000000);
        TRY(linkat, AT_FDCWD, "", AT_FDCWD, "l7", 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fresh);
        report("the unnamed file, by /proc/self/fd", syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
        report("once more", syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, "named2", AT_SYMLINK_FOLLOW));
        snprintf(path, sizeof(path), "/proc/self/fd/%d", closed);
        report("an unnamed file for ever", syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, "n3", AT_SYMLINK_FOLLOW));
        snprintf(path, sizeof(path), "/proc/self/fd/%d", gone);
        report("a removed file", syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, "n4", AT_SYMLINK_FOLLOW));
        snprintf(path, sizeof(path), "/proc/self/fd/%d", rdonly_file);
        report("a file with a name, by /proc/self/fd", syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, "n5", AT_SYMLINK_FOLLOW));
        close(fresh);
        close(closed);
        close(gone);
}

/* ---- moving ------------------------------------------------------------------------------------------------------ */

static void moving(void)
{
        TRY(renameat2, AT_FDCWD, "l1", AT_FDCWD, "m1", 0);
        TRY(renameat2, AT_FDCWD, "l1", AT_FDCWD, "m1", 0);
        TRY(renameat2, dir, "l2", AT_FDCWD, "m2", 0);
        TRY(renameat2, AT_FDCWD, "m2", odir, "m3", 0);
        TRY(renameat2, AT_FDCWD, "plain", AT_FDCWD, "plain0", RENAME_NOREPLACE);
        TRY(renameat2, AT_FDCWD, "plain", AT_FDCWD, "plain1", RENAME_NOREPLACE);
        TRY(renameat2, AT_FDCWD, "plain1", AT_FDCWD, "plain0", 0);
        TRY(renameat2, AT_FDCWD, "plain0", AT_FDCWD, "d1", RENAME_EXCHANGE);
        TRY(renameat2, AT_FDCWD, "plain0", AT_FDCWD, "missing", RENAME_EXCHANGE);
        TRY(renameat2, AT_FDCWD, "plain0", AT_FDCWD, "x", RENAME_EXCHANGE | RENAME_NOREPLACE);
        TRY(renameat2, AT_FDCWD, "plain0", AT_FDCWD, "x", 1u << 20);
        TRY(renameat2, AT_FDCWD, "d2", AT_FDCWD, "full", 0);
        TRY(renameat2, AT_FDCWD, "full", AT_FDCWD, "d2", 0);
        TRY(renameat2, AT_FDCWD, "d2", AT_FDCWD, "file", 0);
        TRY(renameat2, AT_FDCWD, "file", AT_FDCWD, "d2", 0);
        TRY(renameat2, AT_FDCWD, "d2", AT_FDCWD, "d2/sub", 0);
        TRY(renameat2, AT_FDCWD, "d2/", AT_FDCWD, "full/", 0);
        TRY(renameat2, AT_FDCWD, "file/", AT_FDCWD, "x", 0);
        TRY(renameat2, AT_FDCWD, "file", AT_FDCWD, "x/", 0);
        TRY(renameat2, AT_FDCWD, "link", AT_FDCWD, "link2", 0);
        TRY(renameat2, AT_FDCWD, "dirlink/", AT_FDCWD, "x", 0);
        TRY(renameat2, AT_FDCWD, ".", AT_FDCWD, "x", 0);
        TRY(renameat2, AT_FDCWD, "full/..", AT_FDCWD, "x", 0);
        TRY(renameat2, AT_FDCWD, "file", AT_FDCWD, ".", 0);
        TRY(renameat2, AT_FDCWD, "file", AT_FDCWD, "/", 0);
        TRY(renameat2, AT_FDCWD, "file", AT_FDCWD, "file", 0);
        TRY(renameat2, AT_FDCWD, "missing/x", AT_FDCWD, "x", 0);
        TRY(renameat2, AT_FDCWD, "file", AT_FDCWD, "missing/x", 0);
        TRY(renameat2, AT_FDCWD, "", AT_FDCWD, "x", 0);
        TRY(renameat2, AT_FDCWD, "file", AT_FDCWD, "", 0);
        TRY(renameat2, AT_FDCWD, "file", AT_FDCWD, longer, 0);
        TRY(renameat2, 77, "file", AT_FDCWD, "x", 0);
#ifdef SYS_renameat
        TRY(renameat, AT_FDCWD, "m1", AT_FDCWD, "m4");
#endif
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

static void removing(void)
{
        TRY(unlinkat, AT_FDCWD, "m4", 0);
        TRY(unlinkat, AT_FDCWD, "m4", 0);
        TRY(unlinkat, dir, "m3", 0);
        TRY(unlinkat, AT_FDCWD, "dir", 0);
        TRY(unlinkat, AT_FDCWD, "file/", 0);
        TRY(unlinkat, AT_FDCWD, "dir/", 0);
        TRY(unlinkat, AT_FDCWD, "missing/", 0);
        TRY(unlinkat, AT_FDCWD, ".", 0);
        TRY(unlinkat, AT_FDCWD, "", 0);
        TRY(unlinkat, AT_FDCWD, "file", 0x8000);
        TRY(unlinkat, AT_FDCWD, "link2", 0);
        TRY(unlinkat, AT_FDCWD, "d3", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "d5/", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "full", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "file", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "dirlink", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "dirlink/", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "d7/.", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "d7/..", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "/", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "missing", AT_REMOVEDIR);
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

static void modes_and_owners(void)
{
        uid_t me = getuid();
        gid_t mine = getgid();

        TRY(fchmodat, AT_FDCWD, "file", 0600);
        TRY(fchmodat, AT_FDCWD, "l4", 0640);
        TRY(fchmodat, AT_FDCWD, "l3", 0604);
        TRY(fchmodat, dir, ".", 0711);
        TRY(fchmodat, AT_FDCWD, "file/", 0600);
        TRY(fchmodat, AT_FDCWD, "dirlink/", 0755);
        TRY(fchmodat, AT_FDCWD, "missing", 0600);
        TRY(fchmodat, AT_FDCWD, "dangling", 0600);
        TRY(fchmodat, AT_FDCWD, "loop", 0600);
        TRY(fchmodat, AT_FDCWD, "", 0600);
        TRY(fchmod, file, 0644);
        TRY(fchmod, rdonly_file, 0646);
        TRY(fchmod, odir, 0700);
        TRY(fchmod, 77, 0700);
        TRY(fchmod, -1, 0700);
        TRY(fchownat, AT_FDCWD, "file", me, mine, 0);
        TRY(fchownat, AT_FDCWD, "file", -1, -1, 0);
        TRY(fchownat, AT_FDCWD, "l3", me, -1, AT_SYMLINK_NOFOLLOW);
        TRY(fchownat, AT_FDCWD, "dangling", me, mine, 0);
        TRY(fchownat, AT_FDCWD, "dangling", me, mine, AT_SYMLINK_NOFOLLOW);
        TRY(fchownat, odir, "", me, mine, AT_EMPTY_PATH);
        TRY(fchownat, AT_FDCWD, "", me, mine, AT_EMPTY_PATH);
        TRY(fchownat, AT_FDCWD, "file", me, mine, 0x8000);
        TRY(fchown, rdonly_file, me, mine);
        TRY(fchown, odir, me, mine);
}

static void show_times(const char *path)
{
        struct stat st;

        if (lstat(path, &st) < 0)
                printf("%s: %s\n", path, errno_name(errno));
        else
                printf("%s: accessed %lld.%09ld changed %lld.%09ld\n", path, (long long)st.st_atim.tv_sec,
                       st.st_atim.tv_nsec, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void times(void)
{
        const struct timespec both[2] = {{1000000000, 123}, {1100000000, 456}}, wrong[2] = {{1, 1000000000}, {1, 1}};
        const struct timespec second[2] = {{0, UTIME_OMIT}, {1200000000, 789}}, none[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};

        TRY(utimensat, AT_FDCWD, "file", both, 0);
        show_times("file");
        TRY(utimensat, AT_FDCWD, "file", second, 0);
        show_times("file");
        TRY(utimensat, AT_FDCWD, "l3", both, AT_SYMLINK_NOFOLLOW);
        show_times("l3");
        TRY(utimensat, rdonly_file, NULL, both, 0);
        show_times("file");
        TRY(utimensat, file, NULL, both, AT_SYMLINK_NOFOLLOW);
        TRY(utimensat, odir, "", both, AT_EMPTY_PATH);
        TRY(utimensat, odir, NULL, both, 0);
        TRY(utimensat, AT_FDCWD, NULL, both, 0);
        TRY(utimensat, AT_FDCWD, "file", wrong, 0);
        TRY(utimensat, AT_FDCWD, "missing", none, 0);
        TRY(utimensat, AT_FDCWD, "missing", both, 0);
        TRY(utimensat, AT_FDCWD, "file", (void *)8, 0);
        TRY(utimensat, AT_FDCWD, "other", NULL, 0);
#ifdef SYS_utime
        const struct utimbuf old = {1000000001, 1100000001};
        const struct timeval older[2] = {{1000000002, 7}, {1100000002, 8}}, bad[2] = {{1, 1000000}, {1, 0}};
        TRY(utime, "file", &old);
        show_times("file");
        TRY(utimes, "file", older);
        show_times("file");
        TRY(utimes, "file", bad);
        TRY(futimesat, dir, "../file", older);
        TRY(futimesat, file, NULL, older);
        TRY(utimes, NULL, older);
#endif
}

static void contents(void)
{
        struct rlimit old, few;

        TRY(truncate, "file", 3);
        TRY(truncate, "l3", 100);
        TRY(truncate, "dir", 3);
        TRY(truncate, "fifo", 3);
        TRY(truncate, "missing", 3);
        TRY(truncate, "file", -1);
        TRY(truncate, "file/", 3);
        getrlimit(RLIMIT_FSIZE, &old);
        few = old;
        few.rlim_cur = 10000;
        setrlimit(RLIMIT_FSIZE, &few);
        signal(SIGXFSZ, SIG_IGN);
        TRY(truncate, "file", 20000);
        TRY(truncate, "file", 9000);
        setrlimit(RLIMIT_FSIZE, &old);
        TRY(truncate, "file", 2);
}

static void show_attribute(const char *path, const char *name)
{
        char value[64] = "";
        ssize_t n = getxattr(path, name, value, sizeof(value) - 1);

        printf("%s of %s: %s\n", name, path, n < 0 ? errno_name(errno) : value);
}

static void attributes(void)
{
        static char large[70000];

        TRY(setxattr, "file", "user.a", "one", 3, 0);
        show_attribute("file", "user.a");
        TRY(setxattr, "file", "user.a", "two", 3, XATTR_CREATE);
        TRY(setxattr, "file", "user.a", "two", 3, XATTR_REPLACE);
        TRY(setxattr, "file", "user.b", "x", 1, XATTR_REPLACE);
        TRY(setxattr, "l3", "user.empty", NULL, 0, 0);
        show_attribute("file", "user.empty");
        TRY(lsetxattr, "l3", "user.c", "x", 1, 0);
        TRY(lsetxattr, "file", "user.c", "x", 1, 0);
        TRY(fsetxattr, rdonly_file, "user.d", "dd", 2, 0);
        show_attribute("file", "user.d");
        TRY(fsetxattr, odir, "user.d", "dd", 2, 0);
        TRY(setxattr, "file", "", "x", 1, 0);
        TRY(setxattr, "file", longer, "x", 1, 0);
        TRY(setxattr, "file", "user.big", large, sizeof(large), 0);
        TRY(setxattr, "file", "user.a", (void *)8, 3, 0);
        TRY(setxattr, "missing", "user.a", "x", 1, 0);
        TRY(removexattr, "file", "user.a");
        TRY(removexattr, "file", "user.a");
        TRY(lremovexattr, "file", "user.c");
        TRY(fremovexattr, rdonly_file, "user.d");
        show_attribute("file", "user.d");
}

/* ---- the older calls --------------------------------------------------------------------------------------------- */

static void older(void)
{
#ifdef SYS_mkdir
        TRY(mkdir, "o1", 0775);
        TRY(mkdir, "o1/sub", 0750);
        TRY(rename, "o1/sub", "o2");
        TRY(rmdir, "o2");
        TRY(rmdir, "o1");
        TRY(rmdir, "o1");
        TRY(rmdir, "file");
        TRY(mknod, "o3", S_IFREG | 0664, 0);
        TRY(link, "o3", "o4");
        TRY(link, "l3", "o5");
        TRY(symlink, "o3", "o6");
        TRY(unlink, "o3");
        TRY(unlink, "dir");
        TRY(chmod, "o4", 0601);
        TRY(chown, "o4", -1, getgid());
        TRY(lchown, "o6", getuid(), -1);
        TRY(chown, "o6", getuid(), -1);
#endif
}

/* Names through /proc/self, from a directory that was removed, and of the working directory. */
static void elsewhere(void)
{
        char path[64];

        snprintf(path, sizeof(path), "/proc/self/fd/%d/by-fd", dir);
        report("mkdir through a descriptor's link", mkdir(path, 0755));
        snprintf(path, sizeof(path), "/proc/self/fd/%d", rdonly_file);
        report("chmod through a descriptor's link", chmod(path, 0612));
        report("mkdir through cwd's link", mkdir("/proc/self/cwd/by-cwd", 0755));
        if (mkdir("deep", 0755) || chdir("deep"))
                printf("cannot go deep\n");
        TRY(mkdirat, AT_FDCWD, "../by-dotdot", 0755);
        TRY(renameat2, AT_FDCWD, "../deep", AT_FDCWD, "../moved", 0);
        TRY(mkdirat, AT_FDCWD, "after", 0755);
        TRY(unlinkat, AT_FDCWD, "after", AT_REMOVEDIR);
        TRY(unlinkat, AT_FDCWD, "../moved", AT_REMOVEDIR);
        TRY(mkdirat, AT_FDCWD, "in-the-void", 0755);
        if (fchdir(dir) || chdir(".."))
                printf("cannot come back\n");
}

/* ---- what came of it --------------------------------------------------------------------------------------------- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static void tree(const char *path)
{
        struct dirent **entries;
        int n = scandir(path, &entries, NULL, by_name);

        for (int i = 0; i < n; i++) {
                char at[PATH_MAX], text[256] = "";
                struct stat st;

                snprintf(at, sizeof(at), "%s/%s", path, entries[i]->d_name);
                if (entries[i]->d_name[0] == '.' || lstat(at, &st) < 0)
                        continue;
                if (S_ISLNK(st.st_mode) && readlink(at, text, sizeof(text) - 1) < 0)
                        strcpy(text, "?");
                printf("%s %o %u %lld %s\n", at, (unsigned)st.st_mode, S_ISDIR(st.st_mode) ? 0 : (unsigned)st.st_nlink,
                       S_ISREG(st.st_mode) ? (long long)st.st_size : 0LL, text);
                if (S_ISDIR(st.st_mode))
                        tree(at);
                free(entries[i]);
        }
        free(entries);
}

int main(void)
{
        setvbuf(stdout, NULL, _IOLBF, 0);
        umask(022);
        prepare();
        making();
        linking();
        moving();
        removing();
        modes_and_owners();
        times();
        contents();
        attributes();
        older();
        elsewhere();
        tree(".");
        return 0;
}
