/* cordon_policy_format and cordon_policy_verb: the layout of policies and the words of the language, for front ends and
 * editors. Nothing is read, compiled or asked of the host. */
#include <errno.h>

#include "base/error.h"
#include "lib/policy.h"
#include "policy/format.h"

int cordon_policy_format(const char *name, const char *text, size_t length, cordon_write_fn *write, void *ctx,
                         cordon_diag_fn *diag, void *diag_ctx, cordon_error *err)
{
        struct buf out cleanup_buf = {0};
        struct listener listener = {.diag = diag, .ctx = diag_ctx};
        int r = policy_format(&out, name ? name : "(policy)", text, length, policy_listen, &listener);

        if (r < 0 && listener.first.code)
                return error_set(err, -r, "%s", listener.first.text);
        if (r == -EFBIG)
                return error_set(err, -r, "this text is too long for a policy (4 MiB at most)");
        if (r < 0)
                return error_set(err, -r, "the text could not be laid out: %s", error_text(-r));
        write(ctx, out.length > 0 ? out.data : "", out.length);
        return 0;
}

const char *cordon_policy_verb(size_t index)
{
        return policy_verb(index);
}
