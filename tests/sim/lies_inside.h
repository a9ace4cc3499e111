/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_LIES_INSIDE_H
#define HL_TESTS_SIM_LIES_INSIDE_H

/* Between lies.c, lies_allot.c, lies about allotments, and lies_cycle.c, about
 * cycles. */

#include "tests/sim/book.h"
#include "tests/sim/trade.h"
#include "tests/sim/world.h"

/* Who lies, and its books. */
struct lying {
    struct platform *platform;
    struct host *host;
    const struct book *own;
};

/* One of its orders that is so; NULL: none was found. */
const struct book_order *lies_some(const struct lying *lying,
                                   bool (*is)(const struct book_order *order));
const struct book_voucher *lies_voucher(const struct lying *lying);
size_t lies_city_of(const struct lying *lying, struct bytes node);
/* Another city. */
size_t lies_other(const struct lying *lying);

void lies_say(const struct lying *lying, uint32_t body, const void *record);
/* Citing an entry of that city's. */
void lies_say_citing(const struct lying *lying, uint32_t body,
                     const void *record, size_t city, uint64_t index,
                     const struct hl_hash *leaf);
/* Citing what that city never wrote, or wrote of something else. */
void lies_say_unfounded(const struct lying *lying, uint32_t body,
                        const void *record, size_t city);

/* Something that it says it served. */
struct order_deliver lies_delivery(const struct lying *lying,
                                   const struct order_key *key,
                                   struct bytes issuer);

void lie_of_allotments(const struct lying *lying);
void lie_of_cycles(const struct lying *lying);
/* A proposal that is not so, instead of that one; its record. */
void lie_instead(const struct lying *lying, struct bytes proposal);

#endif
