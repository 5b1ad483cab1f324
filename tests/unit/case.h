/* A whole made-up world in one text, for the golden tests and the fuzzer: the policy first, as a user writes it, so that line
 * numbers are what they seem; then sections, each after a line "%% NAME".
 *
 *   %% /used.policy       a file, for `use`; "%% /many*" is every file whose name begins so
 *   %% /used.policy = 21  reading it fails with that errno
 *   %% @base              a bundle
 *   %% host               what exists: "/a/dir/", "/a/file", "/a/link -> /to", "/dev/x device"; without it, every path
 *                         is a directory
 *   %% fails              "/path 5": resolving what lies at it or below fails with that errno
 *   %% defines            a -D on each line
 *   %% given              "cwd -", "home -": there is none; "uid 7"
 *   %% why                "read /a": what is asked when there is a plan, or none can be made
 *   %% paths              what is to be asked (the fuzzer)
 *
 * Nothing here depends on the machine. */
#ifndef TESTS_CASE_H
#define TESTS_CASE_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/policy.h"

#define CASE_SECTIONS 24
#define CASE_LINES 64 /* of host, fails, defines */

struct case_section {
        char name[64];
        const char *text; /* not terminated */
        size_t length;
        char *copy; /* of bundles, terminated */
        int error;
};

struct case_path {
        char *path, *target;
        mode_t mode;
        int error;
};

struct world_case {
        char *data; /* a copy with a terminator */
        struct case_section sections[CASE_SECTIONS];
        size_t section_count;
        struct case_path paths[CASE_LINES], fails[CASE_LINES];
        size_t path_count, fail_count;
        char *lines[CASE_LINES];
        size_t line_count; /* strings that the tables point into */
        const char *defines[CASE_LINES + 1];
        const char *cwd, *home;
        uid_t uid;
        bool has_host;
};

static inline struct case_section *case_section(struct world_case *c, const char *name)
{
        for (size_t i = 0; i < c->section_count; i++) {
                struct case_section *s = &c->sections[i];
                size_t length = strlen(s->name);
                bool prefix = length > 0 && s->name[length - 1] == '*';
                if (prefix ? !strncmp(s->name, name, length - 1) : !strcmp(s->name, name))
                        return s;
        }
        return NULL;
}

/* ---- taking it apart ------------------------------------------------------------------------------------------------ */

static inline void case_name(struct case_section *s, const char *line, size_t length)
{
        char text[128];
        snprintf(text, sizeof(text), "%.*s", length > 127 ? 127 : (int)length, line);
        char *equals = strstr(text, " = ");
        if (equals) {
                s->error = atoi(equals + 3);
                s->error = s->error > 0 && s->error < 200 && s->error != ENOMEM ? -s->error : 0;
                *equals = '\0';
        }
        snprintf(s->name, sizeof(s->name), "%.63s", text);
}

static inline void case_cut(struct world_case *c, size_t size)
{
        size_t at = 0;
        struct case_section *s = &c->sections[c->section_count++];
        snprintf(s->name, sizeof(s->name), "x.policy");
        s->text = c->data;
        while (at < size) {
                const char *line = c->data + at, *end = memchr(line, '\n', size - at);
                size_t length = end ? (size_t)(end - line) : size - at;
                at += length + (end != NULL);
                if (length >= 4 && !memcmp(line, "%% ", 3) && c->section_count < CASE_SECTIONS) {
                        s = &c->sections[c->section_count++];
                        case_name(s, line + 3, length - 3);
                        s->text = c->data + at;
                } else {
                        s->length = (size_t)(c->data + at - s->text);
                }
        }
}

/* Calls `fn` with each line of a section, as a string that lives as long as the case. */
static inline void case_lines(struct world_case *c, const char *name, void (*fn)(struct world_case *c, char *line))
{
        const struct case_section *s = case_section(c, name);
        for (size_t at = 0; s && at < s->length && c->line_count < CASE_LINES;) {
                const char *end = memchr(s->text + at, '\n', s->length - at);
                size_t length = end ? (size_t)(end - s->text) - at : s->length - at;
                char *line = strndup(s->text + at, length);
                at += length + 1;
                c->lines[c->line_count++] = line;
                if (line && *line)
                        fn(c, line);
        }
}

static inline void case_host_line(struct world_case *c, char *line)
{
        struct case_path *p = &c->paths[c->path_count];
        char *arrow = strstr(line, " -> "), *device = strstr(line, " device");
        *p = (struct case_path){.path = line, .mode = S_IFREG | 0644};
        if (line[0] != '/')
                return;
        if (arrow) {
                *arrow = '\0';
                p->target = arrow + 4;
                p->mode = S_IFLNK | 0777;
        } else if (device) {
                *device = '\0';
                p->mode = S_IFCHR | 0666;
        } else if (line[strlen(line) - 1] == '/') {
                line[strlen(line) - 1] = '\0';
                p->mode = S_IFDIR | 0755;
        }
        c->path_count += !p->target || *p->target;
}

static inline void case_fails_line(struct world_case *c, char *line)
{
        char *blank = strchr(line, ' ');
        int error = blank ? atoi(blank) : 0;
        if (error <= 0 || error > 199 || error == ENOMEM)
                return;
        *blank = '\0';
        c->fails[c->fail_count++] = (struct case_path){.path = line, .error = -error};
}

static inline void case_define_line(struct world_case *c, char *line)
{
        size_t i = 0;
        while (c->defines[i])
                i++;
        c->defines[i] = line;
}

static inline void case_given_line(struct world_case *c, char *line)
{
        if (!strcmp(line, "cwd -"))
                c->cwd = NULL;
        if (!strcmp(line, "home -"))
                c->home = NULL;
        if (!strncmp(line, "uid ", 4))
                c->uid = (uid_t)strtoul(line + 4, NULL, 10);
}

static inline void case_free(struct world_case *c)
{
        for (size_t i = 0; i < c->line_count; i++)
                free(c->lines[i]);
        for (size_t i = 0; i < c->section_count; i++)
                free(c->sections[i].copy);
        free(c->data);
        *c = (struct world_case){0};
}

/* 0 or -ENOMEM. */
static inline int case_parse(struct world_case *c, const char *data, size_t size)
{
        *c = (struct world_case){.cwd = "/cwd", .home = "/home/u", .uid = 1000};
        c->data = malloc(size + 1);
        if (!c->data)
                return -ENOMEM;
        memcpy(c->data, data, size);
        c->data[size] = '\0';
        case_cut(c, size);
        for (size_t i = 0; i < c->section_count; i++) {
                if (c->sections[i].name[0] != '@')
                        continue;
                c->sections[i].copy = strndup(c->sections[i].text, c->sections[i].length);
                if (!c->sections[i].copy)
                        return -ENOMEM;
        }
        c->has_host = case_section(c, "host") != NULL;
        case_lines(c, "host", case_host_line);
        case_lines(c, "fails", case_fails_line);
        case_lines(c, "defines", case_define_line);
        case_lines(c, "given", case_given_line);
        return 0;
}

/* ---- the host ------------------------------------------------------------------------------------------------------- */

static inline int case_read(void *ctx, const char *name, char **data, size_t *length, char identity[64])
{
        struct world_case *c = ctx;
        const struct case_section *s = name[0] == '/' || !strcmp(name, "x.policy") ? case_section(c, name) : NULL;
        if (!s || s->error)
                return s ? s->error : -ENOENT;
        *data = malloc(s->length + 1);
        if (!*data)
                return -ENOMEM;
        memcpy(*data, s->text, s->length);
        *length = s->length;
        snprintf(identity, 64, "%.60s", name);
        return 0;
}

static inline const char *case_bundle(void *ctx, const char *name)
{
        char file[64];
        snprintf(file, sizeof(file), "@%.60s", name);
        const struct case_section *s = case_section(ctx, file);
        return s ? s->copy : NULL;
}

static inline bool case_below(const char *path, const char *top)
{
        size_t length = strlen(top);
        return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* What is at `path`, which is canonical but for a link at its end. */
static inline struct case_path case_look(const struct world_case *c, char *path)
{
        struct case_path found = {.path = path, .mode = c->has_host && *path ? 0 : S_IFDIR | 0755};
        for (size_t i = 0; i < c->path_count; i++) {
                if (!strcmp(c->paths[i].path, path))
                        return c->paths[i];
                if (case_below(c->paths[i].path, path))
                        found.mode = S_IFDIR | 0755;
        }
        return found;
}

static inline int case_canonical(void *ctx, const char *path, char *out, mode_t *mode,
                                 void (*link)(void *link_ctx, const char *path, const char *target), void *link_ctx)
{
        struct world_case *c = ctx;
        char rest[2 * PATH_MAX], next[2 * PATH_MAX];
        size_t done = 0;
        unsigned links = 0;

        if (path[0] != '/' || strlen(path) >= PATH_MAX)
                return path[0] == '/' ? -ENAMETOOLONG : -EINVAL;
        snprintf(rest, sizeof(rest), "%s", path);
        out[0] = '\0';
        *mode = S_IFDIR | 0755;
        for (char *at = rest; *(at += strspn(at, "/"));) {
                size_t length = strcspn(at, "/"), from = done;
                const char *name = at;
                at += length;
                if (length == 1 && name[0] == '.')
                        continue;
                if (length == 2 && !memcmp(name, "..", 2)) {
                        while (done > 0 && out[--done] != '/')
                                ;
                        out[done] = '\0';
                        continue;
                }
                if (done + length + 1 >= PATH_MAX)
                        return -ENAMETOOLONG;
                done += (size_t)snprintf(out + done, PATH_MAX - done, "/%.*s", (int)length, name);
                for (size_t i = 0; i < c->fail_count; i++) {
                        if (!strcmp(c->fails[i].path, out))
                                return c->fails[i].error;
                }
                struct case_path found = case_look(c, out);
                *mode = found.mode;
                if (!found.target)
                        continue;
                if (++links > 40)
                        return -ELOOP;
                if (link)
                        link(link_ctx, out, found.target);
                int needs = snprintf(next, sizeof(next), "%s/%s", found.target, at);
                if (needs < 0 || (size_t)needs >= sizeof(next))
                        return -ENAMETOOLONG;
                memcpy(rest, next, (size_t)needs + 1);
                at = rest;
                done = *rest == '/' ? 0 : from;
                out[done] = '\0';
        }
        if (done == 0) {
                strcpy(out, "/");
                *mode = S_IFDIR | 0755;
        }
        return 0;
}

static inline struct policy_host case_host(struct world_case *c)
{
        return (struct policy_host){
                .ctx = c, .read_file = case_read, .bundle = case_bundle, .canonical = case_canonical};
}

static inline int case_compile(struct world_case *c, struct policy **out, cordon_diag_fn *diag, void *diag_ctx)
{
        static const char *const files[] = {"x.policy", NULL};
        struct policy_host host = case_host(c);
        struct policy_request request = {
                .files = files,
                .defines = c->defines,
                .program = "/usr/bin/prog",
                .cwd = c->cwd,
                .home = c->home,
                .uid = c->uid,
                .host = &host,
                .diag = diag,
                .diag_ctx = diag_ctx,
        };
        return policy_compile(out, &request);
}

#endif
