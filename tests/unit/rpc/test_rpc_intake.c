/* SPDX-License-Identifier: Apache-2.0 */

/* Client streams: a message at a time, one answer where the caller has said
 * that it sent its last, none where it was lost; ended in every way, gone
 * once, and never while somebody has the call. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "grpc/health/v1/health.pb-c.h"
#include "tests/unit/rpc/rpc_world.h"
#include "tests/unit/rpc/upload.h"

#define REQUEST &grpc__health__v1__health_check_request__descriptor
#define RESPONSE &grpc__health__v1__health_check_response__descriptor

enum { METHOD_MAX_BYTES = 1 << 20, SERVER_MAX_BYTES = 2 << 20, CALLS_MAX = 64 };

/* As the writer is to an import: has what was handed on until it lets go. */
struct one {
    struct rpc_call *call;
    atomic_uint received, rounds;
    atomic_bool handed, gone;
};

static struct {
    pthread_mutex_t lock;
    struct one *held[CALLS_MAX];
    size_t held_count;
    atomic_bool holds; /* else all is dealt with at once */
    atomic_uint started, received, closed, gone, inside;
    atomic_uint rounds; /* that `closed` takes before it answers */
} desk = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void answer(struct one *one)
{
    Grpc__Health__V1__HealthCheckResponse response =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    response.status =
        (Grpc__Health__V1__HealthCheckResponse__ServingStatus)atomic_load(
            &one->received);
    atomic_store(&one->handed, false);
    rpc_answer(one->call, &response.base);
}

static void enter(struct one *one)
{
    assert_false(atomic_exchange(&one->handed, true));
    assert_false(atomic_load(&one->gone));
}

static void read_on(struct one *one)
{
    atomic_store(&one->handed, false);
    rpc_read_on(one->call);
}

static void keep(struct one *one)
{
    pthread_mutex_lock(&desk.lock);
    assert_true(desk.held_count < CALLS_MAX);
    desk.held[desk.held_count++] = one;
    pthread_mutex_unlock(&desk.lock);
}

static void let_go(void (*deal)(struct one *one))
{
    pthread_mutex_lock(&desk.lock);
    while (desk.held_count > 0) {
        deal(desk.held[--desk.held_count]);
    }
    pthread_mutex_unlock(&desk.lock);
}

static void received(struct rpc_call *call, const ProtobufCMessage *request,
                     void *context)
{
    struct one *one = context;
    enter(one);
    assert_ptr_equal(request->descriptor, REQUEST);
    struct call_memory *mark = rpc_call_mark(call);
    memset(rpc_call_alloc(call, 1000), 1, 1000);
    rpc_call_release(call, mark);
    atomic_fetch_add(&one->received, 1);
    atomic_fetch_add(&desk.received, 1);
    if (atomic_load(&desk.holds)) {
        keep(one);
    } else {
        read_on(one);
    }
}

static void closed(struct rpc_call *call, void *context)
{
    struct one *one = context;
    (void)call;
    enter(one);
    atomic_fetch_add(&desk.closed, 1);
    if (atomic_load(&desk.holds)) {
        keep(one);
    } else if (atomic_fetch_add(&one->rounds, 1) < atomic_load(&desk.rounds)) {
        read_on(one);
    } else {
        answer(one);
    }
}

static void gone(struct rpc_call *call, void *context)
{
    struct one *one = context;
    (void)call;
    assert_false(atomic_load(&one->handed));
    assert_false(atomic_exchange(&one->gone, true));
    atomic_fetch_add(&desk.gone, 1);
    atomic_fetch_sub(&desk.inside, 1);
}

static void begin(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context)
{
    (void)context;
    assert_null(request);
    struct one *one = rpc_call_alloc(call, sizeof(*one));
    one->call = call;
    atomic_fetch_add(&desk.started, 1);
    atomic_fetch_add(&desk.inside, 1);
    rpc_intake_start(call, &(struct rpc_intake){.received = received,
                                                .closed = closed,
                                                .gone = gone,
                                                .context = one});
}

static void refuse(struct rpc_call *call, const ProtobufCMessage *request,
                   void *context)
{
    (void)request;
    (void)context;
    struct hl_detail detail;
    rpc_fail(call, hl_fail(&detail, HL_EFULL, "the disk is full"), &detail);
}

static const struct rpc_method methods[] = {
    {"/heluo.test.T/Gather", RPC_CLIENT_STREAM, ROLE_ALL, REQUEST, RESPONSE,
     METHOD_MAX_BYTES, 0, begin},
    {"/heluo.test.T/Refuse", RPC_CLIENT_STREAM, ROLE_ALL, REQUEST, RESPONSE,
     METHOD_MAX_BYTES, 0, refuse},
    {0}};
static const struct rpc_service services[] = {{"heluo.test.T", methods, NULL},
                                              {0}};

static void setup(struct world *world, const struct rpc_limits *limits)
{
    struct rpc_limits usual = world_limits();
    usual.message_max_bytes = SERVER_MAX_BYTES;
    desk.held_count = 0;
    atomic_store(&desk.holds, false);
    atomic_store(&desk.rounds, 0);
    atomic_store(&desk.started, 0);
    atomic_store(&desk.received, 0);
    atomic_store(&desk.closed, 0);
    atomic_store(&desk.gone, 0);
    world_init(world, services, limits == NULL ? &usual : limits);
}

static void teardown(struct world *world)
{
    world_fini(world);
    assert_int_equal(atomic_load(&desk.gone), atomic_load(&desk.started));
    assert_int_equal(atomic_load(&desk.inside), 0);
}

static struct upload *open_upload(struct client *client)
{
    return upload_open(client, methods[0].path, RESPONSE, 60000);
}

static bool send_bytes(struct upload *upload, size_t size, int64_t wait_ms)
{
    Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    char *text = calloc(1, size + 1);
    memset(text, 'x', size);
    request.service = text;
    bool taken = upload_send(upload, &request.base, wait_ms);
    free(text);
    return taken;
}

static void expect_answer(struct upload *upload, unsigned messages)
{
    ProtobufCMessage *message = NULL;
    struct hl_detail detail;
    hl_err err = upload_end(upload, true, &message, &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", hl_err_name(err), detail.text);
    }
    assert_int_equal(
        ((const Grpc__Health__V1__HealthCheckResponse *)message)->status,
        messages);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void expect_error(struct upload *upload, bool half_close, hl_err wanted,
                         const char *text)
{
    ProtobufCMessage *message = NULL;
    struct hl_detail detail;
    assert_err(upload_end(upload, half_close, &message, &detail), wanted);
    assert_null(message);
    if (strstr(detail.text, text) == NULL) {
        fail_msg("'%s' says nothing of '%s'", detail.text, text);
    }
}

/* --- The rules. ---------------------------------------------------------- */

static void the_last_is_answered_once(void **state)
{
    (void)state;
    struct world world;
    setup(&world, NULL);
    struct client *callers[] = {world_client(&world, world.li),
                                world_client(&world, NULL)};
    for (unsigned i = 0; i < 40; i++) {
        unsigned messages = i % 5; /* none is a stream, too */
        atomic_store(&desk.rounds, i % 3);
        unsigned before = atomic_load(&desk.closed);
        struct upload *upload = open_upload(callers[i % 2]);
        for (unsigned n = 0; n < messages; n++) {
            assert_true(send_bytes(upload, 10 + (size_t)n * 100000, 20000));
        }
        expect_answer(upload, messages);
        assert_int_equal(atomic_load(&desk.closed) - before, i % 3 + 1);
        upload_close(&upload);
    }
    client_destroy(&callers[0]);
    client_destroy(&callers[1]);
    teardown(&world);
}

/* However the core's word of it falls: the same word as for the last. */
static void who_is_lost_has_not_sent_the_last(void **state)
{
    (void)state;
    struct world world;
    setup(&world, NULL);
    for (unsigned i = 0; i < 300; i++) {
        struct client *client =
            world_client(&world, i % 2 == 0 ? NULL : world.li);
        struct upload *upload =
            upload_open(client, methods[0].path, RESPONSE,
                        i % 3 == 0 ? (int64_t)(10 + i % 20) : 60000);
        if (send_bytes(upload, 10, 20000) && i % 3 == 0) {
            ProtobufCMessage *message = NULL;
            struct hl_detail detail;
            assert_err(upload_end(upload, false, &message, &detail),
                       HL_EDEADLINE);
        }
        upload_close(&upload); /* cancels */
        client_destroy(&client);
    }
    world_until(atomic_load(&desk.gone) == atomic_load(&desk.started));
    assert_true(atomic_load(&desk.started) > 200);
    assert_int_equal(atomic_load(&desk.closed), 0);
    teardown(&world);
}

static void expect_nobody_goes(void)
{
    for (int i = 0; i < 50; i++) {
        world_pause();
    }
    assert_int_equal(atomic_load(&desk.gone), 0);
}

static void what_is_not_dealt_with_stops_the_flood(void **state)
{
    (void)state;
    struct world world;
    unsigned taken = 0;
    setup(&world, NULL);
    atomic_store(&desk.holds, true);
    struct client *client = world_client(&world, NULL);
    struct upload *upload = open_upload(client);
    while (taken < 200 && send_bytes(upload, METHOD_MAX_BYTES / 2, 500)) {
        taken++;
    }
    assert_in_range(taken, 1, 20); /* the core's window and buffers */
    assert_int_equal(atomic_load(&desk.received), 1);
    upload_close(&upload);
    expect_nobody_goes();
    let_go(read_on);
    world_until(atomic_load(&desk.gone) == 1);
    assert_int_equal(atomic_load(&desk.closed), 0);
    client_destroy(&client);
    teardown(&world);
}

static void a_call_that_was_handed_on_does_not_go(void **state)
{
    (void)state;
    struct world world;
    setup(&world, NULL);
    atomic_store(&desk.holds, true);
    struct client *client = world_client(&world, world.li);
    struct upload *upload = upload_open(client, methods[0].path, RESPONSE, 200);
    assert_true(send_bytes(upload, 10, 20000));
    expect_error(upload, false, HL_EDEADLINE, "");
    upload_close(&upload);
    world_until(atomic_load(&desk.received) == 1);
    expect_nobody_goes();
    let_go(read_on);
    world_until(atomic_load(&desk.gone) == 1);

    /* The answer to one who has gone meanwhile. */
    upload = upload_open(client, methods[0].path, RESPONSE, 200);
    expect_error(upload, true, HL_EDEADLINE, "");
    upload_close(&upload);
    world_until(atomic_load(&desk.closed) == 1);
    let_go(answer);
    world_until(atomic_load(&desk.gone) == 2);
    client_destroy(&client);
    teardown(&world);
}

static void fail_full(struct one *one)
{
    struct hl_detail detail;
    hl_err err = hl_fail(&detail, HL_EFULL, "the disk is full");
    atomic_store(&one->handed, false);
    rpc_fail(one->call, err, &detail);
}

static void a_user_may_refuse_at_any_point(void **state)
{
    (void)state;
    struct world world;
    setup(&world, NULL);
    atomic_store(&desk.holds, true);
    struct client *client = world_client(&world, world.li);
    struct upload *upload =
        upload_open(client, methods[1].path, RESPONSE, 60000);
    expect_error(upload, false, HL_EFULL, "the disk is full");
    upload_close(&upload);
    for (unsigned last = 0; last < 2; last++) {
        upload = open_upload(client);
        if (last == 0) {
            assert_true(send_bytes(upload, 10, 20000));
        } else {
            upload_half_close(upload);
        }
        world_until(atomic_load(&desk.received) + atomic_load(&desk.closed) ==
                    last + 1);
        let_go(fail_full);
        expect_error(upload, false, HL_EFULL, "the disk is full");
        upload_close(&upload);
    }
    client_destroy(&client);
    teardown(&world);
}

static void a_message_that_is_none_ends_the_stream(void **state)
{
    (void)state;
    struct world world;
    setup(&world, NULL);
    struct client *client = world_client(&world, world.li);
    struct upload *upload = open_upload(client);
    assert_true(send_bytes(upload, 10, 20000));
    assert_true(send_bytes(upload, METHOD_MAX_BYTES, 20000));
    expect_error(upload, false, HL_ELIMIT, "1048576 are taken");
    upload_close(&upload);

    upload = open_upload(client); /* over what the core takes */
    assert_true(send_bytes(upload, 10, 20000));
    send_bytes(upload, SERVER_MAX_BYTES, 20000);
    expect_error(upload, false, HL_ELIMIT, "");
    upload_close(&upload);

    upload = open_upload(client);
    Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    request.service = "\xff\xfe";
    upload_send(upload, &request.base, 20000);
    expect_error(upload, false, HL_EMALFORMED, "not UTF-8");
    upload_close(&upload);
    world_until(atomic_load(&desk.gone) == 3);
    assert_int_equal(atomic_load(&desk.closed), 0);
    client_destroy(&client);
    teardown(&world);
}

static void the_silent_lose_their_stream(void **state)
{
    (void)state;
    struct world world;
    struct rpc_limits limits = world_limits();
    limits.idle_timeout_ms = 100;
    limits.admission_interval_ms = 20;
    setup(&world, &limits);
    struct client *client = world_client(&world, NULL);
    struct upload *upload = open_upload(client);
    expect_error(upload, false, HL_EDEADLINE, "no whole message");
    upload_close(&upload);

    /* Not one that waits for the server. */
    atomic_store(&desk.holds, true);
    upload = open_upload(client);
    assert_true(send_bytes(upload, 10, 20000));
    world_until(atomic_load(&desk.received) == 1);
    for (int i = 0; i < 300; i++) {
        world_pause();
    }
    atomic_store(&desk.holds, false);
    let_go(read_on);
    expect_answer(upload, 1);
    upload_close(&upload);
    client_destroy(&client);
    teardown(&world);
}

static void the_revoked_lose_their_stream(void **state)
{
    (void)state;
    static const long revoked[] = {11, 0};
    struct world world;
    setup(&world, NULL);
    struct client *client = world_client(&world, world.web);
    struct upload *upload = open_upload(client);
    assert_true(send_bytes(upload, 10, 20000));
    world_until(atomic_load(&desk.received) == 1);
    world_revoke(&world, revoked);
    rpc_server_admit_again(world.server);
    ProtobufCMessage *message = NULL;
    struct hl_detail detail;
    hl_err err = upload_end(upload, false, &message, &detail);
    assert_int_equal(hl_err_grpc(err), GRPC_UNAUTHENTICATED);
    assert_non_null(strstr(detail.text, "revoked"));
    upload_close(&upload);
    world_until(atomic_load(&desk.gone) == 1);
    assert_int_equal(atomic_load(&desk.closed), 0);
    client_destroy(&client);
    teardown(&world);
}

/* --- The server's end. --------------------------------------------------- */

static void *stop_server(void *context)
{
    rpc_server_stop(context, 60000);
    return NULL;
}

static void a_server_stops_when_the_call_is_its_own_again(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 3; at++) { /* reading, a message, the last */
        struct world world;
        pthread_t stopper;
        setup(&world, NULL);
        atomic_store(&desk.holds, at > 0);
        struct client *client = world_client(&world, world.li);
        struct upload *upload = open_upload(client);
        if (at < 2) {
            assert_true(send_bytes(upload, 10, 20000));
        } else {
            upload_half_close(upload);
        }
        world_until(atomic_load(&desk.received) + atomic_load(&desk.closed) ==
                    1);
        pthread_create(&stopper, NULL, stop_server, &world.server);
        expect_error(upload, false, HL_ESTOPPING, "");
        if (at > 0) {
            expect_nobody_goes();
            let_go(at == 1 ? read_on : answer);
        }
        pthread_join(stopper, NULL);
        assert_int_equal(atomic_load(&desk.gone), 1);
        upload_close(&upload);
        client_destroy(&client);
        teardown(&world);
    }
}

struct loader {
    struct world *world;
    pthread_t thread;
    unsigned number;
};

static atomic_bool load_ends;
static atomic_uint unanswered;

static void *load(void *context)
{
    struct loader *loader = context;
    struct client *client = world_client(
        loader->world, loader->number % 2 == 0 ? loader->world->li : NULL);
    for (unsigned i = loader->number; !atomic_load(&load_ends); i++) {
        struct upload *upload = open_upload(client);
        for (unsigned n = 0; n < i % 4; n++) {
            (void)send_bytes(upload, (size_t)n * 50000, 20000);
        }
        if (i % 3 != 0) {
            ProtobufCMessage *message = NULL;
            struct hl_detail detail;
            if (upload_end(upload, true, &message, &detail) != HL_OK) {
                atomic_fetch_add(&unanswered, 1);
            } else {
                protobuf_c_message_free_unpacked(message, NULL);
            }
        }
        upload_close(&upload);
    }
    client_destroy(&client);
    return NULL;
}

static void a_server_stops_under_load(void **state)
{
    (void)state;
    for (uint32_t grace_ms = 0; grace_ms <= 50; grace_ms += 25) {
        struct world world;
        struct loader loaders[6];
        setup(&world, NULL);
        atomic_store(&desk.rounds, 2);
        atomic_store(&load_ends, false);
        atomic_store(&unanswered, 0);
        for (unsigned i = 0; i < 6; i++) {
            loaders[i] = (struct loader){.world = &world, .number = i};
            pthread_create(&loaders[i].thread, NULL, load, &loaders[i]);
        }
        world_until(atomic_load(&desk.gone) > 100);
        assert_int_equal(atomic_load(&unanswered), 0);
        rpc_server_stop(&world.server, grace_ms);
        atomic_store(&load_ends, true);
        for (size_t i = 0; i < 6; i++) {
            pthread_join(loaders[i].thread, NULL);
        }
        teardown(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_is_answered_once),
        cmocka_unit_test(who_is_lost_has_not_sent_the_last),
        cmocka_unit_test(what_is_not_dealt_with_stops_the_flood),
        cmocka_unit_test(a_call_that_was_handed_on_does_not_go),
        cmocka_unit_test(a_user_may_refuse_at_any_point),
        cmocka_unit_test(a_message_that_is_none_ends_the_stream),
        cmocka_unit_test(the_silent_lose_their_stream),
        cmocka_unit_test(the_revoked_lose_their_stream),
        cmocka_unit_test(a_server_stops_when_the_call_is_its_own_again),
        cmocka_unit_test(a_server_stops_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
