/* What can be learnt about the thread that asks. Everything here is a snapshot of something that may die or be replaced by a
 * namesake meanwhile: after collecting, the transport must confirm that the request is still waiting, before any effect. */
#ifndef BROKER_CALLER_H
#define BROKER_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Copies a string of at most size - 1 bytes from the caller's memory. Returns its length; -EFAULT where it is unreadable,
 * -ENAMETOOLONG, -ESRCH where the caller is gone. */
ssize_t caller_string(pid_t tid, uint64_t address, char *out, size_t size);
/* Copies exactly `length` bytes. 0, -EFAULT, -ESRCH. */
int caller_bytes(pid_t tid, uint64_t address, void *out, size_t length);

/* Copies what lies in pieces: `length` is their sum. The same errors. */
int caller_gather(pid_t tid, const struct iovec *from, size_t count, void *out, size_t length);

/* For writing into the caller's memory: opened first, then it must be asked whether the caller still waits, and only then is
 * it the caller's for certain. -EACCES, -ESRCH. Writes all of it, or -EFAULT. */
int caller_memory(int proc, pid_t tid);
int caller_write(int memory, uint64_t address, const void *data, size_t length);

/* The path of the caller's working directory or of one of its descriptors, as the view names it. `proc` is a descriptor of
 * our /proc. 0; -EBADF; -ENOTDIR for what has no path; -ENOENT for what was removed; -ENAMETOOLONG. */
int caller_base(int proc, pid_t tid, int dirfd, char *out, size_t size);

struct caller_status {
        mode_t umask;
        pid_t tgid;             /* as we number it */
        pid_t ns_tgid, ns_tid;  /* as the sandbox does */
};
int caller_status(int proc, pid_t tid, struct caller_status *out);
/* Its parent, in our own pid namespace; 0: it has none that we see, or is gone. */
pid_t caller_parent(int proc, pid_t pid);

/* In how many pid namespaces it has a number, from that of `proc` inwards; 0 where that cannot be learnt. `tid` 0: ourselves. */
unsigned caller_depth(int proc, pid_t tid);

/* True where the caller has the capability in its user namespace. */
bool caller_is_capable(int proc, pid_t tid, unsigned capability);

/* The largest file that the caller may make (RLIMIT_FSIZE); 0 where that cannot be learnt. */
uint64_t caller_file_limit(int proc, pid_t tid);

/* True where a signal is pending that the caller would act upon if it were not waiting for us. */
bool caller_is_interrupted(int proc, pid_t tid);

/* The command name, raw; "?" where the caller is gone. */
void caller_comm(int proc, pid_t tid, char out[16]);
/* The session, and the device number of its controlling terminal as /proc writes it; 0: none, also when the caller is gone.
 * `tid` 0 means ourselves. */
struct caller_terminal {
        int session, device;
};
struct caller_terminal caller_terminal(int proc, pid_t tid);

/* A duplicate of one of the caller's descriptors. -EBADF, -ESRCH, -EPERM. */
int caller_descriptor(const struct caller_status *who, int fd);
/* The same for a thread of whose process nothing is known yet. */
int caller_descriptor_of(int proc, pid_t tid, int fd);

#endif
