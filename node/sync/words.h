/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SYNC_WORDS_H
#define HL_NODE_SYNC_WORDS_H

/* How many cosignatures the store knows of, and a hash over all of them: what
 * a mirror key's mark is compared with. A keeper whose store was lost or set
 * back has forgotten words that others rely on, and must not speak under that
 * key again (design section 4). Written in the transaction of each cosignature;
 * the mark is written after the commit, and before it leaves.
 *
 * A struct head: size is the count, root the hash of (former root, note); at 0
 * the empty root. Functions also return store.h's errors. */

#include "node/store/store.h"
#include "protocol/tree/head.h"

HL_MUST_USE hl_err words_read(struct store_txn *txn, struct head *out,
                              struct hl_detail *detail);

/* One more. */
HL_MUST_USE hl_err words_add(struct store_txn *txn, struct bytes note,
                             struct hl_detail *detail);

/* Whether the store has all that the mark knows of: the store may be ahead by
 * what was committed and never left. */
bool words_agree(const struct head *store, const struct head *mark);

#endif
