/* Decodes PNG images where a fault in the decoder does no harm: decode [-n TIMES] [--here] FILE...
 *
 * Each image is decoded by a function of this program that runs in a sandbox of its own, with two descriptors and nothing else:
 * the file's content, sealed, and a buffer for the pixels, which is sealed before anybody looks at it. So neither is copied, and
 * whatever the decoder became by a hostile image, it can hand over wrong pixels and no more. With --here it is done without.
 * This program has no threads, so the function may call malloc(3), as libpng does.
 *
 *     cc decode.c $(pkg-config --cflags --libs cordon libpng) */
#include <fcntl.h>
#include <png.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cordon.h"

#define FILE_MOST ((size_t)64 << 20)
#define PIXELS_MOST ((size_t)256 << 20) /* only what is written takes memory */

enum { IN = 5, OUT = 6 };

struct picture {
        uint32_t width, height;
        unsigned char pixels[]; /* red, green, blue, alpha */
};

/* ---- in the sandbox ----------------------------------------------------------------------------------------------- */

static int decode(const void *data, size_t size, struct picture *out)
{
        png_image image = {.version = PNG_IMAGE_VERSION};

        if (!png_image_begin_read_from_memory(&image, data, size))
                return 1;
        image.format = PNG_FORMAT_RGBA;
        if (PNG_IMAGE_SIZE(image) > PIXELS_MOST - sizeof(*out))
                return 2;
        out->width = image.width;
        out->height = image.height;
        return png_image_finish_read(&image, NULL, out->pixels, 0, NULL) ? 0 : 1;
}

static int decode_there(void *argument)
{
        cordon_buffer *in;
        void *out = mmap(NULL, PIXELS_MOST, PROT_READ | PROT_WRITE, MAP_SHARED, OUT, 0);
        (void)argument;
        if (out == MAP_FAILED || cordon_buffer_open(&in, IN, FILE_MOST, NULL) < 0)
                return 3;
        return decode(cordon_buffer_data(in), cordon_buffer_size(in), out);
}

/* ---- outside ------------------------------------------------------------------------------------------------------ */

/* The file as a sealed buffer. */
static cordon_buffer *load(const char *path)
{
        cordon_buffer *b = NULL;
        cordon_error error = {0};
        struct stat st;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t at = 0;

        if (fd < 0 || fstat(fd, &st) < 0 || (size_t)st.st_size > FILE_MOST ||
            cordon_buffer_new(&b, "file", (size_t)st.st_size, &error) < 0) {
                fprintf(stderr, "decode: cannot read %s\n", path);
                if (fd >= 0)
                        close(fd);
                return NULL;
        }
        for (ssize_t got = 1; got > 0; at += (size_t)got)
                if ((got = read(fd, (char *)cordon_buffer_data(b) + at, cordon_buffer_size(b) - at)) < 0)
                        break;
        close(fd);
        if (cordon_buffer_seal(b, at, &error) == 0)
                return b;
        fprintf(stderr, "decode: %s\n", error.text);
        return cordon_buffer_free(b);
}

/* How it ended: 0, or what decode() has returned; -1: not by itself. */
static int run(cordon_broker *broker, cordon_policy *policy, const cordon_buffer *in, const cordon_buffer *out)
{
        const cordon_child_fd fds[] = {{cordon_buffer_fd(in), IN, 0}, {cordon_buffer_fd(out), OUT, 0}};
        const cordon_child_options options = {
                .size = sizeof(options), .function = decode_there, .name = "decoder", .fds = fds, .fd_count = 2};
        cordon_error error = {0};
        cordon_child *child;
        cordon_exit end;

        if (cordon_child_spawn(&child, broker, policy, &options, &error) < 0) {
                fprintf(stderr, "decode: %s\n", error.text);
                return -1;
        }
        while (cordon_child_phase(child) != CORDON_CHILD_ENDED) {
                struct pollfd ready = {cordon_broker_fd(broker), POLLIN, 0};
                poll(&ready, 1, cordon_broker_next_timeout(broker));
                cordon_broker_dispatch(broker);
        }
        cordon_child_exit(child, &end);
        cordon_child_free(child);
        if (end.reason != CORDON_EXIT_CODE)
                fprintf(stderr, "decode: the decoder was ended%s%s\n", end.error.code ? ": " : "", end.error.text);
        return end.reason == CORDON_EXIT_CODE ? end.status : -1;
}

/* Nothing in it can change any more; everything in it can be a lie. */
static int show(const char *path, const struct picture *p)
{
        size_t count = (size_t)p->width * p->height; /* of 32 bits each */
        uint64_t sum = 14695981039346656037u;

        if (count > (PIXELS_MOST - sizeof(*p)) / 4)
                return -1;
        for (size_t i = 0; i < count * 4; i++)
                sum = (sum ^ p->pixels[i]) * 1099511628211u;
        printf("%s: %ux%u %016llx\n", path, p->width, p->height, (unsigned long long)sum);
        return 0;
}

static int one(cordon_broker *broker, cordon_policy *policy, const char *path, int here)
{
        cordon_buffer *in = load(path), *out = NULL;
        cordon_error error = {0};
        int result = -1;

        if (in && cordon_buffer_new(&out, "pixels", PIXELS_MOST, &error) == 0) {
                result = here ? decode(cordon_buffer_data(in), cordon_buffer_size(in), cordon_buffer_data(out))
                              : run(broker, policy, in, out);
                if (result == 0)
                        result = cordon_buffer_seal(out, PIXELS_MOST, &error);
                result = result == 0 ? show(path, cordon_buffer_data(out)) : result;
        }
        if (result != 0)
                fprintf(stderr, "decode: %s was not decoded%s%s\n", path, *error.text ? ": " : "", error.text);
        cordon_buffer_free(in);
        cordon_buffer_free(out);
        return result;
}

int main(int argc, char **argv)
{
        static const char rules[] = "cordon 1\ntmp none\nproc none\ndev none\nlimit time 10s\n";
        static const char *const none[] = {NULL};
        const cordon_policy_text text = {.name = "(decode)", .text = rules, .length = sizeof(rules) - 1};
        const cordon_policy_options options = {.size = sizeof(options), .files = none, .texts = &text, .text_count = 1};
        cordon_policy *policy = NULL;
        cordon_broker *broker = NULL;
        cordon_error error = {0};
        int first = 1, times = 1, here = 0, failed = 0;

        if (argc > first + 1 && strcmp(argv[first], "-n") == 0) {
                times = atoi(argv[first + 1]);
                first += 2;
        }
        if (argc > first && strcmp(argv[first], "--here") == 0)
                here = first++;
        if (argc <= first || times < 1) {
                fprintf(stderr, "usage: decode [-n TIMES] [--here] FILE...\n");
                return 2;
        }
        if (cordon_policy_load(&policy, &options, &error) < 0 || cordon_broker_new(&broker, &error) < 0) {
                fprintf(stderr, "decode: %s\n", error.text);
                return 1;
        }
        for (int i = 0; i < times; i++)
                for (int file = first; file < argc; file++)
                        failed |= one(broker, policy, argv[file], here) != 0;
        cordon_broker_free(broker);
        cordon_policy_unref(policy);
        return failed;
}
