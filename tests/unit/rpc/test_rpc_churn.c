/* SPDX-License-Identifier: Apache-2.0 */

/* Everything at once: callers that come, cancel and vanish, streams, answers
 * from other threads, a gate and health that change under them, and an end in
 * the middle of it. What callers do is drawn from the seed; the schedule is
 * the machine's: so a round ends after so many streams and answers, not after
 * so long, and callers go on until the server has stopped and no further. */

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "grpc/health/v1/health.pb-c.h"
#include "tests/unit/rpc/rpc_world.h"

#define REQUEST &grpc__health__v1__health_check_request__descriptor
#define RESPONSE &grpc__health__v1__health_check_response__descriptor

enum {
    OPEN_MAX = 4096,
    CALLERS = 8,
    ROUNDS = 4,
    CHANGES_MAX = 2000,
    STREAMS = 20,
    ANSWERS = 40
};

/* What the methods share. */
static struct {
    pthread_mutex_t lock;
    struct rpc_call *streams[OPEN_MAX], *held[OPEN_MAX];
    size_t held_count;
    uint32_t due;
    atomic_uint started, gone, overlaps, answered;
    atomic_bool stopped; /* the server: callers go home */
    atomic_bool over;    /* nothing is handed on any more */
} feed = {.lock = PTHREAD_MUTEX_INITIALIZER};

static Grpc__Health__V1__HealthCheckResponse message =
    GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;

struct one {
    size_t place;
    uint32_t sent;
    atomic_uint inside;
};

static void pump(struct rpc_call *call, void *context)
{
    struct one *one = context;
    struct hl_detail detail;
    if (atomic_fetch_add(&one->inside, 1) != 0) {
        atomic_fetch_add(&feed.overlaps, 1);
    }
    pthread_mutex_lock(&feed.lock);
    bool due = one->sent < feed.due;
    pthread_mutex_unlock(&feed.lock);
    if (due && one->sent % 16 == 13) {
        rpc_fail(call, hl_fail(&detail, HL_EBUSY, "enough"), &detail);
    } else if (due && one->sent % 16 == 15) {
        rpc_finish(call);
    } else if (due) {
        one->sent++;
        rpc_send(call, &message.base);
    }
    atomic_fetch_sub(&one->inside, 1);
}

static void gone(struct rpc_call *call, void *context)
{
    struct one *one = context;
    (void)call;
    if (atomic_load(&one->inside) != 0) {
        atomic_fetch_add(&feed.overlaps, 1);
    }
    pthread_mutex_lock(&feed.lock);
    feed.streams[one->place] = NULL;
    pthread_mutex_unlock(&feed.lock);
    atomic_fetch_add(&feed.gone, 1);
}

static void watch(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context)
{
    struct one *one = rpc_call_alloc(call, sizeof(*one));
    (void)request;
    (void)context;
    pthread_mutex_lock(&feed.lock);
    while (feed.streams[one->place] != NULL) {
        one->place++;
        assert_true(one->place < OPEN_MAX);
    }
    feed.streams[one->place] = call;
    one->sent = feed.due > 20 ? feed.due - 20 : 0;
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
    assert_true(feed.held_count < OPEN_MAX);
    feed.held[feed.held_count++] = call;
    pthread_mutex_unlock(&feed.lock);
}

static const struct rpc_method methods[] = {
    {"/heluo.test.T/Watch", RPC_SERVER_STREAM, ROLE_ALL, REQUEST, RESPONSE,
     1000, 0, watch},
    {"/heluo.test.T/Hold", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 1000, 0,
     hold},
    {0}};
static const struct rpc_service services[] = {{"heluo.test.T", methods, NULL},
                                              {0}};

/* Answers what is handed on, and wakes the streams: from a thread that is
 * not the server's. */
static void *attend(void *context)
{
    (void)context;
    bool over = false;
    do {
        over = atomic_load(&feed.over);
        pthread_mutex_lock(&feed.lock);
        feed.due++;
        while (feed.held_count > 0) {
            rpc_answer(feed.held[--feed.held_count], &message.base);
            atomic_fetch_add(&feed.answered, 1);
        }
        for (size_t i = 0; i < OPEN_MAX; i++) {
            if (feed.streams[i] != NULL) {
                rpc_wake(feed.streams[i]);
            }
        }
        pthread_mutex_unlock(&feed.lock);
        world_pause();
    } while (!over);
    return NULL;
}

/* --- Callers. ------------------------------------------------------------ */

struct caller {
    struct world *world;
    const struct files_caller *who;
    struct rng rng;
    pthread_t thread;
};

static void follow(struct caller *caller, struct client *client)
{
    Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    bool health = rng_below(&caller->rng, 4) == 0;
    struct client_stream *stream = client_stream_open(
        client, health ? "/grpc.health.v1.Health/Watch" : methods[0].path,
        &request.base, RESPONSE);
    hl_err err = HL_OK;
    for (uint64_t i = rng_below(&caller->rng, 20); i > 0 && err == HL_OK; i--) {
        ProtobufCMessage *got = NULL;
        struct hl_detail detail;
        bool timed_out = false;
        err = client_stream_next(stream, 5, &got, &timed_out, &detail);
        if (err == HL_OK && got != NULL) {
            protobuf_c_message_free_unpacked(got, NULL);
        } else if (!timed_out) {
            break;
        }
    }
    client_stream_close(&stream);
}

static void *act(void *context)
{
    struct caller *caller = context;
    struct hl_detail detail;
    struct client *client = world_client(caller->world, caller->who);
    while (!atomic_load(&feed.stopped)) {
        uint64_t deed = rng_below(&caller->rng, 8);
        client_set_timeout(client, deed < 2 ? 1 : 2000);
        if (deed == 7) {
            client_destroy(&client);
            client = world_client(caller->world, caller->who);
        } else if (deed >= 4) {
            follow(caller, client);
        } else {
            (void)world_call(client, &methods[1], &detail);
        }
    }
    client_destroy(&client);
    return NULL;
}

/* --- The operator. ------------------------------------------------------- */

static void change(struct world *world, struct rng *rng)
{
    static const long revoked[] = {10, 0};
    static const char *const both[] = {"zhengzhou", "luoyang", NULL};
    switch (rng_below(rng, 5)) {
    case 0:
        world_revoke(world, rng_below(rng, 2) == 0 ? revoked : NULL);
        break;
    case 1:
        world_charter(world, both);
        break;
    case 2:
        rpc_server_admit_again(world->server);
        break;
    default:
        rpc_server_set_health(world->server, rng_below(rng, 2) == 0);
        break;
    }
}

/* Callers that are refused today come in again once the list is changed. */
/* Not for ever: where everything is slow, changes would keep on ending what
 * callers have just begun. */
static void change_until_busy(struct world *world, struct rng *rng)
{
    uint32_t changes = 0;
    while (atomic_load(&feed.started) < STREAMS ||
           atomic_load(&feed.answered) < ANSWERS) {
        if (changes++ < CHANGES_MAX) {
            change(world, rng);
        } else if (changes == CHANGES_MAX + 1) {
            world_revoke(world, NULL);
        }
        world_pause();
    }
}

static void run_round(uint32_t threads, uint32_t grace_ms)
{
    struct world world;
    struct caller callers[CALLERS];
    struct rng rng = test_rng("churn");
    struct rpc_limits limits = world_limits();
    pthread_t attendant;
    limits.threads = threads;
    limits.admission_interval_ms = 3;
    atomic_store(&feed.started, 0);
    atomic_store(&feed.gone, 0);
    atomic_store(&feed.answered, 0);
    atomic_store(&feed.stopped, false);
    atomic_store(&feed.over, false);
    world_init(&world, services, &limits);
    pthread_create(&attendant, NULL, attend, NULL);
    for (size_t i = 0; i < CALLERS; i++) {
        const struct files_caller *const whose[] = {world.li, world.web, NULL};
        callers[i] = (struct caller){.world = &world, .who = whose[i % 3]};
        rng_init(&callers[i].rng, rng_next(&rng));
        pthread_create(&callers[i].thread, NULL, act, &callers[i]);
    }
    change_until_busy(&world, &rng);
    rpc_server_stop(&world.server, grace_ms);
    atomic_store(&feed.stopped, true);
    for (size_t i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
    }
    atomic_store(&feed.over, true);
    pthread_join(attendant, NULL);
    assert_int_equal(feed.held_count, 0);
    assert_int_equal(atomic_load(&feed.gone), atomic_load(&feed.started));
    assert_int_equal(atomic_load(&feed.overlaps), 0);
    world_fini(&world);
}

static void whatever_happens_each_stream_is_gone_once(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        run_round(1 + i % 3, 20 * (i % 2));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_each_stream_is_gone_once),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
