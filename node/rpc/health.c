/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/health.h"

#include <pthread.h>
#include <string.h>

#include "grpc/health/v1/health.pb-c.h"
#include "protocol/base/alloc.h"

enum { REQUEST_MAX_BYTES = 1024, WATCHES_MAX = 256 };

#define UNKNOWN                                                                \
    GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN
#define SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING                                                            \
    GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING

typedef Grpc__Health__V1__HealthCheckResponse__ServingStatus status;

struct watch {
    struct health *health;
    struct rpc_call *call;
    bool known; /* the service is one of ours */
    bool told;
    status last;
    struct watch *next, *previous;
};

struct health {
    struct rpc_service services[2];
    const struct rpc_service *of;
    pthread_mutex_t lock; /* taken before a call's */
    bool serving;
    struct watch *watches;
};

static void check(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context);
static void watch(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context);

static const struct rpc_method methods[] = {
    {.path = "/grpc.health.v1.Health/Check",
     .kind = RPC_UNARY,
     .roles = ROLE_ALL,
     .request = &grpc__health__v1__health_check_request__descriptor,
     .response = &grpc__health__v1__health_check_response__descriptor,
     .request_max_bytes = REQUEST_MAX_BYTES,
     .handle = check},
    {.path = "/grpc.health.v1.Health/Watch",
     .kind = RPC_SERVER_STREAM,
     .roles = ROLE_ALL,
     .request = &grpc__health__v1__health_check_request__descriptor,
     .response = &grpc__health__v1__health_check_response__descriptor,
     .request_max_bytes = REQUEST_MAX_BYTES,
     .open_max = WATCHES_MAX,
     .handle = watch},
    {0}};

struct health *health_create(const struct rpc_service *services)
{
    struct health *health = hl_alloc(1, sizeof(*health));
    health->services[0] = (struct rpc_service){
        .name = "grpc.health.v1.Health", .methods = methods, .context = health};
    health->of = services;
    health->serving = true;
    pthread_mutex_init(&health->lock, NULL);
    return health;
}

void health_destroy(struct health **health)
{
    if (*health != NULL) {
        pthread_mutex_destroy(&(*health)->lock);
        hl_free(*health);
        *health = NULL;
    }
}

const struct rpc_service *health_services(const struct health *health)
{
    return health->services;
}

void health_set(struct health *health, bool serving)
{
    pthread_mutex_lock(&health->lock);
    health->serving = serving;
    for (struct watch *w = health->watches; w != NULL; w = w->next) {
        rpc_wake(w->call);
    }
    pthread_mutex_unlock(&health->lock);
}

static bool is_known(const struct health *health, const char *name)
{
    bool known = name[0] == '\0' || strcmp(name, health->services[0].name) == 0;
    for (const struct rpc_service *s = health->of; s->name != NULL; s++) {
        known |= strcmp(name, s->name) == 0;
    }
    return known;
}

static status status_now(struct health *health)
{
    pthread_mutex_lock(&health->lock);
    bool serving = health->serving;
    pthread_mutex_unlock(&health->lock);
    return serving ? SERVING : NOT_SERVING;
}

static const char *name_of(const ProtobufCMessage *request)
{
    return ((const Grpc__Health__V1__HealthCheckRequest *)request)->service;
}

static void check(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context)
{
    struct health *health = context;
    struct hl_detail detail;
    Grpc__Health__V1__HealthCheckResponse response =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    if (!is_known(health, name_of(request))) {
        hl_err err = hl_fail(&detail, HL_ENOTFOUND, "no service %s is here",
                             name_of(request));
        rpc_fail(call, err, &detail);
        return;
    }
    response.status = status_now(health);
    rpc_answer(call, &response.base);
}

/* --- Watch. -------------------------------------------------------------- */

static void pump(struct rpc_call *call, void *context)
{
    struct watch *w = context;
    status now = w->known ? status_now(w->health) : UNKNOWN;
    if (w->told && w->last == now) {
        return;
    }
    w->told = true;
    w->last = now;
    Grpc__Health__V1__HealthCheckResponse response =
        GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    response.status = now;
    rpc_send(call, &response.base);
}

static void gone(struct rpc_call *call, void *context)
{
    (void)call;
    struct watch *w = context;
    struct health *health = w->health;
    pthread_mutex_lock(&health->lock);
    if (w->previous != NULL) {
        w->previous->next = w->next;
    } else {
        health->watches = w->next;
    }
    if (w->next != NULL) {
        w->next->previous = w->previous;
    }
    pthread_mutex_unlock(&health->lock);
}

static void watch(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context)
{
    struct health *health = context;
    struct watch *w = rpc_call_alloc(call, sizeof(*w));
    *w = (struct watch){.health = health,
                        .call = call,
                        .known = is_known(health, name_of(request))};
    pthread_mutex_lock(&health->lock);
    w->next = health->watches;
    if (w->next != NULL) {
        w->next->previous = w;
    }
    health->watches = w;
    pthread_mutex_unlock(&health->lock);
    rpc_stream_start(
        call, &(struct rpc_stream){.pump = pump, .gone = gone, .context = w});
}
