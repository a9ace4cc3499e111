/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/book.h"

#include <stdio.h>
#include <string.h>

#include "heluo/v1/scheme.pb-c.h"
#include "heluo/v1/voucher.pb-c.h"
#include "protocol/base/alloc.h"
#include "tests/sim/book_inside.h"

/* --- Piles. -------------------------------------------------------------- */

void *pile_add(struct pile *pile, size_t size)
{
    if (pile->count == pile->capacity) {
        pile->capacity = pile->capacity * 2 + 16;
        pile->items = hl_realloc(pile->items, pile->capacity, size);
    }
    void *out = (uint8_t *)pile->items + pile->count++ * size;
    memset(out, 0, size);
    return out;
}

void book_init(struct book *book, struct bytes node, struct bytes alliance)
{
    *book = (struct book){.node = node, .alliance = alliance};
}

void book_fini(struct book *book)
{
    struct pile *piles[] = {&book->schemes,  &book->budgets, &book->vouchers,
                            &book->orders,   &book->usages,  &book->debts,
                            &book->services, &book->cycles,  &book->transfers};
    for (size_t i = 0; i < sizeof(piles) / sizeof(piles[0]); i++) {
        hl_free(piles[i]->items);
    }
    *book = (struct book){0};
}

/* --- Days. --------------------------------------------------------------- */

enum { DAY_MS = 86400000, UTC8_MS = 8 * 3600000 };

int64_t book_day(struct hl_wall wall)
{
    return (wall.ms + UTC8_MS) / DAY_MS;
}

/* Both as in Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t day_of_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

static void civil_of_day(int64_t at, int64_t *year, int64_t *month,
                         int64_t *day)
{
    at += 719468;
    int64_t era = at / 146097;
    int64_t of_era = at - era * 146097;
    int64_t years =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t part = (5 * of_year + 2) / 153;
    *day = of_year - (153 * part + 2) / 5 + 1;
    *month = part + (part < 10 ? 3 : -9);
    *year = years + era * 400 + (*month <= 2);
}

static int64_t digits(struct bytes text, size_t at, size_t count)
{
    int64_t out = 0;
    for (size_t i = at; i < at + count && i < text.size; i++) {
        out = out * 10 + (text.data[i] - '0');
    }
    return out;
}

int64_t book_day_of(struct bytes text)
{
    return day_of_civil(digits(text, 0, 4), digits(text, 5, 2),
                        digits(text, 8, 2));
}

void book_day_text(int64_t at, char out[BOOK_DAY_BYTES])
{
    int64_t year, month, day;
    civil_of_day(at, &year, &month, &day);
    snprintf(out, BOOK_DAY_BYTES, "%04u-%02u-%02u", (unsigned)year % 10000,
             (unsigned)month % 100, (unsigned)day % 100);
}

uint64_t book_year(struct hl_wall wall)
{
    int64_t year, month, day;
    civil_of_day(book_day(wall), &year, &month, &day);
    return (uint64_t)year;
}

/* --- Finding. ------------------------------------------------------------ */

struct book_voucher *book_voucher(const struct book *book, struct bytes id)
{
    struct book_voucher *items = book->vouchers.items;
    for (size_t i = 0; i < book->vouchers.count; i++) {
        if (bytes_equal(items[i].of.id, id)) {
            return &items[i];
        }
    }
    return NULL;
}

struct book_order *book_order(const struct book *book,
                              const struct order_key *key)
{
    struct book_order *items = book->orders.items;
    for (size_t i = 0; i < book->orders.count; i++) {
        const struct order_key *of = &items[i].row.of.key;
        if (bytes_equal(of->id, key->id) &&
            bytes_equal(of->begun_at, key->begun_at)) {
            return &items[i];
        }
    }
    return NULL;
}

struct budget *book_budget(const struct book *book, struct bytes scheme)
{
    struct budget *items = book->budgets.items;
    for (size_t i = 0; i < book->budgets.count; i++) {
        if (bytes_equal(items[i].scheme, scheme)) {
            return &items[i];
        }
    }
    return NULL;
}

struct usage *book_usage(const struct book *book, const struct usage *key)
{
    struct usage *items = book->usages.items;
    for (size_t i = 0; i < book->usages.count; i++) {
        if (items[i].year == key->year && items[i].whose == key->whose &&
            bytes_equal(items[i].token, key->token) &&
            bytes_equal(items[i].scheme, key->scheme)) {
            return &items[i];
        }
    }
    return NULL;
}

uint64_t book_open_fen(const struct book_voucher *voucher)
{
    return voucher->of.amount_fen - voucher->held_fen - voucher->spent_fen -
           voucher->returned_fen;
}

/* --- What a scheme pays. ------------------------------------------------- */

static bool begins_with(struct bytes text, struct bytes with)
{
    return text.size >= with.size &&
           bytes_equal(bytes_slice(text, 0, with.size), with);
}

static bool is_for(const struct scheme_rate *rate, struct bytes county,
                   uint64_t kind, bool local)
{
    bool here = rate->supplier == 0 ||
                (rate->supplier ==
                 HELUO__V1__SCHEME_SUPPLIER__SCHEME_SUPPLIER_LOCAL) == local;
    return here && (rate->kind == 0 || rate->kind == kind) &&
           begins_with(county, rate->county);
}

static bool is_narrower(const struct scheme_rate *a,
                        const struct scheme_rate *b)
{
    if (a->county.size != b->county.size) {
        return a->county.size > b->county.size;
    }
    if ((a->kind != 0) != (b->kind != 0)) {
        return a->kind != 0;
    }
    return a->supplier != 0 && b->supplier == 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Of a level what it pays stands for it once, at the narrowest rate. */
static bool stands(const struct scheme *scheme, const struct scheme_rate *rate,
                   struct bytes county, uint64_t kind, bool local)
{
    struct record_list list;
    struct scheme_rate other;
    record_list_init(&list, scheme_rates, scheme->rates);
    while (record_list_next(&list, &other)) {
        if (bytes_equal(other.level, rate->level) &&
            is_for(&other, county, kind, local) && is_narrower(&other, rate)) {
            return false;
        }
    }
    return is_for(rate, county, kind, local);
}

uint64_t book_share_fen(const struct book *book, const struct book_order *order,
                        uint64_t price_fen)
{
    const struct book_voucher *voucher =
        &((const struct book_voucher *)book->vouchers.items)[order->voucher];
    const struct scheme *scheme =
        &((const struct scheme *)book->schemes.items)[voucher->scheme];
    bool local = bytes_equal(order->row.of.provider, book->node);
    struct record_list list;
    struct scheme_rate rate;
    uint64_t share = 0;
    record_list_init(&list, scheme_rates, scheme->rates);
    while (record_list_next(&list, &rate)) {
        if (stands(scheme, &rate, voucher->of.county, order->row.of.kind,
                   local)) {
            uint64_t part = price_fen / 10000 * rate.rate_bp +
                            price_fen % 10000 * rate.rate_bp / 10000;
            share += rate.order_max_fen == 0 ? part
                                             : least(part, rate.order_max_fen);
        }
    }
    return scheme->order_max_fen == 0 ? share
                                      : least(share, scheme->order_max_fen);
}

uint64_t book_most_fen(const struct book *book, const struct book_order *order,
                       uint64_t price_fen)
{
    uint64_t most =
        least(order->row.of.hold_fen, book_share_fen(book, order, price_fen));
    return order->row.disputed == DISPUTE_RESOLVED
               ? least(most, order->row.max_fen)
               : most;
}

static const struct scheme *scheme_of(const struct book *book,
                                      const struct book_order *order)
{
    const struct book_voucher *vouchers = book->vouchers.items;
    const struct scheme *schemes = book->schemes.items;
    return &schemes[vouchers[order->voucher].scheme];
}

static uint64_t bit_if(bool broken, unsigned check)
{
    return broken ? 1u << check : 0;
}

uint64_t book_breaks(const struct book *book, const struct book_order *order,
                     const struct order *answer)
{
    const struct book_voucher *voucher =
        &((const struct book_voucher *)book->vouchers.items)[order->voucher];
    const struct order_place *of = &order->row.of;
    struct hl_wall until = {(int64_t)answer->until_ms};
    bool outside = (int64_t)answer->from_ms < voucher->issued_at_ms ||
                   book_day(until) > voucher->use_until;
    bool other_item =
        of->item_kind != 0 &&
        (of->item_kind != answer->served_kind ||
         !bytes_equal(of->item_inner_id, answer->served_inner_id) ||
         !bytes_equal(of->item_home, answer->served_home));
    return answer->catalogue | bit_if(outside, BOOK_VALIDITY) |
           bit_if(!bytes_equal(of->unit_id, answer->served_unit_id),
                  BOOK_UNIT) |
           bit_if(other_item, BOOK_ITEM);
}

/* --- Contracts. ---------------------------------------------------------- */

static bool is_part(const struct book *book, const struct book_order *order)
{
    return order->placed &&
           order->row.of.price_fen < scheme_of(book, order)->split_below_fen;
}

static uint64_t month_of(const struct book_order *order)
{
    int64_t year, month, day;
    struct hl_wall placed = {(int64_t)order->row.placed_at_ms};
    civil_of_day(book_day(placed), &year, &month, &day);
    return (uint64_t)(year * 100 + month);
}

static bool same_contract(const struct book *book, const struct book_order *a,
                          const struct book_order *b)
{
    const struct book_voucher *vouchers = book->vouchers.items;
    return is_part(book, a) && is_part(book, b) &&
           bytes_equal(vouchers[a->voucher].of.holder,
                       vouchers[b->voucher].of.holder) &&
           bytes_equal(vouchers[a->voucher].of.scheme,
                       vouchers[b->voucher].of.scheme) &&
           bytes_equal(a->row.of.provider, b->row.of.provider) &&
           bytes_equal(a->row.of.unit_id, b->row.of.unit_id) &&
           month_of(a) == month_of(b);
}

static bool is_split(const struct book *book, const struct book_order *order)
{
    const struct book_order *orders = book->orders.items;
    const struct book_order *last = order;
    uint64_t count = 0, sum = 0;
    for (size_t i = 0; i < book->orders.count; i++) {
        if (!same_contract(book, &orders[i], order)) {
            continue;
        }
        if (orders[i].row.resolved == ORDER_OPEN ||
            orders[i].row.resolved == ORDER_CAPTURED) {
            count++;
            sum += orders[i].row.of.price_fen;
        }
        last = orders[i].row.placed_index > last->row.placed_index ? &orders[i]
                                                                   : last;
    }
    return count > 1 && sum >= scheme_of(book, last)->split_below_fen;
}

uint64_t book_count_split(const struct book *book)
{
    const struct book_order *orders = book->orders.items;
    uint64_t count = 0;
    for (size_t i = 0; i < book->orders.count; i++) {
        bool first = is_part(book, &orders[i]);
        for (size_t k = 0; first && k < i; k++) {
            first = !same_contract(book, &orders[k], &orders[i]);
        }
        count += first && is_split(book, &orders[i]);
    }
    return count;
}

uint64_t book_checks(const struct book *book, const struct book_order *order,
                     const struct order_deliver *deliver)
{
    struct order answer = {
        .from_ms = deliver->from_ms,
        .until_ms = deliver->until_ms,
        .served_unit_id = deliver->unit_id,
        .served_kind = deliver->item_kind,
        .served_home = deliver->item_home,
        .served_inner_id = deliver->item_inner_id,
        .catalogue = book_catalogue(deliver),
    };
    uint64_t broken =
        book_breaks(book, order, &answer) |
        bit_if(is_part(book, order) && is_split(book, order), BOOK_SPLIT);
    return broken & scheme_of(book, order)->hold_checks;
}

/* Nobody here states that unit, nor items of it. */
uint64_t book_catalogue(const struct order_deliver *deliver)
{
    return bit_if(deliver->unit_id.size > 0, BOOK_UNIT) |
           bit_if(deliver->item_kind != 0, BOOK_ITEM);
}

uint64_t book_confirm_days(const struct book *book,
                           const struct book_order *order)
{
    const struct book_voucher *vouchers = book->vouchers.items;
    const struct scheme *schemes = book->schemes.items;
    const struct scheme *scheme = &schemes[vouchers[order->voucher].scheme];
    uint64_t desk = order->requested ? scheme->desk_days : 0;
    return desk > scheme->confirm_days ? desk : scheme->confirm_days;
}

bool book_same_request(const struct book_order *a, const struct book_order *b)
{
    return a->requested && b->requested &&
           a->row.request_index == b->row.request_index &&
           hash_equal(&a->request_leaf, &b->request_leaf);
}

bool book_grants(const struct order_place *held,
                 const struct order_place *asked)
{
    struct order_place same = *asked;
    same.provider = held->provider;
    same.hold_fen = asked->hold_fen == 0 ? held->hold_fen : asked->hold_fen;
    same.until = asked->until.size == 0 ? held->until : asked->until;
    return record_difference(&order_placing, &same, held) == NULL;
}

bool book_spends(const struct book_order *placed, const struct book_order *word)
{
    return placed->row.allotted != 0 &&
           word->row.limit_fen == placed->row.of.hold_fen &&
           bytes_equal(word->row.expires, placed->row.of.until);
}

uint64_t book_counted_fen(const struct book_order *placed,
                          const struct book_order *word)
{
    return least(placed->row.of.hold_fen, word->row.spent_fen);
}

struct bytes book_creditor(const struct book *book,
                           const struct book_order *order)
{
    const struct book_voucher *voucher =
        &((const struct book_voucher *)book->vouchers.items)[order->voucher];
    const struct scheme *scheme =
        &((const struct scheme *)book->schemes.items)[voucher->scheme];
    bool refunds =
        scheme->payee == HELUO__V1__SCHEME_PAYEE__SCHEME_PAYEE_HOLDER;
    return refunds || bytes_equal(order->row.of.provider, book->node)
               ? (struct bytes){0}
               : order->row.of.provider;
}

/* --- Sums. --------------------------------------------------------------- */

static const char *check_voucher(const struct book *book, size_t number)
{
    const struct book_voucher *voucher =
        &((const struct book_voucher *)book->vouchers.items)[number];
    const struct book_order *orders = book->orders.items;
    uint64_t held = 0, spent = 0;
    for (size_t i = 0; i < book->orders.count; i++) {
        if (orders[i].placed && orders[i].voucher == number) {
            held += orders[i].row.resolved == ORDER_OPEN
                        ? orders[i].row.of.hold_fen
                        : 0;
            spent += orders[i].row.captured_fen;
        }
    }
    if (held != voucher->held_fen || spent != voucher->spent_fen) {
        return "a voucher holds or spent what no order says";
    }
    uint64_t gone = held + spent + voucher->returned_fen;
    if (gone > voucher->of.amount_fen) {
        return "a voucher is overspent";
    }
    return voucher->ended != 0 && gone != voucher->of.amount_fen
               ? "of an ended voucher something is open"
               : NULL;
}

/* What is held and captured of the year's orders under the scheme's versions
 * that bound it. */
static uint64_t used_of(const struct book *book, const struct usage *usage)
{
    const struct book_order *orders = book->orders.items;
    const struct book_voucher *vouchers = book->vouchers.items;
    const struct scheme *schemes = book->schemes.items;
    uint64_t used = 0;
    for (size_t i = 0; i < book->orders.count; i++) {
        const struct book_voucher *voucher = &vouchers[orders[i].voucher];
        if (!orders[i].placed || orders[i].year != usage->year) {
            continue;
        }
        bool holder = usage->whose == USAGE_HOLDER;
        const struct scheme *scheme = &schemes[voucher->scheme];
        struct bytes token = holder || voucher->of.controller.size == 0
                                 ? voucher->of.holder
                                 : voucher->of.controller;
        uint64_t max = holder ? scheme->holder_year_max_fen
                              : scheme->controller_year_max_fen;
        if (max > 0 && bytes_equal(scheme->id, usage->scheme) &&
            bytes_equal(token, usage->token)) {
            used += orders[i].row.resolved == ORDER_OPEN
                        ? orders[i].row.of.hold_fen
                        : orders[i].row.captured_fen;
        }
    }
    return used;
}

static const char *check_budget(const struct book *book,
                                const struct budget *budget)
{
    const struct book_voucher *vouchers = book->vouchers.items;
    uint64_t issued = 0;
    for (size_t i = 0; i < book->vouchers.count; i++) {
        if (bytes_equal(vouchers[i].of.scheme, budget->scheme)) {
            issued += vouchers[i].of.amount_fen - vouchers[i].returned_fen;
        }
    }
    return issued != budget->issued_fen || issued > budget->budget_fen
               ? "of a budget more is issued than it has, or than vouchers say"
               : NULL;
}

/* What was captured is owed, or settled; what is back of an allotment is not,
 * as its provider's journal says who owes it. What was spent is owed there. */
static const char *check_debts(const struct book *book)
{
    const struct book_order *orders = book->orders.items;
    const struct book_debt *debts = book->debts.items;
    uint64_t owed = 0, captured = 0, adjusted = 0, drawn = 0, spent = 0;
    for (size_t i = 0; i < book->debts.count; i++) {
        owed += debts[i].spent ? 0 : debts[i].fen;
        drawn += debts[i].spent ? debts[i].fen : 0;
    }
    for (size_t i = 0; i < book->orders.count; i++) {
        const struct order *row = &orders[i].row;
        captured += row->allotted != 0 ? 0 : row->captured_fen;
        adjusted += row->adjusted_fen;
        spent += row->spent_fen;
    }
    if (drawn != spent) {
        return "what is owed of allotments is not what was spent";
    }
    return owed + book->settled_fen != captured + adjusted ||
                   adjusted != book->adjusted_fen
               ? "what is owed and settled is not what was captured and given "
                 "back"
               : NULL;
}

const char *book_check(const struct book *book)
{
    const char *wrong = check_debts(book);
    for (size_t i = 0; wrong == NULL && i < book->vouchers.count; i++) {
        wrong = check_voucher(book, i);
    }
    for (size_t i = 0; wrong == NULL && i < book->budgets.count; i++) {
        wrong = check_budget(book, &((struct budget *)book->budgets.items)[i]);
    }
    for (size_t i = 0; wrong == NULL && i < book->usages.count; i++) {
        const struct usage *usage = &((struct usage *)book->usages.items)[i];
        wrong = used_of(book, usage) == usage->used_fen
                    ? NULL
                    : "a year's usage is not that of its orders";
    }
    return wrong;
}
