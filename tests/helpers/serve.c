/* A server outside for attacks from inside. Prints "ready" (and a port), then answers each connection until it is
 * killed.
 *   serve unix PATH | abstract NAME | dgram PATH | inet */
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/helpers/show.h"

static int unix_server(const char *name, int type, int abstract)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t length = offsetof(struct sockaddr_un, sun_path) + (size_t)abstract + strlen(name);
        int fd = socket(AF_UNIX, type, 0);

        memcpy(address.sun_path + abstract, name, strlen(name));
        if (bind(fd, (struct sockaddr *)&address, (socklen_t)length) < 0)
                exit(1);
        if (!abstract)
                chmod(name, 0777);
        return fd;
}

static int inet_server(void)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t length = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (bind(fd, (struct sockaddr *)&address, length) < 0 ||
            getsockname(fd, (struct sockaddr *)&address, &length) < 0)
                exit(1);
        printf("port %d\n", ntohs(address.sin_port));
        return fd;
}

int main(int argc, char **argv)
{
        const char *what = argc > 1 ? argv[1] : "";
        int fd;

        setvbuf(stdout, NULL, _IOLBF, 0);
        alarm(110); /* nothing is left behind, whatever becomes of the test */
        if (!strcmp(what, "inet"))
                fd = inet_server();
        else if (argc > 2)
                fd = unix_server(argv[2], strcmp(what, "dgram") ? SOCK_STREAM : SOCK_DGRAM, !strcmp(what, "abstract"));
        else
                return 2;
        if (strcmp(what, "dgram") != 0 && listen(fd, 5) < 0)
                return 1;
        printf("ready\n");
        for (;;) {
                int client = strcmp(what, "dgram") ? accept(fd, NULL, NULL) : (pause(), -1);

                if (client >= 0)
                        close(client);
        }
}
