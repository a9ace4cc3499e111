/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_ATTENDANT_H
#define HL_NODE_RPC_ATTENDANT_H

/* A thread of the server that looks after streams: pumps those that were
 * woken (nothing can be put into the core's queues from outside), and admits
 * all of them again at an interval. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/base/hl_time.h"

struct rpc_call;
struct rpc_server;

struct attendant {
    struct rpc_server *server;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t due;
    struct rpc_call *first, *last; /* woken */
    struct hl_mono next_check;
    bool stop;

    pthread_mutex_t streams_lock; /* taken before a call's */
    struct rpc_call *streams;
};

void attendant_init(struct attendant *attendant, struct rpc_server *server);
void attendant_start(struct attendant *attendant);
/* No stream is left. */
void attendant_stop(struct attendant *attendant);
void attendant_fini(struct attendant *attendant);

/* Has stream_drive() run; once for several. Any thread. */
void attendant_post(struct attendant *attendant, struct rpc_call *call);

/* All streams stand in a list while they are open. */
void attendant_add(struct attendant *attendant, struct rpc_call *call);
void attendant_remove(struct attendant *attendant, struct rpc_call *call);

/* The check at the interval, now. */
void attendant_check(struct attendant *attendant);
/* Ends every stream: the server is stopping. */
void attendant_end_streams(struct attendant *attendant);

#endif
