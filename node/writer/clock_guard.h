/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_CLOCK_GUARD_H
#define HL_NODE_WRITER_CLOCK_GUARD_H

/* Whether the wall clock can be believed: it must go on as the monotonic one
 * does. A step beyond the bound is a clock that was set, and until it comes
 * back to where it should be, or others say that it is right (the guard is
 * then made anew), or the process starts again, commands wait. Slow corrections
 * (NTP slewing) are followed. Pure; one thread. */

#include "protocol/base/hl_err.h"
#include "protocol/base/hl_time.h"

struct clock_reading {
    struct hl_mono mono; /* of a clock that also counts suspended time */
    struct hl_wall wall;
};

struct clock_guard {
    struct clock_reading anchor;
    int64_t jump_ms; /* the bound */
};

void clock_guard_init(struct clock_guard *guard, struct clock_reading now,
                      int64_t jump_ms);

/* Each time a command runs, and every few seconds.
 *
 * HL_ECLOCK  detail says by how much, and what to do. */
HL_MUST_USE hl_err clock_guard_check(struct clock_guard *guard,
                                     struct clock_reading now,
                                     struct hl_detail *detail);

#endif
