/* Opens that wait: FIFOs in both orders, with signals. Prints what happened; equal inside and outside. Each case
 * waits for events only: a partner that opens the other end, or signals that come until the open is over. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tests/helpers/show.h"

static atomic_int handled;
static char fifo[] = "fifo";

static void on_alarm(int signal)
{
        (void)signal;
        handled++;
}

static void every_50ms(int on, int flags)
{
        struct itimerval t = {{0, on ? 50000 : 0}, {0, on ? 50000 : 0}};
        struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = flags};

        sigaction(SIGALRM, &sa, NULL);
        setitimer(ITIMER_REAL, &t, NULL);
}

static void *write_end(void *path)
{
        int fd = open(path, O_WRONLY);

        if (fd < 0 || write(fd, "through\n", 8) != 8)
                printf("writer: %s\n", errno_name(errno));
        if (fd >= 0)
                close(fd);
        return NULL;
}

static void *read_end(void *path)
{
        char text[16] = "";
        int fd = open(path, O_RDONLY);
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

        printf("reader: %s", n > 0 ? text : "nothing\n");
        if (fd >= 0)
                close(fd);
        return NULL;
}

static void pair(void *(*first)(void *), void *(*second)(void *))
{
        pthread_t t;

        if (pthread_create(&t, NULL, first, fifo))
                exit(1);
        second(fifo);
        pthread_join(t, NULL);
}

/* Many waiting at once, and other opens go on meanwhile. */
static void crowd(void)
{
        pthread_t t[16];
        char name[16];
        int fd, good = 0;

        for (int i = 0; i < 16; i++) {
                char *own;

                snprintf(name, sizeof(name), "fifo%d", i);
                own = strdup(name);
                if (mkfifo(name, 0600) || !own || pthread_create(&t[i], NULL, read_end, own))
                        exit(1);
        }
        for (int i = 0; i < 200; i++) {
                fd = open("file", O_RDONLY);
                good += fd >= 0;
                if (fd >= 0)
                        close(fd);
        }
        printf("opens while 16 wait: %d\n", good);
        for (int i = 0; i < 16; i++) {
                snprintf(name, sizeof(name), "fifo%d", i);
                write_end(name);
                pthread_join(t[i], NULL);
        }
}

static void interrupted(void)
{
        int fd;

        every_50ms(1, 0);
        fd = open("fifo", O_RDONLY);
        printf("signal, no restart: %s, handler ran: %d\n", fd < 0 ? errno_name(errno) : "opened", handled > 0);
        every_50ms(0, 0);
        if (fd >= 0)
                close(fd);
}

static void *write_after_two(void *arg)
{
        sigset_t all;

        (void)arg;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
        while (handled < 2)
                usleep(1000);
        return write_end(fifo);
}

static void restarted(void)
{
        pthread_t t;
        sigset_t alarm_set;
        int fd;

        handled = 0;
        sigemptyset(&alarm_set);
        sigaddset(&alarm_set, SIGALRM);
        pthread_sigmask(SIG_BLOCK, &alarm_set, NULL);
        if (pthread_create(&t, NULL, write_after_two, NULL))
                exit(1);
        every_50ms(1, SA_RESTART);
        pthread_sigmask(SIG_UNBLOCK, &alarm_set, NULL);
        fd = open("fifo", O_RDONLY);
        every_50ms(0, SA_RESTART);
        printf("signal, restart: %s, handler ran twice: %d\n", fd < 0 ? errno_name(errno) : "opened", handled >= 2);
        pthread_join(t, NULL);
        if (fd >= 0)
                close(fd);
}

/* A process that waits in an open can be killed. */
static void killed(void)
{
        int status, ready[2];
        pid_t child;
        char c;

        if (pipe(ready))
                exit(1);
        child = fork();
        if (child == 0) {
                if (write(ready[1], "r", 1) != 1)
                        _exit(9);
                open("fifo", O_RDONLY);
                _exit(1);
        }
        if (read(ready[0], &c, 1) != 1)
                exit(1);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        printf("killed while waiting: signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        close(ready[0]);
        close(ready[1]);
}

/* Signals at 1 kHz while files are opened: no open fails, none is done twice (O_EXCL would tell). */
static void storm(void)
{
        struct itimerval t = {{0, 1000}, {0, 1000}};
        struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
        char name[16];
        int bad = 0, fd;

        sigaction(SIGALRM, &sa, NULL);
        setitimer(ITIMER_REAL, &t, NULL);
        for (int i = 0; i < 2000; i++) {
                snprintf(name, sizeof(name), "storm%d", i);
                fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
                bad += fd < 0;
                if (fd >= 0)
                        close(fd);
                unlink(name);
        }
        every_50ms(0, SA_RESTART);
        printf("opens that failed under a storm of signals: %d\n", bad);
}

int main(int argc, char **argv)
{
        const char *which = argc > 1 ? argv[1] : "";

        setvbuf(stdout, NULL, _IOLBF, 0);
        put_file("file", "hello\n", 0644);
        if (mkfifo("fifo", 0600))
                return 1;
        if (!strcmp(which, "pairs")) {
                pair(write_end, read_end);
                pair(read_end, write_end);
                crowd();
        } else if (!strcmp(which, "interrupted")) {
                interrupted();
        } else if (!strcmp(which, "restarted")) {
                restarted();
        } else if (!strcmp(which, "killed")) {
                killed();
        } else if (!strcmp(which, "storm")) {
                storm();
        }
        return 0;
}
