/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/network.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

#define MS 1000000ll

enum { DIAL_TIMEOUT_MS = 3000, KEEPALIVE_MIN_MS = 4000 };

/* What is under way: a message, or (without one) the end of the stream. */
struct parcel {
    struct parcel *next;
    hl_err end; /* HL_OK: a message */
    size_t size;
    uint8_t data[];
};

struct pipe {
    struct parcel *first, *last;
    size_t bytes;
    size_t parked; /* arrivals that wait for the link */
    int64_t free_at_ns, last_ns;
};

enum end_state { END_WAITING, END_OPEN, END_GONE };

struct end {
    size_t port;
    enum end_state state;
    struct pipe out;
};

/* A stream. Its numbers are 2 * id at the dialler and 2 * id + 1. */
struct conn {
    struct conn *next;
    struct network *network;
    uint64_t id;
    struct end ends[2];
    unsigned refs; /* queue events that will touch it */
    bool lost;     /* nobody answers this dial */
    bool snapped;  /* both ends will notice; nothing travels any more */
};

void network_init(struct network *network, struct queue *queue,
                  const int64_t *now_ns, struct rng rng)
{
    *network = (struct network){.queue = queue, .now_ns = now_ns, .rng = rng};
}

/* --- Streams as such. ---------------------------------------------------- */

static void pipe_clear(struct pipe *pipe)
{
    while (pipe->first != NULL) {
        struct parcel *gone = pipe->first;
        pipe->first = gone->next;
        hl_free(gone);
    }
    pipe->last = NULL;
    pipe->bytes = 0;
    pipe->parked = 0;
}

static void conn_free(struct conn *conn)
{
    pipe_clear(&conn->ends[0].out);
    pipe_clear(&conn->ends[1].out);
    hl_free(conn);
}

void network_fini(struct network *network)
{
    while (network->conns != NULL) {
        struct conn *gone = network->conns;
        network->conns = gone->next;
        conn_free(gone);
    }
}

static void conn_reap(struct conn *conn)
{
    if (conn->refs > 0 || conn->ends[0].state != END_GONE ||
        conn->ends[1].state != END_GONE) {
        return;
    }
    struct conn **at = &conn->network->conns;
    while (*at != conn) {
        at = &(*at)->next;
    }
    *at = conn->next;
    conn_free(conn);
}

static struct conn *find(const struct network *network, size_t port,
                         uint64_t stream)
{
    for (struct conn *c = network->conns; c != NULL; c = c->next) {
        if (c->id == stream / 2) {
            return c->ends[stream % 2].port == port ? c : NULL;
        }
    }
    return NULL;
}

static uint64_t number_of(const struct conn *conn, size_t side)
{
    return conn->id * 2 + side;
}

static void later(struct conn *conn, int64_t at_ns, event_fn run,
                  uint64_t number)
{
    conn->refs++;
    queue_add(conn->network->queue, at_ns, run, conn, number);
}

static int64_t now(const struct conn *conn)
{
    return *conn->network->now_ns;
}

static struct network_port *port_of(struct conn *conn, size_t side)
{
    return &conn->network->ports[conn->ends[side].port];
}

static struct network_link *link_from(struct conn *conn, size_t side)
{
    return &conn->network
                ->links[conn->ends[side].port][conn->ends[1 - side].port];
}

static int64_t travel_ns(struct conn *conn, size_t side)
{
    const struct network_link *link = link_from(conn, side);
    int64_t jitter = link->jitter_ns + 1;
    return link->latency_ns +
           (int64_t)rng_below(&conn->network->rng, (uint64_t)jitter);
}

static int64_t keepalive_ns(struct network *network)
{
    return (KEEPALIVE_MIN_MS + (int64_t)rng_below(&network->rng, 12000)) * MS;
}

/* --- Arriving. ----------------------------------------------------------- */

static void end_gone(struct conn *conn, size_t side, hl_err err)
{
    struct end *end = &conn->ends[side];
    enum end_state was = end->state;
    end->state = END_GONE;
    pipe_clear(&conn->ends[1 - side].out);
    struct network_port *port = port_of(conn, side);
    if (was == END_OPEN && port->up) {
        port->closed(port->context, number_of(conn, side), err);
    } else if (was == END_WAITING && side == 0 && port->up) {
        port->failed(port->context, port_of(conn, 1)->id, err);
    }
}

/* The oldest parcel of the pipe from `side` has come to the other end. */
static void arrive(void *context, uint64_t side)
{
    struct conn *conn = context;
    struct pipe *pipe = &conn->ends[side].out;
    struct end *to = &conn->ends[1 - side];
    conn->refs--;
    if (pipe->first == NULL || to->state != END_OPEN) {
        conn_reap(conn);
        return;
    }
    if (link_from(conn, side)->blocked > 0) {
        pipe->parked++;
        return;
    }
    struct parcel *parcel = pipe->first;
    pipe->first = parcel->next;
    if (pipe->first == NULL) {
        pipe->last = NULL;
    }
    pipe->bytes -= parcel->size;
    conn->refs++; /* what is called may close the stream */
    if (parcel->end != HL_OK) {
        end_gone(conn, 1 - side, parcel->end);
    } else {
        struct network_port *port = port_of(conn, 1 - side);
        conn->network->messages++;
        port->message(port->context, number_of(conn, 1 - side),
                      bytes_of(parcel->data, parcel->size));
    }
    conn->refs--;
    hl_free(parcel);
    conn_reap(conn);
}

static void give(struct conn *conn, size_t side, struct bytes raw, hl_err end)
{
    struct pipe *pipe = &conn->ends[side].out;
    const struct network_link *link = link_from(conn, side);
    struct parcel *parcel = hl_alloc(1, sizeof(*parcel) + raw.size);
    parcel->end = end;
    parcel->size = raw.size;
    if (raw.size > 0) {
        memcpy(parcel->data, raw.data, raw.size);
    }
    *(pipe->last == NULL ? &pipe->first : &pipe->last->next) = parcel;
    pipe->last = parcel;
    pipe->bytes += raw.size;
    int64_t begin = pipe->free_at_ns > now(conn) ? pipe->free_at_ns : now(conn);
    pipe->free_at_ns =
        begin + (int64_t)((raw.size + 100) * 1000000000ull / link->bytes_per_s);
    int64_t at = pipe->free_at_ns + travel_ns(conn, side);
    pipe->last_ns = at > pipe->last_ns ? at : pipe->last_ns;
    later(conn, pipe->last_ns, arrive, side);
}

/* --- Breaking. ----------------------------------------------------------- */

static void notice(void *context, uint64_t side)
{
    struct conn *conn = context;
    conn->refs--;
    if (conn->ends[side].state != END_GONE) {
        end_gone(conn, side, HL_ECONNECT);
    }
    conn_reap(conn);
}

/* What is under way is lost. */
static void snap(struct conn *conn)
{
    conn->snapped = true;
    for (size_t side = 0; side < 2; side++) {
        pipe_clear(&conn->ends[side].out);
        if (conn->ends[side].state != END_GONE) {
            later(conn, now(conn) + travel_ns(conn, side), notice, side);
        }
    }
}

void network_send(struct network *network, size_t from, uint64_t stream,
                  struct bytes raw)
{
    struct conn *conn = find(network, from, stream);
    size_t side = stream % 2;
    if (conn == NULL || conn->snapped || conn->ends[side].state != END_OPEN) {
        return;
    }
    network->bytes += raw.size;
    if (rng_below(&network->rng, 1000000) < network->break_ppm ||
        conn->ends[side].out.bytes + raw.size > NETWORK_PIPE_MAX_BYTES) {
        snap(conn);
        return;
    }
    give(conn, side, raw, HL_OK);
}

void network_close(struct network *network, size_t from, uint64_t stream)
{
    struct conn *conn = find(network, from, stream);
    size_t side = stream % 2;
    if (conn == NULL || conn->ends[side].state == END_GONE) {
        return;
    }
    conn->ends[side].state = END_GONE;
    pipe_clear(&conn->ends[1 - side].out);
    if (conn->snapped) {
        return;
    }
    give(conn, side, bytes_of(NULL, 0), HL_ECONNECT);
}

void network_break(struct network *network, size_t a, size_t b)
{
    for (struct conn *c = network->conns; c != NULL; c = c->next) {
        size_t x = c->ends[0].port, y = c->ends[1].port;
        if (!c->snapped && ((x == a && y == b) || (x == b && y == a))) {
            snap(c);
        }
    }
}

/* --- Partitions. --------------------------------------------------------- */

static void give_up(void *context, uint64_t side)
{
    struct conn *conn = context;
    if (link_from(conn, 0)->blocked > 0 || link_from(conn, 1)->blocked > 0) {
        /* From here on the other end's pings go unanswered, healed or not. */
        later(conn, now(conn) + keepalive_ns(conn->network), notice, 1 - side);
        notice(context, side);
        return;
    }
    conn->refs--;
    conn_reap(conn);
}

void network_block(struct network *network, size_t from, size_t to)
{
    if (network->links[from][to].blocked++ > 0) {
        return;
    }
    for (struct conn *c = network->conns; c != NULL; c = c->next) {
        size_t x = c->ends[0].port, y = c->ends[1].port;
        if ((x == from && y == to) || (x == to && y == from)) {
            for (size_t side = 0; side < 2; side++) {
                later(c, now(c) + keepalive_ns(network), give_up, side);
            }
        }
    }
}

void network_unblock(struct network *network, size_t from, size_t to)
{
    HL_ASSERT(network->links[from][to].blocked > 0);
    if (--network->links[from][to].blocked > 0) {
        return;
    }
    for (struct conn *c = network->conns; c != NULL; c = c->next) {
        for (size_t side = 0; side < 2; side++) {
            struct pipe *pipe = &c->ends[side].out;
            if (c->ends[side].port != from || c->ends[1 - side].port != to) {
                continue;
            }
            int64_t at = now(c) + travel_ns(c, side);
            pipe->last_ns = at > pipe->last_ns ? at : pipe->last_ns;
            for (; pipe->parked > 0; pipe->parked--) {
                later(c, pipe->last_ns, arrive, side);
            }
        }
    }
}

/* --- Ports. -------------------------------------------------------------- */

size_t network_attach(struct network *network, const struct network_port *port)
{
    HL_ASSERT(network->port_count < NETWORK_PORTS_MAX);
    size_t at = network->port_count++;
    network->ports[at] = *port;
    return at;
}

void network_up(struct network *network, size_t port)
{
    network->ports[port].up = true;
}

void network_down(struct network *network, size_t port, bool silent)
{
    network->ports[port].up = false;
    for (struct conn *c = network->conns; c != NULL; c = c->next) {
        for (size_t side = 0; side < 2; side++) {
            if (c->ends[side].port != port || c->ends[side].state == END_GONE) {
                continue;
            }
            c->ends[side].state = END_GONE;
            pipe_clear(&c->ends[0].out);
            pipe_clear(&c->ends[1].out);
            later(c,
                  now(c) +
                      (silent ? keepalive_ns(network) : travel_ns(c, side)),
                  notice, 1 - side);
        }
    }
}

size_t network_peer(const struct network *network, size_t port, uint64_t stream)
{
    const struct conn *conn = find(network, port, stream);
    return conn == NULL ? SIZE_MAX : conn->ends[1 - stream % 2].port;
}

/* --- Dialling. ----------------------------------------------------------- */

static void dial_answered(void *context, uint64_t unused)
{
    struct conn *conn = context;
    (void)unused;
    if (conn->ends[1].state == END_GONE || conn->ends[0].state == END_GONE) {
        notice(context, 0);
        return;
    }
    conn->ends[0].state = END_OPEN;
    struct network_port *port = port_of(conn, 0);
    port->opened(port->context, number_of(conn, 0), port_of(conn, 1)->id, true);
    conn->refs--;
    conn_reap(conn);
}

static void dial_timed_out(void *context, uint64_t unused)
{
    struct conn *conn = context;
    (void)unused;
    conn->ends[1].state = END_GONE;
    notice(context, 0);
}

/* What the listener sends travels behind its answer. */
static void dial_arrived(void *context, uint64_t unused)
{
    struct conn *conn = context;
    (void)unused;
    struct network_port *port = port_of(conn, 1);
    conn->refs--;
    if (conn->ends[0].state == END_GONE) {
        conn->ends[1].state = END_GONE;
        conn_reap(conn);
        return;
    }
    if (conn->lost || link_from(conn, 0)->blocked > 0 ||
        link_from(conn, 1)->blocked > 0) {
        later(conn, now(conn) + DIAL_TIMEOUT_MS * MS, dial_timed_out, 0);
        return;
    }
    int64_t answer = now(conn) + travel_ns(conn, 1);
    if (!port->up) {
        conn->ends[1].state = END_GONE;
        later(conn, answer, notice, 0);
        return;
    }
    conn->ends[1].state = END_OPEN;
    conn->ends[1].out.last_ns = answer;
    later(conn, answer, dial_answered, 0);
    port->opened(port->context, number_of(conn, 1), port_of(conn, 0)->id,
                 false);
}

static void dial_once(struct network *network, size_t from, size_t to,
                      bool lost)
{
    struct conn *conn = hl_alloc(1, sizeof(*conn));
    conn->network = network;
    conn->id = ++network->conn_count;
    conn->ends[0].port = from;
    conn->ends[1].port = to;
    conn->lost =
        lost || rng_below(&network->rng, 1000000) < network->dial_lost_ppm;
    conn->next = network->conns;
    network->conns = conn;
    later(conn, now(conn) + travel_ns(conn, 0), dial_arrived, 0);
}

void network_dial(struct network *network, size_t from, struct bytes peer,
                  bool lost)
{
    struct network_port *port = &network->ports[from];
    size_t to = port->route(port->context, peer);
    HL_ASSERT(to != SIZE_MAX);
    dial_once(network, from, to, lost);
    if (rng_below(&network->rng, 1000000) < network->dial_twice_ppm) {
        dial_once(network, from, to, lost);
    }
}
