/* Descriptors by number, from whoever called us. They are looked at first, while no number can be one of our own. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/run.h"

/* A number that ends where `end` comes; -1: it is none. */
static int number_of(const char *text, const char **end)
{
        int value = 0;

        if (*text < '0' || *text > '9')
                return -1;
        for (; *text >= '0' && *text <= '9' && value < 1000000; text++)
                value = 10 * value + (*text - '0');
        *end = text;
        return value;
}

static bool is_open(const char *option, int fd)
{
        if (fcntl(fd, F_GETFD) >= 0)
                return true;
        say("--%s %d: descriptor %d is not open: open it for cordon, as a shell does with %d<FILE or %d>FILE", option, fd, fd, fd,
            fd);
        return false;
}

/* One for our own use. `refused` is the access mode that makes no sense. The program never gets it. */
static bool own(const char *option, const char *text, int refused, const char *use, int *out)
{
        const char *end = "";

        *out = -1;
        if (!text)
                return true;
        int fd = number_of(text, &end);
        if (fd < 0 || *end) {
                say("run: --%s wants the number of a descriptor, not '%s'", option, text);
                return false;
        }
        if (!is_open(option, fd))
                return false;
        int flags = fcntl(fd, F_GETFL);
        if ((flags & O_ACCMODE) == refused || (flags & O_PATH)) {
                say("--%s %d: the descriptor is not open for %s", option, fd, use);
                return false;
        }
        /* Standard descriptors are the program's, too. */
        if (fd > 2 && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
                say("--%s %d: %s", option, fd, strerror(errno));
                return false;
        }
        *out = fd;
        return true;
}

static bool parse(const char *text, cordon_child_fd *out)
{
        const char *end = text;

        *out = (cordon_child_fd){.source = number_of(text, &end)};
        out->target = out->source;
        if (out->source >= 0 && *end == '=')
                out->target = number_of(end + 1, &end);
        if (out->source >= 0 && out->target >= 0 && !strcmp(end, ":ro"))
                out->flags = CORDON_FD_READONLY;
        else if (out->source < 0 || out->target < 0 || *end)
                return false;
        return true;
}

static bool pass(struct passing *p, const char *text)
{
        cordon_child_fd *fd = &p->fds[p->count];
        const int ours[] = {p->status, p->sync, p->block, p->audit};
        static const char *const names[] = {"status-fd", "sync-fd", "block-fd", "audit-fd"};

        if (!parse(text, fd)) {
                say("run: --pass-fd wants N, N=M, N:ro or N=M:ro, not '%s'", text);
                return false;
        }
        for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
                if (fd->source != ours[i])
                        continue;
                say("--pass-fd %d: this is --%s's: the program cannot have it", fd->source, names[i]);
                return false;
        }
        p->count++;
        return is_open("pass-fd", fd->source);
}

bool passing_open(struct passing *out, const struct settings *s)
{
        size_t count = 0;

        *out = (struct passing)PASSING_NONE;
        while (s->passed[count])
                count++;
        out->fds = calloc(count + 1, sizeof(*out->fds));
        if (!out->fds) {
                say("%s", strerror(ENOMEM));
                return false;
        }
        bool fine = own("status-fd", s->status_fd, O_RDONLY, "writing", &out->status) &&
                    own("sync-fd", s->sync_fd, -1, "anything", &out->sync) &&
                    own("block-fd", s->block_fd, O_WRONLY, "reading", &out->block) &&
                    own("audit-fd", s->audit_fd, O_RDONLY, "writing", &out->audit);
        for (size_t i = 0; i < count && fine; i++)
                fine = pass(out, s->passed[i]);
        return fine;
}

void passing_free(struct passing *p)
{
        free(p->fds);
        *p = (struct passing)PASSING_NONE;
}
