/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_WRITE_RAW_H
#define HL_TESTS_BENCH_WRITE_RAW_H

/* Units by the writer without calls and threads, and raw (bench_raw.h). */

#include "tests/bench/bench_raw.h"

struct raw_units;

/* In new folders below `folder`. */
struct raw_units *raw_units_open(const char *folder, uint32_t run);
void raw_units_close(struct raw_units **raw);

/* Writes `count` units, each in a commit with up to `each` of them; the two
 * sides take turns, a commit at a time. */
struct raw_times raw_units_write(struct raw_units *raw, size_t count,
                                 size_t each);

/* Of the last raw_units_write(), for each unit. */
struct record_sum raw_units_work(const struct raw_units *raw);

#endif
