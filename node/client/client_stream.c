/* SPDX-License-Identifier: Apache-2.0 */
#include "node/client/client_internal.h"
#include "node/client/message.h"
#include "node/client/outcome.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* Three batches are under way at most: the request, one message, the end. The
 * addresses of these fields are their tags. */
struct client_stream {
    struct client *client;
    grpc_call *call;
    const ProtobufCMessageDescriptor *schema;
    grpc_byte_buffer *request;
    grpc_byte_buffer *received;
    grpc_metadata_array initial;
    struct outcome outcome;
    bool message_pending;
    bool ended; /* the batch of the end was waited for */
};

static void start(struct client_stream *stream, const grpc_op *ops,
                  size_t count, void *tag)
{
    grpc_call_error error =
        grpc_call_start_batch(stream->call, ops, count, tag, NULL);
    HL_ASSERT(error == GRPC_CALL_OK);
}

/* False where the time is over first. */
static bool wait_for(struct client_stream *stream, void *tag,
                     gpr_timespec deadline)
{
    grpc_event event =
        grpc_completion_queue_pluck(stream->client->queue, tag, deadline, NULL);
    return event.type == GRPC_OP_COMPLETE;
}

static void wait_for_end(struct client_stream *stream)
{
    if (!stream->ended) {
        bool done = wait_for(stream, &stream->outcome, client_deadline(-1));
        HL_ASSERT(done);
        stream->ended = true;
    }
}

static void start_stream(struct client_stream *stream)
{
    grpc_op send[4] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA},
        {.op = GRPC_OP_SEND_MESSAGE},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
        {.op = GRPC_OP_RECV_INITIAL_METADATA},
    };
    grpc_op end = outcome_receive(&stream->outcome);
    send[1].data.send_message.send_message = stream->request;
    send[3].data.recv_initial_metadata.recv_initial_metadata = &stream->initial;
    start(stream, &end, 1, &stream->outcome);
    start(stream, send, 4, &stream->request);
}

struct client_stream *
client_stream_open(struct client *client, const char *path,
                   const ProtobufCMessage *request,
                   const ProtobufCMessageDescriptor *answer)
{
    struct client_stream *stream = hl_alloc(1, sizeof(*stream));
    stream->client = client;
    stream->schema = answer;
    stream->request = message_pack(request);
    grpc_metadata_array_init(&stream->initial);
    outcome_init(&stream->outcome);
    stream->call = channel_call(&client->channel, path, client->queue,
                                client_deadline(-1));
    start_stream(stream);
    return stream;
}

static void ask_for_message(struct client_stream *stream)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &stream->received;
    start(stream, &op, 1, &stream->received);
    stream->message_pending = true;
}

hl_err client_stream_next(struct client_stream *stream, int64_t wait_ms,
                          ProtobufCMessage **message, bool *timed_out,
                          struct hl_detail *detail)
{
    HL_ASSERT(!stream->ended);
    if (!stream->message_pending) {
        ask_for_message(stream);
    }
    if (!wait_for(stream, &stream->received, client_deadline(wait_ms))) {
        *message = NULL;
        *timed_out = true;
        return HL_OK;
    }
    stream->message_pending = false;
    ProtobufCMessage *found = NULL;
    const struct channel *channel = &stream->client->channel;
    if (stream->received == NULL) {
        wait_for_end(stream);
    }
    hl_err err = channel_check_peer(channel, stream->call, detail);
    if (err == HL_OK && stream->received == NULL) {
        err = outcome_error(&stream->outcome, channel, detail);
    } else if (err == HL_OK) {
        err = message_unpack(stream->received, stream->schema, &found, detail);
    }
    grpc_byte_buffer_destroy(stream->received);
    stream->received = NULL;
    if (err == HL_OK) {
        *message = found;
        *timed_out = false;
    }
    return err;
}

void client_stream_close(struct client_stream **stream)
{
    struct client_stream *s = *stream;
    if (s == NULL) {
        return;
    }
    if (!s->ended) {
        grpc_call_cancel(s->call, NULL);
    }
    bool sent = wait_for(s, &s->request, client_deadline(-1));
    HL_ASSERT(sent);
    if (s->message_pending) {
        bool done = wait_for(s, &s->received, client_deadline(-1));
        HL_ASSERT(done);
    }
    wait_for_end(s);
    outcome_fini(&s->outcome);
    grpc_metadata_array_destroy(&s->initial);
    grpc_call_unref(s->call);
    grpc_byte_buffer_destroy(s->received);
    grpc_byte_buffer_destroy(s->request);
    hl_free(s);
    *stream = NULL;
}
