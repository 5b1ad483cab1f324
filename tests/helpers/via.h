/* Put in front of a helper program (cc -include), it makes its calls travel as VIA says: `channel`, each as a call of the client;
 * `trap`, as it is, and the SIGSYS handler turns it into a request; nothing, as it is. */
#ifndef TESTS_HELPERS_VIA_H
#define TESTS_HELPERS_VIA_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cordon.h"

static cordon_client via_client;
static int via_channel; /* whether calls of syscall() become calls of the client */

static inline void via_fail(const char *what, int error)
{
        fprintf(stderr, "%s: %s\n", what, strerror(-error));
        exit(99);
}

/* One request is made at once, so that what it travels on is there before anything is counted. */
static inline void via_begin(const char *how)
{
        struct stat st;
        int channel = cordon_client_channel();
        int r = channel < 0 ? channel : 0;
        if (r == 0 && !strcmp(how, "trap")) {
                if ((r = cordon_client_install_sigsys(channel)) == 0 && (r = cordon_client_trap_calls()) == 0)
                        stat("/", &st);
        } else if (r == 0 && !strcmp(how, "channel")) {
                cordon_client_init(&via_client, channel);
                cordon_client_stat(&via_client, AT_FDCWD, "/", &st, 0);
                via_channel = 1;
        }
        if (r < 0)
                via_fail(how, r);
}

static inline void __attribute__((constructor)) via_constructor(void)
{
        const char *how = getenv("VIA");
        if (how)
                via_begin(how);
}

static inline long via_result(long r)
{
        if (r < 0)
                errno = (int)-r;
        return r < 0 ? -1 : r;
}

/* What the client has no call for goes as it is. */
static inline long via_call(long number, const long *a)
{
        cordon_client *c = &via_client;
        int here = AT_FDCWD;

        switch (via_channel ? number : -1) {
        case SYS_openat:
                return via_result(cordon_client_openat(c, (int)a[0], (const char *)a[1], (int)a[2], (mode_t)a[3]));
        case SYS_newfstatat:
                return via_result(cordon_client_stat(c, (int)a[0], (const char *)a[1], (struct stat *)a[2], (int)a[3]));
        case SYS_faccessat:
                return via_result(cordon_client_access(c, (int)a[0], (const char *)a[1], (int)a[2], 0));
        case SYS_faccessat2:
                return via_result(cordon_client_access(c, (int)a[0], (const char *)a[1], (int)a[2], (int)a[3]));
        case SYS_readlinkat:
                if ((int)a[3] < 0)
                        break; /* the client's is a size_t */
                return via_result(cordon_client_readlink(c, (int)a[0], (const char *)a[1], (char *)a[2], (size_t)(int)a[3]));
        case SYS_mkdirat:
                return via_result(cordon_client_mkdir(c, (int)a[0], (const char *)a[1], (mode_t)a[2]));
        case SYS_unlinkat:
                return via_result(cordon_client_unlink(c, (int)a[0], (const char *)a[1], (int)a[2]));
        case SYS_renameat2:
                return via_result(cordon_client_rename(c, (int)a[0], (const char *)a[1], (int)a[2], (const char *)a[3], (unsigned)a[4]));
#ifdef SYS_open
        case SYS_open:
                return via_result(cordon_client_open(c, (const char *)a[0], (int)a[1], (mode_t)a[2]));
        case SYS_creat:
                return via_result(cordon_client_open(c, (const char *)a[0], O_CREAT | O_WRONLY | O_TRUNC, (mode_t)a[1]));
        case SYS_stat:
                return via_result(cordon_client_stat(c, here, (const char *)a[0], (struct stat *)a[1], 0));
        case SYS_lstat:
                return via_result(cordon_client_stat(c, here, (const char *)a[0], (struct stat *)a[1], AT_SYMLINK_NOFOLLOW));
        case SYS_access:
                return via_result(cordon_client_access(c, here, (const char *)a[0], (int)a[1], 0));
        case SYS_readlink:
                if ((int)a[2] < 0)
                        break;
                return via_result(cordon_client_readlink(c, here, (const char *)a[0], (char *)a[1], (size_t)(int)a[2]));
        case SYS_mkdir:
                return via_result(cordon_client_mkdir(c, here, (const char *)a[0], (mode_t)a[1]));
        case SYS_rmdir:
                return via_result(cordon_client_unlink(c, here, (const char *)a[0], AT_REMOVEDIR));
        case SYS_unlink:
                return via_result(cordon_client_unlink(c, here, (const char *)a[0], 0));
        case SYS_rename:
                return via_result(cordon_client_rename(c, here, (const char *)a[0], here, (const char *)a[1], 0));
        case SYS_renameat:
                return via_result(cordon_client_rename(c, (int)a[0], (const char *)a[1], (int)a[2], (const char *)a[3], 0));
#endif
        default:
                break;
        }
        (void)here;
        return (syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Those that are missing are 0. */
#define syscall(...) VIA_SPREAD(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define VIA_SPREAD(number, a, b, c, d, e, f, ...)                                                                        \
        via_call(number, (const long[]){(long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)})

#endif
