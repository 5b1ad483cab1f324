/* Opens whose path is the difficulty: too long, at the edge of readable memory, or not there at all. Raw system
 * calls, in an empty writable directory; the output is to be equal inside and outside. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/helpers/show.h"

#define PAGE 4096

static void try(const char *label, const void *path, int flags)
{
        errno = 0;
        show_close(label, (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0644));
}

/* "././…/file" of just `length` bytes. */
static void try_length(size_t length, int flags)
{
        char *path = malloc(length + 1), label[64];

        if (!path)
                exit(1);
        for (size_t i = 0; i < length; i++)
                path[i] = i % 2 ? '/' : '.';
        if (length % 2)
                path[1] = '.', path[0] = '/', memmove(path, "./", 2), path[2] = '/';
        memcpy(path + length - 4, "file", 4);
        if (length % 2)
                path[length - 5] = '/';
        path[length] = 0;
        snprintf(label, sizeof(label), "path of %zu bytes", length);
        try(label, path, flags);
        free(path);
}

static void try_component(size_t length)
{
        char name[512], label[64];

        memset(name, 'c', length);
        name[length] = 0;
        snprintf(label, sizeof(label), "component of %zu bytes", length);
        try(label, name, O_RDWR | O_CREAT);
        snprintf(label, sizeof(label), "component of %zu bytes, reading", length);
        try(label, name, O_RDONLY);
}

static void edges(void)
{
        char *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        char *end;

        if (map == MAP_FAILED)
                exit(1);
        end = map + 3 * PAGE;
        munmap(end, PAGE);
        memcpy(map + PAGE - 2, "file", 5);
        try("path across two pages", map + PAGE - 2, O_RDONLY);
        memcpy(end - 5, "file", 5);
        try("path that ends with its page", end - 5, O_RDONLY);
        memcpy(end - 4, "file", 4);
        try("path cut by the end of memory", end - 4, O_RDONLY);
        try("path that starts after the end", end, O_RDONLY);
        mprotect(map + PAGE, PAGE, PROT_NONE);
        memcpy(map + PAGE - 4, "file", 4);
        try("path that runs into a page without access", map + PAGE - 4, O_RDONLY);
        try("path in a page without access", map + PAGE, O_RDONLY);
        mprotect(map + PAGE, PAGE, PROT_READ | PROT_WRITE);
        memset(map, 'x', 3 * PAGE);
        try("no end at all", map, O_RDONLY);
        memset(map, '/', 3 * PAGE);
        try("slashes with no end", map, O_RDONLY);
        map[PAGE] = 0;
        try("4096 slashes", map, O_RDONLY);
        munmap(map, 3 * PAGE);
}

static void odd_names(void)
{
        static const char *const names[] = {"new\nline", "esc\033[31m", "bad\377utf8", " ",   "-", "*",
                                            "\\",        "..x",         "...",         "a b", "~"};

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                char label[32];

                snprintf(label, sizeof(label), "odd name %zu", i);
                try(label, names[i], O_RDWR | O_CREAT);
                unlink(names[i]);
        }
}

int main(void)
{
        static const size_t lengths[] = {100,  255,  256,  257,  1023, 1024, 2048,
                                         4000, 4094, 4095, 4096, 4097, 5000, 70000};

        setvbuf(stdout, NULL, _IOLBF, 0);
        umask(022);
        put_file("file", "hello\n", 0644);
        try("null pointer", NULL, O_RDONLY);
        try("wild pointer", (void *)1, O_RDONLY);
        try("kernel pointer", (void *)~0xffful, O_RDONLY);
        try("null pointer, creat", NULL, O_RDWR | O_CREAT);
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
                try_length(lengths[i], O_RDONLY);
        try_component(254);
        try_component(255);
        try_component(256);
        try_component(300);
        edges();
        odd_names();
        return 0;
}
