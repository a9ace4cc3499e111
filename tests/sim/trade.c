/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/trade.h"

#include <stdio.h>
#include <string.h>

#include "node/projection/ledger.h"
#include "protocol/base/alloc.h"
#include "tests/sim/trade_inside.h"

enum { RECENT = 40 }; /* of what was asked for, what is still talked about */

/* --- Small things. ------------------------------------------------------- */

uint64_t trade_below(struct platform *platform, uint64_t bound)
{
    return rng_below(&platform->trade.rng, bound);
}

bool trade_percent(struct platform *platform, unsigned of_hundred)
{
    return trade_below(platform, 100) < of_hundred;
}

struct bytes trade_node(const struct platform *platform, size_t city)
{
    return bytes_of_text(platform->world->alliance.cities[city].id);
}

size_t trade_city(struct platform *platform)
{
    return (size_t)trade_below(platform, platform->world->alliance.city_count);
}

size_t trade_other(struct platform *platform, const struct host *host)
{
    size_t count = platform->world->alliance.city_count;
    return count < 2
               ? host->city
               : (host->city + 1 + (size_t)trade_below(platform, count - 1)) %
                     count;
}

struct bytes trade_day(struct trade_days *days, const struct host *host,
                       int64_t after)
{
    char *text = days->text[days->count++];
    book_day_text(book_day(host_wall(host)) + after, text);
    return bytes_of_text(text);
}

/* --- Asking. ------------------------------------------------------------- */

static uint32_t some_keepers(struct platform *platform, struct host *host)
{
    const struct charter_node *node = charter_find_node(
        &platform->world->alliance.charter, bytes_of_text(host_id(host)));
    uint64_t what = trade_below(platform, 8);
    return what < 16 || node == NULL || node->keeper_count == 0 ? 0
           : what < 18
               ? ENGINE_SEALED
               : 1 + (uint32_t)trade_below(platform, node->keeper_count);
}

struct request *trade_make(struct platform *platform, struct host *host,
                           uint32_t body, const void *record, size_t order)
{
    struct request *request = platform_make(platform, host, REQUEST_MONEY,
                                            some_keepers(platform, host));
    request->money.body = body;
    request->money.order = order;
    record_encode(ledger_body_type(body), record, &request->body);
    return request;
}

void trade_ask(struct request *request)
{
    char what[64];
    snprintf(what, sizeof(what), "%s%s of order",
             request->money.forged ? "lie " : "",
             ledger_body_type(request->money.body)->name);
    platform_ask(request, what, (unsigned)request->money.order);
}

void trade_say(struct platform *platform, struct host *host, uint32_t body,
               const void *record, size_t order)
{
    trade_ask(trade_make(platform, host, body, record, order));
}

/* --- Orders. ------------------------------------------------------------- */

struct trade_order *trade_new_order(struct platform *platform,
                                    const struct trade_order *order)
{
    struct trade *trade = &platform->trade;
    if (trade->order_count == trade->order_capacity) {
        trade->order_capacity = trade->order_capacity * 2 + 64;
        trade->orders = hl_realloc(trade->orders, trade->order_capacity,
                                   sizeof(trade->orders[0]));
    }
    struct trade_order *added = &trade->orders[trade->order_count++];
    *added = *order;
    rng_fill(&trade->rng, added->id, sizeof(added->id));
    return added;
}

void trade_place(struct platform *platform, struct host *host, size_t number)
{
    const struct trade_voucher *voucher = &platform->trade.vouchers[number - 1];
    struct trade_days days = {0};
    const struct trade_order asked = {
        .issuer = host->city,
        .provider =
            trade_percent(platform, 15) ? host->city : trade_city(platform),
        .price_fen = 500 + trade_below(platform, 90000),
    };
    const struct trade_order *order = trade_new_order(platform, &asked);
    uint64_t until = trade_below(platform, 9);
    bool item = trade_percent(platform, 30);
    struct order_place place = {
        .key.id = bytes_of(order->id, sizeof(order->id)),
        .voucher = bytes_of(voucher->id, sizeof(voucher->id)),
        .provider = trade_node(platform, order->provider),
        .unit_scheme = bytes_of_text("nrii"),
        .unit_id = bytes_of_text(TRADE_UNIT),
        .item_kind = item ? 2 : 0, /* an instrument */
        .item_home =
            item ? trade_node(platform, order->provider) : (struct bytes){0},
        .item_inner_id = item ? bytes_of_text("m1") : (struct bytes){0},
        .kind = 1 + trade_below(platform, trade_percent(platform, 80) ? 2 : 4),
        .price_fen = order->price_fen,
        .hold_fen = trade_percent(platform, 80)
                        ? 0
                        : 1 + trade_below(platform, order->price_fen),
        .until = until < 6 ? (struct bytes){0}
                           : trade_day(&days, host, (int64_t)until - 6),
    };
    trade_say(platform, host, ORDER_BODY_PLACE, &place,
              platform->trade.order_count);
}

static void place(struct platform *platform, struct host *host)
{
    size_t number = trade_voucher(platform, host->city);
    if (number != 0) {
        trade_place(platform, host, number);
    }
}

/* Somebody with another city's voucher is at the desk; the order may have the
 * id of one of anybody's. */
static void request(struct platform *platform, struct host *host)
{
    const struct trade *trade = &platform->trade;
    size_t issuer =
        trade_percent(platform, 97) ? trade_other(platform, host) : host->city;
    size_t number = trade_voucher(platform, issuer);
    if (number == 0) {
        return;
    }
    const struct trade_voucher *voucher = &trade->vouchers[number - 1];
    struct trade_days days = {0};
    const struct trade_order asked = {
        .issuer = issuer,
        .provider = host->city,
        .price_fen = 500 + trade_below(platform, 90000),
        .desk = true,
    };
    struct trade_order *order = trade_new_order(platform, &asked);
    if (trade_percent(platform, 4)) {
        memcpy(order->id,
               trade->orders[trade_below(platform, trade->order_count)].id,
               sizeof(order->id));
    }
    bool item = trade_percent(platform, 30);
    struct order_request request = {
        .of = {.key = {trade_node(platform, host->city),
                       bytes_of(order->id, sizeof(order->id))},
               .voucher = bytes_of(voucher->id, sizeof(voucher->id)),
               .unit_scheme = bytes_of_text("nrii"),
               .unit_id = bytes_of_text(TRADE_UNIT),
               .item_kind = item ? 2 : 0,
               .item_inner_id = bytes_of_text(item ? "SEM-1" : ""),
               .kind = 1 + trade_below(platform,
                                       trade_percent(platform, 80) ? 2 : 4),
               .price_fen = order->price_fen,
               .hold_fen = trade_percent(platform, 80)
                               ? 0
                               : 1 + trade_below(platform, order->price_fen),
               .until = trade_percent(platform, 70)
                            ? (struct bytes){0}
                            : trade_day(&days, host,
                                        (int64_t)trade_below(platform, 3))},
        .issuer = trade_node(platform, issuer),
    };
    trade_say(platform, host, ORDER_BODY_REQUEST, &request,
              platform->trade.order_count);
}

/* --- What is said of an order. ------------------------------------------- */

#define STAGE(name) (1u << STAGE_##name)
#define LIVING (STAGE(PLACED) | STAGE(ACCEPTED) | STAGE(DELIVERED))

static const struct saying {
    uint32_t body;
    unsigned weight;
    bool provider; /* says it; else the issuer */
    unsigned stages;
    bool allotted; /* of allotments alone; else of other orders */
} sayings[] = {
    {ORDER_BODY_ACCEPT, 28, true, STAGE(PLACED), false},
    {ORDER_BODY_DECLINE, 5, true, STAGE(PLACED) | STAGE(ACCEPTED), false},
    {ORDER_BODY_DELIVER, 30, true, STAGE(ACCEPTED), false},
    {ORDER_BODY_ADJUST, 6, true, STAGE(DELIVERED), false},
    {ORDER_BODY_DISPUTE, 6, false, LIVING, false},
    {ORDER_BODY_RESOLVE, 10, false, LIVING, false},
    {ORDER_BODY_CONFIRM, 7, false, STAGE(DELIVERED) | STAGE(ACCEPTED), false},
    {ORDER_BODY_CANCEL, 3, false, STAGE(PLACED), false},
    {ORDER_BODY_REVIEW, 5, false, STAGE(DELIVERED), false},
    {ORDER_BODY_SPEND, 74, true, STAGE(PLACED) | STAGE(ACCEPTED), true},
    {ORDER_BODY_CLOSE, 12, true, STAGE(PLACED) | STAGE(ACCEPTED), true},
    {ORDER_BODY_CANCEL, 5, false, STAGE(PLACED) | STAGE(ACCEPTED), true},
    {ORDER_BODY_DECLINE, 3, true, STAGE(PLACED), true},
    {ORDER_BODY_ADJUST, 6, true, STAGE(DELIVERED), true},
};
enum { SAYINGS_WEIGHT = 100 }; /* of either */

static bool suits(const struct saying *saying, const struct trade_order *order,
                  size_t city)
{
    return (saying->provider ? order->provider : order->issuer) == city &&
           saying->allotted == order->allotted &&
           (saying->stages >> order->stage & 1) != 0 &&
           (saying->body != ORDER_BODY_RESOLVE || order->disputed ||
            order->stage == STAGE_DELIVERED);
}

/* Its number; 0: there is none. */
static size_t some_order(struct platform *platform, const struct host *host,
                         const struct saying *saying)
{
    const struct trade *trade = &platform->trade;
    size_t recent =
        RECENT * platform->world->alliance.city_count / 2 + RECENT / 4;
    size_t first =
        trade->order_count > recent ? trade->order_count - recent : 0;
    bool wrong = trade_percent(platform, 4);
    for (int i = 0; i < RECENT && trade->order_count > 0; i++) {
        size_t at =
            first + (size_t)trade_below(platform, trade->order_count - first);
        if (wrong || suits(saying, &trade->orders[at], host->city)) {
            return at + 1;
        }
    }
    return 0;
}

struct order_deliver trade_service(struct platform *platform,
                                   const struct host *host,
                                   struct order_key key, uint64_t price_fen)
{
    uint64_t now = (uint64_t)host_wall(host).ms;
    static uint8_t prints[8][HL_HASH_BYTES];
    static struct hl_hash report;
    uint64_t print = trade_below(platform, 8);
    report = hash_bytes(key.id);
    prints[print][0] = (uint8_t)print;
    /* Some were begun before their vouchers were issued, or are not done yet.
     */
    bool early = trade_percent(platform, 12);
    uint64_t until = trade_percent(platform, 3) ? now + 86400000 : now - 500;
    struct order_deliver word = {
        .key = key,
        .price_fen = price_fen,
        .from_ms = until - (early ? 3600000 : 500),
        .until_ms = until,
        .report = bytes_of(report.bytes, HL_HASH_BYTES),
    };
    if (trade_percent(platform, 50)) {
        word.invoice_key = 1;
        word.invoice_print = bytes_of(prints[print], HL_HASH_BYTES);
    }
    return word;
}

static void deliver(struct platform *platform, struct host *host,
                    const struct trade_order *order, struct order_key key,
                    size_t number)
{
    uint64_t price_fen = trade_percent(platform, 60)
                             ? order->price_fen
                             : 1 + trade_below(platform, order->price_fen * 2);
    struct order_deliver word = trade_service(platform, host, key, price_fen);
    trade_say(platform, host, ORDER_BODY_DELIVER, &word, number);
}

static void say_word(struct platform *platform, struct host *host,
                     uint32_t body, struct order_key key, size_t number)
{
    struct bytes reason = bytes_of_text("so it is");
    uint64_t fen =
        trade_percent(platform, 40) ? 0 : trade_below(platform, 20000);
    struct order_answer answer = {
        .key = key,
        .reason = body == ORDER_BODY_DECLINE ? reason : (struct bytes){0}};
    struct order_word word = {
        .key = key,
        .reason = body == ORDER_BODY_CONFIRM ? (struct bytes){0} : reason};
    struct order_resolve resolve = {key, fen, reason};
    struct order_review review = {key, 1 + fen % 5, reason};
    struct order_adjust adjust = {key, {0}, 1 + fen / 8, reason};
    const void *record = body == ORDER_BODY_ACCEPT    ? (void *)&answer
                         : body == ORDER_BODY_DECLINE ? (void *)&answer
                         : body == ORDER_BODY_RESOLVE ? (void *)&resolve
                         : body == ORDER_BODY_REVIEW  ? (void *)&review
                         : body == ORDER_BODY_ADJUST  ? (void *)&adjust
                                                      : (void *)&word;
    trade_say(platform, host, body, record, number);
}

static const struct saying *some_saying(struct platform *platform,
                                        bool allotted)
{
    uint64_t pick = trade_below(platform, SAYINGS_WEIGHT);
    const struct saying *saying = sayings;
    while (saying->allotted != allotted || pick >= saying->weight) {
        pick -= saying->allotted == allotted ? saying->weight : 0;
        saying++;
    }
    return saying;
}

static void say(struct platform *platform, struct host *host, bool allotted)
{
    const struct saying *saying = some_saying(platform, allotted);
    size_t number = some_order(platform, host, saying);
    if (number == 0) {
        return;
    }
    const struct trade_order order = platform->trade.orders[number - 1];
    uint8_t unknown[16] = {1};
    size_t begun_at = order.desk ? order.provider : order.issuer;
    struct order_key key = {.begun_at = trade_node(platform, begun_at),
                            .id = trade_percent(platform, 2)
                                      ? bytes_of(unknown, sizeof(unknown))
                                      : bytes_of(order.id, sizeof(order.id))};
    if (saying->body == ORDER_BODY_DELIVER) {
        deliver(platform, host, &order, key, number);
    } else if (saying->body == ORDER_BODY_SPEND) {
        trade_spend(platform, host, &order, key, number);
    } else if (saying->body == ORDER_BODY_CLOSE) {
        trade_close(platform, host, &order, key, number);
    } else {
        say_word(platform, host, saying->body, key, number);
    }
}

/* --- As they come. ------------------------------------------------------- */

static void some_one(struct platform *platform, struct host *host)
{
    uint64_t what = trade_below(platform, 124);
    if (platform->trade.schemes[host->city] == 0) {
        trade_put_first(platform, host);
    } else if (what < 3) {
        trade_put_scheme(platform, host);
    } else if (what < 13) {
        trade_issue(platform, host);
    } else if (what < 15) {
        trade_end(platform, host);
    } else if (what < 34) {
        place(platform, host);
    } else if (what < 42) {
        request(platform, host);
    } else if (what < 100) {
        say(platform, host, false);
    } else if (what < 106) {
        trade_allot(platform, host);
    } else {
        say(platform, host, true);
    }
}

void trade_some(struct platform *platform, struct host *host)
{
    enum { USUAL = 4, MANY = 12 };
    uint64_t count =
        1 + trade_below(platform, trade_percent(platform, 5) ? MANY : USUAL);
    if (trade_percent(platform, 40)) {
        trade_pay(platform, host);
    }
    if (platform->world->crooked[host->city] && trade_percent(platform, 30)) {
        trade_lie_of_cycles(platform, host);
    }
    for (uint64_t i = 0; i < count; i++) {
        if (platform->world->crooked[host->city] &&
            trade_percent(platform, 30)) {
            trade_lie(platform, host);
        } else {
            some_one(platform, host);
        }
    }
}

void trade_fini(struct trade *trade)
{
    hl_free(trade->orders);
    hl_free(trade->vouchers);
}
