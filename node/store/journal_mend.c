/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "node/store/journal_entries.h"
#include "node/store/journal_scrub.h"

/* --- Hashes. -------------------------------------------------------------- */

static hl_err fail_rows(const char *what, unsigned level, uint64_t place,
                        struct hl_detail *detail)
{
    return hl_fail(detail, HL_EDAMAGED,
                   "the hashes of tile level %u from %" PRIu64 " on %s", level,
                   place * ROW_WIDTH, what);
}

static hl_err leaves_of(struct store_txn *txn, const struct journal *journal,
                        uint64_t first, size_t count, struct hl_hash *out,
                        struct hl_detail *detail)
{
    struct journal_walk *walk = NULL;
    hl_err err = journal_walk_open(txn, journal, first, &walk, detail);
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        struct bytes entry = {0};
        err = journal_walk_next(walk, &entry, detail);
        if (err == HL_OK) {
            out[i] = merkle_leaf(entry);
        }
    }
    journal_walk_close(&walk);
    return err;
}

/* Hash i of a level is the root over a full tile of the level below. */
static hl_err roots_below(struct store_txn *txn, const struct journal *journal,
                          unsigned level, uint64_t first, size_t count,
                          struct hl_hash *out, struct hl_detail *detail)
{
    struct writer raw = {0};
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        struct hl_hash nodes[TILE_WIDTH];
        writer_clear(&raw);
        err = rows_read(txn, journal->number, level - 1,
                        (first + i) * TILE_WIDTH, TILE_WIDTH, &raw, detail);
        if (err == HL_OK) {
            memcpy(nodes, raw.data, sizeof(nodes));
            out[i] = rows_fold(nodes, TILE_WIDTH);
        }
    }
    writer_fini(&raw);
    return err;
}

static hl_err put_row(struct store_txn *txn, const struct journal *journal,
                      const struct journal_row_place *row,
                      struct hl_detail *detail)
{
    struct hl_hash hashes[ROW_WIDTH];
    size_t count = rows_width(row->level, row->place, journal->frontier.size);
    uint64_t first = row->place * ROW_WIDTH;
    struct store_key key =
        key_tile(journal->number, (uint8_t)row->level, row->place);
    hl_err err = row->level == 0
                     ? leaves_of(txn, journal, first, count, hashes, detail)
                     : roots_below(txn, journal, row->level, first, count,
                                   hashes, detail);
    return err == HL_OK
               ? store_put(txn, STORE_TILES, key_view(&key),
                           bytes_of(hashes, count * HL_HASH_BYTES), detail)
               : err;
}

/* The nodes of the tile at the tree's right edge, the widest first, stand in
 * the frontier: those of this level behind those of the levels above. */
static bool edge_agrees(const struct journal *journal, unsigned level,
                        struct hl_hash *nodes, size_t width)
{
    const struct frontier *frontier = &journal->frontier;
    uint64_t above = frontier->size >> (TILE_HEIGHT * level);
    size_t at = (size_t)__builtin_popcountll(above / TILE_WIDTH);
    size_t done = 0;
    for (size_t part = TILE_WIDTH / 2; part > 0; part /= 2) {
        if ((width & part) != 0) {
            struct hl_hash root = rows_fold(nodes + done, part);
            if (!hash_equal(&root, &frontier->edge[at])) {
                return false;
            }
            done += part;
            at++;
        }
    }
    return true;
}

/* A row is believed if the tile that it lies in leads to the hash above, or to
 * the frontier, which the newest checkpoint is over. */
static hl_err check_row(struct store_txn *txn, const struct journal *journal,
                        const struct journal_row_place *row,
                        struct hl_detail *detail)
{
    uint64_t tile = row->place / (TILE_WIDTH / ROW_WIDTH);
    size_t width = tile_width(row->level, tile, journal->frontier.size);
    struct hl_hash nodes[TILE_WIDTH], above;
    struct writer raw = {0};
    hl_err err = rows_read(txn, journal->number, row->level, tile * TILE_WIDTH,
                           width, &raw, detail);
    if (err == HL_OK) {
        memcpy(nodes, raw.data, width * HL_HASH_BYTES);
    }
    writer_fini(&raw);
    if (err != HL_OK) {
        return err;
    }
    bool agrees = false;
    if (width == TILE_WIDTH) {
        err = rows_node(txn, journal->number, journal->frontier.size,
                        (uint64_t)TILE_HEIGHT * (row->level + 1), tile, &above,
                        detail);
        struct hl_hash root = rows_fold(nodes, width);
        agrees = err == HL_OK && hash_equal(&root, &above);
    } else {
        agrees = edge_agrees(journal, row->level, nodes, width);
    }
    return err == HL_OK && !agrees ? fail_rows("do not lead to the hash above",
                                               row->level, row->place, detail)
                                   : err;
}

hl_err journal_mend_rows(struct store_txn *txn, const struct journal *journal,
                         const struct journal_row_place *rows, size_t count,
                         struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        err = put_row(txn, journal, &rows[i], detail);
    }
    for (size_t i = count; err == HL_OK && i > 0; i--) {
        err = check_row(txn, journal, &rows[i - 1], detail);
    }
    return err;
}

/* --- Entries. ------------------------------------------------------------- */

struct mending {
    struct store_txn *txn;
    const struct journal *journal;
    uint64_t first; /* of these: */
    const struct bytes *entries;
    size_t given, count; /* that are to be put */
    struct hl_detail *detail;
};

enum { LOST_ROWS_MAX = 256 };

/* Rows of leaves that are lost too, of tiles that these entries lead to. */
struct lost_rows {
    uint64_t places[LOST_ROWS_MAX];
    size_t count;
    uint64_t tile; /* that the last one lies in */
};

static hl_err tile_root(const struct mending *mending, unsigned level,
                        uint64_t tile, struct hl_hash *out);

/* A hash of a level: the tree's, or where that is lost, what lies below leads
 * to: entries that were given, or that the store has. */
static hl_err hash_of(const struct mending *mending, unsigned level,
                      uint64_t index, struct hl_hash *out)
{
    struct bytes entry = {0};
    const struct journal *journal = mending->journal;
    if (level == 0 && index - mending->first < mending->given) {
        *out = merkle_leaf(mending->entries[index - mending->first]);
        return HL_OK;
    }
    hl_err err =
        rows_node(mending->txn, journal->number, journal->frontier.size,
                  (uint64_t)TILE_HEIGHT * level, index, out, mending->detail);
    if (err != HL_EDAMAGED) {
        return err;
    }
    if (level > 0) {
        return tile_root(mending, level - 1, index, out);
    }
    err = journal_entry(mending->txn, journal, index, &entry, mending->detail);
    if (err == HL_OK) {
        *out = merkle_leaf(entry);
    }
    return err;
}

static hl_err hashes_of(const struct mending *mending, unsigned level,
                        uint64_t tile, size_t width, struct hl_hash *out)
{
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < width; i++) {
        err = hash_of(mending, level, tile * TILE_WIDTH + i, &out[i]);
    }
    return err;
}

static hl_err tile_root(const struct mending *mending, unsigned level,
                        uint64_t tile, struct hl_hash *out)
{
    struct hl_hash nodes[TILE_WIDTH];
    hl_err err = hashes_of(mending, level, tile, TILE_WIDTH, nodes);
    if (err == HL_OK) {
        *out = rows_fold(nodes, TILE_WIDTH);
    }
    return err;
}

/* HL_EPROOF: the tile does not lead to the hash above it, or to the frontier.
 * HL_EDAMAGED: too little of it is to be had. */
static hl_err check_tile(const struct mending *mending, unsigned level,
                         uint64_t tile)
{
    const struct journal *journal = mending->journal;
    size_t width = tile_width(level, tile, journal->frontier.size);
    struct hl_hash nodes[TILE_WIDTH], above;
    hl_err err = hashes_of(mending, level, tile, width, nodes);
    bool agrees = false;
    if (err == HL_OK && width < TILE_WIDTH) {
        agrees = edge_agrees(journal, level, nodes, width);
    } else if (err == HL_OK) {
        err = rows_node(mending->txn, journal->number, journal->frontier.size,
                        (uint64_t)TILE_HEIGHT * (level + 1), tile, &above,
                        mending->detail);
        if (err == HL_EDAMAGED) {
            return check_tile(mending, level + 1, tile / TILE_WIDTH);
        }
        struct hl_hash root = rows_fold(nodes, width);
        agrees = err == HL_OK && hash_equal(&root, &above);
    }
    return err == HL_OK && !agrees
               ? hl_fail(mending->detail, HL_EPROOF,
                         "the entries given around %" PRIu64
                         " do not lead to the journal's tree",
                         tile * TILE_WIDTH)
               : err;
}

/* *damaged: the row that has the hash is; so nothing was compared. */
static hl_err compare_entry(const struct mending *mending, size_t i,
                            bool *damaged)
{
    struct hl_hash leaf = merkle_leaf(mending->entries[i]), ours;
    hl_err err = rows_node(mending->txn, mending->journal->number,
                           mending->journal->frontier.size, 0,
                           mending->first + i, &ours, mending->detail);
    *damaged = err == HL_EDAMAGED;
    if (err == HL_OK && !hash_equal(&leaf, &ours)) {
        err = hl_fail(mending->detail, HL_EPROOF,
                      "entry %" PRIu64 " was given with other bytes than the "
                      "journal's tree has",
                      mending->first + i);
    }
    return *damaged ? HL_OK : err;
}

static hl_err note_lost(const struct mending *mending, struct lost_rows *lost,
                        uint64_t index)
{
    uint64_t place = index / ROW_WIDTH, tile = index / TILE_WIDTH;
    bool first = lost->count == 0;
    if (!first && lost->places[lost->count - 1] == place) {
        return HL_OK;
    }
    if (lost->count == LOST_ROWS_MAX) {
        return fail_rows("are damaged, and too much else", 0, place,
                         mending->detail);
    }
    hl_err err =
        first || lost->tile != tile ? check_tile(mending, 0, tile) : HL_OK;
    if (err == HL_OK) {
        lost->places[lost->count++] = place;
        lost->tile = tile;
    }
    return err;
}

/* What cannot be compared yet, for others would have to be given with it, is
 * left for the next ones: they begin there. */
static hl_err compare(struct mending *mending, struct lost_rows *lost)
{
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < mending->count; i++) {
        bool damaged = false;
        err = compare_entry(mending, i, &damaged);
        if (err == HL_OK && damaged) {
            err = note_lost(mending, lost, mending->first + i);
        }
        if (err == HL_EDAMAGED && i > 0) {
            mending->count = i;
            err = HL_OK;
        }
    }
    return err;
}

static hl_err put_lost(const struct mending *mending, uint64_t place)
{
    struct hl_hash hashes[ROW_WIDTH];
    const struct journal *journal = mending->journal;
    size_t count = rows_width(0, place, journal->frontier.size);
    struct store_key key = key_tile(journal->number, 0, place);
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        err = hash_of(mending, 0, place * ROW_WIDTH + i, &hashes[i]);
    }
    return err == HL_OK ? store_put(mending->txn, STORE_TILES, key_view(&key),
                                    bytes_of(hashes, count * HL_HASH_BYTES),
                                    mending->detail)
                        : err;
}

static hl_err put(const struct mending *mending)
{
    hl_err err = HL_OK;
    size_t done = 0;
    while (err == HL_OK && done < mending->count) {
        struct bytes stored = {0};
        size_t count =
            entries_that_fit(mending->entries + done, mending->count - done,
                             JOURNAL_BUNDLE_BYTES);
        err = entries_put(mending->txn, mending->journal->number,
                          mending->first + done, mending->entries + done, count,
                          &stored, mending->detail);
        done += count;
    }
    return err;
}

/* What of them still lies in a gap, which may be nothing: rows that are whole
 * come to light again where a damaged one, past which no search went, is gone.
 */
static hl_err clip(struct mending *mending, struct journal_gap *gap)
{
    bool found = false;
    hl_err err =
        journal_find_gap(mending->txn, mending->journal, mending->first,
                         mending->first + 1, gap, &found, mending->detail);
    if (err == HL_OK && !found) {
        mending->count = 0;
    } else if (err == HL_OK && gap->first != mending->first) {
        err = hl_fail(mending->detail, HL_ENOTFOUND,
                      "what is missing at %" PRIu64 " begins at %" PRIu64,
                      mending->first, gap->first);
    } else if (err == HL_OK && mending->count > gap->end - mending->first) {
        mending->count = (size_t)(gap->end - mending->first);
    }
    return err;
}

/* What lies in the gap goes, or comes to light. */
static hl_err clear_gap(struct mending *mending, struct journal_gap *gap)
{
    uint64_t rows = 0;
    hl_err err =
        store_drop_damaged(mending->txn, STORE_ENTRIES, key_view(&gap->before),
                           &rows, mending->detail);
    if (err == HL_OK) {
        err = store_put_hidden(mending->txn, STORE_ENTRIES,
                               key_view(&gap->before), &rows, mending->detail);
    }
    return err == HL_OK ? clip(mending, gap) : err;
}

static hl_err find_next(const struct mending *mending, uint64_t *next)
{
    struct journal_gap gap;
    bool more = false;
    uint64_t upto = mending->first + mending->given;
    hl_err err =
        journal_find_gap(mending->txn, mending->journal, mending->first, upto,
                         &gap, &more, mending->detail);
    if (err == HL_OK && more && gap.first <= mending->first) {
        err = hl_fail(mending->detail, HL_EDAMAGED,
                      "entries that were put back from %" PRIu64
                      " on are not found there: the table is damaged",
                      mending->first);
    }
    if (err == HL_OK) {
        *next = more ? gap.first : upto;
    }
    return err;
}

static hl_err put_back(struct mending *mending, struct lost_rows *lost)
{
    struct journal_gap gap;
    hl_err err = clip(mending, &gap);
    if (err != HL_OK || mending->count == 0) {
        return err;
    }
    err = compare(mending, lost);
    if (err == HL_OK) {
        err = clear_gap(mending, &gap);
    }
    if (err == HL_OK) {
        err = put(mending);
    }
    for (size_t i = 0; err == HL_OK && i < lost->count; i++) {
        err = put_lost(mending, lost->places[i]);
    }
    return err;
}

hl_err journal_mend_entries(struct store_txn *txn,
                            const struct journal *journal, uint64_t first,
                            const struct bytes *entries, size_t count,
                            uint64_t *next, struct hl_detail *detail)
{
    struct mending mending = {
        .txn = txn,
        .journal = journal,
        .first = first,
        .entries = entries,
        .given = count,
        .count = count,
        .detail = detail,
    };
    struct lost_rows lost = {.count = 0};
    hl_err err = put_back(&mending, &lost);
    return err == HL_OK ? find_next(&mending, next) : err;
}
