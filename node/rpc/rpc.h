/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_RPC_H
#define HL_NODE_RPC_RPC_H

/* The gRPC server, thin: it listens, admits, decodes, bounds, and gives each
 * call to the handler that the table of methods names; the core's completion
 * queues, tags and batches are seen in node/rpc/ alone.
 *
 * Handlers run on the server's threads and never block: they answer at once
 * from a snapshot, or hand the call on and answer later from any thread. A
 * call is valid until it was answered (unary) or its `gone` has run (streams).
 */

#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

#include "node/log/log.h"
#include "node/rpc/gate.h"
#include "protocol/base/hl_time.h"

struct rpc_call;
struct rpc_server;

enum rpc_kind {
    RPC_UNARY,
    RPC_SERVER_STREAM, /* one request, many answers */
    RPC_CLIENT_STREAM, /* many requests, one answer */
    RPC_BIDI,          /* as many answers as requests, in turn */
    RPC_EXCHANGE,      /* messages both ways at any time, as bytes */
};

struct rpc_method {
    const char *path; /* "/heluo.v1.Catalogue/Put" */
    enum rpc_kind kind;
    unsigned roles; /* of ROLE_BIT(); the local operator is ROLE_OPERATOR */
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *response;
    uint32_t request_max_bytes;
    uint32_t open_max; /* calls of this method at a time; 0: no bound of its
                          own beside the server's */
    /* Runs once per call (unary, server stream) or per request (bidi). The
     * request, decoded and bounded, lives as long as the call (bidi: until
     * this returns). Client stream, exchange: once, with none, when the caller
     * was admitted. */
    void (*handle)(struct rpc_call *call, const ProtobufCMessage *request,
                   void *context);
};

/* Methods that share a context. Arrays end in an all-zero row. */
struct rpc_service {
    const char *name; /* "heluo.v1.Catalogue" */
    const struct rpc_method *methods;
    void *context;
};

/* --- What a handler may do. ---------------------------------------------- */

const struct rpc_caller *rpc_call_caller(const struct rpc_call *call);

/* Zeroed memory that lives as long as the call; in a pump or a bidi handler,
 * until that returns. The handler's thread, or whoever the call was handed
 * to; likewise the release of what was given since the mark. */
void *rpc_call_alloc(struct rpc_call *call, size_t size);
struct call_memory *rpc_call_mark(const struct rpc_call *call);
void rpc_call_release(struct rpc_call *call, struct call_memory *mark);

/* Unary, client stream: the answer; the call is gone for the caller of this.
 * Any thread. */
void rpc_answer(struct rpc_call *call, const ProtobufCMessage *response);

/* Any kind: the status and text of an error; trailing metadata
 * "heluo-error: <name>", and "grpc-retry-pushback-ms" where trying again makes
 * sense. Unary: the call is gone. Streams: it ends once what was sent before
 * is out, and `gone` runs then. Any thread. */
void rpc_fail(struct rpc_call *call, hl_err err,
              const struct hl_detail *detail);

/* Server streams: before it returns the handler sets this up, or fails the
 * call. */
struct rpc_stream {
    /* May send one message: rpc_send(), rpc_fail(), rpc_finish(), or nothing,
     * and then runs again after rpc_wake(). Never runs twice at once for one
     * call; runs again after each message that went out. */
    void (*pump)(struct rpc_call *call, void *context);
    /* The call has ended, however it did: release the context. Runs once,
     * after the last pump. Nobody may wake the call any more, and this waits
     * for nobody. */
    void (*gone)(struct rpc_call *call, void *context);
    void *context;
};
void rpc_stream_start(struct rpc_call *call, const struct rpc_stream *stream);

/* In a pump, or in a bidi handler: the next message; exactly one. */
void rpc_send(struct rpc_call *call, const ProtobufCMessage *message);
/* Streams: ends with OK. */
void rpc_finish(struct rpc_call *call);

/* Client streams: before it returns the handler sets this up, or fails the
 * call. What `received` and `closed` are run for is handed on with the call:
 * it stays valid, and nothing runs, `gone` neither, until rpc_read_on(),
 * rpc_answer() or rpc_fail(), once for each. So a message is read only when
 * the one before has been dealt with. A caller whose next message takes longer
 * than idle_timeout_ms loses its stream. */
struct rpc_intake {
    /* A request, decoded and bounded; it lives until it is dealt with. */
    void (*received)(struct rpc_call *call, const ProtobufCMessage *request,
                     void *context);
    /* The caller has sent its last, and waits for the answer: never where it
     * was lost instead. Runs again after each rpc_read_on(), others' turns in
     * between. */
    void (*closed)(struct rpc_call *call, void *context);
    /* As that of a stream. */
    void (*gone)(struct rpc_call *call, void *context);
    void *context;
};
void rpc_intake_start(struct rpc_call *call, const struct rpc_intake *intake);

/* Exchanges. What pump and gone are to a server stream they are here: a pump
 * sends by rpc_send_bytes(). */
struct rpc_exchange {
    struct rpc_stream stream;
    /* A message came; it lives until this returns. False: no further one is
     * read before rpc_read_on(). Never at once with a pump, nor twice. */
    bool (*received)(struct rpc_call *call, struct bytes message,
                     void *context);
    /* A message came that is over the server's bound, or not framed as one. It
     * is the last: `gone` follows. */
    void (*broken)(struct rpc_call *call, void *context);
};
void rpc_exchange_start(struct rpc_call *call,
                        const struct rpc_exchange *exchange);
void rpc_send_bytes(struct rpc_call *call, struct bytes message);
/* Any thread, as rpc_wake(). */
void rpc_read_on(struct rpc_call *call);
/* Ends it at once, also where its caller does not read: `gone` follows. As
 * rpc_wake(). */
void rpc_cancel(struct rpc_call *call, hl_err err,
                const struct hl_detail *detail);

/* Asks for another pump. Any thread, as long as `gone` has not begun: whoever
 * wakes holds a lock of its own that `gone` takes too. */
void rpc_wake(struct rpc_call *call);

/* --- The server. --------------------------------------------------------- */

/* Of what callers send the core holds at most 64 times message_max_bytes, and
 * 128 KiB for each of connections_max. Past that it resets calls, and not
 * always those of who filled it: it has no bound for one connection. */
struct rpc_limits {
    uint32_t threads;          /* completion queues, each with a thread */
    uint32_t calls_max;        /* open at a time, streams included */
    uint32_t calls_per_caller; /* open at a time, of one identity */
    uint32_t rate_per_s;       /* new calls of one identity; 0: no bound */
    uint32_t rate_burst;
    uint32_t connections_max;   /* TCP; the unix socket is not counted */
    uint32_t message_max_bytes; /* the largest request of any method */
    uint32_t handshake_timeout_ms;
    uint32_t idle_timeout_ms;       /* a connection without a call is closed,
                                       a client stream without a message ended
                                       at the next admission_interval_ms */
    uint32_t keepalive_ms;          /* a dead peer is found out after two */
    uint32_t admission_interval_ms; /* open streams are admitted again */
};

struct rpc_credentials {
    struct bytes roots; /* PEM */
    struct bytes chain; /* PEM, leaf first */
    struct bytes key;   /* PEM, in the clear */
};

struct rpc_server_options {
    const char *const *listen; /* "host:port"; port 0: a free one */
    size_t listen_count;       /* 0: the unix socket alone */
    const char *socket_path;   /* NULL: none */
    unsigned socket_mode;      /* as 0660 */
    struct gate *gate;
    const struct rpc_service *services; /* ends in an all-zero row */
    struct rpc_limits limits;
    struct log *log;
};

/* Before the process's first use of gRPC, and before it starts a thread: TLS
 * 1.3 only, log hook, SIGPIPE ignored. Once per process, but for tests; the log
 * outlives it. A handshake that TLS refuses is the line "tls.refused". */
void rpc_global_init(struct log *log);
void rpc_global_fini(void);

/* Binds and starts to serve. Health (serving, at first) and reflection are
 * among the services it has without being told. The gate, the services and the
 * log outlive it. credentials may be NULL where listen_count is 0. Bound
 * addresses and accept4() (node/rpc/accept4.h), so the count of connections,
 * are the process's: one server a process, but for tests.
 *
 * HL_EIO      an address cannot be bound; detail says which and why.
 * HL_ECONFIG  two methods have one path, a limit is out of bounds. */
HL_MUST_USE hl_err rpc_server_start(const struct rpc_server_options *options,
                                    const struct rpc_credentials *credentials,
                                    struct rpc_server **out,
                                    struct hl_detail *detail);

/* For new connections from now on; copied. Open ones stay until the gate ends
 * them. */
void rpc_server_set_credentials(struct rpc_server *server,
                                const struct rpc_credentials *credentials);

/* What grpc.health.v1 says of the whole server (""), and of each service. */
void rpc_server_set_health(struct rpc_server *server, bool serving);

/* The port bound for listen[n]. */
uint16_t rpc_server_port(const struct rpc_server *server, size_t n);

/* Checks open streams against the gate now, not at the next interval. */
void rpc_server_admit_again(struct rpc_server *server);

struct rpc_statistics {
    uint32_t calls_open;
    uint32_t connections;
    uint64_t calls_total;
    uint64_t refused_admission;
    uint64_t refused_limits; /* calls, rate, connections, size */
};
void rpc_server_statistics(const struct rpc_server *server,
                           struct rpc_statistics *out);

/* No new calls; streams end at once with HL_ESTOPPING, when what they sent is
 * out; other calls have grace_ms to end, then are cancelled. Returns
 * when the last handler and the last `gone` have run and the threads ended.
 * Sets NULL once the last handler is through, and not before: it may ask for
 * statistics. NULL is fine. */
void rpc_server_stop(struct rpc_server **server, uint32_t grace_ms);

/* Who may call what, without a server: a Markdown table of every method that
 * one with these services has, health and reflection included, by path. The
 * documents' table is this one.
 *
 * HL_ECONFIG  as rpc_server_start(). */
HL_MUST_USE hl_err rpc_print_methods(const struct rpc_service *services,
                                     FILE *out, struct hl_detail *detail);

#endif
