/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_LEDGER_LOAD_H
#define HL_TESTS_BENCH_LEDGER_LOAD_H

/* Clients of a running node's ledger. What is refused ends the process. */

#include "tests/bench/bench_ledger_item.h"
#include "tests/bench/bench_load.h"

struct ledger_load {
    struct load load;
    uint64_t next[STEPS]; /* command */
};

/* States the scheme, and issues what orders are of. */
void ledger_load_open(struct ledger_load *load,
                      const struct client_options *options, uint32_t run);
void ledger_load_close(struct ledger_load *load);

struct ledger_rate {
    double per_s;  /* commands */
    double commit; /* commands in each commit */
};

/* Issues and places for so many seconds, a call for each command; accepts and
 * delivers all that was placed. */
struct ledger_rate ledger_load_calls(struct ledger_load *load,
                                     enum ledger_step step, size_t calls,
                                     double seconds);

/* One call of Ledger.Batch; making the request is not measured. */
struct ledger_rate ledger_load_batch(struct ledger_load *load,
                                     enum ledger_step step);

#endif
