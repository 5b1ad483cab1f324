/* A user namespace that nobody lives in, for MOUNT_ATTR_IDMAP. */
#ifndef SANDBOX_IDMAP_H
#define SANDBOX_IDMAP_H

#include <sys/types.h>

/* Maps one id each: what the file system stores as `*_stored` is seen as `*_seen`. Needs root. Descriptor or -errno. */
int idmap_userns(uid_t uid_stored, uid_t uid_seen, gid_t gid_stored, gid_t gid_seen);

/* Writes "inside outside 1" to /proc/PID/uid_map (or gid_map). 0 or -errno. */
int idmap_write(pid_t pid, const char *file, const char *text);

#endif
