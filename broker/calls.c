/* Which register means what, as a table over the calls. Older calls that an architecture lacks are not in it there. */
#include "broker/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/xattr.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "broker/caller.h"

#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

/* 0: the call has nothing of the kind. */
enum reg { NONE, FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH };

enum time_format { TIME_NONE, TIME_SECONDS, TIME_MICROSECONDS, TIME_NANOSECONDS };

struct call {
        int number;
        enum operation operation;
        enum reg dirfd, path; /* without a path, the descriptor itself is meant */
        enum reg other_dirfd, other;
        enum reg numbers[3];
        enum reg flags;
        uint32_t implied, known; /* flags */
        enum time_format format; /* of what the register `times` points to */
        enum reg times;
        bool nullable; /* the path may be no pointer at all: the descriptor is meant then */
        enum reg address, address_length;
};

enum {
        NOFOLLOW = AT_SYMLINK_NOFOLLOW,
        LINK_FLAGS = AT_SYMLINK_FOLLOW | AT_EMPTY_PATH,
        OBJECT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
        STAT_FLAGS = OBJECT_FLAGS | AT_NO_AUTOMOUNT,
        STATX_FLAGS = STAT_FLAGS | AT_STATX_SYNC_TYPE,
        ACCESS_FLAGS = OBJECT_FLAGS | AT_EACCESS,
        RENAME_FLAGS = RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT,
};

static const struct call calls[] = {
        {__NR_mkdirat, OPERATION_MKDIR, .dirfd = FIRST, .path = SECOND, .numbers = {THIRD}},
        {__NR_unlinkat, OPERATION_REMOVE, .dirfd = FIRST, .path = SECOND, .flags = THIRD, .known = AT_REMOVEDIR},
        {__NR_renameat2, OPERATION_RENAME, .dirfd = FIRST, .path = SECOND, .other_dirfd = THIRD, .other = FOURTH,
         .flags = FIFTH, .known = RENAME_FLAGS},
        {__NR_linkat, OPERATION_LINK, .dirfd = FIRST, .path = SECOND, .other_dirfd = THIRD, .other = FOURTH,
         .flags = FIFTH, .known = LINK_FLAGS},
        {__NR_symlinkat, OPERATION_SYMLINK, .other = FIRST, .dirfd = SECOND, .path = THIRD},
        {__NR_mknodat, OPERATION_MKNOD, .dirfd = FIRST, .path = SECOND, .numbers = {THIRD}},
        {__NR_truncate, OPERATION_TRUNCATE, .path = FIRST, .numbers = {SECOND}},
        {__NR_fchmod, OPERATION_MODE, .dirfd = FIRST, .numbers = {SECOND}},
        {__NR_fchmodat, OPERATION_MODE, .dirfd = FIRST, .path = SECOND, .numbers = {THIRD}},
        {__NR_fchmodat2, OPERATION_MODE, .dirfd = FIRST, .path = SECOND, .numbers = {THIRD}, .flags = FOURTH,
         .known = OBJECT_FLAGS},
        {__NR_fchown, OPERATION_OWNER, .dirfd = FIRST, .numbers = {SECOND, THIRD}},
        {__NR_fchownat, OPERATION_OWNER, .dirfd = FIRST, .path = SECOND, .numbers = {THIRD, FOURTH}, .flags = FIFTH,
         .known = OBJECT_FLAGS},
        {__NR_utimensat, OPERATION_TIMES, .dirfd = FIRST, .path = SECOND, .format = TIME_NANOSECONDS, .times = THIRD,
         .flags = FOURTH, .known = OBJECT_FLAGS, .nullable = true},
        {__NR_setxattr, OPERATION_SET_ATTRIBUTE, .path = FIRST, .other = SECOND, .numbers = {THIRD, FOURTH, FIFTH}},
        {__NR_lsetxattr, OPERATION_SET_ATTRIBUTE, .path = FIRST, .other = SECOND, .numbers = {THIRD, FOURTH, FIFTH},
         .implied = NOFOLLOW},
        {__NR_fsetxattr, OPERATION_SET_ATTRIBUTE, .dirfd = FIRST, .other = SECOND, .numbers = {THIRD, FOURTH, FIFTH}},
        {__NR_removexattr, OPERATION_REMOVE_ATTRIBUTE, .path = FIRST, .other = SECOND},
        {__NR_lremovexattr, OPERATION_REMOVE_ATTRIBUTE, .path = FIRST, .other = SECOND, .implied = NOFOLLOW},
        {__NR_fremovexattr, OPERATION_REMOVE_ATTRIBUTE, .dirfd = FIRST, .other = SECOND},
        {__NR_newfstatat, OPERATION_STAT, .dirfd = FIRST, .path = SECOND, .numbers = {THIRD}, .flags = FOURTH,
         .known = STAT_FLAGS},
        {__NR_statx, OPERATION_STATX, .dirfd = FIRST, .path = SECOND, .numbers = {FOURTH, FIFTH}, .flags = THIRD,
         .known = STATX_FLAGS},
        {__NR_statfs, OPERATION_STATFS, .path = FIRST, .numbers = {SECOND}},
        {__NR_faccessat, OPERATION_ACCESS, .dirfd = FIRST, .path = SECOND, .numbers = {THIRD}},
        {__NR_faccessat2, OPERATION_ACCESS, .dirfd = FIRST, .path = SECOND, .numbers = {THIRD}, .flags = FOURTH,
         .known = ACCESS_FLAGS},
        {__NR_readlinkat, OPERATION_READLINK, .dirfd = FIRST, .path = SECOND, .numbers = {THIRD, FOURTH},
         .implied = NOFOLLOW | AT_EMPTY_PATH},
        {__NR_getxattr, OPERATION_GET_ATTRIBUTE, .path = FIRST, .other = SECOND, .numbers = {THIRD, FOURTH}},
        {__NR_lgetxattr, OPERATION_GET_ATTRIBUTE, .path = FIRST, .other = SECOND, .numbers = {THIRD, FOURTH},
         .implied = NOFOLLOW},
        {__NR_listxattr, OPERATION_LIST_ATTRIBUTES, .path = FIRST, .numbers = {SECOND, THIRD}},
        {__NR_llistxattr, OPERATION_LIST_ATTRIBUTES, .path = FIRST, .numbers = {SECOND, THIRD}, .implied = NOFOLLOW},
        {__NR_inotify_add_watch, OPERATION_WATCH, .path = SECOND, .numbers = {FIRST, THIRD}},
        {__NR_connect, OPERATION_CONNECT, .numbers = {FIRST}, .address = SECOND, .address_length = THIRD},
        {__NR_bind, OPERATION_BIND, .numbers = {FIRST}, .address = SECOND, .address_length = THIRD},
        {__NR_sendto, OPERATION_SEND, .numbers = {FIRST, SECOND, THIRD}, .flags = FOURTH, .known = UINT32_MAX,
         .address = FIFTH, .address_length = SIXTH},
        {__NR_sendmsg, OPERATION_SEND_MESSAGE, .numbers = {FIRST, SECOND}, .flags = THIRD, .known = UINT32_MAX},
        {__NR_sendmmsg, OPERATION_SEND_MESSAGES, .numbers = {FIRST, SECOND, THIRD}, .flags = FOURTH, .known = UINT32_MAX},
#ifdef __NR_stat
        {__NR_stat, OPERATION_STAT, .path = FIRST, .numbers = {SECOND}},
        {__NR_lstat, OPERATION_STAT, .path = FIRST, .numbers = {SECOND}, .implied = NOFOLLOW},
        {__NR_access, OPERATION_ACCESS, .path = FIRST, .numbers = {SECOND}},
        {__NR_readlink, OPERATION_READLINK, .path = FIRST, .numbers = {SECOND, THIRD}, .implied = NOFOLLOW},
#endif
#ifdef __NR_renameat
        {__NR_renameat, OPERATION_RENAME, .dirfd = FIRST, .path = SECOND, .other_dirfd = THIRD, .other = FOURTH},
#endif
#ifdef __NR_mkdir
        {__NR_mkdir, OPERATION_MKDIR, .path = FIRST, .numbers = {SECOND}},
        {__NR_rmdir, OPERATION_REMOVE, .path = FIRST, .implied = AT_REMOVEDIR},
        {__NR_unlink, OPERATION_REMOVE, .path = FIRST},
        {__NR_rename, OPERATION_RENAME, .path = FIRST, .other = SECOND},
        {__NR_link, OPERATION_LINK, .path = FIRST, .other = SECOND},
        {__NR_symlink, OPERATION_SYMLINK, .other = FIRST, .path = SECOND},
        {__NR_mknod, OPERATION_MKNOD, .path = FIRST, .numbers = {SECOND}},
        {__NR_chmod, OPERATION_MODE, .path = FIRST, .numbers = {SECOND}},
        {__NR_chown, OPERATION_OWNER, .path = FIRST, .numbers = {SECOND, THIRD}},
        {__NR_lchown, OPERATION_OWNER, .path = FIRST, .numbers = {SECOND, THIRD}, .implied = NOFOLLOW},
        {__NR_utime, OPERATION_TIMES, .path = FIRST, .format = TIME_SECONDS, .times = SECOND},
        {__NR_utimes, OPERATION_TIMES, .path = FIRST, .format = TIME_MICROSECONDS, .times = SECOND},
        {__NR_futimesat, OPERATION_TIMES, .dirfd = FIRST, .path = SECOND, .format = TIME_MICROSECONDS, .times = THIRD,
         .nullable = true},
#endif
};

static const struct call *call_of(int number)
{
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
                if (calls[i].number == number)
                        return &calls[i];
        }
        return NULL;
}

static uint64_t value(enum reg reg, const __u64 *args)
{
        return reg == NONE ? 0 : args[reg - FIRST];
}

static int directory(enum reg reg, const __u64 *args)
{
        return reg == NONE ? AT_FDCWD : (int)(uint32_t)args[reg - FIRST];
}

static int read_string(const struct request *r, uint64_t address, char *out, size_t size)
{
        ssize_t length = caller_string(r->tid, address, out, size);
        if (length < 0)
                out[0] = '\0';
        return length < 0 ? (int)length : 0;
}

/* Any format as utimensat(2) takes it. No pointer: now. */
static int read_times(struct request *r, enum time_format format, uint64_t address)
{
        int64_t raw[4];
        bool pairs = format != TIME_SECONDS;

        if (address == 0) {
                r->times[0].tv_nsec = r->times[1].tv_nsec = UTIME_NOW;
                return 0;
        }
        int bad = caller_bytes(r->tid, address, raw, pairs ? sizeof(raw) : sizeof(raw) / 2);
        for (int i = 0; i < 2 && bad == 0; i++) {
                int64_t fraction = pairs ? raw[2 * i + 1] : 0;
                r->times[i].tv_sec = pairs ? raw[2 * i] : raw[i];
                if (format == TIME_MICROSECONDS && (fraction < 0 || fraction >= 1000000))
                        return -EINVAL;
                r->times[i].tv_nsec = format == TIME_MICROSECONDS ? fraction * 1000 : fraction;
        }
        return bad;
}

/* What the second string is: a path, the text of a symlink, or the name of an attribute, each with its own errors. */
static int read_other(struct request *r, const struct call *call, const __u64 *args)
{
        bool attribute = r->operation == OPERATION_SET_ATTRIBUTE || r->operation == OPERATION_REMOVE_ATTRIBUTE ||
                         r->operation == OPERATION_GET_ATTRIBUTE;
        int bad = read_string(r, value(call->other, args), r->other, attribute ? XATTR_NAME_MAX + 1 : sizeof(r->other));
        if (attribute && (bad == -ENAMETOOLONG || (bad == 0 && r->other[0] == '\0')))
                return -ERANGE;
        return bad == 0 && r->other[0] == '\0' ? -ENOENT : bad;
}

static int read_path(struct request *r, const struct call *call, const __u64 *args)
{
        uint64_t address = value(call->path, args);
        bool stat = r->operation == OPERATION_STAT || r->operation == OPERATION_STATX; /* since 6.11 */
        bool none = address == 0 && r->dirfd != AT_FDCWD;
        r->by_descriptor = call->path == NONE || (call->nullable && none) || (stat && none && (r->flags & AT_EMPTY_PATH));
        if (r->by_descriptor)
                return call->nullable && r->flags ? -EINVAL : 0;
        int bad = read_string(r, address, r->path, sizeof(r->path));
        if (bad < 0)
                return bad;
        r->length = strlen(r->path);
        if (r->length > 0)
                return 0;
        if (!(r->flags & AT_EMPTY_PATH))
                return -ENOENT;
        if (r->dirfd == AT_FDCWD && r->operation == OPERATION_READLINK)
                return -ENOENT; /* knows no flag: the empty path is for descriptors alone */
        if (r->dirfd == AT_FDCWD)
                strcpy(r->path, ".");
        else
                r->by_descriptor = true;
        return 0;
}

void calls_read_address(struct request *r, uint64_t address, int length)
{
        const size_t start = offsetof(struct sockaddr_un, sun_path);
        sa_family_t family = AF_UNSPEC;

        r->address_length = 0;
        r->path[0] = '\0';
        r->by_descriptor = false;
        memset(r->address, 0, sizeof(r->address));
        r->address_error = length < 0 || (size_t)length > sizeof(r->address) ? -EINVAL : 0;
        if (r->address_error == 0 && length > 0)
                r->address_error = caller_bytes(r->tid, address, r->address, (size_t)length);
        if (r->address_error < 0)
                return;
        r->address_length = (unsigned)length;
        memcpy(&family, r->address, sizeof(family));
        if (family != AF_UNIX || r->address_length <= start || r->address_length > sizeof(struct sockaddr_un))
                return;
        memcpy(r->path, r->address + start, r->address_length - start);
        r->path[r->address_length - start] = '\0';
        r->length = strlen(r->path);
}

int calls_decode(struct request *r, int number, const __u64 *args)
{
        const struct call *call = call_of(number);
        if (!call)
                return -ENOSYS;
        r->operation = call->operation;
        r->dirfd = directory(call->dirfd, args);
        r->other_dirfd = directory(call->other_dirfd, args);
        r->flags = (uint32_t)value(call->flags, args) | call->implied;
        r->length = 0;
        r->other[0] = '\0';
        for (int i = 0; i < 3; i++)
                r->number[i] = value(call->numbers[i], args);
        memset(r->times, 0, sizeof(r->times));

        if (r->flags & ~(uint64_t)(call->known | call->implied))
                return -EINVAL;
        if (call->address != NONE) {
                calls_read_address(r, value(call->address, args), (int)(uint32_t)value(call->address_length, args));
                return 0;
        }
        if (r->operation == OPERATION_SEND_MESSAGE || r->operation == OPERATION_SEND_MESSAGES)
                return 0; /* all that counts is in memory */
        int bad = call->format == TIME_NONE ? 0 : read_times(r, call->format, value(call->times, args));
        if (bad == 0)
                bad = read_path(r, call, args);
        return bad == 0 && call->other != NONE ? read_other(r, call, args) : bad;
}
