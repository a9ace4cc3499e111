/* SPDX-License-Identifier: Apache-2.0 */

/* Each bound holds, is said, and is counted; and what is over it never takes
 * the listener down. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "grpc/health/v1/health.pb-c.h"
#include "protocol/base/alloc.h"
#include "tests/unit/rpc/rpc_world.h"

#define REQUEST &grpc__health__v1__health_check_request__descriptor
#define RESPONSE &grpc__health__v1__health_check_response__descriptor

enum { HELD_MAX = 16 };

static struct {
    pthread_mutex_t lock;
    struct rpc_call *calls[HELD_MAX];
    size_t count;
} held = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void echo(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context)
{
    (void)request;
    (void)context;
    Grpc__Health__V1__HealthCheckResponse response =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    rpc_answer(call, &response.base);
}

static void hold(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context)
{
    (void)request;
    (void)context;
    pthread_mutex_lock(&held.lock);
    assert_true(held.count < HELD_MAX);
    held.calls[held.count++] = call;
    pthread_mutex_unlock(&held.lock);
}

static const struct rpc_method methods[] = {
    {"/heluo.test.T/Echo", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 1000, 0,
     echo},
    {"/heluo.test.T/Hold", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 1000, 0,
     hold},
    {"/heluo.test.T/HoldOne", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 1000, 1,
     hold},
    {0}};
static const struct rpc_service services[] = {{"heluo.test.T", methods, NULL},
                                              {0}};

static size_t held_count(void)
{
    pthread_mutex_lock(&held.lock);
    size_t count = held.count;
    pthread_mutex_unlock(&held.lock);
    return count;
}

static void answer_held(void)
{
    pthread_mutex_lock(&held.lock);
    while (held.count > 0) {
        echo(held.calls[--held.count], NULL, NULL);
    }
    pthread_mutex_unlock(&held.lock);
}

struct caller {
    struct client *client;
    const struct rpc_method *method;
    pthread_t thread;
};

static void *call(void *context)
{
    struct caller *caller = context;
    struct hl_detail detail;
    return (void *)(uintptr_t)world_call(caller->client, caller->method,
                                         &detail);
}

/* A call that stays open until answer_held(). */
static void begin_held(struct caller *caller, struct world *world,
                       const struct files_caller *who,
                       const struct rpc_method *method)
{
    size_t before = held_count();
    caller->client = world_client(world, who);
    caller->method = method;
    assert_int_equal(pthread_create(&caller->thread, NULL, call, caller), 0);
    world_until(held_count() == before + 1);
}

static void end_held(struct caller *callers, size_t count)
{
    answer_held();
    for (size_t i = 0; i < count; i++) {
        void *err = NULL;
        pthread_join(callers[i].thread, &err);
        assert_ok((hl_err)(uintptr_t)err);
        client_destroy(&callers[i].client);
    }
}

static void expect_busy(struct world *world, const struct files_caller *who,
                        const struct rpc_method *method, const char *why)
{
    struct hl_detail detail;
    struct rpc_statistics before;
    struct rpc_statistics after;
    struct client *client = world_client(world, who);
    rpc_server_statistics(world->server, &before);
    assert_err(world_call(client, method, &detail), HL_EBUSY);
    assert_non_null(strstr(detail.text, why));
    rpc_server_statistics(world->server, &after);
    assert_int_equal(after.refused_limits, before.refused_limits + 1);
    client_destroy(&client);
}

static void expect_ok(struct world *world, const struct files_caller *who)
{
    struct hl_detail detail;
    struct client *client = world_client(world, who);
    hl_err err = world_call(client, &methods[0], &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", hl_err_name(err), detail.text);
    }
    client_destroy(&client);
}

static uint32_t calls_open(struct world *world)
{
    struct rpc_statistics statistics;
    rpc_server_statistics(world->server, &statistics);
    return statistics.calls_open;
}

static void calls_open_are_bounded_in_all_by_method_and_by_caller(void **state)
{
    (void)state;
    struct world world;
    struct caller callers[3];
    struct rpc_limits limits = world_limits();
    limits.calls_max = 3;
    limits.calls_per_caller = 2;
    world_init(&world, services, &limits);
    begin_held(&callers[0], &world, world.li, &methods[2]);
    expect_busy(&world, world.web, &methods[2], "HoldOne are open");
    begin_held(&callers[1], &world, world.li, &methods[1]);
    world_until(calls_open(&world) == 2);
    expect_busy(&world, world.li, &methods[0], "calls of yours");
    world_until(calls_open(&world) == 2);
    expect_ok(&world, world.web);
    world_until(calls_open(&world) == 2);
    begin_held(&callers[2], &world, world.web, &methods[1]);
    expect_busy(&world, NULL, &methods[0], "at this node");
    end_held(callers, 3);
    world_until(calls_open(&world) == 0);
    expect_ok(&world, NULL);
    expect_ok(&world, world.li);
    world_fini(&world);
}

static void calls_a_second_are_bounded_by_caller(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    struct rpc_limits limits = world_limits();
    limits.rate_per_s = 1;
    limits.rate_burst = 5;
    world_init(&world, services, &limits);
    struct client *client = world_client(&world, world.li);
    hl_err err = HL_OK;
    int passed = 0;
    while ((err = world_call(client, &methods[0], &detail)) == HL_OK) {
        assert_true(passed++ < 100);
    }
    assert_true(passed >= 5);
    assert_err(err, HL_EBUSY);
    assert_non_null(strstr(detail.text, "1 calls a second"));
    expect_ok(&world, world.web);
    client_destroy(&client);
    world_fini(&world);
}

static hl_err call_with_text(struct client *client, size_t size,
                             struct hl_detail *detail)
{
    Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    char *text = hl_alloc(size + 1, 1);
    memset(text, 'a', size);
    request.service = text;
    hl_err err = client_call(client, methods[0].path, &request.base, RESPONSE,
                             &answer, detail);
    if (err == HL_OK) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    hl_free(text);
    return err;
}

static void requests_are_bounded_by_method_and_server(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    struct rpc_limits limits = world_limits();
    limits.message_max_bytes = 100000;
    world_init(&world, services, &limits);
    struct client *client = world_client(&world, world.li);
    assert_ok(call_with_text(client, 900, &detail));
    assert_err(call_with_text(client, 1001, &detail), HL_ELIMIT);
    assert_non_null(strstr(detail.text, "1000 are taken"));
    hl_err err = call_with_text(client, 200000, &detail);
    assert_int_equal(hl_err_grpc(err), GRPC_RESOURCE_EXHAUSTED);
    assert_ok(call_with_text(client, 900, &detail));
    client_destroy(&client);
    world_fini(&world);
}

/* --- A caller with its own ways, on the bare core. ----------------------- */

/* The status of a call with those bytes and that header. */
static int bare_call(const char *target, grpc_channel_credentials *credentials,
                     struct bytes request, const char *encoding)
{
    grpc_completion_queue *queue = grpc_completion_queue_create_for_next(NULL);
    grpc_arg name = {.type = GRPC_ARG_STRING,
                     .key = GRPC_SSL_TARGET_NAME_OVERRIDE_ARG,
                     .value.string = "zhengzhou.zy.example"};
    grpc_channel_args args = {1, &name};
    grpc_channel *channel = grpc_channel_create(target, credentials, &args);
    gpr_timespec until = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                      gpr_time_from_seconds(20, GPR_TIMESPAN));
    grpc_call *core = grpc_channel_create_call(
        channel, NULL, 0, queue, grpc_slice_from_static_string(methods[0].path),
        NULL, until, NULL);
    grpc_slice slice =
        grpc_slice_from_copied_buffer((const char *)request.data, request.size);
    grpc_byte_buffer *sent = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_byte_buffer *received = NULL;
    grpc_metadata_array initial;
    grpc_metadata_array trailing;
    grpc_metadata_array_init(&initial);
    grpc_metadata_array_init(&trailing);
    grpc_slice details;
    grpc_status_code status = GRPC_STATUS_UNKNOWN;
    grpc_metadata coded = {
        .key = grpc_slice_from_static_string("grpc-internal-encoding-request"),
        .value = grpc_slice_from_static_string(encoding)};
    grpc_op ops[6] = {{.op = GRPC_OP_SEND_INITIAL_METADATA},
                      {.op = GRPC_OP_SEND_MESSAGE},
                      {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
                      {.op = GRPC_OP_RECV_INITIAL_METADATA},
                      {.op = GRPC_OP_RECV_MESSAGE},
                      {.op = GRPC_OP_RECV_STATUS_ON_CLIENT}};
    ops[0].data.send_initial_metadata.metadata = &coded;
    ops[0].data.send_initial_metadata.count = encoding[0] != '\0' ? 1 : 0;
    ops[1].data.send_message.send_message = sent;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &initial;
    ops[4].data.recv_message.recv_message = &received;
    ops[5].data.recv_status_on_client.trailing_metadata = &trailing;
    ops[5].data.recv_status_on_client.status = &status;
    ops[5].data.recv_status_on_client.status_details = &details;
    assert_int_equal(grpc_call_start_batch(core, ops, 6, core, NULL),
                     GRPC_CALL_OK);
    grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                               NULL);
    grpc_slice_unref(details);
    grpc_slice_unref(slice);
    grpc_byte_buffer_destroy(sent);
    grpc_byte_buffer_destroy(received);
    grpc_metadata_array_destroy(&initial);
    grpc_metadata_array_destroy(&trailing);
    grpc_call_unref(core);
    grpc_channel_destroy(channel);
    grpc_completion_queue_shutdown(queue);
    grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                               NULL);
    grpc_completion_queue_destroy(queue);
    return (int)status;
}

static int bare_local(struct world *world, struct bytes request,
                      const char *encoding)
{
    grpc_channel_credentials *plain = grpc_insecure_credentials_create();
    int status = bare_call(world->socket_target, plain, request, encoding);
    grpc_channel_credentials_release(plain);
    return status;
}

static void what_is_deflated_or_malformed_is_refused(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, services, NULL);
    struct writer zeros = {0};
    memset(writer_extend(&zeros, 500), 0, 500);
    assert_int_equal(bare_local(&world, bytes_of("", 0), ""), 0);
    assert_int_equal(bare_local(&world, writer_view(&zeros), "gzip"),
                     GRPC_STATUS_UNIMPLEMENTED);
    assert_int_equal(bare_local(&world, writer_view(&zeros), "deflate"),
                     GRPC_STATUS_UNIMPLEMENTED);
    assert_int_equal(bare_local(&world, writer_view(&zeros), ""),
                     GRPC_STATUS_INVALID_ARGUMENT);
    assert_int_equal(bare_local(&world, bytes_of_text("\x0a\x01\xff"), ""),
                     GRPC_STATUS_INVALID_ARGUMENT);
    expect_ok(&world, NULL);
    writer_fini(&zeros);
    world_fini(&world);
}

static void without_a_certificate_there_is_no_connection(void **state)
{
    (void)state;
    struct world world;
    struct writer roots = {0};
    world_init(&world, services, NULL);
    test_read_file(world.files.roots, &roots);
    writer_u8(&roots, 0);
    grpc_channel_credentials *none =
        grpc_ssl_credentials_create((const char *)roots.data, NULL, NULL, NULL);
    grpc_channel_credentials *plain = grpc_insecure_credentials_create();
    assert_int_equal(bare_call(world.target, none, bytes_of("", 0), ""),
                     GRPC_STATUS_UNAVAILABLE);
    assert_int_equal(bare_call(world.target, plain, bytes_of("", 0), ""),
                     GRPC_STATUS_UNAVAILABLE);
    assert_true(world_log_count(&world, "peer did not return a certificate") >
                0);
    grpc_channel_credentials_release(none);
    grpc_channel_credentials_release(plain);
    writer_fini(&roots);
    world_fini(&world);
}

/* --- Connections. -------------------------------------------------------- */

static int dial(struct world *world)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port =
                                 htons(rpc_server_port(world->server, 0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Whether the other end has hung up. */
static bool hung_up(int fd)
{
    char byte = 0;
    ssize_t got = 1;
    while (got > 0) { /* what the server says of HTTP/2 does not count */
        got = recv(fd, &byte, 1, MSG_DONTWAIT);
    }
    return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static size_t hung_up_count(const int *fds, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += hung_up(fds[i]);
    }
    return found;
}

static uint32_t connections(struct world *world)
{
    struct rpc_statistics statistics;
    rpc_server_statistics(world->server, &statistics);
    return statistics.connections;
}

static void over_the_limit_connections_are_closed_at_once(void **state)
{
    (void)state;
    enum { DIALS = 500, LIMIT = 50 };
    static int fds[DIALS];
    struct world world;
    struct rpc_limits limits = world_limits();
    limits.connections_max = LIMIT;
    world_init(&world, services, &limits);
    for (size_t i = 0; i < DIALS; i++) {
        fds[i] = dial(&world);
        assert_true(fds[i] >= 0);
    }
    world_until(hung_up_count(fds, DIALS) == DIALS - LIMIT);
    assert_int_equal(connections(&world), LIMIT);
    expect_ok(&world, NULL);
    for (size_t i = 0; i < DIALS; i++) {
        close(fds[i]);
    }
    world_until(connections(&world) == 0);
    expect_ok(&world, world.li);
    expect_ok(&world, NULL);
    world_fini(&world);
}

static void the_silent_are_dropped(void **state)
{
    (void)state;
    enum { DIALS = 20 };
    int fds[DIALS];
    struct world world;
    struct rpc_limits limits = world_limits();
    limits.handshake_timeout_ms = 200;
    limits.idle_timeout_ms = 300;
    world_init(&world, services, &limits);
    for (size_t i = 0; i < DIALS; i++) {
        fds[i] = dial(&world);
    }
    struct client *idle = world_client(&world, world.li);
    struct hl_detail detail;
    assert_ok(world_call(idle, &methods[0], &detail));
    world_until(hung_up_count(fds, DIALS) == DIALS);
    for (size_t i = 0; i < DIALS; i++) {
        close(fds[i]);
    }
    world_until(connections(&world) == 0);
    client_destroy(&idle);
    world_fini(&world);
}

static void out_of_descriptors_the_listener_lives_on(void **state)
{
    (void)state;
    enum { DIALS = 40 };
    int fds[DIALS];
    int plugs[256];
    size_t plug_count = 0;
    struct world world;
    struct rlimit before;
    world_init(&world, services, NULL);
    expect_ok(&world, world.li);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    /* Sockets first: they connect when no descriptor is left to accept. */
    for (size_t i = 0; i < DIALS; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_true(fds[i] >= 0);
    }
    struct rlimit low = {.rlim_cur = (rlim_t)fds[DIALS - 1] + 8,
                         .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    int plug = -1;
    while ((plug = open("/dev/null", O_RDONLY)) >= 0) {
        assert_true(plug_count < 256);
        plugs[plug_count++] = plug;
    }
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port =
                                 htons(rpc_server_port(world.server, 0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (size_t i = 0; i < DIALS; i++) {
        assert_int_equal(connect(fds[i], (struct sockaddr *)&to, sizeof(to)),
                         0);
    }
    world_until(hung_up_count(fds, DIALS) == DIALS);
    for (size_t i = 0; i < DIALS; i++) {
        close(fds[i]);
    }
    while (plug_count > 0) {
        close(plugs[--plug_count]);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    expect_ok(&world, world.li);
    expect_ok(&world, NULL);
    world_fini(&world);
}

/* --- Listening. ---------------------------------------------------------- */

static void the_socket_is_closed_to_others_and_replaced_when_dead(void **state)
{
    (void)state;
    struct world world;
    struct stat there;
    struct hl_detail detail;
    struct rpc_server *second = NULL;
    world_init(&world, services, NULL);
    assert_int_equal(stat(world.socket, &there), 0);
    assert_int_equal(there.st_mode & 0777, 0600);
    struct rpc_server_options options = {.socket_path = world.socket,
                                         .socket_mode = 0660,
                                         .gate = world.gate,
                                         .services = services,
                                         .limits = world_limits()};
    assert_err(rpc_server_start(&options, NULL, &second, &detail), HL_EIO);
    assert_non_null(strstr(detail.text, "another process listens"));
    expect_ok(&world, NULL);
    rpc_server_stop(&world.server, 1000);
    /* What a process leaves that was killed. */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", world.socket);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    assert_ok(rpc_server_start(&options, NULL, &second, &detail));
    assert_int_equal(stat(world.socket, &there), 0);
    assert_int_equal(there.st_mode & 0777, 0660);
    expect_ok(&world, NULL);
    rpc_server_stop(&second, 1000);
    world_fini(&world);
}

static void a_port_that_is_taken_is_named(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    struct rpc_server *second = NULL;
    world_init(&world, services, NULL);
    const char *listen[] = {"127.0.0.1:0", world.target};
    struct writer pem = {0};
    struct writer key = {0};
    maker_write(world.files.root.certificate, &pem);
    files_key(&world.files.root, &key);
    struct rpc_credentials credentials = {.roots = writer_view(&pem),
                                          .chain = writer_view(&pem),
                                          .key = writer_view(&key)};
    struct rpc_server_options options = {.listen = listen,
                                         .listen_count = 2,
                                         .gate = world.gate,
                                         .services = services,
                                         .limits = world_limits()};
    assert_err(rpc_server_start(&options, &credentials, &second, &detail),
               HL_EIO);
    assert_non_null(strstr(detail.text, world.target));
    assert_non_null(strstr(detail.text, "in use"));
    listen[1] = "127.0.0.1";
    assert_err(rpc_server_start(&options, &credentials, &second, &detail),
               HL_EIO);
    credentials.key = credentials.chain;
    listen[1] = "127.0.0.1:0";
    assert_err(rpc_server_start(&options, &credentials, &second, &detail),
               HL_EIO);
    assert_non_null(strstr(detail.text, "certificate"));
    options.limits.threads = 0;
    assert_err(rpc_server_start(&options, &credentials, &second, &detail),
               HL_ECONFIG);
    assert_non_null(strstr(detail.text, "threads"));
    writer_fini(&pem);
    writer_fini(&key);
    world_fini(&world);
}

static void a_new_certificate_counts_from_the_next_handshake(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    struct writer pem = {0};
    struct writer other = {0};
    struct writer key = {0};
    world_init(&world, services, NULL);
    struct client *former = world_client(&world, world.li);
    assert_ok(world_call(former, &methods[0], &detail));
    struct maker_pair foreign = files_root();
    maker_write(foreign.certificate, &other);
    maker_write(world.server_pair.certificate, &pem);
    files_key(&world.server_pair, &key);
    struct rpc_credentials credentials = {.roots = writer_view(&other),
                                          .chain = writer_view(&pem),
                                          .key = writer_view(&key)};
    rpc_server_set_credentials(world.server, &credentials);
    struct client *later = world_client(&world, world.li);
    assert_err(world_call(later, &methods[0], &detail), HL_ECONNECT);
    assert_ok(world_call(former, &methods[0], &detail));
    client_destroy(&later);
    client_destroy(&former);
    maker_fini(&foreign);
    writer_fini(&other);
    writer_fini(&pem);
    writer_fini(&key);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_open_are_bounded_in_all_by_method_and_by_caller),
        cmocka_unit_test(calls_a_second_are_bounded_by_caller),
        cmocka_unit_test(requests_are_bounded_by_method_and_server),
        cmocka_unit_test(what_is_deflated_or_malformed_is_refused),
        cmocka_unit_test(without_a_certificate_there_is_no_connection),
        cmocka_unit_test(over_the_limit_connections_are_closed_at_once),
        cmocka_unit_test(the_silent_are_dropped),
        cmocka_unit_test(out_of_descriptors_the_listener_lives_on),
        cmocka_unit_test(the_socket_is_closed_to_others_and_replaced_when_dead),
        cmocka_unit_test(a_port_that_is_taken_is_named),
        cmocka_unit_test(a_new_certificate_counts_from_the_next_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
