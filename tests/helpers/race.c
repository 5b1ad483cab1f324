/* Races against whoever checks a path before it is opened.
 *
 *   race path ALLOWED SECRET COUNT [WANT]  one thread flips the path in memory while another opens it
 *   race path-checked ALLOWED SECRET COUNT the same against a checker that looks first and opens then: it is fooled
 *   race path-full ALLOWED SECRET COUNT [WANT]  as `path`, and the descriptor table is full now and then
 *   race hidden SECRET COUNT [WANT]        the memory that holds the path can be read only now and then
 *   race endless SECRET COUNT [WANT]       the path in memory has an end only now and then
 *   race swap A B OPENED COUNT             another process exchanges the names A and B while OPENED is opened
 *   race swap-checked A B OPENED COUNT     the same against a checker that trusts what realpath(3) said
 *   race link… NEW …, race linkswap… NEW … as `path…` and `swap…`, but what is opened is the link NEW to it, made each time
 *   race look…                             as `path…`, but it is looked at with stat(2); eight bytes are allowed, seven secret
 *
 * Prints how many opens gave a FIFO or a file that begins with "allowed", how many one that begins with "secret", and
 * how many failed. WANT are first letters of these: it goes on after COUNT until each was seen, within reason. ALLOWED
 * and SECRET are of one length and differ in their last seven bytes only, so that one store flips them. */
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/helpers/show.h"

static struct {
        unsigned long allowed, secret, refused, other;
} seen;

static const char *new_name; /* of the link to what is opened, or NULL */
static int looks;

static int open_it(const char *name)
{
        if (!new_name)
                return open(name, O_RDONLY);
        unlink(new_name);
        /* A link to what may not be opened is as good as an open: its name is no longer the one that is denied. */
        return link(name, new_name) < 0 ? -1 : open(new_name, O_RDONLY);
}

static void count(int fd)
{
        char text[16] = "";
        struct stat st;

        if (fd < 0) {
                seen.refused++;
                return;
        }
        if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) /* reading it would wait */
                seen.allowed++;
        else if (read(fd, text, sizeof(text) - 1) < 0)
                seen.other++;
        else if (!strncmp(text, "allowed", 7))
                seen.allowed++;
        else if (!strncmp(text, "secret", 6))
                seen.secret++;
        else
                seen.other++;
        close(fd);
}

static void try(const char *name)
{
        struct stat st;

        if (!looks)
                count(open_it(name));
        else if (stat(name, &st) < 0)
                seen.refused++;
        else if (st.st_size == 8)
                seen.allowed++;
        else if (st.st_size == 7)
                seen.secret++;
        else
                seen.other++;
}

static int enough(unsigned long i, unsigned long n, const char *want)
{
        int all = 1;

        for (; want && *want; want++)
                all = all && (*want == 'a' ? seen.allowed : *want == 's' ? seen.secret : seen.refused) > 0;
        return (i >= n && all) || i >= 100 * n;
}

/* ---- the path in memory ----------------------------------------------------------------------------------------- */

static char *path; /* ends in an aligned word */
static _Atomic uint64_t *tail;
static uint64_t tails[2];
static atomic_bool begun, done;

/* In turn: the one path and no room for a descriptor, the other and room, the one and room. */
static void *flip_and_fill(void *arg)
{
        struct rlimit room, full;

        (void)arg;
        getrlimit(RLIMIT_NOFILE, &room);
        full = room;
        full.rlim_cur = 3; /* 0, 1 and 2 are taken */
        for (unsigned i = 0; !done; i++) {
                begun = 1;
                atomic_store(tail, tails[i % 3 == 1]);
                setrlimit(RLIMIT_NOFILE, i % 3 ? &room : &full);
                for (unsigned k = 0; k < (i * 7 & 1023); k++)
                        atomic_signal_fence(memory_order_seq_cst);
        }
        setrlimit(RLIMIT_NOFILE, &room);
        return NULL;
}

static void *flip(void *arg)
{
        (void)arg;
        for (unsigned i = 0; !done; i++) {
                begun = 1;
                atomic_store(tail, tails[i & 1]);
                for (unsigned k = 0; k < (i * 7 & 255); k++)
                        atomic_signal_fence(memory_order_seq_cst);
        }
        return NULL;
}

/* Reads the memory each time, as a checker in another process would. */
static int same_path(const volatile char *a, const char *b)
{
        for (; *b; a++, b++)
                if (*a != *b)
                        return 0;
        return *a == 0;
}

static void race_path(char **args, int checked, int filled, const char *want)
{
        static alignas(8) char room[PATH_MAX + 16];
        size_t length = strlen(args[0]);
        unsigned long n = strtoul(args[2], NULL, 10);
        pthread_t t;

        if (length != strlen(args[1]) || length < 8 || length >= PATH_MAX || strncmp(args[0], args[1], length - 7) != 0)
                exit(2);
        path = room + (8 - (length - 7) % 8) % 8;
        memcpy(path, args[0], length + 1);
        tail = (_Atomic uint64_t *)(void *)(path + length - 7);
        memcpy(&tails[0], args[0] + length - 7, 8);
        memcpy(&tails[1], args[1] + length - 7, 8);
        if (pthread_create(&t, NULL, filled ? flip_and_fill : flip, NULL))
                exit(2);
        while (!begun)
                ;
        /* Against the checker, go on until it was fooled, within reason: that is what the control is for. */
        for (unsigned long i = 0; !enough(i, n, want) || (checked && !seen.secret && i < 1000 * n); i++) {
                if (checked && !same_path(path, args[0]))
                        continue;
                if (checked)
                        sched_yield(); /* a checker in another process takes a while to let the caller go on */
                try(path);
        }
        done = 1;
        pthread_join(t, NULL);
}

/* ---- a path that cannot be read --------------------------------------------------------------------------------- */

enum { PAGE = 4096 };

static void *hide(void *page)
{
        while (!done) {
                begun = 1;
                if (mprotect(page, PAGE, PROT_NONE) || mprotect(page, PAGE, PROT_READ))
                        exit(2);
        }
        return NULL;
}

static void *lengthen(void *end)
{
        volatile char *c = end;

        for (unsigned i = 0; !done; i++) {
                begun = 1;
                *c = i & 1 ? '/' : 0;
                for (unsigned k = 0; k < (i * 7 & 255); k++)
                        atomic_signal_fence(memory_order_seq_cst);
        }
        return NULL;
}

/* The broker's failure to read a path must not send the kernel to read it instead. */
static void race_unreadable(char **args, int endless, const char *want)
{
        size_t length = strlen(args[0]);
        unsigned long n = strtoul(args[1], NULL, 10);
        char *room = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        pthread_t t;

        if (room == MAP_FAILED || length >= PAGE)
                exit(2);
        memset(room, '/', 3 * PAGE);
        memcpy(room, args[0], length + 1);
        if (pthread_create(&t, NULL, endless ? lengthen : hide, endless ? room + length : room))
                exit(2);
        while (!begun)
                ;
        for (unsigned long i = 0; !enough(i, n, want); i++)
                count(open(room, O_RDONLY));
        done = 1;
        pthread_join(t, NULL);
}

/* ---- the name in the file system -------------------------------------------------------------------------------- */

static void race_swap(char **args, int checked)
{
        unsigned long n = strtoul(args[3], NULL, 10);
        pid_t pid = fork();

        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                        if (renameat2(AT_FDCWD, args[0], AT_FDCWD, args[1], RENAME_EXCHANGE) < 0) {
                                fprintf(stderr, "exchange: %s\n", errno_name(errno));
                                _exit(1);
                        }
        }
        for (unsigned long i = 0; i < n || (checked && !seen.secret && i < 100 * n); i++) {
                if (checked) {
                        char real[PATH_MAX];

                        if (!realpath(args[2], real) || strstr(real, "secret"))
                                continue;
                }
                try(args[2]);
        }
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
        const char *what;
        int checked;

        if (argc < 4)
                return 2;
        what = argv[1];
        checked = strstr(what, "-checked") != NULL;
        if (!strncmp(what, "look", 4)) {
                what = "path";
                looks = 1;
        }
        if (!strncmp(what, "link", 4)) {
                what = strncmp(what, "linkswap", 8) ? "path" : "swap";
                new_name = argv[2];
                argv++;
                argc--;
        }
        if (!strncmp(what, "path", 4) && argc > 4)
                race_path(argv + 2, checked, strstr(what, "-full") != NULL, argv[5]);
        else if (!strcmp(what, "hidden") || !strcmp(what, "endless"))
                race_unreadable(argv + 2, what[0] == 'e', argv[4]);
        else if (!strncmp(what, "swap", 4) && argc > 5)
                race_swap(argv + 2, checked);
        else
                return 2;
        printf("allowed=%lu secret=%lu refused=%lu other=%lu\n", seen.allowed, seen.secret, seen.refused, seen.other);
        return 0;
}
