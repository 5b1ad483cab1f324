/* One attack for each name: `attack NAME [ARGS]` prints "reached" (and what it got) where it works, "refused: ERRNO" where it
 * does not. The tests run each outside, where it must work, and inside, where it must not. */
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/helpers/show.h"

/* The kernel's errno or 0 from a call that says -1. */
static int errno_of(long result)
{
        return result < 0 ? errno : 0;
}

static const char *arg(char **args, int i)
{
        for (int k = 0; k <= i; k++)
                if (!args[k]) {
                        fprintf(stderr, "attack: argument %d is missing\n", i + 1);
                        exit(2);
                }
        return args[i];
}

static pid_t pid_arg(char **args)
{
        return (pid_t)strtol(arg(args, 0), NULL, 10);
}

/* ---- other processes ------------------------------------------------------------------------------------------------ */

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

/* ---- doors round the broker ----------------------------------------------------------------------------------------- */

static int do_io_uring(char **args)
{
        struct io_uring_params params = {0};

        (void)args;
        return errno_of(syscall(SYS_io_uring_setup, 4, &params));
}

static int do_userns(char **args)
{
        (void)args;
        return errno_of(unshare(CLONE_NEWUSER));
}

static int do_clone_userns(char **args)
{
        long pid;

        (void)args;
        pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid == 0)
                _exit(0);
        if (pid > 0)
                waitpid((pid_t)pid, NULL, 0);
        return errno_of(pid);
}

static int do_clone3_userns(char **args)
{
        uint64_t clone_args[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
        long pid;

        (void)args;
        pid = syscall(SYS_clone3, clone_args, sizeof(clone_args));
        if (pid == 0)
                _exit(0);
        if (pid > 0)
                waitpid((pid_t)pid, NULL, 0);
        return errno_of(pid);
}

static int do_mountns(char **args)
{
        (void)args;
        return errno_of(unshare(CLONE_NEWNS));
}

static int do_mount(char **args)
{
        int error = errno_of(mount("none", arg(args, 0), "tmpfs", 0, NULL));

        if (!error)
                umount(args[0]);
        return error;
}

static int do_umount(char **args)
{
        return errno_of(umount2(arg(args, 0), MNT_DETACH));
}

static int do_remount(char **args)
{
        return errno_of(mount(NULL, arg(args, 0), NULL, MS_REMOUNT | MS_BIND, NULL));
}

static int do_open_tree(char **args)
{
        return errno_of(syscall(SYS_open_tree, AT_FDCWD, arg(args, 0), OPEN_TREE_CLONE));
}

static int do_fsopen(char **args)
{
        (void)args;
        return errno_of(syscall(SYS_fsopen, "tmpfs", 0));
}

static int do_mount_setattr(char **args)
{
        struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};

        return errno_of(syscall(SYS_mount_setattr, AT_FDCWD, arg(args, 0), 0, &attr, sizeof(attr)));
}

static int do_chroot(char **args)
{
        return errno_of(chroot(arg(args, 0)));
}

static int do_handle(char **args)
{
        struct {
                struct file_handle h;
                unsigned char room[MAX_HANDLE_SZ];
        } handle = {.h = {.handle_bytes = MAX_HANDLE_SZ}};
        int mount_id, fd;

        if (name_to_handle_at(AT_FDCWD, arg(args, 0), &handle.h, &mount_id, 0) < 0)
                return errno;
        fd = open_by_handle_at(AT_FDCWD, &handle.h, O_RDONLY);
        return errno_of(fd);
}

static int do_open_by_handle(char **args)
{
        struct file_handle handle = {.handle_bytes = 0};

        (void)args;
        /* Without a valid handle the kernel says EINVAL or ESTALE once it has looked: it was reached. */
        open_by_handle_at(AT_FDCWD, &handle, O_RDONLY);
        return errno == EINVAL || errno == ESTALE ? 0 : errno;
}

static int do_bpf(char **args)
{
        union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

        (void)args;
        return errno_of(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int do_keyctl(char **args)
{
        (void)args;
        return errno_of(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
}

static int do_add_key(char **args)
{
        (void)args;
        return errno_of(syscall(SYS_add_key, "user", "cordon-test", "x", 1ul, KEY_SPEC_PROCESS_KEYRING));
}

static int do_userfaultfd(char **args)
{
        (void)args;
        return errno_of(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY));
}

static int do_perf(char **args)
{
        struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_TASK_CLOCK,
                                       .exclude_kernel = 1, .exclude_hv = 1};

        (void)args;
        return errno_of(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0ul));
}

/* Calls that need privilege outside as well: being refused by the kernel's check means that it was reached. */
static int do_kexec(char **args)
{
        (void)args;
        syscall(SYS_kexec_load, 0ul, 0ul, NULL, 0x80000000ul);
        return errno;
}

static int do_init_module(char **args)
{
        (void)args;
        return errno_of(syscall(SYS_init_module, NULL, 0ul, ""));
}

#ifdef __x86_64__
static int do_int80(char **args)
{
        long result = 20; /* getpid in the 32-bit table */

        (void)args;
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "cc", "r8", "r9", "r10", "r11");
        return result < 0 ? (int)-result : 0;
}

static int do_x32(char **args)
{
        (void)args;
        return errno_of(syscall(0x40000000 + SYS_getpid));
}
#endif

/* ---- terminals, modes ----------------------------------------------------------------------------------------------- */

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
        error = stat(path, &st) < 0 ? errno : st.st_mode & 06000 ? 0 : EPERM; /* made, but without the bit: as good as refused */
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

/* ---- the network, sockets ------------------------------------------------------------------------------------------- */

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

/* ---- files ---------------------------------------------------------------------------------------------------------- */

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

#define ATTACK(name) {#name, do_##name}

static const struct {
        const char *name;
        int (*run)(char **args);
} attacks[] = {
        ATTACK(kill), ATTACK(ptrace), ATTACK(ptrace_child), ATTACK(vm_read), ATTACK(vm_write), ATTACK(pidfd_getfd),
        ATTACK(io_uring), ATTACK(userns), ATTACK(clone_userns), ATTACK(clone3_userns), ATTACK(mountns), ATTACK(mount),
        ATTACK(umount), ATTACK(remount), ATTACK(open_tree), ATTACK(fsopen), ATTACK(mount_setattr), ATTACK(chroot),
        ATTACK(handle), ATTACK(open_by_handle), ATTACK(bpf), ATTACK(keyctl), ATTACK(add_key), ATTACK(userfaultfd),
        ATTACK(perf), ATTACK(kexec), ATTACK(init_module), ATTACK(tiocsti), ATTACK(tiocsti_high), ATTACK(tioclinux),
        ATTACK(chmod_setuid), ATTACK(chmod_setgid), ATTACK(fchmod_setuid), ATTACK(fchmodat2_setuid), ATTACK(open_setuid),
        ATTACK(creat_setuid), ATTACK(mknod_setuid), ATTACK(mknod_device), ATTACK(connect_unix), ATTACK(connect_abstract),
        ATTACK(sendto_unix), ATTACK(connect_inet), ATTACK(own_loopback), ATTACK(raw_socket), ATTACK(packet_socket),
        ATTACK(reopen), ATTACK(reopen_path), ATTACK(up), ATTACK(truncate), ATTACK(link), ATTACK(rename), ATTACK(unlink),
        ATTACK(utimes), ATTACK(chmod), ATTACK(open), ATTACK(open_write),
#ifdef __x86_64__
        ATTACK(int80), ATTACK(x32),
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
