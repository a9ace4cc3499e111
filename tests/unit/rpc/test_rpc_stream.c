/* SPDX-License-Identifier: Apache-2.0 */

/* Streams: pumped when woken, ended in every way, gone once; and the end of
 * the server while calls are open. */

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "grpc/health/v1/health.pb-c.h"
#include "tests/unit/rpc/rpc_world.h"

#define REQUEST &grpc__health__v1__health_check_request__descriptor
#define RESPONSE &grpc__health__v1__health_check_response__descriptor

enum { CALLS_MAX = 64 };

/* What the test's methods share. Streams send `due` messages, each. */
static struct {
    pthread_mutex_t lock;
    struct rpc_call *streams[CALLS_MAX];
    struct rpc_call *held[CALLS_MAX];
    size_t held_count;
    uint32_t due;
    atomic_uint started, gone, overlaps, handled;
    atomic_bool blocked;
} feed = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct one {
    size_t place;
    uint32_t sent;
    atomic_uint inside;
};

static void pump(struct rpc_call *call, void *context)
{
    struct one *one = context;
    if (atomic_fetch_add(&one->inside, 1) != 0) {
        atomic_fetch_add(&feed.overlaps, 1);
    }
    pthread_mutex_lock(&feed.lock);
    bool due = one->sent < feed.due;
    pthread_mutex_unlock(&feed.lock);
    if (due) {
        Grpc__Health__V1__HealthCheckResponse message =
            GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
        one->sent++;
        rpc_send(call, &message.base);
    }
    atomic_fetch_sub(&one->inside, 1);
}

static void gone(struct rpc_call *call, void *context)
{
    struct one *one = context;
    (void)call;
    pthread_mutex_lock(&feed.lock);
    feed.streams[one->place] = NULL;
    pthread_mutex_unlock(&feed.lock);
    atomic_fetch_add(&feed.gone, 1);
}

static void watch(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context)
{
    (void)request;
    (void)context;
    struct one *one = rpc_call_alloc(call, sizeof(*one));
    pthread_mutex_lock(&feed.lock);
    while (feed.streams[one->place] != NULL) {
        one->place++;
        assert_true(one->place < CALLS_MAX);
    }
    feed.streams[one->place] = call;
    pthread_mutex_unlock(&feed.lock);
    atomic_fetch_add(&feed.started, 1);
    rpc_stream_start(
        call, &(struct rpc_stream){.pump = pump, .gone = gone, .context = one});
}

static void hold(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context)
{
    (void)request;
    (void)context;
    pthread_mutex_lock(&feed.lock);
    assert_true(feed.held_count < CALLS_MAX);
    feed.held[feed.held_count++] = call;
    pthread_mutex_unlock(&feed.lock);
    atomic_fetch_add(&feed.handled, 1);
}

static void refuse(struct rpc_call *call, const ProtobufCMessage *request,
                   void *context)
{
    (void)request;
    (void)context;
    struct hl_detail detail;
    hl_err err = hl_fail(&detail, HL_EFULL, "the disk is full");
    rpc_fail(call, err, &detail);
}

static void block(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context);

static const struct rpc_method methods[] = {
    {"/heluo.test.T/Watch", RPC_SERVER_STREAM, ROLE_ALL, REQUEST, RESPONSE,
     65536, 0, watch},
    {"/heluo.test.T/Hold", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 65536, 0,
     hold},
    {"/heluo.test.T/Refuse", RPC_SERVER_STREAM, ROLE_ALL, REQUEST, RESPONSE,
     65536, 0, refuse},
    {"/heluo.test.T/RefuseOne", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 65536,
     0, refuse},
    {"/heluo.test.T/Block", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 65536, 0,
     block},
    {0}};
static const struct rpc_service services[] = {{"heluo.test.T", methods, NULL},
                                              {0}};

static void wake_all(uint32_t due)
{
    pthread_mutex_lock(&feed.lock);
    feed.due = due;
    for (size_t i = 0; i < CALLS_MAX; i++) {
        if (feed.streams[i] != NULL) {
            rpc_wake(feed.streams[i]);
        }
    }
    pthread_mutex_unlock(&feed.lock);
}

static void answer_held(void)
{
    Grpc__Health__V1__HealthCheckResponse message =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    pthread_mutex_lock(&feed.lock);
    while (feed.held_count > 0) {
        rpc_answer(feed.held[--feed.held_count], &message.base);
    }
    pthread_mutex_unlock(&feed.lock);
}

static struct client_stream *open_stream(struct client *client,
                                         const char *path)
{
    static Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    return client_stream_open(client, path, &request.base, RESPONSE);
}

static hl_err next(struct client_stream *stream, bool *got,
                   struct hl_detail *detail)
{
    ProtobufCMessage *message = NULL;
    bool timed_out = false;
    *detail = (struct hl_detail){0};
    hl_err err =
        client_stream_next(stream, 20000, &message, &timed_out, detail);
    assert_false(timed_out);
    *got = err == HL_OK && message != NULL;
    if (*got) {
        protobuf_c_message_free_unpacked(message, NULL);
    }
    return err;
}

static void expect_messages(struct client_stream *stream, uint32_t count)
{
    struct hl_detail detail;
    bool got = false;
    for (uint32_t i = 0; i < count; i++) {
        assert_ok(next(stream, &got, &detail));
        assert_true(got);
    }
}

static void setup(struct world *world, const struct rpc_limits *limits)
{
    feed.due = 0;
    feed.held_count = 0;
    atomic_store(&feed.started, 0);
    atomic_store(&feed.gone, 0);
    atomic_store(&feed.overlaps, 0);
    atomic_store(&feed.handled, 0);
    world_init(world, services, limits);
}

static void teardown(struct world *world)
{
    world_fini(world);
    assert_int_equal(atomic_load(&feed.gone), atomic_load(&feed.started));
    assert_int_equal(atomic_load(&feed.overlaps), 0);
}

static void a_stream_sends_what_is_due_whenever_it_is_woken(void **state)
{
    (void)state;
    struct world world;
    setup(&world, NULL);
    struct client *client = world_client(&world, world.li);
    struct client_stream *one = open_stream(client, methods[0].path);
    struct client_stream *other = open_stream(client, methods[0].path);
    world_until(atomic_load(&feed.started) == 2);
    for (uint32_t due = 1; due <= 200; due += 7) {
        wake_all(due);
        expect_messages(one, due == 1 ? 1 : 7);
        expect_messages(other, due == 1 ? 1 : 7);
    }
    client_stream_close(&other);
    world_until(atomic_load(&feed.gone) == 1);
    wake_all(200);
    client_stream_close(&one);
    world_until(atomic_load(&feed.gone) == 2);
    client_destroy(&client);
    teardown(&world);
}

static void an_error_comes_after_what_was_sent(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    struct hl_detail why;
    bool got = false;
    setup(&world, NULL);
    struct client *client = world_client(&world, NULL);
    struct client_stream *stream = open_stream(client, methods[0].path);
    world_until(atomic_load(&feed.started) == 1);
    wake_all(3);
    expect_messages(stream, 3);
    hl_err damaged = hl_fail(&why, HL_EDAMAGED, "entry 7 is damaged");
    pthread_mutex_lock(&feed.lock);
    rpc_fail(feed.streams[0], damaged, &why);
    pthread_mutex_unlock(&feed.lock);
    assert_err(next(stream, &got, &detail), HL_EDAMAGED);
    assert_non_null(strstr(detail.text, "entry 7 is damaged"));
    client_stream_close(&stream);
    stream = open_stream(client, methods[2].path);
    assert_err(next(stream, &got, &detail), HL_EFULL);
    client_stream_close(&stream);
    assert_err(world_call(client, &methods[3], &detail), HL_EFULL);
    assert_non_null(strstr(detail.text, "the disk is full"));
    client_destroy(&client);
    teardown(&world);
}

static void revoke_under_a_stream(struct world *world, bool at_once)
{
    static const long revoked[] = {11, 0};
    struct hl_detail detail;
    bool got = false;
    struct client *li = world_client(world, world->li);
    struct client *web = world_client(world, world->web);
    struct client *local = world_client(world, NULL);
    struct client_stream *stays = open_stream(li, methods[0].path);
    struct client_stream *ends = open_stream(web, methods[0].path);
    struct client_stream *here = open_stream(local, methods[0].path);
    world_until(atomic_load(&feed.started) == 3);
    wake_all(1);
    expect_messages(ends, 1);
    world_revoke(world, revoked);
    if (at_once) {
        rpc_server_admit_again(world->server);
    }
    hl_err err = next(ends, &got, &detail);
    assert_int_equal(hl_err_grpc(err), GRPC_UNAUTHENTICATED);
    assert_non_null(strstr(detail.text, "revoked"));
    wake_all(2);
    expect_messages(stays, 2);
    expect_messages(here, 2);
    assert_int_equal(world_log_count(world, "stream.ended"), 1);
    assert_true(world_log_count(world, "platform/zhengzhou/web") > 0);
    client_stream_close(&ends);
    client_stream_close(&stays);
    client_stream_close(&here);
    client_destroy(&web);
    client_destroy(&li);
    client_destroy(&local);
}

static void a_revoked_caller_loses_its_streams(void **state)
{
    (void)state;
    struct world world;
    struct rpc_limits limits = world_limits();
    setup(&world, NULL);
    revoke_under_a_stream(&world, true);
    teardown(&world);
    limits.admission_interval_ms = 20;
    setup(&world, &limits);
    revoke_under_a_stream(&world, false);
    teardown(&world);
}

static void stopping_ends_streams_and_says_so(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    bool got = false;
    setup(&world, NULL);
    struct client *client = world_client(&world, world.li);
    struct client_stream *stream = open_stream(client, methods[0].path);
    world_until(atomic_load(&feed.started) == 1);
    rpc_server_stop(&world.server, 60000);
    assert_null(world.server);
    assert_err(next(stream, &got, &detail), HL_ESTOPPING);
    client_stream_close(&stream);
    client_destroy(&client);
    teardown(&world);
}

static void *call_and_wait(void *context)
{
    struct hl_detail detail;
    struct client *client = context;
    return (void *)(uintptr_t)world_call(client, &methods[1], &detail);
}

static void *answer_late(void *context)
{
    (void)context;
    for (int i = 0; i < 50; i++) {
        world_pause();
    }
    answer_held();
    return NULL;
}

static void stopping_waits_for_answers(void **state)
{
    (void)state;
    struct world world;
    pthread_t caller;
    pthread_t answerer;
    void *err = NULL;
    setup(&world, NULL);
    struct client *client = world_client(&world, NULL);
    pthread_create(&caller, NULL, call_and_wait, client);
    world_until(atomic_load(&feed.handled) == 1);
    pthread_create(&answerer, NULL, answer_late, NULL);
    rpc_server_stop(&world.server, 60000);
    pthread_join(caller, &err);
    pthread_join(answerer, NULL);
    assert_ok((hl_err)(uintptr_t)err);
    client_destroy(&client);
    teardown(&world);
}

static void *stop_server(void *context)
{
    rpc_server_stop(context, 60000);
    return NULL;
}

/* As a handler does that is late: a status asked for while the node ends. */
static void a_server_that_stops_still_has_statistics(void **state)
{
    (void)state;
    struct world world;
    pthread_t caller, stopper;
    struct hl_detail detail;
    struct rpc_statistics statistics;
    const struct rpc_method health = {.path = "/grpc.health.v1.Health/Check",
                                      .request = REQUEST,
                                      .response = RESPONSE};
    setup(&world, NULL);
    struct client *client = world_client(&world, NULL);
    struct client *other = world_client(&world, world.li);
    assert_ok(world_call(other, &health, &detail));
    pthread_create(&caller, NULL, call_and_wait, client);
    world_until(atomic_load(&feed.handled) == 1);
    pthread_create(&stopper, NULL, stop_server, &world.server);
    world_until(world_call(other, &health, &detail) != HL_OK);
    assert_non_null(world.server);
    rpc_server_statistics(world.server, &statistics);
    assert_true(statistics.calls_open >= 1);
    answer_held();
    pthread_join(caller, NULL);
    pthread_join(stopper, NULL);
    assert_null(world.server);
    client_destroy(&client);
    client_destroy(&other);
    teardown(&world);
}

/* A call times out that the server holds as its so-manieth: on a busy machine
 * the first ones may not come so far. */
static void time_out(struct client *client, unsigned number)
{
    do {
        struct hl_detail detail;
        assert_err(world_call(client, &methods[1], &detail), HL_EDEADLINE);
    } while (atomic_load(&feed.handled) < number);
}

static void an_answer_to_one_who_has_gone_is_dropped(void **state)
{
    (void)state;
    struct world world;
    struct rpc_statistics statistics;
    setup(&world, NULL);
    struct client *client = world_client(&world, world.li);
    client_set_timeout(client, 300);
    time_out(client, 1);
    client_set_timeout(client, 20000);
    rpc_server_statistics(world.server, &statistics);
    assert_int_equal(statistics.calls_open, 1);
    answer_held();
    do {
        rpc_server_statistics(world.server, &statistics);
    } while (statistics.calls_open > 0);
    client_set_timeout(client, 300);
    time_out(client, 2);
    pthread_t answerer;
    client_destroy(&client);
    pthread_create(&answerer, NULL, answer_late, NULL);
    rpc_server_stop(&world.server, 0);
    pthread_join(answerer, NULL);
    teardown(&world);
}

/* Keeps the server's one thread, which no true handler does. */
static void block(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context)
{
    (void)request;
    (void)context;
    Grpc__Health__V1__HealthCheckResponse message =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    atomic_store(&feed.blocked, true);
    while (atomic_load(&feed.blocked)) {
        world_pause();
    }
    rpc_answer(call, &message.base);
}

static void *call_block(void *context)
{
    struct hl_detail detail;
    struct client *client = context;
    return (void *)(uintptr_t)world_call(client, &methods[4], &detail);
}

static void who_is_gone_before_is_not_handled(void **state)
{
    (void)state;
    struct world world;
    struct rpc_limits limits = world_limits();
    limits.threads = 1;
    setup(&world, &limits);
    struct client *blocker = world_client(&world, NULL);
    struct client *client = world_client(&world, world.li);
    struct hl_detail detail;
    assert_err(world_call(client, &methods[3], &detail), HL_EFULL);
    client_set_timeout(client, 100);
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        void *err = NULL;
        pthread_create(&thread, NULL, call_block, blocker);
        world_until(atomic_load(&feed.blocked));
        assert_err(world_call(client, &methods[1], &detail), HL_EDEADLINE);
        for (int ms = 0; ms < 50; ms++) {
            world_pause(); /* until the core's word of it is on the line */
        }
        atomic_store(&feed.blocked, false);
        pthread_join(thread, &err);
        assert_ok((hl_err)(uintptr_t)err);
    }
    client_destroy(&blocker);
    client_destroy(&client);
    unsigned handled = atomic_load(&feed.handled);
    answer_held(); /* none, or the server would wait for it */
    teardown(&world);
    assert_int_equal(handled, 0);
}

/* --- Stop under load. ---------------------------------------------------- */

struct loader {
    struct world *world;
    pthread_t thread;
    const struct files_caller *caller;
};

static atomic_bool load_ends;

static void *load(void *context)
{
    struct loader *loader = context;
    struct hl_detail detail;
    struct client *client = world_client(loader->world, loader->caller);
    client_set_timeout(client, 2000);
    while (!atomic_load(&load_ends)) {
        bool got = false;
        struct client_stream *stream = open_stream(client, methods[0].path);
        (void)next(stream, &got, &detail);
        (void)world_call(client, &methods[3], &detail);
        client_stream_close(&stream);
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
        wake_all(1);
        atomic_store(&load_ends, false);
        for (size_t i = 0; i < 6; i++) {
            loaders[i] = (struct loader){
                .world = &world, .caller = i % 2 == 0 ? world.li : NULL};
            pthread_create(&loaders[i].thread, NULL, load, &loaders[i]);
        }
        world_until(atomic_load(&feed.gone) > 20);
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
        cmocka_unit_test(a_stream_sends_what_is_due_whenever_it_is_woken),
        cmocka_unit_test(an_error_comes_after_what_was_sent),
        cmocka_unit_test(a_revoked_caller_loses_its_streams),
        cmocka_unit_test(stopping_ends_streams_and_says_so),
        cmocka_unit_test(stopping_waits_for_answers),
        cmocka_unit_test(a_server_that_stops_still_has_statistics),
        cmocka_unit_test(an_answer_to_one_who_has_gone_is_dropped),
        cmocka_unit_test(who_is_gone_before_is_not_handled),
        cmocka_unit_test(a_server_stops_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
