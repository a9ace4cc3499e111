/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_LEDGER_POSTGRES_H
#define HL_TESTS_BENCH_LEDGER_POSTGRES_H

/* The same commands in PostgreSQL: a database that was made by
 * bench_ledger.sql. What is refused ends the process. */

#include "tests/bench/bench_ledger_item.h"

struct ledger_pg;

/* `target` is a connection string of libpq. States the scheme, and issues what
 * orders are of. */
struct ledger_pg *ledger_pg_open(const char *target, uint32_t run);
void ledger_pg_close(struct ledger_pg **pg);

struct ledger_pg_way {
    size_t clients; /* a transaction for each command; 0: one for a batch */
    bool kept;      /* balances of accounts; in a batch they are */
};

/* Commands a second: issues and places for so many seconds; accepts and
 * delivers all that was placed. */
double ledger_pg_run(struct ledger_pg *pg, enum ledger_step step,
                     struct ledger_pg_way way, double seconds);

#endif
