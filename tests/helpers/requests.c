/* Asks the broker for much: requests SECRET MOST. Of all kinds: granted, denied, missing, made and removed, connected in vain, waited
 * for and given up. Works in the directory where it starts, which has a file `data` and a FIFO `go`. Says "at N" after the first
 * 10,000, and when it is through; then asks nothing until a byte is written to `go`. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static void wake(int signal)
{
        (void)signal;
}

/* Nobody writes: the signal ends it. */
static void wait_in_vain(void)
{
        const struct itimerval soon = {{0, 0}, {0, 2000}};

        setitimer(ITIMER_REAL, &soon, NULL);
        close(open("fifo", O_RDONLY));
}

static void connect_in_vain(void)
{
        const struct sockaddr_un at = {AF_UNIX, "nobody"};
        int s = socket(AF_UNIX, SOCK_STREAM, 0);

        if (s >= 0 && connect(s, (const struct sockaddr *)&at, sizeof(at)) == 0)
                abort();
        close(s);
}

static unsigned long ask(unsigned long i, const char *secret)
{
        char name[32];

        snprintf(name, sizeof(name), "n%lu", i % 7);
        close(open("data", O_RDONLY));
        close(open(secret, O_RDONLY));
        close(open("missing", O_RDONLY));
        close(open(name, O_WRONLY | O_CREAT | O_EXCL, 0644));
        unlink(name);
        mkdir(name, 0755);
        rename(name, "moved");
        rmdir("moved");
        if (i % 64 == 0)
                connect_in_vain();
        if (i % 1024 == 0)
                wait_in_vain();
        return 8u + (i % 64 == 0) + (i % 1024 == 0);
}

int main(int argc, char **argv)
{
        const struct sigaction act = {.sa_handler = wake};
        char byte;
        unsigned long most = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, done = 0, next = 10000;

        if (most < next)
                return 2;
        sigaction(SIGALRM, &act, NULL);
        mkfifo("fifo", 0644);
        int go = open("go", O_RDWR); /* so that waiting takes no request */
        if (go < 0)
                return 2;
        for (unsigned long i = 0; done < most; i++) {
                done += ask(i, argv[1]);
                if (done < next)
                        continue;
                printf("at %lu\n", done);
                fflush(stdout);
                while (read(go, &byte, 1) < 0 && errno == EINTR)
                        ;
                next = most;
        }
        return 0;
}
