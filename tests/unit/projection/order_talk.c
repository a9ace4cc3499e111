/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projection/order_talk.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"

#define T(text) bytes_of_text(text)

const char *const talk_nodes[TALK_NODES] = {"zhengzhou", "luoyang", "anyang"};

enum { NUMBERS = 60, VOUCHERS = 12, HOUR_MS = 3600 * 1000 };

static uint64_t below(struct talk *talk, uint64_t bound)
{
    return rng_below(talk->rng, bound);
}

static const char *any_node(struct talk *talk)
{
    return talk_nodes[below(talk, TALK_NODES)];
}

static struct bytes any_voucher(struct talk *talk)
{
    return order_id((uint8_t)below(talk, VOUCHERS));
}

static struct order_key key_of(const struct talk *talk)
{
    return order_key(talk->begun_at, talk->number);
}

static bool find_at(struct talk *talk, const char *node, struct order *order)
{
    *order = (struct order){.of = {.key = key_of(talk)}};
    return order_find(talk->world, node, &order_record, order);
}

/* Bodies that need no hold: there may be a request alone. */
static bool is_of_request(uint32_t body)
{
    return body == ORDER_BODY_PLACE || body == ORDER_BODY_HOLD_DENY ||
           body == ORDER_BODY_DECLINE;
}

static bool choose_any(struct talk *talk, uint32_t body, struct order *order)
{
    talk->issuer = any_node(talk);
    talk->provider = any_node(talk);
    talk->number = (uint8_t)below(talk, NUMBERS);
    talk->begun_at = below(talk, 2) == 0 ? talk->provider : talk->issuer;
    if (find_at(talk, talk->issuer, order) && order_is_placed(order)) {
        return true;
    }
    return is_of_request(body) && talk->begun_at == talk->provider &&
           find_at(talk, talk->provider, order) && order_is_requested(order);
}

static bool begins(struct talk *talk, uint32_t body)
{
    return body == ORDER_BODY_REQUEST || body == ORDER_BODY_ALLOT ||
           (body == ORDER_BODY_PLACE && below(talk, 2) == 0);
}

static void choose_order(struct talk *talk, uint32_t body)
{
    enum { TRIES = 20 };
    struct order order;
    bool begins_one = begins(talk, body);
    bool found = choose_any(talk, body, &order);
    for (unsigned i = 0; i < TRIES && !begins_one && !found; i++) {
        found = choose_any(talk, body, &order);
    }
    if (body == ORDER_BODY_ALLOT) {
        talk->begun_at = talk->issuer;
        return;
    }
    if (begins_one) {
        talk->begun_at =
            body == ORDER_BODY_REQUEST ? talk->provider : talk->issuer;
        return;
    }
    for (size_t i = 0; i < TALK_NODES && found && below(talk, 16) > 0; i++) {
        bool requested = !order_is_placed(&order);
        if (bytes_equal_text(order.of.provider, talk_nodes[i])) {
            talk->provider = talk_nodes[i];
        }
        if (requested && bytes_equal_text(order.issuer, talk_nodes[i])) {
            talk->issuer = talk_nodes[i];
        }
    }
}

/* --- The issuer's. -------------------------------------------------------- */

static void make_scheme(struct talk *talk)
{
    struct budget budget = {.scheme = T("a")};
    order_find(talk->world, talk->issuer, &budget_record, &budget);
    struct scheme scheme = order_scheme_at(
        talk->world, "a", budget.version + (below(talk, 8) > 0 ? 1 : 2),
        below(talk, 2) == 0 ? 10000 : 3333);
    scheme.use_days = scheme.claim_days = 100;
    scheme.payee = below(talk, 4) == 0 ? 2 : 1;
    scheme.desk_days = below(talk, 3);
    scheme.budget_fen = 20000 + below(talk, 200000);
    scheme.holder_year_max_fen = below(talk, 2) * 5000;
    scheme.controller_year_max_fen = below(talk, 2) * 8000;
    scheme.split_below_fen = below(talk, 2) * 9000;
    *(struct scheme *)(void *)&talk->record = scheme;
}

static void make_voucher(struct talk *talk)
{
    struct voucher_issue issue = order_voucher(0, 1 + below(talk, 20000));
    issue.id = any_voucher(talk);
    issue.scheme_version = below(talk, 4) > 0 ? 0 : below(talk, 20);
    issue.holder = order_id((uint8_t)below(talk, 2));
    issue.controller = below(talk, 2) == 0 ? T("") : order_id(9);
    *(struct voucher_issue *)(void *)&talk->record = issue;
}

static void make_end(struct talk *talk)
{
    struct voucher_ended ended = {any_voucher(talk), 1 + below(talk, 3),
                                  T("原因"), below(talk, 3000)};
    *(struct voucher_ended *)(void *)&talk->record = ended;
}

static struct order_place any_order(struct talk *talk)
{
    struct order_place place = order_place_of(
        talk->begun_at, talk->number, 0, talk->provider, 1 + below(talk, 2000));
    place.voucher = any_voucher(talk);
    place.price_fen += below(talk, 5000);
    if (below(talk, 4) > 0) {
        place.hold_fen = 0; /* as much as may be held */
    }
    place.until = below(talk, 8) > 0 ? T("") : T("2026-07-03");
    return place;
}

static void make_allot(struct talk *talk)
{
    struct order_place place = any_order(talk);
    struct order_allot allot = {
        .key = place.key,
        .voucher = place.voucher,
        .provider = place.provider,
        .unit_scheme = place.unit_scheme,
        .unit_id = place.unit_id,
        .kind = place.kind,
        .limit_fen = 1 + below(talk, 2000),
        .expires = place.until,
    };
    *(struct order_allot *)(void *)&talk->record = allot;
}

/* As it was asked for, mostly. */
static void make_place(struct talk *talk)
{
    struct order request;
    struct order_place place = any_order(talk);
    if (find_at(talk, talk->provider, &request) &&
        order_is_requested(&request) && below(talk, 8) > 0) {
        place = request.of;
        place.provider = T(talk->provider);
        place.price_fen += below(talk, 8) == 0;
    }
    *(struct order_place *)(void *)&talk->record = place;
}

static void make_hold_deny(struct talk *talk)
{
    struct order_hold_deny deny = {key_of(talk), T(talk->provider),
                                   T("no_voucher: none")};
    *(struct order_hold_deny *)(void *)&talk->record = deny;
}

static void make_request(struct talk *talk)
{
    struct order_request request = {.of = any_order(talk),
                                    .issuer = T(talk->issuer)};
    request.of.provider = (struct bytes){0};
    *(struct order_request *)(void *)&talk->record = request;
}

/* What the provider spent, mostly. */
static void make_return(struct talk *talk)
{
    struct order word, placed;
    bool said = find_at(talk, talk->provider, &word) && below(talk, 6) > 0;
    bool there = find_at(talk, talk->issuer, &placed);
    struct order_return back = {
        .key = key_of(talk),
        .why = below(talk, 6) == 0 ? RETURN_ENDED : RETURN_CLOSED,
        .spent_fen = said ? word.spent_fen : below(talk, 2000),
        .to_budget = below(talk, 2),
        .provider = T(talk->provider),
    };
    if (there && placed.of.hold_fen > back.spent_fen) {
        back.rest_fen = placed.of.hold_fen - back.spent_fen;
    }
    *(struct order_return *)(void *)&talk->record = back;
}

static void make_resolution(struct talk *talk, uint32_t body)
{
    void *out = &talk->record;
    struct order_key key = key_of(talk);
    uint64_t amount = 1 + below(talk, 2000), to_budget = below(talk, 2);
    if (body == ORDER_BODY_RELEASE) {
        *(struct order_release *)out =
            (struct order_release){key, 1 + below(talk, 2), amount, to_budget};
    } else if (body == ORDER_BODY_DENY) {
        *(struct order_deny *)out =
            (struct order_deny){key, T("原因"), amount, to_budget};
    } else {
        *(struct order_capture *)out = (struct order_capture){
            .key = key,
            .price_fen = 2 * amount,
            .capture_fen = amount,
            .rest_fen = below(talk, 3) * amount,
            .to_budget = to_budget,
            .creditor = below(talk, 3) == 0 ? T("") : T(any_node(talk)),
        };
    }
}

static void make_word(struct talk *talk, uint32_t body)
{
    void *out = &talk->record;
    struct order_key key = key_of(talk);
    struct bytes reason = T("原因");
    if (body == ORDER_BODY_RESOLVE) {
        *(struct order_resolve *)out =
            (struct order_resolve){key, below(talk, 3) * 500, reason};
    } else if (body == ORDER_BODY_WAIT) {
        uint64_t checks = 2 * below(talk, 2);
        *(struct order_wait *)out = (struct order_wait){
            key, checks == 0 ? T("2026-08-31") : T(""), checks};
    } else if (body == ORDER_BODY_REVIEW) {
        *(struct order_review *)out =
            (struct order_review){key, 1 + below(talk, 5), reason};
    } else {
        *(struct order_word *)out = (struct order_word){
            key, body == ORDER_BODY_CONFIRM ? T("") : reason};
    }
}

/* --- The provider's. ------------------------------------------------------ */

static bool is_providers(uint32_t body)
{
    return body == ORDER_BODY_ACCEPT || body == ORDER_BODY_DECLINE ||
           body == ORDER_BODY_DELIVER || body == ORDER_BODY_ADJUST ||
           body == ORDER_BODY_REQUEST || body == ORDER_BODY_SPEND ||
           body == ORDER_BODY_CLOSE;
}

/* One of a few invoices, and of a few instruments for some days. */
static void choose_served(struct talk *talk, struct order_deliver *deliver)
{
    static uint8_t prints[3][HL_HASH_BYTES];
    uint64_t print = below(talk, 3), now = (uint64_t)talk->world->now.ms;
    prints[print][0] = (uint8_t)print;
    if (below(talk, 2) == 0) {
        deliver->invoice_key = 1 + below(talk, 2);
        deliver->invoice_print = bytes_of(prints[print], HL_HASH_BYTES);
    }
    if (deliver->invoice_key == 2) {
        deliver->former_key = 1;
        deliver->former_print = deliver->invoice_print;
    }
    if (below(talk, 2) == 0) {
        deliver->until_ms = now - below(talk, 30) * HOUR_MS;
        deliver->from_ms = deliver->until_ms - below(talk, 500) * HOUR_MS;
        deliver->unit_scheme = T("nrii");
        deliver->unit_id = T("0123456789abcdef0123456789abcdef");
        deliver->item_kind = 2;
        deliver->item_home = T("luoyang");
        deliver->item_inner_id = below(talk, 2) == 0 ? T("1") : T("2");
    }
}

/* As the allotment is, and what was spent of it, mostly; or it is left to the
 * ledger. */
static void make_spend(struct talk *talk)
{
    struct order placed, word;
    bool there = find_at(talk, talk->issuer, &placed);
    bool said = find_at(talk, talk->provider, &word);
    struct order_spend spend = {
        .of = order_delivery(talk->issuer, talk->number, 1 + below(talk, 900)),
    };
    spend.of.key = key_of(talk);
    spend.of.issuer = T(below(talk, 9) == 0 ? any_node(talk) : talk->issuer);
    choose_served(talk, &spend.of);
    if (below(talk, 2) == 0) {
        spend.amount_fen = 1 + below(talk, 400);
        spend.spent_after_fen = spend.amount_fen + (said ? word.spent_fen : 0);
        spend.limit_fen =
            (there ? placed.of.hold_fen : 0) + (below(talk, 9) == 0);
        spend.expires =
            there && below(talk, 9) > 0 ? placed.of.until : T("2026-07-03");
    }
    *(struct order_spend *)(void *)&talk->record = spend;
}

static void make_close(struct talk *talk)
{
    struct order word;
    bool said = find_at(talk, talk->provider, &word);
    struct order_close close = {
        .key = key_of(talk),
        .issuer = T(talk->issuer),
        .spent_fen = said && below(talk, 9) > 0 ? word.spent_fen : 0,
    };
    *(struct order_close *)(void *)&talk->record = close;
}

static void make_answer(struct talk *talk, uint32_t body)
{
    void *out = &talk->record;
    struct order_key key = key_of(talk);
    struct bytes issuer =
        T(below(talk, 5) == 0 ? any_node(talk) : talk->issuer);
    if (body == ORDER_BODY_DELIVER) {
        struct order_deliver deliver =
            order_delivery(talk->issuer, talk->number, 1 + below(talk, 6000));
        deliver.key = key;
        deliver.issuer = issuer;
        choose_served(talk, &deliver);
        *(struct order_deliver *)out = deliver;
    } else if (body == ORDER_BODY_ADJUST) {
        *(struct order_adjust *)out =
            (struct order_adjust){key, issuer, 1 + below(talk, 700), T("多收")};
    } else {
        *(struct order_answer *)out = (struct order_answer){
            key, issuer, body == ORDER_BODY_ACCEPT ? T("") : T("原因")};
    }
}

/* --- Saying it. ----------------------------------------------------------- */

static void make(struct talk *talk, uint32_t body)
{
    switch (body) {
    case ORDER_BODY_REQUEST:
        make_request(talk);
        break;
    case ORDER_BODY_ACCEPT:
    case ORDER_BODY_DECLINE:
    case ORDER_BODY_DELIVER:
    case ORDER_BODY_ADJUST:
        make_answer(talk, body);
        break;
    case SCHEME_BODY_PUT:
        make_scheme(talk);
        break;
    case VOUCHER_BODY_ISSUE:
        make_voucher(talk);
        break;
    case VOUCHER_BODY_END:
        make_end(talk);
        break;
    case ORDER_BODY_PLACE:
        make_place(talk);
        break;
    case ORDER_BODY_HOLD_DENY:
        make_hold_deny(talk);
        break;
    case ORDER_BODY_ALLOT:
        make_allot(talk);
        break;
    case ORDER_BODY_SPEND:
        make_spend(talk);
        break;
    case ORDER_BODY_CLOSE:
        make_close(talk);
        break;
    case ORDER_BODY_RETURN:
        make_return(talk);
        break;
    case ORDER_BODY_RELEASE:
    case ORDER_BODY_CAPTURE:
    case ORDER_BODY_DENY:
        make_resolution(talk, body);
        break;
    default:
        make_word(talk, body);
        break;
    }
}

/* Some entry of late; sometimes not quite. */
static const struct said *any_cause(struct talk *talk, struct said *room)
{
    if (talk->count == 0 || below(talk, 4) == 0) {
        return NULL;
    }
    size_t count = talk->count < TALK_RECENT ? talk->count : TALK_RECENT;
    *room = talk->recent[below(talk, count)];
    if (below(talk, 8) == 0) {
        room->index += below(talk, 3);
    } else if (below(talk, 8) == 0) {
        room->leaf.bytes[0] ^= 1;
    }
    return room;
}

/* What the provider says of the order. */
static const struct said *its_word(struct talk *talk, struct said *room)
{
    struct order_view view;
    struct order_key key = key_of(talk);
    assert_ok(ledger_order(talk->world->world.txn,
                           T(order_origin(talk->issuer)), &key, &view, NULL));
    if (!view.answered) {
        return NULL;
    }
    *room = (struct said){.index = view.answer.answer_index};
    snprintf(room->node, sizeof(room->node), "%.*s",
             BYTES_ARGS(view.order.of.provider));
    memcpy(room->leaf.bytes, view.answer.answer_leaf.data, HL_HASH_BYTES);
    return room;
}

/* What the provider asks for. */
static const struct said *its_request(struct talk *talk, struct said *room)
{
    struct order order;
    if (!find_at(talk, talk->provider, &order) || !order_is_requested(&order)) {
        return NULL;
    }
    *room = (struct said){.index = order.request_index};
    snprintf(room->node, sizeof(room->node), "%s", talk->provider);
    memcpy(room->leaf.bytes, order.request_leaf.data, HL_HASH_BYTES);
    return room;
}

static const struct said *its_cause(struct talk *talk, uint32_t body,
                                    struct said *room)
{
    switch (body) {
    case ORDER_BODY_RELEASE:
    case ORDER_BODY_CAPTURE:
    case ORDER_BODY_DENY:
    case ORDER_BODY_WAIT:
    case ORDER_BODY_RETURN:
        return its_word(talk, room);
    case ORDER_BODY_PLACE:
    case ORDER_BODY_HOLD_DENY:
        return its_request(talk, room);
    default:
        return NULL;
    }
}

static void keep(struct talk *talk, uint32_t body, const struct said *said)
{
    struct order order;
    talk->recent[talk->count++ % TALK_RECENT] = *said;
    talk->counted[body] += said->counts;
    talk->withdrawn += said->counts && body == ORDER_BODY_DECLINE &&
                       find_at(talk, talk->provider, &order) &&
                       order.order_leaf.size == 0;
}

static void say_honestly(struct talk *talk, const char *node, uint32_t body)
{
    struct said room;
    struct ledger_cause cite;
    const struct said *cause = its_cause(talk, body, &room);
    if (order_decide(talk->world, node, body, &talk->record, cause, &cite,
                     NULL) == HL_OK) {
        struct said said =
            order_do(talk->world, node, body, &talk->record, cause);
        keep(talk, body, &said);
    }
}

static void say_anyhow(struct talk *talk, const char *node, uint32_t body)
{
    struct said room;
    const struct said *cause = any_cause(talk, &room);
    struct said said = order_say(talk->world, node, body, &talk->record, cause);
    keep(talk, body, &said);
}

/* What keeps orders going comes more often than what ends them. */
static uint32_t any_body(struct talk *talk)
{
    static const struct {
        uint32_t body;
        unsigned weight;
    } weights[] = {
        {SCHEME_BODY_PUT, 1},      {VOUCHER_BODY_ISSUE, 4},
        {VOUCHER_BODY_END, 1},     {ORDER_BODY_PLACE, 6},
        {ORDER_BODY_ACCEPT, 6},    {ORDER_BODY_DECLINE, 1},
        {ORDER_BODY_DELIVER, 9},   {ORDER_BODY_RELEASE, 3},
        {ORDER_BODY_CAPTURE, 6},   {ORDER_BODY_DENY, 1},
        {ORDER_BODY_DISPUTE, 1},   {ORDER_BODY_RESOLVE, 1},
        {ORDER_BODY_CONFIRM, 1},   {ORDER_BODY_CANCEL, 1},
        {ORDER_BODY_ADJUST, 6},    {ORDER_BODY_REVIEW, 2},
        {ORDER_BODY_WAIT, 2},      {ORDER_BODY_REQUEST, 5},
        {ORDER_BODY_HOLD_DENY, 1}, {ORDER_BODY_ALLOT, 5},
        {ORDER_BODY_SPEND, 9},     {ORDER_BODY_CLOSE, 2},
        {ORDER_BODY_RETURN, 4},
    };
    enum { WEIGHTS = sizeof(weights) / sizeof(weights[0]) };
    uint64_t sum = 0;
    for (size_t i = 0; i < WEIGHTS; i++) {
        sum += weights[i].weight;
    }
    uint64_t at = below(talk, sum);
    size_t i = 0;
    while (at >= weights[i].weight) {
        at -= weights[i++].weight;
    }
    return weights[i].body;
}

void talk_step(struct talk *talk)
{
    uint32_t body = any_body(talk);
    choose_order(talk, body);
    const char *node = is_providers(body) ? talk->provider : talk->issuer;
    make(talk, body);
    if (below(talk, 5) > 0) {
        say_honestly(talk, node, body);
    } else {
        say_anyhow(talk, node, body);
    }
    talk->world->now.ms += (int64_t)below(talk, HOUR_MS);
}
