/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LINK_LINK_H
#define HL_NODE_LINK_LINK_H

/* Streams to other nodes (heluo.v1.Federation/Sync), whoever dialled: bytes
 * both ways, thin. Everything that can be decided is decided by the engine;
 * here a stream has a number, a peer by its certificate, and a queue.
 *
 *   dialled   a new channel with the credentials of the moment, to an address
 *             of the charter's; opened when the node that answers is the one
 *             that was meant, and admitted
 *   accepted  by the server, which admits it
 *
 * Any thread, but links_stop(). */

#include "node/link/pace.h"
#include "node/log/log.h"
#include "node/rpc/gate.h"
#include "node/rpc/rpc.h"

struct links;

/* None may block, nor call back but for what is said there. For one stream they
 * come one after the other: opened, messages, closed. */
struct link_events {
    void *context;
    void (*opened)(void *context, uint64_t stream, struct bytes peer,
                   bool dialled);
    /* It lives until this returns. Each is to be followed by links_taken() when
     * it is done with: of a stream LINK_UNTAKEN_MAX are given at most, and one
     * more than LINK_UNTAKEN_MAX_BYTES hold. */
    void (*message)(void *context, uint64_t stream, struct bytes message);
    /* A message over LINK_MESSAGE_MAX_BYTES, or not framed as one; closed
     * follows. Not sure: of a stream that the peer dialled the core says the
     * same, now and then, where the line broke within a message. */
    void (*broken)(void *context, uint64_t stream, bool sure);
    /* By the peer, or it broke: not by links_close(). */
    void (*closed)(void *context, uint64_t stream, hl_err err);
    void (*dial_failed)(void *context, struct bytes peer, hl_err err);
};

enum {
    LINK_STREAMS_MAX = 8, /* that one peer dialled: no more are accepted */
    LINK_UNTAKEN_MAX = 32,
    LINK_UNTAKEN_MAX_BYTES = 4 << 20,
    LINK_MESSAGE_MAX_BYTES = 2100016,  /* protocol/README.md, section 11 */
    LINK_CHANNEL_MAX_BYTES = 32 << 20, /* the core's, of one dialled */
    LINK_QUEUE_MAX_BYTES = 16 << 20,   /* that a peer does not take: it ends */
    LINK_LAST_MAX_BYTES = 4 << 20,     /* still sent to one that is closed */
};

struct links_options {
    const char *alliance, *node;
    struct gate *gate; /* who answers is admitted as who calls is */
    struct log *log;
    struct link_events events;
    uint32_t keepalive_ms; /* a dead peer is found out after two */
    enum pace_zlib zlib;
};

struct links *links_create(const struct links_options *options);
/* PEM, as the server's; for what is dialled from now on. Copied. */
void links_set_credentials(struct links *links,
                           const struct rpc_credentials *credentials);
/* A row for rpc_server_options; links NULL: for the table of methods alone. */
struct rpc_service links_service(struct links *links);

/* Whoever answered our dials, by the gate as it is now: who is not admitted any
 * more is turned out, with the event. (Accepted ones are the server's.) */
void links_admit_again(struct links *links);

/* One dial for each peer at a time: a former one is given up, silently. */
void links_dial(struct links *links, struct bytes peer, struct bytes endpoint);
/* What is sent to a stream that is gone is dropped. */
void links_send(struct links *links, uint64_t stream, struct bytes message);
/* When what was sent before is out, if that is not much and the peer takes it;
 * else after one keepalive. No event follows. */
void links_close(struct links *links, uint64_t stream, hl_err err,
                 struct bytes why);
void links_taken(struct links *links, uint64_t stream, size_t message_bytes);
/* Whether segments to it are to be deflated, as its line is. */
bool links_wants_deflate(struct links *links, uint64_t stream);

/* Ends what was dialled, and waits for it; no event comes of it any more. The
 * server, which is stopped before, ends the others. */
void links_stop(struct links *links);
void links_destroy(struct links **links); /* sets NULL; NULL is fine */

#endif
