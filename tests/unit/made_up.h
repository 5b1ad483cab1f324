/* A host that is made up: files and symlinks in tables, findings collected as text. What the policy room says of it can be
 * compared letter by letter, on every machine. */
#ifndef TESTS_MADE_UP_H
#define TESTS_MADE_UP_H

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "policy/bundles.h"
#include "policy/policy.h"

struct made_up_file {
        const char *name, *text;
};

struct made_up {
        struct made_up_file files[8];
        struct made_up_file links[8]; /* absolute paths, absolute targets */
        const char *defines[8];
        struct buf said; /* every finding, as cordon_diag_format() shows it */
        unsigned errors, warnings;
        bool real_bundles;
};

static inline int made_up_read(void *ctx, const char *name, char **data, size_t *length, char identity[64])
{
        struct made_up *m = ctx;
        for (size_t i = 0; i < 8 && m->files[i].name; i++) {
                if (strcmp(m->files[i].name, name) != 0)
                        continue;
                *length = strlen(m->files[i].text);
                *data = malloc(*length + 1);
                memcpy(*data, m->files[i].text, *length);
                snprintf(identity, 64, "%zu", i);
                return 0;
        }
        return -ENOENT;
}

static inline const char *made_up_bundle(void *ctx, const char *name)
{
        struct made_up *m = ctx;
        char file[64];
        snprintf(file, sizeof(file), "@%s", name);
        for (size_t i = 0; i < 8 && m->files[i].name; i++) {
                if (!strcmp(m->files[i].name, file))
                        return m->files[i].text;
        }
        for (const struct bundle *b = bundles; m->real_bundles && b->name; b++) {
                if (!strcmp(b->name, name))
                        return b->text;
        }
        return NULL;
}

static inline const char *made_up_bundle_name(void *ctx, size_t index)
{
        static const char *const names[] = {"base", "dev", "python"};
        const struct made_up *m = ctx;
        if (m->real_bundles)
                return bundles[index].name;
        return index < 3 ? names[index] : NULL;
}

/* Handles "//", ".", ".." and the links of the table, at whatever depth they stand. */
static inline int made_up_canonical(void *ctx, const char *path, char *out, mode_t *mode,
                                    void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx)
{
        struct made_up *m = ctx;
        char rest[2 * PATH_MAX], next[2 * PATH_MAX];
        unsigned links = 0;
        size_t length = 0;
        snprintf(rest, sizeof(rest), "%s", path);
        out[0] = '\0';
        for (char *at = rest; *at;) {
                size_t size = strcspn(at, "/");
                char *name = at;
                at += size + (at[size] == '/');
                if (size == 0 || (size == 1 && name[0] == '.'))
                        continue;
                if (size == 2 && !strncmp(name, "..", 2)) {
                        while (length > 0 && out[--length] != '/')
                                ;
                        out[length] = '\0';
                        continue;
                }
                length += (size_t)snprintf(out + length, PATH_MAX - length, "/%.*s", (int)size, name);
                for (size_t i = 0; i < 8 && m->links[i].name; i++) {
                        if (strcmp(m->links[i].name, out) != 0)
                                continue;
                        if (++links > 40)
                                return -ELOOP;
                        link(link_ctx, out, m->links[i].text);
                        snprintf(next, sizeof(next), "%s/%s", m->links[i].text, at);
                        memcpy(rest, next, sizeof(rest));
                        at = rest;
                        length = 0;
                        out[0] = '\0';
                        break;
                }
        }
        if (length == 0)
                strcpy(out, "/");
        *mode = 0;
        return 0;
}

static inline void made_up_diag(void *ctx, const cordon_diag *d)
{
        struct made_up *m = ctx;
        char text[4096];
        assert_true(cordon_diag_format(d, text, sizeof(text)) < sizeof(text));
        buf_str(&m->said, text);
        m->errors += d->severity == CORDON_ERROR;
        m->warnings += d->severity == CORDON_WARNING;
}

/* Compiles the first file, "x.policy" unless it is named otherwise. */
static inline int made_up_compile(struct made_up *m, struct policy **out)
{
        const char *files[] = {m->files[0].name, NULL};
        struct policy_host host = {.ctx = m, .read_file = made_up_read, .bundle = made_up_bundle,
                                   .bundle_name = made_up_bundle_name, .canonical = made_up_canonical};
        struct policy_request request = {
                .files = files,
                .defines = m->defines,
                .program = "/usr/bin/prog",
                .cwd = "/cwd",
                .home = "/home/u",
                .uid = 1000,
                .host = &host,
                .diag = made_up_diag,
                .diag_ctx = m,
        };
        return policy_compile(out, &request);
}

/* A policy from its lines, the first one left out; there must be no error. Free with policy_unref(). */
static inline struct policy *policy_from(const char *lines)
{
        struct buf text = {0};
        struct policy *p = NULL;
        buf_printf(&text, "cordon 1\n%s", lines);
        struct made_up m = {.files = {{"x.policy", text.data}}};
        int r = made_up_compile(&m, &p);
        if (r < 0)
                print_error("%s%s", lines, m.said.data ? m.said.data : "");
        assert_int_equal(r, 0);
        buf_free(&m.said);
        buf_free(&text);
        return p;
}

static inline struct verdict asked(const struct policy *p, const char *op, const char *path)
{
        return policy_eval(p, path, strlen(path), access_from_name(op));
}

#define assert_allowed(p, op, path) assert_true(asked(p, op, path).allow)
#define assert_denied(p, op, path, code)                                                                                \
        do {                                                                                                            \
                struct verdict denied_ = asked(p, op, path);                                                            \
                assert_false(denied_.allow);                                                                            \
                assert_int_equal(denied_.error, code);                                                                  \
        } while (0)

#endif
