/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/effect_voucher.h"

#include "heluo/v1/voucher.pb-c.h"
#include "node/ledger/account.h"
#include "node/ledger/scheme.h"
#include "node/ledger/voucher.h"
#include "node/projection/effect.h"
#include "node/projection/row.h"

/* --- Rows by their keys. ------------------------------------------------- */

/* A row with its key: what it holds is in `record`, which borrows from the
 * store until the next put. */
struct kept {
    const struct record_type *type;
    struct store_key key;
    struct row row;
    bool found;
};

/* Reads the row whose key fields `record` has, and fills in the rest. */
static hl_err find(struct effect *effect, const struct record_type *type,
                   void *record, struct kept *out, struct hl_detail *detail)
{
    struct writer key = {0};
    record_key(type, record, &key);
    out->type = type;
    out->key = row_key(effect->half->number, type, writer_view(&key));
    writer_fini(&key);
    hl_err err =
        effect_find_row(effect, &out->key, &out->row, &out->found, detail);
    if (err == HL_OK && out->found) {
        record_decode(type, out->row.record, record);
    }
    return err;
}

/* As of the entry. ended: why, where that is what it states. */
static hl_err keep(struct effect *effect, const struct kept *kept,
                   const void *record, const struct bytes *ended,
                   struct hl_detail *detail)
{
    struct writer bytes = {0};
    record_encode(kept->type, record, &bytes);
    struct row row = {
        .first_index = kept->found ? kept->row.first_index : effect->index,
        .index = effect->index,
        .recorded_at = effect->entry->recorded_at,
        .retired = ended != NULL,
        .reason = ended == NULL ? (struct bytes){0} : *ended,
        .record = writer_view(&bytes),
    };
    hl_err err = effect_write_row(effect, &kept->key, &row, detail);
    writer_fini(&bytes);
    return err;
}

/* --- Accounts. ----------------------------------------------------------- */

/* From one account of this node's to another. */
struct posting {
    struct account from, to;
    struct kept from_kept, to_kept;
    uint64_t fen;
};

/* *fits is false, and the entry refused, where there is no room. Nothing is
 * put yet. */
static hl_err begin_posting(struct effect *effect, enum ledger_account from,
                            enum ledger_account to, uint64_t fen,
                            struct posting *out, bool *fits,
                            struct hl_detail *detail)
{
    *out = (struct posting){
        .from = {.account = from}, .to = {.account = to}, .fen = fen};
    hl_err err =
        find(effect, &account_record, &out->from, &out->from_kept, detail);
    if (err == HL_OK) {
        err = find(effect, &account_record, &out->to, &out->to_kept, detail);
    }
    *fits = err == HL_OK && account_has_room(&out->from, fen, 0) &&
            account_has_room(&out->to, 0, fen);
    return err != HL_OK || *fits
               ? err
               : effect_refuse(effect, "the sums of its accounts have no room");
}

static hl_err post(struct effect *effect, struct posting *posting,
                   struct hl_detail *detail)
{
    if (posting->fen == 0) {
        return HL_OK;
    }
    posting->from.debit_fen += posting->fen;
    posting->to.credit_fen += posting->fen;
    /* Without a partner, so that nothing borrows from a row. */
    posting->from.partner = posting->to.partner = (struct bytes){0};
    hl_err err =
        keep(effect, &posting->from_kept, &posting->from, NULL, detail);
    return err == HL_OK
               ? keep(effect, &posting->to_kept, &posting->to, NULL, detail)
               : err;
}

/* --- Schemes. ------------------------------------------------------------ */

hl_err effect_put_scheme(struct effect *effect, const void *record,
                         struct hl_detail *detail)
{
    const struct scheme *scheme = record;
    struct budget budget = {.scheme = scheme->id};
    struct kept kept, state;
    struct posting posting;
    struct hl_detail why = {0};
    bool fits = false;
    struct scheme same = *scheme; /* the key's fields are the entry's */
    hl_err err = find(effect, &budget_record, &budget, &kept, detail);
    if (err != HL_OK) {
        return err;
    }
    if (budget_may_become(&budget, scheme, &why) != HL_OK) {
        return effect_refuse(effect, "%s", why.text);
    }
    bool more = scheme->budget_fen >= budget.budget_fen;
    err = begin_posting(effect, more ? ACCOUNT_FUND : ACCOUNT_BUDGET,
                        more ? ACCOUNT_BUDGET : ACCOUNT_FUND,
                        more ? scheme->budget_fen - budget.budget_fen
                             : budget.budget_fen - scheme->budget_fen,
                        &posting, &fits, detail);
    if (err != HL_OK || !fits) {
        return err;
    }
    budget.scheme = scheme->id;
    budget.version = scheme->version;
    budget.budget_fen = scheme->budget_fen;
    err = find(effect, &scheme_record, &same, &state, detail);
    if (err == HL_OK) {
        err = effect_state(effect, &state.key, NULL, detail);
    }
    if (err == HL_OK) {
        err = keep(effect, &kept, &budget, NULL, detail);
    }
    return err == HL_OK ? post(effect, &posting, detail) : err;
}

/* --- Vouchers. ----------------------------------------------------------- */

/* What an issue needs of its scheme; refused where it is not there. */
static hl_err find_scheme(struct effect *effect,
                          const struct voucher_issue *issue,
                          struct scheme *scheme, struct budget *budget,
                          struct kept *kept, struct hl_detail *detail)
{
    struct kept of;
    *budget = (struct budget){.scheme = issue->scheme};
    *scheme =
        (struct scheme){.id = issue->scheme, .version = issue->scheme_version};
    hl_err err = find(effect, &budget_record, budget, kept, detail);
    if (err == HL_OK) {
        err = find(effect, &scheme_record, scheme, &of, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (!kept->found) {
        return effect_refuse(effect, "there is no scheme %.*s",
                             BYTES_ARGS(issue->scheme));
    }
    return issue->scheme_version != budget->version || !of.found
               ? effect_refuse(effect,
                               "scheme %.*s is at version %llu, not %llu",
                               BYTES_ARGS(issue->scheme),
                               (unsigned long long)budget->version,
                               (unsigned long long)issue->scheme_version)
               : HL_OK;
}

static hl_err check_issue(struct effect *effect,
                          const struct voucher_issue *issue,
                          const struct scheme *scheme,
                          const struct budget *budget)
{
    struct hl_detail why = {0};
    if (scheme_may_issue(scheme, issue->amount_fen, effect->entry->recorded_at,
                         &why) != HL_OK) {
        return effect_refuse(effect, "%s", why.text);
    }
    uint64_t left = budget->budget_fen - budget->issued_fen;
    return issue->amount_fen > left
               ? effect_refuse(effect, "%llu fen of the budget are left",
                               (unsigned long long)left)
               : HL_OK;
}

hl_err effect_issue_voucher(struct effect *effect, const void *record,
                            struct hl_detail *detail)
{
    const struct voucher_issue *issue = record;
    struct voucher voucher = {.of = {.id = issue->id}};
    struct scheme scheme;
    struct scheme_clocks clocks;
    struct budget budget;
    struct kept kept, budget_kept;
    struct posting posting;
    bool fits = false;
    hl_err err = find(effect, &voucher_record, &voucher, &kept, detail);
    if (err == HL_OK && kept.found) {
        return effect_refuse(effect, "that voucher was issued before");
    }
    if (err == HL_OK) {
        err =
            find_scheme(effect, issue, &scheme, &budget, &budget_kept, detail);
    }
    if (err == HL_OK && effect->refusal == REFUSAL_NONE) {
        err = check_issue(effect, issue, &scheme, &budget);
    }
    if (err != HL_OK || effect->refusal != REFUSAL_NONE) {
        return err;
    }
    scheme_clocks(&scheme, effect->entry->recorded_at, &clocks);
    err = begin_posting(effect, ACCOUNT_BUDGET, ACCOUNT_ISSUED,
                        issue->amount_fen, &posting, &fits, detail);
    if (err != HL_OK || !fits) {
        return err;
    }
    voucher = (struct voucher){
        .of = *issue,
        .use_until = bytes_of_text(clocks.use_until),
        .claim_until = bytes_of_text(clocks.claim_until),
    };
    budget.scheme = issue->scheme;
    budget.issued_fen += issue->amount_fen;
    err = keep(effect, &kept, &voucher, NULL, detail);
    if (err == HL_OK) {
        err = keep(effect, &budget_kept, &budget, NULL, detail);
    }
    return err == HL_OK ? post(effect, &posting, detail) : err;
}

static hl_err check_end(struct effect *effect,
                        const struct voucher_ended *ended,
                        const struct voucher *voucher, bool found)
{
    char today[DAY_TEXT_BYTES];
    day_of(effect->entry->recorded_at, 0, today);
    if (!found || voucher->ended != 0) {
        return effect_refuse(effect, found ? "that voucher has ended before"
                                           : "there is no such voucher");
    }
    return ended->how == HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED &&
                   bytes_compare(bytes_of_text(today), voucher->use_until) <= 0
               ? effect_refuse(effect, "it is used up to %.*s",
                               BYTES_ARGS(voucher->use_until))
               : HL_OK;
}

hl_err effect_end_voucher(struct effect *effect, const void *record,
                          struct hl_detail *detail)
{
    const struct voucher_ended *ended = record;
    struct voucher voucher = {.of = {.id = ended->id}};
    struct budget budget;
    struct kept kept, budget_kept;
    struct posting posting;
    struct writer room = {0};
    bool fits = false;
    hl_err err = find(effect, &voucher_record, &voucher, &kept, detail);
    if (err == HL_OK) {
        err = check_end(effect, ended, &voucher, kept.found);
    }
    if (err != HL_OK || effect->refusal != REFUSAL_NONE) {
        return err;
    }
    uint64_t open = voucher_open_fen(&voucher);
    err = begin_posting(effect, ACCOUNT_ISSUED, ACCOUNT_BUDGET, open, &posting,
                        &fits, detail);
    if (err != HL_OK || !fits) {
        return err;
    }
    voucher.ended = ended->how;
    voucher.returned_fen += open;
    record_normalise(&voucher_record, &voucher,
                     &room); /* copies: puts follow */
    budget = (struct budget){.scheme = voucher.of.scheme};
    err = find(effect, &budget_record, &budget, &budget_kept, detail);
    budget.scheme = voucher.of.scheme;
    budget.issued_fen -= open;
    if (err == HL_OK) {
        err = keep(effect, &kept, &voucher, &ended->reason, detail);
    }
    if (err == HL_OK) {
        err = keep(effect, &budget_kept, &budget, NULL, detail);
    }
    if (err == HL_OK) {
        err = post(effect, &posting, detail);
    }
    writer_fini(&room);
    return err;
}
