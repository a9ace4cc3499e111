/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/client/tiny_server.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <pthread.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct tiny_server {
    struct tiny_options options;
    grpc_server *core;
    grpc_completion_queue *arrivals; /* new calls, and the end */
    grpc_completion_queue *queue;    /* of calls */
    pthread_t thread;
    int port;
};

struct tiny_call {
    struct tiny_server *server;
    grpc_call *core;
    grpc_call_details details;
    grpc_metadata_array metadata;
    grpc_slice request;
    int cancelled;
    bool initial_sent;
    bool closed; /* the end of the call was waited for */
};

static void start(struct tiny_call *call, const grpc_op *ops, size_t count,
                  void *tag)
{
    grpc_call_error error =
        grpc_call_start_batch(call->core, ops, count, tag, NULL);
    HL_ASSERT(error == GRPC_CALL_OK);
}

static void wait_for(struct tiny_call *call, void *tag)
{
    grpc_event event = grpc_completion_queue_pluck(
        call->server->queue, tag, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    HL_ASSERT(event.type == GRPC_OP_COMPLETE);
}

static void run(struct tiny_call *call, const grpc_op *op)
{
    start(call, op, 1, call);
    wait_for(call, call);
}

bool tiny_is(const struct tiny_call *call, const char *path)
{
    return grpc_slice_str_cmp(call->details.method, path) == 0;
}

struct bytes tiny_request(const struct tiny_call *call)
{
    return bytes_of(GRPC_SLICE_START_PTR(call->request),
                    GRPC_SLICE_LENGTH(call->request));
}

static void send_initial(struct tiny_call *call)
{
    if (!call->initial_sent) {
        grpc_op op = {.op = GRPC_OP_SEND_INITIAL_METADATA};
        run(call, &op);
        call->initial_sent = true;
    }
}

void tiny_send(struct tiny_call *call, struct bytes message)
{
    send_initial(call);
    grpc_slice slice =
        grpc_slice_from_copied_buffer((const char *)message.data, message.size);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};
    op.data.send_message.send_message = buffer;
    run(call, &op);
    grpc_byte_buffer_destroy(buffer);
    grpc_slice_unref(slice);
}

void tiny_send_message(struct tiny_call *call, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = hl_alloc(size, 1);
    protobuf_c_message_pack(message, data);
    tiny_send(call, bytes_of(data, size));
    hl_free(data);
}

void tiny_finish(struct tiny_call *call, int status, const char *error,
                 const char *text)
{
    send_initial(call);
    grpc_slice details = grpc_slice_from_copied_string(text);
    grpc_metadata named = {.key = grpc_slice_from_static_string("heluo-error")};
    grpc_op op = {.op = GRPC_OP_SEND_STATUS_FROM_SERVER};
    op.data.send_status_from_server.status = (grpc_status_code)status;
    op.data.send_status_from_server.status_details = &details;
    if (error != NULL) {
        named.value = grpc_slice_from_copied_string(error);
        op.data.send_status_from_server.trailing_metadata = &named;
        op.data.send_status_from_server.trailing_metadata_count = 1;
    }
    run(call, &op);
    grpc_slice_unref(details);
    if (error != NULL) {
        grpc_slice_unref(named.value);
    }
}

void tiny_wait_for_cancel(struct tiny_call *call)
{
    wait_for(call, &call->cancelled);
    call->closed = true;
}

static void read_request(struct tiny_call *call)
{
    grpc_byte_buffer *received = NULL;
    grpc_byte_buffer_reader reader;
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &received;
    run(call, &op);
    if (received != NULL && grpc_byte_buffer_reader_init(&reader, received)) {
        call->request = grpc_byte_buffer_reader_readall(&reader);
        grpc_byte_buffer_reader_destroy(&reader);
    }
    grpc_byte_buffer_destroy(received);
}

static void serve(struct tiny_call *call)
{
    grpc_op close = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
    close.data.recv_close_on_server.cancelled = &call->cancelled;
    start(call, &close, 1, &call->cancelled);
    read_request(call);
    call->server->options.serve(call, call->server->options.context);
    if (!call->closed) {
        tiny_wait_for_cancel(call);
    }
    grpc_slice_unref(call->request);
    grpc_call_unref(call->core);
}

static bool next_call(struct tiny_server *server, struct tiny_call *call)
{
    *call = (struct tiny_call){.server = server, .request = grpc_empty_slice()};
    grpc_call_details_init(&call->details);
    grpc_metadata_array_init(&call->metadata);
    grpc_call_error error = grpc_server_request_call(
        server->core, &call->core, &call->details, &call->metadata,
        server->queue, server->arrivals, call);
    HL_ASSERT(error == GRPC_CALL_OK);
    grpc_event event;
    bool stop = false;
    do { /* the end comes in two events: the call's and the server's */
        event = grpc_completion_queue_next(
            server->arrivals, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        stop |= event.tag == server;
    } while (event.tag != call);
    if (!event.success && !stop) {
        event = grpc_completion_queue_next(
            server->arrivals, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        HL_ASSERT(event.tag == server);
    }
    return event.success && call->core != NULL;
}

static void *loop(void *context)
{
    struct tiny_server *server = context;
    struct tiny_call call;
    while (next_call(server, &call)) {
        serve(&call);
        grpc_call_details_destroy(&call.details);
        grpc_metadata_array_destroy(&call.metadata);
    }
    grpc_call_details_destroy(&call.details);
    grpc_metadata_array_destroy(&call.metadata);
    return NULL;
}

static grpc_server_credentials *credentials(const struct tiny_options *options)
{
    if (options->roots == NULL) {
        return grpc_insecure_server_credentials_create();
    }
    grpc_ssl_pem_key_cert_pair pair = {.private_key = options->key,
                                       .cert_chain = options->chain};
    return grpc_ssl_server_credentials_create_ex(
        options->roots, &pair, 1,
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, NULL);
}

struct tiny_server *tiny_start(const struct tiny_options *options)
{
    struct tiny_server *server = hl_alloc(1, sizeof(*server));
    grpc_init();
    server->options = *options;
    server->core = grpc_server_create(NULL, NULL);
    server->arrivals = grpc_completion_queue_create_for_next(NULL);
    server->queue = grpc_completion_queue_create_for_pluck(NULL);
    grpc_server_register_completion_queue(server->core, server->arrivals, NULL);
    grpc_server_register_completion_queue(server->core, server->queue, NULL);
    grpc_server_credentials *creds = credentials(options);
    server->port =
        grpc_server_add_http2_port(server->core, options->address, creds);
    HL_ASSERT(server->port != 0);
    grpc_server_credentials_release(creds);
    grpc_server_start(server->core);
    int failed = pthread_create(&server->thread, NULL, loop, server);
    HL_ASSERT(failed == 0);
    return server;
}

int tiny_port(const struct tiny_server *server)
{
    return server->port;
}

void tiny_stop(struct tiny_server **server)
{
    struct tiny_server *s = *server;
    grpc_server_shutdown_and_notify(s->core, s->arrivals, s);
    grpc_server_cancel_all_calls(s->core);
    pthread_join(s->thread, NULL);
    grpc_server_destroy(s->core);
    grpc_completion_queue_shutdown(s->arrivals);
    while (grpc_completion_queue_next(s->arrivals,
                                      gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL)
               .type != GRPC_QUEUE_SHUTDOWN) {
    }
    grpc_completion_queue_destroy(s->arrivals);
    grpc_completion_queue_shutdown(s->queue);
    grpc_completion_queue_destroy(s->queue);
    grpc_shutdown_blocking();
    hl_free(s);
    *server = NULL;
}
