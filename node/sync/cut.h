/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SYNC_CUT_H
#define HL_NODE_SYNC_CUT_H

/* Cuts of journals and the evidence area that they fill: STORE_CUTS has a row
 * for each, with what its entries were under, STORE_CUT_ENTRIES the entries.
 * A cut goes
 *
 *   begin -> the half is dropped -> entries are moved, from the end -> closed
 *
 * over as many transactions as it needs; the row says that it goes on, the
 * half's and the journal's sizes say how far it is. Inside this folder.
 * Functions return store.h's errors. */

#include "node/sync/sync_store.h"

struct cut {
    uint32_t number; /* of the journal */
    uint32_t cut;
    bool open;       /* it goes on */
    uint64_t size;   /* that stays */
    uint64_t before; /* the journal's before */
};

/* The cut of that journal that goes on. */
HL_MUST_USE hl_err cut_find_open(struct store_txn *txn, uint32_t number,
                                 struct cut *out, bool *found,
                                 struct hl_detail *detail);

/* Begins one; size is below the journal's, and none goes on (asserts). The
 * newest checkpoint, if it lies beyond, goes into its row. */
HL_MUST_USE hl_err cut_begin(struct store_txn *txn,
                             const struct journal *journal, uint64_t size,
                             struct cut *out, struct hl_detail *detail);

/* Goes on with it: at least some steps, until it is closed, or steps_max are
 * done, or the transaction is large. */
HL_MUST_USE hl_err cut_step(struct cut *cut, const struct sync_target *target,
                            struct bytes origin, uint64_t steps_max,
                            struct sync_progress *progress,
                            struct hl_detail *detail);

/* The newest cut of that journal, whether it goes on or not. */
HL_MUST_USE hl_err cut_find_newest(struct store_txn *txn, uint32_t number,
                                   struct cut *out, bool *found,
                                   struct hl_detail *detail);

/* All cuts of that journal, the oldest first; the caller frees them. */
HL_MUST_USE hl_err cut_list(struct store_txn *txn, uint32_t number,
                            struct cut **cuts, size_t *count,
                            struct hl_detail *detail);

/* Brings back from the evidence area what leads from the journal's end to that
 * head, which is beyond it. *done: there was such. uncut.c */
HL_MUST_USE hl_err uncut(struct store_txn *txn, struct journal *journal,
                         const struct head *head, bool *done,
                         struct hl_detail *detail);

/* The newest time that an entry of the run states; `before`, where none of this
 * version does. sync_op.c */
struct hl_wall sync_newest_time(const struct bytes *entries, size_t count,
                                struct hl_wall before);

/* Entries that the cuts of a journal took away, all in all. */
HL_MUST_USE hl_err cut_count(struct store_txn *txn, uint32_t number,
                             uint64_t *count, struct hl_detail *detail);

#endif
