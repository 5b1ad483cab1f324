/* Older calls that an architecture lacks are not in the tables there. */
#include "broker/registers.h"

#include <linux/fs.h>
#include <sys/syscall.h>

#include "broker/calls.h"

#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

enum {
        NOFOLLOW = AT_SYMLINK_NOFOLLOW,
        LINK_FLAGS = AT_SYMLINK_FOLLOW | AT_EMPTY_PATH,
        OBJECT_FLAGS = CALLS_OBJECT_FLAGS,
        STAT_FLAGS = CALLS_STAT_FLAGS,
        STATX_FLAGS = CALLS_STATX_FLAGS,
        ACCESS_FLAGS = CALLS_ACCESS_FLAGS,
        RENAME_FLAGS = CALLS_RENAME_FLAGS,
        READLINK_IMPLIED = CALLS_READLINK_IMPLIED,
};

static const struct registers calls[] = {
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
         .implied = READLINK_IMPLIED},
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

static const struct open_registers opens[] = {
#ifdef __NR_open
        {__NR_open, .path = FIRST, .flags = SECOND, .mode = THIRD},
        {__NR_creat, .path = FIRST, .mode = SECOND, .implied = O_CREAT | O_WRONLY | O_TRUNC},
#endif
        {__NR_openat, .dirfd = FIRST, .path = SECOND, .flags = THIRD, .mode = FOURTH},
        {__NR_openat2, .dirfd = FIRST, .path = SECOND, .how = THIRD, .size = FOURTH},
};

const struct registers *registers_at(size_t i)
{
        return i < sizeof(calls) / sizeof(calls[0]) ? &calls[i] : NULL;
}

const struct open_registers *registers_of_open_at(size_t i)
{
        return i < sizeof(opens) / sizeof(opens[0]) ? &opens[i] : NULL;
}

const struct registers *registers_of(int number)
{
        const struct registers *call;
        for (size_t i = 0; (call = registers_at(i)) && call->number != number; i++)
                ;
        return call;
}

const struct open_registers *registers_of_open(int number)
{
        const struct open_registers *call;
        for (size_t i = 0; (call = registers_of_open_at(i)) && call->number != number; i++)
                ;
        return call;
}
