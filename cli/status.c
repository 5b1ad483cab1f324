/* Events for whoever runs cordon from a program, one JSON object a line.
 *
 * A line is shorter than PIPE_BUF and written at once, so that lines of several writers never mix. The result of the run is the
 * program's: a reader that is gone changes nothing, and one that is slow gets his lines later, or at the end never. */
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/run.h"

enum { PATIENCE_MS = 2000 }; /* at the end, for a reader that is slow */

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static void give_up(struct status *s, int error)
{
        if (error && error != EPIPE && error != ECONNRESET)
                say("cannot write to --status-fd: %s", strerror(error));
        free(s->waiting);
        s->waiting = NULL;
        s->length = 0;
        s->fd = -1;
}

/* Whole lines, as far as there is room for them; waits up to so long for it. */
static void flush_lines(struct status *s, int patience)
{
        while (s->fd >= 0 && s->length > 0) {
                struct pollfd fd = {s->fd, POLLOUT, 0};
                int ready = poll(&fd, 1, patience);
                if (ready < 0 && errno == EINTR)
                        continue;
                if (ready <= 0 || !(fd.revents & POLLOUT)) {
                        if (ready < 0 || (fd.revents & (POLLERR | POLLNVAL)))
                                give_up(s, ready < 0 ? errno : fd.revents & POLLERR ? EPIPE : EBADF);
                        return;
                }
                size_t line = (size_t)((char *)memchr(s->waiting, '\n', s->length) - s->waiting) + 1;
                ssize_t written = write(s->fd, s->waiting, line);
                if (written < 0 && (errno == EINTR || errno == EAGAIN))
                        continue;
                if (written < 0) {
                        give_up(s, errno);
                        return;
                }
                s->length -= (size_t)written;
                memmove(s->waiting, s->waiting + written, s->length);
        }
}

static struct json_object *event(const struct status *s, const char *what)
{
        struct json_object *o = json_object_new_object();

        json_text_add(o, "event", what);
        json_object_object_add(o, "version", json_object_new_int(1));
        json_text_add(o, "name", s->name);
        return o;
}

/* Takes the object. */
static void put(struct status *s, struct json_object *o, int patience)
{
        const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
        size_t length = text ? strlen(text) : 0;
        char *more = realloc(s->waiting, s->length + length + 1);

        /* Where nobody reads any more, a signal would end cordon, and the program with it. It has been started by now. */
        signal(SIGPIPE, SIG_IGN);
        if (more && text) {
                memcpy(more + s->length, text, length);
                more[s->length + length] = '\n';
                s->waiting = more;
                s->length += length + 1;
        } else if (more) {
                s->waiting = more;
        }
        json_object_put(o);
        flush_lines(s, patience);
}

/* ---- events --------------------------------------------------------------------------------------------------------- */

static void number(struct json_object *o, const char *key, int64_t value)
{
        json_object_object_add(o, key, json_object_new_int64(value));
}

static void degraded(struct json_object *o, const cordon_child *child)
{
        struct json_object *names = json_object_new_array();
        const char *name;

        for (size_t i = 0; (name = cordon_child_degraded(child, i)); i++)
                json_object_array_add(names, json_object_new_string(name));
        json_object_object_add(o, "degraded", names);
}

void status_ready(struct status *s, const cordon_child *child)
{
        if (s->fd < 0)
                return;
        struct json_object *o = event(s, "ready");
        number(o, "init_pid", cordon_child_pid(child));
        put(s, o, 0);
}

void status_step(void *status, const cordon_child *child)
{
        struct status *s = status;

        if (s->fd < 0)
                return;
        if (!s->started && cordon_child_program(child) > 0) {
                struct json_object *o = event(s, "started");
                number(o, "pid", cordon_child_program(child));
                number(o, "init_pid", cordon_child_pid(child));
                degraded(o, child);
                s->started = true;
                put(s, o, 0);
        } else {
                flush_lines(s, 0);
        }
}

static const char *reason_of(const cordon_exit *end, int exit_code)
{
        if (!end)
                return exit_code == STATUS_CORDON ? "setup-failed" : "exec-failed";
        switch (end->reason) {
        case CORDON_EXIT_CODE:
                return "exited";
        case CORDON_EXIT_SIGNAL: /* what `syscalls kill` lines send; hardly anybody else does */
                return end->status == SIGSYS ? "denied-fatal" : "signal";
        case CORDON_EXIT_TIME:
                return "timeout";
        case CORDON_EXIT_OOM:
                return "oom";
        case CORDON_EXIT_CPU:
                return "cpu";
        case CORDON_EXIT_OUTPUT:
                return "output";
        case CORDON_EXIT_EXEC:
                return "exec-failed";
        default:
                return "setup-failed";
        }
}

static void seconds(struct json_object *o, const char *key, uint64_t ns)
{
        char text[32];

        snprintf(text, sizeof(text), "%llu.%06llu", (unsigned long long)(ns / 1000000000u),
                 (unsigned long long)(ns % 1000000000u / 1000u));
        json_object_object_add(o, key, json_object_new_double_s((double)ns / 1e9, text));
}

static void numbers(struct json_object *o, const cordon_exit *end)
{
        seconds(o, "wall_s", end->wall_ns);
        seconds(o, "cpu_s", end->cpu_ns);
        seconds(o, "user_s", end->user_ns);
        seconds(o, "system_s", end->system_ns);
        number(o, "memory_peak", (int64_t)end->memory_peak);
        number(o, "processes", (int64_t)end->processes);
        number(o, "bytes_read", (int64_t)end->bytes_read);
        number(o, "bytes_written", (int64_t)end->bytes_written);
        number(o, "requests", (int64_t)end->requests);
        number(o, "opens", (int64_t)end->opens);
        number(o, "denied", (int64_t)end->denied);
}

void status_end(struct status *s, const cordon_child *child, const cordon_exit *end, int exit_code, const char *error)
{
        if (child)
                status_step(s, child); /* it may have been too short to be seen running */
        if (s->fd < 0)
                return;
        struct json_object *o = event(s, "exit");
        json_text_add(o, "reason", reason_of(end, exit_code));
        number(o, "exit_code", exit_code);
        if (end && end->reason == CORDON_EXIT_CODE)
                number(o, "status", end->status);
        if (end && end->reason == CORDON_EXIT_SIGNAL)
                number(o, "signal", end->status);
        if (error && *error)
                json_text_add(o, "error", error);
        if (end)
                numbers(o, end);
        put(s, o, PATIENCE_MS);
        give_up(s, 0); /* on what is not written by now */
}
