/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/clock_guard.h"

#include <inttypes.h>

void clock_guard_init(struct clock_guard *guard, struct clock_reading now,
                      int64_t jump_ms)
{
    guard->anchor = now;
    guard->jump_ms = jump_ms;
}

hl_err clock_guard_check(struct clock_guard *guard, struct clock_reading now,
                         struct hl_detail *detail)
{
    int64_t passed_ms = mono_since_ns(now.mono, guard->anchor.mono) / 1000000;
    int64_t ahead_ms = wall_since_ms(now.wall, guard->anchor.wall) - passed_ms;
    if (ahead_ms > guard->jump_ms || ahead_ms < -guard->jump_ms) {
        return hl_fail(detail, HL_ECLOCK,
                       "the wall clock was set %s by %" PRId64
                       " s while the node ran: writes wait until it is set "
                       "right, or, if it is right now, until two partners "
                       "say so or heluod is restarted",
                       ahead_ms > 0 ? "forward" : "back",
                       (ahead_ms > 0 ? ahead_ms : -ahead_ms) / 1000);
    }
    guard->anchor = now;
    return HL_OK;
}
