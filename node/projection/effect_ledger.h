/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EFFECT_LEDGER_H
#define HL_NODE_PROJECTION_EFFECT_LEDGER_H

/* What entries about money do to the half of their journal, in double entry:
 *
 *   fund --SchemePut--> budget --VoucherIssue--> issued --OrderPlace--> held
 *                       budget <--VoucherEnded-- issued <--HoldRelease-- held
 *                       budget <------------------------- HoldRelease -- held
 *   held --Capture--> payable to the provider's node, or settled
 *   adjusted --Adjustment--> payable to the issuer, in the provider's half
 *
 * Which entries there are and what each checks, the table in effect_ledger.c
 * says. Inside this folder. */

#include "node/projection/effect.h"
#include "node/projection/ledger_case.h"

/* An entry while it is carried out: everything was read and checked. */
struct ledger_work {
    struct effect *effect;
    struct ledger_case of;
    struct hl_hash leaf; /* the entry's */
};

/* Of every body in the table. */
hl_err effect_ledger(struct effect *effect, const void *record,
                     struct hl_detail *detail);

/* NULL: the body of that number is not about money. */
ledger_check_fn ledger_check_of(uint32_t body);

/* A row of an order or a cycle is about to go: what follows from its citations
 * is no longer to be looked at. */
HL_MUST_USE hl_err ledger_drop_row(struct projection *projection,
                                   uint32_t number, struct bytes name,
                                   struct hl_detail *detail);

#endif
