/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heluo/v1/voucher.pb-c.h"
#include "tests/sim/lies_inside.h"

/* Lies about money. A liar's node is an honest one, which would not write any
 * of this; so its platform has it written past the rules. Amounts and days are
 * those that pass where that is not the lie: it knows its books. */

/* --- What it lies about. ------------------------------------------------- */

static bool is_open(const struct book_order *order)
{
    return order->placed && order->row.allotted == 0 &&
           order->row.resolved == ORDER_OPEN;
}

static bool is_resolved(const struct book_order *order)
{
    return order->placed && order->row.resolved != ORDER_OPEN;
}

static bool is_any(const struct book_order *order)
{
    return order->row.of.key.id.size > 0;
}

static bool is_answered(const struct book_order *order)
{
    return order->row.answer != ANSWER_NONE;
}

/* What that journal's node asked another for, and may still want. */
static bool is_request(const struct book_order *order)
{
    return order->requested && !order->placed &&
           order->row.resolved == ORDER_OPEN;
}

static bool is_granted(const struct book_order *order)
{
    return order->placed && order->requested;
}

/* One of its orders that is so; NULL: none was found. */
const struct book_order *lies_some(const struct lying *lying,
                                   bool (*is)(const struct book_order *order))
{
    const struct pile *orders = &lying->own->orders;
    enum { TRIES = 20 };
    for (int i = 0; i < TRIES && orders->count > 0; i++) {
        const struct book_order *order =
            &((const struct book_order *)
                  orders->items)[trade_below(lying->platform, orders->count)];
        if (is(order)) {
            return order;
        }
    }
    return NULL;
}

const struct book_voucher *lies_voucher(const struct lying *lying)
{
    const struct pile *vouchers = &lying->own->vouchers;
    return vouchers->count == 0
               ? NULL
               : &((const struct book_voucher *)vouchers
                       ->items)[trade_below(lying->platform, vouchers->count)];
}

size_t lies_city_of(const struct lying *lying, struct bytes node)
{
    return alliance_find(&lying->host->world->alliance, node);
}

size_t lies_other(const struct lying *lying)
{
    size_t count = lying->host->world->alliance.city_count;
    size_t step = 1 + (size_t)trade_below(lying->platform, count - 1);
    return (lying->host->city + step) % count;
}

/* --- Saying it. ---------------------------------------------------------- */

static struct request *make(const struct lying *lying, uint32_t body,
                            const void *record)
{
    struct request *request =
        trade_make(lying->platform, lying->host, body, record, 0);
    request->money.forged = true;
    return request;
}

void lies_say(const struct lying *lying, uint32_t body, const void *record)
{
    trade_ask(make(lying, body, record));
}

/* Citing an entry of that city's. */
void lies_say_citing(const struct lying *lying, uint32_t body,
                     const void *record, size_t city, uint64_t index,
                     const struct hl_hash *leaf)
{
    struct request *request = make(lying, body, record);
    request->money.has_cause = true;
    request->money.cause_city = city;
    request->money.cause_index = index;
    request->money.cause_leaf = *leaf;
    trade_ask(request);
}

/* Citing what that city never wrote, or wrote of something else: an index
 * beyond all, another's leaf, another entry, or no leaf at all. */
void lies_say_unfounded(const struct lying *lying, uint32_t body,
                        const void *record, size_t city)
{
    const struct branch *theirs = &lying->host->world->truths[city].branches[0];
    uint64_t which = trade_below(lying->platform, 4);
    uint64_t index =
        theirs->count == 0 ? 0 : trade_below(lying->platform, theirs->count);
    struct hl_hash leaf = hash_bytes(bytes_of(&index, sizeof(index)));
    if (which < 2 && theirs->count > 0) {
        leaf = theirs->leaves[index];
        index = which == 0 ? index : (index + 1) % theirs->count;
    } else if (which == 2) {
        index += theirs->count + 1000;
    }
    lies_say_citing(lying, body, record, city, index, &leaf);
}

static struct order_capture capture_of(const struct lying *lying,
                                       const struct book_order *order,
                                       uint64_t price_fen)
{
    const struct book_voucher *voucher =
        &((const struct book_voucher *)
              lying->own->vouchers.items)[order->voucher];
    uint64_t most = book_most_fen(lying->own, order, price_fen);
    return (struct order_capture){
        .key = order->row.of.key,
        .price_fen = price_fen,
        .capture_fen = most,
        .rest_fen = order->row.of.hold_fen - most,
        .to_budget = voucher->ended != 0,
        .creditor = book_creditor(lying->own, order),
    };
}

/* The word of the provider's that is there of an order; false: none is. */
static bool find_word(const struct lying *lying, const struct book_order *order,
                      uint64_t answer, struct order *out, struct hl_hash *leaf)
{
    struct world *world = lying->host->world;
    size_t provider = lies_city_of(lying, order->row.of.provider);
    const struct book_order *theirs =
        provider == SIZE_MAX
            ? NULL
            : book_order(audit_book(&world->audit, provider, 0),
                         &order->row.of.key);
    if (theirs == NULL || theirs->row.answer != answer ||
        !hash_equal(&theirs->order_leaf, &order->placed_leaf)) {
        return false;
    }
    *out = theirs->row;
    *leaf = theirs->answer_leaf;
    return true;
}

/* --- The issuer's lies. -------------------------------------------------- */

static struct order_place place_of(const struct lying *lying,
                                   const struct book_voucher *voucher,
                                   uint8_t id[16], char until[BOOK_DAY_BYTES])
{
    rng_fill(&lying->platform->trade.rng, id, 16);
    book_day_text(voucher->claim_until, until);
    return (struct order_place){
        .key = {trade_node(lying->platform, lying->host->city),
                bytes_of(id, 16)},
        .voucher = voucher->of.id,
        .provider = trade_node(lying->platform, lies_other(lying)),
        .unit_scheme = bytes_of_text("nrii"),
        .unit_id = bytes_of_text(TRADE_UNIT),
        .kind = 1,
        .price_fen = 10000000,
        .hold_fen = book_open_fen(voucher) + 1,
        .until = bytes_of_text(until),
    };
}

static void overspend(const struct lying *lying)
{
    uint8_t id[16];
    char until[BOOK_DAY_BYTES];
    const struct book_voucher *voucher = lies_voucher(lying);
    if (voucher != NULL) {
        struct order_place place = place_of(lying, voucher, id, until);
        lies_say(lying, ORDER_BODY_PLACE, &place);
    }
}

/* In another's name, for whom it would begin. */
static void place_elsewhere(const struct lying *lying)
{
    uint8_t id[16];
    char until[BOOK_DAY_BYTES];
    const struct book_voucher *voucher = lies_voucher(lying);
    if (voucher != NULL) {
        struct order_place place = place_of(lying, voucher, id, until);
        place.key.begun_at = place.provider;
        place.hold_fen = 1;
        lies_say(lying, ORDER_BODY_PLACE, &place);
    }
}

/* Of what another city asks for: that one, or anybody else. */
static const struct book_order *some_request(const struct lying *lying,
                                             size_t *city)
{
    struct world *world = lying->host->world;
    *city = lies_other(lying);
    struct lying theirs = {lying->platform, world->hosts[*city],
                           audit_book(&world->audit, *city, 0)};
    return lies_some(&theirs, is_request);
}

/* For nobody who asked; or what somebody asked another for, or something else.
 */
static void grant_unasked(const struct lying *lying)
{
    uint8_t id[16];
    char until[BOOK_DAY_BYTES];
    size_t city = 0;
    const struct book_voucher *voucher = lies_voucher(lying);
    const struct book_order *request = some_request(lying, &city);
    if (voucher == NULL) {
        return;
    }
    struct order_place place = place_of(lying, voucher, id, until);
    place.provider = trade_node(lying->platform, city);
    place.key.begun_at = place.provider;
    place.hold_fen = 1 + trade_below(lying->platform, 20);
    if (request == NULL || trade_below(lying->platform, 3) == 0) {
        lies_say_unfounded(lying, ORDER_BODY_PLACE, &place, city);
        return;
    }
    if (trade_below(lying->platform, 4) > 0) {
        place.key = request->row.of.key;
        place.price_fen =
            request->row.of.price_fen + trade_below(lying->platform, 2);
    }
    lies_say_citing(lying, ORDER_BODY_PLACE, &place, city,
                    request->row.request_index, &request->request_leaf);
}

/* As before, under its own id and under another; or it is denied as well. */
static void grant_twice(const struct lying *lying)
{
    uint8_t id[16];
    const struct book_order *order = lies_some(lying, is_granted);
    if (order == NULL) {
        return;
    }
    struct order_place place = order->row.of;
    struct order_hold_deny deny = {place.key, place.provider,
                                   bytes_of_text("no_voucher: none")};
    size_t provider = lies_city_of(lying, place.provider);
    if (trade_below(lying->platform, 2) == 0) {
        rng_fill(&lying->platform->trade.rng, id, sizeof(id));
        place.key.id = deny.key.id = bytes_of(id, sizeof(id));
    }
    if (trade_below(lying->platform, 3) == 0) {
        lies_say_citing(lying, ORDER_BODY_HOLD_DENY, &deny, provider,
                        order->row.request_index, &order->request_leaf);
    }
    lies_say_citing(lying, ORDER_BODY_PLACE, &place, provider,
                    order->row.request_index, &order->request_leaf);
}

static void deny_unasked(const struct lying *lying)
{
    uint8_t id[16];
    size_t city = 0;
    const struct book_order *request = some_request(lying, &city);
    struct bytes node = trade_node(lying->platform, city);
    rng_fill(&lying->platform->trade.rng, id, sizeof(id));
    struct order_hold_deny deny = {{node, bytes_of(id, sizeof(id))},
                                   node,
                                   bytes_of_text("no_voucher: none")};
    if (request == NULL || trade_below(lying->platform, 2) == 0) {
        lies_say_unfounded(lying, ORDER_BODY_HOLD_DENY, &deny, city);
        return;
    }
    deny.key = request->row.of.key;
    lies_say_citing(lying, ORDER_BODY_HOLD_DENY, &deny, city,
                    request->row.request_index, &request->request_leaf);
}

static void issue_too_much(const struct lying *lying)
{
    const struct book_voucher *voucher = lies_voucher(lying);
    uint8_t id[16];
    rng_fill(&lying->platform->trade.rng, id, sizeof(id));
    if (voucher != NULL) {
        struct voucher_issue issue = voucher->of;
        issue.id = bytes_of(id, sizeof(id));
        issue.amount_fen = 100000000;
        lies_say(lying, VOUCHER_BODY_ISSUE, &issue);
    }
}

static void end_wrongly(const struct lying *lying)
{
    const struct book_voucher *voucher = lies_voucher(lying);
    if (voucher != NULL) {
        struct voucher_ended ended = {
            .id = voucher->of.id,
            .how = HELUO__V1__VOUCHER_END__VOUCHER_END_CANCELLED,
            .amount_fen = book_open_fen(voucher) + voucher->held_fen + 1,
        };
        lies_say(lying, VOUCHER_BODY_END, &ended);
    }
}

static void capture_twice(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_resolved);
    if (order != NULL) {
        struct order_capture capture =
            capture_of(lying, order, order->row.of.price_fen);
        lies_say_citing(lying, ORDER_BODY_CAPTURE, &capture,
                        lies_city_of(lying, order->row.of.provider),
                        order->row.cause_index, &order->cause_leaf);
    }
}

static void capture_undelivered(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_open);
    if (order != NULL) {
        struct order_capture capture =
            capture_of(lying, order, order->row.of.price_fen);
        lies_say_unfounded(lying, ORDER_BODY_CAPTURE, &capture,
                           lies_city_of(lying, order->row.of.provider));
    }
}

/* For more than was delivered, or less. False: nothing is, of what is open. */
static bool capture_otherwise(const struct lying *lying)
{
    enum { TRIES = 20 };
    for (int i = 0; i < TRIES; i++) {
        struct order word;
        struct hl_hash leaf;
        const struct book_order *order = lies_some(lying, is_open);
        if (order == NULL ||
            !find_word(lying, order, ANSWER_DELIVERED, &word, &leaf)) {
            continue;
        }
        uint64_t price = trade_below(lying->platform, 2) == 0
                             ? word.delivered_fen * 2
                             : word.delivered_fen / 2 + 1;
        struct order_capture capture = capture_of(lying, order, price);
        lies_say_citing(lying, ORDER_BODY_CAPTURE, &capture,
                        lies_city_of(lying, order->row.of.provider),
                        word.answer_index, &leaf);
        return true;
    }
    return false;
}

/* That it waits for what nobody asked it to, or for more or fewer days. */
static void wait_wrongly(const struct lying *lying)
{
    char until[BOOK_DAY_BYTES];
    struct order word;
    struct hl_hash leaf;
    const struct book_order *order = lies_some(lying, is_open);
    if (order == NULL) {
        return;
    }
    book_day_text(book_day(host_wall(lying->host)) - 2 +
                      (int64_t)trade_below(lying->platform, 9),
                  until);
    bool asks = trade_below(lying->platform, 2) == 0;
    struct order_wait wait = {
        .key = order->row.of.key,
        .ask_until = asks ? bytes_of_text(until) : (struct bytes){0},
        .checks = asks && trade_below(lying->platform, 2) == 0
                      ? 0
                      : 1 + trade_below(lying->platform, 1 << 9),
    };
    size_t provider = lies_city_of(lying, order->row.of.provider);
    if (find_word(lying, order, ANSWER_DELIVERED, &word, &leaf) &&
        trade_below(lying->platform, 4) > 0) {
        lies_say_citing(lying, ORDER_BODY_WAIT, &wait, provider,
                        word.answer_index, &leaf);
    } else {
        lies_say_unfounded(lying, ORDER_BODY_WAIT, &wait, provider);
    }
}

/* More than the hold, or for somebody else. */
static void capture_too_much(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_open);
    if (order == NULL) {
        return;
    }
    struct order_capture capture =
        capture_of(lying, order, order->row.of.price_fen);
    switch (trade_below(lying->platform, 3)) {
    case 0:
        capture.capture_fen = order->row.of.hold_fen + 1;
        break;
    case 1:
        capture.rest_fen += 1;
        break;
    default:
        capture.creditor = trade_node(lying->platform, lies_other(lying));
        break;
    }
    lies_say_unfounded(lying, ORDER_BODY_CAPTURE, &capture,
                       lies_city_of(lying, order->row.of.provider));
}

static struct order_release release_of(const struct lying *lying,
                                       const struct book_order *order,
                                       uint64_t why)
{
    const struct book_voucher *voucher =
        &((const struct book_voucher *)
              lying->own->vouchers.items)[order->voucher];
    return (struct order_release){
        .key = order->row.of.key,
        .why = why,
        .amount_fen = order->row.of.hold_fen,
        .to_budget = voucher->ended != 0,
    };
}

/* The provider declined nothing; and it is captured nevertheless. */
static void release_and_capture(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_open);
    if (order != NULL) {
        struct order_release release =
            release_of(lying, order, RELEASE_DECLINED);
        struct order_capture capture =
            capture_of(lying, order, order->row.of.price_fen);
        size_t provider = lies_city_of(lying, order->row.of.provider);
        lies_say_unfounded(lying, ORDER_BODY_RELEASE, &release, provider);
        lies_say_unfounded(lying, ORDER_BODY_CAPTURE, &capture, provider);
    }
}

/* While the provider has time, or not: then it is none. */
static void release_early(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_open);
    if (order != NULL) {
        struct order_release release =
            release_of(lying, order, RELEASE_TIMED_OUT);
        lies_say(lying, ORDER_BODY_RELEASE, &release);
    }
}

/* --- The provider's lies. ------------------------------------------------ */

struct order_deliver lies_delivery(const struct lying *lying,
                                   const struct order_key *key,
                                   struct bytes issuer)
{
    uint64_t now = (uint64_t)host_wall(lying->host).ms;
    return (struct order_deliver){
        .key = *key,
        .issuer = issuer,
        .price_fen = 1 + trade_below(lying->platform, 100000),
        .from_ms = now - 7200000,
        .until_ms = now - 3600000,
    };
}

/* An order that nobody placed. */
static void deliver_unasked(const struct lying *lying)
{
    uint8_t id[16];
    size_t issuer = lies_other(lying);
    rng_fill(&lying->platform->trade.rng, id, sizeof(id));
    struct order_key key = {trade_node(lying->platform, issuer),
                            bytes_of(id, sizeof(id))};
    struct order_answer accept = {.key = key, .issuer = key.begun_at};
    struct order_deliver deliver = lies_delivery(lying, &key, key.begun_at);
    uint64_t index = trade_below(lying->platform, 50);
    struct hl_hash leaf = hash_bytes(key.id);
    lies_say_citing(lying, ORDER_BODY_ACCEPT, &accept, issuer, index, &leaf);
    lies_say_citing(lying, ORDER_BODY_DELIVER, &deliver, issuer, index, &leaf);
}

/* An order that is placed, whose provider is another; or one of its own that it
 * was never told to accept. */
static void deliver_anothers(const struct lying *lying)
{
    struct world *world = lying->host->world;
    size_t issuer = lies_other(lying);
    struct lying theirs = {lying->platform, world->hosts[issuer],
                           audit_book(&world->audit, issuer, 0)};
    const struct book_order *order = lies_some(&theirs, is_open);
    if (order == NULL) {
        return;
    }
    const struct order_key *key = &order->row.of.key;
    struct order_answer accept = {.key = *key, .issuer = key->begun_at};
    struct order_deliver deliver = lies_delivery(lying, key, key->begun_at);
    if (trade_below(lying->platform, 3) > 0) {
        lies_say_citing(lying, ORDER_BODY_ACCEPT, &accept, issuer,
                        order->row.placed_index, &order->placed_leaf);
    }
    lies_say_citing(lying, ORDER_BODY_DELIVER, &deliver, issuer,
                    order->row.placed_index, &order->placed_leaf);
}

/* Of an order that it answered, as if it were another one. */
static void answer_otherwise(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_answered);
    if (order != NULL) {
        struct order_deliver deliver =
            lies_delivery(lying, &order->row.of.key, order->row.issuer);
        lies_say_unfounded(lying, ORDER_BODY_DELIVER, &deliver,
                           lies_city_of(lying, order->row.issuer));
    }
}

/* In another's name, of its own vouchers, or under the id of an order that is
 * there: of its own, or of another's. */
static void request_wrongly(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_any);
    const struct book_voucher *voucher = lies_voucher(lying);
    if (order == NULL || voucher == NULL) {
        return;
    }
    struct bytes own = trade_node(lying->platform, lying->host->city);
    struct order_request request = {
        .of = {.key = order->row.of.key,
               .voucher = voucher->of.id,
               .unit_scheme = bytes_of_text("nrii"),
               .unit_id = bytes_of_text(TRADE_UNIT),
               .kind = 1,
               .price_fen = 1000},
        .issuer = trade_node(lying->platform, lies_other(lying)),
    };
    if (trade_below(lying->platform, 3) == 0) {
        request.issuer = own;
    } else if (trade_below(lying->platform, 2) == 0) {
        request.of.key.begun_at = own;
    }
    lies_say(lying, ORDER_BODY_REQUEST, &request);
}

/* What nobody asked for, or another did, or what is served already. */
static void withdraw_wrongly(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_any);
    if (order != NULL) {
        struct order_answer word = {
            .key = order->row.of.key,
            .issuer = trade_below(lying->platform, 2) == 0
                          ? order->row.issuer
                          : trade_node(lying->platform, lies_other(lying)),
        };
        lies_say(lying, ORDER_BODY_DECLINE, &word);
    }
}

/* What nobody holds for, or not so. */
static void deliver_ungranted(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_request);
    if (order != NULL) {
        struct order_deliver deliver =
            lies_delivery(lying, &order->row.of.key, order->row.issuer);
        lies_say_unfounded(lying, ORDER_BODY_DELIVER, &deliver,
                           lies_city_of(lying, order->row.issuer));
    }
}

/* What it did not get, or more of it, or what it is not paid yet. */
static void adjust_unowed(const struct lying *lying)
{
    const struct book_order *order = lies_some(lying, is_answered);
    if (order != NULL) {
        struct order_adjust adjust = {
            .key = order->row.of.key,
            .issuer = order->row.issuer,
            .amount_fen =
                1 + trade_below(lying->platform, order->row.delivered_fen + 1),
            .reason = bytes_of_text("so it is"),
        };
        lies_say_citing(lying, ORDER_BODY_ADJUST, &adjust,
                        lies_city_of(lying, order->row.issuer),
                        order->row.order_index, &order->order_leaf);
    }
}

void trade_lie_of_cycles(struct platform *platform, struct host *host)
{
    struct lying lying = {
        .platform = platform,
        .host = host,
        .own = audit_book(&host->world->audit, host->city, host->branch),
    };
    lie_of_cycles(&lying);
}

void trade_lie_instead(struct platform *platform, struct host *host,
                       struct bytes proposal)
{
    struct lying lying = {
        .platform = platform,
        .host = host,
        .own = audit_book(&host->world->audit, host->city, host->branch),
    };
    lie_instead(&lying, proposal);
}

void trade_lie(struct platform *platform, struct host *host)
{
    static void (*const lies[])(const struct lying *lying) = {
        overspend,         place_elsewhere,     issue_too_much,
        end_wrongly,       capture_twice,       capture_undelivered,
        capture_too_much,  release_and_capture, release_early,
        deliver_unasked,   deliver_anothers,    answer_otherwise,
        adjust_unowed,     grant_unasked,       grant_twice,
        deny_unasked,      request_wrongly,     withdraw_wrongly,
        deliver_ungranted, wait_wrongly,
    };
    struct lying lying = {
        .platform = platform,
        .host = host,
        .own = audit_book(&host->world->audit, host->city, host->branch),
    };
    /* As soon as it can, or it would be captured as it was delivered. */
    if (trade_below(platform, 3) == 0 && capture_otherwise(&lying)) {
        return;
    }
    if (trade_below(platform, 3) == 0) {
        lie_of_allotments(&lying);
        return;
    }
    lies[trade_below(platform, sizeof(lies) / sizeof(lies[0]))](&lying);
}
