/* Probes. What they try happens in a process made by a plain clone(2), which older filters know, and which does nothing but raw
 * calls on the few words that it shares with us: the host may have threads that held locks. */
#include "sandbox/probe.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* Linux 5.19 */
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64) /* Linux 6.6 */
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

bool probe_line(const char *path, char *out, size_t size)
{
        cleanup_fd int fd = SYS_CALL(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        int got = fd < 0 ? fd : SYS_CALL(read, fd, out, size - 1);

        out[got > 0 ? got : 0] = '\0';
        out[strcspn(out, "\n")] = '\0';
        return got > 0;
}

/* ---- trying, in a process of its own ------------------------------------------------------------------------------------ */

/* What the process leaves behind: the names are constants of the program that both are. */
struct trial {
        const char *step;
        int result;
        pid_t parent; /* of who waits to be killed */
};

typedef int trial_fn(struct trial *t);

static pid_t trial_begin(uint64_t flags, trial_fn *fn, struct trial *t)
{
        int pid = SYS_CALL(clone, (unsigned long)flags, 0ul, NULL, NULL, 0ul);

        if (pid != 0)
                return pid;
        t->result = fn(t);
        for (;;)
                SYS_CALL(exit_group, 0);
}

static void trial_end(pid_t pid)
{
        while (SYS_CALL(wait4, pid, NULL, __WALL, NULL) == -EINTR)
                ;
}

/* The process runs no handler of the host's: all signals are blocked in it. */
static int try_in(uint64_t flags, trial_fn *fn, struct probe_step *at)
{
        sigset_t all, mask;
        struct trial *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (t == MAP_FAILED)
                return -ENOMEM;
        *t = (struct trial){"a process", -ECHILD, 0};
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &mask);
        pid_t pid = trial_begin(flags, fn, t);
        if (pid > 0)
                trial_end(pid);
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
        int result = pid < 0 ? pid : t->result;
        if (at)
                at->name = pid < 0 && flags ? "new namespaces" : t->step;
        munmap(t, sizeof(*t));
        return result;
}

/* ---- namespaces ----------------------------------------------------------------------------------------------------------- */

static int do_nothing(struct trial *t)
{
        (void)t;
        return 0;
}

/* A namespace that gives no rights in it (AppArmor) is as bad as none. */
static int use_rights(struct trial *t)
{
        (void)t;
        return SYS_CALL(prctl, PR_CAPBSET_DROP, 0, 0, 0, 0);
}

int probe_userns(void)
{
        return try_in(CLONE_NEWUSER, use_rights, NULL);
}

int probe_namespace(uint64_t flag)
{
        return try_in(CLONE_NEWUSER | flag, do_nothing, NULL);
}

static int set_hostname(struct trial *t)
{
        (void)t;
        return SYS_CALL(sethostname, "probe", (size_t)5);
}

int probe_hostname(void)
{
        return try_in(CLONE_NEWUSER | CLONE_NEWUTS, set_hostname, NULL);
}

/* Whether the id exists in our user namespace: by its map, whose lines are "inside outside count". */
static bool id_exists(const char *map, unsigned id)
{
        unsigned first, outside, count;
        char text[4096];
        cleanup_fd int fd = SYS_CALL(openat, AT_FDCWD, map, O_RDONLY | O_CLOEXEC);
        int got = fd < 0 ? fd : SYS_CALL(read, fd, text, sizeof(text) - 1);

        text[got > 0 ? got : 0] = '\0';
        for (const char *line = text; sscanf(line, "%u %u %u", &first, &outside, &count) == 3;) {
                if (id >= first && id - first < count)
                        return true;
                line += strcspn(line, "\n");
                line += *line == '\n';
        }
        return got <= 0; /* no map to be read says nothing */
}

int probe_root(void)
{
        const uint64_t wanted = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID | UINT64_C(1) << CAP_SYS_ADMIN;
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {{0}};
        int result = SYS_CALL(capget, &header, data);
        uint64_t effective = data[0].effective | (uint64_t)data[1].effective << 32;

        if (result < 0 || (effective & wanted) != wanted)
                return result < 0 ? result : -EPERM;
        bool known = id_exists("/proc/self/uid_map", SETUP_ROOT_ID) && id_exists("/proc/self/gid_map", SETUP_ROOT_ID);
        return known ? 0 : -EINVAL;
}

/* ---- mounts --------------------------------------------------------------------------------------------------------------- */

static int clone_tree(struct trial *t)
{
        const struct plan_mount mount = {.kind = VIEW_BIND, .path = "/", .source = "/"};

        t->step = "open_tree and mount_setattr";
        cleanup_fd int tree = tree_open(&mount);
        return tree < 0 ? tree : 0;
}

static int enter_root(struct trial *t)
{
        t->step = "a new tmpfs";
        cleanup_fd int root = tree_skeleton("0755");
        if (root < 0)
                return root;
        t->step = "move_mount";
        int result = sys_move_mount(root, AT_FDCWD, "/");
        if (result == 0)
                result = SYS_CALL(fchdir, root);
        t->step = "pivot_root";
        if (result == 0)
                result = SYS_CALL(pivot_root, ".", ".");
        t->step = "umount";
        return result < 0 ? result : SYS_CALL(umount2, ".", SYS_MNT_DETACH);
}

static int make_view(struct trial *t)
{
        int result = clone_tree(t);
        return result < 0 ? result : enter_root(t);
}

int probe_mounts(struct probe_step *at)
{
        return try_in(CLONE_NEWUSER | CLONE_NEWNS, make_view, at);
}

static int mount_proc(bool subset)
{
        const struct tree_option options[] = {{"hidepid", "ptraceable"}, {"subset", "pid"}};
        cleanup_fd int tree = tree_new("proc", options, subset ? 2 : 1, SKELETON_FLAGS);
        return tree < 0 ? tree : 0;
}

static int mount_whole(struct trial *t)
{
        (void)t;
        return mount_proc(false);
}

static int mount_subset(struct trial *t)
{
        (void)t;
        return mount_proc(true);
}

int probe_proc(bool subset)
{
        return try_in(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, subset ? mount_subset : mount_whole, NULL);
}

int probe_idmap(void)
{
        const struct plan_mount mount = {.kind = VIEW_BIND, .path = "/", .source = "/", .writable = true};
        struct tree_maps maps = {0};
        cleanup_fd int tree = tree_open(&mount);
        int result = tree < 0 ? tree : tree_map_owner(tree, SETUP_ROOT_ID, SETUP_ROOT_ID, &maps);

        tree_maps_free(&maps);
        return result;
}

int probe_openat2(void)
{
        cleanup_fd int fd = sys_open_path(AT_FDCWD, "/", O_DIRECTORY, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        return fd < 0 ? fd : 0;
}

/* ---- filters -------------------------------------------------------------------------------------------------------------- */

/* One that lets everything pass, with these flags: a descriptor where they ask for a listener, else 0. */
static int load_filter(unsigned long flags)
{
        struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        struct sock_fprog program = {1, &allow};
        int result = SYS_CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

        return result < 0 ? result : SYS_CALL(seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int add_filter(struct trial *t)
{
        (void)t;
        return load_filter(0);
}

static int add_listener(struct trial *t)
{
        (void)t;
        int listener = load_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER);
        return listener < 0 ? listener : 0;
}

static int add_killable(struct trial *t)
{
        (void)t;
        int listener = load_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
        return listener < 0 ? listener : 0;
}

static int add_waking(struct trial *t)
{
        (void)t;
        int listener = load_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER);
        return listener < 0
                       ? listener
                       : SYS_CALL(ioctl, listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int probe_filter(void)
{
        return try_in(0, add_filter, NULL);
}

int probe_listener(void)
{
        return try_in(0, add_listener, NULL);
}

int probe_killable(void)
{
        return try_in(0, add_killable, NULL);
}

int probe_wake(void)
{
        return try_in(0, add_waking, NULL);
}

/* ---- other processes ------------------------------------------------------------------------------------------------------ */

static _Noreturn int wait_to_be_killed(struct trial *t)
{
        sys_wait_to_be_killed(t->parent);
}

typedef int reach_fn(pid_t pid, const struct trial *t);

/* With a process in a user namespace of ours, as the program is. */
static int reach(reach_fn *fn)
{
        sigset_t all, mask;
        struct trial t = {"a process", 0, getpid()};

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &mask);
        pid_t pid = trial_begin(CLONE_NEWUSER, wait_to_be_killed, &t);
        int result = pid < 0 ? pid : fn(pid, &t);
        if (pid > 0) {
                SYS_CALL(kill, pid, SIGKILL);
                trial_end(pid);
        }
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
        return result;
}

static int read_memory(pid_t pid, const struct trial *t)
{
        struct trial copy;
        struct iovec local = {&copy, sizeof(copy)}, remote = {(void *)(uintptr_t)t, sizeof(*t)};
        int got = SYS_CALL(process_vm_readv, pid, &local, 1ul, &remote, 1ul, 0ul);
        return got < 0 ? got : got == (int)sizeof(copy) ? 0 : -EFAULT;
}

static int take_descriptor(pid_t pid, const struct trial *t)
{
        (void)t;
        cleanup_fd int ours = SYS_CALL(openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC);
        cleanup_fd int process = SYS_CALL(pidfd_open, pid, 0u);
        if (process < 0)
                return process;
        /* The number need not be open there: what comes first is whether we may ask. */
        cleanup_fd int copy = SYS_CALL(pidfd_getfd, process, ours, 0u);
        return copy >= 0 || copy == -EBADF ? 0 : copy;
}

int probe_memory(void)
{
        return reach(read_memory);
}

int probe_descriptor(void)
{
        return reach(take_descriptor);
}

int probe_sender(void)
{
        struct fd_received got;
        int pair[2];
        char byte;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        cleanup_fd int to = pair[0], from = pair[1];
        int r = fd_tell_senders(to);
        if (r >= 0)
                r = r > 0 ? -ENOPROTOOPT : fd_send(from, "?", 1, NULL, 0);
        if (r == 0)
                r = fd_receive(to, &byte, 1, &got, 0, MSG_DONTWAIT);
        if (r < 0)
                return r;
        cleanup_fd int process = got.process;
        return process < 0 ? -EOPNOTSUPP : 0;
}
