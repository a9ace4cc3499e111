/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_FOLLOWER_H
#define HL_NODE_SEARCH_FOLLOWER_H

/* Follows the node's catalogue (Catalogue.Watch over its unix socket) and
 * keeps the index up with it. A thread of its own; the functions may be called
 * by any. */

#include "node/log/log.h"
#include "node/search/index.h"

struct follower;

struct follower_options {
    const char *socket; /* the node's, as a path */
    const char *folder; /* the index's: its disk is looked at */
    struct search_index *index;
    struct bytes token; /* of what is in the index; copied */
    struct log *log;
    /* The index cannot go on: with whom the node's history is another one, or
     * Groonga failed. Once; the follower's thread. */
    void (*failed)(void *context);
    void *context;
};

/* Not yet at work: the gRPC core makes its configuration with the first server
 * or client of a process, and two at once end it. */
void follower_create(const struct follower_options *options,
                     struct follower **out);
/* Once, when another server or client is there. */
void follower_start(struct follower *follower);

struct follower_view {
    bool connected;
    bool current; /* it has seen all that the node had a moment ago */
    bool waits;   /* for room on the disk */
};
/* token: appended to; of what is in the index. */
void follower_look(struct follower *follower, struct follower_view *view,
                   struct writer *token);

/* Ends after the change at hand, if it was started. *whole: everything that was
 * seen is in the index, as the token appended says. Sets NULL. */
void follower_stop(struct follower **follower, bool *whole,
                   struct writer *token);

#endif
