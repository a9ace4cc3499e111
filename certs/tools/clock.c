/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/clock.h"

#include <time.h>

#include "protocol/base/hl_assert.h"

struct hl_wall clock_wall(void)
{
    struct timespec now = {0};
    int done = clock_gettime(CLOCK_REALTIME, &now);
    HL_ASSERT(done == 0);
    return (struct hl_wall){.ms = (int64_t)now.tv_sec * 1000 +
                                  now.tv_nsec / 1000000};
}
