/* SPDX-License-Identifier: Apache-2.0 */

/* A stream is driven by what is true of it: whoever learns something new (an
 * event of the core, a wake, an end that was asked for) writes it down under
 * the call's lock and drives. One drives at a time, and the others leave a
 * note (TURN_AGAIN), so that pump, handler and `gone` never run twice at once.
 *
 *   out:  IDLE -> MESSAGE -> IDLE ... -> STATUS -> DONE
 *
 * An exchange reads while it writes; the others do one after the other. */

#include "node/rpc/call.h"
#include "node/rpc/server.h"
#include "protocol/base/hl_assert.h"

enum act {
    ACT_WAIT, /* an event, a wake or an end will come */
    ACT_READ,
    ACT_HANDLE,
    ACT_PUMP,
    ACT_STATUS,
    ACT_GONE,
};

static bool on_its_way(const struct call_stream *stream)
{
    return stream->out == OUT_MESSAGE || stream->out == OUT_STATUS;
}

static bool is_exchange(const struct rpc_call *call)
{
    return call->method->row->kind == RPC_EXCHANGE;
}

static enum act next_of_open(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    if (stream->ending) {
        stream->out = OUT_STATUS;
        return ACT_STATUS;
    }
    if (call->received != NULL && !is_exchange(call)) {
        return ACT_HANDLE;
    }
    if (call->method->row->kind == RPC_BIDI) {
        stream->reading = true;
        return ACT_READ;
    }
    if (stream->started && stream->wanted) {
        stream->wanted = false;
        return ACT_PUMP;
    }
    return ACT_WAIT;
}

/* What an exchange takes in does not wait for what it says. */
static enum act next_of_reading(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    if (!stream->started || stream->reading || stream->ending) {
        return ACT_WAIT;
    }
    if (call->received != NULL) {
        return ACT_HANDLE;
    }
    if (stream->held) {
        return ACT_WAIT;
    }
    stream->reading = true;
    return ACT_READ;
}

/* Under the lock. */
static enum act next_act(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    bool over =
        atomic_load(&call->gone) || stream->lost || stream->out == OUT_DONE;
    if (is_exchange(call) && !stream->ended && !over) {
        enum act act = next_of_reading(call);
        if (act != ACT_WAIT) {
            return act;
        }
    }
    if (stream->ended || on_its_way(stream)) {
        return ACT_WAIT;
    }
    bool writes = !over && (stream->ending || is_exchange(call));
    if (stream->reading && !writes) {
        return ACT_WAIT;
    }
    if (over) {
        stream->ended = true;
        return ACT_GONE;
    }
    return next_of_open(call);
}

static void handle(struct rpc_call *call)
{
    struct hl_detail detail = {0};
    hl_err err = call_handle(call, &detail);
    if (err != HL_OK) {
        call_log_refusal(call, err, &detail);
        stream_end(call, err, &detail);
    }
}

static void hold(struct rpc_call *call, bool held)
{
    pthread_mutex_lock(&call->lock);
    call->stream.held = held;
    pthread_mutex_unlock(&call->lock);
}

/* A stream has no end that its memory could wait for: what a message took
 * goes with the message. */
static void handle_one(struct rpc_call *call)
{
    if (is_exchange(call)) {
        hold(call, true); /* before: rpc_read_on() may come meanwhile */
        if (call_deliver(call)) {
            hold(call, false);
        }
        return;
    }
    struct call_memory *mark = call_memory_mark(call);
    handle(call);
    if (call->method->row->kind == RPC_BIDI) {
        call_memory_release(call, mark);
    }
}

static void pump(struct rpc_call *call)
{
    struct call_memory *mark = call_memory_mark(call);
    call->stream.user.pump(call, call->stream.user.context);
    call_memory_release(call, mark);
}

static void leave(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    attendant_remove(&call->server->attendant, call);
    if (stream->started && stream->user.gone != NULL) {
        stream->user.gone(call, stream->user.context);
    }
    call_unref(call);
}

static void perform(struct rpc_call *call, enum act act)
{
    struct call_stream *stream = &call->stream;
    switch (act) {
    case ACT_WAIT:
        break;
    case ACT_READ:
        call_read(call);
        break;
    case ACT_HANDLE:
        handle_one(call);
        break;
    case ACT_PUMP:
        pump(call);
        break;
    case ACT_STATUS:
        call_send_status(call, !stream->sent_any, stream->err, &stream->why);
        break;
    case ACT_GONE:
        leave(call);
        break;
    }
}

void stream_drive(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    pthread_mutex_lock(&call->lock);
    if (stream->turn != TURN_FREE) {
        stream->turn = TURN_AGAIN;
        pthread_mutex_unlock(&call->lock);
        return;
    }
    enum act act = ACT_WAIT;
    do {
        stream->turn = TURN_RUNNING;
        act = next_act(call);
        if (act != ACT_WAIT) {
            pthread_mutex_unlock(&call->lock);
            perform(call, act);
            pthread_mutex_lock(&call->lock);
        }
    } while (act != ACT_WAIT || stream->turn == TURN_AGAIN);
    stream->turn = TURN_FREE;
    pthread_mutex_unlock(&call->lock);
}

void stream_begin(struct rpc_call *call, struct bytes *presented)
{
    struct rpc_server *server = call->server;
    call->stream.presented = *presented;
    call->stream.begun = true;
    call->stream.reading = !is_exchange(call);
    attendant_add(&server->attendant, call);
    if (is_exchange(call)) {
        call->asked = true;
        call->method->row->handle(call, NULL, call->method->context);
    } else {
        call_read(call);
    }
    /* Those who stop the server end the streams that they find. */
    if (atomic_load(&server->stopping)) {
        stream_end(call, HL_ESTOPPING, NULL);
    }
}

void stream_read(struct rpc_call *call, bool ok)
{
    struct call_stream *stream = &call->stream;
    /* A caller that leaves, or is lost, even within a message, is no failure to
     * the core. While this reads, `gone` waits. */
    if (!ok && is_exchange(call)) {
        stream->broken(call, stream->user.context);
    }
    pthread_mutex_lock(&call->lock);
    stream->reading = false;
    if (call->received == NULL && !stream->ending) {
        bool done = call->method->row->kind != RPC_SERVER_STREAM;
        stream->ending = true;
        stream->err = done ? HL_OK
                           : hl_fail(&stream->why, HL_EMALFORMED,
                                     "the call has no request");
    }
    pthread_mutex_unlock(&call->lock);
    stream_drive(call);
}

void stream_written(struct rpc_call *call, bool ok)
{
    struct call_stream *stream = &call->stream;
    pthread_mutex_lock(&call->lock);
    stream->out = stream->out == OUT_STATUS ? OUT_DONE : OUT_IDLE;
    stream->lost |= !ok;
    stream->wanted = true;
    pthread_mutex_unlock(&call->lock);
    stream_drive(call);
}

/* Under the lock, which it gives up. */
static void tell_driver(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    bool driven = stream->turn != TURN_FREE;
    if (driven) {
        stream->turn = TURN_AGAIN;
    }
    pthread_mutex_unlock(&call->lock);
    if (!driven) {
        attendant_post(&call->server->attendant, call);
    }
}

void stream_end(struct rpc_call *call, hl_err err,
                const struct hl_detail *detail)
{
    struct call_stream *stream = &call->stream;
    pthread_mutex_lock(&call->lock);
    if (!stream->ending) {
        stream->ending = true;
        stream->err = err;
        stream->why = detail == NULL ? (struct hl_detail){0} : *detail;
    }
    tell_driver(call);
}

/* --- What handlers call. ------------------------------------------------- */

void rpc_stream_start(struct rpc_call *call, const struct rpc_stream *stream)
{
    HL_ASSERT(call->method->row->kind != RPC_UNARY);
    pthread_mutex_lock(&call->lock);
    HL_ASSERT(!call->stream.started);
    call->stream.user = *stream;
    call->stream.started = true;
    call->stream.wanted = true;
    tell_driver(call);
}

void rpc_exchange_start(struct rpc_call *call,
                        const struct rpc_exchange *exchange)
{
    HL_ASSERT(is_exchange(call));
    call->stream.received = exchange->received;
    call->stream.broken = exchange->broken;
    rpc_stream_start(call, &exchange->stream);
}

/* Whether it is the first. */
static bool begin_message(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    pthread_mutex_lock(&call->lock);
    HL_ASSERT(stream->out == OUT_IDLE);
    bool first = !stream->sent_any;
    stream->out = OUT_MESSAGE;
    stream->sent_any = true;
    pthread_mutex_unlock(&call->lock);
    return first;
}

void rpc_send_bytes(struct rpc_call *call, struct bytes message)
{
    call_send_bytes(call, begin_message(call), message);
}

void rpc_read_on(struct rpc_call *call)
{
    pthread_mutex_lock(&call->lock);
    call->stream.held = false;
    tell_driver(call);
}

void rpc_cancel(struct rpc_call *call, hl_err err,
                const struct hl_detail *detail)
{
    grpc_call_cancel_with_status(call->core, (grpc_status_code)hl_err_grpc(err),
                                 detail->text, NULL);
}

void rpc_send(struct rpc_call *call, const ProtobufCMessage *message)
{
    HL_ASSERT(message->descriptor == call->method->row->response);
    call_send_message(call, begin_message(call), message);
}

void rpc_finish(struct rpc_call *call)
{
    HL_ASSERT(call->stream.begun);
    stream_end(call, HL_OK, NULL);
}

void rpc_wake(struct rpc_call *call)
{
    pthread_mutex_lock(&call->lock);
    call->stream.wanted = true;
    tell_driver(call);
}
