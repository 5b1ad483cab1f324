/* One attack for each name: `attack NAME [ARGS]` prints "reached" (and what it got) where it works, "refused:
 * ERRNO" where it does not. The tests run each outside, where it must work, and inside, where it must not. */
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/helpers/attack.h"
#include "tests/helpers/doors.h"

static pid_t pid_arg(char **args)
{
        return (pid_t)strtol(arg(args, 0), NULL, 10);
}

/* ---- other processes -------------------------------------------------------------------------------------------- */

static int do_kill(char **args)
{
        return errno_of(kill(pid_arg(args), 0));
}

static int do_ptrace(char **args)
{
        pid_t pid = pid_arg(args);
        int error = errno_of(ptrace(PTRACE_SEIZE, pid, 0, 0));

        if (!error)
                ptrace(PTRACE_DETACH, pid, 0, 0);
        return error;
}

static int do_ptrace_child(char **args)
{
        pid_t pid = fork();
        int error;

        (void)args;
        if (pid == 0) {
                pause();
                _exit(0);
        }
        error = errno_of(ptrace(PTRACE_SEIZE, pid, 0, 0));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, __WALL);
        return error;
}

static int do_vm_read(char **args)
{
        static char secret[] = "memory", copy[8];
        struct iovec to = {copy, 7}, from = {secret, 7};
        pid_t pid = fork();
        int error;

        (void)args;
        if (pid == 0) {
                pause();
                _exit(0);
        }
        error = errno_of(process_vm_readv(pid, &to, 1, &from, 1, 0));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return error;
}

static int do_vm_write(char **args)
{
        static char secret[] = "memory", copy[] = "change";
        struct iovec from = {copy, 7}, to = {secret, 7};
        pid_t pid = fork();
        int error;

        (void)args;
        if (pid == 0) {
                pause();
                _exit(0);
        }
        error = errno_of(process_vm_writev(pid, &from, 1, &to, 1, 0));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return error;
}

static int do_pidfd_getfd(char **args)
{
        int pidfd, error;
        pid_t pid = fork();

        (void)args;
        if (pid == 0) {
                pause();
                _exit(0);
        }
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        error = pidfd < 0 ? errno : errno_of(syscall(SYS_pidfd_getfd, pidfd, 1, 0));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return error;
}

/* ---- terminals, modes ------------------------------------------------------------------------------------------- */

static int do_tiocsti(char **args)
{
        char c = ' ';

        (void)args;
        return errno_of(ioctl(0, TIOCSTI, &c));
}

/* The same request with rubbish in the upper half, which the kernel cuts off and a careless filter does not. */
static int do_tiocsti_high(char **args)
{
        char c = ' ';

        (void)args;
        return errno_of(syscall(SYS_ioctl, 0ul, 0xdead00000000ul | TIOCSTI, &c));
}

static int do_tioclinux(char **args)
{
        char c = 6;

        (void)args;
        /* On a terminal that is no console the kernel says ENOTTY: it was reached. */
        return ioctl(0, TIOCLINUX, &c) < 0 && errno != ENOTTY ? errno : 0;
}

static int do_chmod_setuid(char **args)
{
        return errno_of(chmod(arg(args, 0), 04755));
}

static int do_chmod_setgid(char **args)
{
        return errno_of(chmod(arg(args, 0), 02755));
}

static int do_fchmod_setuid(char **args)
{
        return errno_of(fchmod(open(arg(args, 0), O_RDWR), 04755));
}

static int do_fchmodat2_setuid(char **args)
{
        return errno_of(syscall(452, AT_FDCWD, arg(args, 0), 04755, 0));
}

static int setuid_made(const char *path, int error)
{
        struct stat st;

        if (error)
                return error;
        error = stat(path, &st) < 0  ? errno
                : st.st_mode & 06000 ? 0
                                     : EPERM; /* made, but without the bit: as good as refused */
        unlink(path);
        return error;
}

static int do_open_setuid(char **args)
{
        return setuid_made(arg(args, 0), errno_of(open(args[0], O_CREAT | O_EXCL | O_RDWR, 04755)));
}

static int do_creat_setuid(char **args)
{
        return setuid_made(arg(args, 0), errno_of(creat(args[0], 04755)));
}

static int do_mknod_setuid(char **args)
{
        return setuid_made(arg(args, 0), errno_of(mknod(args[0], S_IFREG | 04755, 0)));
}

static int do_mknod_device(char **args)
{
        int error = errno_of(mknod(arg(args, 0), S_IFCHR | 0666, 0x101)); /* /dev/mem */

        unlink(args[0]);
        return error;
}

/* ---- the network, sockets --------------------------------------------------------------------------------------- */

static int do_connect_unix(char **args)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        if (fd < 0)
                return errno;
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", arg(args, 0));
        return errno_of(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

static int do_connect_abstract(char **args)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t length = strlen(arg(args, 0));
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        if (fd < 0)
                return errno;
        memcpy(address.sun_path + 1, args[0], length);
        return errno_of(connect(fd, (struct sockaddr *)&address,
                                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)));
}

/* A datagram socket from a pair can be told another address. */
static int do_sendto_unix(char **args)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
                return errno;
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", arg(args, 0));
        return errno_of(sendto(pair[0], "hi", 2, 0, (struct sockaddr *)&address, sizeof(address)));
}

static int do_connect_inet(char **args)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (fd < 0)
                return errno;
        address.sin_port = htons((uint16_t)strtoul(arg(args, 0), NULL, 10));
        return errno_of(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

/* A server and a client of its own. */
static int do_own_loopback(char **args)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t length = sizeof(address);
        int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

        (void)args;
        if (bind(server, (struct sockaddr *)&address, length) < 0 || listen(server, 1) < 0 ||
            getsockname(server, (struct sockaddr *)&address, &length) < 0)
                return errno;
        return errno_of(connect(client, (struct sockaddr *)&address, length));
}

static int do_raw_socket(char **args)
{
        (void)args;
        return errno_of(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int do_packet_socket(char **args)
{
        (void)args;
        return errno_of(socket(AF_PACKET, SOCK_RAW, 0));
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

/* Opens a file for reading, then the descriptor's own link for writing. */
static int do_reopen(char **args)
{
        char link[64];
        int fd = open(arg(args, 0), O_RDONLY), again;

        if (fd < 0)
                return errno;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        again = open(link, O_RDWR);
        if (again < 0)
                return errno;
        return errno_of(write(again, "overwritten\n", 12));
}

/* The same through O_PATH. */
static int do_reopen_path(char **args)
{
        char link[64];
        int fd = open(arg(args, 0), O_PATH), again;

        if (fd < 0)
                return errno;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        again = open(link, O_RDWR);
        if (again < 0)
                return errno;
        return errno_of(write(again, "overwritten\n", 12));
}

/* openat(dirfd of a directory, many ".." and then PATH): out of the view if it can be done at all. */
static int do_up(char **args)
{
        char path[4096] = "", text[256];
        int dir = open(arg(args, 0), O_RDONLY | O_DIRECTORY), fd;
        ssize_t n;

        if (dir < 0)
                return errno;
        for (int i = 0; i < 40; i++)
                strcat(path, "../");
        snprintf(path + strlen(path), sizeof(path) - strlen(path), "%s", arg(args, 1) + 1);
        fd = openat(dir, path, O_RDONLY);
        if (fd < 0)
                return errno;
        n = read(fd, text, sizeof(text) - 1);
        if (n < 0)
                return errno;
        text[n] = 0;
        printf("%s", text);
        return 0;
}

static int do_truncate(char **args)
{
        return errno_of(truncate(arg(args, 0), 1));
}

static int do_link(char **args)
{
        return errno_of(link(arg(args, 0), arg(args, 1)));
}

/* A second name for what a descriptor without any access refers to; in the two ways there are. */
static int do_link_fd(char **args)
{
        char path[64];
        int fd = open(arg(args, 0), O_PATH);

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        return fd < 0 ? errno : errno_of(linkat(AT_FDCWD, path, AT_FDCWD, arg(args, 1), AT_SYMLINK_FOLLOW));
}

static int do_link_empty(char **args)
{
        int fd = open(arg(args, 0), O_PATH);

        return fd < 0 ? errno : errno_of(linkat(fd, "", AT_FDCWD, arg(args, 1), AT_EMPTY_PATH));
}

static int do_exchange(char **args)
{
        return errno_of(renameat2(AT_FDCWD, arg(args, 0), AT_FDCWD, arg(args, 1), RENAME_EXCHANGE));
}

/* By a directory that is held open, and names relative to it. */
static int do_rename_at(char **args)
{
        int dir = open(arg(args, 0), O_PATH | O_DIRECTORY);

        return dir < 0 ? errno : errno_of(renameat(dir, arg(args, 1), dir, arg(args, 2)));
}

static int do_whiteout(char **args)
{
        return errno_of(renameat2(AT_FDCWD, arg(args, 0), AT_FDCWD, arg(args, 1), RENAME_WHITEOUT));
}

static int do_rename(char **args)
{
        return errno_of(rename(arg(args, 0), arg(args, 1)));
}

static int do_unlink(char **args)
{
        return errno_of(unlink(arg(args, 0)));
}

static int do_utimes(char **args)
{
        return errno_of(utimensat(AT_FDCWD, arg(args, 0), NULL, 0));
}

static int do_chmod(char **args)
{
        return errno_of(chmod(arg(args, 0), 0600));
}

static int do_open(char **args)
{
        return errno_of(open(arg(args, 0), O_RDONLY));
}

static int do_open_write(char **args)
{
        return errno_of(open(arg(args, 0), O_WRONLY));
}

#define ATTACK(name)                                                                                                   \
        {                                                                                                              \
#name, do_##name                                                                                       \
        }

static const struct {
        const char *name;
        int (*run)(char **args);
} attacks[] = {
        ATTACK(kill),          ATTACK(ptrace),
        ATTACK(ptrace_child),  ATTACK(vm_read),
        ATTACK(vm_write),      ATTACK(pidfd_getfd),
        ATTACK(io_uring),      ATTACK(userns),
        ATTACK(clone_userns),  ATTACK(clone3_userns),
        ATTACK(mountns),       ATTACK(mount),
        ATTACK(umount),        ATTACK(remount),
        ATTACK(open_tree),     ATTACK(fsopen),
        ATTACK(mount_setattr), ATTACK(chroot),
        ATTACK(handle),        ATTACK(open_by_handle),
        ATTACK(bpf),           ATTACK(keyctl),
        ATTACK(add_key),       ATTACK(userfaultfd),
        ATTACK(perf),          ATTACK(kexec),
        ATTACK(init_module),   ATTACK(tiocsti),
        ATTACK(tiocsti_high),  ATTACK(tioclinux),
        ATTACK(chmod_setuid),  ATTACK(chmod_setgid),
        ATTACK(fchmod_setuid), ATTACK(fchmodat2_setuid),
        ATTACK(open_setuid),   ATTACK(creat_setuid),
        ATTACK(mknod_setuid),  ATTACK(mknod_device),
        ATTACK(connect_unix),  ATTACK(connect_abstract),
        ATTACK(sendto_unix),   ATTACK(connect_inet),
        ATTACK(own_loopback),  ATTACK(raw_socket),
        ATTACK(packet_socket), ATTACK(reopen),
        ATTACK(reopen_path),   ATTACK(up),
        ATTACK(truncate),      ATTACK(link),
        ATTACK(rename),        ATTACK(unlink),
        ATTACK(utimes),        ATTACK(chmod),
        ATTACK(open),          ATTACK(open_write),
        ATTACK(link_fd),       ATTACK(link_empty),
        ATTACK(exchange),      ATTACK(rename_at),
        ATTACK(whiteout),
#ifdef __x86_64__
        ATTACK(int80),         ATTACK(x32),
#endif
};

int main(int argc, char **argv)
{
        for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(attacks[0]); i++) {
                int error;

                if (strcmp(attacks[i].name, argv[1]) != 0)
                        continue;
                error = attacks[i].run(argv + 2);
                if (error)
                        printf("refused: %s\n", errno_name(error));
                else
                        printf("reached\n");
                return error ? 1 : 0;
        }
        fprintf(stderr, "attack: no such attack\n");
        return 2;
}
