/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_TRADE_INSIDE_H
#define HL_TESTS_SIM_TRADE_INSIDE_H

/* Between trade.c, what is asked of orders, trade_allot.c, of allotments,
 * trade_issue.c, of schemes and vouchers, and trade_answer.c, what comes of it.
 */

#include "tests/sim/book.h"
#include "tests/sim/trade.h"
#include "tests/sim/world.h"

bool trade_percent(struct platform *platform, unsigned of_hundred);
size_t trade_city(struct platform *platform);
/* Another one than the host's, if there is one. */
size_t trade_other(struct platform *platform, const struct host *host);

/* Days as texts, which live until the record is encoded. */
struct trade_days {
    char text[6][BOOK_DAY_BYTES];
    size_t count;
};
/* So many days from today. */
struct bytes trade_day(struct trade_days *days, const struct host *host,
                       int64_t after);

void trade_say(struct platform *platform, struct host *host, uint32_t body,
               const void *record, size_t order);

/* One more, of a random id; the former ones may move. */
struct trade_order *trade_new_order(struct platform *platform,
                                    const struct trade_order *order);
/* Of that voucher. */
void trade_place(struct platform *platform, struct host *host, size_t voucher);
/* What was served by it, for that price; borrows until the next one. */
struct order_deliver trade_service(struct platform *platform,
                                   const struct host *host,
                                   struct order_key key, uint64_t price_fen);

/* A transfer of a final cycle that the city pays, or gets, was sent, or came.
 */
void trade_pay(struct platform *platform, struct host *host);

/* Allots some voucher; spends, or closes, as is said. */
void trade_allot(struct platform *platform, struct host *host);
void trade_spend(struct platform *platform, struct host *host,
                 const struct trade_order *order, struct order_key key,
                 size_t number);
void trade_close(struct platform *platform, struct host *host,
                 const struct trade_order *order, struct order_key key,
                 size_t number);

/* All that a city begins with; one, or its next version. */
void trade_put_first(struct platform *platform, struct host *host);
void trade_put_scheme(struct platform *platform, struct host *host);
void trade_issue(struct platform *platform, struct host *host);
void trade_end(struct platform *platform, struct host *host);
/* A good voucher of that city, or now and then any. Its number; 0: none is
 * known. */
size_t trade_voucher(struct platform *platform, size_t city);

#endif
