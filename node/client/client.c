/* SPDX-License-Identifier: Apache-2.0 */
#include "node/client/client.h"

#include "node/client/client_internal.h"
#include "node/client/message.h"
#include "node/client/outcome.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

gpr_timespec client_deadline(int64_t wait_ms)
{
    if (wait_ms < 0) {
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    }
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                        gpr_time_from_millis(wait_ms, GPR_TIMESPAN));
}

hl_err client_create(const struct client_options *options, struct client **out,
                     struct hl_detail *detail)
{
    HL_ASSERT(options->timeout_ms > 0);
    struct client *client = hl_alloc(1, sizeof(*client));
    client->timeout_ms = options->timeout_ms;
    hl_err err = channel_open(options, &client->channel, detail);
    if (err != HL_OK) {
        hl_free(client);
        return err;
    }
    client->queue = grpc_completion_queue_create_for_pluck(NULL);
    *out = client;
    return HL_OK;
}

void client_destroy(struct client **client)
{
    if (*client == NULL) {
        return;
    }
    grpc_completion_queue_shutdown((*client)->queue);
    grpc_completion_queue_destroy((*client)->queue);
    channel_close(&(*client)->channel);
    hl_free(*client);
    *client = NULL;
}

void client_set_timeout(struct client *client, int64_t timeout_ms)
{
    HL_ASSERT(timeout_ms > 0);
    client->timeout_ms = timeout_ms;
}

/* All of a unary call in one batch, which ends with the call. */
static void run_batch(struct client *client, grpc_call *call,
                      grpc_byte_buffer *request, grpc_byte_buffer **answer,
                      struct outcome *outcome)
{
    grpc_metadata_array initial;
    grpc_metadata_array_init(&initial);
    grpc_op ops[6] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA},
        {.op = GRPC_OP_SEND_MESSAGE},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
        {.op = GRPC_OP_RECV_INITIAL_METADATA},
        {.op = GRPC_OP_RECV_MESSAGE},
        outcome_receive(outcome),
    };
    ops[1].data.send_message.send_message = request;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &initial;
    ops[4].data.recv_message.recv_message = answer;
    grpc_call_error error = grpc_call_start_batch(call, ops, 6, call, NULL);
    HL_ASSERT(error == GRPC_CALL_OK);
    /* The call's own deadline bounds the wait. */
    grpc_event event = grpc_completion_queue_pluck(
        client->queue, call, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    HL_ASSERT(event.type == GRPC_OP_COMPLETE);
    grpc_metadata_array_destroy(&initial);
}

hl_err client_call(struct client *client, const char *path,
                   const ProtobufCMessage *request,
                   const ProtobufCMessageDescriptor *answer,
                   ProtobufCMessage **response, struct hl_detail *detail)
{
    struct outcome outcome;
    grpc_byte_buffer *sent = message_pack(request);
    grpc_byte_buffer *received = NULL;
    grpc_call *call = channel_call(&client->channel, path, client->queue,
                                   client_deadline(client->timeout_ms));
    outcome_init(&outcome);
    run_batch(client, call, sent, &received, &outcome);
    hl_err err = channel_check_peer(&client->channel, call, detail);
    if (err == HL_OK) {
        err = outcome_error(&outcome, &client->channel, detail);
    }
    if (err == HL_OK) {
        err = message_unpack(received, answer, response, detail);
    }
    outcome_fini(&outcome);
    grpc_call_unref(call);
    grpc_byte_buffer_destroy(received);
    grpc_byte_buffer_destroy(sent);
    return err;
}
