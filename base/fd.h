/* Descriptors have one owner, and the name of a function says what becomes of that:
 * `take` moves ownership out of a variable, `cleanup_fd` closes at the end of scope, everything else borrows. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define FD_NONE (-9) /* -EBADF: a syscall that gets it by mistake fails instead of meaning AT_FDCWD */

int fd_close(int fd); /* takes any negative; keeps errno; returns FD_NONE */

static inline void fd_closep(int *fd)
{
        *fd = fd_close(*fd);
}
#define cleanup_fd __attribute__((cleanup(fd_closep)))

static inline int fd_take(int *fd)
{
        int taken = *fd;
        *fd = FD_NONE;
        return taken;
}

/* ---- passing: one datagram, at most FD_PASS_MAX descriptors --------------------------------------------------- */

#define FD_PASS_MAX 4

/* Sends one datagram with `count` descriptors, which stay the caller's. Async-signal-safe. Never raises SIGPIPE.
 * 0, or -EAGAIN, -EPIPE, -EMSGSIZE, -ETOOMANYREFS, … */
int fd_send(int socket, const void *data, size_t length, const int *fds, unsigned count);
/* The same without waiting for room: -EAGAIN. */
int fd_try_send(int socket, const void *data, size_t length, const int *fds, unsigned count);

struct fd_received {
        size_t length;
        int fds[FD_PASS_MAX]; /* the caller's from now on; close-on-exec */
        unsigned count;
        int pid; /* of the sender where SO_PASSCRED is set, else 0 */
        int process; /* the sender, a pidfd of the caller's, where SO_PASSPIDFD is set; -ESRCH: gone, -EMFILE. Else FD_NONE */
        bool cut; /* with -EBADMSG: control data was lost, as it is where the process can have no more descriptors */
};

/* Receives one datagram. A truncated datagram or control message, or more descriptors than `most`, is hostile or a bug:
 * every descriptor that came is closed and -EBADMSG returned. 0 bytes is the end of the stream: -EPIPE.
 * `flags` are those of recvmsg(2) (MSG_DONTWAIT). Async-signal-safe. */
int fd_receive(int socket, void *data, size_t size, struct fd_received *out, unsigned most, int flags);
/* The same into several places. -EFAULT where the kernel cannot write there: the datagram is gone then. */
int fd_receive_parts(int socket, struct iovec *parts, size_t count, struct fd_received *out, unsigned most, int flags);

/* From now on the kernel tells who has sent what comes. 1: by their number alone, as before Linux 6.5. -errno. */
int fd_tell_senders(int socket);

#endif
