/* What this host lets us do. Each probe does the real thing, in a process of its own where it would leave something behind, and
 * says how it went: 0 or -errno. A version number is never taken for an answer. Milliseconds at most; any thread may ask. */
#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a probe did last: "pivot_root"; a static string, never NULL. */
struct probe_step {
        const char *name;
};

int probe_userns(void); /* one in which this user has rights */
int probe_root(void);                     /* whether root can become an unprivileged user; -EINVAL: there is none */
int probe_namespace(uint64_t flag); /* CLONE_NEW*, owned by a new user namespace */
int probe_mounts(struct probe_step *at); /* a view: trees cloned and changed, a new root entered, the old one left */
int probe_proc(bool subset); /* /proc of a new pid namespace, with `subset=pid` or whole */
int probe_hostname(void);
int probe_idmap(void); /* of "/", as a launch by root would: 1: the file system cannot */
int probe_openat2(void);
int probe_filter(void); /* a seccomp filter */
int probe_listener(void); /* one that asks us */
int probe_killable(void); /* with WAIT_KILLABLE_RECV */
int probe_wake(void); /* with SYNC_WAKE_UP */
int probe_memory(void); /* reading that of a process in a user namespace of ours */
int probe_descriptor(void); /* duplicating one of its descriptors */
int probe_sender(void); /* being told with a message which process has sent it */

/* First line of a small file, without its newline. */
bool probe_line(const char *path, char *out, size_t size);

#endif
