/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_EFFECT_CROSS_H
#define HL_NODE_PROJECTION_EFFECT_CROSS_H

/* What entries about orders do to the rows by which orders are compared
 * (node/ledger/cross.h). Inside this folder. Functions return store.h's errors.
 */

#include "node/ledger/cross.h"
#include "node/projection/effect.h"

/* A delivery of the half, or a spend, whose row is `answer` from now on. */
HL_MUST_USE hl_err effect_cross_deliver(struct effect *effect,
                                        const struct order *answer,
                                        struct hl_detail *detail);

/* What the half allots: spends of it that came before are looked at again. */
HL_MUST_USE hl_err effect_cross_allot(struct effect *effect,
                                      const struct order *allotted,
                                      struct hl_detail *detail);

/* An order that the half placed, which counts from now on, or no longer. */
HL_MUST_USE hl_err effect_cross_contract(struct effect *effect,
                                         const struct order *order,
                                         const struct voucher *voucher,
                                         const struct scheme *scheme,
                                         bool counts, struct hl_detail *detail);

/* A row of that name is about to go, or has gone: what stands beside it, or is
 * spent of it, is looked at again. */
HL_MUST_USE hl_err cross_drop_row(struct projection *projection,
                                  uint32_t number, struct bytes name,
                                  struct hl_detail *detail);

#endif
