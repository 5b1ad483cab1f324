/* A broker waits for nothing by itself: an epoll set for its host to watch, and the earliest deadline of its children. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "lib/child.h"

enum { EVENTS = 32 };

int cordon_broker_new(cordon_broker **out, cordon_error *err)
{
        cordon_broker *b = calloc(1, sizeof(*b));
        *out = NULL;
        if (!b)
                return error_set(err, ENOMEM, "out of memory");
        b->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (b->epoll < 0) {
                int code = errno;
                free(b);
                return error_set(err, code, "cannot create an epoll set: %s", error_text(code));
        }
        *out = b;
        return 0;
}

cordon_broker *cordon_broker_free(cordon_broker *b)
{
        if (!b)
                return NULL;
        while (b->children)
                cordon_child_free(b->children);
        fd_close(b->epoll);
        free(b);
        return NULL;
}

int cordon_broker_fd(const cordon_broker *b)
{
        return b->epoll;
}

/* 0 is never. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
        return !a || (b && b < a) ? b : a;
}

int cordon_broker_next_timeout(const cordon_broker *b)
{
        uint64_t first = 0, now = child_now();
        for (const cordon_child *c = b->children; c; c = c->next) {
                uint64_t asks = c->hears.ask && c->server ? asker_next(server_asker(c->server)) : 0;
                first = earlier(earlier(first, child_next_time(c)), asks);
        }
        if (!first)
                return -1;
        if (first <= now)
                return 0;
        uint64_t ms = (first - now + 999999) / 1000000; /* up: too early would be a busy loop */
        return ms > 1000000 ? 1000000 : (int)ms;
}

int cordon_broker_dispatch(cordon_broker *b)
{
        struct epoll_event events[EVENTS];
        int n = epoll_wait(b->epoll, events, EVENTS, 0);
        if (n < 0 && errno != EINTR)
                return -errno;
        /* No child is freed in here, so the pointers stay good while we go through them. */
        for (int i = 0; i < n; i++)
                child_advance(events[i].data.ptr);
        uint64_t now = child_now();
        for (cordon_child *c = b->children; c; c = c->next) {
                child_check_time(c, now);
                if (c->hears.ask && c->server)
                        asker_tell(server_asker(c->server), &c->hears);
        }
        return 0;
}
