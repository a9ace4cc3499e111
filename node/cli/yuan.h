/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_YUAN_H
#define HL_NODE_CLI_YUAN_H

/* Money as people write it: yuan with up to two decimals, exactly, in fen
 * within. Pure, any thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

enum { YUAN_TEXT_BYTES = 24 };

/* An amount from 0.01 on; full-width digits and commas between thousands are
 * fine. detail says what is wrong.
 *
 * HL_EMALFORMED  no amount, none above 0, or one with more decimals.
 * HL_ELIMIT      more than the ledger takes. */
HL_MUST_USE hl_err yuan_parse(struct bytes text, uint64_t *fen,
                              struct hl_detail *detail);

/* With two decimals: "-12.30". */
void yuan_format(int64_t fen, char out[YUAN_TEXT_BYTES]);

#endif
