/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/clock.h"

#include "protocol/base/hl_assert.h"

struct hl_wall clock_wall(void)
{
    struct timespec now = {0};
    int done = clock_gettime(CLOCK_REALTIME, &now);
    HL_ASSERT(done == 0);
    return (struct hl_wall){.ms = (int64_t)now.tv_sec * 1000 +
                                  now.tv_nsec / 1000000};
}

int64_t clock_mono_ms(void)
{
    struct timespec now = clock_mono_in_ms(0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct timespec clock_mono_in_ms(int64_t ms)
{
    struct timespec at = {0};
    int done = clock_gettime(CLOCK_MONOTONIC, &at);
    HL_ASSERT(done == 0);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}
