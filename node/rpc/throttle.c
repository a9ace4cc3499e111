/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/throttle.h"

#include <time.h>

enum { NS_PER_S = 1000000000, NS_PER_MS = 1000000, MS_PER_S = 1000 };

bool throttle_pass(struct throttle *throttle, struct hl_mono now,
                   uint64_t *dropped)
{
    pthread_mutex_lock(&throttle->lock);
    int64_t second = now.ns / NS_PER_S;
    if (second != throttle->second) {
        throttle->second = second;
        throttle->passed = 0;
    }
    bool pass = throttle->passed < throttle->per_s;
    if (pass) {
        throttle->passed++;
        *dropped = throttle->dropped;
        throttle->dropped = 0;
    } else {
        throttle->dropped++;
    }
    pthread_mutex_unlock(&throttle->lock);
    return pass;
}

struct hl_mono rpc_mono(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (struct hl_mono){.ns = (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec};
}

struct hl_wall rpc_wall(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (struct hl_wall){.ms = (int64_t)now.tv_sec * MS_PER_S +
                                  now.tv_nsec / NS_PER_MS};
}
