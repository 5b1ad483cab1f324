/* One datagram is one event: `kind`, then its fixed fields; descriptors ride along. Whatever is not exactly of that shape is
 * refused whole, with every descriptor that came closed. */
#include "sandbox/report.h"

#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/wire.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

#define REPORT_MOST 512
#define SIGRTMAX_KERNEL 64
#define DETAIL_MOST (sizeof(((struct sandbox_event *)0)->detail) - 1)

static int post(int control, const struct wire *w, const int *fds, unsigned count)
{
        return wire_ok(w) ? fd_send(control, w->data, w->at, fds, count) : -EMSGSIZE;
}

int report_ready(int control, int view, int notify, int nowhere)
{
        uint8_t bytes[16];
        struct wire w = wire_over(bytes, sizeof(bytes));
        int fds[3] = {view};
        unsigned count = 1;

        wire_put_u32(&w, SANDBOX_READY);
        wire_put_u32(&w, notify >= 0);
        wire_put_u32(&w, nowhere >= 0);
        if (notify >= 0)
                fds[count++] = notify;
        if (nowhere >= 0)
                fds[count++] = nowhere;
        return post(control, &w, fds, count);
}

int report_source(int control, unsigned number, int directory)
{
        uint8_t bytes[8];
        struct wire w = wire_over(bytes, sizeof(bytes));

        wire_put_u32(&w, SANDBOX_SOURCE);
        wire_put_u32(&w, number);
        return post(control, &w, &directory, 1);
}

int report_failed(int control, int stage, int error, const char *detail)
{
        uint8_t bytes[REPORT_MOST];
        struct wire w = wire_over(bytes, sizeof(bytes));

        wire_put_u32(&w, SANDBOX_FAILED);
        wire_put_u32(&w, (uint32_t)stage);
        wire_put_u32(&w, (uint32_t)error);
        wire_put_bytes(&w, detail ? detail : "", detail ? strnlen(detail, DETAIL_MOST) : 0);
        return post(control, &w, NULL, 0);
}

int report_exited(int control, int wait_status, enum sandbox_ended ended, const struct sandbox_usage *usage)
{
        uint8_t bytes[64];
        struct wire w = wire_over(bytes, sizeof(bytes));

        wire_put_u32(&w, SANDBOX_EXITED);
        wire_put_u32(&w, (uint32_t)wait_status);
        wire_put_u32(&w, ended);
        wire_put_u64(&w, usage->user_ns);
        wire_put_u64(&w, usage->system_ns);
        wire_put_u64(&w, usage->memory_peak);
        wire_put_u64(&w, usage->processes);
        wire_put_u64(&w, usage->bytes_read);
        wire_put_u64(&w, usage->bytes_written);
        return post(control, &w, NULL, 0);
}

static int report_word(int control, enum sandbox_event_kind kind)
{
        uint8_t bytes[4];
        struct wire w = wire_over(bytes, sizeof(bytes));

        wire_put_u32(&w, kind);
        return post(control, &w, NULL, 0);
}

int report_program(int control)
{
        return report_word(control, SANDBOX_PROGRAM);
}

int report_started(int control)
{
        return report_word(control, SANDBOX_STARTED);
}

int report_stopped(int control, int signal)
{
        uint8_t bytes[16];
        struct wire w = wire_over(bytes, sizeof(bytes));

        wire_put_u32(&w, SANDBOX_STOPPED);
        wire_put_u32(&w, (uint32_t)signal);
        /* Never waits: the program can stop and go on as often as it likes, and nobody may be receiving. */
        return wire_ok(&w) ? fd_try_send(control, w.data, w.at, NULL, 0) : -EMSGSIZE;
}

/* There is one thing to say, so that anything said is that. */
int sandbox_end(const struct sandbox *s)
{
        return fd_send(s->control, "end", 3, NULL, 0);
}

int report_asked(int control)
{
        char word[8];
        int result = SYS_CALL(recvfrom, control, word, sizeof(word), MSG_DONTWAIT, NULL, NULL);

        if (result == -EAGAIN || result == -EINTR)
                return 0;
        return result > 0 ? 1 : -EPIPE;
}

/* ---- the receiving side -------------------------------------------------------------------------------------------- */

static int read_ready(struct wire *w, struct sandbox_event *out, struct fd_received *got)
{
        uint32_t notify = wire_get_u32(w), nowhere = wire_get_u32(w);

        if (!wire_done(w) || notify > 1 || nowhere > 1 || got->count != 1 + notify + nowhere)
                return -EBADMSG;
        out->view = fd_take(&got->fds[0]);
        if (notify)
                out->notify = fd_take(&got->fds[1]);
        if (nowhere)
                out->nowhere = fd_take(&got->fds[1 + notify]);
        got->count = 0;
        return 1;
}

static int read_source(struct wire *w, struct sandbox_event *out, struct fd_received *got)
{
        out->source = wire_get_u32(w);
        if (!wire_done(w) || out->source >= PLAN_SOURCES_MOST || got->count != 1)
                return -EBADMSG;
        out->directory = fd_take(&got->fds[0]);
        got->count = 0;
        return 1;
}

static int read_failed(struct wire *w, struct sandbox_event *out)
{
        uint32_t stage = wire_get_u32(w), error = wire_get_u32(w);
        size_t length;
        const char *detail = wire_get_bytes(w, DETAIL_MOST, &length);

        if (!wire_done(w) || stage >= STAGE_COUNT || error == 0 || error > 4095)
                return -EBADMSG;
        out->stage = (int)stage;
        out->error = (int)error;
        out->exec_failed = stage == STAGE_EXEC;
        memcpy(out->detail, detail, length);
        return 1;
}

static int read_exited(struct wire *w, struct sandbox_event *out)
{
        out->wait_status = (int)wire_get_u32(w);
        uint32_t ended = wire_get_u32(w);
        out->usage.user_ns = wire_get_u64(w);
        out->usage.system_ns = wire_get_u64(w);
        out->usage.memory_peak = wire_get_u64(w);
        out->usage.processes = wire_get_u64(w);
        out->usage.bytes_read = wire_get_u64(w);
        out->usage.bytes_written = wire_get_u64(w);
        out->ended = (enum sandbox_ended)ended;
        return wire_done(w) && ended <= SANDBOX_TOLD ? 1 : -EBADMSG;
}

static int read_stopped(struct wire *w, struct sandbox_event *out)
{
        uint32_t signal = wire_get_u32(w);

        if (!wire_done(w) || signal > SIGRTMAX_KERNEL)
                return -EBADMSG;
        out->stop_signal = (int)signal;
        return 1;
}

static int read_event(struct wire *w, struct sandbox_event *out, struct fd_received *got)
{
        uint32_t kind = wire_get_u32(w);

        if (kind != SANDBOX_READY && kind != SANDBOX_SOURCE && got->count > 0)
                return -EBADMSG;
        out->kind = (enum sandbox_event_kind)kind;
        switch (kind) {
        case SANDBOX_READY:
                return read_ready(w, out, got);
        case SANDBOX_SOURCE:
                return read_source(w, out, got);
        case SANDBOX_FAILED:
                return read_failed(w, out);
        case SANDBOX_EXITED:
                return read_exited(w, out);
        case SANDBOX_PROGRAM:
                out->program = got->pid;
                return wire_done(w) ? 1 : -EBADMSG;
        case SANDBOX_STARTED:
                return wire_done(w) ? 1 : -EBADMSG;
        case SANDBOX_STOPPED:
                return read_stopped(w, out);
        }
        return -EBADMSG;
}

int sandbox_next_event(int control, struct sandbox_event *out)
{
        uint8_t bytes[REPORT_MOST];
        struct fd_received got;

        memset(out, 0, sizeof(*out));
        out->view = out->notify = out->nowhere = out->directory = -1;
        int result = fd_receive(control, bytes, sizeof(bytes), &got, 3, MSG_DONTWAIT);
        /* Said once, before what is still queued, when pid 1 has died without reading all that we sent it. */
        if (result == -ECONNRESET)
                result = fd_receive(control, bytes, sizeof(bytes), &got, 3, MSG_DONTWAIT);
        if (result < 0)
                return result == -EAGAIN ? 0 : result;
        struct wire w = wire_over(bytes, got.length);
        result = read_event(&w, out, &got);
        for (unsigned i = 0; i < got.count; i++)
                fd_close(got.fds[i]);
        return result;
}
