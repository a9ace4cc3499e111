/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal_rows.h"

#include <inttypes.h>
#include <string.h>

#include "node/store/key.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum { ROW_MAX_BYTES = ROW_WIDTH * HL_HASH_BYTES };

/* Hashes of a level in a tree of `size` entries. */
static uint64_t hash_count(unsigned level, uint64_t size)
{
    return size >> (TILE_HEIGHT * level);
}

size_t rows_width(unsigned level, uint64_t place, uint64_t size)
{
    uint64_t count = hash_count(level, size);
    uint64_t first = place * ROW_WIDTH;
    if (count <= first) {
        return 0;
    }
    return count - first < ROW_WIDTH ? (size_t)(count - first) : ROW_WIDTH;
}

static hl_err fail_row(const char *what, unsigned level, uint64_t place,
                       struct hl_detail *detail)
{
    return hl_fail(detail, HL_EDAMAGED,
                   "the hashes of tile level %u from %" PRIu64 " on %s", level,
                   place * ROW_WIDTH, what);
}

hl_err rows_get(struct store_txn *txn, uint32_t number, unsigned level,
                uint64_t place, size_t count, struct bytes *out,
                struct hl_detail *detail)
{
    struct store_key key = key_tile(number, (uint8_t)level, place);
    struct bytes raw;
    hl_err err = store_get(txn, STORE_TILES, key_view(&key), &raw, detail);
    if (err != HL_OK) {
        return err;
    }
    if (raw.data == NULL || raw.size < count * HL_HASH_BYTES) {
        return fail_row("are missing from the store", level, place, detail);
    }
    *out = raw;
    return HL_OK;
}

hl_err rows_sink_init(struct rows_sink *sink, struct store_txn *txn,
                      uint32_t number, uint64_t size, struct hl_detail *detail)
{
    *sink = (struct rows_sink){.txn = txn, .number = number};
    for (unsigned level = 0; level < ROW_LEVELS; level++) {
        struct tile_row *row = &sink->rows[level];
        uint64_t count = hash_count(level, size);
        struct bytes raw;
        row->place = count / ROW_WIDTH;
        row->count = count % ROW_WIDTH;
        if (row->count == 0) {
            continue;
        }
        hl_err err =
            rows_get(txn, number, level, row->place, row->count, &raw, detail);
        if (err != HL_OK) {
            return err;
        }
        memcpy(row->hashes, raw.data, row->count * HL_HASH_BYTES);
    }
    return HL_OK;
}

static hl_err flush_row(struct rows_sink *sink, unsigned level,
                        struct hl_detail *detail)
{
    const struct tile_row *row = &sink->rows[level];
    struct store_key key = key_tile(sink->number, (uint8_t)level, row->place);
    struct bytes made = bytes_of(row->hashes, row->count * HL_HASH_BYTES);
    if (!sink->compares) {
        return store_put(sink->txn, STORE_TILES, key_view(&key), made, detail);
    }
    struct bytes stored;
    hl_err err = rows_get(sink->txn, sink->number, level, row->place,
                          row->count, &stored, detail);
    if (err == HL_OK && !bytes_equal(stored, made)) {
        err =
            fail_row("are not those of the entries", level, row->place, detail);
    }
    if (err == HL_EDAMAGED && sink->differs != NULL) {
        sink->differs(sink->context, level, row->place);
        err = HL_OK;
    }
    return err;
}

static hl_err take_hash(struct rows_sink *sink, unsigned level,
                        const struct hl_hash *hash, struct hl_detail *detail)
{
    struct tile_row *row = &sink->rows[level];
    row->hashes[row->count] = *hash;
    row->count++;
    if (row->count < ROW_WIDTH) {
        return HL_OK;
    }
    hl_err err = flush_row(sink, level, detail);
    row->place++;
    row->count = 0;
    return err;
}

/* The leaf completes tiles: hashes its way up to each of them once more beside
 * frontier_append(), which keeps such nodes to itself; one leaf in 256. */
static hl_err take_upper(struct rows_sink *sink,
                         const struct frontier *frontier,
                         const struct hl_hash *leaf, struct hl_detail *detail)
{
    size_t left = (size_t)__builtin_popcountll(frontier->size);
    struct hl_hash node = *leaf;
    unsigned height = 0;
    for (uint64_t full = frontier->size; (full & 1) != 0; full >>= 1) {
        left--;
        node = merkle_node(&frontier->edge[left], &node);
        height++;
        if (height % TILE_HEIGHT == 0) {
            hl_err err = take_hash(sink, height / TILE_HEIGHT, &node, detail);
            if (err != HL_OK) {
                return err;
            }
        }
    }
    return HL_OK;
}

hl_err rows_append(struct rows_sink *sink, struct frontier *frontier,
                   const struct hl_hash *leaf, struct hl_detail *detail)
{
    hl_err err = take_hash(sink, 0, leaf, detail);
    if (err == HL_OK && (frontier->size + 1) % TILE_WIDTH == 0) {
        err = take_upper(sink, frontier, leaf, detail);
    }
    if (err == HL_OK) {
        frontier_append(frontier, leaf);
    }
    return err;
}

hl_err rows_finish(struct rows_sink *sink, struct hl_detail *detail)
{
    for (unsigned level = 0; level < ROW_LEVELS; level++) {
        if (sink->rows[level].count > 0) {
            hl_err err = flush_row(sink, level, detail);
            if (err != HL_OK) {
                return err;
            }
        }
    }
    return HL_OK;
}

hl_err rows_read(struct store_txn *txn, uint32_t number, unsigned level,
                 uint64_t first, size_t count, struct writer *out,
                 struct hl_detail *detail)
{
    size_t before = out->size;
    for (uint64_t at = first; at < first + count;) {
        size_t skip = (size_t)(at % ROW_WIDTH);
        size_t here = ROW_WIDTH - skip;
        if (here > first + count - at) {
            here = (size_t)(first + count - at);
        }
        struct bytes raw;
        hl_err err = rows_get(txn, number, level, at / ROW_WIDTH, skip + here,
                              &raw, detail);
        if (err != HL_OK) {
            writer_shrink(out, out->size - before);
            return err;
        }
        writer_bytes(
            out, bytes_slice(raw, skip * HL_HASH_BYTES, here * HL_HASH_BYTES));
        at += here;
    }
    return HL_OK;
}

struct hl_hash rows_fold(struct hl_hash *nodes, size_t count)
{
    for (; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++) {
            nodes[i] = merkle_node(&nodes[2 * i], &nodes[2 * i + 1]);
        }
    }
    return nodes[0];
}

hl_err rows_node(struct store_txn *txn, uint32_t number, uint64_t size,
                 uint64_t level, uint64_t index, struct hl_hash *out,
                 struct hl_detail *detail)
{
    if (level >= 63 || index >= size >> level) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "node %" PRIu64 " of level %" PRIu64
                       " lies beyond %" PRIu64 " entries",
                       index, level, size);
    }
    struct tile_place place = tile_locate(level, index);
    struct hl_hash nodes[TILE_WIDTH / 2];
    struct writer raw = {0};
    hl_err err = rows_read(txn, number, place.level,
                           place.index * TILE_WIDTH + place.first, place.count,
                           &raw, detail);
    if (err == HL_OK) {
        HL_ASSERT(raw.size <= sizeof(nodes));
        memcpy(nodes, raw.data, raw.size);
        *out = rows_fold(nodes, place.count);
    }
    writer_fini(&raw);
    return err;
}

static hl_err cut_level(struct store_txn *txn, uint32_t number, unsigned level,
                        uint64_t count, uint64_t old_count,
                        struct hl_detail *detail)
{
    uint64_t place = count / ROW_WIDTH;
    size_t kept = (size_t)(count % ROW_WIDTH) * HL_HASH_BYTES;
    hl_err err = HL_OK;
    if (kept > 0) {
        uint8_t copy[ROW_MAX_BYTES];
        struct store_key key = key_tile(number, (uint8_t)level, place);
        struct bytes raw;
        err = rows_get(txn, number, level, place, count % ROW_WIDTH, &raw,
                       detail);
        if (err == HL_OK) {
            memcpy(copy, raw.data, kept);
            err = store_put(txn, STORE_TILES, key_view(&key),
                            bytes_of(copy, kept), detail);
        }
        place++;
    }
    for (; err == HL_OK && place * ROW_WIDTH < old_count; place++) {
        struct store_key key = key_tile(number, (uint8_t)level, place);
        err = store_delete(txn, STORE_TILES, key_view(&key), detail);
    }
    return err;
}

hl_err rows_cut(struct store_txn *txn, uint32_t number, uint64_t size,
                uint64_t old_size, struct hl_detail *detail)
{
    for (unsigned level = 0; level < ROW_LEVELS; level++) {
        uint64_t count = hash_count(level, size);
        uint64_t old_count = hash_count(level, old_size);
        if (count == old_count) {
            continue;
        }
        hl_err err = cut_level(txn, number, level, count, old_count, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}
