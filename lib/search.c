/* What a person's environment says of where their files are. The environment is looked at where the options leave something
 * open, as they say, and nowhere else. */
#include "lib/search.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where the environment has no HOME (a service, a sandbox): what /etc/passwd says, read without the name service, which a
 * statically linked program cannot load; else the directory that by convention does not exist, so that `~` matches nothing. */
static const char *home_of_user(char *buf, size_t size)
{
        struct passwd entry, *found = NULL;
        FILE *file = fopen("/etc/passwd", "re");
        while (file && fgetpwent_r(file, &entry, buf, size, &found) == 0 && entry.pw_uid != getuid())
                found = NULL;
        if (file)
                fclose(file);
        return found && found->pw_dir[0] == '/' ? found->pw_dir : "/nonexistent";
}

void search_path_init(struct search_path *out, const cordon_policy_options *options)
{
        const char *config = getenv("XDG_CONFIG_HOME");
        out->home = options->home ? options->home : getenv("HOME");
        if (!out->home || !*out->home)
                out->home = home_of_user(out->passwd, sizeof(out->passwd));
        out->directories = options->search ? options->search : out->standard;
        int size = config && config[0] == '/' ? snprintf(out->config, sizeof(out->config), "%s/cordon", config)
                                              : snprintf(out->config, sizeof(out->config), "%s/.config/cordon", out->home);
        size_t count = 0;
        if (size > 0 && (size_t)size < sizeof(out->config))
                out->standard[count++] = out->config;
        out->standard[count++] = "/etc/cordon";
        out->standard[count++] = CORDON_SHARE;
        out->standard[count] = NULL;
}
