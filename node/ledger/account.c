/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/account.h"

#include "heluo/v1/voucher.pb-c.h"
#include "node/catalogue/rules.h"

static const struct field fields[] = {
    ROW(account, 1, account, FIELD_UINT, 1, ACCOUNT_LAST, true, NULL, NULL),
    ROW(account, 2, partner, FIELD_TEXT, 0, 63, true, NULL, NULL),
    ROW(account, 3, debit_fen, FIELD_UINT, 0, INT64_MAX, false, NULL, NULL),
    ROW(account, 4, credit_fen, FIELD_UINT, 0, INT64_MAX, false, NULL, NULL),
};

const struct record_type account_record = {
    .number = 11,
    .name = "account",
    .size = sizeof(struct account),
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .schema = &heluo__v1__account_row__descriptor,
};

bool account_has_room(const struct account *account, uint64_t debit_fen,
                      uint64_t credit_fen)
{
    return debit_fen <= INT64_MAX - account->debit_fen &&
           credit_fen <= INT64_MAX - account->credit_fen;
}

int64_t account_balance_fen(const struct account *account)
{
    return (int64_t)account->credit_fen - (int64_t)account->debit_fen;
}

bool account_has_partner(enum ledger_account account)
{
    return account == ACCOUNT_PAYABLE || account == ACCOUNT_RECEIVABLE ||
           account == ACCOUNT_EARNED || account == ACCOUNT_ALLOTTED ||
           account == ACCOUNT_DRAWN;
}
