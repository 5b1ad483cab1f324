/* A cooperating program: asks for files over the channel, or abuses it.
 *   client open PATH | create PATH MODE | many COUNT PATH   as cordon_client_open() says
 *   client malformed | oversize | surplus                   one bad datagram, then what became of the channel */
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "cordon.h"
#include "tests/helpers/show.h"

static int channel;
static cordon_client client;

static int count_fds(void)
{
        int n = 0;

        for (int fd = 0; fd < 256; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

static void show_open(const char *path, int flags, mode_t mode)
{
        int fd = cordon_client_open(&client, path, flags, mode);

        show(path, fd, -fd);
        if (fd >= 0)
                close(fd);
}

static void many(long count, const char *path)
{
        int good = 0, refused = 0;

        close(cordon_client_open(&client, path, O_RDONLY | O_CLOEXEC, 0)); /* the line on which requests travel */
        int before = count_fds();

        for (long i = 0; i < count; i++) {
                int fd = cordon_client_open(&client, path, O_RDONLY | O_CLOEXEC, 0);

                good += fd >= 0;
                if (fd >= 0)
                        close(fd);
                refused += cordon_client_open(&client, "/nowhere/at/all", O_RDONLY, 0) < 0;
        }
        printf("good=%d refused=%d descriptors more=%d\n", good, refused, count_fds() - before);
}

/* Sends bytes with at most one descriptor, and waits for what the broker does about it. */
static void send_bad(const void *data, size_t length, int fd)
{
        union {
                char room[CMSG_SPACE(sizeof(int))];
                struct cmsghdr align;
        } control = {{0}};
        struct iovec iov = {(void *)(uintptr_t)data, length};
        struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
        char reply[256];

        if (fd >= 0) {
                struct cmsghdr *c;

                message.msg_control = control.room;
                message.msg_controllen = CMSG_LEN(sizeof(int));
                c = CMSG_FIRSTHDR(&message);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(sizeof(int));
                memcpy(CMSG_DATA(c), &fd, sizeof(fd));
        }
        printf("sent: %s\n", sendmsg(channel, &message, MSG_NOSIGNAL) < 0 ? errno_name(errno) : "yes");
        if (fd >= 0)
                close(fd);
        printf("answer: %s\n", recv(channel, reply, sizeof(reply), 0) > 0 ? "one" : "end");
}

static void after_bad(const char *good_path)
{
        int fd = cordon_client_open(&client, good_path, O_RDONLY, 0);

        printf("channel afterwards: %s\n", fd >= 0 ? "works" : errno_name(-fd));
}

static void surplus(const char *path)
{
        int ends[2];
        char c;

        if (pipe(ends))
                exit(1);
        send_bad("hello", 5, ends[1]);
        printf("their copy of my pipe: %s\n", read(ends[0], &c, 1) == 0 ? "closed" : "open");
        after_bad(path);
}

int main(int argc, char **argv)
{
        const char *what = argc > 1 ? argv[1] : "";
        static char large[300000];

        setvbuf(stdout, NULL, _IOLBF, 0);
        umask(022);
        channel = cordon_client_channel();
        if (channel < 0) {
                printf("no channel: %s\n", errno_name(-channel));
                return 1;
        }
        cordon_client_init(&client, channel);
        if (!strcmp(what, "open")) {
                for (int i = 2; i < argc; i++)
                        show_open(argv[i], O_RDONLY, 0);
        } else if (!strcmp(what, "write") && argc > 2) {
                show_open(argv[2], O_WRONLY, 0);
        } else if (!strcmp(what, "create") && argc > 3) {
                show_open(argv[2], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)strtoul(argv[3], NULL, 8));
        } else if (!strcmp(what, "long")) {
                memset(large, '/', 5000);
                printf("5000 bytes: %s\n", errno_name(-cordon_client_open(&client, large, O_RDONLY, 0)));
                printf("no path: %s\n", errno_name(-cordon_client_open(&client, "", O_RDONLY, 0)));
        } else if (!strcmp(what, "many") && argc > 3) {
                many(strtol(argv[2], NULL, 10), argv[3]);
        } else if (!strcmp(what, "surplus") && argc > 2) {
                surplus(argv[2]);
        } else if (!strcmp(what, "malformed") && argc > 2) {
                send_bad("this is no request", 18, -1);
                after_bad(argv[2]);
        } else if (!strcmp(what, "oversize") && argc > 2) {
                send_bad(large, 100000, -1);
                after_bad(argv[2]);
        } else {
                return 2;
        }
        return 0;
}
