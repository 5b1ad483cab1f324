/* Runs a fuzz target on files, without libFuzzer: what was found once is tried again by every `make check`, with any
 * compiler. The inputs are run in a child, so that the one that breaks it can be named. Fails where there was nothing to
 * run. */
#include <dirent.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define SECONDS_MOST 60 /* of one input, under a sanitizer on a busy machine: thousands of times what one takes */

struct progress {
        unsigned ran;
        char path[PATH_MAX]; /* the input that is being run */
};

static void run_file(struct progress *p)
{
        FILE *file = fopen(p->path, "re");
        size_t room = 1u << 20;
        uint8_t *data = file ? malloc(room) : NULL;
        must(data, "cannot be read");
        size_t size = fread(data, 1, room, file);
        fclose(file);
        uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees a read behind the end */
        must(exact, "no memory");
        memcpy(exact, data, size);
        free(data);
        alarm(SECONDS_MOST);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
        p->ran++;
}

static int run_all(struct progress *p, char **names)
{
        for (; *names; names++) {
                DIR *dir = opendir(*names);
                struct dirent *entry;
                snprintf(p->path, sizeof(p->path), "%s", *names);
                if (!dir)
                        run_file(p);
                while (dir && (entry = readdir(dir))) {
                        snprintf(p->path, sizeof(p->path), "%s/%s", *names, entry->d_name);
                        if (entry->d_name[0] != '.')
                                run_file(p);
                }
                if (dir)
                        closedir(dir);
        }
        return p->ran > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
        const char *slash = strrchr(argv[0], '/');
        struct progress *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int status = 0;
        (void)argc;
        must(p != MAP_FAILED, "no memory");
        pid_t child = fork();
        if (child == 0)
                return run_all(p, argv + 1);
        must(child > 0 && waitpid(child, &status, 0) == child, "no child");
        if (status != 0)
                printf("FAILED  %s, status %d, at or after %s\n", argv[0], status, *p->path ? p->path : "nothing");
        else
                printf("ok      %s: %u inputs\n", slash ? slash + 1 : argv[0], p->ran);
        return status != 0;
}
