/* Children made by vfork and posix_spawn open files: the memory that holds the path is the parent's. usage: spawn
 * IN OUT: copies IN to OUT by `cat` whose descriptors are opened by file actions; then opens IN in a vforked
 * child. */
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/helpers/show.h"

extern char **environ;

static int by_spawn(const char *in, const char *out)
{
        char cat[] = "cat", *args[] = {cat, NULL};
        posix_spawn_file_actions_t actions;
        int error, status = -1;
        pid_t pid;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, in, O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0640);
        error = posix_spawnp(&pid, "cat", &actions, NULL, args, environ);
        posix_spawn_file_actions_destroy(&actions);
        if (error)
                return error;
        waitpid(pid, &status, 0);
        return status;
}

static int by_vfork(const char *path)
{
        volatile int error = 0;
        int status;
        pid_t pid;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        pid = vfork();
#pragma GCC diagnostic pop
        if (pid == 0) {
                int fd = open(path, O_RDONLY);

                if (fd < 0)
                        error = errno;
                _exit(fd < 0);
        }
        waitpid(pid, &status, 0);
        return error;
}

int main(int argc, char **argv)
{
        int error;

        if (argc < 3)
                return 2;
        error = by_spawn(argv[1], argv[2]);
        printf("spawn: %d\n", error);
        error = by_spawn("missing", argv[2]);
        printf("spawn, missing: %s\n", errno_name(error));
        printf("vfork: %d\n", by_vfork(argv[1]));
        printf("vfork, missing: %s\n", errno_name(by_vfork("missing")));
        return 0;
}
