/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_JOURNAL_ENTRIES_H
#define HL_NODE_STORE_JOURNAL_ENTRIES_H

/* How entries lie in STORE_ENTRIES: in bundles (protocol/entry/bundle.h) of
 * neighbours that were committed together, each under the index of its first
 * entry. Inside node/store/ only. */

#include "node/store/store.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/reader.h"
#include "protocol/base/writer.h"

/* A bundle as the store has it: four pages of LMDB with nothing left over
 * (less 16 bytes of its own and 5 of the envelope). An entry that is larger
 * stands alone. */
enum { JOURNAL_BUNDLE_BYTES = 4 * 4096 - 16 - 5 };

/* Entries of a run that go into one bundle, from the first on: at least
 * one. */
size_t entries_that_fit(const struct bytes *entries, size_t count,
                        size_t bundle_bytes);

/* Writes count entries as one bundle and gives back the bytes that the store
 * now has, borrowed. HL_ELIMIT: an entry is too large. */
HL_MUST_USE hl_err entries_put(struct store_txn *txn, uint32_t number,
                               uint64_t first, const struct bytes *entries,
                               size_t count, struct bytes *stored,
                               struct hl_detail *detail);

/* Reads entries one after the other. Ends before its transaction; a put into
 * the table ends it too. */
struct entries_walk {
    struct store_cursor *cursor;
    uint32_t number;
    uint64_t next; /* index of the next entry */
    uint64_t end;  /* the journal's size */
    bool searches;
    struct reader bundle;
};

HL_MUST_USE hl_err entries_walk_init(struct entries_walk *walk,
                                     struct store_txn *txn, uint32_t number,
                                     uint64_t first, uint64_t end,
                                     struct hl_detail *detail);
/* The same, but what lies there and no search finds is missing, as it is to
 * whoever asks for one entry. */
HL_MUST_USE hl_err entries_search_init(struct entries_walk *walk,
                                       struct store_txn *txn, uint32_t number,
                                       uint64_t first, uint64_t end,
                                       struct hl_detail *detail);
/* entry->data is NULL at the end. An entry without bytes is not NULL.
 *
 * HL_EDAMAGED  an entry is missing. */
HL_MUST_USE hl_err entries_walk_next(struct entries_walk *walk,
                                     struct bytes *entry,
                                     struct hl_detail *detail);
void entries_walk_fini(struct entries_walk *walk);

/* Removes the entries from `size` on, of a journal of old_size. */
HL_MUST_USE hl_err entries_cut(struct store_txn *txn, uint32_t number,
                               uint64_t size, uint64_t old_size,
                               struct hl_detail *detail);

/* HL_EDAMAGED: there are entries behind the journal's end. */
HL_MUST_USE hl_err entries_check_end(struct store_txn *txn, uint32_t number,
                                     uint64_t size, struct hl_detail *detail);

/* The number and index of a key. False: not of that form. */
bool entries_key_decode(struct bytes key, uint32_t *number, uint64_t *index);

#endif
