/* Many ask at once over one channel: crowd HOW COUNT, in a directory with files f0, f1, … each with its number in it. Everybody
 * reads his own file, again and again, and is refused another; an answer that went to somebody else would have the wrong number.
 *   threads | forks | vforks | signals    COUNT of them, with one client
 *   lines         COUNT processes, each with a client of its own, all alive at once
 *   left          COUNT processes that die between their question and its answer
 *   waits         COUNT processes that are killed while they wait for the other end of `fifo`, then one that gets it
 *   full          with no descriptor left, and then with some
 * With VIA=trap all of this is done by plain calls (via.h). */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/helpers/show.h"

enum { EACH = 120, MOST = 512 };

static cordon_client client;
static int trapped;
static atomic_int wrong;

static int open_file(cordon_client *c, const char *path)
{
        if (!trapped)
                return cordon_client_open(c, path, O_RDONLY | O_CLOEXEC, 0);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int stat_file(cordon_client *c, const char *path, struct stat *st)
{
        if (!trapped)
                return cordon_client_stat(c, AT_FDCWD, path, st, 0);
        return stat(path, st) < 0 ? -errno : 0;
}

static void odd(const char *what, int number, long got)
{
        dprintf(2, "%d: %s: %ld\n", number, what, got);
        atomic_fetch_add(&wrong, 1);
}

static void ask(cordon_client *c, int number)
{
        char path[32], text[16] = "";
        struct stat st = {0};

        snprintf(path, sizeof(path), "f%d", number);
        int fd = open_file(c, path);
        if (fd < 0)
                odd("open", number, fd);
        else if (read(fd, text, sizeof(text) - 1) < 0 || atoi(text) != number)
                odd(text, number, fd);
        if (fd >= 0)
                close(fd);
        int r = stat_file(c, path, &st);
        if (r != 0 || st.st_size != 10000 + number)
                odd("stat", number, r < 0 ? r : (long)st.st_size);
        r = open_file(c, "denied.no");
        if (r != -EACCES)
                odd("denied", number, r);
        r = stat_file(c, "hidden.hid", &st);
        if (r != -ENOENT)
                odd("hidden", number, r);
}

static void *asks(void *arg)
{
        for (int i = 0; i < EACH; i++)
                ask(&client, (int)(intptr_t)arg);
        return NULL;
}

static void threads(int count)
{
        pthread_t t[MOST];
        for (int i = 0; i < count; i++)
                pthread_create(&t[i], NULL, asks, (void *)(intptr_t)i);
        for (int i = 0; i < count; i++)
                pthread_join(t[i], NULL);
}

static void reap(int count)
{
        int status;
        for (int i = 0; i < count; i++)
                if (wait(&status) < 0 || status != 0)
                        odd("child", i, status);
}

/* The children have a copy of a client with lines in it, and ask while their parent does. */
static void forks(int count)
{
        for (int i = 0; i < count; i++) {
                if (fork() == 0) {
                        asks((void *)(intptr_t)i);
                        _exit(wrong != 0);
                }
        }
        asks((void *)(intptr_t)count);
        reap(count);
        asks((void *)(intptr_t)count);
}

static void vforks(int count)
{
        for (volatile int i = 0; i < count; i++) {
                pid_t child = vfork();
                if (child == 0) {
                        ask(&client, i);
                        _exit(0);
                }
                waitpid(child, NULL, 0);
                ask(&client, count);
        }
}

static void in_handler(int signal)
{
        int saved = errno;
        (void)signal;
        ask(&client, 1);
        errno = saved;
}

static void *signals_to(void *arg)
{
        for (int i = 0; i < 2000; i++)
                pthread_kill(*(pthread_t *)arg, i % 2 ? SIGUSR1 : SIGUSR2);
        return NULL;
}

/* Each of the two interrupts the other, and the requests of the thread itself. */
static void signals(int count)
{
        struct sigaction action = {.sa_handler = in_handler};
        pthread_t self = pthread_self(), other;

        sigaction(SIGUSR1, &action, NULL);
        sigaction(SIGUSR2, &action, NULL);
        pthread_create(&other, NULL, signals_to, &self);
        for (int i = 0; i < count; i++)
                ask(&client, 2);
        pthread_join(other, NULL);
        ask(&client, 2);
}

/* More than the broker keeps: it takes idle lines back, and nobody notices. */
static void lines(int count)
{
        int ready[2], go[2];
        char byte;

        if (pipe(ready) || pipe(go))
                exit(2);
        for (int i = 0; i < count; i++) {
                if (fork() == 0) {
                        close(go[1]);
                        cordon_client_init(&client, cordon_client_channel());
                        ask(&client, i);
                        if (write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 0)
                                _exit(2);
                        asks((void *)(intptr_t)i);
                        _exit(wrong != 0);
                }
        }
        for (int i = 0; i < count; i++)
                if (read(ready[0], &byte, 1) != 1)
                        exit(2);
        close(go[1]);
        reap(count);
}

/* The answers that nobody has taken are for those who come. */
static void left(int count)
{
        static const uint32_t line[4] = {2, 1, 0, 0};
        for (int i = 0; i < count; i++) {
                if (fork() == 0) {
                        if (send(cordon_client_channel(), line, sizeof(line), MSG_NOSIGNAL) < 0)
                                _exit(1);
                        kill(getpid(), SIGKILL);
                }
                wait(NULL);
        }
        cordon_client_init(&client, cordon_client_channel());
        asks((void *)(intptr_t)count);
}

static void *writes(void *arg)
{
        int fd;
        (void)arg;
        while ((fd = cordon_client_open(&client, "fifo", O_WRONLY, 0)) == -EAGAIN)
                ask(&client, 4); /* until those that are gone are forgotten */
        if (fd < 0) {
                odd("writes", 0, fd);
                exit(1);
        }
        return (void *)(intptr_t)fd; /* open until the other end is: one of those that are gone might still count as that */
}

/* The broker lets as many wait as it has room for, and forgets those that are gone. */
static void waits(int count)
{
        int ready[2];
        char byte;
        pthread_t writer;

        if (pipe(ready))
                exit(2);
        for (int i = 0; i < count; i++) {
                pid_t child = fork();
                if (child == 0) {
                        cordon_client_init(&client, cordon_client_channel());
                        ask(&client, 1);
                        if (write(ready[1], "r", 1) != 1)
                                _exit(2);
                        cordon_client_open(&client, "fifo", O_RDONLY, 0);
                        _exit(1);
                }
                if (read(ready[0], &byte, 1) != 1)
                        exit(2);
                if (i % 2) /* else most are killed before they have asked */
                        sched_yield();
                kill(child, SIGKILL);
                wait(NULL);
        }
        int fd;
        while ((fd = cordon_client_open(&client, "fifo", O_RDONLY | O_NONBLOCK, 0)) < 0)
                odd("fifo", 0, fd);
        close(fd);
        pthread_create(&writer, NULL, writes, NULL);
        while ((fd = cordon_client_open(&client, "fifo", O_RDONLY, 0)) == -EAGAIN)
                ask(&client, 3);
        if (fd < 0)
                odd("waits", 0, fd);
        close(fd);
        void *other;
        pthread_join(writer, &other);
        close((int)(intptr_t)other);
}

static void full(void)
{
        struct rlimit old, none;
        struct stat st;

        getrlimit(RLIMIT_NOFILE, &old);
        int top = dup(0);
        close(top);
        none = (struct rlimit){(rlim_t)top, old.rlim_max};
        cordon_client_init(&client, cordon_client_channel());
        setrlimit(RLIMIT_NOFILE, &none);
        printf("no line: %s\n", errno_name(-cordon_client_stat(&client, AT_FDCWD, "f1", &st, 0)));
        none.rlim_cur++;
        setrlimit(RLIMIT_NOFILE, &none);
        printf("stat: %d\n", cordon_client_stat(&client, AT_FDCWD, "f1", &st, 0));
        printf("open: %s\n", errno_name(-cordon_client_open(&client, "f1", O_RDONLY, 0)));
        printf("stat again: %d\n", cordon_client_stat(&client, AT_FDCWD, "f1", &st, 0));
        setrlimit(RLIMIT_NOFILE, &old);
        ask(&client, 1);
}

static int count_fds(void)
{
        int n = 0;
        for (int fd = 0; fd < 1024; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

int main(int argc, char **argv)
{
        const char *how = argc > 1 ? argv[1] : "", *via = getenv("VIA");
        int count = argc > 2 ? atoi(argv[2]) : 1, channel = cordon_client_channel();

        if (channel < 0 || count < 1 || count >= MOST)
                return 2;
        setvbuf(stdout, NULL, _IOLBF, 0);
        trapped = via && !strcmp(via, "trap");
        cordon_client_init(&client, channel);
        ask(&client, 0);
        if (wrong)
                return 1;
        int before = count_fds();
        if (!strcmp(how, "threads"))
                threads(count);
        else if (!strcmp(how, "forks"))
                forks(count);
        else if (!strcmp(how, "vforks"))
                vforks(count);
        else if (!strcmp(how, "signals"))
                signals(count);
        else if (!strcmp(how, "lines"))
                lines(count);
        else if (!strcmp(how, "left"))
                left(count);
        else if (!strcmp(how, "waits"))
                waits(count);
        else if (!strcmp(how, "full"))
                full();
        else
                return 2;
        cordon_client_done(&client);
        printf("wrong=%d descriptors=%s\n", atomic_load(&wrong), count_fds() <= before + CORDON_CLIENT_LINES ? "few" : "many");
        return wrong != 0;
}
