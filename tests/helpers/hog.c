/* Takes too much of one thing, within bounds of its own, and says how far it came.
 *   hog procs N | threads N | files N | memory MIB | data MIB | fsize MIB FILE | cpu SECONDS | forever | deaf */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/helpers/show.h"

static void procs(long n)
{
        long made = 0;
        int gate[2];
        char c;

        if (pipe(gate))
                exit(1);
        for (; made < n; made++) {
                pid_t pid = fork();

                if (pid < 0)
                        break;
                if (pid == 0) {
                        close(gate[1]);
                        if (read(gate[0], &c, 1) != 0)
                                _exit(1);
                        _exit(0);
                }
        }
        printf("made %ld%s\n", made, made < n ? " and then no more" : "");
        close(gate[1]);
        while (wait(NULL) > 0)
                ;
}

static void *stay(void *arg)
{
        pause();
        return arg;
}

static void threads(long n)
{
        pthread_t thread;
        pthread_attr_t attr;
        long made = 0;

        pthread_attr_init(&attr);
        pthread_attr_setstacksize(&attr, 64 * 1024);
        while (made < n && pthread_create(&thread, &attr, stay, NULL) == 0)
                made++;
        printf("made %ld%s\n", made, made < n ? " and then no more" : "");
}

static void files(long n)
{
        long made = 0;

        while (made < n && open("/dev/null", O_RDONLY) >= 0)
                made++;
        printf("made %ld%s\n", made, made < n ? " and then no more" : "");
}

static void memory(long mib)
{
        long got = 0;

        for (; got < mib; got++) {
                char *m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                if (m == MAP_FAILED)
                        break;
                memset(m, 1, 1 << 20);
        }
        printf("made %ld%s\n", got, got < mib ? " and then no more" : "");
}

static void fsize(long mib, const char *path)
{
        static char block[1 << 20];
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        for (long i = 0; i < mib; i++)
                if (write(fd, block, sizeof(block)) < 0) {
                        printf("stopped: %s\n", errno_name(errno));
                        return;
                }
        printf("made %ld\n", mib);
}

static void cpu(long seconds)
{
        struct timespec t;

        do
                clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        while (t.tv_sec < seconds);
        printf("made %ld\n", seconds);
}

int main(int argc, char **argv)
{
        const char *what = argc > 1 ? argv[1] : "";
        long n = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

        setvbuf(stdout, NULL, _IOLBF, 0);
        alarm(110); /* nothing is left behind, whatever becomes of the test */
        if (!strcmp(what, "procs")) {
                procs(n);
        } else if (!strcmp(what, "threads")) {
                threads(n);
        } else if (!strcmp(what, "files")) {
                files(n);
        } else if (!strcmp(what, "memory")) {
                memory(n);
        } else if (!strcmp(what, "fsize") && argc > 3) {
                fsize(n, argv[3]);
        } else if (!strcmp(what, "cpu")) {
                cpu(n);
        } else if (!strcmp(what, "forever")) {
                printf("ready\n");
                for (;;)
                        pause();
        } else if (!strcmp(what, "deaf")) { /* ignores what asks it to end */
                signal(SIGTERM, SIG_IGN);
                signal(SIGINT, SIG_IGN);
                signal(SIGXCPU, SIG_IGN);
                printf("ready\n");
                for (;;)
                        pause();
        } else {
                return 2;
        }
        return 0;
}
