/* SPDX-License-Identifier: Apache-2.0 */

/* What callers do who do not speak through our client: old TLS, silence, too
 * much metadata, crowds; and what they and the operator are told. */

#include <arpa/inet.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "grpc/health/v1/health.pb-c.h"
#include "protocol/base/alloc.h"
#include "protocol/base/text.h"
#include "tests/unit/rpc/rpc_world.h"

#define REQUEST &grpc__health__v1__health_check_request__descriptor
#define RESPONSE &grpc__health__v1__health_check_response__descriptor

static struct rpc_call *_Atomic kept;

static void echo(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context)
{
    (void)request;
    (void)context;
    Grpc__Health__V1__HealthCheckResponse response =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    rpc_answer(call, &response.base);
}

static void keep(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context)
{
    (void)request;
    (void)context;
    atomic_store(&kept, call);
}

/* A text of three-byte characters, which is cut within one, behind so many
 * ASCII ones. */
static void fail_long(struct rpc_call *call, const ProtobufCMessage *request,
                      void *context)
{
    const char *ascii =
        ((const Grpc__Health__V1__HealthCheckRequest *)request)->service;
    struct hl_detail detail;
    struct writer text = {0};
    (void)context;
    writer_text(&text, ascii);
    for (size_t i = 0; i < HL_DETAIL_TEXT_BYTES; i++) {
        writer_text(&text, "\xe6\xb2\xb3");
    }
    writer_u8(&text, 0);
    rpc_fail(call, hl_fail(&detail, HL_EMALFORMED, "%s", (char *)text.data),
             &detail);
    writer_fini(&text);
}

/* What is not UTF-8 from its beginning on. */
static void fail_odd(struct rpc_call *call, const ProtobufCMessage *request,
                     void *context)
{
    struct hl_detail detail;
    (void)request;
    (void)context;
    rpc_fail(call, hl_fail(&detail, HL_EMALFORMED, "a\xff\xfe b\xe6 c"),
             &detail);
}

static const struct rpc_method methods[] = {
    {"/heluo.test.T/Echo", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 1000, 0,
     echo},
    {"/heluo.test.T/Keep", RPC_UNARY, ROLE_BIT(ROLE_OPERATOR), REQUEST,
     RESPONSE, 1000, 1, keep},
    {"/heluo.test.T/FailLong", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 1000, 0,
     fail_long},
    {"/heluo.test.T/FailOdd", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 1000, 0,
     fail_odd},
    {0}};
static const struct rpc_service services[] = {{"heluo.test.T", methods, NULL},
                                              {0}};

static void expect_ok(struct world *world, const struct files_caller *who)
{
    struct hl_detail detail;
    struct client *client = world_client(world, who);
    assert_ok(world_call(client, &methods[0], &detail));
    client_destroy(&client);
}

static int dial(struct world *world)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port =
                                 htons(rpc_server_port(world->server, 0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

/* --- TLS. ---------------------------------------------------------------- */

/* The version that was agreed on; 0: none. */
static int shake_hands(struct world *world, int version_max)
{
    static const unsigned char h2[] = {2, 'h', '2'};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context, version_max);
    SSL_CTX_set_alpn_protos(context, h2, sizeof(h2));
    assert_int_equal(
        SSL_CTX_use_certificate(context, world->li->pair.certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, world->li->pair.key), 1);
    SSL *tls = SSL_new(context);
    int fd = dial(world);
    SSL_set_fd(tls, fd);
    int version = SSL_connect(tls) == 1 ? SSL_version(tls) : 0;
    SSL_free(tls);
    SSL_CTX_free(context);
    close(fd);
    ERR_clear_error();
    return version;
}

static void tls_is_of_version_1_3_only(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, services, NULL);
    assert_int_equal(shake_hands(&world, 0), TLS1_3_VERSION);
    assert_int_equal(shake_hands(&world, TLS1_2_VERSION), 0);
    world_until(world_log_count(&world, "tls.refused") > 0);
    expect_ok(&world, world.li);
    world_fini(&world);
}

/* --- Crowds. ------------------------------------------------------------- */

static void a_crowd_makes_few_lines(void **state)
{
    (void)state;
    enum { DIALS = 200 };
    static int fds[DIALS];
    struct world world;
    struct rpc_statistics statistics;
    struct rpc_limits limits = world_limits();
    limits.connections_max = 1;
    world_init(&world, services, &limits);
    for (size_t i = 0; i < DIALS; i++) {
        fds[i] = dial(&world);
    }
    do {
        rpc_server_statistics(world.server, &statistics);
    } while (statistics.refused_limits < DIALS - 1);
    size_t lines = world_log_count(&world, "connection.refused");
    assert_in_range(lines, 1, DIALS / 4);
    for (size_t i = 0; i < DIALS; i++) {
        close(fds[i]);
    }
    world_fini(&world);
}

static void the_silent_do_not_hold_up_the_end(void **state)
{
    (void)state;
    enum { DIALS = 20 };
    int fds[DIALS];
    struct world world;
    struct rpc_limits limits = world_limits();
    limits.handshake_timeout_ms = 3600000;
    world_init(&world, services, &limits);
    for (size_t i = 0; i < DIALS; i++) {
        fds[i] = dial(&world);
    }
    expect_ok(&world, world.li);
    rpc_server_stop(&world.server, 100);
    for (size_t i = 0; i < DIALS; i++) {
        close(fds[i]);
    }
    world_fini(&world);
}

/* --- Who may take a place. ----------------------------------------------- */

static void *call_keep(void *context)
{
    struct hl_detail detail;
    return (void *)(uintptr_t)world_call(context, &methods[1], &detail);
}

static void a_place_is_for_those_who_may_call(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    pthread_t thread;
    void *err = NULL;
    world_init(&world, services, NULL);
    struct client *li = world_client(&world, world.li);
    struct client *web = world_client(&world, world.web);
    assert_int_equal(pthread_create(&thread, NULL, call_keep, li), 0);
    world_until(atomic_load(&kept) != NULL);
    assert_err(world_call(web, &methods[1], &detail), HL_EDENIED);
    assert_err(world_call(li, &methods[1], &detail), HL_EBUSY);
    echo(atomic_exchange(&kept, NULL), NULL, NULL);
    pthread_join(thread, &err);
    assert_ok((hl_err)(uintptr_t)err);
    client_destroy(&li);
    client_destroy(&web);
    world_fini(&world);
}

/* --- What is said. ------------------------------------------------------- */

static hl_err call_with(struct client *client, const struct rpc_method *method,
                        const char *text, struct hl_detail *detail)
{
    Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    request.service = (char *)(uintptr_t)text;
    return client_call(client, method->path, &request.base, RESPONSE, &answer,
                       detail);
}

static void a_status_is_utf8_however_it_was_cut(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    world_init(&world, services, NULL);
    struct client *client = world_client(&world, world.li);
    for (const char *lead = "aaa"; *lead != '\0'; lead++) {
        assert_err(call_with(client, &methods[2], lead, &detail),
                   HL_EMALFORMED);
        assert_true(text_utf8_valid(bytes_of_text(detail.text)));
        assert_in_range(strlen(detail.text), HL_DETAIL_TEXT_BYTES - 4,
                        HL_DETAIL_TEXT_BYTES - 1);
    }
    assert_err(world_call(client, &methods[3], &detail), HL_EMALFORMED);
    assert_string_equal(detail.text, "a?? b? c");
    client_destroy(&client);
    world_fini(&world);
}

/* The status of a call that bears so much metadata. */
static int call_with_metadata(struct world *world, size_t size)
{
    grpc_completion_queue *queue = grpc_completion_queue_create_for_next(NULL);
    grpc_channel_credentials *plain = grpc_insecure_credentials_create();
    grpc_channel *channel =
        grpc_channel_create(world->socket_target, plain, NULL);
    grpc_call *core = grpc_channel_create_call(
        channel, NULL, 0, queue, grpc_slice_from_static_string(methods[0].path),
        NULL, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    grpc_slice value = grpc_slice_malloc(size);
    memset(GRPC_SLICE_START_PTR(value), 'x', size);
    grpc_metadata much = {.key = grpc_slice_from_static_string("much"),
                          .value = value};
    grpc_metadata_array initial;
    grpc_metadata_array trailing;
    grpc_metadata_array_init(&initial);
    grpc_metadata_array_init(&trailing);
    grpc_slice details;
    grpc_status_code status = GRPC_STATUS_OK;
    grpc_op ops[] = {{.op = GRPC_OP_SEND_INITIAL_METADATA},
                     {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
                     {.op = GRPC_OP_RECV_INITIAL_METADATA},
                     {.op = GRPC_OP_RECV_STATUS_ON_CLIENT}};
    ops[0].data.send_initial_metadata.metadata = &much;
    ops[0].data.send_initial_metadata.count = 1;
    ops[2].data.recv_initial_metadata.recv_initial_metadata = &initial;
    ops[3].data.recv_status_on_client.trailing_metadata = &trailing;
    ops[3].data.recv_status_on_client.status = &status;
    ops[3].data.recv_status_on_client.status_details = &details;
    assert_int_equal(grpc_call_start_batch(core, ops, 4, core, NULL),
                     GRPC_CALL_OK);
    grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                               NULL);
    grpc_slice_unref(details);
    grpc_slice_unref(value);
    grpc_metadata_array_destroy(&initial);
    grpc_metadata_array_destroy(&trailing);
    grpc_call_unref(core);
    grpc_channel_destroy(channel);
    grpc_channel_credentials_release(plain);
    grpc_completion_queue_shutdown(queue);
    grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                               NULL);
    grpc_completion_queue_destroy(queue);
    return (int)status;
}

static void metadata_is_bounded(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, services, NULL);
    /* Let through, it has no request. */
    assert_int_equal(call_with_metadata(&world, 8000),
                     GRPC_STATUS_INVALID_ARGUMENT);
    assert_int_equal(call_with_metadata(&world, 20000),
                     GRPC_STATUS_RESOURCE_EXHAUSTED);
    assert_int_equal(call_with_metadata(&world, 1000000),
                     GRPC_STATUS_RESOURCE_EXHAUSTED);
    expect_ok(&world, NULL);
    world_fini(&world);
}

static void a_socket_may_have_any_path(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail = {0};
    struct rpc_server *second = NULL;
    char path[128];
    world_init(&world, services, NULL);
    snprintf(path, sizeof(path), "%s/\xe6\xb2\xb3 %%41#?", world.files.folder);
    struct rpc_server_options options = {.socket_path = path,
                                         .socket_mode = 0600,
                                         .gate = world.gate,
                                         .services = services,
                                         .limits = world_limits()};
    hl_err err = rpc_server_start(&options, NULL, &second, &detail);
    if (err != HL_OK) {
        fail_msg("%s", detail.text);
    }
    assert_int_equal(access(path, F_OK), 0);
    rpc_server_stop(&second, 0);
    unlink(path);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_is_of_version_1_3_only),
        cmocka_unit_test(a_crowd_makes_few_lines),
        cmocka_unit_test(the_silent_do_not_hold_up_the_end),
        cmocka_unit_test(a_place_is_for_those_who_may_call),
        cmocka_unit_test(a_status_is_utf8_however_it_was_cut),
        cmocka_unit_test(metadata_is_bounded),
        cmocka_unit_test(a_socket_may_have_any_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
