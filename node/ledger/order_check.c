/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/order_check.h"

#include <assert.h>

#include "heluo/v1/order.pb-c.h"

#define SAME(name)                                                             \
    static_assert((int)ORDER_CHECK_##name ==                                   \
                      (int)HELUO__V1__ORDER_CHECK__ORDER_CHECK_##name,         \
                  "as in order.proto");
ORDER_CHECKS(SAME)

uint64_t order_check_bit(enum order_check check)
{
    return UINT64_C(1) << check;
}

static bool is_outside(const struct order *answer,
                       const struct voucher *voucher)
{
    char last[DAY_TEXT_BYTES];
    day_of((struct hl_wall){(int64_t)answer->until_ms}, 0, last);
    return bytes_compare(bytes_of_text(last), voucher->use_until) > 0 ||
           answer->from_ms < voucher->issued_at_ms;
}

uint64_t order_check_delivery(const struct order *answer,
                              const struct voucher *voucher)
{
    return is_outside(answer, voucher) ? order_check_bit(ORDER_CHECK_VALIDITY)
                                       : 0;
}
