/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_LEDGER_ITEM_H
#define HL_TESTS_BENCH_LEDGER_ITEM_H

/* What is asked of a ledger: command n of a step is the same on every side.
 * Ids are scattered as random ones are. The orders are of a thousand vouchers
 * that were issued before, each of another holder, and are served by the
 * issuer's own node; the scheme pays half, and bounds what a holder may use in
 * a year, so that a row of his is kept. What is delivered costs a little less
 * than was agreed, so that a part of each hold is free again. */

#include "node/ledger/order.h"

enum ledger_step { STEP_ISSUE, STEP_PLACE, STEP_ACCEPT, STEP_DELIVER, STEPS };

enum {
    LEDGER_HOLDERS = 1000, /* and vouchers before all else */
    LEDGER_BATCH = 8190,   /* commands */
    LEDGER_RATE_BP = 5000,
    LEDGER_DAYS = 365, /* both clocks */
    LEDGER_UNIT_FEN = 100,
};
#define LEDGER_SCHEME "bench"
#define LEDGER_NODE "zhengzhou"
extern const uint64_t ledger_budget_fen, ledger_holder_year_max_fen;

struct ledger_item {
    uint8_t id[VOUCHER_ID_BYTES]; /* the command's */
    uint8_t
        of[VOUCHER_ID_BYTES]; /* the order's, or the voucher's of an issue */
    uint8_t
        whose[VOUCHER_ID_BYTES]; /* the voucher, or the holder of an issue */
    uint64_t fen;                /* amount or price */
    union record_room record;    /* of the step's body; borrows the above */
};

/* `run` tells runs over one store apart. Stays where it was made. */
void ledger_item_make(uint32_t run, enum ledger_step step, uint64_t number,
                      struct ledger_item *out);

const char *ledger_step_name(enum ledger_step step);
uint32_t ledger_step_body(enum ledger_step step);

/* The scheme; what it points to is borrowed from `room`. */
void ledger_scheme_make(struct writer *room, struct scheme *out);

#endif
