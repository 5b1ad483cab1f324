/* The transport for unmodified programs: seccomp user notification. The kernel stops the calling thread and tells us the
 * syscall's registers; the answer is a descriptor placed into the caller's table, or an errno. We do the operation ourselves and
 * never let the caller's own syscall continue: what we looked at in its memory could have changed by then. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"
#include "broker/calls.h"
#include "broker/operations.h"
#include "broker/refused.h"
#include "broker/registers.h"
#include "broker/server.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

/* ---- from registers to a request ---------------------------------------------------------------------------------- */

/* openat2's struct: as copy_struct_from_user() takes it, older and newer sizes included. */
static int read_how(struct request *r, uint64_t address, uint64_t size)
{
        unsigned char bytes[4096];
        struct open_how how;
        if (size < sizeof(how))
                return -EINVAL;
        if (size > sizeof(bytes))
                return -E2BIG;
        int bad = caller_bytes(r->tid, address, bytes, size);
        if (bad < 0)
                return bad;
        for (size_t i = sizeof(how); i < size; i++) {
                if (bytes[i])
                        return -E2BIG;
        }
        memcpy(&how, bytes, sizeof(how));
        if (how.flags & O_PATH)
                return -ENOSYS; /* ADDFD takes no O_PATH descriptor; openat, to which callers fall back, does it natively */
        r->flags = how.flags;
        r->mode = how.mode;
        r->resolve = how.resolve;
        return 0;
}

static void read_flags(struct request *r, const struct open_registers *call, const uint64_t *args)
{
        r->flags = call->implied | (uint32_t)register_value(call->flags, args);
        r->mode = register_value(call->mode, args);
        open_as_legacy(r);
        if (r->flags & O_PATH) /* the filter lets these through, but where metadata are brokered */
                r->flags = open_instead_of_path(r->flags);
}

static int decode(struct request *r, const struct seccomp_notif *n)
{
        const struct open_registers *call = registers_of_open(n->data.nr);
        uint64_t args[6];
        int bad = 0;

        r->transport = TRANSPORT_NOTIFY;
        r->operation = OPERATION_OPEN;
        r->id = n->id;
        r->tid = (pid_t)n->pid;
        r->process = r->line = FD_NONE;
        r->resolve = 0;
        r->path[0] = '\0';
        for (int i = 0; i < 6; i++)
                args[i] = n->data.args[i];
        if (!call)
                return calls_decode(r, n->data.nr, args);
        r->dirfd = register_directory(call->dirfd, args);
        if (call->how != NONE)
                bad = read_how(r, register_value(call->how, args), register_value(call->size, args));
        else
                read_flags(r, call, args);
        if (bad < 0)
                return bad;
        ssize_t length = caller_string(r->tid, register_value(call->path, args), r->path, sizeof(r->path));
        if (length < 0) {
                r->path[0] = '\0';
                return (int)length;
        }
        r->length = (size_t)length;
        return 0;
}

/* ---- answers ------------------------------------------------------------------------------------------------------ */

bool notify_waiting(const struct server *s, uint64_t id)
{
        return ioctl(s->notify, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static void send_response(const struct server *s, uint64_t id, int value, int error)
{
        struct seccomp_notif_resp response = {.id = id, .val = error ? 0 : value, .error = -error};
        while (ioctl(s->notify, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 && errno == EINTR)
                ;
}

static int add_descriptor(const struct server *s, const struct request *r, int fd, uint32_t flags)
{
        struct seccomp_notif_addfd give = {
                .id = r->id,
                .flags = flags,
                .srcfd = (__u32)fd,
                .newfd_flags = r->flags & O_CLOEXEC ? O_CLOEXEC : 0,
        };
        int number;
        do
                number = ioctl(s->notify, SECCOMP_IOCTL_NOTIF_ADDFD, &give);
        while (number < 0 && errno == EINTR);
        return number < 0 ? -errno : number;
}

/* In two steps: ADDFD, then the reply with the number. ADDFD_FLAG_SEND would be one, and a wake less, but it marks the call
 * as answered before the descriptor is there: where we are stopped in between (Ctrl-Z, a debugger, the freezer), the kernel
 * takes the descriptor back, and the caller's open returns 0, its standard input, instead. Two steps also close our own copy
 * before the caller goes on: a file that anybody holds open for writing cannot be executed (ETXTBSY), and an end of a FIFO
 * that we still hold is an end that is still there.
 * Before WAIT_KILLABLE_RECV a signal could end the call between the two, and leave a descriptor that nobody knows of: one
 * step there. */
void notify_answer(const struct server *s, const struct request *r, struct answer *a)
{
        if (a->fd < 0) {
                send_response(s, r->id, a->value, a->error ? a->error : a->done ? 0 : EACCES);
                return;
        }
        int number = add_descriptor(s, r, a->fd, s->keeps_waiting ? 0 : SECCOMP_ADDFD_FLAG_SEND);
        a->fd = fd_close(a->fd);
        if (number >= 0 && s->keeps_waiting)
                send_response(s, r->id, number, 0);
        else if (number < 0 && number != -ENOENT) /* the caller lives, and has no room: it must not wait for ever */
                send_response(s, r->id, 0, number == -EMFILE ? EMFILE : EACCES);
}

/* ---- the thread --------------------------------------------------------------------------------------------------- */

/* These two cannot be probed without a filter of one's own. */
static bool kernel_is(int major, int minor)
{
        struct utsname name;
        int has_major = 0, has_minor = 0;
        if (uname(&name) < 0 || sscanf(name.release, "%d.%d", &has_major, &has_minor) != 2)
                return false;
        return has_major > major || (has_major == major && has_minor >= minor);
}

static bool hung_up(const struct server *s, int timeout)
{
        struct pollfd p = {.fd = s->notify, .events = POLLIN};
        int n = poll(&p, 1, timeout);
        return n > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)) && !(p.revents & POLLIN);
}

/* Waits for something to serve. True: there will be nothing more, or we are to stop. */
static bool is_over(const struct server *s)
{
        struct pollfd p[] = {{.fd = s->notify, .events = POLLIN}, {.fd = s->stop, .events = POLLIN}};
        int n = poll(p, 2, -1);
        return n > 0 && (p[1].revents || ((p[0].revents & (POLLHUP | POLLERR | POLLNVAL)) && !(p[0].revents & POLLIN)));
}

static void serve(struct server *s, struct request *r, const struct seccomp_notif *n)
{
        struct answer answer = {.fd = FD_NONE};
        r->received = server_now();
        r->edition = server_edition(s);
        r->tid = (pid_t)n->pid;
        if (!refused_serves(s->refused, n->data.nr)) {
                send_response(s, n->id, 0, refused_answer(s->refused, s->audit, n, r, s->view.proc));
                edition_unref(r->edition);
                return;
        }
        int bad = decode(r, n);
        atomic_fetch_add_explicit(&s->requests, 1, memory_order_relaxed);
        if (bad < 0)
                answer.error = -bad;
        else
                operation_serve(s, r, &answer);
        if (!answer.deferred)
                request_answer(s, r, &answer);
        edition_unref(r->edition);
}

void *notify_main(void *arg)
{
        struct server *s = arg;
        if (!server_wait(s) || s->notify < 0)
                return NULL;
        struct seccomp_notif_sizes sizes;
        struct request *r = malloc(sizeof(*r));
        struct seccomp_notif *n = NULL;
        /* Since 6.11 RECV itself returns when the last user of the filter is gone; before, it would sleep for ever, and a poll in
         * front of it (0.4 microseconds) sees the hang-up. Where somebody may outlive pid 1 there is none to wait for. */
        bool polls = s->stop >= 0 || !kernel_is(6, 11);

        s->keeps_waiting = kernel_is(5, 19);
        if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0)
                n = malloc(sizes.seccomp_notif > sizeof(*n) ? sizes.seccomp_notif : sizeof(*n));
        ioctl(s->notify, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP); /* 6.6; only faster */
        while (r && n) {
                if (polls && is_over(s))
                        break;
                memset(n, 0, sizes.seccomp_notif);
                if (ioctl(s->notify, SECCOMP_IOCTL_NOTIF_RECV, n) == 0)
                        serve(s, r, n);
                else if (errno != EINTR && (errno != ENOENT || hung_up(s, 0)))
                        break; /* ENOENT alone: the caller was killed before we came */
        }
        free(n);
        free(r);
        return NULL;
}
