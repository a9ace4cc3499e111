/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/ledger_case_inside.h"

#include "heluo/v1/voucher.pb-c.h"
#include "node/ledger/refusal.h"

/* What an issuer states of schemes and vouchers. */

hl_err ledger_check_scheme(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail)
{
    (void)fill;
    struct scheme *scheme = record;
    of->budget = (struct budget){.scheme = scheme->id};
    hl_err err =
        ledger_find(of, &budget_record, &of->budget, &of->budget_kept, detail);
    if (err == HL_OK) {
        err = budget_may_become(&of->budget, scheme, detail);
    }
    if (err == HL_OK) {
        struct scheme same = *scheme;
        err = ledger_find(of, &scheme_record, &same, &of->scheme_kept, detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, SCHEME_BODY_PUT, record, detail)
               : err;
}

static hl_err check_exists(struct ledger_case *of,
                           const struct voucher_issue *issue,
                           struct hl_detail *detail)
{
    of->voucher = (struct voucher){.of = {.id = issue->id}};
    hl_err err = ledger_find(of, &voucher_record, &of->voucher,
                             &of->voucher_kept, detail);
    if (err != HL_OK || !of->voucher_kept.found) {
        return err;
    }
    const char *field =
        record_difference(&voucher_issuing, issue, &of->voucher.of);
    return ledger_refuse(
        detail, LEDGER_VOUCHER_EXISTS, "entry %llu issued it%s%s",
        (unsigned long long)of->voucher_kept.row.first_index,
        field == NULL ? "" : " with another ", field == NULL ? "" : field);
}

static hl_err check_version(const struct ledger_case *of,
                            const struct voucher_issue *issue,
                            struct hl_detail *detail)
{
    if (!of->budget_kept.found) {
        return ledger_refuse(detail, LEDGER_NO_SCHEME,
                             "this node stated no scheme %.*s",
                             BYTES_ARGS(issue->scheme));
    }
    return issue->scheme_version != of->budget.version
               ? ledger_refuse(detail, LEDGER_OTHER_VERSION,
                               "scheme %.*s is at version %llu, not %llu",
                               BYTES_ARGS(issue->scheme),
                               (unsigned long long)of->budget.version,
                               (unsigned long long)issue->scheme_version)
               : HL_OK;
}

static hl_err check_amount(const struct ledger_case *of,
                           const struct voucher_issue *issue,
                           struct hl_detail *detail)
{
    hl_err err =
        scheme_may_issue(&of->scheme, issue->amount_fen, of->now, detail);
    uint64_t left = of->budget.budget_fen - of->budget.issued_fen;
    return err == HL_OK && issue->amount_fen > left
               ? ledger_refuse(detail, LEDGER_BUDGET_LEFT,
                               "%llu fen of the budget are left",
                               (unsigned long long)left)
               : err;
}

hl_err ledger_check_issue(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail)
{
    struct voucher_issue *issue = record;
    hl_err err = case_find_budget(of, issue->scheme, detail);
    if (err == HL_OK && fill && issue->scheme_version == 0) {
        issue->scheme_version = of->budget.version;
    }
    if (err == HL_OK) {
        err = check_exists(of, issue, detail);
    }
    if (err == HL_OK) {
        err = check_version(of, issue, detail);
    }
    if (err == HL_OK) {
        err =
            case_find_scheme(of, issue->scheme, issue->scheme_version, detail);
    }
    if (err == HL_OK && !of->scheme_kept.found) {
        err = hl_fail(detail, HL_EDAMAGED,
                      "the row of a scheme is not there: heluo rebuild makes "
                      "it anew");
    }
    if (err == HL_OK) {
        err = check_amount(of, issue, detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, VOUCHER_BODY_ISSUE, record, detail)
               : err;
}

static hl_err check_end(const struct ledger_case *of,
                        const struct voucher_ended *ended,
                        struct hl_detail *detail)
{
    if (of->voucher.ended != 0) {
        return ledger_refuse(detail, LEDGER_VOUCHER_ENDED,
                             "that voucher has ended before");
    }
    if (ended->how == HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED &&
        !case_is_after(of->now, of->voucher.use_until)) {
        return ledger_refuse(detail, LEDGER_NOT_EXPIRED,
                             "it is used up to %.*s",
                             BYTES_ARGS(of->voucher.use_until));
    }
    uint64_t open = voucher_open_fen(&of->voucher);
    return ended->amount_fen != open
               ? ledger_refuse(detail, LEDGER_AMOUNT_OPEN,
                               "%llu fen of it are open, not %llu",
                               (unsigned long long)open,
                               (unsigned long long)ended->amount_fen)
               : HL_OK;
}

hl_err ledger_check_end(struct ledger_case *of, void *record, bool fill,
                        struct hl_detail *detail)
{
    struct voucher_ended *ended = record;
    hl_err err = case_find_voucher(of, ended->id, detail);
    if (err == HL_OK && fill) {
        ended->amount_fen = voucher_open_fen(&of->voucher);
    }
    if (err == HL_OK) {
        err = check_end(of, ended, detail);
    }
    if (err == HL_OK) {
        err = case_find_budget(of, of->voucher.of.scheme, detail);
    }
    return err == HL_OK
               ? case_find_accounts(of, VOUCHER_BODY_END, record, detail)
               : err;
}
