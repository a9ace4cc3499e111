/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LINK_LINK_INSIDE_H
#define HL_NODE_LINK_LINK_INSIDE_H

/* What the files of this folder share. */

#include <grpc/grpc.h>
#include <pthread.h>

#include "certs/charter/charter.h"
#include "node/link/link.h"

struct parcel {
    struct parcel *next;
    size_t size;
    uint8_t bytes[];
};

/* One stream. Under the lock of the links, but for what says otherwise. */
struct link {
    struct links *links;
    struct link *next;
    uint64_t number;
    char peer[CHARTER_LABEL_BYTES];
    bool opened;             /* and the event given */
    bool closing;            /* by us: no event is given any more */
    struct hl_mono close_by; /* when what is not out yet is dropped */
    hl_err err;              /* of closing */
    struct hl_detail why;
    struct parcel *first, **last; /* to be sent */
    size_t queued;                /* bytes of them */
    size_t sending;               /* bytes of the one that the core has */
    struct pace pace;
    unsigned untaken;
    size_t untaken_bytes;
    bool held; /* nothing is read until something is taken */

    struct rpc_call *call; /* accepted; NULL: dialled */
    struct dial *dial;     /* dialled */
    /* Dialled: what the peer showed, PEM; set before it is opened, and not
     * changed any more. */
    struct writer presented;
};

struct links {
    struct links_options options;
    pthread_mutex_t lock;
    struct link *first;
    uint64_t next_number;
    bool stopping;

    struct writer roots, chain, key; /* PEM, each with its 0 */
    bool has_credentials;
    grpc_completion_queue *queue; /* of what is dialled */
    pthread_t thread;
    pthread_cond_t none_dialled;
    size_t dialled;
};

/* Under the lock. */
struct link *link_add(struct links *links, struct bytes peer);
struct link *link_find(struct links *links, uint64_t number);
void link_remove(struct link *link); /* and frees it */
/* The next to be sent, the caller's to free; NULL: nothing is. */
struct parcel *link_take(struct link *link);
/* The core has got that one; and it is out. */
void link_sending(struct link *link, const struct parcel *parcel);
void link_sent(struct link *link);
/* Whether it ends now: that was asked for, and all is out. */
bool link_ends(const struct link *link);
/* Something is there to be sent, or to be read on. */
void link_wake(struct link *link);

/* Not under the lock. Counts it, gives the event; false: no more, for now. */
bool link_received(struct link *link, struct bytes message);
/* Not under the lock. What came is no message, and the last that came. */
void link_broken(struct link *link);

/* accept.c */
extern const struct rpc_method link_methods[];

/* dial.c */
/* Whether whoever showed that is that peer, and admitted. Not under the lock.
 */
hl_err dial_admit(struct links *links, const char *peer,
                  struct bytes presented);
void dial_start(struct links *links, struct bytes peer, struct bytes endpoint);
void dial_wake(struct link *link);    /* under the lock */
void dial_give_up(struct link *link); /* under the lock */
void *dial_run(void *links);

#endif
