/* The transport for programs that cooperate. A datagram that is not exactly what the protocol says ends the channel: the client
 * is ours, so a malformed one was not written by it. */
#include "broker/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/wire.h"
#include "broker/caller.h"
#include "broker/operations.h"

/* Whoever asks is in the sandbox. Where a broker sends messages in its program's stead (`unix datagram`), the kernel names that
 * broker as the sender, ours or another's: what it has open is nobody's to ask for. */
static bool is_inside(const struct server *s, pid_t pid, unsigned depth)
{
        return depth > 0 && caller_depth(s->view.proc, pid) >= depth;
}

static int decode(struct request *r, void *datagram, const struct fd_received *got)
{
        struct wire w = wire_over(datagram, got->length);
        size_t length;
        uint32_t version = wire_get_u32(&w), operation = wire_get_u32(&w);

        r->transport = TRANSPORT_CHANNEL;
        r->operation = OPERATION_OPEN;
        r->id = wire_get_u64(&w);
        r->flags = wire_get_u64(&w);
        r->mode = wire_get_u64(&w);
        r->resolve = 0;
        r->dirfd = AT_FDCWD;
        r->tid = got->pid;
        const char *path = wire_get_bytes(&w, PATH_MAX - 1, &length);
        if (!wire_done(&w) || version != CHANNEL_VERSION || operation != CHANNEL_OPEN || got->pid <= 0 ||
            memchr(path, '\0', length))
                return -EBADMSG;
        memcpy(r->path, path, length);
        r->path[length] = '\0';
        r->length = length;
        return 0;
}

void channel_answer(const struct server *s, const struct request *r, const struct answer *a)
{
        uint8_t reply[CHANNEL_REPLY_SIZE];
        struct wire w = wire_over(reply, sizeof(reply));
        wire_put_u64(&w, r->id);
        wire_put_u32(&w, a->fd >= 0 ? 0 : (uint32_t)(a->error ? a->error : EACCES));
        /* A client that does not take its replies is not waited for. */
        if (fd_try_send(s->channel, reply, sizeof(reply), &a->fd, a->fd >= 0 ? 1 : 0) < 0)
                shutdown(s->channel, SHUT_RDWR);
}

void *channel_main(void *arg)
{
        struct server *s = arg;
        if (!server_wait(s))
                return NULL;
        struct request *r = malloc(sizeof(*r));
        uint8_t datagram[CHANNEL_REQUEST_MOST];
        struct fd_received got;
        unsigned depth = caller_depth(s->view.proc, s->init);

        while (r && fd_receive(s->channel, datagram, sizeof(datagram), &got, 0, 0) == 0) {
                struct answer answer = {.fd = FD_NONE};
                if (decode(r, datagram, &got) < 0 || !is_inside(s, got.pid, depth))
                        break;
                atomic_fetch_add_explicit(&s->requests, 1, memory_order_relaxed);
                r->received = server_now();
                r->edition = server_edition(s);
                operation_serve(s, r, &answer);
                if (!answer.deferred)
                        request_answer(s, r, &answer);
                edition_unref(r->edition);
        }
        shutdown(s->channel, SHUT_RDWR);
        free(r);
        return NULL;
}
