/* A whole made-up world in one text, for the golden tests and the fuzzer: the policy first, as a user writes it, so that line
 * numbers are what they seem; then sections, each after a line "%% NAME".
 *
 *   %% /used.policy       a file, for `use`; "%% /many*" is every file whose name begins so
 *   %% /used.policy = 21  reading it fails with that errno
 *   %% @base              a bundle
 *   %% host               what exists: "/a/dir/", "/a/file", "/a/link -> /to", "/dev/x device"; without it, every path
 *                         is a directory, but devices in /dev
 *   %% fails              "/path 5": resolving what lies at it or below fails with that errno
 *   %% search             the directories where names are looked for; the policy is then "./x.policy"
 *   %% distrust           "/etc/cordon/a.policy why": a file of the search path that is not to be trusted
 *   %% git                "/repo /its/dir /its/common", or "/repo why": where git keeps what belongs to a work tree, or
 *                         why that is not followed
 *   %% defines            a -D on each line
 *   %% given              "cwd -", "home -": there is none; "uid 7"; "file NAME": what -p gives instead of this policy;
 *                         "path DIRS": where programs are looked for; "lacks landlock": what the host does not have
 *   %% why                "read /a": what is asked when there is a plan, or none can be made
 *   %% lint               no plan; what is probably not meant instead
 *   %% diff               the name of a file: how it differs from the policy
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

#include "policy/lint.h"
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
        const char *defines[CASE_LINES + 1], *search[CASE_LINES + 1];
        const char *cwd, *home, *file, *path;
        uid_t uid;
        unsigned lacks; /* enum lack */
        bool has_host, has_search;
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
        char *arrow = strstr(line, " -> "), *device = strstr(line, " device"), *program = strstr(line, " program");
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
        } else if (program) {
                *program = '\0';
                p->mode = S_IFREG | 0755;
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

static inline void case_search_line(struct world_case *c, char *line)
{
        size_t i = 0;
        while (c->search[i])
                i++;
        c->search[i] = line;
}

/* The rest of the section's line that begins with `word`; NULL: there is none. The text is not terminated. */
static inline const char *case_said_of(struct world_case *c, const char *section, const char *word, size_t *length)
{
        const struct case_section *s = case_section(c, section);
        size_t size = strlen(word);
        for (size_t at = 0; s && at < s->length;) {
                const char *end = memchr(s->text + at, '\n', s->length - at);
                size_t line = end ? (size_t)(end - s->text) - at : s->length - at;
                if (line > size && !memcmp(s->text + at, word, size) && s->text[at + size] == ' ') {
                        *length = line - size - 1;
                        return s->text + at + size + 1;
                }
                at += line + 1;
        }
        return NULL;
}

static inline void case_given_line(struct world_case *c, char *line)
{
        static const struct {
                const char *name;
                unsigned lack;
        } lacks[] = {{"landlock", LACK_LANDLOCK}, {"notify", LACK_NOTIFY}, {"netns", LACK_NETNS}, {"hostname", LACK_HOSTNAME},
                     {"userns", LACK_USERNS | LACK_NETNS | LACK_HOSTNAME}};
        if (!strcmp(line, "cwd -"))
                c->cwd = NULL;
        if (!strcmp(line, "home -"))
                c->home = NULL;
        if (!strncmp(line, "file ", 5))
                c->file = line + 5;
        if (!strncmp(line, "path ", 5))
                c->path = line + 5;
        if (!strncmp(line, "uid ", 4))
                c->uid = (uid_t)strtoul(line + 4, NULL, 10);
        for (size_t i = 0; i < sizeof(lacks) / sizeof(*lacks); i++)
                if (!strncmp(line, "lacks ", 6) && !strcmp(line + 6, lacks[i].name))
                        c->lacks |= lacks[i].lack;
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
        c->has_search = case_section(c, "search") != NULL;
        case_lines(c, "host", case_host_line);
        case_lines(c, "fails", case_fails_line);
        case_lines(c, "defines", case_define_line);
        case_lines(c, "search", case_search_line);
        case_lines(c, "given", case_given_line);
        return 0;
}

/* ---- the host ------------------------------------------------------------------------------------------------------- */

static inline int case_read(void *ctx, const char *name, char **data, size_t *length, char identity[64])
{
        struct world_case *c = ctx;
        const char *known = !strcmp(name, "./x.policy") ? name + 2 : name;
        const struct case_section *s = name[0] == '/' || !strcmp(known, "x.policy") ? case_section(c, known) : NULL;
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

static inline int case_read_trusted(void *ctx, const char *name, char **data, size_t *length, char identity[64],
                                    char why[FOUND_WHY])
{
        size_t size = 0;
        const char *said = case_said_of(ctx, "distrust", name, &size);
        if (!said)
                return case_read(ctx, name, data, length, identity);
        snprintf(why, FOUND_WHY, "%.*s", size < FOUND_WHY ? (int)size : FOUND_WHY - 1, said);
        return -EPERM;
}

static inline const char *case_bundle_name(void *ctx, size_t index)
{
        const struct world_case *c = ctx;
        for (size_t i = 0; i < c->section_count; i++) {
                if (c->sections[i].name[0] == '@' && index-- == 0)
                        return c->sections[i].name + 1;
        }
        return NULL;
}

static inline int case_git(void *ctx, const char *repo, struct policy_git *out)
{
        size_t size = 0;
        const char *said = case_said_of(ctx, "git", repo, &size);
        const char *blank = said ? memchr(said, ' ', size) : NULL;
        if (!said)
                return 0;
        if (said[0] != '/' || !blank) {
                snprintf(out->why, sizeof(out->why), "%.*s", size < FOUND_WHY ? (int)size : FOUND_WHY - 1, said);
                return -EPERM;
        }
        snprintf(out->dir, sizeof(out->dir), "%.*s", (int)(blank - said), said);
        snprintf(out->common, sizeof(out->common), "%.*s", (int)(said + size - blank - 1), blank + 1);
        return 0;
}

static inline bool case_below(const char *path, const char *top)
{
        size_t length = strlen(top);
        return strncmp(path, top, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* What is at `path`, which is canonical but for a link at its end. */
static inline struct case_path case_look(const struct world_case *c, char *path)
{
        mode_t any = case_below(path, "/dev") && path[4] ? S_IFCHR | 0666 : S_IFDIR | 0755;
        struct case_path found = {.path = path, .mode = c->has_host && *path ? 0 : any};
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
        return (struct policy_host){.ctx = c,
                                    .read_file = case_read,
                                    .read_trusted = case_read_trusted,
                                    .bundle = case_bundle,
                                    .bundle_name = case_bundle_name,
                                    .canonical = case_canonical,
                                    .git = case_git,
                                    .lacks = c->lacks};
}

static inline int case_compile(struct world_case *c, struct policy **out, cordon_diag_fn *diag, void *diag_ctx)
{
        const char *const files[] = {c->file ? c->file : c->has_search ? "./x.policy" : "x.policy", NULL};
        struct policy_host host = case_host(c);
        struct policy_request request = {
                .files = files,
                .search = c->has_search ? c->search : NULL,
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

static inline int case_lint(struct world_case *c, const struct policy *p, cordon_diag_fn *diag, void *diag_ctx)
{
        struct policy_host host = case_host(c);
        struct lint_request request = {.host = &host, .path = c->path, .diag = diag, .diag_ctx = diag_ctx};
        return policy_lint(p, &request);
}

#endif
