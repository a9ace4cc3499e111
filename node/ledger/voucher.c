/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/voucher.h"

#include "heluo/v1/voucher.pb-c.h"
#include "node/catalogue/rules.h"
#include "node/ledger/refusal.h"

enum { SCHEME_ID_MAX_BYTES = 40, VERSION_MAX = 9999 };

#define PLAIN(type, number_, name_, kind_, min_, max_, rule_)                  \
    {                                                                          \
        .number = (number_), .name = #name_, .kind = (kind_),                  \
        .offset = offsetof(struct type, name_), .min = (min_), .max = (max_),  \
        .validate = (rule_)                                                    \
    }
#define OF(type, prefix, number_, name_, kind_, min_, max_, key_, rule_)       \
    {                                                                          \
        .number = (number_), .name = #name_, .kind = (kind_),                  \
        .offset = offsetof(struct type, prefix name_), .min = (min_),          \
        .max = (max_), .key = (key_), .validate = (rule_)                      \
    }

/* None, or all of them. */
static hl_err rule_token(struct bytes bytes, struct hl_detail *detail)
{
    return bytes.size == 0 || bytes.size == VOUCHER_ID_BYTES
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED, "%zu bytes, not 16",
                         bytes.size);
}

/* --- Bodies. ------------------------------------------------------------- */

#define ISSUED(type, prefix)                                                   \
    OF(type, prefix, 1, id, FIELD_BYTES, VOUCHER_ID_BYTES, VOUCHER_ID_BYTES,   \
       true, NULL),                                                            \
        OF(type, prefix, 2, scheme, FIELD_TEXT, 1, SCHEME_ID_MAX_BYTES, false, \
           scheme_rule_id),                                                    \
        OF(type, prefix, 3, scheme_version, FIELD_UINT, 1, VERSION_MAX, false, \
           NULL),                                                              \
        OF(type, prefix, 4, holder, FIELD_BYTES, VOUCHER_ID_BYTES,             \
           VOUCHER_ID_BYTES, false, NULL),                                     \
        OF(type, prefix, 5, controller, FIELD_BYTES, 0, VOUCHER_ID_BYTES,      \
           false, rule_token),                                                 \
        OF(type, prefix, 6, county, FIELD_TEXT, 0, 6, false, rule_division),   \
        OF(type, prefix, 7, amount_fen, FIELD_UINT, 1, MONEY_MAX_FEN, false,   \
           NULL)

static const struct field issue_fields[] = {ISSUED(voucher_issue, )};

static const struct field ended_fields[] = {
    OF(voucher_ended, , 1, id, FIELD_BYTES, VOUCHER_ID_BYTES, VOUCHER_ID_BYTES,
       true, NULL),
    PLAIN(voucher_ended, 2, how, FIELD_UINT,
          HELUO__V1__VOUCHER_END__VOUCHER_END_CANCELLED,
          HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED, NULL),
    ROW_NAME(voucher_ended, 3, reason, 0, 500),
    PLAIN(voucher_ended, 4, amount_fen, FIELD_UINT, 0, MONEY_MAX_FEN, NULL),
};

#define TYPE(number_, name_, struct_, fields_, schema_)                        \
    {                                                                          \
        .number = (number_), .name = (name_), .size = sizeof(struct struct_),  \
        .fields = (fields_),                                                   \
        .field_count = sizeof(fields_) / sizeof((fields_)[0]),                 \
        .schema = &heluo__v1__##schema_##__descriptor                          \
    }

const struct record_type voucher_issuing =
    TYPE(0, "voucher_issue", voucher_issue, issue_fields, voucher_issue);
const struct record_type voucher_ending =
    TYPE(0, "voucher_ended", voucher_ended, ended_fields, voucher_ended);

/* --- Rows. --------------------------------------------------------------- */

#define FEN(type, number, name)                                                \
    PLAIN(type, number, name, FIELD_UINT, 0, MONEY_MAX_FEN, NULL)

static const struct field voucher_fields[] = {
    ISSUED(voucher, of.),
    FEN(voucher, 8, held_fen),
    FEN(voucher, 9, spent_fen),
    FEN(voucher, 10, returned_fen),
    PLAIN(voucher, 11, ended, FIELD_UINT, 0,
          HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED, NULL),
    PLAIN(voucher, 12, use_until, FIELD_TEXT, 10, 10, rule_date),
    PLAIN(voucher, 13, claim_until, FIELD_TEXT, 10, 10, rule_date),
    PLAIN(voucher, 14, issued_at_ms, FIELD_UINT, 0, INT64_MAX, NULL),
};

static const struct field budget_fields[] = {
    OF(budget, , 1, scheme, FIELD_TEXT, 1, SCHEME_ID_MAX_BYTES, true, NULL),
    PLAIN(budget, 2, version, FIELD_UINT, 1, VERSION_MAX, NULL),
    FEN(budget, 3, budget_fen),
    FEN(budget, 4, issued_fen),
};

const struct record_type voucher_record =
    TYPE(9, "voucher", voucher, voucher_fields, voucher_row);
const struct record_type budget_record =
    TYPE(10, "budget", budget, budget_fields, budget_row);

hl_err budget_may_become(const struct budget *former, const struct scheme *next,
                         struct hl_detail *detail)
{
    if (next->version != former->version + 1) {
        return ledger_refuse(
            detail, LEDGER_SCHEME_VERSION,
            "the next version of scheme %.*s is %llu, not %llu",
            BYTES_ARGS(next->id), (unsigned long long)former->version + 1,
            (unsigned long long)next->version);
    }
    return next->budget_fen < former->issued_fen
               ? ledger_refuse(
                     detail, LEDGER_BUDGET_BELOW_ISSUED,
                     "a budget of %llu fen is less than the %llu that are "
                     "issued",
                     (unsigned long long)next->budget_fen,
                     (unsigned long long)former->issued_fen)
               : HL_OK;
}

uint64_t voucher_open_fen(const struct voucher *voucher)
{
    return voucher->ended != 0 ? 0
                               : voucher->of.amount_fen - voucher->held_fen -
                                     voucher->spent_fen - voucher->returned_fen;
}
