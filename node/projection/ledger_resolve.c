/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/ledger_case_inside.h"

#include "heluo/v1/scheme.pb-c.h"
#include "node/ledger/refusal.h"

/* How an order ends at its issuer, and what is said of it there. */

/* An order that this half placed, and did not resolve. */
static hl_err find_open(struct ledger_case *of, const struct order_key *key,
                        struct hl_detail *detail)
{
    hl_err err = case_find_order(of, key, detail);
    if (err == HL_OK && !order_is_placed(&of->order)) {
        err = ledger_refuse(detail, LEDGER_NO_ORDER,
                            "this node placed no such order");
    }
    return err == HL_OK && of->order.resolved != 0
               ? ledger_refuse(detail, LEDGER_RESOLVED,
                               "entry %llu resolved that order",
                               (unsigned long long)of->order.resolved_index)
               : err;
}

static hl_err refuse_allotted(struct hl_detail *detail)
{
    return ledger_refuse(detail, LEDGER_ALLOTTED,
                         "that is an allotment: its provider closes it");
}

/* One that is no allotment. */
static hl_err find_order_open(struct ledger_case *of,
                              const struct order_key *key,
                              struct hl_detail *detail)
{
    hl_err err = find_open(of, key, detail);
    return err == HL_OK && of->order.allotted != 0 ? refuse_allotted(detail)
                                                   : err;
}

/* Everything that a resolution changes: the budget where the voucher ended. */
static hl_err find_hold(struct ledger_case *of, const struct order_key *key,
                        struct hl_detail *detail)
{
    hl_err err = find_open(of, key, detail);
    if (err == HL_OK) {
        err = case_find_voucher_whole(of, of->order.of.voucher, detail);
    }
    struct hl_wall placed = {(int64_t)of->order.placed_at_ms};
    if (err == HL_OK) {
        err = case_find_usages(of, ledger_year(placed), detail);
    }
    return err == HL_OK && of->voucher.ended != 0
               ? case_find_budget(of, of->voucher.of.scheme, detail)
               : err;
}

static hl_err find_order_hold(struct ledger_case *of,
                              const struct order_key *key,
                              struct hl_detail *detail)
{
    hl_err err = find_hold(of, key, detail);
    return err == HL_OK && of->order.allotted != 0 ? refuse_allotted(detail)
                                                   : err;
}

static uint64_t goes_to_budget(const struct ledger_case *of)
{
    return of->voucher.ended != 0 ? 1 : 0;
}

/* What the entry says of the hold is what is held. */
static hl_err check_amount_held(const struct ledger_case *of,
                                uint64_t amount_fen, uint64_t to_budget,
                                struct hl_detail *detail)
{
    return amount_fen != of->order.of.hold_fen ||
                   to_budget != goes_to_budget(of)
               ? ledger_refuse(detail, LEDGER_HOLD_SUM,
                               "%llu fen are held, and go to the %s",
                               (unsigned long long)of->order.of.hold_fen,
                               of->voucher.ended != 0 ? "budget" : "voucher")
               : HL_OK;
}

static hl_err check_caused(const struct ledger_case *of,
                           struct hl_detail *detail)
{
    return case_is_caused_by(of, of->order.of.provider)
               ? HL_OK
               : ledger_refuse(detail, LEDGER_NOTHING_OPEN,
                               "it cites no word of the provider's");
}

/* --- Resolved. ----------------------------------------------------------- */

hl_err ledger_check_release(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    struct order_release *release = record;
    hl_err err = find_order_hold(of, &release->key, detail);
    if (err == HL_OK && fill) {
        release->amount_fen = of->order.of.hold_fen;
        release->to_budget = goes_to_budget(of);
    }
    if (err == HL_OK && release->why == RELEASE_TIMED_OUT) {
        err = case_is_after(of->now, of->order.of.until)
                  ? HL_OK
                  : ledger_refuse(detail, LEDGER_NOT_OVER,
                                  "the provider has until %.*s",
                                  BYTES_ARGS(of->order.of.until));
    } else if (err == HL_OK) {
        err = check_caused(of, detail);
    }
    if (err == HL_OK) {
        err = check_amount_held(of, release->amount_fen, release->to_budget,
                                detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, ORDER_BODY_RELEASE, record, detail)
               : err;
}

hl_err ledger_check_deny(struct ledger_case *of, void *record, bool fill,
                         struct hl_detail *detail)
{
    struct order_deny *deny = record;
    hl_err err = find_order_hold(of, &deny->key, detail);
    if (err == HL_OK && fill) {
        deny->amount_fen = of->order.of.hold_fen;
        deny->to_budget = goes_to_budget(of);
    }
    if (err == HL_OK) {
        err = check_caused(of, detail);
    }
    if (err == HL_OK) {
        err = check_amount_held(of, deny->amount_fen, deny->to_budget, detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, ORDER_BODY_DENY, record, detail)
               : err;
}

/* Whom the issuer owes what is captured; empty: it settles that itself. */
static struct bytes creditor_of(const struct ledger_case *of)
{
    bool home =
        of->scheme.payee == HELUO__V1__SCHEME_PAYEE__SCHEME_PAYEE_HOLDER ||
        bytes_equal(of->order.of.provider, of->node);
    return home ? (struct bytes){0} : of->order.of.provider;
}

static uint64_t most_captured(const struct ledger_case *of, uint64_t price_fen)
{
    uint64_t most =
        case_least(of->order.of.hold_fen, ledger_share_fen(of, price_fen));
    return of->order.disputed == DISPUTE_RESOLVED
               ? case_least(most, of->order.max_fen)
               : most;
}

static hl_err check_capture(const struct ledger_case *of,
                            const struct order_capture *capture,
                            struct hl_detail *detail)
{
    uint64_t most = most_captured(of, capture->price_fen);
    if (of->order.disputed == DISPUTE_OPEN) {
        return ledger_refuse(detail, LEDGER_DISPUTED, "that order is disputed");
    }
    return capture->capture_fen != most ||
                   capture->rest_fen != of->order.of.hold_fen - most ||
                   capture->to_budget != goes_to_budget(of) ||
                   !bytes_equal(capture->creditor, creditor_of(of))
               ? ledger_refuse(detail, LEDGER_CAPTURE_SUM,
                               "%llu of %llu fen are captured, for %.*s",
                               (unsigned long long)most,
                               (unsigned long long)of->order.of.hold_fen,
                               BYTES_ARGS(creditor_of(of)))
               : HL_OK;
}

hl_err ledger_check_capture(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    struct order_capture *capture = record;
    hl_err err = find_order_hold(of, &capture->key, detail);
    if (err == HL_OK && fill) {
        capture->capture_fen = most_captured(of, capture->price_fen);
        capture->rest_fen = of->order.of.hold_fen - capture->capture_fen;
        capture->to_budget = goes_to_budget(of);
        capture->creditor = creditor_of(of);
    }
    if (err == HL_OK) {
        err = check_caused(of, detail);
    }
    if (err == HL_OK) {
        err = check_capture(of, capture, detail);
    }
    if (err == HL_OK && capture->creditor.size > 0) {
        err = case_find_watermark(of, of->node, capture->creditor, detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, ORDER_BODY_CAPTURE, record, detail)
               : err;
}

static hl_err check_return(const struct ledger_case *of,
                           const struct order_return *back,
                           struct hl_detail *detail)
{
    uint64_t limit = of->order.of.hold_fen;
    if (of->order.allotted == 0) {
        return ledger_refuse(detail, LEDGER_NOT_ALLOTTED,
                             "that is no allotment");
    }
    if (back->why == RETURN_CLOSED) {
        hl_err err = check_caused(of, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    return back->spent_fen > limit ||
                   back->rest_fen != limit - back->spent_fen ||
                   back->to_budget != goes_to_budget(of) ||
                   !bytes_equal(back->provider, of->order.of.provider)
               ? ledger_refuse(detail, LEDGER_HOLD_SUM,
                               "%llu fen are allotted to %.*s",
                               (unsigned long long)limit,
                               BYTES_ARGS(of->order.of.provider))
               : HL_OK;
}

hl_err ledger_check_return(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    struct order_return *back = record;
    hl_err err = find_hold(of, &back->key, detail);
    if (err == HL_OK && fill && back->spent_fen <= of->order.of.hold_fen) {
        back->rest_fen = of->order.of.hold_fen - back->spent_fen;
        back->to_budget = goes_to_budget(of);
        back->provider = of->order.of.provider;
    }
    if (err == HL_OK) {
        err = check_return(of, back, detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, ORDER_BODY_RETURN, record, detail)
               : err;
}

/* --- What is said of it. ------------------------------------------------- */

hl_err ledger_check_wait(struct ledger_case *of, void *record, bool fill,
                         struct hl_detail *detail)
{
    (void)fill;
    const struct order_wait *wait = record;
    hl_err err = find_order_open(of, &wait->key, detail);
    if (err == HL_OK) {
        err = check_caused(of, detail);
    }
    return err == HL_OK && order_has_waited(&of->order)
               ? ledger_refuse(detail, LEDGER_WAITS,
                               "it was said before what that order waits for")
               : err;
}

hl_err ledger_check_dispute(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_word *word = record;
    hl_err err = find_order_open(of, &word->key, detail);
    return err == HL_OK && of->order.disputed == DISPUTE_OPEN
               ? ledger_refuse(detail, LEDGER_DISPUTED,
                               "that order is disputed already")
               : err;
}

hl_err ledger_check_resolve(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_resolve *resolve = record;
    hl_err err = find_order_open(of, &resolve->key, detail);
    return err == HL_OK && resolve->max_fen > of->order.of.hold_fen
               ? ledger_refuse(detail, LEDGER_MAX_HOLD, "%llu fen are held",
                               (unsigned long long)of->order.of.hold_fen)
               : err;
}

hl_err ledger_check_confirm(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    (void)fill;
    const struct order_word *word = record;
    hl_err err = find_order_open(of, &word->key, detail);
    return err == HL_OK && of->order.confirmed != 0
               ? ledger_refuse(detail, LEDGER_CONFIRMED,
                               "that order is confirmed already")
               : err;
}

hl_err ledger_check_cancel(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    const struct order_word *word = record;
    hl_err err = find_open(of, &word->key, detail);
    return err == HL_OK && of->order.cancelled != 0
               ? ledger_refuse(detail, LEDGER_CANCELLED,
                               "the provider is asked already")
               : err;
}

hl_err ledger_check_review(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    const struct order_review *review = record;
    hl_err err = case_find_order(of, &review->key, detail);
    if (err == HL_OK && !order_is_placed(&of->order)) {
        return ledger_refuse(detail, LEDGER_NO_ORDER,
                             "this node placed no such order");
    }
    if (err == HL_OK && of->order.resolved != ORDER_CAPTURED) {
        return ledger_refuse(detail, LEDGER_NOT_CAPTURED,
                             "a service is reviewed once it is captured");
    }
    return err == HL_OK && of->order.stars != 0
               ? ledger_refuse(detail, LEDGER_REVIEWED,
                               "that order is reviewed already")
               : err;
}
