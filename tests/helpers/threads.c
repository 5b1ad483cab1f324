/* 64 threads open at once, each its own files, and see whether each got what it asked for. usage: threads
 * DIRECTORY ROUNDS; the directory is writable. */
#include <pthread.h>
#include <stdlib.h>

#include "tests/helpers/show.h"

#define THREADS 64

static const char *directory;
static long rounds;

static void *work(void *arg)
{
        long number = (long)arg, wrong = 0;
        char path[512], missing[600], text[32], wanted[32];

        snprintf(path, sizeof(path), "%s/thread-%ld", directory, number);
        snprintf(missing, sizeof(missing), "%s.missing", path);
        snprintf(wanted, sizeof(wanted), "I am %ld", number);
        put_file(path, wanted, 0644);
        for (long i = 0; i < rounds; i++) {
                int fd = open(path, O_RDONLY | O_CLOEXEC);
                ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

                text[n > 0 ? n : 0] = 0;
                wrong += strcmp(text, wanted) != 0;
                if (fd >= 0)
                        close(fd);
                wrong += open(missing, O_RDONLY) >= 0 || errno != ENOENT;
        }
        return (void *)wrong;
}

int main(int argc, char **argv)
{
        pthread_t threads[THREADS];
        long wrong = 0;

        if (argc < 3)
                return 2;
        directory = argv[1];
        rounds = strtol(argv[2], NULL, 10);
        for (long i = 0; i < THREADS; i++)
                if (pthread_create(&threads[i], NULL, work, (void *)i))
                        return 3;
        for (int i = 0; i < THREADS; i++) {
                void *result;

                pthread_join(threads[i], &result);
                wrong += (long)result;
        }
        printf("threads=%d wrong=%ld next fd=%d\n", THREADS, wrong, dup(0));
        return wrong ? 1 : 0;
}
