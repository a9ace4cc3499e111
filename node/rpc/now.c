/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/now.h"

#include <time.h>

enum { NS_PER_S = 1000000000, NS_PER_MS = 1000000, MS_PER_S = 1000 };

struct hl_mono now_mono(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (struct hl_mono){.ns = (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec};
}

struct hl_wall now_wall(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (struct hl_wall){.ms = (int64_t)now.tv_sec * MS_PER_S +
                                  now.tv_nsec / NS_PER_MS};
}
