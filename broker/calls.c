#include "broker/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/xattr.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "broker/caller.h"
#include "broker/registers.h"

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
static int read_other(struct request *r, const struct registers *call, const uint64_t *args)
{
        bool attribute = r->operation == OPERATION_SET_ATTRIBUTE || r->operation == OPERATION_REMOVE_ATTRIBUTE ||
                         r->operation == OPERATION_GET_ATTRIBUTE;
        int bad = read_string(r, register_value(call->other, args), r->other, attribute ? XATTR_NAME_MAX + 1 : sizeof(r->other));
        if (attribute && (bad == -ENAMETOOLONG || (bad == 0 && r->other[0] == '\0')))
                return -ERANGE;
        return bad == 0 && r->other[0] == '\0' ? -ENOENT : bad;
}

static int read_path(struct request *r, const struct registers *call, const uint64_t *args)
{
        uint64_t address = register_value(call->path, args);
        bool stat = r->operation == OPERATION_STAT || r->operation == OPERATION_STATX; /* since 6.11 */
        bool none = address == 0 && r->dirfd != AT_FDCWD;
        r->by_descriptor = call->path == NONE || (call->nullable && none) || (stat && none && (r->flags & AT_EMPTY_PATH));
        if (r->by_descriptor)
                return call->nullable && r->flags ? -EINVAL : 0;
        int bad = read_string(r, address, r->path, sizeof(r->path));
        if (bad < 0)
                return bad;
        r->length = strlen(r->path);
        return calls_empty_path(r);
}

int calls_empty_path(struct request *r)
{
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

int calls_decode(struct request *r, int number, const uint64_t *args)
{
        const struct registers *call = registers_of(number);
        if (!call)
                return -ENOSYS;
        r->operation = call->operation;
        r->dirfd = register_directory(call->dirfd, args);
        r->other_dirfd = register_directory(call->other_dirfd, args);
        r->flags = (uint32_t)register_value(call->flags, args) | call->implied;
        r->length = 0;
        r->other[0] = '\0';
        for (int i = 0; i < 3; i++)
                r->number[i] = register_value(call->numbers[i], args);
        memset(r->times, 0, sizeof(r->times));

        if (r->flags & ~(uint64_t)(call->known | call->implied))
                return -EINVAL;
        if (call->address != NONE) {
                int length = (int)(uint32_t)register_value(call->address_length, args);
                calls_read_address(r, register_value(call->address, args), length);
                return 0;
        }
        if (r->operation == OPERATION_SEND_MESSAGE || r->operation == OPERATION_SEND_MESSAGES)
                return 0; /* all that counts is in memory */
        int bad = call->format == TIME_NONE ? 0 : read_times(r, call->format, register_value(call->times, args));
        if (bad == 0)
                bad = read_path(r, call, args);
        return bad == 0 && call->other != NONE ? read_other(r, call, args) : bad;
}
