/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_LEDGER_CASE_INSIDE_H
#define HL_NODE_PROJECTION_LEDGER_CASE_INSIDE_H

/* What the checks of ledger_case.h share. */

#include "node/projection/ledger_case.h"

/* Whether that day is over. */
bool case_is_after(struct hl_wall now, struct bytes day);

/* Whether the entry answers one of that node's journal. */
bool case_is_caused_by(const struct ledger_case *of, struct bytes node);

uint64_t case_least(uint64_t a, uint64_t b);

/* Reads the accounts that the record moves money between, once all else of
 * the case is read. Errors: LEDGER_ACCOUNT_ROOM. */
hl_err case_find_accounts(struct ledger_case *of, uint32_t body,
                          const void *record, struct hl_detail *detail);

/* What `debtor` owes `creditor` by this half. */
hl_err case_find_watermark(struct ledger_case *of, struct bytes debtor,
                           struct bytes creditor, struct hl_detail *detail);

hl_err case_find_scheme(struct ledger_case *of, struct bytes id,
                        uint64_t version, struct hl_detail *detail);
hl_err case_find_budget(struct ledger_case *of, struct bytes scheme,
                        struct hl_detail *detail);
/* Errors: LEDGER_NO_VOUCHER. */
hl_err case_find_voucher(struct ledger_case *of, struct bytes id,
                         struct hl_detail *detail);
/* With its scheme's row, which is there as the voucher is. */
hl_err case_find_voucher_whole(struct ledger_case *of, struct bytes id,
                               struct hl_detail *detail);
/* Of the holder and his controller, where the scheme bounds them. */
hl_err case_find_usages(struct ledger_case *of, uint64_t year,
                        struct hl_detail *detail);
hl_err case_find_order(struct ledger_case *of, const struct order_key *key,
                       struct hl_detail *detail);

#endif
