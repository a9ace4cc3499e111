/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_JOURNAL_CHECKPOINT_H
#define HL_NODE_STORE_JOURNAL_CHECKPOINT_H

/* The kept checkpoints as heads. Inside node/store/ only. */

#include "node/store/journal.h"

/* *there is false, and *out untouched, where there is none of that kind.
 *
 * HL_EDAMAGED  what is kept is no checkpoint. */
HL_MUST_USE hl_err checkpoints_head(struct store_txn *txn,
                                    const struct journal *journal,
                                    enum journal_checkpoint_kind kind,
                                    struct head *out, bool *there,
                                    struct hl_detail *detail);

#endif
