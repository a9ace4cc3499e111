/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_NETWORK_H
#define HL_TESTS_SIM_NETWORK_H

/* Links between ports, and streams over them as HTTP/2 has them: ordered and
 * whole until they break. What a network does to packets shows here as what
 * it does to streams and dials: a lost one breaks in the middle of a message,
 * a partition holds everything up until a keepalive gives up, dials arrive
 * late, twice or never.
 *
 * Calls its ports from queue events alone, never from within a call. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"
#include "tests/sim/queue.h"
#include "tests/support/rng.h"

enum {
    NETWORK_PORTS_MAX = 64,
    NETWORK_PIPE_MAX_BYTES = 64 << 20, /* what a sender may pile up */
};

struct network_port {
    void *context;
    const char *id; /* whom its certificate names */
    bool up;
    /* Which port answers a dial to that id, for this one; SIZE_MAX: none. */
    size_t (*route)(void *context, struct bytes id);
    void (*opened)(void *context, uint64_t stream, const char *peer,
                   bool dialled);
    void (*closed)(void *context, uint64_t stream, hl_err err);
    void (*failed)(void *context, const char *peer, hl_err err);
    void (*message)(void *context, uint64_t stream, struct bytes raw);
};

struct network_link {
    int64_t latency_ns, jitter_ns;
    uint64_t bytes_per_s;
    unsigned blocked; /* counts who blocks it */
};

struct conn;

struct network {
    struct queue *queue;
    const int64_t *now_ns;
    struct rng rng;
    struct network_port ports[NETWORK_PORTS_MAX];
    size_t port_count;
    struct network_link links[NETWORK_PORTS_MAX][NETWORK_PORTS_MAX];
    struct conn *conns; /* those not gone yet */
    uint64_t conn_count;

    /* The weather. Chances in a million. */
    uint32_t break_ppm;     /* of a message to break its stream */
    uint32_t dial_lost_ppm; /* of a dial to time out */
    uint32_t dial_twice_ppm;

    uint64_t messages, bytes;
};

void network_init(struct network *network, struct queue *queue,
                  const int64_t *now_ns, struct rng rng);
void network_fini(struct network *network);

size_t network_attach(struct network *network, const struct network_port *port);
/* Down: its streams are gone; peers notice at once (a process that died) or by
 * their keepalive (silent: a machine that lost power). */
void network_up(struct network *network, size_t port);
void network_down(struct network *network, size_t port, bool silent);

/* lost: nobody will answer. */
void network_dial(struct network *network, size_t from, struct bytes peer,
                  bool lost);
/* Of a stream that is gone: nothing happens. */
void network_send(struct network *network, size_t from, uint64_t stream,
                  struct bytes raw);
void network_close(struct network *network, size_t from, uint64_t stream);

/* One direction of a link. What is under way waits. */
void network_block(struct network *network, size_t from, size_t to);
void network_unblock(struct network *network, size_t from, size_t to);
/* Breaks every stream between the two, messages cut in half. */
void network_break(struct network *network, size_t a, size_t b);

/* Who is at the other end of a stream: a port, or SIZE_MAX. */
size_t network_peer(const struct network *network, size_t port,
                    uint64_t stream);

#endif
