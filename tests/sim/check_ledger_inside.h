/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_CHECK_LEDGER_INSIDE_H
#define HL_TESTS_SIM_CHECK_LEDGER_INSIDE_H

/* Between check_ledger.c, rows against books, and check_orders.c, what halves
 * say of each other's orders. */

#include "tests/sim/check.h"

/* The books of one store: of each city's journal as far as it is held there. */
struct held {
    struct world *world;
    struct host *host;
    struct store_txn *txn;
    struct book books[ALLIANCE_CITIES_MAX];
    uint32_t numbers[ALLIANCE_CITIES_MAX];
    bool known[ALLIANCE_CITIES_MAX];
};

/* Nobody is found fault with who cites what there is, and who does not is. */
hl_err held_compare_findings(struct held *held);
/* What orders collide with, and which rules deliveries break (check_cross.c).
 */
hl_err held_compare_cross(struct held *held);
/* No voucher pays more than it has, with what is spent of its allotments; at
 * rest, what came back of these is what was not spent. Else a violation. */
void held_judge_vouchers(const struct held *held, bool rests);
/* Nothing is open that the rules close; where it is, a violation. */
void held_judge_open(const struct held *held);

#endif
