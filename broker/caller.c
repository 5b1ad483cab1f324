#include "broker/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD ((unsigned)O_EXCL) /* Linux 6.9 */
#endif

/* ---- memory --------------------------------------------------------------------------------------------------- */

/* process_vm_readv by thread id, and not a kept descriptor of /proc/TID/mem, though that is a tenth faster: such a descriptor
 * stays with the memory it was opened on, and a thread that was vforked and then execs would be read in its parent. */
static ssize_t read_some(pid_t tid, uint64_t address, void *out, size_t length)
{
        struct iovec local = {out, length};
        struct iovec remote = {(void *)(uintptr_t)address, length};
        ssize_t got = process_vm_readv(tid, &local, 1, &remote, 1, 0);
        return got < 0 ? -errno : got;
}

ssize_t caller_string(pid_t tid, uint64_t address, char *out, size_t size)
{
        enum { FIRST = 256, PAGE = 4096 };
        size_t have = 0;

        while (have < size) {
                /* Never across a page in one step: what lies behind the string may not be mapped. */
                uint64_t at = address + have;
                size_t step = PAGE - (size_t)(at % PAGE);
                if (have == 0 && step > FIRST)
                        step = FIRST;
                if (step > size - have)
                        step = size - have;
                ssize_t got = read_some(tid, at, out + have, step);
                if (got <= 0)
                        return got < 0 ? got : -EFAULT;
                const char *end = memchr(out + have, '\0', (size_t)got);
                if (end)
                        return end - out;
                have += (size_t)got;
        }
        return -ENAMETOOLONG;
}

int caller_bytes(pid_t tid, uint64_t address, void *out, size_t length)
{
        ssize_t got = read_some(tid, address, out, length);
        if (got < 0)
                return (int)got;
        return (size_t)got == length ? 0 : -EFAULT;
}

int caller_gather(pid_t tid, const struct iovec *from, size_t count, void *out, size_t length)
{
        struct iovec local = {out, length};
        if (length == 0)
                return 0;
        ssize_t got = process_vm_readv(tid, &local, 1, from, count, 0);
        return got < 0 ? -errno : (size_t)got == length ? 0 : -EFAULT;
}

int caller_memory(int proc, pid_t tid)
{
        char name[32];
        snprintf(name, sizeof(name), "%d/mem", (int)tid);
        int fd = openat(proc, name, O_WRONLY | O_CLOEXEC);
        return fd >= 0 ? fd : errno == ENOENT ? -ESRCH : -EACCES;
}

int caller_write(int memory, uint64_t address, const void *data, size_t length)
{
        ssize_t put = address <= INT64_MAX ? pwrite(memory, data, length, (off_t)address) : -1;
        return put >= 0 && (size_t)put == length ? 0 : -EFAULT;
}

/* ---- /proc ---------------------------------------------------------------------------------------------------- */

int caller_base(int proc, pid_t tid, int dirfd, char *out, size_t size)
{
        static const char gone[] = " (deleted)";
        char name[64];
        struct stat st;

        if (dirfd == AT_FDCWD)
                snprintf(name, sizeof(name), "%d/cwd", (int)tid);
        else if (dirfd >= 0)
                snprintf(name, sizeof(name), "%d/fd/%d", (int)tid, dirfd);
        else
                return -EBADF;

        ssize_t length = readlinkat(proc, name, out, size);
        if (length < 0)
                return errno == ENOENT && dirfd != AT_FDCWD ? -EBADF : -errno;
        if ((size_t)length >= size)
                return -ENAMETOOLONG;
        out[length] = '\0';
        if (out[0] != '/')
                return -ENOTDIR; /* "pipe:[…]", "anon_inode:…", "(unreachable)…" */
        /* The kernel marks what was removed by a suffix that a name of its own may have as well: ask the inode. */
        size_t tail = sizeof(gone) - 1;
        bool marked = (size_t)length > tail && memcmp(out + length - tail, gone, tail) == 0;
        return marked && (fstatat(proc, name, &st, 0) < 0 || st.st_nlink == 0) ? -ENOENT : 0;
}

/* Reads a whole small file of /proc/TID; returns its length, terminated. */
static ssize_t slurp(int proc, pid_t tid, const char *file, char *out, size_t size)
{
        char name[64];
        if (tid == 0)
                snprintf(name, sizeof(name), "self/%s", file);
        else
                snprintf(name, sizeof(name), "%d/%s", (int)tid, file);
        cleanup_fd int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        ssize_t got = read(fd, out, size - 1);
        if (got < 0)
                return -errno;
        out[got] = '\0';
        return got;
}

/* The last number on the line that starts with `key`, read in `base`; -1 where there is none. The last one, because NSpid lists
 * the ids from our namespace inwards. */
static long last_number(const char *status, const char *key, int base)
{
        const char *line = strstr(status, key);
        long value = -1;
        if (!line)
                return -1;
        for (const char *p = line + strlen(key); *p && *p != '\n';) {
                char *end;
                value = (long)strtoul(p, &end, base);
                if (end == p)
                        return -1;
                p = end;
        }
        return value;
}

/* Signals pending for the thread count, and for a main thread those for the process, too: the kernel chooses it first. */
bool caller_is_interrupted(int proc, pid_t tid)
{
        char status[4096];
        if (slurp(proc, tid, "status", status, sizeof(status)) < 0)
                return false;
        unsigned long pending = (unsigned long)last_number(status, "\nSigPnd:", 16);
        if (last_number(status, "\nTgid:", 10) == tid)
                pending |= (unsigned long)last_number(status, "\nShdPnd:", 16);
        unsigned long blocked = (unsigned long)last_number(status, "\nSigBlk:", 16);
        unsigned long ignored = (unsigned long)last_number(status, "\nSigIgn:", 16);
        return (pending & ~blocked & ~ignored) != 0;
}

int caller_status(int proc, pid_t tid, struct caller_status *out)
{
        char status[4096];
        ssize_t got = slurp(proc, tid, "status", status, sizeof(status));
        if (got < 0)
                return (int)got;
        /* "Name:" comes first and its value is escaped, so no later key can be forged by a newline in it. */
        long mask = last_number(status, "\nUmask:", 8), tgid = last_number(status, "\nTgid:", 10);
        long ns_tgid = last_number(status, "\nNStgid:", 10), ns_tid = last_number(status, "\nNSpid:", 10);
        if (mask < 0 || tgid < 0 || ns_tgid < 0 || ns_tid < 0)
                return -ESRCH;
        *out = (struct caller_status){(mode_t)mask, (pid_t)tgid, (pid_t)ns_tgid, (pid_t)ns_tid};
        return 0;
}

pid_t caller_parent(int proc, pid_t pid)
{
        char status[4096];
        long parent = slurp(proc, pid, "status", status, sizeof(status)) <= 0 ? -1 : last_number(status, "\nPPid:", 10);
        return parent < 0 ? 0 : (pid_t)parent;
}

unsigned caller_depth(int proc, pid_t tid)
{
        static const char key[] = "\nNSpid:";
        char status[4096];
        unsigned count = 0;
        const char *at = slurp(proc, tid, "status", status, sizeof(status)) < 0 ? NULL : strstr(status, key);

        if (!at)
                return 0;
        for (at += sizeof(key) - 1; *at && *at != '\n'; count++) {
                at += strspn(at, " \t");
                at += strspn(at, "0123456789");
        }
        return count;
}

bool caller_is_capable(int proc, pid_t tid, unsigned capability)
{
        char status[4096];
        if (slurp(proc, tid, "status", status, sizeof(status)) < 0)
                return false;
        long all = last_number(status, "\nCapEff:", 16); /* what is not there is -1: every bit */
        return strstr(status, "\nCapEff:") && ((unsigned long)all >> capability & 1);
}

/* prlimit(2) would want more rights than we have as root. */
uint64_t caller_file_limit(int proc, pid_t tid)
{
        static const char key[] = "\nMax file size";
        char limits[4096];
        if (slurp(proc, tid, "limits", limits, sizeof(limits)) <= 0)
                return 0;
        const char *line = strstr(limits, key);
        if (!line)
                return 0;
        line += sizeof(key) - 1;
        line += strspn(line, " ");
        return strncmp(line, "unlimited", 9) == 0 ? UINT64_MAX : strtoull(line, NULL, 10);
}

void caller_comm(int proc, pid_t tid, char out[16])
{
        char text[32];
        ssize_t got = slurp(proc, tid, "comm", text, sizeof(text));
        if (got <= 0)
                strcpy(text, "?\n");
        text[strcspn(text, "\n")] = '\0';
        snprintf(out, 16, "%.15s", text);
}

struct caller_terminal caller_terminal(int proc, pid_t tid)
{
        struct caller_terminal t = {0};
        char stat[1024];
        if (slurp(proc, tid, "stat", stat, sizeof(stat)) <= 0)
                return t;
        const char *after = strrchr(stat, ')'); /* the name before it may hold anything */
        if (!after || sscanf(after + 1, " %*c %*d %*d %d %d", &t.session, &t.device) != 2)
                t = (struct caller_terminal){0};
        return t;
}

static int duplicate(pid_t pid, unsigned flags, int fd)
{
        cleanup_fd int process = (int)syscall(SYS_pidfd_open, pid, flags);
        if (process < 0)
                return -errno;
        int dup = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
        return dup < 0 ? -errno : dup;
}

int caller_descriptor(const struct caller_status *who, int fd)
{
        return duplicate(who->tgid, 0, fd);
}

int caller_descriptor_of(int proc, pid_t tid, int fd)
{
        struct caller_status who;
        int dup = fd < 0 ? -EBADF : duplicate(tid, PIDFD_THREAD, fd);
        if (dup != -EINVAL)
                return dup;
        int bad = caller_status(proc, tid, &who); /* Linux before 6.9 */
        return bad < 0 ? bad : caller_descriptor(&who, fd);
}
