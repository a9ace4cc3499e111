/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_ORDER_CHECK_H
#define HL_NODE_LEDGER_ORDER_CHECK_H

/* Rules that a delivery may break (OrderCheck), one bit of a mask for each. An
 * issuer's node holds such a delivery for a person to decide. Pure, any thread.
 */

#include "node/ledger/order.h"

#define ORDER_CHECKS(X) X(VALIDITY)

#define ORDER_CHECK_ENUM(name) ORDER_CHECK_##name,
enum order_check {
    ORDER_CHECK_NONE,
    ORDER_CHECKS(ORDER_CHECK_ENUM) ORDER_CHECK_END
};
#undef ORDER_CHECK_ENUM

/* Bit n of a mask is check n. */
uint64_t order_check_bit(enum order_check check);

/* Which of them a delivery breaks by itself, of that voucher, as its issuer's
 * half has it: it ended later than the voucher's last day of use, or began
 * before its issue. */
uint64_t order_check_delivery(const struct order *answer,
                              const struct voucher *voucher);

#endif
