/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_CALL_H
#define HL_NODE_RPC_CALL_H

/* One call, from the request for it to its last event. It is counted: by
 * whoever owes it an answer, and by each batch that is under way. All events
 * of a call come on one thread of the server.
 *
 * A batch is a set of operations given to the core at once; its tag comes back
 * through the completion queue when all are done. */

#include <grpc/grpc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "node/rpc/methods.h"

struct server_thread;

/* What the completion queue gives back. */
struct call_tag {
    struct rpc_call *call;
    void (*done)(struct rpc_call *call, bool ok);
    atomic_bool handed; /* the core's hand-over, as a checker can see it */
};

/* What is on its way out to the caller. */
enum call_out { OUT_IDLE, OUT_MESSAGE, OUT_STATUS, OUT_DONE };

/* Whether a client stream's caller has sent its last. A read that ends without
 * a message says so, or that the caller is lost: the core has one word for
 * both. Who is lost is sent nothing any more, and so the initial metadata, sent
 * then, tells which it was. */
enum call_last { LAST_TO_COME, LAST_OR_LOST, LAST_ASKED, LAST_CAME };

/* Who is at work on a stream: one at a time (stream.c). */
enum call_turn { TURN_FREE, TURN_RUNNING, TURN_AGAIN };

/* Of streams; under the call's lock. */
struct call_stream {
    struct rpc_stream user;
    bool (*received)(struct rpc_call *call, struct bytes message,
                     void *context); /* exchange */
    void (*broken)(struct rpc_call *call, void *context);
    struct rpc_intake intake;
    enum call_last last;
    struct hl_mono read_since; /* client stream */
    grpc_byte_buffer *answer;  /* client stream's one, owned; NULL: none yet */
    struct bytes presented;    /* owned; for admission once more */
    enum call_out out;
    enum call_turn turn;
    bool begun;    /* admitted; from here on the rest counts */
    bool started;  /* there is a pump */
    bool wanted;   /* a pump was asked for */
    bool reading;  /* a read is under way */
    bool held;     /* nothing is to be read, for now; a client stream: it is
                      the user's */
    bool ending;   /* a status was asked for: err, why */
    bool lost;     /* nothing arrives at the caller any more */
    bool ended;    /* gone */
    bool sent_any; /* so the initial metadata too */
    hl_err err;
    struct hl_detail why;

    struct rpc_call *next_posted; /* the attendant's */
    bool posted;
    bool refused;                     /* by an admission after the first */
    struct rpc_call *next, *previous; /* all streams */
};

struct rpc_call {
    struct rpc_server *server;
    struct server_thread *thread;
    grpc_call *core;
    grpc_call_details details;
    grpc_metadata_array metadata;
    atomic_uint count;

    struct call_tag arrived, closed, read, written;
    int cancelled; /* the core's */
    grpc_byte_buffer *received;
    atomic_bool gone; /* the caller no longer waits */

    struct method *method;
    struct rpc_caller caller;
    bool open;     /* counted in the method's */
    bool entered;  /* counted in the caller's quota */
    bool asked;    /* a request came */
    bool answered; /* a status is on its way, or out */

    ProtobufCMessage *request;
    struct call_memory *memory;

    pthread_mutex_t lock;
    struct call_stream stream;
};

/* Asks the core for one more call. */
void call_request(struct server_thread *thread);

void call_ref(struct rpc_call *call);
void call_unref(struct rpc_call *call);

/* Starts a batch, whose tag runs `done` on the call's thread. */
void call_start(struct rpc_call *call, struct call_tag *tag, const grpc_op *ops,
                size_t count);

/* Reads one message into call->received. */
void call_read(struct rpc_call *call);

/* Decodes what was received and gives it to the handler. */
HL_MUST_USE hl_err call_handle(struct rpc_call *call, struct hl_detail *detail);

/* Gives what was received, as it is; false: the user holds. */
bool call_deliver(struct rpc_call *call);

/* --- What is sent (call_send.c). ----------------------------------------- */

/* Before the status goes out, so that whoever has it may call again. */
void call_answered(struct rpc_call *call);

grpc_byte_buffer *call_pack(const ProtobufCMessage *message);

/* One batch under the tag `written`: the initial metadata alone; an answer,
 * which it takes over, and its OK; an error's status; a message of a stream.
 * first: the initial metadata goes along. */
void call_send_initial(struct rpc_call *call);
void call_send_answer(struct rpc_call *call, bool first,
                      grpc_byte_buffer **answer);
void call_send_status(struct rpc_call *call, bool first, hl_err err,
                      const struct hl_detail *detail);
void call_send_message(struct rpc_call *call, bool first,
                       const ProtobufCMessage *message);
void call_send_bytes(struct rpc_call *call, bool first, struct bytes message);

/* Logs a refusal, and counts it. */
void call_log_refusal(struct rpc_call *call, hl_err err,
                      const struct hl_detail *detail);

/* Logs it and sends it; consumes the caller's count. Not for a stream that
 * has begun. */
void call_refuse(struct rpc_call *call, hl_err err,
                 const struct hl_detail *detail);

/* --- Streams (stream.c). ------------------------------------------------- */

/* Takes over the count of a call that was admitted. */
void stream_begin(struct rpc_call *call, struct bytes *presented);

/* Does what is to be done, unless somebody else is at it: then that one will.
 * Runs the pump and `gone`. */
void stream_drive(struct rpc_call *call);

/* Events: a read has ended, with or without a message; what was on its way is
 * out, or lost. */
void stream_read(struct rpc_call *call, bool ok);
void stream_written(struct rpc_call *call, bool ok);

/* The answer of a client stream. */
void stream_answer(struct rpc_call *call, const ProtobufCMessage *response);

/* Ends a client stream whose caller has been silent for too long. */
void stream_check_idle(struct rpc_call *call, struct hl_mono now);

/* The end with a status, from any thread. */
void stream_end(struct rpc_call *call, hl_err err,
                const struct hl_detail *detail);

#endif
