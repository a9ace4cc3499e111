/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_SERVER_H
#define HL_NODE_RPC_SERVER_H

/* The server's parts, for the files of this folder. */

#include "node/rpc/attendant.h"
#include "node/rpc/call.h"
#include "node/rpc/health.h"
#include "node/rpc/now.h"
#include "node/rpc/quota.h"
#include "node/rpc/reflection.h"
#include "node/rpc/tls_credentials.h"

struct server_thread {
    struct rpc_server *server;
    grpc_completion_queue *queue;
    pthread_t thread;
};

struct rpc_server {
    struct rpc_limits limits;
    struct gate *gate;
    struct log *log;
    struct log_limiter refusals; /* lines of them */

    grpc_server *core;
    struct server_thread *threads;
    uint32_t thread_count; /* that were started */
    uint16_t *ports;
    struct methods methods;
    struct quota *quota;
    struct tls_credentials credentials;
    struct attendant attendant;
    struct health *health;
    struct rpc_service reflection[REFLECTION_SERVICES];
    const struct rpc_service *services[4]; /* lists of them, up to a NULL */

    atomic_bool refusing; /* new calls; those that are open go on */
    atomic_bool stopping;
    pthread_mutex_t lock;
    pthread_cond_t none_live;
    uint32_t live; /* calls, and requests for calls; under the lock */

    atomic_uint calls_open;
    atomic_ullong calls_total, refused_admission, refused_limits;
};

#endif
