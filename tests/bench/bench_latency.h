/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_LATENCY_H
#define HL_TESTS_BENCH_LATENCY_H

/* Writes at a rate, and when each is acknowledged and seen elsewhere: the same
 * clockwork for whatever takes the writes. Each writer has a connection and a
 * thread of its own and writes when its turn comes, so that no write waits for
 * another, but where what is measured is slower than the rate. */

#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/bench_write_unit.h"

struct latency;

struct latency_plan {
    unsigned rate, seconds;
    uint32_t run; /* of bench_unit_make() */
    void *context;
    /* The first thread, before all; each writer is given to put() alone. */
    void *(*open)(void *context);
    void (*put)(void *writer, uint64_t number, const struct bench_unit *unit);
    void (*close)(void *writer);
    /* A thread of its own: tells of each unit that is there, until
     * latency_over(), or until nothing comes any more. */
    void (*watch)(void *context, struct latency *latency);
};

void latency_seen(struct latency *latency, uint64_t number);
bool latency_is_seen(const struct latency *latency, uint64_t number);
bool latency_over(const struct latency *latency);

/* Prints visible_p50_us, visible_p99_us (from the acknowledgement on),
 * acknowledged_p50_us, acknowledged_p99_us and rate. What was not seen ends the
 * process. */
void latency_measure(const struct latency_plan *plan);

/* Nanoseconds of the wall clock, the same in every process. */
int64_t bench_now_ns(void);
void bench_sleep_until(int64_t at_ns);

#endif
