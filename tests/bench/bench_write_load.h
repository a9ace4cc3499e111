/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_WRITE_LOAD_H
#define HL_TESTS_BENCH_WRITE_LOAD_H

/* Units, put by clients of a running node. */

#include "tests/bench/bench_load.h"

enum { LOAD_BATCH_ITEMS = 8190 };

/* A second: puts of one unit each. */
double load_puts(struct load *load, size_t calls, double seconds);

/* Units a second of one call of Unit.PutBatch; making the request is not
 * measured. */
double load_batch(struct load *load);

#endif
