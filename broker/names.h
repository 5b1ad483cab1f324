/* What the files share that serve all but opens: names.c makes, moves and removes names, metadata.c changes what is under them,
 * inspect.c looks at it, socket.c gives sockets names and peers. */
#ifndef BROKER_NAMES_H
#define BROKER_NAMES_H

#include "broker/place.h"

/* One request on its way. */
struct errand {
        const struct server *server;
        const struct request *request;
        struct answer *answer; /* to say that somebody else will answer */
};

/* 0 where the policy allows it, which is recorded later, with names_did(); else the refusal is recorded and returned. */
int names_vet(const struct errand *e, const struct path *p, unsigned want);
/* The same for a new name. What is there already is -EEXIST, wherever it can be seen. */
int names_vet_new(const struct errand *e, const struct place *p);
/* Records that something was missed which is only there outside. -ENOENT. */
int names_missed(const struct errand *e, const struct path *p, unsigned want);
/* Refuses what no single verdict is about: `rule`, or NULL, is what lies in the way. */
int names_refuse(const struct errand *e, const struct path *p, unsigned want, const struct rule *rule);
/* Records that it has worked. */
void names_did(const struct errand *e, const struct path *p, unsigned want);

/* The handlers of operations.c. Each returns what the call is to return, or -errno. */
int names_mkdir(const struct errand *e);
int names_mknod(const struct errand *e);
int names_symlink(const struct errand *e);
int names_link(const struct errand *e);
int names_rename(const struct errand *e);
int names_remove(const struct errand *e);

int metadata_truncate(const struct errand *e);
int metadata_mode(const struct errand *e);
int metadata_owner(const struct errand *e);
int metadata_times(const struct errand *e);
int metadata_set_attribute(const struct errand *e);
int metadata_remove_attribute(const struct errand *e);

int inspect_stat(const struct errand *e);
int inspect_statx(const struct errand *e);
int inspect_statfs(const struct errand *e);
int inspect_access(const struct errand *e);
int inspect_readlink(const struct errand *e);
int inspect_get_attribute(const struct errand *e);
int inspect_list_attributes(const struct errand *e);
int inspect_watch(const struct errand *e);

int socket_connect(const struct errand *e);
int socket_bind(const struct errand *e);

int send_one(const struct errand *e);
int send_message(const struct errand *e);
int send_messages(const struct errand *e);

#endif
