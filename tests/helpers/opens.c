/* A long list of opens, as raw system calls, in the working directory. Prints one line for each; a sandbox that
 * keeps the semantics of open(2) changes none of them. Needs an empty writable directory. */
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "tests/helpers/show.h"

enum at { CWD, DIR, ODIR, FILE_, BAD, NEGATIVE, ROOT };

struct one {
        const char *label;
        enum at at;
        const char *path;
        int flags;
        mode_t mode, mask;
};

static const struct one list[] = {
        {"read", CWD, "file", O_RDONLY, 0, 022},
        {"read cloexec", CWD, "file", O_RDONLY | O_CLOEXEC, 0, 022},
        {"write", CWD, "file", O_WRONLY, 0, 022},
        {"rdwr", CWD, "file", O_RDWR, 0, 022},
        {"accmode 3", CWD, "file", O_ACCMODE, 0, 022},
        {"append", CWD, "file", O_WRONLY | O_APPEND, 0, 022},
        {"nonblock", CWD, "file", O_RDONLY | O_NONBLOCK, 0, 022},
        {"sync", CWD, "file", O_RDWR | O_SYNC, 0, 022},
        {"dsync", CWD, "file", O_RDWR | O_DSYNC, 0, 022},
        {"noatime", CWD, "file", O_RDONLY | O_NOATIME, 0, 022},
        {"noctty", CWD, "file", O_RDONLY | O_NOCTTY, 0, 022},
        {"missing", CWD, "missing", O_RDONLY, 0, 022},
        {"missing dir", CWD, "missing/x", O_RDONLY, 0, 022},
        {"missing dir, creat", CWD, "missing/x", O_RDWR | O_CREAT, 0644, 022},
        {"empty path", CWD, "", O_RDONLY, 0, 022},
        {"empty path, creat", CWD, "", O_RDWR | O_CREAT, 0644, 022},
        {"dot", CWD, ".", O_RDONLY, 0, 022},
        {"dot directory", CWD, ".", O_RDONLY | O_DIRECTORY, 0, 022},
        {"dot write", CWD, ".", O_WRONLY, 0, 022},
        {"dot creat", CWD, ".", O_RDONLY | O_CREAT, 0644, 022},
        {"dir", CWD, "dir", O_RDONLY, 0, 022},
        {"dir directory cloexec", CWD, "dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 022},
        {"dir rdwr", CWD, "dir", O_RDWR, 0, 022},
        {"dir write", CWD, "dir", O_WRONLY, 0, 022},
        {"dir trunc", CWD, "dir", O_RDONLY | O_TRUNC, 0, 022},
        {"dir creat", CWD, "dir", O_RDONLY | O_CREAT, 0644, 022},
        {"dir creat write", CWD, "dir", O_WRONLY | O_CREAT, 0644, 022},
        {"dir creat excl", CWD, "dir", O_RDWR | O_CREAT | O_EXCL, 0644, 022},
        {"dir creat directory", CWD, "dir", O_RDONLY | O_CREAT | O_DIRECTORY, 0644, 022},
        {"dir slash", CWD, "dir/", O_RDONLY, 0, 022},
        {"dir slashes dots", CWD, ".//dir/./inner", O_RDONLY, 0, 022},
        {"file directory", CWD, "file", O_RDONLY | O_DIRECTORY, 0, 022},
        {"file slash", CWD, "file/", O_RDONLY, 0, 022},
        {"file slash creat", CWD, "file/", O_RDWR | O_CREAT, 0644, 022},
        {"file slash dot", CWD, "file/.", O_RDONLY, 0, 022},
        {"below file", CWD, "file/x", O_RDONLY, 0, 022},
        {"below file creat", CWD, "file/x", O_RDWR | O_CREAT, 0644, 022},
        {"new slash creat", CWD, "fresh/", O_RDWR | O_CREAT, 0644, 022},
        {"dotdot", CWD, "dir/../file", O_RDONLY, 0, 022},
        {"dotdot of file", CWD, "file/../file", O_RDONLY, 0, 022},
        {"dotdot of missing", CWD, "missing/../file", O_RDONLY, 0, 022},
        {"dotdot of dirlink", CWD, "dirlink/../file", O_RDONLY, 0, 022},
        {"creat new", CWD, "new0", O_WRONLY | O_CREAT, 0644, 022},
        {"creat new rdonly", CWD, "new1", O_RDONLY | O_CREAT, 0666, 022},
        {"creat mask 077", CWD, "new2", O_RDWR | O_CREAT, 0777, 077},
        {"creat mask 000", CWD, "new3", O_RDWR | O_CREAT, 0666, 000},
        {"creat mask 027", CWD, "new4", O_RDWR | O_CREAT | O_CLOEXEC, 0777, 027},
        {"creat mode 0", CWD, "new5", O_RDWR | O_CREAT, 0, 022},
        {"creat mode 0200", CWD, "new6", O_WRONLY | O_CREAT, 0200, 022},
        {"creat sticky", CWD, "new7", O_RDWR | O_CREAT, 01644, 022},
        {"creat odd mode bits", CWD, "new8", O_RDWR | O_CREAT, 0200644, 022},
        {"creat again", CWD, "new0", O_WRONLY | O_CREAT, 0600, 022},
        {"excl new", CWD, "new9", O_RDWR | O_CREAT | O_EXCL, 0640, 022},
        {"excl again", CWD, "new9", O_RDWR | O_CREAT | O_EXCL, 0640, 022},
        {"excl without creat", CWD, "file", O_RDWR | O_EXCL, 0, 022},
        {"creat directory flag", CWD, "new10", O_RDONLY | O_CREAT | O_DIRECTORY, 0755, 022},
        {"creat path flag", CWD, "new11", O_PATH | O_CREAT, 0644, 022},
        {"creat in dir", CWD, "dir/new", O_RDWR | O_CREAT, 0644, 022},
        {"creat append", CWD, "new12", O_WRONLY | O_CREAT | O_APPEND, 0644, 022},
        {"trunc rdwr", CWD, "cut0", O_RDWR | O_TRUNC, 0, 022},
        {"trunc write", CWD, "cut1", O_WRONLY | O_TRUNC, 0, 022},
        {"trunc rdonly", CWD, "cut2", O_RDONLY | O_TRUNC, 0, 022},
        {"trunc creat", CWD, "cut3", O_WRONLY | O_CREAT | O_TRUNC, 0600, 022},
        {"trunc path", CWD, "cut4", O_PATH | O_TRUNC, 0, 022},
        {"cut4 afterwards", CWD, "cut4", O_RDONLY, 0, 022},
        {"path file", CWD, "file", O_PATH, 0, 022},
        {"path dir", CWD, "dir", O_PATH | O_DIRECTORY | O_CLOEXEC, 0, 022},
        {"path file directory", CWD, "file", O_PATH | O_DIRECTORY, 0, 022},
        {"path link", CWD, "link", O_PATH, 0, 022},
        {"path link nofollow", CWD, "link", O_PATH | O_NOFOLLOW, 0, 022},
        {"path dangling nofollow", CWD, "dangling", O_PATH | O_NOFOLLOW, 0, 022},
        {"path dangling", CWD, "dangling", O_PATH, 0, 022},
        {"path missing", CWD, "missing", O_PATH, 0, 022},
        {"path fifo", CWD, "fifo", O_PATH, 0, 022},
        {"path with write", CWD, "file", O_PATH | O_RDWR, 0, 022},
        {"tmpfile", CWD, ".", O_RDWR | O_TMPFILE, 0640, 022},
        {"tmpfile in dir excl", CWD, "dir", O_WRONLY | O_TMPFILE | O_EXCL, 0600, 022},
        {"tmpfile mask", CWD, "dir", O_RDWR | O_TMPFILE, 0666, 077},
        {"tmpfile rdonly", CWD, "dir", O_RDONLY | O_TMPFILE, 0600, 022},
        {"tmpfile on file", CWD, "file", O_RDWR | O_TMPFILE, 0600, 022},
        {"tmpfile missing", CWD, "missing", O_RDWR | O_TMPFILE, 0600, 022},
        {"tmpfile creat", CWD, ".", O_RDWR | O_TMPFILE | O_CREAT, 0600, 022},
        {"tmpfile without directory bit", CWD, ".", O_RDWR | (O_TMPFILE & ~O_DIRECTORY), 0600, 022},
        {"link", CWD, "link", O_RDONLY, 0, 022},
        {"link write", CWD, "link", O_WRONLY, 0, 022},
        {"abslink", CWD, "abslink", O_RDONLY, 0, 022},
        {"dirlink", CWD, "dirlink", O_RDONLY | O_DIRECTORY, 0, 022},
        {"dirlink nofollow", CWD, "dirlink", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, 022},
        {"dirlink slash nofollow", CWD, "dirlink/", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, 022},
        {"through dirlink", CWD, "dirlink/inner", O_RDONLY, 0, 022},
        {"through dirlink nofollow", CWD, "dirlink/inner", O_RDONLY | O_NOFOLLOW, 0, 022},
        {"creat through dirlink", CWD, "dirlink/made", O_RDWR | O_CREAT, 0644, 022},
        {"link nofollow", CWD, "link", O_RDONLY | O_NOFOLLOW, 0, 022},
        {"file nofollow", CWD, "file", O_RDONLY | O_NOFOLLOW, 0, 022},
        {"link nofollow creat", CWD, "link", O_RDWR | O_CREAT | O_NOFOLLOW, 0644, 022},
        {"link excl", CWD, "link", O_RDWR | O_CREAT | O_EXCL, 0644, 022},
        {"link slash", CWD, "link/", O_RDONLY, 0, 022},
        {"dangling", CWD, "dangling", O_RDONLY, 0, 022},
        {"dangling excl", CWD, "dangling", O_RDWR | O_CREAT | O_EXCL, 0644, 022},
        {"dangling nofollow creat", CWD, "dangling", O_RDWR | O_CREAT | O_NOFOLLOW, 0644, 022},
        {"dangling creat", CWD, "dangling", O_RDWR | O_CREAT, 0604, 022},
        {"made by dangling", CWD, "dir/by-dangling", O_RDONLY, 0, 022},
        {"dangling far creat", CWD, "dangling-far", O_RDWR | O_CREAT, 0644, 022},
        {"loop", CWD, "loop", O_RDONLY, 0, 022},
        {"loop creat", CWD, "loop", O_RDWR | O_CREAT, 0644, 022},
        {"loop nofollow", CWD, "loop", O_RDONLY | O_NOFOLLOW, 0, 022},
        /* Not 40: a look-up that the kernel has to start again goes on counting. */
        {"chain of 20", CWD, "chain20", O_RDONLY, 0, 022},
        {"chain of 41", CWD, "chain41", O_RDONLY, 0, 022},
        {"dirfd", DIR, "inner", O_RDONLY, 0, 022},
        {"dirfd dotdot", DIR, "../file", O_RDONLY, 0, 022},
        {"dirfd dot", DIR, ".", O_RDONLY | O_DIRECTORY, 0, 022},
        {"dirfd creat", DIR, "by-dirfd", O_RDWR | O_CREAT, 0644, 022},
        {"dirfd empty", DIR, "", O_RDONLY, 0, 022},
        {"dirfd tmpfile", DIR, ".", O_RDWR | O_TMPFILE, 0600, 022},
        {"dirfd link up", DIR, "up", O_RDONLY, 0, 022},
        {"path dirfd", ODIR, "inner", O_RDONLY, 0, 022},
        {"path dirfd creat", ODIR, "by-opath", O_RDWR | O_CREAT, 0644, 022},
        {"file as dirfd", FILE_, "inner", O_RDONLY, 0, 022},
        {"file as dirfd dot", FILE_, ".", O_RDONLY, 0, 022},
        {"file as dirfd empty", FILE_, "", O_RDONLY, 0, 022},
        {"bad dirfd", BAD, "inner", O_RDONLY, 0, 022},
        {"bad dirfd empty", BAD, "", O_RDONLY, 0, 022},
        {"negative dirfd", NEGATIVE, "inner", O_RDONLY, 0, 022},
        {"root dirfd, dotdot", ROOT, "../../..", O_RDONLY | O_DIRECTORY | O_PATH, 0, 022},
        {"dev null", CWD, "/dev/null", O_RDWR, 0, 022},
        {"dev null creat", CWD, "/dev/null", O_RDWR | O_CREAT | O_TRUNC, 0644, 022},
        {"dev null excl", CWD, "/dev/null", O_RDWR | O_CREAT | O_EXCL, 0644, 022},
        {"dev null directory", CWD, "/dev/null", O_RDONLY | O_DIRECTORY, 0, 022},
        {"dev zero", CWD, "/dev/zero", O_RDONLY, 0, 022},
        {"double slash", CWD, "//dev///null", O_RDONLY, 0, 022},
        {"fifo rdwr", CWD, "fifo", O_RDWR, 0, 022},
        {"fifo read nonblock", CWD, "fifo", O_RDONLY | O_NONBLOCK, 0, 022},
        {"fifo write nonblock", CWD, "fifo", O_WRONLY | O_NONBLOCK, 0, 022},
        {"fifo directory", CWD, "fifo", O_RDONLY | O_DIRECTORY, 0, 022},
        {"fifo creat excl", CWD, "fifo", O_RDWR | O_CREAT | O_EXCL, 0644, 022},
        {"unknown flag", CWD, "file", O_RDONLY | 1 << 30, 0, 022},
        {"unknown flag on missing", CWD, "missing", O_RDONLY | 1 << 30, 0, 022},
};

static int fds[ROOT + 1];

static void prepare(void)
{
        char here[4000], path[4100], target[16], name[16];

        put_file("file", "hello\n", 0644);
        mkdir("dir", 0755);
        put_file("dir/inner", "inner\n", 0644);
        for (int i = 0; i < 5; i++) {
                snprintf(name, sizeof(name), "cut%d", i);
                put_file(name, "to be cut\n", 0644);
        }
        if (!getcwd(here, sizeof(here)))
                exit(1);
        snprintf(path, sizeof(path), "%s/file", here);
        if (symlink("file", "link") || symlink(path, "abslink") || symlink("dir", "dirlink") ||
            symlink("dir/by-dangling", "dangling") || symlink("missing/by-dangling", "dangling-far") ||
            symlink("loop", "loop") || symlink("../file", "dir/up") || symlink("file", "chain1") ||
            mkfifo("fifo", 0600))
                exit(1);
        for (int i = 2; i <= 41; i++) {
                snprintf(name, sizeof(name), "chain%d", i);
                snprintf(target, sizeof(target), "chain%d", i - 1);
                if (symlink(target, name))
                        exit(1);
        }
        fds[CWD] = AT_FDCWD;
        fds[DIR] = open("dir", O_RDONLY | O_DIRECTORY);
        fds[ODIR] = open("dir", O_PATH | O_DIRECTORY);
        fds[FILE_] = open("file", O_RDONLY);
        fds[BAD] = 77;
        fds[NEGATIVE] = -7;
        fds[ROOT] = open("/", O_PATH | O_DIRECTORY);
}

static void run_list(void)
{
        for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
                const struct one *o = &list[i];

                umask(o->mask);
                if (strstr(o->label, "root dirfd")) { /* inode and mode of the root differ between views */
                        int fd = openat(fds[o->at], o->path, o->flags, o->mode);

                        printf("%s: %s\n", o->label, fd >= 0 ? "opened" : errno_name(errno));
                        if (fd >= 0)
                                close(fd);
                        continue;
                }
                show_close(o->label, (int)syscall(SYS_openat, fds[o->at], o->path, o->flags, o->mode));
        }
}

/* The older calls and the newer one. */
static void other_calls(void)
{
#ifdef SYS_open
        umask(022);
        show_close("open", (int)syscall(SYS_open, "file", O_RDONLY, 0));
        show_close("open creat", (int)syscall(SYS_open, "by-open", O_RDWR | O_CREAT, 0666));
        show_close("open missing", (int)syscall(SYS_open, "missing", O_RDONLY, 0));
        show_close("creat", (int)syscall(SYS_creat, "by-creat", 0666));
        umask(077);
        show_close("creat mask", (int)syscall(SYS_creat, "by-creat2", 0666));
        show_close("creat cuts", (int)syscall(SYS_creat, "cut4", 0666));
        show_close("creat dir", (int)syscall(SYS_creat, "dir", 0666));
        umask(022);
#endif
}

static void try_openat2(const char *label, enum at at, const char *path, uint64_t flags, uint64_t mode,
                        uint64_t resolve)
{
        struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};

        show_close(label, (int)syscall(SYS_openat2, fds[at], path, &how, sizeof(how)));
}

static void openat2_calls(void)
{
        struct {
                struct open_how how;
                uint64_t more;
        } big = {.how = {.flags = O_RDONLY}};

        try_openat2("openat2", CWD, "file", O_RDONLY, 0, 0);
        try_openat2("openat2 creat", CWD, "by-openat2", O_RDWR | O_CREAT, 0666, 0);
        try_openat2("openat2 mode without creat", CWD, "file", O_RDONLY, 0644, 0);
        try_openat2("openat2 bad mode", CWD, "file", O_RDWR | O_CREAT, 0200644, 0);
        try_openat2("openat2 unknown flag", CWD, "file", 1ull << 40, 0, 0);
        try_openat2("openat2 unknown flag 30", CWD, "file", 1ull << 30, 0, 0);
        try_openat2("openat2 unknown resolve", CWD, "file", O_RDONLY, 0, 1ull << 20);
        try_openat2("openat2 beneath", DIR, "inner", O_RDONLY, 0, RESOLVE_BENEATH);
        try_openat2("openat2 beneath dotdot", DIR, "../file", O_RDONLY, 0, RESOLVE_BENEATH);
        try_openat2("openat2 beneath link up", DIR, "up", O_RDONLY, 0, RESOLVE_BENEATH);
        try_openat2("openat2 beneath absolute", DIR, "/dev/null", O_RDONLY, 0, RESOLVE_BENEATH);
        try_openat2("openat2 beneath creat", DIR, "by-beneath", O_RDWR | O_CREAT, 0644, RESOLVE_BENEATH);
        try_openat2("openat2 in root", DIR, "/inner", O_RDONLY, 0, RESOLVE_IN_ROOT);
        try_openat2("openat2 in root dotdot", DIR, "../../inner", O_RDONLY, 0, RESOLVE_IN_ROOT);
        try_openat2("openat2 in root missing", DIR, "/file", O_RDONLY, 0, RESOLVE_IN_ROOT);
        try_openat2("openat2 in root link up", DIR, "up", O_RDONLY, 0, RESOLVE_IN_ROOT);
        try_openat2("openat2 beneath and in root", DIR, "inner", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT);
        try_openat2("openat2 no symlinks", CWD, "link", O_RDONLY, 0, RESOLVE_NO_SYMLINKS);
        try_openat2("openat2 no symlinks, dirlink", CWD, "dirlink/inner", O_RDONLY, 0, RESOLVE_NO_SYMLINKS);
        try_openat2("openat2 no symlinks, file", CWD, "file", O_RDONLY, 0, RESOLVE_NO_SYMLINKS);
        /* Not here: openat2 with O_PATH. The kernel lets no broker hand such a descriptor over, and those flags
         * are in memory, where the filter cannot see them; open and openat with O_PATH are in the list above. */
        try_openat2("openat2 no magic links", CWD, "link", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS);
        try_openat2("openat2 no xdev", CWD, "dir/inner", O_RDONLY, 0, RESOLVE_NO_XDEV);
        try_openat2("openat2 no xdev, elsewhere", CWD, "/dev/null", O_RDONLY, 0, RESOLVE_NO_XDEV);
        try_openat2("openat2 tmpfile", CWD, ".", O_RDWR | O_TMPFILE, 0600, 0);
        show_close("openat2 short", (int)syscall(SYS_openat2, AT_FDCWD, "file", &big, 8));
        show_close("openat2 size 0", (int)syscall(SYS_openat2, AT_FDCWD, "file", &big, 0));
        show_close("openat2 larger, zero", (int)syscall(SYS_openat2, AT_FDCWD, "file", &big, sizeof(big)));
        big.more = 1;
        show_close("openat2 larger, not zero", (int)syscall(SYS_openat2, AT_FDCWD, "file", &big, sizeof(big)));
        show_close("openat2 larger than a page", (int)syscall(SYS_openat2, AT_FDCWD, "file", &big, 8192));
        show_close("openat2 null how", (int)syscall(SYS_openat2, AT_FDCWD, "file", NULL, sizeof(big.how)));
}

/* Where the working directory goes, relative paths go. */
static void moving_cwd(void)
{
        mkdir("walk", 0755);
        mkdir("walk/deep", 0755);
        put_file("walk/deep/f", "deep\n", 0644);
        if (chdir("walk/deep"))
                exit(1);
        show_close("cwd after chdir", openat(AT_FDCWD, "f", O_RDONLY));
        show_close("cwd dotdot", openat(AT_FDCWD, "../../file", O_RDONLY));
        if (rename("../../walk", "../../moved"))
                printf("rename of the parent: %s\n", errno_name(errno));
        show_close("cwd after rename", openat(AT_FDCWD, "f", O_RDONLY));
        show_close("cwd after rename, creat", openat(AT_FDCWD, "g", O_RDWR | O_CREAT, 0644));
        show_close("cwd after rename, dotdot", openat(AT_FDCWD, "../deep/g", O_RDONLY));
        unlink("f");
        unlink("g");
        rmdir("../deep");
        show_close("removed cwd, file", openat(AT_FDCWD, "f", O_RDONLY));
        show_close("removed cwd, creat", openat(AT_FDCWD, "f", O_RDWR | O_CREAT, 0644));
        if (fchdir(fds[DIR]))
                exit(1);
        show_close("cwd by fchdir", openat(AT_FDCWD, "inner", O_RDONLY));
        if (chdir(".."))
                exit(1);
}

static void numbers(void)
{
        int a = open("file", O_RDONLY), b = open("file", O_RDONLY), c = open("file", O_RDONLY), d;
        struct rlimit old, few;

        close(b);
        d = open("dir/inner", O_RDONLY);
        show("lowest number", d, errno);
        printf("reused: %d\n", d == b);
        close(a);
        close(d);
        show_close("lowest number again", open("file", O_RDONLY));
        getrlimit(RLIMIT_NOFILE, &old);
        few = old;
        few.rlim_cur = (rlim_t)c + 1;
        setrlimit(RLIMIT_NOFILE, &few);
        a = open("file", O_RDONLY);
        b = open("file", O_RDONLY);
        d = open("file", O_RDONLY);
        printf("at the limit: %s\n", d < 0 ? errno_name(errno) : "opened");
        d = open("at-limit", O_RDWR | O_CREAT, 0644);
        printf("creat at the limit: %s\n", d < 0 ? errno_name(errno) : "opened");
        setrlimit(RLIMIT_NOFILE, &old);
        d = open("file", O_RDONLY);
        printf("limit lifted: %s\n", d < 0 ? errno_name(errno) : "opened");
        close(a);
        close(b);
        close(c);
        close(d);
}

/* Descriptors share what they should: the offset by dup, the file by reopening. */
static void reopening(void)
{
        char path[64];
        int fd = open("file", O_RDONLY);

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        show_close("reopen by /proc/self/fd", open(path, O_RDONLY));
        show_close("reopen for writing in a write tree", open(path, O_RDWR));
        snprintf(path, sizeof(path), "/dev/fd/%d", fd);
        show_close("reopen by /dev/fd", open(path, O_RDONLY));
        snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
        show_close("reopen by thread-self", open(path, O_RDONLY));
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fd);
        show_close("reopen by number", open(path, O_RDONLY));
        snprintf(path, sizeof(path), "/proc/self/fd/%d/inner", fds[DIR]);
        show_close("through a directory's link", open(path, O_RDONLY));
        show_close("fd that is not open", open("/proc/self/fd/99", O_RDONLY));
        show_close("proc self cwd", open("/proc/self/cwd/file", O_RDONLY));
        close(fd);
        fd = open("dir", O_RDWR | O_TMPFILE, 0600);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        show_close("reopen a tmpfile", open(path, O_RDONLY));
        close(fd);
        fd = open("file", O_RDWR);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        show_close("a tmpfile in a file's link", open(path, O_RDWR | O_TMPFILE, 0600));
        show_close("the same by number", (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_TMPFILE, 0600));
        close(fd);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[DIR]);
        show_close("a tmpfile in a directory's link", open(path, O_RDWR | O_TMPFILE, 0600));
        show_close("a directory's link to be made", open(path, O_RDONLY | O_CREAT, 0600));
        fd = open("gone", O_RDWR | O_CREAT, 0600);
        unlink("gone");
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        show_close("reopen a removed file", open(path, O_RDONLY));
        close(fd);
}

int main(void)
{
        setvbuf(stdout, NULL, _IOLBF, 0);
        umask(022);
        prepare();
        run_list();
        other_calls();
        openat2_calls();
        moving_cwd();
        numbers();
        reopening();
        return 0;
}
