/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/sim/trade_inside.h"

/* What is asked of allotments: that there be some, and what their providers
 * spend of them, also beyond the limit, and when they close them. */

static void allot(struct platform *platform, struct host *host, size_t number,
                  size_t provider)
{
    const struct trade_voucher *voucher = &platform->trade.vouchers[number - 1];
    struct trade_days days = {0};
    uint64_t most_fen = trade_percent(platform, 70) ? 5000 : 40000;
    const struct trade_order asked = {
        .issuer = host->city,
        .provider = provider,
        .price_fen = 100 + trade_below(platform, most_fen),
        .allotted = true,
    };
    const struct trade_order *order = trade_new_order(platform, &asked);
    uint64_t until = trade_below(platform, 10);
    struct order_allot allot = {
        .key = {trade_node(platform, host->city),
                bytes_of(order->id, sizeof(order->id))},
        .voucher = bytes_of(voucher->id, sizeof(voucher->id)),
        .provider = trade_node(platform, provider),
        .unit_scheme = bytes_of_text("nrii"),
        .unit_id = bytes_of_text(TRADE_UNIT),
        .kind = 1 + trade_below(platform, trade_percent(platform, 80) ? 2 : 4),
        .limit_fen = order->price_fen,
        .expires = until < 7 ? (struct bytes){0}
                             : trade_day(&days, host, (int64_t)until - 8),
    };
    trade_say(platform, host, ORDER_BODY_ALLOT, &allot,
              platform->trade.order_count);
}

/* Now and then two of one voucher, or an order of it beside it. */
void trade_allot(struct platform *platform, struct host *host)
{
    size_t number = trade_voucher(platform, host->city);
    if (number == 0) {
        return;
    }
    for (uint64_t n = trade_percent(platform, 35) ? 2 : 1; n > 0; n--) {
        allot(platform, host, number,
              trade_percent(platform, 3) ? host->city
                                         : trade_other(platform, host));
    }
    if (trade_percent(platform, 35)) {
        trade_place(platform, host, number);
    }
}

void trade_allot_to(struct platform *platform, struct host *host, size_t city)
{
    size_t number = trade_voucher(platform, host->city);
    if (number > 0) {
        allot(platform, host, number, city);
    }
}

/* For more than there is left, too, and by another limit than there is. */
void trade_spend(struct platform *platform, struct host *host,
                 const struct trade_order *order, struct order_key key,
                 size_t number)
{
    uint64_t limit_fen = order->price_fen;
    uint64_t price_fen =
        1 + trade_below(platform, limit_fen * (1 + trade_below(platform, 4)));
    struct order_spend spend = {
        .of = trade_service(platform, host, key, price_fen),
        .amount_fen = trade_percent(platform, 65)
                          ? 0
                          : 1 + trade_below(platform, price_fen),
        .limit_fen = trade_percent(platform, 95)
                         ? 0
                         : limit_fen + trade_below(platform, 1000),
    };
    trade_say(platform, host, ORDER_BODY_SPEND, &spend, number);
}

/* While some are about to spend of it. */
void trade_close(struct platform *platform, struct host *host,
                 const struct trade_order *order, struct order_key key,
                 size_t number)
{
    struct order_close close = {
        .key = key,
        .spent_fen = trade_percent(platform, 90)
                         ? 0
                         : trade_below(platform, order->price_fen),
    };
    if (trade_percent(platform, 30)) {
        trade_spend(platform, host, order, key, number);
    }
    trade_say(platform, host, ORDER_BODY_CLOSE, &close, number);
    if (trade_percent(platform, 30)) {
        trade_spend(platform, host, order, key, number);
    }
}
