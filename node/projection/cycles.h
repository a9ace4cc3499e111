/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_CYCLES_H
#define HL_NODE_PROJECTION_CYCLES_H

/* Cycles as they stand in a snapshot. What is read borrows from its
 * transaction. Functions return store.h's errors. */

#include "node/ledger/cycle.h"
#include "node/projection/projection.h"

/* The half of a node: `alliance` is what stands before it in a journal's name.
 */
HL_MUST_USE hl_err cycles_half(struct store_txn *txn, struct bytes alliance,
                               struct bytes node, uint32_t *number, bool *found,
                               struct hl_detail *detail);

/* What that half has of the cycle of that key. */
HL_MUST_USE hl_err cycles_row(struct store_txn *txn, uint32_t number,
                              const struct cycle_key *key, struct cycle *out,
                              bool *found, struct hl_detail *detail);

/* A cycle by its proposer's half. */
HL_MUST_USE hl_err cycles_find(struct store_txn *txn, struct bytes alliance,
                               const struct cycle_key *key, struct cycle *out,
                               bool *found, struct hl_detail *detail);

/* What that node's half says of it: all zero where it says nothing. */
HL_MUST_USE hl_err cycles_answer(struct store_txn *txn, struct bytes alliance,
                                 struct bytes node, const struct cycle_key *key,
                                 struct cycle *out, struct hl_detail *detail);

/* What that half has of a transfer; all zero likewise. */
HL_MUST_USE hl_err cycles_transfer(struct store_txn *txn, struct bytes alliance,
                                   struct bytes node,
                                   const struct transfer_key *key,
                                   struct transfer *out,
                                   struct hl_detail *detail);

/* What stands of that half (CYCLE_STANDING_APPROVED, CYCLE_STANDING_OPEN). */
HL_MUST_USE hl_err cycles_standing(struct store_txn *txn, uint32_t number,
                                   uint64_t which, struct cycle_key *out,
                                   bool *found, struct hl_detail *detail);

/* Whether all approvals that it cites were given so. One that is not here is
 * `missing`; one that is another is `void`, also where its party has given
 * another answer, and so gives none. What shows it beyond the cut shows
 * nothing. */
enum cycle_effect { CYCLE_EFFECTIVE, CYCLE_MISSING, CYCLE_VOID };
HL_MUST_USE hl_err cycles_effect(struct store_txn *txn, struct bytes alliance,
                                 const struct cycle *cycle,
                                 const struct cycle_lists *cut,
                                 enum cycle_effect *out,
                                 struct hl_detail *detail);

#endif
