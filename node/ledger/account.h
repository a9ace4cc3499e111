/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_ACCOUNT_H
#define HL_NODE_LEDGER_ACCOUNT_H

/* Accounts of a journal in double entry (AccountRow of
 * heluo/v1/voucher.proto). Pure, any thread. */

#include "node/record/record.h"

enum ledger_account {
    ACCOUNT_FUND = 1,
    ACCOUNT_BUDGET = 2,
    ACCOUNT_ISSUED = 3,
    ACCOUNT_HELD = 4,
    ACCOUNT_PAYABLE = 5,
    ACCOUNT_SETTLED = 6,
    ACCOUNT_ADJUSTED = 7,
    /* Of what others' halves have; in no row: */
    ACCOUNT_RECEIVABLE = 8,
    ACCOUNT_EARNED = 9,
    ACCOUNT_ALLOTTED = 10,
    ACCOUNT_DRAWN = 11,
    ACCOUNT_LAST = ACCOUNT_DRAWN,
};

/* Whether there is one for each partner. */
bool account_has_partner(enum ledger_account account);

struct account {
    uint64_t account;
    struct bytes partner;
    uint64_t debit_fen, credit_fen;
};

extern const struct record_type account_record;

/* A posting that an account has no room for is refused: sums stay exact. */
bool account_has_room(const struct account *account, uint64_t debit_fen,
                      uint64_t credit_fen);

/* Credit less debit. */
int64_t account_balance_fen(const struct account *account);

#endif
