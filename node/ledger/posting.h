/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_POSTING_H
#define HL_NODE_LEDGER_POSTING_H

/* What an entry moves between accounts. Everything stands in the entry, save
 * what a scheme's budget was before it. Pure, any thread. */

#include "node/ledger/account.h"

struct posting {
    enum ledger_account from, to;
    struct bytes partner; /* of accounts that have one; borrowed */
    uint64_t fen;         /* above 0 */
};

enum { POSTINGS_MAX = 2 };

/* Of the body of that number, decoded as its type has it; `budget_fen`: of the
 * scheme's former version, 0 where there is none. Returns how many there are;
 * none for what moves no money. */
size_t postings_of(uint32_t body, const void *record, uint64_t budget_fen,
                   struct posting out[POSTINGS_MAX]);

#endif
