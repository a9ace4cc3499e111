/* SPDX-License-Identifier: Apache-2.0 */

/* Health and reflection, which every server has. */

#include <stdio.h>
#include <string.h>

#include "grpc/health/v1/health.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "tests/unit/rpc/rpc_world.h"

typedef Grpc__Health__V1__HealthCheckResponse health_t;
typedef Grpc__Reflection__V1__ServerReflectionRequest request_t;
typedef Grpc__Reflection__V1__ServerReflectionResponse response_t;

#define HEALTH_RESPONSE &grpc__health__v1__health_check_response__descriptor
#define SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING                                                            \
    GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define UNKNOWN                                                                \
    GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN
#define ASK(kind)                                                              \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##kind

static const struct rpc_method methods[] = {{0}};
static const struct rpc_service services[] = {
    {"heluo.v1.Catalogue", methods, NULL}, {0}};

static Grpc__Health__V1__HealthCheckRequest health_of(const char *service)
{
    Grpc__Health__V1__HealthCheckRequest request =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    request.service = (char *)(uintptr_t)service;
    return request;
}

static int check(struct client *client, const char *service)
{
    struct hl_detail detail = {0};
    Grpc__Health__V1__HealthCheckRequest request = health_of(service);
    ProtobufCMessage *answer = NULL;
    hl_err err = client_call(client, "/grpc.health.v1.Health/Check",
                             &request.base, HEALTH_RESPONSE, &answer, &detail);
    if (err != HL_OK) {
        assert_err(err, HL_ENOTFOUND);
        return -1;
    }
    int status = (int)((health_t *)answer)->status;
    protobuf_c_message_free_unpacked(answer, NULL);
    return status;
}

static void health_says_how_the_server_is(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, services, NULL);
    struct client *client = world_client(&world, NULL);
    assert_int_equal(check(client, ""), SERVING);
    assert_int_equal(check(client, "heluo.v1.Catalogue"), SERVING);
    assert_int_equal(check(client, "heluo.v1.None"), -1);
    rpc_server_set_health(world.server, false);
    assert_int_equal(check(client, ""), NOT_SERVING);
    client_destroy(&client);
    world_fini(&world);
}

static int next_status(struct client_stream *stream)
{
    struct hl_detail detail = {0};
    ProtobufCMessage *message = NULL;
    bool timed_out = false;
    assert_ok(client_stream_next(stream, -1, &message, &timed_out, &detail));
    assert_non_null(message);
    int status = (int)((health_t *)message)->status;
    protobuf_c_message_free_unpacked(message, NULL);
    return status;
}

static void a_watch_of_health_sees_each_change(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, services, NULL);
    struct client *client = world_client(&world, world.web);
    Grpc__Health__V1__HealthCheckRequest one = health_of("");
    Grpc__Health__V1__HealthCheckRequest none = health_of("none");
    struct client_stream *stream = client_stream_open(
        client, "/grpc.health.v1.Health/Watch", &one.base, HEALTH_RESPONSE);
    struct client_stream *unknown = client_stream_open(
        client, "/grpc.health.v1.Health/Watch", &none.base, HEALTH_RESPONSE);
    assert_int_equal(next_status(stream), SERVING);
    assert_int_equal(next_status(unknown), UNKNOWN);
    for (int i = 0; i < 20; i++) {
        rpc_server_set_health(world.server, i % 2 == 1);
        assert_int_equal(next_status(stream),
                         i % 2 == 1 ? SERVING : NOT_SERVING);
    }
    client_stream_close(&unknown);
    client_stream_close(&stream);
    client_destroy(&client);
    world_fini(&world);
}

/* --- Reflection. --------------------------------------------------------- */

static response_t *ask(struct client *client, const char *package,
                       const request_t *request)
{
    struct hl_detail detail = {0};
    char path[128];
    ProtobufCMessage *answer = NULL;
    snprintf(path, sizeof(path), "/%s.ServerReflection/ServerReflectionInfo",
             package);
    hl_err err = client_call(
        client, path, &request->base,
        &grpc__reflection__v1__server_reflection_response__descriptor, &answer,
        &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", hl_err_name(err), detail.text);
    }
    return (response_t *)answer;
}

static request_t request_of(int kind, const char *text)
{
    request_t request = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
    request.host = "zhengzhou";
    request.message_request_case =
        (Grpc__Reflection__V1__ServerReflectionRequest__MessageRequestCase)kind;
    request.file_by_filename = (char *)(uintptr_t)text; /* any of the texts */
    return request;
}

/* How many files come for it, or minus the error's code. */
static int files_for(struct client *client, int kind, const char *text)
{
    request_t request = request_of(kind, text);
    response_t *response = ask(client, "grpc.reflection.v1", &request);
    assert_string_equal(response->valid_host, "zhengzhou");
    assert_non_null(response->original_request);
    int found =
        response->message_response_case ==
                GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE
            ? -response->error_response->error_code
            : (int)response->file_descriptor_response->n_file_descriptor_proto;
    protobuf_c_message_free_unpacked(&response->base, NULL);
    return found;
}

static void reflection_finds_files_by_name_and_symbol(void **state)
{
    (void)state;
    static const char *const symbols[] = {
        "heluo.v1.Catalogue",
        "heluo.v1.Catalogue.Put",
        "heluo.v1.CataloguePutRequest",
        "heluo.v1.CataloguePutRequest.write",
        "heluo.v1.Node.Status",
        "grpc.health.v1.HealthCheckResponse.ServingStatus",
        "grpc.reflection.v1.ServerReflection.ServerReflectionInfo",
        "grpc.reflection.v1alpha.ExtensionRequest",
    };
    static const char *const none[] = {"",
                                       ".",
                                       "heluo.v1",
                                       "heluo.v1.",
                                       "heluo",
                                       "Unit",
                                       "heluo.v1.Catalogue.None",
                                       "heluo.v1.Catalogue.",
                                       "heluo.v2",
                                       ".heluo.v1"};
    struct world world;
    world_init(&world, services, NULL);
    struct client *client = world_client(&world, NULL);
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        if (files_for(client, ASK(FILE_CONTAINING_SYMBOL), symbols[i]) < 1) {
            fail_msg("%s", symbols[i]);
        }
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(
            files_for(client, ASK(FILE_CONTAINING_SYMBOL), none[i]), -5);
        assert_int_equal(files_for(client, ASK(FILE_BY_FILENAME), none[i]), -5);
    }
    /* With what it imports. */
    assert_true(files_for(client, ASK(FILE_BY_FILENAME),
                          "heluo/v1/catalogue.proto") > 1);
    assert_int_equal(
        files_for(client, ASK(FILE_BY_FILENAME), "grpc/health/v1/health.proto"),
        1);
    client_destroy(&client);
    world_fini(&world);
}

static void reflection_lists_services_in_both_versions(void **state)
{
    (void)state;
    static const char *const packages[] = {"grpc.reflection.v1",
                                           "grpc.reflection.v1alpha"};
    struct world world;
    world_init(&world, services, NULL);
    struct client *client = world_client(&world, world.li);
    for (size_t i = 0; i < 2; i++) {
        request_t request = request_of(ASK(LIST_SERVICES), "*");
        response_t *response = ask(client, packages[i], &request);
        Grpc__Reflection__V1__ListServiceResponse *list =
            response->list_services_response;
        assert_int_equal(list->n_service, 4);
        assert_string_equal(list->service[0]->name, "heluo.v1.Catalogue");
        assert_string_equal(list->service[1]->name, "grpc.health.v1.Health");
        protobuf_c_message_free_unpacked(&response->base, NULL);
    }
    client_destroy(&client);
    world_fini(&world);
}

static void extensions_there_are_none(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, services, NULL);
    struct client *client = world_client(&world, NULL);
    request_t request = request_of(ASK(ALL_EXTENSION_NUMBERS_OF_TYPE),
                                   "heluo.v1.CataloguePutRequest");
    response_t *response = ask(client, "grpc.reflection.v1", &request);
    assert_string_equal(
        response->all_extension_numbers_response->base_type_name,
        "heluo.v1.CataloguePutRequest");
    protobuf_c_message_free_unpacked(&response->base, NULL);
    assert_int_equal(
        files_for(client, ASK(ALL_EXTENSION_NUMBERS_OF_TYPE), "none"), -5);
    Grpc__Reflection__V1__ExtensionRequest extension =
        GRPC__REFLECTION__V1__EXTENSION_REQUEST__INIT;
    request = request_of(ASK(FILE_CONTAINING_EXTENSION), NULL);
    request.file_containing_extension = &extension;
    response = ask(client, "grpc.reflection.v1", &request);
    assert_int_equal(response->error_response->error_code, 5);
    protobuf_c_message_free_unpacked(&response->base, NULL);
    assert_int_equal(
        files_for(
            client,
            GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST__NOT_SET,
            NULL),
        -3);
    client_destroy(&client);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_says_how_the_server_is),
        cmocka_unit_test(a_watch_of_health_sees_each_change),
        cmocka_unit_test(reflection_finds_files_by_name_and_symbol),
        cmocka_unit_test(reflection_lists_services_in_both_versions),
        cmocka_unit_test(extensions_there_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
