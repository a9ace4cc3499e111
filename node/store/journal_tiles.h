/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_JOURNAL_TILES_H
#define HL_NODE_STORE_JOURNAL_TILES_H

/* The hashes of tiles in the store, in rows of TILE_ROW_HASHES: what changes
 * with every commit is one row of 1 KiB, not a tile of 8. Also returns
 * store.h's errors. */

#include "node/store/journal.h"

enum { TILE_ROW_HASHES = 32 };

/* Adds leaves behind a journal's; rows are put when they are full and at the
 * end. */
struct tile_writer {
    struct store_txn *txn;
    uint32_t number;
    uint64_t size; /* leaves added, those before it included */
    struct hl_hash row[TILE_ROW_HASHES];
    size_t count; /* of the row that is not put yet */
};

HL_MUST_USE hl_err tile_writer_init(struct tile_writer *writer,
                                    struct store_txn *txn,
                                    const struct journal *journal,
                                    struct hl_detail *detail);
HL_MUST_USE hl_err tile_writer_add(struct tile_writer *writer,
                                   const struct hl_hash *leaf,
                                   struct hl_detail *detail);
HL_MUST_USE hl_err tile_writer_finish(struct tile_writer *writer,
                                      struct hl_detail *detail);

/* Appends `count` hashes of a level, from hash `first` on.
 *
 * HL_EDAMAGED  they are not all there. */
HL_MUST_USE hl_err tiles_read(struct store_txn *txn, uint32_t number,
                              unsigned level, uint64_t first, size_t count,
                              struct writer *out, struct hl_detail *detail);

/* Drops what lies beyond a journal of `size` entries. */
HL_MUST_USE hl_err tiles_cut(struct store_txn *txn, uint32_t number,
                             uint64_t size, struct hl_detail *detail);

/* Compares leaves, in order from the first, with what the tiles have, on every
 * level. HL_EDAMAGED. */
struct tile_checker {
    struct store_txn *txn;
    uint32_t number;
    uint64_t size;
};
HL_MUST_USE hl_err tile_checker_add(struct tile_checker *checker,
                                    const struct hl_hash *leaf,
                                    struct hl_detail *detail);

#endif
