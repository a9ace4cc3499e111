/* SPDX-License-Identifier: Apache-2.0 */
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/base/hl_assert.h"
#include "tests/bench/bench_latency.h"
#include "tests/bench/bench_sync.h"
#include "tests/bench/bench_sync_raw.h"

/* The core alone, both ends bare: one stream of messages one way, each taken
 * and thrown away. The receiver is a process of its own, as a node is. */

enum { PASSES = 4, MESSAGE_MAX_BYTES = 4 << 20 };

static void end(const char *why)
{
    fprintf(stderr, "bench_sync: raw_wire: %s\n", why);
    exit(1);
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 65536);
    if (file == NULL || text == NULL || fread(text, 1, 65535, file) == 0) {
        end(path);
    }
    fclose(file);
    return text;
}

struct identity {
    char *roots, *chain, *key;
    grpc_ssl_pem_key_cert_pair pair;
};

/* A file of the alliance's folder. */
static struct identity identity_of(const char *folder, const char *node)
{
    char path[4096];
    struct identity identity = {0};
    snprintf(path, sizeof(path), "%s/ca/root.crt", folder);
    identity.roots = read_text(path);
    snprintf(path, sizeof(path), "%s/%s/node.crt", folder, node);
    identity.chain = read_text(path);
    snprintf(path, sizeof(path), "%s/%s/node.key", folder, node);
    identity.key = read_text(path);
    identity.pair = (grpc_ssl_pem_key_cert_pair){.private_key = identity.key,
                                                 .cert_chain = identity.chain};
    return identity;
}

/* One batch, to its end. */
static bool perform(grpc_call *call, grpc_completion_queue *queue,
                    const grpc_op *ops, size_t count)
{
    grpc_call_error error =
        grpc_call_start_batch(call, ops, count, (void *)(uintptr_t)1, NULL);
    HL_ASSERT(error == GRPC_CALL_OK);
    grpc_event event = grpc_completion_queue_next(
        queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    return event.type == GRPC_OP_COMPLETE && event.success != 0;
}

static grpc_arg int_arg(const char *key, int value)
{
    return (grpc_arg){.type = GRPC_ARG_INTEGER,
                      .key = (char *)(uintptr_t)key,
                      .value.integer = value};
}

/* --- The receiver. ------------------------------------------------------- */

static bool take_one(grpc_call *call, grpc_completion_queue *queue)
{
    grpc_byte_buffer *message = NULL;
    grpc_op read = {.op = GRPC_OP_RECV_MESSAGE};
    read.data.recv_message.recv_message = &message;
    bool more = perform(call, queue, &read, 1) && message != NULL;
    grpc_byte_buffer_destroy(message);
    return more;
}

static void take_all(grpc_server *server, grpc_completion_queue *queue)
{
    grpc_call *call = NULL;
    grpc_call_details details;
    grpc_metadata_array metadata;
    grpc_call_details_init(&details);
    grpc_metadata_array_init(&metadata);
    grpc_call_error error = grpc_server_request_call(
        server, &call, &details, &metadata, queue, queue, (void *)(uintptr_t)1);
    HL_ASSERT(error == GRPC_CALL_OK);
    grpc_event event = grpc_completion_queue_next(
        queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    if (event.type != GRPC_OP_COMPLETE || event.success == 0) {
        end("no call came");
    }
    while (take_one(call, queue)) {
    }
    grpc_op ops[] = {{.op = GRPC_OP_SEND_INITIAL_METADATA},
                     {.op = GRPC_OP_SEND_STATUS_FROM_SERVER}};
    ops[1].data.send_status_from_server.status = GRPC_STATUS_OK;
    (void)perform(call, queue, ops, 2);
    grpc_call_unref(call);
    grpc_call_details_destroy(&details);
    grpc_metadata_array_destroy(&metadata);
}

/* Tells its port; ends with the last pass. */
static void receive(const struct identity *identity, int out)
{
    grpc_init();
    grpc_arg args[] = {
        int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, MESSAGE_MAX_BYTES)};
    grpc_channel_args all = {.num_args = 1, .args = args};
    grpc_completion_queue *queue = grpc_completion_queue_create_for_next(NULL);
    grpc_server *server = grpc_server_create(&all, NULL);
    grpc_ssl_pem_key_cert_pair pair = identity->pair;
    grpc_server_credentials *credentials =
        grpc_ssl_server_credentials_create_ex(
            identity->roots, &pair, 1,
            GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, NULL);
    grpc_server_register_completion_queue(server, queue, NULL);
    int port = grpc_server_add_http2_port(server, "127.0.0.1:0", credentials);
    grpc_server_start(server);
    if (port == 0 || write(out, &port, sizeof(port)) != sizeof(port)) {
        end("no port");
    }
    for (int i = 0; i < 1 + PASSES; i++) {
        take_all(server, queue);
    }
    _exit(0); /* nothing here outlives the process */
}

/* --- The sender. --------------------------------------------------------- */

static grpc_channel *dial(const struct identity *identity, int port,
                          const char *name)
{
    char target[64];
    snprintf(target, sizeof(target), "127.0.0.1:%d", port);
    grpc_ssl_pem_key_cert_pair pair = identity->pair;
    grpc_channel_credentials *credentials =
        grpc_ssl_credentials_create_ex(identity->roots, &pair, NULL, NULL);
    grpc_arg args[] = {
        int_arg(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        {.type = GRPC_ARG_STRING,
         .key = (char *)(uintptr_t)GRPC_SSL_TARGET_NAME_OVERRIDE_ARG,
         .value.string = (char *)(uintptr_t)name},
    };
    grpc_channel_args all = {.num_args = 2, .args = args};
    grpc_channel *channel = grpc_channel_create(target, credentials, &all);
    grpc_channel_credentials_release(credentials);
    return channel;
}

static void send_one(grpc_call *call, grpc_completion_queue *queue,
                     struct bytes message, bool first)
{
    grpc_slice slice =
        grpc_slice_from_copied_buffer((const char *)message.data, message.size);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_op ops[] = {{.op = GRPC_OP_SEND_MESSAGE},
                     {.op = GRPC_OP_SEND_INITIAL_METADATA}};
    ops[0].data.send_message.send_message = buffer;
    if (!perform(call, queue, ops, first ? 2 : 1)) {
        end("a message was not sent");
    }
    grpc_byte_buffer_destroy(buffer);
    grpc_slice_unref(slice);
}

/* Until the receiver says that it has all. */
static void send_all(grpc_channel *channel, grpc_completion_queue *queue,
                     const struct segments *segments)
{
    grpc_call *call = grpc_channel_create_call(
        channel, NULL, GRPC_PROPAGATE_DEFAULTS, queue,
        grpc_slice_from_static_string("/bench/Take"), NULL,
        gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    for (size_t i = 0; i < segments->count; i++) {
        send_one(call, queue, writer_view(&segments->items[i].message), i == 0);
    }
    grpc_metadata_array initial, trailing;
    grpc_metadata_array_init(&initial);
    grpc_metadata_array_init(&trailing);
    grpc_status_code status = GRPC_STATUS_UNKNOWN;
    grpc_slice details = grpc_empty_slice();
    grpc_op ops[] = {{.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
                     {.op = GRPC_OP_RECV_INITIAL_METADATA},
                     {.op = GRPC_OP_RECV_STATUS_ON_CLIENT}};
    ops[1].data.recv_initial_metadata.recv_initial_metadata = &initial;
    ops[2].data.recv_status_on_client.trailing_metadata = &trailing;
    ops[2].data.recv_status_on_client.status = &status;
    ops[2].data.recv_status_on_client.status_details = &details;
    (void)perform(call, queue, ops, 3);
    if (status != GRPC_STATUS_OK) {
        end("the receiver did not take all");
    }
    grpc_slice_unref(details);
    grpc_metadata_array_destroy(&initial);
    grpc_metadata_array_destroy(&trailing);
    grpc_call_unref(call);
}

static void send_passes(const struct identity *identity,
                        const struct segments *all, int port, const char *name)
{
    grpc_init();
    grpc_completion_queue *queue = grpc_completion_queue_create_for_next(NULL);
    grpc_channel *channel = dial(identity, port, name);
    send_all(channel, queue, all); /* connects, and warms up */
    int64_t start = bench_now_ns();
    for (int i = 0; i < PASSES; i++) {
        send_all(channel, queue, all);
    }
    printf("raw_wire %.0f\n", (double)all->entries * PASSES /
                                  ((double)(bench_now_ns() - start) / 1e9));
    fflush(stdout);
    grpc_channel_destroy(channel);
}

void sync_raw_wire(const char *store, const char *origin, const char *folder)
{
    int told[2];
    struct identity sender = identity_of(folder, "zhengzhou");
    struct identity receiver = identity_of(folder, "luoyang");
    /* TLS 1.3, as the nodes. */
    setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES128-GCM-SHA256", 1);
    if (pipe(told) != 0) {
        end("no pipe");
    }
    pid_t child = fork();
    if (child == 0) {
        close(told[0]);
        receive(&receiver, told[1]);
    }
    close(told[1]);
    struct segments segments = segments_read(store, origin);
    int port = 0;
    if (child < 0 || read(told[0], &port, sizeof(port)) != sizeof(port)) {
        end("no receiver");
    }
    send_passes(&sender, &segments, port, "luoyang.zy.example");
    int status = 0;
    waitpid(child, &status, 0);
    segments_fini(&segments);
    _exit(status == 0 ? 0 : 1); /* as above */
}
