/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STATEMENT_RENDER_H
#define HL_NODE_STATEMENT_RENDER_H

/* The forms of a statement. Each carries the cycle's name, its cut, digest,
 * proposal and decision, and the commands by which it is verified. Pure but for
 * statement_xlsx(); one thread. */

#include "node/statement/accounts.h"
#include "node/statement/words.h"

/* Tables whose columns are aligned. */
void statement_text(const struct statement *statement, enum statement_lang lang,
                    struct writer *out);

/* The same tables one below the other, with the mark of UTF-8. Each row is as
 * wide as the widest, and begins with its table's name. A text that a
 * spreadsheet would compute has a ' before it. */
void statement_csv(const struct statement *statement, enum statement_lang lang,
                   struct writer *out);

/* The same tables, a sheet each, into a file, which is replaced. Amounts are
 * numbers, up to the 15 digits that a spreadsheet has.
 *
 * HL_ELIMIT       more lines than a sheet has.
 * HL_EFULL, HL_EIO */
HL_MUST_USE hl_err statement_xlsx(const struct statement *statement,
                                  enum statement_lang lang, const char *path,
                                  struct hl_detail *detail);

/* An hledger journal (hledger.org) of its own: the debts of the cycle, taken
 * over from the ledger, what netting made of them, and what was paid since.
 *
 * HL_ESTATE  the cycle is not final: nothing of it stands in books. */
HL_MUST_USE hl_err statement_journal(const struct statement *statement,
                                     struct writer *out,
                                     struct hl_detail *detail);

/* ISO 20022 pain.001.001.09 for the payer's bank: of each transfer that the
 * node has yet to pay, one credit transfer. What was sent, received or
 * replaced is left out: nothing is paid twice. The same payments have the same
 * MsgId again.
 *
 * HL_ESTATE     the cycle is not final, or there is nothing to pay.
 * HL_ENOTFOUND  a party has no account there.
 * HL_ELIMIT     an amount of more digits than the message has. */
HL_MUST_USE hl_err statement_pain001(const struct statement *statement,
                                     const struct accounts *accounts,
                                     struct writer *out,
                                     struct hl_detail *detail);

#endif
