/* What can be asked of the broker, as one table: what it is called, by which transport it can come, and who does it. Both
 * transports come through here, so that what both carry has one answer. */
#ifndef BROKER_OPERATIONS_H
#define BROKER_OPERATIONS_H

#include "broker/server.h"

/* For records; never NULL. */
const char *operation_name(int operation);

/* Serves a request that was decoded: shape, policy, act. Never blocks on what the child controls. What does not
 * come by its transport is -ENOSYS. `out` is empty, and may have room for data. */
void operation_serve(struct server *s, const struct request *r, struct answer *out);

#endif
