/* A rule at the end of a policy file that a person has named for it. One write appends it, so that nobody ever reads a part of a
 * line, and whoever else is at it waits. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ask.h"

/* Whether it has the line, and how it ends. */
static int look(int fd, const char *rule, bool *there, bool *ended)
{
        char *line = NULL;
        size_t room = 0;
        ssize_t length;
        int copy = dup(fd);
        FILE *from = copy < 0 ? NULL : fdopen(copy, "r");

        if (!from)
                return -errno;
        *ended = true;
        while ((length = getline(&line, &room, from)) > 0) {
                *ended = line[length - 1] == '\n';
                line[length - *ended] = '\0';
                *there = *there || strcmp(line, rule) == 0;
        }
        int r = ferror(from) ? -EIO : 0;
        free(line);
        fclose(from);
        return r;
}

/* What does not fit as a whole is taken away again. */
static int append(int fd, off_t size, const char *text)
{
        size_t length = strlen(text);
        ssize_t got = write(fd, text, length);
        int error = got < 0 ? errno : ENOSPC;

        if (got == (ssize_t)length)
                return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
        if (got > 0 && ftruncate(fd, size) < 0)
                return -errno;
        return -error;
}

static int save(int fd, const char *rule)
{
        bool there = false, ended = true;
        struct stat st;
        char *text = NULL;

        if (flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        int r = look(fd, rule, &there, &ended);
        if (r < 0 || there)
                return r;
        if (asprintf(&text, "%s%s\n", st.st_size == 0 ? "cordon 1\n" : ended ? "" : "\n", rule) < 0)
                return -ENOMEM;
        r = append(fd, st.st_size, text);
        free(text);
        return r;
}

int rule_save(const char *file, const char *rule)
{
        int fd = open(file, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
        if (fd < 0)
                return -errno;
        int r = save(fd, rule);
        if (close(fd) < 0 && r == 0)
                r = -errno;
        return r;
}
