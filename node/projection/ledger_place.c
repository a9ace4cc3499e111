/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/ledger_case_inside.h"

#include <stdio.h>

#include "heluo/v1/scheme.pb-c.h"
#include "node/catalogue/rules.h"
#include "node/ledger/refusal.h"

/* How an order begins: at a desk, at home, or as an allotment. */

static uint64_t left_of(uint64_t max_fen, uint64_t used_fen)
{
    return max_fen == 0         ? UINT64_MAX
           : max_fen > used_fen ? max_fen - used_fen
                                : 0;
}

static hl_err check_hold(const struct ledger_case *of,
                         const struct order_place *place, uint64_t share,
                         struct hl_detail *detail)
{
    const struct scheme *scheme = &of->scheme;
    const struct {
        enum ledger_refusal refusal;
        uint64_t left;
        const char *what;
    } bounds[] = {
        {LEDGER_HOLD_SHARE, share, "the scheme pays %llu fen of that price"},
        {LEDGER_VOUCHER_LEFT, voucher_open_fen(&of->voucher),
         "%llu fen of the voucher are left"},
        {LEDGER_HOLDER_YEAR,
         left_of(scheme->holder_year_max_fen, of->holder.used_fen),
         "%llu fen are left to the holder this year"},
        {LEDGER_CONTROLLER_YEAR,
         left_of(scheme->controller_year_max_fen, of->controller.used_fen),
         "%llu fen are left to the actual controller this year"},
    };
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        if (place->hold_fen > bounds[i].left || bounds[i].left == 0) {
            char text[HL_DETAIL_TEXT_BYTES / 2];
            snprintf(text, sizeof(text), bounds[i].what,
                     (unsigned long long)bounds[i].left);
            return ledger_refuse(detail, bounds[i].refusal, "%s", text);
        }
    }
    return HL_OK;
}

static hl_err check_place_times(const struct ledger_case *of,
                                const struct order_place *place,
                                struct hl_detail *detail)
{
    if (of->voucher.ended != 0) {
        return ledger_refuse(detail, LEDGER_VOUCHER_ENDED,
                             "that voucher has ended");
    }
    if (case_is_after(of->now, of->voucher.use_until)) {
        return ledger_refuse(detail, LEDGER_USE_OVER,
                             "that voucher was used up to %.*s",
                             BYTES_ARGS(of->voucher.use_until));
    }
    return case_is_after(of->now, place->until) ||
                   bytes_compare(place->until, of->voucher.claim_until) > 0
               ? ledger_refuse(detail, LEDGER_UNTIL_RANGE,
                               "until is from today to %.*s, up to which that "
                               "voucher is claimed",
                               BYTES_ARGS(of->voucher.claim_until))
               : HL_OK;
}

/* Who is at home is asked by his own platform; at a desk others speak for him,
 * and he has to have days to object. */
static hl_err check_desk(const struct ledger_case *of,
                         const struct order_place *place,
                         struct hl_detail *detail)
{
    bool desk = !bytes_equal(place->key.begun_at, of->node);
    return desk && of->scheme.desk_days == 0
               ? ledger_refuse(detail, LEDGER_NOT_AT_DESK,
                               "by the scheme no order begins at a provider's "
                               "desk")
               : HL_OK;
}

static hl_err check_place(struct ledger_case *of, struct order_place *place,
                          bool fill, struct hl_detail *detail)
{
    hl_err err = check_place_times(of, place, detail);
    if (err == HL_OK) {
        err = check_desk(of, place, detail);
    }
    if (err == HL_OK) {
        err = scheme_may_buy(&of->scheme, place->kind, place->provider,
                             place->unit_scheme, place->unit_id, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    of->order.of = *place;
    uint64_t share = ledger_share_fen(of, place->price_fen);
    if (share == 0) {
        return ledger_refuse(detail, LEDGER_NO_RATE,
                             "the scheme pays nothing of such an order");
    }
    if (fill && place->hold_fen == 0) {
        place->hold_fen =
            case_least(case_least(share, voucher_open_fen(&of->voucher)),
                       case_least(left_of(of->scheme.holder_year_max_fen,
                                          of->holder.used_fen),
                                  left_of(of->scheme.controller_year_max_fen,
                                          of->controller.used_fen)));
    }
    return check_hold(of, place, share, detail);
}

/* An order that this half has not; it began here, or by a request of the
 * provider's that the entry answers. */
static hl_err find_new(struct ledger_case *of, const struct order_key *key,
                       struct bytes provider, struct hl_detail *detail)
{
    bool answers =
        bytes_equal(key->begun_at, provider) && case_is_caused_by(of, provider);
    if (!bytes_equal(key->begun_at, of->node) && !answers) {
        return ledger_refuse(detail, LEDGER_BEGUN_ELSEWHERE,
                             "an order that this node places began here, or by "
                             "a request of the provider's");
    }
    hl_err err = case_find_order(of, key, detail);
    return err == HL_OK && of->order_kept.found
               ? ledger_refuse(detail, LEDGER_ORDER_EXISTS,
                               "this node has an order of that id")
               : err;
}

/* --- Begun at a desk. ---------------------------------------------------- */

hl_err ledger_check_request(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail)
{
    struct order_request *request = record;
    (void)fill;
    if (!bytes_equal(request->of.key.begun_at, of->node)) {
        return ledger_refuse(detail, LEDGER_BEGUN_ELSEWHERE,
                             "an order that this node asks for begins here");
    }
    if (bytes_equal(request->issuer, of->node)) {
        return ledger_refuse(detail, LEDGER_AT_HOME,
                             "a voucher of this node's: place the order");
    }
    hl_err err = case_find_order(of, &request->of.key, detail);
    return err == HL_OK && of->order_kept.found
               ? ledger_refuse(detail, LEDGER_ORDER_EXISTS,
                               "this node has an order of that id")
               : err;
}

hl_err ledger_check_hold_deny(struct ledger_case *of, void *record, bool fill,
                              struct hl_detail *detail)
{
    const struct order_hold_deny *deny = record;
    (void)fill;
    if (bytes_equal(deny->key.begun_at, of->node)) {
        return ledger_refuse(detail, LEDGER_NOTHING_OPEN,
                             "nobody requested that order");
    }
    return find_new(of, &deny->key, deny->provider, detail);
}

/* --- Placed. ------------------------------------------------------------- */

hl_err ledger_check_place(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct order_place *place = record;
    if (fill && place->key.begun_at.size == 0) {
        place->key.begun_at = of->node;
    }
    hl_err err = find_new(of, &place->key, place->provider, detail);
    if (err == HL_OK) {
        err = case_find_voucher_whole(of, place->voucher, detail);
    }
    if (err == HL_OK && fill && place->until.size == 0) {
        place->until = of->voucher.claim_until;
    }
    if (err == HL_OK) {
        err = case_find_usages(of, ledger_year(of->now), detail);
    }
    if (err == HL_OK) {
        err = check_place(of, place, fill, detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, ORDER_BODY_PLACE, record, detail)
               : err;
}

/* --- Allotted. ----------------------------------------------------------- */

static hl_err check_allot(struct ledger_case *of,
                          const struct order_place *place,
                          struct hl_detail *detail)
{
    bool refunds =
        of->scheme.payee == HELUO__V1__SCHEME_PAYEE__SCHEME_PAYEE_HOLDER;
    hl_err err = check_place_times(of, place, detail);
    if (err == HL_OK &&
        bytes_compare(place->until, of->voucher.use_until) > 0) {
        err = ledger_refuse(detail, LEDGER_UNTIL_RANGE,
                            "that voucher is used up to %.*s",
                            BYTES_ARGS(of->voucher.use_until));
    }
    if (err == HL_OK) {
        err = scheme_may_buy(&of->scheme, place->kind, place->provider,
                             place->unit_scheme, place->unit_id, detail);
    }
    if (err == HL_OK && refunds) {
        err = ledger_refuse(detail, LEDGER_PAYS_HOLDER,
                            "this scheme refunds holders: no provider pays "
                            "itself");
    }
    of->order.of = *place;
    if (err == HL_OK && ledger_share_fen(of, MONEY_MAX_FEN) == 0) {
        err = ledger_refuse(detail, LEDGER_NO_RATE,
                            "the scheme pays nothing of such an order");
    }
    return err == HL_OK ? check_hold(of, place, MONEY_MAX_FEN, detail) : err;
}

hl_err ledger_check_allot(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct order_allot *allot = record;
    if (!bytes_equal(allot->key.begun_at, of->node)) {
        return ledger_refuse(detail, LEDGER_BEGUN_ELSEWHERE,
                             "an allotment of this node's began here");
    }
    if (bytes_equal(allot->provider, of->node)) {
        return ledger_refuse(detail, LEDGER_AT_HOME,
                             "this node needs no allotment of its own");
    }
    hl_err err = find_new(of, &allot->key, allot->provider, detail);
    if (err == HL_OK) {
        err = case_find_voucher_whole(of, allot->voucher, detail);
    }
    if (err == HL_OK && fill && allot->expires.size == 0) {
        allot->expires = of->voucher.use_until;
    }
    if (err == HL_OK) {
        err = case_find_usages(of, ledger_year(of->now), detail);
    }
    if (err == HL_OK) {
        struct order_place place = order_of_allot(allot);
        err = check_allot(of, &place, detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, ORDER_BODY_ALLOT, record, detail)
               : err;
}
