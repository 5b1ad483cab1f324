/* Memory that goes from one process to another as a descriptor, and is not copied.
 *
 * Who receives trusts nothing but the kernel: a file in memory with the three seals can be neither written nor cut nor lengthened
 * by anybody any more, and the kernel sets the seal against writing only where nobody has it mapped for writing. So the seals
 * are asked for first, then the size, and only then is it mapped. Of the kinds of files that have seals only that of
 * shmem is taken: huge pages may be missing when they are looked at, which is a SIGBUS. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "cordon.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* Linux 6.3 */
#endif

#define CLOSED (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

struct cordon_buffer {
        int fd;
        bool sealed;
        void *data; /* NULL where there is nothing */
        size_t size;
};

static const char MESSAGE = 'b'; /* a descriptor needs something to go with */

/* ---- one's own --------------------------------------------------------------------------------------------------------- */

static int memory_file(const char *name)
{
        int fd = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
        if (fd < 0 && errno == EINVAL)
                fd = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        return fd < 0 ? -errno : fd;
}

/* What is sealed could be mapped as shared from Linux 6.7 on; as private it is the same pages. What is not goes into no copy of
 * this process: pid 1 of a sandbox is one, and as long as it had the mapping nothing could be sealed. */
static int map(cordon_buffer *b)
{
        int protection = b->sealed ? PROT_READ : PROT_READ | PROT_WRITE;
        void *data = b->size ? mmap(NULL, b->size, protection, b->sealed ? MAP_PRIVATE : MAP_SHARED, b->fd, 0) : NULL;
        if (data == MAP_FAILED)
                return -errno;
        b->data = data;
        return b->size && !b->sealed && madvise(data, b->size, MADV_DONTFORK) < 0 ? -errno : 0;
}

static void unmap(cordon_buffer *b)
{
        if (b->data)
                munmap(b->data, b->size);
        b->data = NULL;
}

static int size_to(int fd, size_t size)
{
        return size > INT64_MAX ? -EFBIG : ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

int cordon_buffer_new(cordon_buffer **out, const char *name, size_t size, cordon_error *err)
{
        cordon_buffer *b = calloc(1, sizeof(*b));
        if (!b)
                return error_set(err, ENOMEM, "out of memory");
        b->size = size;
        b->fd = memory_file(name ? name : "cordon");
        int r = b->fd < 0 ? b->fd : size_to(b->fd, size);
        if (r == 0)
                r = map(b);
        if (r < 0) {
                cordon_buffer_free(b);
                return error_set(err, -r, "cannot make a buffer of %zu bytes: %s", size, error_text(-r));
        }
        *out = b;
        return 0;
}

int cordon_buffer_seal(cordon_buffer *b, size_t length, cordon_error *err)
{
        if (b->sealed || length > b->size)
                return error_set(err, EINVAL, b->sealed ? "the buffer is sealed" : "the buffer is not as long");
        unmap(b); /* else the kernel would not seal it */
        int r = size_to(b->fd, length);
        if (r == 0)
                b->size = length;
        if (r == 0 && fcntl(b->fd, F_ADD_SEALS, CLOSED | F_SEAL_SEAL) < 0)
                r = -errno;
        b->sealed = r == 0;
        int mapped = map(b);
        if (r == 0)
                r = mapped;
        return r < 0 ? error_set(err, -r, "cannot seal the buffer: %s", error_text(-r)) : 0;
}

/* ---- somebody else's ----------------------------------------------------------------------------------------------------- */

static int examine(int fd, size_t most, size_t *size)
{
        struct statfs fs;
        struct stat st;
        int seals = fcntl(fd, F_GET_SEALS);

        if (seals < 0)
                return -errno;
        if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (fs.f_type != TMPFS_MAGIC)
                return -EINVAL;
        if ((seals & CLOSED) != CLOSED)
                return -EPERM;
        if (st.st_size < 0 || (uint64_t)st.st_size > most)
                return -EFBIG;
        *size = (size_t)st.st_size;
        return 0;
}

static const char *objection(int error)
{
        return error == -EPERM    ? "it is not sealed, and could change"
               : error == -EINVAL ? "it is no buffer"
               : error == -EFBIG  ? "it is longer than is wanted"
                                  : error_text(-error);
}

int cordon_buffer_open(cordon_buffer **out, int fd, size_t most, cordon_error *err)
{
        cordon_buffer *b = calloc(1, sizeof(*b));
        if (!b)
                return error_set(err, ENOMEM, "out of memory");
        b->sealed = true;
        b->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        int r = b->fd < 0 ? -errno : examine(b->fd, most, &b->size);
        if (r == 0)
                r = map(b);
        if (r < 0) {
                cordon_buffer_free(b);
                return error_set(err, -r, "cannot take the buffer: %s", objection(r));
        }
        *out = b;
        return 0;
}

/* ---- on the way ------------------------------------------------------------------------------------------------------------ */

int cordon_buffer_send(const cordon_buffer *b, int socket, cordon_error *err)
{
        if (!b->sealed)
                return error_set(err, EINVAL, "the buffer is not sealed");
        int r = fd_send(socket, &MESSAGE, 1, &b->fd, 1);
        return r < 0 ? error_set(err, -r, "cannot send the buffer: %s", error_text(-r)) : 0;
}

int cordon_buffer_receive(cordon_buffer **out, int socket, size_t most, cordon_error *err)
{
        struct fd_received got;
        char message = 0;

        int r = fd_receive(socket, &message, 1, &got, 1, 0);
        if (r == 0 && (got.count != 1 || message != MESSAGE))
                r = -EBADMSG;
        cleanup_fd int fd = r == 0 || got.count == 1 ? got.fds[0] : FD_NONE;
        if (r < 0)
                return error_set(err, -r, r == -EPIPE ? "the other side is gone" : "no buffer came");
        return cordon_buffer_open(out, fd, most, err);
}

/* ---- what it is --------------------------------------------------------------------------------------------------------- */

void *cordon_buffer_data(const cordon_buffer *b)
{
        return b->data;
}

size_t cordon_buffer_size(const cordon_buffer *b)
{
        return b->size;
}

int cordon_buffer_fd(const cordon_buffer *b)
{
        return b->fd;
}

cordon_buffer *cordon_buffer_free(cordon_buffer *b)
{
        if (!b)
                return NULL;
        unmap(b);
        fd_close(b->fd);
        free(b);
        return NULL;
}
