#include "broker/operations.h"

#include <errno.h>

#include "base/fd.h"
#include "broker/names.h"

#define BY_NOTIFY (1u << TRANSPORT_NOTIFY)
#define BY_CHANNEL (1u << TRANSPORT_CHANNEL)

/* An open ends with a descriptor, all others with a number: it has a way of its own (open.c). */
static const struct {
        const char *name;
        unsigned transports;
        int (*serve)(const struct errand *e);
} operations[OPERATIONS] = {
        [OPERATION_OPEN] = {"open", BY_NOTIFY | BY_CHANNEL, NULL},
        [OPERATION_MKDIR] = {"mkdir", BY_NOTIFY | BY_CHANNEL, names_mkdir},
        [OPERATION_MKNOD] = {"mknod", BY_NOTIFY, names_mknod},
        [OPERATION_SYMLINK] = {"symlink", BY_NOTIFY, names_symlink},
        [OPERATION_LINK] = {"link", BY_NOTIFY, names_link},
        [OPERATION_RENAME] = {"rename", BY_NOTIFY | BY_CHANNEL, names_rename},
        [OPERATION_REMOVE] = {"remove", BY_NOTIFY | BY_CHANNEL, names_remove},
        [OPERATION_TRUNCATE] = {"truncate", BY_NOTIFY, metadata_truncate},
        [OPERATION_MODE] = {"chmod", BY_NOTIFY, metadata_mode},
        [OPERATION_OWNER] = {"chown", BY_NOTIFY, metadata_owner},
        [OPERATION_TIMES] = {"utimes", BY_NOTIFY, metadata_times},
        [OPERATION_SET_ATTRIBUTE] = {"setxattr", BY_NOTIFY, metadata_set_attribute},
        [OPERATION_REMOVE_ATTRIBUTE] = {"removexattr", BY_NOTIFY, metadata_remove_attribute},
        [OPERATION_STAT] = {"stat", BY_NOTIFY | BY_CHANNEL, inspect_stat},
        [OPERATION_STATX] = {"statx", BY_NOTIFY | BY_CHANNEL, inspect_statx},
        [OPERATION_STATFS] = {"statfs", BY_NOTIFY, inspect_statfs},
        [OPERATION_ACCESS] = {"access", BY_NOTIFY | BY_CHANNEL, inspect_access},
        [OPERATION_READLINK] = {"readlink", BY_NOTIFY | BY_CHANNEL, inspect_readlink},
        [OPERATION_GET_ATTRIBUTE] = {"getxattr", BY_NOTIFY, inspect_get_attribute},
        [OPERATION_LIST_ATTRIBUTES] = {"listxattr", BY_NOTIFY, inspect_list_attributes},
        [OPERATION_WATCH] = {"watch", BY_NOTIFY, inspect_watch},
        [OPERATION_CONNECT] = {"connect", BY_NOTIFY, socket_connect},
        [OPERATION_BIND] = {"bind", BY_NOTIFY, socket_bind},
        [OPERATION_SEND] = {"send", BY_NOTIFY, send_one},
        [OPERATION_SEND_MESSAGE] = {"sendmsg", BY_NOTIFY, send_message},
        [OPERATION_SEND_MESSAGES] = {"sendmmsg", BY_NOTIFY, send_messages},
};

const char *operation_name(int operation)
{
        return operation >= 0 && operation < OPERATIONS ? operations[operation].name : "other";
}

static void serve_errand(struct server *s, const struct request *r, struct answer *out)
{
        const struct errand e = {.server = s, .request = r, .answer = out};
        bool names = r->operation <= OPERATION_REMOVE;

        if (names)
                pthread_mutex_lock(&s->names);
        int result = operations[r->operation].serve(&e);
        if (names)
                pthread_mutex_unlock(&s->names);
        if (out->deferred)
                return;
        out->error = result < 0 ? -result : 0;
        out->done = result >= 0;
        out->value = result;
}

void operation_serve(struct server *s, const struct request *r, struct answer *out)
{
        bool known = r->operation < OPERATIONS && (operations[r->operation].transports & 1u << r->transport);

        if (!known) {
                out->error = ENOSYS;
        } else if (r->operation == OPERATION_OPEN) {
                atomic_fetch_add_explicit(&s->opens, 1, memory_order_relaxed);
                open_serve(s, r, out);
        } else {
                serve_errand(s, r, out);
        }
}
