/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_CATALOGUE_CHECKS_H
#define HL_NODE_PROJECTION_CATALOGUE_CHECKS_H

/* What a half's own records say against a delivery, as they stand there just
 * before its entry: so that it is known for ever what the catalogue said at the
 * time, whatever becomes of them. Inside this folder. */

#include "node/ledger/order_check.h"
#include "node/projection/tables.h"

/* A mask of ORDER_CHECK_UNIT, ITEM, CUSTOMS and PRICE. A delivery that names no
 * unit, or no item, is not looked at for it. */
HL_MUST_USE hl_err catalogue_checks(const struct tables *tables,
                                    uint32_t number,
                                    const struct order_deliver *deliver,
                                    uint64_t *checks, struct hl_detail *detail);

#endif
