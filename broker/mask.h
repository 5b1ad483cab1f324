/* What an open of something masked is answered with. */
#ifndef BROKER_MASK_H
#define BROKER_MASK_H

#include "broker/view.h"
#include "policy/policy.h"

/* Opens, for reading, what `rule` masks at a canonical path: what the view has in its place, or, where the view has the thing
 * itself (a rule that goes by a pattern, a thing that came to be later), something empty of the same type. `flags` are those
 * of open(2) for something that exists. Never blocks. Descriptor or -errno; -EACCES for what is neither a file nor a
 * directory. */
int mask_open(const struct view *v, const struct rule *rule, const char *path, uint64_t flags);

#endif
