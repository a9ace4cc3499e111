/* SPDX-License-Identifier: Apache-2.0 */

/* Server streams, and many calls at a time. */

#include <string.h>

#include "heluo/v1/catalogue.pb-c.h"
#include "node/client/load_client.h"
#include "tests/unit/client/client_world.h"

#define WATCH "/heluo.v1.Catalogue/Watch"

enum { CHANGES = 5 };

struct script {
    int count;  /* changes to send, from the one after the token's */
    bool hold;  /* then wait for the caller to go, */
    int status; /* or end with this */
    const char *error;
};

/* The token is one byte: how many changes have been seen. */
static void watch(struct tiny_call *call, void *context)
{
    const struct script *script = context;
    struct bytes raw = tiny_request(call);
    Heluo__V1__CatalogueWatchRequest *request =
        heluo__v1__catalogue_watch_request__unpack(NULL, raw.size, raw.data);
    uint8_t seen = request->token.len == 1 ? request->token.data[0] : 0;
    for (int i = 0; i < script->count; i++) {
        Heluo__V1__CatalogueChange change = HELUO__V1__CATALOGUE_CHANGE__INIT;
        seen++;
        change.token = (ProtobufCBinaryData){.len = 1, .data = &seen};
        tiny_send_message(call, &change.base);
    }
    heluo__v1__catalogue_watch_request__free_unpacked(request, NULL);
    if (script->hold) {
        tiny_wait_for_cancel(call);
    } else {
        tiny_finish(call, script->status, script->error, "text");
    }
}

static struct client_stream *open_at(struct client *client, uint8_t seen)
{
    Heluo__V1__CatalogueWatchRequest request =
        HELUO__V1__CATALOGUE_WATCH_REQUEST__INIT;
    request.token = (ProtobufCBinaryData){.len = seen > 0, .data = &seen};
    return client_stream_open(client, WATCH, &request.base,
                              &heluo__v1__catalogue_change__descriptor);
}

/* The token of the next change; 0 where none came. */
static uint8_t next_token(struct client_stream *stream, int64_t wait_ms,
                          bool *timed_out)
{
    ProtobufCMessage *message = NULL;
    struct hl_detail detail = {0};
    uint8_t token = 0;
    assert_ok(
        client_stream_next(stream, wait_ms, &message, timed_out, &detail));
    if (message != NULL) {
        token = ((Heluo__V1__CatalogueChange *)message)->token.data[0];
        protobuf_c_message_free_unpacked(message, NULL);
    }
    return token;
}

static void a_stream_gives_each_message_and_then_its_end(void **state)
{
    (void)state;
    struct script script = {.count = CHANGES};
    struct client_world world;
    bool timed_out = true;
    world_init(&world, watch, &script);
    struct client_stream *stream = open_at(world.client, 0);
    for (uint8_t i = 1; i <= CHANGES; i++) {
        assert_int_equal(next_token(stream, -1, &timed_out), i);
        assert_false(timed_out);
    }
    assert_int_equal(next_token(stream, -1, &timed_out), 0);
    assert_false(timed_out);
    client_stream_close(&stream);
    assert_null(stream);
    world_fini(&world);
}

static void a_wait_that_ends_loses_nothing(void **state)
{
    (void)state;
    struct script script = {.count = 2, .hold = true};
    struct client_world world;
    bool timed_out = false;
    world_init(&world, watch, &script);
    struct client_stream *stream = open_at(world.client, 0);
    assert_int_equal(next_token(stream, -1, &timed_out), 1);
    assert_int_equal(next_token(stream, -1, &timed_out), 2);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(next_token(stream, 10, &timed_out), 0);
        assert_true(timed_out);
    }
    client_stream_close(&stream);
    world_fini(&world);
}

static void a_stream_goes_on_where_its_token_says(void **state)
{
    (void)state;
    struct script script = {.count = 2, .hold = true};
    struct client_world world;
    bool timed_out = false;
    uint8_t seen = 0;
    world_init(&world, watch, &script);
    for (int i = 0; i < 3; i++) {
        struct client_stream *stream = open_at(world.client, seen);
        assert_int_equal(next_token(stream, -1, &timed_out), seen + 1);
        seen++;
        client_stream_close(&stream);
    }
    world_fini(&world);
}

static void a_stream_may_be_closed_before_anything_came(void **state)
{
    (void)state;
    struct script script = {.hold = true};
    struct client_world world;
    bool timed_out = false;
    world_init(&world, watch, &script);
    struct client_stream *stream = open_at(world.client, 0);
    assert_int_equal(next_token(stream, 0, &timed_out), 0);
    assert_true(timed_out);
    client_stream_close(&stream);
    stream = open_at(world.client, 0);
    client_stream_close(&stream);
    client_stream_close(&stream);
    world_fini(&world);
}

static void an_error_at_the_end_comes_after_the_messages(void **state)
{
    (void)state;
    struct script script = {.count = 1, .status = 16, .error = "HL_EREVOKED"};
    struct client_world world;
    bool timed_out = false;
    ProtobufCMessage *message = NULL;
    struct hl_detail detail = {0};
    world_init(&world, watch, &script);
    struct client_stream *stream = open_at(world.client, 0);
    assert_int_equal(next_token(stream, -1, &timed_out), 1);
    assert_err(client_stream_next(stream, -1, &message, &timed_out, &detail),
               HL_EREVOKED);
    assert_string_equal(detail.text, "text");
    client_stream_close(&stream);
    world_fini(&world);
}

static void a_node_that_goes_in_the_middle_is_told_as_such(void **state)
{
    (void)state;
    struct script script = {.count = 1, .hold = true};
    struct client_world world;
    bool timed_out = false;
    ProtobufCMessage *message = NULL;
    struct hl_detail detail = {0};
    world_init(&world, watch, &script);
    struct client_stream *stream = open_at(world.client, 0);
    assert_int_equal(next_token(stream, -1, &timed_out), 1);
    tiny_stop(&world.server);
    assert_err(client_stream_next(stream, -1, &message, &timed_out, &detail),
               HL_ECONNECT);
    client_stream_close(&stream);
    world_fini(&world);
}

static void a_stream_to_nobody_ends_at_once(void **state)
{
    (void)state;
    struct client_world world;
    bool timed_out = false;
    ProtobufCMessage *message = NULL;
    struct hl_detail detail = {0};
    world_init(&world, NULL, NULL);
    struct client_stream *stream = open_at(world.client, 0);
    assert_err(client_stream_next(stream, -1, &message, &timed_out, &detail),
               HL_ECONNECT);
    client_stream_close(&stream);
    world_fini(&world);
}

struct load {
    uint64_t wanted;
    uint64_t answers[HL_ERR_COUNT];
    uint64_t number_sum;
};

static const ProtobufCMessage *next_request(void *context, uint64_t number)
{
    static const Heluo__V1__CatalogueWatchRequest request =
        HELUO__V1__CATALOGUE_WATCH_REQUEST__INIT;
    struct load *load = context;
    return number < load->wanted ? &request.base : NULL;
}

static void count_answer(void *context, const struct load_answer *answer)
{
    struct load *load = context;
    assert_int_equal(answer->message != NULL, answer->err == HL_OK);
    assert_true(answer->latency_ns >= 0);
    load->answers[answer->err]++;
    load->number_sum += answer->number;
}

static void every_call_of_a_load_is_answered_once(void **state)
{
    (void)state;
    enum { CALLS = 500, UNDER_WAY = 16, CONNECTIONS = 3 };
    struct script script = {.count = 1};
    struct client_world world;
    struct load_client *client = NULL;
    struct hl_detail detail = {0};
    struct load load = {.wanted = CALLS};
    world_init(&world, watch, &script);
    struct client_options options = {.target = world.target,
                                     .timeout_ms = 20000};
    struct load_job job = {.path = WATCH,
                           .schema = &heluo__v1__catalogue_change__descriptor,
                           .calls = UNDER_WAY,
                           .request = next_request,
                           .answer = count_answer,
                           .context = &load};
    assert_ok(load_client_create(&options, CONNECTIONS, &client, &detail));
    load_client_run(client, &job);
    assert_int_equal(load.answers[HL_OK], CALLS);
    assert_int_equal(load.number_sum, CALLS * (CALLS - 1) / 2);
    tiny_stop(&world.server);
    load = (struct load){.wanted = UNDER_WAY - 1};
    load_client_run(client, &job);
    assert_int_equal(load.answers[HL_ECONNECT], UNDER_WAY - 1);
    load_client_destroy(&client);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_gives_each_message_and_then_its_end),
        cmocka_unit_test(a_wait_that_ends_loses_nothing),
        cmocka_unit_test(a_stream_goes_on_where_its_token_says),
        cmocka_unit_test(a_stream_may_be_closed_before_anything_came),
        cmocka_unit_test(an_error_at_the_end_comes_after_the_messages),
        cmocka_unit_test(a_node_that_goes_in_the_middle_is_told_as_such),
        cmocka_unit_test(a_stream_to_nobody_ends_at_once),
        cmocka_unit_test(every_call_of_a_load_is_answered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
