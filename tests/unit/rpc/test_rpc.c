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

/* --- Refusals: each of them, at each method of a node. ------------------- */

#define TABLE(name)                                                            \
    {                                                                          \
        "/heluo.test.T/" name, RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 65536,  \
            0, echo                                                            \
    }
static const struct rpc_method all_methods[] = {
    TABLE("Put"),
    TABLE("Retire"),
    TABLE("Get"),
    TABLE("List"),
    TABLE("Status"),
    TABLE("Journals"),
    {"/heluo.test.T/Watch", RPC_SERVER_STREAM, ROLE_ALL, REQUEST, RESPONSE,
     65536, 0, echo},
    {"/heluo.test.T/Talk", RPC_BIDI, ROLE_ALL, REQUEST, RESPONSE, 65536, 0,
     echo},
    {0}};
static const struct rpc_service all_services[] = {
    {"heluo.test.T", all_methods, NULL}, {0}};

/* Health and reflection are a node's methods too. */
static const struct rpc_method built_in[] = {
    {"/grpc.health.v1.Health/Check", RPC_UNARY, ROLE_ALL, REQUEST, RESPONSE, 0,
     0, NULL},
    {"/grpc.health.v1.Health/Watch", RPC_SERVER_STREAM, ROLE_ALL, REQUEST,
     RESPONSE, 0, 0, NULL},
    {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", RPC_BIDI,
     ROLE_ALL, REQUEST, RESPONSE, 0, 0, NULL},
    {0}};

/* By TLS: the caller only sees that nobody talks to it. */
static const struct {
    const char *names;
    int64_t from_s, to_s;
    bool foreign; /* of another authority */
    bool revoked;
    hl_err err;
    const char *why; /* in the text that the caller gets */
} strangers[] = {
    {WORLD_LI, -3600, 3600, true, false, HL_ECONNECT, ""},
    {WORLD_LI, -3600, -60, false, false, HL_ECONNECT, ""},
    {WORLD_LI, -3600, 3600, false, true, HL_EREVOKED, "zhengzhou/li"},
    {"URI:spiffe://other.example/operator/zhengzhou/li", -3600, 3600, false,
     false, HL_EALLIANCE, "other.example"},
    {"URI:spiffe://zy.example/node/kaifeng,DNS:kaifeng.zy.example", -3600, 3600,
     false, false, HL_EUNKNOWNNODE, "kaifeng"},
    {"URI:spiffe://zy.example/operator/luoyang/li", -3600, 3600, false, false,
     HL_EDENIED, "this is node zhengzhou"},
    {"URI:spiffe://zy.example/platform/luoyang/web", -3600, 3600, false, false,
     HL_EDENIED, "a caller of node luoyang"},
    {"URI:spiffe://zy.example/wizard/merlin", -3600, 3600, false, false,
     HL_EROLE, "wizard"},
    {"DNS:nobody.zy.example", -3600, 3600, false, false, HL_EIDENTITY, ""},
};

static void try_all(struct world *world, struct client *client,
                    const struct rpc_method *methods_of, size_t stranger)
{
    for (const struct rpc_method *m = methods_of; m->path != NULL; m++) {
        struct hl_detail detail;
        size_t lines = world_log_count(world, "call.refused");
        hl_err err = world_call(client, m, &detail);
        if (err != strangers[stranger].err ||
            strstr(detail.text, strangers[stranger].why) == NULL) {
            fail_msg("stranger %zu, %s: %s: %s", stranger, m->path,
                     hl_err_name(err), detail.text);
        }
        if (err != HL_ECONNECT) {
            assert_int_equal(world_log_count(world, "call.refused"), lines + 1);
        }
    }
}

/* A world for each: what the log is told is bounded. */
static void try_stranger(size_t i)
{
    static const long revoked[] = {77, 0};
    struct world world;
    struct rpc_statistics statistics;
    world_init(&world, all_services, NULL);
    struct maker_pair foreign = files_root();
    world_revoke(&world, revoked);
    const struct files_caller *caller = files_add(
        &world.files,
        files_leaf(strangers[i].foreign ? &foreign : &world.files.root,
                   strangers[i].names, strangers[i].from_s, strangers[i].to_s,
                   strangers[i].revoked ? 77 : 100));
    struct client *client = world_client(&world, caller);
    try_all(&world, client, all_methods, i);
    try_all(&world, client, built_in, i);
    client_destroy(&client);
    rpc_server_statistics(world.server, &statistics);
    if (strangers[i].err == HL_ECONNECT) {
        assert_true(world_log_count(&world, "tls.refused") > 0);
    } else {
        assert_int_equal(statistics.refused_admission, 11);
    }
    maker_fini(&foreign);
    world_fini(&world);
}

static void a_stranger_is_refused_at_every_method(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        try_stranger(i);
    }
}

static void
who_is_ended_meanwhile_is_refused_on_the_same_connection(void **state)
{
    (void)state;
    static const long revoked[] = {10, 0};
    static const char *const nodes[] = {"luoyang", NULL};
    static const char *const again[] = {"zhengzhou", NULL};
    struct world world;
    struct hl_detail detail;
    world_init(&world, services, NULL);
    struct client *client = world_client(&world, world.li);
    struct client *web = world_client(&world, world.web);
    assert_ok(world_call(client, &methods[0], &detail));
    assert_ok(world_call(web, &methods[0], &detail));
    world_revoke(&world, revoked);
    assert_err(world_call(client, &methods[0], &detail), HL_EREVOKED);
    assert_ok(world_call(web, &methods[0], &detail));
    world_charter(&world, nodes);
    assert_err(world_call(web, &methods[0], &detail), HL_EUNKNOWNNODE);
    world_charter(&world, again);
    assert_ok(world_call(web, &methods[0], &detail));
    client_destroy(&client);
    client_destroy(&web);
    world_fini(&world);
}

static void what_is_not_in_the_table_is_unimplemented(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    struct rpc_method none = {
        .path = "/heluo.test.T/None", .request = REQUEST, .response = RESPONSE};
    world_init(&world, services, NULL);
    struct client *client = world_client(&world, world.li);
    assert_err(world_call(client, &none, &detail), HL_EUNSUPPORTED);
    assert_non_null(strstr(detail.text, none.path));
    client_destroy(&client);
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
        cmocka_unit_test(a_stranger_is_refused_at_every_method),
        cmocka_unit_test(
            who_is_ended_meanwhile_is_refused_on_the_same_connection),
        cmocka_unit_test(what_is_not_in_the_table_is_unimplemented),
        cmocka_unit_test(a_role_does_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
