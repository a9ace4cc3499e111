/* SPDX-License-Identifier: Apache-2.0 */

/* Calls, over real sockets: who is admitted gets an answer, over TLS and
 * through the unix socket, and nobody else does. */

#include <string.h>

#include "grpc/health/v1/health.pb-c.h"
#include "tests/unit/rpc/rpc_world.h"

#define REQUEST &grpc__health__v1__health_check_request__descriptor
#define RESPONSE &grpc__health__v1__health_check_response__descriptor

static void echo(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context)
{
    (void)request;
    (void)context;
    Grpc__Health__V1__HealthCheckResponse response =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    rpc_answer(call, &response.base);
}

static const struct rpc_method methods[] = {
    {"/heluo.test.T/Any", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 65536, 0,
     echo},
    {"/heluo.test.T/Operator", RPC_UNARY, ROLE_BIT(ROLE_OPERATOR), REQUEST,
     RESPONSE, 65536, 0, echo},
    {0}};
static const struct rpc_service services[] = {{"heluo.test.T", methods, NULL},
                                              {0}};

static void who_is_admitted_is_answered(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    world_init(&world, services, NULL);
    const struct files_caller *callers[] = {world.li, NULL};
    for (size_t i = 0; i < 2; i++) {
        struct client *client = world_client(&world, callers[i]);
        for (const struct rpc_method *m = methods; m->path != NULL; m++) {
            hl_err err = world_call(client, m, &detail);
            if (err != HL_OK) {
                fail_msg("%zu %s: %s", i, m->path, detail.text);
            }
        }
        client_destroy(&client);
    }
    world_fini(&world);
}

static void a_role_does_what_the_table_says(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    world_init(&world, services, NULL);
    struct client *client = world_client(&world, world.web);
    assert_ok(world_call(client, &methods[0], &detail));
    assert_err(world_call(client, &methods[1], &detail), HL_EDENIED);
    client_destroy(&client);
    assert_int_equal(world_log_count(&world, "call.refused"), 1);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_admitted_is_answered),
        cmocka_unit_test(a_role_does_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
