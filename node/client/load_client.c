/* SPDX-License-Identifier: Apache-2.0 */
#include "node/client/load_client.h"

#include "node/client/channel.h"
#include "node/client/client_internal.h"
#include "node/client/message.h"
#include "node/client/outcome.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct load_client {
    struct channel *channels;
    size_t channel_count;
    int64_t timeout_ms;
    grpc_completion_queue *queue;
};

/* One call under way; the tag of its batch. */
struct slot {
    struct channel *channel;
    grpc_call *call;
    grpc_byte_buffer *request;
    grpc_byte_buffer *received;
    grpc_metadata_array initial;
    struct outcome outcome;
    uint64_t number;
    gpr_timespec started;
};

hl_err load_client_create(const struct client_options *options,
                          size_t connections, struct load_client **out,
                          struct hl_detail *detail)
{
    HL_ASSERT(connections > 0);
    HL_ASSERT(connections <= LOAD_CONNECTIONS_MAX);
    struct load_client *load = hl_alloc(1, sizeof(*load));
    hl_err err = HL_OK;
    load->channels = hl_alloc(connections, sizeof(*load->channels));
    load->timeout_ms = options->timeout_ms;
    while (err == HL_OK && load->channel_count < connections) {
        err =
            channel_open(options, &load->channels[load->channel_count], detail);
        load->channel_count += err == HL_OK;
    }
    if (err == HL_OK) {
        load->queue = grpc_completion_queue_create_for_next(NULL);
        *out = load;
    } else {
        load_client_destroy(&load);
    }
    return err;
}

static void drain(grpc_completion_queue *queue)
{
    grpc_completion_queue_shutdown(queue);
    while (grpc_completion_queue_next(queue,
                                      gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL)
               .type != GRPC_QUEUE_SHUTDOWN) {
    }
    grpc_completion_queue_destroy(queue);
}

void load_client_destroy(struct load_client **load)
{
    if (*load == NULL) {
        return;
    }
    if ((*load)->queue != NULL) {
        drain((*load)->queue);
    }
    for (size_t i = 0; i < (*load)->channel_count; i++) {
        channel_close(&(*load)->channels[i]);
    }
    hl_free((*load)->channels);
    hl_free(*load);
    *load = NULL;
}

static void start_batch(struct slot *slot)
{
    grpc_op ops[6] = {
        {.op = GRPC_OP_SEND_INITIAL_METADATA},
        {.op = GRPC_OP_SEND_MESSAGE},
        {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
        {.op = GRPC_OP_RECV_INITIAL_METADATA},
        {.op = GRPC_OP_RECV_MESSAGE},
        outcome_receive(&slot->outcome),
    };
    ops[1].data.send_message.send_message = slot->request;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &slot->initial;
    ops[4].data.recv_message.recv_message = &slot->received;
    grpc_call_error error =
        grpc_call_start_batch(slot->call, ops, 6, slot, NULL);
    HL_ASSERT(error == GRPC_CALL_OK);
}

/* False where there is nothing more to ask. */
static bool start_call(struct load_client *load, const struct load_job *job,
                       struct slot *slot, uint64_t number)
{
    const ProtobufCMessage *request = job->request(job->context, number);
    if (request == NULL) {
        return false;
    }
    slot->number = number;
    slot->request = message_pack(request);
    slot->received = NULL;
    slot->started = gpr_now(GPR_CLOCK_MONOTONIC);
    grpc_metadata_array_init(&slot->initial);
    outcome_init(&slot->outcome);
    slot->call = channel_call(slot->channel, job->path, load->queue,
                              client_deadline(load->timeout_ms));
    start_batch(slot);
    return true;
}

static int64_t since_ns(gpr_timespec start)
{
    gpr_timespec span = gpr_time_sub(gpr_now(GPR_CLOCK_MONOTONIC), start);
    return span.tv_sec * GPR_NS_PER_SEC + span.tv_nsec;
}

static void end_call(const struct load_job *job, struct slot *slot)
{
    struct hl_detail detail = {0};
    struct load_answer answer = {.number = slot->number,
                                 .detail = &detail,
                                 .latency_ns = since_ns(slot->started)};
    ProtobufCMessage *message = NULL;
    answer.err = channel_check_peer(slot->channel, slot->call, &detail);
    if (answer.err == HL_OK) {
        answer.err = outcome_error(&slot->outcome, slot->channel, &detail);
    }
    if (answer.err == HL_OK) {
        answer.err =
            message_unpack(slot->received, job->schema, &message, &detail);
    }
    answer.message = message;
    if (job->answer != NULL) {
        job->answer(job->context, &answer);
    }
    protobuf_c_message_free_unpacked(message, NULL);
    outcome_fini(&slot->outcome);
    grpc_metadata_array_destroy(&slot->initial);
    grpc_call_unref(slot->call);
    grpc_byte_buffer_destroy(slot->received);
    grpc_byte_buffer_destroy(slot->request);
}

void load_client_run(struct load_client *load, const struct load_job *job)
{
    HL_ASSERT(job->calls > 0);
    HL_ASSERT(job->calls <= LOAD_CALLS_MAX);
    struct slot *slots = hl_alloc(job->calls, sizeof(*slots));
    uint64_t next = 0;
    size_t open = 0;
    bool more = true;
    for (size_t i = 0; more && i < job->calls; i++) {
        slots[i].channel = &load->channels[i % load->channel_count];
        more = start_call(load, job, &slots[i], next);
        next += more;
        open += more;
    }
    while (open > 0) {
        grpc_event event = grpc_completion_queue_next(
            load->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        HL_ASSERT(event.type == GRPC_OP_COMPLETE);
        end_call(job, event.tag);
        more = more && start_call(load, job, event.tag, next);
        next += more;
        open -= !more;
    }
    hl_free(slots);
}
