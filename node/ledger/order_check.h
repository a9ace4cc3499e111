/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_ORDER_CHECK_H
#define HL_NODE_LEDGER_ORDER_CHECK_H

/* Rules that a delivery may break (OrderCheck), one bit of a mask for each. An
 * issuer's node holds such a delivery for a person to decide, where the scheme
 * has it so; everybody finds it. Pure, any thread. */

#include "node/ledger/order.h"

#define ORDER_CHECKS(X)                                                        \
    X(VALIDITY, "validity", "超出用券期")                                      \
    X(UNIT, "unit", "服务机构未入网")                                          \
    X(ITEM, "item", "仪器或服务未入网")                                        \
    X(CUSTOMS, "customs", "海关监管设备")                                      \
    X(PRICE, "price", "超出公示价格")                                          \
    X(INVOICE, "invoice", "发票重复")                                          \
    X(MACHINE, "machine", "机时重叠")                                          \
    X(SPLIT, "split", "拆分合同")                                              \
    X(CONTROLLER, "controller", "关联方")

#define ORDER_CHECK_ENUM(name, word, word_zh) ORDER_CHECK_##name,
enum order_check {
    ORDER_CHECK_NONE,
    ORDER_CHECKS(ORDER_CHECK_ENUM) ORDER_CHECK_END
};
#undef ORDER_CHECK_ENUM

/* Bit n of a mask is check n. */
uint64_t order_check_bit(enum order_check check);

/* Appends which they are: "validity, unit"; in Chinese with "、". */
void order_check_words(uint64_t checks, bool chinese, struct writer *out);

/* Those that the order's two halves show by themselves: `placed` and `voucher`
 * as its issuer's half has them, `answer` as the provider's. */
uint64_t order_check_halves(const struct order *placed,
                            const struct order *answer,
                            const struct voucher *voucher);

#endif
