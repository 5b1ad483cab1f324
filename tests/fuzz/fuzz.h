/* What every fuzz target shares: the entry point that libFuzzer calls (and replay.c, without it), and what to do where
 * something does not hold. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cordon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition, ...)                                                                                            \
        do {                                                                                                            \
                if (!(condition)) {                                                                                     \
                        fprintf(stderr, "%s:%d: %s does not hold: ", __FILE__, __LINE__, #condition);                  \
                        fprintf(stderr, __VA_ARGS__);                                                                   \
                        fprintf(stderr, "\n");                                                                          \
                        abort();                                                                                        \
                }                                                                                                       \
        } while (0)

/* Text that goes to a terminal: whole lines, and nothing in them that cordon_escape() would have changed. */
static inline void must_be_harmless(const char *text, size_t length)
{
        must(strlen(text) == length, "a NUL in it");
        for (const char *at = text; *at;) {
                size_t size = strcspn(at, "\n");
                char *line = strndup(at, size);
                must(line, "no memory");
                size_t needs = cordon_escape(line, NULL, 0);
                char *shown = malloc(needs + 1);
                must(shown, "no memory");
                cordon_escape(line, shown, needs + 1);
                must(strcmp(line, shown) == 0, "%s", shown);
                free(shown);
                free(line);
                at += size + (at[size] == '\n');
        }
}

/* A finding, as text. Everything that holds for any finding is checked here. */
static inline void must_format(const cordon_diag *d)
{
        size_t needs = cordon_diag_format(d, NULL, 0);
        char *text = malloc(needs + 1);
        must(text, "no memory");
        must(cordon_diag_format(d, text, needs + 1) == needs, "two lengths");
        must(needs > 0 && text[needs - 1] == '\n', "no line");
        must_be_harmless(text, needs);
        size_t lines = 0;
        for (const char *at = text; *at; at++)
                lines += *at == '\n';
        bool source = d->source && d->line && d->column;
        must(lines == (source ? 3u : 1u), "%zu lines", lines);
        must(!source || strstr(text, "\n      | "), "no caret's line");
        must(!source || strchr(strstr(text, "\n      | "), '^'), "no caret");
        for (size_t room = 0; room < 8; room++) { /* cut wherever: still terminated, never longer */
                char small[8];
                memset(small, '#', sizeof(small));
                must(cordon_diag_format(d, small, room) == needs, "another length");
                must(room == 0 ? small[0] == '#' : strlen(small) < room, "not cut");
        }
        free(text);
}

#endif
