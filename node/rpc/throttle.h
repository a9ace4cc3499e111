/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_THROTTLE_H
#define HL_NODE_RPC_THROTTLE_H

/* Bounds how many lines a second others can make us log. Any thread. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/base/hl_time.h"

struct throttle {
    pthread_mutex_t lock;
    uint32_t per_s;
    int64_t second;
    uint32_t passed;
    uint64_t dropped;
};

#define THROTTLE_INIT(limit)                                                   \
    {                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER, .per_s = (limit)                    \
    }

/* Whether one more may pass. *dropped is how many could not before it. */
bool throttle_pass(struct throttle *throttle, struct hl_mono now,
                   uint64_t *dropped);

/* The clocks that the server reads. */
struct hl_mono rpc_mono(void);
struct hl_wall rpc_wall(void);

#endif
