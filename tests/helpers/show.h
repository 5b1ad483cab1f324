/* What the helper programs print with: results as words that are equal wherever open(2) behaves the same, so that
 * a run inside the sandbox can be compared with one outside, line by line. */
#ifndef TESTS_HELPERS_SHOW_H
#define TESTS_HELPERS_SHOW_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline const char *errno_name(int error)
{
        const char *name = strerrorname_np(error);

        return name ? name : "E?";
}

/* The status flags that open(2) promises to keep; the others are the kernel's own business. */
#define SHOWN_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_PATH | O_NOATIME | O_ASYNC)

static inline void show_file(int fd)
{
        struct stat st;
        char text[64];
        ssize_t n;

        if (fstat(fd, &st) < 0) {
                printf(" fstat %s", errno_name(errno));
                return;
        }
        printf(" mode=%o", (unsigned)st.st_mode);
        if (S_ISREG(st.st_mode)) {
                printf(" size=%lld links=%u", (long long)st.st_size, (unsigned)st.st_nlink);
                n = pread(fd, text, sizeof(text) - 1, 0);
                if (n >= 0) {
                        text[n] = 0;
                        text[strcspn(text, "\n")] = 0;
                        printf(" content='%s'", text);
                } else {
                        printf(" read=%s", errno_name(errno));
                }
        }
}

/* Prints what `fd`, the result of an open, is; `error` is the errno it left. The descriptor stays open. */
static inline void show(const char *label, int fd, int error)
{
        printf("%s:", label);
        if (fd < 0) {
                printf(" %s\n", errno_name(error));
                return;
        }
        printf(" fd=%d flags=%x cloexec=%d", fd, (unsigned)fcntl(fd, F_GETFL) & (unsigned)SHOWN_FLAGS,
               fcntl(fd, F_GETFD) & FD_CLOEXEC);
        show_file(fd);
        printf("\n");
}

static inline void show_close(const char *label, int fd)
{
        show(label, fd, errno);
        if (fd >= 0)
                close(fd);
}

static inline void put_file(const char *path, const char *text, mode_t mode)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
                printf("cannot make %s: %s\n", path, errno_name(errno));
        if (fd >= 0)
                close(fd);
}

#endif
