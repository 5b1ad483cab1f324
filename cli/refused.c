/* What could not be executed. The kernel decides about execve(2), and tells nobody but the caller: to see the path of one, the
 * broker would have to stop it, and could then only let it go on, with a path that may be another by now. So what is told
 * here is found afterwards, by asking the policy: for the program that cordon itself was to start, what stands in the way; for
 * those that it started, that there may have been something, where its status says that it could not run something. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#ifdef __LP64__
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr elf_part;
#else
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr elf_part;
#endif

enum { CHAIN_MOST = 6 }; /* the kernel follows five scripts */

struct link {
        char path[PATH_MAX], on_host[PATH_MAX];
        bool refused;
};

/* ---- what a file needs to be executed ----------------------------------------------------------------------------- */

static bool read_loader(int fd, const elf_header *header, char out[PATH_MAX])
{
        for (unsigned i = 0; i < header->e_phnum && i < 64; i++) {
                elf_part part;
                off_t at = (off_t)(header->e_phoff + i * sizeof(part));
                if (pread(fd, &part, sizeof(part), at) != (ssize_t)sizeof(part))
                        return false;
                if (part.p_type != PT_INTERP || part.p_filesz == 0 || part.p_filesz >= PATH_MAX)
                        continue;
                ssize_t got = pread(fd, out, part.p_filesz, (off_t)part.p_offset);
                if (got != (ssize_t)part.p_filesz)
                        return false;
                out[got] = '\0';
                return *out == '/';
        }
        return false;
}

static bool read_interpreter(const char *head, char out[PATH_MAX])
{
        const char *from = head + 2 + strspn(head + 2, " \t");
        size_t length = strcspn(from, " \t\n");

        snprintf(out, PATH_MAX, "%.*s", (int)length, from);
        return *out == '/';
}

/* The interpreter of a script, the loader of a dynamic program. False: nothing more is needed, or it can't be told. */
static bool needs(const char *file, char out[PATH_MAX])
{
        char head[256] = "";
        elf_header header = {.e_ident = ""};
        int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        bool found = false;

        if (fd < 0)
                return false;
        ssize_t got = pread(fd, head, sizeof(head) - 1, 0);
        if (got > 2 && !memcmp(head, "#!", 2))
                found = read_interpreter(head, out);
        else if (got >= (ssize_t)sizeof(header) && !memcmp(head, ELFMAG, SELFMAG)) {
                memcpy(&header, head, sizeof(header));
                found = header.e_phentsize == sizeof(elf_part) && read_loader(fd, &header, out);
        }
        close(fd);
        return found;
}

/* ---- telling ------------------------------------------------------------------------------------------------------ */

static void take_answer(void *ctx, const cordon_why *why)
{
        struct link *link = ctx;
        const cordon_why_rule *rule = why->rule_count > 0 ? &why->rules[0] : NULL;

        link->refused = !why->allowed;
        snprintf(link->on_host, sizeof(link->on_host), "%s", why->on_host ? why->on_host : why->reached);
        if (why->allowed)
                return;
        char place[64] = "";
        if (rule && rule->line)
                snprintf(place, sizeof(place), ":%u", rule->line);
        if (rule && !rule->lost)
                say("denied  exec %s  %s%s %s%s%s%s", why->reached, rule->file, place, rule->text,
                    rule->because ? "  because \"" : "", rule->because ? rule->because : "", rule->because ? "\"" : "");
        else
                say("denied  exec %s   no rule covers it", why->reached);
        if (why->change)
                say_below("to allow: %s", why->change);
}

void refused_program(const cordon_policy *policy, const char *program)
{
        struct link link;

        snprintf(link.path, sizeof(link.path), "%s", program);
        for (unsigned i = 0; i < CHAIN_MOST; i++) {
                link.refused = false;
                *link.on_host = '\0';
                if (cordon_policy_why(policy, "exec", link.path, take_answer, &link, NULL) < 0 || link.refused ||
                    !needs(link.on_host, link.path))
                        return;
        }
}

/* These two are what shells, env(1) and the like end with where they could not execute something. */
void refused_inside(const struct settings *settings, int status)
{
        const char *policy = settings->policies[0];

        if (status != STATUS_CANNOT_EXECUTE && status != STATUS_NOT_FOUND)
                return;
        say("it ended with %d, as where something cannot be executed, which is told to the program alone; to see whether the "
            "policy lets it: cordon why %s%s%sexec PATH",
            status, policy ? "-p " : "", policy ? policy : "", policy ? " " : "");
}
