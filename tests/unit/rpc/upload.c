/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rpc/upload.h"

#include "node/client/client_internal.h"
#include "node/client/message.h"
#include "node/client/outcome.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct upload {
    struct client *client;
    grpc_call *call;
    const ProtobufCMessageDescriptor *schema;
    grpc_byte_buffer *sent, *received;
    grpc_metadata_array initial;
    struct outcome outcome;
    char begin, closed; /* tags, as the fields above */
    bool sending, closing, ended;
};

static void start(struct upload *upload, const grpc_op *ops, size_t count,
                  void *tag)
{
    grpc_call_error error =
        grpc_call_start_batch(upload->call, ops, count, tag, NULL);
    HL_ASSERT(error == GRPC_CALL_OK);
}

/* False where the time is over first. */
static bool wait_for(struct upload *upload, void *tag, int64_t wait_ms,
                     bool *success)
{
    grpc_event event = grpc_completion_queue_pluck(
        upload->client->queue, tag, client_deadline(wait_ms), NULL);
    *success = event.success != 0;
    return event.type == GRPC_OP_COMPLETE;
}

struct upload *upload_open(struct client *client, const char *path,
                           const ProtobufCMessageDescriptor *answer,
                           int64_t deadline_ms)
{
    struct upload *upload = hl_alloc(1, sizeof(*upload));
    upload->client = client;
    upload->schema = answer;
    upload->call = channel_call(&client->channel, path, client->queue,
                                client_deadline(deadline_ms));
    grpc_metadata_array_init(&upload->initial);
    outcome_init(&upload->outcome);
    grpc_op begin[] = {{.op = GRPC_OP_SEND_INITIAL_METADATA},
                       {.op = GRPC_OP_RECV_INITIAL_METADATA}};
    begin[1].data.recv_initial_metadata.recv_initial_metadata =
        &upload->initial;
    grpc_op end[] = {outcome_receive(&upload->outcome),
                     {.op = GRPC_OP_RECV_MESSAGE}};
    end[1].data.recv_message.recv_message = &upload->received;
    start(upload, end, 2, &upload->outcome);
    start(upload, begin, 2, &upload->begin);
    return upload;
}

bool upload_send(struct upload *upload, const ProtobufCMessage *message,
                 int64_t wait_ms)
{
    grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};
    bool success = false;
    HL_ASSERT(!upload->sending);
    upload->sent = message_pack(message);
    op.data.send_message.send_message = upload->sent;
    start(upload, &op, 1, &upload->sent);
    upload->sending = !wait_for(upload, &upload->sent, wait_ms, &success);
    if (!upload->sending) {
        grpc_byte_buffer_destroy(upload->sent);
        upload->sent = NULL;
    }
    return !upload->sending && success;
}

void upload_half_close(struct upload *upload)
{
    grpc_op op = {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};
    start(upload, &op, 1, &upload->closed);
    upload->closing = true;
}

static void await_end(struct upload *upload)
{
    bool success = false;
    if (!upload->ended) {
        wait_for(upload, &upload->outcome, -1, &success);
        upload->ended = true;
    }
}

hl_err upload_end(struct upload *upload, bool half_close,
                  ProtobufCMessage **answer, struct hl_detail *detail)
{
    *answer = NULL;
    *detail = (struct hl_detail){0};
    if (half_close) {
        upload_half_close(upload);
    }
    await_end(upload);
    hl_err err =
        outcome_error(&upload->outcome, &upload->client->channel, detail);
    return err != HL_OK ? err
                        : message_unpack(upload->received, upload->schema,
                                         answer, detail);
}

void upload_close(struct upload **upload)
{
    struct upload *u = *upload;
    bool success = false;
    if (!u->ended) {
        grpc_call_cancel(u->call, NULL);
    }
    wait_for(u, &u->begin, -1, &success);
    if (u->sending) {
        wait_for(u, &u->sent, -1, &success);
    }
    if (u->closing) {
        wait_for(u, &u->closed, -1, &success);
    }
    await_end(u);
    outcome_fini(&u->outcome);
    grpc_metadata_array_destroy(&u->initial);
    grpc_byte_buffer_destroy(u->received);
    grpc_byte_buffer_destroy(u->sent);
    grpc_call_unref(u->call);
    hl_free(u);
    *upload = NULL;
}
