/* SPDX-License-Identifier: Apache-2.0 */
/* Reading journals: entries, tiles, nodes, and the whole of them again. */
#include <inttypes.h>

#include "node/store/journal.h"
#include "node/store/journal_checkpoint.h"
#include "node/store/journal_entries.h"
#include "node/store/journal_rows.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/bundle.h"

struct journal_walk {
    struct entries_walk entries;
};

hl_err journal_entry(struct store_txn *txn, const struct journal *journal,
                     uint64_t index, struct bytes *entry,
                     struct hl_detail *detail)
{
    struct entries_walk walk;
    uint64_t size = journal->frontier.size;
    if (index >= size) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "there is no entry %" PRIu64
                       ": the journal has %" PRIu64,
                       index, size);
    }
    hl_err err =
        entries_walk_init(&walk, txn, journal->number, index, size, detail);
    if (err == HL_OK) {
        err = entries_walk_next(&walk, entry, detail);
        entries_walk_fini(&walk);
    }
    return err;
}

hl_err journal_walk_open(struct store_txn *txn, const struct journal *journal,
                         uint64_t first, struct journal_walk **out,
                         struct hl_detail *detail)
{
    struct journal_walk *walk = hl_alloc(1, sizeof(*walk));
    hl_err err = entries_walk_init(&walk->entries, txn, journal->number, first,
                                   journal->frontier.size, detail);
    if (err != HL_OK) {
        hl_free(walk);
        return err;
    }
    *out = walk;
    return HL_OK;
}

hl_err journal_walk_next(struct journal_walk *walk, struct bytes *entry,
                         struct hl_detail *detail)
{
    return entries_walk_next(&walk->entries, entry, detail);
}

void journal_walk_close(struct journal_walk **walk)
{
    if (*walk != NULL) {
        entries_walk_fini(&(*walk)->entries);
        hl_free(*walk);
        *walk = NULL;
    }
}

static hl_err read_bundle(struct store_txn *txn, const struct journal *journal,
                          const struct tile *tile, struct writer *out,
                          struct hl_detail *detail)
{
    struct entries_walk walk;
    size_t before = out->size;
    uint64_t first = tile->index * TILE_WIDTH;
    hl_err err = entries_walk_init(&walk, txn, journal->number, first,
                                   first + tile->width, detail);
    if (err != HL_OK) {
        return err;
    }
    for (unsigned i = 0; i < tile->width && err == HL_OK; i++) {
        struct bytes entry;
        err = entries_walk_next(&walk, &entry, detail);
        if (err == HL_OK) {
            err = bundle_append(entry, out);
        }
    }
    entries_walk_fini(&walk);
    if (err != HL_OK) {
        writer_shrink(out, out->size - before);
    }
    return err;
}

hl_err journal_tile(struct store_txn *txn, const struct journal *journal,
                    const struct tile *tile, struct writer *out,
                    struct hl_detail *detail)
{
    unsigned there =
        tile->level < ROW_LEVELS && tile->index <= TILE_INDEX_MAX
            ? tile_width(tile->level, tile->index, journal->frontier.size)
            : 0;
    if (tile->width == 0 || tile->width > there) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "tile %" PRIu64 " of level %u has %u of the %u asked "
                       "for",
                       tile->index, tile->level, there, tile->width);
    }
    return tile->kind == TILE_ENTRIES
               ? read_bundle(txn, journal, tile, out, detail)
               : rows_read(txn, journal->number, tile->level,
                           tile->index * TILE_WIDTH, tile->width, out, detail);
}

static hl_err read_node(void *context, uint64_t level, uint64_t index,
                        struct hl_hash *out)
{
    const struct journal_hashes *hashes = context;
    return rows_node(hashes->txn, hashes->journal.number,
                     hashes->journal.frontier.size, level, index, out,
                     hashes->detail);
}

struct hash_source journal_hash_source(struct journal_hashes *hashes)
{
    return (struct hash_source){.context = hashes, .read = read_node};
}

/* Everything that entries alone lead to. */
static hl_err verify_entries(struct store_txn *txn,
                             const struct journal *journal,
                             struct frontier *frontier,
                             struct hl_detail *detail)
{
    struct entries_walk walk;
    struct rows_sink sink = {
        .txn = txn, .number = journal->number, .compares = true};
    struct bytes entry = {0};
    hl_err err = entries_walk_init(&walk, txn, journal->number, 0,
                                   journal->frontier.size, detail);
    if (err != HL_OK) {
        return err;
    }
    do {
        err = entries_walk_next(&walk, &entry, detail);
        if (err == HL_OK && entry.data != NULL) {
            struct hl_hash leaf = merkle_leaf(entry);
            err = rows_append(&sink, frontier, &leaf, detail);
        }
    } while (err == HL_OK && entry.data != NULL);
    entries_walk_fini(&walk);
    if (err == HL_OK) {
        err = rows_finish(&sink, detail);
    }
    return err == HL_OK ? entries_check_end(txn, journal->number,
                                            journal->frontier.size, detail)
                        : err;
}

/* A checkpoint beyond what is held says nothing that could be compared yet. */
static hl_err verify_checkpoint(struct store_txn *txn,
                                const struct journal *journal,
                                struct hl_detail *detail)
{
    struct head head = {0};
    struct hl_hash root;
    bool there = false;
    hl_err err =
        checkpoints_head(txn, journal, JOURNAL_NEWEST, &head, &there, detail);
    if (err != HL_OK || !there || head.size > journal->frontier.size) {
        return err;
    }
    struct journal_hashes hashes = {
        .txn = txn, .journal = *journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    err = prove_root(&source, head.size, &root);
    if (err == HL_OK && !hash_equal(&root, &head.root)) {
        err = hl_fail(detail, HL_EDAMAGED,
                      "the newest checkpoint has another root at %" PRIu64
                      " than the entries",
                      head.size);
    }
    return err;
}

hl_err journal_verify(struct store_txn *txn, const struct journal *journal,
                      uint64_t *entries, struct hl_detail *detail)
{
    struct frontier frontier;
    frontier_init(&frontier);
    hl_err err = verify_entries(txn, journal, &frontier, detail);
    if (err != HL_OK) {
        return err;
    }
    struct hl_hash root = frontier_root(&frontier);
    struct hl_hash kept = frontier_root(&journal->frontier);
    if (!hash_equal(&root, &kept)) {
        return hl_fail(detail, HL_EDAMAGED,
                       "the frontier at %" PRIu64 " is not that of the entries",
                       frontier.size);
    }
    err = verify_checkpoint(txn, journal, detail);
    if (err == HL_OK) {
        *entries = frontier.size;
    }
    return err;
}
