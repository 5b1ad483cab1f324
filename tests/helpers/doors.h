/* The part of attack.c that tries system calls which would go round the broker, one function each. */
#ifndef TESTS_HELPERS_DOORS_H
#define TESTS_HELPERS_DOORS_H

#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#include "tests/helpers/attack.h"

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
        struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
                                       .size = sizeof(attr),
                                       .config = PERF_COUNT_SW_TASK_CLOCK,
                                       .exclude_kernel = 1,
                                       .exclude_hv = 1};

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

#endif
