/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heluo/v1/scheme.pb-c.h"
#include "heluo/v1/voucher.pb-c.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"
#include "tests/sim/book_inside.h"

static uint64_t later_or(uint64_t bound)
{
    return bound == 0 ? UINT64_MAX : bound;
}

/* --- Schemes. ------------------------------------------------------------ */

static const char *put_scheme(struct reading *at, const void *record)
{
    struct book *book = at->book;
    const struct scheme *scheme = record;
    struct budget *budget = book_budget(book, scheme->id);
    uint64_t version = budget == NULL ? 0 : budget->version;
    if (scheme->version != version + 1) {
        return "not the scheme's next version";
    }
    if (budget != NULL && scheme->budget_fen < budget->issued_fen) {
        return "a budget below what is issued";
    }
    if (budget == NULL) {
        budget = pile_add(&book->budgets, sizeof(*budget));
        budget->scheme = scheme->id;
    }
    budget->version = scheme->version;
    budget->budget_fen = scheme->budget_fen;
    struct scheme *kept = pile_add(&book->schemes, sizeof(*kept));
    *kept = *scheme;
    return NULL;
}

/* --- Vouchers. ----------------------------------------------------------- */

static int64_t earlier(int64_t from, uint64_t days, struct bytes until)
{
    int64_t by_days = days == 0 ? INT64_MAX : from + (int64_t)days;
    int64_t by_day = until.size == 0 ? INT64_MAX : book_day_of(until);
    return by_days < by_day ? by_days : by_day;
}

static size_t scheme_number(const struct book *book, struct bytes id,
                            uint64_t version)
{
    const struct scheme *schemes = book->schemes.items;
    size_t i = 0;
    while (i < book->schemes.count &&
           (!bytes_equal(schemes[i].id, id) || schemes[i].version != version)) {
        i++;
    }
    return i;
}

static const char *issue(struct reading *at, const void *record)
{
    struct book *book = at->book;
    const struct voucher_issue *issue = record;
    struct budget *budget = book_budget(book, issue->scheme);
    if (book_voucher(book, issue->id) != NULL) {
        return "a voucher of that id is there";
    }
    if (budget == NULL || budget->version != issue->scheme_version) {
        return "no such scheme, or not its newest version";
    }
    size_t number = scheme_number(book, issue->scheme, issue->scheme_version);
    HL_ASSERT(number < book->schemes.count);
    const struct scheme *scheme =
        &((const struct scheme *)book->schemes.items)[number];
    int64_t use = earlier(at->today, scheme->use_days, scheme->use_until);
    if (issue->amount_fen % scheme->issue_unit_fen != 0 ||
        issue->amount_fen > later_or(scheme->voucher_max_fen)) {
        return "an amount that the scheme does not issue";
    }
    if ((scheme->issue_from.size > 0 &&
         at->today < book_day_of(scheme->issue_from)) ||
        (scheme->issue_until.size > 0 &&
         at->today > book_day_of(scheme->issue_until)) ||
        at->today > use) {
        return "not on a day of issue";
    }
    if (issue->amount_fen > budget->budget_fen - budget->issued_fen) {
        return "more than the budget has";
    }
    budget->issued_fen += issue->amount_fen;
    struct book_voucher *kept = pile_add(&book->vouchers, sizeof(*kept));
    *kept = (struct book_voucher){
        .of = *issue,
        .scheme = number,
        .use_until = use,
        .claim_until = earlier(use, scheme->claim_days, scheme->claim_until),
        .issued_at_ms = at->entry.recorded_at.ms,
    };
    return NULL;
}

static const char *end(struct reading *at, const void *record)
{
    const struct voucher_ended *ended = record;
    struct book_voucher *voucher = book_voucher(at->book, ended->id);
    if (voucher == NULL || voucher->ended != 0) {
        return "no such voucher, or it has ended";
    }
    if (ended->how == HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED &&
        at->today <= voucher->use_until) {
        return "it is still used today";
    }
    if (ended->amount_fen != book_open_fen(voucher)) {
        return "not what is open of the voucher";
    }
    voucher->ended = ended->how;
    voucher->returned_fen += ended->amount_fen;
    book_budget(at->book, voucher->of.scheme)->issued_fen -= ended->amount_fen;
    return NULL;
}

/* --- What counts in a year. ---------------------------------------------- */

/* The two usages of an order, of which one, or both, are not kept; so many. */
static size_t usages_of(const struct book *book,
                        const struct book_voucher *voucher, uint64_t year,
                        struct usage out[2], uint64_t max_fen[2])
{
    const struct scheme *scheme =
        &((const struct scheme *)book->schemes.items)[voucher->scheme];
    const struct voucher_issue *of = &voucher->of;
    size_t count = 0;
    if (scheme->holder_year_max_fen > 0) {
        out[count] =
            (struct usage){of->scheme, year, USAGE_HOLDER, of->holder, 0};
        max_fen[count++] = scheme->holder_year_max_fen;
    }
    if (scheme->controller_year_max_fen > 0) {
        out[count] = (struct usage){
            of->scheme, year, USAGE_CONTROLLER,
            of->controller.size > 0 ? of->controller : of->holder, 0};
        max_fen[count++] = scheme->controller_year_max_fen;
    }
    return count;
}

static bool has_year_left(const struct book *book,
                          const struct book_voucher *voucher, uint64_t year,
                          uint64_t fen)
{
    struct usage keys[2];
    uint64_t max_fen[2];
    size_t count = usages_of(book, voucher, year, keys, max_fen);
    for (size_t i = 0; i < count; i++) {
        const struct usage *usage = book_usage(book, &keys[i]);
        uint64_t used = usage == NULL ? 0 : usage->used_fen;
        if (used + fen > max_fen[i]) {
            return false;
        }
    }
    return true;
}

/* More, or less. */
static void use_year(struct book *book, const struct book_voucher *voucher,
                     uint64_t year, uint64_t more_fen, uint64_t less_fen)
{
    struct usage keys[2];
    uint64_t max_fen[2];
    size_t count = usages_of(book, voucher, year, keys, max_fen);
    for (size_t i = 0; i < count; i++) {
        struct usage *usage = book_usage(book, &keys[i]);
        if (usage == NULL) {
            usage = pile_add(&book->usages, sizeof(*usage));
            *usage = keys[i];
        }
        usage->used_fen += more_fen;
        usage->used_fen -= less_fen;
    }
}

/* --- The issuer's side of an order. -------------------------------------- */

struct book_order *book_order_made(struct book *book,
                                   const struct order_key *key)
{
    struct book_order *order = book_order(book, key);
    if (order == NULL) {
        order = pile_add(&book->orders, sizeof(*order));
        order->row.of.key = *key;
    }
    return order;
}

static bool has_item(struct bytes list, const struct field *field,
                     const void *item)
{
    struct record_list rest;
    union record_room room;
    bool found = list.size == 0; /* no list: all */
    record_list_init(&rest, field, list);
    while (!found && record_list_next(&rest, &room)) {
        found = record_difference(field->items, item, &room) == NULL;
    }
    return found;
}

static const char *check_bought(const struct scheme *scheme,
                                const struct order_place *place)
{
    struct scheme_partner partner = {place->provider};
    struct scheme_provider provider = {place->unit_scheme, place->unit_id};
    if (scheme->kinds != 0 && (scheme->kinds >> place->kind & 1) == 0) {
        return "not a kind of service that the scheme pays";
    }
    return has_item(scheme->partners, scheme_partners, &partner) &&
                   has_item(scheme->providers, scheme_providers, &provider)
               ? NULL
               : "not a provider of the scheme";
}

static const char *check_place(struct reading *at,
                               const struct order_place *place,
                               const struct book_voucher *voucher)
{
    const struct book *book = at->book;
    const struct book_order sought = {
        .row = {.of = *place},
        .voucher =
            (size_t)(voucher - (struct book_voucher *)book->vouchers.items)};
    int64_t until = book_day_of(place->until);
    if (voucher->ended != 0 || at->today > voucher->use_until) {
        return "the voucher is not used any more";
    }
    if (at->today > until || until > voucher->claim_until) {
        return "an order that ends before today, or behind the voucher";
    }
    const struct scheme *scheme =
        &((const struct scheme *)book->schemes.items)[voucher->scheme];
    if (!bytes_equal(place->key.begun_at, book->node) &&
        scheme->desk_days == 0) {
        return "none of the scheme's begins at a desk";
    }
    const char *wrong = check_bought(scheme, place);
    if (wrong != NULL) {
        return wrong;
    }
    if (place->hold_fen > book_share_fen(book, &sought, place->price_fen)) {
        return "more than the scheme pays";
    }
    if (place->hold_fen > book_open_fen(voucher)) {
        return "the voucher is overspent";
    }
    return has_year_left(book, voucher, book_year(at->entry.recorded_at),
                         place->hold_fen)
               ? NULL
               : "above what the year allows";
}

static void hold(struct reading *at, const struct order_place *place,
                 struct book_voucher *voucher)
{
    struct book *book = at->book;
    struct book_order *order = book_order_made(book, &place->key);
    order->placed = true;
    order->placed_leaf = at->leaf;
    order->row.of = *place;
    book_set_request(at, order);
    order->row.placed_at_ms = (uint64_t)at->entry.recorded_at.ms;
    order->row.placed_index = at->index;
    order->year = book_year(at->entry.recorded_at);
    order->voucher =
        (size_t)(voucher - (struct book_voucher *)book->vouchers.items);
    voucher->held_fen += place->hold_fen;
    use_year(book, voucher, order->year, place->hold_fen, 0);
}

static const char *place(struct reading *at, const void *record)
{
    struct book *book = at->book;
    const struct order_place *place = record;
    struct book_order *order = book_order(book, &place->key);
    struct book_voucher *voucher = book_voucher(book, place->voucher);
    if (!book_begins(at, &place->key, place->provider) || order != NULL) {
        return "an order of another node, or that is there";
    }
    if (voucher == NULL) {
        return "no such voucher";
    }
    const char *wrong = check_place(at, place, voucher);
    if (wrong != NULL) {
        return wrong;
    }
    hold(at, place, voucher);
    return NULL;
}

/* --- Allotments. --------------------------------------------------------- */

static const char *check_allot(struct reading *at,
                               const struct order_place *place,
                               const struct book_voucher *voucher)
{
    enum { LARGE_FEN = 100000000 };
    const struct book *book = at->book;
    const struct scheme *scheme =
        &((const struct scheme *)book->schemes.items)[voucher->scheme];
    const struct book_order sought = {
        .row = {.of = *place},
        .voucher =
            (size_t)(voucher - (struct book_voucher *)book->vouchers.items)};
    int64_t expires = book_day_of(place->until);
    if (voucher->ended != 0 || at->today > voucher->use_until) {
        return "the voucher is not used any more";
    }
    if (at->today > expires || expires > voucher->use_until ||
        expires > voucher->claim_until) {
        return "an allotment that ends before today, or behind the voucher";
    }
    const char *wrong = check_bought(scheme, place);
    if (wrong != NULL) {
        return wrong;
    }
    if (scheme->payee == HELUO__V1__SCHEME_PAYEE__SCHEME_PAYEE_HOLDER ||
        book_share_fen(book, &sought, LARGE_FEN) == 0) {
        return "an allotment of what the scheme pays no provider";
    }
    if (place->hold_fen > book_open_fen(voucher)) {
        return "the voucher is overspent by an allotment";
    }
    return has_year_left(book, voucher, book_year(at->entry.recorded_at),
                         place->hold_fen)
               ? NULL
               : "above what the year allows";
}

static const char *allot(struct reading *at, const void *record)
{
    const struct order_allot *allot = record;
    struct bytes node = at->book->node;
    struct book_voucher *voucher = book_voucher(at->book, allot->voucher);
    struct order_place place = {.key = allot->key,
                                .voucher = allot->voucher,
                                .provider = allot->provider,
                                .unit_scheme = allot->unit_scheme,
                                .unit_id = allot->unit_id,
                                .kind = allot->kind,
                                .hold_fen = allot->limit_fen,
                                .until = allot->expires};
    if (!bytes_equal(allot->key.begun_at, node) ||
        bytes_equal(allot->provider, node) ||
        book_order(at->book, &allot->key) != NULL) {
        return "an allotment of another node's, to itself, or that is there";
    }
    if (voucher == NULL) {
        return "no such voucher";
    }
    const char *wrong = check_allot(at, &place, voucher);
    if (wrong == NULL) {
        hold(at, &place, voucher);
        book_order(at->book, &allot->key)->row.allotted = 1;
    }
    return wrong;
}

/* --- What becomes of a hold. --------------------------------------------- */

static struct book_voucher *voucher_of(const struct book *book,
                                       const struct book_order *order)
{
    return &((struct book_voucher *)book->vouchers.items)[order->voucher];
}

/* Whether the entry cites one of that node's journal. */
bool book_cites(const struct reading *at, struct bytes node)
{
    struct bytes origin = at->entry.cause.origin;
    return at->entry.has_cause && bytes_equal(origin_node(origin), node) &&
           bytes_equal(bytes_slice(origin, 0, origin.size - node.size),
                       at->book->alliance);
}

/* by_word: of the provider's, which is the cause. */
static void resolve(struct reading *at, struct book_order *order, uint64_t how,
                    uint64_t captured_fen, bool by_word)
{
    struct book_voucher *voucher = voucher_of(at->book, order);
    uint64_t rest = order->row.of.hold_fen - captured_fen;
    order->row.resolved = how;
    order->row.resolved_index = at->index;
    order->row.resolved_at_ms = (uint64_t)at->entry.recorded_at.ms;
    order->row.captured_fen = captured_fen;
    order->caused = by_word;
    if (order->caused) {
        order->row.cause_index = at->entry.cause.index;
        order->cause_leaf = at->entry.cause.leaf;
    }
    voucher->held_fen -= order->row.of.hold_fen;
    voucher->spent_fen += captured_fen;
    if (voucher->ended != 0) {
        voucher->returned_fen += rest;
        book_budget(at->book, voucher->of.scheme)->issued_fen -= rest;
    }
    use_year(at->book, voucher, order->year, 0, rest);
}

static const char *check_hold(const struct reading *at,
                              const struct book_order *order,
                              uint64_t amount_fen, uint64_t to_budget)
{
    bool ended = voucher_of(at->book, order)->ended != 0;
    return amount_fen == order->row.of.hold_fen && (to_budget != 0) == ended
               ? NULL
               : "not the hold, or not to where it belongs";
}

static const char *release(struct reading *at, const void *record)
{
    const struct order_release *release = record;
    struct book_order *order = book_open_order(at, &release->key);
    if (order == NULL) {
        return "no open order";
    }
    bool allowed = release->why == RELEASE_TIMED_OUT
                       ? at->today > book_day_of(order->row.of.until)
                       : book_cites(at, order->row.of.provider);
    const char *wrong =
        allowed ? check_hold(at, order, release->amount_fen, release->to_budget)
                : "a hold that is neither given up nor over";
    if (wrong == NULL) {
        resolve(at, order, ORDER_RELEASED, 0, release->why == RELEASE_DECLINED);
    }
    return wrong;
}

static const char *deny(struct reading *at, const void *record)
{
    const struct order_deny *deny = record;
    struct book_order *order = book_open_order(at, &deny->key);
    if (order == NULL || !book_cites(at, order->row.of.provider)) {
        return "no open order, or no word of its provider";
    }
    const char *wrong =
        check_hold(at, order, deny->amount_fen, deny->to_budget);
    if (wrong == NULL) {
        order->row.reason = deny->reason;
        resolve(at, order, ORDER_DENIED, 0, true);
    }
    return wrong;
}

void book_owe(struct reading *at, const struct book_debt *debt)
{
    struct book_debt *kept = pile_add(&at->book->debts, sizeof(*kept));
    *kept = *debt;
    kept->index = at->index;
}

static const char *give_back(struct reading *at, const void *record)
{
    const struct order_return *back = record;
    struct book_order *order = book_open_hold(at, &back->key);
    if (order == NULL || order->row.allotted == 0) {
        return "no open allotment";
    }
    bool closed = back->why == RETURN_CLOSED;
    if (closed && !book_cites(at, order->row.of.provider)) {
        return "no word of its provider";
    }
    uint64_t limit = order->row.of.hold_fen;
    if (back->spent_fen > limit || back->rest_fen != limit - back->spent_fen ||
        (back->to_budget != 0) != (voucher_of(at->book, order)->ended != 0) ||
        !bytes_equal(back->provider, order->row.of.provider)) {
        return "not the limit, or not to where it belongs";
    }
    resolve(at, order, ORDER_CAPTURED, back->spent_fen, closed);
    return NULL;
}

static const char *capture(struct reading *at, const void *record)
{
    const struct order_capture *capture = record;
    struct book *book = at->book;
    struct book_order *order = book_open_order(at, &capture->key);
    if (order == NULL || !book_cites(at, order->row.of.provider)) {
        return "no open order, or no word of its provider";
    }
    if (order->row.disputed == DISPUTE_OPEN) {
        return "a disputed order";
    }
    struct bytes creditor = book_creditor(book, order);
    uint64_t most = book_most_fen(book, order, capture->price_fen);
    if (capture->capture_fen != most ||
        capture->capture_fen + capture->rest_fen != order->row.of.hold_fen ||
        (capture->to_budget != 0) != (voucher_of(book, order)->ended != 0) ||
        !bytes_equal(capture->creditor, creditor)) {
        return "not what is captured, or not for whom";
    }
    order->row.resolved_price_fen = capture->price_fen;
    resolve(at, order, ORDER_CAPTURED, most, true);
    if (creditor.size == 0) {
        book->settled_fen += most;
    } else if (most > 0) {
        book_owe(at, &(struct book_debt){.debtor = book->node,
                                         .creditor = creditor,
                                         .fen = most,
                                         .of = capture->key});
    }
    return NULL;
}

/* --- The table. ---------------------------------------------------------- */

static const struct {
    uint32_t body;
    const struct record_type *type;
    book_enter_fn enter;
} bodies[] = {
    {SCHEME_BODY_PUT, &scheme_record, put_scheme},
    {VOUCHER_BODY_ISSUE, &voucher_issuing, issue},
    {VOUCHER_BODY_END, &voucher_ending, end},
    {ORDER_BODY_PLACE, &order_placing, place},
    {ORDER_BODY_RELEASE, &order_releasing, release},
    {ORDER_BODY_CAPTURE, &order_capturing, capture},
    {ORDER_BODY_DENY, &order_denying, deny},
    {ORDER_BODY_DISPUTE, &order_disputing, book_dispute},
    {ORDER_BODY_RESOLVE, &order_resolving, book_resolve_dispute},
    {ORDER_BODY_CONFIRM, &order_confirming, book_confirm},
    {ORDER_BODY_CANCEL, &order_cancelling, book_cancel},
    {ORDER_BODY_REVIEW, &order_reviewing, book_review},
    {ORDER_BODY_WAIT, &order_waiting, book_wait},
    {ORDER_BODY_REQUEST, &order_requesting, book_request},
    {ORDER_BODY_HOLD_DENY, &order_hold_denying, book_deny_hold},
    {ORDER_BODY_ACCEPT, &order_accepting, book_accept},
    {ORDER_BODY_DECLINE, &order_declining, book_decline},
    {ORDER_BODY_DELIVER, &order_delivering, book_deliver},
    {ORDER_BODY_ADJUST, &order_adjusting, book_adjust},
    {ORDER_BODY_ALLOT, &order_allotting, allot},
    {ORDER_BODY_SPEND, &order_spending, book_spend},
    {ORDER_BODY_CLOSE, &order_closing, book_close},
    {ORDER_BODY_RETURN, &order_returning, give_back},
    {CYCLE_BODY_PROPOSAL, &cycle_proposing, book_propose},
    {CYCLE_BODY_APPROVAL, &cycle_approving, book_approve},
    {CYCLE_BODY_REJECTION, &cycle_rejecting, book_reject},
    {CYCLE_BODY_FINAL, &cycle_finishing, book_finish},
    {CYCLE_BODY_ABORT, &cycle_aborting, book_abort},
    {PAYMENT_BODY_SENT, &payment_sending, book_sent},
    {PAYMENT_BODY_RECEIVED, &payment_receiving, book_received},
};

void book_pass(struct book *book)
{
    book->size++;
}

const char *book_enter(struct book *book, struct bytes raw,
                       const struct hl_hash *leaf)
{
    struct reading at = {.book = book, .leaf = *leaf, .index = book->size++};
    struct canonical_unknown unknown;
    union record_room room;
    hl_err err = entry_decode(raw, &at.entry, &unknown, NULL);
    HL_ASSERT(err == HL_OK); /* our authors make no others */
    at.today = book_day(at.entry.recorded_at);
    uint32_t body = entry_body_number(at.entry.body_type);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        if (bodies[i].body == body) {
            record_decode(bodies[i].type, at.entry.body, &room);
            return record_validate(bodies[i].type, &room, NULL) == HL_OK
                       ? bodies[i].enter(&at, &room)
                       : "a record that is badly formed";
        }
    }
    return NULL;
}
