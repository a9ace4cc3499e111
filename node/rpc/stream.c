/* SPDX-License-Identifier: Apache-2.0 */

/* A stream is driven by what is true of it: whoever learns something new (an
 * event of the core, a wake, an end that was asked for) writes it down under
 * the call's lock and drives. One drives at a time, and the others leave a
 * note (TURN_AGAIN), so that pump, handler and `gone` never run twice at once.
 *
 *   out:  IDLE -> MESSAGE -> IDLE ... -> STATUS -> DONE
 *
 * An exchange reads while it writes; the others do one after the other. What a
 * client stream hands to its user it does not touch until that has dealt with
 * it, and so it ends after. */

#include "node/rpc/call.h"
#include "node/rpc/server.h"
#include "protocol/base/hl_assert.h"

enum { NS_PER_MS = 1000000 };

enum act {
    ACT_WAIT, /* an event, a wake or an end will come */
    ACT_READ,
    ACT_HANDLE,
    ACT_PUMP,
    ACT_ASK, /* whether the last came, or the caller is lost */
    ACT_CLOSED,
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

static bool is_intake(const struct rpc_call *call)
{
    return call->method->row->kind == RPC_CLIENT_STREAM;
}

static enum act next_of_intake(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    if (!stream->started || stream->held) {
        return ACT_WAIT;
    }
    if (call->received != NULL) {
        stream->held = true;
        return ACT_HANDLE;
    }
    switch (stream->last) {
    case LAST_TO_COME:
        stream->reading = true;
        stream->read_since = now_mono();
        return ACT_READ;
    case LAST_OR_LOST:
        stream->last = LAST_ASKED;
        stream->out = OUT_MESSAGE;
        stream->sent_any = true;
        return ACT_ASK;
    case LAST_ASKED:
        break; /* that is on its way */
    case LAST_CAME:
        stream->held = true;
        return ACT_CLOSED;
    }
    return ACT_WAIT;
}

static enum act next_of_open(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    if (stream->ending) {
        stream->out = OUT_STATUS;
        return ACT_STATUS;
    }
    if (is_intake(call)) {
        return next_of_intake(call);
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
    if (over && is_intake(call) && stream->held) {
        return ACT_WAIT;
    }
    if (over) {
        stream->ended = true;
        return ACT_GONE;
    }
    return next_of_open(call);
}

static void hold(struct rpc_call *call, bool held)
{
    pthread_mutex_lock(&call->lock);
    call->stream.held = held;
    pthread_mutex_unlock(&call->lock);
}

static void handle(struct rpc_call *call)
{
    struct hl_detail detail = {0};
    hl_err err = call_handle(call, &detail);
    if (err != HL_OK) {
        call_log_refusal(call, err, &detail);
        stream_end(call, err, &detail);
        hold(call, false); /* nobody was given it */
    }
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
    struct call_memory *mark = rpc_call_mark(call);
    handle(call);
    if (call->method->row->kind == RPC_BIDI) {
        rpc_call_release(call, mark);
    }
}

static void pump(struct rpc_call *call)
{
    struct call_memory *mark = rpc_call_mark(call);
    call->stream.user.pump(call, call->stream.user.context);
    rpc_call_release(call, mark);
}

static void send_status(struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    if (stream->answer != NULL) {
        call_send_answer(call, !stream->sent_any, &stream->answer);
    } else {
        call_send_status(call, !stream->sent_any, stream->err, &stream->why);
    }
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
        send_status(call);
        break;
    case ACT_ASK:
        call_send_initial(call);
        break;
    case ACT_CLOSED:
        stream->intake.closed(call, stream->intake.context);
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
    } while (act != ACT_CLOSED &&
             (act != ACT_WAIT || stream->turn == TURN_AGAIN));
    bool later = stream->turn == TURN_AGAIN; /* others' turn */
    stream->turn = TURN_FREE;
    pthread_mutex_unlock(&call->lock);
    if (later) {
        attendant_post(&call->server->attendant, call);
    }
}

void stream_begin(struct rpc_call *call, struct bytes *presented)
{
    struct rpc_server *server = call->server;
    call->stream.presented = *presented;
    call->stream.begun = true;
    bool asks_first = !is_exchange(call) && !is_intake(call);
    call->stream.reading = asks_first;
    attendant_add(&server->attendant, call);
    if (!asks_first) {
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
    if (call->received == NULL && is_intake(call)) {
        stream->last = LAST_OR_LOST;
        stream->lost |= !ok; /* too large, and the core has ended it */
    } else if (call->received == NULL && !stream->ending) {
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
    if (stream->last == LAST_ASKED && ok) {
        stream->last = LAST_CAME;
    }
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

void stream_answer(struct rpc_call *call, const ProtobufCMessage *response)
{
    struct call_stream *stream = &call->stream;
    grpc_byte_buffer *answer = call_pack(response);
    pthread_mutex_lock(&call->lock);
    HL_ASSERT(stream->held);
    if (!stream->ending) {
        stream->ending = true;
        stream->answer = answer;
        answer = NULL;
    }
    stream->held = false;
    tell_driver(call);
    grpc_byte_buffer_destroy(answer);
}

void stream_check_idle(struct rpc_call *call, struct hl_mono now)
{
    struct call_stream *stream = &call->stream;
    struct hl_detail why = {0};
    uint32_t idle_ms = call->server->limits.idle_timeout_ms;
    pthread_mutex_lock(&call->lock);
    bool idle = is_intake(call) && stream->reading && !stream->ending &&
                now.ns - stream->read_since.ns > (int64_t)idle_ms * NS_PER_MS;
    pthread_mutex_unlock(&call->lock);
    if (idle) {
        hl_err err = hl_fail(&why, HL_EDEADLINE,
                             "no whole message came for %u ms", idle_ms);
        stream_end(call, err, &why);
    }
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

void rpc_intake_start(struct rpc_call *call, const struct rpc_intake *intake)
{
    HL_ASSERT(is_intake(call));
    call->stream.intake = *intake;
    rpc_stream_start(call, &(struct rpc_stream){.gone = intake->gone,
                                                .context = intake->context});
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
