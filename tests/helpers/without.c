/* Takes kernel features away and runs a program: without FEATURE[,FEATURE]... PROGRAM [ARGUMENT]...
 * A filter makes the calls fail as a kernel or a container's profile would that lacks the feature. clone3, whose flags no filter
 * sees, is answered with ENOSYS, as those profiles do. `listener` is taken away by having it: a process has one at most. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct row {
        const char *feature;
        unsigned call, arg, mask; /* where the argument has one of these bits; mask 0: always */
        unsigned error;
};

static const struct row rows[] = {
        {"userns", SYS_clone, 0, CLONE_NEWUSER, EPERM},
        {"userns", SYS_unshare, 0, CLONE_NEWUSER, EPERM},
        {"userns", SYS_clone3, 0, 0, ENOSYS},
        {"unshare", SYS_unshare, 0, 0, EPERM},
        {"netns", SYS_clone, 0, CLONE_NEWNET, EPERM},
        {"netns", SYS_unshare, 0, CLONE_NEWNET, EPERM},
        {"netns", SYS_clone3, 0, 0, ENOSYS},
        {"pidns", SYS_clone, 0, CLONE_NEWPID, EPERM},
        {"pidns", SYS_clone3, 0, 0, ENOSYS},
        {"clone3", SYS_clone3, 0, 0, ENOSYS},
        {"mounts", SYS_open_tree, 0, 0, ENOSYS},
        {"mounts", SYS_move_mount, 0, 0, ENOSYS},
        {"mounts", SYS_fsopen, 0, 0, ENOSYS},
        {"mounts", SYS_mount_setattr, 0, 0, ENOSYS},
        {"mounts", 467, 0, 0, ENOSYS}, /* open_tree_attr, which not all headers have */
        {"tree-attr", 467, 0, 0, ENOSYS},
        {"pivot", SYS_pivot_root, 0, 0, EPERM},
        {"hostname", SYS_sethostname, 0, 0, EPERM},
        {"landlock", SYS_landlock_create_ruleset, 0, 0, ENOSYS},
        {"landlock", SYS_landlock_restrict_self, 0, 0, ENOSYS},
        {"landlock-mute", SYS_landlock_restrict_self, 0, 0, 0},
        {"landlock-on", SYS_landlock_create_ruleset, 0, 0, EOPNOTSUPP},
        {"notify", SYS_seccomp, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER, EINVAL},
        {"killable", SYS_seccomp, 1, 1u << 5, EINVAL},
        {"memory", SYS_process_vm_readv, 0, 0, EPERM},
        {"descriptors", SYS_pidfd_getfd, 0, 0, EPERM},
        {"senders", SYS_setsockopt, 2, 64, ENOPROTOOPT}, /* SO_PASSPIDFD, and all that came so late */
        {"openat2", SYS_openat2, 0, 0, ENOSYS},
};
#define ROWS (sizeof(rows) / sizeof(*rows))

static int wanted(const char *list, const char *name)
{
        size_t length = strlen(name);
        for (const char *at = list; (at = strstr(at, name)); at++)
                if ((at == list || at[-1] == ',') && (at[length] == ',' || !at[length]))
                        return 1;
        return 0;
}

#define NUMBER offsetof(struct seccomp_data, nr)
#define LOW(arg) (offsetof(struct seccomp_data, args) + (arg) * sizeof(__u64))

static size_t put_row(struct sock_filter *to, const struct row *r)
{
        size_t n = 0;
        to[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NUMBER);
        to[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->call, 0, (unsigned char)(r->mask ? 3 : 1));
        if (r->mask) {
                to[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)LOW(r->arg));
                to[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, r->mask, 0, 1);
        }
        to[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | r->error);
        return n;
}

static int load(const char *list)
{
        struct sock_filter code[5 * ROWS + 1];
        size_t length = 0, used = 0;

        for (size_t i = 0; i < ROWS; i++)
                if (wanted(list, rows[i].feature)) {
                        length += put_row(code + length, &rows[i]);
                        used++;
                }
        code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        const struct sock_fprog program = {(unsigned short)length, code};
        int listener = wanted(list, "listener");
        if (used == 0 && !listener) {
                fprintf(stderr, "without: nothing in '%s' is known\n", list);
                return -1;
        }
        long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &program);
        if (fd < 0)
                return -1;
        /* It has to stay open: the place of a listener that is closed is free again. */
        return listener ? fcntl((int)fd, F_SETFD, 0) : 0;
}

int main(int argc, char **argv)
{
        if (argc < 3 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || load(argv[1]) < 0) {
                perror("without");
                return 99;
        }
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        return 99;
}
