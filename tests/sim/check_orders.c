/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/projection/ledger.h"
#include "tests/sim/check_ledger_inside.h"

/* What the halves of orders say of each other, and what is left open. */

static const struct book_order *order_at(const struct held *held, size_t city,
                                         const struct order_key *key)
{
    return city != SIZE_MAX && held->known[city]
               ? book_order(&held->books[city], key)
               : NULL;
}

static size_t city_of(const struct held *held, struct bytes node)
{
    return alliance_find(&held->world->alliance, node);
}

/* Who holds for it, or denied that: where it began, or whom that one asked. In
 * *city, and NULL where nobody does. */
static const struct book_order *
holding(const struct held *held, const struct order_key *key, size_t *city)
{
    *city = city_of(held, key->begun_at);
    const struct book_order *home = order_at(held, *city, key);
    if (home == NULL || !home->requested) {
        return home != NULL && home->placed ? home : NULL;
    }
    *city = city_of(held, home->row.issuer);
    const struct book_order *theirs = order_at(held, *city, key);
    return theirs != NULL && book_same_request(theirs, home) ? theirs : NULL;
}

/* --- What is found. ------------------------------------------------------ */

/* Whether that journal is here beyond that entry. */
static bool reaches(const struct held *held, size_t city, uint64_t index)
{
    return city != SIZE_MAX && held->known[city] &&
           held->books[city].size > index;
}

static bool answer_is_unfounded(const struct held *held, size_t city,
                                const struct book_order *order)
{
    size_t issuer = city_of(held, order->row.issuer), by = SIZE_MAX;
    const struct book_order *placed = holding(held, &order->row.of.key, &by);
    return order->row.answer != ANSWER_NONE && !order->withdrawn &&
           (placed == NULL || !placed->placed || by != issuer ||
            (order->row.spent_fen > 0 && !book_spends(placed, order)) ||
            placed->row.placed_index != order->row.order_index ||
            !hash_equal(&placed->placed_leaf, &order->order_leaf) ||
            city_of(held, placed->row.of.provider) != city) &&
           reaches(held, issuer, order->row.order_index);
}

/* Whether such a word is what it says that it was resolved by. */
static bool resolves(const struct book_order *order, uint64_t answer)
{
    if (order->row.allotted != 0) {
        return answer == ANSWER_CLOSED || answer == ANSWER_DECLINED;
    }
    return answer == (order->row.resolved == ORDER_RELEASED ? ANSWER_DECLINED
                                                            : ANSWER_DELIVERED);
}

static bool resolution_is_unfounded(const struct held *held,
                                    const struct book_order *order)
{
    size_t by = SIZE_MAX;
    if (!order->placed || !order->caused ||
        holding(held, &order->row.of.key, &by) != order) {
        return false; /* of a hold that is none nothing more is said */
    }
    size_t provider = city_of(held, order->row.of.provider);
    const struct book_order *word =
        order_at(held, provider, &order->row.of.key);
    bool price = true;
    if (word != NULL && order->row.resolved == ORDER_CAPTURED) {
        price = order->row.allotted != 0
                    ? book_counted_fen(order, word) == order->row.captured_fen
                    : word->row.delivered_fen == order->row.resolved_price_fen;
    }
    return (word == NULL || !price || !resolves(order, word->row.answer) ||
            word->row.answer_index != order->row.cause_index ||
            !hash_equal(&word->answer_leaf, &order->cause_leaf)) &&
           reaches(held, provider, order->row.cause_index);
}

/* It holds, or denies, what nobody asked that city for so. */
static bool grant_is_unfounded(const struct held *held, size_t city,
                               const struct book_order *order)
{
    size_t home = city_of(held, order->row.of.key.begun_at);
    if (!order->requested || home == city) {
        return false;
    }
    const struct book_order *request = order_at(held, home, &order->row.of.key);
    bool asked = request != NULL && book_same_request(order, request) &&
                 city_of(held, request->row.issuer) == city;
    bool founded = asked && (!order->placed ||
                             book_grants(&order->row.of, &request->row.of));
    return !founded && reaches(held, home, order->row.request_index);
}

static uint64_t count_expected(const struct held *held)
{
    uint64_t count = 0;
    for (size_t city = 0; city < held->world->alliance.city_count; city++) {
        const struct book_order *orders = held->books[city].orders.items;
        for (size_t i = 0;
             held->known[city] && i < held->books[city].orders.count; i++) {
            count += answer_is_unfounded(held, city, &orders[i]);
            count += resolution_is_unfounded(held, &orders[i]);
            count += grant_is_unfounded(held, city, &orders[i]);
        }
    }
    return count;
}

hl_err held_compare_findings(struct held *held)
{
    struct writer key = {0};
    bool found = true;
    uint64_t count = 0;
    hl_err err = HL_OK;
    while (err == HL_OK && found) {
        struct finding finding;
        err = projection_next_finding(held->txn, writer_view(&key), &finding,
                                      &key, &found, NULL);
        if (err != HL_OK || !found ||
            (strcmp(finding.kind, "answer_unfounded") != 0 &&
             strcmp(finding.kind, "grant_unfounded") != 0 &&
             strcmp(finding.kind, "resolution_unfounded") != 0)) {
            continue;
        }
        size_t city =
            alliance_find_origin(&held->world->alliance, finding.origin);
        count += city != SIZE_MAX && held->known[city];
    }
    writer_fini(&key);
    uint64_t expected = count_expected(held);
    if (err == HL_OK && count != expected) {
        world_violation(held->world,
                        "%s finds %" PRIu64
                        " citations of orders wrong, and %" PRIu64 " are",
                        host_label(held->host), count, expected);
    }
    held->world->tally.money[MONEY_LIES_FOUND] += count;
    return err;
}

/* --- What vouchers pay. -------------------------------------------------- */

/* What was spent of it, as far as that is here; false: its provider's journal
 * is no witness of that. */
static bool spent_of(const struct held *held, const struct book_order *order,
                     uint64_t *fen)
{
    const struct world *world = held->world;
    size_t provider = city_of(held, order->row.of.provider);
    const struct book_order *word =
        order_at(held, provider, &order->row.of.key);
    bool counts = word != NULL && book_spends(order, word) &&
                  hash_equal(&word->order_leaf, &order->placed_leaf);
    *fen = counts ? word->row.spent_fen : 0;
    return provider != SIZE_MAX && held->known[provider] &&
           audit_trusts(world, provider) && world->truths[provider].epochs == 0;
}

/* Of one voucher: what was captured or is held, and what its allotments' own
 * journals say that they spent, where that is more. */
static uint64_t paid_of(const struct held *held, size_t city, size_t voucher)
{
    const struct book *book = &held->books[city];
    const struct book_order *orders = book->orders.items;
    uint64_t paid = 0;
    for (size_t i = 0; i < book->orders.count; i++) {
        const struct order *row = &orders[i].row;
        uint64_t own, theirs = 0;
        if (!orders[i].placed || orders[i].voucher != voucher) {
            continue;
        }
        own =
            row->resolved == ORDER_OPEN ? row->of.hold_fen : row->captured_fen;
        bool known = row->allotted != 0 && spent_of(held, &orders[i], &theirs);
        paid += known && theirs > own ? theirs : own;
    }
    return paid;
}

/* What came back of allotments is what was not spent of them. */
static void judge_returns(const struct held *held, size_t city)
{
    const struct book *book = &held->books[city];
    const struct book_order *orders = book->orders.items;
    for (size_t i = 0; i < book->orders.count; i++) {
        uint64_t spent = 0;
        bool back = orders[i].placed && orders[i].row.allotted != 0 &&
                    orders[i].row.resolved != ORDER_OPEN;
        if (back && spent_of(held, &orders[i], &spent) &&
            spent != orders[i].row.captured_fen) {
            world_violation(
                held->world,
                "%s has entry %" PRIu64 " of %s's, by which %" PRIu64
                " fen of an allotment are spent, and %" PRIu64 " were",
                host_label(held->host), orders[i].row.resolved_index,
                held->world->alliance.cities[city].id,
                orders[i].row.captured_fen, spent);
        }
    }
}

void held_judge_vouchers(const struct held *held, bool rests)
{
    for (size_t city = 0; city < held->world->alliance.city_count; city++) {
        const struct book *book = &held->books[city];
        const struct book_voucher *vouchers = book->vouchers.items;
        for (size_t i = 0;
             held->known[city] && audit_trusts(held->world, city) &&
             i < book->vouchers.count;
             i++) {
            if (paid_of(held, city, i) > vouchers[i].of.amount_fen) {
                world_violation(held->world,
                                "%s has a voucher of %s's of which more is "
                                "paid than it has",
                                host_label(held->host),
                                held->world->alliance.cities[city].id);
            }
        }
        if (rests && held->known[city] && audit_trusts(held->world, city)) {
            judge_returns(held, city);
        }
    }
}

/* --- What is open. ------------------------------------------------------- */

static void left_open(const struct held *held, const struct book_order *order,
                      const char *why)
{
    char id[9];
    for (size_t i = 0; i < 4; i++) {
        snprintf(id + 2 * i, 3, "%02x", order->row.of.key.id.data[i]);
    }
    world_violation(
        held->world, "%s leaves order %.*s/%s, entry %" PRIu64 ", open: %s",
        host_label(held->host), BYTES_ARGS(order->row.of.key.begun_at), id,
        order->row.placed_index, why);
}

/* The provider's answer to it. */
static uint64_t answer_to(const struct held *held,
                          const struct book_order *order, struct order *out)
{
    const struct book_order *word = order_at(
        held, city_of(held, order->row.of.provider), &order->row.of.key);
    size_t by = SIZE_MAX;
    if (word == NULL || word->row.answer == ANSWER_NONE ||
        holding(held, &order->row.of.key, &by) != order) {
        return ANSWER_NONE;
    }
    if (!word->withdrawn &&
        (word->row.order_index != order->row.placed_index ||
         !hash_equal(&word->order_leaf, &order->placed_leaf))) {
        return ANSWER_NONE;
    }
    *out = word->row;
    return word->row.answer;
}

/* And the node had a moment to see it. */
static bool is_over(const struct held *held, int64_t last_day)
{
    enum { MOMENT_MS = 20000 };
    struct hl_wall then = {host_wall(held->host).ms - MOMENT_MS};
    return book_day(then) > last_day;
}

/* Nobody is asked any more, nor was a rule broken that nobody saw: then it
 * would be said that it waits. */
static bool waits_for_nobody(const struct held *held,
                             const struct book_order *order)
{
    const struct order *row = &order->row;
    return row->disputed != DISPUTE_OPEN &&
           (row->ask_until.size == 0 || row->confirmed != 0 ||
            row->disputed == DISPUTE_RESOLVED ||
            is_over(held, book_day_of(row->ask_until)));
}

static bool is_sealed(const struct held *held, const struct book_order *order,
                      uint64_t index)
{
    size_t city = city_of(held, order->row.of.provider);
    struct bytes origin =
        bytes_of_text(held->world->alliance.cities[city].origin);
    struct head end; /* of one that a charter ended nothing more is sealed */
    const struct engine *engine = driver_engine(held->host->driver);
    return city == held->host->city || !engine_seals(engine, origin) ||
           host_sealed(held->host, city) > index ||
           (engine_ended(engine, origin, &end) && end.size > index);
}

/* Whether it holds for nobody while somebody else does: a lie, which waits
 * until that one is done. */
static bool is_second(const struct held *held, const struct book_order *order)
{
    size_t by = SIZE_MAX;
    size_t home = city_of(held, order->row.of.key.begun_at);
    return holding(held, &order->row.of.key, &by) != order &&
           order_at(held, home, &order->row.of.key) != NULL;
}

/* Whether a charter ends that city, and all of it that counts is here. */
static bool is_at_end(const struct held *held, size_t city)
{
    struct head end;
    const char *origin = held->world->alliance.cities[city].origin;
    return held->known[city] &&
           engine_ended(driver_engine(held->host->driver),
                        bytes_of_text(origin), &end) &&
           held->books[city].size == end.size;
}

/* Nothing of it is left with whoever can spend of it no more. */
static void judge_allotted(const struct held *held,
                           const struct book_order *order)
{
    struct order word;
    uint64_t answer = answer_to(held, order, &word);
    size_t provider = city_of(held, order->row.of.provider);
    if (answer == ANSWER_CLOSED || answer == ANSWER_DECLINED) {
        if (is_sealed(held, order, word.answer_index)) {
            left_open(held, order, "its provider closed it");
        }
    } else if (provider != SIZE_MAX && is_at_end(held, provider)) {
        left_open(held, order, "its provider is no more");
    }
}

static void judge_placed(const struct held *held,
                         const struct book_order *order)
{
    struct order word;
    if (is_second(held, order)) {
        return;
    }
    if (order->row.allotted != 0) {
        judge_allotted(held, order);
        return;
    }
    uint64_t answer = answer_to(held, order, &word);
    if (answer == ANSWER_DECLINED) {
        left_open(held, order, "the provider declined it");
    } else if (answer == ANSWER_DELIVERED) {
        bool denied =
            order->row.disputed == DISPUTE_RESOLVED && order->row.max_fen == 0;
        if (denied || (waits_for_nobody(held, order) &&
                       is_sealed(held, order, word.answer_index))) {
            left_open(held, order, "it is delivered, and nobody minds");
        }
    } else if (is_over(held, book_day_of(order->row.of.until))) {
        left_open(held, order, "its time is over");
    }
}

/* Whether that is the provider's word of this very order, and what it spends of
 * it. */
static bool answers_to(const struct book_order *word,
                       const struct book_order *order)
{
    return word->row.order_index == order->row.placed_index &&
           hash_equal(&word->order_leaf, &order->placed_leaf);
}

static bool spends_of(const struct book_order *word,
                      const struct book_order *order)
{
    return word->row.answer == ANSWER_SPENT && answers_to(word, order);
}

/* Not where another order of that id is answered: that is then the answer. */
static void judge_asked(const struct held *held, const struct book_order *order)
{
    size_t by = SIZE_MAX;
    const struct book_order *word =
        order_at(held, held->host->city, &order->row.of.key);
    bool none = word == NULL || word->row.answer == ANSWER_NONE;
    if (holding(held, &order->row.of.key, &by) != order) {
        return;
    }
    if (order->row.allotted == 0) {
        if (order->row.cancelled != 0 && none) {
            left_open(held, order, "it is cancelled, and was never accepted");
        }
    } else if (order->row.cancelled != 0 ||
               is_over(held, book_day_of(order->row.of.until))) {
        if (none || spends_of(word, order)) {
            left_open(held, order, "it is over, and nobody closes it");
        } else if (!answers_to(word, order) &&
                   audit_trusts(held->world, held->host->city)) {
            left_open(held, order, "another one of its id was closed");
        }
    }
}

/* A request to this node. One whose provider the charter has not waits. */
static void judge_request(const struct held *held,
                          const struct book_order *order)
{
    const struct engine *engine = driver_engine(held->host->driver);
    size_t city = city_of(held, order->row.of.key.begun_at);
    struct bytes origin =
        bytes_of_text(held->world->alliance.cities[city].origin);
    struct head end;
    bool known =
        engine_is_city(engine, origin) || engine_ended(engine, origin, &end);
    if (known && order->row.answer == ANSWER_NONE &&
        city_of(held, order->row.issuer) == held->host->city &&
        order_at(held, held->host->city, &order->row.of.key) == NULL) {
        left_open(held, order, "it is asked for, and neither held nor denied");
    }
}

void held_judge_open(const struct held *held)
{
    const struct book *own = &held->books[held->host->city];
    const struct book_voucher *vouchers = own->vouchers.items;
    for (size_t city = 0; city < held->world->alliance.city_count; city++) {
        const struct book_order *orders = held->books[city].orders.items;
        for (size_t i = 0; i < held->books[city].orders.count; i++) {
            if (orders[i].requested &&
                city == city_of(held, orders[i].row.of.key.begun_at)) {
                judge_request(held, &orders[i]);
            }
            if (!orders[i].placed || orders[i].row.resolved != ORDER_OPEN) {
                continue;
            }
            if (city == held->host->city) {
                judge_placed(held, &orders[i]);
            }
            if (city_of(held, orders[i].row.of.provider) == held->host->city) {
                judge_asked(held, &orders[i]);
            }
        }
    }
    for (size_t i = 0; i < own->vouchers.count; i++) {
        if (vouchers[i].ended == 0 && is_over(held, vouchers[i].use_until)) {
            world_violation(held->world,
                            "%s has a voucher that is not used any more, and "
                            "has not ended",
                            host_label(held->host));
        }
    }
}
