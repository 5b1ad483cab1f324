/* A policy's text in its canonical layout; see format.c. */
#ifndef POLICY_FORMAT_H
#define POLICY_FORMAT_H

#include "base/buf.h"
#include "cordon.h"

/* Appends the text to `out`. -EINVAL where it cannot be cut into words: all of that was reported, and `out` is as it was.
 * -EFBIG, -ENOMEM. */
int policy_format(struct buf *out, const char *name, const char *text, size_t length, cordon_diag_fn *diag, void *diag_ctx);

#endif
