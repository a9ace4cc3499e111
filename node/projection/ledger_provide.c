/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/ledger_case_inside.h"

#include "node/ledger/refusal.h"

/* What a provider says of orders and allotments, and gives back. */

/* What this half said of it so far. */
static hl_err find_answer(struct ledger_case *of, const struct order_key *key,
                          struct bytes issuer, struct hl_detail *detail)
{
    hl_err err = case_find_order(of, key, detail);
    if (err == HL_OK && !case_is_caused_by(of, issuer)) {
        return ledger_refuse(detail, LEDGER_NO_ORDER,
                             "it cites no order of that issuer's");
    }
    if (err == HL_OK && order_is_requested(&of->order) &&
        !bytes_equal(of->order.issuer, issuer)) {
        return ledger_refuse(detail, LEDGER_OTHER_ORDER,
                             "this node asked another issuer");
    }
    if (err == HL_OK && of->order.answer != 0 &&
        (!bytes_equal(of->order.issuer, issuer) ||
         of->order.order_index != of->cause.index ||
         !bytes_equal(of->order.order_leaf,
                      bytes_of(of->cause.leaf.bytes, HL_HASH_BYTES)))) {
        return ledger_refuse(detail, LEDGER_OTHER_ORDER,
                             "this node answered another order of that id");
    }
    if (err == HL_OK && of->order.answer == ANSWER_DECLINED) {
        return ledger_refuse(detail, LEDGER_DECLINED,
                             "entry %llu declined that order",
                             (unsigned long long)of->order.answer_index);
    }
    return err;
}

static hl_err check_undelivered(const struct ledger_case *of,
                                struct hl_detail *detail)
{
    return of->order.answer == ANSWER_DELIVERED
               ? ledger_refuse(detail, LEDGER_DELIVERED,
                               "entry %llu delivered that order",
                               (unsigned long long)of->order.answer_index)
               : HL_OK;
}

static hl_err check_not_spent(const struct ledger_case *of,
                              struct hl_detail *detail)
{
    return of->order.answer == ANSWER_SPENT || of->order.answer == ANSWER_CLOSED
               ? ledger_refuse(detail, LEDGER_ALLOTTED,
                               "entry %llu is of it as an allotment",
                               (unsigned long long)of->order.answer_index)
               : HL_OK;
}

/* --- Orders. ------------------------------------------------------------- */

hl_err ledger_check_accept(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    const struct order_answer *answer = record;
    hl_err err = find_answer(of, &answer->key, answer->issuer, detail);
    return err == HL_OK && of->order.answer != 0
               ? ledger_refuse(detail, LEDGER_ACCEPTED,
                               "that order was accepted before")
               : err;
}

/* What this node itself asked for, and has no answer to. */
static hl_err check_withdrawn(struct ledger_case *of,
                              const struct order_answer *answer,
                              struct hl_detail *detail)
{
    hl_err err = case_find_order(of, &answer->key, detail);
    bool asked = order_is_requested(&of->order) &&
                 bytes_equal(answer->key.begun_at, of->node) &&
                 bytes_equal(of->order.issuer, answer->issuer);
    if (err == HL_OK && !asked) {
        return ledger_refuse(detail, LEDGER_NO_ORDER,
                             "this node requested no such order");
    }
    return err == HL_OK && of->order.answer != ANSWER_NONE
               ? ledger_refuse(detail, LEDGER_DECLINED,
                               "entry %llu answered that order",
                               (unsigned long long)of->order.answer_index)
               : err;
}

hl_err ledger_check_decline(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_answer *answer = record;
    if (of->cause.origin.size == 0) {
        return check_withdrawn(of, answer, detail);
    }
    hl_err err = find_answer(of, &answer->key, answer->issuer, detail);
    if (err == HL_OK) {
        err = check_not_spent(of, detail);
    }
    return err == HL_OK ? check_undelivered(of, detail) : err;
}

hl_err ledger_check_deliver(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_deliver *deliver = record;
    hl_err err = find_answer(of, &deliver->key, deliver->issuer, detail);
    if (err == HL_OK) {
        err = check_not_spent(of, detail);
    }
    if (err == HL_OK) {
        err = check_undelivered(of, detail);
    }
    if (err == HL_OK && of->order.answer != ANSWER_ACCEPTED &&
        !order_is_requested(&of->order)) { /* who asks has accepted */
        return ledger_refuse(detail, LEDGER_NOT_ACCEPTED,
                             "accept that order first");
    }
    return err == HL_OK && deliver->until_ms > (uint64_t)of->now.ms
               ? ledger_refuse(detail, LEDGER_SERVICE_TIMES,
                               "the service ended later than now")
               : err;
}

/* --- Allotments. --------------------------------------------------------- */

static hl_err check_allotment(struct ledger_case *of,
                              const struct order_key *key, struct bytes issuer,
                              struct hl_detail *detail)
{
    hl_err err = find_answer(of, key, issuer, detail);
    if (err == HL_OK) {
        err = check_undelivered(of, detail);
    }
    return err == HL_OK && of->order.answer == ANSWER_CLOSED
               ? ledger_refuse(detail, LEDGER_CLOSED,
                               "entry %llu closed that allotment",
                               (unsigned long long)of->order.answer_index)
               : err;
}

/* Each spend says again what the allotment is: the first is held to the
 * issuer's journal by whoever has that, the others to the first. */
static bool is_other_limit(const struct ledger_case *of,
                           const struct order_spend *spend)
{
    const struct order *order = &of->order;
    bool other =
        order->spent_fen > 0 && (order->limit_fen != spend->limit_fen ||
                                 !bytes_equal(order->expires, spend->expires));
    return other ||
           (of->allotted_known && (of->limit_fen != spend->limit_fen ||
                                   !bytes_equal(of->expires, spend->expires)));
}

static hl_err check_spend(const struct ledger_case *of,
                          const struct order_spend *spend,
                          struct hl_detail *detail)
{
    const struct order *order = &of->order;
    if (is_other_limit(of, spend)) {
        return ledger_refuse(detail, LEDGER_OTHER_LIMIT,
                             "it has another limit, or another last day");
    }
    if (case_is_after(of->now, spend->expires)) {
        return ledger_refuse(detail, LEDGER_EXPIRED, "it was spent up to %.*s",
                             BYTES_ARGS(spend->expires));
    }
    if (spend->of.until_ms > (uint64_t)of->now.ms) {
        return ledger_refuse(detail, LEDGER_SERVICE_TIMES,
                             "the service ended later than now");
    }
    if (spend->spent_after_fen < spend->amount_fen ||
        spend->spent_after_fen - spend->amount_fen != order->spent_fen) {
        return ledger_refuse(detail, LEDGER_SPENT_SUM,
                             "%llu fen of it are spent already",
                             (unsigned long long)order->spent_fen);
    }
    return spend->spent_after_fen > spend->limit_fen
               ? ledger_refuse(
                     detail, LEDGER_LIMIT_LEFT, "%llu fen of it are left",
                     (unsigned long long)(spend->limit_fen - order->spent_fen))
               : HL_OK;
}

static void fill_spend(const struct ledger_case *of, struct order_spend *spend)
{
    uint64_t left = spend->limit_fen > of->order.spent_fen
                        ? spend->limit_fen - of->order.spent_fen
                        : 0;
    if (spend->amount_fen == 0) {
        spend->amount_fen = case_least(of->share_fen, left);
    }
    if (spend->spent_after_fen == 0) {
        spend->spent_after_fen = of->order.spent_fen + spend->amount_fen;
    }
}

hl_err ledger_check_spend(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct order_spend *spend = record;
    hl_err err = check_allotment(of, &spend->of.key, spend->of.issuer, detail);
    if (err == HL_OK && fill) {
        fill_spend(of, spend);
    }
    if (err == HL_OK && of->allotted_known &&
        (spend->amount_fen > of->share_fen || of->share_fen == 0)) {
        return ledger_refuse(detail, LEDGER_HOLD_SHARE,
                             "the scheme pays %llu fen of that price",
                             (unsigned long long)of->share_fen);
    }
    if (err == HL_OK && fill && spend->amount_fen == 0) {
        return ledger_refuse(detail, LEDGER_LIMIT_LEFT,
                             "nothing of it is left");
    }
    if (err == HL_OK) {
        err = check_spend(of, spend, detail);
    }
    if (err == HL_OK) {
        err = case_find_watermark(of, spend->of.issuer, of->node, detail);
    }
    return err == HL_OK &&
                   spend->amount_fen > INT64_MAX - of->watermark.amount_fen
               ? ledger_refuse(detail, LEDGER_ACCOUNT_ROOM,
                               "what that issuer owes has no room for more")
               : err;
}

hl_err ledger_check_close(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct order_close *close = record;
    hl_err err = check_allotment(of, &close->key, close->issuer, detail);
    if (err == HL_OK && fill && close->spent_fen == 0) {
        close->spent_fen = of->order.spent_fen;
    }
    return err == HL_OK && close->spent_fen != of->order.spent_fen
               ? ledger_refuse(detail, LEDGER_SPENT_SUM,
                               "%llu fen of it are spent",
                               (unsigned long long)of->order.spent_fen)
               : err;
}

/* --- What is given back. ------------------------------------------------- */

/* What may be given back of it, all in all. */
static uint64_t adjust_most(const struct ledger_case *of)
{
    uint64_t got = of->order.answer == ANSWER_DELIVERED
                       ? of->order.delivered_fen
                       : of->order.spent_fen;
    return of->owed_known ? case_least(got, of->owed_fen) : got;
}

hl_err ledger_check_adjust(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    const struct order_adjust *adjust = record;
    hl_err err = find_answer(of, &adjust->key, adjust->issuer, detail);
    if (err == HL_OK && adjust_most(of) == 0) {
        return ledger_refuse(detail, LEDGER_NOTHING_OWED,
                             "this node delivered no such order");
    }
    if (err == HL_OK && bytes_equal(adjust->issuer, of->node)) {
        return ledger_refuse(detail, LEDGER_NOTHING_OWED,
                             "a node owes itself nothing");
    }
    uint64_t most = adjust_most(of);
    if (err == HL_OK && (of->order.adjusted_fen > most ||
                         adjust->amount_fen > most - of->order.adjusted_fen)) {
        return ledger_refuse(detail, LEDGER_ADJUST_SUM,
                             "%llu fen of %llu are given back already",
                             (unsigned long long)of->order.adjusted_fen,
                             (unsigned long long)most);
    }
    if (err == HL_OK) {
        err = case_find_watermark(of, of->node, adjust->issuer, detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, ORDER_BODY_ADJUST, record, detail)
               : err;
}
