/* The floor of a brokered open: a filter that notifies of openat(2) alone, and a supervisor that hands out one fixed descriptor,
 * with no look at the caller's memory, no policy and no open. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The listener, or -1. */
static inline int floor_filter(void)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                            SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
}

/* Returns when nobody uses the filter any more (Linux 6.11). */
static inline void floor_serve(int listener, int fixed)
{
        uint64_t sync = 1;
        struct sched_param param = {0};
        sched_setscheduler(0, SCHED_BATCH, &param);
        ioctl(listener, SECCOMP_IOW(4, __u64), sync);
        for (;;) {
                struct seccomp_notif n = {0};
                struct seccomp_notif_addfd give = {.flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = (__u32)fixed,
                                                   .newfd_flags = O_CLOEXEC};
                if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0) {
                        if (errno == EINTR)
                                continue;
                        return;
                }
                give.id = n.id;
                ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &give);
        }
}

#endif
