#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SCM_PIDFD
#define SCM_PIDFD 4 /* Linux 6.5 */
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

int fd_close(int fd)
{
        if (fd >= 0) {
                int saved = errno;
                close(fd);
                errno = saved;
        }
        return FD_NONE;
}

static int send_datagram(int socket, const void *data, size_t length, const int *fds, unsigned count, int flags)
{
        union {
                char bytes[CMSG_SPACE(sizeof(int) * FD_PASS_MAX)];
                struct cmsghdr align;
        } control;
        struct iovec iov = {(void *)(uintptr_t)data, length};
        struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

        if (count > FD_PASS_MAX)
                return -E2BIG;
        if (count > 0) {
                memset(&control, 0, sizeof(control));
                message.msg_control = control.bytes;
                message.msg_controllen = CMSG_LEN(sizeof(int) * count);
                struct cmsghdr *header = CMSG_FIRSTHDR(&message);
                header->cmsg_level = SOL_SOCKET;
                header->cmsg_type = SCM_RIGHTS;
                header->cmsg_len = CMSG_LEN(sizeof(int) * count);
                memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
        }
        for (;;) {
                /* Where a sandbox has its messages served, that is sendmsg: what can do without does. */
                ssize_t sent = count > 0 ? sendmsg(socket, &message, MSG_NOSIGNAL | flags)
                                         : send(socket, data, length, MSG_NOSIGNAL | flags);
                if (sent >= 0)
                        return (size_t)sent == length ? 0 : -EMSGSIZE;
                if (errno != EINTR)
                        return -errno;
        }
}

int fd_send(int socket, const void *data, size_t length, const int *fds, unsigned count)
{
        return send_datagram(socket, data, length, fds, count, 0);
}

int fd_try_send(int socket, const void *data, size_t length, const int *fds, unsigned count)
{
        return send_datagram(socket, data, length, fds, count, MSG_DONTWAIT);
}

int fd_tell_senders(int socket)
{
        static const int on = 1;
        if (setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
                return -errno;
        return setsockopt(socket, SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)) < 0;
}

/* Who the kernel says has sent it. */
static void learn_sender(const struct cmsghdr *h, struct fd_received *out)
{
        struct ucred who;
        if (h->cmsg_type == SCM_CREDENTIALS && h->cmsg_len >= CMSG_LEN(sizeof(who))) {
                memcpy(&who, CMSG_DATA(h), sizeof(who));
                out->pid = who.pid;
        }
        if (h->cmsg_type == SCM_PIDFD && h->cmsg_len >= CMSG_LEN(sizeof(int)))
                memcpy(&out->process, CMSG_DATA(h), sizeof(out->process));
}

/* Collects what came in every control header; room for one descriptor too many is what lets us see a surplus. */
static void collect(struct msghdr *message, int *fds, unsigned room, struct fd_received *out)
{
        for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
                if (h->cmsg_level != SOL_SOCKET)
                        continue;
                learn_sender(h, out);
                if (h->cmsg_type != SCM_RIGHTS || h->cmsg_len < CMSG_LEN(0))
                        continue;
                size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                for (size_t i = 0; i < n; i++) {
                        int fd;
                        memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
                        if (out->count < room)
                                fds[out->count++] = fd;
                        else
                                fd_close(fd);
                }
        }
}

int fd_receive(int socket, void *data, size_t size, struct fd_received *out, unsigned most, int flags)
{
        struct iovec whole = {data, size};
        return fd_receive_parts(socket, &whole, 1, out, most, flags);
}

int fd_receive_parts(int socket, struct iovec *parts, size_t count, struct fd_received *out, unsigned most, int flags)
{
        /* SCM_RIGHTS is padded to 8 bytes, so the buffer always holds one descriptor more than FD_PASS_MAX asks for:
         * a surplus is seen as such, and closed. */
        union {
                char bytes[CMSG_SPACE(sizeof(int) * (FD_PASS_MAX + 2)) + CMSG_SPACE(sizeof(struct ucred)) +
                           CMSG_SPACE(sizeof(int))];
                struct cmsghdr align;
        } control;
        int fds[FD_PASS_MAX + 2];
        struct msghdr message = {
                .msg_iov = parts, .msg_iovlen = count, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
        ssize_t got;

        *out = (struct fd_received){.process = FD_NONE};
        do
                got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
        while (got < 0 && errno == EINTR);
        if (got < 0)
                return -errno;

        collect(&message, fds, FD_PASS_MAX + 2, out);
        bool bad = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || out->count > most || out->count > FD_PASS_MAX;
        if (bad || got == 0) {
                for (unsigned i = 0; i < out->count; i++)
                        fd_close(fds[i]);
                out->count = 0;
                out->process = fd_close(out->process);
                out->cut = (message.msg_flags & MSG_CTRUNC) != 0;
                return bad ? -EBADMSG : -EPIPE;
        }
        memcpy(out->fds, fds, sizeof(int) * out->count);
        out->length = (size_t)got;
        return 0;
}
