/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_JOURNAL_ROWS_H
#define HL_NODE_STORE_JOURNAL_ROWS_H

/* How the hashes of a journal's tree lie in STORE_TILES: the levels of
 * tlog-tiles (every eighth of the tree), each cut into rows of 32 hashes, so
 * that one entry more writes 1 KiB at most and not a tile of 8. Inside
 * node/store/ only, but for what journal_scrub.h shows of it. */

#include "node/store/store.h"
#include "protocol/tree/frontier.h"
#include "protocol/tree/tile.h"

enum {
    ROW_WIDTH = 32, /* hashes */
    ROW_LEVELS = 8, /* 2^63 entries need no more */
};

/* The row under way at one level. */
struct tile_row {
    uint64_t place;
    size_t count;
    struct hl_hash hashes[ROW_WIDTH];
};

/* Takes leaves in order and writes, or compares with what is stored, the rows
 * that they make. */
struct rows_sink {
    struct store_txn *txn;
    uint32_t number;
    bool compares;
    /* In a sink that compares: a row that is missing or another is told, and
     * no error. NULL: it is. */
    void (*differs)(void *context, unsigned level, uint64_t place);
    void *context;
    struct tile_row rows[ROW_LEVELS];
};

/* To go on behind `size` entries: the rows that these left unfinished are
 * read. */
HL_MUST_USE hl_err rows_sink_init(struct rows_sink *sink, struct store_txn *txn,
                                  uint32_t number, uint64_t size,
                                  struct hl_detail *detail);

/* Appends a leaf to the frontier and to the rows.
 *
 * HL_EDAMAGED  in a sink that compares: a stored row is another. */
HL_MUST_USE hl_err rows_append(struct rows_sink *sink,
                               struct frontier *frontier,
                               const struct hl_hash *leaf,
                               struct hl_detail *detail);

/* Writes, or compares, what is left. */
HL_MUST_USE hl_err rows_finish(struct rows_sink *sink,
                               struct hl_detail *detail);

/* The node at (level, index) of a tree of `size` entries.
 *
 * HL_ENOTFOUND  it lies beyond size.
 * HL_EDAMAGED   a row is missing. */
HL_MUST_USE hl_err rows_node(struct store_txn *txn, uint32_t number,
                             uint64_t size, uint64_t level, uint64_t index,
                             struct hl_hash *out, struct hl_detail *detail);

/* Appends `count` hashes of a level, from `first` on. HL_EDAMAGED. */
HL_MUST_USE hl_err rows_read(struct store_txn *txn, uint32_t number,
                             unsigned level, uint64_t first, size_t count,
                             struct writer *out, struct hl_detail *detail);

/* One row of `count` hashes, borrowed. HL_EDAMAGED. */
HL_MUST_USE hl_err rows_get(struct store_txn *txn, uint32_t number,
                            unsigned level, uint64_t place, size_t count,
                            struct bytes *out, struct hl_detail *detail);

/* Hashes of that row in a tree of `size` entries; 0: there is no such row. */
size_t rows_width(unsigned level, uint64_t place, uint64_t size);

/* The root over `count` neighbours, a power of two; they are overwritten. */
struct hl_hash rows_fold(struct hl_hash *nodes, size_t count);

/* Removes the hashes beyond `size` entries, of a tree of old_size. */
HL_MUST_USE hl_err rows_cut(struct store_txn *txn, uint32_t number,
                            uint64_t size, uint64_t old_size,
                            struct hl_detail *detail);

#endif
