/* SPDX-License-Identifier: Apache-2.0 */

/* Unary calls over a socket, to a server that answers as it is told. */

#include <stdio.h>
#include <string.h>

#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/node.pb-c.h"
#include "protocol/base/alloc.h"
#include "tests/unit/client/client_world.h"

#define GET "/heluo.v1.Catalogue/Get"

static hl_err get(struct client *client, const char *id,
                  Heluo__V1__CatalogueGetResponse **out,
                  struct hl_detail *detail)
{
    Heluo__V1__CatalogueGetRequest request =
        HELUO__V1__CATALOGUE_GET_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    key.unit_scheme = "uscc";
    key.unit_id = (char *)(uintptr_t)id;
    request.key = &key;
    hl_err err = client_call(client, GET, &request.base,
                             &heluo__v1__catalogue_get_response__descriptor,
                             &answer, detail);
    if (err == HL_OK) {
        *out = (Heluo__V1__CatalogueGetResponse *)answer;
    }
    return err;
}

/* Answers with a unit of the id that was asked for. */
static void echo(struct tiny_call *call, void *context)
{
    (void)context;
    struct bytes raw = tiny_request(call);
    Heluo__V1__CatalogueGetRequest *request =
        heluo__v1__catalogue_get_request__unpack(NULL, raw.size, raw.data);
    Heluo__V1__UnitRecord unit = HELUO__V1__UNIT_RECORD__INIT;
    Heluo__V1__RecordView view = HELUO__V1__RECORD_VIEW__INIT;
    Heluo__V1__CatalogueGetResponse answer =
        HELUO__V1__CATALOGUE_GET_RESPONSE__INIT;
    Heluo__V1__RecordView *views[] = {&view};
    unit.id = request->key->unit_id;
    Heluo__V1__Record record = HELUO__V1__RECORD__INIT;
    record.record_case = HELUO__V1__RECORD__RECORD_UNIT;
    record.unit = &unit;
    view.record = &record;
    answer.n_records = 1;
    answer.records = views;
    tiny_send_message(call, &answer.base);
    tiny_finish(call, tiny_is(call, GET) ? 0 : 12, NULL, "");
    heluo__v1__catalogue_get_request__free_unpacked(request, NULL);
}

static void an_answer_comes_back_as_it_was_sent(void **state)
{
    (void)state;
    struct client_world world;
    world_init(&world, echo, NULL);
    for (int i = 0; i < 3; i++) {
        Heluo__V1__CatalogueGetResponse *answer = NULL;
        struct hl_detail detail = {0};
        assert_ok(get(world.client, "12410000415800505E", &answer, &detail));
        assert_int_equal(answer->n_records, 1);
        assert_string_equal(answer->records[0]->record->unit->id,
                            "12410000415800505E");
        heluo__v1__catalogue_get_response__free_unpacked(answer, NULL);
    }
    world_fini(&world);
}

/* What orders the calls is inside gRPC, where ThreadSanitizer does not look. */
struct refusal {
    _Atomic int status;
    const char *_Atomic error;
    const char *text;
};

static void refuse(struct tiny_call *call, void *context)
{
    const struct refusal *refusal = context;
    tiny_finish(call, refusal->status, refusal->error, refusal->text);
}

static void every_error_that_a_node_names_comes_back_by_its_name(void **state)
{
    (void)state;
    struct refusal refusal = {.text = "the disk is full: 河洛"};
    struct client_world world;
    world_init(&world, refuse, &refusal);
    for (int i = HL_OK + 1; i < HL_ERR_COUNT; i++) {
        Heluo__V1__CatalogueGetResponse *answer = NULL;
        struct hl_detail detail = {0};
        refusal.status = (int)hl_err_grpc((hl_err)i);
        refusal.error = hl_err_name((hl_err)i);
        assert_err(get(world.client, "x", &answer, &detail), (hl_err)i);
        assert_string_equal(detail.text, refusal.text);
    }
    world_fini(&world);
}

static void a_status_without_a_name_becomes_the_nearest_error(void **state)
{
    (void)state;
    static const hl_err wanted[] = {
        [1] = HL_ECONNECT,    [2] = HL_EMALFORMED,  [3] = HL_EMALFORMED,
        [4] = HL_EDEADLINE,   [5] = HL_ENOTFOUND,   [6] = HL_EEXISTS,
        [7] = HL_EDENIED,     [8] = HL_ELIMIT,      [9] = HL_EUNSUPPORTED,
        [10] = HL_EBUSY,      [11] = HL_EMALFORMED, [12] = HL_EUNSUPPORTED,
        [13] = HL_EMALFORMED, [14] = HL_ECONNECT,   [15] = HL_EDAMAGED,
        [16] = HL_ENOCERT,
    };
    struct refusal refusal = {.text = "why"};
    struct client_world world;
    world_init(&world, refuse, &refusal);
    for (refusal.status = 1; refusal.status <= 16; refusal.status++) {
        Heluo__V1__CatalogueGetResponse *answer = NULL;
        struct hl_detail detail = {0};
        assert_err(get(world.client, "x", &answer, &detail),
                   wanted[refusal.status]);
        assert_true(detail.text[0] != '\0');
    }
    world_fini(&world);
}

static void a_name_that_is_no_error_is_no_success(void **state)
{
    (void)state;
    static const char *const names[] = {"HL_OK", "HL_ENEWFANGLED", "", "HL_"};
    struct refusal refusal = {.status = 5, .text = "a\x1b[2Jb"};
    struct client_world world;
    world_init(&world, refuse, &refusal);
    for (size_t i = 0; i < 4; i++) {
        Heluo__V1__CatalogueGetResponse *answer = NULL;
        struct hl_detail detail = {0};
        refusal.error = names[i];
        assert_err(get(world.client, "x", &answer, &detail), HL_ENOTFOUND);
        assert_null(strchr(detail.text, 0x1b));
        assert_non_null(strstr(detail.text, "a?[2Jb"));
    }
    world_fini(&world);
}

static void an_ok_without_a_message_is_malformed(void **state)
{
    (void)state;
    struct refusal refusal = {.status = 0, .text = ""};
    struct client_world world;
    world_init(&world, refuse, &refusal);
    Heluo__V1__CatalogueGetResponse *answer = NULL;
    struct hl_detail detail = {0};
    hl_err err = get(world.client, "x", &answer, &detail);
    assert_true(err == HL_EMALFORMED);
    world_fini(&world);
}

static void answer_bytes(struct tiny_call *call, void *context)
{
    tiny_send(call, *(struct bytes *)context);
    tiny_finish(call, 0, NULL, "");
}

static void an_answer_that_is_no_message_is_malformed(void **state)
{
    (void)state;
    struct bytes raw = bytes_of_text("\x0a\x7f");
    struct client_world world;
    world_init(&world, answer_bytes, &raw);
    Heluo__V1__CatalogueGetResponse *answer = NULL;
    struct hl_detail detail = {0};
    assert_err(get(world.client, "x", &answer, &detail), HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "heluo.v1.CatalogueGetResponse"));
    world_fini(&world);
}

/* A message of exactly size bytes: one unknown field. */
static struct bytes message_of(size_t size)
{
    uint8_t *data = hl_alloc(size, 1);
    size_t rest = size - 6; /* two of the tag, four of the length */
    data[0] = 0xfa;
    data[1] = 0x01;
    data[2] = (uint8_t)(rest & 0x7f) | 0x80;
    data[3] = (uint8_t)(rest >> 7 & 0x7f) | 0x80;
    data[4] = (uint8_t)(rest >> 14 & 0x7f) | 0x80;
    data[5] = (uint8_t)(rest >> 21 & 0x7f);
    return bytes_of(data, size);
}

static hl_err receive_message_of(size_t size)
{
    struct bytes raw = message_of(size);
    struct client_world world;
    world_init(&world, answer_bytes, &raw);
    Heluo__V1__CatalogueGetResponse *answer = NULL;
    struct hl_detail detail = {0};
    hl_err err = get(world.client, "x", &answer, &detail);
    if (err == HL_OK) {
        heluo__v1__catalogue_get_response__free_unpacked(answer, NULL);
    }
    world_fini(&world);
    hl_free((void *)(uintptr_t)raw.data);
    return err;
}

static void an_answer_may_be_as_large_as_the_limit_and_not_larger(void **state)
{
    (void)state;
    assert_ok(receive_message_of(CLIENT_ANSWER_MAX_BYTES));
    assert_err(receive_message_of(CLIENT_ANSWER_MAX_BYTES + 1), HL_ELIMIT);
}

static void say_nothing(struct tiny_call *call, void *context)
{
    (void)context;
    tiny_wait_for_cancel(call);
}

static void a_call_ends_at_its_deadline(void **state)
{
    (void)state;
    struct client_world world;
    world_init(&world, say_nothing, NULL);
    client_set_timeout(world.client, 50);
    Heluo__V1__CatalogueGetResponse *answer = NULL;
    struct hl_detail detail = {0};
    assert_err(get(world.client, "x", &answer, &detail), HL_EDEADLINE);
    assert_non_null(strstr(detail.text, world.target));
    world_fini(&world);
}

static void where_nobody_listens_the_text_says_what_to_look_at(void **state)
{
    (void)state;
    struct client_world world;
    world_init(&world, NULL, NULL);
    Heluo__V1__CatalogueGetResponse *answer = NULL;
    struct hl_detail detail = {0};
    assert_err(get(world.client, "x", &answer, &detail), HL_ECONNECT);
    assert_non_null(strstr(detail.text, world.target));
    assert_non_null(strstr(detail.text, "No such file"));
    assert_non_null(strstr(detail.text, "systemctl status heluod"));
    world_fini(&world);
}

static void a_client_finds_a_node_that_came_back(void **state)
{
    (void)state;
    struct client_world world;
    world_init(&world, echo, NULL);
    Heluo__V1__CatalogueGetResponse *answer = NULL;
    struct hl_detail detail = {0};
    assert_ok(get(world.client, "x", &answer, &detail));
    heluo__v1__catalogue_get_response__free_unpacked(answer, NULL);
    tiny_stop(&world.server);
    assert_err(get(world.client, "x", &answer, &detail), HL_ECONNECT);
    world.server = tiny_start(
        &(struct tiny_options){.address = world.target, .serve = echo});
    hl_err err = HL_ECONNECT;
    while (err == HL_ECONNECT) { /* it waits a moment between two tries */
        err = get(world.client, "x", &answer, &detail);
    }
    assert_ok(err);
    heluo__v1__catalogue_get_response__free_unpacked(answer, NULL);
    world_fini(&world);
}

static void options_that_do_not_go_together_are_refused(void **state)
{
    (void)state;
    char path[200];
    memset(path, 'x', sizeof(path));
    memcpy(path, "unix:/", 6);
    path[sizeof(path) - 1] = '\0';
    const char *const targets[] = {"unix:", path, "somewhere", "dns:///a:1",
                                   "127.0.0.1:7443"};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct client *client = NULL;
        struct hl_detail detail = {0};
        struct client_options options = {.target = targets[i], .timeout_ms = 1};
        assert_err(client_create(&options, &client, &detail), HL_EUSAGE);
        assert_true(detail.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_back_as_it_was_sent),
        cmocka_unit_test(every_error_that_a_node_names_comes_back_by_its_name),
        cmocka_unit_test(a_status_without_a_name_becomes_the_nearest_error),
        cmocka_unit_test(a_name_that_is_no_error_is_no_success),
        cmocka_unit_test(an_ok_without_a_message_is_malformed),
        cmocka_unit_test(an_answer_that_is_no_message_is_malformed),
        cmocka_unit_test(an_answer_may_be_as_large_as_the_limit_and_not_larger),
        cmocka_unit_test(a_call_ends_at_its_deadline),
        cmocka_unit_test(where_nobody_listens_the_text_says_what_to_look_at),
        cmocka_unit_test(a_client_finds_a_node_that_came_back),
        cmocka_unit_test(options_that_do_not_go_together_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
