/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_PROJECTION_BOOKS_H
#define HL_TESTS_UNIT_PROJECTION_BOOKS_H

/* What always holds in the half of a node, whatever stands in its journal:
 * its accounts say what its vouchers and orders say. */

#include "node/store/store.h"

/* Of the half of that journal's number, whose node is `node`; as it is within
 * the transaction. Asserts:
 *
 * - credits and debits of all accounts are equal;
 * - each voucher is open, held, spent and returned; held for its open orders,
 *   spent for its captured ones; due as long as it has not ended;
 * - a budget has issued what its vouchers are, less what returned;
 * - the accounts are the sums of budgets, vouchers, orders and obligations;
 * - an obligation stands for each capture that is owed, and those that a
 *   provider adjusted sum up to what its order says; a watermark counts them;
 * - a usage is what the year's orders hold and took. */
void books_check(struct store_txn *txn, uint32_t number, const char *node);

#endif
