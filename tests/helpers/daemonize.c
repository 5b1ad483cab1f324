/* A double-forked daemon in a session of its own that holds a lock on FILE for ever. Its first parent ends once
 * the lock is held, so that whoever waited for that parent knows: the daemon is there. usage: daemonize FILE
 * PIDFILE */
#include <stdlib.h>
#include <sys/file.h>

#include "tests/helpers/show.h"

static void stay(const char *lock, const char *pidfile, int ready)
{
        char text[16];
        int fd;

        alarm(110); /* nothing is left behind, whatever becomes of the test */
        fd = open(lock, O_RDWR | O_CREAT, 0644);

        if (fd < 0 || flock(fd, LOCK_EX) < 0)
                _exit(1);
        snprintf(text, sizeof(text), "%d\n", (int)getpid());
        put_file(pidfile, text, 0644);
        close(0);
        close(1);
        close(2);
        if (write(ready, "r", 1) != 1)
                _exit(1);
        close(ready);
        for (;;)
                pause();
}

int main(int argc, char **argv)
{
        int ready[2];
        char c;

        if (argc < 3 || pipe(ready))
                return 2;
        if (fork() == 0) {
                setsid();
                if (fork() == 0)
                        stay(argv[1], argv[2], ready[1]);
                _exit(0);
        }
        close(ready[1]);
        if (read(ready[0], &c, 1) != 1)
                return 1;
        printf("daemon is up\n");
        return 0;
}
