/* The sandboxed side of the channel. Async-signal-safe: no allocation, no locks, only sendmsg and recvmsg. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/wire.h"
#include "broker/channel.h"
#include "cordon.h"

int cordon_client_channel(void)
{
        const char *text = getenv("CORDON_CHANNEL");
        char *end;
        if (!text || !*text)
                return -ENOENT;
        long fd = strtol(text, &end, 10);
        return *end || fd < 0 || fd > INT_MAX ? -ENOENT : (int)fd;
}

int cordon_client_open(int channel, const char *path, int flags, mode_t mode)
{
        uint8_t request[CHANNEL_REQUEST_MOST], reply[CHANNEL_REPLY_SIZE];
        static const uint64_t id = 1; /* one request at a time on a channel: the number only proves that the reply is whole */
        struct fd_received got;
        size_t length = strnlen(path, PATH_MAX);
        if (length >= PATH_MAX)
                return -ENAMETOOLONG;

        struct wire w = wire_over(request, sizeof(request));
        wire_put_u32(&w, CHANNEL_VERSION);
        wire_put_u32(&w, CHANNEL_OPEN);
        wire_put_u64(&w, id);
        wire_put_u64(&w, (uint64_t)(uint32_t)flags);
        wire_put_u64(&w, (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? mode & 07777 : 0);
        wire_put_bytes(&w, path, length);
        int r = wire_ok(&w) ? fd_send(channel, request, w.at, NULL, 0) : -EINVAL;
        if (r == 0)
                r = fd_receive(channel, reply, sizeof(reply), &got, 1, 0);
        if (r < 0)
                return r == -ECONNRESET ? -EPIPE : r;

        cleanup_fd int fd = got.count == 1 ? got.fds[0] : FD_NONE;
        w = wire_over(reply, got.length);
        uint64_t answered = wire_get_u64(&w);
        uint32_t error = wire_get_u32(&w);
        if (!wire_done(&w) || answered != id || error > 4095 || (error == 0) != (fd >= 0))
                return -EBADMSG;
        if (error)
                return -(int)error;
        if (!(flags & O_CLOEXEC) && fcntl(fd, F_SETFD, 0) < 0)
                return -errno;
        return fd_take(&fd);
}
