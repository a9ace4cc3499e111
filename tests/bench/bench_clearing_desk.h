/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_CLEARING_DESK_H
#define HL_TESTS_BENCH_CLEARING_DESK_H

/* Orders of one client at the first node, one after the other, while its desk
 * rests and while it counts: writer and desk as the daemon has them, without
 * calls. */

#include "tests/bench/bench_clearing_load.h"

struct clearing_pauses {
    size_t orders;
    double p50_ms, p99_ms, max_ms;
};

struct clearing_desk_times {
    struct clearing_pauses resting, counting;
    unsigned counts; /* of the desk, meanwhile; the last is a proposal, */
    bool approved;   /* which it approved */
};

/* The load is closed to all else but clearing_load_close() then. In turns of so
 * many seconds. */
void clearing_desk_measure(struct clearing_load *load, unsigned seconds,
                           struct clearing_desk_times *out);

#endif
