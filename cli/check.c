/* cordon check: is each policy correct, and does it do what its own `expect` lines say? Each file is looked at for
 * itself. */
#include <errno.h>

#include "cli/cli.h"

static int check_one(const char *file, const struct settings *settings)
{
        const char *const files[] = {file, NULL};
        cordon_policy *policy = NULL;
        unsigned total = 0;
        int r = policy_open(&policy, files, settings, NULL);

        if (r < 0)
                return r == -EINVAL ? CHECK_ERRORS : CHECK_FAILED;
        int failed = cordon_policy_expect(policy, diag_print, NULL, &total);
        cordon_policy_unref(policy);
        if (failed < 0)
                return CHECK_FAILED;
        if (failed > 0)
                say("%s: %d of %u expectations do not hold", file, failed, total);
        else if (!settings->quiet && total > 0)
                tell("%s: fine, %u of %u expectations hold", file, total, total);
        else if (!settings->quiet)
                tell("%s: fine, but it expects nothing (write lines such as: expect deny read ~/.ssh/id_rsa)", file);
        return failed > 0 ? CHECK_ERRORS : CHECK_FINE;
}

int check_main(const struct settings *settings)
{
        int worst = CHECK_FINE;

        if (!*settings->words) {
                say("check: which policy? Usage: cordon check [OPTION]... POLICY...");
                return CHECK_FAILED;
        }
        for (const char **file = settings->words; *file; file++) {
                int status = check_one(*file, settings);
                worst = status > worst ? status : worst;
        }
        return worst;
}
