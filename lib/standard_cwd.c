/* The directories that are never meant. */
#include "lib/standard_cwd.h"

#include "base/within.h"

static const struct {
        const char *path;
        bool below; /* and all that lies in it */
} system_directories[] = {
        {"/bin", true}, {"/boot", true}, {"/dev", true}, {"/etc", true}, {"/home", false}, {"/lib", true},
        {"/lib32", true}, {"/lib64", true}, {"/libx32", true}, {"/media", false}, {"/mnt", false},
        {"/opt", false}, {"/proc", true}, {"/run", false}, {"/sbin", true}, {"/srv", false}, {"/sys", true},
        {"/tmp", false}, {"/usr", false}, {"/usr/bin", true}, {"/usr/lib", true}, {"/usr/local", false},
        {"/usr/sbin", true}, {"/usr/share", true}, {"/var", false}, {"/var/cache", false}, {"/var/lib", false},
        {"/var/log", true}, {"/var/spool", true}, {"/var/tmp", false},
};

const char *standard_cwd_objection(const char *cwd, const char *home)
{
        if (strcmp(cwd, "/") == 0)
                return "is the whole system";
        for (size_t i = 0; i < sizeof(system_directories) / sizeof(system_directories[0]); i++) {
                const char *path = system_directories[i].path;
                if (strcmp(cwd, path) == 0 || (system_directories[i].below && path_within(cwd, path)))
                        return "belongs to the system";
        }
        if (home && home[0] == '/' && path_within(home, cwd))
                return "holds your home";
        return NULL;
}
