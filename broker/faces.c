#include "broker/faces.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"

enum { FACES = 8, FRESH_NS = 50000000 };

struct known {
        pid_t tid, inside, outside;
        int directory;  /* /proc/TID: an answer from there is about that thread, or there is none */
        int name;       /* /proc/TID/comm; the same */
        uint64_t seen;  /* when `program` was read */
        char comm[16];
        char program[PATH_MAX];
};

struct faces {
        pthread_mutex_t lock;
        unsigned next; /* to be forgotten */
        struct known known[FACES];
};

struct faces *faces_new(void)
{
        struct faces *f = calloc(1, sizeof(*f));
        if (!f)
                return NULL;
        pthread_mutex_init(&f->lock, NULL);
        for (unsigned i = 0; i < FACES; i++)
                f->known[i].directory = f->known[i].name = FD_NONE;
        return f;
}

static void forget(struct known *k)
{
        k->tid = 0;
        k->directory = fd_close(k->directory);
        k->name = fd_close(k->name);
}

struct faces *faces_free(struct faces *f)
{
        if (!f)
                return NULL;
        for (unsigned i = 0; i < FACES; i++)
                forget(&f->known[i]);
        pthread_mutex_destroy(&f->lock);
        free(f);
        return NULL;
}

/* The status is read by number, after what is kept open: that this still answers afterwards shows that it was all one. */
static int learn(struct known *k, int proc, pid_t tid)
{
        struct caller_status status;
        char name[16];

        snprintf(name, sizeof(name), "%d", tid);
        k->directory = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        k->name = k->directory < 0 ? FD_NONE : openat(k->directory, "comm", O_RDONLY | O_CLOEXEC);
        int r = k->name < 0 ? -errno : caller_status(proc, tid, &status);
        if (r < 0)
                return r;
        k->tid = tid;
        k->seen = 0;
        k->inside = status.ns_tgid;
        k->outside = status.tgid;
        return 0;
}

/* The name is read each time: so it is seen that the thread still lives, and execve(2) changes it. What is executed is looked at
 * where the name has changed, and now and then, as that takes three times as long. */
static bool describe(struct known *k, uint64_t now, struct face *out)
{
        ssize_t got = pread(k->name, out->comm, sizeof(out->comm), 0);
        if (got <= 0)
                return false;
        out->comm[got - 1] = '\0'; /* a newline */
        if (now - k->seen > FRESH_NS || strcmp(out->comm, k->comm) != 0) {
                ssize_t length = readlinkat(k->directory, "exe", k->program, sizeof(k->program) - 1);
                if (length < 0 && (errno == ESRCH || errno == ENOENT))
                        return false;
                k->program[length > 0 ? length : 0] = '\0';
                strcpy(k->comm, out->comm);
                k->seen = now;
        }
        strcpy(out->program, k->program);
        out->inside = k->inside;
        out->outside = k->outside;
        return true;
}

static void look(struct faces *f, int proc, pid_t tid, uint64_t now, struct face *out)
{
        for (unsigned i = 0; i < FACES; i++) {
                if (f->known[i].tid != tid)
                        continue;
                if (describe(&f->known[i], now, out))
                        return;
                forget(&f->known[i]);
        }
        struct known *k = &f->known[f->next++ % FACES];
        forget(k);
        if (learn(k, proc, tid) < 0 || !describe(k, now, out)) {
                forget(k);
                *out = (struct face){.comm = "?"};
        }
}

void faces_look(struct faces *f, int proc, pid_t tid, uint64_t now, struct face *out)
{
        pthread_mutex_lock(&f->lock);
        look(f, proc, tid, now, out);
        pthread_mutex_unlock(&f->lock);
}
