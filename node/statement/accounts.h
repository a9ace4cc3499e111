/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STATEMENT_ACCOUNTS_H
#define HL_NODE_STATEMENT_ACCOUNTS_H

/* Where nodes are paid: a small table that the clearing desk keeps, in any form
 * that node/table reads. Its columns, by their English or Chinese names:
 *
 *     node       节点    whose
 *     name       户名    of the account's holder
 *     account    账号    digits, letters and '-'; China has no IBAN
 *     bank_code  联行号  of 12 digits (CNAPS)
 *     bank       开户行  its name
 *
 * Owned by its caller; one thread. */

#include <stddef.h>

#include "protocol/base/hl_err.h"

struct account {
    char *node, *name, *account, *bank_code, *bank;
};

struct accounts {
    struct account *items;
    size_t count;
};

/* detail names the row and what is wrong with it. *out is empty on failure.
 *
 * HL_EMALFORMED  a column is missing, or a value is none; a node twice.
 * HL_ELIMIT      more accounts than an alliance has nodes.
 * And table_reader_open()'s errors. */
HL_MUST_USE hl_err accounts_read(const char *path, struct accounts *out,
                                 struct hl_detail *detail);
/* All zero is fine. */
void accounts_fini(struct accounts *accounts);

/* NULL: none. */
const struct account *accounts_find(const struct accounts *accounts,
                                    const char *node);

#endif
