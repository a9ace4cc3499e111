/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/book_inside.h"

struct book_order *book_open_hold(struct reading *at,
                                  const struct order_key *key)
{
    struct book_order *order = book_order(at->book, key);
    return order != NULL && order->placed && order->row.resolved == ORDER_OPEN
               ? order
               : NULL;
}

struct book_order *book_open_order(struct reading *at,
                                   const struct order_key *key)
{
    struct book_order *order = book_open_hold(at, key);
    return order != NULL && order->row.allotted == 0 ? order : NULL;
}

/* --- At a desk. ----------------------------------------------------------- */

bool book_begins(const struct reading *at, const struct order_key *key,
                 struct bytes provider)
{
    return bytes_equal(key->begun_at, at->book->node) ||
           (bytes_equal(key->begun_at, provider) && book_cites(at, provider));
}

void book_set_request(const struct reading *at, struct book_order *order)
{
    if (!bytes_equal(order->row.of.key.begun_at, at->book->node)) {
        order->requested = true;
        order->row.request_index = at->entry.cause.index;
        order->request_leaf = at->entry.cause.leaf;
    }
}

const char *book_request(struct reading *at, const void *record)
{
    const struct order_request *request = record;
    struct bytes node = at->book->node;
    if (!bytes_equal(request->of.key.begun_at, node) ||
        bytes_equal(request->issuer, node) ||
        book_order(at->book, &request->of.key) != NULL) {
        return "a request for another node, to itself, or that is there";
    }
    struct book_order *order = book_order_made(at->book, &request->of.key);
    order->row.of = request->of;
    order->row.of.provider = node;
    if (request->of.item_kind != 0 && request->of.item_home.size == 0) {
        order->row.of.item_home = node;
    }
    order->row.issuer = request->issuer;
    order->row.request_index = at->index;
    order->request_leaf = at->leaf;
    order->requested = true;
    return NULL;
}

const char *book_deny_hold(struct reading *at, const void *record)
{
    const struct order_hold_deny *deny = record;
    if (bytes_equal(deny->key.begun_at, at->book->node) ||
        !book_begins(at, &deny->key, deny->provider) ||
        book_order(at->book, &deny->key) != NULL) {
        return "no request of a provider's, or it is answered";
    }
    struct book_order *order = book_order_made(at->book, &deny->key);
    order->row.of.provider = deny->provider;
    order->row.resolved = ORDER_DENIED;
    order->row.resolved_index = at->index;
    order->row.resolved_at_ms = (uint64_t)at->entry.recorded_at.ms;
    order->row.reason = deny->reason;
    book_set_request(at, order);
    return NULL;
}

/* --- What its node says before it resolves. ------------------------------ */

const char *book_wait(struct reading *at, const void *record)
{
    const struct order_wait *wait = record;
    struct book_order *order = book_open_order(at, &wait->key);
    if (order == NULL || !book_cites(at, order->row.of.provider)) {
        return "no open order, or no word of its provider";
    }
    if (order->row.ask_until.size > 0 || order->row.checks != 0) {
        return "it waits already";
    }
    order->row.ask_until = wait->ask_until;
    order->row.checks = wait->checks;
    if (wait->checks != 0 && order->row.disputed == DISPUTE_RESOLVED) {
        order->row.reason = (struct bytes){0};
    }
    if (wait->checks != 0) {
        order->row.disputed = DISPUTE_OPEN;
    }
    return NULL;
}

/* --- What the issuer's people say. --------------------------------------- */

const char *book_dispute(struct reading *at, const void *record)
{
    const struct order_word *word = record;
    struct book_order *order = book_open_order(at, &word->key);
    if (order == NULL || order->row.disputed == DISPUTE_OPEN) {
        return "no open order, or it is disputed";
    }
    order->row.disputed = DISPUTE_OPEN;
    order->row.reason = word->reason;
    return NULL;
}

const char *book_resolve_dispute(struct reading *at, const void *record)
{
    const struct order_resolve *word = record;
    struct book_order *order = book_open_order(at, &word->key);
    if (order == NULL || word->max_fen > order->row.of.hold_fen) {
        return "no open order, or more than its hold";
    }
    order->row.disputed = DISPUTE_RESOLVED;
    order->row.max_fen = word->max_fen;
    order->row.reason = word->reason;
    return NULL;
}

const char *book_confirm(struct reading *at, const void *record)
{
    struct book_order *order =
        book_open_order(at, &((const struct order_word *)record)->key);
    if (order == NULL || order->row.confirmed != 0) {
        return "no open order, or it is confirmed";
    }
    order->row.confirmed = 1;
    return NULL;
}

const char *book_cancel(struct reading *at, const void *record)
{
    const struct order_word *word = record;
    struct book_order *order = book_open_hold(at, &word->key);
    if (order == NULL || order->row.cancelled != 0) {
        return "no open order, or it is cancelled";
    }
    order->row.cancelled = 1;
    if (order->row.disputed != DISPUTE_RESOLVED) {
        order->row.reason = word->reason; /* else that of the decision stays */
    }
    return NULL;
}

const char *book_review(struct reading *at, const void *record)
{
    const struct order_review *word = record;
    struct book_order *order = book_order(at->book, &word->key);
    if (order == NULL || !order->placed ||
        order->row.resolved != ORDER_CAPTURED || order->row.stars != 0) {
        return "no captured order, or it is reviewed";
    }
    order->row.stars = word->stars;
    return NULL;
}

/* --- The provider's side. ------------------------------------------------ */

/* What may be answered, or was so far by that very citation. */
static const char *check_answer(const struct reading *at,
                                const struct order_key *key,
                                struct bytes issuer)
{
    const struct book_order *order = book_order(at->book, key);
    if (!book_cites(at, issuer)) {
        return "it cites nothing of the issuer's";
    }
    if (order != NULL && order->requested &&
        !bytes_equal(order->row.issuer, issuer)) {
        return "another issuer was asked for it";
    }
    if (order == NULL || order->row.answer == ANSWER_NONE) {
        return NULL;
    }
    if (!bytes_equal(order->row.issuer, issuer) ||
        order->row.order_index != at->entry.cause.index ||
        !hash_equal(&order->order_leaf, &at->entry.cause.leaf)) {
        return "another order of that id is answered";
    }
    return order->row.answer == ANSWER_DECLINED ? "it is declined" : NULL;
}

static uint64_t answer_to(const struct reading *at, const struct order_key *key)
{
    const struct book_order *order = book_order(at->book, key);
    return order == NULL ? ANSWER_NONE : order->row.answer;
}

static struct book_order *answer(struct reading *at,
                                 const struct order_key *key, uint64_t how,
                                 struct bytes issuer)
{
    struct book_order *order = book_order_made(at->book, key);
    order->row.issuer = issuer;
    order->row.answer = how;
    order->row.answer_index = at->index;
    order->row.answer_at_ms = (uint64_t)at->entry.recorded_at.ms;
    order->row.order_index = at->entry.cause.index;
    order->answer_leaf = at->leaf;
    order->order_leaf = at->entry.cause.leaf;
    return order;
}

const char *book_accept(struct reading *at, const void *record)
{
    const struct order_answer *word = record;
    const char *wrong = check_answer(at, &word->key, word->issuer);
    if (wrong == NULL && answer_to(at, &word->key) != ANSWER_NONE) {
        wrong = "it is accepted, or more";
    }
    if (wrong == NULL) {
        answer(at, &word->key, ANSWER_ACCEPTED, word->issuer);
    }
    return wrong;
}

/* What this node asked for, and never got or answered. */
static const char *withdraw(struct reading *at, const struct order_answer *word)
{
    struct book_order *order = book_order(at->book, &word->key);
    if (order == NULL || !order->requested ||
        !bytes_equal(word->key.begun_at, at->book->node) ||
        !bytes_equal(word->issuer, order->row.issuer) ||
        order->row.answer != ANSWER_NONE) {
        return "no request of its own that waits";
    }
    order->row.answer = ANSWER_DECLINED;
    order->row.answer_index = at->index;
    order->row.answer_at_ms = (uint64_t)at->entry.recorded_at.ms;
    order->row.answer_reason = word->reason;
    order->answer_leaf = at->leaf;
    order->withdrawn = true;
    return NULL;
}

const char *book_decline(struct reading *at, const void *record)
{
    const struct order_answer *word = record;
    if (!at->entry.has_cause) {
        return withdraw(at, word);
    }
    const char *wrong = check_answer(at, &word->key, word->issuer);
    uint64_t before = answer_to(at, &word->key);
    if (wrong == NULL && before != ANSWER_NONE && before != ANSWER_ACCEPTED) {
        wrong = "it is delivered, or spent of, or closed";
    }
    if (wrong == NULL) {
        answer(at, &word->key, ANSWER_DECLINED, word->issuer)
            ->row.answer_reason = word->reason;
    }
    return wrong;
}

static void serve(struct reading *at, struct order *row,
                  const struct order_deliver *word)
{
    row->delivered_fen = word->price_fen;
    row->from_ms = word->from_ms;
    row->until_ms = word->until_ms;
    row->contract = word->contract;
    row->report = word->report;
    row->invoice = word->invoice;
    row->served_unit_scheme = word->unit_scheme;
    row->served_unit_id = word->unit_id;
    row->served_kind = word->item_kind;
    row->served_home = word->item_home;
    row->served_inner_id = word->item_inner_id;
    row->quantity = word->quantity;
    row->invoice_key = word->invoice_key;
    row->invoice_print = word->invoice_print;
    row->former_key = word->former_key;
    row->former_print = word->former_print;
    row->catalogue = book_catalogue(word);
    struct order *service = pile_add(&at->book->services, sizeof(struct order));
    *service = *row;
}

const char *book_deliver(struct reading *at, const void *record)
{
    const struct order_deliver *word = record;
    const char *wrong = check_answer(at, &word->key, word->issuer);
    const struct book_order *order = book_order(at->book, &word->key);
    bool wanted =
        order != NULL && order->requested && order->row.answer == ANSWER_NONE;
    if (wrong == NULL && !wanted &&
        answer_to(at, &word->key) != ANSWER_ACCEPTED) {
        wrong = "it is not accepted, or is delivered";
    }
    if (wrong == NULL && word->until_ms > (uint64_t)at->entry.recorded_at.ms) {
        wrong = "a service that is not over";
    }
    if (wrong != NULL) {
        return wrong;
    }
    serve(at, &answer(at, &word->key, ANSWER_DELIVERED, word->issuer)->row,
          word);
    return NULL;
}

/* --- The provider's allotments. ------------------------------------------ */

/* What may be spent or closed, whatever the issuer's journal says of it. */
static const char *check_allotted(const struct reading *at,
                                  const struct order_key *key,
                                  struct bytes issuer)
{
    const char *wrong = check_answer(at, key, issuer);
    uint64_t before = answer_to(at, key);
    if (wrong == NULL &&
        (before == ANSWER_DELIVERED || before == ANSWER_CLOSED)) {
        wrong = "it is delivered, or closed";
    }
    return wrong;
}

static uint64_t spent_of(const struct reading *at, const struct order_key *key)
{
    const struct book_order *order = book_order(at->book, key);
    return order == NULL ? 0 : order->row.spent_fen;
}

/* As all spends before, up to its last day, and within its limit. */
static const char *check_spend(const struct reading *at,
                               const struct order_spend *spend)
{
    const struct book_order *order = book_order(at->book, &spend->of.key);
    uint64_t spent = spent_of(at, &spend->of.key);
    if (spent > 0 && (order->row.limit_fen != spend->limit_fen ||
                      !bytes_equal(order->row.expires, spend->expires))) {
        return "another limit than before, or another last day";
    }
    if (at->today > book_day_of(spend->expires)) {
        return "an allotment that is over";
    }
    if (spend->of.until_ms > (uint64_t)at->entry.recorded_at.ms) {
        return "a service that is not over";
    }
    if (spend->spent_after_fen != spent + spend->amount_fen) {
        return "a sum that does not follow from the one before";
    }
    return spend->spent_after_fen > spend->limit_fen ? "more than its limit"
                                                     : NULL;
}

const char *book_spend(struct reading *at, const void *record)
{
    const struct order_spend *spend = record;
    const char *wrong = check_allotted(at, &spend->of.key, spend->of.issuer);
    if (wrong == NULL) {
        wrong = check_spend(at, spend);
    }
    if (wrong != NULL) {
        return wrong;
    }
    struct order *row =
        &answer(at, &spend->of.key, ANSWER_SPENT, spend->of.issuer)->row;
    row->limit_fen = spend->limit_fen;
    row->expires = spend->expires;
    row->spent_fen = spend->spent_after_fen;
    serve(at, row, &spend->of);
    book_owe(at, &(struct book_debt){.debtor = spend->of.issuer,
                                     .creditor = at->book->node,
                                     .fen = spend->amount_fen,
                                     .of = spend->of.key,
                                     .spent = true});
    return NULL;
}

const char *book_close(struct reading *at, const void *record)
{
    const struct order_close *close = record;
    const char *wrong = check_allotted(at, &close->key, close->issuer);
    if (wrong == NULL && close->spent_fen != spent_of(at, &close->key)) {
        wrong = "not what was spent of it";
    }
    if (wrong == NULL) {
        answer(at, &close->key, ANSWER_CLOSED, close->issuer);
    }
    return wrong;
}

const char *book_adjust(struct reading *at, const void *record)
{
    const struct order_adjust *word = record;
    const char *wrong = check_answer(at, &word->key, word->issuer);
    if (wrong != NULL) {
        return wrong;
    }
    struct book_order *order = book_order(at->book, &word->key);
    uint64_t got = order == NULL ? 0
                   : order->row.answer == ANSWER_DELIVERED
                       ? order->row.delivered_fen
                       : order->row.spent_fen;
    if (got == 0 || bytes_equal(word->issuer, at->book->node)) {
        return "nothing is owed of it";
    }
    if (order->row.adjusted_fen + word->amount_fen > got) {
        return "more than was delivered, or spent";
    }
    order->row.adjusted_fen += word->amount_fen;
    at->book->adjusted_fen += word->amount_fen;
    book_owe(at, &(struct book_debt){.debtor = at->book->node,
                                     .creditor = word->issuer,
                                     .fen = word->amount_fen,
                                     .of = word->key});
    return NULL;
}
