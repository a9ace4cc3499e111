/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/posting.h"

#include "node/ledger/order.h"

static size_t add(struct posting *out, size_t count, enum ledger_account from,
                  enum ledger_account to, uint64_t fen)
{
    if (fen == 0) {
        return count;
    }
    out[count] = (struct posting){.from = from, .to = to, .fen = fen};
    return count + 1;
}

static enum ledger_account free_to(uint64_t to_budget)
{
    return to_budget != 0 ? ACCOUNT_BUDGET : ACCOUNT_ISSUED;
}

static size_t of_scheme(const struct scheme *scheme, uint64_t budget_fen,
                        struct posting *out)
{
    return scheme->budget_fen >= budget_fen
               ? add(out, 0, ACCOUNT_FUND, ACCOUNT_BUDGET,
                     scheme->budget_fen - budget_fen)
               : add(out, 0, ACCOUNT_BUDGET, ACCOUNT_FUND,
                     budget_fen - scheme->budget_fen);
}

static size_t of_capture(const struct order_capture *capture,
                         struct posting *out)
{
    bool owed = capture->creditor.size > 0;
    size_t count =
        add(out, 0, ACCOUNT_HELD, owed ? ACCOUNT_PAYABLE : ACCOUNT_SETTLED,
            capture->capture_fen);
    if (count > 0) {
        out[0].partner = capture->creditor;
    }
    return add(out, count, ACCOUNT_HELD, free_to(capture->to_budget),
               capture->rest_fen);
}

static size_t of_adjustment(const struct order_adjust *adjust,
                            struct posting *out)
{
    size_t count =
        add(out, 0, ACCOUNT_ADJUSTED, ACCOUNT_PAYABLE, adjust->amount_fen);
    out[0].partner = adjust->issuer;
    return count;
}

static size_t of_allot(const struct order_allot *allot, struct posting *out)
{
    size_t count =
        add(out, 0, ACCOUNT_ISSUED, ACCOUNT_ALLOTTED, allot->limit_fen);
    out[0].partner = allot->provider;
    return count;
}

static size_t of_return(const struct order_return *back, struct posting *out)
{
    size_t count =
        add(out, 0, ACCOUNT_ALLOTTED, ACCOUNT_DRAWN, back->spent_fen);
    count = add(out, count, ACCOUNT_ALLOTTED, free_to(back->to_budget),
                back->rest_fen);
    for (size_t i = 0; i < count; i++) {
        out[i].partner = back->provider;
    }
    return count;
}

size_t postings_of(uint32_t body, const void *record, uint64_t budget_fen,
                   struct posting out[POSTINGS_MAX])
{
    const struct order_release *release = record;
    const struct order_deny *deny = record;
    switch (body) {
    case SCHEME_BODY_PUT:
        return of_scheme(record, budget_fen, out);
    case VOUCHER_BODY_ISSUE:
        return add(out, 0, ACCOUNT_BUDGET, ACCOUNT_ISSUED,
                   ((const struct voucher_issue *)record)->amount_fen);
    case VOUCHER_BODY_END:
        return add(out, 0, ACCOUNT_ISSUED, ACCOUNT_BUDGET,
                   ((const struct voucher_ended *)record)->amount_fen);
    case ORDER_BODY_PLACE:
        return add(out, 0, ACCOUNT_ISSUED, ACCOUNT_HELD,
                   ((const struct order_place *)record)->hold_fen);
    case ORDER_BODY_RELEASE:
        return add(out, 0, ACCOUNT_HELD, free_to(release->to_budget),
                   release->amount_fen);
    case ORDER_BODY_CAPTURE:
        return of_capture(record, out);
    case ORDER_BODY_DENY:
        return add(out, 0, ACCOUNT_HELD, free_to(deny->to_budget),
                   deny->amount_fen);
    case ORDER_BODY_ADJUST:
        return of_adjustment(record, out);
    case ORDER_BODY_ALLOT:
        return of_allot(record, out);
    case ORDER_BODY_RETURN:
        return of_return(record, out);
    default:
        return 0;
    }
}
