/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal_tiles.h"

#include <inttypes.h>
#include <string.h>

#include "node/store/key.h"
#include "protocol/base/hl_assert.h"

enum { ROW_BYTES = TILE_ROW_HASHES * HL_HASH_BYTES };

/* Hashes of a level that a journal of that size has. */
static uint64_t level_count(unsigned level, uint64_t size)
{
    return level >= 8 ? 0 : size >> (TILE_HEIGHT * level);
}

static hl_err missing(uint32_t number, unsigned level, uint64_t index,
                      struct hl_detail *detail)
{
    return hl_fail(detail, HL_EDAMAGED,
                   "journal number %" PRIu32 ": hash %" PRIu64
                   " of level %u is missing or wrong",
                   number, index, level);
}

static hl_err get_row(struct store_txn *txn, uint32_t number, unsigned level,
                      uint64_t row, struct bytes *out, struct hl_detail *detail)
{
    struct store_key key = key_hashes(number, level, row);
    return store_get(txn, STORE_TILES, key_view(&key), out, detail);
}

static hl_err put_row(struct store_txn *txn, uint32_t number, unsigned level,
                      uint64_t row, struct bytes hashes,
                      struct hl_detail *detail)
{
    struct store_key key = key_hashes(number, level, row);
    return store_put(txn, STORE_TILES, key_view(&key), hashes, detail);
}

hl_err tiles_read(struct store_txn *txn, uint32_t number, unsigned level,
                  uint64_t first, size_t count, struct writer *out,
                  struct hl_detail *detail)
{
    while (count > 0) {
        size_t skip = (size_t)(first % TILE_ROW_HASHES);
        size_t here = TILE_ROW_HASHES - skip;
        here = here < count ? here : count;
        struct bytes row;
        hl_err err =
            get_row(txn, number, level, first / TILE_ROW_HASHES, &row, detail);
        if (err != HL_OK) {
            return err;
        }
        if (row.size < (skip + here) * HL_HASH_BYTES) {
            return missing(number, level, first, detail);
        }
        writer_bytes(
            out, bytes_slice(row, skip * HL_HASH_BYTES, here * HL_HASH_BYTES));
        first += here;
        count -= here;
    }
    return HL_OK;
}

/* The root over hashes whose count is a power of two. */
static struct hl_hash fold(struct hl_hash *hashes, size_t count)
{
    HL_ASSERT(count > 0 && (count & (count - 1)) == 0);
    for (; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++) {
            hashes[i] = merkle_node(&hashes[2 * i], &hashes[2 * i + 1]);
        }
    }
    return hashes[0];
}

/* The root over `count` hashes of a level. */
static hl_err fold_from(struct store_txn *txn, uint32_t number, unsigned level,
                        uint64_t first, size_t count, struct hl_hash *out,
                        struct hl_detail *detail)
{
    struct hl_hash hashes[TILE_WIDTH];
    struct writer raw = {0};
    HL_ASSERT(count <= TILE_WIDTH);
    hl_err err = tiles_read(txn, number, level, first, count, &raw, detail);
    if (err == HL_OK) {
        memcpy(hashes, raw.data, count * HL_HASH_BYTES);
        *out = fold(hashes, count);
    }
    writer_fini(&raw);
    return err;
}

/* --- Writing. ------------------------------------------------------------ */

/* Adds hash `index` of a level above the leaves, and those above it that it
 * completes. */
static hl_err add_above(struct store_txn *txn, uint32_t number, unsigned level,
                        uint64_t index, struct hl_hash hash,
                        struct hl_detail *detail)
{
    for (;;) {
        uint8_t raw[ROW_BYTES];
        size_t at = (size_t)(index % TILE_ROW_HASHES) * HL_HASH_BYTES;
        struct bytes row = {0};
        hl_err err = HL_OK;
        if (at > 0) {
            err = get_row(txn, number, level, index / TILE_ROW_HASHES, &row,
                          detail);
            if (err == HL_OK && row.size != at) {
                err = missing(number, level, index - 1, detail);
            }
        }
        if (err != HL_OK) {
            return err;
        }
        if (at > 0) {
            memcpy(raw, row.data, at);
        }
        memcpy(raw + at, hash.bytes, HL_HASH_BYTES);
        err = put_row(txn, number, level, index / TILE_ROW_HASHES,
                      bytes_of(raw, at + HL_HASH_BYTES), detail);
        if (err != HL_OK || (index + 1) % TILE_WIDTH != 0) {
            return err;
        }
        err = fold_from(txn, number, level, index + 1 - TILE_WIDTH, TILE_WIDTH,
                        &hash, detail);
        if (err != HL_OK) {
            return err;
        }
        index /= TILE_WIDTH;
        level++;
    }
}

hl_err tile_writer_init(struct tile_writer *writer, struct store_txn *txn,
                        const struct journal *journal, struct hl_detail *detail)
{
    writer->txn = txn;
    writer->number = journal->number;
    writer->size = journal->frontier.size;
    writer->count = (size_t)(writer->size % TILE_ROW_HASHES);
    if (writer->count == 0) {
        return HL_OK;
    }
    struct bytes row;
    hl_err err = get_row(txn, writer->number, 0, writer->size / TILE_ROW_HASHES,
                         &row, detail);
    if (err == HL_OK && row.size != writer->count * HL_HASH_BYTES) {
        err = missing(writer->number, 0, writer->size - 1, detail);
    }
    if (err == HL_OK) {
        memcpy(writer->row, row.data, row.size);
    }
    return err;
}

static hl_err flush(struct tile_writer *writer, struct hl_detail *detail)
{
    uint64_t row = (writer->size - 1) / TILE_ROW_HASHES;
    return put_row(writer->txn, writer->number, 0, row,
                   bytes_of(writer->row, writer->count * HL_HASH_BYTES),
                   detail);
}

hl_err tile_writer_add(struct tile_writer *writer, const struct hl_hash *leaf,
                       struct hl_detail *detail)
{
    writer->row[writer->count++] = *leaf;
    writer->size++;
    if (writer->count < TILE_ROW_HASHES) {
        return HL_OK;
    }
    hl_err err = flush(writer, detail);
    writer->count = 0;
    if (err != HL_OK || writer->size % TILE_WIDTH != 0) {
        return err;
    }
    struct hl_hash root;
    err = fold_from(writer->txn, writer->number, 0, writer->size - TILE_WIDTH,
                    TILE_WIDTH, &root, detail);
    if (err != HL_OK) {
        return err;
    }
    return add_above(writer->txn, writer->number, 1,
                     writer->size / TILE_WIDTH - 1, root, detail);
}

hl_err tile_writer_finish(struct tile_writer *writer, struct hl_detail *detail)
{
    return writer->count == 0 ? HL_OK : flush(writer, detail);
}

/* --- Cutting. ------------------------------------------------------------ */

static hl_err cut_row(struct store_txn *txn, uint32_t number, unsigned level,
                      uint64_t row, size_t hashes, struct hl_detail *detail)
{
    uint8_t kept[ROW_BYTES];
    struct bytes raw;
    struct store_key key = key_hashes(number, level, row);
    if (hashes == 0) {
        return store_delete(txn, STORE_TILES, key_view(&key), detail);
    }
    hl_err err = get_row(txn, number, level, row, &raw, detail);
    if (err != HL_OK) {
        return err;
    }
    if (raw.size < hashes * HL_HASH_BYTES) {
        return missing(number, level, row * TILE_ROW_HASHES, detail);
    }
    memcpy(kept, raw.data, hashes * HL_HASH_BYTES);
    return put_row(txn, number, level, row,
                   bytes_of(kept, hashes * HL_HASH_BYTES), detail);
}

/* The last row that a level has, if it has any. */
static hl_err last_row(struct store_txn *txn, uint32_t number, unsigned level,
                       uint64_t *row, bool *found, struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row at = {0};
    struct store_key end = key_hashes(number, level + 1, 0);
    struct store_key start = key_hashes(number, level, 0);
    hl_err err = store_cursor_open(txn, STORE_TILES, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek_below(cursor, key_view(&end), &at, detail);
    }
    *found = err == HL_OK && at.key.data != NULL && at.key.size == end.size &&
             memcmp(at.key.data, start.bytes, 5) == 0;
    if (*found) {
        *row = key_last_u64(at.key);
    }
    store_cursor_close(&cursor);
    return err;
}

static hl_err cut_level(struct store_txn *txn, uint32_t number, unsigned level,
                        uint64_t count, struct hl_detail *detail)
{
    for (;;) {
        uint64_t row = 0;
        bool found = false;
        hl_err err = last_row(txn, number, level, &row, &found, detail);
        if (err != HL_OK || !found ||
            row * TILE_ROW_HASHES + TILE_ROW_HASHES <= count) {
            return err;
        }
        uint64_t first = row * TILE_ROW_HASHES;
        size_t left = count > first ? (size_t)(count - first) : 0;
        err = cut_row(txn, number, level, row, left, detail);
        if (err != HL_OK || left > 0) {
            return err;
        }
    }
}

hl_err tiles_cut(struct store_txn *txn, uint32_t number, uint64_t size,
                 struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (unsigned level = 0; err == HL_OK && level < 8; level++) {
        err = cut_level(txn, number, level, level_count(level, size), detail);
    }
    return err;
}

/* --- Reading nodes. ------------------------------------------------------ */

static hl_err read_node(void *context, uint64_t level, uint64_t index,
                        struct hl_hash *out)
{
    struct journal_hashes *hashes = context;
    struct tile_place place = tile_locate(level, index);
    uint64_t first = place.index * TILE_WIDTH + place.first;
    if (first + place.count >
        level_count(place.level, hashes->journal.frontier.size)) {
        return hl_fail(hashes->detail, HL_ENOTFOUND,
                       "no node %" PRIu64 " on level %" PRIu64, index, level);
    }
    return fold_from(hashes->txn, hashes->journal.number, place.level, first,
                     place.count, out, hashes->detail);
}

struct hash_source journal_hash_source(struct journal_hashes *hashes)
{
    return (struct hash_source){.context = hashes, .read = read_node};
}

/* --- Checking. ----------------------------------------------------------- */

static hl_err check_hash(struct tile_checker *checker, unsigned level,
                         uint64_t index, const struct hl_hash *wanted,
                         struct hl_detail *detail)
{
    struct hl_hash found;
    hl_err err = fold_from(checker->txn, checker->number, level, index, 1,
                           &found, detail);
    if (err == HL_OK && !hash_equal(&found, wanted)) {
        err = missing(checker->number, level, index, detail);
    }
    return err;
}

hl_err tile_checker_add(struct tile_checker *checker,
                        const struct hl_hash *leaf, struct hl_detail *detail)
{
    struct hl_hash hash = *leaf;
    uint64_t index = checker->size++;
    for (unsigned level = 0;; level++) {
        hl_err err = check_hash(checker, level, index, &hash, detail);
        if (err != HL_OK || (index + 1) % TILE_WIDTH != 0) {
            return err;
        }
        err = fold_from(checker->txn, checker->number, level,
                        index + 1 - TILE_WIDTH, TILE_WIDTH, &hash, detail);
        if (err != HL_OK) {
            return err;
        }
        index /= TILE_WIDTH;
    }
}
