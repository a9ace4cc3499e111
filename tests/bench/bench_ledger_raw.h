/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_LEDGER_RAW_H
#define HL_TESTS_BENCH_LEDGER_RAW_H

/* The same commands by the writer without calls and threads, and raw
 * (bench_raw.h). */

#include "tests/bench/bench_ledger_item.h"
#include "tests/bench/bench_raw.h"

struct ledger_raw;

/* In new folders below `folder`; with the scheme, and what orders are of. */
struct ledger_raw *ledger_raw_open(const char *folder, uint32_t run);
void ledger_raw_close(struct ledger_raw **raw);

/* `count` commands of a step, each in a commit with up to `each` of them; the
 * two sides take turns, a commit at a time. */
struct raw_times ledger_raw_write(struct ledger_raw *raw, enum ledger_step step,
                                  size_t count, size_t each);

#endif
