/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EFFECT_CYCLE_H
#define HL_NODE_PROJECTION_EFFECT_CYCLE_H

/* What entries about clearing cycles do to the half of their journal. They move
 * nothing between accounts: what is cleared follows from several halves
 * (node/clearing). Inside this folder. */

#include "node/projection/effect_ledger.h"

hl_err effect_cycle_propose(struct ledger_work *work, const void *record,
                            struct hl_detail *detail);
hl_err effect_cycle_approve(struct ledger_work *work, const void *record,
                            struct hl_detail *detail);
hl_err effect_cycle_reject(struct ledger_work *work, const void *record,
                           struct hl_detail *detail);
hl_err effect_cycle_finish(struct ledger_work *work, const void *record,
                           struct hl_detail *detail);
hl_err effect_cycle_abort(struct ledger_work *work, const void *record,
                          struct hl_detail *detail);
hl_err effect_payment_sent(struct ledger_work *work, const void *record,
                           struct hl_detail *detail);
hl_err effect_payment_received(struct ledger_work *work, const void *record,
                               struct hl_detail *detail);

/* Of ledger_drop_row(), for rows of cycles and transfers. */
HL_MUST_USE hl_err effect_cycle_drop_row(struct projection *projection,
                                         uint32_t number, struct bytes name,
                                         struct hl_detail *detail);

#endif
