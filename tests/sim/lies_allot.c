/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/sim/lies_inside.h"

/* Lies about allotments: of who spends what is not allotted to him, or more of
 * it, or longer; and of who takes back what is not free. */

static bool is_allotted(const struct book_order *order)
{
    return order->row.allotted != 0 && order->row.resolved == ORDER_OPEN;
}

/* What may be spent today for the last time; mostly that is over soon. */
static bool is_over(const struct book_order *order)
{
    struct hl_wall placed = {(int64_t)order->row.placed_at_ms};
    return is_allotted(order) &&
           book_day_of(order->row.of.until) == book_day(placed);
}

static bool is_placed(const struct book_order *order)
{
    return order->placed;
}

static bool is_closed(const struct book_order *order)
{
    return order->row.answer == ANSWER_CLOSED;
}

static bool is_spent(const struct book_order *order)
{
    return order->row.answer == ANSWER_SPENT;
}

/* One that another city has, mostly for this node; NULL: none was found. */
static const struct book_order *
some_of_others(const struct lying *lying,
               bool (*is)(const struct book_order *order), size_t *city)
{
    enum { TRIES = 12 };
    struct world *world = lying->host->world;
    struct bytes own = trade_node(lying->platform, lying->host->city);
    const struct book_order *order = NULL;
    for (int i = 0; i < TRIES; i++) {
        *city = lies_other(lying);
        struct lying theirs = {lying->platform, world->hosts[*city],
                               audit_book(&world->audit, *city, 0)};
        order = lies_some(&theirs, is);
        if (order != NULL && bytes_equal(order->row.of.provider, own)) {
            return order;
        }
    }
    return order;
}

static uint64_t spent_of(const struct lying *lying, const struct order_key *key)
{
    const struct book_order *word = book_order(lying->own, key);
    return word == NULL ? 0 : word->row.spent_fen;
}

/* What would be right, but for what the lie is about. */
static struct order_spend spend_of(const struct lying *lying,
                                   const struct book_order *placed,
                                   struct bytes issuer, uint64_t amount_fen)
{
    const struct order_key *key = &placed->row.of.key;
    return (struct order_spend){
        .of = lies_delivery(lying, key, issuer),
        .amount_fen = amount_fen,
        .spent_after_fen = spent_of(lying, key) + amount_fen,
        .limit_fen = placed->row.of.hold_fen,
        .expires = placed->row.of.until,
    };
}

static void say_spend(const struct lying *lying,
                      const struct book_order *placed, size_t city,
                      const struct order_spend *spend)
{
    lies_say_citing(lying, ORDER_BODY_SPEND, spend, city,
                    placed->row.placed_index, &placed->placed_leaf);
}

/* More than there is; or it says that more is, or for longer. */
static void spend_beyond(const struct lying *lying)
{
    static const char never[] = "2099-12-31";
    size_t city = 0;
    const struct book_order *placed = some_of_others(lying, is_allotted, &city);
    if (placed == NULL) {
        return;
    }
    uint64_t left =
        placed->row.of.hold_fen - spent_of(lying, &placed->row.of.key);
    struct order_spend spend =
        spend_of(lying, placed, trade_node(lying->platform, city), left + 1);
    switch (trade_below(lying->platform, 3)) {
    case 0:
        break;
    case 1:
        spend.limit_fen += 1 + trade_below(lying->platform, 1000);
        break;
    default:
        spend.amount_fen -= 1;
        spend.spent_after_fen -= 1;
        spend.expires = bytes_of_text(never);
        break;
    }
    if (spend.amount_fen > 0) {
        say_spend(lying, placed, city, &spend);
    }
}

/* When its last day is over; which by a clock that is kept back it is not yet:
 * then it counts as any other, and nobody can know. */
static void spend_late(const struct lying *lying)
{
    size_t city = 0;
    const struct book_order *placed = some_of_others(lying, is_over, &city);
    if (placed != NULL) {
        struct order_spend spend =
            spend_of(lying, placed, trade_node(lying->platform, city), 1);
        say_spend(lying, placed, city, &spend);
    }
}

/* Of what is no allotment, or another's; citing another leaf, or none. */
static void spend_unfounded(const struct lying *lying)
{
    size_t city = 0;
    const struct book_order *placed = some_of_others(
        lying, trade_below(lying->platform, 2) == 0 ? is_allotted : is_placed,
        &city);
    if (placed == NULL) {
        return;
    }
    struct order_spend spend =
        spend_of(lying, placed, trade_node(lying->platform, city),
                 1 + trade_below(lying->platform, placed->row.of.hold_fen));
    switch (trade_below(lying->platform, 3)) {
    case 0:
        lies_say(lying, ORDER_BODY_SPEND, &spend);
        break;
    case 1:
        lies_say_unfounded(lying, ORDER_BODY_SPEND, &spend, city);
        break;
    default:
        say_spend(lying, placed, city, &spend);
        break;
    }
}

/* It goes on with what it closed; or a sum leaves something out. */
static void spend_on(const struct lying *lying)
{
    const struct book_order *word = lies_some(
        lying, trade_below(lying->platform, 2) == 0 ? is_closed : is_spent);
    if (word == NULL) {
        return;
    }
    uint64_t fen = 1 + trade_below(lying->platform, 100);
    struct order_spend spend = {
        .of = lies_delivery(lying, &word->row.of.key, word->row.issuer),
        .amount_fen = fen,
        .spent_after_fen =
            word->row.answer == ANSWER_CLOSED ? word->row.spent_fen + fen : fen,
        .limit_fen = word->row.limit_fen == 0 ? 1000 : word->row.limit_fen,
        .expires = word->row.expires.size == 0 ? bytes_of_text("2099-12-31")
                                               : word->row.expires,
    };
    lies_say_citing(lying, ORDER_BODY_SPEND, &spend,
                    lies_city_of(lying, word->row.issuer),
                    word->row.order_index, &word->order_leaf);
}

/* What it spends of at the same time; what it says was spent is less; or it is
 * no allotment, or is not cited. */
static void close_wrongly(const struct lying *lying)
{
    size_t city = 0;
    const struct book_order *placed = some_of_others(
        lying, trade_below(lying->platform, 4) > 0 ? is_allotted : is_placed,
        &city);
    if (placed == NULL) {
        return;
    }
    struct bytes issuer = trade_node(lying->platform, city);
    struct order_close close = {
        .key = placed->row.of.key,
        .issuer = issuer,
        .spent_fen = spent_of(lying, &placed->row.of.key),
    };
    if (trade_below(lying->platform, 3) == 0) {
        close.spent_fen /= 2;
    }
    if (trade_below(lying->platform, 4) == 0) {
        lies_say_unfounded(lying, ORDER_BODY_CLOSE, &close, city);
        return;
    }
    lies_say_citing(lying, ORDER_BODY_CLOSE, &close, city,
                    placed->row.placed_index, &placed->placed_leaf);
    struct order_spend spend = spend_of(lying, placed, issuer, 1);
    say_spend(lying, placed, city, &spend);
}

/* More than the voucher has; to itself; or another's voucher. */
static void allot_wrongly(const struct lying *lying)
{
    uint8_t id[16];
    char until[BOOK_DAY_BYTES];
    const struct book_voucher *voucher = lies_voucher(lying);
    if (voucher == NULL) {
        return;
    }
    size_t own = lying->host->city, other = lies_other(lying);
    uint64_t which = trade_below(lying->platform, 3);
    rng_fill(&lying->platform->trade.rng, id, sizeof(id));
    book_day_text(voucher->use_until, until);
    struct order_allot allot = {
        .key = {trade_node(lying->platform, which == 1 ? other : own),
                bytes_of(id, sizeof(id))},
        .voucher = voucher->of.id,
        .provider = trade_node(lying->platform, which == 2 ? own : other),
        .unit_scheme = bytes_of_text("nrii"),
        .unit_id = bytes_of_text(TRADE_UNIT),
        .kind = 1,
        .limit_fen = which == 0 ? book_open_fen(voucher) + 1 : 1,
        .expires = bytes_of_text(until),
    };
    lies_say(lying, ORDER_BODY_ALLOT, &allot);
}

/* Of a provider that no charter ends, or that closed nothing; or more than was
 * not spent. */
static void return_wrongly(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_allotted);
    if (order == NULL) {
        return;
    }
    const struct book_voucher *voucher =
        &((const struct book_voucher *)
              lying->own->vouchers.items)[order->voucher];
    uint64_t limit_fen = order->row.of.hold_fen;
    struct order_return back = {
        .key = order->row.of.key,
        .why =
            trade_below(lying->platform, 2) == 0 ? RETURN_ENDED : RETURN_CLOSED,
        .spent_fen = trade_below(lying->platform, limit_fen + 1),
        .to_budget = voucher->ended != 0,
        .provider = order->row.of.provider,
    };
    back.rest_fen =
        limit_fen - back.spent_fen + (trade_below(lying->platform, 4) == 0);
    if (back.why == RETURN_ENDED) {
        lies_say(lying, ORDER_BODY_RETURN, &back);
        return;
    }
    lies_say_unfounded(lying, ORDER_BODY_RETURN, &back,
                       lies_city_of(lying, order->row.of.provider));
}

void lie_of_allotments(const struct lying *lying)
{
    static void (*const lies[])(const struct lying *lying) = {
        spend_beyond,  spend_late,    spend_unfounded, spend_on,
        close_wrongly, allot_wrongly, return_wrongly,
    };
    lies[trade_below(lying->platform, sizeof(lies) / sizeof(lies[0]))](lying);
}
